//! Parameters of steps: their text form, their bounds, and what an editor needs to draw them.

use std::path::PathBuf;

use blitz_core::ParseError;

use super::arguments::{Arguments, escaped, finite, path_text};
use super::filter::Filter;
use super::reference::Reference;
use super::within::Within;

/// A parameter of a step, with access to its value.
#[derive(Debug)]
pub struct Field<'a> {
    /// Key in the text form (`amount` of `amount=0.5`), or the word of a switch; empty for what stands in front.
    pub key: &'static str,
    /// Caption of its row in an editor.
    pub caption: &'static str,
    /// Its full name, for people who do not see the caption.
    pub name: &'static str,
    /// What it means.
    pub hint: &'static str,
    /// Help of the flag `--KEY`, if it has one of its own beside the step's.
    pub flag: Option<&'static str>,
    /// Whether an editor shows it: it has a meaning with the other parameters.
    pub shown: bool,
    /// The value, and what kind of value it is.
    pub value: Value<'a>,
}

/// Kinds of parameters.
#[derive(Debug)]
pub enum Value<'a> {
    /// Frames of the recording, a window over time, or a file.
    Reference(&'a mut Reference),
    /// One picture for all frames: frames of the recording, or a file whose text form is its plain path.
    Picture(&'a mut Reference),
    /// The same, where it may be left out.
    OptionalPicture(&'a mut Option<Reference>),
    /// A share of 0 to 1; 1 may be left out of the text.
    Amount(&'a mut f64),
    /// Something done or not; what it is called where it is switched.
    Switch(&'a mut bool, &'static str),
    /// A number that may be left out.
    OptionalNumber {
        /// The number.
        value: &'a mut Option<f64>,
        /// Smallest number allowed.
        least: f64,
        /// What it starts with when it is switched on.
        start: f64,
        /// What is expected, for messages.
        expected: &'static str,
    },
    /// Two numbers `LO:HI` with LO < HI, at least one of which is there; both are values of samples.
    Ends {
        /// Lower end.
        lo: &'a mut Option<f64>,
        /// Upper end.
        hi: &'a mut Option<f64>,
        /// What is expected, for messages.
        expected: &'static str,
        /// What the lower and the upper end mean.
        hints: [&'static str; 2],
    },
    /// Two numbers `LO:HI` with LO < HI.
    Span {
        /// Lower and upper end.
        value: &'a mut [f64; 2],
        /// The ends that may be left out of the text, where there are such.
        default: Option<[f64; 2]>,
        /// What is expected, for messages.
        expected: &'static str,
    },
    /// A filter over frames, or over pixels.
    Filter {
        /// The filter.
        value: &'a mut Filter,
        /// Whether it joins frames.
        over_time: bool,
    },
    /// The name of a zone of the recipe.
    Zone(&'a mut String),
    /// A picture file; what it must be, in a sentence.
    File(&'a mut PathBuf, &'static str),
}

impl<'a> Field<'a> {
    /// A parameter that is shown and has no flag.
    pub(super) fn new(
        key: &'static str,
        [caption, name]: [&'static str; 2],
        hint: &'static str,
        value: Value<'a>,
    ) -> Self {
        Self { key, caption, name, hint, flag: None, shown: true, value }
    }

    /// The reference of a step, which stands in front.
    pub(super) fn reference(value: &'a mut Reference) -> Self {
        Self::new(
            "",
            ["Reference", "Reference"],
            "What the values are compared with",
            Value::Reference(value),
        )
    }

    /// A share of the reference.
    pub(super) fn amount(value: &'a mut f64, hint: &'static str) -> Self {
        Self::new("amount", ["Amount", "Amount"], hint, Value::Amount(value))
    }

    /// Takes the value from a step's arguments; what a text may leave out stays.
    pub(super) fn take(&mut self, args: &mut Arguments) -> Result<(), ParseError> {
        match &mut self.value {
            Value::Reference(value) => **value = Reference::take(args)?,
            Value::Picture(value) => **value = Reference::parse_plain(&args.next().unwrap_or_default())?,
            Value::OptionalPicture(value) => {
                if let Some(text) = args.value(self.key) {
                    **value = Some(Reference::parse_plain(&text)?);
                }
            }
            Value::Amount(value) => {
                const EXPECTED: &str = "an amount from 0 to 1, such as amount=0.5";
                let amount = args.number(self.key, EXPECTED)?.unwrap_or(1.0);
                if !(0.0..=1.0).contains(&amount) {
                    return Err(args.error(EXPECTED));
                }
                **value = amount;
            }
            Value::Switch(value, _) => **value = args.word(self.key),
            Value::OptionalNumber { value, least, expected, .. } => {
                let expected = *expected;
                **value = args.number(self.key, expected)?;
                if value.is_some_and(|v| v < *least) {
                    return Err(args.error(expected));
                }
            }
            Value::Ends { lo, hi, expected, .. } => {
                let (text, expected) = (args.next().unwrap_or_default(), *expected);
                (**lo, **hi) = ends(&text).ok_or_else(|| ParseError::new(&text, expected))?;
            }
            Value::Span { value, default, expected } => {
                let expected = *expected;
                let text = if self.key.is_empty() { args.next() } else { args.value(self.key) };
                let Some(text) = text else {
                    **value = default.ok_or_else(|| args.error(expected))?;
                    return Ok(());
                };
                match ends(&text) {
                    Some((Some(lo), Some(hi))) if (hi - lo).is_finite() => **value = [lo, hi],
                    _ => return Err(ParseError::new(&text, expected)),
                }
            }
            Value::Filter { value, .. } => **value = Filter::take(args)?,
            Value::Zone(value) => {
                let name = args.next().filter(|name| !name.is_empty());
                **value = name.ok_or_else(|| args.error("the name of a zone"))?;
            }
            Value::File(value, _) => {
                let text = args.next().unwrap_or_default();
                let path = text.strip_prefix("file:").unwrap_or(&text);
                if path.is_empty() {
                    return Err(args.error("a picture file whose zeros mask pixels out"));
                }
                **value = PathBuf::from(path);
            }
        }
        Ok(())
    }

    /// Writes what [`Field::take`] reads.
    pub(super) fn write(&self, out: &mut String) {
        let key = self.key;
        let text = match &self.value {
            Value::Reference(value) => value.to_string(),
            Value::Picture(value) => value.plain_text(),
            Value::OptionalPicture(Some(value)) => format!(",{key}={}", value.plain_text()),
            Value::Amount(value) if **value != 1.0 => format!(",{key}={value}"),
            Value::Switch(true, _) => format!(",{key}"),
            Value::OptionalNumber { value: Some(value), .. } => format!(",{key}={value}"),
            Value::OptionalPicture(None)
            | Value::Amount(_)
            | Value::Switch(false, _)
            | Value::OptionalNumber { value: None, .. } => return,
            Value::Ends { lo, hi, .. } => {
                let end = |v: &Option<f64>| v.map_or_else(String::new, |v| v.to_string());
                format!("{}:{}", end(lo), end(hi))
            }
            Value::Span { value, default, .. } if *default == Some(**value) => return,
            Value::Span { value: [lo, hi], .. } if key.is_empty() => format!("{lo}:{hi}"),
            Value::Span { value: [lo, hi], .. } => format!(",{key}={lo}:{hi}"),
            Value::Filter { value, .. } => value.to_string(),
            Value::Zone(value) => escaped(value),
            Value::File(value, _) => path_text(value),
        };
        out.push_str(&text);
    }

    /// Why the value does not fit a recording: the value found and those allowed.
    pub(super) fn fault(&self, within: Within) -> Option<String> {
        match &self.value {
            Value::Reference(value) => value.fault(within),
            Value::Filter { value, over_time } => value.fault(within, *over_time),
            _ => None,
        }
    }
}

/// `LO:HI` with LO < HI; one of them may be left out.
fn ends(text: &str) -> Option<(Option<f64>, Option<f64>)> {
    let (lo, hi) = text.split_once(':')?;
    let end = |t: &str| if t.is_empty() { Some(None) } else { finite(t).map(Some) };
    let (lo, hi) = (end(lo)?, end(hi)?);
    let ordered = match (lo, hi) {
        (Some(lo), Some(hi)) => lo < hi,
        (None, None) => false,
        _ => true,
    };
    ordered.then_some((lo, hi))
}
