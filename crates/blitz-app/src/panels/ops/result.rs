//! What is done with the recipe: saved, read, copied, carried out.

use blitz_model::document::{Edit, StepEdit};
use blitz_model::session::{Command, EXPORTING, JobKey, Recording};
use egui::{Button, ProgressBar, Ui, vec2};

use crate::cx::{Cx, UiAction};

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
    for (label, hint, action) in [
        ("Open recipe…", "Steps, zones and scales from a file; can be undone", UiAction::OpenRecipe),
        ("Save recipe…", "For the command line (--recipe) and other recordings", UiAction::SaveRecipe),
        ("Copy as command line", "The line that does the same in a shell", UiAction::CopyCommand),
    ] {
        if item(ui, label, true, hint) {
            cx.ask(action);
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

/// Height of what is drawn below the list.
pub(super) fn height(cx: &Cx<'_>) -> f32 {
    cx.theme.row + cx.theme.space
}

/// The export, or how far it has come.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    ui.add_space(cx.theme.gap);
    let running = cx.session.jobs().into_iter().find(|job| job.name == EXPORTING);
    ui.horizontal(|ui| {
        if let Some(job) = running {
            let progress = &job.progress;
            let width = (ui.available_width() - 60.0).max(60.0);
            let text = format!("{:.0} % written", progress.fraction() * 100.0);
            ui.add(ProgressBar::new(progress.fraction()).desired_width(width).text(text));
            let stop = ui.add(Button::new("Cancel").small());
            if stop.on_hover_text("Stop; nothing is left behind").clicked()
                && matches!(job.key, JobKey::Task(_))
            {
                cx.send(Command::CancelJob(job.key));
            }
            return;
        }
        let reduced = recording.recipe().reduction.is_some();
        let hint = if reduced {
            "Write the reduction that is shown, exactly: .npy or .tif"
        } else {
            "Write all frames as the steps make them, exactly: .npy, .tif or numbered images"
        };
        let button =
            Button::new("Export result…").fill(cx.theme.accent_soft).min_size(vec2(110.0, cx.theme.row));
        if ui.add(button).on_hover_text(hint).clicked() {
            cx.ask(UiAction::ExportResult);
        }
    });
}
