//! Reductions over time: one frame out of many.
//!
//! [`Reducer`] gathers mean, sum, minimum, maximum and standard deviation in one pass and can be merged and
//! sent elsewhere; [`percentiles`] needs all frames at once, which [`Histories`] gathers and sends.

mod band;
mod count;
mod float;
mod histories;
mod integer;
mod order;
mod rank;
mod reducer;
mod through;
mod tree;
mod walk;

use blitz_core::{DType, Samples};
use serde::{Deserialize, Serialize};

pub(crate) use count::Key;
pub use histories::Histories;
pub(crate) use integer::exact_variance;
pub use order::{median, percentiles, percentiles_unless};
pub(crate) use order::{percentile_of, percentile_over};
pub(crate) use rank::{between, position};
pub use reducer::{BLOCK, Reducer};

/// How many frames become one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// Arithmetic mean.
    Mean,
    /// Sum.
    Sum,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Standard deviation.
    Std,
    /// Middle value; the mean of the two middle ones for an even count.
    Median,
    /// Percentile, 0 to 100, linear between neighbours.
    Percentile(f64),
}

impl Method {
    /// Element type of the result for a source of type `source`: f32 or f64 (see [`DType::result`]), the
    /// source's own type for minimum and maximum, f64 for the sum.
    pub const fn result(self, source: DType) -> DType {
        match self {
            Self::Mean | Self::Std | Self::Median | Self::Percentile(_) => source.result(),
            Self::Min | Self::Max => source,
            Self::Sum => DType::F64,
        }
    }

    /// Whether a [`Reducer`] can answer it; the others go to [`percentiles`].
    pub const fn is_moment(self) -> bool {
        !matches!(self, Self::Median | Self::Percentile(_))
    }

    /// The percentile that [`percentiles`] is asked for, 0 to 100; `None` for moments.
    pub const fn percentile(self) -> Option<f64> {
        match self {
            Self::Median => Some(50.0),
            Self::Percentile(q) => Some(q),
            _ => None,
        }
    }
}

/// What a [`Reducer`] gathers. Less costs less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// For mean and sum.
    pub sum: bool,
    /// For the standard deviation.
    pub squares: bool,
    /// For the minimum.
    pub min: bool,
    /// For the maximum.
    pub max: bool,
}

impl Wanted {
    /// Most bytes that a [`Reducer`] of `frames` frames holds for each sample: sums, squares, extremes and counts; of
    /// floats, moments on every level of the tree of blocks.
    pub fn bytes_per_sample(self, dtype: DType, frames: usize) -> usize {
        const COUNT: usize = 4;
        let [sum, squares, min, max] = [self.sum, self.squares, self.min, self.max].map(usize::from);
        let extremes = (min + max) * dtype.size();
        if dtype.is_float() {
            let levels = (frames / BLOCK).max(1).ilog2() as usize + 2;
            let moments = COUNT + 8 * (sum + 2 * squares);
            return extremes + moments * levels + 16;
        }
        extremes + COUNT + 16 * sum + 24 * squares
    }

    /// Whether something is held of every sample before a frame has come: not of sums of floats, which are held by
    /// blocks of frames.
    fn is_per_sample_at_once(self, dtype: DType) -> bool {
        self.min || self.max || (!dtype.is_float() && (self.sum || self.squares))
    }

    /// Everything.
    pub const ALL: Self = Self { sum: true, squares: true, min: true, max: true };

    /// What these methods need. Median and percentile need nothing a reducer gathers.
    pub fn for_methods(methods: &[Method]) -> Self {
        let mut wanted = Self::default();
        for method in methods {
            match method {
                Method::Mean | Method::Sum => wanted.sum = true,
                Method::Std => wanted.squares = true,
                Method::Min => wanted.min = true,
                Method::Max => wanted.max = true,
                Method::Median | Method::Percentile(_) => {}
            }
        }
        wanted
    }
}

/// How many samples each result was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counts {
    /// The same number everywhere.
    Uniform(u64),
    /// One number per sample.
    PerSample(Vec<u32>),
}

impl Counts {
    /// Samples used for result `index`.
    ///
    /// # Panics
    /// If the index lies outside per-sample counts.
    pub fn at(&self, index: usize) -> u64 {
        match self {
            Self::Uniform(n) => *n,
            Self::PerSample(counts) => u64::from(counts[index]),
        }
    }

    /// How many of `samples` results are missing because no sample was left.
    pub fn missing(&self, samples: usize) -> usize {
        match self {
            Self::Uniform(0) => samples,
            Self::Uniform(_) => 0,
            Self::PerSample(counts) => counts.iter().filter(|&&n| n == 0).count(),
        }
    }

    /// Per-sample counts that are all equal become uniform ones.
    pub(crate) fn simplified(counts: Vec<u32>) -> Self {
        match counts.first() {
            Some(&first) if counts.iter().all(|&n| n == first) => Self::Uniform(u64::from(first)),
            _ => Self::PerSample(counts),
        }
    }
}

/// One frame made of many.
///
/// Where the count is too small for the method (0; not above `ddof` for a standard deviation) the result is
/// missing: NaN in float results, 0 in integer ones, so integer results are only read beside their counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduced {
    /// The samples, of type [`Method::result`].
    pub values: Samples,
    /// How many samples each was made of.
    pub counts: Counts,
}

impl Reduced {
    /// Results that no sample was left for.
    pub fn missing(&self) -> usize {
        self.counts.missing(self.values.len())
    }
}
