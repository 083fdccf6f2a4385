//! Commands that need no recording, and help.

use crate::fixture::Folder;

#[test]
fn the_demo_recording_has_a_failed_frame() {
    let folder = Folder::new();
    let run = folder.expect(0, "demo d --json");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["outputs"][0], "d");
    let run = folder.expect(1, "info d --scan --json");
    let info: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((&info["frames"], &info["effective_bits"]), (&200.into(), &12.into()));
    assert_eq!(info["failed"].as_array().expect("a list").len(), 1);
    folder.expect(0, "demo d");
    std::fs::create_dir(folder.path("e")).expect("folder");
    std::fs::write(folder.path("e/thesis.txt"), "years of work").expect("written");
    folder.refused("demo e", &["e", "other files"]);
}

#[test]
fn what_is_done_is_recorded() {
    let folder = Folder::new();
    folder.npy("a.npy", blitz_core::DType::U8, 5, blitz_core::FrameShape::new(4, 5, 1));
    folder.expect(0, "--trace t.json reduce mean a.npy -o m.npy --subtract mean:0:2");
    let text = std::fs::read_to_string(folder.path("t.json")).expect("written");
    let events: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let names: Vec<&str> =
        events.as_array().expect("a list").iter().filter_map(|e| e["name"].as_str()).collect();
    for span in ["open", "evaluate", "reference"] {
        assert!(names.contains(&span), "{span}: {names:?}");
    }
    let run = folder.command("reduce mean a.npy -o n.npy").env("BLITZ_LOG", "debug").output().expect("ran");
    let lines = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(lines.contains("evaluate") && lines.contains("mean over frames"), "{lines}");
    let run = folder.command("info a.npy").env("BLITZ_LOG", "blitz=loud").output().expect("ran");
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("BLITZ_LOG=blitz=loud"));
}

#[test]
fn a_trace_replaces_a_file_only_where_that_was_asked_for() {
    let folder = Folder::new();
    folder.npy("a.npy", blitz_core::DType::U8, 5, blitz_core::FrameShape::new(4, 5, 1));
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).expect("there");
    std::fs::write(folder.path("thesis.json"), "years of work").expect("written");
    folder.refused("--trace thesis.json info a.npy", &["thesis.json", "exists already"]);
    assert_eq!(read("thesis.json"), "years of work");
    folder.expect(0, "--trace t.json reduce mean a.npy -o m.npy");
    let first = read("t.json");
    folder.refused("--trace t.json reduce max a.npy -o n.npy", &["t.json", "--force"]);
    assert!(read("t.json") == first && !folder.path("n.npy").exists());
    folder.expect(0, "--trace t.json reduce max a.npy -o n.npy --force");
    assert!(read("t.json") != first && read("t.json").contains("max over frames"));
    folder.refused("--trace nowhere/t.json info a.npy", &["nowhere/t.json", "--trace"]);
}

#[test]
fn bench_measures_every_kernel() {
    let folder = Folder::new();
    let run = folder.expect(0, "bench --size 1MiB --runs 1 --json");
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let rows = answer["kernels"].as_array().expect("rows");
    assert_eq!(rows.len(), 4 * (2 * 15 + 2));
    assert!(rows.iter().all(|row| row["bytes_per_second"].as_f64().expect("a rate") > 0.0));
    assert!(answer["read_bandwidth"].as_f64().expect("a rate") > 0.0);
    assert_eq!(answer["decode"].as_array().expect("rows").len(), 2);
    assert!(rows.iter().any(|row| row["of"] == "copy" && row["kernel"] == "sliding mean"));
    let text = folder.expect(0, "bench --size 100kB --runs 1 --only median -q").stdout;
    assert!(!text.contains("zone curve") && !text.contains("frames/s"), "{text}");
    let text = folder.expect(0, "bench --size 100kB --runs 1 -q").stdout;
    for word in ["read memory", "mean+std+min+max", "median", "f32 with NaN", "large stack", "frames/s"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    folder.refused("bench --size 9000TB", &["9000000000000000", "available"]);
}

#[test]
fn bench_says_where_the_time_of_opening_goes() {
    let folder = Folder::new();
    folder.expect(0, "demo rec");
    let run = folder.expect(0, "bench --open rec --runs 3 --json");
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let files = std::fs::read_dir(folder.path("rec")).expect("listed").count() as u64;
    assert!(answer["files"].as_u64().is_some_and(|read| read > 0 && read <= files), "{answer}");
    for key in ["cat_seconds", "open_seconds", "mean_seconds"] {
        assert!(answer[key].as_f64().is_some_and(|seconds| seconds > 0.0), "{key} in {answer}");
    }
    let text = folder.expect(0, "bench --open rec --runs 1 -q").stdout;
    for word in ["cat of the files", "files/s", "opening and mean", "× cat"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    folder.refused("bench --open rec --load rec", &["--open", "--load"]);
}

/// The work that is compared with other programs has the numbers of the ordinary commands.
#[test]
fn peer_work_is_timed_and_its_result_written() {
    let folder = Folder::new();
    folder.expect(0, "demo d");
    folder.expect(0, "export d --frames 0:80 -o d.npy");
    for (work, len) in [
        ("mean", 0),
        ("std", 0),
        ("max", 0),
        ("median", 0),
        ("sliding-mean", 0),
        ("sliding-median", 0),
        ("correct", 0),
        ("curve", 80),
    ] {
        let run = folder.expect(0, &format!("bench --peer {work} d.npy --runs 2 --result {work}.npy --json"));
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(answer["seconds"].as_array().expect("times").len(), 2, "{work}");
        let bytes = std::fs::read(folder.path(&format!("{work}.npy"))).expect("written");
        assert!(bytes.len() > 128 + 8 * len, "{work}");
    }
    folder.refused("bench --peer mean", &["PATH"]);
}

#[test]
fn help_names_every_command_and_the_exit_statuses() {
    let folder = Folder::new();
    let help = folder.expect(0, "--help").stdout;
    for word in
        ["view", "info", "reduce", "curve", "render", "export", "recipe", "demo", "bench", "Exit status"]
    {
        assert!(help.contains(word), "{word}");
    }
    for command in ["info", "reduce", "curve", "render", "export"] {
        let help = folder.expect(0, &format!("{command} --help")).stdout;
        for flag in
            ["--every", "--crop", "--fps", "--rotate", "--recipe", "--save-recipe", "--quiet", "--json"]
        {
            assert!(help.contains(flag), "{flag} of {command}");
        }
    }
    assert!(folder.expect(0, "--version").stdout.starts_with("blitz "));
}
