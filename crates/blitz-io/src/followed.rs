//! The files of a series in a folder that may be written to while it is open.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use crate::format::contract::{LookAgain, Opening};
use crate::scan::FileEntry;
use crate::source::Grown;

/// How long a file must keep its size.
const SETTLED: Duration = Duration::from_secs(2);

/// Files in the order of time; those that are found later stand behind the others.
#[derive(Debug)]
pub(crate) struct Followed {
    files: RwLock<Vec<FileEntry>>,
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
        Self { files: RwLock::new(files.to_vec()), folder, look_again, seen: Mutex::default() }
    }

    /// The files that are known now.
    pub(crate) fn files(&self) -> RwLockReadGuard<'_, Vec<FileEntry>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn may_grow(&self) -> bool {
        self.folder.is_some()
    }

    /// See [`Growing::look`](crate::source::Growing::look).
    pub(crate) fn look(&self) -> Result<Grown, String> {
        let Some(folder) = &self.folder else {
            return Ok(Grown { frames: self.files().len(), late: Vec::new() });
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let cannot = |error: std::io::Error| format!("{}: cannot be read: {error}", folder.display());
        let written = std::fs::metadata(folder).and_then(|meta| meta.modified()).map_err(cannot)?;
        // A clock that ticks slowly may not tell a change from the one before.
        let is_old = written.elapsed().is_ok_and(|age| age > SETTLED);
        if seen.listed == Some(written) && is_old {
            return Ok(Grown { frames: self.files().len(), late: Vec::new() });
        }
        seen.listed = Some(written);
        if seen.known.is_empty() {
            seen.known.extend(self.files().iter().map(|file| file.path.clone()));
        }
        let first = self.files().first().map(|file| file.path.clone());
        let sorted = (self.look_again)(folder, &first.unwrap_or_default()).map_err(cannot)?;
        let last = self.files().last().map(|file| file.path.clone());
        let behind = sorted.iter().position(|file| Some(&file.path) == last.as_ref()).map_or(0, |at| at + 1);
        for (at, file) in sorted.into_iter().enumerate() {
            if !seen.known.insert(file.path.clone()) {
                continue;
            }
            if at >= behind {
                self.files.write().unwrap_or_else(PoisonError::into_inner).push(file);
            } else {
                seen.late.push(file.name);
            }
        }
        Ok(Grown { frames: self.files().len(), late: std::mem::take(&mut seen.late) })
    }

    /// See [`Growing::is_settled`](crate::source::Growing::is_settled).
    pub(crate) fn is_settled(&self, frame: usize) -> bool {
        let path = self.files().get(frame).map(|file| file.path.clone());
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
