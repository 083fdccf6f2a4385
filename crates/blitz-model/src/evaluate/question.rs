//! What a question is. Each question is a type of its own, in the file of its answer.

use std::any::Any;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::ZoneShape;

use super::asked::Asked;
use super::{Coverage, EvalContext, EvalError};
use crate::recipe::Recipe;

/// A question about a stack, as a recipe says. Frames are stack frames, ranges are source frame numbers, rectangles
/// are stack pixels, zones and points are source pixels.
pub trait Question: Clone + Debug + Send + Sync + 'static {
    /// What the answer is.
    type Answer: Answer;

    /// What is done to answer it, for the list of jobs: `curves`.
    fn title(&self) -> String;

    /// Hashes everything that changes the answer.
    fn hash(&self, state: &mut dyn Hasher);

    /// What of the stack the answer rests on.
    fn basis(&self) -> Basis;

    /// How soon a person needs the answer, where others are computed at the same time.
    fn urgency(&self) -> Urgency {
        Urgency::Refines
    }

    /// Seconds that its job may run before one for a newer question of this type, for the same view, stops it:
    /// long enough that an answer which can follow the mouse does.
    fn patience(&self) -> f64 {
        0.25
    }

    /// How many of the recipe's `steps` steps come before the values that are asked about.
    fn steps(&self, steps: usize) -> usize {
        steps
    }

    /// Tells questions of this type apart that one view asks side by side: the newest of each is answered.
    fn place(&self) -> u64 {
        0
    }

    /// Whether whoever asks shows why there is no answer; the log says it otherwise.
    fn shows_failure(&self) -> bool {
        false
    }

    /// Answers it; blocks and computes in the current rayon pool. Called by [`evaluate`](super::evaluate).
    ///
    /// # Errors
    /// See [`evaluate`](super::evaluate).
    fn answer(&self, input: &Input<'_>) -> Result<Self::Answer, EvalError>;
}

/// An answer.
pub trait Answer: Send + Sync + 'static {
    /// Bytes held, for the budget of whoever keeps it.
    fn bytes(&self) -> u64;

    /// Which frames it rests on, if it is one that changes with them.
    fn coverage(&self) -> Option<&Coverage>;
}

/// How soon a person needs an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A person waits for it: computed before all others.
    Waited,
    /// It refines what is shown: stands still between frames while something is waited for.
    Refines,
    /// It makes later answers quick: computed while nothing else is, stopped as soon as something is.
    Ahead,
}

/// What of a stack an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// This stack frame (and the frames that steps look at around it).
    Frame(usize),
    /// All frames that are ready: the answer changes while frames arrive or are dropped.
    Frames,
}

/// What a question is answered from.
pub struct Input<'a> {
    pub(crate) stack: &'a Asked,
    pub(crate) recipe: &'a Recipe,
    pub(crate) cx: &'a EvalContext,
    pub(crate) growth: Growth<'a>,
}

/// What an answer may continue from, and where its first parts may go.
#[derive(Clone, Copy, Default)]
pub(crate) struct Growth<'a> {
    /// An answer to a question of this type about the same stack and recipe, earlier or about something else.
    pub(crate) earlier: Option<&'a Arc<dyn Any + Send + Sync>>,
    /// Takes what is known of the answer while the rest is computed.
    pub(crate) publish: Option<&'a dyn Fn(Arc<dyn Any + Send + Sync>)>,
}

impl Input<'_> {
    /// An earlier answer of this type about the same stack and recipe, to continue from.
    pub(crate) fn earlier<A: Answer>(&self) -> Option<Arc<A>> {
        Arc::clone(self.growth.earlier?).downcast().ok()
    }

    /// Gives a part of the answer out while the rest is computed.
    pub(crate) fn publish<A: Answer>(&self, part: A) {
        if let Some(publish) = self.growth.publish {
            publish(Arc::new(part));
        }
    }
}

/// Names a question together with its type; equal for equal questions.
pub(crate) fn fingerprint<Q: Question>(question: &Q) -> u64 {
    let mut h = std::hash::DefaultHasher::new();
    std::any::TypeId::of::<Q>().hash(&mut h);
    question.hash(&mut h);
    h.finish()
}

/// Hashes a shape by the bits of its numbers.
pub(crate) fn hash_shape(shape: &ZoneShape, mut h: &mut dyn Hasher) {
    let h = &mut h;
    std::mem::discriminant(shape).hash(h);
    match shape {
        ZoneShape::Rect { x, y, width, height, angle }
        | ZoneShape::Ellipse { x, y, width, height, angle } => {
            for v in [x, y, width, height, angle] {
                v.to_bits().hash(h);
            }
        }
        ZoneShape::Polygon(points) => {
            for (x, y) in points {
                (x.to_bits(), y.to_bits()).hash(h);
            }
        }
        ZoneShape::Pixel { x, y } => (x, y).hash(h),
    }
}
