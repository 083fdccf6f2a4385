//! Files that are open only while they are read, for recordings of more files than a program may have open.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use crate::read_at::{FileBytes, ReadAt};

/// Files of this kind that are open at a time: systems allow 256 and more in all.
const MOST_OPEN: usize = 64;

/// A file that is opened when it is read and closed when many others were read since.
pub(crate) struct LentFile(Arc<Shared>);

struct Shared {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
    open: Mutex<Option<Arc<FileBytes>>>,
}

/// Those that are open, the one opened longest ago first.
static OPEN: Mutex<VecDeque<Weak<Shared>>> = Mutex::new(VecDeque::new());

impl LentFile {
    /// Opens `path` for a first look at its size and time.
    ///
    /// # Errors
    /// As [`FileBytes::open`].
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = FileBytes::open(path)?;
        let modified = file.file().metadata()?.modified().ok();
        let shared = Shared {
            path: path.to_path_buf(),
            size: file.size(),
            modified,
            open: Mutex::new(Some(Arc::new(file))),
        };
        let shared = Arc::new(shared);
        enter(&shared);
        Ok(Self(shared))
    }

    /// The file, open while it is used.
    fn lend(&self) -> io::Result<Arc<FileBytes>> {
        let shared = &self.0;
        let mut open = shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*open {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(FileBytes::open(&shared.path)?);
        let modified = file.file().metadata()?.modified().ok();
        if (file.size(), modified) != (shared.size, shared.modified) {
            return Err(io::Error::other("the file was changed by another program; open it again"));
        }
        *open = Some(Arc::clone(&file));
        drop(open);
        enter(shared);
        Ok(file)
    }
}

/// Takes note of a file that was opened, and closes the one opened longest ago where they are many.
fn enter(shared: &Arc<Shared>) {
    let mut list = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    list.push_back(Arc::downgrade(shared));
    let mut close = Vec::new();
    while list.len() > MOST_OPEN {
        close.extend(list.pop_front());
    }
    drop(list);
    for old in close.iter().filter_map(Weak::upgrade) {
        // Whoever reads it at this moment keeps it open until then.
        old.open.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl ReadAt for LentFile {
    fn size(&self) -> u64 {
        self.0.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.lend()?.read_at(offset, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_files_can_be_read_in_turn() {
        let folder = tempfile::tempdir().expect("folder");
        let path = |i: usize| folder.path().join(i.to_string());
        let files: Vec<LentFile> = (0..5 * MOST_OPEN)
            .map(|i| {
                std::fs::write(path(i), [i as u8; 9]).expect("written");
                LentFile::open(&path(i)).expect("there")
            })
            .collect();
        let is_open = |file: &&LentFile| file.0.open.lock().expect("no panic").is_some();
        for _ in 0..2 {
            for (i, file) in files.iter().enumerate() {
                let mut buf = [0; 4];
                file.read_exact_at(5, &mut buf).expect("read");
                assert_eq!(buf, [i as u8; 4]);
            }
            assert!(files.iter().filter(is_open).count() <= MOST_OPEN);
        }
        // Closed, and changed meanwhile.
        std::fs::write(path(0), [1; 20]).expect("written");
        let error = files[0].read_at(0, &mut [0; 2]).expect_err("another file").to_string();
        assert!(error.contains("changed by another program"), "{error}");
    }
}
