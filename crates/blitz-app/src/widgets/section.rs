//! Parts of a panel with a head.

use egui::{CollapsingHeader, RichText, Ui};

/// A part that can be folded.
pub(crate) fn section<R>(ui: &mut Ui, title: &str, open: bool, add: impl FnOnce(&mut Ui) -> R) {
    // The identity must not follow a title that counts.
    let id: String = title.chars().filter(|c| c.is_alphabetic()).collect();
    CollapsingHeader::new(RichText::new(title).strong())
        .id_salt(id)
        .default_open(open)
        .show_unindented(ui, add);
}
