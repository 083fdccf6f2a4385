//! Effective bits: how many of a container's bits a recording uses.

use blitz_core::DType;
use serde::{Deserialize, Serialize};

/// The bits that integer samples use, told from the OR over all of them.
///
/// Nothing is rescaled because of this; it is for display, for saturation and for 8-bit conversion. It is an
/// estimate from the data: a recording that never reaches half of its camera's range shows one bit less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EffectiveBits {
    /// Bits that carry information, at least 1.
    pub bits: u32,
    /// Whether they lie at the upper end of the container, with unused low bits below them.
    pub left_aligned: bool,
    /// Bits of the container.
    pub container: u32,
    /// Low bits of the container that no sample uses; 0 unless left-aligned.
    pub unused_below: u32,
    /// Whether the highest bit is a sign that is used.
    pub signed: bool,
}

/// Fewer significant bits than this are not taken for a left-aligned camera: few different values, such as
/// those of a binary picture, leave low bits unused by chance.
const LEAST_LEFT_ALIGNED: u32 = 8;

impl EffectiveBits {
    /// From the OR over the two's complement bits of all samples, as [`crate::FrameScan::or_bits`] and
    /// [`crate::Histogram::or_bits`] give it. `None` for floating-point types.
    ///
    /// Left-aligned is told from at least one low bit that no sample uses, above which the container has at
    /// least 8 bits and the samples use at least 8.
    pub fn new(dtype: DType, or_bits: u64) -> Option<Self> {
        if dtype.is_float() {
            return None;
        }
        let container = dtype.bits();
        let may_be_negative = matches!(dtype, DType::I16 | DType::I32);
        let signed = may_be_negative && or_bits >> (container - 1) & 1 == 1;
        let used = u64::BITS - or_bits.leading_zeros();
        let unused_below = if or_bits == 0 { 0 } else { or_bits.trailing_zeros() };
        let magnitude = container - u32::from(may_be_negative);
        let left_aligned = unused_below > 0 && !signed && used - unused_below >= LEAST_LEFT_ALIGNED;
        let bits = match (signed, left_aligned) {
            (true, _) => container,
            (false, true) => magnitude - unused_below,
            (false, false) => used.max(1),
        };
        let unused_below = if left_aligned { unused_below } else { 0 };
        Some(Self { bits, left_aligned, container, unused_below, signed })
    }

    /// The largest value that these bits can hold, in the units of the samples: 4095 for 12 bit, 65520 for
    /// 12 bit left-aligned in an unsigned 16-bit container, 32767 for signed 16 bit. Always above 0.
    pub fn full_scale(self) -> f64 {
        self.full_scale_integer() as f64
    }

    /// As [`EffectiveBits::full_scale`], as an integer.
    pub fn full_scale_integer(self) -> u64 {
        let bits = self.bits - u32::from(self.signed);
        ((1 << bits) - 1) << self.unused_below
    }

    /// For people: `12 bit, left-aligned`, `12 bit`, `16 bit, signed`.
    pub fn describe(self) -> String {
        let suffix = match (self.left_aligned, self.signed) {
            (true, _) => ", left-aligned",
            (false, true) => ", signed",
            (false, false) => "",
        };
        format!("{} bit{suffix}", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dtype: DType, or_bits: u64, text: &str, full: f64) {
        let bits = EffectiveBits::new(dtype, or_bits).expect("an integer type");
        assert_eq!((bits.describe().as_str(), bits.full_scale()), (text, full));
        assert_eq!(bits.container, dtype.bits());
    }

    #[test]
    fn twelve_bits_at_either_end() {
        check(DType::U16, 0x0FFF, "12 bit", 4095.0);
        check(DType::U16, 0xFFF0, "12 bit, left-aligned", 65_520.0);
        check(DType::U16, 0x7FF0, "12 bit, left-aligned", 65_520.0);
        check(DType::U16, 0xFFFF, "16 bit", 65_535.0);
        check(DType::I16, 0x7FF8, "12 bit, left-aligned", 32_760.0);
    }

    #[test]
    fn few_values_are_not_taken_for_alignment() {
        check(DType::U8, 0x80, "8 bit", 255.0);
        check(DType::U16, 0x8000, "16 bit", 65_535.0);
        check(DType::U8, 0, "1 bit", 1.0);
        check(DType::U8, 1, "1 bit", 1.0);
        check(DType::U8, 0x0F, "4 bit", 15.0);
    }

    #[test]
    fn signs_use_the_whole_container() {
        check(DType::I16, 0xFFFF, "16 bit, signed", 32_767.0);
        check(DType::I16, 0x0FFF, "12 bit", 4095.0);
        check(DType::I32, 0x8000_0000, "32 bit, signed", 2_147_483_647.0);
        check(DType::U32, 0xFFFF_FFFF, "32 bit", 4_294_967_295.0);
        assert_eq!(EffectiveBits::new(DType::F32, 0), None);
    }
}
