//! Relative change to a reference.

use blitz_kernels::pipeline::{PointOp, Working};

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, Op, Prepared, Source};
use super::field::Field;
use super::guard::Guard;
use super::reference::Reference;

/// `(v − R) / R`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relative {
    /// R.
    pub reference: Reference,
    /// What becomes of impossible quotients.
    pub guard: Guard,
}

impl Describe for Relative {
    const ABOUT: About = About {
        name: "relative",
        flag: "relative",
        value: "REF",
        help: "Relative change (v - R) / R to a reference, such as mean:0:20",
        title: "Relative change",
        hint: "(v − R) / R: how much each value differs from a reference, as a share of it",
        group: Group::Reference,
        common: true,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let mut fields = vec![Field::reference(&mut self.reference)];
        fields.extend(self.guard.fields());
        fields
    }

    fn words(&self, frames: usize) -> String {
        format!("to {}{}", self.reference.describe(frames), self.guard.words())
    }

    fn start(from: &Suggested) -> Start<Self> {
        Start::Ready(Self { reference: Reference::mean_of(from.range), ..Self::default() })
    }

    fn gives_signed(&self) -> bool {
        true
    }
}

impl Compute for Relative {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        let (reference, rule) = (inputs.source(&self.reference)?, self.guard.rule());
        if let Source::Constant(values) = &reference {
            self.guard.tell(inputs, values)?;
        }
        let op = Op::new([reference], rule, |&rule, planes| PointOp::RelativeChange {
            reference: planes.pictures[0],
            rule,
        });
        Ok(op.telling(self.guard.told()).into())
    }
}
