//! Rescaling of values by a straight line.

use blitz_kernels::pipeline::{PointOp, Pointwise, Working};

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, Op, Prepared};
use super::field::{Field, Value};

/// `A + (v − LO) · (B − A) / (HI − LO)`: LO:HI becomes A:B. Missing values stay missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescale {
    /// LO and HI, values before the step.
    pub from: [f64; 2],
    /// A and B, values behind it.
    pub to: [f64; 2],
    /// Whether results outside A:B become the nearest of both.
    pub clip: bool,
}

impl Default for Rescale {
    fn default() -> Self {
        Self { from: [0.0, 1.0], to: [0.0, 1.0], clip: false }
    }
}

impl Describe for Rescale {
    const ABOUT: About = About {
        name: "rescale",
        flag: "rescale",
        value: "LO:HI",
        help: "Map LO:HI to 0:1 by a straight line, or to A:B; clip sets values outside to the nearest end, such as \
               10:4000,to=0:255,clip",
        title: "Clip and rescale",
        hint: "Map a range of values to another by a straight line. Starts with the levels shown",
        group: Group::Values,
        common: false,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let from = Value::Span {
            value: &mut self.from,
            default: None,
            expected: "rescale LO:HI[,to=A:B][,clip] with LO < HI, such as 10:4000,to=0:255,clip",
        };
        let to = Value::Span {
            value: &mut self.to,
            default: Some([0.0, 1.0]),
            expected: "the range to=A:B that LO:HI becomes, with A < B, such as to=0:255",
        };
        let clip = Value::Switch(&mut self.clip, "Outside to the nearest end");
        vec![
            Field::new("", ["From", "end"], "Values that become the ends of the new range", from),
            Field::new("to", ["To", "new end"], "Ends of the new range", to),
            Field::new("clip", ["Clip", "Clip"], "Values outside the range become its nearest end", clip),
        ]
    }

    fn words(&self, _frames: usize) -> String {
        let ([lo, hi], [a, b]) = (self.from, self.to);
        let clip = if self.clip { ", clipped" } else { "" };
        format!("{lo} to {hi} becomes {a} to {b}{clip}")
    }

    fn start(from: &Suggested) -> Start<Self> {
        match from.levels {
            Some((lo, hi)) => Start::Ready(Self { from: [lo, hi], ..Self::default() }),
            None => Start::Not("There are no levels yet: wait for the picture"),
        }
    }

    fn gives_signed(&self) -> bool {
        self.to[0] < 0.0 && self.to[1] > 0.0
    }
}

impl Compute for Rescale {
    fn prepare<W: Working, I: Inputs<W>>(&self, _inputs: &I) -> Result<Prepared<W>, I::Error> {
        Ok(Op::new([], self.clone(), |line, _| PointOp::Map(line)).into())
    }
}

/// In f64, rounded once.
impl<W: Working> Pointwise<W> for Rescale {
    fn apply(&self, values: &mut [W]) {
        let ([lo, hi], [a, b]) = (self.from, self.to);
        let slope = (b - a) / (hi - lo);
        for v in values {
            let mapped = a + (v.to_f64() - lo) * slope;
            // A NaN passes through `clamp`.
            *v = W::from_f64(if self.clip { mapped.clamp(a, b) } else { mapped });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_line_and_stay_missing() {
        let step = Rescale { from: [10.0, 4010.0], to: [-1.0, 3.0], clip: false };
        let values = [10.0_f32, 4010.0, 2010.0, 0.0, 5000.0, 0.1, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let oracle = |v: f32| (-1.0 + (f64::from(v) - 10.0) * 4.0 / 4000.0) as f32;
        let mut found = values;
        step.apply(&mut found);
        for (found, v) in found.iter().zip(values) {
            let expected = oracle(v);
            let near = (found - expected).abs() <= f32::EPSILON * expected.abs();
            assert!(near || *found == expected || (found.is_nan() && v.is_nan()), "{v}: {found} {expected}");
        }
        let mut found = values;
        Rescale { clip: true, ..step }.apply(&mut found);
        assert_eq!(found[..5], [-1.0, 3.0, 1.0, -1.0, 3.0]);
        assert!(found[6].is_nan() && (found[7], found[8]) == (3.0, -1.0));
        let mut whole = [0.0_f64, 0.25, 1.0];
        Rescale { to: [0.0, 8.0], ..Rescale::default() }.apply(&mut whole);
        assert_eq!(whole, [0.0, 2.0, 8.0]);
    }
}
