//! Values at the pixels of a larger or smaller picture.

use blitz_core::{FrameShape, Sample};
use serde::{Deserialize, Serialize};

use crate::MISSING_COLOR;
use crate::image::opaque;

/// How the pixels that fall into one pixel of a smaller picture become one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shrink {
    /// The mean, so that noise goes down as in any honest average.
    #[default]
    Mean,
    /// The maximum, so that one hot pixel is not lost.
    Maximum,
}

/// Source pixels `start..end` along one axis for each target pixel. Larger or equal: the one pixel under the
/// target pixel's centre. Smaller: consecutive blocks that together cover every source pixel exactly once.
pub(crate) fn spans(source: usize, target: usize) -> Vec<(usize, usize)> {
    let (s, t) = (source as u64, target as u64);
    (0..t)
        .map(|i| {
            let (start, end) = if t >= s {
                let x = (2 * i + 1) * s / (2 * t);
                (x, x + 1)
            } else {
                (i * s / t, (i + 1) * s / t)
            };
            (start as usize, end as usize)
        })
        .collect()
}

/// Target size of `source` pixels: rounded, at least 1 unless there is nothing.
pub(crate) fn zoomed(source: usize, zoom: f64) -> usize {
    if source == 0 { 0 } else { (source as f64 * zoom).round().max(1.0) as usize }
}

/// The samples of a frame with its mask.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a, S> {
    pub(crate) samples: &'a [S],
    pub(crate) shape: FrameShape,
    pub(crate) valid: Option<&'a [bool]>,
}

impl<S: Sample> Plane<'_, S> {
    /// One sample as f64; NaN where it is missing.
    #[inline]
    pub(crate) fn value(&self, x: usize, y: usize, channel: usize) -> f64 {
        let pixel = y * self.shape.width + x;
        if self.valid.is_some_and(|valid| !valid[pixel]) {
            return f64::NAN;
        }
        self.samples[pixel * self.shape.channels + channel].to_f64()
    }

    /// The colours of one channel of a row, masked pixels as [`MISSING_COLOR`].
    #[inline]
    pub(crate) fn colors(
        &self,
        y: usize,
        channel: usize,
        out: &mut Vec<[u8; 4]>,
        color: impl Fn(S) -> [u8; 4],
    ) {
        let FrameShape { width, channels, .. } = self.shape;
        out.clear();
        let row = &self.samples[y * width * channels..(y + 1) * width * channels];
        if channels == 1 {
            out.extend(row.iter().map(|&v| color(v)));
        } else {
            out.extend(row.chunks_exact(channels).map(|pixel| color(pixel[channel])));
        }
        self.mask(y, out);
    }

    /// The colours of the first three channels of a row, masked pixels as [`MISSING_COLOR`].
    #[inline]
    pub(crate) fn rgb_colors(&self, y: usize, out: &mut Vec<[u8; 4]>, color: impl Fn([S; 3]) -> [u8; 4]) {
        let FrameShape { width, channels, .. } = self.shape;
        out.clear();
        let row = &self.samples[y * width * channels..(y + 1) * width * channels];
        out.extend(row.chunks_exact(channels).map(|pixel| color([pixel[0], pixel[1], pixel[2]])));
        self.mask(y, out);
    }

    fn mask(&self, y: usize, colors: &mut [[u8; 4]]) {
        if let Some(valid) = self.valid {
            let row = &valid[y * self.shape.width..];
            for (color, _) in colors.iter_mut().zip(row).filter(|(_, valid)| !**valid) {
                *color = opaque(MISSING_COLOR);
            }
        }
    }

    /// One value for a block of pixels; missing samples are left out, NaN where none is left. Infinite
    /// samples count, so a mean over both signs of infinity is missing.
    #[inline]
    pub(crate) fn block(
        &self,
        (x0, x1): (usize, usize),
        (y0, y1): (usize, usize),
        channel: usize,
        shrink: Shrink,
    ) -> f64 {
        if x1 - x0 == 1 && y1 - y0 == 1 {
            return self.value(x0, y0, channel);
        }
        let values = (y0..y1).flat_map(|y| (x0..x1).map(move |x| self.value(x, y, channel)));
        let present = values.filter(|v| !v.is_nan());
        match shrink {
            Shrink::Maximum => present.fold(f64::NAN, f64::max),
            Shrink::Mean => {
                let (sum, count) = present.fold((0.0, 0_u64), |(sum, count), v| (sum + v, count + 1));
                sum / count as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_factors_repeat_pixels() {
        assert_eq!(spans(2, 6), [(0, 1), (0, 1), (0, 1), (1, 2), (1, 2), (1, 2)]);
        assert_eq!(spans(5, 5).iter().map(|s| s.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(spans(0, 0), []);
    }

    proptest! {
        #[test]
        fn smaller_covers_every_pixel_once(source in 1_usize..300, target in 1_usize..300) {
            let spans = spans(source, target);
            prop_assert_eq!(spans.len(), target);
            prop_assert!(spans.iter().all(|s| s.0 < s.1 && s.1 <= source));
            if target < source {
                prop_assert_eq!(spans[0].0, 0);
                prop_assert_eq!(spans[target - 1].1, source);
                prop_assert!(spans.windows(2).all(|w| w[0].1 == w[1].0));
            }
        }
    }
}
