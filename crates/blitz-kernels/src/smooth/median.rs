//! Medians of squares of pixels.

use std::ops::Range;

use blitz_core::{Cancel, FrameShape};

use super::rows::{Image, pad};
use crate::pipeline::Working;
use crate::simd::{self, Level, Work};

/// Replaces every sample by the median of the `size` × `size` pixels around it, each channel by itself.
///
/// # Shape
/// `(H, W, C)` in and out; `size` is odd.
///
/// # Values
/// `median_filter` of `SciPy` where no sample is missing; otherwise the median of those that are there, the
/// mean of the two middle ones if their number is even.
///
/// # Cost
/// Up to 7 × 7: minima and maxima of many samples at a time, O(size⁴) of them; larger boxes and places with
/// missing samples: a selection per sample, O(size²). Scratch: 32 + size rows per worker.
///
/// What `cancel` stops is left as it was.
///
/// # Panics
/// If the buffers do not fit the shape or `size` is even.
pub fn median<W: Working>(frame: &[W], shape: FrameShape, size: usize, out: &mut [W], cancel: &Cancel) {
    assert!(!size.is_multiple_of(2), "boxes have an odd number of pixels, not {size}");
    let level = Level::current();
    let image = Image::new(frame, shape, out);
    image.in_parallel(out, |rows, out| {
        if cancel.is_cancelled() {
            return;
        }
        let padded = Padded::new(&image, &rows, size);
        match size {
            3 => simd::run(level, Boxes::<W, 3, 6> { padded, out, cancel }),
            5 => simd::run(level, Boxes::<W, 5, 14> { padded, out, cancel }),
            7 => simd::run(level, Boxes::<W, 7, 26> { padded, out, cancel }),
            _ => {
                let mut values = Vec::with_capacity(size * size);
                // Gathering and selecting take some ten steps per value.
                let between = (Cancel::WORK / (10 * size * size)).max(1);
                for (part, out) in out.chunks_mut(between).enumerate() {
                    if cancel.is_cancelled() {
                        return;
                    }
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = padded.select(part * between + i, &mut values);
                    }
                }
            }
        }
    });
}

/// The rows around some rows of the result, continued on both sides.
struct Padded<W> {
    samples: Vec<W>,
    /// Samples per continued row.
    stride: usize,
    /// Samples per row of the result.
    row: usize,
    channels: usize,
    size: usize,
}

impl<W: Working> Padded<W> {
    fn new(image: &Image<'_, W>, rows: &Range<usize>, size: usize) -> Self {
        let FrameShape { width, channels, .. } = image.shape;
        let (radius, row) = (size / 2, image.shape.row());
        let stride = (width + 2 * radius) * channels;
        let mut samples = vec![W::ZERO; stride * (rows.len() + 2 * radius)];
        for (i, line) in samples.chunks_exact_mut(stride).enumerate() {
            let y = (rows.start + i) as isize - radius as isize;
            line[radius * channels..radius * channels + row].copy_from_slice(image.row(y));
            pad(line, radius, channels);
        }
        Self { samples, stride, row, channels, size }
    }

    /// Where the box of result `index` begins.
    fn corner(&self, index: usize) -> usize {
        index / self.row * self.stride + index % self.row
    }

    /// The median of the samples around result `index` that are there.
    fn select(&self, index: usize, values: &mut Vec<W>) -> W {
        let corner = self.corner(index);
        values.clear();
        for y in 0..self.size {
            let line = self.samples[corner + y * self.stride..].iter().step_by(self.channels);
            values.extend(line.take(self.size).filter(|v| !v.is_nan()));
        }
        let n = values.len();
        if n == 0 {
            return W::NAN;
        }
        let ascending = |a: &W, b: &W| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
        let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, ascending);
        if !n.is_multiple_of(2) {
            return upper;
        }
        let lower = below.iter().copied().max_by(ascending).unwrap_or(upper);
        W::from_f64(crate::reduce::between(lower.to_f64(), upper.to_f64(), 0.5))
    }
}

/// Samples side by side whose medians are found together.
const LANES: usize = 16;

/// Boxes of `N` × `N` pixels; `M` is N²/2 + 2.
struct Boxes<'a, W, const N: usize, const M: usize> {
    padded: Padded<W>,
    out: &'a mut [W],
    cancel: &'a Cancel,
}

impl<W: Working, const N: usize, const M: usize> Work for Boxes<'_, W, N, M> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { padded, out, cancel } = self;
        let mut values = Vec::with_capacity(N * N);
        for (y, out) in out.chunks_exact_mut(padded.row).enumerate() {
            if cancel.is_cancelled() {
                return;
            }
            let whole = out.len() / LANES * LANES;
            for x in (0..whole).step_by(LANES) {
                let corner = y * padded.stride + x;
                let mut has_nan = false;
                let medians = middle::<W, M>(N * N, |i| {
                    let at = corner + i / N * padded.stride + i % N * padded.channels;
                    let mut line = [W::ZERO; LANES];
                    line.copy_from_slice(&padded.samples[at..at + LANES]);
                    has_nan |= line.iter().fold(false, |any, v| any | v.is_nan());
                    line
                });
                out[x..x + LANES].copy_from_slice(&medians);
                if has_nan {
                    for (i, out) in out[x..x + LANES].iter_mut().enumerate() {
                        *out = padded.select(y * padded.row + x + i, &mut values);
                    }
                }
            }
            for (i, out) in out[whole..].iter_mut().enumerate() {
                *out = padded.select(y * padded.row + whole + i, &mut values);
            }
        }
    }
}

/// The middle one of `n` lines, lane by lane. Of `M` = n/2 + 2 lines neither the smallest nor the largest can
/// be the median: both are put aside and the next line joins, until three are left.
#[inline(always)]
fn middle<W: Working, const M: usize>(n: usize, mut line: impl FnMut(usize) -> [W; LANES]) -> [W; LANES] {
    let mut held = [[W::ZERO; LANES]; M];
    for (i, held) in held.iter_mut().enumerate() {
        *held = line(i);
    }
    // The lines still in question are `held[1..len]` and the one that joins in place 0.
    let mut len = M;
    let mut next = M;
    loop {
        part(&mut held[..len]);
        // Smallest first, largest last.
        if len == 3 {
            return held[1];
        }
        len -= 1;
        if next < n {
            held[0] = line(next);
            next += 1;
        }
    }
}

/// Moves the smallest of the first `len` lines to the front and the largest to the end.
#[inline(always)]
fn part<W: Working>(held: &mut [[W; LANES]]) {
    // A slice, not an array: networks of this size are not worth unrolling.
    let len = held.len();
    for i in 0..len / 2 {
        order(held, i, len - 1 - i);
    }
    // With an odd number the one in the middle belongs to both halves.
    let half = len.div_ceil(2);
    for i in 1..half {
        order(held, 0, i);
    }
    for i in half.min(len / 2)..len - 1 {
        order(held, i, len - 1);
    }
}

/// Puts the smaller of two lines first, lane by lane.
#[inline(always)]
fn order<W: Working>(held: &mut [[W; LANES]], a: usize, b: usize) {
    let (first, second) = (held[a], held[b]);
    for i in 0..LANES {
        let swap = second[i] < first[i];
        held[a][i] = if swap { second[i] } else { first[i] };
        held[b][i] = if swap { first[i] } else { second[i] };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_testkit::Noise;

    #[test]
    fn the_middle_of_lines_is_their_median() {
        let mut noise = Noise::new(8);
        for _ in 0..200 {
            let lines: Vec<[f32; LANES]> =
                (0..49).map(|_| std::array::from_fn(|_| noise.below(30) as f32)).collect();
            let check = |n: usize, found: [f32; LANES]| {
                for lane in 0..LANES {
                    let mut values: Vec<f32> = lines[..n].iter().map(|l| l[lane]).collect();
                    values.sort_by(f32::total_cmp);
                    assert_eq!(found[lane], values[n / 2]);
                }
            };
            check(9, middle::<f32, 6>(9, |i| lines[i]));
            check(25, middle::<f32, 14>(25, |i| lines[i]));
            check(49, middle::<f32, 26>(49, |i| lines[i]));
        }
    }
}
