//! Video in every command, on files that need no encoder.
#![cfg(feature = "video")]

use std::fmt::Write as _;

use crate::fixture::{Array, Folder, assert_same};

const SIZE: (usize, usize) = (32, 24);
const FRAMES: usize = 12;

fn luma(frame: usize, x: usize, y: usize) -> u8 {
    (16 + (7 * frame + 3 * x + y * x) % 219) as u8
}

/// YUV4MPEG: a header, then each frame's planes as they are.
fn video(folder: &Folder, name: &str, frames: usize) {
    let (width, height) = SIZE;
    let mut out = format!("YUV4MPEG2 W{width} H{height} F30000:1001 Ip A1:1 C420jpeg\n").into_bytes();
    for frame in 0..frames {
        out.extend(b"FRAME\n");
        out.extend((0..width * height).map(|i| luma(frame, i % width, i / width)));
        out.extend(std::iter::repeat_n(128, width * height / 2));
    }
    std::fs::write(folder.path(name), out).expect("written");
}

/// What `--every 3 --frames 1:11 --crop 4,2,8,6` leaves.
fn part() -> Vec<f64> {
    let pixels = |frame| (2..8).flat_map(move |y| (4..12).map(move |x| f64::from(luma(frame, x, y))));
    [1, 4, 7, 10].into_iter().flat_map(pixels).collect()
}

#[test]
fn numbers_are_those_of_the_luma() {
    let folder = Folder::new();
    video(&folder, "a.y4m", FRAMES);
    let run = folder.expect(0, "info a.y4m --json --scan --grey");
    for word in ["\"frames\": 12", "\"rate_origin\": \"container\"", "30000", "decoding through"] {
        let found = run.stdout.contains(word) || (word == "30000" && run.stdout.contains("29.97"));
        assert!(found, "{word} expected in {}", run.stdout);
    }
    folder.expect(0, "export a.y4m --grey -o all.npy");
    let all = Array::read(&folder.path("all.npy"));
    assert_eq!(all.shape, [FRAMES, SIZE.1, SIZE.0]);
    let pixels = SIZE.0 * SIZE.1;
    let truth =
        (0..FRAMES * pixels).map(|i| f64::from(luma(i / pixels, i % pixels % SIZE.0, i % pixels / SIZE.0)));
    assert_same(&all.values(), &truth.collect::<Vec<_>>());
    let options = "--grey --every 3 --frames 1:11 --crop 4,2,8,6";
    folder.expect(0, &format!("export a.y4m {options} -o part.npy"));
    assert_same(&Array::read(&folder.path("part.npy")).values(), &part());
    folder.expect(0, &format!("reduce max a.y4m {options} -o max.npy"));
    let max: Vec<f64> =
        (0..48).map(|i| part().iter().skip(i).step_by(48).fold(0.0, |a: f64, &b| a.max(b))).collect();
    assert_same(&Array::read(&folder.path("max.npy")).values(), &max);
    folder.expect(0, "curve a.y4m --grey --rect A=0,0,1,1 -o curve.csv");
    let curve = std::fs::read_to_string(folder.path("curve.csv")).expect("a table");
    let mut first = String::new();
    write!(first, "{}", luma(11, 0, 0)).expect("a string");
    assert!(curve.lines().last().is_some_and(|line| line.contains(&first)), "{curve}");
    folder.expect(0, "render a.y4m --frame 7 --shrink 0.5 -o frame.png");
    folder.refused("export a.y4m --luma full -o x.npy", &["load.luma_full", "--grey"]);
}

#[test]
fn full_luma_is_spread() {
    let folder = Folder::new();
    video(&folder, "a.y4m", 2);
    folder.expect(0, "export a.y4m --grey --luma full -o full.npy");
    let full = Array::read(&folder.path("full.npy")).values();
    let run = folder.expect(0, "info a.y4m --grey");
    // C420jpeg is full range by name in some versions of FFmpeg and not stated in others.
    let limited = run.stdout.contains("limited range");
    for (i, &value) in full[..SIZE.0 * SIZE.1].iter().enumerate() {
        let code = f64::from(luma(0, i % SIZE.0, i / SIZE.0));
        let expected = if limited { ((code - 16.0) * 255.0 / 219.0).round() } else { code };
        assert_eq!(value, expected, "code {code}");
    }
}

/// The work that is compared with other programs says what it decoded and has the frames' numbers.
#[test]
fn reading_is_timed() {
    let folder = Folder::new();
    video(&folder, "a.y4m", 150);
    for (work, frames) in [
        ("index", 150),
        ("open", 150),
        ("decode", 150),
        ("decode-threads", 150),
        ("grey", 150),
        ("every100", 2),
        ("random", 10),
    ] {
        let has_values = frames == 2 || frames == 10 || work == "grey";
        let result = if has_values { format!("--result {work}.npy") } else { String::new() };
        let run = folder.expect(0, &format!("bench --peer video-{work} a.y4m --runs 1 --json {result}"));
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(answer["frames"], frames, "{work}");
        assert!(answer["decoded"].as_u64().is_some_and(|n| n > 0), "{work}: {answer}");
        if has_values {
            let values = Array::read(&folder.path(&format!("{work}.npy"))).values();
            assert_eq!(values.len(), frames, "{work}");
            let mean = |frame: usize| {
                let codes = (0..SIZE.0 * SIZE.1).map(|i| f64::from(luma(frame, i % SIZE.0, i / SIZE.0)));
                codes.sum::<f64>() / (SIZE.0 * SIZE.1) as f64
            };
            let numbers: Vec<usize> = match work {
                "grey" => (0..150).collect(),
                "every100" => vec![0, 100],
                _ => (1..=10).map(|i| i * 1237 % 150).collect(),
            };
            for (value, frame) in values.iter().zip(numbers) {
                assert!((value - mean(frame)).abs() < 1e-9, "{work}: frame {frame}");
            }
        }
    }
}

/// Nothing is to be turned here; the option is accepted and goes through recipes.
#[test]
fn the_stored_orientation_can_be_kept() {
    let folder = Folder::new();
    video(&folder, "a.y4m", 2);
    let run = folder.expect(0, "recipe a.y4m --grey --orientation stored");
    assert!(run.stdout.contains("stored_orientation = true"), "{}", run.stdout);
    folder.expect(0, "export a.y4m --grey --orientation stored -o stored.npy");
    folder.expect(0, "export a.y4m --grey --orientation displayed -o displayed.npy");
    let values = |name: &str| Array::read(&folder.path(name)).values();
    assert_same(&values("stored.npy"), &values("displayed.npy"));
}

#[test]
fn a_folder_of_videos_is_one_recording() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("all")).expect("folder");
    video(&folder, "all/v10.y4m", 3);
    video(&folder, "all/v9.y4m", 4);
    let run = folder.expect(0, "info all");
    assert!(run.stdout.contains("Frames 4–6 are those of v10.y4m."), "{}", run.stdout);
    folder.expect(0, "export all --grey --frames 5:6 -o five.npy");
    let five = Array::read(&folder.path("five.npy")).values();
    assert_eq!(five[1], f64::from(luma(1, 1, 0)), "frame 5 is frame 1 of the second file");
}

#[test]
fn a_video_that_breaks_off_gives_what_there_is() {
    let folder = Folder::new();
    video(&folder, "a.y4m", FRAMES);
    let whole = std::fs::read(folder.path("a.y4m")).expect("written");
    std::fs::write(folder.path("cut.y4m"), &whole[..whole.len() - 500]).expect("written");
    let run = folder.run("export cut.y4m --grey --skip-failed -o cut.npy");
    assert!(run.status <= 1, "{}", run.stderr);
    let frames = Array::read(&folder.path("cut.npy")).shape[0];
    assert_eq!(frames, FRAMES - 1, "{}", run.stderr);
}
