//! Long windows made quick before their frames are asked for.

use std::hash::{Hash, Hasher};

use blitz_core::Stack;
use serde::{Deserialize, Serialize};

use super::{Answer, Basis, Coverage, EvalError, Input, Question, Urgency};
use crate::recipe::Recipe;

/// Windows between the places that count as different: what is gathered around one serves the others.
const NEAR: usize = 16;

/// Gathers what long windows of the steps need for frames around one, nearest first, as far as the memory for it goes
/// (512 MiB): frames anywhere there are then as quick as those beside one shown. Changes no other answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowsAhead {
    frame: usize,
    /// Which multiple of the nearness the frame lies in.
    part: usize,
}

impl WindowsAhead {
    /// Around stack frame `frame`; `None` where the recipe has no window over time, or frames are still to come.
    pub fn around(stack: &Stack, recipe: &Recipe, frame: usize) -> Option<Self> {
        let enabled = recipe.steps.iter().filter(|s| s.enabled);
        let longest = enabled.map(|s| s.kind.frames_around()).max().unwrap_or(0);
        let extent = stack.store.extent();
        (longest > 0 && extent.sealed).then(|| Self { frame, part: frame / (NEAR * longest) })
    }
}

impl Question for WindowsAhead {
    type Answer = ();

    fn title(&self) -> String {
        "windows ahead".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        self.part.hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn urgency(&self) -> Urgency {
        Urgency::Ahead
    }

    fn answer(&self, input: &Input<'_>) -> Result<(), EvalError> {
        Ok(input.stack.gather_around(self.frame, input.cx)?)
    }
}

impl Answer for () {
    fn bytes(&self) -> u64 {
        0
    }

    fn coverage(&self) -> Option<&Coverage> {
        None
    }
}
