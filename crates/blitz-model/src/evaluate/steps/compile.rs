//! Steps to stages: neighbouring steps that touch each sample by itself become one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use blitz_core::{FrameShape, Stack};
use blitz_kernels::pipeline::{DivisionRule, Working, difference, finite_mean, normalise_to_mean_one};

use super::derived::{DerivedStore, Op, Source, Stage};
use super::references::{constant, hash_named, hash_upstream, mask_file, step_name};
use crate::evaluate::{EvalContext, EvalError, rasterize};
use crate::recipe::{Guard, InvalidEntry, Recipe, Reference, StepKind};

fn rule<W: Working>(guard: &Guard) -> DivisionRule<W> {
    DivisionRule { smallest: guard.smallest.map(W::from_f64), fill: guard.fill.map(W::from_f64) }
}

/// Compiles the first `count` steps for a stack and evaluates their constant references.
pub(super) fn compile<W: Working>(
    stack: &Stack,
    recipe: &Recipe,
    count: usize,
    cx: &EvalContext,
) -> Result<DerivedStore<W>, EvalError> {
    let mut stages: Vec<Stage<W>> = Vec::new();
    let mut inputs: Vec<u64> = Vec::new();
    for index in (0..count).filter(|&i| recipe.steps[i].enabled) {
        let context = Context { stack, recipe, index, cx };
        match &recipe.steps[index].kind {
            StepKind::Smooth(filter) => stages.push(Stage::Space(*filter)),
            StepKind::SmoothTime(filter) => stages.push(Stage::Time(*filter)),
            kind => {
                let op = context.op(kind)?;
                match stages.last_mut() {
                    // A window looks at the values before its own step, so it starts a stage.
                    Some(Stage::Point(ops)) if !op.has_window() => ops.push(op),
                    _ => stages.push(Stage::Point(vec![op])),
                }
            }
        }
        if stages.len() > inputs.len() {
            inputs.push(input_key(stack, recipe, index, inputs.is_empty()));
        }
    }
    Ok(DerivedStore::new(stack.clone(), recipe.select(stack, None).into(), stages, inputs, cx))
}

/// Names the values before step `index`: what is kept of them serves every recipe that begins alike.
fn input_key(stack: &Stack, recipe: &Recipe, index: usize, is_source: bool) -> u64 {
    let mut h = DefaultHasher::new();
    (stack.id, recipe.frames, is_source).hash(&mut h);
    if !is_source {
        // References of steps before change while frames arrive.
        stack.store.generation().hash(&mut h);
        hash_upstream(recipe, index, &mut h);
    }
    h.finish()
}

struct Context<'a> {
    stack: &'a Stack,
    recipe: &'a Recipe,
    index: usize,
    cx: &'a EvalContext,
}

impl Context<'_> {
    fn constant<W: Working>(&self, reference: &Reference) -> Result<Arc<Vec<W>>, EvalError> {
        constant(self.stack, self.recipe, self.index, reference, self.cx)
    }

    fn source<W: Working>(&self, reference: &Reference) -> Result<Source<W>, EvalError> {
        match reference {
            Reference::Window { method, window } => Ok(Source::Window { method: *method, window: *window }),
            _ => self.constant(reference).map(Source::Constant),
        }
    }

    fn op<W: Working>(&self, kind: &StepKind) -> Result<Op<W>, EvalError> {
        let shape: FrameShape = self.stack.store.layout().frame;
        Ok(match kind {
            StepKind::Subtract { reference, amount } => {
                Op::Subtract { reference: self.source(reference)?, amount: W::from_f64(*amount) }
            }
            StepKind::Divide { reference, amount, normalised, guard } => {
                let mut reference = self.source::<W>(reference)?;
                if *normalised {
                    reference = self.normalised(reference, kind)?;
                }
                Op::Divide {
                    reference,
                    amount: W::from_f64(*amount),
                    rule: rule(guard),
                    normalised: *normalised,
                }
            }
            StepKind::FlatField { flat, dark, flat_dark, gain, guard } => {
                let flat = self.constant::<W>(flat)?;
                let dark = match dark {
                    Some(dark) => self.constant(dark)?,
                    None => self.made("no dark", kind, || Ok(vec![W::ZERO; shape.samples()]))?,
                };
                let flat_dark =
                    flat_dark.as_ref().map_or_else(|| Ok(Arc::clone(&dark)), |d| self.constant(d))?;
                let span = self.made("span", kind, || Ok(difference(&flat, &flat_dark)))?;
                let gain = if *gain {
                    let mean = || Ok(finite_mean(&span).map(W::from_f64).into_iter().collect());
                    self.made("gain", kind, mean)?.first().copied()
                } else {
                    None
                };
                Op::FlatField { dark, span, gain, rule: rule(guard) }
            }
            StepKind::Relative { reference, guard } => {
                Op::Relative { reference: self.source(reference)?, rule: rule(guard) }
            }
            StepKind::Limits { lo, hi } => Op::Limits {
                lo: lo.map_or(W::from_f64(f64::NEG_INFINITY), W::from_f64),
                hi: hi.map_or(W::from_f64(f64::INFINITY), W::from_f64),
            },
            StepKind::ZoneMask(name) => Op::Mask(self.made("zone", kind, || self.zone(name))?),
            StepKind::Mask(path) => {
                let read = || mask_file(self.stack, self.recipe, self.index, path, self.cx);
                Op::Mask(self.made("mask", kind, read)?)
            }
            StepKind::Smooth(_) | StepKind::SmoothTime(_) => unreachable!("stages of their own"),
        })
    }

    /// What the step makes of its references, kept for the next question. Amounts have no part in it.
    fn made<T: Send + Sync + 'static>(
        &self,
        what: &str,
        kind: &StepKind,
        make: impl FnOnce() -> Result<Vec<T>, EvalError>,
    ) -> Result<Arc<Vec<T>>, EvalError> {
        let mut h = DefaultHasher::new();
        (what, self.stack.id, self.stack.store.generation(), size_of::<T>()).hash(&mut h);
        format!("{:?}", self.recipe.load).hash(&mut h);
        hash_upstream(self.recipe, self.index, &mut h);
        hash_named(self.recipe, kind, &mut h);
        match kind {
            StepKind::Divide { reference, .. } => reference.to_string().hash(&mut h),
            _ => self.recipe.steps[self.index].to_string().hash(&mut h),
        }
        self.cx.references.made(self.stack.id, h.finish(), make)
    }

    fn error(&self, why: &str) -> EvalError {
        InvalidEntry::new(&step_name(self.recipe, self.index), why).into()
    }

    fn normalised<W: Working>(&self, reference: Source<W>, kind: &StepKind) -> Result<Source<W>, EvalError> {
        // A window's picture is normalised when it is there.
        let Source::Constant(values) = reference else { return Ok(reference) };
        let normalised =
            self.made("normalised", kind, || {
                let mut values = values.as_ref().clone();
                match normalise_to_mean_one(&mut values) {
                    Some(_) => Ok(values),
                    None => Err(self
                        .error("the reference has a mean of 0 or no finite value and cannot be normalised")),
                }
            })?;
        Ok(Source::Constant(normalised))
    }

    fn zone(&self, name: &str) -> Result<Vec<bool>, EvalError> {
        let Some(zone) = self.recipe.zones.iter().find(|z| z.name == name) else {
            return Err(self.error("the recipe has no zone of that name"));
        };
        let shape = self.stack.store.layout().frame;
        let mut valid = vec![false; shape.pixels()];
        for span in rasterize(self.stack, &zone.shape).spans {
            valid[span.y * shape.width + span.start..span.y * shape.width + span.end].fill(true);
        }
        Ok(valid)
    }
}
