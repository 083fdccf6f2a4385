//! PNG: every bit depth, grey, palette, colour, alpha, interlaced.
//!
//! Values are those of the file: no gamma, no colour profile, no scaling of sub-byte grey. Checksums are verified; damage
//! that says nothing of the pixels is noted. Pictures are turned as EXIF asks. A palette that is a pure grey ramp is one channel. Alpha that is opaque everywhere is dropped and
//! noted; other alpha is kept as a channel. Which of the two holds is decided on the first frame.

use std::io::Cursor;

use blitz_core::{Channel, DType, FrameShape, Samples, SamplesMut};
use png::{BitDepth, ColorType, DecodeOptions, Decoder, Limits, Reader};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, TAKEN, TIME, check_same_size, differs};
use super::orientation::Orientation;
use super::png_chunks::{self, Chunks, check_claim};
use super::png_palette::{packed, read_key, read_palette, spread_palette};
use super::scratch::with_scratch;
use super::{alpha, animation, png_facts};
use crate::facts::Facts;
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;

/// Bytes of the largest picture that is decoded to look at what it is.
const TRIED: usize = 64 << 20;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "PNG",
    title: "PNG",
    suffixes: &["png"],
    depth: "1, 2, 4, 8, 16",
    reads: "1, 2, 4, 8, 16 bit; grey, palette, RGB, alpha; interlaced; animations as time with their delays; single \
            pictures turned as EXIF asks (`--orientation stored` leaves it)",
    refuses: "",
    holds_several: false,
    data_sets: "the frames of an animation, or a frame in each file of a series in natural order",
    writes: "8 and 16 bit values, or pictures with colour map",
    metadata: &[TIME, TAKEN],
    grain: Grain::Frame,
    signatures: &[b"\x89PNG\r\n\x1a\n"],
    open: |opening| match &opening.files[..] {
        [file] if animation::apng::is_animated(&file.path) => {
            animation::open(opening, &FORMAT, &animation::APNG)
        }
        _ => {
            Series::open(opening, &FORMAT, Box::new(PngCodec { stored: opening.options.stored_orientation }))
        }
    },
};

#[derive(Debug, Default)]
pub(crate) struct PngCodec {
    /// Whether pictures stay as they are stored.
    stored: bool,
}

impl PngCodec {
    /// How pictures are turned.
    fn turn(&self, asked: Orientation) -> Orientation {
        if self.stored { Orientation::default() } else { asked }
    }
}

impl Codec for PngCodec {
    fn series_name(&self) -> &'static str {
        "PNG files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, file_limit(limit), |bytes| {
            FORMAT.check_start(&bytes)?;
            let Chunks { bytes, turn, mut notes } = Chunks::walk(bytes)?;
            let mut image = Image::open(&bytes, bytes.len() as u64, limit)?;
            if image.palette.is_some() && image.colours == 1 {
                notes.push(
                    "The palette is a pure grey ramp: its grey values are read as one channel.".to_owned(),
                );
            }
            let alpha = match image.alpha {
                Alpha::None => {
                    // One whole decode, so that the frame that sets the shape can be read; large ones take
                    // seconds, and fail by name when they are read.
                    let bytes = image.shape(false).samples() * image.dtype().size();
                    if bytes <= TRIED {
                        image.decode(false, &mut image.buffer(false))?;
                    }
                    false
                }
                Alpha::Channel | Alpha::Key => {
                    let mut samples = image.buffer(true);
                    image.decode(true, &mut samples)?;
                    let opaque = image.is_opaque(&samples);
                    if opaque {
                        notes.push(alpha::DROPPED.to_owned());
                    }
                    !opaque
                }
            };
            let mut spec = image.spec(alpha, notes);
            spec.frame = self.turn(turn).shape(spec.frame);
            Ok(spec)
        })
    }

    fn facts(&self, data: &dyn ReadAt) -> Facts {
        png_facts::read(data)
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        /// Enough for header and palette.
        const USUAL: u64 = 1 << 12;
        let (size, limit) = (data.size(), options.max_frame_bytes);
        let mut start = vec![0; size.min(USUAL) as usize];
        let read = data.read_exact_at(0, &mut start).map_err(|e| e.to_string());
        let asked = png_chunks::turn(data).unwrap_or_default();
        let head = |image: Image<'_>| Head {
            shape: self.turn(asked).shape(image.shape(false)),
            dtype: image.dtype(),
            bits: image.bits(),
            has_alpha: image.alpha != Alpha::None,
            has_palette: image.palette.is_some(),
            frames: 1,
            turn: asked,
        };
        Some(read.and_then(|()| match Image::open(&start, size, limit) {
            Ok(image) => Ok(head(image)),
            // A long profile may stand before the palette.
            Err(_) => with_all_bytes(data, file_limit(limit), |bytes| {
                Image::open(&Chunks::walk(bytes)?.bytes, size, limit).map(head)
            }),
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, file_limit(limit), |bytes| {
            FORMAT.check_start(&bytes)?;
            let Chunks { bytes, turn, .. } = Chunks::walk(bytes)?;
            let mut image = Image::open(&bytes, bytes.len() as u64, limit)?;
            let (wants_alpha, turn) = (matches!(spec.frame.channels, 2 | 4), self.turn(turn));
            image.check(spec, wants_alpha, turn)?;
            image.colours = spec.frame.channels - usize::from(wants_alpha);
            if turn.is_identity() {
                return image.decode_as(wants_alpha, out);
            }
            let mut stored = image.buffer(wants_alpha);
            image.decode_as(wants_alpha, stored.as_mut())?;
            turn.apply(stored.as_ref(), image.shape(wants_alpha), out);
            Ok(())
        })
    }
}

/// A file larger than twice its pixels is no plausible frame.
fn file_limit(limit: u64) -> u64 {
    limit.saturating_mul(2).max(1 << 20)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alpha {
    None,
    Channel,
    /// A colour key or a palette with opacities.
    Key,
}

/// A PNG whose header and palette have been read.
struct Image<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    height: usize,
    width: usize,
    color: ColorType,
    depth: BitDepth,
    /// Colour channels of the result: 1 or 3.
    colours: usize,
    /// Red, green, blue, opacity of each index.
    palette: Option<Vec<[u8; 4]>>,
    /// Samples of the transparent colour.
    key: Option<[u16; 3]>,
    alpha: Alpha,
}

impl<'a> Image<'a> {
    /// Reads what stands before the pixels of a file of `size` bytes that begins with `bytes`.
    fn open(bytes: &'a [u8], size: u64, limit: u64) -> Result<Self, String> {
        let mut options = DecodeOptions::default();
        options.set_ignore_checksums(false);
        // Walking the chunks has found them.
        options.set_skip_ancillary_crc_failures(true);
        options.set_ignore_text_chunk(true);
        options.set_ignore_iccp_chunk(true);
        let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
        let header = decoder.read_header_info().map_err(text)?;
        check_claim(header, size, limit)?;
        decoder.set_limits(Limits { bytes: (limit as usize).max(1 << 20) });
        let reader = decoder.read_info().map_err(text)?;
        let info = reader.info();
        if let Some(animation) = info.animation_control
            && animation.num_frames > 1
        {
            return Err(format!(
                "it is an animation of {} frames, which is read alone or among other animations",
                animation.num_frames
            ));
        }
        let (color, depth) = (info.color_type, info.bit_depth);
        let palette = (color == ColorType::Indexed).then(|| read_palette(info)).transpose()?;
        let key = if palette.is_none() {
            info.trns.as_deref().and_then(|trns| read_key(trns, color, depth))
        } else {
            None
        };
        let colours = match (&palette, color) {
            (Some(entries), _) if entries.iter().all(|&[r, g, b, _]| r == g && g == b) => 1,
            (None, ColorType::Grayscale | ColorType::GrayscaleAlpha) => 1,
            _ => 3,
        };
        let alpha = match color {
            ColorType::GrayscaleAlpha | ColorType::Rgba => Alpha::Channel,
            ColorType::Indexed if palette.iter().flatten().any(|e| e[3] != 255) => Alpha::Key,
            _ if key.is_some() => Alpha::Key,
            _ => Alpha::None,
        };
        let (height, width) = (info.height as usize, info.width as usize);
        Ok(Self { reader, height, width, color, depth, colours, palette, key, alpha })
    }

    fn dtype(&self) -> DType {
        if self.depth == BitDepth::Sixteen { DType::U16 } else { DType::U8 }
    }

    /// Bits per sample of the values: palette entries have eight, whatever the index has.
    fn bits(&self) -> u32 {
        if self.palette.is_some() { 8 } else { u32::from(self.depth as u8) }
    }

    fn shape(&self, alpha: bool) -> FrameShape {
        FrameShape::new(self.height, self.width, self.colours + usize::from(alpha))
    }

    fn spec(&self, alpha: bool, notes: Vec<String>) -> ImageSpec {
        let frame = self.shape(alpha);
        ImageSpec {
            frame,
            dtype: self.dtype(),
            channels: Channel::defaults(frame.channels),
            container_bits: self.bits(),
            color_model: color_model(self.color),
            notes,
        }
    }

    fn check(&self, spec: &ImageSpec, wants_alpha: bool, turn: Orientation) -> Result<(), String> {
        let size = turn.shape(FrameShape::new(self.height, self.width, 1));
        check_same_size(size, spec.frame)?;
        if self.bits() != spec.container_bits {
            return Err(differs(
                "the depth",
                format_args!("{} bit", self.bits()),
                format_args!("{} bit", spec.container_bits),
            ));
        }
        let expected = spec.frame.channels - usize::from(wants_alpha);
        // A grey palette among colour palettes still has its colours: red = green = blue.
        let fits = self.colours == expected || (self.palette.is_some() && expected == 3);
        if !fits {
            let name = |n| if n == 1 { "grey" } else { "colour" };
            return Err(differs(
                "the colour model",
                format_args!("{} ({})", name(self.colours), color_model(self.color)),
                format_args!("{} ({})", name(expected), spec.color_model),
            ));
        }
        if wants_alpha
            && self.color != ColorType::GrayscaleAlpha
            && self.color != ColorType::Rgba
            && self.palette.is_none()
            && self.key.is_none()
        {
            return Err("the image has no alpha channel, the recording has one".to_owned());
        }
        Ok(())
    }

    /// Room for the decoded frame with or without alpha.
    fn buffer(&self, alpha: bool) -> Samples {
        Samples::zeros(self.dtype(), self.shape(alpha).samples())
    }

    fn decode(&mut self, alpha: bool, out: &mut Samples) -> Result<(), String> {
        self.decode_into(alpha, out.as_mut())
    }

    /// Decodes a frame of a recording that has alpha or not; alpha that is dropped must be opaque.
    fn decode_as(&mut self, wants_alpha: bool, out: SamplesMut<'_>) -> Result<(), String> {
        if self.alpha == Alpha::None || wants_alpha {
            return self.decode_into(wants_alpha, out);
        }
        let mut samples = self.buffer(true);
        self.decode(true, &mut samples)?;
        if !self.is_opaque(&samples) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        alpha::drop_last(samples.as_ref(), self.colours + 1, out);
        Ok(())
    }

    /// Decodes colours, and alpha if asked for, into `out`.
    fn decode_into(&mut self, alpha: bool, mut out: SamplesMut<'_>) -> Result<(), String> {
        let direct =
            self.palette.is_none() && self.depth as u8 >= 8 && alpha == (self.alpha == Alpha::Channel);
        if direct {
            read_frame(&mut self.reader, out.bytes())?;
            if let SamplesMut::U16(samples) = out {
                for v in samples {
                    *v = u16::from_be(*v);
                }
            }
            return Ok(());
        }
        let size = self.reader.output_buffer_size().ok_or("the image is too large")?;
        with_scratch(size, |raw| {
            if self.reader.info().interlaced {
                // The reader ORs the passes of packed samples into their bytes.
                raw.fill(0);
            }
            read_frame(&mut self.reader, raw)?;
            self.spread(raw, alpha, out)
        })
    }

    /// Unpacks indices, sub-byte codes and colour keys.
    fn spread(&self, raw: &[u8], alpha: bool, out: SamplesMut<'_>) -> Result<(), String> {
        let samples = self.color.samples();
        let line = (self.width * samples * self.depth as usize).div_ceil(8);
        match out {
            SamplesMut::U8(out) => {
                let channels = out.len() / (self.height * self.width);
                let rows = out.chunks_exact_mut(self.width * channels);
                for (row, line) in rows.zip(raw.chunks_exact(line)) {
                    if let Some(palette) = &self.palette {
                        spread_palette(line, self.depth, palette, row, channels, alpha)?;
                    } else {
                        let opaque = ((1_u16 << self.depth as u8) - 1) as u8;
                        let pixels = row.chunks_exact_mut(channels).enumerate();
                        for (x, pixel) in pixels {
                            let mut found = [0_u16; 3];
                            for c in 0..samples.min(3) {
                                let code = packed(line, x * samples + c, self.depth);
                                found[c] = u16::from(code);
                                pixel[c] = code;
                            }
                            if alpha {
                                pixel[channels - 1] = if self.is_key(found, samples) { 0 } else { opaque };
                            }
                        }
                    }
                }
            }
            SamplesMut::U16(out) => {
                let channels = out.len() / (self.height * self.width);
                let pixels = out.chunks_exact_mut(channels).zip(raw.chunks_exact(2 * samples));
                for (pixel, bytes) in pixels {
                    let mut found = [0_u16; 3];
                    for c in 0..samples.min(3) {
                        found[c] = u16::from_be_bytes([bytes[2 * c], bytes[2 * c + 1]]);
                        pixel[c] = found[c];
                    }
                    if alpha {
                        pixel[channels - 1] = if self.is_key(found, samples) { 0 } else { u16::MAX };
                    }
                }
            }
            _ => return Err("PNG samples have 8 or 16 bits".to_owned()),
        }
        Ok(())
    }

    fn is_key(&self, found: [u16; 3], samples: usize) -> bool {
        self.key.is_some_and(|key| key[..samples.min(3)] == found[..samples.min(3)])
    }

    /// Whether alpha, the last channel of `samples`, is the highest code everywhere.
    fn is_opaque(&self, samples: &Samples) -> bool {
        let full = if self.palette.is_some() { 255.0 } else { f64::from((1_u32 << self.depth as u8) - 1) };
        alpha::is_opaque(samples.as_ref(), self.colours + 1, full)
    }
}

fn read_frame(reader: &mut Reader<Cursor<&[u8]>>, out: &mut [u8]) -> Result<(), String> {
    reader.next_frame(out).map_err(text)?;
    // To the end: what follows the pixels carries checksums too.
    reader.finish().map_err(text)
}

fn color_model(color: ColorType) -> &'static str {
    match color {
        ColorType::Grayscale => "grey",
        ColorType::GrayscaleAlpha => "grey with alpha",
        ColorType::Rgb => "RGB",
        ColorType::Rgba => "RGB with alpha",
        ColorType::Indexed => "palette",
    }
}

fn text(error: png::DecodingError) -> String {
    match error {
        png::DecodingError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        png::DecodingError::Format(e) => format!("the image is damaged: {e}"),
        other => other.to_string(),
    }
}
