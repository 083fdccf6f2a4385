//! The rows of the list.

use blitz_model::document::{Edit, StepEdit};
use blitz_model::recipe::Step;
use blitz_model::session::{Command, Recording};
use egui::{Align, CursorIcon, Frame, Label, Layout, Rect, RichText, Sense, Stroke, Ui, pos2};

use super::OpsPanel;
use crate::cx::Cx;
use crate::widgets::icons::{Icon, small_button};

/// Rows narrower than this leave a button out, for the title's sake.
const NARROW: f32 = 240.0;

fn send(cx: &mut Cx<'_>, edit: StepEdit) {
    cx.send(Command::Edit(Edit::Step(edit)));
}

impl OpsPanel {
    pub(super) fn rows(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        let steps = &recording.recipe().steps;
        let mut places = Vec::with_capacity(steps.len());
        ui.spacing_mut().item_spacing.y = 4.0;
        for (i, step) in steps.iter().enumerate() {
            let fault = cx.picture().fault.as_ref().filter(|f| f.step == i).map(|f| f.reason.clone());
            let edge = if fault.is_some() { cx.theme.error } else { cx.theme.line };
            let frame = Frame::new()
                .fill(if cx.theme.dark { cx.theme.frame } else { cx.theme.field })
                .stroke(Stroke::new(1.0, edge))
                .corner_radius(4.0)
                .inner_margin(egui::Margin::symmetric(5, 4));
            let shown = frame.show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.push_id(("step", i), |ui| {
                    self.head(ui, cx, recording, i);
                    summary(ui, cx, recording, step, fault.as_deref());
                    if self.open == Some(i) {
                        ui.add_space(2.0);
                        self.editor(ui, cx, recording, i, &step.kind);
                    }
                });
            });
            if self.reveal == Some(i) {
                shown.response.scroll_to_me(Some(Align::Min));
                self.reveal = None;
            }
            places.push(shown.response.rect);
        }
        self.drop_place(ui, cx, &places);
    }

    fn head(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, i: usize) {
        let steps = &recording.recipe().steps;
        let step = &steps[i];
        let number = i + 1;
        let title = step.kind.title();
        let narrow = ui.available_width() < NARROW;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            let open = self.open == Some(i);
            let (icon, verb) = if open { (Icon::Open, "Close") } else { (Icon::Closed, "Edit") };
            let mut toggled = small_button(ui, icon, &format!("{verb} step {number}"), true)
                .on_hover_text(format!("{verb} the step"))
                .clicked();
            let mut on = step.enabled;
            let switch = ui.checkbox(&mut on, "").on_hover_text("Whether the step takes part");
            if switch.accessible_name(format!("Step {number} on")).changed() {
                send(cx, StepEdit::Enable(i, on));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                let buttons = [
                    (Icon::Cross, "Remove", true, StepEdit::Remove(i)),
                    (Icon::Copy, "Duplicate", true, StepEdit::Duplicate(i)),
                    (Icon::Down, "Move down", i + 1 < steps.len(), StepEdit::Move(i, i + 1)),
                    (Icon::Up, "Move up", i > 0, StepEdit::Move(i, i.saturating_sub(1))),
                ];
                for (icon, verb, can, edit) in buttons {
                    // Where there is little room the copy is in the title's menu only.
                    if icon == Icon::Copy && narrow {
                        continue;
                    }
                    let button = small_button(ui, icon, &format!("{verb} step {number}"), can);
                    if can && button.on_hover_text(verb).clicked() {
                        self.follow(&edit);
                        send(cx, edit);
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let ink = if step.enabled { cx.theme.strong } else { cx.theme.weak };
                    let label =
                        Label::new(RichText::new(title).color(ink)).truncate().sense(Sense::click_and_drag());
                    let response = ui.add(label).on_hover_cursor(CursorIcon::PointingHand);
                    toggled |= response.clicked();
                    if response.drag_started() {
                        self.drag = Some(i);
                    }
                    let response =
                        response.on_hover_text("Click to edit, drag to move, right click for more");
                    response.context_menu(|ui| {
                        for (label, edit) in
                            [("Duplicate", StepEdit::Duplicate(i)), ("Remove", StepEdit::Remove(i))]
                        {
                            if ui.button(label).clicked() {
                                self.follow(&edit);
                                send(cx, edit);
                                ui.close();
                            }
                        }
                    });
                });
            });
            if toggled {
                self.open = if open { None } else { Some(i) };
                self.reveal = self.open;
            }
        });
    }

    /// The open editor goes along with its step.
    fn follow(&mut self, edit: &StepEdit) {
        self.paths.clear();
        let Some(open) = self.open else { return };
        self.open = match *edit {
            StepEdit::Remove(i) if i == open => None,
            StepEdit::Remove(i) if i < open => Some(open - 1),
            StepEdit::Duplicate(i) if i < open => Some(open + 1),
            StepEdit::Duplicate(i) if i == open => Some(open + 1),
            StepEdit::Move(from, to) if from == open => Some(to),
            StepEdit::Move(from, to) if from < open && open <= to => Some(open - 1),
            StepEdit::Move(from, to) if to <= open && open < from => Some(open + 1),
            _ => Some(open),
        };
    }

    /// A line where the dragged step would go; moves it there when it is let go.
    fn drop_place(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, places: &[Rect]) {
        let Some(from) = self.drag.filter(|i| *i < places.len()) else {
            self.drag = None;
            return;
        };
        let Some(pointer) = ui.input(|i| i.pointer.latest_pos()) else { return };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        // The place before which it would stand.
        let before = places.iter().filter(|place| place.center().y < pointer.y).count();
        let to = if before > from { before - 1 } else { before };
        if to != from {
            let y = if before < places.len() {
                places[before].top() - 2.0
            } else {
                places[before - 1].bottom() + 2.0
            };
            let x = places[0].x_range();
            let line = [pos2(x.min, y), pos2(x.max, y)];
            ui.painter().line_segment(line, Stroke::new(2.0, cx.theme.accent));
        }
        if ui.input(|i| !i.pointer.any_down()) {
            self.drag = None;
            if to != from {
                let edit = StepEdit::Move(from, to);
                self.follow(&edit);
                send(cx, edit);
            }
        }
    }
}

/// What the step does, and why it does not.
fn summary(ui: &mut Ui, cx: &Cx<'_>, recording: &Recording, step: &Step, fault: Option<&str>) {
    let words = step.kind.describe(recording.stack().known_source_frames());
    let ink = if step.enabled { cx.theme.text } else { cx.theme.weak };
    let off = if step.enabled { "" } else { "off · " };
    ui.add(Label::new(RichText::new(format!("{off}{words}")).color(ink)).wrap());
    if let Some(why) = fault {
        let label = Label::new(RichText::new(why).color(cx.theme.error)).wrap().selectable(true);
        ui.add(label).on_hover_text("The step cannot be done: change it or switch it off");
    }
}
