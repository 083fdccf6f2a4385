//! The plot of the curves with the frame cursor.

use blitz_model::document::Edit;
use blitz_model::session::{AuxiliaryReply, Command, Recording};
use blitz_model::text;
use egui::{
    Align2, Color32, Event, Mesh, MouseWheelUnit, Painter, PointerButton, Rect, Response, Sense, Shape,
    Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::beside::Beside;
use super::paint::{RIGHT, axes, band, hatch, line, y_of};
use super::traces::Traces;
use crate::cx::Cx;
use crate::panels::frames::{FrameScale, FrameStates, Frames, Place};
use crate::theme::Theme;

/// Width of the labels at the left.
const LEFT: f32 = 54.0;
/// Height of the labels at the bottom.
pub(super) const BOTTOM: f32 = 17.0;
/// Points of a fine wheel (touchpad) for one frame.
const POINTS_PER_FRAME: f32 = 30.0;

/// What the plot keeps from frame to frame.
#[derive(Default)]
pub(super) struct PlotView {
    /// Places of the axis shown; `None` is all.
    pub(super) view: Option<(f64, f64)>,
    /// Whether those are times.
    spaced: bool,
    /// Position of the frame under the pointer.
    pub(super) hover: Option<usize>,
    traces: Traces,
    beside: Beside,
    pub(super) states: FrameStates,
    wheel: f32,
    shown: usize,
}

impl PlotView {
    /// Draws the plot into `all`; returns where frames lie, for the strip below.
    pub(super) fn ui<'f>(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        frames: &'f Frames<'_>,
        beside: &[AuxiliaryReply],
        all: Rect,
    ) -> FrameScale<'f> {
        // The axes of curves that are new are drawn in the next frame.
        let right = RIGHT + self.beside.room();
        let plot = Rect::from_min_max(all.min + vec2(LEFT, 2.0), all.max - vec2(right, BOTTOM));
        let response = ui.interact(plot, ui.scope_id().with("curves"), Sense::click_and_drag());
        let at = cx.playhead().frame;
        response.widget_info(|| {
            WidgetInfo::slider(true, frames.stack.source_frame(at) as f64, "Curves of the zones")
        });
        let (whole, spacing) = (frames.whole(), frames.spacing());
        // Places of another spacing are none of this one.
        if std::mem::replace(&mut self.spaced, spacing.0.is_some()) != spacing.0.is_some() {
            self.view = None;
        }
        self.keep_in_view(frames, whole, at);
        let (lo, hi) = self.view.unwrap_or(whole);
        let mut scale = FrameScale { lo, hi, rect: plot, spacing };
        self.navigate(ui, cx, recording, frames, &response, scale);
        (scale.lo, scale.hi) = self.view.unwrap_or(whole);

        self.states.update(frames);
        let columns = (plot.width() * ui.pixels_per_point()).max(16.0) as usize;
        self.traces.update(cx.curves(), frames, scale.shown(), columns);
        let room = self.beside.room();
        self.beside.update(recording, beside, frames, scale.shown(), columns);
        if self.beside.room() != room {
            ui.ctx().request_repaint();
        }
        let state = recording.state();
        let known = self.value_range(state.curves.band);
        let values = known.unwrap_or((0.0, 1.0));

        let painter = ui.painter_at(all);
        painter.rect_filled(plot, 0.0, cx.theme.canvas);
        axes(&painter, cx.theme, scale, known, &recording.time(), recording.unit().as_deref());
        let inside = painter.with_clip_rect(plot);
        self.missing_frames(&inside, cx.theme, frames, scale);
        if let Some(reduction) = &recording.recipe().reduction {
            let (first, last) = frames.positions(reduction.range);
            let (a, b) = (scale.x(edge(frames, first, -0.5)), scale.x(edge(frames, last, 0.5)));
            inside.rect_filled(Rect::from_x_y_ranges(a..=b, plot.y_range()), 0.0, cx.theme.range);
        }
        self.curves(&inside, cx, recording, scale, values);
        self.beside.draw(&inside, cx.theme, scale, values);
        self.beside.axes(&painter, cx.theme, plot);
        cursor(&inside, cx, recording, frames, scale);
        self.hover = response.hover_pos().map(|p| frames.nearest(scale.frame(p.x)));
        if let Some(position) = self.hover {
            self.readout(&inside, cx, recording, frames, scale, position);
        }
        if cx.curves().is_empty() {
            let font = egui::TextStyle::Body.resolve(ui.style());
            painter.text(
                plot.center(),
                Align2::CENTER_CENTER,
                "No zone: add one to see its curve",
                font,
                cx.theme.weak,
            );
        }
        scale
    }

    /// Turns the page when the frame shown leaves a zoomed view by itself.
    fn keep_in_view(&mut self, frames: &Frames<'_>, whole: (f64, f64), at: usize) {
        let moved = std::mem::replace(&mut self.shown, at) != at;
        let Some((lo, hi)) = self.view else { return };
        let place = frames.spacing().place(frames.stack.source_frame(at) as f64);
        if moved && !(lo..=hi).contains(&place) {
            let span = hi - lo;
            let start = (place - 0.1 * span).clamp(whole.0, (whole.1 - span).max(whole.0));
            self.view = Some((start, start + span));
        }
    }

    fn navigate(
        &mut self,
        ui: &Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        frames: &Frames<'_>,
        response: &Response,
        scale: FrameScale<'_>,
    ) {
        let whole = frames.whole();
        if response.double_clicked() {
            self.view = None;
        }
        if response.dragged_by(PointerButton::Middle) {
            let by =
                -f64::from(response.drag_delta().x) * (scale.hi - scale.lo) / f64::from(scale.rect.width());
            self.view = scale.moved(whole, scale.lo, 1.0, by);
        }
        let pressed = response.is_pointer_button_down_on() && ui.input(|i| i.pointer.primary_down());
        if (pressed || response.clicked())
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let frame = frames.list.get(frames.nearest(scale.frame(pointer.x))).copied();
            let reduced = recording.recipe().reduction.is_some();
            if reduced {
                cx.send(Command::Edit(Edit::Reduce(None)));
            }
            if let Some(frame) = frame.filter(|f| reduced || *f != cx.playhead().frame) {
                cx.send(Command::Seek(frame));
            }
        }
        let Some(pointer) = response.hover_pos() else {
            self.wheel = 0.0;
            return;
        };
        let factor = f64::from(ui.input(egui::InputState::zoom_delta));
        if factor != 1.0 {
            self.view = scale.moved(whole, scale.place(pointer.x), factor, 0.0);
            return;
        }
        let steps = self.wheel_steps(ui);
        if steps != 0 && recording.recipe().reduction.is_none() {
            cx.send(Command::Step(steps));
        }
    }

    /// Frames that the wheel asks for since the last call: down is forward.
    fn wheel_steps(&mut self, ui: &Ui) -> i64 {
        let turned: f32 = ui.input(|i| {
            i.events
                .iter()
                .filter_map(|event| match event {
                    Event::MouseWheel { unit, delta, modifiers, .. }
                        if !modifiers.ctrl && !modifiers.command =>
                    {
                        let scale = if *unit == MouseWheelUnit::Point { 1.0 / POINTS_PER_FRAME } else { 1.0 };
                        Some(-(delta.y + delta.x) * scale)
                    }
                    _ => None,
                })
                .sum()
        });
        self.wheel += turned;
        let steps = self.wheel.trunc();
        self.wheel -= steps;
        steps as i64
    }

    fn value_range(&self, band: bool) -> Option<(f64, f64)> {
        let ranges = [self.traces.range(band), self.beside.shared_range()].into_iter().flatten();
        let (lo, hi) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let margin = if hi > lo { (hi - lo) * 0.05 } else { lo.abs().max(1.0) * 0.05 };
        Some((lo - margin, hi + margin))
    }

    /// Frames that are not there yet are hatched, failed ones are ticks at the bottom.
    fn missing_frames(&self, painter: &Painter, theme: &Theme, frames: &Frames<'_>, scale: FrameScale<'_>) {
        let plot = scale.rect;
        let mut drawn = f32::NEG_INFINITY;
        let mut ticks = Mesh::default();
        for &(place, first, last) in &self.states.runs {
            let (a, b) = (scale.x(edge(frames, first, -0.5)), scale.x(edge(frames, last, 0.5)));
            if b < plot.left() || a > plot.right() {
                continue;
            }
            match place {
                Place::Pending => {
                    // Many short runs within one point are one.
                    let a = a.max(plot.left()).max(drawn);
                    let b = b.min(plot.right());
                    if b - a >= 0.5 {
                        hatch(painter, theme, Rect::from_x_y_ranges(a..=b, plot.y_range()));
                        drawn = b;
                    }
                }
                Place::Failed => {
                    // From the first to the last of them, as narrow as frames are, but seen.
                    let width = (b - a) / (last - first + 1) as f32;
                    let trim = (width - width.clamp(2.0, 5.0)) / 2.0;
                    let y = plot.bottom() - 7.0..=plot.bottom();
                    ticks.add_colored_rect(Rect::from_x_y_ranges(a + trim..=b - trim, y), theme.error);
                }
                Place::Ready => {}
            }
        }
        painter.add(Shape::mesh(ticks));
    }

    fn curves(
        &self,
        painter: &Painter,
        cx: &Cx<'_>,
        recording: &Recording,
        scale: FrameScale<'_>,
        values: (f64, f64),
    ) {
        let state = recording.state();
        let zones = &recording.recipe().zones;
        let rgb = recording.stack().is_rgb();
        let place = |x: f64, y: f64| pos2(scale.x(x), y_of(scale.rect, values, y));
        // The selected zone's curve lies above the others.
        let mut order: Vec<usize> = (0..cx.curves().len()).collect();
        order.sort_by_key(|i| state.selected_zone == Some(cx.curves()[*i].zone));
        let pieces =
            order.iter().flat_map(|&i| self.traces.of(i).iter().enumerate().map(move |(c, t)| (i, c, t)));
        let ink = |i: usize, channel: usize| {
            let zone = zones.get(cx.curves()[i].zone).map_or([148; 3], |z| z.color);
            channel_color(cx.theme, zone, rgb, channel)
        };
        if state.curves.band {
            for (i, channel, trace) in pieces.clone() {
                let fill = ink(i, channel).gamma_multiply(if cx.curves().len() > 3 { 0.12 } else { 0.2 });
                for run in &trace.band {
                    painter.add(band(run, place, fill, scale));
                }
            }
        }
        for (i, channel, trace) in pieces {
            let selected = state.selected_zone == Some(cx.curves()[i].zone);
            let fade = if cx.curves()[i].current || cx.curves()[i].preliminary { 1.0 } else { 0.6 };
            let stroke = Stroke::new(if selected { 1.9 } else { 1.2 }, ink(i, channel).gamma_multiply(fade));
            line(painter, trace, place, stroke, if rgb { i } else { 0 });
        }
    }

    /// The frame under the pointer, with why it is missing if it is.
    fn readout(
        &self,
        painter: &Painter,
        cx: &Cx<'_>,
        recording: &Recording,
        frames: &Frames<'_>,
        scale: FrameScale<'_>,
        position: usize,
    ) {
        let source = frames.source(position);
        let x = painter.round_to_pixel_center(scale.x(source as f64));
        painter.vline(x, scale.rect.y_range(), Stroke::new(1.0, cx.theme.weak.gamma_multiply(0.6)));
        let mut parts = vec![format!("frame {source}")];
        parts.extend(frames.file_number(position).map(|number| format!("file {number}")));
        parts.extend(recording.time().seconds(source).map(text::seconds));
        match self.states.of(position) {
            Place::Ready => {}
            Place::Pending => parts.push("not loaded yet".into()),
            Place::Failed => parts.push("failed: see Info for the reason".into()),
        }
        let galley = painter.layout_no_wrap(parts.join(" · "), cx.theme.tick_font(), cx.theme.strong);
        let size = galley.size() + vec2(8.0, 4.0);
        let left = if x + size.x + 6.0 > scale.rect.right() { x - size.x - 4.0 } else { x + 4.0 };
        let ground = Rect::from_min_size(pos2(left, scale.rect.top() + 4.0), size);
        painter.rect_filled(ground, 2.0, cx.theme.panel.gamma_multiply(0.92));
        painter.galley(ground.min + vec2(4.0, 2.0), galley, cx.theme.strong);
    }
}

/// The frame shown; faint while a reduction is shown instead.
fn cursor(painter: &Painter, cx: &Cx<'_>, recording: &Recording, frames: &Frames<'_>, scale: FrameScale<'_>) {
    let reduced = recording.recipe().reduction.is_some();
    let x = painter.round_to_pixel_center(scale.x(frames.stack.source_frame(cx.playhead().frame) as f64));
    let ink = if reduced { cx.theme.weak.gamma_multiply(0.5) } else { cx.theme.cursor };
    painter.vline(x, scale.rect.y_range(), Stroke::new(1.0, ink));
    if !reduced {
        let top = pos2(x, scale.rect.top() + 6.0);
        let grip = vec![top, top + vec2(-5.0, -6.0), top + vec2(5.0, -6.0)];
        painter.add(Shape::convex_polygon(grip, ink, Stroke::NONE));
    }
}

/// Source frame at a position, moved by a share of the distance between frames.
pub(super) fn edge(frames: &Frames<'_>, position: usize, by: f64) -> f64 {
    frames.source(position) as f64 + by * frames.stack.frames.step as f64
}

/// Colour of a curve: the zone's, or that of the channel where the recording is in colour.
pub(super) fn channel_color(theme: &Theme, zone: [u8; 3], rgb: bool, channel: usize) -> Color32 {
    const RGB: [[u8; 3]; 3] = [[236, 92, 88], [72, 186, 96], [92, 148, 250]];
    match (rgb, RGB.get(channel)) {
        (true, Some(&color)) => theme.zone(color),
        _ => theme.zone(zone).gamma_multiply(0.7_f32.powi(channel.min(4) as i32)),
    }
}
