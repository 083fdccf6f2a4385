//! What a person says of a file of bare samples: `640x480:u16le:offset=512`.

use std::fmt;
use std::str::FromStr;

use blitz_core::ParseError;

use super::packed::Packing;
use crate::format::npy::element::{Element, Kind};

/// Where the samples of a raw binary file lie and what they are.
///
/// As text: `WIDTHxHEIGHT[xCHANNELS]:TYPE`, followed by any of `:offset=BYTES` before the first frame, `:gap=BYTES`
/// between frames, `:frames=N`, `:rows=up` and `:bits=NNpacked`. `TYPE` is `u`, `i` or `f` for unsigned, signed and
/// floating-point numbers (`c` for complex ones) with the bits of a sample, and `le` or `be` for the order of its bytes;
/// `le` may be left out. Channels of a pixel follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLayout {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) element: Element,
    /// Where samples have fewer bits than bytes have.
    pub(crate) packing: Option<Packing>,
    pub(crate) offset: u64,
    pub(crate) gap: u64,
    /// As many as there are, where it is not said.
    pub(crate) frames: Option<usize>,
    /// Whether the first row in the file is the lowest of the picture.
    pub(crate) rows_up: bool,
}

const EXPECTED: &str = "a raw layout WIDTHxHEIGHT:TYPE with TYPE one of u8 i8 u16le u16be i16le … u64le i64le f16le f32le \
                        f64le c64le c128le, and after that any of :offset=BYTES :gap=BYTES :frames=N :rows=up \
                        :bits=12packed, such as 640x480:u16le:offset=512";

impl RawLayout {
    /// Frames of one channel one behind the other.
    pub(crate) fn plain(width: usize, height: usize, element: Element) -> Self {
        Self {
            width,
            height,
            channels: 1,
            element,
            packing: None,
            offset: 0,
            gap: 0,
            frames: None,
            rows_up: false,
        }
    }

    /// Width of a frame, its height, and samples of a pixel.
    pub fn shape(&self) -> [usize; 3] {
        [self.width, self.height, self.channels]
    }

    /// The element type without the order of its bytes: `u16`.
    pub fn type_name(&self) -> String {
        let letter = match self.element.kind {
            Kind::Bool | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => 'u',
            Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 => 'i',
            Kind::F16 | Kind::F32 | Kind::F64 => 'f',
            Kind::C64 | Kind::C128 => 'c',
        };
        format!("{letter}{}", self.element.size() * 8)
    }

    /// Whether the high byte of a sample comes first.
    pub fn is_big_endian(&self) -> bool {
        self.element.big_endian
    }

    /// Bytes before the first frame, and between frames.
    pub fn offset_and_gap(&self) -> (u64, u64) {
        (self.offset, self.gap)
    }

    /// Whether the first row in the file is the lowest of the picture.
    pub fn is_upwards(&self) -> bool {
        self.rows_up
    }

    /// How samples that are no whole bytes are packed, such as `12packed`.
    pub fn packing(&self) -> Option<String> {
        self.packing.map(|packing| packing.to_string())
    }

    /// Whole frames in a file of `size` bytes, the bytes of one, and the bytes behind the last one.
    pub fn frames_in(&self, size: u64) -> (u64, u64, u64) {
        let bytes = self.frame_bytes().unwrap_or(usize::MAX) as u64;
        let samples = size.saturating_sub(self.offset);
        let step = bytes.saturating_add(self.gap);
        // The gap behind the last frame may be missing.
        let frames = samples.saturating_add(self.gap) / step;
        let used = (frames * step).saturating_sub(self.gap);
        (frames, bytes, samples - used)
    }

    /// Reads as many frames as a file holds, whatever was said: another file of the same kind.
    pub fn take_all_frames(&mut self) {
        self.frames = None;
    }

    /// Samples of a frame; `None` where they are more than this machine counts.
    pub(crate) fn samples(&self) -> Option<usize> {
        self.width.checked_mul(self.height)?.checked_mul(self.channels)
    }

    /// Bytes of a frame in the file; `None` where they are more than this machine counts.
    pub(crate) fn frame_bytes(&self) -> Option<usize> {
        let samples = self.samples()?;
        match self.packing {
            Some(packing) => packing.bytes(samples),
            None => samples.checked_mul(self.element.size()),
        }
    }
}

impl FromStr for RawLayout {
    type Err = ParseError;

    /// # Errors
    /// What is wrong with the text, and an example.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let err = || ParseError::new(text, EXPECTED);
        let mut parts = text.trim().split(':');
        let size = parts.next().ok_or_else(err)?.to_lowercase().replace('×', "x");
        let numbers: Vec<usize> =
            size.split('x').map(|n| n.trim().parse().map_err(|_| err())).collect::<Result<_, _>>()?;
        let (width, height, channels) = match *numbers {
            [width, height] => (width, height, 1),
            [width, height, channels] => (width, height, channels),
            _ => return Err(err()),
        };
        let element = element(parts.next().ok_or_else(err)?).ok_or_else(err)?;
        let mut layout = Self { channels, ..Self::plain(width, height, element) };
        let mut seen = Vec::new();
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(err)?;
            let (key, value) = (key.trim(), value.trim());
            if seen.contains(&key) {
                return Err(err());
            }
            seen.push(key);
            match key {
                "offset" => layout.offset = value.parse().map_err(|_| err())?,
                "gap" => layout.gap = value.parse().map_err(|_| err())?,
                "frames" => layout.frames = Some(value.parse().map_err(|_| err())?),
                "rows" if matches!(value, "up" | "down") => layout.rows_up = value == "up",
                "bits" => layout.packing = Some(Packing::parse(value).ok_or_else(err)?),
                _ => return Err(err()),
            }
        }
        // No file is larger, and places stay numbers.
        let is_place = |bytes: u64| bytes < 1 << 60;
        let is_possible = layout.samples().is_some_and(|samples| samples > 0)
            && layout.frame_bytes().is_some_and(|bytes| is_place(bytes as u64))
            && is_place(layout.offset)
            && is_place(layout.gap)
            && layout.frames != Some(0);
        let holds = layout.packing.is_none_or(|packing| packing.fits(element));
        if is_possible && holds { Ok(layout) } else { Err(err()) }
    }
}

/// `u16le` and the like.
fn element(text: &str) -> Option<Element> {
    let text = text.trim().to_lowercase();
    let (text, order) = match (text.strip_suffix("le"), text.strip_suffix("be")) {
        (Some(rest), _) => (rest, '<'),
        (_, Some(rest)) => (rest, '>'),
        _ => (text.as_str(), '<'),
    };
    let bits: usize = text.get(1..)?.parse().ok()?;
    if bits == 0 || !bits.is_multiple_of(8) {
        return None;
    }
    Element::parse(&format!("{order}{}{}", text.get(..1)?, bits / 8)).ok()
}

impl fmt::Display for RawLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, channels, element, packing, offset, gap, frames, rows_up } = self;
        write!(f, "{width}x{height}")?;
        if *channels != 1 {
            write!(f, "x{channels}")?;
        }
        write!(f, ":{}", self.type_name())?;
        if element.size() > 1 {
            f.write_str(if element.big_endian { "be" } else { "le" })?;
        }
        if *offset != 0 {
            write!(f, ":offset={offset}")?;
        }
        if *gap != 0 {
            write!(f, ":gap={gap}")?;
        }
        if let Some(frames) = frames {
            write!(f, ":frames={frames}")?;
        }
        if *rows_up {
            f.write_str(":rows=up")?;
        }
        match packing {
            Some(packing) => write!(f, ":bits={packing}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_come_back() {
        for text in [
            "640x480:u16le",
            "7x5x3:u8",
            "1x1:f64be:offset=512:gap=16:frames=9:rows=up",
            "640x480:u16le:bits=12packed",
            "640x480:u16le:bits=10p",
            "4x4:c64le",
            "4x4:i8",
            "4x4:f16be",
        ] {
            assert_eq!(text.parse::<RawLayout>().expect(text).to_string(), text);
        }
        let same = |a: &str, b: &str| a.parse::<RawLayout>().expect(a).to_string() == b;
        assert!(same("640×480:U16", "640x480:u16le"));
        assert!(same("640x480:u16:rows=down:offset=0", "640x480:u16le"));
    }

    #[test]
    fn what_is_no_layout_is_refused() {
        for text in [
            "",
            "640x480",
            "640:u16",
            "0x4:u8",
            "4x4:u12",
            "4x4:u7",
            "4x4:u0",
            "4x4:x8",
            "4x4:u8:offset",
            "4x4:u8:offset=-1",
            "4x4:u8:gap=1:gap=1",
            "4x4:u8:frames=0",
            "4x4:u8:rows=left",
            "4x4:u8:bits=12packed",
            "4x4:f32:bits=12packed",
            "4x4:u16:bits=17packed",
            "4x4:é16",
            "18446744073709551615x2:u8",
            "4294967296x4294967296:u8",
            "4x4:u8:gap=18446744073709551615",
            "4x4:u8:offset=18446744073709551615",
            "1x1:u8:frames=1:gap=1152921504606846976",
            "2305843009213693952x1:u64",
        ] {
            let error = text.parse::<RawLayout>().expect_err(text).to_string();
            assert!(error.contains("640x480:u16le:offset=512"), "{error}");
        }
    }
}
