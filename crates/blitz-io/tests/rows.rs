//! Rows of a frame are those of the whole frame, and fail where it fails, for whole, cut and damaged files.

mod common;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameFault, Samples};
use blitz_io::{FrameSource, Grain, OpenOptions, open};
use common::{data, files};

/// Compares rows with those of the whole frame; gives back how many frames could be read.
fn compare(source: &dyn FrameSource, what: &str) -> usize {
    let info = source.info();
    let shape = info.frame;
    let mut read = 0;
    for frame in 0..info.frames.min(6) {
        let mut whole = Samples::zeros(info.dtype, shape.samples());
        let expected = source.decode(frame, whole.as_mut());
        read += usize::from(expected.is_ok());
        for rows in ranges(shape.height) {
            let mut part = Samples::zeros(info.dtype, rows.len() * shape.row());
            let found = source.decode_rows(frame, rows.clone(), part.as_mut());
            let reason = |result: &Result<(), FrameFault>| result.as_ref().err().map(ToString::to_string);
            assert_eq!(found.is_ok(), expected.is_ok(), "{what}, frame {frame}: {:?}", reason(&found));
            if found.is_ok() {
                let from = whole.as_ref().slice(rows.start * shape.row()..rows.end * shape.row());
                assert!(part.bytes() == from.bytes(), "{what}, frame {frame}, rows {rows:?}");
            }
        }
    }
    read
}

fn ranges(height: usize) -> [Range<usize>; 5] {
    [0..1, height - 1..height, height / 3..height / 3 + 1, height / 4..height - height / 4, 0..height]
}

fn options() -> OpenOptions {
    OpenOptions { max_frame_bytes: 1 << 22, ..OpenOptions::default() }
}

fn open_file(path: &Path) -> Option<Arc<dyn FrameSource>> {
    open(&[path.to_path_buf()], &options()).ok()
}

#[test]
fn rows_of_every_fixture_are_those_of_its_frames() {
    let mut by_rows = 0;
    for path in files(&data("good")) {
        let name = path.display().to_string();
        let Some(source) = open_file(&path) else { continue };
        compare(source.as_ref(), &name);
        by_rows += usize::from(source.info().grain == Grain::Rows);
        // One channel of several, where there are several.
        let one = OpenOptions { channel: Some("0".to_owned()), ..options() };
        if let Ok(source) = open(&[path], &one) {
            compare(source.as_ref(), &name);
        }
    }
    assert!(by_rows >= 10, "{by_rows} fixtures are read by rows");
}

#[test]
fn rows_of_cut_and_damaged_files_fail_where_frames_fail() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut read, mut failed) = (0, 0);
    for fixture in files(&data("good")) {
        let name = fixture.display().to_string();
        let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        if !["npy", "tif", "pgm", "ppm", "pbm"].contains(&suffix) {
            continue;
        }
        let bytes = std::fs::read(&fixture).expect("a fixture");
        let path = dir.path().join(format!("one.{suffix}"));
        let mut check = |bytes: &[u8], what: &str| {
            std::fs::write(&path, bytes).expect("written");
            match open_file(&path) {
                Some(source) => read += compare(source.as_ref(), what),
                None => failed += 1,
            }
        };
        for tenths in 1..10 {
            let end = bytes.len() * tenths / 10;
            check(&bytes[..end], &format!("{name} cut at byte {end}"));
        }
        for k in 0..40 {
            let mut bytes = bytes.clone();
            let at = k * 131 % bytes.len();
            bytes[at] ^= 1 << (k % 8);
            check(&bytes, &format!("{name} with byte {at} spoilt"));
        }
    }
    assert!(read > 500 && failed > 100, "{read} frames read, {failed} files refused");
}

/// A series, and files of several frames that follow each other.
#[test]
fn rows_of_series_and_of_parts_are_those_of_their_frames() {
    let dir = tempfile::tempdir().expect("a folder");
    for (folder, frames) in [("series", 1), ("parts", 3)] {
        let folder = dir.path().join(folder);
        std::fs::create_dir(&folder).expect("a folder");
        for file in 0..4_u16 {
            let mut bytes = Vec::new();
            for frame in 0..frames {
                bytes.extend_from_slice(b"P5 5 7 65535\n");
                let samples = (0..35).map(|i| file * 1000 + frame * 100 + i);
                bytes.extend(samples.flat_map(u16::to_be_bytes));
            }
            if file == 2 {
                bytes.truncate(bytes.len() - 9);
            }
            std::fs::write(folder.join(format!("img_{file}.pgm")), bytes).expect("written");
        }
        let source = open(std::slice::from_ref(&folder), &options()).expect("a recording");
        assert_eq!(source.info().grain, Grain::Rows, "{}", folder.display());
        let whole = compare(source.as_ref(), &folder.display().to_string());
        assert!(whole >= 3, "{whole} frames of {}", folder.display());
    }
}
