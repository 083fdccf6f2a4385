//! `blitz export`: what the recipe makes of the frames, streamed from the source to the output.

use blitz_model::export::{ExportError, ExportRequest};

use crate::failure::{Failure, Status};
use crate::recording::Input;
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) input: Input,
    pub(crate) export: ExportRequest,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let Request { input, export } = request;
    input.check_outputs(&[&export.output])?;
    let recording = input.open(shell)?;
    let exported = recording.export(export, shell)?;
    recording.note_lost_values(shell);
    input.save_recipe()?;
    shell.finish(
        Report {
            outputs: vec![export.output.clone()],
            description: exported.description,
            frames_used: exported.frames,
            failed: vec![],
        },
        &exported.faults,
    )
}

/// What flags help against an error, in the place of the model's words.
pub(crate) fn advice(error: &ExportError) -> Option<String> {
    Some(match error {
        ExportError::Narrow { asked, found } => {
            format!("{asked} cannot hold every {found} value; use --dtype f64")
        }
        ExportError::Fill { value, dtype } => {
            format!("--fill {value}: {dtype} cannot hold it; choose another value or --dtype")
        }
        ExportError::Gap { fault, dtype } => format!(
            "{fault}. {dtype} cannot hold a missing frame: use --dtype f32 or f64 (NaN), --fill V, or --skip-failed"
        ),
        _ => return None,
    })
}
