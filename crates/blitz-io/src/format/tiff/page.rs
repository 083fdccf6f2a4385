//! One page: what it holds, and its samples.

use std::io::{self, BufReader};

use blitz_core::{Channel, ChannelKind, DType, FrameShape, SamplesMut};
use tiff::decoder::{Decoder, Limits};

use super::ifd::{Header, Ifd, tag};
use super::patched::Patched;
use crate::format::alpha;
use crate::format::contract::ImageSpec;
use crate::read_at::{ReadAt, Stream};

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    None,
    Compressed,
}

/// A page that can be read.
pub(super) struct Page {
    header: Header,
    at: u64,
    photometric_at: Option<(u64, usize)>,
    /// As stored, alpha included.
    pub(super) frame: FrameShape,
    pub(super) dtype: DType,
    pub(super) channels: Vec<Channel>,
    pub(super) inverted: bool,
    coding: Coding,
    planes: usize,
    chunks: Chunks,
}

/// Strips (as wide as the image) or tiles.
struct Chunks {
    width: usize,
    height: usize,
    offsets: Vec<u64>,
    bytes: Vec<u64>,
}

impl Page {
    /// Reads the directory at `at` and checks everything that it claims. Errors are reasons.
    pub(super) fn read(data: &dyn ReadAt, header: Header, at: u64, limit: u64) -> Result<Self, String> {
        let ifd = Ifd::read(data, header, at)?;
        let size = |tag| ifd.required(data, tag).and_then(to_usize);
        let (width, height) = (size(tag::WIDTH)?, size(tag::HEIGHT)?);
        let samples = to_usize(ifd.number(data, tag::SAMPLES, 1)?)?;
        let photometric = ifd.required(data, tag::PHOTOMETRIC)?;
        let colours = match photometric {
            0 | 1 => 1,
            2 => 3,
            3 => return Err("palette TIFF is not read: convert it to grey or RGB".to_owned()),
            5 => return Err("CMYK TIFF is not read: it has no exact RGB values".to_owned()),
            6 => return Err("YCbCr TIFF is not read: convert it to RGB".to_owned()),
            other => return Err(format!("TIFF with photometric interpretation {other} is not read")),
        };
        if samples < colours || samples > 64 {
            return Err(format!("{samples} samples per pixel where {colours} to 64 must stand"));
        }
        let dtype = dtype(&ifd, data)?;
        let frame = FrameShape::new(height, width, samples);
        ImageSpec::check_size(frame, dtype, limit)?;
        let coding = coding(&ifd, data)?;
        if ifd.number(data, tag::FILL_ORDER, 1)? != 1 {
            return Err("TIFF with reversed bit order is not read".to_owned());
        }
        if coding == Coding::None && ifd.number(data, tag::PREDICTOR, 1)? != 1 {
            return Err("a predictor without compression is not read".to_owned());
        }
        let planes = match ifd.number(data, tag::PLANAR, 1)? {
            2 if samples > 1 => samples,
            1 | 2 => 1,
            other => return Err(format!("planar configuration {other} is not known")),
        };
        if planes > 1 && coding == Coding::Compressed {
            return Err(
                "compressed TIFF with separate planes is not read: save it uncompressed or interleaved"
                    .to_owned(),
            );
        }
        let chunks = Chunks::read(&ifd, data, frame, planes)?;
        let page = Self {
            header,
            at,
            photometric_at: ifd.place(tag::PHOTOMETRIC),
            frame,
            dtype,
            channels: channels(&ifd, data, colours, samples)?,
            inverted: photometric == 0,
            coding,
            planes,
            chunks,
        };
        page.check_claim(data.size())?;
        Ok(page)
    }

    /// Refuses sizes that the file's bytes cannot encode.
    fn check_claim(&self, file: u64) -> Result<(), String> {
        /// No compression that is read expands further (a 12-bit LZW code stands for less than 4096 bytes).
        const MOST: u64 = 4096;
        let needed = (self.frame.samples() * self.dtype.size()) as u64;
        let most = if self.coding == Coding::None { file } else { file.saturating_mul(MOST) };
        if needed > most {
            let FrameShape { height, width, .. } = self.frame;
            return Err(format!(
                "the page claims {width} × {height} pixels ({needed} bytes), but the file's {file} bytes cannot hold them"
            ));
        }
        Ok(())
    }

    /// Alpha as the last channel, and its value where it is opaque.
    pub(super) fn alpha(&self) -> Option<f64> {
        let last = self.channels.last().filter(|c| c.kind == ChannelKind::Alpha)?;
        debug_assert_eq!(last.kind, ChannelKind::Alpha, "filtered above");
        Some(self.dtype.full_scale().unwrap_or(1.0))
    }

    /// Decodes all channels into `out`, which has the page's type and size.
    pub(super) fn decode(&self, data: &dyn ReadAt, mut out: SamplesMut<'_>) -> Result<(), String> {
        match self.coding {
            Coding::Compressed => self.decode_compressed(data, out.bytes()),
            Coding::None => {
                self.read_chunks(data, out.bytes())?;
                if self.header.big_endian != cfg!(target_endian = "big") && self.dtype.size() > 1 {
                    out.bytes().chunks_exact_mut(self.dtype.size()).for_each(<[u8]>::reverse);
                }
                Ok(())
            }
        }
    }

    /// Decodes without the last channel, which must be opaque.
    pub(super) fn decode_opaque(
        &self,
        data: &dyn ReadAt,
        full: f64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        let mut samples = blitz_core::Samples::zeros(self.dtype, self.frame.samples());
        self.decode(data, samples.as_mut())?;
        if !alpha::is_opaque(samples.as_ref(), self.frame.channels, full) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        alpha::drop_last(samples.as_ref(), self.frame.channels, out);
        Ok(())
    }

    /// Where the samples lie, if they are one uninterrupted run.
    pub(super) fn run(&self) -> Option<u64> {
        let chunks = &self.chunks;
        let dense = self.coding == Coding::None && self.planes == 1 && chunks.width == self.frame.width;
        let row = (self.frame.row() * self.dtype.size()) as u64;
        let follows = |(i, pair): (usize, &[u64])| {
            pair[0].checked_add(row * chunks.rows(i, self.frame) as u64) == Some(pair[1])
        };
        (dense && chunks.offsets.windows(2).enumerate().all(follows)).then(|| chunks.offsets[0])
    }

    /// Whether bytes must be swapped.
    pub(super) fn big_endian(&self) -> bool {
        self.header.big_endian
    }

    fn read_chunks(&self, data: &dyn ReadAt, out: &mut [u8]) -> Result<(), String> {
        let FrameShape { height, width, channels } = self.frame;
        let pixel = channels / self.planes * self.dtype.size();
        let chunks = &self.chunks;
        let (across, down) = (width.div_ceil(chunks.width), height.div_ceil(chunks.height));
        if self.planes == 1 && chunks.width == width {
            return self.read_strips(data, out, width * pixel);
        }
        let mut block = vec![0; chunks.width * chunks.height * pixel];
        for plane in 0..self.planes {
            for chunk in 0..across * down {
                let index = plane * across * down + chunk;
                let (x, y) = (chunk % across * chunks.width, chunk / across * chunks.height);
                // Strips end with the image, tiles are always whole.
                let rows = if chunks.width == width { chunks.height.min(height - y) } else { chunks.height };
                let block = &mut block[..chunks.width * rows * pixel];
                chunks.check(index, block.len())?;
                data.read_exact_at(chunks.offsets[index], block).map_err(|e| cut(&e))?;
                let columns = chunks.width.min(width - x);
                for (row, line) in block.chunks_exact(chunks.width * pixel).take(height - y).enumerate() {
                    let start = (y + row) * width + x;
                    if self.planes == 1 {
                        out[start * pixel..][..columns * pixel].copy_from_slice(&line[..columns * pixel]);
                    } else {
                        for (i, sample) in line.chunks_exact(pixel).take(columns).enumerate() {
                            let to = ((start + i) * channels + plane) * pixel;
                            out[to..to + pixel].copy_from_slice(sample);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads strips straight into the frame, neighbouring ones at once.
    fn read_strips(&self, data: &dyn ReadAt, out: &mut [u8], row: usize) -> Result<(), String> {
        let chunks = &self.chunks;
        let (mut start, mut end) = (0, 0);
        let mut from = 0_u64;
        for (i, &offset) in chunks.offsets.iter().enumerate() {
            let bytes = chunks.rows(i, self.frame) * row;
            chunks.check(i, bytes)?;
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

    fn decode_compressed(&self, data: &dyn ReadAt, out: &mut [u8]) -> Result<(), String> {
        let patched = Patched { data, patches: self.patches() };
        let mut limits = Limits::default();
        limits.decoding_buffer_size = out.len();
        limits.intermediate_buffer_size = out.len().max(1 << 20) * 2;
        limits.ifd_value_size = 64 << 20;
        let stream = BufReader::new(Stream::new(&patched));
        let mut decoder = Decoder::new(stream).map_err(text)?.with_limits(limits);
        let layout = decoder.image_buffer_layout().map_err(text)?;
        if layout.complete_len != out.len() {
            return Err(format!(
                "the page decodes to {} bytes, {} are expected",
                layout.complete_len,
                out.len()
            ));
        }
        decoder.read_image_bytes(out).map_err(text)
    }

    /// The decoder begins at the file's first page and inverts `MinIsWhite`: it is shown a file whose first page
    /// is this one and whose values are to be taken as they are.
    fn patches(&self) -> Vec<(u64, Vec<u8>)> {
        let number = |value: u64, size: usize| -> Vec<u8> {
            let bytes = value.to_le_bytes();
            let low = bytes[..size].iter().copied();
            if self.header.big_endian { low.rev().collect() } else { low.collect() }
        };
        let mut patches =
            vec![if self.header.big { (8, number(self.at, 8)) } else { (4, number(self.at, 4)) }];
        if self.inverted
            && let Some((at, size)) = self.photometric_at
        {
            patches.push((at, number(1, size)));
        }
        patches
    }
}

impl Chunks {
    fn read(ifd: &Ifd, data: &dyn ReadAt, frame: FrameShape, planes: usize) -> Result<Self, String> {
        let list = |tag: u16| ifd.numbers(data, tag).map(Option::unwrap_or_default);
        let tiled = ifd.numbers(data, tag::TILE_OFFSETS)?.is_some();
        let (width, height, offsets, bytes) = if tiled {
            let size = |tag| ifd.required(data, tag).and_then(to_usize);
            (
                size(tag::TILE_WIDTH)?,
                size(tag::TILE_HEIGHT)?,
                list(tag::TILE_OFFSETS)?,
                list(tag::TILE_BYTES)?,
            )
        } else {
            let rows = ifd.number(data, tag::ROWS_PER_STRIP, frame.height as u64)?;
            let rows = usize::try_from(rows).unwrap_or(usize::MAX).min(frame.height);
            (frame.width, rows, list(tag::STRIP_OFFSETS)?, list(tag::STRIP_BYTES)?)
        };
        // Tiles may be larger than the image, but not absurdly so.
        if width == 0 || height == 0 || width > frame.width.max(1 << 14) || height > frame.height.max(1 << 14)
        {
            return Err(format!("tiles or strips of {width} × {height} pixels"));
        }
        let expected = frame
            .width
            .div_ceil(width)
            .checked_mul(frame.height.div_ceil(height))
            .and_then(|n| n.checked_mul(planes))
            .unwrap_or(usize::MAX);
        if offsets.len() != expected || bytes.len() != expected {
            return Err(format!(
                "{} strips or tiles with {} lengths, {expected} are expected",
                offsets.len(),
                bytes.len()
            ));
        }
        Ok(Self { width, height, offsets, bytes })
    }

    /// Rows of strip `i`.
    fn rows(&self, i: usize, frame: FrameShape) -> usize {
        self.height.min(frame.height - i * self.height)
    }

    fn check(&self, i: usize, needed: usize) -> Result<(), String> {
        if self.bytes[i] < needed as u64 {
            return Err(format!("strip or tile {i} has {} bytes, {needed} are needed", self.bytes[i]));
        }
        Ok(())
    }
}

fn to_usize(value: u64) -> Result<usize, String> {
    u32::try_from(value).map(|n| n as usize).map_err(|_| format!("the size {value} is impossible"))
}

fn dtype(ifd: &Ifd, data: &dyn ReadAt) -> Result<DType, String> {
    let bits = ifd.numbers(data, tag::BITS)?.unwrap_or_else(|| vec![1]);
    let format = ifd.numbers(data, tag::SAMPLE_FORMAT)?.unwrap_or_else(|| vec![1]);
    let same = |values: &[u64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    let (&[bits, ..], &[format, ..], true, true) =
        (bits.as_slice(), format.as_slice(), same(&bits), same(&format))
    else {
        return Err("channels of different depth or type are not read".to_owned());
    };
    match (format, bits) {
        // 4 is "undefined": plain unsigned data.
        (1 | 4, 8) => Ok(DType::U8),
        (1 | 4, 16) => Ok(DType::U16),
        (1 | 4, 32) => Ok(DType::U32),
        (2, 16) => Ok(DType::I16),
        (2, 32) => Ok(DType::I32),
        (3, 32) => Ok(DType::F32),
        (3, 64) => Ok(DType::F64),
        _ => {
            let kind = match format {
                1 | 4 => "unsigned",
                2 => "signed",
                3 => "floating-point",
                _ => "complex or unknown",
            };
            Err(format!(
                "{bits}-bit {kind} samples are not read; 8, 16 and 32 bit unsigned, 16 and 32 bit signed, 32 and 64 bit floating-point are"
            ))
        }
    }
}

fn coding(ifd: &Ifd, data: &dyn ReadAt) -> Result<Coding, String> {
    match ifd.number(data, tag::COMPRESSION, 1)? {
        1 => Ok(Coding::None),
        5 | 8 | 32_773 | 32_946 => Ok(Coding::Compressed),
        other => {
            let name = match other {
                2..=4 => " (fax)",
                6 | 7 => " (JPEG, which is lossy)",
                50_000 => " (Zstandard)",
                50_001 => " (WebP)",
                34_925 => " (LZMA)",
                _ => "",
            };
            Err(format!("TIFF compression {other}{name} is not read; none, LZW, deflate and PackBits are"))
        }
    }
}

fn channels(ifd: &Ifd, data: &dyn ReadAt, colours: usize, samples: usize) -> Result<Vec<Channel>, String> {
    let extra = ifd.numbers(data, tag::EXTRA_SAMPLES)?.unwrap_or_default();
    let mut channels = Channel::defaults(colours);
    for i in 0..samples - colours {
        let is_alpha = matches!(extra.get(i), Some(1 | 2)) && i + 1 == samples - colours;
        channels.push(if is_alpha {
            Channel { name: ChannelKind::Alpha.to_string(), kind: ChannelKind::Alpha }
        } else {
            Channel { name: format!("c{}", colours + i), kind: ChannelKind::Other }
        });
    }
    Ok(channels)
}

fn cut(error: &io::Error) -> String {
    format!("the file is cut short: {error}")
}

fn text(error: tiff::TiffError) -> String {
    match error {
        tiff::TiffError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        other => other.to_string(),
    }
}
