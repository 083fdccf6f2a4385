//! One page: what it holds, and its samples.

use std::io;
use std::ops::Range;

use blitz_core::{Channel, ChannelKind, DType, FrameShape, Samples, SamplesMut};

use super::chunks::{Chunks, Layout};
use super::codec::mismatch;
use super::colours::{Meaning, Photometric};
use super::compression::{self, Coding, Predictor};
use super::ifd::{Header, Ifd, tag};
use super::load::Scratch;
use super::palette::Palette;
use super::pictures;
use super::sample::{Kind, Stored};
use super::ycbcr::{self, YCbCr};
use crate::format::alpha;
use crate::format::contract::ImageSpec;
use crate::format::npy::{ComplexPart, WideRange};
use crate::format::orientation::Orientation;
use crate::read_at::ReadAt;
use crate::source::OpenOptions;

/// What of the person's options concerns a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    /// Most bytes of a frame.
    pub(super) limit: u64,
    /// Whether pages stay as they are stored, although the file asks for them to be turned.
    pub(super) stored: bool,
    /// Whether a page is refused that may be no frame. A lone page is the image in any case.
    pub(super) one_of_many: bool,
    /// Which real number to take of complex samples.
    pub(super) complex: Option<ComplexPart>,
}

impl From<&OpenOptions> for Wishes {
    fn from(options: &OpenOptions) -> Self {
        Self {
            limit: options.max_frame_bytes,
            stored: options.stored_orientation,
            one_of_many: false,
            complex: options.complex,
        }
    }
}

/// A page that can be read.
pub(super) struct Page {
    pub(super) big_endian: bool,
    /// As it stands, alpha included.
    pub(super) frame: FrameShape,
    pub(super) dtype: DType,
    pub(super) channels: Vec<Channel>,
    /// Name of the colour model where it is not RGB.
    pub(super) model: &'static str,
    pub(super) inverted: bool,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    pub(super) stored: Stored,
    pub(super) coding: Coding,
    pub(super) predictor: Predictor,
    /// Whether the bits of each byte are reversed.
    pub(super) reversed: bool,
    pub(super) planes: usize,
    pub(super) ycbcr: Option<YCbCr>,
    /// As it is stored: not turned, codes instead of colours.
    pub(super) raw: FrameShape,
    pub(super) palette: Option<Palette>,
    pub(super) turn: Orientation,
    pub(super) chunks: Chunks,
    /// Parts of the file that belong to the directory.
    pub(super) occupied: Vec<Range<u64>>,
}

impl Page {
    /// Reads the directory at `at` and checks everything that it claims. Errors are reasons.
    pub(super) fn read(data: &dyn ReadAt, header: Header, at: u64, wishes: Wishes) -> Result<Self, String> {
        let ifd = Ifd::read(data, header, at)?;
        if wishes.one_of_many {
            ifd.check_purpose(data)?;
        }
        let size = |tag| ifd.required(data, tag).and_then(to_usize);
        let (width, height) = (size(tag::WIDTH)?, size(tag::HEIGHT)?);
        let samples = to_usize(ifd.number(data, tag::SAMPLES, 1)?)?;
        let mut notes = Vec::new();
        let meaning = Meaning::read(&ifd, data, samples, &mut notes)?;
        let colours = meaning.channels.len();
        if samples < colours || samples > 64 {
            return Err(format!("{samples} samples per pixel where {colours} to 64 must stand"));
        }
        let stored = Stored::read(&ifd, data, wishes.complex)?;
        let raw = FrameShape::new(height, width, samples);
        let palette = if meaning.photometric == Photometric::Palette {
            let palette = Palette::read(&ifd, data, stored, samples)?;
            if palette.is_none() {
                notes.push("All colours of the file's palette are equal; values are the codes.".to_owned());
            }
            palette
        } else {
            None
        };
        notes.extend(palette.as_ref().and_then(|p| p.note.clone()));
        let dtype = palette.as_ref().map_or_else(|| stored.dtype().unwrap_or(DType::F64), |p| p.dtype);
        let channels = match &palette {
            Some(palette) => Channel::defaults(palette.channels),
            None => meaning.with_extra(&ifd, data, samples)?,
        };
        let turn = turn(&ifd, data, wishes, &mut notes)?;
        let frame = turn.shape(FrameShape { channels: channels.len(), ..raw });
        ImageSpec::check_size(frame, dtype, wishes.limit)?;
        let planes = match ifd.number(data, tag::PLANAR, 1)? {
            2 if samples > 1 => samples,
            1 | 2 => 1,
            other => return Err(format!("planar configuration {other} is not known")),
        };
        let is_ycbcr = meaning.photometric == Photometric::YCbCr;
        if is_ycbcr && (planes > 1 || stored.kind != Kind::Unsigned || stored.bits != 8) {
            return Err("YCbCr is read with 8 bit and in one plane only: convert it to RGB".to_owned());
        }
        let of = compression::Samples { stored, channels: samples, planes, is_ycbcr, limit: wishes.limit };
        let coding = Coding::read(&ifd, data, &of)?;
        // JPEG becomes RGB by itself.
        let ycbcr = match coding {
            Coding::Jpeg(_) | Coding::WebP => None,
            _ if is_ycbcr => Some(YCbCr::read(&ifd, data)?),
            _ => None,
        };
        let reversed = match ifd.number(data, tag::FILL_ORDER, 1)? {
            1 => false,
            // Bytes of JPEG have one order alone.
            2 => !matches!(coding, Coding::Jpeg(_)),
            other => return Err(format!("fill order {other} is not known; 1 and 2 are")),
        };
        let predictor = Predictor::read(&ifd, data, &coding, stored)?;
        let units = ycbcr.as_ref().map(|ycbcr| ycbcr.units);
        if predictor != Predictor::None && units.is_some_and(|units| !units.is_single()) {
            return Err("a predictor with pixels that share their chroma is not read".to_owned());
        }
        let chunks = if ifd.number(data, tag::COMPRESSION, 1)? == OLD_JPEG {
            let at = ifd.required(data, tag::JPEG_OFFSET)?;
            let rest = data.size().saturating_sub(at);
            let bytes = ifd.number(data, tag::JPEG_BYTES, rest)?;
            Chunks::whole(raw, at, if bytes == 0 { rest } else { bytes })
        } else {
            Chunks::read(&ifd, data, &Layout { frame: raw, planes, stored, coding: &coding, units })?
        };
        notes.extend(is_ycbcr.then(|| ycbcr::NOTE.to_owned()));
        match coding {
            Coding::Jpeg(_) => notes.push(JPEG_NOTE.to_owned()),
            Coding::WebP if pictures::is_lossy_webp(data, chunks.offsets[0]) => {
                notes.push("The file holds WebP that may be lossy: values may differ from those the camera measured.".to_owned());
            }
            _ => {}
        }
        let page = Self {
            big_endian: header.big_endian,
            frame,
            dtype,
            channels,
            model: meaning.model,
            inverted: meaning.photometric == Photometric::WhiteIsZero,
            notes,
            stored,
            coding,
            predictor,
            ycbcr,
            reversed,
            planes,
            raw,
            palette,
            turn,
            chunks,
            occupied: ifd.occupied(),
        };
        page.check_claim(data.size())?;
        Ok(page)
    }

    /// Refuses sizes that the file's bytes cannot encode.
    fn check_claim(&self, file: u64) -> Result<(), String> {
        let row = self.stored.bytes(self.raw.row()).unwrap_or(usize::MAX) as u64;
        let needed = row.saturating_mul(self.raw.height as u64);
        // Pixels that share their chroma take a third of what RGB does, at least.
        let shared = if self.ycbcr.is_some() { 3 } else { 1 };
        let most = file.saturating_mul(shared).saturating_mul(self.coding.most_expansion(row));
        if needed > most {
            let FrameShape { height, width, .. } = self.raw;
            return Err(format!(
                "the page claims {width} × {height} pixels ({needed} bytes), but the file's {file} bytes cannot hold them"
            ));
        }
        Ok(())
    }

    /// Bits per value.
    pub(super) fn container_bits(&self) -> u32 {
        self.palette.as_ref().map_or(self.stored.bits, |p| p.dtype.bits())
    }

    /// The value of opaque alpha, where the last channel is alpha or may be: many programs write that of RGB without
    /// saying what it is.
    pub(super) fn alpha(&self) -> Option<f64> {
        let last = self.channels.last()?;
        let fourth = self.channels.len() == 4 && Channel::is_rgb(&self.channels[..3]);
        (last.kind == ChannelKind::Alpha || fourth).then(|| self.stored.full())
    }

    /// Decodes all channels into `out`, which has the page's type and size.
    pub(super) fn decode(&self, data: &dyn ReadAt, mut out: SamplesMut<'_>) -> Result<(), String> {
        if self.turn.is_identity() {
            return self.decode_stored(data, out.bytes());
        }
        let mut samples = Samples::zeros(self.dtype, self.frame.samples());
        self.decode_stored(data, samples.as_mut().bytes())?;
        let lying = FrameShape { channels: self.frame.channels, ..self.raw };
        self.turn.apply(samples.as_ref(), lying, out);
        Ok(())
    }

    /// Decodes without the last channel, which must be opaque.
    pub(super) fn decode_opaque(
        &self,
        data: &dyn ReadAt,
        full: f64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        let mut samples = Samples::zeros(self.dtype, self.frame.samples());
        self.decode(data, samples.as_mut())?;
        if !alpha::is_opaque(samples.as_ref(), self.frame.channels, full) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        alpha::drop_last(samples.as_ref(), self.frame.channels, out);
        Ok(())
    }

    /// Bytes of the samples, if they are one uninterrupted run of bytes.
    fn run(&self) -> Option<(u64, u64)> {
        let chunks = &self.chunks;
        let dense = self.coding.is_none() && self.ycbcr.is_none() && chunks.width == self.raw.width;
        let bytes = |i| (chunks.row * chunks.rows(i, self.raw, self.planes)) as u64;
        let follows = |(i, pair): (usize, &[u64])| pair[0].checked_add(bytes(i)) == Some(pair[1]);
        let total = (0..chunks.offsets.len()).map(bytes).sum();
        (dense && chunks.offsets.windows(2).enumerate().all(follows)).then(|| (chunks.offsets[0], total))
    }

    /// How many strips or tiles it has.
    pub(super) fn strips(&self) -> usize {
        self.chunks.offsets.len()
    }

    /// Where its samples begin, if they are one run of what the recording holds, in this machine's order; `None` where they
    /// must be decoded.
    ///
    /// # Errors
    /// Why decoding would fail.
    pub(super) fn place(&self, spec: &ImageSpec, file: u64) -> Result<Option<u64>, String> {
        if let Some(reason) = mismatch(self, spec) {
            return Err(reason);
        }
        let is_native = self.big_endian == cfg!(target_endian = "big") || self.stored.unit() == Some(1);
        let is_same = (self.frame, self.dtype) == (spec.frame, spec.dtype) && self.channels == spec.channels;
        let is_as_needed =
            self.turn.is_identity() && self.is_plain() && self.is_uncompressed() && !self.reversed;
        let Some((start, _)) = self.run().filter(|_| is_native && is_same && is_as_needed) else {
            return Ok(None);
        };
        self.check_strips(file).map(|()| Some(start))
    }

    /// How many images like this one lie one behind the other, and whether they reach to the file's end and not only to
    /// the directory. 1 where they are no run.
    pub(super) fn images_behind(&self, file: u64) -> (usize, bool) {
        let Some((start, bytes)) = self.run() else { return (1, false) };
        if self.occupied.iter().any(|part| part.start < start && part.end > start) {
            return (1, false);
        }
        let obstacle =
            self.occupied.iter().map(|part| part.start).filter(|&at| at >= start && at < file).min();
        let images = obstacle.unwrap_or(file).saturating_sub(start) / bytes.max(1);
        (usize::try_from(images).unwrap_or(usize::MAX).max(1), obstacle.is_none())
    }

    /// As it is stored: not turned, codes instead of colours.
    pub(super) fn raw(&self) -> FrameShape {
        self.raw
    }

    /// The page whose samples lie `images` images behind this one's.
    pub(super) fn behind(mut self, images: usize) -> Self {
        let by = self.run().map_or(0, |(_, bytes)| bytes.saturating_mul(images as u64));
        self.chunks.offsets.iter_mut().for_each(|at| *at = at.saturating_add(by));
        self
    }

    /// Adds the values of all 64-bit integers to `range`.
    pub(super) fn add_range(&self, data: &dyn ReadAt, range: &mut WideRange) -> Result<(), String> {
        self.rows(data, |_, samples, row| {
            self.stored.add_range(row, samples, range);
            Ok(())
        })
    }

    /// Decodes as it is stored: not turned.
    fn decode_stored(&self, data: &dyn ReadAt, out: &mut [u8]) -> Result<(), String> {
        let FrameShape { height, channels, .. } = self.raw;
        if self.is_plain() {
            if self.is_uncompressed() {
                return self.read_rows(data, 0..height, out);
            }
            let mut scratch = Scratch::default();
            let strip = self.chunks.height * self.chunks.row;
            for (i, out) in out.chunks_mut(strip).enumerate() {
                self.load(data, i, out, &mut scratch)?;
            }
            return Ok(());
        }
        let size = self.dtype.size();
        let (planes, big_endian) = (self.planes, self.big_endian);
        let mut line = Vec::new();
        self.rows(data, |at, samples, row| {
            if let Some(palette) = &self.palette {
                let codes = self.stored.dtype().unwrap_or(DType::U8);
                line.resize(samples * codes.size(), 0);
                self.stored.spread(row, big_endian, codes, &mut line)?;
                let pixel = palette.channels * size;
                let start = (at.y * self.raw.width + at.x) * pixel;
                return palette.apply(&line, codes.size(), &mut out[start..start + samples * pixel]);
            }
            let start = (at.y * self.raw.width + at.x) * channels * size;
            if planes == 1 {
                return self.stored.spread(
                    row,
                    big_endian,
                    self.dtype,
                    &mut out[start..start + samples * size],
                );
            }
            line.resize(samples * size, 0);
            self.stored.spread(row, big_endian, self.dtype, &mut line)?;
            let pixels = out[start..].chunks_mut(channels * size);
            for (to, from) in pixels.zip(line.chunks_exact(size)) {
                to[at.plane * size..][..size].copy_from_slice(from);
            }
            Ok(())
        })?;
        debug_assert_eq!(out.len(), height * self.raw.width * self.frame.channels * size, "all is written");
        Ok(())
    }

    /// Whether strips hold the samples as they are needed.
    fn is_plain(&self) -> bool {
        self.planes == 1
            && self.palette.is_none()
            && self.chunks.width == self.raw.width
            && self.stored.is_plain(self.dtype)
    }

    fn is_uncompressed(&self) -> bool {
        self.coding.is_none() && self.predictor == Predictor::None && self.ycbcr.is_none()
    }

    /// Decodes rows of a page that neither has to be turned nor is compressed; of others the rest may be damaged, so the
    /// whole page must be decoded (`None`).
    pub(super) fn decode_rows(
        &self,
        data: &dyn ReadAt,
        rows: Range<usize>,
        out: &mut [u8],
    ) -> Option<Result<(), String>> {
        (self.turn.is_identity() && self.is_plain() && self.is_uncompressed())
            .then(|| self.check_strips(data.size()).and_then(|()| self.read_rows(data, rows, out)))
    }

    fn read_rows(&self, data: &dyn ReadAt, rows: Range<usize>, out: &mut [u8]) -> Result<(), String> {
        self.read_strips(data, rows, out)?;
        self.mend_bits(out);
        self.swap(out);
        Ok(())
    }

    /// Checks that the file holds every strip.
    fn check_strips(&self, file: u64) -> Result<(), String> {
        let chunks = &self.chunks;
        for (i, offset) in chunks.offsets.iter().enumerate() {
            let bytes = chunks.rows(i, self.raw, 1) * chunks.row;
            chunks.check(i, bytes)?;
            if offset.saturating_add(bytes as u64) > file {
                return Err("the file is cut short".to_owned());
            }
        }
        Ok(())
    }

    /// Reads rows of strips straight into `out`, neighbouring strips at once.
    fn read_strips(&self, data: &dyn ReadAt, rows: Range<usize>, out: &mut [u8]) -> Result<(), String> {
        let chunks = &self.chunks;
        let (mut start, mut end) = (0, 0);
        let mut from = 0_u64;
        for (i, &offset) in chunks.offsets.iter().enumerate() {
            let first = i * chunks.height;
            let whole = chunks.rows(i, self.raw, 1);
            chunks.check(i, whole * chunks.row)?;
            let part = rows.start.max(first)..rows.end.min(first + whole);
            if part.is_empty() {
                continue;
            }
            let offset = offset.saturating_add(((part.start - first) * chunks.row) as u64);
            let bytes = part.len() * chunks.row;
            if end > start && from.checked_add((end - start) as u64) != Some(offset) {
                data.read_exact_at(from, &mut out[start..end]).map_err(|e| cut(&e))?;
                start = end;
            }
            if start == end {
                from = offset;
            }
            end += bytes;
        }
        data.read_exact_at(from, &mut out[start..end]).map_err(|e| cut(&e))
    }
}

/// Code of the compression that TIFF 6 replaced.
const OLD_JPEG: u64 = 6;

const JPEG_NOTE: &str = "The file holds JPEG, which is lossy: values differ from those the camera measured.";

pub(super) fn to_usize(value: u64) -> Result<usize, String> {
    u32::try_from(value).map(|n| n as usize).map_err(|_| format!("the size {value} is impossible"))
}

fn turn(
    ifd: &Ifd,
    data: &dyn ReadAt,
    wishes: Wishes,
    notes: &mut Vec<String>,
) -> Result<Orientation, String> {
    let value = ifd.number(data, tag::ORIENTATION, 1)?;
    let Some(turn) = Orientation::of_tag(value) else {
        notes.push(format!(
            "The file has the orientation {value}, 1 to 8 are known; pictures are kept as they are stored."
        ));
        return Ok(Orientation::default());
    };
    if wishes.stored || turn.is_identity() {
        return Ok(Orientation::default());
    }
    notes.push(format!(
        "Pictures are {}, as the file asks for (orientation {value}; --orientation stored leaves them).",
        turn.describe()
    ));
    Ok(turn)
}

pub(super) fn cut(error: &io::Error) -> String {
    format!("the file is cut short: {error}")
}
