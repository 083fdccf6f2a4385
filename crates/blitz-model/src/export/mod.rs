//! Export: what a recipe makes of a recording's frames, streamed from the source to files.
//!
//! The command line and the window use the same code. Frames are made in order: one after the other, each in
//! parallel over its pixels, where steps look around in time (windows then cost O(1) per sample); several at
//! once elsewhere. While a batch of frames is written the next one is made, so two batches are held at most:
//! memory does not grow with the output.

mod frames;
mod output;

use std::path::PathBuf;

use blitz_core::{DType, FrameFault, FrameShape, ReadError, Sample, Samples, Stack, with_dtype};
use blitz_io::{OutputError, Overwrite};
use thiserror::Error;

use crate::evaluate::{self, EvalContext, EvalError};
use crate::recipe::{InvalidEntry, Recipe};
use crate::text;
use output::Output;

/// What stands in the place of failed frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Gaps {
    /// NaN; refused where the type has none.
    #[default]
    Missing,
    /// This value.
    Fill(f64),
    /// Nothing: later frames move up. A numbered series keeps the numbers of the source frames.
    Skip,
}

/// What to write where.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// `.npy`, `.tif`, or a pattern such as `%05d.png` for one file per frame, see [`blitz_io::WriteSpec`].
    pub output: PathBuf,
    /// What stands in the place of failed frames.
    pub gaps: Gaps,
    /// Floating-point type to convert to; `None` keeps the type that the recipe makes.
    pub dtype: Option<DType>,
    /// Whether an existing output may be replaced.
    pub overwrite: Overwrite,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Frames that were read and written.
    pub frames: usize,
    /// Frames that failed, in order; see [`Gaps`] for what stands in their place.
    pub faults: Vec<FrameFault>,
    /// Element type written.
    pub dtype: DType,
    /// Shape written, after geometry.
    pub frame: FrameShape,
    /// In words: which frames, the type, what was done about gaps.
    pub description: String,
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
    let asked = evaluate::asked(stack, recipe, cx)?;
    let frames = recipe.select(stack, None);
    let target = Target::new(&asked, recipe, request)?;
    let mut output = Output::new(stack, request, &target, &frames)?;

    cx.progress.start("exporting", frames.len() as u64);
    let mut faults: Vec<FrameFault> = Vec::new();
    frames::for_each_frame(&asked, recipe.geometry, &target, &frames, cx, |frame, read| {
        match read {
            Ok(samples) => output.write(frame, samples)?,
            Err(ReadError::Failed(fault)) => {
                match target.gap(request.gaps) {
                    Some(gap) => output.write(frame, gap.as_ref())?,
                    None if request.gaps == Gaps::Skip => output.skip(),
                    None => return Err(ExportError::Gap { fault, dtype: target.dtype }),
                }
                faults.push(fault);
            }
            Err(other) => return Err(other.into()),
        }
        cx.progress.advance(1);
        Ok(())
    })?;
    output.finish()?;
    let gaps = if faults.is_empty() { String::new() } else { describe_gaps(request.gaps, faults.len()) };
    Ok(Exported {
        frames: frames.len() - faults.len(),
        faults,
        dtype: target.dtype,
        frame: target.shape,
        description: format!("{} as {}{gaps}", text::frames(stack, &frames), target.dtype),
    })
}

fn describe_gaps(gaps: Gaps, failed: usize) -> String {
    let frames = text::count(failed, "frame");
    match gaps {
        Gaps::Missing => format!("; {frames} failed, written as NaN"),
        Gaps::Fill(value) => format!("; {frames} failed, written as {value}"),
        Gaps::Skip => format!("; {frames} failed and left out"),
    }
}

/// What every frame becomes.
struct Target {
    dtype: DType,
    shape: FrameShape,
}

impl Target {
    /// Refuses types that would change values.
    fn new(stack: &Stack, recipe: &Recipe, request: &ExportRequest) -> Result<Self, ExportError> {
        let layout = stack.store.layout();
        let dtype = request.dtype.unwrap_or(layout.dtype);
        let exact = dtype == layout.dtype || dtype == DType::F64 || dtype == layout.dtype.result();
        if !exact {
            return Err(ExportError::Narrow { asked: dtype, found: layout.dtype });
        }
        match request.gaps {
            Gaps::Fill(value) if !holds(dtype, value) => Err(ExportError::Fill { value, dtype }),
            _ => Ok(Self { dtype, shape: recipe.geometry.shape(layout.frame) }),
        }
    }

    /// A frame for the place of a failed one, if there is one.
    fn gap(&self, gaps: Gaps) -> Option<Samples> {
        let value = match gaps {
            Gaps::Missing if self.dtype.is_float() => f64::NAN,
            Gaps::Fill(value) => value,
            Gaps::Missing | Gaps::Skip => return None,
        };
        let len = self.shape.samples();
        Some(with_dtype!(self.dtype, S => Samples::from(vec![<S as Sample>::from_f64(value); len])))
    }
}

/// Whether a type has a value; floating-point types round it.
fn holds(dtype: DType, value: f64) -> bool {
    dtype.is_float() || with_dtype!(dtype, S => Sample::to_f64(<S as Sample>::from_f64(value)) == value)
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
