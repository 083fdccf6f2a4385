//! JPEG: 8-bit grey and colour, baseline and progressive.
//!
//! Grey stays one channel. The file is walked to its end-of-image marker first, because a decoder alone may
//! fill what is missing with grey, or stop behind the first of several scans. JPEG carries no checksums: damage that still decodes cannot be seen.

use blitz_core::{Channel, DType, FrameShape, SamplesMut};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::contract::{Codec, Format, Grain, ImageSpec, differs, size_text};
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "JPEG",
    title: "JPEG",
    suffixes: &["jpg", "jpeg"],
    depth: "8",
    reads: "grey, RGB",
    refuses: "CMYK, 12 bit, sequential in several scans",
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"\xff\xd8\xff"],
    open: |opening| Series::open(opening, &FORMAT, Box::new(JpegCodec)),
};

#[derive(Debug)]
pub(crate) struct JpegCodec;

impl Codec for JpegCodec {
    fn series_name(&self) -> &'static str {
        "JPEG files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, limit, |bytes| {
            let frame = walk(bytes, limit)?;
            let mut pixels = vec![0; frame.samples()];
            decode(bytes, frame, &mut pixels)?;
            Ok(ImageSpec {
                frame,
                dtype: DType::U8,
                channels: Channel::defaults(frame.channels),
                container_bits: 8,
                color_model: if frame.channels == 1 { "grey" } else { "colour" },
                notes: vec!["JPEG is lossy: values differ from those the camera measured.".to_owned()],
            })
        })
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, limit, |bytes| {
            let frame = walk(bytes, limit)?;
            if (frame.width, frame.height) != (spec.frame.width, spec.frame.height) {
                return Err(differs("the size", size_text(frame), size_text(spec.frame)));
            }
            if frame.channels != spec.frame.channels {
                let name = |n| if n == 1 { "grey" } else { "colour" };
                return Err(differs("the colour model", name(frame.channels), name(spec.frame.channels)));
            }
            match out {
                SamplesMut::U8(out) => decode(bytes, frame, out),
                _ => Err("JPEG samples have 8 bits".to_owned()),
            }
        })
    }
}

fn decode(bytes: &[u8], frame: FrameShape, out: &mut [u8]) -> Result<(), String> {
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

/// Walks all segments to the end of the image; gives the frame that the header states.
fn walk(bytes: &[u8], limit: u64) -> Result<FrameShape, String> {
    const CUT: &str = "the file is cut short: its end-of-image marker is missing";
    FORMAT.check_start(&bytes)?;
    let mut at = 2;
    let mut frame: Option<FrameShape> = None;
    let mut is_progressive = false;
    let mut scans = 0;
    loop {
        // Fill bytes may precede a marker; entropy-coded data may follow a scan header.
        let next = if scans > 0 { next_marker(bytes, at) } else { header_marker(bytes, at)? };
        let (marker, after) = next.ok_or(CUT)?;
        at = after;
        match marker {
            0xd9 if scans > 0 => break,
            0xd9 => return Err("the file has headers, but no image".to_owned()),
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length =
            usize::from(u16::from_be_bytes([*bytes.get(at).ok_or(CUT)?, *bytes.get(at + 1).ok_or(CUT)?]));
        let segment = bytes.get(at + 2..at + length.max(2)).ok_or(CUT)?;
        match marker {
            0xc0..=0xc2 if frame.is_none() => {
                frame = Some(frame_header(segment, bytes.len() as u64, limit)?);
                is_progressive = marker == 0xc2;
            }
            0xc0..=0xc2 => return Err("the file holds more than one image".to_owned()),
            0xc3 | 0xc5..=0xc7 => return Err("lossless and hierarchical JPEG are not read".to_owned()),
            0xc9..=0xcb | 0xcd..=0xcf => return Err("arithmetic-coded JPEG is not read".to_owned()),
            0xda => scans += 1,
            _ => {}
        }
        at += length.max(2);
    }
    let frame = frame.ok_or("the file has no frame header")?;
    // The decoder reads the first scan of a sequential file only: the other components would be missing.
    if !is_progressive && scans > 1 {
        return Err(format!(
            "sequential JPEG with its components in {scans} scans is not read, only in one: `jpegtran` rewrites it \
             without loss"
        ));
    }
    Ok(frame)
}

/// Between headers a marker must come at once (after fill bytes).
fn header_marker(bytes: &[u8], at: usize) -> Result<Option<(u8, usize)>, String> {
    match bytes.get(at) {
        Some(0xff) => Ok(next_marker(bytes, at)),
        Some(other) => Err(format!("byte {at} is {other:02x} where a marker (ff) must stand")),
        None => Ok(None),
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
