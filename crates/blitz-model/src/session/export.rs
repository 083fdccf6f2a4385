//! Export as a task of the session: the same code as the command line's.

use blitz_core::{DType, FrameFault, Stack};
use blitz_io::Overwrite;

use super::Session;
use crate::evaluate::{EvalContext, Reduce};
use crate::export::{ExportError, ExportRequest, export, export_reduction};
use crate::recipe::Recipe;

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
        let eval = self.evaluation();
        let request = ExportRequest { overwrite: Overwrite::Replace, ..request };
        self.spawn_task(EXPORTING, move |cx| {
            let eval = eval.of_job(cx);
            let file = request.output.display().to_string();
            let done = match &recipe.reduction {
                Some(reduction) => {
                    // The window shows the first of several methods, and writes what it shows.
                    let methods = reduction.methods.iter().take(1).copied().collect();
                    let reduce = Reduce { methods, ..reduction.into() };
                    let (output, overwrite) = (Some(request.output.as_path()), request.overwrite);
                    export_reduction(&stack, &recipe, &reduce, output, overwrite, &eval)
                        .map(|written| noted(written.description, &written.notes))
                        .map_err(|e| e.to_string())?
                }
                None => frames(&stack, &recipe, request, &eval, ask)?,
            };
            Ok(format!("{done} written to {file}"))
        });
    }
}

fn noted(description: String, notes: &[String]) -> String {
    if notes.is_empty() { description } else { format!("{description} ({})", notes.join("; ")) }
}

fn frames(
    stack: &Stack,
    recipe: &Recipe,
    request: ExportRequest,
    cx: &EvalContext,
    ask: impl FnOnce(Undecided),
) -> Result<String, String> {
    match export(stack, recipe, &request, cx) {
        Ok(exported) => Ok(noted(exported.description, &exported.notes)),
        Err(error) => {
            let text = error.to_string();
            if let ExportError::Gap { fault, dtype } = error {
                ask(Undecided { request, fault, dtype });
            }
            Err(text)
        }
    }
}
