//! Frames in memory, of which more appear while the first ones are read: a folder that is written to.
//!
//! Frames lie in segments, each a [`RamStore`] with room to spare (untouched pages cost nothing), so that nothing is
//! moved when frames appear, and there are few segments however often that happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use blitz_core::{Access, Extent, FrameFault, FrameGuard, FramePoll, FrameState, Layout, ReadError, Store};

use super::{Counts, RamStore, SlotWriter};
use crate::AllocError;

/// Frames that a further segment has room for, at least.
const ROOM: usize = 64;

/// A store that grows until it is sealed. Cheap to share.
#[derive(Debug)]
pub struct GrowingStore {
    layout: Layout,
    segments: RwLock<Segments>,
    sealed: AtomicBool,
}

#[derive(Debug)]
struct Segments {
    /// With the frame that each begins at.
    of: Vec<(usize, Arc<RamStore>)>,
    /// Frames that exist.
    frames: usize,
    /// Frames that there is room for.
    room: usize,
}

impl Segments {
    /// The segment of a frame that exists, and its number there.
    fn find(&self, frame: usize) -> Option<(&Arc<RamStore>, usize)> {
        if frame >= self.frames {
            return None;
        }
        let at = self.of.partition_point(|(start, _)| *start <= frame).checked_sub(1)?;
        let (start, store) = &self.of[at];
        Some((store, frame - start))
    }

    /// All frames that exist, segment by segment.
    fn states(&self) -> impl Iterator<Item = (usize, FrameState)> {
        self.of.iter().flat_map(|(start, store)| {
            let end = store.extent().end.min(self.frames - start);
            (0..end).map(move |frame| (start + frame, store.state(frame)))
        })
    }
}

impl GrowingStore {
    /// A store with `frames` frames, all pending.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn new(layout: Layout, frames: usize) -> Result<Arc<Self>, AllocError> {
        let first = RamStore::new(layout, frames)?;
        let segments = RwLock::new(Segments { of: vec![(0, first)], frames, room: frames });
        Ok(Arc::new(Self { layout, segments, sealed: AtomicBool::new(false) }))
    }

    /// Adds pending frames until there are `frames`.
    ///
    /// # Errors
    /// If the system refuses the memory; nothing is added then.
    pub fn grow(&self, frames: usize) -> Result<(), AllocError> {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        if frames > segments.room {
            // A quarter more: as many segments as the size has digits.
            let more = (frames - segments.room).max(ROOM).max(segments.room / 4);
            let start = segments.room;
            let segment = RamStore::new(self.layout, more)?;
            segments.of.push((start, segment));
            segments.room += more;
        }
        segments.frames = segments.frames.max(frames);
        Ok(())
    }

    /// See [`RamStore::writer`].
    pub fn writer(&self, frame: usize) -> Option<SlotWriter> {
        let segments = self.read();
        let (store, local) = segments.find(frame)?;
        store.writer(local)
    }

    /// See [`RamStore::fail_pending`].
    pub fn fail_pending(&self, fault: impl Fn(usize) -> FrameFault) {
        for frame in self.pending() {
            if let Some(writer) = self.writer(frame) {
                writer.fail(fault(frame));
            }
        }
    }

    /// Frames that are neither ready nor failed.
    pub fn pending(&self) -> Vec<usize> {
        let is_pending = |(frame, state)| matches!(state, FrameState::Pending).then_some(frame);
        self.read().states().filter_map(is_pending).collect()
    }

    /// Says that no frame will change or appear any more.
    pub fn seal(&self) {
        self.sealed.store(true, Ordering::Release);
    }

    /// Faults of all failed frames, by frame.
    pub fn faults(&self) -> Vec<Arc<FrameFault>> {
        self.read().of.iter().flat_map(|(_, store)| store.faults()).collect()
    }

    /// How many frames stand where.
    pub fn counts(&self) -> Counts {
        let segments = self.read();
        let counts = segments.of.iter().map(|(_, store)| store.counts());
        let (ready, failed) =
            counts.fold((0, 0), |(ready, failed), of| (ready + of.ready, failed + of.failed));
        Counts { ready, failed, pending: segments.frames.saturating_sub(ready + failed) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Segments> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for GrowingStore {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn extent(&self) -> Extent {
        // Before the frames are counted: a sealed store has them all.
        let sealed = self.sealed.load(Ordering::Acquire);
        Extent { first: 0, end: self.read().frames, sealed }
    }

    fn generation(&self) -> u64 {
        let segments = self.read();
        segments.frames as u64 + segments.of.iter().map(|(_, store)| store.generation()).sum::<u64>()
    }

    fn state(&self, frame: usize) -> FrameState {
        self.read().find(frame).map_or(FrameState::Pending, |(store, local)| store.state(local))
    }

    fn access(&self) -> Access {
        Access::Resident
    }

    fn poll(&self, frame: usize) -> FramePoll {
        self.read().find(frame).map_or(FramePoll::Pending, |(store, local)| store.poll(local))
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let segments = self.read();
        let end = segments.frames;
        let (store, local) = segments.find(frame).ok_or(ReadError::OutOfRange { frame, first: 0, end })?;
        store.pin(local).map_err(|error| match error {
            ReadError::Pending { .. } => ReadError::Pending { frame },
            other => other,
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.counts().ready as u64 * self.layout.frame_bytes() as u64
    }
}

#[cfg(test)]
mod tests {
    use blitz_core::{DType, FrameShape};

    use super::*;

    fn publish(store: &GrowingStore, frame: usize) {
        let mut writer = store.writer(frame).expect("pending");
        writer.samples().bytes().fill(frame as u8);
        writer.publish();
    }

    #[test]
    fn frames_appear_and_stay() {
        let layout = Layout { frame: FrameShape::new(2, 3, 1), dtype: DType::U8 };
        let store = GrowingStore::new(layout, 3).expect("small");
        publish(&store, 2);
        let early = store.pin(2).expect("ready");
        let mut generation = store.generation();
        for end in [4, 5, 80, 81, 300] {
            let before = store.extent().end;
            assert!(store.writer(before).is_none(), "not yet");
            assert_eq!(
                store.pin(before).expect_err("not yet"),
                ReadError::OutOfRange { frame: before, first: 0, end: before }
            );
            store.grow(end).expect("small");
            assert_eq!(store.extent(), Extent { first: 0, end, sealed: false });
            assert_eq!(store.pin(before).expect_err("pending"), ReadError::Pending { frame: before });
            assert!(std::mem::replace(&mut generation, store.generation()) < store.generation());
            publish(&store, end - 1);
            assert_eq!(store.pin(end - 1).expect("ready").samples().bytes(), [(end - 1) as u8; 6]);
        }
        store.grow(10).expect("nothing to do");
        assert_eq!(store.extent().end, 300);
        assert_eq!(early.samples().bytes(), [2; 6], "what was pinned stays");
        assert_eq!(store.counts(), Counts { ready: 6, failed: 0, pending: 294 });
        assert_eq!(store.pending().len(), 294);
        store.fail_pending(|frame| FrameFault { file: None, frame, reason: "late".to_owned() });
        assert_eq!((store.counts().failed, store.faults().len()), (294, 294));
        assert!(matches!(store.state(150), FrameState::Failed(fault) if fault.frame == 150));
        store.seal();
        assert!(store.extent().sealed);
        assert!(store.read().of.len() <= 5, "few segments");
    }
}
