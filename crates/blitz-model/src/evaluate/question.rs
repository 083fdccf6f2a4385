//! What a question is. Each question is a type of its own, in the file of its answer.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};

use blitz_core::ZoneShape;

use super::steps::Asked;
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

    /// Which frames it rests on.
    fn coverage(&self) -> &Coverage;
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
