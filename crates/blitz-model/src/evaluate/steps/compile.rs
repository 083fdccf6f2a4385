//! Steps to stages: neighbouring steps that touch each sample by itself become one.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameFault, Stack};
use blitz_kernels::pipeline::Working;

use super::around::{failed_near, reach};
use super::derived::{DerivedStore, Stage, StageInput};
use super::references::{constant, hash_named, hash_upstream, mask_file, step_name};
use crate::evaluate::told::{Tally, told_of};
use crate::evaluate::{EvalContext, EvalError, rasterize};
use crate::recipe::step::compute::{Inputs, Prepared, Source};
use crate::recipe::{InvalidEntry, Recipe, Reference};

/// Compiles the first `count` steps for a stack and evaluates their constant references.
pub(super) fn compile<W: Working>(
    stack: &Stack,
    recipe: &Recipe,
    count: usize,
    cx: &EvalContext,
) -> Result<DerivedStore<W>, EvalError> {
    let mut stages: Vec<Stage<W>> = Vec::new();
    let mut inputs: Vec<StageInput> = Vec::new();
    let timeline = recipe.select(stack, None);
    let faults: RefCell<Vec<Arc<FrameFault>>> = RefCell::default();
    for index in (0..count).filter(|&i| recipe.steps[i].enabled) {
        let looks = reach(&stages);
        let context = Context { stack, recipe, index, cx, timeline: &timeline, looks, faults: &faults };
        match recipe.steps[index].kind.prepare::<W, _>(&context)? {
            Prepared::Space(step) => stages.push(Stage::Space(step)),
            Prepared::Time(step) => stages.push(Stage::Time(step)),
            Prepared::Point(op) => match stages.last_mut() {
                // A window reads the values before its own step, so it starts a stage.
                Some(Stage::Point(ops)) if !op.has_window() => ops.push(op),
                _ => stages.push(Stage::Point(vec![op])),
            },
        }
        if stages.len() > inputs.len() {
            let key = input_key(stack, recipe, index, inputs.is_empty());
            let told = if let Some(Stage::Point(ops)) = stages.last() { ops[0].told() } else { None };
            let tally = told.map(|told| tally(stack, recipe, index, &told.what, cx));
            inputs.push(StageInput { key, tally });
        }
    }
    Ok(DerivedStore::new(stack.clone(), timeline.into(), stages, inputs, faults.into_inner(), cx))
}

/// What is known of pixels of the pictures that step `index` makes, however much of the stack was there.
fn tally(stack: &Stack, recipe: &Recipe, index: usize, what: &Arc<str>, cx: &EvalContext) -> Arc<Tally> {
    let step = step_name(recipe, index);
    let mut h = DefaultHasher::new();
    step.hash(&mut h);
    hash_upstream(recipe, index, &mut h);
    let make = || Tally::new(step, Arc::clone(what), stack.store.layout().frame, stack.placement);
    cx.references.tally((stack.id, index), h.finish(), make)
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

/// What a step is prepared from.
struct Context<'a> {
    stack: &'a Stack,
    recipe: &'a Recipe,
    index: usize,
    cx: &'a EvalContext,
    timeline: &'a [usize],
    /// How many frames around a frame the steps before look at.
    looks: (usize, usize),
    /// Source frames that failed and that references rest on.
    faults: &'a RefCell<Vec<Arc<FrameFault>>>,
}

impl<W: Working> Inputs<W> for Context<'_> {
    type Error = EvalError;

    fn source(&self, reference: &Reference) -> Result<Source<W>, EvalError> {
        match reference {
            Reference::Window { method, window } => Ok(Source::Window { method: *method, window: *window }),
            _ => self.constant(reference).map(Source::Constant),
        }
    }

    fn constant(&self, reference: &Reference) -> Result<Arc<Vec<W>>, EvalError> {
        let values = constant(self.stack, self.recipe, self.index, reference, self.cx)?;
        if let Reference::Range { range, .. } = reference {
            let frames = self.recipe.select(self.stack, *range);
            let places = frames.iter().filter_map(|frame| self.timeline.binary_search(frame).ok());
            self.faults.borrow_mut().extend(failed_near(self.stack, self.timeline, self.looks, places));
        }
        Ok(values)
    }

    fn made<T: Send + Sync + 'static>(
        &self,
        what: &str,
        make: impl FnOnce() -> Result<Vec<T>, EvalError>,
    ) -> Result<Arc<Vec<T>>, EvalError> {
        let kind = &self.recipe.steps[self.index].kind;
        let mut h = DefaultHasher::new();
        (what, self.stack.id, self.stack.store.generation(), size_of::<T>()).hash(&mut h);
        format!("{:?}", self.recipe.load).hash(&mut h);
        hash_upstream(self.recipe, self.index, &mut h);
        hash_named(self.recipe, kind, &mut h);
        kind.outline().hash(&mut h);
        self.cx.references.made(self.stack.id, h.finish(), make)
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

    fn mask(&self, path: &Path) -> Result<Vec<bool>, EvalError> {
        mask_file(self.stack, self.recipe, self.index, path, self.cx)
    }

    fn note(&self, what: &str, samples: &[usize]) {
        let shape = self.stack.store.layout().frame;
        let mut pixels: Vec<usize> = samples.iter().map(|sample| sample / shape.channels).collect();
        pixels.dedup();
        let name = step_name(self.recipe, self.index);
        self.cx.references.note(told_of(&name, &pixels, "", what, shape, self.stack.placement));
    }

    fn refuse(&self, why: &str) -> EvalError {
        self.error(why)
    }
}

impl Context<'_> {
    fn error(&self, why: &str) -> EvalError {
        InvalidEntry::new(&step_name(self.recipe, self.index), why).into()
    }
}
