//! Video: pictures that every player shows, or values without loss.
//!
//! | | `.mp4`, `.mkv` | `.avi` |
//! |---|---|---|
//! | [`VideoKind::Picture`] | H.264, 4:2:0, BT.709 in limited range (MPEG-4 where FFmpeg has no H.264) | Motion JPEG, 4:2:0 |
//! | [`VideoKind::Values`] | `.mkv`: FFV1, lossless; `.mp4`: refused | FFV1, lossless |
//!
//! 4:2:0 is what players and browsers decode everywhere (4:4:4 is not). H.264 then wants even sizes: an odd picture
//! gets one more column or row that repeats its edge, and nothing of it is cut.

#[cfg(feature = "video")]
mod clock;
#[cfg(feature = "video")]
mod codec;
#[cfg(feature = "video")]
mod writer;
#[cfg(feature = "video")]
mod yuv;

use std::path::Path;
use std::sync::Arc;

use blitz_core::Rational;

use super::{FrameWriter, WriteSpec};
use crate::OutputError;

/// Suffixes of the videos that are written.
const SUFFIXES: [&str; 3] = ["mp4", "mkv", "avi"];

/// What a video's frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoKind {
    /// Pictures to look at: red, green, blue and a fourth sample that does not count, u8, sRGB. Encoded with loss.
    Picture,
    /// Values, without loss: u8 or u16, of one channel or of red, green and blue.
    Values,
}

/// When the frames of a video are shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// So many frames per second.
    Rate(Rational),
    /// Seconds, one per frame (also for those that are left out), from any beginning. `.avi` has no times: there
    /// frames follow each other at the mean rate.
    At(Arc<[f64]>),
}

/// What a video is besides its frames.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoSpec {
    /// What the frames are.
    pub kind: VideoKind,
    /// When they are shown.
    pub timing: Timing,
}

/// Whether a path's suffix is that of a video that can be written.
pub fn is_video(path: &Path) -> bool {
    SUFFIXES.contains(&crate::scan::suffix(path).as_str())
}

/// Starts a video; `video` is what [`WriteSpec::video`] holds.
#[cfg(feature = "video")]
pub(super) fn create(
    path: &Path,
    spec: &WriteSpec,
    video: &VideoSpec,
) -> Result<Box<dyn FrameWriter>, OutputError> {
    Ok(Box::new(writer::VideoWriter::new(path, spec, video)?))
}

/// Says what is missing.
#[cfg(not(feature = "video"))]
pub(super) fn create(
    path: &Path,
    _spec: &WriteSpec,
    _video: &VideoSpec,
) -> Result<Box<dyn FrameWriter>, OutputError> {
    let reason = "it is a video, and this program was built without video; build it with FFmpeg's libraries \
                  installed and without --no-default-features, or write .npy, .tif or numbered .png";
    Err(OutputError::Unsupported { path: path.to_path_buf(), reason: reason.to_owned() })
}
