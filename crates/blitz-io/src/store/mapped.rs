//! A store over a file whose bytes are frames already: nothing is read until it is touched.

use std::fmt;
use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FrameOwner, FramePoll, FrameState, Layout, ReadError, Store,
};

use super::region::Region;

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
        let start = self.offset + frame * self.layout.frame_bytes();
        let owner =
            MappedFrame { region: Arc::clone(&self.region), start, end: start + self.layout.frame_bytes() };
        FrameGuard::new(Arc::new(owner), frame, self.layout.dtype, self.layout.frame)
    }
}

/// One pinned frame: it is lost only if its own bytes are.
struct MappedFrame {
    region: Arc<Region>,
    start: usize,
    end: usize,
}

impl FrameOwner for MappedFrame {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        &self.region.bytes()[self.start..self.end]
    }

    fn verify(&self) -> Result<(), ReadError> {
        self.region.verify(self.end as u64)
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
