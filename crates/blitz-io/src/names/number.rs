//! Numbers in names: digits, with what may be a fraction or a sign.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A number as it is written: where it stands in the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// Its first digit.
    start: u32,
    /// Digits before the point.
    whole: u32,
    /// Digits behind the point or comma; 0 where there is none.
    fraction: u32,
    /// A minus stands before it that may be its sign.
    pub(super) minus: bool,
}

impl Raw {
    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    /// Behind its last digit.
    pub(super) fn end(self) -> usize {
        let behind = if self.fraction > 0 { 1 + self.fraction } else { 0 };
        (self.start + self.whole + behind) as usize
    }

    pub(super) fn has_fraction(self) -> bool {
        self.fraction > 0
    }

    pub(super) fn text(self, name: &str) -> &str {
        &name[self.start()..self.end()]
    }

    fn whole(self, name: &str) -> &str {
        &name[self.start()..(self.start + self.whole) as usize]
    }

    /// The point or comma, and the digits behind it.
    fn fraction(self, name: &str) -> Option<(u8, &str)> {
        let mark = (self.start + self.whole) as usize;
        self.has_fraction().then(|| (name.as_bytes()[mark], &name[mark + 1..self.end()]))
    }

    /// The number without its fraction, and that as a number of its own.
    pub(super) fn separated(self) -> Option<(Self, Self)> {
        let second =
            Self { start: self.start + self.whole + 1, whole: self.fraction, fraction: 0, minus: false };
        self.has_fraction().then_some((Self { fraction: 0, ..self }, second))
    }

    pub(super) fn value(self, name: &str) -> Number {
        Number::new(self.whole(name), self.fraction(name).map_or("", |(_, digits)| digits))
    }
}

/// The value of a number of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    size: Size,
}

/// Digits that a [`Size::Short`] holds before the point, and behind it.
const SHORT: usize = 19;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Size {
    /// Before the point, and behind it in parts of 10 to the power of [`SHORT`].
    Short(u64, u64),
    /// What is longer: digits without leading zeros, digits without trailing ones.
    Long(Box<(String, String)>),
}

impl Size {
    /// Digits before the point without leading zeros, those behind it without trailing ones.
    fn digits(&self) -> (Cow<'_, str>, Cow<'_, str>) {
        match self {
            Self::Short(whole, fraction) => {
                let text = |value: u64| if value == 0 { String::new() } else { value.to_string() };
                let behind = format!("{fraction:0SHORT$}");
                (text(*whole).into(), behind.trim_end_matches('0').to_owned().into())
            }
            Self::Long(digits) => (digits.0.as_str().into(), digits.1.as_str().into()),
        }
    }
}

impl Ord for Size {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Short(a, b), Self::Short(c, d)) = (self, other) {
            return (a, b).cmp(&(c, d));
        }
        let ((a, b), (c, d)) = (self.digits(), other.digits());
        (a.len(), a, b).cmp(&(c.len(), c, d))
    }
}

impl PartialOrd for Size {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Number {
    fn new(whole: &str, fraction: &str) -> Self {
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let value = |digits: &str| digits.bytes().fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0'));
        let is_short = whole.len() <= SHORT && fraction.len() <= SHORT;
        let size = if is_short {
            let scale = 10_u64.pow((SHORT - fraction.len()) as u32);
            Size::Short(value(whole), if fraction.is_empty() { 0 } else { value(fraction) * scale })
        } else {
            Size::Long(Box::new((whole.to_owned(), fraction.to_owned())))
        };
        Self { negative: false, size }
    }

    pub(super) fn negate(&mut self) {
        self.negative = !self.is_zero();
    }

    /// As a decimal number: `5`, `-12`, `0.05`.
    pub(super) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if let Size::Short(whole, 0) = self.size {
            return format!("{sign}{whole}");
        }
        let (whole, fraction) = self.size.digits();
        let whole = if whole.is_empty() { "0" } else { &whole };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    pub(super) fn is_zero(&self) -> bool {
        self.size == Size::Short(0, 0)
    }

    pub(super) fn fraction_digits(&self) -> usize {
        match self.size {
            Size::Short(_, 0) => 0,
            _ => self.size.digits().1.len(),
        }
    }

    /// The value times 10 to the power of `digits`, where that is an integer of 128 bits.
    pub(super) fn scaled(&self, digits: usize) -> Option<i128> {
        let zeros = digits.checked_sub(self.fraction_digits()).filter(|&n| n < 40)?;
        let value = if let (Size::Short(whole, 0), 0) = (&self.size, digits) {
            i128::from(*whole)
        } else {
            let (whole, fraction) = self.size.digits();
            format!("0{whole}{fraction}{}", "0".repeat(zeros)).parse().ok()?
        };
        Some(if self.negative { -value } else { value })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.size.cmp(&other.size),
            (true, true) => other.size.cmp(&self.size),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The numbers of a name.
pub(super) fn parts(stem: &str) -> Vec<Raw> {
    let bytes = stem.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut numbers: Vec<Raw> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_digit(at) {
            at += 1;
            continue;
        }
        let first = numbers.len();
        // Runs of digits with single points or commas between them.
        loop {
            let start = at;
            while is_digit(at) {
                at += 1;
            }
            numbers.push(Raw { start: start as u32, whole: (at - start) as u32, fraction: 0, minus: false });
            if !(matches!(bytes.get(at), Some(b'.' | b',')) && is_digit(at + 1)) {
                break;
            }
            at += 1;
        }
        // More than two are a date with points.
        if let [number, fraction] = &mut numbers[first..] {
            number.fraction = fraction.whole;
            numbers.pop();
        }
    }
    // A minus right behind another number is a hyphen: `2024-05-01`, `run1-5`.
    if let Some(last) = numbers.len().checked_sub(1) {
        let before = text(stem, &numbers, last);
        let stripped = before_minus(before);
        numbers[last].minus = stripped.len() < before.len() && !(stripped.is_empty() && last > 0);
    }
    numbers
}

/// The text before number `i`; behind the last one where `i` is their count.
pub(super) fn text<'a>(stem: &'a str, numbers: &[Raw], i: usize) -> &'a str {
    let start = i.checked_sub(1).map_or(0, |before| numbers[before].end());
    &stem[start..numbers.get(i).map_or(stem.len(), |number| number.start())]
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
pub(super) fn points<'a>(numbers: impl Iterator<Item = (&'a str, Raw)>) -> Points {
    let (mut lengths, mut marks) = (BTreeSet::new(), BTreeSet::new());
    let (mut ends_in_zero, mut plain) = (false, false);
    for (name, raw) in numbers {
        let Some((mark, digits)) = raw.fraction(name) else {
            plain = true;
            continue;
        };
        marks.insert(mark);
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
pub(super) fn is_short_count(values: &[&Number]) -> bool {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The digits themselves, which say how numbers compare and what they are scaled.
    fn plain(text: &str) -> (String, String) {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned())
    }

    fn number(text: &str) -> Number {
        let numbers = parts(text);
        assert_eq!(numbers.len(), 1, "{text}");
        numbers[0].value(text)
    }

    proptest! {
        #[test]
        fn numbers_of_any_length_are_their_digits(
            a in "0{0,3}[0-9]{1,24}(\\.[0-9]{1,24})?",
            b in "0{0,3}[0-9]{1,24}(\\.[0-9]{1,24})?",
            digits in 0_usize..45,
        ) {
            let ((whole, fraction), (c, d)) = (plain(&a), plain(&b));
            let (x, y) = (number(&a), number(&b));
            prop_assert_eq!(x.cmp(&y), (whole.len(), &whole, &fraction).cmp(&(c.len(), &c, &d)));
            prop_assert_eq!(x == y, (&whole, &fraction) == (&c, &d));
            let zero = if whole.is_empty() { "0" } else { "" };
            let point = if fraction.is_empty() { "" } else { "." };
            prop_assert_eq!(x.text(), format!("{zero}{whole}{point}{fraction}"));
            prop_assert_eq!((x.is_zero(), x.fraction_digits()), (whole.len() + fraction.len() == 0, fraction.len()));
            let zeros = digits.checked_sub(fraction.len()).filter(|&zeros| zeros < 40);
            let scaled = zeros.and_then(|zeros| format!("0{whole}{fraction}{}", "0".repeat(zeros)).parse().ok());
            prop_assert_eq!(x.scaled(digits), scaled);
        }
    }
}
