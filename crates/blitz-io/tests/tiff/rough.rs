//! Files of the kinds that went wrong before, from the folder that `BLITZ_TEST_DATA` names; the other tests make files
//! of the same kinds.

use std::path::{Path, PathBuf};

use blitz_core::TimeAxis;

use super::common::{bytes_of_all, open_one, plain_npy};

/// Files of a folder that have their right array beside them.
fn with_arrays(folder: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("BLITZ_TEST_DATA").map(|data| Path::new(&data).join("rough").join(folder));
    let found = root.and_then(|root| std::fs::read_dir(root).ok());
    let found: Vec<PathBuf> = found.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "tif") && array(path).exists())
        .cloned()
        .collect()
}

fn array(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.npy", path.display()))
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn files_are_their_arrays() {
    let files = with_arrays("files");
    if files.is_empty() {
        eprintln!("skipped: BLITZ_TEST_DATA names no folder with rough/files");
    }
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let (shape, dtype, bytes) = plain_npy(&array(&path));
        match open_one(&path) {
            Err(error) => wrong.push(error.to_string()),
            Ok(source) => {
                let info = source.info();
                let samples: usize = shape.iter().product();
                let same = (info.frames * info.frame.samples(), info.dtype) == (samples, dtype);
                if !same || !info.faults.is_empty() || bytes_of_all(&*source) != bytes {
                    wrong.push(format!(
                        "{name}: {} frames of {:?} {}, {shape:?} {dtype} expected",
                        info.frames, info.frame, info.dtype
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn at(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BLITZ_TEST_DATA")?;
    Some(Path::new(&root).join("rough").join(name)).filter(|path| path.exists())
}

#[test]
fn recordings_are_what_their_page_says() {
    // Frames, failed ones among them, height and width of a frame, and words of a note.
    for (name, frames, failed, size, words) in [
        ("tiff/imagej-Z.tif", 5, &[][..], (6, 8), "Slices read as time"),
        ("tiff/imagej-ms.tif", 5, &[], (6, 8), ""),
        ("tiff/mid-broken.tif", 10, &[5], (6, 8), "1 of 10 pages"),
        ("tiff/nobytecounts.tif", 1, &[], (6, 8), ""),
        ("tiff/zerobytecounts.tif", 1, &[], (6, 8), ""),
        ("tiff/orientation-3.tif", 1, &[], (6, 8), "turned by 180°"),
        ("tiff/orientation-6.tif", 1, &[], (8, 6), "turned by 90° clockwise"),
        ("tiff/shaped-meta-zcyx.tif", 5, &[], (6, 8), "the first of 2 channels"),
        ("thumb-first/xyt.tif", 21, &[0], (6, 8), "the size is 4 × 3 pixels"),
        ("opencv-rgba-tif", 3, &[], (37, 53), "alpha"),
        ("stacks-in-folder", 12, &[], (6, 8), "3 files follow each other"),
        ("stacks-in-folder-uneven", 9, &[], (6, 8), "3 files follow each other"),
    ] {
        let Some(path) = at(name) else { continue };
        let source = open_one(&path).unwrap_or_else(|e| panic!("{e}"));
        let found = super::frames(&*source);
        let bad: Vec<usize> = (0..found.len()).filter(|&i| found[i].is_err()).collect();
        assert_eq!((found.len(), bad.as_slice()), (frames, failed), "{name}");
        let frame = source.info().frame;
        assert_eq!((frame.height, frame.width), size, "{name}");
        assert!(words.is_empty() || super::says(&*source, words), "{name}: {:?}", source.info().notes);
    }
    let stated = |name: &str| {
        let source = open_one(&at(name)?).unwrap_or_else(|e| panic!("{e}"));
        let info = source.info();
        Some((info.pixel_size.map(|size| format!("{:e}", size.metres)), info.time.clone()))
    };
    let size = Some("5e-7".to_owned());
    for name in ["tiff/ome.tif", "tiff/imagej-ms.tif", "tiff/resunit-cm.tif"] {
        assert!(stated(name).is_none_or(|(found, _)| found == size), "{name}");
    }
    if let Some((_, time)) = stated("tiff/ome.tif") {
        assert_eq!(time, TimeAxis::Explicit([0.0, 0.25, 0.5, 0.9, 1.0].as_slice().into()));
    }
    if let Some((_, time)) = stated("tiff/imagej-ms.tif") {
        assert_eq!(time.rate(), Some(4.0));
    }
}
