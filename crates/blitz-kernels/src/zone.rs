//! Statistics of a zone in one frame.

use std::ops::Range;

use blitz_core::{FrameShape, Mask, SamplesRef, ZoneMask};
use serde::{Deserialize, Serialize};

use crate::element::{Element, Integer, by_kind};
use crate::group::{GROUP, Group, fold2};
use crate::mask;
use crate::reduce::{exact_variance, percentile_of};
use crate::simd::{self, Level, Work};

/// What of a zone is wanted beyond the moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneWant {
    /// The median, which costs a copy of the zone's samples.
    pub median: bool,
}

/// Statistics of the valid samples of one channel of a zone. Everything but the counts is NaN where `n` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneStats {
    /// Samples used.
    pub n: u64,
    /// Samples of the zone that are masked or NaN.
    pub missing: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sum; of integers the exact sum, rounded to f64.
    pub sum: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Standard deviation, divisor `n`. NaN if a value is infinite.
    pub std: f64,
    /// Median; NaN if it was not wanted.
    pub median: f64,
}

impl ZoneStats {
    /// No valid sample out of `missing`.
    pub const fn empty(missing: u64) -> Self {
        const NAN: f64 = f64::NAN;
        Self { n: 0, missing, mean: NAN, sum: NAN, min: NAN, max: NAN, std: NAN, median: NAN }
    }
}

/// Statistics of one zone in one frame, one entry per channel.
///
/// # Shape
/// `frame` is `(H, W, C)` of shape `shape`; the zone's runs lie inside it. C entries out.
///
/// # Values
/// NaN and masked pixels are missing. The median of an even count is the mean of the two middle values.
///
/// # Precision
/// Integers: exact sums and squares, rounded once. Floats: f64, deviations from the mean in a second pass.
///
/// # Cost
/// O(pixels of the zone); the median copies the zone's samples. Serial: callers go parallel over frames.
///
/// # Panics
/// If the frame or the mask does not have that shape or a run leaves the frame.
pub fn zone_stats(
    frame: SamplesRef<'_>,
    shape: FrameShape,
    mask: Option<&Mask>,
    zone: &ZoneMask,
    want: ZoneWant,
) -> Vec<ZoneStats> {
    assert_eq!(frame.len(), shape.samples(), "frame has the shape");
    mask::check(mask, shape.samples(), shape.channels);
    let runs = valid_runs(shape, mask, zone);
    let level = Level::current();
    (0..shape.channels)
        .map(|channel| {
            let place = Place { runs: &runs, channels: shape.channels, channel, pixels: zone.pixels as u64 };
            by_kind!(frame, s =>
                integer simd::run(level, IntegerStats { frame: s, place, want }),
                float simd::run(level, FloatStats { frame: s, place, want }))
        })
        .collect()
}

/// The valid samples of a zone as runs over all channels; runs that touch are one.
fn valid_runs(shape: FrameShape, mask: Option<&Mask>, zone: &ZoneMask) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::with_capacity(zone.spans.len());
    let mut add = |run: Range<usize>| {
        let run = run.start * shape.channels..run.end * shape.channels;
        match runs.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ => runs.push(run),
        }
    };
    for span in zone.spans.iter().filter(|span| span.start < span.end) {
        let row = span.y * shape.width;
        let run = row + span.start..row + span.end;
        match mask {
            None => add(run),
            Some(_) => mask::runs(mask, 1, run).into_iter().for_each(&mut add),
        }
    }
    runs
}

/// The samples of one channel in a zone.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Valid runs, in samples of all channels.
    runs: &'a [Range<usize>],
    channels: usize,
    channel: usize,
    /// Pixels of the zone, valid or not.
    pixels: u64,
}

impl Place<'_> {
    /// Valid samples, NaN included.
    fn samples(self) -> usize {
        self.runs.iter().map(|run| run.len() / self.channels).sum()
    }

    fn median<S: Element>(self, frame: &[S], n: u64) -> f64 {
        let mut keys: Vec<S::Key> = Vec::with_capacity(n as usize);
        let mut blocks = Blocks::new(self, frame);
        while let Some(block) = blocks.next() {
            keys.extend(block.iter().filter(|v| !v.is_nan()).map(|v| v.key()));
        }
        percentile_of::<S>(&mut keys, 50.0)
    }
}

/// Samples side by side in a line; accumulators are kept per position in the line.
const LINE: usize = 256;

/// Samples in a block: as many lines as are added in registers.
const BLOCK: usize = LINE * GROUP;

/// A zone's samples in blocks of [`BLOCK`] and a shorter last one, so that loops stay long whatever the
/// zone's shape: copied together from short runs, in place inside long ones.
struct Blocks<'a, S> {
    place: Place<'a>,
    frame: &'a [S],
    /// The current run and how much of it is done.
    run: usize,
    done: usize,
    copy: [S; BLOCK],
}

impl<'a, S: Element> Blocks<'a, S> {
    fn new(place: Place<'a>, frame: &'a [S]) -> Self {
        Self { place, frame, run: 0, done: 0, copy: [S::default(); BLOCK] }
    }

    #[inline(always)]
    fn next(&mut self) -> Option<&[S]> {
        let channels = self.place.channels;
        let mut held = 0;
        while held < BLOCK && self.run < self.place.runs.len() {
            let run = &self.place.runs[self.run];
            let rest = &self.frame[run.start + self.done..run.end];
            if channels == 1 && held == 0 && rest.len() > BLOCK {
                self.done += BLOCK;
                return Some(&rest[..BLOCK]);
            }
            let take = (BLOCK - held).min(rest.len() / channels);
            let to = &mut self.copy[held..held + take];
            if channels == 1 {
                to.copy_from_slice(&rest[..take]);
            } else {
                for (i, to) in to.iter_mut().enumerate() {
                    *to = rest[i * channels + self.place.channel];
                }
            }
            held += take;
            self.done += take * channels;
            if take * channels == rest.len() {
                (self.run, self.done) = (self.run + 1, 0);
            }
        }
        if held > 0 { Some(&self.copy[..held]) } else { None }
    }
}

/// A whole block as lines.
#[inline(always)]
fn lines<S>(block: &[S]) -> Option<Group<'_, S, GROUP>> {
    let (lines, []) = block.as_chunks::<LINE>() else { return None };
    let lines: &[[S; LINE]; GROUP] = lines.try_into().ok()?;
    Some(lines.each_ref().map(<[S; LINE]>::as_slice))
}

struct IntegerStats<'a, S> {
    frame: &'a [S],
    place: Place<'a>,
    want: ZoneWant,
}

impl<S: Integer> Work for IntegerStats<'_, S> {
    type Output = ZoneStats;

    #[inline(always)]
    fn run(self) -> ZoneStats {
        let Self { frame, place, want } = self;
        let n = place.samples() as u64;
        if n == 0 {
            return ZoneStats::empty(place.pixels);
        }
        // A small zone does not fill a line.
        let width = LINE.min(n as usize);
        let (mut sum, mut squares) = (0_i64, S::Squares::default());
        let (mut min, mut max) = ([S::HIGHEST; LINE], [S::LOWEST; LINE]);
        let (mut sums, mut all) = ([S::Block::default(); LINE], [S::SquareBlock::default(); LINE]);
        let mut held = 0;
        let mut blocks = Blocks::new(place, frame);
        while let Some(block) = blocks.next() {
            if let Some(group) = lines(block) {
                add_integers(&mut sums, &mut all, &mut min, &mut max, &group);
            } else {
                for line in block.chunks(LINE) {
                    let len = line.len();
                    let group = [line];
                    add_integers(&mut sums[..len], &mut all[..len], &mut min[..len], &mut max[..len], &group);
                }
            }
            held += GROUP as u32;
            if held + GROUP as u32 > S::FRAMES {
                held = 0;
                (sum, squares) = emptied::<S>(sum, squares, &mut sums, &mut all);
            }
        }
        (sum, squares) = emptied::<S>(sum, squares, &mut sums[..width], &mut all[..width]);
        ZoneStats {
            n,
            missing: place.pixels - n,
            mean: sum as f64 / n as f64,
            sum: sum as f64,
            min: min[..width].iter().fold(S::HIGHEST, |a, &b| a.min(b)).to_f64(),
            max: max[..width].iter().fold(S::LOWEST, |a, &b| a.max(b)).to_f64(),
            std: exact_variance(n, sum.into(), squares.into(), 0).sqrt(),
            median: if want.median { place.median(frame, n) } else { f64::NAN },
        }
    }
}

/// The totals with the lanes' sums added, which become 0.
#[inline(always)]
fn emptied<S: Integer>(
    mut sum: i64,
    mut squares: S::Squares,
    sums: &mut [S::Block],
    all: &mut [S::SquareBlock],
) -> (i64, S::Squares) {
    for block in sums {
        sum += std::mem::take(block).into();
    }
    for block in all {
        squares += std::mem::take(block).into();
    }
    (sum, squares)
}

#[inline(always)]
fn add_integers<S: Integer, const G: usize>(
    sums: &mut [S::Block],
    squares: &mut [S::SquareBlock],
    min: &mut [S],
    max: &mut [S],
    group: &Group<'_, S, G>,
) {
    fold2(sums, squares, group, |mut sum, mut squares, v| {
        sum += v.block();
        squares += v.square();
        (sum, squares)
    });
    fold2(min, max, group, |min, max, v| (min.min(v), max.max(v)));
}

struct FloatStats<'a, S> {
    frame: &'a [S],
    place: Place<'a>,
    want: ZoneWant,
}

impl<S: Element> Work for FloatStats<'_, S> {
    type Output = ZoneStats;

    #[inline(always)]
    fn run(self) -> ZoneStats {
        let Self { frame, place, want } = self;
        let width = LINE.min(place.samples());
        let (mut count, mut sums) = ([0_u64; LINE], [0.0; LINE]);
        let (mut low, mut high) = ([S::HIGHEST; LINE], [S::LOWEST; LINE]);
        let mut blocks = Blocks::new(place, frame);
        while let Some(block) = blocks.next() {
            if let Some(group) = lines(block) {
                add_floats(&mut count, &mut sums, &mut low, &mut high, &group);
            } else {
                for line in block.chunks(LINE) {
                    let len = line.len();
                    let group = [line];
                    add_floats(
                        &mut count[..len],
                        &mut sums[..len],
                        &mut low[..len],
                        &mut high[..len],
                        &group,
                    );
                }
            }
        }
        let n: u64 = count[..width].iter().sum();
        if n == 0 {
            return ZoneStats::empty(place.pixels);
        }
        let sum: f64 = sums[..width].iter().sum();
        let mean = sum / n as f64;
        let (mut squares, mut rest) = ([0.0; LINE], [0.0; LINE]);
        let mut blocks = Blocks::new(place, frame);
        while let Some(block) = blocks.next() {
            if let Some(group) = lines(block) {
                add_deviations(mean, &mut squares, &mut rest, &group);
            } else {
                for line in block.chunks(LINE) {
                    let len = line.len();
                    add_deviations(mean, &mut squares[..len], &mut rest[..len], &[line]);
                }
            }
        }
        // The mean is rounded; what the deviations from it leave over corrects for that.
        let rest: f64 = rest[..width].iter().sum();
        let squares: f64 = squares[..width].iter().sum();
        let variance = (squares - rest * rest / n as f64) / n as f64;
        ZoneStats {
            n,
            missing: place.pixels - n,
            mean,
            sum,
            min: low[..width].iter().fold(f64::INFINITY, |a, b| a.min(b.to_f64())),
            max: high[..width].iter().fold(f64::NEG_INFINITY, |a, b| a.max(b.to_f64())),
            std: if variance < 0.0 { 0.0 } else { variance.sqrt() },
            median: if want.median { place.median(frame, n) } else { f64::NAN },
        }
    }
}

#[inline(always)]
fn add_floats<S: Element, const G: usize>(
    count: &mut [u64],
    sums: &mut [f64],
    low: &mut [S],
    high: &mut [S],
    group: &Group<'_, S, G>,
) {
    fold2(count, sums, group, |n, sum, v| {
        let valid = !v.is_nan();
        (n + u64::from(valid), sum + if valid { v.to_f64() } else { 0.0 })
    });
    fold2(low, high, group, |low, high, v| (if v < low { v } else { low }, if v > high { v } else { high }));
}

#[inline(always)]
fn add_deviations<S: Element, const G: usize>(
    mean: f64,
    squares: &mut [f64],
    rest: &mut [f64],
    group: &Group<'_, S, G>,
) {
    fold2(squares, rest, group, |squares, rest, v| {
        let d = if v.is_nan() { 0.0 } else { v.to_f64() - mean };
        (squares + d * d, rest + d)
    });
}
