//! TIFF: pages one after the other, uncompressed, every element type, `BigTIFF` above 4 GB.
//!
//! The samples of all pages lie one behind the other, as `ImageJ` expects of a stack. The first directory lies before
//! them, with `ImageJ`'s description (frames, interval, unit, range of values), the others behind.

use std::io::{self, SeekFrom};

use blitz_core::{DType, FrameShape, SamplesRef, with_samples};

use super::WriteSpec;
use super::body::{Body, WriteSeek};
use super::imagej::{self, Facts};
use super::scales::Scales;

const SHORT: u16 = 3;
const LONG: u16 = 4;
const ASCII: u16 = 2;
const RATIONAL: u16 = 5;
const LONG8: u16 = 16;

/// Bytes of the description for which there is room before the samples.
const TEXT_ROOM: usize = 1024;

pub(super) struct TiffBody {
    dtype: DType,
    frame: FrameShape,
    big: bool,
    description: Option<String>,
    scales: Scales,
    /// Smallest and largest value.
    range: Option<(f64, f64)>,
    /// Which of the frames that were announced or left out each page is.
    places: Vec<usize>,
    seen: usize,
}

impl TiffBody {
    pub(super) fn new(spec: &WriteSpec) -> Result<Self, String> {
        let FrameShape { height, width, channels } = spec.frame;
        if u32::try_from(height).is_err() || u32::try_from(width).is_err() || channels > 64 {
            return Err(format!(
                "TIFF cannot hold {width} × {height} pixels of {channels} channels; .npy can"
            ));
        }
        let page = spec.frame_bytes().saturating_add(4096);
        let total = spec.frames.map(|frames| page.saturating_mul(frames as u64));
        // Without a known end the larger offsets are the only safe choice.
        let big = total.is_none_or(|total| total > 4_200_000_000);
        Ok(Self {
            dtype: spec.dtype,
            frame: spec.frame,
            big,
            description: spec.description.clone(),
            scales: spec.scales.clone(),
            range: None,
            places: Vec::new(),
            seen: 0,
        })
    }

    fn header_bytes(&self) -> u64 {
        if self.big { 16 } else { 8 }
    }

    /// Where samples begin: behind the header and room for the first directory.
    fn samples_at(&self) -> u64 {
        let (directory, _) = self.directory(self.header_bytes(), 0, Some(&" ".repeat(TEXT_ROOM)));
        (self.header_bytes() + directory.len() as u64).next_multiple_of(8)
    }

    /// Directory that begins at `at`, for samples at `data`, and the offset of its pointer to the next one.
    fn directory(&self, at: u64, data: u64, text: Option<&str>) -> (Vec<u8>, usize) {
        let FrameShape { height, width, channels } = self.frame;
        let bytes = (self.frame.samples() * self.dtype.size()) as u64;
        let short = |tag: u16, value: u16| (tag, SHORT, vec![u64::from(value)]);
        let long = |tag: u16, value: usize| (tag, LONG, vec![value as u64]);
        let format = match self.dtype {
            DType::U8 | DType::U16 | DType::U32 => 1,
            DType::I16 | DType::I32 => 2,
            DType::F32 | DType::F64 => 3,
        };
        let (photometric, extra): (u16, Vec<u64>) = match channels {
            1 => (1, vec![]),
            2 => (1, vec![2]),
            3 => (2, vec![]),
            4 => (2, vec![2]),
            n => (1, vec![0; n - 1]),
        };
        let offset_type = if self.big { LONG8 } else { LONG };
        let mut entries = vec![
            long(254, 0),
            long(256, width),
            long(257, height),
            (258, SHORT, vec![u64::from(self.dtype.bits()); channels]),
            short(259, 1),
            short(262, photometric),
            (273, offset_type, vec![data]),
            short(277, channels as u16),
            long(278, height),
            (279, offset_type, vec![bytes]),
            short(284, 1),
        ];
        if let Some(text) = text {
            let text = text.bytes().filter(|&b| b != 0).chain([0]).map(u64::from).collect();
            entries.insert(6, (270, ASCII, text));
        }
        if let Some((_, (num, den))) = self.scales.pixel_size.and_then(imagej::resolution) {
            let at = entries.partition_point(|entry| entry.0 < 282);
            let across = vec![u64::from(num), u64::from(den)];
            entries.insert(at, (282, RATIONAL, across.clone()));
            entries.insert(at + 1, (283, RATIONAL, across));
            entries.push(short(296, 1));
        }
        if !extra.is_empty() {
            entries.push((338, SHORT, extra));
        }
        entries.push((339, SHORT, vec![format; channels]));
        self.encode(at, &entries)
    }

    fn encode(&self, at: u64, entries: &[(u16, u16, Vec<u64>)]) -> (Vec<u8>, usize) {
        let (count, entry, room) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let pointer = count + entries.len() * entry;
        let mut extra_at = at + (pointer + room) as u64;
        let mut extra = Vec::new();
        let mut out = Vec::new();
        self.number(&mut out, entries.len() as u64, count);
        for (tag, kind, values) in entries {
            // A fraction is two numbers.
            let (size, per_value) = match *kind {
                ASCII => (1, 1),
                SHORT => (2, 1),
                LONG => (4, 1),
                RATIONAL => (4, 2),
                _ => (8, 1),
            };
            out.extend(tag.to_ne_bytes());
            out.extend(kind.to_ne_bytes());
            self.number(&mut out, (values.len() / per_value) as u64, room);
            let mut bytes = Vec::new();
            for &value in values {
                self.number(&mut bytes, value, size);
            }
            if bytes.len() <= room {
                bytes.resize(room, 0);
                out.extend(bytes);
            } else {
                self.number(&mut out, extra_at, room);
                bytes.resize(bytes.len().next_multiple_of(2), 0);
                extra_at += bytes.len() as u64;
                extra.extend(bytes);
            }
        }
        self.number(&mut out, 0, room);
        out.extend(extra);
        (out, pointer)
    }

    /// An unsigned number of `size` bytes in this machine's order (which the file's header states).
    #[allow(clippy::unused_self, reason = "reads as part of the encoder")]
    fn number(&self, out: &mut Vec<u8>, value: u64, size: usize) {
        match size {
            1 => out.push(value as u8),
            2 => out.extend((value as u16).to_ne_bytes()),
            4 => out.extend((value as u32).to_ne_bytes()),
            _ => out.extend(value.to_ne_bytes()),
        }
    }

    fn pointer_bytes(&self, value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.number(&mut bytes, value, if self.big { 8 } else { 4 });
        bytes
    }
}

impl Body for TiffBody {
    fn begin(&mut self, out: &mut dyn WriteSeek) -> io::Result<()> {
        let mut header = if cfg!(target_endian = "big") { b"MM".to_vec() } else { b"II".to_vec() };
        if self.big {
            header.extend(43_u16.to_ne_bytes());
            header.extend(8_u16.to_ne_bytes());
            header.extend(0_u16.to_ne_bytes());
        } else {
            header.extend(42_u16.to_ne_bytes());
        }
        // The first directory's place, then room for it; samples begin behind, eight-aligned for every type.
        header.extend(self.pointer_bytes(0));
        header.resize(self.samples_at() as usize, 0);
        out.write_all(&header)
    }

    fn frame(&mut self, out: &mut dyn WriteSeek, frame: SamplesRef<'_>) -> io::Result<()> {
        out.write_all(frame.bytes())?;
        let (low, high) = with_samples!(frame, samples => {
            let values = samples.iter().map(|v| v.to_f64()).filter(|v| v.is_finite());
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        });
        if low <= high {
            let (before_low, before_high) = self.range.unwrap_or((low, high));
            self.range = Some((before_low.min(low), before_high.max(high)));
        }
        self.places.push(self.seen);
        self.seen += 1;
        Ok(())
    }

    fn skip(&mut self) {
        self.seen += 1;
    }

    fn end(&mut self, out: &mut dyn WriteSeek, frames: usize) -> io::Result<()> {
        let bytes = (self.frame.samples() * self.dtype.size()) as u64;
        let start = self.samples_at();
        let end = start + bytes * frames as u64;
        let mut at = end.next_multiple_of(8);
        out.write_all(&[0; 8][..(at - end) as usize])?;
        let facts = Facts {
            frames,
            time: self.scales.at(&self.places),
            pixel_size: self.scales.pixel_size,
            unit: self.scales.unit.as_deref(),
            range: self.range.filter(|_| self.frame.channels == 1),
            description: self.description.as_deref(),
        };
        let text = facts.text();
        // Before the samples, so that a file that is cut later still says what it holds; behind them where the times of
        // frames take more room.
        let front = self.header_bytes();
        let (mut directory, pointer) = self.directory(front, start, Some(&text));
        let is_front = directory.len() as u64 <= start - front;
        let first = if is_front { front } else { at };
        if is_front {
            if frames > 1 {
                let link = self.pointer_bytes(at);
                directory[pointer..pointer + link.len()].copy_from_slice(&link);
            }
            out.seek(SeekFrom::Start(front))?;
            out.write_all(&directory)?;
            out.seek(SeekFrom::Start(at))?;
        }
        for page in usize::from(is_front)..frames {
            let text = (page == 0).then_some(text.as_str());
            let (mut directory, pointer) = self.directory(at, start + bytes * page as u64, text);
            directory.resize(directory.len().next_multiple_of(8), 0);
            at += directory.len() as u64;
            if !self.big && at > u64::from(u32::MAX) {
                return Err(io::Error::other("the file grew above 4 GB, more than was announced"));
            }
            if page + 1 < frames {
                let link = self.pointer_bytes(at);
                directory[pointer..pointer + link.len()].copy_from_slice(&link);
            }
            out.write_all(&directory)?;
        }
        let link = self.pointer_bytes(first);
        out.seek(SeekFrom::Start(if self.big { 8 } else { 4 }))?;
        out.write_all(&link)?;
        out.seek(SeekFrom::Start(at))?;
        out.flush()
    }
}
