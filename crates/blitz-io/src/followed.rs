//! The files of a series in a folder that may be written to while it is open.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use crate::format::contract::{LookAgain, Opening};
use crate::scan::FileEntry;
use crate::source::Grown;

/// How long a file must keep its size.
const SETTLED: Duration = Duration::from_secs(2);

/// Files in the order of time; those that are found later stand behind the others.
#[derive(Debug)]
pub(crate) struct Followed {
    opened: Arc<[FileEntry]>,
    added: RwLock<Vec<FileEntry>>,
    /// `None` where files were named one by one.
    folder: Option<PathBuf>,
    look_again: LookAgain,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// When the folder was written before it was last listed.
    listed: Option<SystemTime>,
    /// All files that were found, late ones too.
    known: HashSet<PathBuf>,
    late: Vec<String>,
    /// Sizes of files that are waited for, and since when they have them.
    sizes: HashMap<usize, (u64, Instant)>,
}

impl Followed {
    /// The files that are opened.
    pub(crate) fn new(opening: &Opening<'_>) -> Self {
        let Opening { path, files, look_again, .. } = *opening;
        let folder = path.is_dir().then(|| path.to_path_buf());
        let (opened, added) = (Arc::clone(files), RwLock::default());
        Self { opened, added, folder, look_again, seen: Mutex::default() }
    }

    fn added(&self) -> RwLockReadGuard<'_, Vec<FileEntry>> {
        self.added.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files that are known now.
    pub(crate) fn len(&self) -> usize {
        self.opened.len() + self.added().len()
    }

    /// What `of` says of the file of a frame; `None` where there is none.
    pub(crate) fn with<R>(&self, frame: usize, of: impl FnOnce(&FileEntry) -> R) -> Option<R> {
        match frame.checked_sub(self.opened.len()) {
            None => self.opened.get(frame).map(of),
            Some(added) => self.added().get(added).map(of),
        }
    }

    fn path(&self, frame: usize) -> Option<PathBuf> {
        self.with(frame, |file| file.path.clone())
    }

    pub(crate) fn may_grow(&self) -> bool {
        self.folder.is_some()
    }

    /// See [`Growing::look`](crate::source::Growing::look).
    pub(crate) fn look(&self) -> Result<Grown, String> {
        let Some(folder) = &self.folder else {
            return Ok(Grown { frames: self.len(), late: Vec::new() });
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let cannot = |error: std::io::Error| format!("{}: cannot be read: {error}", folder.display());
        let written = std::fs::metadata(folder).and_then(|meta| meta.modified()).map_err(cannot)?;
        // A clock that ticks slowly may not tell a change from the one before.
        let is_old = written.elapsed().is_ok_and(|age| age > SETTLED);
        if seen.listed == Some(written) && is_old {
            return Ok(Grown { frames: self.len(), late: Vec::new() });
        }
        seen.listed = Some(written);
        if seen.known.is_empty() {
            seen.known.extend((0..self.len()).filter_map(|frame| self.path(frame)));
        }
        let sorted = (self.look_again)(folder, &self.path(0).unwrap_or_default()).map_err(cannot)?;
        let last = self.len().checked_sub(1).and_then(|last| self.path(last));
        let behind = sorted.iter().position(|file| Some(&file.path) == last.as_ref()).map_or(0, |at| at + 1);
        for (at, mut file) in sorted.into_iter().enumerate() {
            if !seen.known.insert(file.path.clone()) {
                continue;
            }
            if at >= behind {
                if let Ok(meta) = std::fs::metadata(&file.path) {
                    file.measured(&meta);
                }
                self.added.write().unwrap_or_else(PoisonError::into_inner).push(file);
            } else {
                seen.late.push(file.name);
            }
        }
        Ok(Grown { frames: self.len(), late: std::mem::take(&mut seen.late) })
    }

    /// See [`Growing::is_settled`](crate::source::Growing::is_settled).
    pub(crate) fn is_settled(&self, frame: usize) -> bool {
        let path = self.path(frame);
        // What is gone comes no more.
        let Some(size) = path.and_then(|path| std::fs::metadata(path).ok()).map(|meta| meta.len()) else {
            return true;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let known = seen.sizes.entry(frame).or_insert((size, now));
        if known.0 != size {
            *known = (size, now);
        }
        let settled = now - known.1 >= SETTLED;
        if settled {
            seen.sizes.remove(&frame);
        }
        settled
    }
}
