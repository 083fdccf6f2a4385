//! Rows of a frame that is continued by its mirror image.

use std::ops::Range;

use blitz_core::FrameShape;
use rayon::prelude::*;

use crate::pipeline::Working;

/// Rows per task: the results of a task and the rows around them stay in a second-level cache.
pub(super) const ROWS: usize = 32;

/// Where position `at` of an axis of `len` > 0 samples lies: `d c b a | a b c d | d c b a`.
pub(super) fn mirrored(at: isize, len: usize) -> usize {
    let folded = at.rem_euclid(2 * len as isize) as usize;
    if folded < len { folded } else { 2 * len - 1 - folded }
}

/// A frame and which of its rows have missing samples.
pub(super) struct Image<'a, W> {
    pub(super) samples: &'a [W],
    pub(super) shape: FrameShape,
    has_nan: Vec<bool>,
}

impl<'a, W: Working> Image<'a, W> {
    /// # Panics
    /// If the buffers do not fit the shape.
    pub(super) fn new(samples: &'a [W], shape: FrameShape, out: &[W]) -> Self {
        assert_eq!(samples.len(), shape.samples(), "the frame fits its shape");
        assert_eq!(out.len(), shape.samples(), "the result fits the shape");
        let row = shape.row().max(1);
        let has_nan = samples
            .par_chunks(row)
            .with_min_len(ROWS)
            .map(|row| row.iter().fold(false, |any, v| any | v.is_nan()))
            .collect();
        Self { samples, shape, has_nan }
    }

    /// Row `y`, which may lie outside the frame.
    pub(super) fn row(&self, y: isize) -> &'a [W] {
        let y = mirrored(y, self.shape.height);
        &self.samples[y * self.shape.row()..(y + 1) * self.shape.row()]
    }

    /// Whether a row within `radius` of the rows `rows` has missing samples.
    pub(super) fn has_nan(&self, rows: Range<usize>, radius: usize) -> bool {
        let (first, end) = (rows.start as isize - radius as isize, (rows.end + radius) as isize);
        let most = 2 * self.shape.height as isize;
        (first..end.min(first + most)).any(|y| self.has_nan[mirrored(y, self.shape.height)])
    }

    /// Runs `each` for groups of [`ROWS`] rows of the result.
    pub(super) fn in_parallel(&self, out: &mut [W], each: impl Fn(Range<usize>, &mut [W]) + Sync) {
        let row = self.shape.row();
        if row == 0 {
            return;
        }
        out.par_chunks_mut(ROWS * row).enumerate().for_each(|(i, out)| {
            each(i * ROWS..i * ROWS + out.len() / row, out);
        });
    }
}

/// Continues a row of `channels` samples per pixel by `radius` pixels on both sides: `padded` holds it in
/// its middle.
pub(super) fn pad<T: Copy>(padded: &mut [T], radius: usize, channels: usize) {
    let width = padded.len() / channels - 2 * radius;
    for side in (0..radius).chain(radius + width..2 * radius + width) {
        let from = (radius + mirrored(side as isize - radius as isize, width)) * channels;
        padded.copy_within(from..from + channels, side * channels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_repeat_the_outermost_sample() {
        let places: Vec<usize> = (-4..8).map(|at| mirrored(at, 3)).collect();
        assert_eq!(places, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
        assert_eq!(mirrored(-9, 1), 0);
        let mut row = [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0];
        pad(&mut row, 2, 2);
        assert_eq!(row, [3, 4, 1, 2, 1, 2, 3, 4, 3, 4, 1, 2]);
    }
}
