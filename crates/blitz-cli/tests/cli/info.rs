//! `blitz info` from start to end.
use blitz_core::{DType, FrameShape, Samples};
use serde_json::Value;

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(12, 16, 1);

fn json(folder: &Folder, status: i32, line: &str) -> Value {
    serde_json::from_str(&folder.expect(status, line).stdout).expect("JSON")
}

#[test]
fn a_recording_says_what_it_is() {
    let folder = Folder::new();
    let frames: Vec<Samples> =
        (0..20_u16).map(|t| Samples::U16((0..192).map(|i| (i * 21 + t) & 0x0FFF).collect())).collect();
    std::fs::create_dir(folder.path("rec")).expect("folder");
    folder.write("rec/%03d.png", &frames, SHAPE);
    std::fs::write(folder.path("rec/notes.txt"), "not a picture").expect("written");
    let info = json(&folder, 0, "info rec --json --scan --fps 30000/1001 --pixel-size 12.5um --unit counts");
    assert_eq!(info["frames"], 20);
    assert_eq!((&info["height"], &info["width"], &info["channels"]), (&12.into(), &16.into(), &1.into()));
    assert_eq!((info["dtype"].as_str(), &info["effective_bits"]), (Some("u16"), &12.into()));
    assert_eq!(info["bytes"], 20 * 192 * 2);
    assert_eq!(info["rate"].as_f64(), Some(30_000.0 / 1001.0));
    assert_eq!(info["rate_origin"], "given");
    assert_eq!((info["min"].as_f64(), info["max"].as_f64()), (Some(0.0), Some(4030.0)));
    assert_eq!(info["scanned"], true);
    assert_eq!(info["source"]["format"], "PNG files");
    assert_eq!(info["plan"]["strategy"], "memory");
    assert_eq!(info["groups"][0]["suffix"], "png");
    assert_eq!(info["failed"], Value::Array(vec![]));
    let text = folder.expect(0, "info rec").stdout;
    for words in ["16 wide × 12 high", "12 bit", "16 of 20 frames", "not set", "notes"] {
        assert!(text.contains(words) || words == "notes" && text.contains(".txt"), "{words}: {text}");
    }
}

#[test]
fn sizes_are_those_after_the_load_flags() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 9, SHAPE);
    let info = json(&folder, 0, "info a.npy --json --every 4 --crop 2,2,8,6 --shrink 0.5");
    assert_eq!((&info["frames"], &info["width"], &info["height"]), (&3.into(), &4.into(), &3.into()));
    assert_eq!((&info["source"]["frames"], &info["source"]["width"]), (&9.into(), &16.into()));
    assert_eq!((&info["first_frame"], &info["frame_step"]), (&0.into(), &4.into()));
    assert_eq!(info["effective_bits"], Value::Null);
    assert_eq!(json(&folder, 0, "info a.npy --json")["plan"]["strategy"], "map");
    folder.pngs("rec", DType::U8, 9, SHAPE);
    let tight = json(&folder, 0, "info rec --json --max-ram 1kB");
    assert_eq!(tight["plan"]["strategy"], "too big");
}

#[test]
fn scanning_finds_every_failed_frame() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 40, SHAPE);
    folder.cut("rec/007.png");
    folder.cut("rec/031.png");
    let info = json(&folder, 1, "info rec --json --scan");
    let failed = info["failed"].as_array().expect("a list");
    let frames: Vec<u64> = failed.iter().filter_map(|f| f["frame"].as_u64()).collect();
    assert_eq!(frames, [7, 31]);
    assert!(failed[0]["file"].as_str().expect("a path").ends_with("007.png"));
    assert!(!failed[0]["reason"].as_str().expect("text").is_empty());
    let run = folder.expect(1, "info rec --scan --quiet");
    assert!(run.stderr.contains("007.png") && run.stderr.contains("031.png"), "{}", run.stderr);
    assert!(run.stdout.contains("failed      2 frames"));
}

#[test]
fn missing_and_infinite_values_are_counted() {
    let folder = Folder::new();
    let mut values = vec![1.5_f32; 192];
    values[..3].fill(f32::NAN);
    values[10] = f32::INFINITY;
    folder.write("a.npy", &[Samples::F32(values)], SHAPE);
    let info = json(&folder, 0, "info a.npy --json --scan");
    assert_eq!((&info["missing"], &info["infinite"]), (&3.into(), &1.into()));
    assert_eq!((info["min"].as_f64(), info["max"].as_f64()), (Some(1.5), Some(1.5)));
}

#[test]
fn series_of_a_folder_are_listed_and_chosen() {
    let folder = Folder::new();
    let shape = FrameShape::new(6, 8, 1);
    folder.pngs("shot", DType::U8, 5, shape);
    for n in 0..2 {
        std::fs::copy(folder.path("shot/000.png"), folder.path(&format!("shot/dark_{n}.png")))
            .expect("copied");
    }
    std::fs::write(folder.path("shot/notes.txt"), "x").expect("written");
    let run = folder.expect(0, "info shot");
    assert!(run.stdout.contains("#.png, 5 files: this recording"), "{}", run.stdout);
    assert!(run.stdout.contains("dark_#.png, 2 files: another recording"), "{}", run.stdout);
    assert!(run.stdout.contains("2 files dark_#.png and 1 .txt file, which are not part"), "{}", run.stdout);
    let run = folder.expect(0, "info shot --group dark_#.png");
    assert!(run.stdout.contains("frames      2\n"), "{}", run.stdout);
    folder.refused("info shot --group flat", &["--group flat", "5 files #.png"]);
    let list = folder.expect(0, "info --list shot").stdout;
    assert!(list.contains("#.png, 5 files: opened first"), "{list}");
    assert!(list.contains("dark_#.png, 2 files: another recording\n"), "{list}");
    let list = json(&folder, 0, "info --list --json shot");
    assert_eq!(list[0]["groups"][1]["name"], "dark_#.png");
    let list = folder.expect(0, "info --list .").stdout;
    assert!(list.contains("folder      shot (5 files #.png)"), "{list}");
    folder.refused("info .", &["its folders do: shot (5 files #.png)"]);
    folder.refused("info --list shot/000.png", &["000.png", "it is a file"]);
}

#[test]
fn numbers_below_0_are_before_t0() {
    let folder = Folder::new();
    folder.pngs("shot", DType::U8, 3, FrameShape::new(4, 4, 1));
    for (from, to) in [("000", "s_-1"), ("001", "s_0"), ("002", "s_1")] {
        std::fs::rename(folder.path(&format!("shot/{from}.png")), folder.path(&format!("shot/{to}.png")))
            .expect("renamed");
    }
    folder.expect(0, "curve shot --rect all=0,0,4,4 --dt 1s -o c.csv");
    let table = std::fs::read_to_string(folder.path("c.csv")).expect("written");
    let times: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(times, ["-1", "0", "1"], "{table}");
    folder.expect(0, "curve shot --rect all=0,0,4,4 --dt 1s --t0-frame 2 -o d.csv");
    let table = std::fs::read_to_string(folder.path("d.csv")).expect("written");
    assert!(table.lines().nth(1).is_some_and(|line| line.contains(",-2,")), "{table}");
}
