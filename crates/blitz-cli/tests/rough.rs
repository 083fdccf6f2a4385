//! A folder of rough inputs: what each should give stands in arrays beside the files, and in the rows below.
//!
//! Only where a folder is named: `scripts/rough.sh DIR`, or `BLITZ_ROUGH=DIR cargo test -p blitz-cli --test rough --
//! --nocapture`. Prints a table and fails on any difference.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// How far JPEG may be from another decoder's values; libjpeg's are everybody's.
const JPEG: f64 = if cfg!(feature = "turbojpeg") { 0.0 } else { 4.0 };

/// What an input of the folder should give.
struct Row {
    input: &'static str,
    flags: &'static str,
    status: i32,
    frames: u64,
    /// Width, height, channels.
    size: Option<(u64, u64, u64)>,
    /// Somewhere in the notes; empty for nothing.
    said: &'static str,
}

const fn row(input: &'static str, frames: u64, said: &'static str) -> Row {
    Row { input, flags: "", status: 0, frames, size: None, said }
}

const ROWS: &[Row] = &[
    row("two-sequences", 6, "dark_#"),
    row("negative-numbers", 11, "number 0 is frame 5"),
    row("stacks-in-folder", 12, "follow each other"),
    row("stacks-in-folder-uneven", 9, "follow each other"),
    row("tif-and-tiff", 8, ""),
    Row { status: 1, ..row("thumb-first/xyt.tif", 21, "") },
    Row { size: Some((24, 40, 0)), ..row("jpeg-exif", 3, "--orientation stored") },
    row("tiff/orientation-3.tif", 1, "--orientation stored"),
    row("tiff/orientation-6.tif", 1, "--orientation stored"),
    Row { flags: "--times names --dt 1s", ..row("gap", 7, "file numbers in time") },
    row("opencv-rgba-tif", 3, "alpha"),
    row("tiff/imagej-Z.tif", 5, "read as time"),
    Row { status: 1, ..row("tiff/mid-broken.tif", 10, "count as failed") },
    row("tiff/shaped-meta-zcyx.tif", 5, "--channel"),
    row("tiff/nobytecounts.tif", 1, ""),
    row("tiff/zerobytecounts.tif", 1, ""),
    Row { size: Some((50, 40, 3)), ..row("npy/tchw3.npy", 6, "(T, C, H, W)") },
    Row { flags: "--8bit", ..row("npy/f32-for-8bit.npy", 0, "becomes 255") },
    Row { status: 1, ..row("video/avi-1-dropped.avi", 0, "slot in the file is empty") },
    Row { status: 1, ..row("video/cut-noise.mkv", 0, "breaks off after 80 frames") },
    row("video/vfr.mp4", 10, "not evenly spaced"),
    Row { size: Some((0, 0, 1)), ..row("video/imagej-uncompressed.avi", 0, "") },
];

fn blitz(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_blitz"))
        .env("XDG_CACHE_HOME", folder)
        .args(words)
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Why a row's input does not give what it should.
fn check(root: &Path, folder: &Path, row: &Row) -> Result<(), String> {
    let path = root.join(row.input);
    let mut words = vec!["info", "--scan", "--json"];
    words.extend(row.flags.split_whitespace());
    let path = path.to_string_lossy().into_owned();
    words.push(&path);
    let (status, stdout, stderr) = blitz(folder, &words);
    let last = stderr.lines().last().unwrap_or("").to_owned();
    if status != row.status {
        return Err(format!("exit {status}, {} expected: {last}", row.status));
    }
    let info: Value = serde_json::from_str(&stdout).map_err(|e| format!("{e}: {last}"))?;
    let number = |key: &str| info[key].as_u64().unwrap_or(0);
    if row.frames > 0 && number("frames") != row.frames {
        return Err(format!("{} frames, {} expected", number("frames"), row.frames));
    }
    let found = [number("width"), number("height"), number("channels")];
    if let Some((width, height, channels)) = row.size {
        // 0 leaves it open.
        let differs =
            [width, height, channels].iter().zip(found).any(|(&want, have)| want != 0 && want != have);
        if differs {
            return Err(format!("{found:?}, {width} × {height}, {channels} channels expected"));
        }
    }
    let notes = [info["notes"].to_string(), stderr].concat();
    if notes.contains(row.said) { Ok(()) } else { Err(format!("'{}' is not said", row.said)) }
}

/// Shape, element type and values of a little-endian array in C order.
fn array(path: &Path) -> Result<(String, String, Vec<f64>), String> {
    fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
        data.chunks_exact(N).map(|word| word.try_into().expect("whole words"))
    }
    let bytes = fs::read(path).map_err(|e| e.to_string())?;
    let long = bytes.get(6) == Some(&1);
    let start = if long {
        10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))
    } else {
        12 + u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize
    };
    let header = String::from_utf8_lossy(&bytes[8..start]).into_owned();
    let between = |from: &str, to: &str| {
        header.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned())
    };
    if !header.contains("'fortran_order': False") {
        return Err("an array in C order expected".to_owned());
    }
    let descr = between("'descr': '", "'").ok_or("no element type")?;
    let shape = between("'shape': (", ")").ok_or("no shape")?;
    // Axes of one frame or one channel may be left out.
    let shape: Vec<&str> = shape.split(',').map(str::trim).filter(|n| !n.is_empty() && *n != "1").collect();
    let data = &bytes[start..];
    let values = match descr.as_str() {
        "|u1" | "|b1" => data.iter().map(|&v| f64::from(v)).collect(),
        "|i1" => data.iter().map(|&v| f64::from(v.cast_signed())).collect(),
        "<u2" => words(data).map(|w| f64::from(u16::from_le_bytes(w))).collect(),
        "<i2" => words(data).map(|w| f64::from(i16::from_le_bytes(w))).collect(),
        "<u4" => words(data).map(|w| f64::from(u32::from_le_bytes(w))).collect(),
        "<i4" => words(data).map(|w| f64::from(i32::from_le_bytes(w))).collect(),
        "<f4" => words(data).map(|w| f64::from(f32::from_le_bytes(w))).collect(),
        "<f8" => words(data).map(f64::from_le_bytes).collect(),
        other => return Err(format!("element type {other}")),
    };
    Ok((shape.join(" × "), descr, values))
}

/// Why a file does not export as the array beside it.
fn compare(folder: &Path, file: &Path, beside: &Path) -> Result<(), String> {
    let out = folder.join("out.npy");
    let (out_path, path) = (out.to_string_lossy(), file.to_string_lossy());
    let mut words = vec!["export", "--force", "-o", &out_path, &path];
    // The text beside a file says what its array is.
    let text = beside.with_extension("txt");
    let says = |what: &str| fs::read_to_string(&text).is_ok_and(|text| text.contains(what));
    words.extend(says("--grey").then_some("--grey"));
    words.extend(says("stored values").then_some("--orientation=stored"));
    let (status, _, stderr) = blitz(folder, &words);
    if status != 0 {
        return Err(format!("exit {status}: {}", stderr.lines().last().unwrap_or("")));
    }
    let (found, expected) = (array(&out)?, array(beside)?);
    if found.0 != expected.0 {
        return Err(format!("{} found, {} expected", found.0, expected.0));
    }
    let is_jpeg = file.extension().is_some_and(|s| s == "jpg" || s == "jpeg");
    let allowed = if is_jpeg { JPEG } else { 0.0 };
    let off = |(a, b): (&f64, &f64)| if a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() };
    let worst = found.2.iter().zip(&expected.2).map(off).fold(0.0, f64::max);
    if worst <= allowed { Ok(()) } else { Err(format!("values differ by up to {worst}")) }
}

/// Files with an array beside them, below a folder.
fn with_arrays(at: &Path, found: &mut Vec<(PathBuf, PathBuf)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(at).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let beside =
            path.with_file_name(format!("{}.npy", path.file_name().unwrap_or_default().to_string_lossy()));
        if path.is_dir() {
            with_arrays(&path, found);
        } else if beside.is_file() {
            found.push((path, beside));
        }
    }
}

#[test]
fn every_input_answers_as_its_page_says() {
    // The harness shows what is written to the standard error of a test that passes, too.
    let say = |text: &str| drop(std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()));
    let Some(root) = std::env::var_os("BLITZ_ROUGH").map(PathBuf::from) else {
        say("skipped: BLITZ_ROUGH names no folder of rough inputs\n");
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let mut results: Vec<(String, Result<(), String>)> = Vec::new();
    for row in ROWS.iter().filter(|row| root.join(row.input).exists()) {
        results.push((row.input.to_owned(), check(&root, folder.path(), row)));
    }
    let mut arrays = Vec::new();
    with_arrays(&root, &mut arrays);
    for (file, beside) in arrays {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        results.push((name, compare(folder.path(), &file, &beside)));
    }
    let width = results.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let table: Vec<String> = results
        .iter()
        .map(|(name, result)| {
            format!("{name:<width$}  {}", result.as_ref().map_or_else(Clone::clone, |()| "ok".to_owned()))
        })
        .collect();
    let failed = results.iter().filter(|(_, result)| result.is_err()).count();
    assert!(!results.is_empty(), "{}: no input found", root.display());
    let table = format!("{}\n{failed} of {} differ", table.join("\n"), results.len());
    say(&format!("{table}\n"));
    assert_eq!(failed, 0, "{table}");
}
