//! References, kept by what they depend on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameShape, Samples, Stack};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;

use super::{Asked, derive_prefix};
use crate::evaluate::{EvalContext, EvalError, Picture, hash_shape, reduce};
use crate::load::{Opened, written};
use crate::recipe::{InvalidEntry, Load, Recipe, Reference, StepKind};

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
    kind.files().iter().for_each(|path| written(path).hash(h));
    let named = kind.zones();
    for zone in recipe.zones.iter().filter(|z| named.contains(&z.name)) {
        hash_shape(&zone.shape, h);
    }
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
            written(path).hash(&mut h);
            format!("{:?}", recipe.load).hash(&mut h);
        } else {
            hash_upstream(recipe, index, &mut h);
        }
        h.finish()
    };
    let (source, whole, wanted) = (stack.clone(), recipe.clone(), reference.clone());
    cx.references.shared(stack.id, key, cx, move |cx| make(&source, &whole, index, &wanted, cx))
}

fn make<W: Working>(
    stack: &Stack,
    recipe: &Recipe,
    index: usize,
    reference: &Reference,
    cx: &EvalContext,
) -> Result<Vec<W>, EvalError> {
    let name = step_name(recipe, index);
    match reference {
        Reference::Range { method, range } => {
            let input = derive_prefix(stack, recipe, index, cx)?;
            let frames = recipe.select(stack, *range);
            if frames.is_empty() {
                let why = format!("the range of the reference '{reference}' selects no frame");
                return Err(InvalidEntry::new(&name, why).into());
            }
            Ok(working(&one_picture(&input, recipe, *method, *range, cx)?))
        }
        Reference::File { path, method } => from_file(stack, recipe, &name, path, *method, cx),
        Reference::Window { .. } => {
            let why = "a window gives no single picture here; use a range or a file";
            Err(InvalidEntry::new(&name, why).into())
        }
    }
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
    let opened = Opened::open_reference(path, load, &cx.cancel, &cx.progress)
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
    let file = open(path, &recipe.load, name, cx)?;
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
