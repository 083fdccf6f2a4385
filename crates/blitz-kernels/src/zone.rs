//! Statistics of a zone in one frame.

use blitz_core::{FrameShape, Mask, SamplesRef, ZoneMask};

use crate::element::{Element, GROUP, Integer, by_kind};
use crate::mask;
use crate::reduce::{exact_variance, percentile_of};

/// What of a zone is wanted beyond the moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneWant {
    /// The median, which costs a copy of the zone's samples.
    pub median: bool,
}

/// Statistics of the valid samples of one channel of a zone. Everything but the counts is NaN where `n` is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    let runs: Vec<(usize, usize)> = zone
        .spans
        .iter()
        .flat_map(|span| {
            let row = span.y * shape.width;
            mask::runs(mask, 1, row + span.start..row + span.end)
        })
        .map(|run| (run.start * shape.channels, run.end * shape.channels))
        .collect();
    (0..shape.channels)
        .map(|channel| {
            let place = Place { runs: &runs, channels: shape.channels, channel, pixels: zone.pixels as u64 };
            by_kind!(frame, s => integer integer_stats(s, place, want), float float_stats(s, place, want))
        })
        .collect()
}

/// The samples of one channel in a zone.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Valid runs, in samples of all channels.
    runs: &'a [(usize, usize)],
    channels: usize,
    channel: usize,
    /// Pixels of the zone, valid or not.
    pixels: u64,
}

impl Place<'_> {
    /// Hands over stretches of samples of the channel: whole runs where there is one channel, pieces copied
    /// together otherwise.
    fn for_each<S: Element>(self, frame: &[S], mut body: impl FnMut(&[S])) {
        let mut line = [S::default(); 256];
        for &(start, end) in self.runs {
            let run = &frame[start..end];
            if self.channels == 1 {
                body(run);
                continue;
            }
            for pixels in run.chunks(line.len() * self.channels) {
                let n = pixels.len() / self.channels;
                let samples = pixels.iter().skip(self.channel).step_by(self.channels);
                line[..n].iter_mut().zip(samples).for_each(|(to, &from)| *to = from);
                body(&line[..n]);
            }
        }
    }

    fn median<S: Element>(self, frame: &[S], n: u64) -> f64 {
        let mut keys: Vec<S::Key> = Vec::with_capacity(n as usize);
        self.for_each(frame, |line| keys.extend(line.iter().filter(|v| !v.is_nan()).map(|v| v.key())));
        percentile_of::<S>(&mut keys, 50.0)
    }
}

/// Samples added side by side; each lane takes fewer than [`GROUP`] and one of the tail per flush.
const WIDE: usize = 32;

fn integer_stats<S: Integer>(frame: &[S], place: Place<'_>, want: ZoneWant) -> ZoneStats {
    let (mut n, mut sum) = (0_u64, 0_i64);
    let mut squares = S::Squares::default();
    let (mut min, mut max) = (S::HIGHEST, S::LOWEST);
    place.for_each(frame, |line| {
        n += line.len() as u64;
        for part in line.chunks(WIDE * (GROUP - 1)) {
            let (rows, tail) = part.as_chunks::<WIDE>();
            let (mut block, mut square) = ([S::Block::default(); WIDE], [S::SquareBlock::default(); WIDE]);
            let (mut low, mut high) = ([S::HIGHEST; WIDE], [S::LOWEST; WIDE]);
            for row in rows.iter().map(<[S; WIDE]>::as_slice).chain(std::iter::once(tail)) {
                for (i, &v) in row.iter().enumerate() {
                    block[i] += v.block();
                    square[i] += v.square();
                    low[i] = low[i].min(v);
                    high[i] = high[i].max(v);
                }
            }
            for (block, square) in block.into_iter().zip(square) {
                sum += block.into();
                squares += square.into();
            }
            min = low.into_iter().fold(min, S::min);
            max = high.into_iter().fold(max, S::max);
        }
    });
    if n == 0 {
        return ZoneStats::empty(place.pixels);
    }
    ZoneStats {
        n,
        missing: place.pixels - n,
        mean: sum as f64 / n as f64,
        sum: sum as f64,
        min: min.to_f64(),
        max: max.to_f64(),
        std: exact_variance(n, sum.into(), squares.into(), 0).sqrt(),
        median: if want.median { place.median(frame, n) } else { f64::NAN },
    }
}

/// Partial sums that are kept apart so that the compiler can add them side by side; the order of additions
/// depends on the runs alone.
const LANES: usize = 8;

fn float_stats<S: Element>(frame: &[S], place: Place<'_>, want: ZoneWant) -> ZoneStats {
    let (mut count, mut sums) = ([0_u64; LANES], [0.0; LANES]);
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    place.for_each(frame, |line| {
        for part in line.chunks(LANES) {
            for (i, v) in part.iter().enumerate() {
                let (valid, v) = (!v.is_nan(), v.to_f64());
                count[i] += u64::from(valid);
                sums[i] += if valid { v } else { 0.0 };
                low[i] = if v < low[i] { v } else { low[i] };
                high[i] = if v > high[i] { v } else { high[i] };
            }
        }
    });
    let n: u64 = count.iter().sum();
    if n == 0 {
        return ZoneStats::empty(place.pixels);
    }
    let sum: f64 = sums.iter().sum();
    let mean = sum / n as f64;
    let (mut squares, mut rest) = ([0.0; LANES], [0.0; LANES]);
    place.for_each(frame, |line| {
        for part in line.chunks(LANES) {
            for (i, v) in part.iter().enumerate() {
                let d = if v.is_nan() { 0.0 } else { v.to_f64() - mean };
                squares[i] += d * d;
                rest[i] += d;
            }
        }
    });
    // The mean is rounded; what the deviations from it leave over corrects for that.
    let rest: f64 = rest.iter().sum();
    let variance = (squares.iter().sum::<f64>() - rest * rest / n as f64) / n as f64;
    ZoneStats {
        n,
        missing: place.pixels - n,
        mean,
        sum,
        min: low.into_iter().fold(f64::INFINITY, f64::min),
        max: high.into_iter().fold(f64::NEG_INFINITY, f64::max),
        std: if variance < 0.0 { 0.0 } else { variance.sqrt() },
        median: if want.median { place.median(frame, n) } else { f64::NAN },
    }
}
