//! `--shard` of `blitz reduce` and `blitz curve` and `blitz merge` from start to end: the bytes are those of the command
//! on the whole.

use std::fs;

use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Folder, with_holes};

const SHAPE: FrameShape = FrameShape::new(5, 6, 1);

const METHODS: &str = "mean,std,max,min,sum,median,p90";

/// The whole and its parts, merged at once and in two groups, have the same bytes.
#[track_caller]
fn check(folder: &Folder, source: &str, shards: usize, flags: &str) {
    folder.expect(0, &format!("reduce {METHODS} {source} -o whole.npy --force {flags}"));
    let parts: Vec<String> = (1..=shards)
        .map(|shard| {
            let part = format!("part{shard}.state");
            folder.expect(
                0,
                &format!("reduce {METHODS} {source} --shard {shard}/{shards} -o {part} --force {flags}"),
            );
            part
        })
        .collect();
    let reversed: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
    folder.expect(0, &format!("merge {} -o merged.npy --force", reversed.join(" ")));
    let (odd, even): (Vec<_>, Vec<_>) = parts.iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let list = |group: Vec<(usize, &String)>| {
        group.into_iter().map(|(_, p)| p.as_str()).collect::<Vec<_>>().join(" ")
    };
    folder.expect(0, &format!("merge {} -o odd.state --force", list(odd)));
    let even = if shards > 1 {
        folder.expect(0, &format!("merge {} -o even.state --force", list(even)));
        "even.state"
    } else {
        ""
    };
    folder.expect(0, &format!("merge odd.state {even} -o grouped.npy --force"));
    for method in METHODS.split(',') {
        let read = |name: &str| fs::read(folder.path(&format!("{name}.{method}.npy"))).expect("written");
        assert!(read("whole") == read("merged"), "{method} of {source} in {shards} shards {flags}");
        assert!(read("whole") == read("grouped"), "{method} of {source} in {shards} shards, grouped {flags}");
    }
}

#[test]
fn merged_shards_have_the_bytes_of_the_whole() {
    let folder = Folder::new();
    for dtype in [DType::U8, DType::I16, DType::U32, DType::F32, DType::F64] {
        let name = format!("{dtype}.npy");
        folder.npy(&name, dtype, 1100, SHAPE);
        for shards in [1, 2, 3, 8] {
            check(&folder, &name, shards, "");
        }
    }
    let holes = with_holes(700, SHAPE);
    folder.write("holes.npy", &holes, SHAPE);
    check(&folder, "holes.npy", 3, "");
    check(&folder, "holes.npy", 2, "--range 300:650 --ddof 1 --rotate cw");
}

const CURVES: &str =
    "--rect jet=1,1,3,2 --ellipse e=0,0,5,5 --pixel off=99,0 --stat mean,median,min,max,sum,std,p5,p99.5";

/// Curves of the whole and of its parts, merged at once and in two groups, have the same bytes.
#[track_caller]
fn check_curves(folder: &Folder, source: &str, shards: usize, flags: &str) {
    let curve = format!("curve {source} {CURVES} --force {flags}");
    let mut parts = Vec::new();
    for shard in 1..=shards {
        parts.push(format!("part{shard}.state"));
        folder.expect(0, &format!("{curve} --shard {shard}/{shards} -o part{shard}.state"));
    }
    let later = parts.split_off(shards / 2);
    folder.expect(0, &format!("merge {} -o later.state --force", later.join(" ")));
    for suffix in ["csv", "npy"] {
        let whole = folder.expect(0, &format!("{curve} -o whole.{suffix}"));
        let (earlier, later) = (parts.join(" "), later.join(" "));
        let run = folder.expect(0, &format!("merge {later} {earlier} -o merged.{suffix} --force"));
        folder.expect(0, &format!("merge later.state {earlier} -o grouped.{suffix} --force"));
        let read = |name: &str| fs::read(folder.path(&format!("{name}.{suffix}"))).expect("written");
        assert!(read("whole") == read("merged"), "{source} in {shards} shards {flags}");
        assert!(read("whole") == read("grouped"), "{source} in {shards} shards, grouped {flags}");
        let said = |stderr: &str| stderr.lines().last().map(str::to_owned);
        assert_eq!(said(&whole.stderr), said(&run.stderr), "what was measured");
    }
}

#[test]
fn merged_curves_have_the_bytes_of_the_whole() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U16, 2100, SHAPE);
    for shards in 1..=8 {
        check_curves(&folder, "a.npy", shards, "");
    }
    folder.npy("rgb.npy", DType::U8, 600, FrameShape::new(5, 6, 3));
    check_curves(&folder, "rgb.npy", 2, "--fps 30000/1001 --t0-frame 300");
    folder.write("holes.npy", &with_holes(700, SHAPE), SHAPE);
    check_curves(
        &folder,
        "holes.npy",
        3,
        "--subtract mean:0:100 --smooth-time gaussian,2 --every 2 --dt 10us",
    );
    check_curves(
        &folder,
        "holes.npy",
        5,
        "--frames 300:650:3 --divide median:300:350,normalised --rotate cw",
    );
}

#[test]
fn frames_that_fail_are_missing_in_parts_as_in_the_whole() {
    let folder = Folder::new();
    folder.pngs("a", DType::U8, 520, SHAPE);
    for frame in [3, 255, 300] {
        folder.cut(&format!("a/{frame:03}.png"));
    }
    // A whole block of which nothing can be read.
    for frame in 512..520 {
        folder.cut(&format!("a/{frame:03}.png"));
    }
    let zone = "--rect jet=1,1,3,2 --stat mean,max,p50";
    for (command, flags, suffix) in [
        ("reduce mean,std,median a", "", "npy"),
        ("reduce mean,std,median a", "--subtract mean:5:9", "npy"),
        ("curve a", zone, "csv"),
        ("curve a", &format!("{zone} --subtract mean:5:9"), "npy"),
    ] {
        folder.expect(1, &format!("{command} {flags} -o whole.{suffix} --force"));
        for shard in 1..=3 {
            folder.expect(1, &format!("{command} {flags} --shard {shard}/3 -o {shard}.state --force"));
        }
        let run = folder.expect(1, &format!("merge 3.state 1.state 2.state -o merged.{suffix} --force"));
        assert!(run.stderr.contains("003.png") && run.stderr.contains("519.png"), "{}", run.stderr);
        let names = if suffix == "npy" && command.starts_with("reduce") {
            vec!["mean.npy", "std.npy", "median.npy"]
        } else {
            vec![suffix]
        };
        for name in names {
            let read = |stem: &str| fs::read(folder.path(&format!("{stem}.{name}"))).expect("written");
            assert!(read("whole") == read("merged"), "{command} {flags}: {name}");
        }
    }
}

#[test]
fn curves_that_do_not_fit_are_refused_by_name() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 600, SHAPE);
    folder.npy("b.npy", DType::U8, 601, SHAPE);
    let shard = |line: &str, part: &str| folder.expect(0, &format!("{line} -o {part}"));
    for k in 1..=3 {
        shard(&format!("curve a.npy --rect z=1,1,3,2 --shard {k}/3"), &format!("{k}.state"));
    }
    shard("curve b.npy --rect z=1,1,3,2 --shard 2/3", "b2.state");
    shard("curve a.npy --rect z=1,1,3,3 --shard 2/3", "zone2.state");
    shard("curve a.npy --rect z=1,1,3,2 --fps 10 --shard 2/3", "fps2.state");
    shard("curve a.npy --rect z=1,1,3,2 --stat mean,p95 --shard 2/3", "stat2.state");
    shard("reduce mean a.npy --shard 2/3", "reduce2.state");
    folder.refused("merge 1.state 3.state -o out.csv", &["frames 256–511", "missing"]);
    folder.refused("merge 1.state 2.state 2.state -o out.csv", &["2.state", "frames 256–511", "already"]);
    folder.refused("merge 1.state b2.state -o out.csv", &["b2.state", "another recording", "1.state"]);
    folder.refused("merge 1.state zone2.state -o out.csv", &["zone2.state", "another recipe"]);
    folder.refused("merge 1.state fps2.state -o out.csv", &["fps2.state", "another recipe", "fps"]);
    folder.refused(
        "merge 1.state stat2.state -o out.csv",
        &["stat2.state", "other columns", "z_p95", "1.state"],
    );
    folder.refused("merge 1.state reduce2.state -o out.csv", &["reduce2.state", "a part of curves expected"]);
    folder.refused("merge reduce2.state 1.state -o out.npy", &["1.state", "a part of a reduction expected"]);
    folder.refused("merge 1.state 2.state 3.state -o out.tif", &["out.tif", ".tsv or .npy"]);
    folder.refused("curve a.npy --pixel 1,1 --shard 1/3 -o part.csv", &["part.csv", ".state"]);
    folder.refused("curve a.npy --pixel 1,1 --shard 1/3 -o -", &[".state"]);
    folder.refused("curve a.npy --pixel 1,1 --shard 1/3", &["--output"]);
    folder.refused("curve a.npy --pixel 1,1 --shard 1/3 -o 1.state", &["1.state", "--force"]);
    folder.refused("curve a.npy --pixel 1,1 --shard 1/3 --plot a.png -o p.state", &["--shard", "--plot"]);
    fs::write(folder.path("out.csv"), "years of work").expect("written");
    folder.refused("merge 1.state missing.state -o out.csv", &["out.csv", "--force"]);
    assert_eq!(fs::read(folder.path("out.csv")).expect("there"), b"years of work");
    folder.expect(0, "merge 3.state 1.state 2.state -o out.csv --force");
}

#[test]
fn steps_are_those_of_the_whole_recording() {
    let folder = Folder::new();
    for dtype in [DType::U16, DType::F32] {
        let name = format!("{dtype}.npy");
        folder.npy(&name, dtype, 900, SHAPE);
        check(&folder, &name, 3, "--subtract mean:0:100 --divide mean:0:50,normalised");
        check(&folder, &name, 4, "--subtract window:mean,20 --smooth-time gaussian,2 --every 2");
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 600, SHAPE);
    folder.npy("b.npy", DType::F32, 601, SHAPE);
    for (line, part) in [
        ("mean a.npy --shard 1/3", "a1.state"),
        ("mean a.npy --shard 2/3", "a2.state"),
        ("mean a.npy --shard 3/3", "a3.state"),
        ("mean b.npy --shard 2/3", "b2.state"),
        ("max a.npy --shard 2/3", "max2.state"),
        ("mean a.npy --shard 2/3 --subtract mean:0:9", "steps2.state"),
    ] {
        folder.expect(0, &format!("reduce {line} -o {part}"));
    }
    folder.refused("merge a1.state a3.state -o out.npy", &["frames 256–511", "missing"]);
    folder.refused("merge a1.state a2.state -o out.npy", &["frames 512–767", "missing"]);
    folder.refused("merge a1.state a2.state a2.state -o out.npy", &["a2.state", "frames 256–511", "already"]);
    folder.refused("merge a1.state b2.state -o out.npy", &["b2.state", "another recording", "a1.state"]);
    folder.refused("merge a1.state max2.state -o out.npy", &["max2.state", "another recipe", "max"]);
    folder.refused("merge a1.state steps2.state -o out.npy", &["steps2.state", "another recipe", "mean:0:9"]);
    folder.refused("merge a1.state a.npy -o out.npy", &["a.npy", "not a partial result"]);
    folder.refused("merge a1.state missing.state -o out.npy", &["missing.state"]);
    folder.refused("merge a1.state a2.state a3.state -o out.csv", &[".csv", ".npy"]);
    folder.refused("reduce mean a.npy --shard 1/3 -o part.npy", &["part.npy", ".state"]);
    folder.refused("reduce mean a.npy --shard 1/3 -o a1.state", &["a1.state", "--force"]);
    folder.refused("reduce mean a.npy --shard 4/3 -o d.state", &["4/3"]);
    let mut bytes = fs::read(folder.path("a2.state")).expect("written");
    let half = bytes.len() / 2;
    fs::write(folder.path("cut.state"), &bytes[..half]).expect("written");
    folder.refused("merge a1.state cut.state a3.state -o out.npy", &["cut.state", "cut or changed"]);
    bytes[half] ^= 4;
    fs::write(folder.path("bit.state"), &bytes).expect("written");
    folder.refused("merge a1.state bit.state a3.state -o out.npy", &["bit.state", "cut or changed"]);
    assert!(!folder.path("out.npy").exists());
    folder.expect(0, "merge a3.state a1.state a2.state -o out.npy");
    folder.refused("merge a3.state a1.state a2.state -o out.npy", &["out.npy", "--force"]);
}

#[test]
fn no_file_is_read_that_cannot_be_a_part() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 300, SHAPE);
    folder.expect(0, "reduce mean a.npy --shard 1/2 -o a1.state");
    // More than any memory, and nothing but zeros behind its start.
    let huge = fs::File::create(folder.path("huge.npy")).expect("created");
    std::io::Write::write_all(&mut &huge, b"\x93NUMPY\x01\0v\0{'descr'").expect("written");
    huge.set_len(1 << 42).expect("a file with holes");
    for line in ["merge a1.state huge.npy -o out.npy", "merge huge.npy a1.state -o out.npy"] {
        folder.refused(line, &["huge.npy", "not a partial result"]);
    }
}

#[test]
fn outputs_are_checked_before_parts_are_read() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 300, SHAPE);
    folder.expect(0, "reduce mean,std a.npy --shard 1/1 -o all.state");
    for taken in ["out.std.npy", "out.npy", "more.state"] {
        fs::write(folder.path(taken), "years of work").expect("written");
    }
    folder.refused("merge all.state missing.state -o out.npy", &["out.std.npy", "--force"]);
    folder.refused("merge all.state missing.state -o more.state", &["more.state", "--force"]);
    fs::remove_file(folder.path("out.std.npy")).expect("there");
    // No method is written under the name itself.
    folder.expect(0, "merge all.state -o out.npy");
    assert!(folder.path("out.mean.npy").exists() && folder.path("out.std.npy").exists());
    for taken in ["out.npy", "more.state"] {
        assert_eq!(fs::read(folder.path(taken)).expect("there"), b"years of work");
    }
}

/// One value in the middle of a file that the recipe names decides.
#[test]
fn parts_made_with_other_contents_of_a_reference_or_mask_are_refused() {
    let shape = FrameShape::new(64, 96, 1);
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 300, shape);
    let rewrite = |name: &str, value: u8| {
        let mut samples = vec![1_u8; shape.samples()];
        samples[shape.samples() / 2] = value;
        let _ = fs::remove_file(folder.path(name));
        folder.write(name, &[Samples::U8(samples)], shape);
    };
    fs::create_dir(folder.path("darks")).expect("created");
    for (file, flags) in [
        ("dark.npy", "--subtract file:dark.npy"),
        ("mask.npy", "--mask mask.npy"),
        ("darks/1.npy", "--subtract folder:darks"),
    ] {
        let part = |shard: usize| {
            let line = format!("reduce mean a.npy {flags} --shard {shard}/2 -o {shard}.state --force");
            folder.expect(0, &line);
        };
        rewrite(file, 5);
        part(1);
        rewrite(file, 0);
        part(2);
        let named = file.split('/').next().expect("a name");
        folder.refused("merge 1.state 2.state -o out.npy", &["2.state", "another content", named, "1.state"]);
        folder.refused("merge 2.state 1.state -o out.state", &["1.state", "another content", named]);
        part(1);
        folder.expect(0, "merge 2.state 1.state -o out.npy --force");
        folder.expect(0, &format!("reduce mean a.npy {flags} -o whole.npy --force"));
        let read = |name: &str| fs::read(folder.path(name)).expect("written");
        assert!(read("out.npy") == read("whole.npy"), "{flags}");
        fs::remove_file(folder.path("out.npy")).expect("there");
    }
}

/// Histograms of the whole and of its parts, merged at once and in two groups, have the same bytes and counts.
#[test]
fn merged_histograms_have_the_bytes_of_the_whole() {
    let folder = Folder::new();
    for (dtype, flags) in [
        (DType::U8, ""),
        (DType::I16, "--frames 10:700"),
        (DType::U32, ""),
        (DType::F32, ""),
        (DType::F64, ""),
        (DType::U16, "--subtract mean:0:100"),
    ] {
        let name = format!("{dtype}.npy");
        folder.npy(&name, dtype, 1100, SHAPE);
        let histogram = format!("histogram {name} --force {flags}");
        folder.expect(0, &format!("{histogram} -o whole.csv"));
        let whole = fs::read_to_string(folder.path("whole.csv")).expect("written");
        let rows: Vec<Vec<f64>> = whole
            .lines()
            .skip(1)
            .map(|line| line.split(',').map(|v| v.parse().expect("a number")).collect())
            .collect();
        assert!(rows.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{dtype}: no gap between bins");
        let counted: f64 = rows.iter().map(|row| row[2]).sum();
        let frames = if flags.starts_with("--frames") { 690 } else { 1100 };
        assert_eq!(counted, (frames * SHAPE.samples()) as f64, "{dtype} {flags}: every sample is counted");
        for shard in 1..=3 {
            folder.expect(0, &format!("{histogram} --shard {shard}/3 -o part{shard}.state"));
        }
        folder.expect(0, "merge part3.state part1.state -o ends.state --force");
        folder.expect(2, "merge part3.state part1.state -o gap.csv --force");
        folder.expect(0, "merge part2.state ends.state -o merged.csv --force");
        let merged = fs::read_to_string(folder.path("merged.csv")).expect("written");
        assert_eq!(whole, merged, "{dtype} {flags}");
    }
    folder.expect(0, "reduce mean u8.npy --shard 2/3 -o mean.state");
    folder.expect(0, "histogram u8.npy --shard 1/3 -o part1.state --force");
    folder.expect(2, "merge part1.state mean.state -o both.state");
}
