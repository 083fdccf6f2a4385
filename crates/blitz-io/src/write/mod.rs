//! Outputs: arrays, images and series that appear complete or not at all.
//!
//! Frames are streamed: memory does not grow with their number. The format follows from the suffix, the file
//! name may be a pattern such as `%05d.png` for one file per frame. Values are written as they are, but for
//! videos of [pictures](VideoKind::Picture).

mod body;
mod imagej;
mod kept;
mod npy;
mod part;
mod pattern;
mod png;
mod scales;
mod series;
pub(crate) mod space;
mod target;
mod tiff;
mod video;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, FrameShape, SamplesRef};
use serde::{Deserialize, Serialize};

use crate::OutputError;
use body::{Body, FileWriter};
use pattern::Pattern;
use series::SeriesWriter;
use target::Target;

pub use kept::{replaced_at, replaced_file};
pub use scales::{Kept, Scales};
pub use target::write_atomic;
pub use video::{Timing, VideoKind, VideoSpec, is_video};

/// Whether an existing target may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overwrite {
    /// An existing target is an error.
    #[default]
    Refuse,
    /// An existing target is replaced once the new one is complete.
    Replace,
}

/// What will be written.
#[derive(Clone, Debug)]
pub struct WriteSpec {
    /// Element type of every frame.
    pub dtype: DType,
    /// Shape of every frame.
    pub frame: FrameShape,
    /// Number of frames, where it is known. `Some(1)` writes a single image: `(H,W)` or `(H,W,3)` as `.npy`.
    pub frames: Option<usize>,
    /// Whether an existing target may be replaced.
    pub overwrite: Overwrite,
    /// Numbers of the files of a series, as many as there are frames; `None` counts from 0.
    pub numbers: Option<Arc<[i64]>>,
    /// Times, pixel size and unit, kept where the format has room for them.
    pub scales: Scales,
    /// Text kept with the data where the format has room for it (TIFF, PNG, video): what the output is and what was
    /// left out. `.npy` has none.
    pub description: Option<String>,
    /// For `.mp4`, `.mkv` and `.avi`, which are written only with it: what the frames are and when they are shown.
    pub video: Option<VideoSpec>,
}

impl WriteSpec {
    /// Frames of one type and shape, with the defaults for the rest.
    pub fn new(dtype: DType, frame: FrameShape, frames: Option<usize>, overwrite: Overwrite) -> Self {
        let (numbers, scales) = (None, Scales::default());
        Self { dtype, frame, frames, overwrite, numbers, scales, description: None, video: None }
    }

    fn frame_bytes(&self) -> u64 {
        self.frame.samples() as u64 * self.dtype.size() as u64
    }
}

/// Takes frames one by one. Dropped before [`finish`](Self::finish), it leaves nothing behind.
pub trait FrameWriter: Send {
    /// Writes the next frame.
    ///
    /// # Errors
    /// If the frame is not what was announced, or the system refuses; the output is then lost.
    fn write_frame(&mut self, frame: SamplesRef<'_>) -> Result<(), OutputError>;

    /// The next frame of the series is left out: where frames have times, the one before it is shown for longer.
    fn skip_frame(&mut self) {}

    /// What people must know of the output, such as what its format could not say.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Completes the output and gives it its name.
    ///
    /// # Errors
    /// If frames are missing, the target has appeared in the meantime and must not be replaced, or the system
    /// refuses. Nothing is left behind then.
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// Starts an output: `.npy`, `.tif`, `.tiff` (one file), `.png` (one frame), or a numbered series of `.png` or
/// `.tif` files where the file name has a pattern (`%d`, `%05d`).
///
/// # Errors
/// If the target exists and must not be replaced, its folder does not exist, the format cannot hold the frames,
/// or the disk has no room for them. Nothing has been written then.
pub fn create_writer(
    path: &Path,
    dtype: DType,
    frame: FrameShape,
    frames: Option<usize>,
    overwrite: Overwrite,
) -> Result<Box<dyn FrameWriter>, OutputError> {
    WriteSpec::new(dtype, frame, frames, overwrite).create(path)
}

impl WriteSpec {
    /// As [`create_writer`], with numbering and description.
    ///
    /// # Errors
    /// As [`create_writer`].
    pub fn create(&self, path: &Path) -> Result<Box<dyn FrameWriter>, OutputError> {
        let unsupported = |reason: String| OutputError::Unsupported { path: path.to_path_buf(), reason };
        if self.frame.checked_samples().is_none_or(|samples| samples == 0) {
            return Err(unsupported("frames without pixels cannot be written".to_owned()));
        }
        if self.frames == Some(0) {
            return Err(unsupported("there are no frames to write".to_owned()));
        }
        let pattern = path.file_name().and_then(|name| Pattern::parse(&name.to_string_lossy()));
        if let Some(frames) = self.frames {
            space::check(path, self.frame_bytes().saturating_mul(frames as u64), compresses(path))?;
        }
        if let Some(pattern) = pattern {
            if body_of(path, self).map_err(&unsupported)?.is_array() {
                return Err(unsupported(
                    "a numbered series is written as .png or .tif; one .npy holds all frames".to_owned(),
                ));
            }
            return Ok(Box::new(SeriesWriter::new(path, pattern, self.clone())?));
        }
        if let Some(spec) = self.video.as_ref().filter(|_| is_video(path)) {
            return video::create(path, self, spec);
        }
        let body = body_of(path, self).map_err(unsupported)?;
        let target = Target::create(path, self.overwrite)?;
        Ok(Box::new(FileWriter::new(target, body, self)?))
    }
}

/// What is written, in words.
const WRITTEN: &str =
    if cfg!(feature = "video") { ".npy, .tif, .png, .mp4, .mkv and .avi" } else { ".npy, .tif and .png" };

fn compresses(path: &Path) -> bool {
    crate::scan::suffix(path) == "png" || is_video(path)
}

/// The encoder for a path's suffix, or why it cannot hold the frames.
fn body_of(path: &Path, spec: &WriteSpec) -> Result<Box<dyn Body>, String> {
    match crate::scan::suffix(path).as_str() {
        "npy" => Ok(Box::new(npy::NpyBody::new(spec))),
        "tif" | "tiff" => Ok(Box::new(tiff::TiffBody::new(spec)?)),
        "png" => Ok(Box::new(png::PngBody::new(spec)?)),
        "" => Err(format!("the name has no suffix; {WRITTEN} are written")),
        _ if is_video(path) => Err("one picture is no video; .npy, .tif and .png are written".to_owned()),
        other => Err(format!("the suffix .{other} is not written; {WRITTEN} are")),
    }
}

/// The path of one file of a series.
fn sibling(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}
