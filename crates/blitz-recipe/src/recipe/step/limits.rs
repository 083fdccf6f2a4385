//! Limits of values.

use blitz_kernels::pipeline::{PointOp, Working};

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, Op, Prepared};
use super::field::{Field, Value};

/// Values outside become missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Smallest value that stays.
    pub lo: Option<f64>,
    /// Largest value that stays.
    pub hi: Option<f64>,
}

impl Describe for Limits {
    const ABOUT: About = About {
        name: "limits",
        flag: "limits",
        value: "LO:HI",
        help: "Values outside become missing",
        title: "Limits",
        hint: "Values outside become missing. Starts with the levels shown",
        group: Group::Values,
        common: false,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let ends = Value::Ends {
            lo: &mut self.lo,
            hi: &mut self.hi,
            expected: "limits LO:HI with LO < HI, such as 10:4000, 10: or :4000",
            hints: ["Smaller values become missing", "Larger values become missing"],
        };
        vec![Field::new("", ["Limits", "limit"], "Values that stay", ends)]
    }

    fn words(&self, _frames: usize) -> String {
        match (self.lo, self.hi) {
            (Some(lo), Some(hi)) => format!("{lo} to {hi}"),
            (Some(lo), None) => format!("{lo} and above"),
            (None, Some(hi)) => format!("up to {hi}"),
            (None, None) => "no limit".into(),
        }
    }

    fn start(from: &Suggested) -> Start<Self> {
        match from.levels {
            Some((lo, hi)) => Start::Ready(Self { lo: Some(lo), hi: Some(hi) }),
            None => Start::Not("There are no levels yet: wait for the picture"),
        }
    }
}

impl Compute for Limits {
    fn prepare<W: Working, I: Inputs<W>>(&self, _inputs: &I) -> Result<Prepared<W>, I::Error> {
        let low = W::from_f64(self.lo.unwrap_or(f64::NEG_INFINITY));
        let high = W::from_f64(self.hi.unwrap_or(f64::INFINITY));
        Ok(Op::new([], (low, high), |&(low, high), _| PointOp::Limits { low, high }).into())
    }
}
