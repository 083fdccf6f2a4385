//! Which axis of an array is time, which are rows, columns and channels.

use std::fmt;
use std::str::FromStr;

use blitz_core::ParseError;

/// The meaning of each axis of an array, in the order of its shape: `THW`, `HWC`, `TWH`, `CTHW`, `TZHW`, ….
///
/// Rows and columns are always there, time, channels, slices (Z) and positions (P) where the array has them. Of slices
/// and positions one is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(Vec<Axis>);

/// One axis; the value of the first four is their place in `(T, H, W, C)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Time = 0,
    Row = 1,
    Column = 2,
    Channel = 3,
    Slice = 4,
    Position = 5,
}

impl Axis {
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Time => 'T',
            Self::Row => 'H',
            Self::Column => 'W',
            Self::Channel => 'C',
            Self::Slice => 'Z',
            Self::Position => 'P',
        }
    }
}

/// How an array of some shape is read, with what it could be instead.
pub(crate) struct Rule {
    pub(crate) axes: Axes,
    /// Other readings that make sense.
    pub(crate) others: Vec<&'static str>,
    /// What must be said of the choice.
    pub(crate) note: Option<String>,
}

impl Axes {
    /// Reads letters T, H, W, C, Z and P (any case) in any order.
    ///
    /// # Errors
    /// If a letter is unknown or double, or H or W is missing.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        const EXPECTED: &str = "axes: each of H and W once, T, C, Z (slice) and P (position) at most once, such as THW, HWC or TZCHW";
        let err = || ParseError::new(text, EXPECTED);
        let mut axes = Vec::new();
        for letter in text.trim().chars() {
            let axis = match letter.to_ascii_uppercase() {
                'T' => Axis::Time,
                'H' => Axis::Row,
                'W' => Axis::Column,
                'C' => Axis::Channel,
                'Z' => Axis::Slice,
                'P' => Axis::Position,
                _ => return Err(err()),
            };
            if axes.contains(&axis) {
                return Err(err());
            }
            axes.push(axis);
        }
        if axes.contains(&Axis::Row) && axes.contains(&Axis::Column) { Ok(Self(axes)) } else { Err(err()) }
    }

    /// The rule for arrays whose axes are not given: `(H,W)`; `(H,W,C)` if the last of three axes is 3 or 4 (one
    /// colour image); otherwise `(T,H,W)`. Of four axes the last are channels if there are few; otherwise the second
    /// are colours if there are 3 or 4, or slices.
    pub(crate) fn by_rule(shape: &[usize]) -> Result<Rule, String> {
        /// More channels than these at the end of a shape are columns.
        const CHANNELS: usize = 16;
        let text = || shape_text(shape);
        let (letters, others, note): (&str, Vec<&str>, Option<String>) = match *shape {
            [_, _] => ("HW", Vec::new(), None),
            [frames, _, 3 | 4] => (
                "HWC",
                vec!["THW"],
                Some(format!(
                    "The array of shape {} is read as one colour image (H, W, C); --axes THW reads it as {frames} frames.",
                    text()
                )),
            ),
            [frames @ (3 | 4), h, w] if h > 4 && w > 4 => (
                "THW",
                vec!["CHW"],
                Some(format!(
                    "The array of shape {} is read as {frames} frames; --axes CHW reads it as one image of {frames} channels.",
                    text()
                )),
            ),
            [a, b, c] if a == b && b != c && a > 4 => (
                "THW",
                vec!["HWT"],
                Some(format!(
                    "The array of shape {} is read as {a} frames of {b} × {c} pixels (T, H, W); --axes HWT reads it as {c} frames of {a} × {b}.",
                    text()
                )),
            ),
            [_, _, _] => ("THW", Vec::new(), None),
            [_, colours @ (3 | 4), h, w] if w > 8 && h > 4 => (
                "TCHW",
                vec!["THWC", "TZHW"],
                Some(format!(
                    "The array of shape {} is read as frames of {colours} channels (T, C, H, W); --axes THWC reads {w} channels of {colours} × {h} pixels, --axes TZHW {colours} slices.",
                    text()
                )),
            ),
            [_, _, _, channels @ ..=CHANNELS] => (
                "THWC",
                vec!["TCHW", "TZHW"],
                (channels > 4).then(|| {
                    format!(
                        "The array of shape {} is read as frames of {channels} channels (T, H, W, C); --axes TZHW reads its second axis as slices.",
                        text()
                    )
                }),
            ),
            [_, slices, _, channels] => (
                "TZHW",
                vec!["TCHW", "ZTHW", "CTHW", "THWC"],
                Some(format!(
                    "The array of shape {} is read as frames of {slices} slices (T, Z, H, W), of which one is shown (--slice N); --axes THWC reads {channels} channels, --axes ZTHW the second axis as time.",
                    text()
                )),
            ),
            _ => {
                return Err(format!(
                    "its shape {} has {} axes; 2 to 4 are read: (H,W), (T,H,W), (H,W,C) or (T,H,W,C); --axes such as TZCHW \
                     says what others are",
                    text(),
                    shape.len()
                ));
            }
        };
        let axes = Self::parse(letters).map_err(|error| error.to_string())?;
        // Where nothing is to be said nothing is to be chosen.
        let others = if note.is_some() { others } else { Vec::new() };
        Ok(Rule { axes, others, note })
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
        self.0.iter().try_for_each(|axis| write!(f, "{}", axis.letter()))
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
        for text in ["HW", "THW", "HWC", "THWC", "TWH", "CTHW", "WHT", "TZCHW", "PTHW"] {
            assert_eq!(Axes::parse(text).expect(text).to_string(), text);
        }
        for bad in ["", "TH", "THWX", "HHW", "TC", "THWTC"] {
            assert!(Axes::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rule() {
        let rule =
            |shape: &[usize]| Axes::by_rule(shape).map(|rule| (rule.axes.to_string(), rule.note.is_some()));
        let is = |letters: &str, said: bool| Ok((letters.to_owned(), said));
        assert_eq!(rule(&[5, 6]), is("HW", false));
        assert_eq!(rule(&[5, 6, 3]), is("HWC", true));
        assert_eq!(rule(&[5, 6, 4]), is("HWC", true));
        assert_eq!(rule(&[5, 6, 2]), is("THW", false));
        assert_eq!(rule(&[3, 40, 50]), is("THW", true));
        assert_eq!(rule(&[512, 512, 90]), is("THW", true));
        assert_eq!(rule(&[5, 6, 7, 1]), is("THWC", false));
        assert_eq!(rule(&[5, 6, 7, 6]), is("THWC", true), "never more than 4 channels without a word");
        assert_eq!(rule(&[6, 3, 40, 50]), is("TCHW", true));
        assert_eq!(rule(&[6, 20, 40, 50]), is("TZHW", true));
        assert!(rule(&[5]).is_err() && rule(&[]).is_err() && rule(&[1; 5]).is_err());
    }
}
