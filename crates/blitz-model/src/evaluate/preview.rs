//! The picture of one reference, small, for whoever edits it.

use std::hash::{DefaultHasher, Hash, Hasher};

use blitz_core::{DType, FrameShape};
use serde::{Deserialize, Serialize};

use super::{Answer, Basis, Coverage, EvalError, Input, Picture, Question, Reduce, evaluate};
use crate::load::Opened;
use crate::recipe::{Recipe, Reference};

/// Longest side of a small picture, in pixels.
const SIDE: usize = 160;

/// A reference, made small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferencePicture {
    /// Columns of the small picture.
    pub width: usize,
    /// Rows of the small picture.
    pub height: usize,
    /// Values of its first channel, row by row; NaN is missing.
    pub values: Vec<f32>,
    /// Smallest and largest value of the whole reference's first channel; NaN where all are missing.
    pub ends: (f64, f64),
    /// The reference's own shape.
    pub shape: FrameShape,
    /// Type of its values; of a file, as it was read.
    pub dtype: DType,
    /// Frames that it was made of.
    pub frames: usize,
    /// Differs from that of every other reference.
    pub serial: u64,
}

/// The picture of a reference of step `step`, on that step's own input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferencePreview {
    /// Index of the step.
    pub step: usize,
    /// The reference. A window has no single picture: asking for one is an error.
    pub reference: Reference,
    /// When its file was written, where it has one: another time is another question.
    pub written: u64,
}

impl Question for ReferencePreview {
    type Answer = ReferencePicture;

    fn title(&self) -> String {
        "preview of the reference".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        (self.step, self.reference.to_string(), self.written).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn shows_failure(&self) -> bool {
        true
    }

    fn steps(&self, steps: usize) -> usize {
        self.step.min(steps)
    }

    fn answer(&self, input: &Input<'_>) -> Result<ReferencePicture, EvalError> {
        let serial = {
            let mut h = DefaultHasher::new();
            let steps: Vec<String> = input.recipe.steps.iter().map(ToString::to_string).collect();
            (input.stack.id, input.stack.store.generation(), steps).hash(&mut h);
            Question::hash(self, &mut h);
            h.finish()
        };
        let (picture, dtype) = match &self.reference {
            Reference::Range { method, range } => {
                let reduce = Reduce { range: *range, ..Reduce::all(*method) };
                let picture = reduce.answer(input)?.swap_remove(0);
                let dtype = picture.dtype();
                (picture, dtype)
            }
            Reference::File { path, method } => {
                let (load, cx) = (&input.recipe.load, input.cx);
                let opened = Opened::open_reference(path, load, &cx.cancel, &cx.progress)
                    .map_err(|e| EvalError::Empty(e.to_string()))?;
                let turned = Recipe { geometry: input.recipe.geometry, ..Recipe::default() };
                let stack = opened.stream();
                let picture = evaluate(&stack, &turned, &Reduce::all(*method), cx)?.swap_remove(0);
                (picture, stack.dtype())
            }
            Reference::Window { .. } => {
                return Err(EvalError::Empty("a window has no single picture".into()));
            }
        };
        Ok(small(&picture, dtype, serial))
    }
}

impl Answer for ReferencePicture {
    fn bytes(&self) -> u64 {
        size_of_val(self.values.as_slice()) as u64
    }

    fn coverage(&self) -> Option<&Coverage> {
        None
    }
}

/// The nearest pixel of each place: quick, and enough to recognise a picture by.
fn small(picture: &Picture, dtype: DType, serial: u64) -> ReferencePicture {
    let shape = picture.shape;
    let shrink = (shape.width.max(shape.height) as f64 / SIDE as f64).max(1.0);
    let side = |n: usize| ((n as f64 / shrink).round() as usize).clamp(1, n.max(1));
    let (width, height) = (side(shape.width), side(shape.height));
    let samples = picture.samples.as_ref();
    let at = |x: usize, y: usize| {
        let i = (y * shape.width + x) * shape.channels;
        if picture.counts.as_ref().is_some_and(|c| c.at(i) == 0) { f64::NAN } else { samples.get_f64(i) }
    };
    let mut ends = (f64::NAN, f64::NAN);
    for y in 0..shape.height {
        for x in 0..shape.width {
            let value = at(x, y);
            ends = (ends.0.min(value), ends.1.max(value));
        }
    }
    let source = |i: usize, small: usize, whole: usize| ((2 * i + 1) * whole / (2 * small)).min(whole - 1);
    let values = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| at(source(x, width, shape.width), source(y, height, shape.height)) as f32)
        .collect();
    ReferencePicture { width, height, values, ends, shape, dtype, frames: picture.coverage.used, serial }
}
