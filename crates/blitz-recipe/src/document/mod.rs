//! The document: what a person decided, changed only by [`Edit`]s, undone and redone whole.
//!
//! Undo keeps earlier decisions, never earlier pixels.

mod auxiliary;
mod edit;
mod history;
mod steps;

use blitz_kernels::reduce::Method;
use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;

pub use auxiliary::AuxiliaryEdit;
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

    /// Whether the recipe makes the values shown signed, see [`Recipe::is_signed`].
    pub fn is_signed(&self) -> bool {
        self.recipe.is_signed(self.shown_method())
    }

    /// Whether the bipolar map stands in for the usual one: the values are signed, neither map nor levels were chosen by
    /// hand, and in the levels that fit the values both signs matter.
    pub fn is_bipolar(&self, fitted: (f64, f64)) -> bool {
        let display = &self.display;
        self.is_signed()
            && !display.map_chosen
            && matches!(display.levels, LevelRule::Fit(_))
            && both_signs_matter(fitted)
    }

    /// Name of the colour map that is shown; `fitted` are the levels that fit the values, once they are known.
    pub fn colormap(&self, fitted: Option<(f64, f64)>) -> &str {
        if fitted.is_some_and(|fitted| self.is_bipolar(fitted)) {
            BIPOLAR_MAP
        } else {
            &self.display.colormap
        }
    }

    /// Whether fitted levels are made symmetric about 0: signed values in the bipolar map, whose middle then
    /// means 0.
    pub fn fits_symmetric(&self, fitted: (f64, f64)) -> bool {
        self.is_signed()
            && matches!(self.display.levels, LevelRule::Fit(_))
            && self.colormap(Some(fitted)) == BIPOLAR_MAP
    }
}

/// Whether levels reach so far to both sides of 0 that the sign is what is to be seen: the smaller side is above a fifth
/// of the larger.
pub fn both_signs_matter((lo, hi): (f64, f64)) -> bool {
    lo < 0.0 && hi > 0.0 && hi.min(-lo) > hi.max(-lo) / 5.0
}

/// Levels as far to either side of 0; those of 0 or without end stay.
pub fn symmetric((lo, hi): (f64, f64)) -> (f64, f64) {
    let most = lo.abs().max(hi.abs());
    if most > 0.0 && most.is_finite() { (-most, most) } else { (lo, hi) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels in which both signs matter.
    const BOTH_SIDES: (f64, f64) = (-3.0, 9.0);
    const BOTH: Option<(f64, f64)> = Some(BOTH_SIDES);

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
            assert_eq!((on.colormap(BOTH), on.fits_symmetric(BOTH_SIDES)), (BIPOLAR_MAP, true), "{text}");
            let off = after(&on, Edit::Step(StepEdit::Enable(0, false)));
            assert_eq!((off.colormap(BOTH), off.fits_symmetric(BOTH_SIDES)), ("plasma", false), "{text}");
            let std = after(&on, Edit::Reduce(Some(Method::Std)));
            assert_eq!(std.colormap(BOTH), "plasma", "{text}: a std has no sign");
        }
        for text in ["divide mean:", "smooth box,3", "off subtract mean:", "subtract mean:,amount=0"] {
            assert_eq!(with_steps(&[text]).colormap(BOTH), "plasma", "{text}");
        }
    }

    #[test]
    fn the_bipolar_map_comes_only_where_both_signs_matter() {
        let on = with_steps(&["subtract mean:"]);
        for (fitted, both) in [
            ((-3.0, 9.0), true),
            ((-9.0, 1.9), true),
            ((-1.8, 9.0), false),
            ((-0.1, 9.0), false),
            ((0.0, 9.0), false),
            ((-9.0, -1.0), false),
            ((0.0, 0.0), false),
            ((f64::NAN, 1.0), false),
        ] {
            let found = (on.colormap(Some(fitted)), on.fits_symmetric(fitted));
            assert_eq!(found, (if both { BIPOLAR_MAP } else { "plasma" }, both), "{fitted:?}");
        }
        assert_eq!(on.colormap(None), "plasma", "not before the values are known");
        // One-sided levels dragged by hand keep the map that is shown.
        let dragged = after(&on, Edit::Levels(LevelRule::Fixed { lo: 1.0, hi: 9.0 }));
        assert_eq!(dragged.colormap(Some((1.0, 9.0))), "plasma");
        assert_eq!([symmetric((-3.0, 9.0)), symmetric((0.0, 0.0))], [(-9.0, 9.0), (0.0, 0.0)]);
    }

    #[test]
    fn what_was_chosen_by_hand_stays() {
        let on = with_steps(&["subtract mean:"]);
        // A map chosen before or after the step.
        let chosen = after(&on, Edit::ColorMap("viridis".into()));
        assert_eq!((chosen.colormap(BOTH), chosen.fits_symmetric(BOTH_SIDES)), ("viridis", false));
        let before = after(&DocState::default(), Edit::ColorMap("plasma".into()));
        assert_eq!(after(&before, Edit::Steps(on.recipe.steps.clone())).colormap(BOTH), "plasma");
        // Levels chosen before the step: nothing is taken over.
        let levels = Edit::Levels(LevelRule::Fixed { lo: -4.0, hi: 9.0 });
        let fixed = after(&after(&DocState::default(), levels.clone()), Edit::Steps(on.recipe.steps.clone()));
        assert_eq!(fixed.colormap(BOTH), "plasma");
        // Levels dragged while the bipolar map is shown: the picture keeps its colours under the hand.
        let dragged = after(&on, levels);
        assert_eq!((dragged.colormap(BOTH), dragged.fits_symmetric(BOTH_SIDES)), (BIPOLAR_MAP, false));
        // The bipolar map chosen by hand is symmetric where the values are signed.
        let bipolar = after(&on, Edit::ColorMap(BIPOLAR_MAP.into()));
        assert!(bipolar.fits_symmetric(BOTH_SIDES));
        let off = after(&bipolar, Edit::Step(StepEdit::Enable(0, false)));
        assert_eq!((off.colormap(BOTH), off.fits_symmetric(BOTH_SIDES)), (BIPOLAR_MAP, false));
    }
}
