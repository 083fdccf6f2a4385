//! A store over a file whose bytes are frames already: nothing is read until it is touched.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FramePoll, FrameState, Intent, Layout, ReadError, Store,
};

use super::region::Region;

/// Where the frames of a file begin.
#[derive(Debug)]
pub(crate) enum Places {
    /// At equal distances, in bytes; frames from `whole` on are not there.
    Even { first: usize, step: usize, whole: usize },
    /// Each at a place of its own; `None` where it cannot be read.
    Listed(Box<[Option<usize>]>),
}

impl Places {
    /// Where a frame begins; `None` where it is not there.
    fn start(&self, frame: usize) -> Option<usize> {
        match self {
            Self::Even { first, step, whole } => (frame < *whole).then(|| first + frame * step),
            Self::Listed(places) => places.get(frame).copied().flatten(),
        }
    }

    /// Whether all frames of `bytes` bytes lie in a file of `size` bytes, each at a multiple of `align`.
    fn fit(&self, bytes: usize, size: usize, align: usize) -> bool {
        let fits = |start: usize| {
            start.is_multiple_of(align) && start.checked_add(bytes).is_some_and(|end| end <= size)
        };
        match self {
            Self::Even { whole: 0, .. } => true,
            Self::Even { first, step, whole } => {
                let last = step.checked_mul(whole - 1).and_then(|by| by.checked_add(*first));
                step.is_multiple_of(align) && fits(*first) && last.is_some_and(fits)
            }
            Self::Listed(places) => places.iter().flatten().all(|&start| fits(start)),
        }
    }
}

/// Why a frame is not there.
pub(crate) type Fault = Box<dyn Fn(usize) -> FrameFault + Send + Sync>;

/// Frames in a mapped file: dense, native byte order, aligned, wherever each begins.
///
/// Pins and reads touch the disk: workers only. A file that is cut or rewritten while it is open gives
/// [`ReadError::Lost`], from the pin or from [`FrameGuard::verify`]. Memory: none of its own.
pub struct MappedStore {
    region: Arc<Region>,
    layout: Layout,
    places: Places,
    frames: usize,
    fault: Fault,
}

impl MappedStore {
    /// `frames` frames of `layout`; those that are not there are failed with `fault`. `None` unless the file holds the
    /// others and they are aligned for their type.
    pub(crate) fn new(
        region: Arc<Region>,
        layout: Layout,
        places: Places,
        frames: usize,
        fault: Fault,
    ) -> Option<Self> {
        let bytes = layout.frame_bytes();
        let fit = bytes > 0 && places.fit(bytes, region.bytes().len(), layout.dtype.size());
        fit.then(|| Self { region, layout, places, frames, fault })
    }

    fn guard(&self, frame: usize) -> Option<FrameGuard> {
        self.places.start(frame).map(|start| self.region.guard(start, self.layout))
    }
}

impl Store for MappedStore {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.frames, sealed: true }
    }

    fn generation(&self) -> u64 {
        self.frames as u64
    }

    fn state(&self, frame: usize) -> FrameState {
        match self.places.start(frame) {
            _ if frame >= self.frames => FrameState::Pending,
            Some(_) => FrameState::Ready,
            None => FrameState::Failed(Arc::new((self.fault)(frame))),
        }
    }

    fn access(&self) -> Access {
        Access::Mapped
    }

    fn advise(&self, frames: Range<usize>, rows: Range<usize>, intent: Intent) {
        let starts = (frames.start..frames.end.min(self.frames)).filter_map(|frame| self.places.start(frame));
        self.region.advise(self.layout, starts, rows, intent);
    }

    /// Never touches the file: the guard's `verify` says later whether it was still whole.
    fn poll(&self, frame: usize) -> FramePoll {
        match (self.state(frame), self.guard(frame)) {
            (FrameState::Ready, Some(guard)) => FramePoll::Ready(guard),
            (FrameState::Failed(fault), _) => FramePoll::Failed(fault),
            (FrameState::Pending | FrameState::Ready, _) => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        match (self.state(frame), self.guard(frame)) {
            (FrameState::Ready, Some(guard)) => {
                guard.verify()?;
                Ok(guard)
            }
            (FrameState::Failed(fault), _) => Err(ReadError::Failed((*fault).clone())),
            (FrameState::Pending | FrameState::Ready, _) => {
                Err(ReadError::OutOfRange { frame, first: 0, end: self.frames })
            }
        }
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}

impl fmt::Debug for MappedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedStore")
            .field("layout", &self.layout)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}
