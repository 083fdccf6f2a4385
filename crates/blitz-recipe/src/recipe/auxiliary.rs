//! Curves recorded beside the recording: which file, how its times lie, and what is made of its values.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use blitz_core::{Abscissa, ParseError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::validate::{InvalidEntry, ensure};

/// Curves from a file beside the recording: a photodiode, a pressure, a log of temperatures. They are shown and written
/// with the recording's own curves and change no sample.
///
/// Its values are inverted, then scaled, then smoothed, each sample at its own time; then they are taken at the times of
/// frames, where that is asked for. In a recipe's file this is an `[[auxiliary]]`; entries that have their default value
/// are left out.
///
/// ```
/// use blitz_core::{Abscissa, TimeUnit};
/// use blitz_recipe::recipe::Auxiliary;
///
/// let diode: Auxiliary = "run 7/diode.csv:column=U:unit=ms:offset=-1.5:invert:smooth=3".parse()?;
/// assert_eq!(diode.unit, Some(Abscissa::Time(TimeUnit::Millisecond)));
/// assert_eq!((diode.offset, diode.invert, diode.smooth), (-1.5, true, 3));
/// assert_eq!(diode.to_string().parse(), Ok(diode));
/// # Ok::<(), blitz_core::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auxiliary {
    /// The file: a table in text, or JSON.
    pub file: PathBuf,
    /// Columns that are curves, by name or by number from 1 on; none of them named takes all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The column of times; `None` finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// What its numbers count; `None` takes what the file says.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_unit",
        deserialize_with = "read_unit"
    )]
    pub unit: Option<Abscissa>,
    /// Added to the times, in their unit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: f64,
    /// Whether rows before time 0 (before the offset is added) are left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drop_negative: bool,
    /// Factor of the values, not 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
    /// Whether values become their largest minus themselves, before the factor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invert: bool,
    /// Samples of the moving mean, odd; 1 leaves them.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub smooth: usize,
    /// Whether it is drawn on the axis of the recording's curves instead of one of its own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shared_axis: bool,
    /// Whether it is drawn at its own times instead of those of the frames. In tables, whose rows are frames, it always
    /// has their times.
    #[serde(default, skip_serializing_if = "is_default")]
    pub own_times: bool,
    /// Whether it is neither drawn nor written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: bool,
}

/// Samples of the longest moving mean.
const LONGEST: usize = 9_999;
/// Largest shift of times, in any unit.
const FARTHEST: f64 = 1e15;

/// What a text says behind the file.
const OPTIONS: &str = "column=NAME, time=NAME, unit=ms, offset=N, scale=N, smooth=N, invert, drop-negative, shared-axis, \
                       own-times, hidden";

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn one() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

fn single() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_single(value: &usize) -> bool {
    *value == 1
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn write_unit<S: Serializer>(unit: &Option<Abscissa>, serializer: S) -> Result<S::Ok, S::Error> {
    unit.map(|unit| unit.to_string()).serialize(serializer)
}

fn read_unit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Abscissa>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse()).transpose().map_err(serde::de::Error::custom)
}

impl Auxiliary {
    /// All columns of a file, as they are.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            columns: Vec::new(),
            time: None,
            unit: None,
            offset: 0.0,
            drop_negative: false,
            scale: 1.0,
            invert: false,
            smooth: 1,
            shared_axis: false,
            own_times: false,
            hidden: false,
        }
    }

    /// The last name of the file's path, for people.
    pub fn file_name(&self) -> String {
        self.file.file_name().unwrap_or(self.file.as_os_str()).to_string_lossy().into_owned()
    }

    /// What it is called: its columns, or its file where it has all.
    pub fn title(&self) -> String {
        if self.columns.is_empty() { self.file_name() } else { self.columns.join(", ") }
    }

    /// The same as far as values and times go, whatever is drawn of it: equal ones give equal curves.
    #[must_use]
    pub fn values_only(&self) -> Self {
        Self { shared_axis: false, own_times: false, hidden: false, ..self.clone() }
    }

    /// Checks what can be checked without the file.
    pub(super) fn validate(&self, place: usize) -> Result<(), InvalidEntry> {
        let entry = |field: &str| format!("auxiliary {} ('{}').{field}", place + 1, self.file_name());
        ensure(!self.file.as_os_str().is_empty(), &entry("file"), || {
            "nothing found, a table of times and values expected".into()
        })?;
        let is_named = |name: &String| !name.trim().is_empty();
        ensure(self.columns.iter().chain(&self.time).all(is_named), &entry("columns"), || {
            "an empty name found, the name or number of a column expected".into()
        })?;
        ensure(self.offset.abs() <= FARTHEST, &entry("offset"), || {
            format!("{} found, a number from -{FARTHEST:e} to {FARTHEST:e} expected", self.offset)
        })?;
        ensure(self.scale.is_finite() && self.scale != 0.0, &entry("scale"), || {
            format!("{} found, a finite number that is not 0 expected", self.scale)
        })?;
        let is_odd = self.smooth % 2 == 1 && self.smooth <= LONGEST;
        ensure(is_odd, &entry("smooth"), || {
            format!("{} found, an odd number of samples from 1 to {LONGEST} expected", self.smooth)
        })
    }
}

impl FromStr for Auxiliary {
    type Err = ParseError;

    /// Reads `FILE[:OPTION…]`; a colon in a name is written `\:`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = |part: &str| ParseError::new(part, OPTIONS);
        let mut parts = parts(text).into_iter();
        let mut file = parts.next().unwrap_or_default();
        let mut rest: Vec<String> = parts.collect();
        // `C:\data` is one name.
        if file.len() == 1 && rest.first().is_some_and(|next| next.starts_with(['\\', '/'])) {
            file = format!("{file}:{}", rest.remove(0));
        }
        if file.is_empty() {
            return Err(ParseError::new(text, "a file, with options such as diode.csv:column=U:unit=ms"));
        }
        let mut found = Self::new(file);
        for part in &rest {
            let number = |value: &str| {
                value.trim().parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| wrong(part))
            };
            match part.split_once('=') {
                Some(("column" | "columns", name)) => found.columns.push(name.to_owned()),
                Some(("time", name)) => found.time = Some(name.to_owned()),
                Some(("unit", unit)) => found.unit = Some(unit.parse()?),
                Some(("offset", value)) => found.offset = number(value)?,
                Some(("scale", value)) => found.scale = number(value)?,
                Some(("smooth", value)) => found.smooth = value.trim().parse().map_err(|_| wrong(part))?,
                Some(_) => return Err(wrong(part)),
                None => match part.as_str() {
                    "invert" => found.invert = true,
                    "drop-negative" => found.drop_negative = true,
                    "shared-axis" => found.shared_axis = true,
                    "own-times" => found.own_times = true,
                    "hidden" => found.hidden = true,
                    _ => return Err(wrong(part)),
                },
            }
        }
        found.validate(0).map_err(|error| ParseError::new(text, expected(&error)))?;
        Ok(found)
    }
}

/// What is expected of a text whose numbers make no sense.
fn expected(error: &InvalidEntry) -> &'static str {
    match error.entry.rsplit_once('.').map_or("", |(_, field)| field) {
        "smooth" => "an odd number of samples from 1 to 9999, such as smooth=3",
        "scale" => "a scale that is not 0, such as scale=-2.5",
        "offset" => "a shift of less than 1e15",
        _ => "a file with names of columns that are not empty",
    }
}

impl std::fmt::Display for Auxiliary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = path_text(&self.file);
        let mut say = |text: std::fmt::Arguments<'_>| out.write_fmt(text);
        for name in &self.columns {
            say(format_args!(":column={}", escaped(name)))?;
        }
        if let Some(time) = &self.time {
            say(format_args!(":time={}", escaped(time)))?;
        }
        if let Some(unit) = self.unit {
            say(format_args!(":unit={unit}"))?;
        }
        for (name, value, default) in [("offset", self.offset, 0.0), ("scale", self.scale, 1.0)] {
            if value != default {
                say(format_args!(":{name}={value}"))?;
            }
        }
        if self.smooth != 1 {
            say(format_args!(":smooth={}", self.smooth))?;
        }
        let switches = [
            ("invert", self.invert),
            ("drop-negative", self.drop_negative),
            ("shared-axis", self.shared_axis),
            ("own-times", self.own_times),
            ("hidden", self.hidden),
        ];
        for (name, _) in switches.into_iter().filter(|(_, on)| *on) {
            say(format_args!(":{name}"))?;
        }
        f.write_str(&out)
    }
}

/// A path, whose drive's colon needs no mark.
fn path_text(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && rest.starts_with(['\\', '/']) => {
            format!("{drive}:{}", escaped(rest))
        }
        _ => escaped(&text),
    }
}

fn escaped(text: &str) -> String {
    text.replace(':', "\\:")
}

/// Parts between colons that no backslash precedes.
fn parts(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut goes_on = false;
    for part in text.split(':') {
        match out.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.pop();
                last.push(':');
                last.push_str(part);
            }
            None => out.push(part.to_owned()),
        }
        goes_on = part.ends_with('\\');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        for text in [
            "diode.csv",
            "a b/log.json:column=U:column=I (A):time=t:unit=µs:offset=-0.5:scale=1000:smooth=5",
            "x.csv:invert:drop-negative:shared-axis:own-times:hidden",
            r"C:\data\x.csv:unit=frame",
            r"C:/x.csv",
            r"odd\:name=1.csv:column=a\:b",
        ] {
            let read: Auxiliary = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
        let odd: Auxiliary = r"odd\:name.csv:column=a\:b".parse().expect("valid");
        assert_eq!((odd.file, odd.columns), (PathBuf::from("odd:name.csv"), vec!["a:b".to_owned()]));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_is_expected() {
        for (text, word) in [
            ("", "a file"),
            (":invert", "a file"),
            ("x.csv:invrt", "invert"),
            ("x.csv:offset=soon", "offset=N"),
            ("x.csv:offset=nan", "offset=N"),
            ("x.csv:unit=years", "a unit of time"),
            ("x.csv:smooth=4", "odd"),
            ("x.csv:smooth=0", "odd"),
            ("x.csv:scale=0", "not 0"),
            ("x.csv:column=", "not empty"),
            ("x.csv:size=3", "column=NAME"),
        ] {
            let why = text.parse::<Auxiliary>().expect_err(text).to_string();
            assert!(why.contains(word), "'{word}' is not in: {why}");
        }
    }
}
