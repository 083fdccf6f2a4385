//! Numbers in names: digits, with what may be a fraction or a sign.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A number as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) whole: String,
    /// Point or comma, with the digits behind it.
    pub(super) fraction: Option<(char, String)>,
    /// A minus stands before it that may be its sign.
    pub(super) minus: bool,
}

impl Raw {
    pub(super) fn text(&self) -> String {
        match &self.fraction {
            Some((mark, digits)) => format!("{}{mark}{digits}", self.whole),
            None => self.whole.clone(),
        }
    }

    pub(super) fn value(&self) -> Number {
        Number::new(&self.whole, self.fraction.as_ref().map_or("", |(_, digits)| digits))
    }
}

/// The value of a number of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    /// Without leading zeros.
    whole: String,
    /// Without trailing zeros.
    fraction: String,
}

impl Number {
    fn new(whole: &str, fraction: &str) -> Self {
        Self {
            negative: false,
            whole: whole.trim_start_matches('0').to_owned(),
            fraction: fraction.trim_end_matches('0').to_owned(),
        }
    }

    pub(super) fn negate(&mut self) {
        self.negative = !self.is_zero();
    }

    /// As a decimal number: `5`, `-12`, `0.05`.
    pub(super) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        let point = if self.fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{}", self.fraction)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    pub(super) fn fraction_digits(&self) -> usize {
        self.fraction.len()
    }

    /// The value times 10 to the power of `digits`, where that is an integer of 128 bits.
    pub(super) fn scaled(&self, digits: usize) -> Option<i128> {
        let zeros = digits.checked_sub(self.fraction.len()).filter(|&n| n < 40)?;
        let text = format!("0{}{}{}", self.whole, self.fraction, "0".repeat(zeros));
        let value: i128 = text.parse().ok()?;
        Some(if self.negative { -value } else { value })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |a: &Self, b: &Self| {
            (a.whole.len(), &a.whole, &a.fraction).cmp(&(b.whole.len(), &b.whole, &b.fraction))
        };
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => size(self, other),
            (true, true) => size(other, self),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Texts and numbers of a name in turn: one text more than numbers.
pub(super) fn parts(stem: &str) -> (Vec<String>, Vec<Raw>) {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    let (mut text, mut rest) = (String::new(), stem);
    while let Some(c) = rest.chars().next() {
        if !c.is_ascii_digit() {
            text.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (runs, after) = chain(rest);
        rest = after;
        let mut push = |text: String, whole: &str, fraction| {
            texts.push(text);
            numbers.push(Raw { whole: whole.to_owned(), fraction, minus: false });
        };
        match runs.as_slice() {
            [(_, whole), (mark, digits)] => {
                push(std::mem::take(&mut text), whole, Some((*mark, (*digits).to_owned())));
            }
            // One number, or a date with points.
            runs => {
                for (k, (mark, whole)) in runs.iter().enumerate() {
                    let before = if k == 0 { std::mem::take(&mut text) } else { mark.to_string() };
                    push(before, whole, None);
                }
            }
        }
    }
    // A minus right behind another number is a hyphen: `2024-05-01`, `run1-5`.
    if let (Some(before), Some(number)) = (texts.last(), numbers.len().checked_sub(1)) {
        let stripped = before_minus(before);
        numbers[number].minus = stripped.len() < before.len() && !(stripped.is_empty() && number > 0);
    }
    texts.push(text);
    (texts, numbers)
}

/// Runs of digits with single points or commas between them, each with the mark before it, and what follows.
fn chain(text: &str) -> (Vec<(char, &str)>, &str) {
    let (mut runs, mut rest, mut mark) = (Vec::new(), text, ' ');
    loop {
        let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        runs.push((mark, &rest[..end]));
        rest = &rest[end..];
        let mut chars = rest.chars();
        match (chars.next(), chars.next()) {
            (Some(next @ ('.' | ',')), Some(digit)) if digit.is_ascii_digit() => {
                mark = next;
                rest = &rest[1..];
            }
            _ => return (runs, rest),
        }
    }
}

/// A text without the minus at its end.
pub(super) fn before_minus(text: &str) -> &str {
    text.strip_suffix(['-', '\u{2212}']).unwrap_or(text)
}

/// What points in numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Points {
    /// They separate numbers.
    Separate,
    /// They begin fractions.
    Decimal,
    /// They begin fractions, and numbers without one are of the same kind: `1`, `1.5`, `2`.
    Mixed,
}

/// `1.9` and `1.10` are two numbers each, `0.1` and `0.05` are one: digits of different lengths that end in 0 are no
/// fractions.
pub(super) fn points<'a>(numbers: impl Iterator<Item = &'a Raw>) -> Points {
    let (mut lengths, mut marks) = (BTreeSet::new(), BTreeSet::new());
    let (mut ends_in_zero, mut plain) = (false, false);
    for raw in numbers {
        let Some((mark, digits)) = &raw.fraction else {
            plain = true;
            continue;
        };
        marks.insert(*mark);
        lengths.insert(digits.len());
        ends_in_zero |= digits.len() > 1 && digits.ends_with('0');
    }
    let longest = lengths.last().copied().unwrap_or(0);
    let varies = lengths.len() > 1;
    if marks.len() != 1 || (varies && ends_in_zero) || (!varies && longest >= 4) {
        Points::Separate
    } else if plain && (varies || longest <= 2) {
        Points::Mixed
    } else {
        Points::Decimal
    }
}

/// Whether numbers with a minus go on to those without: zero is there, or is stepped over as any other place is.
pub(super) fn runs_through_zero(minus: &[Number], plus: &[Number]) -> bool {
    if plus.iter().any(Number::is_zero) {
        return true;
    }
    let digits = minus.iter().chain(plus).map(Number::fraction_digits).max().unwrap_or(0);
    let values = |numbers: &[Number], sign: i128| -> Option<Vec<i128>> {
        let mut values: Vec<i128> =
            numbers.iter().map(|n| n.scaled(digits).map(|v| sign * v)).collect::<Option<_>>()?;
        values.sort_unstable();
        values.dedup();
        Some(values)
    };
    let (Some(minus), Some(plus)) = (values(minus, -1), values(plus, 1)) else { return false };
    let steps = |values: &[i128]| values.windows(2).map(|p| p[1].saturating_sub(p[0])).min();
    let Some(crossing) = plus[0].checked_sub(minus[minus.len() - 1]) else { return false };
    [steps(&minus), steps(&plus)].iter().all(|step| step.is_some_and(|step| step == crossing))
}

/// Whether values are 0, 1, … or 1, 2, ….
pub(super) fn is_short_count(values: &BTreeSet<&Number>) -> bool {
    let first = values.first().and_then(|n| n.scaled(0));
    let last = values.last().and_then(|n| n.scaled(0));
    match (first, last) {
        (Some(first @ (0 | 1)), Some(last)) => last - first == values.len() as i128 - 1,
        _ => false,
    }
}

/// The letters at the end of a text, in lower case; of words in one (`shotCam`) the last.
pub(super) fn label(text: &str) -> String {
    let (mut start, mut right) = (text.len(), None::<char>);
    for (at, c) in text.char_indices().rev() {
        let begins_word = right.is_some_and(|r| r.is_uppercase() && c.is_lowercase());
        if !c.is_alphabetic() || begins_word {
            break;
        }
        start = at;
        if c.is_uppercase() && right.is_some_and(char::is_lowercase) {
            break;
        }
        right = Some(c);
    }
    text[start..].to_lowercase()
}
