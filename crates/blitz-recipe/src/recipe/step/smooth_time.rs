//! Smoothing over frames.

use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{Direction, Window};
use blitz_kernels::{Method, smooth};

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, OverTime, Prepared};
use super::field::{Field, Value};
use super::filter::Filter;

/// Smoothing over frames.
#[derive(Clone, Debug, PartialEq)]
pub struct SmoothTime {
    /// How frames are joined.
    pub filter: Filter,
}

impl Default for SmoothTime {
    fn default() -> Self {
        Self { filter: Filter::Gaussian(2.0) }
    }
}

impl Describe for SmoothTime {
    const ABOUT: About = About {
        name: "smooth-time",
        flag: "smooth-time",
        value: "FILTER",
        help: "Smooth over frames: gaussian,2 or box,5 or median,5",
        title: "Smooth over time",
        hint: "Gaussian, mean or median over neighbouring frames",
        group: Group::Filter,
        common: true,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let filter = Value::Filter { value: &mut self.filter, over_time: true };
        vec![Field::new("", ["Filter", "Filter"], "How neighbours are joined", filter)]
    }

    fn words(&self, _frames: usize) -> String {
        self.filter.describe(true)
    }

    fn start(_from: &Suggested) -> Start<Self> {
        Start::Ready(Self::default())
    }
}

impl Compute for SmoothTime {
    fn prepare<W: Working, I: Inputs<W>>(&self, _inputs: &I) -> Result<Prepared<W>, I::Error> {
        let around = |len| Window { len, lag: 0, direction: Direction::Centred };
        Ok(Prepared::Time(match self.filter {
            Filter::Gaussian(sigma) => OverTime::Weights(smooth::gaussian_weights(sigma).into()),
            Filter::Box(len) => OverTime::Statistic(Method::Mean, around(len)),
            Filter::Median(len) => OverTime::Statistic(Method::Median, around(len)),
        }))
    }
}
