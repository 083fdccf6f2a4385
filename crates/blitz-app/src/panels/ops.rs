//! The recipe's steps: what happens to the values, in order.

mod add;
mod editor;
mod preview;
mod reference;
mod result;
mod row;

use std::collections::HashMap;

use blitz_core::StackId;
use blitz_model::document::{Edit, StepEdit};
use blitz_model::recipe::StepKind;
use blitz_model::recipe::step::Start;
use blitz_model::session::{Command, Recording};
use egui::{Button, Label, RichText, ScrollArea, Ui};

use crate::cx::{Cx, StepPart};
use crate::panels::panel::{Panel, PanelInfo};

/// The list of steps with their editors, and what is done with the recipe.
#[derive(Default)]
pub struct OpsPanel {
    /// The stack that the state below belongs to.
    stack: Option<StackId>,
    /// The step whose editor is open.
    open: Option<usize>,
    /// The step to bring into view.
    reveal: Option<usize>,
    /// How many steps there were in the last frame: a new one is opened.
    count: Option<usize>,
    /// Paths being typed.
    paths: HashMap<(usize, StepPart), String>,
    /// A step being dragged to another place.
    drag: Option<usize>,
    preview: preview::Preview,
}

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "ops",
    title: "Ops",
    hint: "The steps of the recipe: what happens to the values",
    bare: false,
    several: false,
    make: || Box::new(OpsPanel::default()),
};

impl Panel for OpsPanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl OpsPanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let session = cx.session;
        let Some(recording) = session.shown(cx.at()) else {
            ui.label(cx.theme.caption("Nothing is open."));
            return;
        };
        let stack = recording.stack().id;
        let steps = &recording.recipe().steps;
        if self.stack.replace(stack) != Some(stack) {
            *self = Self { stack: Some(stack), count: Some(steps.len()), ..Self::default() };
        }
        if self.count.replace(steps.len()).is_some_and(|before| before != steps.len()) {
            self.paths.clear();
            self.open = self.open.filter(|open| *open < steps.len());
        }
        self.top(ui, cx, recording);
        ui.add_space(cx.theme.gap);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if steps.is_empty() {
                self.nothing_yet(ui, cx, recording);
            } else {
                self.rows(ui, cx, recording);
            }
        });
    }

    /// Adding, and what concerns the whole recipe.
    fn top(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        ui.horizontal(|ui| {
            let menu = ui.menu_button("+ Add step", |ui| add::menu(ui, cx, recording));
            menu.response.on_hover_text("Add a step behind the others");
            if let Some(Some(kind)) = menu.inner {
                self.add(cx, recording, kind);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let recipe = ui.menu_button("Recipe", |ui| result::menu(ui, cx, recording));
                recipe.response.on_hover_text("Open, save, copy as a command line");
                result::button(ui, cx, recording);
            });
        });
        result::progress(ui, cx);
    }

    fn add(&mut self, cx: &mut Cx<'_>, recording: &Recording, kind: StepKind) {
        self.open = Some(recording.recipe().steps.len());
        self.reveal = self.open;
        cx.send(Command::Edit(Edit::Step(StepEdit::Add(kind))));
    }

    /// What steps do, and the common ones.
    fn nothing_yet(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        let first = RichText::new("No steps yet: the values are those of the recording.");
        ui.add(Label::new(first.color(cx.theme.strong)).wrap());
        ui.add_space(cx.theme.gap);
        ui.horizontal_wrapped(|ui| {
            let suggested = add::suggested(cx, recording);
            for kind in StepKind::all().iter().filter(|kind| kind.about().common) {
                let Start::Ready(step) = kind.start(&suggested) else { continue };
                let button = ui.add(Button::new(kind.title()).min_size(egui::vec2(0.0, 24.0)));
                if button.on_hover_text(kind.about().hint).clicked() {
                    self.add(cx, recording, step);
                }
            }
        });
        ui.add_space(cx.theme.gap);
        let text = "Steps change the values of every frame, in their order: take a background away, divide by a \
                    flat field, smooth, mask. Picture, curves, reductions and exports follow; the recording stays \
                    as it is.";
        ui.add(Label::new(cx.theme.caption(text)).wrap());
    }
}

/// Sends a change of step `index`.
fn change(cx: &mut Cx<'_>, index: usize, kind: StepKind) {
    cx.send(Command::Edit(Edit::Step(StepEdit::Change(index, kind))));
}
