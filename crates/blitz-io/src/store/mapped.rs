//! A store over a file whose bytes are frames already: nothing is read until it is touched.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FramePoll, FrameState, Intent, Layout, ReadError, Store,
};

use super::region::{FrameBytes, Region};

/// Frames in a mapped file: dense, native byte order, aligned, one after the other.
///
/// Pins and reads touch the disk: workers only. A file that is cut or rewritten while it is open gives
/// [`ReadError::Lost`], from the pin or from [`FrameGuard::verify`]. Memory: none of its own.
pub struct MappedStore {
    region: Arc<Region>,
    layout: Layout,
    offset: usize,
    frames: usize,
    /// Frames from here on were cut off before the file was opened.
    whole: usize,
    fault: Box<dyn Fn(usize) -> FrameFault + Send + Sync>,
}

impl MappedStore {
    /// Frames of `layout` from byte `offset` on; those from `whole` on are failed with `fault`. `None` unless
    /// the file holds `whole` frames and they are aligned for their type.
    pub(crate) fn new(
        region: Arc<Region>,
        layout: Layout,
        offset: usize,
        frames: usize,
        whole: usize,
        fault: Box<dyn Fn(usize) -> FrameFault + Send + Sync>,
    ) -> Option<Self> {
        let bytes = layout.frame_bytes();
        let end = bytes.checked_mul(whole)?.checked_add(offset)?;
        let aligned = offset.is_multiple_of(layout.dtype.size());
        (aligned && bytes > 0 && whole <= frames && end <= region.bytes().len()).then(|| Self {
            region,
            layout,
            offset,
            frames,
            whole,
            fault,
        })
    }

    fn guard(&self, frame: usize) -> FrameGuard {
        self.region.guard(self.offset + frame * self.layout.frame_bytes(), self.layout)
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
        match frame {
            f if f < self.whole => FrameState::Ready,
            f if f < self.frames => FrameState::Failed(Arc::new((self.fault)(f))),
            _ => FrameState::Pending,
        }
    }

    fn access(&self) -> Access {
        Access::Mapped
    }

    fn advise(&self, frames: Range<usize>, rows: Range<usize>, intent: Intent) {
        let at = FrameBytes { offset: self.offset, layout: self.layout };
        self.region.advise(&at, frames.start..frames.end.min(self.whole), rows, intent);
    }

    /// Never touches the file: the guard's `verify` says later whether it was still whole.
    fn poll(&self, frame: usize) -> FramePoll {
        match self.state(frame) {
            FrameState::Ready => FramePoll::Ready(self.guard(frame)),
            FrameState::Failed(fault) => FramePoll::Failed(fault),
            FrameState::Pending => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        match self.state(frame) {
            FrameState::Ready => {
                let guard = self.guard(frame);
                guard.verify()?;
                Ok(guard)
            }
            FrameState::Failed(fault) => Err(ReadError::Failed((*fault).clone())),
            FrameState::Pending => Err(ReadError::OutOfRange { frame, first: 0, end: self.frames }),
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
            .field("whole", &self.whole)
            .finish_non_exhaustive()
    }
}
