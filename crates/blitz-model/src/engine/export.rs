//! Writing: the same code as the command line's.

use std::path::PathBuf;

use blitz_core::{DType, FrameFault, Stack, StackId, TimeAxis};
use blitz_io::Overwrite;
use serde::{Deserialize, Serialize};

use crate::evaluate::{
    AuxiliaryAnswer, AuxiliaryCurves, EvalContext, FrameSet, Reduce, ZoneCurves, evaluate,
};
use crate::export::{ExportError, ExportRequest, export, export_reduction};
use crate::recipe::Recipe;
use crate::table::{CsvStyle, CurveColumn, CurveTable};
use crate::text;

/// What is to be written of what a recipe makes of a stack. A file that is there is replaced once the new one is
/// complete; nothing is left behind when writing is stopped or fails.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportOrder {
    /// The stack.
    pub stack: StackId,
    /// The recipe.
    pub recipe: Recipe,
    /// What is to be written.
    pub what: Export,
}

/// What is to be written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Export {
    /// The first picture of the recipe's reduction, or every frame of its timeline.
    Result(ExportRequest),
    /// The curves of all zones over the timeline, as a table.
    Curves {
        /// The file.
        path: PathBuf,
        /// Times over source frames.
        time: TimeAxis,
        /// Statistics that have a column.
        stats: Vec<CurveColumn>,
    },
}

impl Export {
    /// Title of the job that writes [`Export::Result`].
    pub const RESULT: &str = "exporting the result";

    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Result(_) => Self::RESULT,
            Self::Curves { .. } => "saving the curves",
        }
    }
}

/// An export that came upon a frame that failed while nobody had said what to do then.
#[derive(Debug, Serialize, Deserialize)]
pub struct Undecided {
    /// What was to be written; with other [`Gaps`](crate::export::Gaps) or another type it can be.
    pub request: ExportRequest,
    /// The first frame that failed.
    pub fault: FrameFault,
    /// Type that was to be written, which has no value for "missing".
    pub dtype: DType,
}

/// Writes; says in words what was written, or why nothing was.
pub(super) fn run(
    stack: &Stack,
    order: ExportOrder,
    cx: &EvalContext,
    ask: impl FnOnce(Undecided),
) -> Result<String, String> {
    let recipe = order.recipe;
    match order.what {
        Export::Result(request) => {
            let request = ExportRequest { overwrite: Overwrite::Replace, ..request };
            let file = request.output.display().to_string();
            let done = match &recipe.reduction {
                Some(reduction) => {
                    // The window shows the first of several methods, and writes what it shows.
                    let methods = reduction.methods.iter().take(1).copied().collect();
                    let reduce = Reduce { methods, ..reduction.into() };
                    let (output, overwrite) = (Some(request.output.as_path()), request.overwrite);
                    export_reduction(stack, &recipe, &reduce, output, overwrite, cx)
                        .map(|written| noted(written.description, &written.notes))
                        .map_err(|e| e.to_string())?
                }
                None => frames(stack, &recipe, request, cx, ask)?,
            };
            Ok(format!("{done} written to {file}"))
        }
        Export::Curves { path, time, stats } => {
            let median = stats.contains(&CurveColumn::Median);
            let zones = &recipe.zones[..];
            let question = ZoneCurves { zones: zones.into(), frames: FrameSet::All, median };
            let curves = &evaluate(stack, &recipe, &question, cx).map_err(|e| e.to_string())?;
            let (beside, left_out) = auxiliary(stack, &recipe, &time, cx);
            let table = CurveTable {
                curves,
                percentiles: None,
                zones,
                stack,
                time: &time,
                stats: &stats,
                auxiliary: &beside,
            };
            table.write(&path, Overwrite::Replace, CsvStyle::default()).map_err(|e| e.to_string())?;
            let rows = text::count(curves.frames.len(), "frame");
            Ok(noted(format!("curves of {rows} written to {}", path.display()), &left_out))
        }
    }
}

/// The auxiliary curves that are shown, and why others could not be read: they do not keep the zones' from being written.
fn auxiliary(
    stack: &Stack,
    recipe: &Recipe,
    time: &TimeAxis,
    cx: &EvalContext,
) -> (Vec<AuxiliaryAnswer>, Vec<String>) {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for question in AuxiliaryCurves::of(stack, recipe, time) {
        match evaluate(stack, recipe, &question, cx) {
            Ok(answer) => found.push(answer),
            Err(error) => left_out.push(format!("left out: {error}")),
        }
    }
    (found, left_out)
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
