//! `blitz export`: what the recipe makes of the frames, streamed from the source to the output.

use blitz_model::export::ExportRequest;

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
        let look = style.look_of_all(&recording, shell)?;
        colors = format!("; {look}");
        export.video.pictures = Some(style.pictures(&recording, look)?);
    }
    let exported = recording.export(&export, shell)?;
    recording.note_lost_values(shell);
    for note in &exported.notes {
        shell.note(note);
    }
    input.save_recipe()?;
    let report = Report {
        outputs: vec![export.output.clone()],
        description: exported.description + &colors,
        frames_used: exported.frames,
        no_window: exported.no_window,
        ..Report::default()
    };
    shell.finish(report, &exported.faults).map(|status| recording.unchanged(status))
}
