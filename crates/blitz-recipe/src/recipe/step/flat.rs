//! Flat-field correction.

use std::sync::Arc;

use blitz_kernels::pipeline::{PointOp, Working, difference, finite_mean};

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, Op, Prepared, Source};
use super::field::{Field, Value};
use super::guard::{Guard, tell};
use super::reference::Reference;

/// `(v − D) / (F − D')`, times the mean of `F − D'` if `gain`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlatField {
    /// F.
    pub flat: Reference,
    /// D, 0 if there is none.
    pub dark: Option<Reference>,
    /// D', D if there is none.
    pub flat_dark: Option<Reference>,
    /// Whether the result keeps the scale of the source.
    pub gain: bool,
    /// What becomes of impossible quotients.
    pub guard: Guard,
}

impl Describe for FlatField {
    const ABOUT: About = About {
        name: "flat",
        flag: "flat",
        value: "PATH",
        help: "Flat field (v - D) / (F - D): F, then ,gain to keep the scale",
        title: "Flat field",
        hint: "(v − dark) / (flat − dark): evens out light and sensor",
        group: Group::Reference,
        common: false,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let has_dark = self.dark.is_some();
        let (flat, gain) = (Value::Picture(&mut self.flat), Value::Switch(&mut self.gain, "Keep the scale"));
        let (dark, own) =
            (Value::OptionalPicture(&mut self.dark), Value::OptionalPicture(&mut self.flat_dark));
        let hints = (
            "Subtract dark frames from both",
            "The flat has dark frames of its own, of another exposure",
            "Multiply by the mean of the flat, so that values keep the scale of the recording",
        );
        let mut fields = vec![
            Field::new("", ["Flat", "Flat"], "What the values are compared with", flat),
            Field {
                flag: Some("Dark frames D of --flat: a file or folder"),
                ..Field::new("dark", ["Dark", "dark"], hints.0, dark)
            },
            Field {
                flag: Some("Dark frames of the flat field, where they are others than --dark"),
                shown: has_dark,
                ..Field::new("flat-dark", ["Flat's dark", "flat's dark"], hints.1, own)
            },
            Field::new("gain", ["Scale", "Scale"], hints.2, gain),
        ];
        fields.extend(self.guard.fields());
        fields
    }

    fn words(&self, frames: usize) -> String {
        let other = |name: &str, picture: &Option<Reference>| {
            picture.as_ref().map_or_else(String::new, |p| format!(", {name} {}", p.describe(frames)))
        };
        let (dark, own) = (other("dark", &self.dark), other("its dark", &self.flat_dark));
        let gain = if self.gain { ", scale kept" } else { "" };
        format!("{}{dark}{own}{gain}{}", self.flat.describe(frames), self.guard.words())
    }

    fn start(from: &Suggested) -> Start<Self> {
        Start::Ready(Self { flat: Reference::mean_of(from.range), gain: true, ..Self::default() })
    }
}

impl Compute for FlatField {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        let flat = inputs.constant(&self.flat)?;
        let dark = match &self.dark {
            Some(dark) => inputs.constant(dark)?,
            None => inputs.made("no dark", || Ok(vec![W::ZERO; flat.len()]))?,
        };
        let own = match &self.flat_dark {
            Some(own) => inputs.constant(own)?,
            None => Arc::clone(&dark),
        };
        let span = inputs.made("span", || Ok(difference(&flat, &own)))?;
        let gain = if self.gain {
            let mean = || Ok(finite_mean(&span).map(W::from_f64).into_iter().collect());
            inputs.made("gain", mean)?.first().copied()
        } else {
            None
        };
        self.guard.tell(inputs, &span)?;
        let what = "have the wrong sign: the flat is darker than its dark frames there";
        tell(inputs, what, &span, |v| v.to_f64() < 0.0)?;
        let rule = self.guard.rule();
        let sources = [Source::Constant(dark), Source::Constant(span)];
        let op = Op::new(sources, (gain, rule), |&(gain, rule), planes| {
            let [dark, span] = planes.pictures;
            PointOp::FlatField { dark, span, gain, rule }
        });
        Ok(op.into())
    }
}
