//! Statistics of one frame that are gathered while it is loaded.

use blitz_core::{Mask, SamplesRef};

use crate::element::{Element, Integer, Tally, by_kind};
use crate::mask;

/// Counts, range and mean of a frame's samples, gathered in one pass, all channels pooled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameScan {
    /// Valid samples.
    pub n: u64,
    /// Samples that are masked or NaN.
    pub missing: u64,
    /// Samples that are +∞ or −∞.
    pub infinite: u64,
    /// Smallest finite value; NaN if there is none.
    pub min: f64,
    /// Largest finite value; NaN if there is none.
    pub max: f64,
    /// Mean of the finite values; NaN if there is none.
    pub mean: f64,
    /// Finite samples that equal `max`.
    pub at_max: u64,
    /// OR over the two's complement bits of integer samples; 0 for floats.
    pub or_bits: u64,
}

impl FrameScan {
    /// Reads a frame once.
    ///
    /// # Precision
    /// The mean of integers is rounded from the exact sum, that of floats is added up in f64.
    ///
    /// # Cost
    /// O(samples), one pass, no allocation without a mask. Serial: loading is parallel over frames.
    ///
    /// # Panics
    /// If the mask has not one flag per pixel.
    pub fn new(samples: SamplesRef<'_>, mask: Option<&Mask>, channels: usize) -> Self {
        mask::check(mask, samples.len(), channels);
        let runs = mask::runs(mask, channels, 0..samples.len());
        let mut scan = by_kind!(samples, s => integer scan_integers(s, &runs), float scan_floats(s, &runs));
        scan.missing = samples.len() as u64 - scan.n;
        scan
    }

    /// Samples at or above `full_scale`. The full scale of a recording is known only after its last frame,
    /// and no sample lies above it, so the count at the maximum tells; `None` if the maximum does lie above.
    pub fn saturated(&self, full_scale: f64) -> Option<u64> {
        if self.max > full_scale {
            return None;
        }
        Some(if self.max == full_scale { self.at_max } else { 0 })
    }
}

/// Samples per block: small enough for the second look (how many equal the maximum) to come from cache.
const BLOCK: usize = 4096;

fn scan_integers<S: Integer>(samples: &[S], runs: &[std::ops::Range<usize>]) -> FrameScan {
    let (mut n, mut sum, mut at_max, mut or_bits) = (0_u64, 0_i64, 0_u64, 0_u64);
    let (mut min, mut max) = (S::HIGHEST, S::LOWEST);
    for block in runs.iter().flat_map(|run| samples[run.clone()].chunks(BLOCK)) {
        n += block.len() as u64;
        let tally = Tally::of(block);
        sum += tally.sum;
        or_bits |= tally.or.raw_bits();
        min = min.min(tally.min);
        let high = tally.max;
        if high > max {
            (max, at_max) = (high, 0);
        }
        if high == max {
            at_max += block.iter().filter(|&&v| v == max).count() as u64;
        }
    }
    let some = |v: f64| if n == 0 { f64::NAN } else { v };
    FrameScan {
        n,
        missing: 0,
        infinite: 0,
        min: some(min.to_f64()),
        max: some(max.to_f64()),
        mean: sum as f64 / n as f64,
        at_max,
        or_bits,
    }
}

fn scan_floats<S: Element>(samples: &[S], runs: &[std::ops::Range<usize>]) -> FrameScan {
    const LANES: usize = 8;
    let (mut valid, mut finite, mut at_max) = ([0_u64; LANES], [0_u64; LANES], 0_u64);
    let mut sums = [0.0; LANES];
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for block in runs.iter().flat_map(|run| samples[run.clone()].chunks(BLOCK)) {
        let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        for line in block.chunks(LANES) {
            for (i, v) in line.iter().enumerate() {
                let v = v.to_f64();
                let is_finite = v.is_finite();
                valid[i] += u64::from(!v.is_nan());
                finite[i] += u64::from(is_finite);
                sums[i] += if is_finite { v } else { 0.0 };
                low[i] = if is_finite && v < low[i] { v } else { low[i] };
                high[i] = if is_finite && v > high[i] { v } else { high[i] };
            }
        }
        min = low.into_iter().fold(min, f64::min);
        let high = high.into_iter().fold(f64::NEG_INFINITY, f64::max);
        if high > max {
            (max, at_max) = (high, 0);
        }
        if high == max && max.is_finite() {
            at_max += block.iter().filter(|v| v.to_f64() == max).count() as u64;
        }
    }
    let (valid, finite): (u64, u64) = (valid.iter().sum(), finite.iter().sum());
    let some = |v: f64| if finite == 0 { f64::NAN } else { v };
    FrameScan {
        n: valid,
        missing: 0,
        infinite: valid - finite,
        min: some(min),
        max: some(max),
        mean: sums.iter().sum::<f64>() / finite as f64,
        at_max,
        or_bits: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(samples: impl Into<blitz_core::Samples>) -> FrameScan {
        FrameScan::new(samples.into().as_ref(), None, 1)
    }

    #[test]
    fn saturation_is_counted_across_blocks() {
        let mut samples = vec![7_u16; 3 * BLOCK + 5];
        for at in [0, BLOCK, 2 * BLOCK + 1, 3 * BLOCK + 4] {
            samples[at] = 4095;
        }
        let scan = scan(samples);
        assert_eq!((scan.min, scan.max, scan.at_max), (7.0, 4095.0, 4));
        assert_eq!(
            (scan.saturated(4095.0), scan.saturated(65_535.0), scan.saturated(100.0)),
            (Some(4), Some(0), None)
        );
        assert_eq!(scan.or_bits, 4095);
    }

    #[test]
    fn unusual_floats_are_counted_apart() {
        let scan = scan(vec![f32::NAN, 1.0, f32::INFINITY, 3.0, f32::NEG_INFINITY, 3.0]);
        assert_eq!((scan.n, scan.missing, scan.infinite), (5, 1, 2));
        assert_eq!((scan.min, scan.max, scan.at_max), (1.0, 3.0, 2));
        assert_eq!(scan.mean, 7.0 / 3.0);
    }

    #[test]
    fn nothing_is_nan() {
        for scan in [scan(Vec::<u8>::new()), scan(vec![f64::NAN])] {
            assert!(scan.min.is_nan() && scan.max.is_nan() && scan.mean.is_nan());
            assert_eq!(scan.n, 0);
        }
        let mask = Mask { width: 2, height: 1, valid: vec![false, true] };
        let scan = FrameScan::new((&[9_i16, 0, -4, 2][..]).into(), Some(&mask), 2);
        assert_eq!((scan.n, scan.missing, scan.min, scan.max), (2, 2, -4.0, 2.0));
    }
}
