//! What becomes of impossible quotients.

use blitz_kernels::pipeline::{DivisionRule, Working};

use super::compute::{Inputs, Told};
use super::field::{Field, Value};

/// What becomes of a quotient that is not finite, or whose divisor is too small. Missing, unless filled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guard {
    /// Divisors nearer to 0 than this count as 0.
    pub smallest: Option<f64>,
    /// Value to put instead of missing.
    pub fill: Option<f64>,
}

impl Guard {
    /// Its parameters.
    pub(super) fn fields(&mut self) -> [Field<'_>; 2] {
        let smallest = Value::OptionalNumber {
            value: &mut self.smallest,
            least: 0.0,
            start: 0.01,
            expected: "a smallest divisor of at least 0, such as smallest=0.01",
        };
        let fill = Value::OptionalNumber {
            value: &mut self.fill,
            least: f64::MIN,
            start: 0.0,
            expected: "a value to put for missing ones, such as fill=1",
        };
        let (least, other) = (
            "Divisors nearer to 0 than this give no value",
            "Value to put where a division gives none; missing otherwise",
        );
        [
            Field::new("smallest", ["Smallest", "Smallest divisor"], least, smallest),
            Field::new("fill", ["Fill", "Fill value"], other, fill),
        ]
    }

    /// `, divisor from 0.5, else 1`.
    pub(super) fn words(self) -> String {
        let smallest = self.smallest.map_or_else(String::new, |v| format!(", divisor from {v}"));
        let fill = self.fill.map_or_else(String::new, |v| format!(", else {v}"));
        format!("{smallest}{fill}")
    }

    /// Tells, once, at how many pixels a divisor that is one picture for all frames gives no value.
    pub(super) fn tell<W: Working, I: Inputs<W>>(self, inputs: &I, divisor: &[W]) -> Result<(), I::Error> {
        let told = self.told();
        tell(inputs, &told.what, divisor, |v| told.is(*v))
    }

    /// Which divisors give no value, and what is said of them.
    pub(super) fn told<W: Working>(self) -> Told<W> {
        let what = match (self.fill, self.smallest) {
            (Some(fill), _) => format!("are filled with {fill}: the divisor is 0 or too small there"),
            (None, Some(least)) => format!("have no value: the divisor is nearer to 0 than {least} there"),
            (None, None) => "have no value: the divisor is 0 there".to_owned(),
        };
        Told { what: what.into(), below: W::from_f64(self.smallest.unwrap_or(0.0)) }
    }

    /// The kernel's rule.
    pub(super) fn rule<W: Working>(self) -> DivisionRule<W> {
        DivisionRule { smallest: self.smallest.map(W::from_f64), fill: self.fill.map(W::from_f64) }
    }
}

/// Tells, once, at how many pixels a picture has values that something is true of.
pub(super) fn tell<W: Working, I: Inputs<W>>(
    inputs: &I,
    what: &str,
    picture: &[W],
    is: impl Fn(&W) -> bool,
) -> Result<(), I::Error> {
    inputs
        .made(what, || {
            let places: Vec<usize> = (0..picture.len()).filter(|&i| is(&picture[i])).collect();
            if !places.is_empty() {
                inputs.note(what, &places);
            }
            Ok(vec![places.len()])
        })
        .map(|_| ())
}
