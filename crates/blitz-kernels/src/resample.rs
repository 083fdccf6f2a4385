//! Making frames smaller by averaging over area.

use blitz_core::{FrameShape, Sample, SamplesMut, SamplesRef};

use crate::element::{Element, Integer, by_kind};

/// Shape after shrinking by `scale`, 0 to 1: `⌊w · scale⌋ × ⌊h · scale⌋`, at least one pixel each way and at
/// most the source. A product that misses an integer by rounding alone (0.29 · 100) counts as that integer.
pub fn shrunk_shape(shape: FrameShape, scale: f64) -> FrameShape {
    let side = |n: usize| ((n as f64 * scale + 1e-9) as usize).clamp(1, n.max(1));
    FrameShape::new(side(shape.height), side(shape.width), shape.channels)
}

/// Shrinks a frame: every target pixel is the average of the source area it covers, parts of pixels counted
/// by their share.
///
/// # Shape
/// `(H, W, C)` of shape `shape` in, shape `target` with the same channels and at most as many rows and
/// columns out. Target pixel `(x, y)` covers source columns `[x, x+1) · W / target.width`, rows likewise.
///
/// # Values
/// Integers round half away from zero. NaN is ignored: the average is that of the valid part, missing where
/// nothing of the area is valid. Infinities follow IEEE 754.
///
/// # Precision
/// Integers exactly: shares are integers, too. Floats in f64, rounded once at the end.
///
/// # Cost
/// O(samples), one pass, scratch of one to two rows. Serial: loading is parallel over frames.
///
/// # Panics
/// If `out` has another type, a buffer does not fill its shape, or the target is empty, larger than the
/// source or has other channels.
pub fn shrink(samples: SamplesRef<'_>, shape: FrameShape, target: FrameShape, mut out: SamplesMut<'_>) {
    assert_eq!(samples.dtype(), out.dtype(), "shrinking keeps the element type");
    assert_eq!(samples.len(), shape.samples(), "samples fill the frame");
    assert_eq!(out.len(), target.samples(), "buffer fits the target");
    let smaller = (1..=shape.width).contains(&target.width) && (1..=shape.height).contains(&target.height);
    assert!(smaller && shape.channels == target.channels, "{target:?} is a shrunk {shape:?}");
    if target == shape {
        out.bytes().copy_from_slice(samples.bytes());
        return;
    }
    let plan = Plan {
        rows: Axis::new(shape.height, target.height),
        columns: Axis::new(shape.width, target.width),
        shape,
    };
    let out = out.bytes();
    by_kind!(samples, s =>
        integer shrink_integers(s, &plan, bytemuck::cast_slice_mut(out)),
        float shrink_floats(s, &plan, bytemuck::cast_slice_mut(out)));
}

/// The source cells that a target cell covers: `first..=last`, with the share of the first, of each one
/// between and of the last, in integers.
#[derive(Clone, Copy)]
struct Cover {
    first: usize,
    last: usize,
    first_share: u32,
    last_share: u32,
}

/// One direction. Lengths are counted in units of which a source cell has `inner` and a target cell `total`.
struct Axis {
    covers: Vec<Cover>,
    inner: u32,
    total: u32,
}

impl Axis {
    fn new(source: usize, target: usize) -> Self {
        let divisor = gcd(source, target);
        let (inner, total) = (target / divisor, source / divisor);
        let covers = (0..target)
            .map(|i| {
                let (start, end) = (i * total, (i + 1) * total);
                let (first, last) = (start / inner, (end - 1) / inner);
                let share = |cell: usize| (end.min((cell + 1) * inner) - start.max(cell * inner)) as u32;
                Cover { first, last, first_share: share(first), last_share: share(last) }
            })
            .collect();
        Self { covers, inner: inner as u32, total: total as u32 }
    }

    /// Share of cell `cell` in a cover.
    #[inline(always)]
    fn share(&self, cover: Cover, cell: usize) -> u32 {
        if cell == cover.first {
            cover.first_share
        } else if cell == cover.last {
            cover.last_share
        } else {
            self.inner
        }
    }
}

fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

struct Plan {
    rows: Axis,
    columns: Axis,
    shape: FrameShape,
}

fn shrink_integers<S: Integer>(samples: &[S], plan: &Plan, out: &mut [S]) {
    // A column's weighted sum of up to 16-bit samples fits 32 bits unless the frame is very high.
    if S::DTYPE.size() <= 2 && plan.rows.total < 1 << 15 {
        integers::<S, i32>(samples, plan, out);
    } else {
        integers::<S, i64>(samples, plan, out);
    }
}

/// A weighted sum along a column.
trait ColumnSum: Copy + Default {
    /// Holds the weighted sum of column sums along a row.
    type Total: Copy;
    fn add<S: Integer>(&mut self, v: S, share: u32);
    /// `Σ self · share` along the row, rounded to an average.
    fn average<S: Integer>(cells: impl Iterator<Item = (Self, u32)>, area: u64) -> S;
}

macro_rules! column_sum {
    ($t:ty, $total:ty) => {
        impl ColumnSum for $t {
            type Total = $total;
            #[inline(always)]
            fn add<S: Integer>(&mut self, v: S, share: u32) {
                *self += v.to_i64() as $t * share as $t;
            }
            #[inline(always)]
            fn average<S: Integer>(cells: impl Iterator<Item = (Self, u32)>, area: u64) -> S {
                let sum: $total = cells.map(|(sum, share)| sum as $total * share as $total).sum();
                let area = area as $total;
                let half = if sum < 0 { -(area / 2) } else { area / 2 };
                let sum = sum + half;
                // Divisions of 32 bits cost a fraction of longer ones.
                match (u32::try_from(sum), u32::try_from(area)) {
                    (Ok(sum), Ok(area)) => S::from_i64(i64::from(sum / area)),
                    _ => S::from_i64((sum / area) as i64),
                }
            }
        }
    };
}
column_sum!(i32, i64);
column_sum!(i64, i128);

fn integers<S: Integer, L: ColumnSum>(samples: &[S], plan: &Plan, out: &mut [S]) {
    let (row, channels) = (plan.shape.row(), plan.shape.channels);
    let area = u64::from(plan.rows.total) * u64::from(plan.columns.total);
    let mut line = vec![L::default(); row];
    let width = plan.columns.covers.len() * channels;
    if width == 0 {
        return;
    }
    for (&rows, out) in plan.rows.covers.iter().zip(out.chunks_exact_mut(width)) {
        line.fill(L::default());
        for y in rows.first..=rows.last {
            let source = &samples[y * row..(y + 1) * row];
            match plan.rows.share(rows, y) {
                1 => line.iter_mut().zip(source).for_each(|(sum, &v)| sum.add(v, 1)),
                share => line.iter_mut().zip(source).for_each(|(sum, &v)| sum.add(v, share)),
            }
        }
        if channels == 1 && plan.columns.inner == 1 {
            // A whole number of columns each, all with the same share.
            for (out, cells) in out.iter_mut().zip(line.chunks_exact(plan.columns.total as usize)) {
                *out = L::average(cells.iter().map(|&sum| (sum, 1)), area);
            }
            continue;
        }
        for (&cover, out) in plan.columns.covers.iter().zip(out.chunks_exact_mut(channels)) {
            for (channel, out) in out.iter_mut().enumerate() {
                let cells = line[cover.first * channels + channel..].iter().step_by(channels);
                let cell = |(x, &sum): (usize, &L)| (sum, plan.columns.share(cover, x));
                *out = L::average((cover.first..=cover.last).zip(cells).map(cell), area);
            }
        }
    }
}

fn shrink_floats<S: Element>(samples: &[S], plan: &Plan, out: &mut [S]) {
    let (row, channels) = (plan.shape.row(), plan.shape.channels);
    let width = plan.columns.covers.len() * channels;
    if width == 0 {
        return;
    }
    let (mut sums, mut shares) = (vec![0.0; row], vec![0.0; row]);
    for (&rows, out) in plan.rows.covers.iter().zip(out.chunks_exact_mut(width)) {
        let source = &samples[rows.first * row..(rows.last + 1) * row];
        let holes = source.iter().fold(false, |holes, v| holes | v.is_nan());
        sums.fill(0.0);
        // Without a missing sample every column has its full share; with one, each counts what is valid.
        shares.fill(if holes { 0.0 } else { f64::from(plan.rows.total) });
        for (y, source) in (rows.first..).zip(source.chunks_exact(row)) {
            let share = f64::from(plan.rows.share(rows, y));
            for (sum, v) in sums.iter_mut().zip(source) {
                *sum += if v.is_nan() { 0.0 } else { v.to_f64() * share };
            }
            if holes {
                for (sum, v) in shares.iter_mut().zip(source) {
                    *sum += if v.is_nan() { 0.0 } else { share };
                }
            }
        }
        for (&cover, out) in plan.columns.covers.iter().zip(out.chunks_exact_mut(channels)) {
            for (channel, out) in out.iter_mut().enumerate() {
                let (mut sum, mut area) = (0.0, 0.0);
                for x in cover.first..=cover.last {
                    let at = x * channels + channel;
                    let share = f64::from(plan.columns.share(cover, x));
                    sum += sums[at] * share;
                    area += shares[at] * share;
                }
                // Nothing valid: 0 / 0 is the NaN that says so.
                *out = Sample::from_f64(sum / area);
            }
        }
    }
}
