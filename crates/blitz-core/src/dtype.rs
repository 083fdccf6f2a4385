//! Element types.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Element type of a stack. A recording keeps the type its camera wrote; nothing is widened at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DType {
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Unsigned 32-bit integer.
    U32,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl DType {
    /// All element types, in the order used by tables and tests.
    pub const ALL: [Self; 7] = [Self::U8, Self::U16, Self::I16, Self::I32, Self::U32, Self::F32, Self::F64];

    /// Bytes per sample.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Bits per sample of the container (not the effective bits of the data).
    pub const fn bits(self) -> u32 {
        self.size() as u32 * 8
    }

    /// Whether the type is a floating-point type and can therefore hold NaN.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Short name as used in messages, tables and recipes: `u8`, `f32`, ….
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type of means, standard deviations, medians and arithmetic results of a source of this
    /// type: f32 for sources of up to 16 bit and f32, f64 for 32-bit integers and f64.
    #[must_use]
    pub const fn result(self) -> Self {
        match self {
            Self::U8 | Self::U16 | Self::I16 | Self::F32 => Self::F32,
            Self::I32 | Self::U32 | Self::F64 => Self::F64,
        }
    }

    /// The largest value an integer container can hold; `None` for floating-point types.
    pub const fn full_scale(self) -> Option<f64> {
        match self {
            Self::U8 => Some(255.0),
            Self::U16 => Some(65_535.0),
            Self::I16 => Some(32_767.0),
            Self::I32 => Some(2_147_483_647.0),
            Self::U32 => Some(4_294_967_295.0),
            Self::F32 | Self::F64 => None,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// One sample of a stack. Sealed: the seven element types are all there is.
pub trait Sample:
    sealed::Sealed + bytemuck::Pod + PartialOrd + Default + Send + Sync + fmt::Debug + fmt::Display + 'static
{
    /// The element type as a value.
    const DTYPE: DType;
    /// The value as f64; exact for every sample type.
    fn to_f64(self) -> f64;
    /// The nearest value of this type: integers round half away from zero and saturate, NaN becomes 0
    /// for integers (callers decide about missing samples before they convert).
    fn from_f64(value: f64) -> Self;
    /// Whether the sample itself is missing (NaN).
    fn is_nan(self) -> bool;
}

macro_rules! integer_sample {
    ($($t:ty => $d:ident),*) => {$(
        impl sealed::Sealed for $t {}
        impl Sample for $t {
            const DTYPE: DType = DType::$d;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { value.round() as $t }
            #[inline(always)]
            fn is_nan(self) -> bool { false }
        }
    )*};
}
integer_sample!(u8 => U8, u16 => U16, i16 => I16, i32 => I32, u32 => U32);

macro_rules! float_sample {
    ($($t:ty => $d:ident),*) => {$(
        impl sealed::Sealed for $t {}
        impl Sample for $t {
            const DTYPE: DType = DType::$d;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { value as $t }
            #[inline(always)]
            fn is_nan(self) -> bool { <$t>::is_nan(self) }
        }
    )*};
}
float_sample!(f32 => F32, f64 => F64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_saturate_and_round_half_away() {
        assert_eq!(u8::from_f64(254.5), 255);
        assert_eq!(u8::from_f64(1e9), 255);
        assert_eq!(u8::from_f64(-3.0), 0);
        assert_eq!(i16::from_f64(-1.5), -2);
        assert_eq!(u16::from_f64(f64::NAN), 0);
    }

    #[test]
    fn result_types_follow_the_source() {
        assert_eq!(DType::U16.result(), DType::F32);
        assert_eq!(DType::U32.result(), DType::F64);
        assert_eq!(DType::F64.result(), DType::F64);
    }
}
