//! An array as frames: where each sample of a frame lies in the file, and how it is read.

use std::ops::Range;

use blitz_core::{Channel, DType, FrameShape, SamplesMut, with_samples_mut};

use super::axes::{Axes, Axis, shape_text};
use super::element::{ComplexPart, Element, Kind, WideRange, f16_to_f32};
use super::header::Header;
use crate::format::contract::ImageSpec;
use crate::read_at::ReadAt;
use crate::reading::{OneOf, Reading, pick};
use crate::source::OpenOptions;

/// Bytes read at a time where values are converted.
const BLOCK: usize = 1 << 16;

/// A checked array: every sample of its first [`whole`](Self::whole) frames lies inside the file.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) element: Element,
    pub(crate) part: Option<ComplexPart>,
    pub(crate) frames: usize,
    /// Frames that are wholly in the file; fewer than `frames` in a file that was cut.
    pub(crate) whole: usize,
    pub(crate) frame: FrameShape,
    pub(crate) offset: u64,
    /// Elements from one frame, row, column, channel to the next.
    strides: [usize; 4],
    /// Elements before the first frame, where one of several slices, positions or channels is read.
    first: usize,
    /// Bytes that the header claims, and that are there.
    pub(crate) claimed: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) reading: Reading,
}

impl Array {
    /// Reads the header and compares it with the file. Cost: one small read.
    pub(crate) fn open(data: &dyn ReadAt, options: &OpenOptions) -> Result<Self, String> {
        let header = Header::read(data)?;
        let shape = &header.shape;
        let mut notes = Vec::new();
        let axes = match &options.axes {
            Some(axes) if axes.axes().len() != shape.len() => {
                let text = shape_text(shape);
                return Err(format!(
                    "axes {axes} name {} axes, the array has shape {text}",
                    axes.axes().len()
                ));
            }
            Some(axes) => axes.clone(),
            None => {
                let rule = Axes::by_rule(shape)?;
                notes.extend(rule.note);
                rule.axes
            }
        };
        let mut reading = Reading { axes: axes.to_string(), ..Reading::default() };
        if let Ok(rule) = Axes::by_rule(shape) {
            let all =
                std::iter::once(rule.axes.to_string()).chain(rule.others.into_iter().map(str::to_owned));
            reading.others = all.filter(|other| *other != reading.axes).collect();
        }
        let fixed = fixed(&axes, shape, options, &mut reading)?;
        let part = header.element.part(options.complex)?;
        let (sizes, strides, first, elements) = layout(&header, &axes, &fixed)?;
        let frame = FrameShape::new(sizes[1], sizes[2], sizes[3]);
        let dtype = header.element.dtype().unwrap_or(DType::F64);
        ImageSpec::check_size(frame, dtype, options.max_frame_bytes)?;
        if sizes[0] == 0 {
            return Err(format!("the array of shape {} has no frames", shape_text(shape)));
        }
        let claimed = (elements as u64)
            .checked_mul(header.element.size() as u64)
            .and_then(|bytes| bytes.checked_add(header.offset))
            .ok_or_else(|| format!("the shape {} is larger than any file", shape_text(shape)))?;
        let mut array = Self {
            element: header.element,
            part,
            frames: sizes[0],
            whole: sizes[0],
            frame,
            offset: header.offset,
            strides,
            first,
            claimed,
            notes,
            reading,
        };
        array.compare_with(data.size(), shape)?;
        Ok(array)
    }

    /// One frame whose samples lie one behind the other from byte 0 on.
    ///
    /// # Errors
    /// If samples are complex and no part was chosen, or the frame is larger than this machine counts.
    pub(crate) fn of_frame(
        element: Element,
        frame: FrameShape,
        complex: Option<ComplexPart>,
    ) -> Result<Self, String> {
        let claimed = frame.checked_samples().and_then(|samples| samples.checked_mul(element.size()));
        Ok(Self {
            element,
            part: element.part(complex)?,
            frames: 1,
            whole: 1,
            frame,
            offset: 0,
            strides: [frame.samples(), frame.row(), frame.channels, 1],
            first: 0,
            claimed: claimed.ok_or("a frame is larger than any file")? as u64,
            notes: Vec::new(),
            reading: Reading::default(),
        })
    }

    /// The type of its values; those of 64-bit integers are all read for that.
    pub(crate) fn sample_type(&self, data: &dyn ReadAt) -> Result<DType, String> {
        match self.element.dtype() {
            Some(dtype) => Ok(dtype),
            None => self.wide_range(data)?.dtype(),
        }
    }

    /// Puts the array `by` bytes further into a file.
    pub(super) fn shift(&mut self, by: u64) {
        self.offset += by;
        self.claimed += by;
    }

    /// Where the bytes of a whole frame lie, if frames follow each other, and that frame as an array of its own; `None`
    /// where it was cut off.
    pub(super) fn one_frame(&self, frame: usize) -> Option<(Range<u64>, Self)> {
        let bytes = (self.frame.samples() * self.element.size()) as u64;
        let start = self.start(frame);
        let one = Self { frames: 1, whole: 1, offset: 0, first: 0, claimed: bytes, ..self.clone() };
        (frame < self.whole).then_some((start..start + bytes, one))
    }

    /// A file that is too short keeps the frames that are wholly there, where frames lie one after the other.
    fn compare_with(&mut self, size: u64, shape: &[usize]) -> Result<(), String> {
        /// More failed frames than this are no cut recording but a header that lies.
        const MAX_FAULTS: usize = 100_000;
        if size > self.claimed {
            let more = size - self.claimed;
            self.notes
                .push(format!("The file has {more} more bytes than its array needs; they are not read."));
        }
        if size >= self.claimed {
            return Ok(());
        }
        let frame_bytes = (self.frame.samples() * self.element.size()) as u64;
        let there = (size.saturating_sub(self.offset) / frame_bytes) as usize;
        let text = shape_text(shape);
        // Of several slices or channels one is read: where a frame ends says nothing of the others.
        let is_all = self.first == 0
            && frame_bytes.checked_mul(self.frames as u64) == Some(self.claimed - self.offset);
        let most = MAX_FAULTS.min(there.saturating_mul(100));
        let lies = there == 0 || self.frames.saturating_sub(there) > most;
        if !is_all || !self.frames_follow() || lies {
            return Err(format!(
                "the file is cut short: an array of shape {text} ({}) needs {} bytes, the file has {size}",
                self.element.name(),
                self.claimed
            ));
        }
        self.notes.push(format!(
            "The file is cut short: {there} of {} frames are there ({size} of {} bytes); the others count as failed.",
            self.frames, self.claimed
        ));
        self.whole = there;
        Ok(())
    }

    /// Whether samples of a frame lie densely, in the order of a frame here.
    pub(crate) fn is_dense(&self) -> bool {
        let FrameShape { height, width, channels } = self.frame;
        let [_, row, column, channel] = self.strides;
        (channels == 1 || channel == 1)
            && (width == 1 || column == channels)
            && (height == 1 || row == width * channels)
    }

    /// Whether each frame's samples lie behind those of the frame before, in whatever order.
    pub(crate) fn frames_follow(&self) -> bool {
        self.frames == 1 || self.strides[0] == self.frame.samples()
    }

    /// Whether the file's bytes are frames as they are needed.
    pub(crate) fn is_mappable(&self) -> bool {
        self.is_dense() && self.frames_follow() && self.element.same().is_some() && self.element.is_native()
    }

    /// Offset behind the last whole frame (behind the array, where frames are interleaved).
    pub(crate) fn end(&self) -> u64 {
        if self.whole == self.frames {
            return self.claimed;
        }
        self.offset + self.whole as u64 * (self.frame.samples() * self.element.size()) as u64
    }

    /// The values of all 64-bit integers that are there. Reads the whole array.
    pub(crate) fn wide_range(&self, data: &dyn ReadAt) -> Result<WideRange, String> {
        let mut range = WideRange::EMPTY;
        let mut buffer = vec![0; 16 * BLOCK];
        let (mut at, end) = (self.offset, self.end());
        while at < end {
            let n = ((end - at) as usize).min(buffer.len());
            data.read_exact_at(at, &mut buffer[..n]).map_err(|e| e.to_string())?;
            buffer[..n].chunks_exact(8).for_each(|bytes| range.add(self.element.wide(bytes)));
            at += n as u64;
        }
        Ok(range)
    }

    /// Reads frame `frame` into `out`, whose type is that of the element (or of the values, for 64-bit
    /// integers) and whose length is that of a frame.
    pub(crate) fn decode(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        mut out: SamplesMut<'_>,
    ) -> Result<(), String> {
        if frame >= self.whole {
            return Err(format!("the file is cut short: it holds {} of {} frames", self.whole, self.frames));
        }
        if let Some(read) = self.decode_rows(data, frame, 0, &mut out) {
            return read;
        }
        let e = self.element;
        let part = self.part.unwrap_or(ComplexPart::Magnitude);
        match (e.kind, out) {
            (Kind::Bool, SamplesMut::U8(out)) => self.fill(data, frame, out, |b| Ok(u8::from(b[0] != 0))),
            (Kind::I8, SamplesMut::I16(out)) => self.fill(data, frame, out, |b| Ok(i16::from(b[0] as i8))),
            (Kind::F16, SamplesMut::F32(out)) => {
                self.fill(data, frame, out, |b| Ok(f16_to_f32(u16::from_le_bytes(e.bytes(b)))))
            }
            (Kind::C64, SamplesMut::F32(out)) => self.fill(data, frame, out, |b| {
                Ok(part.of_f32(f32::from_le_bytes(e.bytes(b)), f32::from_le_bytes(e.bytes(&b[4..]))))
            }),
            (Kind::C128, SamplesMut::F64(out)) => self.fill(data, frame, out, |b| {
                Ok(part.of_f64(f64::from_le_bytes(e.bytes(b)), f64::from_le_bytes(e.bytes(&b[8..]))))
            }),
            (Kind::U64 | Kind::I64, out) => with_samples_mut!(out, out => {
                self.fill(data, frame, out, |b| Narrow::narrow(e.wide(b)))
            }),
            (Kind::U8, SamplesMut::U8(out)) => self.fill(data, frame, out, |b| Ok(b[0])),
            (Kind::U16, SamplesMut::U16(out)) => {
                self.fill(data, frame, out, |b| Ok(u16::from_le_bytes(e.bytes(b))))
            }
            (Kind::I16, SamplesMut::I16(out)) => {
                self.fill(data, frame, out, |b| Ok(i16::from_le_bytes(e.bytes(b))))
            }
            (Kind::U32, SamplesMut::U32(out)) => {
                self.fill(data, frame, out, |b| Ok(u32::from_le_bytes(e.bytes(b))))
            }
            (Kind::I32, SamplesMut::I32(out)) => {
                self.fill(data, frame, out, |b| Ok(i32::from_le_bytes(e.bytes(b))))
            }
            (Kind::F32, SamplesMut::F32(out)) => {
                self.fill(data, frame, out, |b| Ok(f32::from_le_bytes(e.bytes(b))))
            }
            (Kind::F64, SamplesMut::F64(out)) => {
                self.fill(data, frame, out, |b| Ok(f64::from_le_bytes(e.bytes(b))))
            }
            (_, out) => Err(format!("its samples are {}, the recording has {}", e.name(), out.dtype())),
        }
    }

    /// Fills `out` with the samples of a frame that is there, from row `first` on; `None` where they are not dense, or must
    /// be converted.
    pub(crate) fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        first: usize,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        let size = self.element.size();
        if frame >= self.whole || !self.is_dense() || self.element.same() != Some(out.dtype()) {
            return None;
        }
        let at = self.start(frame) + (first * self.frame.row() * size) as u64;
        let read = data.read_exact_at(at, out.bytes()).map_err(|e| e.to_string());
        if !self.element.is_native() {
            out.bytes().chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Some(read)
    }

    pub(crate) fn start(&self, frame: usize) -> u64 {
        self.offset + (self.first + frame * self.strides[0]) as u64 * self.element.size() as u64
    }

    /// Converts every sample of a frame, in the order in which they lie in the file.
    fn fill<T>(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        out: &mut [T],
        convert: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<(), String> {
        let size = self.element.size();
        let start = self.start(frame);
        let FrameShape { height, width, channels } = self.frame;
        let mut axes = [
            (height, self.strides[1], width * channels),
            (width, self.strides[2], channels),
            (channels, self.strides[3], 1),
        ];
        axes.sort_by_key(|&(_, stride, _)| std::cmp::Reverse(stride));
        let [(n0, file0, out0), (n1, file1, out1), (n2, file2, out2)] = axes;
        let mut window = Window::new(data);
        for i in 0..n0 {
            for j in 0..n1 {
                let (from, to) = (i * file0 + j * file1, i * out0 + j * out1);
                for k in 0..n2 {
                    let bytes = window.get(start + ((from + k * file2) * size) as u64, size)?;
                    out[to + k * out2] = convert(bytes)?;
                }
            }
        }
        Ok(())
    }
}

/// Which of its elements is read along each axis that is neither time nor part of a frame; `None` along the others.
fn fixed(
    axes: &Axes,
    shape: &[usize],
    options: &OpenOptions,
    reading: &mut Reading,
) -> Result<Vec<Option<usize>>, String> {
    let mut fixed = Vec::with_capacity(shape.len());
    for (axis, &count) in axes.axes().iter().zip(shape) {
        let number = |asked: Option<usize>| asked.map(|asked| asked.to_string());
        let (option, asked) = match axis {
            Axis::Slice => ("slice", number(options.slice)),
            Axis::Position => ("position", number(options.position)),
            Axis::Channel if options.channel.is_some() => ("channel", options.channel.clone()),
            _ => {
                fixed.push(None);
                continue;
            }
        };
        let names: Vec<String> = match axis {
            Axis::Channel => Channel::defaults(count).into_iter().map(|channel| channel.name).collect(),
            _ => Vec::new(),
        };
        let index = pick(option, asked.as_deref(), count, &names)?;
        let may_be_all = *axis == Axis::Channel;
        reading.one_of.push(OneOf { may_be_all, ..OneOf::new(axis.letter(), Some(index), count, names) });
        fixed.push(Some(index));
    }
    Ok(fixed)
}

/// Sizes and strides (in elements) of `(T, H, W, C)`, the elements before the first, and the number of all.
fn layout(
    header: &Header,
    axes: &Axes,
    fixed: &[Option<usize>],
) -> Result<([usize; 4], [usize; 4], usize, usize), String> {
    let shape = &header.shape;
    let (mut sizes, mut strides) = ([1; 4], [0; 4]);
    let (mut elements, mut first) = (1_usize, 0_usize);
    let mut place = |i: usize| -> Option<()> {
        if let Some(index) = fixed[i] {
            first = first.checked_add(index.checked_mul(elements)?)?;
        } else {
            let slot = axes.axes()[i] as usize;
            (sizes[slot], strides[slot]) = (shape[i], elements);
        }
        elements = elements.checked_mul(shape[i])?;
        Some(())
    };
    let placed = if header.fortran {
        (0..shape.len()).try_for_each(&mut place)
    } else {
        (0..shape.len()).rev().try_for_each(&mut place)
    };
    placed.ok_or_else(|| format!("the shape {} is larger than any file", shape_text(shape)))?;
    Ok((sizes, strides, first, elements))
}

/// Reads elements at rising offsets through one block at a time, or directly where the bytes lie in memory.
struct Window<'a> {
    data: &'a dyn ReadAt,
    slice: Option<&'a [u8]>,
    block: Vec<u8>,
    at: u64,
}

impl<'a> Window<'a> {
    fn new(data: &'a dyn ReadAt) -> Self {
        Self { data, slice: data.as_slice(), block: Vec::new(), at: 0 }
    }

    #[inline]
    fn get(&mut self, offset: u64, size: usize) -> Result<&[u8], String> {
        if let Some(slice) = self.slice {
            let start = offset as usize;
            return slice.get(start..start + size).ok_or_else(|| "the file is cut short".to_owned());
        }
        let end = offset + size as u64;
        if offset < self.at || end > self.at + self.block.len() as u64 {
            let n = self.data.size().saturating_sub(offset).min(BLOCK as u64).max(size as u64);
            self.block.resize(n as usize, 0);
            self.at = offset;
            if let Err(e) = self.data.read_exact_at(offset, &mut self.block) {
                self.block.clear();
                return Err(e.to_string());
            }
        }
        let start = (offset - self.at) as usize;
        Ok(&self.block[start..start + size])
    }
}

/// Integers of 64 bits to a type that holds them exactly.
trait Narrow: Sized {
    fn narrow(value: i128) -> Result<Self, String>;
}

macro_rules! narrow_integers {
    ($($t:ty),*) => {$(
        impl Narrow for $t {
            fn narrow(value: i128) -> Result<Self, String> {
                Self::try_from(value)
                    .map_err(|_| format!("the value {value} does not fit the recording's {}", stringify!($t)))
            }
        }
    )*};
}
narrow_integers!(u8, u16, i16, u32, i32);

macro_rules! narrow_floats {
    ($($t:ty),*) => {$(
        impl Narrow for $t {
            fn narrow(value: i128) -> Result<Self, String> {
                let float = value as $t;
                if float as i128 == value { Ok(float) } else { Err(format!("the value {value} is not exact as {}", stringify!($t))) }
            }
        }
    )*};
}
narrow_floats!(f32, f64);
