//! A rectangle of a store as a store of its own: questions about a few pixels compute no others.

use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState, Layout, ReadError, Rect,
    Samples, Store,
};

/// The pixels of `rect` of every frame of `base`. A pin costs what one of the base costs, or less where the base reads
/// rows; parts that are not whole rows of pinned frames are copied.
#[derive(Debug)]
pub(super) struct Part {
    base: Arc<dyn Store>,
    rect: Rect,
}

/// Whole rows of a pinned frame.
struct Rows {
    guard: FrameGuard,
    bytes: std::ops::Range<usize>,
}

impl FrameOwner for Rows {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        &self.guard.samples().bytes()[self.bytes.clone()]
    }

    fn verify(&self) -> Result<(), ReadError> {
        self.guard.verify()
    }
}

impl Part {
    /// The part of every frame of `base`.
    pub(super) fn of(base: Arc<dyn Store>, rect: Rect) -> Arc<dyn Store> {
        Arc::new(Self { base, rect })
    }
}

impl Store for Part {
    fn layout(&self) -> Layout {
        let Layout { frame, dtype } = self.base.layout();
        Layout { frame: FrameShape::new(self.rect.height, self.rect.width, frame.channels), dtype }
    }

    fn extent(&self) -> Extent {
        self.base.extent()
    }

    fn generation(&self) -> u64 {
        self.base.generation()
    }

    fn state(&self, frame: usize) -> FrameState {
        self.base.state(frame)
    }

    fn access(&self) -> Access {
        self.base.access()
    }

    fn request(&self, frame: usize) {
        self.base.request(frame);
    }

    /// Never there without work: the part is cut out by `pin`.
    fn poll(&self, frame: usize) -> FramePoll {
        match self.base.state(frame) {
            FrameState::Failed(fault) => FramePoll::Failed(fault),
            FrameState::Ready | FrameState::Pending => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let Layout { frame: shape, dtype } = self.layout();
        if self.rect.width == self.base.layout().frame.width && !self.base.reads_rows() {
            let guard = self.base.pin(frame)?;
            let start = self.rect.y * shape.row() * dtype.size();
            let bytes = start..start + shape.samples() * dtype.size();
            return Ok(FrameGuard::new(Arc::new(Rows { guard, bytes }), 0, dtype, shape));
        }
        let mut part = Samples::zeros(dtype, shape.samples());
        self.base.read_into(frame, self.rect, part.as_mut())?;
        Ok(FrameGuard::from_samples(part, shape))
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}
