//! Axes: when a frame was taken and how large a pixel is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ParseError, parse_decimal, parse_quantity};

/// A non-negative fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rational {
    /// Numerator.
    pub num: u64,
    /// Denominator, never 0.
    pub den: u64,
}

impl Rational {
    /// `num / den` in lowest terms; `None` if `den` is 0.
    pub fn new(num: u64, den: u64) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { num: num / a, den: den / a })
    }

    /// The nearest f64.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// `1 / self`; `None` for 0.
    pub fn recip(self) -> Option<Self> {
        Self::new(self.den, self.num)
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

/// Who said how frames follow each other in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeOrigin {
    /// The person.
    Given,
    /// The container; a playback rate is not a recording rate, so it is marked as such.
    Container,
}

/// The time axis of a stack, over *source* frame numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum TimeAxis {
    /// Rate not set: frames are counted, not timed.
    #[default]
    NotSet,
    /// A fixed interval.
    Interval {
        /// Seconds from one source frame to the next.
        dt: Rational,
        /// Source frame at t = 0.
        t0_frame: i64,
        /// Who said so.
        origin: TimeOrigin,
    },
    /// Explicit times in seconds, one per source frame; NaN where a frame has none.
    Explicit(Arc<[f64]>),
}

impl TimeAxis {
    /// The axis of `--fps`: `rate` frames per second.
    ///
    /// # Errors
    /// If the text is no positive decimal number or fraction such as `30000/1001`.
    pub fn from_fps(rate: &str, t0_frame: i64) -> Result<Self, ParseError> {
        const EXPECTED: &str = "a frame rate above 0 such as 100000, 29.97 or 30000/1001";
        let parsed = match rate.split_once('/') {
            Some((n, d)) => {
                n.trim().parse().ok().zip(d.trim().parse().ok()).and_then(|(n, d)| Rational::new(n, d))
            }
            None => parse_decimal(rate.trim()).ok(),
        };
        let dt = parsed.and_then(Rational::recip).ok_or_else(|| ParseError::new(rate, EXPECTED))?;
        if dt.num == 0 {
            return Err(ParseError::new(rate, EXPECTED));
        }
        Ok(Self::Interval { dt, t0_frame, origin: TimeOrigin::Given })
    }

    /// The axis of `--dt`: seconds (or `10us`, `2ms`, `5min`, `1h`, `1d`) between frames.
    ///
    /// # Errors
    /// If the text is no positive time.
    pub fn from_dt(interval: &str, t0_frame: i64) -> Result<Self, ParseError> {
        const EXPECTED: &str = "a time above 0 such as 10us, 2ms, 0.5s, 5min, 1h or 1d";
        const LONG: [(&str, u64); 3] = [("min", 60), ("h", 3600), ("d", 86_400)];
        let text = interval.trim();
        let long = LONG.iter().find_map(|&(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
        let dt = match long {
            Some((number, seconds)) => parse_decimal(number.trim())
                .ok()
                .and_then(|n| Rational::new(n.num.checked_mul(seconds)?, n.den))
                .ok_or_else(|| ParseError::new(interval, EXPECTED))?,
            None => parse_quantity(interval, "s", EXPECTED)?,
        };
        if dt.num == 0 {
            return Err(ParseError::new(interval, EXPECTED));
        }
        Ok(Self::Interval { dt, t0_frame, origin: TimeOrigin::Given })
    }

    /// The axis of frames that stand at `counts`, in intervals of `dt` seconds, and not at their numbers. Time is 0 at
    /// count 0, or at source frame `t0_frame`.
    pub fn counted(counts: &[f64], dt: Rational, t0_frame: Option<i64>) -> Self {
        let first = counts.first().copied().unwrap_or(0.0);
        // Counts of f64 are exact integers up to 2^53.
        let is_whole = first.fract() == 0.0 && first.abs() < 9e15;
        if is_whole && counts.iter().enumerate().all(|(i, &count)| count - first == i as f64) {
            let t0_frame = t0_frame.unwrap_or(-(first as i64));
            return Self::Interval { dt, t0_frame, origin: TimeOrigin::Given };
        }
        let dt = dt.to_f64();
        let times = Self::Explicit(counts.iter().map(|count| count * dt).collect());
        t0_frame.map_or_else(|| times.clone(), |frame| times.zero_at(frame))
    }

    /// The same axis with t = 0 at source frame `frame`; explicit times stay where that frame has no time.
    #[must_use]
    pub fn zero_at(&self, frame: i64) -> Self {
        match self {
            Self::NotSet => Self::NotSet,
            Self::Interval { dt, origin, .. } => Self::Interval { dt: *dt, t0_frame: frame, origin: *origin },
            Self::Explicit(times) => {
                match usize::try_from(frame).ok().and_then(|frame| self.seconds(frame)) {
                    Some(zero) if zero != 0.0 => Self::Explicit(times.iter().map(|t| t - zero).collect()),
                    _ => self.clone(),
                }
            }
        }
    }

    /// Seconds at source frame `frame`; `None` where no rate is set, the frame has no time or the times end before.
    pub fn seconds(&self, frame: usize) -> Option<f64> {
        match self {
            Self::NotSet => None,
            Self::Interval { dt, t0_frame, .. } => {
                let steps = i128::from(frame as u64) - i128::from(*t0_frame);
                Some((steps * i128::from(dt.num)) as f64 / dt.den as f64)
            }
            Self::Explicit(times) => times.get(frame).copied().filter(|t| t.is_finite()),
        }
    }

    /// Frames per second, where the interval is fixed.
    pub fn rate(&self) -> Option<f64> {
        match self {
            Self::Interval { dt, .. } => dt.recip().map(Rational::to_f64),
            Self::NotSet | Self::Explicit(_) => None,
        }
    }
}

/// Edge length of a (square) source pixel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelSize {
    /// Metres per source pixel.
    pub metres: f64,
}

impl PixelSize {
    /// Reads `12.5um`, `0.1mm`, `1e-6m`.
    ///
    /// # Errors
    /// If the text is no positive length with a unit.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: &str = "a length above 0 with its unit such as 12.5um or 0.1mm";
        let metres = parse_quantity(text, "m", EXPECTED)?.to_f64();
        if metres > 0.0 && text.trim().ends_with('m') {
            Ok(Self { metres })
        } else {
            Err(ParseError::new(text, EXPECTED))
        }
    }

    /// The length in the unit that reads best, such as `12.5 µm`.
    pub fn display(self) -> String {
        let (scale, unit) = match self.metres {
            m if m >= 1.0 => (1.0, "m"),
            m if m >= 1e-3 => (1e3, "mm"),
            m if m >= 1e-6 => (1e6, "µm"),
            _ => (1e9, "nm"),
        };
        // Twelve digits hide the rounding of the scaling, not a digit that was typed.
        let text = format!("{:.12}", self.metres * scale);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_fractions() {
        let axis = TimeAxis::from_fps("30000/1001", 0).expect("valid");
        assert_eq!(axis.seconds(30_000), Some(1001.0));
        let axis = TimeAxis::from_dt("10us", 5).expect("valid");
        assert_eq!(axis.seconds(4), Some(-1e-5));
        assert_eq!(axis.rate(), Some(100_000.0));
        assert_eq!(TimeAxis::NotSet.seconds(3), None);
    }

    #[test]
    fn long_intervals_have_their_units() {
        let dt = |text: &str| TimeAxis::from_dt(text, 0).ok().and_then(|axis| axis.seconds(1));
        assert_eq!([dt("5min"), dt("1.5 h"), dt("2d")], [Some(300.0), Some(5400.0), Some(172_800.0)]);
        assert_eq!([dt("min"), dt("0h"), dt("-1d"), dt("5m")], [None; 4]);
    }

    #[test]
    fn counts_are_frames_at_their_own_places() {
        let dt = Rational::new(1, 2).expect("not zero");
        let axis = TimeAxis::counted(&[0.0, 1.0, 5.0], dt, None);
        assert_eq!([0, 1, 2, 3].map(|f| axis.seconds(f)), [Some(0.0), Some(0.5), Some(2.5), None]);
        let axis = TimeAxis::counted(&[0.0, 1.0, 5.0], dt, Some(2));
        assert_eq!(axis.seconds(0), Some(-2.5));
        let even = TimeAxis::counted(&[7.0, 8.0, 9.0], dt, None);
        assert_eq!((even.seconds(0), even.rate()), (Some(3.5), Some(2.0)));
        let without = TimeAxis::Explicit([0.0, f64::NAN, 2.0].into());
        assert_eq!((without.seconds(1), without.seconds(2)), (None, Some(2.0)));
        assert_eq!(without.zero_at(2).seconds(0), Some(-2.0));
    }

    #[test]
    fn zero_and_words_are_refused() {
        for bad in ["0", "fast", "", "-1", "1/0", "0/5"] {
            assert!(TimeAxis::from_fps(bad, 0).is_err(), "{bad}");
        }
        assert!(TimeAxis::from_dt("0s", 0).is_err());
        assert!(PixelSize::parse("12.5").is_err());
    }

    #[test]
    fn pixel_sizes_read_back() {
        assert_eq!(PixelSize::parse("12.5um").expect("valid").display(), "12.5 µm");
        assert_eq!(PixelSize::parse("0.1mm").expect("valid").display(), "100 µm");
    }
}
