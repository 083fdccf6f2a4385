//! Whether the disk has room before anything is written.
#![allow(unsafe_code, reason = "statvfs is only in libc")]

use std::path::Path;

use blitz_core::grouped;

use crate::OutputError;

/// Refuses an output of `bytes` bytes for which the target's disk has no room. Compressed outputs may need far
/// less and are not refused. Where the system does not say, the write itself will.
pub(crate) fn check(path: &Path, bytes: u64, compressed: bool) -> Result<(), OutputError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match free(folder) {
        Some(free) if !compressed && free < bytes => {
            let reason = format!("the output needs {} bytes, {} are free", grouped(bytes), grouped(free));
            Err(OutputError::DiskFull { path: path.to_path_buf(), reason })
        }
        _ => Ok(()),
    }
}

/// Bytes that this user may still write below `folder`, where the system tells. Places that are no disk (`/proc`) have no
/// size at all: the system's own refusal says more.
#[cfg(unix)]
#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the fields' types differ between systems"
)]
pub(crate) fn free(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: an all-zero `statvfs` is valid, the name ends with 0, and the call only writes to `stat`.
    let stat = unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(name.as_ptr(), &raw mut stat) == 0).then_some(stat)
    }?;
    if stat.f_blocks == 0 {
        return None;
    }
    (stat.f_bavail as u64).checked_mul(stat.f_frsize as u64)
}

#[cfg(not(unix))]
pub(crate) fn free(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_place_that_is_no_disk_is_not_full() {
        assert!(check(Path::new("/proc/out.npy"), 1 << 20, false).is_ok());
    }

    #[test]
    fn what_no_disk_holds_is_refused_before() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("huge.npy");
        let error = check(&path, u64::MAX, false).expect_err("no disk is that large");
        assert!(error.to_string().contains("huge.npy") && error.to_string().contains("free"), "{error}");
        assert!(check(&path, 1, false).is_ok());
        assert!(check(&path, u64::MAX, true).is_ok());
    }
}
