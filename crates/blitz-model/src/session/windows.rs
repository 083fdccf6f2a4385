//! Long windows are made quick while nothing else is to be done.

use super::recording::RecordingId;
use super::{JobKey, Outcome, Session};
use crate::evaluate::{EvalContext, gather_around};
use crate::recipe::RecipeKey;

/// Windows between the places that count as different: what is gathered around one serves the others.
const NEAR: usize = 16;

/// What was gathered: of which recipe, and around which multiple of the nearness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gathered {
    recipe: RecipeKey,
    part: usize,
}

impl Session {
    /// Starts gathering what long windows around the playhead need, if nothing else runs and all frames are there.
    pub(super) fn gather_windows(&mut self, id: RecordingId) {
        if self.jobs.any() {
            return;
        }
        let Some(recording) = self.recording_mut(id) else { return };
        let recipe = recording.recipe();
        let enabled = recipe.steps.iter().filter(|s| s.enabled);
        let longest = enabled.map(|s| s.kind.frames_around()).max().unwrap_or(0);
        let frame = recording.playhead.frame;
        if longest == 0 || recipe.reduction.is_some() || recording.frame_counts().pending > 0 {
            return;
        }
        let gathered = Gathered { recipe: recipe.key(), part: frame / (NEAR * longest) };
        if recording.windows.replace(gathered) == Some(gathered) {
            return;
        }
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().clone());
        let references = self.references.clone();
        self.jobs.submit(JobKey::Windows(id), "windows ahead", move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                ..EvalContext::default()
            };
            drop(gather_around(&stack, &recipe, frame, &eval));
            Outcome::Windows
        });
    }

    /// Stops that, to go on when there is time again.
    pub(super) fn postpone_windows(&mut self, id: RecordingId) {
        let key = JobKey::Windows(id);
        if self.jobs.is_busy(&key) {
            self.jobs.cancel(&key);
            if let Some(recording) = self.recording_mut(id) {
                recording.windows = None;
            }
        }
    }
}
