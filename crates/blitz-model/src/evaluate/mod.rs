//! `evaluate(stack, recipe, question)`: everything asked of a recording goes through here.
//!
//! Questions are answered from the recipe, only for the frames and pixels asked for, in one pass over the
//! source type. Answers say which frames they used and which were missing. The same question gives the same
//! bits for any number of threads and any store.

pub(crate) mod ahead;
mod asked;
mod auxiliary;
mod coverage;
mod curves;
mod dragged;
mod frame;
mod kymograph;
mod levels;
mod live;
mod part;
mod preview;
mod question;
mod raw;
mod reduce;
mod shard;
mod shared;
mod shown;
mod steps;
mod stream;
mod told;
mod windows_ahead;
mod zone_percentiles;

use blitz_core::{Cancel, Progress, ReadError, Stack};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::jobs::JobContext;
use crate::lane::Lanes;
use crate::recipe::{InvalidEntry, Recipe};

pub(crate) use asked::Asked;
pub use auxiliary::{AuxiliaryAnswer, AuxiliaryCurve, AuxiliaryCurves};
pub use coverage::Coverage;
pub(crate) use curves::rasterize;
pub use curves::{CurvePoint, Curves, FrameSet, PixelHistory, ZoneCurve, ZoneCurves};
pub use dragged::Surroundings;
pub use frame::{ExactSums, OneFrame, Picture, Region};
pub use kymograph::{Kymograph, KymographPicture};
pub use levels::{Levels, LevelsAnswer, Scope};
pub use live::{CurveData, LiveCurve, LiveCurves, LiveZones};
pub use preview::{ReferencePicture, ReferencePreview};
pub use question::{Answer, Basis, Input, Question, Urgency};
pub(crate) use question::{Growth, fingerprint, hash_shape};
pub use raw::Raw;
pub use reduce::Reduce;
pub(crate) use reduce::{histories_pictures, moments_pictures};
pub use shard::{Gathered, ReduceShard, Shard};
pub use shared::References;
pub use shown::ShowPicture;
pub use windows_ahead::WindowsAhead;
pub use zone_percentiles::{PercentileCurves, ZonePercentiles};

/// Why a question has no answer.
#[derive(Clone, Debug, Error, Serialize, Deserialize)]
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
    /// Where it stands still between frames, a moment each time, while something that a person waits for is computed:
    /// for what refines what is shown already. `None` never does.
    pub gives_way: Option<Lanes>,
    /// Whether references that this evaluation no longer wants are computed a while longer, because the next one
    /// may want them: [`References::stop_unwanted`] ends them. Otherwise they end with the last who wants them.
    pub lingers: bool,
}

impl EvalContext {
    /// As it is, stopped and watched as that job.
    #[must_use]
    pub fn of_job(self, job: &JobContext) -> Self {
        Self { cancel: job.cancel.clone(), progress: job.progress.clone(), ..self }
    }

    /// Whether it is to end, asked between frames; gives way first, if it does.
    pub(crate) fn is_stopped(&self) -> bool {
        if let Some(lanes) = self.gives_way.as_ref().filter(|_| !self.cancel.is_cancelled()) {
            lanes.give_way(&self.cancel);
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
            gives_way: None,
            lingers: false,
        }
    }
}

/// The stack that the recipe's steps make of `stack`, for writers that walk over all frames.
///
/// # Errors
/// If the recipe does not fit or a reference cannot be computed.
pub(crate) fn asked(stack: &Stack, recipe: &Recipe, cx: &EvalContext) -> Result<Asked, EvalError> {
    steps::derive(stack, recipe, cx)
}

/// Answers `question` about `stack` as `recipe` says. Blocks and uses the current rayon pool: never call it
/// from the window's thread.
///
/// ```
/// use blitz_core::{FrameShape, Samples};
/// use blitz_model::Method;
/// use blitz_model::evaluate::{EvalContext, Reduce, evaluate};
/// use blitz_model::recipe::Recipe;
/// use blitz_testkit::VecStack;
///
/// // Three frames of two pixels, and what is left of them without their mean.
/// let frames = [[1_u16, 10], [2, 20], [6, 30]].map(|frame| Samples::from(frame.to_vec())).to_vec();
/// let stack = VecStack::new(frames, FrameShape::new(1, 2, 1)).into_stack("three");
/// let recipe = Recipe { steps: vec!["subtract mean".parse()?], ..Recipe::default() };
/// let max = evaluate(&stack, &recipe, &Reduce::all(Method::Max), &EvalContext::default())?;
/// assert_eq!(max[0].values_at(0, 0), Some(vec![3.0]));
/// assert_eq!(max[0].values_at(1, 0), Some(vec![10.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    evaluate_from(stack, recipe, question, cx, Growth::default())
}

/// As [`evaluate`], continuing from an earlier answer.
pub(crate) fn evaluate_from<Q: Question>(
    stack: &Stack,
    recipe: &Recipe,
    question: &Q,
    cx: &EvalContext,
    growth: Growth<'_>,
) -> Result<Q::Answer, EvalError> {
    let steps = question.steps(recipe.steps.len());
    let before: Recipe;
    let recipe = if steps < recipe.steps.len() {
        before = recipe.first_steps(steps);
        &before
    } else {
        recipe
    };
    let _span = tracing::debug_span!(
        "evaluate",
        question = %question.title(),
        steps = recipe.steps.len(),
        stack = %stack.name
    )
    .entered();
    recipe.validate_for(stack)?;
    let answer = question.answer(&Input { stack: &steps::derive(stack, recipe, cx)?, recipe, cx, growth });
    // Frames that were given up half made look as if they were still to come.
    if cx.cancel.is_cancelled() { Err(EvalError::Cancelled) } else { answer }
}
