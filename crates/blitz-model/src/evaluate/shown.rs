//! The picture that a view shows: a frame, or the first picture of the recipe's reduction.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{Basis, EvalError, Input, OneFrame, Picture, Question, Reduce, Urgency};
use crate::recipe::Recipe;

/// What is shown of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShowPicture {
    /// One frame.
    Frame(OneFrame),
    /// A reduction, by its first method.
    Reduction(Reduce),
}

impl ShowPicture {
    /// The recipe's reduction if it has one, else stack frame `frame`.
    pub fn of(recipe: &Recipe, frame: usize) -> Self {
        match &recipe.reduction {
            Some(r) => {
                let methods = r.methods.iter().take(1).copied().collect();
                Self::Reduction(Reduce { methods, range: r.range, ddof: r.ddof })
            }
            None => Self::Frame(OneFrame { frame }),
        }
    }

    /// The stack frame shown; `None` for a reduction.
    pub fn frame(&self) -> Option<usize> {
        match self {
            Self::Frame(one) => Some(one.frame),
            Self::Reduction(_) => None,
        }
    }
}

impl Question for ShowPicture {
    type Answer = Picture;

    fn title(&self) -> String {
        match self {
            Self::Frame(frame) => frame.title(),
            Self::Reduction(reduce) => reduce.title(),
        }
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        std::mem::discriminant(self).hash(&mut state);
        match self {
            Self::Frame(frame) => frame.hash(state),
            Self::Reduction(reduce) => reduce.hash(state),
        }
    }

    fn basis(&self) -> Basis {
        match self {
            Self::Frame(frame) => frame.basis(),
            Self::Reduction(reduce) => reduce.basis(),
        }
    }

    fn shows_failure(&self) -> bool {
        true
    }

    fn urgency(&self) -> Urgency {
        Urgency::Waited
    }

    fn patience(&self) -> f64 {
        0.0
    }

    fn answer(&self, input: &Input<'_>) -> Result<Picture, EvalError> {
        match self {
            Self::Frame(frame) => frame.answer(input),
            Self::Reduction(reduce) => Ok(reduce.answer(input)?.swap_remove(0)),
        }
    }
}
