//! The picture of one reference, small, for the panel that edits it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Stack};

use super::{JobKey, Outcome, Session};
use crate::evaluate::{EvalContext, EvalError, Picture, Reduce, evaluate};
use crate::load::Opened;
use crate::recipe::{Recipe, Reference};

/// Longest side of a small picture, in pixels.
const SIDE: usize = 160;

/// A reference, made small.
#[derive(Clone, Debug, PartialEq)]
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

/// The reference asked for, as far as it is there.
#[derive(Clone, Debug, Default)]
pub struct ReferenceReply {
    /// The picture.
    pub picture: Option<Arc<ReferencePicture>>,
    /// Why there is none.
    pub error: Option<String>,
}

/// The reference that was asked for last.
#[derive(Default)]
pub(super) struct ReferenceSlot {
    asked: Option<u64>,
    answer: Option<(u64, Result<Arc<ReferencePicture>, String>)>,
}

pub(crate) struct ReferenceOutcome {
    key: u64,
    result: Result<ReferencePicture, EvalError>,
}

impl ReferenceOutcome {
    pub(super) fn was_stopped(&self) -> bool {
        matches!(self.result, Err(EvalError::Cancelled))
    }
}

impl Session {
    /// The picture of a reference of step `step`, on that step's own input; starts computing it. A window has
    /// no single picture, so its reply stays empty.
    pub fn reference(&mut self, step: usize, reference: &Reference) -> ReferenceReply {
        let Some(recording) = self.current() else { return ReferenceReply::default() };
        if matches!(reference, Reference::Window { .. }) || step > recording.recipe().steps.len() {
            return ReferenceReply::default();
        }
        let mut recipe = recording.recipe().clone();
        recipe.steps.truncate(step);
        let (id, stack) = (recording.id, recording.stack.clone());
        let key = {
            let mut h = DefaultHasher::new();
            (stack.id, stack.store.generation(), recipe.key(), reference.to_string()).hash(&mut h);
            h.finish()
        };
        if let Some((have, answer)) = &recording.reference.answer
            && *have == key
        {
            return match answer {
                Ok(picture) => ReferenceReply { picture: Some(Arc::clone(picture)), error: None },
                Err(error) => ReferenceReply { picture: None, error: Some(error.clone()) },
            };
        }
        // Behind the picture, which wants the same reference.
        let wait = !Self::may_follow(recording) && !Self::has_failed(recording);
        if wait || recording.reference.asked == Some(key) && self.jobs.is_busy(&JobKey::Reference(id)) {
            return ReferenceReply::default();
        }
        if let Some(recording) = self.recording_mut(id) {
            recording.reference.asked = Some(key);
        }
        let (reference, references) = (reference.clone(), self.references.clone());
        self.jobs.submit(JobKey::Reference(id), "preview of the reference", move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                ..EvalContext::default()
            };
            let result = compute(&stack, &recipe, &reference, &eval).map(|(p, dtype)| small(&p, dtype, key));
            Outcome::Reference(ReferenceOutcome { key, result })
        });
        ReferenceReply::default()
    }

    pub(super) fn on_reference(&mut self, id: super::RecordingId, outcome: ReferenceOutcome) {
        let Some(recording) = self.recording_mut(id) else { return };
        let answer = outcome.result.map(Arc::new).map_err(|e| e.to_string());
        recording.reference.answer = Some((outcome.key, answer));
    }
}

fn compute(
    stack: &Stack,
    recipe: &Recipe,
    reference: &Reference,
    cx: &EvalContext,
) -> Result<(Picture, DType), EvalError> {
    let (stack, recipe, method, range) = match reference {
        Reference::Range { method, range } => (stack.clone(), recipe.clone(), *method, *range),
        Reference::File { path, method } => {
            let load = recipe.load.of_reference();
            let opened = Opened::open(std::slice::from_ref(path), &load, None, &cx.cancel, &cx.progress)
                .map_err(|e| EvalError::Empty(e.to_string()))?;
            let turned = Recipe { geometry: recipe.geometry, ..Recipe::default() };
            (opened.stream(), turned, *method, None)
        }
        Reference::Window { .. } => return Err(EvalError::Empty("a window has no single picture".into())),
    };
    let reduce = Reduce { range, ..Reduce::all(method) };
    let picture = evaluate(&stack, &recipe, &reduce, cx)?.swap_remove(0);
    let of_file = matches!(reference, Reference::File { .. });
    let dtype = if of_file { stack.dtype() } else { picture.dtype() };
    Ok((picture, dtype))
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
