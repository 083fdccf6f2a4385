//! Questions about the source, whatever the steps make of it.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};

use super::{Basis, EvalError, Input, Question, Urgency};

/// The question inside, asked of the source: before all steps of the recipe. A person waits for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raw<Q>(pub Q);

impl<Q: Question> Question for Raw<Q> {
    type Answer = Q::Answer;

    fn title(&self) -> String {
        format!("{} of the source", self.0.title())
    }

    fn hash(&self, state: &mut dyn Hasher) {
        self.0.hash(state);
    }

    fn basis(&self) -> Basis {
        self.0.basis()
    }

    fn shows_failure(&self) -> bool {
        true
    }

    fn urgency(&self) -> Urgency {
        Urgency::Waited
    }

    /// One at a time: a store that is slower than the pointer still answers.
    fn patience(&self) -> f64 {
        f64::INFINITY
    }

    fn steps(&self, _steps: usize) -> usize {
        0
    }

    fn answer(&self, input: &Input<'_>) -> Result<Q::Answer, EvalError> {
        self.0.answer(input)
    }
}
