//! A file that changes while it is mapped: no crash, an error that says what happened.
#![cfg(unix)]
#![allow(unsafe_code, reason = "an unguarded mapping is unsafe")]

mod common;

use std::fs::OpenOptions;
use std::path::Path;

use blitz_core::{ReadError, SamplesRef, Store};
use blitz_io::{MappedStore, Overwrite, create_writer};
use common::open_one;

const FRAMES: usize = 64;
const SIDE: usize = 64;

fn recording(path: &Path) -> std::sync::Arc<MappedStore> {
    let shape = blitz_core::FrameShape::new(SIDE, SIDE, 1);
    let mut writer =
        create_writer(path, blitz_core::DType::U16, shape, Some(FRAMES), Overwrite::Replace).expect("writer");
    for frame in 0..FRAMES {
        let samples = vec![frame as u16 + 1; SIDE * SIDE];
        writer.write_frame(SamplesRef::from(samples.as_slice())).expect("frame");
    }
    writer.finish().expect("finished");
    open_one(path).expect("opened").mapped().expect("native arrays are mapped")
}

fn sum(samples: SamplesRef<'_>) -> f64 {
    samples.to_f64_vec().iter().sum()
}

#[test]
fn a_cut_file_gives_errors_and_no_signal() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("cut.npy");
    let store = recording(&path);
    let early = store.pin(0).expect("whole");
    let late = store.pin(FRAMES - 1).expect("whole");
    early.verify().expect("whole");

    OpenOptions::new().write(true).open(&path).expect("open").set_len(10_000).expect("cut");
    // Pins taken before the cut: reading them would end the program without the guard.
    let total = sum(late.samples());
    assert!(total >= 0.0, "zeros or stale samples, never a crash");
    match late.verify() {
        Err(ReadError::Lost(text)) => {
            assert!(text.contains("cut.npy") && text.contains("10000"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(store.pin(FRAMES - 1), Err(ReadError::Lost(_))));
    let mut out = vec![0_u16; SIDE * SIDE];
    let rect = store.layout().frame.rect();
    assert!(store.read_into(FRAMES - 2, rect, out.as_mut_slice().into()).is_err());

    // Touched from many threads at once, too.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| sum(late.samples()));
        }
    });
}

#[test]
fn a_file_rewritten_in_place_is_noticed() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("rewritten.npy");
    let store = recording(&path);
    let guard = store.pin(3).expect("whole");
    assert_eq!(sum(guard.samples()), 4.0 * (SIDE * SIDE) as f64);
    std::thread::sleep(std::time::Duration::from_millis(20));
    let bytes = vec![0_u8; std::fs::metadata(&path).expect("there").len() as usize];
    std::fs::write(&path, bytes).expect("rewritten");
    match guard.verify() {
        Err(ReadError::Lost(text)) => assert!(text.contains("changed by another program"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn replacing_by_rename_keeps_what_is_open() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("replaced.npy");
    let store = recording(&path);
    let _other = recording(&path);
    let guard = store.pin(FRAMES - 1).expect("the old file lives on");
    assert_eq!(sum(guard.samples()), (FRAMES * SIDE * SIDE) as f64);
    guard.verify().expect("unchanged");
}

/// A fault outside our mappings must still end the program as it did before, not loop in the handler.
#[test]
#[cfg(target_os = "linux")]
fn faults_of_others_stay_theirs() {
    use std::os::unix::process::ExitStatusExt;
    const NAME: &str = "faults_of_others_stay_theirs";
    const CHILD: &str = "BLITZ_TEST_FAULT";
    if std::env::var_os(CHILD).is_some() {
        let folder = tempfile::tempdir().expect("folder");
        let store = recording(&folder.path().join("ours.npy"));
        let path = folder.path().join("theirs.bin");
        std::fs::write(&path, vec![1_u8; 20_000]).expect("written");
        let file = OpenOptions::new().read(true).write(true).open(&path).expect("open");
        // SAFETY: the fault that this may raise is what the test is about.
        let map = unsafe { memmap2::Mmap::map(&file) }.expect("mapped");
        file.set_len(0).expect("cut");
        let byte = map[10_000];
        panic!("read {byte} with {store:?} registered");
    }
    let exe = std::env::current_exe().expect("path");
    let output = std::process::Command::new(exe)
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("started");
    assert_eq!(output.status.signal(), Some(libc::SIGBUS), "{output:?}");
}
