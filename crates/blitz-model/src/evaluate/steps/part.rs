//! A rectangle of a store as a store of its own: questions about a few pixels compute no others.

use std::sync::Arc;

use blitz_core::{
    Access, Extent, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState, Layout, ReadError, Rect,
    Samples, Store,
};
use blitz_kernels::pipeline::Working;

use super::derived::{DerivedStore, Stage};
use crate::recipe::step::compute::Op;

/// The pixels of `rect` of every frame of `base`. A pin costs what one of the base costs, or less where the base reads
/// rows; parts that are not whole rows of pinned frames are copied.
#[derive(Debug)]
pub(in crate::evaluate) struct Part {
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
    pub(in crate::evaluate) fn of(base: Arc<dyn Store>, rect: Rect) -> Arc<dyn Store> {
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

impl<W: Working> DerivedStore<W> {
    /// The same steps on no more pixels than `rect` needs, and the rectangle that those pixels fill: `rect` and,
    /// where steps smooth over the image, a margin around it. Inside `rect` values have the same bits. `None` where
    /// a step needs all pixels: the mean of a window's picture.
    pub(super) fn part(&self, rect: Rect) -> Option<(Self, Rect)> {
        let normalised =
            |stage: &Stage<W>| matches!(stage, Stage::Point(ops) if ops.iter().any(Op::is_normalised));
        if self.stages().iter().any(normalised) {
            return None;
        }
        let shape = self.base().store.layout().frame;
        let margin: usize = self
            .stages()
            .iter()
            .map(|stage| if let Stage::Space(step) = stage { step.reach() } else { 0 })
            .sum();
        let (x, y) = (rect.x.saturating_sub(margin), rect.y.saturating_sub(margin));
        let (right, bottom) = (
            (rect.x + rect.width).saturating_add(margin).min(shape.width),
            (rect.y + rect.height).saturating_add(margin).min(shape.height),
        );
        let rect = Rect::new(x, y, right - x, bottom - y);
        let store = Part::of(Arc::clone(&self.base().store), rect);
        let stages = self
            .stages()
            .iter()
            .map(|stage| match stage {
                Stage::Point(ops) => Stage::Point(ops.iter().map(|op| op.part(shape, rect)).collect()),
                Stage::Space(step) => Stage::Space(step.clone()),
                Stage::Time(step) => Stage::Time(step.clone()),
            })
            .collect();
        Some((self.over(store, stages, rect), rect))
    }
}
