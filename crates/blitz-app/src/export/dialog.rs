//! The question about an export.

use blitz_core::TimeAxis;
use blitz_model::export::{DEFAULT_RATE, shown_pixel};
use blitz_model::session::Recording;
use egui::{Button, Context, DragValue, Key, Label, Ui};

use super::begin;
use super::choice::{ExportChoice, ExportDialog, GapChoice};
use crate::cx::Cx;
use crate::state::{Mailbox, State};
use crate::widgets::modal::{heading, modal};

/// Asks what is to be decided about an export.
pub(crate) fn show(open: &mut Option<ExportDialog>, mailbox: &Mailbox, ctx: &Context, cx: &mut Cx<'_>) {
    let Some(dialog) = open else { return };
    let Some(recording) = cx.recording() else {
        *open = None;
        return;
    };
    let choice = &mut dialog.choice;
    let (mut accepted, mut closed) = (false, false);
    modal("export", cx.theme).show(ctx, |ui| {
        ui.set_width(460.0);
        let file = choice.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        heading(ui, &format!("Export {file}"), cx.theme);
        if choice.is_video() {
            video_rows(ui, choice, recording, cx);
            ui.add_space(cx.theme.space);
        }
        if let Some(reason) = &dialog.reason {
            ui.add(Label::new(reason).wrap());
            ui.add_space(cx.theme.gap);
        }
        gap_rows(ui, choice, cx);
        ui.add_space(cx.theme.space);
        ui.horizontal(|ui| {
            accepted = ui.add(Button::new("Export").fill(cx.theme.accent_soft)).clicked();
            closed = ui.button("Cancel").clicked() || ui.input(|i| i.key_pressed(Key::Escape));
        });
    });
    if accepted {
        let choice = choice.clone();
        drop(mailbox.sender().send(Box::new(move |state: &mut State, _| begin::begin(state, &choice))));
        ctx.request_repaint();
    }
    if accepted || closed {
        *open = None;
    }
}

fn video_rows(ui: &mut Ui, choice: &mut ExportChoice, recording: &Recording, cx: &Cx<'_>) {
    ui.radio_value(&mut choice.values, false, "Pictures as shown")
        .on_hover_text("Levels and colours as they are now; plays everywhere");
    ui.indent("marks", |ui| {
        ui.add_enabled_ui(!choice.values, |ui| {
            ui.horizontal_wrapped(|ui| {
                let grey = !recording.stack().is_rgb();
                ui.add_enabled(grey, egui::Checkbox::new(&mut choice.bar, "Colour bar"))
                    .on_disabled_hover_text("Red, green and blue have no colour map");
                let sized = shown_pixel(recording.stack(), recording.recipe()).is_some();
                ui.add_enabled(sized, egui::Checkbox::new(&mut choice.scale, "Scale bar"))
                    .on_disabled_hover_text("The size of a pixel is not known: set it in Info");
                ui.checkbox(&mut choice.stamp, "Frame and time");
                let zones = !recording.recipe().zones.is_empty();
                ui.add_enabled(zones, egui::Checkbox::new(&mut choice.zones, "Zones"));
            });
        });
    });
    ui.radio_value(&mut choice.values, true, "Values without loss")
        .on_hover_text("u8 and u16, grey or RGB, as FFV1 in .mkv or .avi");
    ui.add_space(cx.theme.gap);
    ui.horizontal(|ui| {
        let time = recording.time();
        let own = match (time.rate(), time) {
            // Of the frames that are here: a thinned recording plays in its own time.
            (Some(rate), _) => {
                let rate = rate / recording.stack().frames.step as f64;
                format!("Recording's rate ({} frames/s)", (rate * 1000.0).round() / 1000.0)
            }
            (_, TimeAxis::NotSet) => format!("{DEFAULT_RATE} frames/s (rate not set)"),
            _ => "Recording's times".to_owned(),
        };
        if ui.radio(choice.rate.is_none(), own).clicked() {
            choice.rate = None;
        }
        if ui.radio(choice.rate.is_some(), "Play at").clicked() {
            choice.rate.get_or_insert(25.0);
        }
        let mut rate = choice.rate.unwrap_or(25.0);
        let field = DragValue::new(&mut rate).range(0.01..=1000.0).suffix(" frames/s");
        if ui.add_enabled(choice.rate.is_some(), field).changed() {
            choice.rate = Some(rate);
        }
    });
}

fn gap_rows(ui: &mut Ui, choice: &mut ExportChoice, cx: &Cx<'_>) {
    ui.label(cx.theme.caption("Frames that failed"));
    let missing = match (choice.draws(), choice.is_video(), choice.float) {
        (true, ..) => "are shown in the colour for missing values".to_owned(),
        (_, true, _) => "stop the export".to_owned(),
        (_, _, Some(float)) => format!("are NaN, everything is written as {float}"),
        (_, _, None) => "are NaN, where the type has it".to_owned(),
    };
    ui.radio_value(&mut choice.gaps, GapChoice::Missing, missing);
    ui.radio_value(&mut choice.gaps, GapChoice::Skip, "are left out")
        .on_hover_text("Later frames move up; numbered files keep their numbers, videos their times");
    ui.horizontal(|ui| {
        ui.radio_value(&mut choice.gaps, GapChoice::Fill, "are filled with the value");
        let field = DragValue::new(&mut choice.fill).speed(1.0);
        ui.add_enabled(choice.gaps == GapChoice::Fill, field);
    });
}
