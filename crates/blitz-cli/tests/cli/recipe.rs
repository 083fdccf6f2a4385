//! `blitz recipe` from start to end.
use std::fs;

use blitz_core::{DType, FrameShape};

use blitz_model::recipe::Recipe;

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(12, 20, 1);

const FLAGS: &str = "--every 2 --frames 1:11 --crop 2,1,16,10 --shrink 0.5 --8bit --dt 10us --t0-frame -3 \
                     --pixel-size 12.5um --unit K --rotate ccw --flip-x";

#[test]
fn a_saved_recipe_gives_the_same_bytes() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 12, SHAPE);
    let zones = "--ellipse e=3,2,9,7 --rect a=2,1,5,5.5,30 --polygon 1,1:15,2:7,11 --pixel 5,5";
    for (first, second, output) in [
        (
            format!("reduce mean,std,p95 rec {FLAGS} --range 3:9 --ddof 1 -o"),
            "reduce mean,std,p95 rec",
            "npy",
        ),
        (format!("export rec {FLAGS} -o"), "export rec", "npy"),
        (format!("curve rec {FLAGS} {zones} --stat mean,median -o"), "curve rec --stat mean,median", "csv"),
        (format!("render rec {FLAGS} --frame 5 -o"), "render rec --frame 5", "png"),
    ] {
        folder.expect(0, &format!("{first} a.{output} --save-recipe r.toml --force"));
        folder.expect(0, &format!("{second} --recipe r.toml --save-recipe again.toml -o b.{output} --force"));
        let names: Vec<String> = folder.names(".").into_iter().filter(|n| n.starts_with("a.")).collect();
        assert!(!names.is_empty());
        for name in names {
            let twin = name.replacen("a.", "b.", 1);
            let read = |name: &str| fs::read(folder.path(name)).expect("written");
            assert_eq!(read(&name), read(&twin), "{second}: {name}");
            fs::remove_file(folder.path(&name)).expect("removed");
        }
        let text = |name: &str| fs::read_to_string(folder.path(name)).expect("written");
        assert_eq!(text("r.toml"), text("again.toml"));
    }
}

#[test]
fn the_recipe_command_prints_what_the_flags_say() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 12, SHAPE);
    let line = format!("recipe rec {FLAGS} --rect a=1,2,3,4 --reduce mean,p95 --range 3:9 --timeline 1:10");
    let text = folder.expect(0, &line).stdout;
    for entry in [
        "version = 1",
        "every = 2",
        "dt = \"10us\"",
        "t0_frame = -3",
        "pixel_size = \"12.5um\"",
        "[reduction]",
        "[[zone]]",
    ] {
        assert!(text.contains(entry), "{entry} in {text}");
    }
    fs::write(folder.path("r.toml"), &text).expect("written");
    assert_eq!(folder.expect(0, "recipe --recipe r.toml").stdout, text);
    // Flags replace entries, also those that were switched on.
    let other =
        folder.expect(0, "recipe --recipe r.toml --8bit=no --fps 5 --rotate none --pixel b=1,1").stdout;
    assert!(other.contains("fps = \"5\"") && other.contains("name = \"b\""), "{other}");
    for gone in ["dt =", "eight_bit", "rotate", "name = \"a\""] {
        assert!(!other.contains(gone), "{gone} in {other}");
    }
}

#[test]
fn recipes_that_make_no_sense_are_refused_by_entry() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    for (text, words) in [
        ("version = 1\n[load]\nevry = 3\n", &["r.toml", "evry"][..]),
        ("version = 99\n", &["r.toml", "99", "newer"]),
        ("version = 1\n[load]\nshrink = 3.0\n", &["r.toml", "load.shrink", "3"]),
        ("version = 1\n[calibration]\nfps = \"fast\"\n", &["r.toml", "calibration.fps", "fast"]),
        ("version = 1\n[reduction]\nmethods = [\"mode\"]\n", &["r.toml", "reduction.methods", "mode"]),
        ("version = 1\n[[zone]]\nname = \"a\"\n", &["r.toml", "'a'", "exactly one of rect"]),
        ("not toml at all", &["r.toml"]),
    ] {
        fs::write(folder.path("r.toml"), text).expect("written");
        folder.refused("info a.npy --recipe r.toml", words);
    }
    folder.refused("info a.npy --recipe nowhere.toml", &["nowhere.toml"]);
    fs::write(folder.path("r.toml"), "version = 1\n[timeline]\nframes = \"7:9\"\n").expect("written");
    folder.refused("reduce mean a.npy -o o.npy --recipe r.toml", &["a.npy", "timeline.frames", "7:9", "0–2"]);
    folder.refused("recipe a.npy --crop 0,0,99,99", &["a.npy", "load.crop", "20 × 12"]);
}

/// What the window copies for a shell runs there as it is, and writes what the recipe writes.
#[test]
#[cfg(unix)]
fn the_copied_command_line_gives_the_bytes_of_the_recipe() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 12, SHAPE);
    folder.npy("flat.npy", DType::U16, 1, SHAPE);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_blitz"));
    let programs = program.parent().expect("a folder").display();
    for (said, command, text) in [
        (
            "--divide",
            "export rec",
            "[arithmetic]\nsteps = [\"subtract mean:0:3,amount=0.5\", \"divide file:flat.npy,normalised\"]",
        ),
        (
            "<<",
            "reduce mean rec",
            "[load]\nevery = 2\n[arithmetic]\nsteps = [\"relative mean:0:2\", \"zone a\"]\n\
             [reduction]\nmethods = [\"mean\"]\n[[zone]]\nname = \"a\"\nrect = [2.0, 1.0, 9.0, 7.0]",
        ),
    ] {
        let recipe = Recipe::from_toml(&format!("version = 1\n{text}")).expect(text);
        let copied = folder.path("it's copied.npy");
        let line = recipe.command_line(&[folder.path("rec")], &copied);
        assert!(line.contains(said), "{line}");
        let shell = std::process::Command::new("sh")
            .args(["-c", &format!("PATH='{programs}':$PATH\n{line}")])
            .current_dir(folder.path("."))
            .env("XDG_CACHE_HOME", folder.path("cache-home"))
            .output()
            .expect("a shell");
        assert!(shell.status.success(), "{line}\n{}", String::from_utf8_lossy(&shell.stderr));
        fs::write(folder.path("r.toml"), recipe.to_toml()).expect("written");
        folder.expect(0, &format!("{command} --recipe r.toml -o twin.npy --force"));
        let read = |path: std::path::PathBuf| fs::read(path).expect("written");
        assert_eq!(read(copied.clone()), read(folder.path("twin.npy")), "{line}");
        fs::remove_file(copied).expect("removed");
    }
}

/// Fault: a folder or a pipe that nobody writes to as a recipe gave a system's message, or waited for ever.
#[test]
#[cfg(unix)]
fn only_files_are_recipes() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 3, SHAPE);
    let pipe = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let huge = fs::File::create(folder.path("huge.toml")).expect("created");
    huge.set_len(1 << 40).expect("sparse");
    for (name, says) in
        [("pipe", "not a regular file"), ("rec", "not a regular file"), ("huge.toml", "at most")]
    {
        let stderr = folder.expect(2, &format!("info rec --recipe {name}")).stderr;
        assert!(stderr.contains(name) && stderr.contains(says), "{stderr}");
    }
}
