//! Outputs when the system refuses more bytes: an error with the path, and nothing left behind.
//!
//! The limit on file sizes is that of the whole process, so this file holds one test.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "resource limits are only in libc")]

use blitz_core::{DType, FrameShape, FrameState, Layout, SamplesRef, Store as _};
use blitz_io::disk::{CacheError, CacheFolder, Description};
use blitz_io::{OutputError, Overwrite, create_writer, write_atomic};

/// A disk that becomes full while frames are kept on it: said, and the whole frames stay.
fn frames_on_disk(path: &std::path::Path) {
    let layout = Layout { frame: FrameShape::new(1024, 1024, 1), dtype: DType::U8 };
    let description = |frames| Description {
        id: [1; 16],
        fingerprint: [2; 16],
        layout,
        frames,
        name: "large".to_owned(),
        path: "/large".to_owned(),
        options: String::new(),
    };
    let cache = CacheFolder::new(path.to_path_buf(), None);
    let error = cache.open(&description(8)).expect_err("8 MiB where 3 can be had");
    assert!(matches!(error, CacheError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains(".frames"), "{error}");
    // Three frames fit; then the limit becomes that of one and a half.
    let (store, _) = cache.open(&description(3)).expect("3 MiB");
    let fill = |frame: usize| {
        let mut writer = store.writer(frame).expect("pending");
        writer.samples().bytes().fill(frame as u8 + 1);
        writer.publish(0)
    };
    fill(0).expect("room");
    limit(3 << 19);
    let error = fill(1).expect_err("half a frame fits");
    assert!(matches!(error, CacheError::DiskFull { .. }), "{error:?}");
    assert!(matches!(store.state(1), FrameState::Pending), "half a frame is none");
    assert_eq!(store.pin(0).expect("whole").samples().get_f64(0), 1.0);
    drop(store);
    limit(3 << 20);
    let (store, _) = cache.open(&description(3)).expect("3 MiB");
    assert_eq!(store.found(), 1, "gone on with");
    drop(store);
    assert_eq!(cache.clear(std::time::Duration::ZERO).expect("emptied").entries, 1);
    std::fs::remove_dir_all(path).expect("removed");
}

fn limit(bytes: u64) {
    // SAFETY: plain libc calls on this process; the signal would otherwise end it.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit), 0);
        limit.rlim_cur = bytes;
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
}

/// Lossless video of noise, which does not get smaller.
#[cfg(feature = "video")]
fn video(path: &std::path::Path) {
    let shape = FrameShape::new(1024, 1024, 1);
    let mut spec = blitz_io::WriteSpec::new(DType::U8, shape, Some(8), Overwrite::Refuse);
    let timing = blitz_io::Timing::Rate(blitz_core::Rational { num: 25, den: 1 });
    spec.video = Some(blitz_io::VideoSpec { kind: blitz_io::VideoKind::Values, timing });
    let mut writer = spec.create(path).expect("writer");
    let frames = blitz_testkit::noise_frames(3, DType::U8, 8, shape);
    let result = frames.iter().try_for_each(|frame| writer.write_frame(frame.as_ref()));
    let error = result.and_then(|()| writer.finish()).expect_err("no room");
    assert!(matches!(error, OutputError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains("a.mkv"), "{error}");
}

#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    limit(3 << 20);
    let samples = vec![7_u8; 1 << 20];
    frames_on_disk(&folder.path().join("cache"));
    for name in ["a.npy", "a.tif"] {
        let path = folder.path().join(name);
        let shape = FrameShape::new(1024, 1024, 1);
        let mut writer = create_writer(&path, DType::U8, shape, Some(8), Overwrite::Refuse).expect("writer");
        let mut result = Ok(());
        for _ in 0..8 {
            result = writer.write_frame(SamplesRef::from(samples.as_slice()));
            if result.is_err() {
                break;
            }
        }
        let error = result.and_then(|()| writer.finish()).expect_err("no room");
        assert!(matches!(error, OutputError::DiskFull { .. }), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
    #[cfg(feature = "video")]
    video(&folder.path().join("a.mkv"));
    let path = folder.path().join("a.csv");
    let result =
        write_atomic(&path, Overwrite::Refuse, |out| (0..5).try_for_each(|_| out.write_all(&samples)));
    assert!(matches!(result, Err(OutputError::DiskFull { .. })), "{result:?}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("folder").collect();
    assert!(left.is_empty(), "{left:?}");
}
