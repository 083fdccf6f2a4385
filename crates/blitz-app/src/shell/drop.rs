//! Files that are dropped on the window.

use std::path::PathBuf;

use blitz_model::text;
use egui::{Context, Id};

use crate::cx::Cx;

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
