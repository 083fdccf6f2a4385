//! The histogram with its two handles and the colour bar below it.

use std::hash::{DefaultHasher, Hash, Hasher};

use blitz_draw::Ticks;
use blitz_model::Histogram;
use blitz_model::evaluate::LevelsAnswer;
use blitz_model::text;
use egui::{
    Align2, Color32, CursorIcon, Mesh, Painter, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::facts::{Facts, send_levels};
use super::maps::{color, gradient, map_of};
use crate::cx::Cx;
use crate::widgets::values::value_text;

/// Height of the colour bar with its ticks and gaps.
pub(super) const BAR_AND_TICKS: f32 = 34.0;

/// Height of the row of the handles' values.
const LABELS: f32 = 15.0;

/// Half the width in which a handle is caught, in points.
const CATCH: f32 = 7.0;

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bar {
    lo: f64,
    hi: f64,
    count: u64,
}

/// Bars of a histogram, kept until it changes.
#[derive(Default)]
struct Bars {
    key: Option<(u64, usize)>,
    bars: Vec<Bar>,
}

impl Bars {
    /// `serial` names the histogram.
    fn update(&mut self, serial: u64, most: usize, histogram: &Histogram, integer: bool) {
        if self.key == Some((serial, most)) {
            return;
        }
        // A whole number stands in the middle of its bar.
        let shift = if integer { 0.5 } else { 0.0 };
        let bars = histogram.bins(most);
        self.bars = bars.iter().map(|b| Bar { lo: b.lo - shift, hi: b.hi - shift, count: b.count }).collect();
        self.key = Some((serial, most));
    }

    /// Heights 0 to 1, with their bars.
    fn heights(&self, log: bool) -> impl Iterator<Item = (Bar, f32)> + '_ {
        let scale = move |count: u64| if log { (count as f64).ln_1p() } else { count as f64 };
        let most = self.bars.iter().map(|b| scale(b.count)).fold(f64::MIN_POSITIVE, f64::max);
        self.bars.iter().map(move |b| (*b, (scale(b.count) / most) as f32))
    }

    fn at(&self, value: f64) -> Option<Bar> {
        self.bars.iter().copied().find(|b| (b.lo..b.hi).contains(&value))
    }
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Lower,
    Upper,
    Both,
}

/// A handle being dragged: where everything was when it was caught.
#[derive(Clone, Copy, Debug)]
struct Drag {
    part: Part,
    x: (f64, f64),
    from: f64,
    levels: (f64, f64),
}

/// What the histogram keeps from frame to frame.
#[derive(Default)]
pub(super) struct HistogramView {
    picture: Bars,
    stack: Bars,
    /// Range of values shown; `None` is all.
    view: Option<(f64, f64)>,
    drag: Option<Drag>,
}

/// Values along the width of a rectangle.
#[derive(Clone, Copy, Debug)]
struct Scale {
    lo: f64,
    hi: f64,
    rect: Rect,
}

impl Scale {
    fn x(self, value: f64) -> f32 {
        let t = (value - self.lo) / (self.hi - self.lo);
        self.rect.left() + (t.clamp(-4.0, 5.0) as f32) * self.rect.width()
    }

    fn value(self, x: f32) -> f64 {
        let t = f64::from((x - self.rect.left()) / self.rect.width().max(1.0));
        self.lo + t * (self.hi - self.lo)
    }

    fn span(self) -> f64 {
        self.hi - self.lo
    }
}

/// Changes whenever another distribution is shown.
fn fingerprint(levels: &LevelsAnswer) -> u64 {
    let mut h = DefaultHasher::new();
    let histogram = &levels.histogram;
    let ends = [histogram.min(), histogram.max()].map(|v| v.map(f64::to_bits));
    let counts = (histogram.n(), histogram.missing(), histogram.infinite(), histogram.or_bits());
    (std::ptr::from_ref(levels) as usize, ends, counts, levels.coverage.used, levels.sampled).hash(&mut h);
    h.finish()
}

/// All values, with a margin that leaves room to drag the levels beyond the data.
fn whole_range(shown: &Histogram, stack: Option<&LevelsAnswer>, levels: (f64, f64)) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    let ends = [Some(shown), stack.map(|s| &s.histogram)].into_iter().flatten();
    for value in ends.flat_map(|h| [h.min(), h.max()]).flatten().chain([levels.0, levels.1]) {
        if value.is_finite() {
            range = (range.0.min(value), range.1.max(value));
        }
    }
    if range.0 > range.1 {
        return (0.0, 1.0);
    }
    let margin = ((range.1 - range.0) * 0.04).max(range.0.abs().max(1.0) * 1e-9);
    (range.0 - margin, range.1 + margin)
}

impl HistogramView {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>, height: f32) {
        let width = ui.available_width();
        let (all, plot_response) =
            ui.allocate_exact_size(vec2(width, height + BAR_AND_TICKS), Sense::click_and_drag());
        plot_response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Histogram"));
        let plot = Rect::from_min_max(all.min + vec2(0.0, LABELS), pos2(all.right(), all.top() + height));
        let levels = (facts.levels.lo, facts.levels.hi);
        let whole = whole_range(&facts.shown.histogram, cx.distribution(), levels);
        self.zoom(ui, &plot_response, plot, whole, levels);
        let (lo, hi) = self.drag.map_or_else(|| self.view.unwrap_or(whole), |d| d.x);
        let scale = Scale { lo, hi, rect: plot };

        let most = ((width / 2.0) as usize).clamp(16, 512);
        self.picture.update(facts.shown.serial, most, &facts.shown.histogram, facts.integer);
        match cx.distribution() {
            Some(d) => {
                let serial = fingerprint(d);
                self.stack.update(serial, most, &d.histogram, !facts.stack.dtype().is_float());
            }
            None => self.stack = Bars::default(),
        }

        let painter = ui.painter_at(all);
        painter.rect_filled(plot, 0.0, cx.theme.canvas);
        // The stack's distribution says nothing of a reduction's values.
        let reduced = facts.shown.frame.is_none();
        let log = facts.state.display.log_counts;
        let clipped = painter.with_clip_rect(plot);
        if !reduced {
            let ink = cx.theme.weak.gamma_multiply(if cx.theme.dark { 0.30 } else { 0.38 });
            clipped.add(bars(self.stack.heights(log), scale, |_| ink));
        }
        let map = map_of(facts.state, facts.levels);
        let rgb = facts.stack.is_rgb();
        let ink = |value: f64| {
            if rgb { cx.theme.text } else { color(map, ((value - levels.0) / (levels.1 - levels.0)) as f32) }
        };
        clipped.add(bars(self.picture.heights(log), scale, ink));
        clipped.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, cx.theme.line));

        let bar = Rect::from_min_size(plot.left_bottom() + vec2(0.0, 8.0), vec2(width, 9.0));
        color_bar(&painter, bar, scale, levels, (!rgb).then_some(map));
        ticks(&painter, cx, facts, bar, scale);
        self.handles(ui, cx, facts, all, scale);
        if self.drag.is_none() {
            plot_response.on_hover_ui_at_pointer(|ui| self.describe(ui, facts, scale, cx));
        }
    }

    /// Ctrl and the wheel zoom at the pointer; a double click shows the levels' surroundings, then all.
    fn zoom(&mut self, ui: &Ui, response: &Response, plot: Rect, whole: (f64, f64), levels: (f64, f64)) {
        if response.double_clicked() {
            let span = levels.1 - levels.0;
            let near = (levels.0 - 0.15 * span, levels.1 + 0.15 * span);
            self.view = if self.view.is_none() && span > 0.0 { Some(near) } else { None };
        }
        let Some(pointer) = response.hover_pos() else { return };
        let factor = f64::from(ui.input(egui::InputState::zoom_delta));
        if factor != 1.0 {
            let (lo, hi) = self.view.unwrap_or(whole);
            let at = Scale { lo, hi, rect: plot }.value(pointer.x);
            let (lo, hi) = (at - (at - lo) / factor, at + (hi - at) / factor);
            let inside = (lo.max(whole.0), hi.min(whole.1));
            let wide_enough = inside.1 - inside.0 > (whole.1 - whole.0) * 1e-6;
            if wide_enough {
                self.view = (inside != whole).then_some(inside);
            }
        }
    }

    fn handles(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>, all: Rect, scale: Scale) {
        let (lo, hi) = (facts.levels.lo, facts.levels.hi);
        let plot = scale.rect;
        let (x_lo, x_hi) = (scale.x(lo), scale.x(hi));
        let catch = |x: f32| Rect::from_x_y_ranges(x - CATCH..=x + CATCH, all.top()..=plot.bottom() + 8.0);
        let between = Rect::from_x_y_ranges(x_lo..=x_hi.max(x_lo), plot.y_range());
        let parts = [
            (Part::Both, between, "Both levels", CursorIcon::Grab, f64::midpoint(lo, hi)),
            (Part::Lower, catch(x_lo), "Lower level handle", CursorIcon::ResizeHorizontal, lo),
            (Part::Upper, catch(x_hi), "Upper level handle", CursorIcon::ResizeHorizontal, hi),
        ];
        for (part, rect, name, cursor, value) in parts {
            let rect = rect.intersect(all);
            if !rect.is_positive() {
                continue;
            }
            let response = ui.interact(rect, ui.scope_id().with(name), Sense::drag()).on_hover_cursor(cursor);
            response.widget_info(|| WidgetInfo::slider(true, value, name));
            self.follow(cx, facts, &response, part, scale);
            if matches!(part, Part::Both) && self.drag.is_none() {
                response.on_hover_ui_at_pointer(|ui| self.describe(ui, facts, scale, cx));
            }
        }
        let painter = ui.painter_at(all);
        let grabbed = |part: &Part| {
            self.drag.is_some_and(|d| {
                matches!(
                    (d.part, part),
                    (Part::Both, _) | (Part::Lower, Part::Lower) | (Part::Upper, Part::Upper)
                )
            })
        };
        for (part, x, value) in [(Part::Lower, x_lo, lo), (Part::Upper, x_hi, hi)] {
            if !(plot.left() - 1.0..=plot.right() + 1.0).contains(&x) {
                continue;
            }
            let hovered = ui.rect_contains_pointer(catch(x)) || grabbed(&part);
            let ink = if hovered { cx.theme.accent } else { cx.theme.strong };
            let x = painter.round_to_pixel_center(x);
            painter.vline(x, plot.y_range(), Stroke::new(1.0, ink));
            let tip = pos2(x, plot.bottom() - 1.0);
            let grip = vec![tip, tip + vec2(5.0, 8.0), tip + vec2(-5.0, 8.0)];
            painter.add(Shape::convex_polygon(grip, ink, Stroke::new(1.0, cx.theme.panel)));
            let text = value_text(value, scale.span(), facts.integer);
            let galley = painter.layout_no_wrap(text, cx.theme.tick_font(), ink);
            let size = galley.size();
            // The lower value stands left of its line and the upper one right of it, so they do not collide.
            let left = if matches!(part, Part::Lower) { x - size.x - 3.0 } else { x + 3.0 };
            let left = match part {
                Part::Lower if left < all.left() => x + 3.0,
                Part::Upper if left + size.x > all.right() => x - size.x - 3.0,
                _ => left,
            };
            painter.galley(pos2(left, all.top() + 1.0), galley, ink);
            painter.vline(x, all.top() + 2.0..=plot.top(), Stroke::new(1.0, ink));
        }
    }

    fn follow(&mut self, cx: &mut Cx<'_>, facts: &Facts<'_>, response: &Response, part: Part, scale: Scale) {
        let levels = (facts.levels.lo, facts.levels.hi);
        let pointer = response.interact_pointer_pos().map(|p| p.x);
        if response.drag_started()
            && let Some(x) = pointer
        {
            let travelled = response.total_drag_delta().map_or(0.0, |d| d.x);
            self.drag =
                Some(Drag { part, x: (scale.lo, scale.hi), from: scale.value(x - travelled), levels });
        }
        let Some(drag) = self.drag.filter(|_| response.dragged()) else {
            if response.drag_stopped() {
                self.drag = None;
            }
            return;
        };
        cx.view.gesture = true;
        let Some(x) = pointer else { return };
        let snap = |value: f64| if facts.integer { value.round() } else { value };
        let by = scale.value(x) - drag.from;
        let least = if facts.integer { 1.0 } else { scale.span() * 1e-4 };
        let (lo, hi) = match drag.part {
            Part::Lower => (snap(drag.levels.0 + by).min(drag.levels.1 - least), drag.levels.1),
            Part::Upper => (drag.levels.0, snap(drag.levels.1 + by).max(drag.levels.0 + least)),
            Part::Both => {
                let by = snap(by);
                (drag.levels.0 + by, drag.levels.1 + by)
            }
        };
        if (lo, hi) != levels {
            send_levels(cx, lo, hi);
        }
    }

    /// What lies under the pointer, in words.
    fn describe(&self, ui: &mut Ui, facts: &Facts<'_>, scale: Scale, cx: &Cx<'_>) {
        let reduced = facts.shown.frame.is_none();
        let Some(pointer) = ui.ctx().pointer_hover_pos() else { return };
        let value = scale.value(pointer.x);
        let share = |count: u64, n: u64| {
            let percent = count as f64 * 100.0 / n.max(1) as f64;
            format!("{} ({percent:.2} %)", text::grouped(count))
        };
        let width = self.picture.bars.first().map_or(0.0, |b| b.hi - b.lo);
        let place = match self.picture.at(value) {
            Some(b) if !(facts.integer && width <= 1.0) => {
                let shift = if facts.integer { 0.5 } else { 0.0 };
                let upper = if facts.integer { b.hi - 0.5 } else { b.hi };
                let text = |v| value_text(v, scale.span(), facts.integer);
                format!("{}–{}", text(b.lo + shift), text(upper))
            }
            _ => value_text(value, scale.span(), facts.integer),
        };
        ui.label(place);
        let n = facts.shown.histogram.n();
        let what = if reduced { "this picture" } else { "this frame" };
        ui.label(format!("{what}: {}", share(self.picture.at(value).map_or(0, |b| b.count), n)));
        if let Some(d) = cx.distribution().filter(|_| !reduced) {
            let what = if d.sampled { "sampled frames" } else { "all frames" };
            ui.label(format!(
                "{what}: {}",
                share(self.stack.at(value).map_or(0, |b| b.count), d.histogram.n())
            ));
        }
        ui.label(
            cx.theme
                .caption("Drag a line, or between them; Ctrl and wheel zoom; double click: zoom to levels"),
        );
    }
}

/// Values below the colour bar, with their unit.
fn ticks(painter: &Painter, cx: &Cx<'_>, facts: &Facts<'_>, bar: Rect, scale: Scale) {
    let most = ((bar.width() / 52.0) as usize).clamp(2, 10);
    let ticks = Ticks::new(scale.lo, scale.hi, most, facts.integer);
    let font = cx.theme.tick_font();
    let mut free = bar.left();
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let x = scale.x(*value);
        painter.vline(x, bar.bottom()..=bar.bottom() + 3.0, Stroke::new(1.0, cx.theme.weak));
        let galley = painter.layout_no_wrap(label.clone(), font.clone(), cx.theme.weak);
        let half = galley.size().x / 2.0;
        let centre = x.clamp(bar.left() + half, (bar.right() - half).max(bar.left() + half));
        if centre - half >= free {
            free = centre + half + 6.0;
            painter.galley(pos2(centre - half, bar.bottom() + 3.0), galley, cx.theme.weak);
        }
    }
    let unit = cx.recording().and_then(blitz_model::session::Recording::unit).unwrap_or_default();
    let note = [ticks.note.as_str(), unit.as_str()].join(" ");
    if !note.trim().is_empty() {
        let at = pos2(bar.right() - 2.0, bar.top() - 9.0);
        painter.text(at, Align2::RIGHT_BOTTOM, note.trim(), font, cx.theme.weak);
    }
}

/// Bars as one mesh.
fn bars(heights: impl Iterator<Item = (Bar, f32)>, scale: Scale, ink: impl Fn(f64) -> Color32) -> Shape {
    let mut mesh = Mesh::default();
    let rect = scale.rect;
    for (bar, height) in heights.filter(|(bar, _)| bar.count > 0) {
        let (left, right) = (scale.x(bar.lo), scale.x(bar.hi));
        if right < rect.left() || left > rect.right() {
            continue;
        }
        // At least one point wide and high, so that rare values are seen.
        let right = right.max(left + 1.0);
        let top = rect.bottom() - (height * (rect.height() - 2.0)).max(1.0);
        let bounds = Rect::from_min_max(pos2(left, top), pos2(right, rect.bottom()));
        mesh.add_colored_rect(bounds, ink(f64::midpoint(bar.lo, bar.hi)));
    }
    Shape::mesh(mesh)
}

/// The colours along the values: the end colours outside the levels.
fn color_bar(
    painter: &Painter,
    bar: Rect,
    scale: Scale,
    levels: (f64, f64),
    map: Option<blitz_draw::ColorMap>,
) {
    let map = map.unwrap_or(blitz_draw::ColorMap::Grey);
    let ends = bar.left()..=bar.right();
    let (a, b) = (scale.x(levels.0), scale.x(levels.1));
    let clamp = |x: f32| x.clamp(*ends.start(), *ends.end());
    let part = |from: f32, to: f32| Rect::from_x_y_ranges(clamp(from)..=clamp(to), bar.y_range());
    painter.rect_filled(part(bar.left(), a), 0.0, color(map, 0.0));
    painter.rect_filled(part(b, bar.right()), 0.0, color(map, 1.0));
    let middle = part(a, b);
    if middle.width() > 0.0 && b > a {
        let at = |x: f32| (x - a) / (b - a);
        painter.add(gradient(map, middle, at(middle.left()), at(middle.right())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_invert() {
        let rect = Rect::from_min_max(pos2(10.0, 0.0), pos2(110.0, 50.0));
        let scale = Scale { lo: -5.0, hi: 15.0, rect };
        for value in [-5.0, 0.0, 7.5, 15.0] {
            assert!((scale.value(scale.x(value)) - value).abs() < 1e-5);
        }
    }

    #[test]
    fn the_range_holds_data_and_levels() {
        let mut histogram = Histogram::new(blitz_core::DType::U8);
        histogram.push(blitz_core::SamplesRef::U8(&[10, 20]), None, 1);
        let (lo, hi) = whole_range(&histogram, None, (0.0, 15.0));
        assert!(lo < 0.0 && hi > 20.0);
        let empty = Histogram::new(blitz_core::DType::F32);
        let (lo, hi) = whole_range(&empty, None, (f64::NAN, f64::NAN));
        assert!(lo < hi);
    }
}
