//! Nothing is left behind, nothing changes without a word, nothing takes more than it may.

use std::fs;
use std::io::Read;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Array, Folder};

const SHAPE: FrameShape = FrameShape::new(6, 9, 1);

/// A run that takes as long as the median of its squares makes it.
#[cfg(unix)]
fn long_run(folder: &Folder, line: &str) -> std::process::Child {
    let mut process = Process::new(env!("CARGO_BIN_EXE_blitz"));
    process.current_dir(folder.path("")).args(line.split_whitespace());
    process.env("XDG_CACHE_HOME", folder.path("cache-home"));
    process.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts")
}

#[cfg(unix)]
fn parts(folder: &Folder) -> Vec<String> {
    folder.names("out").into_iter().filter(|name| name.starts_with(".a.npy.")).collect()
}

#[cfg(unix)]
#[test]
fn signals_leave_nothing_and_what_a_kill_leaves_goes_with_the_next_output() {
    let folder = Folder::new();
    folder.npy("big.npy", DType::U8, 40, FrameShape::new(300, 300, 1));
    fs::create_dir(folder.path("out")).expect("folder");
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        let mut run = long_run(&folder, "export big.npy --smooth median,201 --threads 1 -o out/a.npy");
        // Its file is there once it works; the work itself takes far longer.
        while parts(&folder).is_empty() {
            assert!(run.try_wait().expect("a child").is_none(), "it works");
            std::thread::sleep(Duration::from_millis(5));
        }
        let kill = Process::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let status = run.wait().expect("it ends");
        let mut said = String::new();
        run.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        assert!(!folder.path("out/a.npy").exists(), "{signal}");
        if signal == "KILL" {
            assert_eq!(parts(&folder).len(), 1, "nobody could remove it");
        } else {
            assert_eq!(status.code(), Some(2), "{signal}: {said}");
            assert!(said.contains("cancelled"), "{signal}: {said}");
            assert!(parts(&folder).is_empty(), "{signal}");
        }
    }
    folder.npy("small.npy", DType::U8, 2, SHAPE);
    folder.expect(0, "export small.npy -o out/b.npy");
    assert_eq!(folder.names("out"), ["b.npy"]);
}

#[cfg(unix)]
#[test]
fn files_that_are_written_while_they_are_read_are_said() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 12, FrameShape::new(200, 200, 1));
    fs::create_dir(folder.path("out")).expect("folder");
    let mut run = long_run(&folder, "export rec --smooth median,25 --threads 1 -o out/a.npy");
    while parts(&folder).is_empty() {
        assert!(run.try_wait().expect("a child").is_none(), "it works");
        std::thread::sleep(Duration::from_millis(2));
    }
    let later = std::time::SystemTime::now() + Duration::from_secs(3);
    let file = fs::File::options().write(true).open(folder.path("rec/003.png")).expect("there");
    file.set_modified(later).expect("set");
    let output = run.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("003.png: changed by another program"), "{said}");
    assert!(folder.path("out/a.npy").exists());
}

#[test]
fn long_names_are_written() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 2, SHAPE);
    let name = format!("{}.npy", "n".repeat(251));
    folder.expect(0, &format!("export a.npy -o {name}"));
    assert_eq!(Array::read(&folder.path(&name)).shape, [2, 6, 9]);
    let series = format!("{}-%03d.png", "s".repeat(244));
    folder.expect(0, &format!("export a.npy -o {series}"));
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_frames_that_fail_by_name() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, SHAPE);
    fs::remove_file(folder.path("rec/002.png")).expect("there");
    std::os::unix::fs::symlink("/nowhere/at/all.png", folder.path("rec/002.png")).expect("a link");
    let run = folder.expect(1, "reduce mean rec -o m.npy");
    assert!(run.stderr.contains("002.png") && run.stderr.contains("frame 2"), "{}", run.stderr);
    let run = folder.expect(1, "info rec");
    assert!(run.stdout.contains("frames      4"), "{}", run.stdout);
}

#[test]
fn outputs_among_the_inputs_are_said() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 3, SHAPE);
    let run = folder.expect(0, "reduce mean rec -o rec/mean.tif");
    assert!(run.stderr.contains("mean.tif lies in the folder that is read"), "{}", run.stderr);
    let run = folder.expect(0, "reduce mean rec -o mean.tif");
    assert!(!run.stderr.contains("lies in the folder"), "{}", run.stderr);
    let run = folder.expect(0, "curve rec --rect 0,0,2,2 -o rec/c.csv");
    assert!(!run.stderr.contains("lies in the folder"), "tables are no recordings: {}", run.stderr);
}

#[test]
fn eight_bits_of_32_are_those_that_are_used() {
    let folder = Folder::new();
    let frame = |top: u32| Samples::from((0..54).map(|i| i * top / 53).collect::<Vec<u32>>());
    folder.write("a.npy", &[frame(1000), frame(4095)], SHAPE);
    folder.expect(0, "export a.npy --8bit -o b.npy");
    let values = Array::read(&folder.path("b.npy")).values();
    let expected: Vec<f64> = [1000, 4095]
        .iter()
        .flat_map(|top| (0..54).map(move |i| f64::from(i * top / 53) * 255.0 / 4095.0))
        .collect();
    for (found, expected) in values.iter().zip(&expected) {
        assert!((found - expected).abs() <= 1.0, "{found} found, {expected} expected");
    }
    assert_eq!(values.iter().copied().fold(0.0, f64::max), 255.0);
}

/// Deflate holds a picture of any size in few bytes.
#[test]
fn pictures_larger_than_the_memory_allowed_are_refused_before_they_are_decoded() {
    let folder = Folder::new();
    let side = 12_000_u32;
    let file = fs::File::create(folder.path("bomb.png")).expect("created");
    let mut encoder = png::Encoder::new(file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let row = vec![0_u8; side.div_ceil(8) as usize];
    let mut writer = encoder.write_header().expect("header");
    let mut stream = writer.stream_writer().expect("stream");
    for _ in 0..side {
        std::io::Write::write_all(&mut stream, &row).expect("written");
    }
    stream.finish().expect("finished");
    drop(writer);
    for command in ["info bomb.png", "reduce mean bomb.png -o m.npy", "render bomb.png --frame 0 -o p.png"] {
        folder.refused(&format!("{command} --max-ram 100MiB"), &["bomb.png", "12000 × 12000", "--max-ram"]);
    }
    folder.expect(0, "info bomb.png --max-ram 600MiB");
}
