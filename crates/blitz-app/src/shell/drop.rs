//! Files that are dropped on the window.

use std::path::PathBuf;

use blitz_model::text;
use egui::{Button, Context, Id, Key, Label};

use crate::commands::{beside, open};
use crate::cx::Cx;
use crate::state::{Later, Mailbox, State};
use crate::widgets::modal::{heading, modal};

/// What was dropped in this frame.
pub(crate) fn dropped(ctx: &Context) -> Vec<PathBuf> {
    ctx.input(|i| i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect())
}

/// While files are held over a window that already shows something.
pub(super) fn hint(ctx: &Context, cx: &Cx<'_>) {
    let count = ctx.input(|i| i.raw.hovered_files.len());
    if count == 0 || cx.recording().is_none() {
        return;
    }
    let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop hint")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, cx.theme.frame.gamma_multiply(0.75));
    let what = if count == 1 {
        "Drop to open".to_owned()
    } else {
        format!("Drop to open {} as one recording", text::count(count, "file"))
    };
    let font = egui::FontId::proportional(24.0);
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, what, font, cx.theme.strong);
}

/// Opens what was dropped; JSON beside a recording holds its curves, and of tables in text, which may be pictures, too, the
/// person is asked.
pub(crate) fn take_dropped(state: &mut State, paths: Vec<PathBuf>) {
    match beside::may_be_curves(state, &paths) {
        Some(true) => beside::take(state, paths),
        Some(false) => state.dialogs.dropped = Some(paths),
        None => open::open(state, paths, false),
    }
}

/// Asks whether tables that were dropped are curves of the recording or recordings of their own.
pub(super) fn question(dropped: &mut Option<Vec<PathBuf>>, mailbox: &Mailbox, ctx: &Context, cx: &Cx<'_>) {
    let (Some(paths), Some(recording)) = (dropped.as_ref(), cx.recording()) else {
        *dropped = None;
        return;
    };
    let name = match &paths[..] {
        [one] => one.file_name().unwrap_or(one.as_os_str()).to_string_lossy().into_owned(),
        several => text::count(several.len(), "table"),
    };
    let mut answer: Option<Later> = None;
    let mut closed = false;
    modal("dropped", cx.theme).show(ctx, |ui| {
        ui.set_width(420.0);
        heading(ui, &format!("What is {name}?"), cx.theme);
        let of = &recording.stack().name;
        let words = format!("A table in text can be a signal recorded beside {of}, or a picture of numbers.");
        ui.add(Label::new(words).wrap());
        ui.add_space(cx.theme.space);
        ui.horizontal(|ui| {
            let curve = Button::new("Add as curve").fill(cx.theme.accent_soft);
            let (for_curve, for_opening) = (paths.clone(), paths.clone());
            if ui.add(curve).on_hover_text("Draw it in the timeline, at its times").clicked() {
                answer = Some(Box::new(move |state, _| beside::take(state, for_curve)));
            }
            if ui.button("Open as recording").on_hover_text("In place of what is open").clicked() {
                answer = Some(Box::new(move |state, _| open::open(state, for_opening, false)));
            }
            closed = ui.button("Cancel").clicked() || ui.input(|i| i.key_pressed(Key::Escape));
        });
    });
    if closed || answer.is_some() {
        *dropped = None;
    }
    if let Some(then) = answer {
        // The sender is there as long as the window.
        drop(mailbox.sender().send(then));
        ctx.request_repaint();
    }
}
