//! Element types of `.npy` files and their exact counterparts here.

use std::str::FromStr;

use blitz_core::{DType, ParseError};

/// Which real number to take of a complex sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplexPart {
    /// √(re² + im²).
    Magnitude,
    /// The real part.
    Real,
    /// The imaginary part.
    Imaginary,
    /// atan2(im, re) in radians, −π to π.
    Phase,
}

impl FromStr for ComplexPart {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "magnitude" | "abs" => Ok(Self::Magnitude),
            "real" => Ok(Self::Real),
            "imaginary" | "imag" => Ok(Self::Imaginary),
            "phase" => Ok(Self::Phase),
            _ => Err(ParseError::new(text, "a part of complex samples: magnitude, real, imaginary or phase")),
        }
    }
}

impl ComplexPart {
    /// What to say where nobody chose one.
    pub(crate) const NOT_CHOSEN: &str =
        "its samples are complex; say which part to read: --complex magnitude, real, imaginary or phase";

    pub(crate) fn of_f64(self, re: f64, im: f64) -> f64 {
        match self {
            Self::Magnitude => re.hypot(im),
            Self::Real => re,
            Self::Imaginary => im,
            Self::Phase => im.atan2(re),
        }
    }

    pub(crate) fn of_f32(self, re: f32, im: f32) -> f32 {
        match self {
            Self::Magnitude => re.hypot(im),
            Self::Real => re,
            Self::Imaginary => im,
            Self::Phase => im.atan2(re),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
    C64,
    C128,
}

/// Element type and byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    pub(crate) big_endian: bool,
}

impl Element {
    /// Reads a `descr` such as `<f4`.
    pub(crate) fn parse(descr: &str) -> Result<Self, String> {
        let (order, code) = match descr.chars().next() {
            Some(c @ ('<' | '>' | '|' | '=')) => (c, &descr[1..]),
            _ => ('=', descr),
        };
        let kind = match code {
            "b1" => Kind::Bool,
            "u1" => Kind::U8,
            "i1" => Kind::I8,
            "u2" => Kind::U16,
            "i2" => Kind::I16,
            "u4" => Kind::U32,
            "i4" => Kind::I32,
            "u8" => Kind::U64,
            "i8" => Kind::I64,
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            "c8" => Kind::C64,
            "c16" => Kind::C128,
            _ => return Err(refusal(descr, code)),
        };
        let element =
            Self { kind, big_endian: order == '>' || (order == '=' && cfg!(target_endian = "big")) };
        if order == '|' && element.size() > 1 {
            return Err(format!("element type '{descr}' has no byte order"));
        }
        Ok(element)
    }

    /// Bytes per element.
    pub(crate) const fn size(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 | Kind::F16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 | Kind::C64 => 8,
            Kind::C128 => 16,
        }
    }

    /// The type that has the same bytes (up to their order); `None` where values must be converted.
    pub(crate) const fn same(self) -> Option<DType> {
        match self.kind {
            Kind::U8 => Some(DType::U8),
            Kind::U16 => Some(DType::U16),
            Kind::I16 => Some(DType::I16),
            Kind::U32 => Some(DType::U32),
            Kind::I32 => Some(DType::I32),
            Kind::F32 => Some(DType::F32),
            Kind::F64 => Some(DType::F64),
            _ => None,
        }
    }

    /// Whether the values decide the type: 64-bit integers.
    pub(crate) const fn is_wide(self) -> bool {
        matches!(self.kind, Kind::U64 | Kind::I64)
    }

    pub(crate) const fn is_complex(self) -> bool {
        matches!(self.kind, Kind::C64 | Kind::C128)
    }

    /// Which number is read of complex elements; `None` for others.
    ///
    /// # Errors
    /// If nobody said which.
    pub(crate) fn part(self, asked: Option<ComplexPart>) -> Result<Option<ComplexPart>, String> {
        match asked.filter(|_| self.is_complex()) {
            None if self.is_complex() => Err(ComplexPart::NOT_CHOSEN.to_owned()),
            part => Ok(part),
        }
    }

    /// Whether the bytes of one element stand in this machine's order.
    pub(crate) const fn is_native(self) -> bool {
        self.size() == 1 || self.big_endian == cfg!(target_endian = "big")
    }

    /// The type that holds every value of this element type exactly; `None` for 64-bit integers.
    pub(crate) const fn dtype(self) -> Option<DType> {
        match self.kind {
            Kind::Bool => Some(DType::U8),
            Kind::I8 => Some(DType::I16),
            Kind::F16 | Kind::C64 => Some(DType::F32),
            Kind::C128 => Some(DType::F64),
            Kind::U64 | Kind::I64 => None,
            _ => self.same(),
        }
    }

    /// `NumPy`'s name.
    pub(crate) const fn name(self) -> &'static str {
        match self.kind {
            Kind::Bool => "bool",
            Kind::U8 => "uint8",
            Kind::I8 => "int8",
            Kind::U16 => "uint16",
            Kind::I16 => "int16",
            Kind::U32 => "uint32",
            Kind::I32 => "int32",
            Kind::U64 => "uint64",
            Kind::I64 => "int64",
            Kind::F16 => "float16",
            Kind::F32 => "float32",
            Kind::F64 => "float64",
            Kind::C64 => "complex64",
            Kind::C128 => "complex128",
        }
    }

    /// `N` bytes of an element, in little-endian order.
    pub(crate) fn bytes<const N: usize>(self, bytes: &[u8]) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&bytes[..N]);
        if self.big_endian {
            out.reverse();
        }
        out
    }

    /// A 64-bit integer.
    pub(crate) fn wide(self, bytes: &[u8]) -> i128 {
        let bytes = self.bytes::<8>(bytes);
        if self.kind == Kind::U64 {
            i128::from(u64::from_le_bytes(bytes))
        } else {
            i128::from(i64::from_le_bytes(bytes))
        }
    }
}

fn refusal(descr: &str, code: &str) -> String {
    let what = match code.chars().next() {
        Some('O') => "holds Python objects, which are never unpickled",
        Some('S' | 'U' | 'a') => "holds text",
        Some('V') => "holds raw or structured records",
        Some('M' | 'm') => "holds times",
        Some('f' | 'c') => "has a precision that no element type here holds exactly",
        _ => "is not known",
    };
    format!("element type '{}' {what}; save the array as a number type up to 64 bits", descr.escape_debug())
}

/// The range of all values of 64-bit integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WideRange {
    min: i128,
    max: i128,
    /// A value that f64 does not hold.
    inexact: Option<i128>,
}

impl WideRange {
    pub(crate) const EMPTY: Self = Self { min: i128::MAX, max: i128::MIN, inexact: None };

    pub(crate) fn add(&mut self, value: i128) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if value.unsigned_abs() > 1 << 53 && value as f64 as i128 != value {
            self.inexact = Some(value);
        }
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            inexact: self.inexact.or(other.inexact),
        }
    }

    /// The smallest type that holds all values exactly.
    pub(crate) fn dtype(self) -> Result<DType, String> {
        let holds = |min: i128, max: i128| self.min >= min && self.max <= max;
        let found = [
            (DType::U8, 0, i128::from(u8::MAX)),
            (DType::U16, 0, i128::from(u16::MAX)),
            (DType::I16, i128::from(i16::MIN), i128::from(i16::MAX)),
            (DType::U32, 0, i128::from(u32::MAX)),
            (DType::I32, i128::from(i32::MIN), i128::from(i32::MAX)),
        ];
        if let Some(&(dtype, ..)) = found.iter().find(|&&(_, min, max)| holds(min, max)) {
            return Ok(dtype);
        }
        match self.inexact {
            None => Ok(DType::F64),
            Some(value) => Err(format!(
                "it holds the 64-bit integer {value}, which no element type here holds exactly; save it as float64 if rounding is acceptable"
            )),
        }
    }
}

/// binary16 to binary32, exact; NaN stays NaN.
pub(crate) fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 31;
    let fraction = u32::from(bits) & 0x3ff;
    match exponent {
        0 => {
            // Zero and subnormals: fraction × 2⁻²⁴.
            let value = fraction as f32 * f32::from_bits((127 - 24) << 23);
            f32::from_bits(value.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_halves_are_exact() {
        for bits in 0..=u16::MAX {
            let found = f16_to_f32(bits);
            let (e, f) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let expected = match e {
                31 if f == 0.0 => sign * f64::INFINITY,
                31 => f64::NAN,
                0 => sign * f * 2_f64.powi(-24),
                _ => sign * (1.0 + f / 1024.0) * 2_f64.powi(e - 15),
            };
            assert!(f64::from(found) == expected || (found.is_nan() && expected.is_nan()), "{bits:04x}");
        }
    }

    #[test]
    fn wide_integers_take_the_smallest_type() {
        let of = |values: &[i128]| {
            let mut range = WideRange::EMPTY;
            for &value in values {
                range.add(value);
            }
            range.dtype()
        };
        assert_eq!(of(&[0, 255]), Ok(DType::U8));
        assert_eq!(of(&[0, 256]), Ok(DType::U16));
        assert_eq!(of(&[-1, 5]), Ok(DType::I16));
        assert_eq!(of(&[-1, 40_000]), Ok(DType::I32));
        assert_eq!(of(&[1 << 32]), Ok(DType::F64));
        assert_eq!(of(&[1 << 60]), Ok(DType::F64), "a power of two is exact");
        assert!(of(&[(1 << 53) + 1]).expect_err("inexact").contains("9007199254740993"));
        assert_eq!(WideRange::EMPTY.dtype(), Ok(DType::U8));
    }

    #[test]
    fn refusals_say_why() {
        for (descr, word) in [
            ("|O", "objects"),
            ("<U4", "text"),
            ("<f16", "precision"),
            ("<M8[ns]", "times"),
            ("", "not known"),
            ("é", "not known"),
            ("|u2", "byte order"),
        ] {
            let error = Element::parse(descr).expect_err(descr);
            assert!(error.contains(word), "{descr}: {error}");
        }
    }
}
