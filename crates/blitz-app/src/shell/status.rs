//! The line at the lower edge: the frame, the pixel under the pointer, what runs, what happened last.

use blitz_model::session::{Command, JobKey, Level};
use blitz_model::text;
use egui::{Align, Button, Label, Layout, ProgressBar, Ui};

use crate::cx::Cx;
use crate::panels;

/// Seconds that a job runs before it is mentioned.
const PATIENCE: f64 = 0.3;

pub(super) fn draw(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        ui.set_min_height(cx.theme.row - 4.0);
        position(ui, cx);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            job(ui, cx);
            last_line(ui, cx);
        });
    });
}

/// Frame and pixel.
fn position(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(recording) = cx.recording() else { return };
    let stack = recording.stack();
    let frame = stack.source_frame(cx.playhead().frame);
    let last = stack.source_frame(stack.shape().frames.saturating_sub(1));
    let time = recording.time().seconds(frame).map(|t| format!("  {}", text::seconds(t))).unwrap_or_default();
    // Which frame a preview is, if any, is not known yet.
    let place =
        if recording.is_preview() { "preview".to_owned() } else { format!("frame {frame} / {last}{time}") };
    ui.label(cx.theme.number(place));
    if let Some(hover) = &cx.view.hover {
        ui.add_space(cx.theme.space);
        let (x, y) = hover.source;
        ui.label(cx.theme.number(format!("x {x}  y {y}")).color(cx.theme.weak));
    }
}

/// The job that has run longest, with its progress and a way to stop it.
fn job(ui: &mut Ui, cx: &mut Cx<'_>) {
    let slow: Vec<_> = cx.session.jobs().into_iter().filter(|job| job.seconds > PATIENCE).collect();
    let Some(job) = slow.first() else { return };
    if ui.add(Button::new("Stop").small()).on_hover_text(format!("Stop: {}", job.name)).clicked() {
        match &job.key {
            JobKey::Open(_) => cx.send(Command::CancelLoad),
            key => cx.send(Command::CancelJob(*key)),
        }
    }
    if job.progress.total > 0 {
        ui.add(ProgressBar::new(job.progress.fraction()).desired_width(90.0).desired_height(8.0));
    } else {
        ui.spinner();
    }
    let more = if slow.len() > 1 { format!(" and {} more", slow.len() - 1) } else { String::new() };
    ui.add(Label::new(cx.theme.caption(format!("{}{more}", job.name))).truncate());
    ui.add_space(cx.theme.space);
}

/// The newest line of the log.
fn last_line(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(line) = cx.session.log().last() else { return };
    let color = match line.level {
        Level::Info => cx.theme.weak,
        Level::Warning => cx.theme.warning,
        Level::Error => cx.theme.error,
    };
    let (text, hint) = (line.text.clone(), format!("{}\nClick for the log", line.text));
    let label = Label::new(egui::RichText::new(text).color(color)).truncate().sense(egui::Sense::click());
    if ui.add(label).on_hover_text(hint).clicked() {
        cx.show_panel(panels::log::PANEL.id);
    }
}
