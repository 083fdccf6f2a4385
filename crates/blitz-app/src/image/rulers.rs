//! Axes along the picture, in source pixels or lengths, and the colour bar.

use blitz_core::PixelSize;
use blitz_draw::Ticks;
use blitz_model::session::Recording;
use egui::{Align2, Color32, CornerRadius, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::place::Place;
use crate::theme::Theme;

/// Width of the ruler on the left.
const LEFT: f32 = 46.0;
/// Height of the ruler below.
const BELOW: f32 = 22.0;
/// Width of the colour bar with its numbers.
const BAR: f32 = 74.0;
const TICK: f32 = 4.0;

/// How the panel is divided.
pub(super) struct Areas {
    pub(super) canvas: Rect,
    left: Rect,
    below: Rect,
    pub(super) bar: Option<Rect>,
}

impl Areas {
    pub(super) fn new(area: Rect, with_bar: bool) -> Self {
        let right = if with_bar { BAR } else { 8.0 };
        let canvas = Rect::from_min_max(
            area.min + vec2(LEFT, 4.0),
            (area.max - vec2(right, BELOW)).max(area.min + vec2(LEFT + 1.0, 5.0)),
        );
        Self {
            canvas,
            left: Rect::from_min_max(pos2(area.min.x, canvas.min.y), pos2(canvas.min.x, canvas.max.y)),
            below: Rect::from_min_max(pos2(canvas.min.x, canvas.max.y), pos2(canvas.max.x, area.max.y)),
            bar: with_bar.then(|| {
                Rect::from_min_max(pos2(canvas.max.x, canvas.min.y), pos2(area.max.x, canvas.max.y))
            }),
        }
    }
}

/// The unit of lengths in a picture of that extent.
fn length_unit(metres: f64) -> (f64, &'static str) {
    match metres {
        m if m >= 1.0 => (1.0, "m"),
        m if m >= 1e-3 => (1e3, "mm"),
        m if m >= 1e-6 => (1e6, "µm"),
        _ => (1e9, "nm"),
    }
}

/// The size of a source pixel: the person's, else the container's.
pub(crate) fn pixel_size(recording: &Recording) -> Option<PixelSize> {
    recording.recipe().calibration.pixel_size.or(recording.stack().pixel_size)
}

/// Draws both rulers.
pub(super) fn draw(ui: &Ui, areas: &Areas, place: &Place, recording: &Recording, theme: &Theme) {
    let crop = recording.stack().placement.crop;
    let (per_pixel, unit) = match pixel_size(recording) {
        Some(size) => {
            let (scale, unit) = length_unit(size.metres * crop.width.max(crop.height) as f64);
            (size.metres * scale, unit)
        }
        None => (1.0, "px"),
    };
    let transposed = place.is_transposed();
    let painter = ui.painter_at(areas.left.union(areas.below).expand2(vec2(30.0, 0.0)));
    let stroke = Stroke::new(1.0, theme.line);
    painter.rect_stroke(areas.canvas, 0.0, stroke, StrokeKind::Outside);
    let visible = place.dst.intersect(areas.canvas);
    if !visible.is_positive() {
        return;
    }
    let font = theme.tick_font();
    let pick = |at: Pos2, first: bool| {
        let (x, y) = place.source(at);
        if first == transposed { y } else { x }
    };
    // Along the lower edge.
    let title = format!("{} / {unit}", if transposed { "y" } else { "x" });
    let title_rect = painter.text(
        areas.below.right_bottom() - vec2(2.0, 3.0),
        Align2::RIGHT_BOTTOM,
        title,
        font.clone(),
        theme.weak,
    );
    let (a, b) = (pick(visible.left_top(), true), pick(visible.right_top(), true));
    let most = (visible.width() / 48.0).clamp(2.0, 24.0) as usize;
    let ticks = Ticks::new(a.min(b) * per_pixel, a.max(b) * per_pixel, most, unit == "px");
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let along = if b == a { 0.0 } else { (value / per_pixel - a) / (b - a) };
        let x = visible.left() + visible.width() * along as f32;
        let top = pos2(x, areas.below.top());
        painter.line_segment([top, top + vec2(0.0, TICK)], Stroke::new(1.0, theme.weak));
        let room = x + label.len() as f32 * 3.5 < title_rect.left() - 4.0;
        if room {
            painter.text(top + vec2(0.0, TICK + 1.0), Align2::CENTER_TOP, label, font.clone(), theme.weak);
        }
    }
    // Along the left edge.
    let title = format!("{} / {unit}", if transposed { "x" } else { "y" });
    let title_rect = painter.text(
        areas.left.left_top() + vec2(6.0, 0.0),
        Align2::LEFT_TOP,
        title,
        font.clone(),
        theme.weak,
    );
    let (a, b) = (pick(visible.left_top(), false), pick(visible.left_bottom(), false));
    let most = (visible.height() / 40.0).clamp(2.0, 24.0) as usize;
    let ticks = Ticks::new(a.min(b) * per_pixel, a.max(b) * per_pixel, most, unit == "px");
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let along = if b == a { 0.0 } else { (value / per_pixel - a) / (b - a) };
        let right = pos2(areas.left.right(), visible.top() + visible.height() * along as f32);
        if right.y - 6.0 > title_rect.bottom() {
            painter.line_segment([right, right - vec2(TICK, 0.0)], Stroke::new(1.0, theme.weak));
            painter.text(
                right - vec2(TICK + 3.0, 0.0),
                Align2::RIGHT_CENTER,
                label,
                font.clone(),
                theme.weak,
            );
        }
    }
}

/// Width of the bar itself.
const STRIPE: f32 = 13.0;

/// The colours with their values.
pub(super) fn color_bar(
    ui: &Ui,
    area: Rect,
    (lo, hi): (f64, f64),
    table: &[[u8; 3]; 256],
    unit: Option<&str>,
    theme: &Theme,
) {
    let painter = ui.painter_at(area.expand2(vec2(0.0, 6.0)));
    let head = if unit.is_some() { 18.0 } else { 6.0 };
    let bar = Rect::from_min_max(
        pos2(area.left() + 10.0, area.top() + head),
        pos2(area.left() + 10.0 + STRIPE, area.bottom() - 6.0),
    );
    if bar.height() < 24.0 {
        return;
    }
    painter.add(Shape::mesh(stripe(bar, table)));
    painter.rect_stroke(bar, CornerRadius::ZERO, Stroke::new(1.0, theme.line), StrokeKind::Outside);
    let font = theme.tick_font();
    let ticks = Ticks::new(lo, hi, (bar.height() / 30.0).clamp(2.0, 12.0) as usize, false);
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let y = bar.bottom() - bar.height() * ((value - lo) / (hi - lo)) as f32;
        let at = pos2(bar.right(), y);
        painter.line_segment([at, at + vec2(TICK, 0.0)], Stroke::new(1.0, theme.weak));
        painter.text(at + vec2(TICK + 3.0, 0.0), Align2::LEFT_CENTER, label, font.clone(), theme.weak);
    }
    let title = match (unit, ticks.note.as_str()) {
        (Some(unit), "") => unit.to_owned(),
        (Some(unit), note) => format!("{note} {unit}"),
        (None, note) => note.to_owned(),
    };
    painter.text(area.left_top() + vec2(10.0, 0.0), Align2::LEFT_TOP, title, font, theme.weak);
}

/// The 256 colours from below to above, without blending between them.
fn stripe(bar: Rect, table: &[[u8; 3]; 256]) -> Mesh {
    let mut mesh = Mesh::default();
    for (i, &[r, g, b]) in table.iter().enumerate() {
        let y = |i: usize| bar.bottom() - bar.height() * i as f32 / table.len() as f32;
        let rect = Rect::from_min_max(pos2(bar.left(), y(i + 1)), pos2(bar.right(), y(i)));
        mesh.add_colored_rect(rect, Color32::from_rgb(r, g, b));
    }
    mesh
}
