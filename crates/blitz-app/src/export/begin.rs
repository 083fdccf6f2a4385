//! Exporting the result: what is asked before, and what the model is told.

use std::path::PathBuf;

use blitz_core::Rational;
use blitz_model::export::{ExportRequest, Gaps, ImageStyle, MarkChoice, VideoRequest};
use blitz_model::session::{Recording, Undecided};
use egui::Context;

use super::choice::{ExportChoice, ExportDialog, GapChoice};
use super::save;
use crate::state::State;

/// Begins an export to `path`: at once where nothing is to be decided, otherwise a question comes first.
pub(crate) fn chosen(state: &mut State, path: PathBuf) {
    let Some(recording) = state.session.current() else { return };
    let counts = recording.frame_counts();
    if counts.pending > 0 {
        let left = blitz_model::text::count(counts.pending, "frame");
        state.session.log_mut().error(&format!("{left} are not loaded yet: export when all are there"));
        return;
    }
    let choice = ExportChoice::new(path);
    let all_frames = recording.recipe().reduction.is_none();
    if !(all_frames && (choice.is_video() || counts.failed > 0)) {
        begin(state, &choice);
        return;
    }
    let reason = (counts.failed > 0)
        .then(|| format!("{} failed to load.", blitz_model::text::count(counts.failed, "frame")));
    let dtype = recording.stack().dtype();
    let float = (recording.recipe().shows_source() && !dtype.is_float()).then(|| dtype.result());
    state.dialogs.export = Some(ExportDialog { choice: ExportChoice { float, ..choice }, reason });
}

/// Asks what an export has left undecided.
pub(crate) fn ask_again(state: &mut State, undecided: Undecided) {
    let Undecided { request, fault, dtype } = undecided;
    let choice = ExportChoice {
        values: request.video.pictures.is_none(),
        rate: request.video.rate.map(Rational::to_f64),
        float: Some(dtype.result()),
        ..ExportChoice::new(request.output)
    };
    state.dialogs.export = Some(ExportDialog { choice, reason: Some(format!("{fault}.")) });
}

/// Hands the export to the session.
pub(crate) fn begin(state: &mut State, choice: &ExportChoice) {
    match request(state, choice) {
        Ok(request) => {
            let (sender, view) = (state.mailbox.sender(), state.session.focused());
            // The window may be gone by then: there is no one to ask.
            let ask = move |undecided| {
                drop(sender.send(Box::new(move |state: &mut State, _: &Context| {
                    if state.back_to(view) {
                        ask_again(state, undecided);
                    }
                })));
            };
            state.session.export(request, ask);
        }
        Err(reason) => state.session.log_mut().error(&reason),
    }
}

fn request(state: &State, choice: &ExportChoice) -> Result<ExportRequest, String> {
    let recording = state.session.current().ok_or("nothing is open")?;
    let gaps = match choice.gaps {
        GapChoice::Missing => Gaps::Missing,
        GapChoice::Skip => Gaps::Skip,
        GapChoice::Fill => Gaps::Fill(choice.fill),
    };
    let asks_float = choice.gaps == GapChoice::Missing && !choice.is_video();
    let rate = choice.rate.and_then(|rate| Rational::new((rate * 1000.0).round().max(1.0) as u64, 1000));
    let pictures = if choice.draws() && recording.recipe().reduction.is_none() {
        Some(pictures(state, recording, choice)?)
    } else {
        None
    };
    Ok(ExportRequest {
        gaps,
        dtype: choice.float.filter(|_| asks_float),
        video: VideoRequest { rate, pictures },
        ..ExportRequest::new(choice.path.clone())
    })
}

/// Frames in the colours and levels that are shown now.
fn pictures(state: &State, recording: &Recording, choice: &ExportChoice) -> Result<ImageStyle, String> {
    let levels = state.session.levels(state.session.focused()).filter(|levels| levels.current);
    let levels = levels.ok_or("the levels are still being computed: export when they are there")?;
    let marks = MarkChoice { scale_bar: choice.scale, stamp: choice.stamp, zones: choice.zones };
    let style = save::style(state, recording, levels, choice.bar, marks);
    // What cannot be drawn is said at once.
    style.film(recording.stack(), recording.recipe()).map_err(|error| error.to_string())?;
    Ok(style)
}
