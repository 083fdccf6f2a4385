//! BMP: uncompressed 1-, 4-, 8-bit palette, 24-bit and 32-bit images, as cameras write them.
//!
//! Read here and not by a crate: the pixels lie in the file as they are, and what is not understood exactly
//! (run-length coding with its undefined pixels, 16-bit codes that would have to be scaled) is refused.

use blitz_core::{Channel, DType, FrameShape, SamplesMut};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, check_same_size, differs};
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "BMP",
    title: "BMP",
    suffixes: &["bmp"],
    depth: "1, 4, 8",
    reads: "1 to 8 bit grey and palette, 24 and 32 bit RGB",
    refuses: "run-length coding, 16 bit, alpha",
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"BM"],
    open: |opening| Series::open(opening, &FORMAT, Box::new(BmpCodec)),
};

#[derive(Debug)]
pub(crate) struct BmpCodec;

impl Codec for BmpCodec {
    fn series_name(&self) -> &'static str {
        "BMP files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, limit.saturating_mul(2), |bytes| {
            let image = Image::parse(bytes, limit)?;
            let frame = FrameShape::new(image.height, image.width, image.channels);
            let mut pixels = vec![0; frame.samples()];
            image.spread(frame.channels, &mut pixels)?;
            let mut notes = Vec::new();
            if image.bits <= 8 && image.channels == 1 {
                notes.push(
                    "The palette is a pure grey ramp: its grey values are read as one channel.".to_owned(),
                );
            }
            if image.bits == 32 {
                notes.push("The unused fourth byte of each pixel was dropped.".to_owned());
            }
            Ok(ImageSpec {
                frame,
                dtype: DType::U8,
                channels: Channel::defaults(frame.channels),
                container_bits: 8,
                color_model: if image.bits <= 8 { "palette" } else { "RGB" },
                notes,
            })
        })
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        /// File header, the longest image header and the longest palette.
        const LONGEST: u64 = 14 + 124 + 4 * 256;
        let mut start = vec![0; data.size().min(LONGEST) as usize];
        let read = data.read_exact_at(0, &mut start).map_err(|e| e.to_string());
        Some(read.and_then(|()| {
            let image = Image::header(&start, options.max_frame_bytes)?;
            Ok(Head {
                shape: FrameShape::new(image.height, image.width, image.channels),
                dtype: DType::U8,
                bits: 8,
                has_alpha: false,
                has_palette: image.bits <= 8,
                frames: 1,
                turn: super::orientation::Orientation::default(),
            })
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, limit.saturating_mul(2), |bytes| {
            let image = Image::parse(bytes, limit)?;
            check_same_size(FrameShape::new(image.height, image.width, image.channels), spec.frame)?;
            // A grey palette among colour images still has its colours.
            if image.channels > spec.frame.channels
                || (image.channels < spec.frame.channels && image.bits > 8)
            {
                let name = |n| if n == 1 { "grey" } else { "colour" };
                return Err(differs("the colour model", name(image.channels), name(spec.frame.channels)));
            }
            match out {
                SamplesMut::U8(out) => image.spread(spec.frame.channels, out),
                _ => Err("BMP samples have 8 bits".to_owned()),
            }
        })
    }
}

struct Image<'a> {
    height: usize,
    width: usize,
    /// Colour channels: 1 for a grey palette, otherwise 3.
    channels: usize,
    bits: usize,
    /// Rows are stored from the bottom up.
    bottom_up: bool,
    palette: Vec<[u8; 3]>,
    /// First byte of the rows.
    pixels_at: usize,
    /// Rows, each padded to four bytes.
    rows: &'a [u8],
    stride: usize,
}

impl<'a> Image<'a> {
    fn parse(bytes: &'a [u8], limit: u64) -> Result<Self, String> {
        let mut image = Self::header(bytes, limit)?;
        let needed = image.stride.checked_mul(image.height).ok_or("the image is too large")?;
        image.rows = bytes.get(image.pixels_at..).and_then(|rest| rest.get(..needed)).ok_or_else(|| {
            format!(
                "the file is cut short: its pixels need {needed} bytes from byte {} on, it has {}",
                image.pixels_at,
                bytes.len()
            )
        })?;
        Ok(image)
    }

    /// All but the pixels.
    fn header(bytes: &'a [u8], limit: u64) -> Result<Self, String> {
        FORMAT.check_start(&bytes)?;
        let u16_at = |at: usize| field::<2>(bytes, at).map(u16::from_le_bytes);
        let u32_at = |at: usize| field::<4>(bytes, at).map(u32::from_le_bytes);
        let pixels_at = u32_at(10)? as usize;
        let header = u32_at(14)? as usize;
        let (width, height, bits, compression, used) = match header {
            12 => (i64::from(u16_at(18)?), i64::from(u16_at(20)?), u16_at(24)?, 0, 0),
            40 | 52 | 56 | 64 | 108 | 124 => (
                i64::from(field::<4>(bytes, 18).map(i32::from_le_bytes)?),
                i64::from(field::<4>(bytes, 22).map(i32::from_le_bytes)?),
                u16_at(28)?,
                u32_at(30)?,
                u32_at(46)? as usize,
            ),
            _ => return Err(format!("a BMP header of {header} bytes is not known")),
        };
        let bits = usize::from(bits);
        check_coding(bytes, header, compression, bits)?;
        let bottom_up = height > 0;
        let (Ok(width), Ok(height)) = (usize::try_from(width), usize::try_from(height.unsigned_abs())) else {
            return Err(format!("the header claims a width of {width} pixels"));
        };
        ImageSpec::check_size(FrameShape::new(height, width, 3), DType::U8, limit)?;
        let stride = (width * bits).div_ceil(32) * 4;
        let palette = if bits <= 8 {
            let entry = if header == 12 { 3 } else { 4 };
            let colours = if used == 0 { 1 << bits } else { used };
            if colours > 1 << bits {
                return Err(format!("the palette claims {colours} colours for {bits}-bit indices"));
            }
            let table = bytes
                .get(14 + header..14 + header + colours * entry)
                .ok_or("the file is cut short in its palette")?;
            table.chunks_exact(entry).map(|c| [c[2], c[1], c[0]]).collect()
        } else {
            Vec::new()
        };
        let grey = bits <= 8 && palette.iter().all(|&[r, g, b]| r == g && g == b);
        let channels = if grey { 1 } else { 3 };
        Ok(Self { height, width, channels, bits, bottom_up, palette, pixels_at, rows: &[], stride })
    }

    /// Writes the pixels, top row first, as `channels` values (1 only for a grey palette).
    fn spread(&self, channels: usize, out: &mut [u8]) -> Result<(), String> {
        for (y, row) in out.chunks_exact_mut(self.width * channels).enumerate() {
            let stored = if self.bottom_up { self.height - 1 - y } else { y };
            let line = &self.rows[stored * self.stride..][..self.stride];
            if self.bits > 8 {
                for (pixel, bgr) in row.chunks_exact_mut(3).zip(line.chunks_exact(self.bits / 8)) {
                    pixel.copy_from_slice(&[bgr[2], bgr[1], bgr[0]]);
                }
                continue;
            }
            for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let bit = x * self.bits;
                let index = usize::from(line[bit / 8] >> (8 - self.bits - bit % 8)) & ((1 << self.bits) - 1);
                let entry = self.palette.get(index).ok_or_else(|| {
                    format!(
                        "a pixel has palette index {index}, the palette has {} colours",
                        self.palette.len()
                    )
                })?;
                pixel.copy_from_slice(&entry[..channels]);
            }
        }
        Ok(())
    }
}

/// Refuses codings whose values are not simply there.
fn check_coding(bytes: &[u8], header: usize, compression: u32, bits: usize) -> Result<(), String> {
    const NONE: u32 = 0;
    const RLE8: u32 = 1;
    const RLE4: u32 = 2;
    const BITFIELDS: u32 = 3;
    match (compression, bits) {
        (NONE, 1 | 4 | 8 | 24 | 32) => Ok(()),
        (RLE8 | RLE4, _) => Err("run-length coded BMP is not read: save it uncompressed".to_owned()),
        (NONE | BITFIELDS, 16) => {
            Err("16-bit BMP (5 bits per colour) is not read: its values would have to be scaled".to_owned())
        }
        (BITFIELDS, 32) if header >= 40 => {
            let mask = |i: usize| field::<4>(bytes, 54 + 4 * i).map(u32::from_le_bytes);
            let alpha = if header >= 56 { mask(3)? } else { 0 };
            if (mask(0)?, mask(1)?, mask(2)?) != (0x00ff_0000, 0x0000_ff00, 0x0000_00ff) {
                return Err("32-bit BMP with unusual colour masks is not read".to_owned());
            }
            if alpha != 0 {
                return Err("BMP with an alpha channel is not read: save it as PNG".to_owned());
            }
            Ok(())
        }
        _ => Err(format!("BMP with {bits} bits per pixel and compression {compression} is not read")),
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    bytes
        .get(at..at + N)
        .and_then(|b| b.try_into().ok())
        .ok_or_else(|| "the file is cut short in its header".to_owned())
}
