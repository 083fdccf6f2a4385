//! Buttons with drawn signs: the same on every system, whatever its fonts hold.

use egui::{
    Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::theme::Theme;

/// What a button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Rectangle,
    Ellipse,
    Polygon,
    Pixel,
    Fit,
    Up,
    Down,
    Copy,
    Cross,
    /// What belongs to it is shown.
    Open,
    /// What belongs to it is hidden.
    Closed,
    First,
    Previous,
    Play,
    Pause,
    Next,
    Last,
}

/// A button of a tool bar that may be on; `label` is its accessible name, `hint` says more when hovered.
pub(crate) fn tool_button(
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
    draw(ui.painter(), icon, rect.center().round(), ink);
    response.on_hover_text(format!("{label}\n{hint}"))
}

/// A bare button with a sign, found by `name`.
pub(crate) fn small_button(ui: &mut Ui, icon: Icon, name: &str, enabled: bool) -> Response {
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

/// A button of `width` points in a frame, found by `name`; a cross has none.
pub(crate) fn framed_button(ui: &mut Ui, icon: Icon, name: &str, width: f32) -> Response {
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
            StrokeKind::Inside,
        );
    }
    let ink =
        if bare && !response.hovered() { ui.visuals().weak_text_color() } else { visuals.fg_stroke.color };
    draw(&painter, icon, rect.center(), ink);
    response
}

fn draw(painter: &Painter, icon: Icon, at: Pos2, ink: Color32) {
    match icon {
        Icon::Rectangle | Icon::Ellipse | Icon::Polygon | Icon::Pixel | Icon::Fit => {
            painter.extend(tool(icon, Rect::from_center_size(at, vec2(14.0, 12.0)), ink));
        }
        Icon::Up | Icon::Down | Icon::Copy | Icon::Cross | Icon::Open | Icon::Closed => {
            of_row(painter, icon, at, ink);
        }
        Icon::First | Icon::Previous | Icon::Play | Icon::Pause | Icon::Next | Icon::Last => {
            of_player(painter, icon, at, ink);
        }
    }
}

/// Signs of tools, within a rectangle.
fn tool(icon: Icon, r: Rect, ink: Color32) -> Vec<Shape> {
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
        _ => Vec::new(),
    }
}

/// Signs of rows in a list.
fn of_row(painter: &Painter, icon: Icon, at: Pos2, ink: Color32) {
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
            let sheet = |x: f32, y: f32| Rect::from_min_size(at + vec2(x, y), vec2(6.0, 7.0));
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
        _ => {}
    }
}

/// Signs of a player.
fn of_player(painter: &Painter, icon: Icon, at: Pos2, ink: Color32) {
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
        _ => {}
    }
}
