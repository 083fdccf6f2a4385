//! Curves recorded beside a recording, from start to end.

use blitz_core::{DType, FrameShape};

use crate::fixture::{Folder, Table, assert_same};

const SHAPE: FrameShape = FrameShape::new(4, 5, 1);

/// A recording of six frames with a table beside it: a sample every 25 ms.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 6, SHAPE);
    folder.text("diode.csv", "time (ms);U (V);T\n-50;9;20,5\n0;1;21\n50;2;\n100;4;22\n125;8;nan\n150;3;23\n");
    folder
}

#[test]
fn columns_with_names_and_units_stand_behind_the_zones() {
    let folder = folder();
    let run = folder.expect(0, "curve a.npy --pixel p=1,1 --fps 20 --aux diode.csv");
    let table = Table::parse(&run.stdout);
    assert_eq!(table.headers, ["frame", "time_s", "p_mean", "p_n", "p_missing", "U (V)", "T"]);
    let nan = f64::NAN;
    // Frames lie at 0, 50 … 250 ms.
    assert_same(&table.column("U (V)"), &[1.0, 2.0, 4.0, 3.0, nan, nan]);
    assert_same(&table.column("T"), &[21.0, nan, 22.0, 23.0, nan, nan]);
    for word in ["diode.csv: 2 values are missing in T", "2 of 6 frames lie outside of it"] {
        assert!(run.stderr.contains(word), "'{word}' is not in: {}", run.stderr);
    }
    // Every other frame, shifted, smoothed: frame 2 lies at the sample of 125 ms.
    let run = folder.expect(
        0,
        "curve a.npy --pixel p=1,1 --fps 20 --every 2 --aux diode.csv:column=U:offset=-25:smooth=3:scale=10 \
         --aux diode.csv:column=U:invert:hidden",
    );
    let table = Table::parse(&run.stdout);
    assert_same(&table.column("frame"), &[0.0, 2.0, 4.0]);
    let found = table.column("U (V × 10)");
    assert!((found[0] - f64::midpoint(40.0, 70.0 / 3.0)).abs() < 1e-12, "{found:?}");
    assert_same(&found[1..], &[50.0, nan]);
    assert!(!run.stdout.contains("inverted"), "what is hidden is not written");
}

#[test]
fn a_recipe_keeps_them() {
    let folder = folder();
    let flags = "--aux diode.csv:column=U:unit=ms:offset=5:invert";
    folder.expect(0, &format!("curve a.npy --pixel p=1,1 --fps 20 {flags} -o one.csv --save-recipe r.toml"));
    let recipe = std::fs::read_to_string(folder.path("r.toml")).expect("written");
    assert!(recipe.contains("[[auxiliary]]") && recipe.contains("unit = \"ms\""), "{recipe}");
    folder.expect(0, "curve a.npy --recipe r.toml -o two.csv");
    let text = |name: &str| std::fs::read_to_string(folder.path(name)).expect("written");
    assert_eq!(text("one.csv"), text("two.csv"));
    assert!(text("one.csv").contains("inverted U (V)"));
    let printed = folder.expect(0, "recipe --recipe r.toml --aux diode.csv:column=T").stdout;
    assert!(printed.contains("columns = [\"T\"]") && !printed.contains("invert"), "flags replace: {printed}");
    // What a recipe reads is never written over.
    folder.refused("curve a.npy --recipe r.toml -o diode.csv --force", &["diode.csv"]);
}

#[test]
fn reports_say_what_they_are() {
    let folder = folder();
    let run = folder.expect(0, "curve a.npy --pixel p=1,1 --json -o one.csv --aux diode.csv");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let curve = &report["auxiliary"][0];
    assert_eq!((curve["name"].as_str(), curve["unit"].as_str()), (Some("U"), Some("V")));
    assert_eq!((curve["time_unit"].as_str(), curve["common_clock"].as_bool()), (Some("ms"), Some(false)));
    assert_eq!((curve["samples"].as_u64(), curve["missing_frames"].as_u64()), (Some(6), Some(0)));
    let notes = report["notes"].as_array().expect("notes");
    assert!(
        notes.iter().any(|note| note.as_str().is_some_and(|n| n.contains("No common clock"))),
        "{notes:?}"
    );
    let plain = folder.expect(0, "curve a.npy --pixel p=1,1 --json -o two.csv").stdout;
    assert!(!plain.contains("auxiliary"), "{plain}");
}

#[test]
fn plots_have_them_on_axes_of_their_own() {
    let folder = folder();
    let curve = "curve a.npy --pixel p=1,1 --fps 20 --plot";
    folder.expect(0, &format!("{curve} two.svg --aux diode.csv"));
    let svg = std::fs::read_to_string(folder.path("two.svg")).expect("written");
    // In the legend, and along the axis.
    assert_eq!([svg.matches(">U (V)<").count(), svg.matches(">T<").count()], [2, 2], "{svg}");
    folder.expect(0, &format!("{curve} one.svg --aux diode.csv:column=U:shared-axis"));
    let svg = std::fs::read_to_string(folder.path("one.svg")).expect("written");
    assert_eq!(svg.matches(">U (V)<").count(), 1, "on the axis of the zones");
}

#[test]
fn shards_join_to_the_same_table() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 600, SHAPE);
    folder.text("x.csv", "frame,x\n0,0\n599,1198\n");
    let curve = "curve a.npy --pixel p=1,1 --aux x.csv";
    folder.expect(0, &format!("{curve} -o whole.csv"));
    for k in 1..=2 {
        folder.expect(0, &format!("{curve} --shard {k}/2 -o {k}.state"));
    }
    folder.expect(0, "merge 1.state 2.state -o joined.csv");
    folder.refused("merge 1.state 2.state -o x.csv --force", &["x.csv", "that is read"]);
    let text = |name: &str| std::fs::read_to_string(folder.path(name)).expect("written");
    assert_eq!(text("joined.csv"), text("whole.csv"));
    assert!(
        text("whole.csv").contains("\n300,") && Table::parse(&text("whole.csv")).column("x")[300] == 600.0
    );
}

#[test]
fn what_cannot_be_read_is_refused_before_anything_is_written() {
    let folder = folder();
    let curve = "curve a.npy --pixel p=1,1 -o out.csv --aux";
    folder.text("empty.json", "[]");
    for (aux, words) in [
        ("gone.csv", ["gone.csv", "cannot be read"]),
        ("empty.json", ["empty.json", "holds no number"]),
        ("diode.csv:column=I", ["'I'", "'U', 'T'"]),
        ("diode.csv:smooth=7", ["smooth", "7"]),
        ("diode.csv:unit=years", ["years", "unit of time"]),
        ("diode.csv:smoth=3", ["smoth=3", "smooth=N"]),
        ("a.npy", ["a.npy", "no text"]),
    ] {
        folder.refused(&format!("{curve} {aux}"), &words);
        assert!(!folder.path("out.csv").exists(), "{aux}");
    }
}
