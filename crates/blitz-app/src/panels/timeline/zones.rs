//! The list of zones beside the plot: colour, name, pixels, value.

use blitz_core::{Rect as PixelRect, Zone, ZoneShape};
use blitz_model::document::{CurveStat, Edit, ZoneEdit};
use blitz_model::session::{AuxiliaryReply, Command, CurveReply, Recording};
use blitz_model::text;
use egui::{Align, Layout, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::plot::channel_color;
use super::{beside_list, traces};
use crate::commands::row::Now;
use crate::cx::Cx;
use crate::widgets::icons::{Icon, framed_button};
use crate::widgets::values::value_text;

/// What the list keeps from frame to frame.
#[derive(Default)]
pub(super) struct ZoneList {
    /// The zone whose name is being typed.
    renaming: Option<(usize, String)>,
}

impl ZoneList {
    /// Draws the list with the values at stack frame `frame`.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        beside: &[AuxiliaryReply],
        frame: usize,
    ) {
        let zones = &recording.recipe().zones;
        ui.horizontal(|ui| {
            ui.label(cx.theme.caption(text::count(zones.len(), "zone")));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| add_menu(ui, cx, recording));
        });
        if self.renaming.as_ref().is_some_and(|(i, _)| *i >= zones.len()) {
            self.renaming = None;
        }
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for (i, zone) in zones.iter().enumerate() {
                self.row(ui, cx, recording, (i, zone), frame);
            }
            beside_list::rows(ui, cx, recording, beside, frame);
            let rest = ui.allocate_response(ui.available_size(), Sense::click());
            if rest.clicked() && recording.state().selected_zone.is_some() {
                cx.send(Command::Edit(Edit::Zone(ZoneEdit::Select(None))));
            }
        });
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        (i, zone): (usize, &Zone),
        frame: usize,
    ) {
        let curve = cx.curves().iter().find(|c| c.zone == i).cloned();
        let selected = recording.state().selected_zone == Some(i);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), cx.theme.row), Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListItem, true, selected, format!("Zone {}", zone.name))
        });
        let ground = match (selected, response.hovered()) {
            (true, _) => cx.theme.accent_soft,
            (false, true) => cx.theme.button,
            _ => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, f32::from(cx.theme.radius), ground);
        let inside = rect.shrink2(vec2(4.0, 0.0));
        let mut row = ui
            .new_child(egui::UiBuilder::new().max_rect(inside).layout(Layout::left_to_right(Align::Center)));
        swatch(&mut row, cx, i, zone);
        row.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tip = format!("Delete zone {} (Del when it is selected)", zone.name);
            if framed_button(ui, Icon::Cross, &format!("Delete {}", zone.name), 18.0)
                .on_hover_text(tip)
                .clicked()
            {
                cx.send(Command::Edit(Edit::Zone(ZoneEdit::Delete(i))));
            }
            numbers(ui, cx, recording, curve.as_ref(), frame);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.name(ui, cx, i, zone));
        });
        if response.double_clicked() {
            self.renaming = Some((i, zone.name.clone()));
        } else if response.clicked() && !selected {
            cx.send(Command::Edit(Edit::Zone(ZoneEdit::Select(Some(i)))));
        }
        let shape = text::zone_shape(&zone.shape);
        let tip = format!("{shape}\nClick to select, double click to rename; move it in the picture");
        response.on_hover_text(tip);
    }

    fn name(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, i: usize, zone: &Zone) {
        let Some((_, typed)) = self.renaming.as_mut().filter(|(at, _)| *at == i) else {
            ui.add(
                egui::Label::new(egui::RichText::new(&zone.name).color(cx.theme.text))
                    .truncate()
                    .selectable(false),
            );
            return;
        };
        let field = TextEdit::singleline(typed).desired_width(ui.available_width()).margin(vec2(3.0, 1.0));
        let response = ui.add(field).accessible_name(format!("Name of zone {}", zone.name));
        if !response.has_focus() && !response.lost_focus() {
            response.request_focus();
        }
        if response.lost_focus() {
            let cancelled = ui.input(|input| input.key_pressed(egui::Key::Escape));
            let name = typed.trim().to_owned();
            if !cancelled && !name.is_empty() && name != zone.name {
                cx.send(Command::Edit(Edit::Zone(ZoneEdit::Rename(i, name))));
            }
            self.renaming = None;
        }
    }
}

/// The colour, which a click changes.
fn swatch(ui: &mut Ui, cx: &mut Cx<'_>, i: usize, zone: &Zone) {
    let mut color = zone.color;
    let (response, open) = ui
        .scope(|ui| {
            ui.spacing_mut().interact_size = vec2(14.0, 14.0);
            ui.spacing_mut().button_padding = vec2(0.0, 0.0);
            // The name that egui gives the button's popup.
            let popup = ui.auto_id_with("popup");
            let response = ui.color_edit_button_srgb(&mut color);
            (response, egui::Popup::is_id_open(ui.ctx(), popup))
        })
        .inner;
    cx.view.gesture |= open;
    let response = response.accessible_name(format!("Colour of {}", zone.name));
    let response = response.on_hover_text("Change the colour");
    if response.changed() && color != zone.color {
        cx.send(Command::Edit(Edit::Zone(ZoneEdit::Color(i, color))));
    }
}

/// Pixels and value of the zone, right-aligned; the layout runs from the right.
fn numbers(ui: &mut Ui, cx: &Cx<'_>, recording: &Recording, curve: Option<&CurveReply>, frame: usize) {
    let Some(curve) = curve else { return };
    let rgb = recording.stack().is_rgb();
    let median = recording.state().curves.stat == CurveStat::Median;
    let channels = &curve.data.points;
    let width = if channels.len() > 1 { 40.0 } else { 62.0 };
    let cell = |ui: &mut Ui, width: f32, text: egui::RichText, tip: &str| {
        let layout = Layout::right_to_left(Align::Center);
        ui.allocate_ui_with_layout(vec2(width, cx.theme.row), layout, |ui| {
            ui.set_min_width(width);
            ui.add(egui::Label::new(text).selectable(false).extend()).on_hover_text(tip);
        });
    };
    for c in (0..channels.len().min(3)).rev() {
        let point = curve.data.point(c, frame).copied();
        let value = point.map_or(f64::NAN, |p| traces::value(&p, median));
        let shown =
            if value.is_finite() { value_text(value, value.abs().min(1e3), false) } else { "–".to_owned() };
        let name = recording.stack().channels.get(c).map_or("", |c| c.name.as_str());
        let tip = match point.filter(|p| p.n > 0) {
            Some(p) => format!(
                "{name}: {} samples, mean {}, min {}, max {}, std {:.4}{}",
                text::grouped(p.n),
                p.mean,
                p.min,
                p.max,
                p.std,
                if p.missing > 0 { format!(", {} missing", text::grouped(p.missing)) } else { String::new() }
            ),
            None => "No value: the frame is missing or not computed yet".to_owned(),
        };
        let mut shown = cx.theme.number(shown);
        if rgb {
            shown = shown.color(channel_color(cx.theme, [0; 3], true, c));
        }
        cell(ui, width, shown, &tip);
    }
    let pixels = curve.data.pixels;
    let label = egui::RichText::new(format!("{} px", text::grouped(pixels as u64)));
    if pixels == 0 {
        cell(ui, 48.0, label.color(cx.theme.warning), "The zone holds no pixel centre, so it has no value");
    } else {
        cell(ui, 48.0, label.color(cx.theme.weak), "Pixels whose centres lie in the zone");
    }
}

fn add_menu(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    let crop = recording.stack().placement.crop;
    let existing = recording.recipe().zones.len();
    let menu = ui.menu_button("Add zone", |ui| {
        for (label, kind) in [
            ("Rectangle", Kind::Rectangle),
            ("Ellipse", Kind::Ellipse),
            ("Polygon", Kind::Polygon),
            ("Single pixel", Kind::Pixel),
        ] {
            if ui.button(label).clicked() {
                cx.send(Command::Edit(Edit::Zone(ZoneEdit::Add(kind.shape(crop, existing)))));
                ui.close();
            }
        }
        ui.separator();
        let row = crate::commands::beside::add(&Now::of(cx));
        if ui.button(&*row.text).on_hover_text(row.hint()).clicked() {
            cx.act(row.action);
            ui.close();
        }
    });
    menu.response.on_hover_text("Add a zone in the middle of the picture; move and reshape it there");
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Rectangle,
    Ellipse,
    Polygon,
    Pixel,
}

impl Kind {
    /// A tenth of each side, near the middle; beside the `existing` zones rather than on them.
    fn shape(self, crop: PixelRect, existing: usize) -> ZoneShape {
        let side = |length: usize| (length as f64 / 10.0).round().max(1.0);
        let (width, height) = (side(crop.width), side(crop.height));
        let step = (existing % 4) as f64;
        let start = |origin: usize, length: usize, zone: f64| {
            let free = length as f64 - zone;
            origin as f64 + (free / 2.0 + step * zone * 0.5).min(free).floor()
        };
        let (x, y) = (start(crop.x, crop.width, width), start(crop.y, crop.height, height));
        match self {
            Self::Rectangle => ZoneShape::Rect { x, y, width, height, angle: 0.0 },
            Self::Ellipse => ZoneShape::Ellipse { x, y, width, height, angle: 0.0 },
            Self::Polygon => {
                ZoneShape::Polygon(vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
            }
            Self::Pixel => ZoneShape::Pixel { x: x as usize, y: y as usize },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_zones_lie_in_the_picture() {
        for (width, height) in [(1, 1), (7, 300), (106, 387)] {
            let crop = PixelRect::new(5, 9, width, height);
            for existing in 0..6 {
                for kind in [Kind::Rectangle, Kind::Ellipse, Kind::Polygon, Kind::Pixel] {
                    let shape = kind.shape(crop, existing);
                    assert!(shape.is_valid());
                    for (x, y) in shape.outline() {
                        assert!((5.0..=(5 + width) as f64).contains(&x), "{kind:?} {x} {width}");
                        assert!((9.0..=(9 + height) as f64).contains(&y), "{kind:?} {y} {height}");
                    }
                }
            }
        }
    }
}
