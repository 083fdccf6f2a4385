//! The recipe's steps as a store: frames are made from the source when they are asked for, and not kept.
//!
//! A derived stack is a stack like any other, so every question works on it. Steps that touch each sample by
//! itself are fused: one pass over the source however many there are, see [`blitz_kernels::pipeline`].
//! Windows over time move along with the frames at a cost that does not grow with their length. References
//! are evaluated once, on the input of their own step, and cached by what they depend on; moving an amount
//! never computes one anew.

mod around;
mod compile;
mod derived;
mod fused;
mod long;
mod part;
mod references;
mod successive;
mod walk;

use std::sync::Arc;

use blitz_core::{DType, FrameFault, ReadError, Rect, Samples, Stack};
use blitz_kernels::Wanted;
use blitz_kernels::pipeline::Working;

use super::asked::{Asked, Derived, FusedMoments, WalkFn};
use super::{EvalContext, EvalError, References};
use crate::recipe::Recipe;
use derived::DerivedStore;

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

    fn faults_behind(&self, frames: &[usize]) -> Vec<Arc<FrameFault>> {
        DerivedStore::faults_behind(self, frames)
    }

    fn gather_around(&self, frame: usize, cx: &EvalContext) -> Result<(), ReadError> {
        DerivedStore::gather_around(self, self.place(frame)?, &cx.progress)
    }
}

/// The stack that the recipe's steps make of `stack`: the same one if no step takes part.
///
/// # Errors
/// If a step does not fit the stack (the error names it) or a reference cannot be computed.
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
    let made = Stack { store: Arc::clone(&store) as Arc<dyn blitz_core::Store>, ..stack.clone() };
    Asked::derived(made, store)
}

#[cfg(test)]
mod tests {
    use blitz_core::{DType, FrameShape};
    use blitz_testkit::{VecStack, noise_frames};

    use super::*;

    /// Every walk holds its windows, so memory grows with the number of steps and does not double with each.
    #[test]
    fn chained_windows_are_walked_through_once() {
        let shape = FrameShape::new(3, 4, 1);
        let stack = VecStack::new(noise_frames(5, DType::U16, 60, shape), shape).into_stack("noise");
        let cx = EvalContext::default();
        for window in
            ["subtract window:mean,5,lag=2", "divide window:max,4,forward,lag=1", "smooth-time box,3"]
        {
            for count in 1..8 {
                let steps = vec![window.parse().expect(window); count];
                let recipe = Recipe { steps, ..Recipe::default() };
                let store = compile::compile::<f32>(&stack, &recipe, count, &cx).expect("compiled");
                let mut walk = walk::Walk::new(&store);
                assert_eq!(walk.count(), count, "{window}");
                // The same values as each by itself.
                for frame in 0..60 {
                    let (walked, alone) = (walk.pin(frame), store.made(frame));
                    let values = |samples: blitz_core::SamplesRef<'_>| samples.to_f64_vec();
                    match (walked, alone) {
                        (Ok(walked), Ok(alone)) => {
                            let near =
                                |(a, b): (f64, f64)| (a - b).abs() <= 1e-4 * b.abs().max(1.0) || a.is_nan();
                            let pairs = values(walked.samples()).into_iter().zip(values(alone.as_ref()));
                            assert!(pairs.into_iter().all(near), "{window} × {count}, frame {frame}");
                        }
                        (walked, alone) => assert_eq!(walked.err(), alone.err()),
                    }
                }
            }
        }
    }
}
