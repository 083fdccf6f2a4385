//! How the axes of a recording are read, and what else they could be.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One of several along an axis that is not time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOf {
    /// `C`, `Z` or `P`: which option chooses it.
    pub letter: char,
    /// `channel`, `slice` or `position`.
    pub name: Cow<'static, str>,
    /// Which one is shown; `None` shows all (channels of a frame).
    pub shown: Option<usize>,
    /// How many there are.
    pub count: usize,
    /// Their names, where they have any.
    pub names: Vec<String>,
    /// Whether all can be shown together, as channels of a frame can.
    pub may_be_all: bool,
}

impl OneOf {
    pub(crate) fn new(letter: char, shown: Option<usize>, count: usize, names: Vec<String>) -> Self {
        let name = match letter {
            'C' => "channel",
            'Z' => "slice",
            _ => "position",
        };
        Self { letter, name: Cow::Borrowed(name), shown, count, names, may_be_all: false }
    }

    /// The name of one, or its number.
    pub fn label(&self, index: usize) -> String {
        self.names.get(index).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| index.to_string())
    }
}

/// See the module's page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The axes as they are read, as [`OpenOptions::axes`](crate::OpenOptions::axes) takes them.
    pub axes: String,
    /// Other readings that make sense, in the same form.
    pub others: Vec<String>,
    /// Axes of which one is shown, or could be.
    pub one_of: Vec<OneOf>,
    /// What is read as time although the file calls it otherwise: `slices`.
    pub as_time: Option<Cow<'static, str>>,
}

impl Reading {
    /// In a few words: `slices as time, channel 0 of 2`; empty where there is nothing to be said.
    pub fn words(&self) -> String {
        let of = |one: &OneOf| {
            let shown = one.shown?;
            Some(format!("{} {} of {}", one.name, one.label(shown), one.count))
        };
        let as_time = self.as_time.as_ref().map(|what| format!("{what} as time"));
        // Colours in one plane each, where arrays of other programs have something else.
        let is_all = self.one_of.iter().all(|one| one.shown.is_none());
        let planes =
            is_all && self.axes.contains('C') && !self.axes.ends_with('C') && !self.others.is_empty();
        let axes = planes.then(|| format!("axes {}", self.axes));
        as_time
            .into_iter()
            .chain(axes)
            .chain(self.one_of.iter().filter_map(of))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Which of `count` a person asked for by number or, in any letter case, by name; the first where nothing was asked.
///
/// # Errors
/// If there is no such one; says which there are.
pub(crate) fn pick(
    option: &str,
    asked: Option<&str>,
    count: usize,
    names: &[String],
) -> Result<usize, String> {
    let Some(asked) = asked else { return Ok(0) };
    let lower = asked.trim().to_lowercase();
    let named = names.iter().position(|name| name.to_lowercase() == lower);
    let numbered = lower.parse::<usize>().ok().filter(|&index| index < count);
    named.or(numbered).ok_or_else(|| {
        let named: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| !name.is_empty()).take(12).collect();
        let names = if named.is_empty() { String::new() } else { format!(", or {}", named.join(", ")) };
        format!("--{option} {asked}: 0 to {}{names} expected", count.saturating_sub(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_picked_by_number_or_name() {
        let names = ["GFP".to_owned(), "mCherry".to_owned()];
        assert_eq!(pick("channel", None, 2, &names), Ok(0));
        assert_eq!(pick("channel", Some("mcherry"), 2, &names), Ok(1));
        assert_eq!(pick("channel", Some("1"), 2, &names), Ok(1));
        let why = pick("channel", Some("2"), 2, &names).expect_err("there are two");
        assert_eq!(why, "--channel 2: 0 to 1, or GFP, mCherry expected");
        assert!(pick("slice", Some("-1"), 5, &[]).is_err());
        let one = OneOf::new('C', Some(1), 2, names.to_vec());
        let reading = Reading { one_of: vec![one], as_time: Some("slices".into()), ..Reading::default() };
        assert_eq!(reading.words(), "slices as time, channel mCherry of 2");
        assert_eq!(Reading::default().words(), "");
    }
}
