//! What every step says of itself: names, help, parameters, what it starts with.

use blitz_core::FrameRange;

use super::field::Field;

/// How a step is called and what it does, in words.
#[derive(Debug)]
pub struct About {
    /// Name in recipes.
    pub name: &'static str,
    /// Flag on the command line, without its dashes.
    pub flag: &'static str,
    /// What the flag's value is called in the help.
    pub value: &'static str,
    /// Help of the flag.
    pub help: &'static str,
    /// Name for people: `Subtract`, `Smooth over time`.
    pub title: &'static str,
    /// What it does and what it starts with, for a tooltip.
    pub hint: &'static str,
    /// Where it stands in a menu.
    pub group: Group,
    /// Whether it is offered where a recipe has no steps yet.
    pub common: bool,
}

/// Steps that stand together in a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Differences and quotients with a reference.
    Reference,
    /// Filters over frames or pixels.
    Filter,
    /// Values by themselves.
    Values,
}

/// What a window knows when a step is added: what the step may start with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggested {
    /// Source frames chosen on the timeline; `None` is all.
    pub range: Option<FrameRange>,
    /// The levels shown, lower and upper.
    pub levels: Option<(f64, f64)>,
    /// A zone: the one that is selected, or the first.
    pub zone: Option<String>,
}

/// How adding a step begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start<T> {
    /// With parameters that do something at once.
    Ready(T),
    /// With a file that is chosen first, the step's first parameter; what a person is asked to choose.
    File(&'static str),
    /// Not now, for this reason.
    Not(&'static str),
}

impl<T> Start<T> {
    /// The same with another step.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Start<U> {
        match self {
            Self::Ready(step) => Start::Ready(f(step)),
            Self::File(what) => Start::File(what),
            Self::Not(why) => Start::Not(why),
        }
    }
}

/// A step's description. The recipe's reader and writer, the flags with their help, validation and the editor in the
/// window are made from it. Its default value has what a text may leave out.
pub trait Describe: Default {
    /// Names and help.
    const ABOUT: About;

    /// The parameters, in the order of the text form: one without key first.
    fn fields(&mut self) -> Vec<Field<'_>>;

    /// What the step does, behind its title: `mean of 0–99 (100 frames), 50 %`. `frames` is the number of frames of
    /// the source.
    fn words(&self, frames: usize) -> String;

    /// What it starts with when it is added in the window.
    fn start(from: &Suggested) -> Start<Self>;

    /// Whether it makes values on both sides of 0 out of positive ones.
    fn gives_signed(&self) -> bool {
        false
    }

    /// After a person has chosen another reference.
    fn reference_chosen(&mut self) {}
}
