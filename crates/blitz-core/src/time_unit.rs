//! Units of time, as files and people name them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeUnit {
    /// 10⁻¹² s.
    Picosecond,
    /// 10⁻⁹ s.
    Nanosecond,
    /// 10⁻⁶ s.
    Microsecond,
    /// 10⁻³ s.
    Millisecond,
    /// The second.
    Second,
    /// 60 s.
    Minute,
    /// 3600 s.
    Hour,
    /// 86 400 s.
    Day,
}

impl TimeUnit {
    /// All of them, the shortest first.
    pub const ALL: [Self; 8] = [
        Self::Picosecond,
        Self::Nanosecond,
        Self::Microsecond,
        Self::Millisecond,
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
    ];

    /// Its symbol: `ms`.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Picosecond => "ps",
            Self::Nanosecond => "ns",
            Self::Microsecond => "µs",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }

    /// How many picoseconds it has.
    pub const fn picoseconds(self) -> i128 {
        const SECOND: i128 = 1_000_000_000_000;
        match self {
            Self::Picosecond => 1,
            Self::Nanosecond => 1_000,
            Self::Microsecond => 1_000_000,
            Self::Millisecond => 1_000_000_000,
            Self::Second => SECOND,
            Self::Minute => 60 * SECOND,
            Self::Hour => 3600 * SECOND,
            Self::Day => 86_400 * SECOND,
        }
    }

    /// So many of them in seconds, rounded once.
    pub fn to_seconds(self, count: f64) -> f64 {
        match self {
            // Whole numbers are doubles, their inverses are not.
            Self::Picosecond => count / 1e12,
            Self::Nanosecond => count / 1e9,
            Self::Microsecond => count / 1e6,
            Self::Millisecond => count / 1e3,
            Self::Second => count,
            Self::Minute => count * 60.0,
            Self::Hour => count * 3600.0,
            Self::Day => count * 86_400.0,
        }
    }

    /// The unit that a word means, in any case of its letters: `ms`, `msec`, `Milliseconds`, `µs`, `us`.
    pub fn of_word(word: &str) -> Option<Self> {
        // Of the two signs for micro one is a Greek letter.
        let word = word.to_lowercase().replace('\u{3bc}', "µ");
        Some(match word.as_str() {
            "ps" | "psec" | "picosecond" | "picoseconds" => Self::Picosecond,
            "ns" | "nsec" | "nanosecond" | "nanoseconds" => Self::Nanosecond,
            "us" | "µs" | "usec" | "µsec" | "microsecond" | "microseconds" => Self::Microsecond,
            "ms" | "msec" | "millisecond" | "milliseconds" => Self::Millisecond,
            "s" | "sec" | "second" | "seconds" | "sekunden" => Self::Second,
            "min" | "minute" | "minutes" | "minuten" => Self::Minute,
            "h" | "hr" | "hour" | "hours" | "stunden" => Self::Hour,
            "d" | "day" | "days" => Self::Day,
            _ => return None,
        })
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// What the places of values beside a recording count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Abscissa {
    /// Time.
    Time(TimeUnit),
    /// Source frames of the recording.
    Frames,
}

impl fmt::Display for Abscissa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(unit) => unit.fmt(f),
            Self::Frames => f.write_str("frame"),
        }
    }
}

impl FromStr for Abscissa {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.trim() {
            "frame" | "frames" => Ok(Self::Frames),
            word => TimeUnit::of_word(word).map(Self::Time).ok_or_else(|| {
                ParseError::new(text, "a unit of time: ps, ns, us, ms, s, min, h, d; or frame")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_back_and_agree_with_picoseconds() {
        for unit in TimeUnit::ALL {
            assert_eq!(unit.symbol().parse(), Ok(Abscissa::Time(unit)));
            assert_eq!(unit.to_seconds(3.0), 3.0 * unit.picoseconds() as f64 / 1e12);
        }
        assert_eq!("frames".parse(), Ok(Abscissa::Frames));
        assert_eq!("\u{3bc}S".parse(), Ok(Abscissa::Time(TimeUnit::Microsecond)));
        assert!("fortnight".parse::<Abscissa>().is_err());
        // As a clock of whole milliseconds and a rate of 25 frames per second say it.
        assert_eq!(TimeUnit::Millisecond.to_seconds(120.0), 3.0 / 25.0);
    }
}
