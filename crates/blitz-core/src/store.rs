//! The store's contract: where frames lie and how they are read.
//!
//! A stack is a store of frames, not an array. The frames may lie in memory, in a mapped file, behind a
//! decoder, or arrive while one looks; whoever computes sees only this trait.
//!
//! # Contract
//! * Frames are named by **absolute ids** `extent().first .. extent().end`. An id never changes its frame.
//! * A frame is *pending*, then *ready* or *failed*, and stays so. `generation` grows with each frame that
//!   leaves *pending*, so an answer computed at generation g is complete iff the store is sealed and its
//!   generation is still g.
//! * Samples are dense (row stride = `width × channels` samples), native-endian and aligned for their type,
//!   whatever the file does; [`Layout`] states it.
//! * [`FrameGuard`]s are owned pins. A store may evict frames that are not pinned; a ready frame that is not
//!   resident can always be read again.
//! * Nobody sees a half-written frame: a store publishes a frame's state with *release* after its samples
//!   are written and reads it with *acquire* before it hands out a guard.
//! * `state`, `poll`, `request`, `extent` and `generation` never block and never touch the backing storage:
//!   the window's thread may call them. `pin` and `read_into` may block and decode: workers only.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::{
    DType, FrameFault, FrameGuard, FrameShape, FrameState, ReadError, Rect, SamplesMut, with_samples_mut,
};

/// Memory layout of every frame of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Shape of each frame.
    pub frame: FrameShape,
    /// Element type, native byte order.
    pub dtype: DType,
}

impl Layout {
    /// Bytes per frame.
    pub const fn frame_bytes(self) -> usize {
        self.frame.samples() * self.dtype.size()
    }

    /// Bytes from one row to the next: rows are dense.
    pub const fn row_stride(self) -> usize {
        self.frame.row() * self.dtype.size()
    }
}

/// Which frames exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First frame that still exists (0 unless a live store has dropped its oldest frames).
    pub first: usize,
    /// One past the last frame.
    pub end: usize,
    /// Whether no more frames will come.
    pub sealed: bool,
}

/// What a `pin` costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Frames lie in memory: a pin is free.
    Resident,
    /// Frames lie in a mapped file: a pin is free, touching the samples may read the disk.
    Mapped,
    /// Each pin decodes or converts a frame: pin each frame once and use it for everything.
    Decoded,
}

/// What a reader says of frames that it goes through one after the other, see [`Store::advise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// They are read next.
    Soon,
    /// They were read and are not needed again soon.
    Done,
}

/// Answer of a non-blocking [`Store::poll`].
#[derive(Clone, Debug)]
pub enum FramePoll {
    /// The frame, pinned.
    Ready(FrameGuard),
    /// Not there now; [`Store::request`] brings it.
    Pending,
    /// Will never come.
    Failed(Arc<FrameFault>),
}

/// Where the frames of a stack lie. See the module's page for the contract.
pub trait Store: Send + Sync + fmt::Debug {
    /// Layout of every frame.
    fn layout(&self) -> Layout;

    /// Which frames exist.
    fn extent(&self) -> Extent;

    /// Grows with each frame that becomes ready or failed and with each frame that appears.
    fn generation(&self) -> u64;

    /// Where frame `frame` stands. Frames that do not exist are pending.
    fn state(&self, frame: usize) -> FrameState;

    /// What a pin costs.
    fn access(&self) -> Access;

    /// Asks for a frame to be brought into memory; returns at once. Stores whose frames are all resident do
    /// nothing.
    fn request(&self, _frame: usize) {}

    /// Hears what a reader is about to do with rows `rows` of the frames `frames`, so that a recording larger than
    /// memory is read ahead and what was read makes room. Changes nothing that anybody reads, and is worth its
    /// cost only for such recordings: pages that are dropped are read from the disk again. Stores that hold no
    /// file do nothing. May touch the backing storage: workers only.
    fn advise(&self, _frames: Range<usize>, _rows: Range<usize>, _intent: Intent) {}

    /// The frame, if it is there now. Never blocks.
    fn poll(&self, frame: usize) -> FramePoll;

    /// The frame, pinned; blocks, reads and decodes as needed.
    ///
    /// # Errors
    /// If the frame is not loaded yet, has failed, does not exist, or its storage was lost.
    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError>;

    /// Reads the rectangle `rect` of a frame into `out`, dense. Costs what [`Store::pin`] costs unless the
    /// store can read less.
    ///
    /// # Errors
    /// As [`Store::pin`].
    ///
    /// # Panics
    /// If the rectangle leaves the frame, or `out` has another type or size than the rectangle.
    fn read_into(&self, frame: usize, rect: Rect, out: SamplesMut<'_>) -> Result<(), ReadError> {
        copy_rect(&self.pin(frame)?, rect, out)
    }

    /// Whether a rectangle costs less by [`Store::read_into`] than by a pin of its frame: the rows that it lies in.
    fn reads_rows(&self) -> bool {
        false
    }

    /// Bytes of anonymous memory that the store holds now (not those of mapped files).
    fn memory_bytes(&self) -> u64;
}

/// Copies a rectangle out of a pinned frame.
///
/// # Errors
/// If the frame's storage was lost meanwhile.
///
/// # Panics
/// As [`Store::read_into`].
pub fn copy_rect(guard: &FrameGuard, rect: Rect, out: SamplesMut<'_>) -> Result<(), ReadError> {
    let shape = guard.shape();
    assert!(rect.fits(shape), "rectangle {rect} lies inside the frame");
    let channels = shape.channels;
    with_samples_mut!(out, out => {
        let samples = crate::samples::typed(guard.samples());
        assert_eq!(out.len(), rect.pixels() * channels, "buffer fits the rectangle");
        for (row, line) in out.chunks_exact_mut(rect.width * channels).enumerate() {
            let start = (rect.y + row) * shape.row() + rect.x * channels;
            line.copy_from_slice(&samples[start..start + line.len()]);
        }
    });
    guard.verify()
}
