//! Order statistics over time: median and percentiles, exact.

use blitz_core::{Mask, Sample, Samples, SamplesRef, typed};
use rayon::prelude::*;

use super::{Counts, Reduced};
use crate::element::Element;
use crate::mask;

/// Samples whose histories are gathered at once: long enough that each frame's page is visited once for
/// many samples.
const TILE: usize = 1024;
/// Bytes of gathered samples that still stay in a second-level cache.
const TILE_BYTES: usize = 512 * 1024;

/// The median over time, see [`percentiles`].
///
/// # Panics
/// As [`percentiles`].
pub fn median(frames: &[SamplesRef<'_>], mask: Option<&Mask>, channels: usize) -> Reduced {
    percentiles(frames, mask, channels, &[50.0]).swap_remove(0)
}

/// Percentiles over time of every sample: exact, linear between the two neighbours.
///
/// # Shape
/// `frames` are the same samples of every frame (whole frames, or the same band of rows of each), in any
/// number; one [`Reduced`] of that size per percentile. `mask` has one flag per pixel of what is handed over.
///
/// # Values
/// `qs` are percentiles from 0 to 100. For n valid values the percentile lies at position `q/100 · (n − 1)`
/// of the sorted values; the median of an even count is the mean of the two middle ones. NaN and masked
/// samples are ignored; ±∞ sort as they compare. Results are f32 or f64 (see [`blitz_core::DType::result`]).
///
/// # Precision
/// The neighbours are exact, the interpolation is done in f64 and rounded once.
///
/// # Cost
/// u8, u16 and i16: 8 or 16 passes of counting over cached tiles, vectorised across pixels. Others: a
/// selection per pixel, O(frames) on average. Scratch: 64 to 1,024 pixels × frames per worker.
///
/// # Parallel
/// Tiles in the caller's pool; the same bits for any number of threads.
///
/// # Panics
/// If there is no frame, frames differ in type or size, the mask does not fit, or a percentile is not within
/// 0 to 100.
pub fn percentiles(
    frames: &[SamplesRef<'_>],
    mask: Option<&Mask>,
    channels: usize,
    qs: &[f64],
) -> Vec<Reduced> {
    let first = *frames.first().expect("percentiles are taken over at least one frame");
    assert!(qs.iter().all(|q| (0.0..=100.0).contains(q)), "percentiles lie within 0 to 100: {qs:?}");
    for frame in frames {
        assert_eq!(frame.len(), first.len(), "frames have the same size");
    }
    mask::check(mask, first.len(), channels);
    let job = Job { frames, mask, channels, qs };
    match first {
        SamplesRef::U8(_) => job.run(counting::<u8, 64>),
        SamplesRef::U16(_) => job.run(counting::<u16, 32>),
        SamplesRef::I16(_) => job.run(counting::<i16, 32>),
        SamplesRef::I32(_) => job.run(selecting::<i32>),
        SamplesRef::U32(_) => job.run(selecting::<u32>),
        SamplesRef::F32(_) => job.run(selecting::<f32>),
        SamplesRef::F64(_) => job.run(selecting::<f64>),
    }
}

/// Where percentile `q` of `n` ≥ 1 sorted values lies: the index of the lower neighbour and the way to the
/// upper one, 0 to below 1.
pub(crate) fn position(q: f64, n: usize) -> (usize, f64) {
    let at = (n - 1) as f64 * (q / 100.0);
    let lower = (at.floor() as usize).min(n - 1);
    (lower, if lower + 1 < n { at - lower as f64 } else { 0.0 })
}

/// The value `t` of the way from `a` to `b`, `a ≤ b`; never NaN between equal infinities.
pub(crate) fn between(a: f64, b: f64, t: f64) -> f64 {
    if t == 0.0 || a == b {
        return a;
    }
    if t == 0.5 {
        let sum = a + b;
        return if sum.is_finite() { sum / 2.0 } else { a / 2.0 + b / 2.0 };
    }
    if a.is_infinite() || b.is_infinite() {
        return a * (1.0 - t) + b * t;
    }
    let step = b - a;
    // From the nearer end, so that the result is monotonic in t and hits both ends.
    if t < 0.5 { a + step * t } else { b - step * (1.0 - t) }
}

/// One tile: the same few samples of every frame, and where their results go (one slice per percentile).
struct Tile<'a, S: Element> {
    frames: Vec<&'a [S]>,
    qs: &'a [f64],
    values: Vec<&'a mut [S::Result]>,
    counts: &'a mut [u32],
}

struct Job<'a> {
    frames: &'a [SamplesRef<'a>],
    mask: Option<&'a Mask>,
    channels: usize,
    qs: &'a [f64],
}

impl Job<'_> {
    fn run<S: Element>(&self, tile: fn(&mut Tile<'_, S>)) -> Vec<Reduced> {
        let frames: Vec<&[S]> = self.frames.iter().map(|f| typed(*f)).collect();
        let samples = frames[0].len();
        let size = (TILE_BYTES / (frames.len() * size_of::<S>())).clamp(64, TILE) / 64 * 64;
        let mut values = vec![vec![S::Result::default(); samples]; self.qs.len()];
        let mut counts = vec![0_u32; samples];
        let mut tiles: Vec<_> = counts
            .chunks_mut(size)
            .map(|counts| Tile { frames: Vec::new(), qs: self.qs, values: Vec::new(), counts })
            .collect();
        for values in &mut values {
            tiles.iter_mut().zip(values.chunks_mut(size)).for_each(|(tile, values)| tile.values.push(values));
        }
        tiles.into_par_iter().enumerate().for_each(|(i, mut job)| {
            let range = i * size..i * size + job.counts.len();
            job.frames = frames.iter().map(|frame| &frame[range.clone()]).collect();
            tile(&mut job);
            if let Some(mask) = self.mask {
                job.hide(mask, self.channels, range.start);
            }
        });
        let counts = Counts::simplified(counts);
        let reduce = |values| Reduced { values: wrap::<S>(values), counts: counts.clone() };
        values.into_iter().map(reduce).collect()
    }
}

fn wrap<S: Element>(values: Vec<S::Result>) -> Samples {
    S::Result::wrap(values)
}

impl<S: Element> Tile<'_, S> {
    /// Makes masked samples missing.
    fn hide(&mut self, mask: &Mask, channels: usize, start: usize) {
        for i in 0..self.counts.len() {
            if !mask.valid[(start + i) / channels] {
                self.counts[i] = 0;
                self.values.iter_mut().for_each(|values| values[i] = Sample::from_f64(f64::NAN));
            }
        }
    }
}

/// Keys short enough to be found bit by bit.
trait ShortKey: Copy + Ord + Default {
    const BITS: u32;
    /// Rows after which a counter of this width may be full.
    const FULL: usize;
    fn with_bit(self, bit: u32) -> Self;
    /// 1 if the condition holds, to be counted in the key's own width.
    fn one_if(condition: bool) -> Self;
    #[must_use]
    fn plus(self, other: Self) -> Self;
    fn widen(self) -> u32;
    fn largest() -> Self;
}

macro_rules! short_key {
    ($($t:ty),*) => {$(
        impl ShortKey for $t {
            const BITS: u32 = <$t>::BITS;
            const FULL: usize = <$t>::MAX as usize;
            #[inline(always)]
            fn with_bit(self, bit: u32) -> Self { self | (1 << bit) }
            #[inline(always)]
            fn one_if(condition: bool) -> Self { condition as $t }
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn widen(self) -> u32 { self as u32 }
            fn largest() -> Self { <$t>::MAX }
        }
    )*};
}
short_key!(u8, u16);

/// Percentiles of short integers: the rank's value is found bit by bit, from the highest, by counting the
/// samples below a threshold per pixel; lanes of `L` pixels are counted together.
fn counting<S: Element<Key: ShortKey>, const L: usize>(tile: &mut Tile<'_, S>) {
    let frames = tile.frames.len();
    let width = tile.counts.len();
    tile.counts.fill(frames as u32);
    let mut keys = vec![S::Key::default(); width.div_ceil(L) * L * frames];
    for (t, frame) in tile.frames.iter().enumerate() {
        for (chunk, line) in frame.chunks(L).enumerate() {
            let at = (chunk * frames + t) * L;
            keys[at..at + line.len()].iter_mut().zip(line).for_each(|(key, v)| *key = v.key());
        }
    }
    for (chunk, rows) in keys.chunks_exact(L * frames).enumerate() {
        let (rows, _) = rows.as_chunks::<L>();
        for (&q, values) in tile.qs.iter().zip(&mut tile.values) {
            let (rank, t) = position(q, frames);
            let lower = nth(rows, rank as u32);
            let upper = if t > 0.0 { after(rows, &lower, rank as u32) } else { lower };
            let line = &mut values[chunk * L..width.min((chunk + 1) * L)];
            for (i, value) in line.iter_mut().enumerate() {
                let (a, b) = (S::from_key(lower[i]).to_f64(), S::from_key(upper[i]).to_f64());
                *value = Sample::from_f64(between(a, b, t));
            }
        }
    }
}

/// How many rows hold a key for which `counts` says so, per lane.
#[inline(always)]
fn count_rows<K: ShortKey, const L: usize>(
    rows: &[[K; L]],
    against: &[K; L],
    counts: impl Fn(K, K) -> bool,
) -> [u32; L] {
    let mut total = [0; L];
    for rows in rows.chunks(K::FULL) {
        let mut short = [K::default(); L];
        for row in rows {
            for i in 0..L {
                short[i] = short[i].plus(K::one_if(counts(row[i], against[i])));
            }
        }
        total.iter_mut().zip(short).for_each(|(total, n)| *total += n.widen());
    }
    total
}

/// The key of rank `rank` (0 is the smallest) per lane.
fn nth<K: ShortKey, const L: usize>(rows: &[[K; L]], rank: u32) -> [K; L] {
    let mut found = [K::default(); L];
    for bit in (0..K::BITS).rev() {
        let threshold = found.map(|key| key.with_bit(bit));
        let below = count_rows(rows, &threshold, |key, threshold| key < threshold);
        for i in 0..L {
            if below[i] <= rank {
                found[i] = threshold[i];
            }
        }
    }
    found
}

/// The key of rank `rank + 1`, where `lower` has rank `rank`.
fn after<K: ShortKey, const L: usize>(rows: &[[K; L]], lower: &[K; L], rank: u32) -> [K; L] {
    let up_to = count_rows(rows, lower, |key, lower| key <= lower);
    let mut next = [K::largest(); L];
    for row in rows {
        for i in 0..L {
            let larger = if row[i] > lower[i] { row[i] } else { K::largest() };
            next[i] = next[i].min(larger);
        }
    }
    for i in 0..L {
        if up_to[i] > rank + 1 {
            next[i] = lower[i];
        }
    }
    next
}

/// Percentiles by selection in each pixel's gathered history.
fn selecting<S: Element>(tile: &mut Tile<'_, S>) {
    let frames = tile.frames.len();
    tile.counts.fill(0);
    let mut keys = vec![S::Key::default(); tile.counts.len() * frames];
    for frame in &tile.frames {
        for (i, (v, n)) in frame.iter().zip(&mut *tile.counts).enumerate() {
            // Missing samples are overwritten by the next one.
            keys[i * frames + *n as usize] = v.key();
            *n += u32::from(!v.is_nan());
        }
    }
    for (i, history) in keys.chunks_exact_mut(frames).enumerate() {
        let history = &mut history[..tile.counts[i] as usize];
        for (&q, values) in tile.qs.iter().zip(&mut tile.values) {
            values[i] = Sample::from_f64(percentile_of::<S>(history, q));
        }
    }
}

/// Percentile of keys in any order, NaN if there is none. Reorders them.
pub(crate) fn percentile_of<S: Element>(keys: &mut [S::Key], q: f64) -> f64 {
    if keys.is_empty() {
        return f64::NAN;
    }
    let (rank, t) = position(q, keys.len());
    let (_, &mut lower, above) = keys.select_nth_unstable(rank);
    let upper = if t > 0.0 { above.iter().copied().min().unwrap_or(lower) } else { lower };
    between(S::from_key(lower).to_f64(), S::from_key(upper).to_f64(), t)
}
