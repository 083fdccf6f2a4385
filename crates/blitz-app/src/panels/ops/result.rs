//! What is done with the recipe: saved, read, copied, carried out.

use blitz_model::document::{Edit, StepEdit};
use blitz_model::engine::Export;
use blitz_model::jobs::JobStatus;
use blitz_model::session::{Command, JobKey, Recording};
use egui::{Button, ProgressBar, Ui};

use crate::commands::row::Now;
use crate::commands::{copy, export, recipe};
use crate::cx::Cx;

/// Lines of the menu.
pub(super) fn menu(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    let steps = &recording.recipe().steps;
    let item = |ui: &mut Ui, label: &str, can: bool, hint: &str| {
        let button = Button::new(label).wrap_mode(egui::TextWrapMode::Extend);
        let clicked = ui.add_enabled(can, button).on_hover_text(hint).clicked();
        if clicked {
            ui.close();
        }
        clicked
    };
    let now = Now::of(cx);
    for row in [recipe::open(&now), recipe::save(&now), copy::command_line(&now)] {
        if item(ui, &row.text, row.unavailable.is_none(), &row.tooltip) {
            cx.act(row.action);
        }
    }
    ui.separator();
    let any_on = steps.iter().any(|s| s.enabled);
    let (label, hint) = if any_on {
        ("Switch all steps off", "Show the recording as it is; the steps stay in the list")
    } else {
        ("Switch all steps on", "Let all steps take part")
    };
    if item(ui, label, !steps.is_empty(), hint) {
        cx.send(Command::Edit(Edit::Step(StepEdit::EnableAll(!any_on))));
    }
    if item(ui, "Remove all steps", !steps.is_empty(), "Empty the list; can be undone") {
        cx.send(Command::Edit(Edit::Step(StepEdit::Clear)));
    }
}

/// The job that exports, while it runs.
fn running(cx: &Cx<'_>) -> Option<JobStatus<JobKey>> {
    cx.session.jobs().into_iter().find(|job| job.name == Export::RESULT)
}

/// Starts the export.
pub(super) fn button(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    let hint = if recording.recipe().reduction.is_some() {
        "Write the reduction that is shown, exactly: .npy or .tif"
    } else {
        "Write all frames as the steps make them, exactly: .npy, .tif or numbered images; or a video: .mp4, .mkv, .avi"
    };
    let button = ui
        .add_enabled(running(cx).is_none(), Button::new("Export…"))
        .accessible_name("Export result")
        .on_hover_text(hint)
        .on_disabled_hover_text("An export is under way");
    if button.clicked() {
        let row = export::result(&Now::of(cx));
        cx.act(row.action);
    }
}

/// How far an export has come, while one runs.
pub(super) fn progress(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(job) = running(cx) else { return };
    ui.horizontal(|ui| {
        let done = job.progress.fraction();
        let width = (ui.available_width() - 60.0).max(60.0);
        ui.add(ProgressBar::new(done).desired_width(width).text(format!("{:.0} % written", done * 100.0)));
        let stop = ui.add(Button::new("Cancel").small());
        if stop.on_hover_text("Stop; nothing is left behind").clicked() {
            cx.send(Command::CancelJob(job.key));
        }
    });
}
