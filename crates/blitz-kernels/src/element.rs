//! What kernels need to know of an element type beyond [`Sample`]: its block accumulators and its order.

use std::ops::{AddAssign, BitOr};

use blitz_core::{Sample, Samples};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any element type.
pub(crate) trait Element: Sample + Serialize + DeserializeOwned {
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

/// Integer element types.
pub(crate) trait Integer: Element + Ord + BitOr<Output = Self> {
    /// Holds the sum of [`GROUP`] samples.
    type Block: Copy + Default + AddAssign + Into<i64>;
    /// Holds the sum of [`GROUP`] squares.
    type SquareBlock: Copy + Default + AddAssign + Into<Self::Squares>;
    /// Holds the sum of 2³² squares.
    type Squares: Copy
        + Default
        + AddAssign
        + Into<u128>
        + Send
        + Sync
        + PartialEq
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned;
    /// The value, to be added up in a block.
    fn block(self) -> Self::Block;
    /// The square, to be added up in a block.
    fn square(self) -> Self::SquareBlock;
    /// The value.
    fn to_i64(self) -> i64;
    /// The value of an integer within the type's range.
    fn from_i64(value: i64) -> Self;
    /// The two's complement bits.
    fn raw_bits(self) -> u64;
}

/// Frames that are summed in registers before the accumulators in memory are touched. Eight lines at a
/// power-of-two distance still fit the sets of a first-level cache.
pub(crate) const GROUP: usize = 8;

macro_rules! integer {
    ($t:ty, $unsigned:ty, $variant:ident, $result:ty, $flip:expr, $block:ty, $sq:ty, $squares:ty) => {
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
            #[inline(always)]
            fn block(self) -> $block {
                self as $block
            }
            #[inline(always)]
            fn square(self) -> $sq {
                let magnitude = self.unsigned_magnitude() as $sq;
                magnitude * magnitude
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

integer!(u8, u8, U8, f32, 0, u16, u32, u64);
integer!(u16, u16, U16, f32, 0, u32, u64, u64);
integer!(i16, u16, I16, f32, 0x8000, i32, u64, u64);
integer!(i32, u32, I32, f64, 0x8000_0000, i64, u128, u128);
integer!(u32, u32, U32, f64, 0, i64, u128, u128);

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
    /// Of samples side by side in lanes, so that the compiler can vectorise.
    pub(crate) fn of(samples: &[S]) -> Self {
        const WIDE: usize = 32;
        let mut tally = Self { sum: 0, min: S::HIGHEST, max: S::LOWEST, or: S::default() };
        let (mut low, mut high, mut or) = ([S::HIGHEST; WIDE], [S::LOWEST; WIDE], [S::default(); WIDE]);
        for part in samples.chunks(WIDE * GROUP) {
            let (rows, tail) = part.as_chunks::<WIDE>();
            let mut block = [S::Block::default(); WIDE];
            for row in rows {
                for i in 0..WIDE {
                    block[i] += row[i].block();
                    low[i] = low[i].min(row[i]);
                    high[i] = high[i].max(row[i]);
                    or[i] = or[i] | row[i];
                }
            }
            for block in block {
                tally.sum += block.into();
            }
            for &v in tail {
                tally.sum += v.to_i64();
                low[0] = low[0].min(v);
                high[0] = high[0].max(v);
                or[0] = or[0] | v;
            }
        }
        tally.min = low.into_iter().fold(S::HIGHEST, S::min);
        tally.max = high.into_iter().fold(S::LOWEST, S::max);
        tally.or = or.into_iter().fold(S::default(), S::bitor);
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
