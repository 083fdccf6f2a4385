//! Recordings decoded to the disk: made, found, listed, removed.

use std::fs;

use blitz_core::{DType, FrameShape};
use serde_json::Value;

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(40, 50, 1);

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 30, SHAPE);
    fs::write(folder.path("rec/011.png"), b"broken").expect("spoilt");
    folder
}

/// What `bench --load` does with 30 frames of 4 kB under a limit of 1 byte.
const TO_DISK: &str = "bench --load rec --max-ram 1 --if-too-big cache --json";

#[test]
fn decoded_once_listed_used_and_removed() {
    let folder = folder();
    let before = folder.expect(1, "reduce mean,median rec -o before.npy").stderr;
    assert!(before.contains("011.png"), "{before}");
    let run = json(&folder.expect(1, TO_DISK).stdout);
    assert_eq!((run["frames"].as_u64(), run["failed"].as_u64()), (Some(30), Some(1)));

    let list = json(&folder.expect(0, "cache list --json").stdout);
    let entry = &list["entries"][0];
    assert_eq!(
        (entry["frames"].as_u64(), entry["done"].as_u64(), entry["failed"].as_u64()),
        (Some(30), Some(30), Some(1))
    );
    assert_eq!((entry["complete"].as_bool(), entry["dtype"].as_str()), (Some(true), Some("u16")));
    assert!(entry["bytes"].as_u64() >= Some(30 * 40 * 50 * 2), "{list}");
    let text = folder.expect(0, "cache").stdout;
    assert!(text.contains("30 frames, 50 × 40 × 1 u16, 1 failed") && text.contains("rec"), "{text}");

    // The same answers from the frames on disk, and the same words for the broken one.
    let info = json(&folder.expect(1, "info rec --json --scan").stdout);
    assert_eq!(info["plan"]["strategy"].as_str(), Some("disk"), "{info}");
    let after = folder.expect(1, "reduce mean,median rec -o after.npy").stderr;
    assert_eq!(before.lines().next(), after.lines().next());
    for method in ["mean", "median"] {
        let read = |name: &str| fs::read(folder.path(&format!("{name}.{method}.npy"))).expect("written");
        assert_eq!(read("before"), read("after"), "{method}");
    }
    let info = json(&folder.expect(0, "info rec --frames 0:4 --json").stdout);
    assert_eq!(info["plan"]["strategy"].as_str(), Some("memory"), "other load options, other frames");

    let kept = folder.expect(0, "cache clear --older-than 1h").stdout;
    assert!(kept.contains("removed 0 recordings"), "{kept}");
    let removed = json(&folder.expect(0, "cache clear --json").stdout);
    assert_eq!(removed["entries"].as_u64(), Some(1));
    assert_eq!(json(&folder.expect(0, "cache --json").stdout)["entries"].as_array().map(Vec::len), Some(0));
    folder.refused("cache clear --older-than soon", &["an age such as 7d"]);
}

#[test]
fn limits_folders_and_types_are_those_that_are_named() {
    let folder = folder();
    folder.refused(&format!("{TO_DISK} --cache-size 1000"), &["1.0 kB", "--cache-size", "rec"]);
    assert_eq!(json(&folder.expect(0, "cache --json").stdout)["bytes"].as_u64(), Some(0), "nothing is left");
    folder.expect(1, &format!("{TO_DISK} --cache-dir here --cache-type f32"));
    let list = json(&folder.expect(0, "cache --cache-dir here --json").stdout);
    assert_eq!(list["entries"][0]["dtype"].as_str(), Some("f32"));
    assert!(folder.path("here").join("lock").exists());
    fs::write(folder.path("file"), b"").expect("written");
    folder.refused(&format!("{TO_DISK} --cache-dir file"), &["file", "--cache-dir"]);
}

#[test]
fn commands_that_stream_need_no_room_and_say_nothing() {
    let folder = folder();
    for what in ["ask", "every", "shrink", "cache", "stream", "fail"] {
        let run = folder.expect(1, &format!("reduce max rec -o {what}.npy --max-ram 1 --if-too-big {what}"));
        assert!(!run.stderr.contains("memory") && !run.stderr.contains("too"), "{}", run.stderr);
        assert_eq!(
            fs::read(folder.path(&format!("{what}.npy"))).expect("written"),
            fs::read(folder.path("ask.npy")).expect("written")
        );
    }
    assert!(!folder.path("cache-home").exists(), "nothing was kept");
    folder.refused("bench --load rec --max-ram 1", &["--if-too-big cache", "--every"]);
}

/// Two programs decode the same recording at once: one of them does, or both use what the first has made.
#[test]
fn two_programs_at_once_are_safe() {
    let folder = folder();
    let runs: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..4).map(|_| scope.spawn(|| folder.run(TO_DISK))).collect();
        handles.into_iter().map(|handle| handle.join().expect("ran")).collect()
    });
    assert!(runs.iter().any(|run| run.status == 1), "one at least decodes");
    for run in &runs {
        let refused = run.status == 2 && run.stderr.contains("is writing these frames just now");
        let done = run.status == 1 || run.status == 0;
        assert!(refused || done, "{}: {}", run.status, run.stderr);
    }
    let list = json(&folder.expect(0, "cache --json").stdout);
    assert_eq!(list["entries"][0]["complete"].as_bool(), Some(true));
}
