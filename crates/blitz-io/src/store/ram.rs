//! Frames in memory, filled by workers while others already read them.
//!
//! One reservation of untouched zero pages holds all frames: memory is used as frames arrive, and nothing is
//! ever moved. Each frame has a state byte.
//!
//! # Why nobody sees a half-written frame
//! * `PENDING → FILLING` happens by compare-and-swap, so at most one [`SlotWriter`] per frame exists, and only
//!   it touches the frame's bytes; the frames' byte ranges do not overlap.
//! * [`SlotWriter::publish`] stores `READY` with *release* after its last write. Readers load the state with
//!   *acquire* and touch the bytes only where they saw `READY`, so every write happens before every read.
//! * `READY` and `FAILED` are final: no writer is given for such a frame again, so guards read bytes that
//!   nobody writes. A writer that is dropped unpublished stores `PENDING` with *release*; the next writer's
//!   compare-and-swap *acquires* it.
//! * The fault of a failed frame is in the table before its state becomes `FAILED`.
//! * `generation` is incremented with *release* after the state is stored, so who sees the generation sees the
//!   states that it counts.
#![allow(unsafe_code, reason = "frames are written by many threads through one reservation, see above")]

use std::fmt;
use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FrameOwner, FramePoll, FrameState, Layout, ReadError, SamplesMut,
    Store,
};
use memmap2::{MmapMut, MmapRaw};

use super::states::{Counts, States};
use crate::AllocError;

/// A store of frames in memory. Cheap to share; readers and writers do not wait for each other.
pub struct RamStore {
    slots: Arc<Slots>,
}

struct Slots {
    layout: Layout,
    memory: MmapRaw,
    states: States,
}

impl RamStore {
    /// Reserves room for `frames` frames, all pending. Memory is used only as frames are filled.
    ///
    /// # Errors
    /// If the size overflows or the system refuses the reservation.
    pub fn new(layout: Layout, frames: usize) -> Result<Arc<Self>, AllocError> {
        let refused = |needed: u64, reason: String| AllocError { needed, frames, reason };
        let bytes = layout
            .frame
            .checked_samples()
            .and_then(|samples| samples.checked_mul(layout.dtype.size()))
            .and_then(|bytes| bytes.checked_mul(frames))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(|| refused(u64::MAX, "that is more than any memory".to_owned()))?;
        let memory = MmapMut::map_anon(bytes.max(1)).map_err(|e| refused(bytes as u64, e.to_string()))?;
        #[cfg(target_os = "linux")]
        {
            // A hint only: first touches cost less with huge pages, and the stack is used as a whole.
            let _ = memory.advise(memmap2::Advice::HugePage);
        }
        let states = States::new(frames).map_err(|e| refused(bytes as u64, e.to_string()))?;
        let memory = MmapRaw::from(memory);
        Ok(Arc::new(Self { slots: Arc::new(Slots { layout, memory, states }) }))
    }

    /// The right to fill frame `frame`; `None` if it does not exist, is being filled, or has left *pending*.
    pub fn writer(&self, frame: usize) -> Option<SlotWriter> {
        self.slots.states.claim(frame).then(|| SlotWriter {
            slots: Arc::clone(&self.slots),
            frame,
            open: true,
        })
    }

    /// Fails every frame that is pending and not being filled, with the fault that `fault` gives for its
    /// frame number in the store. Gives back how many. Used when a load is cancelled, after its workers ended.
    pub fn fail_pending(&self, fault: impl Fn(usize) -> FrameFault) -> usize {
        (0..self.slots.states.frames())
            .filter_map(|frame| self.writer(frame).map(|writer| writer.fail(fault(frame))))
            .count()
    }

    /// Says that no frame will change any more.
    pub fn seal(&self) {
        self.slots.states.seal();
    }

    /// Faults of all failed frames, by frame.
    pub fn faults(&self) -> Vec<Arc<FrameFault>> {
        self.slots.states.faults()
    }

    /// How many frames stand where.
    pub fn counts(&self) -> Counts {
        self.slots.states.counts()
    }
}

impl Slots {
    /// First byte of a frame; `frame` exists.
    fn start(&self, frame: usize) -> *mut u8 {
        assert!(frame < self.states.frames(), "frame {frame} exists");
        // SAFETY: the reservation has `frames × frame_bytes` bytes and `frame < frames`.
        unsafe { self.memory.as_mut_ptr().add(frame * self.layout.frame_bytes()) }
    }
}

impl FrameOwner for Slots {
    fn frame_bytes(&self, slot: usize) -> &[u8] {
        assert!(self.states.is_ready(slot), "guards exist only for ready frames");
        // SAFETY: the range lies inside the reservation, which lives as long as `self`; the frame is READY
        // (acquire), so its writes happened before and no writer can exist again.
        unsafe { std::slice::from_raw_parts(self.start(slot), self.layout.frame_bytes()) }
    }
}

impl Store for RamStore {
    fn layout(&self) -> Layout {
        self.slots.layout
    }

    fn extent(&self) -> Extent {
        self.slots.states.extent()
    }

    fn generation(&self) -> u64 {
        self.slots.states.generation()
    }

    fn state(&self, frame: usize) -> FrameState {
        self.slots.states.state(frame)
    }

    fn access(&self) -> Access {
        Access::Resident
    }

    fn poll(&self, frame: usize) -> FramePoll {
        match self.pin(frame) {
            Ok(guard) => FramePoll::Ready(guard),
            Err(ReadError::Failed(_)) => FramePoll::Failed(self.slots.states.fault(frame)),
            Err(_) => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        self.slots.states.check(frame)?;
        let Layout { dtype, frame: shape } = self.slots.layout;
        let owner: Arc<dyn FrameOwner> = Arc::clone(&self.slots) as _;
        Ok(FrameGuard::new(owner, frame, dtype, shape))
    }

    fn memory_bytes(&self) -> u64 {
        self.counts().ready as u64 * self.slots.layout.frame_bytes() as u64
    }
}

impl fmt::Debug for RamStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RamStore")
            .field("layout", &self.slots.layout)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// The only writer of one frame. Dropped without [`publish`](Self::publish) or [`fail`](Self::fail), it makes
/// the frame pending again.
pub struct SlotWriter {
    slots: Arc<Slots>,
    frame: usize,
    open: bool,
}

impl SlotWriter {
    /// Frame number in the store.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// The frame's samples. Zero at first; what an abandoned writer wrote otherwise.
    pub fn samples(&mut self) -> SamplesMut<'_> {
        let layout = self.slots.layout;
        // SAFETY: the range lies inside the reservation, is page or sample aligned and initialised (zero
        // pages); this writer holds the frame FILLING, so nobody else reads or writes it, and `&mut self`
        // keeps this borrow the only one.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(self.slots.start(self.frame), layout.frame_bytes()) };
        SamplesMut::from_bytes(layout.dtype, bytes)
    }

    /// The samples are complete: readers may have them.
    pub fn publish(mut self) {
        self.open = false;
        self.slots.states.publish(self.frame);
    }

    /// The frame cannot be read. It keeps its place in time.
    pub fn fail(mut self, fault: FrameFault) {
        self.open = false;
        self.slots.states.fail(self.frame, fault);
    }
}

impl Drop for SlotWriter {
    fn drop(&mut self) {
        if self.open {
            self.slots.states.release(self.frame);
        }
    }
}

impl fmt::Debug for SlotWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotWriter").field("frame", &self.frame).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::{DType, FrameShape};

    fn layout() -> Layout {
        Layout { frame: FrameShape::new(8, 16, 1), dtype: DType::U32 }
    }

    fn fault(frame: usize) -> FrameFault {
        FrameFault { file: None, frame, reason: "cancelled".to_owned() }
    }

    #[test]
    fn a_frame_has_one_writer_and_one_fate() {
        let store = RamStore::new(layout(), 3).expect("small");
        let writer = store.writer(1).expect("pending");
        assert!(store.writer(1).is_none(), "one writer at a time");
        assert!(store.writer(3).is_none(), "no such frame");
        drop(writer);
        let mut writer = store.writer(1).expect("given back");
        writer.samples().bytes().fill(7);
        writer.publish();
        assert!(store.writer(1).is_none());
        assert_eq!(store.pin(1).expect("ready").samples().bytes()[0], 7);
        assert_eq!(store.pin(0).expect_err("not yet"), ReadError::Pending { frame: 0 });
        assert!(matches!(store.pin(3), Err(ReadError::OutOfRange { end: 3, .. })));
        assert_eq!(store.counts(), Counts { ready: 1, failed: 0, pending: 2 });

        assert_eq!(store.fail_pending(fault), 2);
        store.seal();
        assert_eq!(store.counts(), Counts { ready: 1, failed: 2, pending: 0 });
        assert_eq!(store.generation(), 3);
        assert_eq!(store.faults().len(), 2);
        assert!(store.extent().sealed);
        assert!(matches!(store.poll(0), FramePoll::Failed(f) if f.reason == "cancelled"));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let huge = Layout { frame: FrameShape::new(1 << 31, 1 << 31, 4), dtype: DType::F64 };
        let error = RamStore::new(huge, 1 << 20).expect_err("overflows");
        assert_eq!(error.needed, u64::MAX);
        let error =
            RamStore::new(Layout { frame: FrameShape::new(1 << 22, 1 << 22, 1), dtype: DType::F64 }, 4096)
                .expect_err("more than any address space");
        assert!(error.to_string().contains("--every"), "{error}");
        assert!(RamStore::new(layout(), 0).is_ok(), "no frames need no memory");
    }

    /// Writers race for frames, abandon some, and readers check that what is ready is whole.
    #[test]
    fn threads_never_see_half_a_frame() {
        const FRAMES: usize = 600;
        let store = RamStore::new(layout(), FRAMES).expect("small");
        std::thread::scope(|scope| {
            for worker in 0..4_usize {
                let store = &store;
                scope.spawn(move || {
                    for turn in 0..2 * FRAMES {
                        let frame = (turn + worker * 7) % FRAMES;
                        let Some(mut writer) = store.writer(frame) else { continue };
                        if let SamplesMut::U32(samples) = writer.samples() {
                            for v in samples.iter_mut() {
                                *v = frame as u32 + 1;
                            }
                        }
                        match (turn + worker) % 5 {
                            0 if turn < FRAMES => drop(writer),
                            1 => writer.fail(fault(frame)),
                            _ => writer.publish(),
                        }
                    }
                });
            }
            for _ in 0..2 {
                let store = &store;
                scope.spawn(move || {
                    let mut last = 0;
                    while last < FRAMES as u64 {
                        let generation = store.generation();
                        assert!(generation >= last, "generations only grow");
                        last = generation;
                        let seen = (0..FRAMES).filter(|&f| store.state(f) != FrameState::Pending).count();
                        assert!(seen as u64 >= generation, "a generation counts states one can see");
                        for frame in 0..FRAMES {
                            if let Ok(guard) = store.pin(frame) {
                                let blitz_core::SamplesRef::U32(samples) = guard.samples() else {
                                    panic!("the type is fixed")
                                };
                                assert!(samples.iter().all(|&v| v == frame as u32 + 1));
                            }
                        }
                    }
                });
            }
        });
        let counts = store.counts();
        assert_eq!((counts.ready + counts.failed, counts.pending), (FRAMES, 0));
        assert_eq!(store.faults().len(), counts.failed);
    }
}
