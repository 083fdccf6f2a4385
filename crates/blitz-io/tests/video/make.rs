//! Videos whose frames say their number.

use std::path::{Path, PathBuf};

use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::Pixel;

/// Smallest picture that a number fits into.
pub(crate) const WIDTH: usize = 64;
pub(crate) const HEIGHT: usize = 48;
const BLOCK: usize = 8;

/// What to encode.
#[derive(Clone)]
pub(crate) struct Clip {
    pub(crate) file: &'static str,
    pub(crate) encoder: &'static str,
    pub(crate) format: Pixel,
    pub(crate) size: (usize, usize),
    pub(crate) frames: usize,
    /// Options of the encoder.
    pub(crate) options: &'static [(&'static str, &'static str)],
    /// Frames between keyframes.
    pub(crate) gop: u32,
    /// Ticks at which frame i is shown; ticks per second.
    pub(crate) times: fn(usize) -> i64,
    pub(crate) clock: i32,
    /// Fields instead of whole pictures.
    pub(crate) interlaced: bool,
    /// Whether the container says of each picture that it is shown when it is decoded.
    pub(crate) times_of_decoding: bool,
    /// Options of the container.
    pub(crate) muxing: &'static [(&'static str, &'static str)],
}

impl Default for Clip {
    fn default() -> Self {
        Self {
            file: "clip.mkv",
            encoder: "libx264",
            format: Pixel::YUV420P,
            size: (WIDTH, HEIGHT),
            frames: 60,
            options: &[],
            gop: 12,
            times: |i| i as i64,
            clock: 25,
            interlaced: false,
            times_of_decoding: false,
            muxing: &[],
        }
    }
}

/// The code of a white or black block, within limited range at every depth.
fn code(white: bool, depth: u32) -> u32 {
    let eight: u32 = if white { 210 } else { 40 };
    if depth <= 8 { eight >> (8 - depth) } else { eight << (depth - 8) | u32::from(white) }
}

/// Luma of frame `number` at a pixel: bits 0–7, bits 8–15, bits 0–7 inverted, each a row of blocks; beside them
/// a pattern that moves, so that frames depend on each other.
pub(crate) fn luma(number: usize, x: usize, y: usize, depth: u32) -> u32 {
    let (column, row) = (x / BLOCK, y / (HEIGHT / 3));
    if column < 8 && row < 3 {
        let bit = match row {
            0 => number >> column & 1 == 1,
            1 => number >> (column + 8) & 1 == 1,
            _ => number >> column & 1 == 0,
        };
        return code(bit, depth);
    }
    code((x + y + 2 * number) % 32 < 16, depth)
}

/// The number that a frame's luma says; `None` if it does not agree with itself.
pub(crate) fn read_number(luma: &[f64], width: usize, depth: u32) -> Option<usize> {
    let middle = f64::from(code(true, depth) + code(false, depth)) / 2.0;
    let bit = |column: usize, row: usize| {
        let (x, y) = (column * BLOCK, row * (HEIGHT / 3));
        let block = (y + 4..y + 12).flat_map(|y| (x + 2..x + 6).map(move |x| luma[y * width + x]));
        block.sum::<f64>() / 32.0 > middle
    };
    let number = (0..16).filter(|&i| bit(i % 8, i / 8)).map(|i| 1 << i).sum();
    (0..8).all(|i| bit(i, 0) != bit(i, 2)).then_some(number)
}

fn depth_of(format: Pixel) -> (u32, bool) {
    match format {
        Pixel::GRAY16LE => (16, true),
        Pixel::GRAY12LE => (12, true),
        Pixel::GRAY10LE => (10, true),
        Pixel::YUV420P10LE | Pixel::YUV422P10LE => (10, false),
        Pixel::GRAY8 => (8, true),
        _ => (8, false),
    }
}

fn picture(clip: &Clip, number: usize) -> ffmpeg::frame::Video {
    let (width, height) = clip.size;
    let mut frame = ffmpeg::frame::Video::new(clip.format, width as u32, height as u32);
    let (depth, _) = depth_of(clip.format);
    let packed = matches!(clip.format, Pixel::BGR24 | Pixel::RGB24);
    for plane in 0..frame.planes() {
        let stride = frame.stride(plane);
        let (w, h) = (frame.plane_width(plane) as usize, frame.plane_height(plane) as usize);
        let data = frame.data_mut(plane);
        for y in 0..h {
            for x in 0..w {
                let value = if plane == 0 { luma(number, x, y, depth) } else { 1 << (depth - 1) };
                let at = y * stride;
                if packed {
                    for (c, v) in data[at + 3 * x..at + 3 * x + 3].iter_mut().enumerate() {
                        *v = (value as u8).wrapping_add(c as u8);
                    }
                } else if depth > 8 {
                    data[at + 2 * x..at + 2 * x + 2].copy_from_slice(&(value as u16).to_le_bytes());
                } else {
                    data[at + x] = value as u8;
                }
            }
        }
    }
    frame
}

/// Encodes `clip` into `dir`; `None` (and a line that says so) if this FFmpeg has no such encoder.
pub(crate) fn make(dir: &Path, clip: &Clip) -> Option<PathBuf> {
    let Some(codec) = ffmpeg::encoder::find_by_name(clip.encoder) else {
        skipped(clip);
        return None;
    };
    let path = dir.join(clip.file);
    let encoded = encode(&path, clip, codec);
    if let Err(error) = &encoded {
        panic!("{} with {}: {error}", clip.file, clip.encoder);
    }
    Some(path)
}

#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(clip: &Clip) {
    eprintln!("skipped {}: this FFmpeg has no encoder {}", clip.file, clip.encoder);
}

fn encode(path: &Path, clip: &Clip, codec: ffmpeg::Codec) -> Result<(), ffmpeg::Error> {
    ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);

    let mut output = ffmpeg::format::output(path)?;
    let global = output.format().flags().contains(ffmpeg::format::Flags::GLOBAL_HEADER);
    let mut encoder = ffmpeg::codec::Context::new_with_codec(codec).encoder().video()?;
    let base = ffmpeg::Rational(1, clip.clock);
    encoder.set_width(clip.size.0 as u32);
    encoder.set_height(clip.size.1 as u32);
    encoder.set_format(clip.format);
    encoder.set_time_base(base);
    encoder.set_frame_rate(Some(ffmpeg::Rational(clip.clock, 1)));
    encoder.set_gop(clip.gop);
    encoder.set_bit_rate(2_000_000);
    let mut flags = ffmpeg::codec::Flags::empty();
    if global {
        flags |= ffmpeg::codec::Flags::GLOBAL_HEADER;
    }
    if clip.interlaced {
        flags |= ffmpeg::codec::Flags::INTERLACED_DCT | ffmpeg::codec::Flags::INTERLACED_ME;
    }
    encoder.set_flags(flags);
    let mut options = ffmpeg::Dictionary::new();
    for (key, value) in clip.options {
        options.set(key, value);
    }
    let mut encoder = encoder.open_as_with(codec, options)?;
    let mut stream = output.add_stream(codec)?;
    stream.set_parameters(&encoder);
    stream.set_time_base(base);
    stream.set_avg_frame_rate(ffmpeg::Rational(clip.clock, 1));
    let mut muxing = ffmpeg::Dictionary::new();
    for (key, value) in clip.muxing {
        muxing.set(key, value);
    }
    output.write_header_with(muxing)?;
    let stream_base = output.stream(0).map_or(base, |stream| stream.time_base());
    let mut packets = 0;
    let mut drain = |encoder: &mut ffmpeg::encoder::video::Encoder| -> Result<(), ffmpeg::Error> {
        let mut packet = ffmpeg::Packet::empty();
        while encoder.receive_packet(&mut packet).is_ok() {
            packet.set_stream(0);
            if clip.times_of_decoding {
                packet.set_pts(Some(packets));
                packet.set_dts(Some(packets));
                packets += 1;
            }
            packet.rescale_ts(base, stream_base);
            packet.write_interleaved(&mut output)?;
        }
        Ok(())
    };
    for number in 0..clip.frames {
        let mut frame = picture(clip, number);
        frame.set_pts(Some((clip.times)(number)));
        encoder.send_frame(&frame)?;
        drain(&mut encoder)?;
    }
    encoder.send_eof()?;
    drain(&mut encoder)?;
    output.write_trailer()
}
