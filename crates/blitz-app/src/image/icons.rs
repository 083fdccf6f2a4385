//! Small buttons with drawn icons: no font is needed for them.

use egui::{
    Color32, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::theme::Theme;

/// What a button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Rectangle,
    Ellipse,
    Polygon,
    Pixel,
    Fit,
}

/// A button with an icon; `label` is its accessible name, `hint` says more when hovered.
pub(super) fn icon_button(
    ui: &mut Ui,
    icon: Icon,
    label: &str,
    hint: &str,
    on: bool,
    theme: &Theme,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(27.0, theme.row), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), on, label));
    let fill = if on {
        theme.accent_soft
    } else if response.is_pointer_button_down_on() {
        theme.button_press
    } else if response.hovered() || response.has_focus() {
        theme.button_hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, f32::from(theme.radius), fill);
    let ink = if on || response.hovered() { theme.strong } else { theme.text };
    ui.painter().extend(shapes(icon, Rect::from_center_size(rect.center().round(), vec2(14.0, 12.0)), ink));
    response.on_hover_text(format!("{label}\n{hint}"))
}

fn shapes(icon: Icon, r: Rect, ink: Color32) -> Vec<Shape> {
    let stroke = Stroke::new(1.4, ink);
    let at = |x: f32, y: f32| -> Pos2 { pos2(r.left() + x * r.width(), r.top() + y * r.height()) };
    match icon {
        Icon::Rectangle => vec![Shape::rect_stroke(r, 0.0, stroke, StrokeKind::Middle)],
        Icon::Ellipse => vec![Shape::ellipse_stroke(r.center(), r.size() / 2.0, stroke)],
        Icon::Polygon => {
            vec![Shape::closed_line(
                vec![at(0.05, 0.3), at(0.55, 0.0), at(1.0, 0.45), at(0.7, 1.0), at(0.15, 0.9)],
                stroke,
            )]
        }
        Icon::Pixel => {
            let c = r.center();
            let tick = |dx: f32, dy: f32| {
                let v = vec2(dx, dy);
                Shape::line_segment([c + v * 3.5, c + v * 6.5], stroke)
            };
            let pixel = Rect::from_center_size(c, vec2(4.0, 4.0));
            vec![
                Shape::rect_filled(pixel, 0.0, ink),
                tick(1.0, 0.0),
                tick(-1.0, 0.0),
                tick(0.0, 1.0),
                tick(0.0, -1.0),
            ]
        }
        Icon::Fit => {
            let corner = |x: f32, y: f32| {
                let (sx, sy) = (if x == 0.0 { 1.0 } else { -1.0 }, if y == 0.0 { 1.0 } else { -1.0 });
                let p = at(x, y);
                Shape::line(vec![p + vec2(4.0 * sx, 0.0), p, p + vec2(0.0, 4.0 * sy)], stroke)
            };
            vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(1.0, 1.0)]
        }
    }
}
