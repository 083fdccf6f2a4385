//! How zones look on the picture.

use blitz_core::{Zone, ZoneShape};
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

use super::handles::{self, Handle};
use super::place::Place;
use crate::theme::Theme;

/// Sides shorter than this many points have handles at their ends only.
const CROWDED: f32 = 34.0;
/// Points from the box to the knob that turns it.
const KNOB: f64 = 18.0;

/// Outline and name; with handles if selected. A dark line below makes it readable on any picture.
pub(super) fn draw(painter: &Painter, place: &Place, zone: &Zone, is_selected: bool, theme: &Theme) {
    let [r, g, b] = zone.color;
    let color = Color32::from_rgb(r, g, b);
    let points: Vec<Pos2> = zone.shape.outline().into_iter().map(|p| place.screen(p)).collect();
    let width = if is_selected { 2.0 } else { 1.4 };
    painter.add(Shape::closed_line(points.clone(), Stroke::new(width + 1.8, Color32::from_black_alpha(120))));
    painter.add(Shape::closed_line(points.clone(), Stroke::new(width, color)));
    let bounds = Rect::from_points(&points);
    if bounds.width().max(bounds.height()) < 4.0 {
        // A pixel far away: a ring that can be seen and caught.
        painter.circle_stroke(bounds.center(), 5.0, Stroke::new(3.0, Color32::from_black_alpha(120)));
        painter.circle_stroke(bounds.center(), 5.0, Stroke::new(1.4, color));
    }
    if is_selected {
        draw_handles(painter, place, zone, color, theme);
    }
    if !zone.name.is_empty() {
        draw_name(painter, bounds, &zone.name, color);
    }
}

fn draw_handles(painter: &Painter, place: &Place, zone: &Zone, color: Color32, theme: &Theme) {
    let edge = Stroke::new(1.2, Color32::from_black_alpha(200));
    let all = handles::handles(&zone.shape, reach(place));
    let top = all.iter().find(|(h, _)| *h == Handle::Side(0, -1)).map(|(_, p)| place.screen(*p));
    for (handle, point) in &visible_handles(place, &zone.shape) {
        let at = place.screen(*point);
        if *handle == Handle::Turn {
            if let Some(top) = top {
                painter.line_segment([top, at], Stroke::new(1.2, color));
            }
            painter.circle(at, theme.handle, color, edge);
        } else {
            let rect = Rect::from_center_size(at, vec2(1.0, 1.0) * (theme.handle * 1.6));
            painter.rect(rect, CornerRadius::same(1), Color32::WHITE, edge, StrokeKind::Middle);
        }
    }
}

/// Source pixels that the knob's distance on screen corresponds to.
fn reach(place: &Place) -> f64 {
    KNOB / place.zoom * place.placement.scale_y
}

/// The handles that are drawn and can be caught: those of sides only where they do not crowd the corners.
pub(super) fn visible_handles(place: &Place, shape: &ZoneShape) -> Vec<(Handle, (f64, f64))> {
    let mut all = handles::handles(shape, reach(place));
    let at = |side: Handle| all.iter().find(|(h, _)| *h == side).map(|(_, p)| place.screen(*p));
    let span = |a, b| at(a).zip(at(b)).map_or(f32::INFINITY, |(a, b)| a.distance(b));
    let wide = span(Handle::Side(-1, -1), Handle::Side(1, -1)) > CROWDED;
    let high = span(Handle::Side(-1, -1), Handle::Side(-1, 1)) > CROWDED;
    all.retain(|(h, _)| match h {
        Handle::Side(0, _) => wide,
        Handle::Side(_, 0) => high,
        _ => true,
    });
    all
}

/// The name beside the zone's upper left corner, where no handle is; on the right where there is no room.
fn draw_name(painter: &Painter, bounds: Rect, name: &str, color: Color32) {
    let galley = painter.layout_no_wrap(name.to_owned(), FontId::proportional(12.0), Theme::ink_on(color));
    let size = galley.size() + vec2(8.0, 2.0);
    let room = bounds.left() - size.x - 12.0 > painter.clip_rect().left();
    let corner =
        if room { bounds.left_top() - vec2(size.x + 7.0, 0.0) } else { bounds.right_top() + vec2(7.0, 0.0) };
    let clip = painter.clip_rect().shrink(3.0);
    let corner = corner.clamp(clip.min, (clip.max - size).max(clip.min));
    let ground = Align2::LEFT_TOP.anchor_size(corner, size);
    painter.rect_filled(ground, CornerRadius::same(2), color);
    painter.galley(ground.min + vec2(4.0, 1.0), galley, Theme::ink_on(color));
}

/// A polygon that is being drawn.
pub(super) fn draw_open(
    painter: &Painter,
    place: &Place,
    corners: &[(f64, f64)],
    pointer: Option<Pos2>,
    theme: &Theme,
) {
    let mut points: Vec<Pos2> = corners.iter().map(|&p| place.screen(p)).collect();
    let fixed = points.len();
    points.extend(pointer.filter(|_| fixed > 0));
    painter.add(Shape::line(points.clone(), Stroke::new(3.2, Color32::from_black_alpha(120))));
    painter.add(Shape::line(points.clone(), Stroke::new(1.4, Color32::WHITE)));
    for (i, at) in points[..fixed].iter().enumerate() {
        let fill = if i == 0 { theme.accent } else { Color32::WHITE };
        painter.circle(*at, theme.handle, fill, Stroke::new(1.0, Color32::BLACK));
    }
}
