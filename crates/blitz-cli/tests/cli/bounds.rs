//! Absurd values of every flag and every recipe entry are refused by name, with status 2; none ends the program
//! otherwise.

use std::fs;
use std::time::Duration;

use blitz_core::{DType, FrameShape};

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(12, 20, 1);

/// What is typed in the place of `{}`.
const ABSURD: [&str; 9] =
    ["0", "-1", "1e30", "99999999999", "NaN", "inf", "", "18446744073709551616", "1e-30"];

/// A command with `{}` for the value of its last flag, what a refusal names, and the values that make sense there.
type Case = (&'static str, &'static str, &'static [&'static str]);

const READING: &[Case] = &[
    ("info a.npy --shrink {}", "--shrink", &[]),
    ("info a.npy --every {}", "--every", &[]),
    ("info a.npy --frames {}:", "--frames", &["0", ""]),
    ("info a.npy --frames 0:6:{}", "--frames", &[""]),
    ("info a.npy --crop {},0,4,4", "--crop", &["0"]),
    ("info a.npy --crop 0,{},4,4", "--crop", &["0"]),
    ("info a.npy --crop 0,0,{},4", "--crop", &[]),
    ("info a.npy --crop 0,0,4,{}", "--crop", &[]),
    ("info a.npy --max-ram {}", "--max-ram", &["99999999999"]),
    ("info a.npy --cache-size {}", "--cache-size", &["99999999999"]),
    ("info a.npy --threads {}", "--threads", &[]),
    ("info a.npy --fps {}", "--fps", &["99999999999"]),
    ("info a.npy --fps 1/{}", "--fps", &[]),
    ("info a.npy --dt {}", "--dt", &[]),
    ("info a.npy --t0-frame {}", "--t0-frame", &["0", "-1", "99999999999"]),
    ("info a.npy --pixel-size {}m", "--pixel-size", &[]),
    ("recipe a.npy --timeline {}:", "--timeline", &["0", ""]),
    ("cache --cache-dir cached clear --older-than {}d", "--older-than", &["0", "99999999999"]),
    ("bench --size {}TiB", "--size", &[]),
    ("bench --runs {}", "--runs", &[]),
];

const STEPS: &[Case] = &[
    ("reduce mean a.npy -o o.npy --force --smooth median,{}", "--smooth", &[]),
    ("reduce mean a.npy -o o.npy --force --smooth box,{}", "--smooth", &[]),
    ("reduce mean a.npy -o o.npy --force --smooth gaussian,{}", "--smooth", &["1e-30"]),
    ("reduce mean a.npy -o o.npy --force --smooth-time median,{}", "--smooth-time", &[]),
    ("reduce mean a.npy -o o.npy --force --smooth-time box,{}", "--smooth-time", &[]),
    ("reduce mean a.npy -o o.npy --force --smooth-time gaussian,{}", "--smooth-time", &["1e-30"]),
    ("reduce mean a.npy -o o.npy --force --subtract window:mean,{}", "--subtract", &[]),
    ("reduce mean a.npy -o o.npy --force --divide window:mean,2,lag={}", "--divide", &["0"]),
    ("reduce mean a.npy -o o.npy --force --relative window:max,{},centred", "--relative", &[]),
    ("reduce mean a.npy -o o.npy --force --subtract mean:{}:", "--subtract", &["0", ""]),
    ("reduce mean a.npy -o o.npy --force --subtract mean:0:{}", "--subtract", &["99999999999", ""]),
    ("reduce mean a.npy -o o.npy --force --subtract mean:0:6:{}", "--subtract", &["99999999999", ""]),
    ("reduce mean a.npy -o o.npy --force --subtract p{}:", "--subtract", &["0", "1e-30"]),
    ("reduce mean a.npy -o o.npy --force --subtract mean:,amount={}", "--subtract", &["0", "1e-30"]),
    ("reduce mean a.npy -o o.npy --force --divide mean:,amount={}", "--divide", &["0", "1e-30"]),
    (
        "reduce mean a.npy -o o.npy --force --divide mean:,smallest={}",
        "--divide",
        &["0", "1e30", "99999999999", "18446744073709551616", "1e-30"],
    ),
    (
        "reduce mean a.npy -o o.npy --force --relative mean:,fill={}",
        "--relative",
        &["0", "-1", "1e30", "99999999999", "18446744073709551616", "1e-30"],
    ),
    ("reduce mean a.npy -o o.npy --force --flat {}", "--flat", &[]),
    ("reduce mean a.npy -o o.npy --force --flat mean: --dark {}", "dark", &[]),
    ("reduce mean a.npy -o o.npy --force --flat mean:,smallest={}", "--flat", &ANY),
    ("reduce mean a.npy -o o.npy --force --mask {}", "--mask", &[]),
    ("reduce mean a.npy -o o.npy --force --keep-zone {}", "--keep-zone", &[]),
    ("reduce mean a.npy -o o.npy --force --limits {}:", "--limits", &FINITE),
    ("reduce mean a.npy -o o.npy --force --limits :{}", "--limits", &FINITE),
    ("reduce mean a.npy -o o.npy --force --rescale {}:1e40", "--rescale", &FINITE),
    ("reduce mean a.npy -o o.npy --force --rescale -2:{},to=0:9", "--rescale", &FINITE),
    ("reduce mean a.npy -o o.npy --force --rescale 0:9,to=-2:{},clip", "--rescale", &FINITE),
    ("reduce p{} a.npy -o o.npy --force", "METHODS", &["0", "1e-30"]),
];

const ANY: [&str; 5] = ["0", "1e30", "99999999999", "18446744073709551616", "1e-30"];
const FINITE: [&str; 6] = ["0", "-1", "1e30", "99999999999", "18446744073709551616", "1e-30"];

const RESULTS: &[Case] = &[
    ("reduce mean a.npy -o o.npy --force --range {}:", "--range", &["0", ""]),
    ("reduce mean a.npy -o o.npy --force --ddof {}", "--ddof", &["0"]),
    ("render a.npy -o o.png --force --frame {}", "--frame", &["0"]),
    ("render a.npy -o o.png --force --frame 0 --levels {},5", "--levels", &["0", "-1", "1e-30"]),
    (
        "render a.npy -o o.png --force --frame 0 --levels 5,{}",
        "--levels",
        &["1e30", "99999999999", "18446744073709551616"],
    ),
    ("render a.npy -o o.png --force --frame 0 --trim {}", "--trim", &["0", "1e-30"]),
    ("render a.npy -o o.png --force --frame 0 --zoom {}", "--zoom", &["1e-30"]),
    ("render a.npy -o o.png --force --frame 0 --channel {}", "--channel", &["0"]),
    ("export a.npy -o o.npy --force --fill {}", "--fill", &["0"]),
    ("export a.npy -o o.mp4 --force --play-fps {}", "--play-fps", &[]),
    ("curve a.npy --rect z={},0,4,4", "--rect", &["0", "-1", "1e-30"]),
    ("curve a.npy --rect z=0,0,{},4", "--rect", &["1e-30"]),
    ("curve a.npy --rect z=0,0,4,4,{}", "--rect", &["0", "-1", "1e-30"]),
    ("curve a.npy --ellipse z=0,0,4,{}", "--ellipse", &["1e-30"]),
    ("curve a.npy --polygon z={},0:4,0:4,4", "--polygon", &["0", "-1", "1e-30"]),
    ("curve a.npy --pixel z={},0", "--pixel", &["0"]),
    ("curve a.npy --pixel 0,{}", "--pixel", &["0"]),
    ("view a.npy --screenshot s.png --size {}x99", "--size", &[]),
    ("view a.npy --screenshot s.png --scale {}", "--scale", &[]),
    // Frame 0 would be drawn.
    ("view a.npy --screenshot s.png --frame 9{}", "--frame", &[]),
];

/// Runs a case with every absurd value.
fn refused_by_name(cases: &[Case]) {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 6, SHAPE);
    for (line, named, fine) in cases {
        for value in ABSURD {
            let words = line.split_whitespace().map(|word| word.replace("{}", value));
            let mut command = folder.command("");
            // Only a hang would take as long.
            let output = command.args(words).timeout(Duration::from_mins(2)).output().expect("it starts");
            let stderr = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            if fine.contains(&value) {
                assert!(matches!(code, Some(0 | 1)), "{line} with '{value}': {:?}\n{stderr}", output.status);
            } else {
                assert_eq!(code, Some(2), "{line} with '{value}': {:?}\n{stderr}", output.status);
                assert!(stderr.contains(named), "{line} with '{value}' lacks '{named}': {stderr}");
            }
        }
    }
}

#[test]
fn absurd_values_of_reading_and_scales() {
    refused_by_name(READING);
}

#[test]
fn absurd_values_of_steps() {
    refused_by_name(STEPS);
}

#[test]
fn absurd_values_of_results_and_pictures() {
    refused_by_name(RESULTS);
}

#[test]
fn negative_values_are_values() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 6, SHAPE);
    for line in [
        "reduce mean a.npy -o o.npy --force --limits -5:300",
        "reduce mean a.npy -o o.npy --force --limits=-5:300",
        "reduce mean a.npy -o o.npy --force --t0-frame -5",
        "render a.npy -o o.png --force --frame 0 --levels -1,1",
        "curve a.npy --rect -3,-2,9,9",
        "curve a.npy --polygon -1,-1:9,-1:4,9",
    ] {
        folder.expect(0, line);
    }
    let text = folder.expect(0, "recipe --t0-frame -5 --limits -5:-3").stdout;
    assert!(text.contains("t0_frame = -5") && text.contains("limits -5:-3"), "{text}");
    // A flag is no value.
    folder.refused("recipe --fps --dt 1", &["--fps"]);
}

#[test]
fn little_memory_is_no_hang() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 6, SHAPE);
    for line in ["reduce median,mean a.npy -o o.npy --force", "export a.npy -o e.npy --force"] {
        folder.expect(0, &format!("{line} --smooth box,3 --max-ram 1"));
    }
}

#[test]
fn absurd_values_in_recipes_are_refused_by_entry() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 6, SHAPE);
    let absurd = ["0", "-1", "1e30", "99999999999", "nan", "inf", "\"\"", "18446744073709551616", "1e-30"];
    for (entry, named, fine) in [
        ("[load]\nevery = {}", "every", &[][..]),
        ("[load]\nshrink = {}", "shrink", &[]),
        ("[load]\ncrop = [{}, 0, 4, 4]", "crop", &["0"]),
        ("[load]\ncrop = [0, 0, {}, 4]", "crop", &[]),
        ("[load]\nframes = \"{}:\"", "frames", &["0"]),
        ("[timeline]\nframes = \"{}:\"", "frames", &["0"]),
        ("[calibration]\nt0_frame = {}", "t0", &["0", "-1", "99999999999"]),
        ("[calibration]\nfps = \"{}\"", "fps", &["99999999999"]),
        ("[calibration]\npixel_size = \"{}m\"", "pixel", &[]),
        ("[reduction]\nmethods = [\"p{}\"]", "methods", &["0", "1e-30"]),
        ("[reduction]\nmethods = [\"std\"]\nddof = {}", "ddof", &["0"]),
        ("[[zone]]\nname = \"Z\"\nrect = [{}, 0, 4, 4]", "Z|rect", &["0", "-1", "1e-30"]),
        ("[[zone]]\nname = \"Z\"\nellipse = [0, 0, {}, 4]", "Z|ellipse", &["1e-30"]),
        ("[[zone]]\nname = \"Z\"\npixel = [{}, 0]", "Z|pixel", &["0"]),
        ("[[zone]]\nname = \"Z\"\nrect = [0, 0, 4, 4]\nangle = {}", "Z|angle", &["0", "-1", "1e-30"]),
        ("[arithmetic]\nsteps = [\"smooth median,{}\"]", "smooth", &[]),
        ("[arithmetic]\nsteps = [\"smooth-time gaussian,{}\"]", "smooth-time", &["1e-30"]),
        ("[arithmetic]\nsteps = [\"subtract window:mean,2,lag={}\"]", "subtract", &["0"]),
        (
            "[arithmetic]\nsteps = [\"limits 5:{}\"]",
            "limits",
            &["1e30", "99999999999", "18446744073709551616"],
        ),
    ] {
        for value in absurd {
            let text = format!("version = 1\n{}\n", entry.replace("{}", value));
            fs::write(folder.path("r.toml"), &text).expect("written");
            let run = folder.run("reduce mean a.npy -o o.npy --force --recipe r.toml");
            if fine.contains(&value) {
                assert!(matches!(run.status, 0 | 1), "{text}: {}", run.stderr);
            } else {
                assert_eq!(run.status, 2, "{text}: {}", run.stderr);
                let says = named.split('|').any(|word| run.stderr.contains(word));
                assert!(says, "{text} lacks '{named}': {}", run.stderr);
            }
        }
    }
}
