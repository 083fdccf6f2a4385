//! The row above the picture: zones to add, zoom, joining of pixels.

use blitz_model::document::{Edit, Minify};
use blitz_model::session::Command;
use egui::{Align, Button, Layout, Margin, Ui, vec2};

use super::ImagePanel;
use super::tool::Tool;
use crate::commands::row::Now;
use crate::commands::{zones as new_zones, zoom};
use crate::cx::{Cx, NewZone};
use crate::widgets::icons::{Icon, tool_button};

/// Room that the choice of joining pixels takes, and its caption, in points.
const MINIFY_WIDTH: f32 = 130.0;
const CAPTION_WIDTH: f32 = 100.0;

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
                let (fit, one) = (zoom::fit(&Now::of(cx)), zoom::one_to_one(&Now::of(cx)));
                if tool_button(ui, Icon::Fit, &fit.text, &fit.hint(), self.camera.fit, theme).clicked() {
                    cx.act(fit.action);
                }
                let button = ui.add(Button::new(&*one.text).frame_when_inactive(false));
                if button.on_hover_text(one.hint()).clicked() {
                    cx.act(one.action);
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

    fn tool_buttons(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let tools = [
            (Icon::Rectangle, NewZone::Rectangle),
            (Icon::Ellipse, NewZone::Ellipse),
            (Icon::Polygon, NewZone::Polygon),
            (Icon::Pixel, NewZone::Pixel),
        ];
        for (icon, zone) in tools {
            let on = self.tool.as_ref().is_some_and(|tool| tool.zone() == zone);
            let row = new_zones::add(&Now::of(cx), zone);
            if tool_button(ui, icon, &row.text, &row.hint(), on, cx.theme).clicked() {
                if on {
                    self.start(None);
                } else {
                    cx.act(row.action);
                }
            }
        }
    }

    /// Takes another tool in hand.
    pub(super) fn start(&mut self, tool: Option<Tool>) {
        self.tool = tool;
        self.drag = None;
    }

    /// Joining of pixels, or what the chosen tool wants.
    fn right_side(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(tool) = &self.tool {
            ui.add(egui::Label::new(cx.theme.caption(tool.hint())).truncate());
            return;
        }
        let Some(recording) = cx.recording() else { return };
        let now = recording.state().display.minify;
        ui.spacing_mut().item_spacing.x = 1.0;
        // Views side by side are narrow; their hints say the same.
        if ui.available_width() < MINIFY_WIDTH {
            return;
        }
        let captioned = ui.available_width() > MINIFY_WIDTH + CAPTION_WIDTH;
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
        if captioned {
            ui.add_space(cx.theme.gap);
            ui.label(cx.theme.caption("made smaller"));
        }
    }
}
