//! Histograms of many frames: exact for short integers, of growing range for the rest.

mod state;

use blitz_core::{DType, Mask, SamplesRef};
use serde::{Deserialize, Serialize};

use crate::bins::{BinsOf, NO_BIN, RangeOf, floor_index, power_of_two};
use crate::element::{Element, Integer, Tally, by_kind};
use crate::mask;
use crate::reduce::{between, position};
use crate::simd::{self, Level};

/// Bins at most, where values are not counted one by one. The occupied range always fills more than half of
/// them unless values are counted exactly, so a bin is narrower than 1/8191 of it.
const MAX_BINS: i64 = 1 << 14;

/// Samples that are looked at twice while they are in cache.
const PART: usize = 4096;

/// Bin widths are powers of two from this exponent on, so that no index overflows.
const LEAST_EXPONENT: i32 = -1000;

/// One bar of a drawn histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Lower end, included.
    pub lo: f64,
    /// Upper end, excluded.
    pub hi: f64,
    /// Samples.
    pub count: u64,
}

/// Counts of values over any number of frames, all channels pooled. Merged in any grouping and order they are the
/// same.
///
/// # Values
/// NaN and masked samples are counted as missing, ±∞ as infinite; neither enters bins, percentiles, minimum
/// or maximum.
///
/// # Precision
/// u8, u16, i16: one count per value, everything exact. Others: bins whose width is a power of two and
/// doubles when the range outgrows 16,384 of them; percentiles are off by at most [`Histogram::resolution`].
/// 32-bit integers are exact, too, as long as their range is below 16,384. Bins lie at multiples of their
/// width, so neither the order of frames nor that of merges changes a count.
///
/// # Cost
/// u8, u16, i16: one pass, 2 KiB or 512 KiB. Others: two passes, up to 128 KiB. Serial: gather one histogram
/// per task and merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Histogram {
    kind: Kind,
    /// Bin `i` covers `[first + i, first + i + 1) · 2^exponent`.
    exponent: i32,
    first: i64,
    counts: Vec<u64>,
    finite: u64,
    missing: u64,
    below: u64,
    above: u64,
    /// Smallest and largest finite value as ordered keys of their f64.
    lowest: u64,
    highest: u64,
    or_bits: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One bin for each value of the type.
    Table,
    /// Integers of 32 bit.
    Integer,
    /// Floats.
    Float,
}

impl Histogram {
    /// A histogram of samples of type `dtype` that has seen none.
    pub fn new(dtype: DType) -> Self {
        let (kind, first, bins) = match dtype {
            DType::U8 => (Kind::Table, 0, 1 << 8),
            DType::U16 => (Kind::Table, 0, 1 << 16),
            DType::I16 => (Kind::Table, i64::from(i16::MIN), 1 << 16),
            DType::I32 | DType::U32 => (Kind::Integer, 0, 0),
            DType::F32 | DType::F64 => (Kind::Float, 0, 0),
        };
        Self {
            kind,
            exponent: 0,
            first,
            counts: vec![0; bins],
            finite: 0,
            missing: 0,
            below: 0,
            above: 0,
            lowest: u64::MAX,
            highest: 0,
            or_bits: 0,
        }
    }

    /// Counts the samples of a frame, or of a part of it that the mask belongs to.
    ///
    /// # Panics
    /// If the mask has not one flag per pixel. Samples of another type than the histogram was made for give
    /// wrong counts of short integers, or panic.
    pub fn push(&mut self, samples: SamplesRef<'_>, mask: Option<&Mask>, channels: usize) {
        mask::check(mask, samples.len(), channels);
        let before = self.finite + self.below + self.above;
        for run in mask::runs(mask, channels, 0..samples.len()) {
            let part = samples.slice(run);
            match part {
                SamplesRef::U8(s) => self.tabulate_bytes(s),
                SamplesRef::U16(s) => self.tabulate(s),
                SamplesRef::I16(s) => self.tabulate(s),
                _ => by_kind!(part, s => integer self.bin_integers(s), float self.bin_floats(s)),
            }
        }
        let seen = self.finite + self.below + self.above - before;
        self.missing += samples.len() as u64 - seen;
    }

    fn tabulate_bytes(&mut self, samples: &[u8]) {
        // Four tables: equal neighbours do not wait for each other's count.
        for part in samples.chunks(1 << 30) {
            let mut tables = [[0_u32; 256]; 4];
            let (fours, rest) = part.as_chunks::<4>();
            for four in fours {
                for (table, &v) in tables.iter_mut().zip(four) {
                    table[v as usize] += 1;
                }
            }
            for &v in rest {
                tables[0][v as usize] += 1;
            }
            for (v, count) in self.counts.iter_mut().enumerate() {
                *count += tables.iter().map(|table| u64::from(table[v])).sum::<u64>();
            }
        }
        self.note_integers(samples);
    }

    fn tabulate<S: Integer>(&mut self, samples: &[S]) {
        let first = self.first;
        for part in samples.chunks(PART) {
            let counts = &mut self.counts;
            for v in part {
                counts[(v.to_i64() - first) as usize] += 1;
            }
            self.note_integers(part);
        }
    }

    fn note_integers<S: Integer>(&mut self, samples: &[S]) {
        if samples.is_empty() {
            return;
        }
        let tally = Tally::of(samples);
        self.finite += samples.len() as u64;
        self.or_bits |= tally.or.raw_bits();
        self.note_range(tally.min.to_f64(), tally.max.to_f64());
    }

    fn note_range(&mut self, low: f64, high: f64) {
        self.lowest = self.lowest.min(low.key());
        self.highest = self.highest.max(high.key());
    }

    fn bin_integers<S: Integer>(&mut self, samples: &[S]) {
        for part in samples.chunks(PART) {
            self.note_integers(part);
            self.cover();
            let (first, shift) = (self.first, self.exponent);
            for v in part {
                self.counts[((v.to_i64() >> shift) - first) as usize] += 1;
            }
        }
    }

    fn bin_floats<S: Element>(&mut self, samples: &[S]) {
        let level = Level::current();
        let mut bins = [NO_BIN; PART];
        for part in samples.chunks(PART) {
            let range = simd::run(level, RangeOf(part));
            self.finite += u64::from(range.finite);
            self.below += u64::from(range.below);
            self.above += u64::from(range.above);
            if range.finite == 0 {
                continue;
            }
            self.note_range(range.low.to_f64(), range.high.to_f64());
            self.cover();
            let bins = &mut bins[..part.len()];
            let (first, scale) = (self.first, power_of_two(-self.exponent));
            simd::run(level, BinsOf { samples: part, first, scale, bins });
            for &bin in &*bins {
                if let Some(count) = self.counts.get_mut(bin as usize) {
                    *count += 1;
                }
            }
        }
    }

    /// Widens and extends the bins until they hold the noted range. What results depends on the range
    /// alone: the width is the smallest that fits.
    fn cover(&mut self) {
        let (exponent, from, to) = self.fitting();
        if exponent == self.exponent && from == self.first && to - from + 1 == self.counts.len() as i64 {
            return;
        }
        let mut counts = vec![0; (to - from + 1) as usize];
        let shift = exponent.saturating_sub(self.exponent).min(63);
        for (i, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            counts[(((self.first + i as i64) >> shift) - from) as usize] += count;
        }
        (self.exponent, self.first, self.counts) = (exponent, from, counts);
    }

    /// Exponent, first and last bin for the noted range.
    fn fitting(&self) -> (i32, i64, i64) {
        let (low, high) = (f64::from_key(self.lowest), f64::from_key(self.highest));
        let mut exponent = self.least_exponent(low, high);
        loop {
            let scale = power_of_two(-exponent);
            let (from, to) = (floor_index(low, scale), floor_index(high, scale));
            if to - from < MAX_BINS {
                return (exponent, from, to);
            }
            exponent += 1;
        }
    }

    /// The smallest exponent at which the indices of the range are exact in f64 and i64.
    fn least_exponent(&self, low: f64, high: f64) -> i32 {
        if self.kind != Kind::Float {
            return 0;
        }
        let magnitude = low.abs().max(high.abs());
        let exponent = ((magnitude.to_bits() >> 52) & 0x7FF) as i32 - 1023;
        (exponent - 52).max(LEAST_EXPONENT)
    }

    /// Whether the other one was made for the same type, or for another that is counted alike: 32-bit integers, floats.
    pub fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind
            && (self.kind != Kind::Table
                || (self.first, self.counts.len()) == (other.first, other.counts.len()))
    }

    /// Adds the counts of another histogram of the same type. The order of merges does not matter.
    ///
    /// # Panics
    /// If the other one was made for another type.
    pub fn merge(&mut self, other: &Self) {
        assert!(self.is_like(other), "histograms of one element type are merged");
        self.finite += other.finite;
        self.missing += other.missing;
        self.below += other.below;
        self.above += other.above;
        self.or_bits |= other.or_bits;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        if other.finite == 0 {
            return;
        }
        if self.kind != Kind::Table {
            self.cover();
        }
        let shift = self.exponent.saturating_sub(other.exponent).min(63);
        for (i, &count) in other.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.counts[(((other.first + i as i64) >> shift) - self.first) as usize] += count;
        }
    }

    /// Finite samples.
    pub fn n(&self) -> u64 {
        self.finite
    }

    /// Samples that were NaN or masked.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Samples that were +∞ or −∞.
    pub fn infinite(&self) -> u64 {
        self.below + self.above
    }

    /// Smallest finite value.
    pub fn min(&self) -> Option<f64> {
        (self.finite > 0).then(|| f64::from_key(self.lowest))
    }

    /// Largest finite value.
    pub fn max(&self) -> Option<f64> {
        (self.finite > 0).then(|| f64::from_key(self.highest))
    }

    /// OR over the two's complement bits of integer samples, for [`crate::EffectiveBits`]; 0 for floats.
    pub fn or_bits(&self) -> u64 {
        self.or_bits
    }

    /// How far a percentile can be off, in units of the values: 0 where every value is counted, otherwise
    /// the width of a bin.
    pub fn resolution(&self) -> f64 {
        if self.is_exact() { 0.0 } else { power_of_two(self.exponent) }
    }

    /// Whether each bin holds one value.
    fn is_exact(&self) -> bool {
        self.kind != Kind::Float && self.exponent == 0
    }

    /// Percentile `q`, 0 to 100, of the finite values, linear between neighbours as in `NumPy`; `None` if
    /// there is no finite value. 0 and 100 are exact for every type.
    ///
    /// # Panics
    /// If `q` is not within 0 to 100.
    pub fn percentile(&self, q: f64) -> Option<f64> {
        assert!((0.0..=100.0).contains(&q), "percentiles lie within 0 to 100: {q}");
        if self.finite == 0 {
            return None;
        }
        let (rank, t) = position(q, self.finite as usize);
        let lower = self.value_of_rank(rank as u64);
        let upper = if t > 0.0 { self.value_of_rank(rank as u64 + 1) } else { lower };
        Some(between(lower, upper, t))
    }

    /// The value of rank `rank` (0 is the smallest); within a bin the ranks are spread evenly.
    fn value_of_rank(&self, rank: u64) -> f64 {
        let (low, high) = (f64::from_key(self.lowest), f64::from_key(self.highest));
        if rank == 0 {
            return low;
        }
        if rank + 1 >= self.finite {
            return high;
        }
        let mut before = 0;
        for (i, &count) in self.counts.iter().enumerate() {
            if rank < before + count {
                let edge = (self.first + i as i64) as f64;
                if self.is_exact() {
                    return edge;
                }
                let inside = ((rank - before) as f64 + 0.5) / count as f64;
                return ((edge + inside) * power_of_two(self.exponent)).clamp(low, high);
            }
            before += count;
        }
        high
    }

    /// Levels that leave out `trim` percent of the finite values at either end, 0 to below 50; 0 gives
    /// minimum and maximum. Always `lo < hi`: without a range `hi` is `lo + 1`, without a value `lo` is 0.
    ///
    /// # Panics
    /// If `trim` is not within 0 to 100.
    pub fn levels(&self, trim: f64) -> (f64, f64) {
        let Some((lo, hi)) = self.percentile(trim).zip(self.percentile(100.0 - trim)) else {
            return (0.0, 1.0);
        };
        if lo < hi {
            return (lo, hi);
        }
        // Next to a large number 1 is nothing; the levels must differ all the same.
        (lo, if lo + 1.0 > lo { lo + 1.0 } else { lo.next_up() })
    }

    /// At most `max_bins` bars of equal width from the smallest to the largest value, for drawing. Empty if
    /// there is no finite value.
    pub fn bins(&self, max_bins: usize) -> Vec<Bin> {
        let occupied = |&(_, count): &(usize, &u64)| *count > 0;
        let from = self.counts.iter().enumerate().find(occupied).map(|(i, _)| i);
        let to = self.counts.iter().enumerate().rfind(occupied).map(|(i, _)| i);
        let Some((from, to)) = from.zip(to) else { return Vec::new() };
        let width = (to - from + 1).div_ceil(max_bins.max(1));
        let edge = |i: usize| (self.first + i as i64) as f64 * power_of_two(self.exponent);
        (from..=to)
            .step_by(width)
            .map(|start| Bin {
                lo: edge(start),
                hi: edge(start + width),
                count: self.counts[start..(start + width).min(to + 1)].iter().sum(),
            })
            .collect()
    }
}
