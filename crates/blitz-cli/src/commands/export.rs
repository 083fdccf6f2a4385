//! `blitz export`: what the recipe makes of the frames, streamed from the source to the output.

use blitz_core::SamplesRef;
use blitz_model::export::{ExportError, ExportRequest, Pictures};

use crate::draw::Style;
use crate::failure::{Failure, Status};
use crate::recording::Input;
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) input: Input,
    pub(crate) export: ExportRequest,
    /// How the pictures of a video are drawn; `None` writes values.
    pub(crate) style: Option<Style>,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let Request { input, export, style } = request;
    input.check_outputs(&[&export.output])?;
    let recording = input.open(shell)?;
    let mut export = export.clone();
    let mut colors = String::new();
    if let Some(style) = style {
        let levels = style.levels_of_all(&recording, shell)?;
        colors = format!("; levels {} to {}, {}", levels.lo, levels.hi, style.map);
        let film = style.film(&recording, levels, &recording.value_label())?;
        let (width, height) = film.size();
        let draw = move |frame: usize, samples: Option<SamplesRef<'_>>| {
            film.draw(samples, None, Some(frame)).map(|image| image.pixels).map_err(|error| error.to_string())
        };
        export.video.pictures = Some(Pictures::new(width, height, draw));
    }
    let exported = recording.export(&export, shell)?;
    recording.note_lost_values(shell);
    for note in &exported.notes {
        shell.note(note);
    }
    input.save_recipe()?;
    shell.finish(
        Report {
            outputs: vec![export.output.clone()],
            description: exported.description + &colors,
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
