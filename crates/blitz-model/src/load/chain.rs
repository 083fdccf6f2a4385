//! What happens to each frame between the decoder and the stack: crop, shrink, convert.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blitz_core::{
    Cancel, Channel, ChannelKind, DType, FrameMap, FrameRange, FrameShape, Placement, Progress, Rect, Sample,
    Samples, SamplesMut, SamplesRef, typed, with_samples, with_samples_mut,
};
use blitz_io::{FrameSource, Grain, LumaInfo, LumaRange, SourceInfo};
use blitz_kernels::{EffectiveBits, convert, resample};

use super::LoadError;
use crate::in_turn::in_turn;
use crate::recipe::Load;

/// The per-frame processing chain with its input and output layouts. Values are averaged in f32 (f64 for
/// 32-bit integers and f64) or converted in integers; no f64 copy of a frame is made.
#[derive(Clone, Debug)]
pub struct Chain {
    source_shape: FrameShape,
    source_dtype: DType,
    source_frames: usize,
    frames: FrameMap,
    count: usize,
    /// Source frames that were asked for.
    asked: FrameRange,
    crop: Rect,
    shrunk: FrameShape,
    grey: bool,
    /// Brightness is taken as the file holds it, and not computed of RGB.
    luma: Option<LumaRange>,
    conversion: Conversion,
    /// Samples become f32 in the end.
    to_f32: bool,
    channels: Vec<Channel>,
    /// Missing samples that became 0 because the integer type asked for cannot hold them.
    lost: Arc<AtomicU64>,
    /// Values outside of a scale, which became its ends.
    clipped: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Conversion {
    None,
    EightBit {
        full_scale: u64,
    },
    /// From `lo` to `hi`.
    Scale {
        lo: f64,
        hi: f64,
        given: bool,
    },
    Stretch {
        to: DType,
    },
}

impl Chain {
    /// The chain of `load` for a source.
    ///
    /// For `eight_bit` of 16-bit data every selected frame is read once to find the effective full scale.
    ///
    /// # Errors
    /// If the load part does not fit the source, or measuring was cancelled.
    pub fn new(
        source: &dyn FrameSource,
        load: &Load,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, LoadError> {
        let mut chain = Self::unmeasured(source.info(), source.luma(), load)?;
        chain.conversion = chain.conversion_for(source, load, cancel, progress)?;
        Ok(chain)
    }

    /// The same without a conversion of values: what is known of it without reading a frame.
    ///
    /// # Errors
    /// If the load part does not fit the source.
    pub(super) fn unmeasured(
        info: &SourceInfo,
        luma: Option<LumaInfo>,
        load: &Load,
    ) -> Result<Self, LoadError> {
        load.validate_for(info.frame, info.frames)?;
        let crop = load.crop.unwrap_or(info.frame.rect());
        let wants_grey = load.grey && Channel::is_rgb(&info.channels);
        let luma = luma.filter(|_| wants_grey);
        let (source_shape, source_dtype) = match luma {
            Some(luma) => (FrameShape { channels: 1, ..info.frame }, luma.dtype),
            None => (info.frame, info.dtype),
        };
        let range = if load.luma_full { LumaRange::Full } else { LumaRange::Codes };
        let cropped = FrameShape::new(crop.height, crop.width, source_shape.channels);
        let shrunk = resample::shrunk_shape(cropped, load.shrink);
        let channels = if wants_grey {
            vec![Channel { name: ChannelKind::Grey.to_string(), kind: ChannelKind::Grey }]
        } else {
            info.channels.clone()
        };
        let step = load.every.saturating_mul(load.frames.step);
        let (first, end) = load.frames.clip(info.frames);
        Ok(Self {
            source_shape,
            source_dtype,
            source_frames: info.frames,
            frames: FrameMap { first, step },
            count: (end - first).div_ceil(step),
            asked: load.frames,
            crop,
            shrunk,
            grey: wants_grey && luma.is_none(),
            luma: luma.map(|_| range),
            conversion: Conversion::None,
            to_f32: false,
            channels,
            lost: Arc::default(),
            clipped: Arc::default(),
        })
    }

    fn conversion_for(
        &self,
        source: &dyn FrameSource,
        load: &Load,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Conversion, LoadError> {
        if load.stretch_each_frame {
            let to = convert::stretched_dtype(self.source_dtype, load.eight_bit);
            return Ok(Conversion::Stretch { to });
        }
        match (load.eight_bit, load.eight_bit_range, self.source_dtype) {
            (false, ..) | (true, None, DType::U8) => Ok(Conversion::None),
            (true, Some((lo, hi)), _) => Ok(Conversion::Scale { lo, hi, given: true }),
            (true, None, DType::U16 | DType::U32) => {
                Ok(Conversion::EightBit { full_scale: self.measure_full_scale(source, cancel, progress)? })
            }
            (true, None, _) => {
                let (lo, hi) = self.measure_range(source, cancel, progress)?;
                Ok(Conversion::Scale { lo, hi, given: false })
            }
        }
    }

    /// Smallest and largest finite value of all selected frames that can be read.
    fn measure_range(
        &self,
        source: &dyn FrameSource,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<(f64, f64), LoadError> {
        const NONE: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);
        let joined = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
        progress.start("finding the range", self.count as u64);
        let range_of = |frame: usize| {
            if cancel.is_cancelled() {
                return NONE;
            }
            let mut scratch = Samples::zeros(self.source_dtype, self.source_shape.samples());
            let read = self.read(source, self.frames.source(frame), scratch.as_mut());
            progress.advance(1);
            if read.is_err() {
                return NONE;
            }
            with_samples!(scratch.as_ref(), samples => {
                samples.iter().map(|v| v.to_f64()).filter(|v| v.is_finite()).fold(NONE, |r, v| joined(r, (v, v)))
            })
        };
        let (lo, hi) = in_turn(self.count, range_of).into_iter().fold(NONE, joined);
        if cancel.is_cancelled() {
            return Err(LoadError::Cancelled);
        }
        // Equal values are all the first of the scale.
        Ok(if lo < hi {
            (lo, hi)
        } else if lo == hi {
            (lo, lo.abs().mul_add(1e-9, lo + 1.0))
        } else {
            (0.0, 1.0)
        })
    }

    /// By which scale values become 0–255, in words.
    pub fn scale_text(&self) -> Option<String> {
        match self.conversion {
            Conversion::EightBit { full_scale } => Some(format!(
                "8 bit: 0 stays 0 and {full_scale} becomes 255 (the effective bits of the recording)."
            )),
            Conversion::Scale { lo, hi, given } => {
                let why = if given { "as given" } else { "the range of the recording" };
                Some(format!("8 bit: {lo} becomes 0 and {hi} becomes 255 ({why})."))
            }
            Conversion::None | Conversion::Stretch { .. } => None,
        }
    }

    /// Values outside of the scale that was given so far, which became 0 or 255.
    pub fn clipped(&self) -> u64 {
        self.clipped.load(Ordering::Relaxed)
    }

    /// Effective full scale over all selected frames. Frames that cannot be read are left out: they fail
    /// again, with their reason, when they are loaded.
    fn measure_full_scale(
        &self,
        source: &dyn FrameSource,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<u64, LoadError> {
        progress.start("finding the effective bits", self.count as u64);
        let bits_of = |frame: usize| {
            if cancel.is_cancelled() {
                return 0;
            }
            let mut scratch = Samples::zeros(self.source_dtype, self.source_shape.samples());
            let read = self.read(source, self.frames.source(frame), scratch.as_mut());
            progress.advance(1);
            match read {
                Ok(()) => match scratch.as_ref() {
                    SamplesRef::U32(values) => values.iter().fold(0, |or, &v| or | u64::from(v)),
                    SamplesRef::U16(values) => values.iter().fold(0, |or, &v| or | u64::from(v)),
                    _ => 0,
                },
                Err(_) => 0,
            }
        };
        let or_bits = in_turn(self.count, bits_of).into_iter().fold(0, |a, b| a | b);
        if cancel.is_cancelled() {
            return Err(LoadError::Cancelled);
        }
        let bits = EffectiveBits::new(self.source_dtype, or_bits);
        let full = self.source_dtype.full_scale().map_or(u64::from(u16::MAX), |full| full as u64);
        Ok(bits.map_or(full, EffectiveBits::full_scale_integer))
    }

    /// The same chain with f32 samples at its end.
    ///
    /// # Errors
    /// If f32 cannot hold every value of the stack's type.
    pub(super) fn with_f32(&self) -> Result<Self, String> {
        match self.output_dtype() {
            DType::U8 | DType::U16 | DType::I16 | DType::F32 => Ok(Self { to_f32: true, ..self.clone() }),
            dtype => Err(format!("f32 cannot hold every {dtype} value; keep the recording's own type")),
        }
    }

    /// Frames of the stack.
    pub fn frames(&self) -> usize {
        self.count
    }

    /// Frames of a stack whose source has grown to `source_frames` frames.
    pub(super) fn frames_of(&self, source_frames: usize) -> usize {
        let (_, end) = self.asked.clip(source_frames);
        end.saturating_sub(self.frames.first).div_ceil(self.frames.step)
    }

    /// Stack frames ↔ source frames.
    pub fn frame_map(&self) -> FrameMap {
        self.frames
    }

    /// Stack pixels ↔ source pixels.
    pub fn placement(&self) -> Placement {
        Placement {
            crop: self.crop,
            scale_x: self.crop.width as f64 / self.shrunk.width as f64,
            scale_y: self.crop.height as f64 / self.shrunk.height as f64,
        }
    }

    /// Channels of the stack.
    pub fn channels(&self) -> Vec<Channel> {
        self.channels.clone()
    }

    /// Shape of the stack's frames.
    pub fn output_shape(&self) -> FrameShape {
        FrameShape { channels: self.channels.len(), ..self.shrunk }
    }

    /// Element type of the stack.
    pub fn output_dtype(&self) -> DType {
        if self.to_f32 { DType::F32 } else { self.converted_dtype() }
    }

    fn converted_dtype(&self) -> DType {
        match self.conversion {
            Conversion::None => self.source_dtype,
            Conversion::EightBit { .. } | Conversion::Scale { .. } => DType::U8,
            Conversion::Stretch { to } => to,
        }
    }

    /// Whether samples go through untouched (frames may still be left out).
    pub fn keeps_samples(&self) -> bool {
        self.crop == self.source_shape.rect() && self.keeps_cropped_samples()
    }

    /// The same for those that are not cut off.
    fn keeps_cropped_samples(&self) -> bool {
        self.shrunk == FrameShape::new(self.crop.height, self.crop.width, self.source_shape.channels)
            && !self.grey
            && self.conversion == Conversion::None
            && self.output_dtype() == self.source_dtype
    }

    /// Whether rows of the source are read alone.
    fn reads_rows(&self, source: &dyn FrameSource) -> bool {
        self.luma.is_none() && source.info().grain == Grain::Rows
    }

    /// The chain of the pixels `rect` of the stack alone, where it reads less of `source` and makes the same of them.
    pub(super) fn part(&self, source: &dyn FrameSource, rect: Rect) -> Option<Self> {
        // Values that are lost or clipped are counted in whole frames.
        let by_itself = matches!(self.conversion, Conversion::None | Conversion::EightBit { .. });
        let is_shrunk = (self.shrunk.height, self.shrunk.width) != (self.crop.height, self.crop.width);
        (self.reads_rows(source) && by_itself && !is_shrunk).then(|| Self {
            crop: Rect { x: self.crop.x + rect.x, y: self.crop.y + rect.y, ..rect },
            shrunk: FrameShape { height: rect.height, width: rect.width, ..self.shrunk },
            ..self.clone()
        })
    }

    /// Whether the stack is the source, frame for frame.
    pub fn is_identity(&self) -> bool {
        self.keeps_samples()
            && self.luma.is_none()
            && self.frames == FrameMap::IDENTITY
            && self.count == self.source_frames
    }

    /// Missing samples that became 0 so far, because a conversion to integers was asked for.
    pub fn lost_missing(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Counts missing samples that had become 0 in frames decoded earlier.
    pub(super) fn count_lost(&self, lost: u64) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
    }

    /// The largest `--shrink`, in thousandths, with which the frames take at most `bytes`; `None` if none does.
    pub(super) fn shrink_that_fits(&self, bytes: u64) -> Option<f64> {
        let cropped = FrameShape::new(self.crop.height, self.crop.width, self.channels.len());
        let sample = self.output_dtype().size() as u64 * self.count.max(1) as u64;
        let fits = |thousandths: u32| {
            let shape = resample::shrunk_shape(cropped, f64::from(thousandths) / 1000.0);
            shape.samples() as u64 * sample <= bytes
        };
        // The size grows with the ratio, so halving finds the last one that fits.
        let (mut low, mut high) = (0_u32, 1000);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if fits(middle) { low = middle } else { high = middle - 1 }
        }
        (low > 0).then(|| f64::from(low) / 1000.0)
    }

    /// Bytes of one source frame, as a worker needs them while it converts.
    pub fn source_frame_bytes(&self) -> u64 {
        (self.source_shape.samples() * self.source_dtype.size()) as u64
    }

    /// Decodes source frame `source_frame` into a slot of the stack; gives back how many missing samples became
    /// 0.
    ///
    /// # Errors
    /// What the decoder says.
    ///
    /// # Panics
    /// If `out` has another size or type than the stack's frames.
    pub fn decode(
        &self,
        source: &dyn FrameSource,
        source_frame: usize,
        mut out: SamplesMut<'_>,
    ) -> Result<u64, blitz_core::FrameFault> {
        if self.keeps_samples() {
            return self.read(source, source_frame, out).map(|()| 0);
        }
        let rows = self.crop.y..self.crop.y + self.crop.height;
        if self.keeps_cropped_samples() && self.crop.width == self.source_shape.width && self.luma.is_none() {
            return source.decode_rows(source_frame, rows, out).map(|()| 0);
        }
        let (decoded, shape, crop) = if self.reads_rows(source) {
            let shape = FrameShape { height: rows.len(), ..self.source_shape };
            let mut decoded = Samples::zeros(self.source_dtype, shape.samples());
            source.decode_rows(source_frame, rows, decoded.as_mut())?;
            (decoded, shape, Rect { y: 0, ..self.crop })
        } else {
            let mut decoded = Samples::zeros(self.source_dtype, self.source_shape.samples());
            self.read(source, source_frame, decoded.as_mut())?;
            (decoded, self.source_shape, self.crop)
        };
        let convert = |out: SamplesMut<'_>| self.convert(decoded.as_ref(), shape, crop, out);
        let lost = if self.to_f32 {
            let mut converted = Samples::zeros(self.converted_dtype(), self.output_shape().samples());
            let lost = convert(converted.as_mut());
            if let SamplesMut::F32(out) = &mut out {
                let values = converted.as_ref();
                with_samples!(values, values => {
                    for (out, v) in out.iter_mut().zip(values) {
                        *out = Sample::to_f64(*v) as f32;
                    }
                });
            }
            lost
        } else {
            convert(out.reborrow())
        };
        self.count_lost(lost);
        Ok(lost)
    }

    /// A source frame as the chain takes it in: all of it, or its luma.
    fn read(
        &self,
        source: &dyn FrameSource,
        source_frame: usize,
        out: SamplesMut<'_>,
    ) -> Result<(), blitz_core::FrameFault> {
        match self.luma {
            Some(range) => source.decode_luma(source_frame, range, out),
            None => source.decode(source_frame, out),
        }
    }

    /// Crop, shrink, grey, then stretch or 8 bit. Each stage reads the one before; at most two scratch
    /// frames of the (cropped) source type exist at a time. Gives back how many missing samples became 0.
    /// `source` has the shape `shape`, of which `part` is kept.
    fn convert(&self, source: SamplesRef<'_>, shape: FrameShape, part: Rect, mut out: SamplesMut<'_>) -> u64 {
        let cropped_shape = FrameShape::new(part.height, part.width, shape.channels);
        let mut current: Option<Samples> = None;
        if part != shape.rect() {
            current = Some(crop(source, shape, part));
        }
        if self.shrunk != cropped_shape {
            let input = current.as_ref().map_or(source, Samples::as_ref);
            let mut small = Samples::zeros(self.source_dtype, self.shrunk.samples());
            resample::shrink(input, cropped_shape, self.shrunk, small.as_mut());
            current = Some(small);
        }
        if self.grey {
            let input = current.as_ref().map_or(source, Samples::as_ref);
            let mut grey = Samples::zeros(self.source_dtype, self.shrunk.pixels());
            convert::luminance(input, self.shrunk.channels, grey.as_mut());
            current = Some(grey);
        }
        let input = current.as_ref().map_or(source, Samples::as_ref);
        match self.conversion {
            Conversion::None => {
                out.bytes().copy_from_slice(input.bytes());
                0
            }
            Conversion::EightBit { full_scale } => convert::to_8bit(input, full_scale, out.bytes()),
            Conversion::Scale { lo, hi, .. } => {
                let (missing, clipped) = to_scale(input, (lo, hi), out.bytes());
                self.clipped.fetch_add(clipped, Ordering::Relaxed);
                missing
            }
            Conversion::Stretch { to } => {
                let missing = convert::stretch_each_frame(input, out).missing;
                if to.is_float() { 0 } else { missing }
            }
        }
    }
}

/// Values from `lo` to `hi` become 0 to 255, rounded; those outside become the ends, missing ones 0. Gives back how many
/// were missing, and how many outside.
fn to_scale(input: SamplesRef<'_>, (lo, hi): (f64, f64), out: &mut [u8]) -> (u64, u64) {
    let (mut missing, mut outside) = (0, 0);
    let scale = 255.0 / (hi - lo);
    with_samples!(input, input => {
        for (out, v) in out.iter_mut().zip(input) {
            let v = v.to_f64();
            missing += u64::from(v.is_nan());
            outside += u64::from(v < lo || v > hi);
            // A cast makes NaN 0 and keeps to 0 and 255.
            *out = ((v - lo) * scale).round() as u8;
        }
    });
    (missing, outside)
}

fn crop(source: SamplesRef<'_>, shape: FrameShape, rect: Rect) -> Samples {
    let mut out = Samples::zeros(source.dtype(), rect.pixels() * shape.channels);
    with_samples_mut!(out.as_mut(), out => {
        let samples = typed(source);
        for (row, line) in out.chunks_exact_mut(rect.width * shape.channels).enumerate() {
            let start = (rect.y + row) * shape.row() + rect.x * shape.channels;
            line.copy_from_slice(&samples[start..start + line.len()]);
        }
    });
    out
}
