//! Outputs when the system refuses more bytes: an error with the path, and nothing left behind.
//!
//! The limit on file sizes is that of the whole process, so this file holds one test.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "resource limits are only in libc")]

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{OutputError, Overwrite, create_writer, write_atomic};

#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    // SAFETY: plain libc calls on this process; the signal would otherwise end it.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit: libc::rlimit = std::mem::zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit), 0);
        limit.rlim_cur = 3 << 20;
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    let samples = vec![7_u8; 1 << 20];
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
    let path = folder.path().join("a.csv");
    let result =
        write_atomic(&path, Overwrite::Refuse, |out| (0..5).try_for_each(|_| out.write_all(&samples)));
    assert!(matches!(result, Err(OutputError::DiskFull { .. })), "{result:?}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("folder").collect();
    assert!(left.is_empty(), "{left:?}");
}
