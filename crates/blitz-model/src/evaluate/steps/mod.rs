//! The recipe's steps as a store: frames are made from the source when they are asked for, and not kept.
//!
//! A derived stack is a stack like any other, so every question works on it. Steps that touch each sample by
//! itself are fused: one pass over the source however many there are, see [`blitz_kernels::pipeline`].
//! Windows over time move along with the frames at a cost that does not grow with their length. References
//! are evaluated once, on the input of their own step, and cached by what they depend on; moving an amount
//! never computes one anew.

mod compile;
mod derived;
mod fused;
mod long;
mod part;
mod references;
mod successive;
mod walk;

use std::ops::Deref;
use std::sync::Arc;

use blitz_core::{DType, FrameGuard, ReadError, Rect, Samples, Stack};
use blitz_kernels::pipeline::Working;
use blitz_kernels::{Reducer, Wanted};

use super::stream::Coverage;
use super::{EvalContext, EvalError, References};
use crate::recipe::Recipe;
use derived::DerivedStore;

/// The stack that a question is asked of: the source, or what the steps make of it.
pub(crate) struct Asked {
    stack: Stack,
    derived: Option<Arc<dyn Derived>>,
}

impl Deref for Asked {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

/// Reads frames of a walk in ascending order.
pub(crate) type WalkFn<'a> = Box<dyn FnMut(usize) -> Result<FrameGuard, ReadError> + 'a>;

/// A fused reduction with the frames it rests on.
pub(super) type FusedMoments = Result<(Reducer, Coverage), EvalError>;

impl Asked {
    /// The source itself.
    pub(super) fn source(stack: &Stack) -> Self {
        Self { stack: stack.clone(), derived: None }
    }

    /// Whether frames are made when they are asked for.
    pub(super) fn is_derived(&self) -> bool {
        self.derived.is_some()
    }

    /// A way to read frames one after the other, where that is cheaper than in any order.
    pub(crate) fn walk(&self) -> Option<WalkFn<'_>> {
        self.derived.as_ref()?.walk()
    }

    /// The stack for questions about the pixels of `rect`, where it is cheaper than the whole, and the rectangle
    /// that its frames show: at least `rect`.
    pub(super) fn part(&self, rect: Rect) -> Option<(Self, Rect)> {
        let layout = self.stack.store.layout();
        let derived = self.derived.as_ref().filter(|_| rect.fits(layout.frame))?;
        derived.part(rect)
    }

    /// Whether frames are cheaper one after the other than in any order.
    pub(super) fn looks_around(&self) -> bool {
        self.derived.as_ref().is_some_and(|d| d.run_up() > 0)
    }

    /// Frames that a walk computes before its first result.
    pub(super) fn run_up(&self) -> usize {
        self.derived.as_ref().map_or(0, |d| d.run_up())
    }

    /// Gathers what long windows around a frame will need.
    pub(super) fn gather_around(&self, frame: usize, cx: &EvalContext) -> Result<(), ReadError> {
        self.derived.as_ref().map_or(Ok(()), |d| d.gather_around(frame, cx))
    }

    /// A frame's samples to keep, without a copy where they were made for this.
    pub(super) fn samples(&self, frame: usize) -> Result<Samples, ReadError> {
        if let Some(derived) = &self.derived {
            return derived.made(frame);
        }
        let guard = self.stack.store.pin(frame)?;
        let samples = guard.samples().to_owned();
        guard.verify()?;
        Ok(samples)
    }

    /// Moments over frames without a frame of working values ever being stored, where all steps work sample
    /// by sample.
    pub(super) fn fused_moments(
        &self,
        frames: &[usize],
        wanted: Wanted,
        cx: &EvalContext,
    ) -> Option<FusedMoments> {
        self.derived.as_ref()?.moments(frames, wanted, cx)
    }
}

/// What a derived store can do beyond a store.
trait Derived: Send + Sync {
    fn made(&self, frame: usize) -> Result<Samples, ReadError>;
    fn walk(&self) -> Option<WalkFn<'_>>;
    fn part(&self, rect: Rect) -> Option<(Asked, Rect)>;
    fn run_up(&self) -> usize;
    fn moments(&self, frames: &[usize], wanted: Wanted, cx: &EvalContext) -> Option<FusedMoments>;
    fn gather_around(&self, frame: usize, cx: &EvalContext) -> Result<(), ReadError>;
}

impl<W: Working> Derived for DerivedStore<W> {
    fn made(&self, frame: usize) -> Result<Samples, ReadError> {
        let value = self.value(self.stages().len(), self.place(frame)?)?;
        let values = Arc::try_unwrap(value).unwrap_or_else(|kept| kept.as_ref().clone());
        Ok(match W::DTYPE {
            DType::F64 => Samples::F64(bytemuck::cast_vec(values)),
            _ => Samples::F32(bytemuck::cast_vec(values)),
        })
    }

    fn walk(&self) -> Option<WalkFn<'_>> {
        if !self.looks_around() {
            return None;
        }
        let mut walk = walk::Walk::new(self);
        Some(Box::new(move |frame| walk.pin(frame)))
    }

    fn part(&self, rect: Rect) -> Option<(Asked, Rect)> {
        let (store, rect) = DerivedStore::part(self, rect)?;
        let base = store.base().clone();
        Some((asked(&base, store), rect))
    }

    fn run_up(&self) -> usize {
        self.stages().iter().filter_map(derived::stage_window).map(|w| w.len + w.lag).sum()
    }

    fn moments(&self, frames: &[usize], wanted: Wanted, cx: &EvalContext) -> Option<FusedMoments> {
        let ops = self.fused()?;
        Some(fused::moments(self.base(), &ops, frames, wanted, cx))
    }

    fn gather_around(&self, frame: usize, cx: &EvalContext) -> Result<(), ReadError> {
        DerivedStore::gather_around(self, self.place(frame)?, &cx.progress)
    }
}

/// The stack that the recipe's steps make of `stack`: the same one if no step takes part.
///
/// # Errors
/// If a step does not fit the stack (the error names it) or a reference cannot be had.
pub(super) fn derive(stack: &Stack, recipe: &Recipe, cx: &EvalContext) -> Result<Asked, EvalError> {
    derive_prefix(stack, recipe, recipe.steps.len(), cx)
}

/// As [`derive`], for the first `count` steps.
fn derive_prefix(stack: &Stack, recipe: &Recipe, count: usize, cx: &EvalContext) -> Result<Asked, EvalError> {
    if !recipe.steps[..count].iter().any(|s| s.enabled) {
        return Ok(Asked::source(stack));
    }
    Ok(match stack.dtype().result() {
        DType::F64 => asked(stack, compile::compile::<f64>(stack, recipe, count, cx)?),
        _ => asked(stack, compile::compile::<f32>(stack, recipe, count, cx)?),
    })
}

fn asked<W: Working>(stack: &Stack, store: DerivedStore<W>) -> Asked {
    let store = Arc::new(store);
    Asked {
        stack: Stack { store: Arc::clone(&store) as Arc<dyn blitz_core::Store>, ..stack.clone() },
        derived: Some(store),
    }
}
