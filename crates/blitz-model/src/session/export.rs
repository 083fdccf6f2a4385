//! Export as a task of the session: the same code as the command line's.

use std::path::Path;

use blitz_core::{DType, FrameFault, Stack};
use blitz_io::{Overwrite, WriteSpec};

use super::Session;
use crate::evaluate::{EvalContext, ExactSums, Picture, Reduce, evaluate};
use crate::export::{ExportError, ExportRequest, export};
use crate::recipe::{Recipe, Reduction};
use crate::text;

/// Name of the task that [`Session::export`] starts.
pub const EXPORTING: &str = "exporting the result";

/// An export that came upon a frame that failed while nobody had said what to do then.
#[derive(Debug)]
pub struct Undecided {
    /// What was to be written; with other [`Gaps`](crate::export::Gaps) or another type it can be.
    pub request: ExportRequest,
    /// The first frame that failed.
    pub fault: FrameFault,
    /// Type that was to be written, which has no value for "missing".
    pub dtype: DType,
}

impl Session {
    /// Writes what the recipe makes of the recording shown: the first picture of its reduction, or every frame
    /// of its timeline. A file that is there is replaced once the new one is complete; nothing is left behind
    /// when the task is stopped or fails. The log says what was written, or why nothing was; `ask` gets what only a
    /// person can decide, on another thread.
    pub fn export(&mut self, request: ExportRequest, ask: impl FnOnce(Undecided) + Send + 'static) {
        let Some(recording) = self.current() else { return };
        if !recording.is_whole() {
            let name = recording.stack.name.clone();
            return self.log.error(&format!(
                "{name}: only its first frame is there; export it when the others are found"
            ));
        }
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().clone());
        let references = self.table.references.clone();
        let request = ExportRequest { overwrite: Overwrite::Replace, ..request };
        self.spawn_task(EXPORTING, move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                ..EvalContext::default()
            };
            let file = request.output.display().to_string();
            let done = match &recipe.reduction {
                Some(reduction) => reduced(&stack, &recipe, reduction, &request.output, &eval)?,
                None => frames(&stack, &recipe, request, &eval, ask)?,
            };
            Ok(format!("{done} written to {file}"))
        });
    }
}

fn frames(
    stack: &Stack,
    recipe: &Recipe,
    request: ExportRequest,
    cx: &EvalContext,
    ask: impl FnOnce(Undecided),
) -> Result<String, String> {
    match export(stack, recipe, &request, cx) {
        Ok(exported) => {
            let notes = exported.notes.join("; ");
            Ok(if notes.is_empty() {
                exported.description
            } else {
                format!("{} ({notes})", exported.description)
            })
        }
        Err(error) => {
            let text = error.to_string();
            if let ExportError::Gap { fault, dtype } = error {
                ask(Undecided { request, fault, dtype });
            }
            Err(text)
        }
    }
}

fn reduced(
    stack: &Stack,
    recipe: &Recipe,
    reduction: &Reduction,
    output: &Path,
    cx: &EvalContext,
) -> Result<String, String> {
    let method = *reduction.methods.first().ok_or("the reduction has no method")?;
    let reduce = Reduce { methods: vec![method], ..reduction.into() };
    let picture = &evaluate(stack, recipe, &reduce, cx).map_err(|e| e.to_string())?[0];
    let file = output.display();
    if !picture.dtype().is_float() && picture.missing() > 0 {
        let (missing, dtype) = (text::count(picture.missing(), "value"), picture.dtype());
        return Err(format!(
            "{file}: {missing} missing, which {dtype} cannot hold; reduce by the mean instead"
        ));
    }
    if rounded(picture) {
        return Err(format!("{file}: sums above 2^53 are written exactly by 'blitz reduce sum' only"));
    }
    let shape = picture.shape;
    let description = format!(
        "{}, {} of {}",
        stack.name,
        text::method(method),
        text::count(picture.coverage.used, "frame")
    );
    let mut spec = WriteSpec::new(picture.dtype(), shape, Some(1), Overwrite::Replace);
    spec.description = Some(description.clone());
    let mut writer = spec.create(output).map_err(|e| e.to_string())?;
    writer.write_frame(picture.samples.as_ref()).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(description)
}

/// Whether a sum is more than f64 holds exactly.
fn rounded(picture: &Picture) -> bool {
    match &picture.exact_sums {
        Some(ExactSums::U64(sums)) => sums.iter().any(|&v| (v as f64) as u128 != u128::from(v)),
        Some(ExactSums::I64(sums)) => sums.iter().any(|&v| (v as f64) as i128 != i128::from(v)),
        None => false,
    }
}
