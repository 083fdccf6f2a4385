//! Gaussian smoothing in space.

use blitz_core::{Cancel, FrameShape};

use super::rows::{Image, pad};
use crate::pipeline::Working;
use crate::simd::{self, Level, Work};

/// The weights of a Gaussian of standard deviation `sigma`, cut off at 4 sigma (the nearest whole number of
/// samples) and scaled to a sum of 1: an odd number, symmetric. A `sigma` of 0 gives one weight of 1.
///
/// # Panics
/// If `sigma` is negative or not finite.
pub fn gaussian_weights(sigma: f64) -> Vec<f64> {
    assert!(sigma.is_finite() && sigma >= 0.0, "sigma is 0 or positive, not {sigma}");
    let radius = (4.0 * sigma + 0.5) as i64;
    let weight = |x: i64| if x == 0 { 1.0 } else { (-0.5 / (sigma * sigma) * (x * x) as f64).exp() };
    let weights: Vec<f64> = (-radius..=radius).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// Smooths a frame by a Gaussian of standard deviation `sigma` pixels, each channel by itself.
///
/// # Shape
/// `(H, W, C)` in and out.
///
/// # Values
/// `gaussian_filter` of `SciPy` where no sample is missing (it rounds to the element type between the axes,
/// this does not). Missing samples: the weighted mean of those that are there.
///
/// # Cost
/// O(sigma) per sample: two passes of 8 · sigma + 1 weights in f64. Scratch: two rows per worker.
///
/// What `cancel` stops is left half done.
///
/// # Panics
/// If the buffers do not fit the shape, or `sigma` is negative or not finite.
pub fn gaussian<W: Working>(frame: &[W], shape: FrameShape, sigma: f64, out: &mut [W], cancel: &Cancel) {
    let weights = gaussian_weights(sigma);
    let half = &weights[weights.len() / 2..];
    let radius = half.len() - 1;
    let level = Level::current();
    let image = Image::new(frame, shape, out);
    image.in_parallel(out, |rows, out| {
        let holes = image.has_nan(rows.clone(), radius);
        let mut scratch = Scratch::new(shape, radius, holes);
        for (y, out) in rows.zip(out.chunks_exact_mut(shape.row())) {
            if cancel.is_cancelled() {
                return;
            }
            let mut around = vec![image.row(y as isize)];
            for k in 1..=radius as isize {
                around.extend([image.row(y as isize - k), image.row(y as isize + k)]);
            }
            let (channels, scratch) = (shape.channels, &mut scratch);
            simd::run(level, Row { around, half, channels, scratch, out, cancel });
        }
    });
}

/// Rows continued on both sides: sums down the columns, and the same of the weights that were there.
struct Scratch {
    sums: Vec<f64>,
    /// Empty if nothing is missing around.
    weights: Vec<f64>,
}

impl Scratch {
    fn new(shape: FrameShape, radius: usize, holes: bool) -> Self {
        let len = (shape.width + 2 * radius) * shape.channels;
        Self { sums: vec![0.0; len], weights: vec![0.0; if holes { len } else { 0 }] }
    }
}

/// One row of the result. `around` is the row itself, then those above and below at growing distances.
struct Row<'a, W> {
    around: Vec<&'a [W]>,
    half: &'a [f64],
    channels: usize,
    scratch: &'a mut Scratch,
    out: &'a mut [W],
    cancel: &'a Cancel,
}

/// Samples whose sums are kept in registers.
const LANES: usize = 32;

impl<W: Working> Work for Row<'_, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { around, half, channels, scratch, out, cancel } = self;
        let radius = half.len() - 1;
        let margin = radius * channels;
        let inner = margin..margin + out.len();
        let present = |v: W| if v.is_nan() { 0.0 } else { v.to_f64() };
        if scratch.weights.is_empty() {
            down(&around, half, &mut scratch.sums[inner], cancel, W::to_f64);
            pad(&mut scratch.sums, radius, channels);
            along(&scratch.sums, half, channels, out, cancel, |_, sum| W::from_f64(sum));
            return;
        }
        down(&around, half, &mut scratch.sums[inner.clone()], cancel, present);
        down(&around, half, &mut scratch.weights[inner], cancel, |v| f64::from(u8::from(!v.is_nan())));
        pad(&mut scratch.sums, radius, channels);
        pad(&mut scratch.weights, radius, channels);
        // What the same additions give where nothing is missing: there, the sum is the result, as it is in
        // rows without holes.
        let all = total(half, total(half, 1.0));
        let mut weights = vec![0.0; out.len()];
        along(&scratch.weights, half, channels, &mut weights, cancel, |_, sum| sum);
        along(&scratch.sums, half, channels, out, cancel, |i, sum| {
            let weight = weights[i];
            let scaled = if weight > 0.0 { sum / weight } else { f64::NAN };
            W::from_f64(if weight == all { sum } else { scaled })
        });
    }
}

/// The weighted sum of equal values, added up in the order of [`down`] and [`along`].
fn total(half: &[f64], value: f64) -> f64 {
    half[1..].iter().fold(half[0] * value, |sum, w| sum + w * (value + value))
}

/// Blocks of [`LANES`] sums that are computed between two looks at whether to stop.
fn blocks_between_looks(half: &[f64]) -> usize {
    (Cancel::WORK / (LANES * half.len())).max(1)
}

/// Weighted sums down the columns.
#[inline(always)]
fn down<W: Working>(
    around: &[&[W]],
    half: &[f64],
    sums: &mut [f64],
    cancel: &Cancel,
    value: impl Fn(W) -> f64,
) {
    let between = blocks_between_looks(half);
    for (block, sums) in sums.chunks_mut(LANES).enumerate() {
        if block % between == between - 1 && cancel.is_cancelled() {
            return;
        }
        let range = block * LANES..block * LANES + sums.len();
        let mut sum = [0.0; LANES];
        if sums.len() == LANES {
            let line = |k: usize| around[k][range.clone()].first_chunk::<LANES>().copied();
            let Some(middle) = line(0) else { continue };
            for i in 0..LANES {
                sum[i] = half[0] * value(middle[i]);
            }
            for (k, weight) in half.iter().enumerate().skip(1) {
                let (Some(above), Some(below)) = (line(2 * k - 1), line(2 * k)) else { continue };
                for i in 0..LANES {
                    sum[i] += weight * (value(above[i]) + value(below[i]));
                }
            }
        } else {
            for (i, sum) in sum[..sums.len()].iter_mut().enumerate() {
                let at = range.start + i;
                *sum = half[0] * value(around[0][at]);
                for k in 1..half.len() {
                    *sum += half[k] * (value(around[2 * k - 1][at]) + value(around[2 * k][at]));
                }
            }
        }
        sums.copy_from_slice(&sum[..sums.len()]);
    }
}

/// Weighted sums along a continued row.
#[inline(always)]
fn along<T>(
    padded: &[f64],
    half: &[f64],
    channels: usize,
    out: &mut [T],
    cancel: &Cancel,
    finish: impl Fn(usize, f64) -> T,
) {
    let margin = (half.len() - 1) * channels;
    let between = blocks_between_looks(half);
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        if block % between == between - 1 && cancel.is_cancelled() {
            return;
        }
        let start = block * LANES;
        let mut sum = [0.0; LANES];
        if out.len() == LANES {
            let line = |at: usize| padded[at..].first_chunk::<LANES>();
            let Some(middle) = line(start + margin) else { continue };
            for i in 0..LANES {
                sum[i] = half[0] * middle[i];
            }
            for (k, weight) in half.iter().enumerate().skip(1) {
                let reach = k * channels;
                let at = start + margin;
                let (Some(left), Some(right)) = (line(at - reach), line(at + reach)) else { continue };
                for i in 0..LANES {
                    sum[i] += weight * (left[i] + right[i]);
                }
            }
        } else {
            for (i, sum) in sum[..out.len()].iter_mut().enumerate() {
                let at = start + margin + i;
                *sum = half[0] * padded[at];
                for k in 1..half.len() {
                    *sum += half[k] * (padded[at - k * channels] + padded[at + k * channels]);
                }
            }
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = finish(start + i, sum[i]);
        }
    }
}
