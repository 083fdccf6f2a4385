//! Range and bins of floats.

use crate::element::Element;
use crate::simd::Work;

/// What floats are, and the smallest and largest that is finite.
pub(crate) struct FloatRange<S> {
    pub(crate) finite: u32,
    pub(crate) below: u32,
    pub(crate) above: u32,
    pub(crate) low: S,
    pub(crate) high: S,
}

/// Looks at samples, not more than a u32 counts.
pub(crate) struct RangeOf<'a, S>(pub(crate) &'a [S]);

impl<S: Element> Work for RangeOf<'_, S> {
    type Output = FloatRange<S>;

    #[inline(always)]
    fn run(self) -> FloatRange<S> {
        // As keys: integers have one smallest and largest in whatever order they are looked at. NaN lies
        // outside the infinities.
        let (least, most) = (S::LOWEST.key(), S::HIGHEST.key());
        let (mut finite, mut below, mut above) = (0, 0, 0);
        let (mut low, mut high) = (most, least);
        for v in self.0 {
            let key = v.key();
            let inside = key > least && key < most;
            finite += u32::from(inside);
            below += u32::from(key == least);
            above += u32::from(key == most);
            low = low.min(if inside { key } else { most });
            high = high.max(if inside { key } else { least });
        }
        FloatRange { finite, below, above, low: S::from_key(low), high: S::from_key(high) }
    }
}

/// Bin of samples that are in none.
pub(crate) const NO_BIN: u32 = u32::MAX;

/// Writes the bin of every sample.
pub(crate) struct BinsOf<'a, S> {
    pub(crate) samples: &'a [S],
    pub(crate) first: i64,
    pub(crate) scale: f64,
    pub(crate) bins: &'a mut [u32],
}

impl<S: Element> Work for BinsOf<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (first, scale) = (self.first, self.scale);
        for (bin, v) in self.bins.iter_mut().zip(self.samples) {
            let v = v.to_f64();
            let finite = v.is_finite();
            let index = floor_index(if finite { v } else { 0.0 }, scale) - first;
            *bin = if finite { index as u32 } else { NO_BIN };
        }
    }
}

/// 2 to the power of `exponent`, −1022 to 1023, exactly.
pub(crate) fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// `⌊v · scale⌋` for a power of two, without a call to `floor`.
#[inline(always)]
pub(crate) fn floor_index(v: f64, scale: f64) -> i64 {
    let scaled = v * scale;
    let index = scaled as i64;
    // Casting cuts towards zero; a tiny negative product may even have vanished.
    index - i64::from(index as f64 > scaled || (scaled == 0.0 && v < 0.0))
}
