//! Formats: what they are called, how they are recognised, and the contract of a one-frame decoder.

pub(crate) mod alpha;
mod bmp;
mod jpeg;
pub(crate) mod npy;
mod png;
mod png_palette;
mod scratch;
pub(crate) mod tiff;
#[cfg(feature = "video")]
pub(crate) mod video;

use std::fmt;

use blitz_core::{Channel, DType, FrameShape, SamplesMut};

use crate::read_at::ReadAt;
use crate::source::OpenOptions;

pub(crate) use bmp::BmpCodec;
pub(crate) use jpeg::JpegCodec;
pub(crate) use png::PngCodec;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Bmp,
    Tiff,
    Npy,
    /// Whatever FFmpeg reads, by its libraries.
    Video,
}

impl Format {
    pub(crate) const SUFFIXES: [(&'static str, Self); 21] = [
        ("png", Self::Png),
        ("jpg", Self::Jpeg),
        ("jpeg", Self::Jpeg),
        ("bmp", Self::Bmp),
        ("tif", Self::Tiff),
        ("tiff", Self::Tiff),
        ("npy", Self::Npy),
        ("mp4", Self::Video),
        ("m4v", Self::Video),
        ("mov", Self::Video),
        ("avi", Self::Video),
        ("mkv", Self::Video),
        ("webm", Self::Video),
        ("mpg", Self::Video),
        ("mpeg", Self::Video),
        ("m2ts", Self::Video),
        ("mts", Self::Video),
        ("wmv", Self::Video),
        ("flv", Self::Video),
        ("ogv", Self::Video),
        ("y4m", Self::Video),
    ];

    /// The format of a suffix in lower case.
    pub(crate) fn from_suffix(suffix: &str) -> Option<Self> {
        Self::SUFFIXES.iter().find(|(s, _)| *s == suffix).map(|&(_, format)| format)
    }

    /// Name in the singular: `PNG`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Npy => "NumPy",
            Self::Video => "video",
        }
    }

    /// Checks that a file begins as this format does; otherwise says what it really is.
    pub(crate) fn check_magic(self, data: &dyn ReadAt) -> Result<(), String> {
        let mut start = [0; 12];
        let n = data.read_at(0, &mut start).map_err(|e| e.to_string())?;
        let start = &start[..n];
        if start.is_empty() {
            return Err("the file is empty".to_owned());
        }
        let found = sniff(start);
        if found.is_some_and(|(format, _)| format == Some(self)) {
            return Ok(());
        }
        let what = found.map_or_else(
            || format!("it begins with {}", hex(start)),
            |(_, name)| format!("it is really a {name} file"),
        );
        Err(format!("not a {} file: {what}", self.name()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

/// What a file is by its first bytes, with its name.
fn sniff(start: &[u8]) -> Option<(Option<Format>, &'static str)> {
    const MAGIC: [(&[u8], Option<Format>, &str); 14] = [
        (b"\x89PNG\r\n\x1a\n", Some(Format::Png), "PNG"),
        (b"\xff\xd8\xff", Some(Format::Jpeg), "JPEG"),
        (b"II\x2a\0", Some(Format::Tiff), "TIFF"),
        (b"MM\0\x2a", Some(Format::Tiff), "TIFF"),
        (b"II\x2b\0", Some(Format::Tiff), "TIFF"),
        (b"MM\0\x2b", Some(Format::Tiff), "TIFF"),
        (b"\x93NUMPY", Some(Format::Npy), "NumPy"),
        (b"BM", Some(Format::Bmp), "BMP"),
        (b"GIF8", None, "GIF"),
        (b"PK\x03\x04", None, "ZIP (or NumPy .npz)"),
        (b"\x89HDF\r\n\x1a\n", None, "HDF5"),
        (b"RIFF", None, "RIFF (AVI or WebP)"),
        (b"\x1f\x8b", None, "gzip"),
        (b"%PDF", None, "PDF"),
    ];
    MAGIC.iter().find(|(magic, ..)| start.starts_with(magic)).map(|&(_, format, name)| (format, name))
}

/// What one frame is, and so what all frames of its series must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImageSpec {
    pub(crate) frame: FrameShape,
    pub(crate) dtype: DType,
    pub(crate) channels: Vec<Channel>,
    pub(crate) container_bits: u32,
    pub(crate) color_model: &'static str,
    /// Full sentences for people.
    pub(crate) notes: Vec<String>,
}

impl ImageSpec {
    /// Refuses frames whose claimed size is impossible or above the limit, before memory is reserved.
    pub(crate) fn check_size(frame: FrameShape, dtype: DType, limit: u64) -> Result<(), String> {
        let FrameShape { height, width, channels } = frame;
        if height == 0 || width == 0 || channels == 0 {
            return Err(format!("the image has no pixels ({width} × {height}, {channels} channels)"));
        }
        let bytes = frame.checked_samples().and_then(|samples| samples.checked_mul(dtype.size()));
        match bytes {
            Some(bytes) if bytes as u64 <= limit => Ok(()),
            _ => Err(format!(
                "the file claims {width} × {height} pixels of {channels} channels ({dtype}), more than the limit of {limit} bytes per frame"
            )),
        }
    }
}

/// Decodes files that hold one frame each.
pub(crate) trait Codec: Send + Sync + fmt::Debug {
    /// The format of a series, such as `PNG files`.
    fn series_name(&self) -> &'static str;

    /// Reads one whole frame to say what it is. Errors are reasons without the file's name.
    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String>;

    /// Decodes one frame that must be what `spec` says.
    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String>;

    /// What all files together require, where one file is not enough to say (64-bit integers whose values
    /// decide the type). `files` opens the i-th file.
    fn unify(
        &self,
        spec: ImageSpec,
        _count: usize,
        _files: &dyn Fn(usize) -> Result<crate::read_at::FileBytes, String>,
    ) -> Result<ImageSpec, String> {
        Ok(spec)
    }
}

/// Runs a decoder; one that panics on damaged data fails its frame, not the program.
pub(crate) fn guarded<R>(decode: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    // Nothing of a decoder outlives its panic: buffers are taken from their thread while in use.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        Err(format!("the decoder failed on damaged data: {}", text.unwrap_or("no reason given")))
    })
}

/// Says how a frame differs from the first one.
pub(crate) fn differs(what: &str, found: impl fmt::Display, expected: impl fmt::Display) -> String {
    format!("{what} is {found}, the recording has {expected}")
}

/// Size of a frame in words.
pub(crate) fn size_text(frame: FrameShape) -> String {
    format!("{} × {} pixels", frame.width, frame.height)
}
