//! The strip above the picture: visible whenever the picture is not the raw frame.

use blitz_core::FrameRange;

use super::{LoadState, Session};
use crate::engine::ViewId;
use crate::recipe::Recipe;
use crate::text;

/// What a click on the strip leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripAction {
    /// Back to single frames.
    ShowFrames,
    /// The load options.
    ShowLoad,
    /// The list of failed frames.
    ShowFailures,
    /// Leave the step of this index out.
    SwitchOff(usize),
    /// Undo turning and mirroring.
    ResetGeometry,
    /// Undo the timeline crop.
    ResetTimeline,
    /// Watch the folder no longer.
    StopWatching,
}

/// One statement of the strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripItem {
    /// Short, as shown: `mean of 0–99`.
    pub text: String,
    /// Why, on hover.
    pub why: String,
    /// What a click does.
    pub action: StripAction,
}

fn inclusive(range: Option<FrameRange>, frames: usize) -> String {
    range.unwrap_or(FrameRange::ALL).describe(frames)
}

impl Session {
    /// What the view's picture is, besides the raw frame. Empty when it is just that.
    pub fn strip(&self, view: ViewId) -> Vec<StripItem> {
        let Some((shown, recording)) = self.looks_at(view) else { return Vec::new() };
        let mut items = Vec::new();
        let recipe: &Recipe = &self.shown_recipe(shown, recording);
        let source_frames = recording.stack.known_source_frames();
        let mut say =
            |text: String, why: &str, action| items.push(StripItem { text, why: why.to_owned(), action });
        if let Some(text) = recording.preview_text() {
            say(
                text,
                "to look at while the files of the recording are found; nothing is measured on it",
                StripAction::ShowLoad,
            );
        }
        if let LoadState::Opening { progress } = &recording.load {
            let now = progress.snapshot();
            say(
                format!("first frame only, {} {:.0} %", now.phase, (now.fraction() * 100.0).floor()),
                "the other frames are being found; zones and steps made meanwhile stay",
                StripAction::ShowLoad,
            );
        }
        if let LoadState::Loading { progress } = &recording.load {
            let counts = recording.frame_counts();
            if counts.pending > 0 {
                let total = recording.stack.shape().frames.max(1);
                let percent = (total - counts.pending) * 100 / total;
                let phase = progress.snapshot().phase;
                say(
                    format!("loading {percent} %, values preliminary"),
                    &format!("{phase}: curves, reductions and levels cover the frames that are there"),
                    StripAction::ShowLoad,
                );
            }
        }
        if recording.is_watched() {
            let counts = recording.frame_counts();
            let coming = if counts.pending > 0 {
                format!(", {} not whole yet", text::grouped(counts.pending as u64))
            } else {
                String::new()
            };
            say(
                format!(
                    "watching the folder, {}{coming}",
                    text::count(counts.ready + counts.failed, "frame")
                ),
                "frames that are written to it appear by themselves, and a view of the newest one goes on to the next; \
                 click to stop",
                StripAction::StopWatching,
            );
        }
        if let (Some(reduction), Some(method)) = (&recipe.reduction, recipe.shown_method()) {
            let range = reduction.range.or(recipe.frames);
            say(
                format!("{} of {}", text::method(method), inclusive(range, source_frames)),
                "the picture is a reduction over frames; click to show single frames again",
                StripAction::ShowFrames,
            );
        }
        for (i, step) in recipe.steps.iter().enumerate().filter(|(_, s)| s.enabled) {
            say(
                format!("{}: {}", step.kind.title().to_lowercase(), step.kind.describe(source_frames)),
                "values are those that the steps make; click to switch this step off, the Ops panel has it on again",
                StripAction::SwitchOff(i),
            );
        }
        let failed = recording.frame_counts().failed;
        if failed > 0 {
            say(
                format!("{} failed", text::count(failed, "frame")),
                "they keep their place in time and count as missing; click for the reasons",
                StripAction::ShowFailures,
            );
        }
        let step = recording.stack.frames.step;
        if step > 1 {
            let n = recording.stack.shape().frames as u64;
            say(
                format!(
                    "every {step} frames, {} of {}",
                    text::grouped(n),
                    text::grouped(source_frames as u64)
                ),
                "asked for when the recording was opened; click for the load options",
                StripAction::ShowLoad,
            );
        }
        if let Some(found) = recording.found.as_ref().filter(|found| !found.keeps_samples) {
            say(
                load_text(&found.load),
                "asked for when the recording was opened; click for the load options",
                StripAction::ShowLoad,
            );
        }
        if let Some(range) = recipe.frames {
            say(
                format!("timeline {}", inclusive(Some(range), source_frames)),
                "the timeline is cropped; click to show it whole",
                StripAction::ResetTimeline,
            );
        }
        if !recipe.geometry.is_identity() {
            say(
                "turned or mirrored".into(),
                "shown and exported turned; coordinates stay those of the source; click to undo",
                StripAction::ResetGeometry,
            );
        }
        items
    }
}

fn load_text(load: &crate::recipe::Load) -> String {
    let mut parts = Vec::new();
    if let Some(crop) = load.crop {
        parts.push(format!("cropped to {} × {} at {}, {}", crop.width, crop.height, crop.x, crop.y));
    }
    if load.shrink != 1.0 {
        parts.push(format!("shrunk to {} %", load.shrink * 100.0));
    }
    if load.grey {
        parts.push("as grey".into());
    }
    if load.stretch_each_frame {
        parts.push("each frame stretched".into());
    } else if load.eight_bit {
        parts.push("as 8 bit".into());
    }
    parts.join(", ")
}
