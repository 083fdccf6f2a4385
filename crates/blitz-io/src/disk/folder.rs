//! The folder of cached recordings: finding, making, listing and removing entries.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use blitz_core::bytes_text;
use serde::{Deserialize, Serialize};

use super::journal::{Description, Entry, Journal};
use super::store::DiskStore;
use super::{CacheError, write_at};
use crate::write::space;

/// Room that is left on the disk for others.
const RESERVE: u64 = 256 << 20;
/// Longest journal that is read: that of some thirty million frames.
const LONGEST_JOURNAL: u64 = 1 << 30;

/// Where decoded frames are kept, and how many bytes of them. Nothing is written before [`CacheFolder::open`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheFolder {
    path: PathBuf,
    limit: Option<u64>,
}

/// How much there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Bytes that the entries take on the disk.
    pub used: u64,
    /// Bytes that they may take.
    pub limit: u64,
    /// Bytes that are free on the disk, where the system tells.
    pub free: Option<u64>,
}

/// A cached recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// What it is; `None` where its journal cannot be read.
    pub description: Option<Description>,
    /// Frames whose bytes are there.
    pub ready: usize,
    /// Frames that failed.
    pub failed: usize,
    /// Whether all is there.
    pub complete: bool,
    /// Whether a program has it open now.
    pub in_use: bool,
    /// Bytes that it takes on the disk.
    pub bytes: u64,
    /// When it was begun, where its journal tells.
    pub created: Option<SystemTime>,
    /// When it was last opened, where the system tells.
    pub used: Option<SystemTime>,
    /// Its journal.
    pub path: PathBuf,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Entries.
    pub entries: usize,
    /// Bytes that they took.
    pub bytes: u64,
    /// Entries that were left because a program has them open.
    pub in_use: usize,
}

impl Room {
    /// Why an entry of `needed` bytes has no room beside the others, if it has none.
    ///
    /// # Errors
    /// What it needs and what there is.
    pub fn admit(&self, needed: u64) -> Result<(), String> {
        if self.used.saturating_add(needed) > self.limit {
            return Err(format!(
                "the cache may take {} and holds {}",
                bytes_text(self.limit),
                bytes_text(self.used)
            ));
        }
        match self.free {
            Some(free) if free < needed.saturating_add(RESERVE) => Err(format!(
                "{} are free on the disk, of which {} are left to others",
                bytes_text(free),
                bytes_text(RESERVE)
            )),
            _ => Ok(()),
        }
    }
}

impl CacheFolder {
    /// The folder `path`. Its entries may take `limit` bytes; `None`: half of what they take and what is free.
    pub fn new(path: PathBuf, limit: Option<u64>) -> Self {
        Self { path, limit }
    }

    /// The folder where this system keeps caches of this user: `blitz/frames` in `XDG_CACHE_HOME`, else in
    /// `~/.cache` (macOS: `~/Library/Caches`, Windows: `LOCALAPPDATA`). `None` where the system names none.
    pub fn default_path() -> Option<PathBuf> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let caches = if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            absolute("HOME").map(|home| home.join("Library/Caches"))
        } else {
            absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        };
        caches.map(|folder| folder.join("blitz").join("frames"))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How much there is room for. Looks at all entries and at the disk.
    pub fn room(&self) -> Room {
        let used = self.entries().iter().map(|entry| entry.bytes).sum();
        self.room_beside(used)
    }

    fn room_beside(&self, used: u64) -> Room {
        let there = self.path.ancestors().find(|p| p.exists());
        let free = there.and_then(space::free);
        let limit = self.limit.unwrap_or_else(|| free.map_or(u64::MAX, |free| used.saturating_add(free) / 2));
        Room { used, limit, free }
    }

    fn journal_path(&self, id: &[u8; 16]) -> PathBuf {
        let name = format!("{:032x}", u128::from_be_bytes(*id));
        self.path.join(name).with_extension("journal")
    }

    /// Whether there is an entry with that id, whatever its state. One look at the folder.
    pub fn has(&self, id: &[u8; 16]) -> bool {
        self.journal_path(id).exists()
    }

    /// The complete entry of a recording, if there is one that still stands for it. Reads its journal, no frames.
    pub fn find(&self, wanted: &Description) -> Option<Arc<DiskStore>> {
        let path = self.journal_path(&wanted.id);
        let mut lock = OpenOptions::new().read(true).write(true).open(&path).ok()?;
        // Somebody who only looks whether it is in use holds the lock for a moment.
        (0..4).find_map(|turn| {
            std::thread::sleep(Duration::from_millis(2 * turn));
            lock.try_lock_shared().ok()
        })?;
        let journal = read_journal(&mut lock).ok()?.ok()?;
        let frames = frames_path(&path);
        let file = File::open(&frames).ok()?;
        if !journal.description.stands_for(wanted) || !is_complete(&journal, &file) {
            return None;
        }
        touch(&lock);
        DiskStore::new(journal, true, (frames, file), (path, lock)).ok()
    }

    /// The entry of a recording: the complete one, or one to be filled, with the frames that an earlier run has
    /// written (see [`super::DiskWriter::keep_found`]) where they still stand for the recording. The entries used
    /// the longest ago are removed if the new one has no room beside them; they are given back, too.
    ///
    /// # Errors
    /// If another program fills this entry, there is no room, or the system refuses.
    pub fn open(&self, wanted: &Description) -> Result<(Arc<DiskStore>, Vec<CacheEntry>), CacheError> {
        let bytes = wanted.bytes().ok_or_else(|| CacheError::NoRoom {
            path: self.path.clone(),
            needed: u64::MAX,
            reason: "no file can be that large".to_owned(),
        })?;
        let _order = self.lock()?;
        let path = self.journal_path(&wanted.id);
        let failed = |e| CacheError::from_io(&path, e);
        let mut lock = private().read(true).write(true).create(true).open(&path).map_err(failed)?;
        // A process that this one is just starting holds every lock until it becomes another program.
        let mut taken = lock.try_lock();
        for turn in 1..5 {
            if !matches!(taken, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2 * turn));
            taken = lock.try_lock();
        }
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let reader = self.find(wanted).map(|store| (store, Vec::new()));
                return reader.ok_or(CacheError::Busy { path });
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let frames = frames_path(&path);
        let known =
            read_journal(&mut lock).map_err(failed)?.ok().filter(|j| j.description.stands_for(wanted));
        let data = |e| CacheError::from_io(&frames, e);
        if let Some(journal) = &known
            && let Ok(file) = File::open(&frames)
            && is_complete(journal, &file)
        {
            // Others may read beside this program.
            lock.lock_shared().map_err(failed)?;
            touch(&lock);
            let store = DiskStore::new(journal.clone(), true, (frames.clone(), file), (path.clone(), lock))?;
            return Ok((store, Vec::new()));
        }
        if known.is_none() {
            // What stood for other files, or cannot be read, goes before room is looked for.
            remove_file(&frames).map_err(data)?;
            lock.set_len(0).map_err(failed)?;
        }
        let there = fs::metadata(&frames).map_or(0, |meta| on_disk(&meta));
        let evicted = match self.make_room(&path, bytes.saturating_sub(there), bytes) {
            Ok(evicted) => evicted,
            Err(error) => {
                if known.is_none() {
                    remove(&path);
                }
                return Err(error);
            }
        };
        let journal = if let Some(journal) = known {
            lock.set_len(journal.length as u64).map_err(failed)?;
            journal
        } else {
            let (head, _) = wanted.head(SystemTime::now());
            write_at(&lock, &head, 0).map_err(failed)?;
            Journal::parse(&head)
                .map_err(|reason| failed(io::Error::new(io::ErrorKind::InvalidInput, reason)))?
        };
        touch(&lock);
        let file =
            private().read(true).write(true).create(true).truncate(false).open(&frames).map_err(data)?;
        file.set_len(bytes).map_err(data)?;
        let store = DiskStore::new(journal, false, (frames.clone(), file), (path.clone(), lock))?;
        Ok((store, evicted))
    }

    /// Removes the entry of a recording that is not to be completed: its files have changed meanwhile. It must
    /// have been opened with [`CacheFolder::open`] by this program.
    pub fn discard(&self, id: &[u8; 16]) {
        if let Ok(_order) = self.lock() {
            remove(&self.journal_path(id));
        }
    }

    /// All entries, the one used last first. Those that cannot be read are there, too.
    pub fn entries(&self) -> Vec<CacheEntry> {
        // Looking takes each entry's lock for a moment, which nobody who opens one is to meet.
        let _order = if self.path.exists() { self.lock().ok() } else { None };
        self.entries_in_order()
    }

    /// As [`CacheFolder::entries`], for who holds the folder's lock.
    fn entries_in_order(&self) -> Vec<CacheEntry> {
        let Ok(listing) = fs::read_dir(&self.path) else { return Vec::new() };
        let paths = listing.filter_map(|entry| Some(entry.ok()?.path()));
        let journals = paths.filter(|path| path.extension() == Some(OsStr::new("journal")));
        let mut entries: Vec<CacheEntry> = journals.map(|path| look(&path)).collect();
        entries.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
        entries
    }

    /// Removes the entries that nobody has open and that were last used at least `older_than` ago.
    ///
    /// # Errors
    /// If the folder cannot be locked.
    pub fn clear(&self, older_than: Duration) -> Result<Cleared, CacheError> {
        let mut cleared = Cleared::default();
        if !self.path.exists() {
            return Ok(cleared);
        }
        let _order = self.lock()?;
        let now = SystemTime::now();
        for entry in self.entries_in_order() {
            let age = entry.used.and_then(|used| now.duration_since(used).ok()).unwrap_or_default();
            if age < older_than {
                continue;
            }
            if entry.in_use {
                cleared.in_use += 1;
            } else if remove(&entry.path) {
                cleared.entries += 1;
                cleared.bytes += entry.bytes;
            }
        }
        if cleared.in_use == 0 && older_than.is_zero() {
            self.remove_strays();
        }
        Ok(cleared)
    }

    /// Frames without a journal: only a person who removed journals by hand leaves them.
    fn remove_strays(&self) {
        let Ok(listing) = fs::read_dir(&self.path) else { return };
        for path in listing.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension() == Some(OsStr::new("frames")) && !path.with_extension("journal").exists() {
                // What cannot be removed stays and is found the next time.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Entries appear and go only under this lock.
    fn lock(&self) -> Result<File, CacheError> {
        let failed = |e| CacheError::from_io(&self.path, e);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        // Recordings may be confidential, whatever the folder of caches allows others.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path).map_err(failed)?;
        let lock = private().write(true).create(true).truncate(false).open(self.path.join("lock"));
        let lock = lock.map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(lock)
    }

    /// Removes the entries used the longest ago until `missing` more bytes of an entry of `needed` have room.
    fn make_room(&self, own: &Path, missing: u64, needed: u64) -> Result<Vec<CacheEntry>, CacheError> {
        let entries = self.entries_in_order();
        let mut room = self.room_beside(entries.iter().map(|entry| entry.bytes).sum());
        let mut evicted = Vec::new();
        let mut others = entries.into_iter().filter(|entry| entry.path != own && !entry.in_use).rev();
        // Nothing is removed unless it helps.
        let mut open: Vec<CacheEntry> = Vec::new();
        while let Err(reason) = room.admit(missing) {
            let no_room = CacheError::NoRoom { path: self.path.clone(), needed, reason };
            let entry = others.next().ok_or(no_room)?;
            room.used = room.used.saturating_sub(entry.bytes);
            room.free = room.free.map(|free| free.saturating_add(entry.bytes));
            open.push(entry);
        }
        for entry in open {
            if remove(&entry.path) {
                evicted.push(entry);
            }
        }
        Ok(evicted)
    }
}

/// Files that only this user may read.
fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn frames_path(journal: &Path) -> PathBuf {
    journal.with_extension("frames")
}

/// The time of a journal is that of its last opening.
fn touch(journal: &File) {
    // Only the order in which entries are removed depends on it.
    let _ = journal.set_modified(SystemTime::now());
}

/// The journal from its beginning; the inner error says why it is none.
fn read_journal(file: &mut File) -> io::Result<Result<Journal, String>> {
    let size = file.metadata()?.len();
    if size > LONGEST_JOURNAL {
        return Ok(Err(format!("it has {size} bytes; at most {LONGEST_JOURNAL} are read")));
    }
    let mut bytes = Vec::new();
    io::Seek::rewind(file)?;
    file.take(LONGEST_JOURNAL).read_to_end(&mut bytes)?;
    Ok(Journal::parse(&bytes))
}

/// Whether the journal says that all is there, and the file of frames is the one that it speaks of.
fn is_complete(journal: &Journal, frames: &File) -> bool {
    let Ok(meta) = frames.metadata() else { return false };
    journal.complete.is_some()
        && journal.complete == meta.modified().ok()
        && Some(meta.len()) == journal.description.bytes()
}

/// Removes an entry: the frames last, so that an entry that is there has them.
fn remove(journal: &Path) -> bool {
    let gone = remove_file(journal).is_ok();
    gone && remove_file(&frames_path(journal)).is_ok()
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn look(path: &Path) -> CacheEntry {
    let mut entry = CacheEntry {
        description: None,
        ready: 0,
        failed: 0,
        complete: false,
        in_use: false,
        bytes: 0,
        created: None,
        used: fs::metadata(path).and_then(|meta| meta.modified()).ok(),
        path: path.to_path_buf(),
    };
    let frames = frames_path(path);
    entry.bytes =
        [path, &frames].iter().filter_map(|p| fs::metadata(p).ok()).map(|meta| on_disk(&meta)).sum();
    let Ok(mut file) = OpenOptions::new().read(true).write(true).open(path) else { return entry };
    entry.in_use = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    if let Ok(Ok(journal)) = read_journal(&mut file) {
        entry.complete = File::open(&frames).is_ok_and(|frames| is_complete(&journal, &frames));
        entry.ready = journal.entries.values().filter(|e| matches!(e, Entry::Ready { .. })).count();
        entry.failed = journal.entries.len() - entry.ready;
        entry.created = Some(journal.created);
        entry.description = Some(journal.description);
    }
    entry
}

/// Bytes that a file takes: less than its length while frames are still to come.
#[cfg(unix)]
fn on_disk(meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(meta).saturating_mul(512)
}

/// Bytes that a file takes.
#[cfg(not(unix))]
fn on_disk(meta: &fs::Metadata) -> u64 {
    meta.len()
}
