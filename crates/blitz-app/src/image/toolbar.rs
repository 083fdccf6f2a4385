//! The row above the picture: zones to add, zoom, joining of pixels.

use blitz_model::document::{Edit, Minify};
use blitz_model::session::Command;
use egui::{Align, Button, Layout, Margin, Ui, vec2};

use super::ImagePanel;
use super::icons::{Icon, icon_button};
use super::zones::Tool;
use crate::cx::{Cx, UiAction};

impl ImagePanel {
    pub(super) fn toolbar(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let theme = cx.theme;
        let frame = egui::Frame::new().inner_margin(Margin { left: 6, right: 8, top: 4, bottom: 3 });
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing = vec2(3.0, 0.0);
                ui.label(theme.caption("zone"));
                self.tool_buttons(ui, cx);
                ui.add_space(theme.space);
                let fit = icon_button(
                    ui,
                    Icon::Fit,
                    "Fit",
                    "Show the whole picture, also when the panel changes its size (F)",
                    self.camera.fit,
                    theme,
                );
                if fit.clicked() {
                    cx.ask(UiAction::FitView);
                }
                let one = ui.add(Button::new("1:1").frame_when_inactive(false));
                if one.on_hover_text("One picture pixel per screen pixel (1)").clicked() {
                    cx.ask(UiAction::OneToOne);
                }
                let percent = self.camera.zoom * f64::from(ui.ctx().pixels_per_point()) * 100.0;
                let percent =
                    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") };
                ui.add_space(theme.gap);
                ui.label(theme.number(percent).color(theme.weak))
                    .on_hover_text("Screen pixels per picture pixel");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| self.right_side(ui, cx));
            });
        });
    }

    fn tool_buttons(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let tools = [
            (Icon::Rectangle, "Add rectangle", "Drag it on the picture", Tool::Rectangle),
            (Icon::Ellipse, "Add ellipse", "Drag its box on the picture", Tool::Ellipse),
            (
                Icon::Polygon,
                "Add polygon",
                "Click its corners; double click, Enter or a click on the first one closes it",
                Tool::Polygon(Vec::new()),
            ),
            (Icon::Pixel, "Add pixel", "Click a pixel", Tool::Pixel),
        ];
        for (icon, label, hint, tool) in tools {
            let on = self
                .tool
                .as_ref()
                .is_some_and(|t| std::mem::discriminant(t) == std::mem::discriminant(&tool));
            if icon_button(ui, icon, label, hint, on, cx.theme).clicked() {
                self.tool = if on { None } else { Some(tool) };
                self.drag = None;
            }
        }
    }

    /// Joining of pixels, or what the chosen tool wants.
    fn right_side(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(tool) = &self.tool {
            ui.label(cx.theme.caption(tool.hint()));
            return;
        }
        let Some(recording) = cx.recording() else { return };
        let now = recording.state().display.minify;
        ui.spacing_mut().item_spacing.x = 1.0;
        let choices = [
            (
                Minify::Max,
                "maximum",
                "Where the picture is smaller than its pixels, the brightest pixel stays: a hot pixel is not lost",
            ),
            (Minify::Mean, "mean", "Where the picture is smaller than its pixels, they are averaged"),
        ];
        for (minify, label, hint) in choices {
            if ui.selectable_label(now == minify, label).on_hover_text(hint).clicked() && now != minify {
                cx.send(Command::Edit(Edit::Minify(minify)));
            }
        }
        ui.add_space(cx.theme.gap);
        ui.label(cx.theme.caption("made smaller"));
    }
}
