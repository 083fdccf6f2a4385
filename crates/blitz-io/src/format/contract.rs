//! What a format says of itself, and the contract of a decoder of one frame.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{Channel, DType, FrameShape, SamplesMut};
use serde::{Deserialize, Serialize};

use super::orientation::Orientation;
use crate::OpenError;
use crate::facts::Facts;
use crate::read_at::ReadAt;
use crate::scan::FileEntry;
use crate::source::{FrameSource, OpenOptions};

/// A format that is read: all that the rest of the program knows of it.
#[derive(Debug)]
pub struct Format {
    /// Name in the singular: `PNG`.
    pub name: &'static str,
    /// How the table of formats names it; Markdown.
    pub title: &'static str,
    /// Suffixes of its files, in lower case and without the dot.
    pub suffixes: &'static [&'static str],
    /// Bits per sample that are read, in words.
    pub depth: &'static str,
    /// What is read, for the table of formats.
    pub reads: &'static str,
    /// What is refused with the reason, for the table of formats; empty where nothing is.
    pub refuses: &'static str,
    /// Whether one file may hold a recording; a single file of other formats is a picture.
    pub(crate) holds_several: bool,
    /// What recordings one file holds and what several files make.
    pub data_sets: &'static str,
    /// What is written, for the table of formats; empty where nothing is.
    pub writes: &'static str,
    /// Metadata that files of the format can state, as they stand in [`SourceInfo`](crate::SourceInfo).
    pub metadata: &'static [MetadataKey],
    /// The smallest part that is decoded at once.
    pub grain: Grain,
    /// First bytes of its files, `?` for any byte; empty where the bytes alone do not tell.
    pub(crate) signatures: &'static [&'static [u8]],
    /// Opens files of the format, in the order of time, as one recording.
    pub(crate) open: fn(&Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError>,
}

/// One kind of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataKey {
    /// Name.
    pub key: &'static str,
    /// Unit of the value; empty where it has none.
    pub unit: &'static str,
}

/// The smallest part of a recording that is decoded at once, and so the part in which it is best read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grain {
    /// Rows of a frame.
    Rows,
    /// A whole frame.
    Frame,
    /// Frames from one keyframe to the next.
    Group,
}

/// What the time axis and the pixels of a recording are, where files state it.
pub(crate) const TIME: MetadataKey = MetadataKey { key: "time", unit: "s" };
pub(crate) const PIXEL_SIZE: MetadataKey = MetadataKey { key: "pixel size", unit: "m" };

/// See [`SourceInfo::facts`](crate::SourceInfo::facts).
pub(crate) const TAKEN: MetadataKey = MetadataKey { key: "how it was taken", unit: "" };

/// Files of one format that are to be opened.
pub(crate) struct Opening<'a> {
    /// What the person gave.
    pub(crate) path: &'a Path,
    /// Name of the recording.
    pub(crate) name: &'a str,
    /// In the order of time; at least one.
    pub(crate) files: &'a Arc<[FileEntry]>,
    pub(crate) options: &'a OpenOptions,
    /// What a file is by its first bytes, whatever its name says.
    pub(crate) what_is: WhatIs,
    /// What a folder holds now.
    pub(crate) look_again: LookAgain,
}

/// The files of the series in a folder that the file `of` belongs to, in the order of time.
pub(crate) type LookAgain = fn(folder: &Path, of: &Path) -> std::io::Result<Vec<FileEntry>>;

/// Names a format by the first bytes of a file.
pub(crate) type WhatIs = fn(&[u8]) -> Option<&'static str>;

/// Longest signature.
pub(crate) const START: usize = 12;

/// Whether bytes begin with a signature, in which `?` is any byte.
pub(crate) fn fits(signature: &[u8], start: &[u8]) -> bool {
    start.len() >= signature.len() && signature.iter().zip(start).all(|(s, b)| s == b || *s == b'?')
}

impl Format {
    /// Whether a file that begins with `start` may be of this format.
    pub(crate) fn begins(&self, start: &[u8]) -> bool {
        self.signatures.is_empty() || self.signatures.iter().any(|signature| fits(signature, start))
    }

    /// Checks that a file begins as this format does.
    pub(crate) fn check_start(&self, data: &dyn ReadAt) -> Result<(), String> {
        self.check_named(data, |_| None)
    }

    /// Checks that a file begins as this format does; otherwise says what it really is.
    pub(crate) fn check_named(&self, data: &dyn ReadAt, what_is: WhatIs) -> Result<(), String> {
        let mut start = [0; START];
        let n = data.read_at(0, &mut start).map_err(|e| e.to_string())?;
        let start = &start[..n];
        if start.is_empty() {
            return Err("the file is empty".to_owned());
        }
        if self.begins(start) {
            return Ok(());
        }
        let what = what_is(start).map_or_else(
            || format!("it begins with {}", hex(start)),
            |name| format!("it is really a {name} file"),
        );
        Err(format!("not a {} file: {what}", self.name))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
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
                "the file claims {width} × {height} pixels of {channels} channels ({dtype}), more than the limit of \
                 {limit} bytes per frame; a larger --max-ram allows more"
            )),
        }
    }
}

/// What a header says of a frame, and so what tells the frames of a series from those that do not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Height and width as the frame will stand, and its channels without alpha.
    pub(crate) shape: FrameShape,
    pub(crate) dtype: DType,
    /// Bits per sample in the container.
    pub(crate) bits: u32,
    /// Whether there is alpha, which is dropped where it is opaque.
    pub(crate) has_alpha: bool,
    /// Whether samples are entries of a palette: a grey one among colours still has its colours.
    pub(crate) has_palette: bool,
    /// Frames in the file.
    pub(crate) frames: usize,
    /// How the picture is turned.
    pub(crate) turn: Orientation,
}

impl Head {
    /// Of a frame that was decoded.
    pub(crate) fn of(spec: &ImageSpec) -> Self {
        Self {
            shape: spec.frame,
            dtype: spec.dtype,
            bits: spec.container_bits,
            has_alpha: false,
            has_palette: false,
            frames: 1,
            turn: Orientation::default(),
        }
    }

    /// Whether two files belong to one recording as far as headers tell. Integers of 64 bits take the type that holds the
    /// values of all files.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.differs_from(other).is_none() && self.has_alpha == other.has_alpha
    }

    /// Why a frame cannot be one of a recording of frames like `other`.
    pub(crate) fn differs_from(&self, other: &Self) -> Option<String> {
        let channels = |n: usize| if n == 1 { "1 channel".to_owned() } else { format!("{n} channels") };
        if let Err(reason) = check_same_size(self.shape, other.shape) {
            return Some(reason);
        }
        if self.bits != other.bits {
            let bits = |head: &Self| format!("{} bit", head.bits);
            return Some(differs("the depth", bits(self), bits(other)));
        }
        if self.dtype != other.dtype && self.bits != 64 {
            return Some(differs("the element type", self.dtype, other.dtype));
        }
        let fits =
            self.shape.channels == other.shape.channels || (self.has_palette && other.shape.channels == 3);
        (!fits).then(|| {
            let (found, expected) = (channels(self.shape.channels), channels(other.shape.channels));
            differs("the colour model", found, expected)
        })
    }
}

/// Decodes files that hold one frame each.
pub(crate) trait Codec: Send + Sync + fmt::Debug {
    /// The format of a series, such as `PNG files`.
    fn series_name(&self) -> &'static str;

    /// Reads one whole frame to say what it is. Errors are reasons without the file's name.
    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String>;

    /// What the header says; `None` where finding out costs a decode.
    fn head(&self, _data: &dyn ReadAt, _options: &OpenOptions) -> Option<Result<Head, String>> {
        None
    }

    /// Decodes one frame that must be what `spec` says.
    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String>;

    /// See [`FrameSource::facts`]; reads no pixels.
    fn facts(&self, _data: &dyn ReadAt) -> Facts {
        Facts::new()
    }

    /// Whether frames like `spec` are stored as luma and chroma; see [`FrameSource::luma`].
    fn has_luma(&self, _spec: &ImageSpec) -> bool {
        false
    }

    /// Decodes the luma of one frame that must be what `spec` says, one sample per pixel; see
    /// [`FrameSource::decode_luma`].
    fn decode_luma(
        &self,
        _data: &dyn ReadAt,
        _spec: &ImageSpec,
        _limit: u64,
        _out: SamplesMut<'_>,
    ) -> Result<(), String> {
        Err("it is not stored as luma and chroma".to_owned())
    }

    /// See [`FrameSource::decoder`].
    fn decoder(&self) -> &'static str {
        ""
    }

    /// Decodes rows of a frame, see [`FrameSource::decode_rows`]. `None` where the whole frame must be decoded.
    fn decode_rows(
        &self,
        _data: &dyn ReadAt,
        _spec: &ImageSpec,
        _limit: u64,
        _rows: Range<usize>,
        _out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        None
    }

    /// What all files together require, where one file is not enough to say (64-bit integers whose values
    /// decide the type). `open` opens the i-th file.
    fn unify(
        &self,
        spec: ImageSpec,
        _files: &[FileEntry],
        _open: &(dyn Fn(usize) -> Result<crate::read_at::FileBytes, String> + Sync),
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

/// Refuses a frame of another height or width than the recording's.
pub(crate) fn check_same_size(found: FrameShape, expected: FrameShape) -> Result<(), String> {
    if (found.height, found.width) == (expected.height, expected.width) {
        return Ok(());
    }
    Err(differs("the size", size_text(found), size_text(expected)))
}

/// Size of a frame in words.
pub(crate) fn size_text(frame: FrameShape) -> String {
    format!("{} × {} pixels", frame.width, frame.height)
}
