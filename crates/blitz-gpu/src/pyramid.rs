//! Reduced levels of a large image: mean and maximum over squares of 4, 8, 16, … source pixels.

use blitz_core::{Sample, with_samples};

use crate::FrameImage;

/// Some sample of the square is +Inf.
const ABOVE: u32 = 1;
/// Some sample of the square is −Inf.
const BELOW: u32 = 2;

/// What is known of one channel of a square, as the shader reads it.
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Texel {
    /// Mean of the finite samples, minus the level's origin.
    mean: f32,
    /// Largest finite sample, minus the level's origin.
    max: f32,
    /// Finite samples; 0 means that `mean` and `max` say nothing.
    count: u32,
    /// [`ABOVE`] and [`BELOW`].
    infinite: u32,
}

/// One reduced level.
#[derive(Debug)]
pub(crate) struct Level {
    /// Side of the squares in source pixels.
    pub(crate) factor: usize,
    /// Squares along x, the last may be cut off.
    pub(crate) width: usize,
    /// Squares along y.
    pub(crate) height: usize,
    /// What was subtracted from all values, so that small differences far from 0 survive in f32.
    pub(crate) origin: f64,
    texels: Vec<Texel>,
}

impl Level {
    /// The texels, channels interleaved.
    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.texels)
    }
}

/// Side of the squares of the first level.
const FIRST: usize = 4;

/// The level to draw from when a screen pixel covers `step` source pixels along each axis: the coarsest
/// whose squares are at most 1/8 of a screen pixel. `None` up to 32 : 1: the image itself.
pub(crate) fn choose(levels: &[Level], step: [f64; 2]) -> Option<usize> {
    let factor = step[0].min(step[1]) / 8.0;
    levels.iter().rposition(|level| level.factor as f64 <= factor)
}

/// All levels of an image, down to one square.
pub(crate) fn build(image: &FrameImage) -> Vec<Level> {
    let mut levels = vec![with_samples!(image.samples().as_ref(), s => first(s, image))];
    while let Some(last) = levels.last()
        && last.width.max(last.height) > 1
    {
        levels.push(next(last, image.channels()));
    }
    levels
}

/// Running statistics of a square.
#[derive(Clone, Copy)]
struct Acc {
    sum: f64,
    max: f64,
    count: u32,
    infinite: u32,
}

impl Acc {
    const EMPTY: Self = Self { sum: 0.0, max: f64::NEG_INFINITY, count: 0, infinite: 0 };

    fn texel(self) -> Texel {
        let any = self.count > 0;
        Texel {
            mean: if any { (self.sum / f64::from(self.count)) as f32 } else { 0.0 },
            max: if any { self.max as f32 } else { 0.0 },
            count: self.count,
            infinite: self.infinite,
        }
    }
}

fn first<S: Sample>(samples: &[S], image: &FrameImage) -> Level {
    let (width, height, channels) = (image.width(), image.height(), image.channels());
    let origin = samples.iter().map(|v| v.to_f64()).find(|v| v.is_finite()).unwrap_or(0.0);
    let (level_width, level_height) = (width.div_ceil(FIRST), height.div_ceil(FIRST));
    let row = level_width * channels;
    let mut texels = Vec::with_capacity(level_height * row);
    let mut accs = vec![Acc::EMPTY; row];
    for band in 0..level_height {
        accs.fill(Acc::EMPTY);
        for y in band * FIRST..((band + 1) * FIRST).min(height) {
            let masked = image.masked().map(|m| &m[y * width..][..width]);
            let line = &samples[y * width * channels..][..width * channels];
            for (i, v) in line.iter().enumerate() {
                let (x, channel) = (i / channels, i % channels);
                let v = v.to_f64();
                if v.is_nan() || masked.is_some_and(|m| m[x] != 0) {
                    continue;
                }
                let acc = &mut accs[x / FIRST * channels + channel];
                if v.is_infinite() {
                    acc.infinite |= if v > 0.0 { ABOVE } else { BELOW };
                } else {
                    acc.sum += v - origin;
                    acc.max = acc.max.max(v - origin);
                    acc.count += 1;
                }
            }
        }
        texels.extend(accs.iter().map(|acc| acc.texel()));
    }
    Level { factor: FIRST, width: level_width, height: level_height, origin, texels }
}

fn next(fine: &Level, channels: usize) -> Level {
    let (width, height) = (fine.width.div_ceil(2), fine.height.div_ceil(2));
    let mut texels = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                let mut acc = Acc::EMPTY;
                for fy in 2 * y..(2 * y + 2).min(fine.height) {
                    for fx in 2 * x..(2 * x + 2).min(fine.width) {
                        let texel = fine.texels[(fy * fine.width + fx) * channels + channel];
                        acc.infinite |= texel.infinite;
                        if texel.count > 0 {
                            acc.sum += f64::from(texel.mean) * f64::from(texel.count);
                            acc.max = acc.max.max(f64::from(texel.max));
                            acc.count = acc.count.saturating_add(texel.count);
                        }
                    }
                }
                texels.push(acc.texel());
            }
        }
    }
    Level { factor: fine.factor * 2, width, height, origin: fine.origin, texels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shown;
    use blitz_core::{FrameShape, Mask, Samples};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_level_agrees_with_the_definition(
            (width, height, rgb) in (1..40_usize, 1..40_usize, any::<bool>()),
            seed in any::<u64>(),
        ) {
            let channels = if rgb { 3 } else { 1 };
            let pixels = width * height;
            let random = |i: usize| (i as u64 + 1).wrapping_mul(seed | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let values: Vec<f32> = (0..pixels * channels)
                .map(|i| match random(i) % 16 {
                    0 => f32::NAN,
                    1 => f32::INFINITY,
                    2 => f32::NEG_INFINITY,
                    _ => 1e6 + (random(i) % 1000) as f32,
                })
                .collect();
            let mask = Mask { width, height, valid: (0..pixels).map(|i| random(i + 77) % 5 > 0).collect() };
            let shape = FrameShape::new(height, width, channels);
            let shown = if rgb { Shown::Rgb } else { Shown::Channel(0) };
            let samples = Samples::from(values.clone());
            let image = FrameImage::with_levels_above(samples.as_ref(), shape, shown, Some(&mask), 0);
            for level in image.levels() {
                for (i, texel) in level.texels.iter().enumerate() {
                    let (square, channel) = (i / channels, i % channels);
                    let (tx, ty) = (square % level.width, square / level.width);
                    let (mut finite, mut infinite) = (Vec::new(), 0);
                    for y in ty * level.factor..((ty + 1) * level.factor).min(height) {
                        for x in tx * level.factor..((tx + 1) * level.factor).min(width) {
                            let v = values[(y * width + x) * channels + channel];
                            match v {
                                _ if v.is_nan() || !mask.valid[y * width + x] => {}
                                f32::INFINITY => infinite |= ABOVE,
                                f32::NEG_INFINITY => infinite |= BELOW,
                                _ => finite.push(f64::from(v)),
                            }
                        }
                    }
                    prop_assert_eq!(texel.count as usize, finite.len());
                    prop_assert_eq!(texel.infinite, infinite);
                    if !finite.is_empty() {
                        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
                        let max = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        prop_assert!((f64::from(texel.mean) + level.origin - mean).abs() < 1e-3);
                        prop_assert_eq!(f64::from(texel.max) + level.origin, max);
                    }
                }
            }
            prop_assert_eq!(image.levels().last().map(|l| (l.width, l.height)), Some((1, 1)));
        }
    }

    #[test]
    fn the_image_itself_is_used_up_to_32_to_1() {
        let samples = Samples::zeros(blitz_core::DType::U8, 64 * 64);
        let shape = FrameShape::new(64, 64, 1);
        let image = FrameImage::with_levels_above(samples.as_ref(), shape, Shown::Channel(0), None, 0);
        let factor = |x, y| choose(image.levels(), [x, y]).map(|i| image.levels()[i].factor);
        assert_eq!(factor(31.9, 31.9), None);
        assert_eq!(factor(32.0, 40.0), Some(4));
        assert_eq!(factor(1000.0, 63.0), Some(4), "the finer axis decides");
        assert_eq!(factor(64.0, 64.0), Some(8));
    }
}
