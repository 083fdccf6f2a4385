//! A whole file mapped for reading, guarded against being cut, replaced in place or pulled.
#![allow(unsafe_code, reason = "mapping a file is unsafe; the guard and the checks here make it usable")]

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use blitz_core::{FrameGuard, FrameOwner, Intent, Layout, ReadError};
use memmap2::Mmap;

use crate::read_at::ReadAt;

/// The bytes of a file as they were when it was opened. What was read counts only after [`Region::verify`].
#[derive(Debug)]
pub(crate) struct Region {
    // Declared first, dropped first: the guard must not outlive the mapping.
    #[cfg(target_os = "linux")]
    guard: super::sigbus::Registration,
    map: Mmap,
    file: File,
    path: PathBuf,
    modified: Option<SystemTime>,
}

impl Region {
    /// Maps an open file; `None` where mapping is not safe or not possible (network and removable file systems,
    /// an empty file, too many mappings) and positioned reads are to be used.
    pub(crate) fn map(file: &File, path: &Path) -> Option<Self> {
        let mut region = Self::map_changing(file, path)?;
        region.modified = region.file.metadata().ok()?.modified().ok();
        Some(region)
    }

    /// As [`Region::map`], for a file that this program goes on writing with positioned writes: what changes in
    /// it is no reason to distrust it.
    pub(crate) fn map_changing(file: &File, path: &Path) -> Option<Self> {
        let file = file.try_clone().ok()?;
        let meta = file.metadata().ok()?;
        if !meta.is_file() || meta.len() == 0 || !mapping_is_safe(&file) {
            return None;
        }
        // SAFETY: other processes may change the bytes under the mapping. They are plain numbers, never
        // pointers or lengths, so a change can only give wrong samples, which `verify` reports; a cut file is
        // caught by the guard.
        let map = unsafe { Mmap::map(&file) }.ok()?;
        if map.len() as u64 != meta.len() {
            return None;
        }
        #[cfg(target_os = "linux")]
        let guard = super::sigbus::Registration::new(map.as_ptr(), map.len())?;
        Some(Self {
            #[cfg(target_os = "linux")]
            guard,
            map,
            file,
            path: path.to_path_buf(),
            modified: None,
        })
    }

    /// A pin on the frame of `layout` that starts at byte `start`.
    ///
    /// # Panics
    /// When its samples are read, if the frame leaves the file or is not aligned.
    pub(crate) fn guard(self: &Arc<Self>, start: usize, layout: Layout) -> FrameGuard {
        let frame = MappedFrame { region: Arc::clone(self), start, end: start + layout.frame_bytes() };
        FrameGuard::new(Arc::new(frame), 0, layout.dtype, layout.frame)
    }

    /// All bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Whether the bytes before offset `end` are still those of the file that was opened. One system call.
    ///
    /// # Errors
    /// [`ReadError::Lost`] with the sizes expected and found.
    pub(crate) fn verify(&self, end: u64) -> Result<(), ReadError> {
        let lost = |what: String| {
            let path = self.path.display();
            Err(ReadError::Lost(format!("{path}: {what} while it was open; open it again")))
        };
        let meta = match self.file.metadata() {
            Ok(meta) => meta,
            Err(e) => return lost(format!("the file could not be asked for its size ({e})")),
        };
        if meta.len() < end {
            return lost(format!(
                "the file was cut to {} bytes (it had {}, {end} are needed)",
                meta.len(),
                self.map.len()
            ));
        }
        #[cfg(target_os = "linux")]
        if let Some(from) = self.guard.lost_from().filter(|&from| (from as u64) < end) {
            return lost(format!(
                "the file could not be read from byte {from} on (it was cut or its disk failed)"
            ));
        }
        self.unchanged(&meta, lost)
    }

    /// A file rewritten in place has its old size again, but not its old time.
    fn unchanged(
        &self,
        meta: &Metadata,
        lost: impl Fn(String) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if self.modified.is_some() && meta.modified().ok() != self.modified {
            return lost("the file was changed by another program".to_owned());
        }
        Ok(())
    }
}

impl Region {
    /// See [`blitz_core::Store::advise`]; `starts` are the first bytes of frames.
    pub(crate) fn advise(
        &self,
        layout: Layout,
        starts: impl Iterator<Item = usize>,
        rows: Range<usize>,
        intent: Intent,
    ) {
        let row = layout.row_stride();
        let mut run = 0..0;
        for start in starts {
            let next = start + rows.start * row..start + rows.end * row;
            if run.end == next.start {
                run.end = next.end;
            } else {
                self.advise_bytes(std::mem::replace(&mut run, next), intent);
            }
        }
        self.advise_bytes(run, intent);
    }

    /// Hints: where the system does not take one, reading works all the same.
    #[cfg(target_os = "linux")]
    fn advise_bytes(&self, bytes: Range<usize>, intent: Intent) {
        use std::os::fd::AsRawFd;
        // SAFETY: a plain system call.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096).max(1);
        let end = bytes.end.min(self.map.len());
        match intent {
            Intent::Soon if bytes.start < end => {
                let start = bytes.start / page * page;
                let _ = self.map.advise_range(memmap2::Advice::WillNeed, start, end - start);
            }
            Intent::Done => {
                // Whole pages only: what shares a page with others may be read next.
                let (start, end) = (bytes.start.next_multiple_of(page), end / page * page);
                if start >= end {
                    return;
                }
                // SAFETY: the pages are those of a file mapped for reading (or the zero pages that took their
                // place): whoever touches them again gets the same bytes anew.
                let _ = unsafe {
                    self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, end - start)
                };
                // SAFETY: a plain system call on an open file; clean pages leave the system's cache.
                unsafe {
                    libc::posix_fadvise(
                        self.file.as_raw_fd(),
                        start as libc::off_t,
                        (end - start) as libc::off_t,
                        libc::POSIX_FADV_DONTNEED,
                    );
                }
            }
            Intent::Soon => {}
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn advise_bytes(&self, _bytes: Range<usize>, _intent: Intent) {}
}

/// One pinned frame: it is lost only if its own bytes are.
struct MappedFrame {
    region: Arc<Region>,
    start: usize,
    end: usize,
}

impl FrameOwner for MappedFrame {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        &self.region.bytes()[self.start..self.end]
    }

    fn verify(&self) -> Result<(), ReadError> {
        self.region.verify(self.end as u64)
    }
}

impl ReadAt for Region {
    fn size(&self) -> u64 {
        self.map.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.map[..].read_at(offset, buf)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.map)
    }
}

/// False on file systems where touching a page may hang or fail for reasons outside this machine.
#[cfg(target_os = "linux")]
fn mapping_is_safe(file: &File) -> bool {
    use std::os::fd::AsRawFd;
    const NFS: i64 = 0x6969;
    const SMB: i64 = 0x517b;
    const CIFS: i64 = 0xff53_4d42;
    const SMB2: i64 = 0xfe53_4d42;
    const FUSE: i64 = 0x6573_5546;
    const V9FS: i64 = 0x0102_1997;
    const AFS: i64 = 0x5346_414f;
    const CEPH: i64 = 0x00c3_6400;
    // SAFETY: an all-zero `statfs` is valid, and the call only writes to it.
    let (ok, kind) = unsafe {
        let mut stat: libc::statfs = std::mem::zeroed();
        let ok = libc::fstatfs(file.as_raw_fd(), &raw mut stat) == 0;
        (ok, stat.f_type as i64 & 0xffff_ffff)
    };
    ok && ![NFS, SMB, CIFS, SMB2, FUSE, V9FS, AFS, CEPH].contains(&kind)
}

#[cfg(not(target_os = "linux"))]
fn mapping_is_safe(_file: &File) -> bool {
    cfg!(unix)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn pages_behind_the_end_read_as_zeros_and_are_lost() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("cut.npy");
        std::fs::write(&path, vec![1_u8; 100_000]).expect("written");
        let file = File::options().read(true).write(true).open(&path).expect("open");
        let Some(region) = Region::map(&file, &path) else {
            // Network file systems are never mapped.
            return;
        };
        region.verify(100_000).expect("whole");
        file.set_len(5_000).expect("cut");
        let sum: u64 = region.bytes().iter().map(|&b| u64::from(b)).sum();
        assert_eq!(sum, 5_000, "zeros instead of a signal");
        assert_eq!(region.guard.lost_from(), Some(8192), "the page behind the one that holds the end");
        let text = region.verify(6_000).expect_err("cut").to_string();
        assert!(text.contains("cut to 5000 bytes") && text.contains("cut.npy"), "{text}");
        // Grown again, the file looks whole; what was read is not.
        file.set_len(100_000).expect("grown");
        let text = region.verify(100_000).expect_err("lost").to_string();
        assert!(text.contains("from byte 8192 on"), "{text}");
    }

    #[test]
    fn entries_of_the_table_are_used_again() {
        let folder = tempfile::tempdir().expect("folder");
        for round in 0..300 {
            let path = folder.path().join("a.bin");
            std::fs::write(&path, vec![2_u8; 10_000]).expect("written");
            let file = File::options().read(true).write(true).open(&path).expect("open");
            let (first, second) = (Region::map(&file, &path), Region::map(&file, &path));
            assert_eq!(first.is_some(), second.is_some(), "round {round}: entries are given back");
            drop(first);
            file.set_len(0).expect("cut");
            if let Some(second) = second {
                assert_eq!(second.bytes()[9_000], 0);
                assert_eq!(second.guard.lost_from(), Some(8192));
            }
        }
    }
}
