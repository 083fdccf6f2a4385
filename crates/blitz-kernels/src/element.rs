//! What kernels need to know of an element type beyond [`Sample`]: its block accumulators and its order.

use std::ops::{AddAssign, BitOr};

use blitz_core::{Sample, Samples};

use crate::simd::{self, Level, Work};
use crate::state::Plain;

/// Any element type.
pub(crate) trait Element: Sample + Plain {
    /// Type of means, medians and standard deviations, as [`blitz_core::DType::result`].
    type Result: Sample + Element;
    /// Unsigned integer in the order of the values.
    type Key: Copy + Ord + Send + Sync + Default;
    /// Smallest value, -∞ for floats.
    const LOWEST: Self;
    /// Largest value, +∞ for floats.
    const HIGHEST: Self;
    /// The key of a value that is not NaN.
    fn key(self) -> Self::Key;
    /// The value of a key.
    fn from_key(key: Self::Key) -> Self;
    /// A vector with its type made dynamic.
    fn wrap(samples: Vec<Self>) -> Samples;
}

/// What an accumulator of integers can do.
pub(crate) trait Accumulator:
    Copy + Default + AddAssign + Send + Sync + PartialEq + std::fmt::Debug
{
}

impl Accumulator for i32 {}
impl Accumulator for u32 {}
impl Accumulator for i64 {}
impl Accumulator for u64 {}
impl Accumulator for u128 {}

/// Integer element types.
pub(crate) trait Integer: Element + Ord + BitOr<Output = Self> {
    /// Holds the sum of [`Integer::FRAMES`] samples.
    type Block: Accumulator + Into<i64>;
    /// Holds the sum of [`Integer::FRAMES`] squares.
    type SquareBlock: Accumulator + Into<Self::Squares>;
    /// Samples whose sum and whose sum of squares fit the blocks.
    const FRAMES: u32;
    /// Holds the sum of 2³² squares.
    type Squares: Accumulator + Into<u128>;
    /// The value, to be added up in a block.
    fn block(self) -> Self::Block;
    /// The square, to be added up in a block.
    fn square(self) -> Self::SquareBlock;
    /// A sum of squares within the range of its type.
    fn squares_from(sum: u128) -> Self::Squares;
    /// The value.
    fn to_i64(self) -> i64;
    /// The value of an integer within the type's range.
    fn from_i64(value: i64) -> Self;
    /// The two's complement bits.
    fn raw_bits(self) -> u64;
}

/// Frames, or lines of a frame, whose samples are added in registers before the accumulators in memory are
/// touched.
pub(crate) const GROUP: usize = 8;

macro_rules! integer {
    ($t:ty, $unsigned:ty, $variant:ident, $result:ty, $flip:expr, $block:ty, $sq:ty, $squares:ty, $frames:expr) => {
        impl Element for $t {
            type Result = $result;
            type Key = $unsigned;
            const LOWEST: Self = <$t>::MIN;
            const HIGHEST: Self = <$t>::MAX;
            #[inline(always)]
            fn key(self) -> $unsigned {
                (self as $unsigned) ^ $flip
            }
            #[inline(always)]
            fn from_key(key: $unsigned) -> Self {
                (key ^ $flip) as $t
            }
            fn wrap(samples: Vec<Self>) -> Samples {
                Samples::$variant(samples)
            }
        }
        impl Integer for $t {
            type Block = $block;
            type SquareBlock = $sq;
            type Squares = $squares;
            const FRAMES: u32 = $frames;
            #[inline(always)]
            fn block(self) -> $block {
                self as $block
            }
            #[inline(always)]
            fn square(self) -> $sq {
                let magnitude = self.unsigned_magnitude() as $sq;
                magnitude * magnitude
            }
            fn squares_from(sum: u128) -> $squares {
                sum as $squares
            }
            #[inline(always)]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline(always)]
            fn from_i64(value: i64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn raw_bits(self) -> u64 {
                (self as $unsigned) as u64
            }
        }
    };
}

/// Absolute value without overflow; the identity for unsigned types.
trait Magnitude {
    type Unsigned;
    fn unsigned_magnitude(self) -> Self::Unsigned;
}

macro_rules! magnitude {
    ($($t:ty => $u:ty, $v:ident, $e:expr);*) => {$(
        impl Magnitude for $t {
            type Unsigned = $u;
            #[inline(always)]
            fn unsigned_magnitude(self) -> $u { let $v = self; $e }
        }
    )*};
}
magnitude!(u8 => u8, v, v; u16 => u16, v, v; u32 => u32, v, v; i16 => u16, v, v.unsigned_abs(); i32 => u32, v, v.unsigned_abs());

integer!(u8, u8, U8, f32, 0, u32, u32, u64, 1 << 16);
integer!(u16, u16, U16, f32, 0, u32, u64, u64, 1 << 16);
integer!(i16, u16, I16, f32, 0x8000, i32, u64, u64, 1 << 16);
integer!(i32, u32, I32, f64, 0x8000_0000, i64, u128, u128, u32::MAX);
integer!(u32, u32, U32, f64, 0, i64, u128, u128, u32::MAX);

macro_rules! float {
    ($t:ty, $bits:ty, $variant:ident, $sign:expr) => {
        impl Element for $t {
            type Result = $t;
            type Key = $bits;
            const LOWEST: Self = <$t>::NEG_INFINITY;
            const HIGHEST: Self = <$t>::INFINITY;
            #[inline(always)]
            fn key(self) -> $bits {
                // Negative numbers grow with falling bits: turn all of them over, the others' sign only.
                let bits = self.to_bits();
                if bits & $sign == 0 { bits | $sign } else { !bits }
            }
            #[inline(always)]
            fn from_key(key: $bits) -> Self {
                <$t>::from_bits(if key & $sign == 0 { !key } else { key & !$sign })
            }
            fn wrap(samples: Vec<Self>) -> Samples {
                Samples::$variant(samples)
            }
        }
    };
}
float!(f32, u32, F32, 0x8000_0000);
float!(f64, u64, F64, 0x8000_0000_0000_0000);

/// Sum, smallest, largest and OR of integers.
pub(crate) struct Tally<S> {
    pub(crate) sum: i64,
    pub(crate) min: S,
    pub(crate) max: S,
    pub(crate) or: S,
}

impl<S: Integer> Tally<S> {
    /// Of samples side by side.
    pub(crate) fn of(samples: &[S]) -> Self {
        simd::run(Level::current(), TallyOf(samples))
    }
}

struct TallyOf<'a, S>(&'a [S]);

impl<S: Integer> Work for TallyOf<'_, S> {
    type Output = Tally<S>;

    #[inline(always)]
    fn run(self) -> Tally<S> {
        let mut tally = Tally { sum: 0, min: S::HIGHEST, max: S::LOWEST, or: S::default() };
        // Parts stay in the first-level cache, and their sums in blocks.
        for part in self.0.chunks(4096) {
            let mut sum = S::Block::default();
            for &v in part {
                sum += v.block();
            }
            tally.sum += sum.into();
            let (mut min, mut max, mut or) = (tally.min, tally.max, tally.or);
            for &v in part {
                (min, max, or) = (min.min(v), max.max(v), or | v);
            }
            (tally.min, tally.max, tally.or) = (min, max, or);
        }
        tally
    }
}

/// Runs one expression for integer samples and another for floats: the one place where they part.
macro_rules! by_kind {
    ($samples:expr, $s:ident => integer $int:expr, float $float:expr) => {
        match $samples {
            blitz_core::SamplesRef::U8($s) => $int,
            blitz_core::SamplesRef::U16($s) => $int,
            blitz_core::SamplesRef::I16($s) => $int,
            blitz_core::SamplesRef::I32($s) => $int,
            blitz_core::SamplesRef::U32($s) => $int,
            blitz_core::SamplesRef::F32($s) => $float,
            blitz_core::SamplesRef::F64($s) => $float,
        }
    };
}
pub(crate) use by_kind;

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered<S: Element>(values: &[S]) {
        for pair in values.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for &v in values {
            assert_eq!(S::from_key(v.key()), v);
        }
    }

    #[test]
    fn keys_keep_the_order() {
        ordered(&[0_u8, 1, 255]);
        ordered(&[i16::MIN, -1, 0, i16::MAX]);
        ordered(&[i32::MIN, -1, 0, i32::MAX]);
        ordered(&[f32::NEG_INFINITY, -1.0, -1e-40, 0.0, 1e-40, 2.0, f32::INFINITY]);
        ordered(&[f64::NEG_INFINITY, -1.0, 0.0, 2.0, f64::INFINITY]);
    }

    #[test]
    fn extreme_squares_are_exact() {
        let square: u64 = i16::MIN.square();
        assert_eq!(square, 1 << 30);
        assert_eq!(i32::MIN.square(), 1_u128 << 62);
        assert_eq!(u8::MAX.square(), 65_025);
    }
}
