//! Means of squares of pixels.

use std::ops::Range;

use blitz_core::{Cancel, FrameShape};

use super::rows::{Image, pad};
use crate::pipeline::Working;
use crate::simd::{self, Level, Work};

/// Replaces every sample by the mean of the `size` × `size` pixels around it, each channel by itself.
///
/// # Shape
/// `(H, W, C)` in and out; `size` is odd.
///
/// # Values
/// `uniform_filter` of `SciPy` where no sample is missing; otherwise the mean of those that are there.
///
/// # Precision
/// Sums in f64 of 1, 2, 4, … neighbours, put together: nothing is ever subtracted, so that nothing drifts,
/// and a NaN or an infinity reaches only the results around it.
///
/// # Cost
/// O(log size) per sample. Scratch: 40 + size rows in f64 per worker, twice if samples are missing nearby.
///
/// What `cancel` stops is left as it was.
///
/// # Panics
/// If the buffers do not fit the shape or `size` is even.
pub fn box_mean<W: Working>(frame: &[W], shape: FrameShape, size: usize, out: &mut [W], cancel: &Cancel) {
    assert!(!size.is_multiple_of(2), "boxes have an odd number of pixels, not {size}");
    let level = Level::current();
    let image = Image::new(frame, shape, out);
    image.in_parallel(out, |rows, out| {
        let holes = image.has_nan(rows.clone(), size / 2);
        simd::run(level, Task { image: &image, rows, size, holes, out, cancel });
    });
}

/// A group of rows of the result.
struct Task<'a, W> {
    image: &'a Image<'a, W>,
    rows: Range<usize>,
    size: usize,
    holes: bool,
    out: &'a mut [W],
    cancel: &'a Cancel,
}

impl<W: Working> Work for Task<'_, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { image, rows, size, holes, out, cancel } = self;
        let present = |v: W| if v.is_nan() { 0.0 } else { v.to_f64() };
        let sums = boxes(image, &rows, size, cancel, present);
        if holes {
            let counts = boxes(image, &rows, size, cancel, |v: W| f64::from(u8::from(!v.is_nan())));
            if cancel.is_cancelled() {
                return;
            }
            for ((out, sum), n) in out.iter_mut().zip(sums).zip(counts) {
                *out = W::from_f64(if n > 0.0 { sum / n } else { f64::NAN });
            }
        } else {
            if cancel.is_cancelled() {
                return;
            }
            let n = size as f64 * size as f64;
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = W::from_f64(sum / n));
        }
    }
}

/// Samples side by side whose columns are summed together.
const STRIP: usize = 128;

/// Sums of the boxes around the samples of some rows.
#[inline(always)]
fn boxes<W: Working>(
    image: &Image<'_, W>,
    rows: &Range<usize>,
    size: usize,
    cancel: &Cancel,
    value: impl Fn(W) -> f64,
) -> Vec<f64> {
    let (shape, radius) = (image.shape, size / 2);
    let (row, count) = (shape.row(), rows.len());
    let mut sums = vec![0.0; row * count];
    let mut lines = Lines::default();
    // Down the columns, strip by strip.
    for start in (0..row).step_by(STRIP) {
        if cancel.is_cancelled() {
            return sums;
        }
        let width = STRIP.min(row - start);
        let input = lines.input((count + size - 1) * width);
        for (i, line) in input.chunks_exact_mut(width).enumerate() {
            let y = (rows.start + i) as isize - radius as isize;
            line.iter_mut().zip(&image.row(y)[start..]).for_each(|(to, &v)| *to = value(v));
        }
        let summed = lines.windows(size, width, count * width);
        for (to, from) in sums.chunks_exact_mut(row).zip(summed.chunks_exact(width)) {
            to[start..start + width].copy_from_slice(from);
        }
    }
    // Along the rows.
    let margin = radius * shape.channels;
    for line in sums.chunks_exact_mut(row) {
        if cancel.is_cancelled() {
            break;
        }
        let input = lines.input(row + 2 * margin);
        input[margin..margin + row].copy_from_slice(line);
        pad(input, radius, shape.channels);
        line.copy_from_slice(lines.windows(size, shape.channels, row));
    }
    sums
}

/// Buffers for sums of neighbours.
#[derive(Default)]
struct Lines {
    input: Vec<f64>,
    doubled: Vec<f64>,
    sums: Vec<f64>,
}

impl Lines {
    /// The buffer to be filled with `len` values.
    #[inline(always)]
    fn input(&mut self, len: usize) -> &mut [f64] {
        self.input.resize(len, 0.0);
        &mut self.input
    }

    /// `Σ input[i + j·stride]` over j below `size`, for i below `len`: the binary digits of `size` say which
    /// of the sums of 1, 2, 4, … neighbours are taken.
    #[inline(always)]
    fn windows(&mut self, size: usize, stride: usize, len: usize) -> &[f64] {
        self.sums.clear();
        self.sums.resize(len, 0.0);
        let (mut neighbours, mut taken) = (1, 0);
        loop {
            if size & neighbours != 0 {
                let from = &self.input[taken * stride..];
                self.sums.iter_mut().zip(from).for_each(|(sum, v)| *sum += v);
                taken += neighbours;
            }
            if 2 * neighbours > size {
                return &self.sums;
            }
            let shifted = &self.input[neighbours * stride..];
            self.doubled.clear();
            self.doubled.extend(self.input.iter().zip(shifted).map(|(a, b)| a + b));
            std::mem::swap(&mut self.input, &mut self.doubled);
            neighbours *= 2;
        }
    }
}
