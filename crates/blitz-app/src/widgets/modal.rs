//! Dialogs over the window.

use egui::{Id, Modal, RichText, Ui};

use crate::theme::Theme;

/// A dialog with room around its content.
pub(crate) fn modal(name: &'static str, theme: &Theme) -> Modal {
    let frame = egui::Frame::new()
        .fill(theme.panel)
        .stroke(egui::Stroke::new(1.0, theme.line))
        .corner_radius(6.0)
        .inner_margin(16.0);
    Modal::new(Id::unique(name)).frame(frame)
}

/// The heading of a dialog.
pub(crate) fn heading(ui: &mut Ui, text: &str, theme: &Theme) {
    ui.label(RichText::new(text).heading().color(theme.strong));
    ui.add_space(theme.gap);
}
