//! One cell: a number, a mark of a value that is missing, or words.

/// What is written in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// The nearest double of the number, and how it is written: bits from [`POINT`] on; none of an infinity.
    Number(f64, u8),
    /// A mark that stands where there is no value.
    Missing,
    /// Nothing.
    Empty,
    /// A number that no double is: an integer beyond 2⁵³, or one above the largest double.
    Inexact,
    Words,
}

/// A decimal point.
pub(crate) const POINT: u8 = 1;
/// A decimal comma.
pub(crate) const COMMA: u8 = 2;
/// An exponent.
pub(crate) const EXPONENT: u8 = 4;
/// A comma that parts no thousands: not behind one to three digits, or behind a zero, or not before three of them.
pub(super) const NO_THOUSANDS: u8 = 8;
/// Neither a decimal mark nor an exponent.
pub(super) const WHOLE: u8 = 16;
/// A comma in a cell with quotes around it.
pub(super) const QUOTED_COMMA: u8 = 32;

/// How the numbers of a text are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    /// All together.
    pub(crate) written: u8,
    /// The first lines with a decimal point and with a decimal comma.
    point: Option<usize>,
    pub(crate) comma: Option<usize>,
}

impl Marks {
    /// Whether decimals have commas.
    pub(crate) fn has_commas(self) -> bool {
        self.written & COMMA != 0
    }

    /// Takes how the numbers of a line are written.
    ///
    /// # Errors
    /// If a text has both decimal points and decimal commas.
    pub(crate) fn note(&mut self, line: usize, written: u8) -> Result<(), String> {
        self.written |= written;
        if written & POINT != 0 {
            self.point.get_or_insert(line);
        }
        if written & COMMA != 0 {
            self.comma.get_or_insert(line);
        }
        match (self.point, self.comma) {
            (Some(point), Some(comma)) => Err(format!(
                "line {}: a decimal {} found, but a decimal {} in line {}; write all decimals in one way, without marks of \
                 thousands",
                point.max(comma),
                if point > comma { "point" } else { "comma" },
                if point > comma { "comma" } else { "point" },
                point.min(comma)
            )),
            _ => Ok(()),
        }
    }
}

/// Powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Integers up to here are doubles.
const EXACT: u64 = 1 << 53;

/// Marks of values that are missing, in lower case.
const MISSING: [&str; 16] = [
    "nan",
    "na",
    "n/a",
    "#n/a",
    "#na",
    "null",
    "none",
    "nan(ind)",
    "nan(snan)",
    "1.#qnan",
    "1.#snan",
    "1.#ind",
    "1.#nan",
    "#value!",
    "#num!",
    "#div/0!",
];

/// The number that bytes begin with, how it is written, and its length. Few digits are rounded correctly by Clinger's
/// fast path, more by the standard library. `None` where it is no number, or one that `long` must look at.
#[inline]
pub(crate) fn leading(bytes: &[u8], comma: bool) -> Option<(f64, u8, usize)> {
    /// As many digits fit 64 bits.
    const DIGITS: usize = 19;
    let mut at = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let is_negative = bytes.first() == Some(&b'-');
    let (mut mantissa, mut exponent, mut written) = (0_u64, 0_i32, WHOLE);
    let begin = at;
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit.into());
        at += 1;
    }
    let whole = begin..at;
    let mut digits = at - begin;
    if let Some(mark) = bytes.get(at).filter(|b| **b == b'.' || (comma && **b == b',')) {
        written = if *mark == b'.' { POINT } else { COMMA };
        at += 1;
        let begin = at;
        while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit.into());
            at += 1;
        }
        if written == COMMA && !may_part_thousands(&bytes[whole], at - begin) {
            written |= NO_THOUSANDS;
        }
        digits += at - begin;
        exponent = -i32::try_from(at - begin).ok()?;
    }
    if digits == 0 {
        return None;
    }
    if let Some(b'e' | b'E' | b'd' | b'D') = bytes.get(at) {
        written = written & !WHOLE | EXPONENT;
        at += 1;
        let is_negative = bytes.get(at) == Some(&b'-');
        at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
        let (begin, mut power) = (at, 0_i32);
        while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            power = (power * 10 + i32::from(digit)).min(100_000);
            at += 1;
        }
        if at == begin {
            return None;
        }
        exponent += if is_negative { -power } else { power };
    }
    let value = match (mantissa, exponent) {
        _ if digits > DIGITS => return rounded(&bytes[..at], written),
        (0, _) => 0.0,
        (1..=EXACT, 0..=22) => mantissa as f64 * POWERS[exponent as usize],
        (1..=EXACT, -22..=-1) => mantissa as f64 / POWERS[exponent.unsigned_abs() as usize],
        _ => return rounded(&bytes[..at], written),
    };
    Some((if is_negative { -value } else { value }, written, at))
}

fn may_part_thousands(before: &[u8], digits_behind: usize) -> bool {
    matches!(before.len(), 1..=3) && before[0] != b'0' && digits_behind == 3
}

/// A number with a decimal mark or an exponent. Integers must be looked at: they may be no doubles.
fn rounded(number: &[u8], written: u8) -> Option<(f64, u8, usize)> {
    let mut plain = [0; 64];
    let plain = plain.get_mut(..number.len()).filter(|_| written & WHOLE == 0)?;
    for (to, from) in plain.iter_mut().zip(number) {
        *to = match from {
            b',' => b'.',
            b'd' | b'D' => b'e',
            other => *other,
        };
    }
    let value: f64 = std::str::from_utf8(plain).ok()?.parse().ok()?;
    value.is_finite().then_some((value, written, number.len()))
}

/// What a cell without blanks around it says. `comma`: whether a comma may be its decimal mark.
pub(crate) fn read(cell: &[u8], comma: bool) -> Cell {
    if cell.is_empty() {
        return Cell::Empty;
    }
    if let Some((value, written, length)) = leading(cell, comma)
        && length == cell.len()
    {
        return Cell::Number(value, written);
    }
    let is_of_number = |b: &u8| {
        matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E' | b'd' | b'D') || (comma && *b == b',')
    };
    if cell.iter().any(u8::is_ascii_digit) && cell.iter().all(is_of_number) {
        return long(cell);
    }
    word(cell)
}

/// A number of many digits, or with a large exponent.
fn long(cell: &[u8]) -> Cell {
    let mut written = 0;
    let plain: String = cell
        .iter()
        .map(|&b| match b {
            b'.' => {
                written |= POINT;
                '.'
            }
            b',' => {
                // Thousands have fewer digits.
                written |= COMMA | NO_THOUSANDS;
                '.'
            }
            b'e' | b'E' | b'd' | b'D' => {
                written |= EXPONENT;
                'e'
            }
            other => char::from(other),
        })
        .collect();
    if written == 0 {
        written = WHOLE;
    }
    let Ok(value) = plain.parse::<f64>() else { return Cell::Words };
    let is_exact = || {
        let digits = plain.trim_start_matches(['+', '-']).trim_start_matches('0');
        value.abs() < EXACT as f64 || format!("{:.0}", value.abs()) == digits
    };
    if value.is_infinite() || (written == WHOLE && !is_exact()) {
        return Cell::Inexact;
    }
    Cell::Number(value, written)
}

fn word(cell: &[u8]) -> Cell {
    let is_all = |byte: u8| cell.iter().all(|b| *b == byte);
    // One dash may be all that is left of a negative number; Fortran writes asterisks where a number is too long.
    if (cell.len() > 1 && is_all(b'-')) || is_all(b'*') {
        return Cell::Missing;
    }
    let (is_negative, plain) = match cell {
        [b'-', plain @ ..] => (true, plain),
        [b'+', plain @ ..] | plain => (false, plain),
    };
    let is = |word: &str| plain.eq_ignore_ascii_case(word.as_bytes());
    if MISSING.iter().any(|word| is(word)) {
        Cell::Missing
    } else if is("inf") || is("infinity") || is("1.#inf") {
        Cell::Number(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY }, 0)
    } else {
        Cell::Words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        match read(text.as_bytes(), true) {
            Cell::Number(value, _) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for (text, expected) in [
            ("0", 0.0),
            ("+3", 3.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1,25", -1.25),
            ("1e5", 1e5),
            ("1E+05", 1e5),
            ("1d5", 1e5),
            ("1.5D-3", 1.5e-3),
            ("0e999999", 0.0),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("1152921504606846976", 1_152_921_504_606_846_976.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("000000000000000000000000007", 7.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        let mut state = 1_u64;
        for i in 0..50_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let exact = f64::from_bits(state);
            let short = (state >> 20) as f64 / [1.0, 10.0, 1e3, 1e7][i % 4];
            for number in [exact, short] {
                if number.is_finite() {
                    for text in [format!("{number}"), format!("{number:e}"), format!("{number:.3}")] {
                        // An integer that is written in full is refused where it is no double.
                        if read(text.as_bytes(), true) == Cell::Inexact && !text.contains(['.', 'e']) {
                            continue;
                        }
                        let expected: f64 = text.parse().expect("a number");
                        assert_eq!(value(&text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        for text in ["nan", "NaN", "-nan", "NA", "n/a", "NULL", "---", "--", "***", "-1.#IND", "#N/A"] {
            assert_eq!(read(text.as_bytes(), true), Cell::Missing, "{text}");
        }
        for text in
            ["-", "+", "1-2", "1.2.3", "1.234,5", "1,2,3", "e5", "1e", "0x10", "12:30", "1 2", "é", "."]
        {
            assert_eq!(read(text.as_bytes(), true), Cell::Words, "{text}");
        }
        assert_eq!(read(b"1,5", false), Cell::Words);
        for text in ["9007199254740993", "-99999999999999999999", "1e999"] {
            assert_eq!(read(text.as_bytes(), true), Cell::Inexact, "{text}");
        }
    }
}
