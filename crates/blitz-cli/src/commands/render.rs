//! `blitz render`: a frame, or a reduction, as a picture.

use std::path::PathBuf;

use blitz_core::FrameFault;
use blitz_model::evaluate::{OneFrame, Picture, Reduce};
use blitz_model::export::{PICTURES, left_out, per_method, write_image};
use blitz_model::text;

use crate::draw::{Of, Style};
use crate::failure::{Failure, Status};
use crate::output::check_suffix;
use crate::recording::{Input, Recording};
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) input: Input,
    /// Source frame; `None` draws the recipe's reduction.
    pub(crate) frame: Option<usize>,
    pub(crate) output: PathBuf,
    pub(crate) style: Style,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    check_suffix(&request.output, &PICTURES, "a picture")?;
    let (outputs, names) = match (&input.recipe.reduction, request.frame) {
        (Some(reduction), None) => {
            let names = reduction.methods.iter().map(|&m| text::method(m)).collect();
            (per_method(&request.output, &reduction.methods), names)
        }
        _ => (vec![request.output.clone()], vec![String::new()]),
    };
    input.check_outputs(&outputs.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let recording = input.open(shell)?;
    let pictures = pictures(request, &recording, shell)?;
    let (mut faults, mut description) = (Vec::<FrameFault>::new(), String::new());
    let (mut frames_used, mut no_window) = (0, 0);
    for (i, ((picture, path), name)) in pictures.iter().zip(&outputs).zip(&names).enumerate() {
        let of = match (&input.recipe.reduction, request.frame) {
            (Some(reduction), None) => Of::Method(reduction.methods[i]),
            (_, frame) => Of::Frame(frame.unwrap_or(0)),
        };
        let what = describe(request, &recording, name);
        let label = if name.is_empty() { recording.value_label() } else { labelled(name, &recording) };
        let (image, look) = request.style.draw(picture, &recording, &label, of)?;
        if picture.is_empty() {
            shell.note(&format!("{what}: no pixel has a value, all are missing"));
        }
        let coverage = &picture.coverage;
        let left_out = left_out(coverage.failed.len(), coverage.no_window);
        description = format!("{what}{left_out}; {look}");
        write_image(path, &image, input.overwrite(), &description)?;
        faults = coverage.failed.iter().map(|f| f.as_ref().clone()).collect();
        (frames_used, no_window) = (coverage.used, coverage.no_window);
    }
    input.save_recipe()?;
    let report = Report { outputs, description, frames_used, no_window, ..Report::default() };
    shell.finish(report, &faults).map(|status| recording.unchanged(status))
}

fn pictures(request: &Request, recording: &Recording, shell: &Shell) -> Result<Vec<Picture>, Failure> {
    match (request.frame, &recording.recipe.reduction) {
        (None, Some(reduction)) => recording.ask(&Reduce::from(reduction), shell),
        (frame, _) => {
            let frame = recording.stack_frame(frame.unwrap_or(0))?;
            Ok(vec![recording.ask(&OneFrame { frame }, shell)?])
        }
    }
}

/// What a picture shows, for its description.
fn describe(request: &Request, recording: &Recording, method: &str) -> String {
    let range = recording.recipe.reduction.as_ref().and_then(|r| r.range);
    let name = &recording.stack.name;
    if let Some(frame) = request.frame {
        return format!("{name}, frame {frame}");
    }
    let frames = recording.recipe.select(&recording.stack, range);
    format!("{name}, {method} of {}", recording.describe(&frames))
}

/// A label for the values of a reduction: `std / K`.
pub(crate) fn labelled(method: &str, recording: &Recording) -> String {
    recording.unit().map_or_else(|| method.to_owned(), |unit| format!("{method} / {unit}"))
}
