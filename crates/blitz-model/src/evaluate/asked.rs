//! The stack that a question is asked of, whether it lies there or is made frame by frame.

use std::ops::Deref;
use std::sync::Arc;

use blitz_core::{FrameFault, FrameGuard, ReadError, Rect, Samples, Stack};
use blitz_kernels::{Reducer, Wanted};

use super::coverage::Coverage;
use super::part::Part;
use super::{EvalContext, EvalError};

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

    /// What steps make of a source.
    pub(super) fn derived(stack: Stack, derived: Arc<dyn Derived>) -> Self {
        Self { stack, derived: Some(derived) }
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
        let frame = self.stack.store.layout().frame;
        if !rect.fits(frame) {
            return None;
        }
        let Some(derived) = &self.derived else {
            let store = &self.stack.store;
            return (rect.height < frame.height && store.reads_rows()).then(|| {
                let store = Part::of(Arc::clone(store), rect);
                (Self::source(&Stack { store, ..self.stack.clone() }), rect)
            });
        };
        derived.part(rect)
    }

    /// The stack for questions about whole rows, whatever it costs, and the rectangle that its frames show: at least
    /// `rows`.
    pub(super) fn band(&self, rows: Rect) -> (Self, Rect) {
        self.part(rows).unwrap_or_else(|| {
            let store = Part::of(Arc::clone(&self.stack.store), rows);
            (Self::source(&Stack { store, ..self.stack.clone() }), rows)
        })
    }

    /// Whether frames are cheaper one after the other than in any order.
    pub(super) fn looks_around(&self) -> bool {
        self.derived.as_ref().is_some_and(|d| d.run_up() > 0)
    }

    /// Frames that a walk computes before its first result.
    pub(super) fn run_up(&self) -> usize {
        self.derived.as_ref().map_or(0, |d| d.run_up())
    }

    /// Source frames that failed and that what steps make of `frames` rests on, whether or not it has a value without
    /// them; empty where there is no step. In order, each once.
    pub(crate) fn faults_behind(&self, frames: &[usize]) -> Vec<Arc<FrameFault>> {
        self.derived.as_ref().map_or_else(Vec::new, |derived| derived.faults_behind(frames))
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
pub(super) trait Derived: Send + Sync {
    fn made(&self, frame: usize) -> Result<Samples, ReadError>;
    fn walk(&self) -> Option<WalkFn<'_>>;
    fn part(&self, rect: Rect) -> Option<(Asked, Rect)>;
    fn run_up(&self) -> usize;
    fn moments(&self, frames: &[usize], wanted: Wanted, cx: &EvalContext) -> Option<FusedMoments>;
    fn faults_behind(&self, frames: &[usize]) -> Vec<Arc<FrameFault>>;
    fn gather_around(&self, frame: usize, cx: &EvalContext) -> Result<(), ReadError>;
}
