//! Numbers with units as people type them: `10us`, `12.5um`, `100000`.

use crate::{ParseError, Rational};

const DECIMAL: &str = "a decimal number such as 0.5 or 100000";

/// Reads a non-negative decimal number exactly, as a fraction.
///
/// # Errors
/// If the text is not a decimal number or needs more than 64 bits.
pub fn parse_decimal(text: &str) -> Result<Rational, ParseError> {
    let err = || ParseError::new(text, DECIMAL);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(i) => (&text[..i], text[i + 1..].parse::<i32>().map_err(|_| err())?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(err());
    }
    let mut num: u64 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        if !digit.is_ascii_digit() {
            return Err(err());
        }
        num = num.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0'))).ok_or_else(err)?;
    }
    let power = exponent.checked_sub(fraction.len() as i32).ok_or_else(err)?;
    let scale = 10_u64.checked_pow(power.unsigned_abs()).ok_or_else(err)?;
    if power >= 0 {
        Rational::new(num.checked_mul(scale).ok_or_else(err)?, 1).ok_or_else(err)
    } else {
        Rational::new(num, scale).ok_or_else(err)
    }
}

/// Reads a number with an SI-prefixed unit (`10us`, `12.5 µm`, `2ms`, `1e-5s`) as an exact number of
/// base units. A bare number is in base units.
///
/// # Errors
/// If the number is no decimal number or the unit is not `unit` with a prefix from pico to kilo.
pub fn parse_quantity(text: &str, unit: &str, expected: &'static str) -> Result<Rational, ParseError> {
    let err = || ParseError::new(text, expected);
    let trimmed = text.trim();
    let split = trimmed
        .char_indices()
        .find(|&(i, c)| {
            let exponent = (c == 'e' || c == 'E')
                && trimmed[i + 1..].starts_with(|d: char| d.is_ascii_digit() || d == '-' || d == '+');
            let sign = (c == '-' || c == '+') && i > 0;
            !(c.is_ascii_digit() || c == '.' || exponent || sign)
        })
        .map_or(trimmed.len(), |(i, _)| i);
    let value = parse_decimal(&trimmed[..split]).map_err(|_| err())?;
    let suffix = trimmed[split..].trim();
    let prefix = match suffix.strip_suffix(unit) {
        Some(prefix) => prefix,
        None if suffix.is_empty() => "",
        None => return Err(err()),
    };
    let (up, down) = match prefix {
        "" => (1, 1),
        "k" => (1_000, 1),
        "c" => (1, 100),
        "m" => (1, 1_000),
        "u" | "µ" | "μ" => (1, 1_000_000),
        "n" => (1, 1_000_000_000),
        "p" => (1, 1_000_000_000_000),
        _ => return Err(err()),
    };
    let num = value.num.checked_mul(up).ok_or_else(err)?;
    let den = value.den.checked_mul(down).ok_or_else(err)?;
    Rational::new(num, den).ok_or_else(err)
}

/// Digits in groups of three: `21,000`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Bytes for people, in decimal units: `7.4 MB`.
pub fn bytes_text(n: u64) -> String {
    let (scale, unit) = match n {
        0..1_000 => return format!("{n} B"),
        1_000..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    let value = n as f64 / scale;
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Seconds as a clock shows them: `1:02:03.5`, with `decimals` digits behind the point; hours run on above 24.
pub fn clock_text(seconds: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(decimals as i32);
    let ticks = (seconds.abs() * scale).round();
    let sign = if seconds < 0.0 && ticks > 0.0 { "-" } else { "" };
    let whole = (ticks / scale).floor();
    let (hours, rest) = ((whole / 3600.0).floor(), whole % 3600.0);
    let fraction = (ticks - whole * scale).round();
    let point = if decimals == 0 { String::new() } else { format!(".{fraction:0decimals$}") };
    format!("{sign}{hours}:{:02}:{:02}{point}", (rest / 60.0).floor(), rest % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(parse_decimal("29.97").ok(), Rational::new(2997, 100));
        assert_eq!(parse_decimal("1e5").ok(), Rational::new(100_000, 1));
        assert_eq!(parse_decimal("2.5e-3").ok(), Rational::new(25, 10_000));
        for bad in ["", ".", "1..2", "-1", "nan", "1e99", "99999999999999999999999"] {
            assert!(parse_decimal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn clocks_round_and_carry() {
        assert_eq!(clock_text(3723.5, 1), "1:02:03.5");
        assert_eq!(clock_text(3599.999, 2), "1:00:00.00");
        assert_eq!(clock_text(-90_061.0, 0), "-25:01:01");
        assert_eq!(clock_text(-0.2, 0), "0:00:00");
        assert_eq!(clock_text(0.05, 2), "0:00:00.05");
    }

    #[test]
    fn quantities_take_prefixes() {
        let seconds = |t: &str| parse_quantity(t, "s", "a time");
        assert_eq!(seconds("10us").ok(), Rational::new(1, 100_000));
        assert_eq!(seconds("10 µs").ok(), Rational::new(1, 100_000));
        assert_eq!(seconds("1e-5s").ok(), Rational::new(1, 100_000));
        assert_eq!(seconds("0.5").ok(), Rational::new(1, 2));
        assert!(seconds("10 m").is_err());
        assert!(seconds("fast").is_err());
    }
}
