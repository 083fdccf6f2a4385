//! Smoothing over the image.

use blitz_core::{Cancel, FrameShape};
use blitz_kernels::pipeline::Working;
use blitz_kernels::smooth;

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, InSpace, Inputs, Prepared};
use super::field::{Field, Value};
use super::filter::Filter;

/// Smoothing over the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Smooth {
    /// How pixels are joined.
    pub filter: Filter,
}

impl Default for Smooth {
    fn default() -> Self {
        Self { filter: Filter::Gaussian(1.5) }
    }
}

impl Describe for Smooth {
    const ABOUT: About = About {
        name: "smooth",
        flag: "smooth",
        value: "FILTER",
        help: "Smooth over the image: gaussian,1.5 or box,3 or median,3",
        title: "Smooth in space",
        hint: "Gaussian, mean or median over neighbouring pixels",
        group: Group::Filter,
        common: true,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let filter = Value::Filter { value: &mut self.filter, over_time: false };
        vec![Field::new("", ["Filter", "Filter"], "How neighbours are joined", filter)]
    }

    fn words(&self, _frames: usize) -> String {
        self.filter.describe(false)
    }

    fn start(_from: &Suggested) -> Start<Self> {
        Start::Ready(Self::default())
    }
}

impl Compute for Smooth {
    fn prepare<W: Working, I: Inputs<W>>(&self, _inputs: &I) -> Result<Prepared<W>, I::Error> {
        let filter = self.filter;
        let reach = match filter {
            Filter::Gaussian(sigma) => smooth::gaussian_weights(sigma).len() / 2,
            Filter::Box(size) | Filter::Median(size) => size / 2,
        };
        let run = move |input: &[W], shape: FrameShape, out: &mut [W], cancel: &Cancel| match filter {
            Filter::Gaussian(sigma) => smooth::gaussian(input, shape, sigma, out, cancel),
            Filter::Box(size) => smooth::box_mean(input, shape, size, out, cancel),
            Filter::Median(size) => smooth::median(input, shape, size, out, cancel),
        };
        Ok(Prepared::Space(InSpace::new(reach, run)))
    }
}
