//! Dividing by a reference.

use blitz_kernels::pipeline::{PointOp, Working, normalise_to_mean_one};

use super::about::{About, Describe, Group, Start, Suggested};
use super::arguments::share_words;
use super::compute::{Compute, Inputs, Op, Prepared, Source};
use super::field::{Field, Value};
use super::guard::Guard;
use super::reference::Reference;

/// `v / (amount · R + 1 − amount)`: the amount blends the divisor towards 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Divide {
    /// R.
    pub reference: Reference,
    /// 0 to 1.
    pub amount: f64,
    /// Whether R is divided by its own mean first.
    pub normalised: bool,
    /// What becomes of impossible quotients.
    pub guard: Guard,
}

impl Default for Divide {
    fn default() -> Self {
        Self { reference: Reference::default(), amount: 1.0, normalised: false, guard: Guard::default() }
    }
}

impl Describe for Divide {
    const ABOUT: About = About {
        name: "divide",
        flag: "divide",
        value: "REF",
        help: "Divide by a reference, such as file:flat.tif,normalised,smallest=0.01",
        title: "Divide",
        hint: "Divide by a reference: v / R. Starts with the mean of the timeline's range",
        group: Group::Reference,
        common: true,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let hint = "Divide the reference by its own mean first, so that values keep their scale";
        let normalised = Value::Switch(&mut self.normalised, "Reference to mean 1");
        let mut fields = vec![
            Field::reference(&mut self.reference),
            Field::amount(&mut self.amount, "0 % divides by 1, 100 % by the reference"),
            Field::new("normalised", ["Scale", "Scale"], hint, normalised),
        ];
        fields.extend(self.guard.fields());
        fields
    }

    fn words(&self, frames: usize) -> String {
        let normalised = if self.normalised { ", made to mean 1" } else { "" };
        let share = share_words(self.amount);
        format!("{}{share}{normalised}{}", self.reference.describe(frames), self.guard.words())
    }

    fn start(from: &Suggested) -> Start<Self> {
        Start::Ready(Self { reference: Reference::mean_of(from.range), ..Self::default() })
    }

    /// Choosing a reference means wanting it.
    fn reference_chosen(&mut self) {
        self.amount = 1.0;
    }
}

impl Compute for Divide {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        if self.amount == 0.0 {
            // By 1, also where the reference is missing.
            return Ok(Op::unchanged().into());
        }
        let mut reference = inputs.source(&self.reference)?;
        if self.normalised
            && let Source::Constant(values) = &reference
        {
            let normalised = inputs.made("normalised", || {
                let mut values = values.as_ref().clone();
                match normalise_to_mean_one(&mut values) {
                    Some(_) => Ok(values),
                    None => Err(inputs
                        .refuse("the reference has a mean of 0 or no finite value and cannot be normalised")),
                }
            })?;
            reference = Source::Constant(normalised);
        }
        // A divisor that is blended with 1 is hardly ever 0.
        if let Source::Constant(values) = &reference
            && self.amount == 1.0
        {
            self.guard.tell(inputs, values)?;
        }
        let (amount, rule) = (W::from_f64(self.amount), self.guard.rule());
        let op = Op::new([reference], (amount, rule), |&(amount, rule), planes| PointOp::Divide {
            reference: planes.pictures[0],
            amount,
            rule,
        });
        let op = if self.amount == 1.0 { op.telling(self.guard.told()) } else { op };
        // A window's picture is normalised when it is there.
        Ok(op.normalised(self.normalised).into())
    }
}
