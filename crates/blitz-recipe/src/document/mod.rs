//! The document: what a person decided, changed only by [`Edit`]s, undone and redone whole.
//!
//! Undo keeps earlier decisions, never earlier pixels.

mod edit;
mod history;
mod steps;

use blitz_kernels::reduce::Method;
use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;

pub use edit::{Edit, EditError, ZoneEdit, new_zone};
pub use history::History;
pub use steps::StepEdit;

/// Which values the levels are fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FitScope {
    /// The picture shown.
    Picture,
    /// All frames.
    Stack,
}

/// How the levels come about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum LevelRule {
    /// Fitted again whenever the data change.
    Fit(FitScope),
    /// Typed or dragged.
    Fixed {
        /// Value shown darkest.
        lo: f64,
        /// Value shown brightest.
        hi: f64,
    },
}

/// How pixels are joined when the picture is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Minify {
    /// Averaged.
    Mean,
    /// The largest stays, so that a hot pixel is not lost.
    Max,
}

/// Name of the colour map for signed values: one hue below 0, another above.
pub const BIPOLAR_MAP: &str = "bipolar";

/// How values become colours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Display {
    /// Levels.
    pub levels: LevelRule,
    /// Percent of the values left out on each side when fitting, 0 to 49; 0 is the exact range.
    pub trim: f64,
    /// Name of the colour map for values that are not signed, or the one chosen by hand; see
    /// [`DocState::colormap`] for the one that is shown.
    pub colormap: String,
    /// Whether a person chose the colour map.
    pub map_chosen: bool,
    /// Whether the histogram's counts are drawn on a logarithmic scale.
    pub log_counts: bool,
    /// How pixels are joined when the picture is made smaller.
    pub minify: Minify,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            levels: LevelRule::Fit(FitScope::Stack),
            trim: 0.1,
            colormap: "plasma".into(),
            map_chosen: false,
            log_counts: false,
            minify: Minify::Mean,
        }
    }
}

/// Which statistic a curve draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CurveStat {
    /// Mean over the zone.
    Mean,
    /// Median over the zone.
    Median,
}

/// How curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurveView {
    /// The line.
    pub stat: CurveStat,
    /// Whether the band from minimum to maximum is drawn.
    pub band: bool,
}

impl Default for CurveView {
    fn default() -> Self {
        Self { stat: CurveStat::Mean, band: true }
    }
}

/// Everything decided about one recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DocState {
    /// The recipe.
    pub recipe: Recipe,
    /// Colours and levels.
    pub display: Display,
    /// Curves.
    pub curves: CurveView,
    /// Zone whose values and handles are shown, an index into the recipe's zones.
    pub selected_zone: Option<usize>,
}

impl DocState {
    /// The method whose picture is shown instead of a frame, if any. (A recipe may list several; the
    /// window shows the first.)
    pub fn shown_method(&self) -> Option<Method> {
        self.recipe.shown_method()
    }

    /// Whether the values shown lie on both sides of 0 because the recipe made them so. A standard deviation
    /// never does.
    pub fn is_signed(&self) -> bool {
        self.recipe.steps.iter().any(super::recipe::Step::gives_signed)
            && self.shown_method() != Some(Method::Std)
    }

    /// Whether the bipolar map stands in for the usual one: the values are signed, and neither map nor levels
    /// were chosen by hand.
    pub fn is_bipolar(&self) -> bool {
        let display = &self.display;
        self.is_signed() && !display.map_chosen && matches!(display.levels, LevelRule::Fit(_))
    }

    /// Name of the colour map that is shown.
    pub fn colormap(&self) -> &str {
        if self.is_bipolar() { BIPOLAR_MAP } else { &self.display.colormap }
    }

    /// Whether fitted levels are made symmetric about 0: signed values in the bipolar map, whose middle then
    /// means 0.
    pub fn fits_symmetric(&self) -> bool {
        self.is_signed() && matches!(self.display.levels, LevelRule::Fit(_)) && self.colormap() == BIPOLAR_MAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(state: &DocState, edit: Edit) -> DocState {
        edit.apply(state).expect("a valid edit")
    }

    fn with_steps(text: &[&str]) -> DocState {
        let steps = text.iter().map(|t| t.parse().expect("a step")).collect();
        after(&DocState::default(), Edit::Steps(steps))
    }

    #[test]
    fn signed_values_bring_the_bipolar_map_and_take_it_away_again() {
        for text in ["subtract mean:", "relative mean:0:9", "subtract file:d.npy,amount=0.1"] {
            let on = with_steps(&[text]);
            assert_eq!((on.colormap(), on.fits_symmetric()), (BIPOLAR_MAP, true), "{text}");
            let off = after(&on, Edit::Step(StepEdit::Enable(0, false)));
            assert_eq!((off.colormap(), off.fits_symmetric()), ("plasma", false), "{text}");
            let std = after(&on, Edit::Reduce(Some(Method::Std)));
            assert_eq!(std.colormap(), "plasma", "{text}: a std has no sign");
        }
        for text in ["divide mean:", "smooth box,3", "off subtract mean:", "subtract mean:,amount=0"] {
            assert_eq!(with_steps(&[text]).colormap(), "plasma", "{text}");
        }
    }

    #[test]
    fn what_was_chosen_by_hand_stays() {
        let on = with_steps(&["subtract mean:"]);
        // A map chosen before or after the step.
        let chosen = after(&on, Edit::ColorMap("viridis".into()));
        assert_eq!((chosen.colormap(), chosen.fits_symmetric()), ("viridis", false));
        let before = after(&DocState::default(), Edit::ColorMap("plasma".into()));
        assert_eq!(after(&before, Edit::Steps(on.recipe.steps.clone())).colormap(), "plasma");
        // Levels chosen before the step: nothing is taken over.
        let levels = Edit::Levels(LevelRule::Fixed { lo: 0.0, hi: 9.0 });
        let fixed = after(&after(&DocState::default(), levels.clone()), Edit::Steps(on.recipe.steps.clone()));
        assert_eq!(fixed.colormap(), "plasma");
        // Levels dragged while the bipolar map is shown: the picture keeps its colours under the hand.
        let dragged = after(&on, levels);
        assert_eq!((dragged.colormap(), dragged.fits_symmetric()), (BIPOLAR_MAP, false));
        // The bipolar map chosen by hand is symmetric where the values are signed.
        let bipolar = after(&on, Edit::ColorMap(BIPOLAR_MAP.into()));
        assert!(bipolar.fits_symmetric());
        let off = after(&bipolar, Edit::Step(StepEdit::Enable(0, false)));
        assert_eq!((off.colormap(), off.fits_symmetric()), (BIPOLAR_MAP, false));
    }
}
