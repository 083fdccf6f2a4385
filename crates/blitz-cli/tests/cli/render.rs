//! `blitz render` from start to end.
use std::fs;

use blitz_core::{DType, FrameShape, Samples};
use blitz_draw::{ColorMap, MISSING_COLOR};

use crate::fixture::{Array, Folder, Picture};

const SHAPE: FrameShape = FrameShape::new(5, 8, 1);

#[test]
fn colours_follow_levels_and_map() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U16, 4, SHAPE);
    folder.expect(0, "render rec --frame 2 -o out.png --levels 1000,50000 --colormap viridis --zoom 3");
    let picture = Picture::read(&folder.path("out.png"));
    assert_eq!((picture.width, picture.height), (24, 15));
    let values = frames[2].as_ref().to_f64_vec();
    for y in 0..15 {
        for x in 0..24 {
            let value = values[y / 3 * 8 + x / 3];
            let u = ((value - 1000.0) / 49_000.0).clamp(0.0, 1.0) as f32;
            assert_eq!(picture.at(x, y), ColorMap::Viridis.sample(u), "pixel {x},{y}");
        }
    }
    // Trim 0 is the exact range.
    let run = folder.expect(0, "render rec --frame 2 -o exact.png --trim 0");
    let (lo, hi) = values.iter().fold((f64::MAX, f64::MIN), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
    assert!(run.stderr.contains(&format!("levels {lo} to {hi}, plasma")), "{}", run.stderr);
    folder.expect(0, "render rec --frame 2 -o bar.png --colorbar --unit K --dark-theme");
    let bar = Picture::read(&folder.path("bar.png"));
    assert!(bar.width > 8 + 40 && bar.height >= 96);
}

#[test]
fn missing_values_have_their_colour() {
    let folder = Folder::new();
    let mut frames = folder.npy("full.npy", DType::F32, 1, SHAPE);
    let Samples::F32(values) = &mut frames[0] else { panic!("f32 was asked for") };
    values[8 * 3 + 5] = f32::NAN;
    folder.write("a.npy", &frames, SHAPE);
    folder.expect(0, "render a.npy --frame 0 -o out.png");
    let picture = Picture::read(&folder.path("out.png"));
    assert_eq!(picture.at(5, 3), MISSING_COLOR);
    assert_ne!(picture.at(4, 3), MISSING_COLOR);
}

#[test]
fn a_recipes_reduction_is_drawn() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 6, SHAPE);
    folder
        .expect(0, "reduce mean,std rec -o a.npy --picture a.png --range 1:5 --save-recipe r.toml --trim 0");
    folder.expect(0, "render rec --recipe r.toml -o b.png --trim 0");
    for method in ["mean", "std"] {
        let read = |name: &str| Picture::read(&folder.path(&format!("{name}.{method}.png"))).rgb;
        assert_eq!(read("a"), read("b"), "{method}");
    }
    folder.expect(0, "render rec --recipe r.toml --frame 3 -o c.png");
    assert!(folder.path("c.png").exists(), "a frame that is asked for comes before the reduction");
}

#[test]
fn colour_pictures_need_no_map() {
    let folder = Folder::new();
    let shape = FrameShape::new(5, 8, 3);
    let frames = folder.pngs("rgb", DType::U8, 2, shape);
    folder.expect(0, "render rgb --frame 1 -o out.png --levels 0,255");
    assert_eq!(Picture::read(&folder.path("out.png")).rgb, frames[1].bytes());
    folder.refused("render rgb --frame 1 -o bar.png --colorbar", &["one channel", "--channel", "--gray"]);
    folder.expect(0, "render rgb --frame 1 -o green.png --channel 1 --colormap grey --levels 0,255");
    let green = Picture::read(&folder.path("green.png"));
    assert_eq!(green.at(3, 2), [frames[1].bytes()[(2 * 8 + 3) * 3 + 1]; 3]);
    folder.refused("render rgb --frame 1 -o x.png --channel 3", &["channel 3", "0 to 2"]);
}

#[test]
fn frames_are_named_by_their_source_number() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 6, SHAPE);
    folder.cut("rec/004.png");
    folder.expect(0, "render rec --every 2 --frame 2 -o a.png --levels 0,255");
    folder.expect(0, "render rec --frame 2 -o b.png --levels 0,255");
    assert_eq!(Picture::read(&folder.path("a.png")).rgb, Picture::read(&folder.path("b.png")).rgb);
    folder.refused("render rec --every 2 --frame 3 -o x.png", &["frame 3", "every 2nd", "nearest is 4"]);
    folder.refused("render rec --frame 6 -o x.png", &["no frame 6", "0–5"]);
    folder.refused("render rec --frame 4 -o x.png", &["frame 4", "004.png"]);
    folder.refused("render rec -o x.png", &["--frame", "reduction"]);
    folder.refused("render rec --frame 1 -o x.png --colormap rainbow", &["rainbow", "turbo"]);
    folder.refused("render rec --frame 1 -o x.npy", &["x.npy", ".png"]);
    assert!(!folder.path("x.png").exists());
}

#[test]
fn numbers_of_a_picture_are_those_of_export() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    folder.expect(0, "render a.npy --frame 1 -o g.png --colormap grey --levels 0,255 --rotate half");
    folder.expect(0, "export a.npy --frames 1:2 --rotate half -o e.npy");
    let numbers = Array::read(&folder.path("e.npy"));
    assert_eq!(numbers.shape, [5, 8], "one frame is one image");
    let picture = Picture::read(&folder.path("g.png"));
    let grey: Vec<u8> = picture.rgb.chunks_exact(3).map(|p| p[0]).collect();
    assert_eq!(grey, numbers.data);
}

#[test]
fn signed_values_have_the_look_of_the_window() {
    let folder = Folder::new();
    // Values 0 to 9: minus their mean they lie on both sides of 0.
    let frames: Vec<Samples> = (0..10).map(|i| Samples::F32(vec![i as f32; SHAPE.samples()])).collect();
    folder.write("a.npy", &frames, SHAPE);
    let mut number = 0;
    let mut look = |line: &str| {
        number += 1;
        let run = folder.expect(0, &format!("render a.npy --trim 0 -o {number}.png {line}"));
        let (_, look) = run.stderr.split_once("levels ").expect("levels are said");
        look.trim().to_owned()
    };
    fs::write(folder.path("max.toml"), "version = 1\n[reduction]\nmethods = [\"max\"]\n").expect("written");
    fs::write(folder.path("std.toml"), "version = 1\n[reduction]\nmethods = [\"std\"]\n").expect("written");
    assert_eq!(look("--frame 9 --subtract mean:"), "4.5 to 5.5, plasma", "one value, one sign");
    assert_eq!(look("--recipe max.toml --subtract mean:"), "4.5 to 5.5, plasma");
    assert_eq!(look("--recipe std.toml --subtract mean:").rsplit_once(", ").expect("a map").1, "plasma");
    let half = Samples::F32((0..SHAPE.samples()).map(|i| if i % 2 == 0 { -1.0 } else { 3.0 }).collect());
    let zero = Samples::F32(vec![0.0; SHAPE.samples()]);
    folder.write("b.npy", &[zero, half], SHAPE);
    let mut look = |line: &str| {
        number += 1;
        let run = folder.expect(0, &format!("render b.npy --frame 1 -o {number}.png {line}"));
        run.stderr.split_once("levels ").expect("levels are said").1.trim().to_owned()
    };
    assert_eq!(
        look("--trim 0"),
        "-1 to 3, plasma",
        "the camera's own values are not made signed by a recipe"
    );
    assert_eq!(look("--trim 0 --subtract mean:0:1"), "-3 to 3, bipolar");
    assert_eq!(look("--trim 0 --subtract mean:0:1 --colormap viridis"), "-1 to 3, viridis");
    assert_eq!(look("--trim 0 --subtract mean:0:1 --colormap bipolar"), "-3 to 3, bipolar");
    assert_eq!(look("--subtract mean:0:1 --levels -2,1"), "-2 to 1, bipolar");
    assert_eq!(look("--subtract mean:0:1 --levels 0,1"), "0 to 1, plasma");
}
