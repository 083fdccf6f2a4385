//! The levels of a view, and the distribution over its recording.

use std::sync::Arc;

use super::Session;
use super::picture::ShownPicture;
use crate::document::{FitScope, LevelRule, symmetric};
use crate::engine::ViewId;
use crate::evaluate::{Levels, LevelsAnswer, Scope, ShowPicture};

/// Levels to draw with now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelsReply {
    /// Value shown darkest.
    pub lo: f64,
    /// Value shown brightest.
    pub hi: f64,
    /// Taken from some of the frames only; exact ones are on their way.
    pub sampled: bool,
    /// Whether they belong to what the recipe says now, and not to what it said before.
    pub current: bool,
    /// The levels before they were made symmetric about 0, which say what map is shown: see [`colormap`](crate::document::DocState::colormap).
    pub fitted: (f64, f64),
}

/// The distribution over a recording, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct DistributionReply {
    /// Exact, of a sample, or of what the recipe said before.
    pub value: Option<Arc<LevelsAnswer>>,
    /// Whether it belongs to what the recipe says now.
    pub current: bool,
}

/// Frames of a sample.
const SAMPLE: usize = 16;

impl Session {
    /// The distribution over the stack: exact where it is there, else from a sample, else nothing yet; that of what
    /// the recipe said before stays until there is one of the new values. Starts computing what is missing.
    pub fn distribution(&self, view: ViewId) -> DistributionReply {
        let Some((_, recording)) = self.looks_at(view) else { return DistributionReply::default() };
        // While frames of a recording arrive the sample is enough; the exact pass comes when all are there.
        let loading = recording.frame_counts().pending > 0;
        let exact = (!loading).then(|| self.want(view, &Levels { scope: Scope::Stack }));
        if let Some(exact) = &exact
            && exact.is_current()
        {
            if let Some(levels) = &exact.value
                && levels.coverage.is_final()
                && levels.effective_bits.is_some()
            {
                recording.bits.set(levels.effective_bits);
            }
            return DistributionReply { value: exact.value.clone(), current: true };
        }
        let sample = self.want(view, &Levels { scope: Scope::Sample(SAMPLE) });
        let current = sample.is_current();
        let earlier = || exact.and_then(|reply| reply.value).or_else(|| sample.value.clone());
        DistributionReply { value: if current { sample.value } else { earlier() }, current }
    }

    /// Levels to draw the view's picture with now: its own, or where levels are linked those of the first view;
    /// `None` before anything is known.
    pub fn levels(&self, view: ViewId) -> Option<LevelsReply> {
        self.own_levels(self.levels_from(view)).or_else(|| self.own_levels(view))
    }

    /// The view whose levels and rule of fitting a view has: itself, or where levels are linked the first one that
    /// shows something. Edits of levels go there.
    pub fn levels_from(&self, view: ViewId) -> ViewId {
        let first = self.views().iter().find(|view| view.recording.is_some()).filter(|_| self.link().levels);
        first.map_or(view, super::view::View::id)
    }

    fn own_levels(&self, view: ViewId) -> Option<LevelsReply> {
        let (shown, recording) = self.looks_at(view)?;
        let state = recording.state();
        let (trim, rule) = (state.display.trim, state.display.levels);
        let reduced = self.shown_recipe(shown, recording).reduction.is_some();
        let of_picture = || {
            let last = self.table.last::<ShowPicture, ShownPicture>(view, recording.stack.id, 0)?;
            Some(last.histogram.levels(trim))
        };
        let (levels, sampled, current) = match rule {
            LevelRule::Fixed { lo, hi } => (Some((lo, hi)), false, true),
            // A reduction is fitted by itself: the stack's range says little about a std.
            LevelRule::Fit(FitScope::Picture) => (of_picture(), false, true),
            LevelRule::Fit(FitScope::Stack) if reduced => (of_picture(), false, true),
            LevelRule::Fit(FitScope::Stack) => {
                let reply = self.distribution(view);
                match reply.value {
                    Some(l) => (Some(l.levels(trim)), l.sampled || !l.coverage.is_final(), reply.current),
                    None => (of_picture(), true, false),
                }
            }
        };
        let fitted = levels?;
        let (lo, hi) = if state.fits_symmetric(fitted) { symmetric(fitted) } else { fitted };
        Some(LevelsReply { lo, hi, sampled, current, fitted })
    }
}
