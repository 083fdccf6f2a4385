//! Conversions of whole frames on explicit request: luminance, 8 bit, stretching each frame.
//!
//! All write into a buffer of the caller and work in integers, or in f64 registers for floats; none makes a
//! widened copy of the frame.

use blitz_core::{DType, Sample, SamplesMut, SamplesRef, with_samples, with_samples_mut};

use crate::element::{Element, Integer, by_kind};

/// Luminance of red, green and blue.
trait Luma: Sample {
    fn luma(r: Self, g: Self, b: Self) -> Self;
}

macro_rules! integer_luma {
    ($($t:ty as $wide:ty),*) => {$(
        impl Luma for $t {
            #[inline(always)]
            fn luma(r: Self, g: Self, b: Self) -> Self {
                let sum = 299 * r as $wide + 587 * g as $wide + 114 * b as $wide;
                // Division cuts towards zero: half away from zero on both sides.
                #[allow(unused_comparisons, reason = "unsigned sums have no negative side")]
                let half: $wide = if sum < 0 { (0 as $wide).wrapping_sub(500) } else { 500 };
                (sum.wrapping_add(half) / 1000) as $t
            }
        }
    )*};
}
integer_luma!(u8 as u32, u16 as u32, i16 as i32, i32 as i64, u32 as u64);

macro_rules! float_luma {
    ($($t:ty),*) => {$(
        impl Luma for $t {
            #[inline(always)]
            fn luma(r: Self, g: Self, b: Self) -> Self {
                (0.299 * r as f64 + 0.587 * g as f64 + 0.114 * b as f64) as $t
            }
        }
    )*};
}
float_luma!(f32, f64);

/// Luminance 0.299 R + 0.587 G + 0.114 B, rounded half away from zero for integers.
///
/// # Shape
/// `channels` samples per pixel in, red, green and blue first, others ignored; one per pixel out, of the same
/// type. Pixels of one or two channels give their first.
///
/// # Values
/// A missing channel makes the luminance missing (NaN).
///
/// # Precision
/// Integers exactly; floats in f64, rounded once.
///
/// # Cost
/// One pass. Serial.
///
/// # Panics
/// If `out` has another type or not one sample per pixel.
pub fn luminance(samples: SamplesRef<'_>, channels: usize, mut out: SamplesMut<'_>) {
    assert_eq!(samples.dtype(), out.dtype(), "luminance keeps the element type");
    assert_eq!(samples.len(), out.len() * channels, "luminance has one sample per pixel");
    with_samples!(samples, s => luma_into(s, channels, bytemuck::cast_slice_mut(out.bytes())));
}

fn luma_into<S: Luma>(samples: &[S], channels: usize, out: &mut [S]) {
    match channels {
        0 => {}
        1 => out.copy_from_slice(samples),
        2 => out.iter_mut().zip(samples.chunks_exact(2)).for_each(|(out, p)| *out = p[0]),
        3 => {
            let (pixels, _) = samples.as_chunks::<3>();
            out.iter_mut().zip(pixels).for_each(|(out, &[r, g, b])| *out = S::luma(r, g, b));
        }
        _ => {
            let pixels = samples.chunks_exact(channels);
            out.iter_mut().zip(pixels).for_each(|(out, p)| *out = S::luma(p[0], p[1], p[2]));
        }
    }
}

/// Converts to 8 bit by a fixed scale, so that brightness stays comparable between frames. Returns how many
/// samples were missing.
///
/// # Values
/// u8 is unchanged; other integers give `⌊clip(v / full · 255, 0, 255)⌋` with `full` the full scale, such as
/// [`crate::EffectiveBits::full_scale_integer`]; floats are taken to lie within 0 to 1 and give
/// `⌊clip(255 v, 0, 255)⌋`. NaN becomes 0 and is counted in the result: 8 bits have no way to say missing.
///
/// # Precision
/// Exact for integers and f32; for f64 the product is rounded once before it is cut.
///
/// # Cost
/// One pass. Serial.
///
/// # Panics
/// If `out` has another size, or `full` is 0.
pub fn to_8bit(samples: SamplesRef<'_>, full: u64, out: &mut [u8]) -> u64 {
    assert_eq!(samples.len(), out.len(), "one byte per sample");
    assert!(full > 0, "the full scale lies above 0");
    match samples {
        SamplesRef::U8(s) => {
            out.copy_from_slice(s);
            0
        }
        other => by_kind!(other, s => integer scale_integers(s, full, out), float scale_floats(s, out)),
    }
}

fn scale_integers<S: Integer>(samples: &[S], full: u64, out: &mut [u8]) -> u64 {
    if S::DTYPE.size() <= 2 && full < 1 << 16 {
        // ⌊255 v / full⌋ by multiplication with a reciprocal: exact for 255 v < 2²⁴ and full < 2¹⁶.
        let reciprocal = (1_u64 << 40).div_ceil(full);
        for (out, v) in out.iter_mut().zip(samples) {
            let v = v.to_i64().max(0) as u64;
            *out = ((v * 255 * reciprocal) >> 40).min(255) as u8;
        }
    } else {
        for (out, v) in out.iter_mut().zip(samples) {
            *out = (v.to_i64().max(0) as u64 * 255 / full).min(255) as u8;
        }
    }
    0
}

fn scale_floats<S: Element>(samples: &[S], out: &mut [u8]) -> u64 {
    let mut missing = 0;
    for (out, v) in out.iter_mut().zip(samples) {
        missing += u64::from(v.is_nan());
        // The cast cuts towards zero, clips, and makes NaN 0.
        *out = (v.to_f64() * 255.0) as u8;
    }
    missing
}

/// What [`stretch_each_frame`] did to a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretched {
    /// Value that became 0: the smallest finite one; NaN if there is none.
    pub lo: f64,
    /// Value that became full scale: the largest finite one; NaN if there is none.
    pub hi: f64,
    /// Samples that were NaN.
    pub missing: u64,
}

/// Element type of a frame of type `source` after [`stretch_each_frame`]: u8 if 8 bit is asked for or the
/// source is u8, the source's type for floats, otherwise u16.
pub const fn stretched_dtype(source: DType, eight_bit: bool) -> DType {
    match (eight_bit, source) {
        (true, _) | (_, DType::U8) => DType::U8,
        (_, DType::F32 | DType::F64) => source,
        _ => DType::U16,
    }
}

/// Stretches one frame to the full range of the output: `u = (v − min) / (max − min)` over all its channels.
/// Frames are then no longer comparable with each other.
///
/// # Values
/// Output u8 is `⌊255 u⌋`, u16 `⌊65535 u⌋`, a float type `u` itself. Minimum and maximum are those of the
/// finite values; ±∞ become full scale and 0. NaN stays NaN in floats and becomes 0, counted, in integers.
/// A frame without a range becomes 0, except that floats, and u16 to u16, stay unchanged.
///
/// # Precision
/// Integers exactly, floats in f64 rounded once.
///
/// # Cost
/// Two passes. Serial.
///
/// # Panics
/// If `out` has another size than the frame or a type that [`stretched_dtype`] never gives for it.
pub fn stretch_each_frame(samples: SamplesRef<'_>, mut out: SamplesMut<'_>) -> Stretched {
    assert_eq!(samples.len(), out.len(), "one sample out per sample in");
    let fits =
        [false, true].map(|eight_bit| stretched_dtype(samples.dtype(), eight_bit)).contains(&out.dtype());
    assert!(fits, "a stretched {} frame cannot be {}", samples.dtype(), out.dtype());
    let scan = crate::FrameScan::new(samples, None, 1);
    let result = Stretched { lo: scan.min, hi: scan.max, missing: scan.missing };
    let has_range = scan.min < scan.max;
    if !has_range && samples.dtype() == out.dtype() && out.dtype() != DType::U8 {
        out.bytes().copy_from_slice(samples.bytes());
        return result;
    }
    if !has_range {
        out.bytes().fill(0);
        return result;
    }
    let full = out.dtype().full_scale();
    with_samples_mut!(out, out => by_kind!(samples, s =>
        integer stretch_integers(s, (scan.min as i64, scan.max as i64), out),
        float stretch_floats(s, (scan.min, scan.max), full, out)));
    result
}

fn stretch_integers<S: Integer, O: Sample>(samples: &[S], (lo, hi): (i64, i64), out: &mut [O]) {
    let full = O::DTYPE.full_scale().unwrap_or(1.0) as u64;
    let range = (hi - lo) as u64;
    for (out, v) in out.iter_mut().zip(samples) {
        *out = O::from_f64(((v.to_i64() - lo) as u64 * full / range) as f64);
    }
}

fn stretch_floats<S: Element, O: Sample>(
    samples: &[S],
    (lo, hi): (f64, f64),
    full: Option<f64>,
    out: &mut [O],
) {
    // Halves, so that the range of any two finite numbers is finite.
    let (half_lo, half_range) = (lo / 2.0, hi / 2.0 - lo / 2.0);
    for (out, v) in out.iter_mut().zip(samples) {
        let u = ((v.to_f64() / 2.0 - half_lo) / half_range).clamp(0.0, 1.0);
        *out = O::from_f64(full.map_or(u, |full| (u * full).floor()));
    }
}
