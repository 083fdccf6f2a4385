//! `evaluate(stack, recipe, question)`: everything asked of a recording goes through here.
//!
//! Questions are answered from the recipe, only for the frames and pixels asked for, in one pass over the
//! source type. Answers say which frames they used and which were missing. The same question gives the same
//! bits for any number of threads and any store.

pub(crate) mod ahead;
mod curves;
mod dragged;
mod frame;
mod levels;
mod question;
mod reduce;
mod shown;
mod steps;
mod stream;

use blitz_core::{Cancel, Progress, ReadError, Stack};
use thiserror::Error;

use crate::recipe::{InvalidEntry, Recipe};

pub(crate) use curves::rasterize;
pub use curves::{CurvePoint, Curves, FrameSet, PixelHistory, ZoneCurve, ZoneCurves};
pub use frame::{ExactSums, OneFrame, Picture, Region};
pub use levels::{Levels, LevelsAnswer, Scope};
pub use question::{Answer, Basis, Input, Question};
pub(crate) use question::{fingerprint, hash_shape};
pub use reduce::Reduce;
pub use shown::ShowPicture;
pub(crate) use steps::Asked;
pub use steps::References;
pub use stream::Coverage;

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum EvalError {
    /// The person or a newer question stopped it.
    #[error("cancelled")]
    Cancelled,
    /// A frame that the question is about cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The recipe does not fit the stack.
    #[error(transparent)]
    Entry(#[from] InvalidEntry),
    /// Nothing to compute from.
    #[error("{0}")]
    Empty(String),
}

/// What accompanies an evaluation.
#[derive(Clone, Debug)]
pub struct EvalContext {
    /// Checked at least once per frame.
    pub cancel: Cancel,
    /// Counted in frames.
    pub progress: Progress,
    /// Bytes that an evaluation may take for itself beyond two source frames per worker: bounds how many
    /// frames' samples a median over a stack that is decoded on demand holds at once.
    pub scratch_bytes: u64,
    /// References of steps, kept for later evaluations with the same context.
    pub references: References,
    /// Whether it stands still between frames, a moment each time, while a session's picture is computed: for what
    /// refines what is shown already.
    pub gives_way: bool,
}

impl EvalContext {
    /// Whether it is to end, asked between frames; gives way first, if it does.
    pub(crate) fn is_stopped(&self) -> bool {
        if self.gives_way && !self.cancel.is_cancelled() {
            crate::lane::give_way(&self.cancel);
        }
        self.cancel.is_cancelled()
    }
}

impl Default for EvalContext {
    fn default() -> Self {
        let scratch_bytes = crate::load::available_bytes().map_or(1 << 30, |bytes| bytes / 4);
        Self {
            cancel: Cancel::default(),
            progress: Progress::default(),
            scratch_bytes,
            references: References::default(),
            gives_way: false,
        }
    }
}

/// The stack that the recipe's steps make of `stack`, for writers that walk over all frames.
///
/// # Errors
/// If the recipe does not fit or a reference cannot be had.
pub(crate) fn asked(stack: &Stack, recipe: &Recipe, cx: &EvalContext) -> Result<Asked, EvalError> {
    steps::derive(stack, recipe, cx)
}

/// Gathers ahead what long windows of the steps need for frames around `frame`, nearest first, as far as the
/// memory for it goes (512 MiB): frames anywhere there are then as quick as those beside one shown. Changes no
/// answer. Blocks, as [`evaluate`] does.
///
/// # Errors
/// If the work was cancelled (what was gathered stays), the recipe does not fit, or frames cannot be had.
pub fn gather_around(
    stack: &Stack,
    recipe: &Recipe,
    frame: usize,
    cx: &EvalContext,
) -> Result<(), EvalError> {
    recipe.validate_for(stack)?;
    let gathered = steps::derive(stack, recipe, cx)?.gather_around(frame, cx);
    if cx.cancel.is_cancelled() { Err(EvalError::Cancelled) } else { Ok(gathered?) }
}

/// Answers `question` about `stack` as `recipe` says. Blocks and uses the current rayon pool: never call it
/// from the window's thread.
///
/// # Errors
/// If the work was cancelled, the recipe does not fit, a frame asked for cannot be read, or the selection
/// has no readable frame. Failed frames inside a range are no error: they are missing and counted.
pub fn evaluate<Q: Question>(
    stack: &Stack,
    recipe: &Recipe,
    question: &Q,
    cx: &EvalContext,
) -> Result<Q::Answer, EvalError> {
    recipe.validate_for(stack)?;
    let answer = question.answer(&Input { stack: &steps::derive(stack, recipe, cx)?, recipe, cx });
    // Frames that were given up half made look as if they were still to come.
    if cx.cancel.is_cancelled() { Err(EvalError::Cancelled) } else { answer }
}
