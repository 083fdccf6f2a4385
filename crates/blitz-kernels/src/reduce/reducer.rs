//! Moments over time, gathered in one pass.

use blitz_core::{DType, Mask, Sample, Samples, SamplesRef, typed, with_samples_mut};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::float::FloatBand;
use super::integer::IntegerBand;
use super::{Counts, Method, Reduced, Wanted};
use crate::element::Element;
use crate::mask::{self, Cover};
use crate::simd::{self, Level, Work};

/// Samples per band of a frame with `samples` samples of `size` bytes. A band is the unit of parallel work and owns its
/// accumulators; its border depends on nothing but the frame. Up to 128 KiB or 64 Ki samples of each frame:
/// long enough for memory to deliver several frames as streams, short enough for the accumulators to stay in
/// the second-level cache. Small frames have shorter bands, so that there are a few.
fn band_len(size: usize, samples: usize) -> usize {
    let longest = (128 * 1024 / size).min(64 * 1024);
    (samples / 4).max(1).next_multiple_of(4096).min(longest)
}

/// Accumulators of one band.
pub(super) trait Band: Sized + Send + Sync {
    type Sample: Element;
    fn new(samples: usize, wanted: Wanted) -> Self;
    /// Adds frames in order.
    fn push(&mut self, frames: &[&[Self::Sample]], cover: &Cover);
    /// Adds what `later` gathered from frames after these.
    fn merge(&mut self, later: &Self);
    /// The result for one sample as f64 (exact for minimum and maximum), NaN if missing.
    fn value(&self, index: usize, method: Method, ddof: u32) -> f64;
    /// Minimum or maximum in the source type.
    fn extremes(&self, method: Method) -> Vec<Self::Sample>;
    fn counts(&self) -> Counts;
    fn samples(&self) -> usize;
    fn exact_sum(&self, index: usize) -> Option<i128>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Bands {
    U8(Vec<IntegerBand<u8>>),
    U16(Vec<IntegerBand<u16>>),
    I16(Vec<IntegerBand<i16>>),
    I32(Vec<IntegerBand<i32>>),
    U32(Vec<IntegerBand<u32>>),
    F32(Vec<FloatBand<f32>>),
    F64(Vec<FloatBand<f64>>),
}

macro_rules! with_bands {
    ($bands:expr, $b:ident => $body:expr) => {
        match $bands {
            Bands::U8($b) => $body,
            Bands::U16($b) => $body,
            Bands::I16($b) => $body,
            Bands::I32($b) => $body,
            Bands::U32($b) => $body,
            Bands::F32($b) => $body,
            Bands::F64($b) => $body,
        }
    };
}

/// Moments over time of a frame's samples: sum, squares, minimum, maximum in one pass over the source type.
///
/// Push frames, merge partial results, finish as often as wanted. The state can be serialised.
///
/// # Shape
/// Frames of `samples` samples `(H, W, C)` in, one such frame out per method.
///
/// # Values
/// NaN and masked samples are ignored and counted, per sample. Infinities are values: mean and sum follow
/// IEEE 754 (∞, or NaN for ∞ − ∞), the standard deviation is then NaN although samples were counted.
///
/// # Precision
/// Integers: exact sums and squares (u128 for 32 bit); mean and standard deviation are rounded from exact
/// integers. Floats: the sum is added up in f64 in frame order, squares in f64 as distances from the mean of
/// the frames before, eight frames at a time. The bits depend neither on threads nor on instructions nor on
/// how frames are split into pushes; merging floats rounds differently from pushing them all into one
/// reducer. Up to 2³² − 1 frames.
///
/// # Cost
/// O(frames · samples); reads the source once. State in bytes per sample: 4 for the sum of integers of up to
/// 16 bit (12 beyond 65,536 frames), 8 for others; for squares 4 (u8), 8 (16 bit), 16 (32 bit) and, of
/// floats, 16 and the sum; the source's size for minimum and maximum; 4 for counts where samples are missing
/// or masked. Push many frames at once, in multiples of 8: every push starts the pool and reads and writes
/// the state, which costs a tenth of the speed at 16 MiB of frames per push and nothing much at 128 MiB.
///
/// # Parallel
/// Bands of 4 to 64 Ki samples in the caller's pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reducer {
    pub(super) samples: usize,
    wanted: Wanted,
    /// Samples per band; the last may have fewer.
    pub(super) band: usize,
    pub(super) bands: Bands,
}

impl Reducer {
    /// A reducer of frames with `samples` samples (all channels counted) that has seen none.
    pub fn new(dtype: DType, samples: usize, wanted: Wanted) -> Self {
        Self::with_bands(dtype, samples, wanted, band_len(dtype.size(), samples))
    }

    /// With bands of `band` > 0 samples.
    pub(super) fn with_bands(dtype: DType, samples: usize, wanted: Wanted, band: usize) -> Self {
        fn bands<B: Band>(samples: usize, wanted: Wanted, band: usize) -> Vec<B> {
            let starts = (0..samples).step_by(band).collect::<Vec<_>>();
            starts.into_par_iter().map(|start| B::new((samples - start).min(band), wanted)).collect()
        }
        let bands = match dtype {
            DType::U8 => Bands::U8(bands(samples, wanted, band)),
            DType::U16 => Bands::U16(bands(samples, wanted, band)),
            DType::I16 => Bands::I16(bands(samples, wanted, band)),
            DType::I32 => Bands::I32(bands(samples, wanted, band)),
            DType::U32 => Bands::U32(bands(samples, wanted, band)),
            DType::F32 => Bands::F32(bands(samples, wanted, band)),
            DType::F64 => Bands::F64(bands(samples, wanted, band)),
        };
        Self { samples, wanted, band, bands }
    }

    /// Element type of the frames.
    pub fn dtype(&self) -> DType {
        match &self.bands {
            Bands::U8(_) => DType::U8,
            Bands::U16(_) => DType::U16,
            Bands::I16(_) => DType::I16,
            Bands::I32(_) => DType::I32,
            Bands::U32(_) => DType::U32,
            Bands::F32(_) => DType::F32,
            Bands::F64(_) => DType::F64,
        }
    }

    /// What is gathered.
    pub fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Samples per frame.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Adds frames in order. Masked pixels count as missing in all of them.
    ///
    /// # Panics
    /// If a frame has another element type or size, or the mask has not one flag per pixel.
    pub fn push(&mut self, frames: &[SamplesRef<'_>], mask: Option<&Mask>, channels: usize) {
        if frames.is_empty() {
            return;
        }
        for frame in frames {
            assert_eq!(frame.len(), self.samples, "frames have the reducer's size");
        }
        mask::check(mask, self.samples, channels);
        let (samples, band) = (self.samples, self.band);
        with_bands!(&mut self.bands, bands => push_bands(bands, band, frames, mask, channels, samples));
    }

    /// Adds what `later` gathered from frames after these. Integers give the bits that one reducer over all
    /// frames gives; floats merge by Chan's formula.
    ///
    /// # Panics
    /// If the other reducer is for another element type, size or set of moments, or one of them and not the
    /// other is [`Reducer::for_operations`].
    pub fn merge(&mut self, later: &Self) {
        fn merge_bands<B: Band>(mine: &mut [B], later: &[B]) {
            mine.par_iter_mut().zip(later).for_each(|(mine, later)| mine.merge(later));
        }
        let same = self.samples == later.samples && self.wanted == later.wanted && self.band == later.band;
        assert!(same, "reducers gather the same");
        match (&mut self.bands, &later.bands) {
            (Bands::U8(a), Bands::U8(b)) => merge_bands(a, b),
            (Bands::U16(a), Bands::U16(b)) => merge_bands(a, b),
            (Bands::I16(a), Bands::I16(b)) => merge_bands(a, b),
            (Bands::I32(a), Bands::I32(b)) => merge_bands(a, b),
            (Bands::U32(a), Bands::U32(b)) => merge_bands(a, b),
            (Bands::F32(a), Bands::F32(b)) => merge_bands(a, b),
            (Bands::F64(a), Bands::F64(b)) => merge_bands(a, b),
            _ => panic!("reducers of {} and {} cannot be merged", self.dtype(), later.dtype()),
        }
    }

    /// The result so far. `ddof` is subtracted from the count in the divisor of the variance (0: population,
    /// 1: sample) and has no meaning for other methods.
    ///
    /// Results are missing where the count is 0; a standard deviation also where the count is not above
    /// `ddof`. The sum is f64: exact up to 2⁵³, see [`Reducer::sum_exact`] beyond.
    ///
    /// # Panics
    /// If the method needs something that was not [`Wanted`], as median and percentiles always do.
    pub fn finish(&self, method: Method, ddof: u32) -> Reduced {
        let wanted = self.wanted;
        let gathered = match method {
            Method::Mean | Method::Sum => wanted.sum,
            Method::Std => wanted.squares,
            Method::Min => wanted.min,
            Method::Max => wanted.max,
            Method::Median | Method::Percentile(_) => false,
        };
        assert!(gathered, "{method:?} was not gathered by this reducer");
        with_bands!(&self.bands, bands => Reduced {
            values: finish_bands(bands, self.band, method, ddof, self.dtype(), self.samples),
            counts: finish_counts(bands),
        })
    }

    /// How many samples were used, per sample.
    pub fn counts(&self) -> Counts {
        with_bands!(&self.bands, bands => finish_counts(bands))
    }

    /// The exact sum of sample `index`; `None` for floats and where the sum is missing.
    ///
    /// # Panics
    /// If the sum was not [`Wanted`] or the index is out of range.
    pub fn sum_exact(&self, index: usize) -> Option<i128> {
        assert!(self.wanted.sum, "the sum was not gathered by this reducer");
        with_bands!(&self.bands, bands => bands[index / self.band].exact_sum(index % self.band))
    }
}

fn push_bands<B: Band>(
    bands: &mut [B],
    len: usize,
    frames: &[SamplesRef<'_>],
    mask: Option<&Mask>,
    channels: usize,
    samples: usize,
) {
    let frames: Vec<&[B::Sample]> = frames.iter().map(|f| typed(*f)).collect();
    let level = Level::current();
    bands.par_iter_mut().enumerate().for_each(|(band, state)| {
        let range = band * len..((band + 1) * len).min(samples);
        let cover = Cover::new(mask, channels, range.clone());
        let parts: Vec<_> = frames.iter().map(|frame| &frame[range.clone()]).collect();
        simd::run(level, Push { band: state, frames: &parts, cover: &cover });
    });
}

/// One band's share of a push.
pub(super) struct Push<'a, B: Band> {
    pub(super) band: &'a mut B,
    pub(super) frames: &'a [&'a [B::Sample]],
    pub(super) cover: &'a Cover,
}

impl<B: Band> Work for Push<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.band.push(self.frames, self.cover);
    }
}

fn finish_bands<B: Band>(
    bands: &[B],
    len: usize,
    method: Method,
    ddof: u32,
    dtype: DType,
    samples: usize,
) -> Samples {
    if matches!(method, Method::Min | Method::Max) {
        let mut values = Vec::with_capacity(samples);
        for band in bands {
            values.extend_from_slice(&band.extremes(method));
        }
        return B::Sample::wrap(values);
    }
    let mut values = Samples::zeros(method.result(dtype), samples);
    with_samples_mut!(values.as_mut(), out => {
        out.par_chunks_mut(len).zip(bands).for_each(|(out, band)| {
            // The method is a constant in each loop.
            match method {
                Method::Mean => fill(out, |i| band.value(i, Method::Mean, ddof)),
                Method::Std => fill(out, |i| band.value(i, Method::Std, ddof)),
                _ => fill(out, |i| band.value(i, method, ddof)),
            }
        });
    });
    values
}

fn fill<T: Sample>(out: &mut [T], value: impl Fn(usize) -> f64) {
    for (i, out) in out.iter_mut().enumerate() {
        *out = T::from_f64(value(i));
    }
}

fn finish_counts<B: Band>(bands: &[B]) -> Counts {
    let mut all: Option<Counts> = None;
    let counts: Vec<Counts> = bands.iter().map(Band::counts).collect();
    for band in &counts {
        match (&all, band) {
            (None, band) => all = Some(band.clone()),
            (Some(Counts::Uniform(a)), Counts::Uniform(b)) if a == b => {}
            _ => return spread(bands, &counts),
        }
    }
    all.unwrap_or(Counts::Uniform(0))
}

/// Counts that differ somewhere, one per sample.
fn spread<B: Band>(bands: &[B], counts: &[Counts]) -> Counts {
    let mut spread = Vec::with_capacity(bands.iter().map(Band::samples).sum());
    for (band, counts) in bands.iter().zip(counts) {
        match counts {
            Counts::Uniform(n) => spread.extend(std::iter::repeat_n(*n as u32, band.samples())),
            Counts::PerSample(counts) => spread.extend_from_slice(counts),
        }
    }
    Counts::PerSample(spread)
}
