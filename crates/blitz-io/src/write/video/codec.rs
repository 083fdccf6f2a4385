//! Which encoder writes what, and opening it.

use blitz_core::{DType, FrameShape};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::codec::Flags;
use ffmpeg_next::encoder::video::Encoder;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::util::color;

use super::VideoKind;
use super::clock::Clock;
use super::yuv::Matrix;

/// How samples lie in an encoder's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    /// 4:2:0, of even size or of the frames' own.
    Yuv { matrix: Matrix, even: bool },
    /// One channel of 8 or 16 bits.
    Grey,
    /// Blue, green, red and a byte that does not count.
    Bgr0,
    /// Planes of green, blue and red, 16 bits.
    Gbr16,
}

/// An encoder that may be used, if this FFmpeg has it.
pub(super) struct Candidate {
    name: &'static str,
    format: Pixel,
    pub(super) pixels: Pixels,
    options: &'static [(&'static str, &'static str)],
    quality: Quality,
}

/// How an encoder is told how good pictures are to be.
enum Quality {
    /// By its options, or not at all.
    Options,
    /// By a fixed quantiser, 1 (best) to 31.
    Quantiser(usize),
    /// By bits per pixel, in hundredths.
    Rate(usize),
}

/// Close to the picture rather than small. Slower presets spend twice the time and more on smaller files, and at the same
/// `crf` smooth noise away; adaptive quantisation, which this preset leaves out, keeps dark and even parts.
const X264: Candidate = Candidate {
    name: "libx264",
    format: Pixel::YUV420P,
    pixels: Pixels::Yuv { matrix: Matrix::Bt709, even: true },
    options: &[("preset", "ultrafast"), ("aq-mode", "1"), ("crf", "18")],
    quality: Quality::Options,
};

const OPEN_H264: Candidate =
    Candidate { name: "libopenh264", options: &[], quality: Quality::Rate(25), ..X264 };

const MPEG4: Candidate = Candidate { name: "mpeg4", options: &[], quality: Quality::Quantiser(2), ..X264 };

const MOTION_JPEG: Candidate = Candidate {
    name: "mjpeg",
    format: Pixel::YUVJ420P,
    pixels: Pixels::Yuv { matrix: Matrix::Jpeg, even: false },
    options: &[],
    quality: Quality::Quantiser(2),
};

/// Frames from one keyframe to the next at most: going to any frame stays quick.
const KEYFRAMES: u32 = 50;

/// Version 3, in slices with checksums that are coded side by side.
const FFV1: &[(&str, &str)] = &[("level", "3"), ("slicecrc", "1")];

/// Sides from which pictures are cut into slices: narrower ones would get slices without pixels, which FFmpeg writes
/// and cannot read. They are written in version 1, which has none.
const SLICED_FROM: usize = 16;

/// Encoders for a container, best first, or why it cannot hold the frames.
pub(super) fn candidates(
    suffix: &str,
    kind: VideoKind,
    dtype: DType,
    shape: FrameShape,
) -> Result<&'static [Candidate], String> {
    match (kind, suffix) {
        (VideoKind::Picture, _) if dtype != DType::U8 || shape.channels != 4 => {
            Err(format!("a picture has 4 samples of u8 per pixel, not {} of {dtype}", shape.channels))
        }
        (VideoKind::Picture, "avi") => Ok(&[MOTION_JPEG]),
        (VideoKind::Picture, _) => Ok(&[X264, OPEN_H264, MPEG4]),
        (VideoKind::Values, "mp4") => {
            Err("players know no lossless video in .mp4; name a .mkv or .avi, which hold FFV1".to_owned())
        }
        (VideoKind::Values, _) => lossless(dtype, shape.channels),
    }
}

fn lossless(dtype: DType, channels: usize) -> Result<&'static [Candidate], String> {
    macro_rules! ffv1 {
        ($format:expr, $pixels:expr) => {{
            const ALL: &[Candidate] = &[Candidate {
                name: "ffv1",
                format: $format,
                pixels: $pixels,
                options: FFV1,
                quality: Quality::Options,
            }];
            Ok(ALL)
        }};
    }
    let big = cfg!(target_endian = "big");
    match (dtype, channels) {
        (DType::U8, 1) => ffv1!(Pixel::GRAY8, Pixels::Grey),
        (DType::U16, 1) if big => ffv1!(Pixel::GRAY16BE, Pixels::Grey),
        (DType::U16, 1) => ffv1!(Pixel::GRAY16LE, Pixels::Grey),
        // The name is that of the order of bytes on a machine such as this one.
        (DType::U8, 3) if !big => ffv1!(Pixel::BGRZ, Pixels::Bgr0),
        (DType::U16, 3) if !big => ffv1!(Pixel::GBRP16LE, Pixels::Gbr16),
        (DType::U8 | DType::U16, n) => Err(format!(
            "lossless video holds 1 or 3 channels (grey, or red, green and blue), not {n}; .npy and .tif hold any number"
        )),
        (other, _) => Err(format!(
            "lossless video holds u8 and u16, not {other}; .npy and .tif hold every type, and --8bit makes u8"
        )),
    }
}

impl Candidate {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn format(&self) -> Pixel {
        self.format
    }

    /// Columns and rows of the encoder's pictures.
    pub(super) fn size(&self, shape: FrameShape) -> (usize, usize) {
        match self.pixels {
            Pixels::Yuv { even: true, .. } => {
                (shape.width.next_multiple_of(2), shape.height.next_multiple_of(2))
            }
            _ => (shape.width, shape.height),
        }
    }

    /// Opens the encoder. `ordered` keeps pictures in the order in which they are shown, for containers whose
    /// clock is too coarse to sort them.
    pub(super) fn open(
        &self,
        shape: FrameShape,
        clock: &Clock,
        global_header: bool,
        ordered: bool,
    ) -> Result<Encoder, String> {
        let codec = ffmpeg::encoder::find_by_name(self.name).ok_or("this FFmpeg has no such encoder")?;
        let text = |error: ffmpeg::Error| error.to_string();
        let context = ffmpeg::codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(text)?;
        let (width, height) = self.size(shape);
        let side = |n: usize| u32::try_from(n).ok().filter(|&n| n <= 1 << 16);
        let (Some(w), Some(h)) = (side(width), side(height)) else {
            return Err(format!("pictures of {width} × {height} pixels are too large"));
        };
        video.set_width(w);
        video.set_height(h);
        video.set_format(self.format);
        video.set_time_base(ffmpeg::Rational(clock.tick.0, clock.tick.1));
        video.set_frame_rate(Some(ffmpeg::Rational(clock.rate.0, clock.rate.1)));
        let mut flags = Flags::empty();
        if global_header {
            flags |= Flags::GLOBAL_HEADER;
        }
        let mut options = ffmpeg::Dictionary::new();
        options.set("threads", "auto");
        match self.quality {
            Quality::Options => {}
            Quality::Quantiser(q) => {
                flags |= Flags::QSCALE;
                // In FFmpeg's unit, of which a quantiser's step has 118.
                video.set_global_quality((q * 118) as i32);
                options.set("qmin", &q.to_string());
            }
            Quality::Rate(hundredths) => {
                let per_second = f64::from(clock.rate.0) / f64::from(clock.rate.1);
                let bits = (width * height) as f64 * per_second * hundredths as f64 / 100.0;
                video.set_bit_rate(bits.clamp(100_000.0, 1e9) as usize);
            }
        }
        video.set_flags(flags);
        match self.pixels {
            Pixels::Yuv { matrix, .. } => {
                self.tag(&mut video, matrix);
                video.set_gop(KEYFRAMES);
                // The mean of a block lies in its middle.
                options.set("chroma_sample_location", "center");
                if ordered {
                    video.set_max_b_frames(0);
                    options.set("bf", "0");
                }
            }
            _ => video.set_gop(1),
        }
        for (key, value) in self.options {
            options.set(key, value);
        }
        if self.name == "ffv1" && width.min(height) < SLICED_FROM {
            options.set("level", "1");
            options.set("slicecrc", "0");
        }
        video.open_as_with(codec, options).map_err(text)
    }

    /// States the colours, so that players need not guess by the picture's size.
    #[allow(clippy::unused_self, reason = "reads as part of the candidate")]
    fn tag(&self, video: &mut ffmpeg::encoder::video::Video, matrix: Matrix) {
        match matrix {
            Matrix::Bt709 => {
                video.set_colorspace(color::Space::BT709);
                video.set_color_range(color::Range::MPEG);
            }
            Matrix::Jpeg => {
                video.set_colorspace(color::Space::BT470BG);
                video.set_color_range(color::Range::JPEG);
            }
        }
        video.set_color_primaries(color::Primaries::BT709);
        video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
    }
}
