//! Recordings of the kinds that went wrong before, from the folder that `BLITZ_TEST_DATA` names; the other tests
//! make files of the same kinds.

use std::path::{Path, PathBuf};

use blitz_core::{Rational, TimeAxis, TimeOrigin};
use blitz_io::{OpenOptions, open};

use crate::read::{luma, opened};

/// The file, if there is such data.
fn rough(file: &str) -> Option<PathBuf> {
    let path = std::env::var_os("BLITZ_TEST_DATA").map(|data| Path::new(&data).join("rough").join(file));
    let path = path.filter(|path| path.exists());
    if path.is_none() {
        skipped(file);
    }
    path
}

#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(file: &str) {
    eprintln!("skipped: BLITZ_TEST_DATA names no folder with rough/{file}");
}

#[test]
fn damage_that_was_fatal_fails_frames_by_name() {
    // All that follows builds on the first frame here.
    if let Some(path) = rough("files/mpeg4_one_bit_damaged.mp4") {
        let lost = open(&[path], &OpenOptions::default()).expect_err("no frame is whole").to_string();
        assert!(lost.contains("mpeg4_one_bit_damaged.mp4") && lost.contains("decoder"), "{lost}");
    }
    if let Some(path) = rough("mpeg4-3-damaged-bytes.avi") {
        let source = opened(&path);
        let frames: Vec<_> = (0..source.info().frames).map(|i| luma(source.as_ref(), i)).collect();
        let reasons: Vec<_> = frames.iter().filter_map(|frame| frame.as_ref().err()).collect();
        assert!(!reasons.is_empty() && reasons.len() < frames.len(), "{reasons:?}");
        assert!(reasons[0].contains("decoder"), "{reasons:?}");
        assert!(reasons[1..].iter().all(|reason| reason.contains("builds on frame")), "{reasons:?}");
    }
}

#[test]
fn cut_recordings_say_so() {
    for (file, whole, frames) in [("cut.webm", 48, 400), ("video/cut-noise.mkv", 80, 200)] {
        let Some(path) = rough(file) else { continue };
        let source = opened(&path);
        let info = source.info();
        assert_eq!((info.frames, info.faults.len()), (frames, frames - whole), "{file}: {:?}", info.notes);
        let said = format!("breaks off after {whole} frames");
        assert!(info.notes.iter().any(|note| note.contains(&said)), "{file}: {:?}", info.notes);
        assert!(luma(source.as_ref(), whole - 1).is_ok(), "{file}");
        assert!(luma(source.as_ref(), whole).is_err_and(|why| why.contains("breaks off")), "{file}");
    }
}

#[test]
fn dropped_frames_keep_their_slot() {
    let dt = Rational::new(1, 25).expect("not zero");
    let time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container };
    let every_fifth: Vec<usize> = (3..50).step_by(5).collect();
    for (file, frames, empty) in [
        ("files/avi_raw_dropped_every_5th.avi", 50, every_fifth),
        ("video/avi-1-dropped.avi", 200, vec![100]),
    ] {
        let Some(path) = rough(file) else { continue };
        let source = opened(&path);
        let info = source.info();
        assert_eq!((info.frames, &info.time), (frames, &time), "{file}: {:?}", info.notes);
        assert_eq!(info.faults.iter().map(|fault| fault.frame).collect::<Vec<_>>(), empty, "{file}");
    }
}
