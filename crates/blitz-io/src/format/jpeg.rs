//! JPEG: 8-bit grey and colour, baseline and progressive.
//!
//! Grey stays one channel. The file is walked to its end-of-image marker first, because a decoder alone may
//! fill what is missing with grey, or stop behind the first of several scans. Bytes between segments that belong to none
//! are skipped, as libjpeg does. JPEG carries no checksums: damage that still decodes cannot be seen.

use std::ops::Range;

use blitz_core::{Channel, DType, FrameShape, SamplesMut, SamplesRef};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::contract::{Codec, Format, Grain, Head, ImageSpec, differs, size_text};
use super::exif;
use super::orientation::Orientation;
use super::scratch::with_scratch;
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "JPEG",
    title: "JPEG",
    suffixes: &["jpg", "jpeg"],
    depth: "8",
    reads: "grey, RGB; turned as EXIF asks (`--orientation stored` leaves it)",
    refuses: "CMYK, 12 bit, sequential in several scans, a few pixels wide with subsampled colours",
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"\xff\xd8\xff"],
    open: |opening| {
        Series::open(opening, &FORMAT, Box::new(JpegCodec { stored: opening.options.stored_orientation }))
    },
};

#[derive(Debug, Default)]
pub(crate) struct JpegCodec {
    /// Whether pictures stay as they are stored.
    stored: bool,
}

impl JpegCodec {
    /// How pictures are turned.
    fn turn(&self, image: &Image) -> Orientation {
        if self.stored { Orientation::default() } else { image.turn }
    }
}

impl Codec for JpegCodec {
    fn series_name(&self) -> &'static str {
        "JPEG files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, limit, |bytes| {
            let image = walk(bytes, limit)?;
            let mut pixels = vec![0; image.frame.samples()];
            decode(bytes, &image, &mut pixels)?;
            let frame = self.turn(&image).shape(image.frame);
            let mut notes = vec!["JPEG is lossy: values differ from those the camera measured.".to_owned()];
            notes.extend(image.stray_note());
            if image.mixes_edge {
                let what = "The colours of the last column, which are shared by several pixels, may be off, by up to some 30 counts where they change steeply";
                notes.push(format!("{what}: the image ends within a block."));
            }
            Ok(ImageSpec {
                frame,
                dtype: DType::U8,
                channels: Channel::defaults(frame.channels),
                container_bits: 8,
                color_model: if frame.channels == 1 { "grey" } else { "colour" },
                notes,
            })
        })
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        /// Enough for most headers; EXIF data with a thumbnail and colour profiles are longer.
        const USUAL: [u64; 3] = [1 << 12, 1 << 16, 1 << 20];
        let limit = options.max_frame_bytes;
        let begins = |bytes: u64| {
            let mut start = vec![0; data.size().min(bytes) as usize];
            data.read_exact_at(0, &mut start).map_err(|e| e.to_string())?;
            headers(&start, data.size(), limit)
        };
        let is_short = |found: &Result<Image, String>| found.as_ref().is_err_and(|reason| reason == CUT);
        let mut image = Err(CUT.to_owned());
        for bytes in USUAL.into_iter().filter(|&bytes| bytes == USUAL[0] || bytes / 16 < data.size()) {
            if is_short(&image) {
                image = begins(bytes);
            }
        }
        if is_short(&image) {
            image = with_all_bytes(data, limit, |bytes| headers(bytes, data.size(), limit));
        }
        Some(image.map(|image| Head {
            shape: self.turn(&image).shape(image.frame),
            dtype: DType::U8,
            bits: 8,
            has_alpha: false,
            has_palette: false,
            frames: 1,
            turn: image.turn,
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, limit, |bytes| {
            let image = walk(bytes, limit)?;
            let turn = self.turn(&image);
            let frame = turn.shape(image.frame);
            if (frame.width, frame.height) != (spec.frame.width, spec.frame.height) {
                return Err(differs("the size", size_text(frame), size_text(spec.frame)));
            }
            if frame.channels != spec.frame.channels {
                let name = |n| if n == 1 { "grey" } else { "colour" };
                return Err(differs("the colour model", name(frame.channels), name(spec.frame.channels)));
            }
            match out {
                SamplesMut::U8(out) if turn.is_identity() => decode(bytes, &image, out),
                SamplesMut::U8(out) => with_scratch(out.len(), |stored| {
                    decode(bytes, &image, stored)?;
                    turn.apply(SamplesRef::U8(stored), image.frame, SamplesMut::U8(out));
                    Ok(())
                }),
                _ => Err("JPEG samples have 8 bits".to_owned()),
            }
        })
    }
}

fn decode(bytes: &[u8], image: &Image, out: &mut [u8]) -> Result<(), String> {
    if image.stray.is_empty() {
        return decode_clean(bytes, image.frame, out);
    }
    let (mut clean, mut at) = (Vec::with_capacity(bytes.len()), 0);
    for stray in &image.stray {
        clean.extend_from_slice(&bytes[at..stray.start]);
        at = stray.end;
    }
    clean.extend_from_slice(&bytes[at..]);
    decode_clean(&clean, image.frame, out)
}

fn decode_clean(bytes: &[u8], frame: FrameShape, out: &mut [u8]) -> Result<(), String> {
    let colour = if frame.channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(frame.width)
        .set_max_height(frame.height)
        .jpeg_set_out_colorspace(colour);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| e.to_string())?;
    if decoder.output_buffer_size() != Some(out.len()) {
        return Err("the headers contradict each other about the size of the image".to_owned());
    }
    decoder.decode_into(out).map_err(|e| e.to_string())
}

/// What the segments of a file say.
#[derive(Debug)]
struct Image {
    /// As it is stored.
    frame: FrameShape,
    is_progressive: bool,
    /// How the picture is to be turned.
    turn: Orientation,
    /// Whether the colours of the last column are inexact.
    mixes_edge: bool,
    /// Bytes before the first scan that belong to no segment.
    stray: Vec<Range<usize>>,
    /// Where the first scan's segment ends.
    scan: usize,
}

/// Whether the decoder mixes what stands outside of the image into the colours of the last column.
///
/// # Errors
/// Where images are so narrow that most of their colours would be wrong.
fn mixes_edge(frame_header: &[u8], frame: FrameShape) -> Result<bool, String> {
    /// Below this, other decoders repeat shared colours; ours interpolates them.
    const NARROW: usize = 8;
    let across =
        frame_header.get(6..).unwrap_or_default().chunks_exact(3).map(|c| usize::from(c[1] >> 4)).max();
    let (width, across) = (frame.width, if frame.channels == 1 { 1 } else { across.unwrap_or(1) });
    let mixes = across > 1 && width % 2 == 0 && width % (8 * across) != 0;
    if across > 1 && (width <= 4 || (mixes && width <= NARROW)) {
        return Err(format!(
            "an image {width} pixels wide whose colours are shared by {across} pixels of a row is not read: they would be \
             wrong; save it as PNG, or without subsampling"
        ));
    }
    Ok(mixes)
}

impl Image {
    fn stray_note(&self) -> Option<String> {
        let first = self.stray.first()?;
        let count: usize = self.stray.iter().map(Range::len).sum();
        let bytes = if count == 1 { "byte stands" } else { "bytes stand" };
        Some(format!("{count} {bytes} between the segments, from byte {} on, and were skipped.", first.start))
    }
}

const CUT: &str = "the file is cut short: its end-of-image marker is missing";

/// Walks all segments to the end of the image.
fn walk(bytes: &[u8], limit: u64) -> Result<Image, String> {
    let image = headers(bytes, bytes.len() as u64, limit)?;
    let mut at = image.scan;
    let mut scans = 1;
    loop {
        // Entropy-coded data follow a scan header.
        let (marker, after) = next_marker(bytes, at).ok_or(CUT)?;
        at = after;
        match marker {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => continue,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err("the file holds more than one image".to_owned());
            }
            0xda => scans += 1,
            _ => {}
        }
        at += segment(bytes, at)?.len() + 2;
    }
    // The decoder reads the first scan of a sequential file only: the other components would be missing.
    if !image.is_progressive && scans > 1 {
        return Err(format!(
            "sequential JPEG with its components in {scans} scans is not read, only in one: `jpegtran` rewrites it \
             without loss"
        ));
    }
    Ok(image)
}

/// The body of the segment whose length stands at `at`.
fn segment(bytes: &[u8], at: usize) -> Result<&[u8], String> {
    let length = bytes.get(at..at + 2).ok_or(CUT)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
    Ok(bytes.get(at + 2..at + length).ok_or(CUT)?)
}

/// Walks the segments up to the first scan, in a file of `size` bytes that begins with `bytes`.
fn headers(bytes: &[u8], size: u64, limit: u64) -> Result<Image, String> {
    const EXIF: &[u8] = b"Exif\0\0";
    FORMAT.check_start(&bytes)?;
    let mut at = 2;
    let mut frame: Option<(FrameShape, bool, bool)> = None;
    let (mut turn, mut stray) = (None, Vec::new());
    loop {
        let (marker, after) = next_marker(bytes, at).ok_or(CUT)?;
        // Fill bytes may precede a marker; what else does belongs to nothing.
        let fill = bytes[..after - 1].iter().rev().take_while(|&&b| b == 0xff).count();
        let begin = (after - 1 - fill).max(at);
        if begin > at {
            stray.push(at..begin);
        }
        at = after;
        match marker {
            0xd9 => return Err("the file has headers, but no image".to_owned()),
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let body = segment(bytes, at)?;
        match marker {
            0xc0..=0xc2 if frame.is_none() => {
                let (found, is_progressive) = (frame_header(body, size, limit)?, marker == 0xc2);
                frame = Some((found, is_progressive, mixes_edge(body, found)?));
            }
            0xc0..=0xc2 => return Err("the file holds more than one image".to_owned()),
            0xc3 | 0xc5..=0xc7 => return Err("lossless and hierarchical JPEG are not read".to_owned()),
            0xc9..=0xcb | 0xcd..=0xcf => return Err("arithmetic-coded JPEG is not read".to_owned()),
            0xe1 if turn.is_none() => turn = body.strip_prefix(EXIF).map(exif::orientation),
            _ => {}
        }
        at += body.len() + 2;
        if marker == 0xda {
            let (frame, is_progressive, mixes_edge) = frame.ok_or("the file has no frame header")?;
            let turn = turn.flatten().unwrap_or_default();
            return Ok(Image { frame, is_progressive, turn, mixes_edge, stray, scan: at });
        }
    }
}

/// The next marker at or after `at` and the offset behind it; stuffed zeros are data.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xff)?;
        match *bytes.get(at + 1)? {
            0x00 => at += 2,
            0xff => at += 1,
            marker => return Some((marker, at + 2)),
        }
    }
}

fn frame_header(segment: &[u8], file: u64, limit: u64) -> Result<FrameShape, String> {
    /// Even a progressive image of one flat colour needs a bit per block of 64 pixels.
    const PIXELS_PER_BYTE: u64 = 1024;
    let &[precision, h1, h0, w1, w0, components, ..] = segment else {
        return Err("the frame header is too short".to_owned());
    };
    if precision != 8 {
        return Err(format!("{precision}-bit JPEG is not read, only 8-bit"));
    }
    let channels = match components {
        1 => 1,
        3 => 3,
        4 => return Err("CMYK (4 components) is not read: it has no exact RGB values".to_owned()),
        n => return Err(format!("JPEG with {n} components is not read")),
    };
    let frame = FrameShape::new(
        usize::from(u16::from_be_bytes([h1, h0])),
        usize::from(u16::from_be_bytes([w1, w0])),
        channels,
    );
    ImageSpec::check_size(frame, DType::U8, limit)?;
    if frame.pixels() as u64 / PIXELS_PER_BYTE > file {
        return Err(format!("the file claims {}, but its {file} bytes cannot hold them", size_text(frame)));
    }
    Ok(frame)
}
