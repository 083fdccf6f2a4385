//! Export: what a recipe makes of a recording's frames, streamed from the source to files.
//!
//! The command line and the window use the same code. Frames are made in order: one after the other, each in
//! parallel over its pixels, where steps look around in time (windows then cost O(1) per sample); several at
//! once elsewhere. While a batch of frames is written the next one is made, so two batches are held at most:
//! memory does not grow with the output. Pictures for videos are drawn in the same way, ahead of the encoder.

mod frames;
mod histogram;
mod numbers;
mod output;
mod style;
mod video;

use std::path::{Path, PathBuf};

use blitz_core::{
    DType, FrameFault, FrameShape, ReadError, Sample, Samples, SamplesRef, Stack, with_dtype, with_samples,
};
use blitz_draw::{DrawError, Film};
use blitz_io::{OutputError, Overwrite, VideoKind, VideoSpec, is_video, replaced_at};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::evaluate::{self, EvalContext, EvalError};
use crate::recipe::{InvalidEntry, Recipe};
use crate::text;
use output::Output;
use video::Schedule;

pub use histogram::{describe_histogram, histogram_csv, write_histogram};
pub use numbers::{
    PICTURES, Reduced, export_reduction, left_out, per_method, write_image, write_numbers, write_one,
    write_reduction,
};
pub use style::{ImageStyle, MarkChoice, StyleError};
pub use video::{DEFAULT_RATE, VideoRequest, shown_outline, shown_pixel};

/// What stands in the place of failed frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Gaps {
    /// NaN, in pictures the colour for missing values; refused where the type has none.
    #[default]
    Missing,
    /// This value.
    Fill(f64),
    /// Nothing: later frames move up. A numbered series keeps the numbers of the source frames; in videos with
    /// times (`.mp4`, `.mkv`) the frame before is shown for longer.
    Skip,
}

/// What to write where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportRequest {
    /// `.npy`, `.tif`, a pattern such as `%05d.png` for one file per frame, or a video, see
    /// [`blitz_io::WriteSpec`].
    pub output: PathBuf,
    /// What stands in the place of failed frames.
    pub gaps: Gaps,
    /// Floating-point type to convert to; `None` keeps the type that the recipe makes.
    pub dtype: Option<DType>,
    /// Whether an existing output may be replaced.
    pub overwrite: Overwrite,
    /// For videos; other outputs take no notice of it.
    pub video: VideoRequest,
}

impl ExportRequest {
    /// The values as they are; replaces nothing, refuses gaps that the type cannot hold.
    pub fn new(output: PathBuf) -> Self {
        let (gaps, overwrite) = (Gaps::default(), Overwrite::default());
        Self { output, gaps, dtype: None, overwrite, video: VideoRequest::default() }
    }

    /// How pictures are drawn, if it is pictures that are written.
    fn pictures(&self) -> Option<&ImageStyle> {
        self.video.pictures.as_ref().filter(|_| is_video(&self.output))
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Frames that were read and written.
    pub frames: usize,
    /// Source frames that failed, in order. See [`Gaps`] for what stands in their place, where steps have made no value
    /// for them of the frames around them.
    pub faults: Vec<FrameFault>,
    /// Frames that have no value although they did not fail: they have no whole window over time.
    pub no_window: usize,
    /// Element type written.
    pub dtype: DType,
    /// Shape written, after geometry.
    pub frame: FrameShape,
    /// In words: which frames, the type, what was done about gaps.
    pub description: String,
    /// What people must know of the output, such as what its format could not say.
    pub notes: Vec<String>,
}

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The recipe does not fit, a frame's storage was lost, or the work was cancelled.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The type asked for cannot hold the values.
    #[error("{asked} cannot hold every {found} value; choose f64")]
    Narrow {
        /// Type asked for.
        asked: DType,
        /// Type of the values.
        found: DType,
    },
    /// The fill value is none of the type's.
    #[error("{dtype} cannot hold the fill value {value}; choose another value or a floating-point type")]
    Fill {
        /// Fill value.
        value: f64,
        /// Type written.
        dtype: DType,
    },
    /// A frame failed and integers cannot say so.
    #[error(
        "{fault}. {dtype} cannot hold a missing frame: choose f32 or f64 (NaN), a fill value, or leave failed frames out"
    )]
    Gap {
        /// The first frame that failed.
        fault: FrameFault,
        /// Type written.
        dtype: DType,
    },
    /// A picture of integers has missing values.
    #[error("{}: {} missing, which {dtype} cannot hold", .path.display(), text::count(*count, "value"))]
    Missing {
        /// Output.
        path: PathBuf,
        /// Missing values.
        count: usize,
        /// Type of the values.
        dtype: DType,
    },
    /// Pictures cannot be drawn in the style.
    #[error(transparent)]
    Style(#[from] StyleError),
    /// A picture cannot be drawn.
    #[error("frame {frame} cannot be drawn: {reason}")]
    Draw {
        /// Source frame.
        frame: usize,
        /// What is wrong.
        reason: DrawError,
    },
    /// Every frame failed and was left out.
    #[error("{}: no frame could be read, nothing was written", .0.display())]
    Nothing(PathBuf),
    /// The system has no thread left.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

impl From<InvalidEntry> for ExportError {
    fn from(error: InvalidEntry) -> Self {
        Self::Eval(error.into())
    }
}

impl From<ReadError> for ExportError {
    fn from(error: ReadError) -> Self {
        Self::Eval(error.into())
    }
}

/// Writes the frames of the recipe's timeline. Blocks and uses the current rayon pool: never call it from
/// the window's thread. `cx` is checked for cancellation and told of progress once per frame.
///
/// # Memory
/// Two batches of frames of 16 MiB, or of as many frames as there are threads if those are more, and what the
/// recipe's steps hold.
///
/// # Errors
/// See [`ExportError`]. No output is left behind and none is replaced then.
pub fn export(
    stack: &Stack,
    recipe: &Recipe,
    request: &ExportRequest,
    cx: &EvalContext,
) -> Result<Exported, ExportError> {
    recipe.validate_for(stack)?;
    spare(stack, recipe, &request.output)?;
    let asked = evaluate::asked(stack, recipe, cx)?;
    let frames = recipe.select(stack, None);
    let target = Target::new(stack, &asked, recipe, request)?;
    let schedule = is_video(&request.output)
        .then(|| Schedule::new(stack, recipe, &frames, request.video.rate))
        .transpose()?;
    let kind = if target.pictures.is_some() { VideoKind::Picture } else { VideoKind::Values };
    let video = schedule.as_ref().map(|s| VideoSpec { kind, timing: s.timing.clone() });
    let mut output = Output::new(stack, recipe, request, &target, &frames, video)?;

    cx.progress.start("exporting", frames.len() as u64);
    let (mut failed, mut no_window, mut values) = (0, 0, false);
    let mut faults: Vec<FrameFault> = Vec::new();
    frames::for_each_frame(&asked, recipe.geometry, &target, &frames, cx, |frame, read| {
        match read {
            Ok(samples) => {
                values = values || target.pictures.is_some() || has_values(samples);
                output.write(samples)?;
            }
            Err(ref error @ (ReadError::Failed(ref fault) | ReadError::NoWindow(ref fault))) => {
                match target.gap(request.gaps, stack.source_frame(frame))? {
                    Some(gap) => output.write(gap.as_ref())?,
                    None if request.gaps == Gaps::Skip => output.skip(),
                    None => {
                        return Err(ExportError::Gap { fault: fault.clone(), dtype: target.dtype });
                    }
                }
                if let ReadError::NoWindow(_) = error {
                    no_window += 1;
                } else {
                    failed += 1;
                    faults.push(fault.clone());
                }
            }
            Err(other) => return Err(other.into()),
        }
        cx.progress.advance(1);
        Ok(())
    })?;
    let mut notes = output.notes();
    output.finish()?;
    // Those that steps have filled in, too.
    faults.extend(asked.faults_behind(&frames).iter().map(|fault| fault.as_ref().clone()));
    faults.sort_by_key(|fault| fault.frame);
    faults.dedup_by_key(|fault| fault.frame);
    if !values {
        notes.push("no frame has a value: every sample is missing".to_owned());
    }
    let mut description = format!("{} as {}", text::frames(stack, &frames), target.words());
    if let Some(schedule) = schedule {
        description = format!("{description} {}", schedule.words);
        notes.extend(schedule.note);
    }
    for (count, what) in [(failed, "failed"), (no_window, "have no whole window")] {
        if count > 0 {
            description.push_str(&describe_gaps(request.gaps, count, what, target.pictures.is_some()));
        }
    }
    Ok(Exported {
        frames: frames.len() - failed - no_window,
        faults,
        no_window,
        dtype: target.dtype,
        frame: target.shape,
        description,
        notes,
    })
}

fn describe_gaps(gaps: Gaps, count: usize, what: &str, pictures: bool) -> String {
    let frames = text::count(count, "frame");
    match gaps {
        Gaps::Missing if pictures => format!("; {frames} {what}, shown in the colour for missing values"),
        Gaps::Missing => format!("; {frames} {what}, written as NaN"),
        Gaps::Fill(value) => format!("; {frames} {what}, written as {value}"),
        Gaps::Skip => format!("; {frames} {what} and left out"),
    }
}

/// Whether any sample is not missing.
fn has_values(samples: SamplesRef<'_>) -> bool {
    with_samples!(samples, samples => samples.iter().any(|v| !v.is_nan()))
}

/// What every frame becomes.
struct Target {
    /// Type written.
    dtype: DType,
    /// Shape written.
    shape: FrameShape,
    /// Who draws, where pictures are written; then the values below are what is drawn.
    pictures: Option<Film>,
    /// Type and number of the samples of a frame.
    values: (DType, usize),
}

impl Target {
    /// Refuses types that would change values.
    fn new(
        source: &Stack,
        asked: &Stack,
        recipe: &Recipe,
        request: &ExportRequest,
    ) -> Result<Self, ExportError> {
        let layout = asked.store.layout();
        let pictures = request.pictures().map(|style| style.film(source, recipe)).transpose()?;
        let dtype = request.dtype.filter(|_| pictures.is_none()).unwrap_or(layout.dtype);
        let exact = dtype == layout.dtype || dtype == DType::F64 || dtype == layout.dtype.result();
        if !exact {
            return Err(ExportError::Narrow { asked: dtype, found: layout.dtype });
        }
        if let Gaps::Fill(value) = request.gaps
            && !holds(dtype, value)
        {
            return Err(ExportError::Fill { value, dtype });
        }
        let shape = recipe.geometry.shape(layout.frame);
        let values = (dtype, shape.samples());
        Ok(match &pictures {
            Some(film) => {
                let (width, height) = film.size();
                Self { dtype: DType::U8, shape: FrameShape::new(height, width, 4), pictures, values }
            }
            None => Self { dtype, shape, pictures, values },
        })
    }

    /// What is written, in words.
    fn words(&self) -> String {
        let FrameShape { height, width, .. } = self.shape;
        match &self.pictures {
            Some(_) => format!("pictures of {width} × {height} pixels"),
            None => self.dtype.to_string(),
        }
    }

    /// Draws samples, `None` for a frame that failed.
    fn paint(film: &Film, frame: usize, samples: Option<SamplesRef<'_>>) -> Result<Samples, ExportError> {
        let drawn = film.draw(samples, None, Some(frame));
        drawn.map(|image| Samples::U8(image.pixels)).map_err(|reason| ExportError::Draw { frame, reason })
    }

    /// A frame for the place of the source frame `frame`, which failed, if there is one.
    fn gap(&self, gaps: Gaps, frame: usize) -> Result<Option<Samples>, ExportError> {
        let (dtype, len) = self.values;
        let value = match (gaps, &self.pictures) {
            (Gaps::Missing, Some(pictures)) => return Self::paint(pictures, frame, None).map(Some),
            (Gaps::Missing, None) if dtype.is_float() => f64::NAN,
            (Gaps::Missing | Gaps::Skip, _) => return Ok(None),
            (Gaps::Fill(value), _) => value,
        };
        let filled = with_dtype!(dtype, S => Samples::from(vec![<S as Sample>::from_f64(value); len]));
        match &self.pictures {
            Some(pictures) => Self::paint(pictures, frame, Some(filled.as_ref())).map(Some),
            None => Ok(Some(filled)),
        }
    }
}

/// Whether a type has a value; floating-point types round it.
fn holds(dtype: DType, value: f64) -> bool {
    dtype.is_float() || with_dtype!(dtype, S => Sample::to_f64(<S as Sample>::from_f64(value)) == value)
}

/// Refuses an output that would replace a file of the recording, or one that its recipe reads, whatever may be replaced
/// otherwise.
fn spare(stack: &Stack, recipe: &Recipe, output: &Path) -> Result<(), OutputError> {
    let file = blitz_io::replaced_file(output, stack.catalog.as_ref(), stack.known_source_frames());
    match file.or_else(|| replaced_reference(output, recipe)) {
        Some(file) => Err(OutputError::IsRead { path: output.to_path_buf(), file }),
        None => Ok(()),
    }
}

/// The file among those that a recipe reads (references, masks, a table of times) that an output would replace; a file of
/// a folder that it reads is one of them.
pub fn replaced_reference(output: &Path, recipe: &Recipe) -> Option<PathBuf> {
    let table =
        recipe.load.times.as_deref().filter(|from| !matches!(*from, "names" | "exif")).map(PathBuf::from);
    recipe.files().into_iter().chain(table).find_map(|file| replaced_at(output, &file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_values_must_be_held_exactly() {
        assert!(holds(DType::U8, 255.0) && holds(DType::I16, -7.0) && holds(DType::F32, 0.1));
        assert!(!holds(DType::U8, 256.0) && !holds(DType::U16, 0.5) && !holds(DType::U32, -1.0));
    }
}
