//! Outputs appear complete or not at all, and replace nothing unasked.

use std::fs;
use std::process::Stdio;

use blitz_core::{DType, FrameShape};

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(64, 64, 1);

#[test]
fn nothing_is_replaced_without_force() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    for (name, line) in [
        ("o.npy", "reduce mean a.npy -o o.npy"),
        ("o.mean.npy", "reduce mean,std a.npy -o o.npy"),
        ("o.png", "reduce mean a.npy -o fresh.npy --picture o.png"),
        ("o.csv", "curve a.npy --pixel 1,1 -o o.csv"),
        ("o.svg", "curve a.npy --pixel 1,1 --plot o.svg"),
        ("r.png", "render a.npy --frame 0 -o r.png"),
        ("e.tif", "export a.npy -o e.tif"),
        ("r.toml", "info a.npy --save-recipe r.toml"),
        ("v.png", "view a.npy --screenshot v.png"),
    ] {
        fs::write(folder.path(name), "mine").expect("written");
        folder.refused(line, &[name, "--force"]);
        assert_eq!(fs::read(folder.path(name)).expect("there"), b"mine", "{line}");
        assert!(!folder.path("fresh.npy").exists(), "{line}: refused before anything is written");
        if !line.starts_with("view") {
            folder.expect(0, &format!("{line} --force"));
            assert_ne!(fs::read(folder.path(name)).expect("there"), b"mine", "{line} --force");
        }
        fs::remove_file(folder.path("fresh.npy")).ok();
    }
    assert!(folder.names(".").iter().all(|n| !n.starts_with('.')), "no temporary file stays");
}

#[test]
fn outputs_of_one_name_and_folders_that_are_not_there() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    folder.refused("curve a.npy --pixel 1,1 -o x.csv --save-recipe x.csv", &["x.csv", "two outputs"]);
    folder.refused("export a.npy -o no/such/x.npy", &["no/such/x.npy"]);
    folder.refused("reduce mean a.npy -o no/x.npy", &["no/x.npy"]);
    fs::create_dir(folder.path("dir.npy")).expect("folder");
    folder.refused("export a.npy -o dir.npy --force", &["dir.npy"]);
    assert_eq!(folder.names("."), ["a.npy", "dir.npy"]);
}

/// A limit on the size of files stands for a full disk: the system refuses in the same places.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 40, SHAPE);
    let before = folder.names(".");
    for line in [
        "export a.npy -o o.npy",
        "export a.npy -o o.tif",
        "export a.npy -o p%03d.tif",
        "reduce mean,std a.npy -o o.npy",
        "render a.npy --frame 3 --zoom 20 -o o.png",
    ] {
        let script = format!("trap '' XFSZ; ulimit -f 8; exec {} {line}", env!("CARGO_BIN_EXE_blitz"));
        let output = assert_cmd::Command::new("sh")
            .args(["-c", &script])
            .current_dir(folder.path("."))
            .output()
            .expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {message}");
        assert!(message.contains("disk is full"), "{line}: {message}");
        assert_eq!(folder.names("."), before, "{line}");
    }
}

#[test]
fn a_closed_pipe_is_success() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 20_000, FrameShape::new(2, 2, 1));
    for line in ["curve a.npy --pixel 0,0 --stat mean,min,max,std", "info a.npy --json", "recipe a.npy"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_blitz"))
            .args(line.split(' '))
            .current_dir(folder.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    }
}

#[test]
fn quiet_says_nothing_and_json_says_it_all() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, SHAPE);
    fs::remove_file(folder.path("rec/002.png")).expect("a gap in the numbering");
    let run = folder.expect(0, "reduce mean rec -o a.npy");
    assert!(run.stdout.is_empty() && run.stderr.contains("note:") && run.stderr.contains("wrote a.npy"));
    let run = folder.expect(0, "reduce mean rec -o b.npy --quiet");
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let run = folder.expect(0, "-q --json reduce mean,max rec -o c.npy");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["outputs"], serde_json::json!(["c.mean.npy", "c.max.npy"]));
    assert_eq!(report["frames_used"], 3);
    assert_eq!(run.stderr, "");
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 6000, SHAPE);
    fs::create_dir(folder.path("out")).expect("folder");
    // As many small files as take a while; interrupted as soon as the first of them is there.
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_blitz"))
        .args(["export", "a.npy", "-o", "out/%05d.tif"])
        .current_dir(folder.path("."))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    while folder.names("out").is_empty() && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let id = child.id().to_string();
    assert_cmd::Command::new("kill").args(["-INT", &id]).output().expect("a signal");
    let output = child.wait_with_output().expect("the program ends");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("cancelled"), "{message}");
    assert_eq!(folder.names("out"), Vec::<String>::new());
}

#[test]
fn no_output_replaces_what_is_read() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, FrameShape::new(6, 8, 1));
    folder.npy("a.npy", DType::U8, 4, FrameShape::new(6, 8, 1));
    let before = fs::read(folder.path("rec/002.png")).expect("there");
    let array = fs::read(folder.path("a.npy")).expect("there");
    for line in [
        "export rec -o rec/002.png --frames 0:1 --force",
        "export rec -o rec/%03d.png --force",
        "export rec -o ./rec/../rec/%03d.png --frames 2:3 --force",
        "render rec --frame 0 -o rec/002.png --force",
        "reduce mean rec -o m.npy --picture rec/002.png --force",
        "curve rec --rect a=0,0,2,2 -o c.csv --plot rec/002.png --force",
        "info rec --save-recipe rec/002.png --force",
        "recipe rec --save-recipe rec/002.png --force",
        "export a.npy -o a.npy --force",
        "reduce mean a.npy -o a.npy --force",
        "curve a.npy --rect a=0,0,2,2 -o a.npy --force",
        "view rec --save-recipe rec/002.png --force",
    ] {
        folder.refused(line, &["a file of the recording that is read", "another name"]);
    }
    assert_eq!(fs::read(folder.path("rec/002.png")).expect("there"), before);
    assert_eq!(fs::read(folder.path("a.npy")).expect("there"), array);
    folder.refused("info rec --trace rec/002.png --force", &["rec/002.png", ".json"]);
    assert_eq!(fs::read(folder.path("rec/002.png")).expect("there"), before);
    // What is not read may be replaced.
    fs::write(folder.path("rec/average.png"), "old").expect("written");
    folder.expect(0, "reduce mean rec -o m.npy --picture rec/average.png --force");
    folder.expect(0, "export rec -o rec/x%03d.png --force");
}

#[test]
fn no_output_replaces_what_a_reference_reads() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, FrameShape::new(6, 8, 1));
    folder.pngs("dark", DType::U8, 3, FrameShape::new(6, 8, 1));
    folder.npy("flat_1.npy", DType::U8, 1, FrameShape::new(6, 8, 1));
    let read = |name: &str| fs::read(folder.path(name)).expect("there");
    let (dark, flat) = (read("dark/001.png"), read("flat_1.npy"));
    let steps = "--subtract file:dark --divide file:flat_1.npy,fill=0";
    for output in ["dark/%03d.png", "dark/001.png", "./rec/../dark/%03d.png", "flat_%d.npy", "flat_1.npy"] {
        folder.refused(
            &format!("export rec {steps} --frames 1:3 -o {output} --force"),
            &["that is read", "another name"],
        );
    }
    assert_eq!((read("dark/001.png"), read("flat_1.npy")), (dark, flat));
    folder.expect(0, &format!("export rec {steps} -o dark/other_%03d.tif --force"));
}
