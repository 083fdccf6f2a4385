//! Steps on a rectangle of the image.

use std::sync::Arc;

use blitz_core::Rect;
use blitz_kernels::pipeline::Working;

use super::super::part::Part;
use super::derived::{DerivedStore, Pixels, Stage};
use crate::recipe::step::compute::Op;

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
        let wanted = rect;
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
        Some((self.over(store, stages, Pixels { held: rect, wanted }), rect))
    }
}
