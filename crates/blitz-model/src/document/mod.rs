//! The document: what a person decided, changed only by [`Edit`]s, undone and redone whole.
//!
//! Undo keeps earlier decisions, never earlier pixels.

mod edit;
mod history;

use blitz_kernels::reduce::Method;

use crate::recipe::Recipe;

pub use edit::{Edit, EditError, ZoneEdit, new_zone};
pub use history::History;

/// Which values the levels are fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FitScope {
    /// The picture shown.
    Picture,
    /// All frames.
    Stack,
}

/// How the levels come about.
#[derive(Clone, Copy, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Minify {
    /// Averaged.
    Mean,
    /// The largest stays, so that a hot pixel is not lost.
    Max,
}

/// How values become colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    /// Levels.
    pub levels: LevelRule,
    /// Percent of the values left out on each side when fitting, 0 to 49; 0 is the exact range.
    pub trim: f64,
    /// Name of the colour map.
    pub colormap: String,
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
            log_counts: false,
            minify: Minify::Mean,
        }
    }
}

/// Which statistic a curve draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurveStat {
    /// Mean over the zone.
    Mean,
    /// Median over the zone.
    Median,
}

/// How curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
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
        self.recipe.reduction.as_ref().and_then(|r| r.methods.first().copied())
    }
}
