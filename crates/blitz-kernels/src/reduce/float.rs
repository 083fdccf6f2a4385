//! Moments of floats: NaN is missing, accumulation in f64.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::reducer::Band;
use super::{Counts, Method, Wanted};
use crate::element::Element;

/// Samples that one register block covers.
const LANES: usize = 16;

/// Accumulators of one band of floating-point samples. Vectors of moments that are not wanted stay empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S: Element", deserialize = "S: Element"))]
pub(super) struct FloatBand<S: Element> {
    samples: usize,
    counts: Vec<u32>,
    #[serde(with = "as_bits")]
    sum: Vec<f64>,
    #[serde(with = "as_bits")]
    mean: Vec<f64>,
    /// Sum of squared distances from the mean.
    #[serde(with = "as_bits")]
    m2: Vec<f64>,
    #[serde(with = "as_bits")]
    min: Vec<S>,
    #[serde(with = "as_bits")]
    max: Vec<S>,
}

impl<S: Element> Band for FloatBand<S> {
    type Sample = S;

    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self {
            samples,
            counts: vec![0; samples],
            sum: vec![0.0; len(wanted.sum)],
            mean: vec![0.0; len(wanted.squares)],
            m2: vec![0.0; len(wanted.squares)],
            min: vec![S::HIGHEST; len(wanted.min)],
            max: vec![S::LOWEST; len(wanted.max)],
        }
    }

    fn push(&mut self, frames: &[&[S]], runs: &[Range<usize>]) {
        // Groups only keep the lines in cache from moment to moment; they do not change the order of sums.
        for group in frames.chunks(crate::element::GROUP) {
            for run in runs {
                let blocks = run.len() / LANES;
                for block in 0..blocks {
                    self.push_block::<LANES>(group, run.start + block * LANES);
                }
                for at in run.start + blocks * LANES..run.end {
                    self.push_block::<1>(group, at);
                }
            }
        }
    }

    fn merge(&mut self, later: &Self) {
        for (i, (mean, m2)) in self.mean.iter_mut().zip(&mut self.m2).enumerate() {
            let (a, b) = (f64::from(self.counts[i]), f64::from(later.counts[i]));
            if b == 0.0 {
                continue;
            }
            if a == 0.0 {
                (*mean, *m2) = (later.mean[i], later.m2[i]);
                continue;
            }
            let delta = later.mean[i] - *mean;
            *mean += delta * (b / (a + b));
            *m2 += later.m2[i] + delta * delta * (a * b / (a + b));
        }
        self.counts.iter_mut().zip(&later.counts).for_each(|(a, b)| *a += b);
        self.sum.iter_mut().zip(&later.sum).for_each(|(a, b)| *a += b);
        self.min.iter_mut().zip(&later.min).for_each(|(a, &b)| *a = least(*a, b));
        self.max.iter_mut().zip(&later.max).for_each(|(a, &b)| *a = greatest(*a, b));
    }

    fn value(&self, index: usize, method: Method, ddof: u32) -> f64 {
        let n = self.counts[index];
        if n == 0 {
            return f64::NAN;
        }
        match method {
            Method::Mean => self.sum[index] / f64::from(n),
            Method::Sum => self.sum[index],
            Method::Std if n <= ddof => f64::NAN,
            Method::Std => (self.m2[index] / f64::from(n - ddof)).sqrt(),
            Method::Min => self.min[index].to_f64(),
            Method::Max => self.max[index].to_f64(),
            Method::Median | Method::Percentile(_) => f64::NAN,
        }
    }

    fn extremes(&self, method: Method) -> Vec<S> {
        let values = if method == Method::Min { &self.min } else { &self.max };
        let value = |(&v, &n): (&S, &u32)| if n == 0 { S::from_f64(f64::NAN) } else { v };
        values.iter().zip(&self.counts).map(value).collect()
    }

    fn counts(&self) -> Counts {
        Counts::simplified(self.counts.clone())
    }

    fn samples(&self) -> usize {
        self.samples
    }

    fn exact_sum(&self, _index: usize) -> Option<i128> {
        None
    }
}

/// The smaller of a number and a sample that may be NaN; the first of equals, as a walk in order keeps it.
#[inline(always)]
fn least<S: Element>(a: S, b: S) -> S {
    if b < a { b } else { a }
}

/// The larger of a number and a sample that may be NaN.
#[inline(always)]
fn greatest<S: Element>(a: S, b: S) -> S {
    if b > a { b } else { a }
}

impl<S: Element> FloatBand<S> {
    #[inline(always)]
    fn push_block<const L: usize>(&mut self, frames: &[&[S]], at: usize) {
        let lines = || frames.iter().map(|frame| &frame[at..at + L]);
        let counts = &mut self.counts[at..at + L];
        if !self.m2.is_empty() {
            let (mut n, mut mean, mut m2) = ([0.0; L], [0.0; L], [0.0; L]);
            n.iter_mut().zip(&*counts).for_each(|(n, &count)| *n = f64::from(count));
            mean.copy_from_slice(&self.mean[at..at + L]);
            m2.copy_from_slice(&self.m2[at..at + L]);
            for line in lines() {
                for i in 0..L {
                    // Selects instead of branches, so that the lanes stay together.
                    let v = line[i].to_f64();
                    let next = n[i] + 1.0;
                    let delta = v - mean[i];
                    let moved = mean[i] + delta / next;
                    let more = m2[i] + delta * (v - moved);
                    let valid = !v.is_nan();
                    n[i] = if valid { next } else { n[i] };
                    mean[i] = if valid { moved } else { mean[i] };
                    m2[i] = if valid { more } else { m2[i] };
                }
            }
            self.mean[at..at + L].copy_from_slice(&mean);
            self.m2[at..at + L].copy_from_slice(&m2);
        }
        if !self.sum.is_empty() {
            let mut sum = [0.0; L];
            sum.copy_from_slice(&self.sum[at..at + L]);
            for line in lines() {
                for (sum, v) in sum.iter_mut().zip(line) {
                    *sum += if v.is_nan() { 0.0 } else { v.to_f64() };
                }
            }
            self.sum[at..at + L].copy_from_slice(&sum);
        }
        if !self.min.is_empty() {
            let min: &mut [S] = &mut self.min[at..at + L];
            for line in lines() {
                min.iter_mut().zip(line).for_each(|(a, &v)| *a = least(*a, v));
            }
        }
        if !self.max.is_empty() {
            let max: &mut [S] = &mut self.max[at..at + L];
            for line in lines() {
                max.iter_mut().zip(line).for_each(|(a, &v)| *a = greatest(*a, v));
            }
        }
        for line in lines() {
            counts.iter_mut().zip(line).for_each(|(n, v)| *n += u32::from(!v.is_nan()));
        }
    }
}

/// Floats as the bits of their f64: text formats have no way to write infinities, and bits are exact.
mod as_bits {
    use blitz_core::Sample;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Sample, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|v| v.to_f64().to_bits()))
    }

    pub(super) fn deserialize<'de, T: Sample, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        let bits = Vec::<u64>::deserialize(from)?;
        Ok(bits.into_iter().map(|bits| T::from_f64(f64::from_bits(bits))).collect())
    }
}
