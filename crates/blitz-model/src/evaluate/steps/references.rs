//! References, kept by what they depend on.

use std::any::Any;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{FrameShape, Samples, Stack};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::Blocks;

use super::{Asked, derive_prefix};
use crate::evaluate::dragged::Dragged;
use crate::evaluate::{EvalContext, EvalError, Picture, hash_shape, reduce};
use crate::load::Opened;
use crate::recipe::{InvalidEntry, Load, Recipe, Reference, StepKind};

/// Bytes of references that are kept.
const BUDGET: u64 = 512 << 20;

/// What evaluations share: references, blocks of long windows (up to 512 MiB), regions around dragged zones (up to
/// 512 MiB). Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct References {
    kept: Arc<Mutex<Kept>>,
    dragged: Dragged,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<u64, (Arc<dyn Any + Send + Sync>, u64, u64)>,
    clock: u64,
    notes: Vec<String>,
    /// Blocks of long windows, with the time of their last use.
    blocks: HashMap<u64, (Blocks, u64)>,
}

impl References {
    fn get<T: Send + Sync + 'static>(&self, key: u64) -> Option<Arc<Vec<T>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let (value, _, used) = kept.entries.get_mut(&key)?;
        *used = clock;
        Arc::clone(value).downcast().ok()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let references: u64 = kept.entries.values().map(|e| e.1).sum();
        let blocks: usize = kept.blocks.values().map(|(b, _)| b.gathered() * b.block_bytes()).sum();
        references + blocks as u64 + self.dragged.bytes()
    }

    fn put<T: Send + Sync + 'static>(&self, key: u64, value: &Arc<Vec<T>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let bytes = (value.len() * size_of::<T>()) as u64;
        kept.entries.insert(key, (Arc::clone(value) as Arc<dyn Any + Send + Sync>, bytes, clock));
        while kept.entries.len() > 1 && kept.entries.values().map(|e| e.1).sum::<u64>() > BUDGET {
            let Some(oldest) = kept.entries.iter().min_by_key(|(_, e)| e.2).map(|(k, _)| *k) else { break };
            kept.entries.remove(&oldest);
        }
    }
}

impl References {
    /// What is kept under `key`, or what `make` makes.
    pub(super) fn made<T: Send + Sync + 'static>(
        &self,
        key: u64,
        make: impl FnOnce() -> Result<Vec<T>, EvalError>,
    ) -> Result<Arc<Vec<T>>, EvalError> {
        if let Some(known) = self.get(key) {
            return Ok(known);
        }
        let values = Arc::new(make()?);
        self.put(key, &values);
        Ok(values)
    }
}

/// Bytes of blocks of long windows that are kept.
const BLOCK_BUDGET: usize = 512 << 20;

impl References {
    fn note(&self, text: String) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).notes.push(text);
    }

    /// What a person should know of references made since the last call: files that were used in part.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner).notes)
    }

    /// Regions around zones that are dragged.
    pub(in crate::evaluate) fn dragged(&self) -> &Dragged {
        &self.dragged
    }

    /// The blocks kept under `key`, or new ones.
    pub(super) fn blocks(&self, key: u64, new: impl FnOnce() -> Blocks) -> Blocks {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let (blocks, used) = kept.blocks.entry(key).or_insert_with(|| (new(), clock));
        *used = clock;
        blocks.clone()
    }

    /// How many blocks like these are kept at most.
    pub(super) fn blocks_that_fit(blocks: &Blocks) -> usize {
        BLOCK_BUDGET / blocks.block_bytes().max(1)
    }

    /// Keeps blocks for later windows, those near block `near` first.
    pub(super) fn keep_blocks(&self, key: u64, blocks: &Blocks, near: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = |blocks: &Blocks| blocks.gathered() * blocks.block_bytes();
        kept.clock += 1;
        let clock = kept.clock;
        let (mine, used) = kept.blocks.entry(key).or_insert_with(|| (blocks.clone(), clock));
        mine.adopt(blocks);
        mine.keep_near(near, Self::blocks_that_fit(mine));
        *used = clock;
        while kept.blocks.values().map(|(b, _)| bytes(b)).sum::<usize>() > BLOCK_BUDGET {
            let others = kept.blocks.iter().filter(|(k, _)| **k != key);
            let Some(oldest) = others.min_by_key(|(_, (_, used))| *used).map(|(k, _)| *k) else { break };
            kept.blocks.remove(&oldest);
        }
    }
}

/// Mixes in what the input of step `index` depends on besides the source's samples.
pub(super) fn hash_upstream(recipe: &Recipe, index: usize, h: &mut DefaultHasher) {
    recipe.frames.hash(h);
    for step in recipe.steps[..index].iter().filter(|s| s.enabled) {
        step.to_string().hash(h);
        hash_named(recipe, &step.kind, h);
    }
}

/// Mixes in what a step names and its text does not say: when files were written, what zones are.
pub(super) fn hash_named(recipe: &Recipe, kind: &StepKind, h: &mut DefaultHasher) {
    match kind {
        StepKind::Subtract { reference, .. }
        | StepKind::Divide { reference, .. }
        | StepKind::Relative { reference, .. } => hash_file(reference, h),
        StepKind::FlatField { flat, dark, flat_dark, .. } => {
            [Some(flat), dark.as_ref(), flat_dark.as_ref()]
                .into_iter()
                .flatten()
                .for_each(|r| hash_file(r, h));
        }
        StepKind::Mask(path) => hash_time(path, h),
        StepKind::ZoneMask(name) => {
            for zone in recipe.zones.iter().filter(|z| z.name == *name) {
                hash_shape(&zone.shape, h);
            }
        }
        StepKind::SmoothTime(_) | StepKind::Smooth(_) | StepKind::Limits { .. } => {}
    }
}

fn hash_file(reference: &Reference, h: &mut DefaultHasher) {
    if let Reference::File { path, .. } = reference {
        hash_time(path, h);
    }
}

/// A file that was written again is another one.
fn hash_time(path: &Path, h: &mut DefaultHasher) {
    std::fs::metadata(path).and_then(|m| m.modified()).ok().hash(h);
}

/// What a constant reference of step `index` is, as one frame of working values; NaN is missing.
///
/// # Errors
/// Names the step: the range selects nothing, the file cannot be read or has another size.
pub(super) fn constant<W: Working>(
    stack: &Stack,
    recipe: &Recipe,
    index: usize,
    reference: &Reference,
    cx: &EvalContext,
) -> Result<Arc<Vec<W>>, EvalError> {
    let key = {
        let mut h = DefaultHasher::new();
        (stack.id, stack.store.generation(), recipe.frames, W::DTYPE, reference.to_string()).hash(&mut h);
        if let Reference::File { path, .. } = reference {
            hash_time(path, &mut h);
            format!("{:?}", recipe.load).hash(&mut h);
        } else {
            hash_upstream(recipe, index, &mut h);
        }
        h.finish()
    };
    if let Some(known) = cx.references.get::<W>(key) {
        return Ok(known);
    }
    let name = step_name(recipe, index);
    let values: Vec<W> = match reference {
        Reference::Range { method, range } => {
            let input = derive_prefix(stack, recipe, index, cx)?;
            let frames = recipe.select(stack, *range);
            if frames.is_empty() {
                let why = format!("the range of the reference '{reference}' selects no frame");
                return Err(InvalidEntry::new(&name, why).into());
            }
            working(&one_picture(&input, recipe, *method, *range, cx)?)
        }
        Reference::File { path, method } => from_file(stack, recipe, &name, path, *method, cx)?,
        Reference::Window { .. } => {
            return Err(InvalidEntry::new(
                &name,
                "a window gives no single picture here; use a range or a file",
            )
            .into());
        }
    };
    let values = Arc::new(values);
    cx.references.put(key, &values);
    Ok(values)
}

/// `step 2 (divide file:flat.tif)`.
pub(super) fn step_name(recipe: &Recipe, index: usize) -> String {
    format!("step {} ({})", index + 1, recipe.steps[index])
}

/// The reduction of the input, not turned: steps work on pixels as they lie.
fn one_picture(
    input: &Asked,
    recipe: &Recipe,
    method: Method,
    range: Option<blitz_core::FrameRange>,
    cx: &EvalContext,
) -> Result<Picture, EvalError> {
    let upright = Recipe { frames: recipe.frames, ..Recipe::default() };
    let mut pictures = reduce::reduce(input, &upright, &[method], range, 0, cx)?;
    pictures.pop().ok_or_else(|| EvalError::Empty("the reference has no picture".into()))
}

fn working<W: Working>(picture: &Picture) -> Vec<W> {
    let missing = |i: usize| picture.counts.as_ref().is_some_and(|c| c.at(i) == 0);
    (0..picture.samples.len())
        .map(|i| if missing(i) { W::NAN } else { W::from_f64(picture.samples.as_ref().get_f64(i)) })
        .collect()
}

fn open(path: &Path, load: &Load, name: &str, cx: &EvalContext) -> Result<Stack, EvalError> {
    let opened = Opened::open(&[path.to_owned()], load, None, &cx.cancel, &cx.progress)
        .map_err(|e| InvalidEntry::new(name, e))?;
    Ok(opened.stream())
}

fn check_shape(found: FrameShape, expected: FrameShape, name: &str, path: &Path) -> Result<(), EvalError> {
    if found == expected {
        return Ok(());
    }
    let text = |s: FrameShape| format!("{} × {} pixels of {} samples", s.width, s.height, s.channels);
    let why =
        format!("{}: {} found, {} expected as in the recording", path.display(), text(found), text(expected));
    Err(InvalidEntry::new(name, why).into())
}

/// A reference file goes through the recording's own load chain, but for which frames it takes.
fn from_file<W: Working>(
    stack: &Stack,
    recipe: &Recipe,
    name: &str,
    path: &Path,
    method: Method,
    cx: &EvalContext,
) -> Result<Vec<W>, EvalError> {
    let file = open(path, &recipe.load.of_reference(), name, cx)?;
    check_shape(file.store.layout().frame, stack.store.layout().frame, name, path)?;
    let picture = one_picture(&Asked::source(&file), &Recipe::default(), method, None, cx)
        .map_err(|e| if matches!(e, EvalError::Cancelled) { e } else { InvalidEntry::new(name, e).into() })?;
    if let [first, rest @ ..] = picture.coverage.failed.as_slice() {
        if picture.coverage.used == 0 {
            return Err(InvalidEntry::new(
                name,
                format!("{}: no frame can be read: {first}", path.display()),
            )
            .into());
        }
        let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
        cx.references.note(format!(
            "{name}: {} frames of {} are used, {} failed: {first}{more}",
            picture.coverage.used,
            path.display(),
            picture.coverage.failed.len()
        ));
    }
    Ok(working(&picture))
}

/// Valid pixels of a mask file: those that are not 0. It is cropped and shrunk as the recording is.
pub(super) fn mask_file(
    stack: &Stack,
    recipe: &Recipe,
    index: usize,
    path: &Path,
    cx: &EvalContext,
) -> Result<Vec<bool>, EvalError> {
    let name = step_name(recipe, index);
    let load = Load { crop: recipe.load.crop, shrink: recipe.load.shrink, grey: true, ..Load::default() };
    let file = open(path, &load, &name, cx)?;
    if file.shape().frames != 1 {
        let why = format!("{}: {} frames found, one expected", path.display(), file.shape().frames);
        return Err(InvalidEntry::new(&name, why).into());
    }
    check_shape(
        file.store.layout().frame,
        FrameShape { channels: 1, ..stack.store.layout().frame },
        &name,
        path,
    )?;
    let guard = file.store.pin(0).map_err(|e| InvalidEntry::new(&name, e))?;
    let values: Samples = guard.samples().to_owned();
    guard.verify()?;
    Ok(
        blitz_core::with_samples!(values.as_ref(), s => s.iter().map(|v| v.to_f64() != 0.0 && !v.is_nan()).collect()),
    )
}
