//! Small signs of a step's row, drawn: the same on every system, whatever its fonts hold.

use egui::{
    Color32, Painter, Pos2, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// What a button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Up,
    Down,
    Copy,
    Cross,
    /// The editor is open.
    Open,
    /// The editor is closed.
    Closed,
}

/// A bare button with a sign, found by `name`.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(19.0, 19.0), sense);
    let enabled = enabled && ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let visuals = ui.visuals();
    let lit = enabled && (response.hovered() || response.has_focus());
    if lit {
        ui.painter().rect_filled(rect, 3.0, visuals.widgets.hovered.weak_bg_fill);
    }
    let weak = visuals.weak_text_color();
    let ink = match (enabled, lit) {
        (false, _) => weak.gamma_multiply(0.35),
        (true, true) => visuals.widgets.hovered.fg_stroke.color,
        (true, false) => weak,
    };
    draw(ui.painter(), icon, rect.center().round(), ink);
    response
}

fn draw(painter: &Painter, icon: Icon, at: Pos2, ink: Color32) {
    let stroke = Stroke::new(1.4, ink);
    let lines = |points: [(f32, f32); 3]| {
        painter.add(Shape::line(points.map(|(x, y)| pos2(at.x + x, at.y + y)).to_vec(), stroke));
    };
    match icon {
        Icon::Up => {
            lines([(-3.5, -0.5), (0.0, -4.0), (3.5, -0.5)]);
            painter.line_segment([at + vec2(0.0, -4.0), at + vec2(0.0, 4.5)], stroke);
        }
        Icon::Down => {
            lines([(-3.5, 0.5), (0.0, 4.0), (3.5, 0.5)]);
            painter.line_segment([at + vec2(0.0, -4.5), at + vec2(0.0, 4.0)], stroke);
        }
        Icon::Copy => {
            let sheet = |x: f32, y: f32| egui::Rect::from_min_size(at + vec2(x, y), vec2(6.0, 7.0));
            painter.rect_stroke(sheet(-1.0, -2.5), 1.0, stroke, StrokeKind::Middle);
            painter.add(Shape::line(
                vec![
                    at + vec2(-1.5, 1.8),
                    at + vec2(-4.0, 1.8),
                    at + vec2(-4.0, -5.0),
                    at + vec2(2.0, -5.0),
                    at + vec2(2.0, -3.0),
                ],
                stroke,
            ));
        }
        Icon::Cross => {
            for side in [-1.0, 1.0] {
                painter.line_segment([at + vec2(-3.2, -3.2 * side), at + vec2(3.2, 3.2 * side)], stroke);
            }
        }
        Icon::Open => lines([(-3.5, -1.8), (0.0, 1.8), (3.5, -1.8)]),
        Icon::Closed => lines([(-1.8, -3.5), (1.8, 0.0), (-1.8, 3.5)]),
    }
}
