//! The line that says what is open.

use blitz_core::TimeAxis;
use blitz_model::session::Command;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Button, Label, Layout, Popup, PopupCloseBehavior, RichText, TextStyle, Ui};

use crate::cx::Cx;
use crate::panels::info::axes;
use crate::panels::info::calibration::CalibrationForm;

/// Draws it, with the form that a button opens.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, calibration: &mut CalibrationForm) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let Some(recording) = cx.recording() else {
            if let Some(path) = cx.session.opening_path() {
                ui.spinner();
                let text = cx.theme.caption(format!("opening {}{}", path.display(), super::found_so_far(cx)));
                ui.add(Label::new(text).truncate());
            }
            return;
        };
        let is_set = recording.time() != TimeAxis::NotSet;
        let button = ui.add(Button::new(if is_set { "change" } else { "set" }).fill(cx.theme.button).small());
        let button = button.on_hover_text("Frame rate, time zero, pixel size and unit of the values");
        let popup = Popup::from_toggle_button_response(&button)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .frame(egui::Frame::popup(ui.style()).inner_margin(12.0))
            .width(320.0);
        popup.show(|ui| {
            ui.label(RichText::new("Time and scale").color(cx.theme.strong));
            ui.add_space(cx.theme.gap);
            calibration.ui(ui, cx, recording);
            ui.add_space(cx.theme.gap);
            // A click on it ends the entry in a field, which takes the value.
            if ui.button("Done").on_hover_text("Enter takes a value, too").clicked() {
                ui.close();
            }
        });
        axes::fields(ui, cx, recording);
        if recording.can_be_watched() {
            let watched = recording.is_watched();
            let tip = "Take on the pictures that another program writes to the folder";
            let switch = ui.add(Button::selectable(watched, "watch").small()).on_hover_text(tip);
            if switch.clicked() {
                cx.send(Command::WatchFolder(!watched));
            }
        }

        let rate_color = if is_set { cx.theme.text } else { cx.theme.warning };
        let font = TextStyle::Body.resolve(ui.style());
        let mut job = LayoutJob::default();
        let name = &recording.stack().name;
        let summary = recording.summary();
        let facts = summary.strip_prefix(name.as_str()).unwrap_or(&summary);
        let format = |color| TextFormat::simple(font.clone(), color);
        job.append(name, 0.0, format(cx.theme.strong));
        job.append(facts, 0.0, format(cx.theme.text));
        job.append(" · ", 0.0, format(cx.theme.text));
        job.append(&recording.rate_text(), 0.0, format(rate_color));
        let paths: Vec<String> = recording.paths().iter().take(4).map(|p| p.display().to_string()).collect();
        ui.add(Label::new(job).truncate()).on_hover_text(paths.join("\n"));
        if let Some(path) = cx.session.opening_path() {
            ui.spinner().on_hover_text(format!("opening {}", path.display()));
        }
    });
}
