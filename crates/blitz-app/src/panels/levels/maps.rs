//! Colour maps as gradients and as a menu.

use blitz_draw::ColorMap;
use blitz_model::document::{DocState, Edit};
use blitz_model::session::{Command, LevelsReply};
use egui::{Color32, ComboBox, Mesh, Rect, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

use super::facts::Facts;
use crate::cx::Cx;

/// The colour map that is shown; the first one where the name is unknown.
pub(super) fn map_of(state: &DocState, levels: LevelsReply) -> ColorMap {
    ColorMap::parse(state.colormap(Some(levels.fitted))).unwrap_or_default()
}

/// Colour `u`, 0 to 1, of a map.
pub(super) fn color(map: ColorMap, u: f32) -> Color32 {
    let [r, g, b] = map.sample(u);
    Color32::from_rgb(r, g, b)
}

/// A rectangle that shows `map` from `from` to `to` (positions on the map, clipped to its ends) left to right.
pub(super) fn gradient(map: ColorMap, rect: Rect, from: f32, to: f32) -> Shape {
    const STEPS: u32 = 96;
    let mut mesh = Mesh::default();
    for i in 0..=STEPS {
        let t = i as f32 / STEPS as f32;
        let x = rect.left() + t * rect.width();
        let ink = color(map, from + t * (to - from));
        mesh.colored_vertex(pos2(x, rect.top()), ink);
        mesh.colored_vertex(pos2(x, rect.bottom()), ink);
        if i > 0 {
            let at = 2 * i;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    Shape::mesh(mesh)
}

/// The menu of colour maps, each with its gradient.
pub(super) fn menu(ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>, width: f32) {
    let (current, rgb) = (map_of(facts.state, facts.levels), facts.stack.is_rgb());
    let mut chosen = None;
    let shown = if rgb { "own colours" } else { current.name() };
    ui.add_enabled_ui(!rgb, |ui| {
        ComboBox::from_id_salt("colour map")
            .width(width)
            .height(420.0)
            .selected_text(shown)
            .show_ui(ui, |ui| {
                for map in ColorMap::ALL {
                    if entry(ui, cx, map, map == current) {
                        chosen = Some(map);
                    }
                }
            })
            .response
            .accessible_name("Colour map")
            .on_hover_text("Colours that the values are shown in")
            .on_disabled_hover_text(
                "Colour pictures are shown in their own colours; load as grey to use a map",
            );
    });
    if let Some(map) = chosen.filter(|map| *map != current) {
        cx.send(Command::Edit(Edit::ColorMap(map.name().to_owned())));
    }
}

fn entry(ui: &mut Ui, cx: &Cx<'_>, map: ColorMap, selected: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(190.0, 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, map.name()));
    let ground = match (selected, response.hovered()) {
        (true, _) => cx.theme.accent_soft,
        (false, true) => cx.theme.button_hover,
        _ => Color32::TRANSPARENT,
    };
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, f32::from(cx.theme.radius), ground);
    let strip = Rect::from_min_size(rect.min + vec2(5.0, 5.0), vec2(96.0, 12.0));
    painter.add(gradient(map, strip, 0.0, 1.0));
    let at = pos2(strip.right() + 10.0, rect.center().y);
    let font = egui::TextStyle::Body.resolve(ui.style());
    painter.text(at, egui::Align2::LEFT_CENTER, map.name(), font, cx.theme.text);
    let clicked = response.clicked();
    if clicked {
        ui.close();
    }
    clicked
}
