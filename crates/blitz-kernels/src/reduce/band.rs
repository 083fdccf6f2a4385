//! What a reducer asks of the accumulators of one band.

use std::borrow::Cow;

use super::{Counts, Method, Wanted};
use crate::element::Element;
use crate::mask::Cover;

/// Frames at most that states hold, so that no sum overflows.
pub(super) const MOST_FRAMES: u64 = (1 << 31) - 1;

/// Accumulators of one band.
pub(super) trait Band: Clone + Send + Sync {
    type Sample: Element;
    fn new(samples: usize, wanted: Wanted) -> Self;
    /// Frames begin with this block; none was pushed yet.
    fn start_at(&mut self, block: u64);
    /// Adds frames in order; `blocks` says how many of them belong to which block.
    fn push(&mut self, frames: &[&[Self::Sample]], blocks: &[(u64, usize)], cover: &Cover);
    /// Adds what `later` gathered from later blocks.
    fn merge(&mut self, later: &Self);
    /// With all blocks joined, as results and counts need it.
    fn settled(&self) -> Cow<'_, Self>;
    /// The result for one sample as f64 (exact for minimum and maximum), NaN if missing.
    fn value(&self, index: usize, method: Method, ddof: u32) -> f64;
    /// Minimum or maximum in the source type.
    fn extremes(&self, method: Method) -> Vec<Self::Sample>;
    fn counts(&self) -> Counts;
    fn samples(&self) -> usize;
    fn exact_sum(&self, index: usize) -> Option<i128>;
}

/// The next values; none of what is empty.
pub(super) fn front<T>(values: &mut std::vec::IntoIter<T>, count: usize) -> Vec<T> {
    values.take(count).collect()
}
