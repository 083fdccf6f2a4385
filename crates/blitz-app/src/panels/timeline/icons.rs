//! Small buttons with drawn signs: the same on every system, whatever its fonts hold.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

/// What a button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    First,
    Previous,
    Play,
    Pause,
    Next,
    Last,
    Cross,
}

/// A button of `width` points with a sign, found by `name`.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, width: f32) -> Response {
    let size = vec2(width, ui.spacing().interact_size.y);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let visuals = ui.style().interact(&response);
    let bare = icon == Icon::Cross;
    let painter = ui.painter_at(rect);
    if !bare || response.hovered() {
        painter.rect(
            rect,
            visuals.corner_radius,
            visuals.weak_bg_fill,
            visuals.bg_stroke,
            egui::StrokeKind::Inside,
        );
    }
    let ink =
        if bare && !response.hovered() { ui.visuals().weak_text_color() } else { visuals.fg_stroke.color };
    draw(&painter, icon, rect.center(), ink);
    response
}

fn draw(painter: &Painter, icon: Icon, at: Pos2, ink: Color32) {
    const R: f32 = 4.5;
    let triangle = |x: f32, right: bool| {
        let d = if right { R } else { -R };
        let points = vec![
            pos2(at.x + x + d, at.y),
            pos2(at.x + x - d * 0.8, at.y - R),
            pos2(at.x + x - d * 0.8, at.y + R),
        ];
        painter.add(Shape::convex_polygon(points, ink, Stroke::NONE));
    };
    let bar = |x: f32, width: f32| {
        painter.rect_filled(Rect::from_center_size(pos2(at.x + x, at.y), vec2(width, 2.0 * R)), 0.0, ink);
    };
    match icon {
        Icon::First => {
            bar(-4.5, 2.0);
            triangle(1.0, false);
        }
        Icon::Previous => triangle(-0.5, false),
        Icon::Play => {
            let points =
                vec![pos2(at.x + 6.0, at.y), pos2(at.x - 4.0, at.y - 6.0), pos2(at.x - 4.0, at.y + 6.0)];
            painter.add(Shape::convex_polygon(points, ink, Stroke::NONE));
        }
        Icon::Pause => {
            bar(-3.0, 3.0);
            bar(3.0, 3.0);
        }
        Icon::Next => triangle(0.5, true),
        Icon::Last => {
            bar(4.5, 2.0);
            triangle(-1.0, true);
        }
        Icon::Cross => {
            let stroke = Stroke::new(1.3, ink);
            for side in [-1.0, 1.0] {
                painter.line_segment([at + vec2(-3.0, -3.0 * side), at + vec2(3.0, 3.0 * side)], stroke);
            }
        }
    }
}
