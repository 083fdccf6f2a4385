//! Frames of one recording in a cache folder, as a store: readable while they are still being written.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FramePoll, FrameState, Intent, Layout, ReadError, Samples,
    SamplesMut, Store,
};

use super::journal::{Description, Entry, Journal, complete_record};
use super::{CacheError, write_at};
use crate::store::Counts;
use crate::store::region::Region;
use crate::store::states::States;
use crate::{FileBytes, ReadAt as _};

/// Decoded frames on disk. Cheap to share; readers and writers do not wait for each other.
///
/// Pins are those of a mapped file, or read the frame where the file system does not map safely. Memory: none of
/// its own. The first pin of each frame of an entry that was complete compares it with its checksum, which costs as much
/// as reading the frame once more from the memory (about 0.1 to 0.3 s per GB).
pub struct DiskStore {
    shared: Arc<Shared>,
}

struct Shared {
    description: Description,
    states: States,
    path: PathBuf,
    /// The frames, one after the other.
    file: File,
    region: Option<Arc<Region>>,
    /// Frames that an earlier run wrote and that nobody has compared with their checksum yet.
    found: Mutex<BTreeMap<usize, (u32, u64)>>,
    /// Checksums of frames of a complete entry that nobody has read yet in this run.
    unread: Mutex<BTreeMap<usize, u32>>,
    journal: Mutex<JournalFile>,
    lost: AtomicU64,
}

/// The journal being written. The file holds the entry's lock.
struct JournalFile {
    path: PathBuf,
    file: File,
    length: u64,
    chain: u32,
}

impl JournalFile {
    /// Adds a record, whole or not at all.
    fn append(&mut self, record: impl FnOnce(&mut u32) -> Vec<u8>) -> Result<(), CacheError> {
        let mut chain = self.chain;
        let bytes = record(&mut chain);
        write_at(&self.file, &bytes, self.length).map_err(|e| CacheError::from_io(&self.path, e))?;
        self.chain = chain;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

impl DiskStore {
    /// A store over `file`, which has the journal's size. `journal` says what is there; `complete` that it need
    /// not be looked at again. `lock` is the journal, locked.
    pub(super) fn new(
        journal: Journal,
        complete: bool,
        (path, file): (PathBuf, File),
        (lock_path, lock): (PathBuf, File),
    ) -> Result<Arc<Self>, CacheError> {
        let no_memory = |e: std::collections::TryReserveError| CacheError::Io {
            path: path.clone(),
            source: std::io::Error::new(std::io::ErrorKind::OutOfMemory, e.to_string()),
        };
        let states = States::new(journal.description.frames).map_err(no_memory)?;
        let region = if complete { Region::map(&file, &path) } else { Region::map_changing(&file, &path) };
        let (mut found, mut unread) = (BTreeMap::new(), BTreeMap::new());
        let mut lost_before = 0;
        for (frame, entry) in journal.entries {
            match entry {
                Entry::Ready { checksum, lost } if !complete => {
                    found.insert(frame, (checksum, lost));
                }
                Entry::Ready { checksum, lost } => {
                    unread.insert(frame, checksum);
                    lost_before += lost;
                    if states.claim(frame) {
                        states.publish(frame);
                    }
                }
                Entry::Failed(fault) => {
                    if states.claim(frame) {
                        states.fail(frame, fault);
                    }
                }
            }
        }
        if complete {
            states.seal();
        }
        let shared = Shared {
            description: journal.description,
            states,
            path,
            file,
            region: region.map(Arc::new),
            found: Mutex::new(found),
            unread: Mutex::new(unread),
            journal: Mutex::new(JournalFile {
                path: lock_path,
                file: lock,
                length: journal.length as u64,
                chain: journal.chain,
            }),
            lost: AtomicU64::new(lost_before),
        };
        Ok(Arc::new(Self { shared: Arc::new(shared) }))
    }

    /// The right to fill frame `frame`; `None` if it does not exist, is being filled, or has left *pending*.
    pub fn writer(&self, frame: usize) -> Option<DiskWriter> {
        self.shared.states.claim(frame).then(|| DiskWriter {
            shared: Arc::clone(&self.shared),
            frame,
            open: true,
            samples: None,
        })
    }

    /// Fails every frame that is pending and not being filled, for this run only: the next one tries again. Gives
    /// back how many.
    pub fn fail_pending(&self, fault: impl Fn(usize) -> FrameFault) -> usize {
        let states = &self.shared.states;
        let pending = (0..states.frames()).filter(|&frame| states.claim(frame));
        pending.map(|frame| states.fail(frame, fault(frame))).count()
    }

    /// Says that no frame will change any more in this run.
    pub fn seal(&self) {
        self.shared.states.seal();
    }

    /// Makes an entry of which every frame is there complete: the next opening believes it at once. Waits until
    /// the disk has everything.
    ///
    /// # Errors
    /// As the system says; the entry then stays as it is, to be completed another time.
    ///
    /// # Panics
    /// If frames are still pending.
    pub fn complete(&self) -> Result<(), CacheError> {
        let shared = &self.shared;
        assert_eq!(shared.states.counts().pending, 0, "every frame has left pending");
        let data = |e| CacheError::from_io(&shared.path, e);
        shared.file.sync_data().map_err(data)?;
        let modified = shared.file.metadata().and_then(|meta| meta.modified()).map_err(data)?;
        let mut journal = shared.journal();
        journal.append(|chain| complete_record(modified, chain))?;
        journal.file.sync_all().map_err(|e| CacheError::from_io(&journal.path, e))?;
        // Others may read it from now on. Where the lock cannot be changed they wait until this program ends.
        let _ = journal.file.lock_shared();
        Ok(())
    }

    /// How many frames stand where.
    pub fn counts(&self) -> Counts {
        self.shared.states.counts()
    }

    /// Frames that an earlier run wrote and that are not compared with their checksums yet.
    pub fn found(&self) -> usize {
        self.shared.found().len()
    }

    /// Faults of all failed frames, by frame.
    pub fn faults(&self) -> Vec<Arc<FrameFault>> {
        self.shared.states.faults()
    }

    /// Missing samples that became 0 in the frames that are there, because integers were asked for.
    pub fn lost_missing(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// The file of frames.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Bytes of all frames.
    pub fn disk_bytes(&self) -> u64 {
        self.shared.description.bytes().unwrap_or(u64::MAX)
    }
}

impl Shared {
    fn start(&self, frame: usize) -> usize {
        frame * self.description.layout.frame_bytes()
    }

    fn journal(&self) -> MutexGuard<'_, JournalFile> {
        // A record counts only once its length is added, whoever panicked before.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> MutexGuard<'_, BTreeMap<usize, (u32, u64)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unread(&self) -> MutexGuard<'_, BTreeMap<usize, u32>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares a frame with its checksum when it is first read: bytes may have changed since they were written.
    fn check(&self, frame: usize, guard: &FrameGuard) -> Result<(), ReadError> {
        let Some(checksum) = self.unread().get(&frame).copied() else { return Ok(()) };
        let found = crc32fast::hash(guard.samples().bytes());
        guard.verify()?;
        if found != checksum {
            return Err(ReadError::Lost(format!(
                "{}: frame {frame} is not what was written there (checksum {found:08x} found, {checksum:08x} expected); \
                 remove it with 'blitz cache clear', and the recording is decoded again",
                self.path.display()
            )));
        }
        self.unread().remove(&frame);
        Ok(())
    }

    /// A frame by a positioned read.
    fn read(&self, frame: usize) -> Result<Samples, ReadError> {
        let lost =
            |e: std::io::Error| ReadError::Lost(format!("{}: {e}; open it again", self.path.display()));
        let layout = self.description.layout;
        let mut samples = Samples::zeros(layout.dtype, layout.frame.samples());
        let file = FileBytes::of(self.file.try_clone().map_err(lost)?).map_err(lost)?;
        file.read_exact_at(self.start(frame) as u64, samples.as_mut().bytes()).map_err(lost)?;
        Ok(samples)
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        self.states.check(frame)?;
        let layout = self.description.layout;
        let guard = match &self.region {
            Some(region) => region.guard(self.start(frame), layout),
            None => FrameGuard::from_samples(self.read(frame)?, layout.frame),
        };
        self.check(frame, &guard)?;
        Ok(guard)
    }
}

impl Store for DiskStore {
    fn layout(&self) -> Layout {
        self.shared.description.layout
    }

    fn extent(&self) -> Extent {
        self.shared.states.extent()
    }

    fn generation(&self) -> u64 {
        self.shared.states.generation()
    }

    fn state(&self, frame: usize) -> FrameState {
        self.shared.states.state(frame)
    }

    fn access(&self) -> Access {
        if self.shared.region.is_some() { Access::Mapped } else { Access::Decoded }
    }

    fn advise(&self, frames: Range<usize>, rows: Range<usize>, intent: Intent) {
        if let Some(region) = &self.shared.region {
            let end = frames.end.min(self.shared.description.frames);
            let starts = (frames.start..end).map(|frame| self.shared.start(frame));
            region.advise(self.layout(), starts, rows, intent);
        }
    }

    /// Never touches the file. Frames that are not mapped, or not compared with their checksum yet, are never there
    /// without a read.
    fn poll(&self, frame: usize) -> FramePoll {
        match (self.state(frame), &self.shared.region) {
            (FrameState::Ready, Some(region)) if !self.shared.unread().contains_key(&frame) => {
                FramePoll::Ready(region.guard(self.shared.start(frame), self.layout()))
            }
            (FrameState::Failed(fault), _) => FramePoll::Failed(fault),
            (FrameState::Ready | FrameState::Pending, _) => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let guard = self.shared.pin(frame)?;
        guard.verify()?;
        Ok(guard)
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore")
            .field("path", &self.shared.path)
            .field("layout", &self.shared.description.layout)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// The only writer of one frame. Dropped without [`publish`](Self::publish) or [`fail`](Self::fail), it makes the
/// frame pending again.
pub struct DiskWriter {
    shared: Arc<Shared>,
    frame: usize,
    open: bool,
    samples: Option<Samples>,
}

impl DiskWriter {
    /// Frame number in the store.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// Publishes what an earlier run wrote, if it did and the bytes are still those, and gives back how many
    /// missing samples had become 0. Costs reading the frame.
    ///
    /// # Errors
    /// The writer, where the frame must be decoded.
    pub fn keep_found(mut self) -> Result<u64, Self> {
        let Some((checksum, lost)) = self.shared.found().remove(&self.frame) else { return Err(self) };
        match self.shared.read(self.frame) {
            Ok(samples) if crc32fast::hash(samples.bytes()) == checksum => {
                self.open = false;
                self.shared.lost.fetch_add(lost, Ordering::Relaxed);
                self.shared.states.publish(self.frame);
                Ok(lost)
            }
            _ => Err(self),
        }
    }

    /// The frame's samples, zero at first.
    pub fn samples(&mut self) -> SamplesMut<'_> {
        let layout = self.shared.description.layout;
        let samples =
            self.samples.get_or_insert_with(|| Samples::zeros(layout.dtype, layout.frame.samples()));
        samples.as_mut()
    }

    /// The samples are complete: they are written, and readers may have them. `lost` missing samples became 0.
    ///
    /// # Errors
    /// As the system says; the frame is pending again then.
    pub fn publish(mut self, lost: u64) -> Result<(), CacheError> {
        self.samples();
        let Some(samples) = self.samples.take() else { return Ok(()) };
        let shared = Arc::clone(&self.shared);
        write_at(&shared.file, samples.bytes(), shared.start(self.frame) as u64)
            .map_err(|e| CacheError::from_io(&shared.path, e))?;
        let entry = Entry::Ready { checksum: crc32fast::hash(samples.bytes()), lost };
        shared.journal().append(|chain| entry.record(self.frame, chain))?;
        self.open = false;
        shared.lost.fetch_add(lost, Ordering::Relaxed);
        shared.states.publish(self.frame);
        Ok(())
    }

    /// The frame cannot be read. It keeps its place in time and its reason, also in later runs.
    ///
    /// # Errors
    /// As the system says; the frame is pending again then.
    pub fn fail(mut self, fault: FrameFault) -> Result<(), CacheError> {
        let shared = Arc::clone(&self.shared);
        let entry = Entry::Failed(fault.clone());
        shared.journal().append(|chain| entry.record(self.frame, chain))?;
        self.open = false;
        shared.states.fail(self.frame, fault);
        Ok(())
    }
}

impl Drop for DiskWriter {
    fn drop(&mut self) {
        if self.open {
            self.shared.states.release(self.frame);
        }
    }
}

impl fmt::Debug for DiskWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskWriter").field("frame", &self.frame).finish_non_exhaustive()
    }
}
