//! Errors as messages that stay until they are read.

use std::collections::HashSet;

use blitz_model::session::{Level, LoadState, Recording, Session};
use egui::{Align, Button, Label, Layout, Panel, Ui};

use crate::cx::Cx;
use crate::panels;

/// The newest errors that have not been dismissed.
#[derive(Default)]
pub(crate) struct Notice {
    /// Log lines looked at so far.
    seen: u64,
    text: Option<String>,
    more: usize,
}

impl Notice {
    /// Takes new errors from the log. Failed frames are not among them: the strip and the timeline show them.
    pub(super) fn collect(&mut self, session: &Session) {
        let log = session.log();
        let new = (log.total() - self.seen).min(log.lines().len() as u64) as usize;
        if new == 0 {
            return;
        }
        self.seen = log.total();
        let frames: HashSet<String> = match session.current().map(Recording::load_state) {
            Some(LoadState::Done(fill)) => fill.failed.iter().map(ToString::to_string).collect(),
            _ => HashSet::new(),
        };
        for line in &log.lines()[log.lines().len() - new..] {
            if line.level == Level::Error && !frames.contains(&line.text) {
                self.more = if self.text.is_some() { self.more + 1 } else { 0 };
                self.text = Some(line.text.clone());
            }
        }
    }

    /// The newest message.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Forgets it.
    pub(super) fn dismiss(&mut self) {
        self.text = None;
        self.more = 0;
    }

    /// A bar below the menus.
    pub(super) fn bar(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(text) = self.text.clone() else { return };
        let frame = cx.theme.bar_frame().fill(cx.theme.error_soft);
        Panel::top("notice").frame(frame).show_separator_line(false).show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new("Dismiss").small()).on_hover_text("Hide this message").clicked() {
                    self.dismiss();
                }
                if self.more > 0 {
                    let more = ui.add(Button::new(format!("{} more", self.more)).small());
                    if more.on_hover_text("Show all messages").clicked() {
                        cx.show_panel(panels::log::PANEL.id);
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let label = Label::new(egui::RichText::new(&text).color(cx.theme.error)).truncate();
                    ui.add(label.selectable(true)).on_hover_text(&text);
                });
            });
        });
    }
}
