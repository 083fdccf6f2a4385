//! Videos that `blitz export` writes, read back by the same program.
#![cfg(feature = "video")]

use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Array, Folder, Picture};

const SHAPE: FrameShape = FrameShape::new(48, 80, 1);

/// Frames of an even ramp that becomes brighter by 8 from frame to frame.
fn ramp(folder: &Folder, name: &str, frames: usize) {
    let frame = |n: usize| (0..SHAPE.pixels()).map(move |i| (i % SHAPE.width + 8 * n) as u8).collect();
    let frames: Vec<Samples> = (0..frames).map(|n| Samples::U8(frame(n))).collect();
    folder.write(name, &frames, SHAPE);
}

/// Largest and mean distance of two pictures.
fn distance(a: &Picture, b: &Picture) -> (u8, f64) {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let all: Vec<u8> = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
    (
        all.iter().copied().max().unwrap_or(0),
        all.iter().map(|&d| f64::from(d)).sum::<f64>() / all.len() as f64,
    )
}

/// Frame `frame` of a video, as it is.
fn shown(folder: &Folder, video: &str, frame: usize) -> Picture {
    folder.expect(0, &format!("render {video} --frame {frame} --levels 0,255 -o shown.png --force"));
    Picture::read(&folder.path("shown.png"))
}

#[test]
fn values_survive_a_video_bit_by_bit() {
    let folder = Folder::new();
    for (dtype, suffix) in [(DType::U16, "mkv"), (DType::U8, "avi"), (DType::U16, "avi")] {
        let frames = folder.npy("a.npy", dtype, 9, SHAPE);
        let options = "--frames 1:9:2 --fps 1000 --flip-x --raw";
        folder.expect(0, &format!("export a.npy {options} -o a.{suffix} --force"));
        let info = folder.expect(0, &format!("info a.{suffix} --json")).stdout;
        assert!(
            info.contains("\"frames\": 4") && info.contains("500"),
            "every second frame at 500 Hz: {info}"
        );
        folder.expect(0, &format!("export a.{suffix} --flip-x -o b.npy --force"));
        let kept: Vec<u8> =
            [1, 3, 5, 7].into_iter().flat_map(|n: usize| frames[n].bytes().to_vec()).collect();
        assert_eq!(Array::read(&folder.path("b.npy")).data, kept, "{dtype} {suffix}");
        std::fs::remove_file(folder.path("a.npy")).expect("removed");
    }
}

#[test]
fn a_film_shows_what_render_shows() {
    let folder = Folder::new();
    ramp(&folder, "a.npy", 20);
    let look = "--levels 0,255 --colormap viridis --colorbar --stamp --scale-bar --pixel-size 10um --fps 50 \
                --rect jet=10,20,30,15 --zoom 4 --transpose";
    for suffix in ["mp4", "mkv", "avi"] {
        let run = folder.expect(0, &format!("export a.npy {look} -o film.{suffix}"));
        assert!(run.stderr.contains("at 50 frames/s") && run.stderr.contains("viridis"), "{}", run.stderr);
        for frame in [0, 7, 19] {
            folder.expect(0, &format!("render a.npy {look} --frame {frame} -o one.png --force"));
            let one = Picture::read(&folder.path("one.png"));
            let (_, mean) = distance(&one, &shown(&folder, &format!("film.{suffix}"), frame));
            assert!(mean < 2.5, "{suffix} {frame}: {mean} apart");
        }
    }
    let info = folder.expect(0, "info film.mp4 --json").stdout;
    assert!(info.contains("\"frames\": 20") && info.contains("50"), "{info}");
}

#[test]
fn levels_of_a_film_are_those_of_all_frames() {
    let folder = Folder::new();
    ramp(&folder, "a.npy", 20);
    folder.expect(0, "export a.npy --trim 0 --colormap grey -o film.mkv --play-fps 30000/1001");
    // From 0 to 79 + 8 × 19.
    let spread = |v: f64| (v * 255.0 / 231.0).round();
    for frame in [0, 10, 19] {
        let picture = shown(&folder, "film.mkv", frame);
        for x in [2, 40, 77] {
            let (found, meant) = (f64::from(picture.at(x, 20)[1]), spread((x + 8 * frame) as f64));
            assert!((found - meant).abs() <= 4.0, "{frame} {x}: {found}, {meant} expected");
        }
    }
    let info = folder.expect(0, "info film.mkv --json").stdout;
    assert!(info.contains("29.97"), "{info}");
}

#[test]
fn failed_frames_are_seen_or_left_out() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 6, SHAPE);
    folder.cut("rec/002.png");
    let run = folder.expect(1, "export rec -o a.mp4");
    assert!(
        run.stderr.contains("colour for missing values") && run.stderr.contains("002.png"),
        "{}",
        run.stderr
    );
    let [r, g, b] = shown(&folder, "a.mp4", 2).at(40, 24);
    let meant = blitz_draw::MISSING_COLOR;
    assert!([r, g, b].iter().zip(meant).all(|(a, b)| a.abs_diff(b) <= 4), "{r} {g} {b}");
    folder.expect(1, "export rec -o b.avi --skip-failed");
    assert!(folder.expect(0, "info b.avi --json").stdout.contains("\"frames\": 5"));
    folder.refused("export rec --raw -o c.mkv", &["frame 2", "--fill", "--skip-failed"]);
    folder.expect(1, "export rec --raw --fill 0 -o c.mkv");
    assert!(folder.expect(0, "info c.mkv --json").stdout.contains("\"frames\": 6"));
}

#[test]
fn what_does_not_belong_together_is_said() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    folder.npy("f.npy", DType::F32, 3, SHAPE);
    folder.refused("export a.npy --levels 0,9 -o b.npy", &["--levels", ".mp4"]);
    folder.refused("export a.npy --play-fps 9 -o b.tif", &["--play-fps", ".mp4"]);
    folder.refused("export a.npy --raw -o %d.png", &["--lossless", ".mkv"]);
    folder.refused("export a.npy --lossless --stamp -o b.mkv", &["--stamp", "--lossless"]);
    folder.refused("export a.npy --raw -o b.mp4", &["b.mp4", ".mkv"]);
    folder.refused("export f.npy --raw -o b.mkv", &["f32", ".npy"]);
    folder.refused("export a.npy --dtype f32 -o b.mp4", &["--dtype", ".npy"]);
    folder.refused("export a.npy --scale-bar -o b.mp4", &["--scale-bar", "--pixel-size"]);
    folder.refused("export a.npy --zones -o b.mp4", &["--zones", "--rect"]);
    folder.refused("export a.npy --play-fps soon -o b.mp4", &["--play-fps", "30000/1001"]);
    folder.refused("reduce mean a.npy --picture b.png --stamp", &["--stamp"]);
    assert_eq!(folder.names("").iter().filter(|name| name.starts_with('b')).count(), 0);
    folder.expect(0, "export f.npy -o b.mp4");
    let before = std::fs::read(folder.path("b.mp4")).expect("written");
    folder.refused("export a.npy -o b.mp4", &["b.mp4", "--force"]);
    assert_eq!(std::fs::read(folder.path("b.mp4")).expect("there"), before);
    folder.expect(0, "export a.npy -o b.mp4 --force");
}

#[test]
fn marks_are_drawn_on_single_pictures_too() {
    let folder = Folder::new();
    ramp(&folder, "a.npy", 3);
    let draw = |marks: &str| {
        folder.expect(0, &format!("render a.npy --frame 1 --zoom 4 {marks} -o one.png --force"));
        Picture::read(&folder.path("one.png"))
    };
    let plain = draw("");
    let whites = |p: &Picture| p.rgb.chunks(3).filter(|c| c.iter().all(|&v| v > 180)).count();
    assert_eq!(whites(&plain), 0);
    for marks in ["--stamp", "--scale-bar --pixel-size 1um"] {
        let marked = draw(marks);
        assert!(whites(&marked) > 20 && distance(&plain, &marked).0 > 60, "{marks}");
    }
    let zone = draw("--pixel hot=40,24");
    assert!(zone.at(40 * 4 + 1, 24 * 4 - 1) != plain.at(40 * 4 + 1, 24 * 4 - 1));
    assert_eq!(zone.at(200, 40), plain.at(200, 40));
}
