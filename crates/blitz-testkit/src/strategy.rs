//! Proptest strategies for awkward stacks: odd sizes, every element type, extremes, NaN and infinities.

use blitz_core::{DType, FrameShape, Mask, Sample, Samples, ZoneMask, with_samples_mut, zone::Span};
use proptest::prelude::*;
use proptest::sample::select;

use crate::Noise;

/// Frames of one shape and type.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Shape of each.
    pub shape: FrameShape,
    /// Element type of each.
    pub dtype: DType,
    /// The frames, at least one.
    pub frames: Vec<Samples>,
    /// Half of the time a mask.
    pub mask: Option<Mask>,
}

/// Sizes beside powers of two, where loops in blocks go wrong.
pub fn side() -> impl Strategy<Value = usize> {
    select(vec![1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33])
}

/// Any element type.
pub fn dtype() -> impl Strategy<Value = DType> {
    select(DType::ALL.to_vec())
}

/// Small frames of odd shapes with 1 to 4 channels.
pub fn shape() -> impl Strategy<Value = FrameShape> {
    (side(), side(), 1..=4_usize).prop_map(|(h, w, c)| FrameShape::new(h, w, c))
}

/// A mask that hides about a third of the pixels.
pub fn mask(width: usize, height: usize, seed: u64) -> Mask {
    let mut noise = Noise::new(seed);
    Mask { width, height, valid: (0..width * height).map(|_| noise.below(3) > 0).collect() }
}

/// Samples of any kind: full-range noise with extremes, few different values, or all the same; floats have
/// NaN and, if wanted, infinities sprinkled in.
pub fn samples(dtype: DType, len: usize, seed: u64, infinities: bool) -> Samples {
    let mut noise = Noise::new(seed);
    let style = noise.below(4);
    let mut samples = noise.samples(dtype, len);
    let whole = noise.below(200) as f64 - 100.0;
    with_samples_mut!(samples.as_mut(), s => {
        for v in s.iter_mut() {
            *v = match (style, noise.below(16)) {
                (3, _) => Sample::from_f64(whole),
                (2, _) => Sample::from_f64((noise.below(3) as f64) * 2.0 - 1.0),
                (1, 0) => Sample::from_f64(f64::from(i32::MIN)),
                (1, 1) => Sample::from_f64(f64::from(u32::MAX)),
                (_, 2 | 3) if dtype.is_float() => Sample::from_f64(f64::NAN),
                (_, 4) if dtype.is_float() && infinities => Sample::from_f64(f64::INFINITY),
                (_, 5) if dtype.is_float() && infinities => Sample::from_f64(f64::NEG_INFINITY),
                _ => *v,
            };
        }
    });
    samples
}

/// 1 to 19 frames of an awkward shape and any type, with or without a mask.
pub fn frames(infinities: bool) -> impl Strategy<Value = Frames> {
    (shape(), dtype(), 1..20_usize, any::<u64>(), any::<bool>()).prop_map(
        move |(shape, dtype, count, seed, masked)| {
            let mut noise = Noise::new(seed);
            let frame = |_| samples(dtype, shape.samples(), noise.bits(), infinities);
            let frames = (0..count).map(frame).collect();
            let mask = masked.then(|| mask(shape.width, shape.height, seed));
            Frames { shape, dtype, frames, mask }
        },
    )
}

/// A zone of random runs in a frame; sometimes empty.
pub fn zone(shape: FrameShape, seed: u64) -> ZoneMask {
    let mut noise = Noise::new(seed);
    let mut spans = Vec::new();
    for y in 0..shape.height {
        let mut x = noise.below(shape.width + 1);
        while x < shape.width {
            let end = (x + 1 + noise.below(shape.width)).min(shape.width);
            spans.push(Span { y, start: x, end });
            x = end + 1 + noise.below(shape.width);
        }
    }
    let pixels = spans.iter().map(|s| s.end - s.start).sum();
    ZoneMask { spans, pixels }
}
