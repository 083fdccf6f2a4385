//! Lines, bands, hatching and axes of the plot.

use blitz_core::TimeAxis;
use blitz_draw::Ticks;
use egui::{Align2, Color32, Mesh, Painter, Rect, Shape, Stroke, pos2, vec2};

use super::traces::Trace;
use crate::panels::frames::{FrameScale, ticks};
use crate::theme::Theme;

/// Room at the right, so that the last label is whole.
pub(super) const RIGHT: f32 = 10.0;

/// Height of a value in the plot.
pub(super) fn y_of(rect: Rect, (lo, hi): (f64, f64), value: f64) -> f32 {
    rect.bottom() - ((value - lo) / (hi - lo)) as f32 * rect.height()
}

/// A curve with its gaps; `dashes` above 0 breaks the line up.
pub(super) fn line(
    painter: &Painter,
    trace: &Trace,
    place: impl Fn(f64, f64) -> egui::Pos2,
    stroke: Stroke,
    dashes: usize,
) {
    for run in &trace.line {
        let points: Vec<egui::Pos2> = run.iter().map(|&(x, y)| place(x, y)).collect();
        // Frames that lie far apart are shown one by one.
        if points.len() > 1 && points[1].x - points[0].x >= 9.0 {
            for point in &points {
                painter.circle_filled(*point, stroke.width + 0.9, stroke.color);
            }
        }
        match (points.as_slice(), dashes) {
            ([only], _) => {
                painter.circle_filled(*only, 1.5, stroke.color);
            }
            (_, 0) => {
                painter.add(Shape::line(points, stroke));
            }
            // In colour recordings hue says the channel, so dashes say the zone.
            (points, n) => {
                let (dash, gap) = if n % 2 == 1 { (7.0, 4.0) } else { (2.0, 3.0) };
                painter.extend(Shape::dashed_line(points, stroke, dash, gap));
            }
        }
    }
}

/// The ground from minimum to maximum of a run.
pub(super) fn band(
    run: &[(f64, f64, f64)],
    place: impl Fn(f64, f64) -> egui::Pos2,
    fill: Color32,
    scale: FrameScale<'_>,
) -> Shape {
    let mut mesh = Mesh::default();
    if let [(x, lo, hi)] = run {
        let half = (scale.x(*x + 0.5) - scale.x(*x)).clamp(0.5, 3.0);
        let (top, bottom) = (place(*x, *hi), place(*x, *lo));
        mesh.add_colored_rect(Rect::from_x_y_ranges(top.x - half..=top.x + half, top.y..=bottom.y), fill);
        return Shape::mesh(mesh);
    }
    for (i, &(x, lo, hi)) in run.iter().enumerate() {
        mesh.colored_vertex(place(x, hi), fill);
        mesh.colored_vertex(place(x, lo), fill);
        if i > 0 {
            let at = 2 * i as u32;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    Shape::mesh(mesh)
}

/// Frames that are still to come.
pub(super) fn hatch(painter: &Painter, theme: &Theme, rect: Rect) {
    painter.rect_filled(rect, 0.0, theme.pending.gamma_multiply(0.45));
    if rect.width() < 12.0 {
        return;
    }
    let inside = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let stroke = Stroke::new(1.0, theme.line);
    let mut x = (rect.left() / 9.0).floor() * 9.0 - rect.height();
    while x < rect.right() {
        inside.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], stroke);
        x += 9.0;
    }
}

/// Grid, labels and titles.
pub(super) fn axes(
    painter: &Painter,
    theme: &Theme,
    scale: FrameScale<'_>,
    values: Option<(f64, f64)>,
    time: &TimeAxis,
    unit: Option<&str>,
) {
    let plot = scale.rect;
    let font = theme.tick_font();
    let grid = Stroke::new(1.0, theme.grid);
    // Without a value there is no scale.
    let (lo, hi) = values.unwrap_or_default();
    let vertical = Ticks::new(lo, hi, ((plot.height() / 26.0) as usize).clamp(2, 8), false);
    for (value, label) in vertical.values.iter().zip(&vertical.labels) {
        let y = painter.round_to_pixel_center(y_of(plot, (lo, hi), *value));
        painter.hline(plot.x_range(), y, grid);
        let y = y.clamp(plot.top() + 5.0, plot.bottom() - 5.0);
        painter.text(pos2(plot.left() - 6.0, y), Align2::RIGHT_CENTER, label, font.clone(), theme.weak);
    }
    let (places, title) = ticks(scale, time, ((plot.width() / 80.0) as usize).clamp(2, 14));
    let title = painter.layout_no_wrap(title, font.clone(), theme.weak);
    let title_left = plot.right() - title.size().x;
    for (frame, label) in places {
        let x = painter.round_to_pixel_center(scale.x(frame));
        painter.vline(x, plot.y_range(), grid);
        let galley = painter.layout_no_wrap(label, font.clone(), theme.weak);
        let left = x - galley.size().x / 2.0;
        if left + galley.size().x + 8.0 < title_left {
            painter.galley(pos2(left, plot.bottom() + 3.0), galley, theme.weak);
        }
    }
    painter.galley(pos2(title_left, plot.bottom() + 3.0), title, theme.weak);
    let note = [vertical.note.as_str(), unit.unwrap_or_default()].join(" ");
    if !note.trim().is_empty() {
        painter.text(plot.min + vec2(5.0, 3.0), Align2::LEFT_TOP, note.trim(), font, theme.weak);
    }
    painter.rect_stroke(plot, 0.0, Stroke::new(1.0, theme.line), egui::StrokeKind::Inside);
}
