//! A frame in upload form, made on a worker.

use blitz_core::{DType, FrameShape, Mask, Samples, SamplesRef, unique_number, with_samples};

use crate::pyramid::{self, Level};

/// Which channels of a frame are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// One channel, through the colour map.
    Channel(usize),
    /// The first three channels as red, green and blue.
    Rgb,
}

impl Shown {
    fn range(self) -> std::ops::Range<usize> {
        match self {
            Self::Channel(channel) => channel..channel + 1,
            Self::Rgb => 0..3,
        }
    }
}

/// One frame ready for upload: an owned copy, so that no store is touched on the window's thread.
///
/// Immutable; [`FrameImage::id`] names the content, and textures are uploaded once per id.
#[derive(Debug)]
pub struct FrameImage {
    id: u64,
    width: usize,
    height: usize,
    channels: usize,
    samples: Samples,
    /// 1 where masked, one byte per pixel; integers only, floats carry NaN.
    masked: Option<Vec<u8>>,
    levels: Vec<Level>,
}

/// Images with a longer side than this get reduced levels. Below it a box is small enough to be read whole
/// at any reduction.
const LEVELS_ABOVE: usize = 2048;

impl FrameImage {
    /// Copies what is shown of a frame of `shape`; pixels that `mask` calls invalid become missing.
    ///
    /// # Panics
    /// If the samples do not fill `shape`, a shown channel is not in it, or the mask has another size.
    ///
    /// # Cost
    /// One pass over the samples; two more for images longer than 2048 pixels (reduced levels, up to
    /// 1.4 bytes per sample).
    pub fn new(samples: SamplesRef<'_>, shape: FrameShape, shown: Shown, mask: Option<&Mask>) -> Self {
        Self::with_levels_above(samples, shape, shown, mask, LEVELS_ABOVE)
    }

    /// As [`FrameImage::new`], with reduced levels for images with a side longer than `above`.
    ///
    /// # Panics
    /// As [`FrameImage::new`].
    pub fn with_levels_above(
        samples: SamplesRef<'_>,
        shape: FrameShape,
        shown: Shown,
        mask: Option<&Mask>,
        above: usize,
    ) -> Self {
        let range = shown.range();
        assert_eq!(samples.len(), shape.samples(), "the samples fill the shape");
        assert!(range.end <= shape.channels, "the shown channels are in the frame");
        if let Some(mask) = mask {
            assert_eq!((mask.width, mask.height), (shape.width, shape.height), "mask and frame agree");
        }
        let mut picked = pick(samples, shape.channels, range.clone());
        let masked = match (mask, &mut picked) {
            (None, _) => None,
            (Some(mask), Samples::F32(values)) => {
                for (pixel, valid) in values.chunks_exact_mut(range.len()).zip(&mask.valid) {
                    if !valid {
                        pixel.fill(f32::NAN);
                    }
                }
                None
            }
            (Some(mask), _) => Some(mask.valid.iter().map(|&valid| u8::from(!valid)).collect()),
        };
        let mut image = Self {
            id: unique_number(),
            width: shape.width,
            height: shape.height,
            channels: range.len(),
            samples: picked,
            masked,
            levels: Vec::new(),
        };
        if shape.width.max(shape.height) > above && shape.pixels() > 0 {
            image.levels = pyramid::build(&image);
        }
        image
    }

    /// Names the content: no two images share it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Channels shown: 1 or 3.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Element type as uploaded: that of the frame, f32 for f64.
    pub fn dtype(&self) -> DType {
        self.samples.dtype()
    }

    /// Bytes held in memory: samples, mask and reduced levels.
    pub fn bytes(&self) -> u64 {
        let levels: usize = self.levels.iter().map(|level| level.bytes().len()).sum();
        (self.samples.bytes().len() + self.masked.as_ref().map_or(0, Vec::len) + levels) as u64
    }

    pub(crate) fn samples(&self) -> &Samples {
        &self.samples
    }

    pub(crate) fn masked(&self) -> Option<&[u8]> {
        self.masked.as_deref()
    }

    pub(crate) fn levels(&self) -> &[Level] {
        &self.levels
    }
}

/// The channels `range` of `channels` interleaved ones; f64 as f32.
fn pick(samples: SamplesRef<'_>, channels: usize, range: std::ops::Range<usize>) -> Samples {
    fn gather<S: Copy, R>(s: &[S], n: usize, range: std::ops::Range<usize>, to: impl Fn(S) -> R) -> Vec<R> {
        s.chunks_exact(n.max(1)).flat_map(|pixel| &pixel[range.clone()]).map(|&v| to(v)).collect()
    }
    if let SamplesRef::F64(s) = samples {
        return gather(s, channels, range, narrow).into();
    }
    if range.len() == channels {
        return samples.to_owned();
    }
    with_samples!(samples, s => {
        SamplesRef::from(gather(s, channels, range, |v| v).as_slice()).to_owned()
    })
}

/// Nearest f32; a finite value stays finite, so that it is not shown as infinite.
fn narrow(v: f64) -> f32 {
    if v.is_finite() { v.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32 } else { v as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_channels_and_keeps_the_type() {
        let samples = Samples::from(vec![1_u16, 2, 3, 4, 5, 6, 7, 8]);
        let shape = FrameShape::new(1, 2, 4);
        let one = FrameImage::new(samples.as_ref(), shape, Shown::Channel(2), None);
        assert_eq!(one.samples, Samples::from(vec![3_u16, 7]));
        let rgb = FrameImage::new(samples.as_ref(), shape, Shown::Rgb, None);
        assert_eq!(rgb.samples, Samples::from(vec![1_u16, 2, 3, 5, 6, 7]));
        assert_ne!(one.id(), rgb.id());
        assert_eq!(rgb.bytes(), 12);
    }

    #[test]
    fn f64_becomes_f32_and_finite_stays_finite() {
        let samples = Samples::from(vec![0.1, 1e300, f64::NEG_INFINITY, f64::NAN]);
        let image = FrameImage::new(samples.as_ref(), FrameShape::new(2, 2, 1), Shown::Channel(0), None);
        let Samples::F32(values) = &image.samples else { panic!("f32 expected") };
        assert_eq!(values[..3], [0.1, f32::MAX, f32::NEG_INFINITY]);
        assert!(values[3].is_nan());
    }

    #[test]
    fn masks_floats_by_nan_and_integers_beside() {
        let mask = Mask { width: 2, height: 1, valid: vec![true, false] };
        let shape = FrameShape::new(1, 2, 1);
        let float = Samples::from(vec![1.0_f32, 2.0]);
        let image = FrameImage::new(float.as_ref(), shape, Shown::Channel(0), Some(&mask));
        assert!(image.masked.is_none() && image.samples.as_ref().get_f64(1).is_nan());
        let byte = Samples::from(vec![1_u8, 2]);
        let image = FrameImage::new(byte.as_ref(), shape, Shown::Channel(0), Some(&mask));
        assert_eq!(image.masked.as_deref(), Some(&[0, 1][..]));
    }

    #[test]
    fn empty_frames_are_allowed() {
        for shape in [FrameShape::new(0, 3, 1), FrameShape::new(3, 0, 1)] {
            let none = Samples::from(Vec::<u8>::new());
            assert_eq!(FrameImage::new(none.as_ref(), shape, Shown::Channel(0), None).bytes(), 0);
        }
    }
}
