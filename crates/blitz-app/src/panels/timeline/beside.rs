//! Curves recorded beside the recording: their lines and axes in the plot.

use std::sync::Arc;

use blitz_draw::Ticks;
use blitz_model::evaluate::{AuxiliaryAnswer, AuxiliaryCurve, CurvePoint};
use blitz_model::recipe::Auxiliary;
use blitz_model::session::{AuxiliaryReply, Recording};
use egui::{Align2, Color32, Painter, Rect, Stroke, pos2, vec2};

use super::paint::{line, y_of};
use super::traces::{Trace, thin};
use crate::panels::frames::{FrameScale, Frames};
use crate::theme::Theme;

/// Colours of the curves, none of which a zone gets by itself.
const COLORS: [[u8; 3]; 6] =
    [[216, 216, 216], [250, 160, 190], [170, 220, 110], [180, 160, 255], [120, 230, 220], [220, 180, 140]];
/// Width of an axis at the right.
const AXIS: f32 = 50.0;
/// Axes that are drawn; further curves have their scale all the same.
const MOST_AXES: usize = 3;

/// The colour of curve `curve` of entry `index` of the recipe.
pub(super) fn color(theme: &Theme, index: usize, curve: usize) -> Color32 {
    theme.zone(COLORS[(index + curve) % COLORS.len()])
}

/// The lines of all curves that are shown, computed again only where data or view changed.
#[derive(Default)]
pub(super) struct Beside {
    lines: Vec<Line>,
}

struct Line {
    key: Key,
    trace: Trace,
    title: String,
    /// Its entry in the recipe, and its place there.
    index: usize,
    curve: usize,
    shares_axis: bool,
}

struct Key {
    /// Kept, not only compared: the memory of an answer that is gone may be that of the next one.
    answer: Arc<AuxiliaryAnswer>,
    curve: usize,
    own_times: bool,
    frames: (usize, usize),
    view: (f64, f64),
    columns: usize,
}

impl Key {
    fn same(&self, other: &Self) -> bool {
        let rest =
            |k: &Self| (k.curve, k.own_times, k.frames, k.view.0.to_bits(), k.view.1.to_bits(), k.columns);
        Arc::ptr_eq(&self.answer, &other.answer) && rest(self) == rest(other)
    }
}

impl Beside {
    /// Takes what there is to draw between two source frames.
    pub(super) fn update(
        &mut self,
        recording: &Recording,
        replies: &[AuxiliaryReply],
        frames: &Frames<'_>,
        view: (f64, f64),
        columns: usize,
    ) {
        let mut before = std::mem::take(&mut self.lines).into_iter();
        for reply in replies {
            let entry = recording.recipe().auxiliary.get(reply.index).filter(|entry| !entry.hidden);
            // What could not be read with these settings is not drawn as it was with others.
            let current = reply.reply.value.as_ref().filter(|_| reply.reply.failure().is_none());
            let (Some(entry), Some(answer)) = (entry, current) else { continue };
            for (curve, of) in answer.curves.iter().enumerate() {
                let key = Key {
                    answer: Arc::clone(answer),
                    curve,
                    own_times: entry.own_times,
                    frames: (frames.source(0), frames.len()),
                    view,
                    columns,
                };
                let trace = match before.next() {
                    Some(known) if known.key.same(&key) => known.trace,
                    _ => trace(answer, of, entry, frames, view, columns),
                };
                let (index, shares_axis) = (reply.index, entry.shared_axis);
                self.lines.push(Line { key, trace, title: of.title(), index, curve, shares_axis });
            }
        }
    }

    /// Room that the axes take at the right of the plot.
    pub(super) fn room(&self) -> f32 {
        self.own_axes().take(MOST_AXES).count() as f32 * AXIS
    }

    fn own_axes(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.shares_axis && line.trace.line_range.is_some())
    }

    /// Smallest and largest value of the curves on the axis of the recording's own.
    pub(super) fn shared_range(&self) -> Option<(f64, f64)> {
        let shared = self.lines.iter().filter(|line| line.shares_axis);
        shared.filter_map(|line| line.trace.line_range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Draws the lines; `shared` is the range of the recording's own axis.
    pub(super) fn draw(&self, painter: &Painter, theme: &Theme, scale: FrameScale<'_>, shared: (f64, f64)) {
        for one in &self.lines {
            let Some(own) = one.trace.line_range else { continue };
            let range = if one.shares_axis { shared } else { with_margin(own) };
            let place = |x: f64, y: f64| pos2(scale.x(x), y_of(scale.rect, range, y));
            let stroke = Stroke::new(1.0, color(theme, one.index, one.curve));
            line(painter, &one.trace, place, stroke, 0);
        }
    }

    /// Draws the axes at the right of `plot`, each in its curve's colour, and their titles within it.
    pub(super) fn axes(&self, painter: &Painter, theme: &Theme, plot: Rect) {
        let font = theme.tick_font();
        for (i, one) in self.own_axes().take(MOST_AXES).enumerate() {
            let Some(range) = one.trace.line_range.map(with_margin) else { continue };
            let ink = color(theme, one.index, one.curve);
            let x = plot.right() + i as f32 * AXIS;
            if i > 0 {
                painter.vline(painter.round_to_pixel_center(x), plot.y_range(), Stroke::new(1.0, theme.line));
            }
            let ticks = Ticks::new(range.0, range.1, ((plot.height() / 26.0) as usize).clamp(2, 8), false);
            for (value, label) in ticks.values.iter().zip(&ticks.labels) {
                let y = painter.round_to_pixel_center(y_of(plot, range, *value));
                painter.hline(x..=x + 3.0, y, Stroke::new(1.0, ink));
                let y = y.clamp(plot.top() + 5.0, plot.bottom() - 5.0);
                painter.text(pos2(x + 6.0, y), Align2::LEFT_CENTER, label, font.clone(), ink);
            }
            let title = [one.title.as_str(), ticks.note.as_str()].join(" ");
            let at = plot.right_top() + vec2(-5.0, 3.0 + 13.0 * i as f32);
            painter.text(at, Align2::RIGHT_TOP, title.trim_end(), font.clone(), ink);
        }
    }
}

fn with_margin((lo, hi): (f64, f64)) -> (f64, f64) {
    let margin = if hi > lo { (hi - lo) * 0.05 } else { lo.abs().max(1.0) * 0.05 };
    (lo - margin, hi + margin)
}

/// The line of a curve between two source frames, with one point beyond each edge.
fn trace(
    answer: &AuxiliaryAnswer,
    curve: &AuxiliaryCurve,
    entry: &Auxiliary,
    frames: &Frames<'_>,
    view: (f64, f64),
    columns: usize,
) -> Trace {
    let point = |y: f64| (!y.is_nan()).then(|| CurvePoint { n: 1, mean: y, ..CurvePoint::empty(1) });
    let span = |before: usize, behind: usize, all: usize| before.saturating_sub(1)..(behind + 1).min(all);
    if entry.own_times {
        let at = &answer.at;
        let (before, behind) = (at.partition_point(|x| *x < view.0), at.partition_point(|x| *x <= view.1));
        let shown = span(before, behind, at.len());
        let count = shown.len();
        return thin(shown.map(|i| (at[i], point(curve.values[i]))), count, false, columns);
    }
    let source = |position: usize| frames.stack.source_frame(frames.list[position]);
    let first = frames.list.partition_point(|&f| (frames.stack.source_frame(f) as f64) < view.0);
    let end = frames.list.partition_point(|&f| (frames.stack.source_frame(f) as f64) <= view.1);
    let shown = span(first, end, frames.list.len());
    let count = shown.len();
    let value = |frame: usize| curve.on_frames.get(frame).copied().unwrap_or(f64::NAN);
    thin(shown.map(|i| (source(i) as f64, point(value(source(i))))), count, false, columns)
}
