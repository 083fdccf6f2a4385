//! Ranges of frames.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// A range of source frames as typed: half-open `A:B[:STEP]`, either end may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameRange {
    /// First frame.
    pub start: usize,
    /// One past the last frame; `None` is the end of the recording.
    pub end: Option<usize>,
    /// Every `step`-th frame, at least 1.
    pub step: usize,
}

impl FrameRange {
    /// Every frame.
    pub const ALL: Self = Self { start: 0, end: None, step: 1 };

    /// `start` to `end`, end excluded.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end: Some(end), step: 1 }
    }

    /// The range inside a recording of `frames` frames: `(first, end)` with `first <= end <= frames`.
    pub fn clip(self, frames: usize) -> (usize, usize) {
        let end = self.end.map_or(frames, |e| e.min(frames));
        (self.start.min(end), end)
    }

    /// Frames selected out of a recording of `frames` frames.
    pub fn len(self, frames: usize) -> usize {
        let (start, end) = self.clip(frames);
        (end - start).div_ceil(self.step)
    }

    /// Text for people, always inclusive with a count: `0–99 (100 frames)`.
    pub fn describe(self, frames: usize) -> String {
        let (start, _) = self.clip(frames);
        let count = self.len(frames);
        if count == 0 {
            return "no frames".to_owned();
        }
        let last = start + (count - 1) * self.step;
        let every = if self.step > 1 { format!(", every {}", ordinal(self.step)) } else { String::new() };
        let noun = if count == 1 { "frame" } else { "frames" };
        format!("{start}–{last} ({count} {noun}{every})")
    }
}

fn ordinal(n: usize) -> String {
    let suffix = match (n % 10, n % 100) {
        (1, r) if r != 11 => "st",
        (2, r) if r != 12 => "nd",
        (3, r) if r != 13 => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

impl fmt::Display for FrameRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.start)?;
        if let Some(end) = self.end {
            write!(f, "{end}")?;
        }
        if self.step != 1 {
            write!(f, ":{}", self.step)?;
        }
        Ok(())
    }
}

impl FromStr for FrameRange {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: &str = "a half-open range A:B or A:B:STEP of frames with A < B, such as 0:100";
        let err = || ParseError::new(text, EXPECTED);
        let mut parts = text.trim().split(':');
        let number = |part: Option<&str>| match part.map(str::trim) {
            None | Some("") => Ok(None),
            Some(digits) => digits.parse::<usize>().map(Some).map_err(|_| err()),
        };
        let first = parts.next();
        let second = parts.next().ok_or_else(err)?;
        let range = Self {
            start: number(first)?.unwrap_or(0),
            end: number(Some(second))?,
            step: number(parts.next())?.unwrap_or(1),
        };
        if parts.next().is_some() || range.step == 0 || range.end.is_some_and(|end| end <= range.start) {
            return Err(err());
        }
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["0:100", "5:", "0:10:3", "7:"] {
            assert_eq!(text.parse::<FrameRange>().expect("valid").to_string(), text);
        }
        assert_eq!(":".parse(), Ok(FrameRange::ALL));
        for bad in ["", "5", "9:3", "3:3", "0:10:0", "a:b", "1:2:3:4", "-1:4"] {
            assert!(bad.parse::<FrameRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn people_see_inclusive_ranges() {
        assert_eq!(FrameRange::new(0, 100).describe(180), "0–99 (100 frames)");
        let every = FrameRange { start: 0, end: None, step: 3 };
        assert_eq!(every.describe(10), "0–9 (4 frames, every 3rd)");
        assert_eq!(every.len(10), 4);
        assert_eq!(FrameRange::new(200, 300).describe(180), "no frames");
    }
}
