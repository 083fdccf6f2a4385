//! A store that does everything the contract allows a store to do to its readers.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use blitz_core::{
    Access, DType, Extent, FrameFault, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState, Layout,
    ReadError, Samples, Store,
};

/// How awkward an [`AwkwardStore`] is.
#[derive(Clone, Debug)]
pub struct Awkward {
    /// How long a pin of a frame that is not resident takes.
    pub delay: Duration,
    /// Frames that fail to decode.
    pub failing: BTreeSet<usize>,
    /// Frames that exist at first; others appear later.
    pub existing: usize,
    /// Frames that have left *pending* at first.
    pub ready: usize,
    /// Frames that stay pending until the store is sealed, however many others are ready.
    pub late: BTreeSet<usize>,
    /// Frames that stay resident while nobody pins them, at least 1.
    pub resident: usize,
}

impl Default for Awkward {
    /// Quick, without failures, nothing there yet, one frame resident.
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            failing: BTreeSet::new(),
            existing: 0,
            ready: 0,
            late: BTreeSet::new(),
            resident: 1,
        }
    }
}

/// A store that is slow, failing, growing and evicting. Starts unsealed.
#[derive(Debug)]
pub struct AwkwardStore {
    layout: Layout,
    frames: Vec<Samples>,
    how: Awkward,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Oldest frame that is not dropped.
    first: usize,
    existing: usize,
    ready: usize,
    sealed: bool,
    generation: u64,
    /// Frames in memory, the longest unused first.
    resident: VecDeque<(usize, Arc<Decoded>)>,
    requested: BTreeSet<usize>,
    decoded: u64,
}

#[derive(Debug)]
struct Decoded(Samples);

impl FrameOwner for Decoded {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        self.0.bytes()
    }
}

impl AwkwardStore {
    /// A store that will have `frames`, each of shape `shape` and type `dtype`.
    ///
    /// # Panics
    /// If a frame has another type or does not fill the shape.
    pub fn new(frames: Vec<Samples>, dtype: DType, shape: FrameShape, how: Awkward) -> Self {
        assert!(
            frames.iter().all(|f| f.dtype() == dtype && f.len() == shape.samples()),
            "frames have the layout"
        );
        let ready = how.ready.min(frames.len());
        let existing = how.existing.clamp(ready, frames.len());
        let inner = Inner {
            first: 0,
            existing,
            ready,
            sealed: false,
            generation: (existing + ready) as u64,
            resident: VecDeque::new(),
            requested: BTreeSet::new(),
            decoded: 0,
        };
        Self { layout: Layout { frame: shape, dtype }, frames, how, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `count` more frames appear, pending. Nothing appears in a sealed store.
    pub fn appear(&self, count: usize) {
        let mut inner = self.lock();
        if !inner.sealed {
            let existing = (inner.existing + count).min(self.frames.len());
            inner.generation += (existing - inner.existing) as u64;
            inner.existing = existing;
        }
    }

    /// The next `count` frames become ready, or fail if they are to; they appear first where needed.
    pub fn advance(&self, count: usize) {
        let target = self.lock().ready + count;
        let missing = target.saturating_sub(self.lock().existing);
        self.appear(missing);
        let mut inner = self.lock();
        let ready = target.min(inner.existing);
        inner.generation += (ready - inner.ready) as u64;
        inner.ready = ready;
    }

    /// The `count` oldest frames are dropped, for good; frames that somebody pins stay readable to them.
    pub fn drop_oldest(&self, count: usize) {
        let mut inner = self.lock();
        let first = (inner.first + count).min(inner.existing);
        inner.generation += (first - inner.first) as u64;
        inner.first = first;
        inner.resident.retain(|(frame, _)| *frame >= first);
    }

    /// No more frames will appear.
    pub fn seal(&self) {
        let mut inner = self.lock();
        inner.sealed = true;
        inner.generation += 1;
    }

    /// Carries out the requests made so far; before that a poll for a frame that is not resident says
    /// pending.
    pub fn settle(&self) {
        let requested = std::mem::take(&mut self.lock().requested);
        for frame in requested {
            // A request is a hint: nobody hears of its failure but the next poll.
            let _ = self.pin(frame);
        }
    }

    /// How often a frame was decoded: readers that pin each frame once keep this at the number of frames.
    pub fn decoded(&self) -> u64 {
        self.lock().decoded
    }

    /// Frames in memory now.
    pub fn resident(&self) -> usize {
        self.lock().resident.len()
    }

    fn fault(&self, frame: usize) -> Option<Arc<FrameFault>> {
        self.how.failing.contains(&frame).then(|| {
            Arc::new(FrameFault { file: None, frame, reason: "was made to fail by the test".to_owned() })
        })
    }

    fn guard(&self, decoded: &Arc<Decoded>) -> FrameGuard {
        FrameGuard::new(Arc::clone(decoded) as Arc<dyn FrameOwner>, 0, self.layout.dtype, self.layout.frame)
    }

    /// The frame if it is in memory, which counts as a use.
    fn resident_guard(&self, inner: &mut Inner, frame: usize) -> Option<FrameGuard> {
        let at = inner.resident.iter().position(|(id, _)| *id == frame)?;
        let entry = inner.resident.remove(at)?;
        let guard = self.guard(&entry.1);
        inner.resident.push_back(entry);
        Some(guard)
    }
}

impl Inner {
    /// Drops frames that nobody pins, the longest unused first, until at most `keep` are left.
    fn evict(&mut self, keep: usize) {
        let mut at = 0;
        while self.resident.len() > keep && at < self.resident.len() {
            if Arc::strong_count(&self.resident[at].1) == 1 {
                self.resident.remove(at);
            } else {
                at += 1;
            }
        }
    }
}

impl Store for AwkwardStore {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn extent(&self) -> Extent {
        let inner = self.lock();
        Extent { first: inner.first, end: inner.existing, sealed: inner.sealed }
    }

    fn generation(&self) -> u64 {
        self.lock().generation
    }

    fn state(&self, frame: usize) -> FrameState {
        let inner = self.lock();
        let is_late = !inner.sealed && self.how.late.contains(&frame);
        if is_late || !(inner.first..inner.ready).contains(&frame) {
            return FrameState::Pending;
        }
        drop(inner);
        self.fault(frame).map_or(FrameState::Ready, FrameState::Failed)
    }

    fn access(&self) -> Access {
        Access::Decoded
    }

    fn request(&self, frame: usize) {
        self.lock().requested.insert(frame);
    }

    fn poll(&self, frame: usize) -> FramePoll {
        match self.state(frame) {
            FrameState::Pending => FramePoll::Pending,
            FrameState::Failed(fault) => FramePoll::Failed(fault),
            FrameState::Ready => {
                let mut inner = self.lock();
                self.resident_guard(&mut inner, frame).map_or(FramePoll::Pending, FramePoll::Ready)
            }
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let Extent { first, end, .. } = self.extent();
        if !(first..end).contains(&frame) {
            return Err(ReadError::OutOfRange { frame, first, end });
        }
        match self.state(frame) {
            FrameState::Pending => return Err(ReadError::Pending { frame }),
            FrameState::Failed(fault) => return Err(ReadError::Failed((*fault).clone())),
            FrameState::Ready => {}
        }
        if let Some(guard) = self.resident_guard(&mut self.lock(), frame) {
            return Ok(guard);
        }
        // Outside the lock: `poll` and `state` never wait for a decoder.
        std::thread::sleep(self.how.delay);
        let decoded = Arc::new(Decoded(self.frames[frame].clone()));
        let mut inner = self.lock();
        inner.decoded += 1;
        let guard = self.guard(&decoded);
        inner.resident.push_back((frame, decoded));
        inner.evict(self.how.resident.max(1));
        Ok(guard)
    }

    fn memory_bytes(&self) -> u64 {
        (self.resident() * self.layout.frame_bytes()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise_frames;

    const SHAPE: FrameShape = FrameShape::new(3, 5, 1);

    fn store(how: Awkward) -> AwkwardStore {
        AwkwardStore::new(noise_frames(1, DType::U8, 6, SHAPE), DType::U8, SHAPE, how)
    }

    #[test]
    fn frames_appear_become_ready_and_fail() {
        let store = store(Awkward { failing: BTreeSet::from([1]), ..Awkward::default() });
        assert!(matches!(store.pin(0), Err(ReadError::OutOfRange { end: 0, .. })));
        store.appear(2);
        assert!(matches!(store.pin(0), Err(ReadError::Pending { frame: 0 })));
        let before = store.generation();
        store.advance(3);
        assert_eq!(store.generation(), before + 4, "one appeared, three left pending");
        assert!(store.pin(0).is_ok());
        assert!(matches!(store.state(1), FrameState::Failed(_)));
        assert!(matches!(store.pin(1), Err(ReadError::Failed(_))));
        store.seal();
        store.advance(100);
        assert_eq!(store.extent(), Extent { first: 0, end: 3, sealed: true });
    }

    #[test]
    fn dropped_frames_are_gone_and_the_others_keep_their_numbers() {
        let store = store(Awkward { ready: 6, resident: 6, ..Awkward::default() });
        let kept = store.pin(1).expect("ready");
        let before = store.generation();
        store.drop_oldest(2);
        assert_eq!((store.extent().first, store.generation()), (2, before + 2));
        assert!(matches!(store.state(1), FrameState::Pending));
        assert!(matches!(store.pin(1), Err(ReadError::OutOfRange { first: 2, .. })));
        assert_eq!(store.pin(2).expect("ready").samples(), store.frames[2].as_ref());
        assert_eq!(kept.samples(), store.frames[1].as_ref(), "a pinned frame stays readable");
    }

    #[test]
    fn frames_are_evicted_unless_pinned_and_come_back_on_request() {
        let store = store(Awkward { ready: 6, resident: 2, ..Awkward::default() });
        let kept = store.pin(0).expect("ready");
        for frame in 1..6 {
            assert_eq!(store.pin(frame).expect("ready").samples(), store.frames[frame].as_ref());
        }
        assert!(store.resident() <= 3);
        assert!(matches!(store.poll(0), FramePoll::Ready(_)), "pinned frames stay");
        assert_eq!(kept.samples(), store.frames[0].as_ref());
        assert!(matches!(store.poll(1), FramePoll::Pending));
        store.request(1);
        assert!(matches!(store.poll(1), FramePoll::Pending));
        store.settle();
        assert!(matches!(store.poll(1), FramePoll::Ready(_)));
    }
}
