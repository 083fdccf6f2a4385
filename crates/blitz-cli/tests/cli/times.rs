//! Times from names and tables, and numbers of files, through the program.

use std::fs;

use blitz_core::{DType, FrameShape};

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(4, 5, 1);

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

/// A folder `gap` of files with the numbers 0, 1, 2 and 5.
fn gap() -> Folder {
    let folder = Folder::new();
    folder.pngs("gap", DType::U8, 6, SHAPE);
    for lost in ["003", "004"] {
        fs::remove_file(folder.path(&format!("gap/{lost}.png"))).expect("there");
    }
    folder
}

#[test]
fn numbers_of_files_stand_beside_those_of_frames() {
    let folder = gap();
    let info = json(&folder.expect(0, "info gap --json").stdout);
    assert_eq!(info["file_numbers"], serde_json::json!(["0", "5"]));
    let table = folder.expect(0, "curve gap --rect 0,0,2,2 --stat mean --dt 1s").stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["frame", "time_s", "file_number"]);
    assert_eq!(rows[4][..3], ["3", "3", "5"]);
    let table = folder.expect(0, "curve gap --rect 0,0,2,2 --stat mean --dt 1s --times names").stdout;
    assert!(table.lines().nth(4).is_some_and(|row| row.starts_with("3,5,5,")), "{table}");
    let run = folder.expect(0, "export gap -o out_%05d.png");
    assert!(run.stderr.contains("numbers of the recording's files"), "{}", run.stderr);
    let names: Vec<String> = folder.names(".").into_iter().filter(|n| n.starts_with("out_")).collect();
    assert_eq!(names, ["out_00000.png", "out_00001.png", "out_00002.png", "out_00005.png"]);
    // Left out frames leave their numbers, too.
    folder.cut("gap/001.png");
    folder.expect(1, "export gap -o part_%d.png --skip-failed");
    let names: Vec<String> = folder.names(".").into_iter().filter(|n| n.starts_with("part_")).collect();
    assert_eq!(names, ["part_0.png", "part_2.png", "part_5.png"]);
}

#[test]
fn time_zero_of_names_can_be_moved_to_the_first_frame() {
    let folder = Folder::new();
    folder.pngs("shots", DType::U8, 3, SHAPE);
    for (from, to) in [("000", "s_-1"), ("001", "s_0"), ("002", "s_1")] {
        let place = |name: &str| folder.path(&format!("shots/{name}.png"));
        fs::rename(place(from), place(to)).expect("there");
    }
    let first = |line: &str| {
        let table =
            folder.expect(0, &format!("curve shots --rect 0,0,2,2 --stat mean --dt 1s {line}")).stdout;
        table.lines().nth(1).and_then(|row| row.split(',').nth(1).map(str::to_owned)).expect("a time")
    };
    assert_eq!(first(""), "-1");
    assert_eq!(first("--t0-frame 0"), "0");
    folder.expect(0, "info shots --dt 1s --t0-frame 0 --save-recipe r.toml");
    assert!(fs::read_to_string(folder.path("r.toml")).expect("written").contains("t0_frame = 0"));
    assert_eq!(first("--recipe r.toml"), "0");
}

#[test]
fn a_table_goes_with_the_recipe() {
    let folder = gap();
    fs::write(folder.path("times.csv"), "time (ms);x\n0,5;1\n20;2\n90;3\n100;4\n").expect("written");
    folder.expect(0, "info gap --times times.csv --save-recipe r.toml");
    let table = folder.expect(0, "curve gap --recipe r.toml --rect 0,0,2,2 --stat mean").stdout;
    assert!(table.lines().nth(1).is_some_and(|row| row.starts_with("0,0.0005,0,")), "{table}");
    folder.refused("info gap --times times.csv --fps 25", &["--times", "--fps"]);
    folder.refused("info gap --times exif", &["no picture says when it was taken"]);
    let info = json(&folder.expect(0, "info gap --times times.csv --json").stdout);
    assert_eq!((info["rate"].as_f64(), info["rate_origin"].as_str()), (None, Some("given")));
    let run = folder.expect(0, "export gap --times times.csv -o out.npy");
    assert!(run.stderr.contains("does not hold the frames' times"), "{}", run.stderr);
    folder.expect(0, "export gap --times times.csv -o out.tif");
    let table = folder.expect(0, "curve out.tif --rect 0,0,2,2 --stat mean").stdout;
    assert!(table.lines().nth(3).is_some_and(|row| row.starts_with("2,0.09,")), "{table}");
}

#[test]
fn long_intervals_are_typed_in_their_units() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    let info = json(&folder.expect(0, "info a.npy --dt 5min --json").stdout);
    assert_eq!(info["rate"].as_f64(), Some(1.0 / 300.0));
    folder.refused("info a.npy --dt 5m", &["5m", "5min, 1h or 1d"]);
}
