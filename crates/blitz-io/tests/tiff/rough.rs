//! Files of the kinds that went wrong before, from the folder that `BLITZ_TEST_DATA` names; the other tests make files
//! of the same kinds.

use std::path::{Path, PathBuf};

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
