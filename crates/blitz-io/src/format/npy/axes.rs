//! Which axis of an array is time, which are rows, columns and channels.

use std::fmt;
use std::str::FromStr;

use blitz_core::ParseError;

/// The meaning of each axis of an array, in the order of its shape: `THW`, `HWC`, `TWH`, `CTHW`, ….
///
/// Rows and columns are always there, time and channels where the array has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(Vec<Axis>);

/// One axis; the value is its place in `(T, H, W, C)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Time = 0,
    Row = 1,
    Column = 2,
    Channel = 3,
}

impl Axes {
    /// Reads letters T, H, W and C (any case) in any order.
    ///
    /// # Errors
    /// If a letter is unknown or double, or H or W is missing.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: &str = "axes: each of H and W once, T and C at most once, such as THW, HWC or THWC";
        let err = || ParseError::new(text, EXPECTED);
        let mut axes = Vec::new();
        for letter in text.trim().chars() {
            let axis = match letter.to_ascii_uppercase() {
                'T' => Axis::Time,
                'H' => Axis::Row,
                'W' => Axis::Column,
                'C' => Axis::Channel,
                _ => return Err(err()),
            };
            if axes.contains(&axis) {
                return Err(err());
            }
            axes.push(axis);
        }
        if axes.contains(&Axis::Row) && axes.contains(&Axis::Column) { Ok(Self(axes)) } else { Err(err()) }
    }

    /// The rule for arrays that nobody explained: `(H,W)`; `(H,W,C)` if the last of three axes is 3 or 4 (one
    /// colour image); otherwise `(T,H,W)`; `(T,H,W,C)`.
    pub(crate) fn by_rule(shape: &[usize]) -> Result<Self, String> {
        use Axis::{Channel, Column, Row, Time};
        match shape {
            [_, _] => Ok(Self(vec![Row, Column])),
            [_, _, 3 | 4] => Ok(Self(vec![Row, Column, Channel])),
            [_, _, _] => Ok(Self(vec![Time, Row, Column])),
            [_, _, _, _] => Ok(Self(vec![Time, Row, Column, Channel])),
            _ => Err(format!(
                "its shape {} has {} axes; 2 to 4 are read: (H,W), (T,H,W), (H,W,C) or (T,H,W,C)",
                shape_text(shape),
                shape.len()
            )),
        }
    }

    pub(crate) fn axes(&self) -> &[Axis] {
        &self.0
    }
}

impl FromStr for Axes {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for Axes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|axis| {
            f.write_str(match axis {
                Axis::Time => "T",
                Axis::Row => "H",
                Axis::Column => "W",
                Axis::Channel => "C",
            })
        })
    }
}

/// A shape as Python writes it.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("({})", lengths.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_back() {
        for text in ["HW", "THW", "HWC", "THWC", "TWH", "CTHW", "WHT"] {
            assert_eq!(Axes::parse(text).expect(text).to_string(), text);
        }
        for bad in ["", "TH", "THWX", "HHW", "TC", "THWTC"] {
            assert!(Axes::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rule() {
        let rule = |shape: &[usize]| Axes::by_rule(shape).map(|a| a.to_string());
        assert_eq!(rule(&[5, 6]).as_deref(), Ok("HW"));
        assert_eq!(rule(&[5, 6, 3]).as_deref(), Ok("HWC"));
        assert_eq!(rule(&[5, 6, 4]).as_deref(), Ok("HWC"));
        assert_eq!(rule(&[5, 6, 2]).as_deref(), Ok("THW"));
        assert_eq!(rule(&[5, 6, 7, 1]).as_deref(), Ok("THWC"));
        assert!(rule(&[5]).is_err() && rule(&[]).is_err() && rule(&[1; 5]).is_err());
    }
}
