//! Moments over time, gathered in one pass.

use std::borrow::Cow;

use blitz_core::{DType, Mask, Sample, Samples, SamplesRef, typed, with_samples_mut};
use rayon::prelude::*;

use super::band::{Band, MOST_FRAMES};
use super::float::FloatBand;
use super::integer::IntegerBand;
use super::{Counts, Method, Reduced, Wanted};
use crate::element::Element;
use crate::mask::{self, Cover};
use crate::simd::{self, Level, Work};
use crate::state::{Reader, StateError, Writer};

/// Frames per block: floats are added up block by block, see [`Reducer`]. Parts of a recording that are reduced
/// apart begin and end at multiples of it.
pub const BLOCK: usize = 256;

/// Samples per band of a frame with `samples` samples of `size` bytes. A band is the unit of parallel work and owns its
/// accumulators; its border depends on nothing but the frame. Up to 128 KiB or 64 Ki samples of each frame:
/// long enough for memory to deliver several frames as streams, short enough for the accumulators to stay in
/// the second-level cache. Small frames have shorter bands, so that there are a few.
fn band_len(size: usize, samples: usize) -> usize {
    let longest = (128 * 1024 / size).min(64 * 1024);
    (samples / 4).max(1).next_multiple_of(4096).min(longest)
}

#[derive(Clone, Debug, PartialEq)]
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
/// Push frames, merge partial results, finish as often as wanted. The state goes through bytes.
///
/// ```
/// use blitz_core::{DType, Samples};
/// use blitz_kernels::{Method, Reducer, Wanted};
///
/// let frames = [vec![1_u8, 5], vec![2, 5], vec![6, 8]].map(Samples::from);
/// let frames: Vec<_> = frames.iter().map(Samples::as_ref).collect();
/// let mut reducer = Reducer::new(DType::U8, 2, Wanted::ALL);
/// reducer.push(&frames, None, 1);
/// assert_eq!(reducer.finish(Method::Mean, 0).values, Samples::from(vec![3.0_f32, 6.0]));
/// assert_eq!(reducer.finish(Method::Max, 0).values, Samples::from(vec![6_u8, 8]));
/// ```
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
/// integers. Floats: frames with the numbers `256·k … 256·k + 255` are block `k` ([`BLOCK`]). Within a block the
/// sum is added up in f64 in frame order, squares in f64 as distances from the mean of the frames before, eight
/// frames at a time. Blocks are joined in a binary tree that their numbers fix: `2k` with `2k + 1`, then pairs of
/// those, and so on. So the bits depend on the frames and their numbers, neither on threads nor on instructions
/// nor on how frames are split into pushes or shared out among reducers that are merged. Up to 2³¹ − 1 frames.
///
/// # Cost
/// O(frames · samples); reads the source once. State in bytes per sample: 4 for the sum of integers of up to
/// 16 bit (12 beyond 65,536 frames), 8 for others; for squares 4 (u8), 8 (16 bit), 16 (32 bit) and, of
/// floats, 16 and the sum; the source's size for minimum and maximum; 4 for counts where samples are missing
/// or masked. Of floats, sums, squares and counts are held for the open block and for at most ⌈log₂ blocks⌉
/// subtrees (twice as many where frames do not begin with block 0); for `n` blocks from 0 on it is as many as `n`
/// has binary ones. Push many frames at once, in multiples of 8: every push starts the pool and reads and writes
/// the state, which costs a tenth of the speed at 16 MiB of frames per push and nothing much at 128 MiB.
///
/// # Parallel
/// Bands of 4 to 64 Ki samples in the caller's pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Reducer {
    pub(super) samples: usize,
    wanted: Wanted,
    /// Samples per band; the last may have fewer.
    pub(super) band: usize,
    /// Frames per block.
    block: usize,
    /// First block that belongs to it.
    first: u64,
    /// No frame with a lower number comes any more.
    next: usize,
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
        Self { samples, wanted, band, block: BLOCK, first: 0, next: 0, bands }
    }

    /// For frames from number `frame` on, the first of a block: what lies before belongs to another reducer, which
    /// this one can be merged to.
    ///
    /// # Panics
    /// If frames were pushed already or the frame is not the first of a block.
    #[must_use]
    pub fn starting_at(mut self, frame: usize) -> Self {
        assert!(self.next == self.first_frame(), "nothing was pushed yet");
        assert!(frame.is_multiple_of(self.block), "reducers begin with a block");
        (self.first, self.next) = ((frame / self.block) as u64, frame);
        let first = self.first;
        with_bands!(&mut self.bands, bands => bands.iter_mut().for_each(|band| band.start_at(first)));
        self
    }

    /// With blocks of `frames` frames instead of [`BLOCK`]; reducers that are merged have the same.
    ///
    /// # Panics
    /// If frames were pushed already or a block has none.
    #[must_use]
    pub fn in_blocks_of(mut self, frames: usize) -> Self {
        assert!(self.next == 0 && frames > 0, "nothing was pushed yet, blocks have frames");
        self.block = frames;
        self
    }

    /// Frames per block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// Number of the first frame that belongs to it.
    pub fn first_frame(&self) -> usize {
        self.first as usize * self.block
    }

    /// Number from which on frames may be pushed.
    pub fn next_frame(&self) -> usize {
        self.next
    }

    /// No frame with a number below `frame` comes any more: those that were not pushed do not count.
    pub fn skip_to(&mut self, frame: usize) {
        self.next = self.next.max(frame);
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

    /// Adds the next frames, numbered on from the last one. Masked pixels count as missing in all of them.
    ///
    /// # Panics
    /// If a frame has another element type or size, or the mask has not one flag per pixel.
    pub fn push(&mut self, frames: &[SamplesRef<'_>], mask: Option<&Mask>, channels: usize) {
        let numbers: Vec<usize> = (self.next..self.next + frames.len()).collect();
        self.push_at(&numbers, frames, mask, channels);
    }

    /// Adds frames with the numbers `numbers`, which rise and lie above those before. Numbers that are left out do
    /// not count. Masked pixels count as missing in all of them.
    ///
    /// # Panics
    /// As [`Reducer::push`], and if the numbers are not as many or do not rise.
    pub fn push_at(
        &mut self,
        numbers: &[usize],
        frames: &[SamplesRef<'_>],
        mask: Option<&Mask>,
        channels: usize,
    ) {
        for frame in frames {
            assert_eq!(frame.len(), self.samples, "frames have the reducer's size");
        }
        mask::check(mask, self.samples, channels);
        let blocks = self.blocks(numbers, frames.len());
        if frames.is_empty() {
            return;
        }
        let (samples, band) = (self.samples, self.band);
        with_bands!(&mut self.bands, bands => {
            push_bands(bands, band, frames, &blocks, mask, channels, samples);
        });
    }

    /// How many frames to come belong to which block; takes note of their numbers.
    pub(super) fn blocks(&mut self, numbers: &[usize], frames: usize) -> Vec<(u64, usize)> {
        assert_eq!(numbers.len(), frames, "every frame has a number");
        let mut blocks: Vec<(u64, usize)> = Vec::new();
        for &number in numbers {
            assert!(number >= self.next, "frames come in order: frame {number} after {}", self.next);
            self.next = number + 1;
            let block = (number / self.block) as u64;
            match blocks.last_mut() {
                Some((last, count)) if *last == block => *count += 1,
                _ => blocks.push((block, 1)),
            }
        }
        blocks
    }

    /// Why `later` cannot be merged to this, in words for a person; `None` if it can.
    pub fn fault_of_merge(&self, later: &Self) -> Option<String> {
        let kind = |r: &Self| (r.dtype(), r.samples, r.wanted, r.block);
        if kind(self) != kind(later) {
            let text =
                |r: &Self| format!("{} × {} ({:?}, blocks of {})", r.samples, r.dtype(), r.wanted, r.block);
            return Some(format!("samples of {} found, {} expected", text(later), text(self)));
        }
        if self.band != later.band {
            return Some("bands of another size".into());
        }
        if later.first_frame() < self.next {
            let (found, end) = (later.first_frame(), self.next);
            return Some(format!("frames from {found} on found, frames from {end} on or later expected"));
        }
        let frames = (self.next - self.first_frame()) as u64 + (later.next - later.first_frame()) as u64;
        (frames > MOST_FRAMES).then(|| format!("{frames} frames, at most {MOST_FRAMES} expected"))
    }

    /// Adds what `later` gathered from blocks after these; blocks between do not count. The bits are those that
    /// one reducer over all frames gives.
    ///
    /// # Panics
    /// If [`Reducer::fault_of_merge`] gives a reason: another element type, size, set of moments or length of
    /// blocks, frames that are not later, or one of them and not the other is [`Reducer::for_operations`].
    pub fn merge(&mut self, later: &Self) {
        fn merge_bands<B: Band>(mine: &mut [B], later: &[B]) {
            mine.par_iter_mut().zip(later).for_each(|(mine, later)| mine.merge(later));
        }
        let fault = self.fault_of_merge(later);
        assert!(fault.is_none(), "reducers cannot be merged: {}", fault.unwrap_or_default());
        self.next = later.next;
        match (&mut self.bands, &later.bands) {
            (Bands::U8(a), Bands::U8(b)) => merge_bands(a, b),
            (Bands::U16(a), Bands::U16(b)) => merge_bands(a, b),
            (Bands::I16(a), Bands::I16(b)) => merge_bands(a, b),
            (Bands::I32(a), Bands::I32(b)) => merge_bands(a, b),
            (Bands::U32(a), Bands::U32(b)) => merge_bands(a, b),
            (Bands::F32(a), Bands::F32(b)) => merge_bands(a, b),
            (Bands::F64(a), Bands::F64(b)) => merge_bands(a, b),
            // Other pairs have other element types.
            _ => {}
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
        self.settled().finish_settled(method, ddof)
    }

    /// [`Reducer::finish`] of several methods, which joins blocks of floats once.
    ///
    /// # Panics
    /// As [`Reducer::finish`].
    pub fn finish_all(&self, methods: &[Method], ddof: u32) -> Vec<Reduced> {
        let settled = self.settled();
        methods.iter().map(|&method| settled.finish(method, ddof)).collect()
    }

    fn finish_settled(&self, method: Method, ddof: u32) -> Reduced {
        with_bands!(&self.bands, bands => Reduced {
            values: finish_bands(bands, self.band, method, ddof, self.dtype(), self.samples),
            counts: finish_counts(bands),
        })
    }

    /// With all blocks joined.
    fn settled(&self) -> Cow<'_, Self> {
        fn all<B: Band>(bands: &[B]) -> Option<Vec<B>> {
            let settled: Vec<Cow<'_, B>> = bands.par_iter().map(Band::settled).collect();
            let any = settled.iter().any(|band| matches!(band, Cow::Owned(_)));
            any.then(|| settled.into_iter().map(Cow::into_owned).collect())
        }
        let bands = match &self.bands {
            Bands::F32(bands) => all(bands).map(Bands::F32),
            Bands::F64(bands) => all(bands).map(Bands::F64),
            _ => None,
        };
        bands.map_or(Cow::Borrowed(self), |bands| Cow::Owned(Self { bands, ..*self }))
    }

    /// How many samples were used, per sample.
    pub fn counts(&self) -> Counts {
        with_bands!(&self.settled().bands, bands => finish_counts(bands))
    }

    /// The exact sum of sample `index`; `None` for floats and where the sum is missing.
    ///
    /// # Panics
    /// If the sum was not [`Wanted`] or the index is out of range.
    pub fn sum_exact(&self, index: usize) -> Option<i128> {
        assert!(self.wanted.sum, "the sum was not gathered by this reducer");
        with_bands!(&self.bands, bands => bands[index / self.band].exact_sum(index % self.band))
    }

    /// The state as bytes, little-endian: what [`Reducer::from_bytes`] reads on any machine. The block that frames
    /// were pushed to last ends with it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        let Wanted { sum, squares, min, max } = self.wanted;
        to.dtype(self.dtype());
        to.number(
            [sum, squares, min, max].iter().rev().fold(0, |bits, &wanted| bits << 1 | u64::from(wanted)),
        );
        to.number(self.samples as u64);
        to.number(self.block as u64);
        to.number(self.first);
        to.number(self.next as u64);
        match &self.bands {
            Bands::U8(bands) => IntegerBand::save(bands, &mut to),
            Bands::U16(bands) => IntegerBand::save(bands, &mut to),
            Bands::I16(bands) => IntegerBand::save(bands, &mut to),
            Bands::I32(bands) => IntegerBand::save(bands, &mut to),
            Bands::U32(bands) => IntegerBand::save(bands, &mut to),
            Bands::F32(bands) => FloatBand::save(bands, &mut to),
            Bands::F64(bands) => FloatBand::save(bands, &mut to),
        }
        if !self.wanted.is_per_sample_at_once(self.dtype()) {
            to.room(self.samples);
        }
        to.into_bytes()
    }

    /// The reducer that [`Reducer::to_bytes`] wrote; frames may be pushed from the next block on.
    ///
    /// # Errors
    /// If the bytes are cut, too many, or say what no reducer can hold. Sums of floats are taken as they are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader::new(bytes);
        let dtype = from.dtype()?;
        let bits = from.number_within("moments", 0..=15)?;
        let wanted =
            Wanted { sum: bits & 1 > 0, squares: bits & 2 > 0, min: bits & 4 > 0, max: bits & 8 > 0 };
        let samples = from.number_within("samples", 0..=bytes.len() as u64)? as usize;
        let block = from.number_within("frames per block", 1..=1 << 31)?;
        let first = from.number_within("first block", 0..=(1 << 62) / block)?;
        let next = from.number_within("next frame", first * block..=first * block + MOST_FRAMES)?;
        let blocks = first..next.div_ceil(block);
        let band = band_len(dtype.size(), samples);
        let sizes: Vec<usize> = (0..samples).step_by(band).map(|start| (samples - start).min(band)).collect();
        let (from_, most) = (&mut from, next - first * block);
        let bands = match dtype {
            DType::U8 => Bands::U8(IntegerBand::load(from_, &sizes, wanted, most)?),
            DType::U16 => Bands::U16(IntegerBand::load(from_, &sizes, wanted, most)?),
            DType::I16 => Bands::I16(IntegerBand::load(from_, &sizes, wanted, most)?),
            DType::I32 => Bands::I32(IntegerBand::load(from_, &sizes, wanted, most)?),
            DType::U32 => Bands::U32(IntegerBand::load(from_, &sizes, wanted, most)?),
            DType::F32 => Bands::F32(FloatBand::load(from_, &sizes, wanted, blocks.clone(), block)?),
            DType::F64 => Bands::F64(FloatBand::load(from_, &sizes, wanted, blocks.clone(), block)?),
        };
        if !wanted.is_per_sample_at_once(dtype) {
            from.room(samples)?;
        }
        from.end()?;
        let (block, next) = (block as usize, (blocks.end * block) as usize);
        Ok(Self { samples, wanted, band, block, first, next, bands })
    }
}

fn push_bands<B: Band>(
    bands: &mut [B],
    len: usize,
    frames: &[SamplesRef<'_>],
    blocks: &[(u64, usize)],
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
        simd::run(level, Push { band: state, frames: &parts, blocks, cover: &cover });
    });
}

/// One band's share of a push.
pub(super) struct Push<'a, B: Band> {
    pub(super) band: &'a mut B,
    pub(super) frames: &'a [&'a [B::Sample]],
    pub(super) blocks: &'a [(u64, usize)],
    pub(super) cover: &'a Cover,
}

impl<B: Band> Work for Push<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.band.push(self.frames, self.blocks, self.cover);
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
