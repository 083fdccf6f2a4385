//! Moments of integers: exact sums and squares.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::reducer::Band;
use super::{Counts, Method, Wanted};
use crate::element::{GROUP, Integer};

/// Samples that one register block covers.
const LANES: usize = 64;

/// Accumulators of one band of integer samples. Vectors of moments that are not wanted stay empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S: Integer", deserialize = "S: Integer"))]
pub(super) struct IntegerBand<S: Integer> {
    samples: usize,
    /// Frames pushed, as long as every sample of them counted.
    frames: u32,
    /// Frames counted per sample, from the first masked push on.
    counts: Option<Vec<u32>>,
    sum: Vec<i64>,
    squares: Vec<S::Squares>,
    min: Vec<S>,
    max: Vec<S>,
}

impl<S: Integer> IntegerBand<S> {
    fn count(&self, index: usize) -> u32 {
        self.counts.as_ref().map_or(self.frames, |counts| counts[index])
    }

    fn count_runs(&mut self, frames: u32, runs: &[Range<usize>]) {
        let everywhere = runs.len() == 1 && runs[0] == (0..self.samples);
        if everywhere && self.counts.is_none() {
            self.frames += frames;
            return;
        }
        let counts = self.counts.get_or_insert_with(|| vec![self.frames; self.samples]);
        for run in runs {
            counts[run.clone()].iter_mut().for_each(|n| *n += frames);
        }
    }
}

impl<S: Integer> Band for IntegerBand<S> {
    type Sample = S;

    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self {
            samples,
            frames: 0,
            counts: None,
            sum: vec![0; len(wanted.sum || wanted.squares)],
            squares: vec![S::Squares::default(); len(wanted.squares)],
            min: vec![S::HIGHEST; len(wanted.min)],
            max: vec![S::LOWEST; len(wanted.max)],
        }
    }

    fn push(&mut self, frames: &[&[S]], runs: &[Range<usize>]) {
        self.count_runs(frames.len() as u32, runs);
        for run in runs {
            for group in frames.chunks(GROUP) {
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
        fn add<T: Copy + std::ops::AddAssign>(mine: &mut [T], later: &[T]) {
            mine.iter_mut().zip(later).for_each(|(a, &b)| *a += b);
        }
        match (&mut self.counts, &later.counts) {
            (None, None) => self.frames += later.frames,
            (Some(mine), None) => mine.iter_mut().for_each(|n| *n += later.frames),
            (mine, Some(theirs)) => {
                let mine = mine.get_or_insert_with(|| vec![self.frames; self.samples]);
                add(mine, theirs);
            }
        }
        add(&mut self.sum, &later.sum);
        add(&mut self.squares, &later.squares);
        self.min.iter_mut().zip(&later.min).for_each(|(a, &b)| *a = (*a).min(b));
        self.max.iter_mut().zip(&later.max).for_each(|(a, &b)| *a = (*a).max(b));
    }

    fn value(&self, index: usize, method: Method, ddof: u32) -> f64 {
        let n = self.count(index);
        if n == 0 {
            return f64::NAN;
        }
        match method {
            Method::Mean => self.sum[index] as f64 / f64::from(n),
            Method::Sum => self.sum[index] as f64,
            Method::Std => {
                exact_variance(u64::from(n), self.sum[index].into(), self.squares[index].into(), ddof).sqrt()
            }
            Method::Min => self.min[index].to_f64(),
            Method::Max => self.max[index].to_f64(),
            Method::Median | Method::Percentile(_) => f64::NAN,
        }
    }

    fn extremes(&self, method: Method) -> Vec<S> {
        let values = if method == Method::Min { &self.min } else { &self.max };
        let value = |(i, &v): (usize, &S)| if self.count(i) == 0 { S::default() } else { v };
        values.iter().enumerate().map(value).collect()
    }

    fn counts(&self) -> Counts {
        match &self.counts {
            None => Counts::Uniform(u64::from(self.frames)),
            Some(counts) => Counts::simplified(counts.clone()),
        }
    }

    fn samples(&self) -> usize {
        self.samples
    }

    fn exact_sum(&self, index: usize) -> Option<i128> {
        (self.count(index) > 0).then(|| self.sum[index].into())
    }
}

impl<S: Integer> IntegerBand<S> {
    /// Adds `L` samples from `at` on of at most [`GROUP`] frames. Each moment walks the frames with its
    /// accumulators in registers; the samples come from the first-level cache from the second moment on.
    #[inline(always)]
    fn push_block<const L: usize>(&mut self, frames: &[&[S]], at: usize) {
        debug_assert!(frames.len() <= GROUP);
        if !self.sum.is_empty() {
            let mut block = [S::Block::default(); L];
            for frame in frames {
                let line = lane::<S, L>(frame, at);
                for i in 0..L {
                    block[i] += line[i].block();
                }
            }
            let sum = lane_mut::<i64, L>(&mut self.sum, at);
            for i in 0..L {
                sum[i] += block[i].into();
            }
        }
        if !self.squares.is_empty() {
            let mut block = [S::SquareBlock::default(); L];
            for frame in frames {
                let line = lane::<S, L>(frame, at);
                for i in 0..L {
                    block[i] += line[i].square();
                }
            }
            let squares = lane_mut::<S::Squares, L>(&mut self.squares, at);
            for i in 0..L {
                squares[i] += block[i].into();
            }
        }
        if !self.min.is_empty() {
            let min = lane_mut::<S, L>(&mut self.min, at);
            let mut block = *min;
            for frame in frames {
                let line = lane::<S, L>(frame, at);
                for i in 0..L {
                    block[i] = block[i].min(line[i]);
                }
            }
            *min = block;
        }
        if !self.max.is_empty() {
            let max = lane_mut::<S, L>(&mut self.max, at);
            let mut block = *max;
            for frame in frames {
                let line = lane::<S, L>(frame, at);
                for i in 0..L {
                    block[i] = block[i].max(line[i]);
                }
            }
            *max = block;
        }
    }
}

/// `L` samples from `at` on, as an array whose length the compiler knows.
#[inline(always)]
fn lane<S, const L: usize>(samples: &[S], at: usize) -> &[S; L] {
    samples[at..].first_chunk().expect("blocks lie inside the band")
}

/// As [`lane`], mutable.
#[inline(always)]
fn lane_mut<S, const L: usize>(samples: &mut [S], at: usize) -> &mut [S; L] {
    samples[at..].first_chunk_mut().expect("blocks lie inside the band")
}

/// Variance of `n` integers from their exact sum and sum of squares: `(n·Q − S²) / (n·(n − ddof))`, NaN if
/// `n` is not above `ddof`. The numerator is exact; it fits 128 bits for up to 2³² values of 32 bits.
pub(crate) fn exact_variance(n: u64, sum: i128, squares: u128, ddof: u32) -> f64 {
    if n <= u64::from(ddof) {
        return f64::NAN;
    }
    let square_of_sum = sum.unsigned_abs() * sum.unsigned_abs();
    let numerator = u128::from(n) * squares - square_of_sum;
    numerator as f64 / (n as f64 * (n - u64::from(ddof)) as f64)
}
