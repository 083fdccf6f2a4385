//! Order statistics over time: median and percentiles, exact.

use blitz_core::{Cancel, Mask, Sample, Samples, SamplesRef, typed};
use rayon::prelude::*;

use super::count::{Counting, Key, Tile};
use super::rank::{between, position};
use super::{Counts, Reduced};
use crate::element::Element;
use crate::mask;
use crate::simd::{self, Level};

/// Samples whose histories are gathered at once at most: long enough that each frame's page is visited once
/// for many samples.
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
/// ```
/// use blitz_core::Samples;
/// use blitz_kernels::percentiles;
///
/// let frames = [vec![1.0_f32, f32::NAN], vec![4.0, 7.0], vec![2.0, 8.0]].map(Samples::from);
/// let frames: Vec<_> = frames.iter().map(Samples::as_ref).collect();
/// let found = percentiles(&frames, None, 1, &[50.0, 100.0]);
/// assert_eq!(found[0].values, Samples::from(vec![2.0_f32, 7.5]));
/// assert_eq!(found[1].values, Samples::from(vec![4.0_f32, 8.0]));
/// assert_eq!(found[0].counts.at(1), 2, "NaN is missing");
/// ```
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
/// Reads the source once, then counts over cached tiles, vectorised across pixels: at most as many passes per
/// percentile as a sample has bits (those that a tile's histories share are skipped), and two more where it
/// lies between two values. Scratch per worker: 512 KiB, or 128 bytes × frames where that is more.
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
    percentiles_unless(frames, mask, channels, qs, &Cancel::default())
}

/// As [`percentiles`]; what `cancel` stops is 0 and counts nothing. It is looked at once per tile.
///
/// # Panics
/// As [`percentiles`].
pub fn percentiles_unless(
    frames: &[SamplesRef<'_>],
    mask: Option<&Mask>,
    channels: usize,
    qs: &[f64],
    cancel: &Cancel,
) -> Vec<Reduced> {
    let first = *frames.first().expect("percentiles are taken over at least one frame");
    assert!(qs.iter().all(|q| (0.0..=100.0).contains(q)), "percentiles lie within 0 to 100: {qs:?}");
    for frame in frames {
        assert_eq!(frame.len(), first.len(), "frames have the same size");
    }
    mask::check(mask, first.len(), channels);
    let job = Job { frames, mask, channels, qs, cancel };
    match first {
        SamplesRef::U8(_) => job.run::<u8, 128>(),
        SamplesRef::U16(_) => job.run::<u16, 64>(),
        SamplesRef::I16(_) => job.run::<i16, 64>(),
        SamplesRef::I32(_) => job.run::<i32, 32>(),
        SamplesRef::U32(_) => job.run::<u32, 32>(),
        SamplesRef::F32(_) => job.run::<f32, 32>(),
        SamplesRef::F64(_) => job.run::<f64, 16>(),
    }
}

struct Job<'a> {
    frames: &'a [SamplesRef<'a>],
    mask: Option<&'a Mask>,
    channels: usize,
    qs: &'a [f64],
    cancel: &'a Cancel,
}

impl Job<'_> {
    fn run<S: Element<Key: Key>, const L: usize>(&self) -> Vec<Reduced> {
        let frames: Vec<&[S]> = self.frames.iter().map(|f| typed(*f)).collect();
        let samples = frames[0].len();
        let mut values = vec![vec![S::Result::default(); samples]; self.qs.len()];
        let outs = values.iter_mut().map(Vec::as_mut_slice).collect();
        let hide = |tile: &mut Tile<'_, S, S::Result>, start: usize| {
            if let Some(mask) = self.mask {
                tile.hide(mask, self.channels, start);
            }
        };
        let counts =
            Counts::simplified(in_tiles::<S, S::Result, L>(&frames, self.qs, outs, self.cancel, hide));
        let reduce = |values| Reduced { values: wrap::<S>(values), counts: counts.clone() };
        values.into_iter().map(reduce).collect()
    }
}

/// One percentile of at least one frame, `L` histories at a time, as any type; how many samples each rests on.
pub(crate) fn percentile_over<S: Element<Key: Key>, R: Sample, const L: usize>(
    frames: &[&[S]],
    q: f64,
    out: &mut [R],
    cancel: &Cancel,
) -> Vec<u32> {
    in_tiles::<S, R, L>(frames, &[q], vec![out], cancel, |_, _| ())
}

/// Percentiles into `outs`, one per percentile, tiles in parallel; `after` may change a tile whose first sample
/// it is given. What `cancel` stops is left as it was. Returns how many samples each value rests on.
fn in_tiles<S: Element<Key: Key>, R: Sample, const L: usize>(
    frames: &[&[S]],
    qs: &[f64],
    outs: Vec<&mut [R]>,
    cancel: &Cancel,
    after: impl Fn(&mut Tile<'_, S, R>, usize) + Sync,
) -> Vec<u32> {
    let level = Level::current();
    let size = (TILE_BYTES / (frames.len() * size_of::<S>())).clamp(L, TILE) / L * L;
    let mut counts = vec![0_u32; frames[0].len()];
    let mut tiles: Vec<_> = counts
        .chunks_mut(size)
        .map(|counts| Tile { frames: Vec::new(), qs, values: Vec::new(), counts })
        .collect();
    for values in outs {
        tiles.iter_mut().zip(values.chunks_mut(size)).for_each(|(tile, values)| tile.values.push(values));
    }
    tiles.into_par_iter().enumerate().for_each_init(Vec::new, |keys, (i, mut tile)| {
        if cancel.is_cancelled() {
            return;
        }
        let range = i * size..i * size + tile.counts.len();
        tile.frames = frames.iter().map(|frame| &frame[range.clone()]).collect();
        simd::run(level, Counting::<S, R, L> { tile: &mut tile, keys });
        after(&mut tile, range.start);
    });
    counts
}

fn wrap<S: Element>(values: Vec<S::Result>) -> Samples {
    S::Result::wrap(values)
}

impl<S, R: Sample> Tile<'_, S, R> {
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
