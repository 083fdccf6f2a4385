//! Points in time as people and programs write them, exactly.

/// Picoseconds of a second: what times are counted in here.
pub(crate) const PICOSECONDS: i128 = 1_000_000_000_000;

/// From here on a number is a date (since 1970) and not a duration.
pub(crate) const DATE: i128 = 100_000_000 * PICOSECONDS;

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Picoseconds: since the clock's own zero, or since 1970 for dates.
    pub(crate) picoseconds: i128,
    /// Picoseconds of its last digit.
    pub(crate) tick: i128,
    /// Whether it is a date with a time of day.
    pub(crate) is_date: bool,
}

impl Moment {
    /// Reads a number in `unit` picoseconds (`12.5`, `1e-3`, with `comma` `12,5`, too), a time (`1:02:03.5`), or a date
    /// with a time of day (`2026-11-28T12:00:03.25`, `2026:11:28 12:00:03`, `28.11.2026 12:00:03`, with `Z` or `+01:00` behind it).
    pub(crate) fn parse(text: &str, unit: i128, comma: bool) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() || text.len() > 64 {
            return None;
        }
        if let Some((date, time)) = text.split_once([' ', 'T', 't']).filter(|(date, _)| date.len() >= 8) {
            return dated(date, time.trim());
        }
        if text.contains(':') {
            return clock(text);
        }
        let text = if comma { text.replace(',', ".") } else { text.to_owned() };
        number(&text, unit)
    }

    /// Reads a date without a time of day, as its midnight.
    pub(crate) fn parse_day(text: &str) -> Option<Self> {
        let seconds = i128::from(calendar_day(text.trim())?) * 86_400;
        Some(Self { picoseconds: seconds * PICOSECONDS, tick: PICOSECONDS, is_date: true })
    }
}

/// The smallest power of ten whose inverse 128 bits hold.
const FINEST: i32 = -38;

/// A decimal number of `unit` picoseconds.
fn number(text: &str, unit: i128) -> Option<Moment> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let value: i128 = all.parse().ok()?;
    if power < FINEST {
        // No number of so few digits comes near a picosecond.
        value.checked_mul(unit)?;
        return Some(Moment { picoseconds: 0, tick: 1, is_date: false });
    }
    let scale = 10_i128.checked_pow(power.unsigned_abs()).filter(|_| power <= 30)?;
    let (picoseconds, tick) = if power >= 0 {
        (value.checked_mul(scale)?.checked_mul(unit)?, scale.checked_mul(unit)?)
    } else {
        // To the nearest picosecond.
        let exact = value.checked_mul(unit)?;
        ((exact.checked_add(scale / 2)?) / scale, (unit / scale).max(1))
    };
    // A century of centuries leaves room for products.
    (picoseconds < PICOSECONDS * 1_000_000_000_000).then_some(Moment {
        picoseconds: if negative { -picoseconds } else { picoseconds },
        tick,
        is_date: false,
    })
}

/// Hours, minutes and seconds.
fn clock(text: &str) -> Option<Moment> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = |text: &str, most: i128| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i128>().ok().filter(|n| digits && *n <= most)
    };
    let seconds = number(&seconds.replace(',', "."), PICOSECONDS)?;
    let is_right = parts.next().is_none() && (0..61 * PICOSECONDS).contains(&seconds.picoseconds);
    let minutes = whole(hours, 1_000_000_000)? * 60 + whole(minutes, 59)?;
    let all = minutes * 60 * PICOSECONDS + seconds.picoseconds;
    is_right.then_some(Moment { picoseconds: if negative { -all } else { all }, ..seconds })
}

fn dated(date: &str, time: &str) -> Option<Moment> {
    let day = calendar_day(date)?;
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time[..at].trim_end(), zone(&time[at..])?),
        None => (time, 0),
    };
    let of_day = clock(time).filter(|t| (0..86_401 * PICOSECONDS).contains(&t.picoseconds))?;
    let seconds = i128::from(day * 86_400 - offset * 60);
    Some(Moment { picoseconds: seconds * PICOSECONDS + of_day.picoseconds, is_date: true, ..of_day })
}

/// Days since 1970 of a date: `2026-11-28`, `2026:11:28`, `2026/11/28`, `28.11.2026`.
fn calendar_day(date: &str) -> Option<i64> {
    let parts: Vec<&str> = date.split(['-', ':', '/', '.']).collect();
    let parts = match parts[..] {
        [day, month, year] if date.contains('.') && year.len() == 4 => [year, month, day],
        [year, month, day] => [year, month, day],
        _ => return None,
    };
    let part = |i: usize, digits: std::ops::RangeInclusive<usize>| {
        let text: &str = parts[i];
        let is_right = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| is_right)
    };
    let (year, month, day) = (part(0, 4..=4)?, part(1, 1..=2)?, part(2, 1..=2)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days(year, month, day))
}

/// Minutes that a clock is ahead of universal time.
fn zone(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let minutes = digits[..2].parse::<i64>().ok()? * 60 + digits[2..].parse::<i64>().ok()?;
    Some(if text.starts_with('-') { -minutes } else { minutes })
}

/// Days since 1970-01-01 of the Gregorian calendar (Hinnant, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i128, i128)> {
        Moment::parse(text, PICOSECONDS, true).map(|m| (m.picoseconds, m.tick))
    }

    #[test]
    fn numbers_are_exact() {
        let ms = PICOSECONDS / 1000;
        assert_eq!(read("0.040"), Some((40 * ms, ms)));
        assert_eq!(read("-12,5"), Some((-12_500 * ms, 100 * ms)));
        assert_eq!(read("1e-5"), Some((10_000_000, 10_000_000)));
        assert_eq!(read("1700000000.123456"), Some((1_700_000_000_123_456 * 1_000_000, 1_000_000)));
        assert_eq!(read("0.033366700033366701"), Some((33_366_700_033, 1)));
        // What is left of a zero in other programs.
        for nothing in ["5.551115123125783e-17", "-1e-25", "0.00000000000000001387778780781446", "1e-300"] {
            assert_eq!(read(nothing).map(|(t, _)| t), Some(0), "{nothing}");
        }
        assert_eq!(Moment::parse("12.5", ms, false).map(|m| m.picoseconds), Some(12_500_000_000));
        for bad in ["", "-", ".", "1.2.3", "nan", "inf", "1e99", "0x10", "12 s", "٣", "1,2,3", "9e30"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn clocks_and_dates_are_read() {
        let seconds = |text: &str| Moment::parse(text, 1, false).map(|m| m.picoseconds / PICOSECONDS);
        assert_eq!(seconds("1:02:03.5"), Some(3723));
        assert_eq!(seconds("-0:00:10"), Some(-10));
        assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds("2000-03-01 00:00:00"), Some(951_868_800), "as `date -u` says");
        assert_eq!(seconds("2026:11:28 22:00:00.25"), Some(1_795_903_200), "as `date -u` says");
        assert_eq!(seconds("28.11.2026 22:00:00"), seconds("2026-11-28T22:00:00"));
        let day = |text: &str| Moment::parse_day(text).map(|m| m.picoseconds / PICOSECONDS);
        assert_eq!(
            [day("2000-03-01"), day("1.3.2000"), day("3.1.0"), day("12-12")],
            [Some(951_868_800); 2].into_iter().chain([None; 2]).collect::<Vec<_>>()[..]
        );
        assert_eq!(seconds("2026-11-28T23:00:00+01:00"), seconds("2026-11-28T22:00:00Z"));
        for bad in [
            "1:2",
            "1:60:00",
            "1:00:61",
            "2026-13-01 00:00:00",
            "2026-11-28 1:2",
            "2026-11-28T",
            "2026-11-28T00:00:00+1",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
