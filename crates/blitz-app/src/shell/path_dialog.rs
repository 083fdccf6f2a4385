//! The dialog in which a path is typed.

use egui::{Button, Context, Key, Label, TextEdit, vec2};

use crate::cx::Cx;
use crate::path::expanded;
use crate::state::{Later, Mailbox, PathDialog, PathKind};
use crate::widgets::modal::{heading, modal};

/// Asks for the path.
pub(super) fn show(open: &mut Option<PathDialog>, mailbox: &Mailbox, ctx: &Context, cx: &Cx<'_>) {
    let Some(dialog) = open else { return };
    let (title, verb) = (dialog.wanted.title.clone(), dialog.wanted.verb);
    let saves = matches!(dialog.wanted.kind, PathKind::NewFile(_));
    let mut accepted = false;
    let mut closed = false;
    modal("path dialog", cx.theme).show(ctx, |ui| {
        ui.set_width(520.0);
        heading(ui, &title, cx.theme);
        if let Some(message) = &dialog.message {
            ui.add(Label::new(cx.theme.caption(message)).wrap());
            ui.add_space(cx.theme.gap);
        }
        let label = ui.label(cx.theme.caption("Path"));
        let edit =
            TextEdit::singleline(&mut dialog.typed).desired_width(f32::INFINITY).margin(vec2(8.0, 4.0));
        let response = ui.add(edit).labelled_by(label.id);
        if std::mem::take(&mut dialog.fresh) {
            response.request_focus();
        }
        if response.changed() {
            dialog.replace = None;
        }
        if let Some(path) = &dialog.replace {
            ui.colored_label(
                cx.theme.warning,
                format!("{} exists; press {verb} again to replace it", path.display()),
            );
        }
        ui.add_space(cx.theme.space);
        ui.horizontal(|ui| {
            let enter = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let ok =
                ui.add_enabled(!dialog.typed.trim().is_empty(), Button::new(verb).fill(cx.theme.accent_soft));
            accepted = ok.clicked() || enter && !dialog.typed.trim().is_empty();
            closed = ui.button("Cancel").clicked() || ui.input(|i| i.key_pressed(Key::Escape));
        });
    });
    if accepted {
        let path = expanded(&dialog.typed);
        if !saves || !path.exists() || dialog.replace.as_deref() == Some(&*path) {
            if let Some(PathDialog { wanted, .. }) = open.take() {
                let then: Later = Box::new(move |state, ctx| (wanted.then)(state, ctx, vec![path]));
                drop(mailbox.sender().send(then));
            }
            ctx.request_repaint();
            return;
        }
        dialog.replace = Some(path);
        dialog.fresh = true;
    }
    if closed {
        *open = None;
    }
}
