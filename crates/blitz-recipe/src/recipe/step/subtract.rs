//! Subtracting a reference.

use blitz_kernels::pipeline::{PointOp, Working};

use super::about::{About, Describe, Group, Start, Suggested};
use super::arguments::share_words;
use super::compute::{Compute, Inputs, Op, Prepared};
use super::field::Field;
use super::reference::Reference;

/// `v − amount · R`.
#[derive(Clone, Debug, PartialEq)]
pub struct Subtract {
    /// R.
    pub reference: Reference,
    /// 0 to 1.
    pub amount: f64,
}

impl Default for Subtract {
    fn default() -> Self {
        Self { reference: Reference::default(), amount: 1.0 }
    }
}

impl Describe for Subtract {
    const ABOUT: About = About {
        name: "subtract",
        flag: "subtract",
        value: "REF",
        help: "Subtract a reference, such as mean:0:100, window:mean,50,lag=2,forward,amount=0.5 or file:dark.tif",
        title: "Subtract",
        hint: "Take a reference away: v − R. Starts with the mean of the timeline's range",
        group: Group::Reference,
        common: true,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![
            Field::reference(&mut self.reference),
            Field::amount(&mut self.amount, "How much of the reference is taken away"),
        ]
    }

    fn words(&self, frames: usize) -> String {
        format!("{}{}", self.reference.describe(frames), share_words(self.amount))
    }

    fn start(from: &Suggested) -> Start<Self> {
        Start::Ready(Self { reference: Reference::mean_of(from.range), ..Self::default() })
    }

    fn gives_signed(&self) -> bool {
        self.amount > 0.0
    }
}

impl Compute for Subtract {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        if self.amount == 0.0 {
            // Nothing is taken away, also where the reference is missing.
            return Ok(Op::unchanged().into());
        }
        let (reference, amount) = (inputs.source(&self.reference)?, W::from_f64(self.amount));
        let op = Op::new([reference], amount, |&amount, planes| PointOp::Subtract {
            reference: planes.pictures[0],
            amount,
        });
        Ok(op.into())
    }
}
