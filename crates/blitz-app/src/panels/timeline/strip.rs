//! The strip below the plot: which frames a reduction covers.

use blitz_core::FrameRange;
use blitz_model::document::Edit;
use blitz_model::session::{Command, Recording};
use egui::{Align2, CursorIcon, Rect, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::plot::edge;
use crate::cx::Cx;
use crate::panels::frames::{self, FrameScale, FrameStates, Frames};

/// Height of the strip.
pub(super) const HEIGHT: f32 = 18.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Body,
    Start,
    End,
}

/// A drag: what is dragged, the frame under the pointer and the positions at its start.
#[derive(Clone, Copy, Debug)]
struct Drag {
    part: Part,
    from: f64,
    range: (usize, usize),
}

/// What the strip is drawn from.
pub(super) struct Place<'a> {
    pub(super) recording: &'a Recording,
    pub(super) frames: &'a Frames<'a>,
    pub(super) states: &'a FrameStates,
    pub(super) scale: FrameScale<'a>,
}

/// What the strip keeps from frame to frame.
#[derive(Default)]
pub(super) struct RangeStrip {
    drag: Option<Drag>,
}

impl RangeStrip {
    /// Draws the strip into `all` and changes `range` as the person drags it.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        place: &Place<'_>,
        all: Rect,
        range: &mut Option<FrameRange>,
    ) {
        let Place { recording, frames, scale, .. } = *place;
        let rect = Rect::from_x_y_ranges(scale.rect.x_range(), all.y_range());
        let scale = FrameScale { rect, ..scale };
        let (first, last) = frames.positions(*range);
        let (a, b) = (scale.x(edge(frames, first, -0.5)), scale.x(edge(frames, last, 0.5)));
        let active = recording.recipe().reduction.is_some();
        let place = Place { scale, ..*place };
        let body = Rect::from_x_y_ranges(a..=b, rect.y_range());
        let handle = |x: f32| Rect::from_center_size(pos2(x, rect.center().y), egui::vec2(14.0, HEIGHT));
        let parts = [
            (Part::Body, body.intersect(rect), "Range", CursorIcon::Grab, frames.source(first)),
            (Part::Start, handle(a), "Range start", CursorIcon::ResizeHorizontal, frames.source(first)),
            (Part::End, handle(b), "Range end", CursorIcon::ResizeHorizontal, frames.source(last)),
        ];
        let mut hot = None;
        for (part, area, name, cursor, value) in parts {
            let visible = area.intersect(all);
            if !visible.is_positive() || (part != Part::Body && !rect.expand(8.0).contains(area.center())) {
                continue;
            }
            let response =
                ui.interact(visible, ui.scope_id().with(name), Sense::drag()).on_hover_cursor(cursor);
            response.widget_info(|| WidgetInfo::slider(true, value as f64, name));
            if response.hovered() || response.dragged() {
                hot = Some(part);
            }
            if response.drag_started()
                && let Some(pointer) = response.interact_pointer_pos()
            {
                let travelled = response.total_drag_delta().map_or(0.0, |d| d.x);
                self.drag =
                    Some(Drag { part, from: scale.frame(pointer.x - travelled), range: (first, last) });
            }
            if response.dragged()
                && let (Some(drag), Some(pointer)) = (self.drag, response.interact_pointer_pos())
            {
                cx.view.gesture = true;
                let new = dragged(frames, drag, scale.frame(pointer.x));
                if new != (first, last) {
                    *range = frames.range(new.0, new.1);
                    follow(cx, frames, active, drag.part, new);
                }
            }
            if response.drag_stopped() {
                self.drag = None;
            }
            if self.drag.is_none() {
                let tip = format!(
                    "{}: the frames that a reduction covers; drag the ends or the middle",
                    frames.describe(first, last)
                );
                response.on_hover_text(tip);
            }
        }
        paint(ui, cx, &place, all, (first, last), hot);
    }
}

/// While frames are shown, the moved edge's frame is.
fn follow(cx: &mut Cx<'_>, frames: &Frames<'_>, active: bool, part: Part, range: (usize, usize)) {
    if active {
        let edit = Edit::ReduceRange(frames.range(range.0, range.1));
        cx.send(Command::Edit(edit));
        return;
    }
    let position = match part {
        Part::Start => range.0,
        Part::End => range.1,
        Part::Body => return,
    };
    if let Some(&frame) = frames.list.get(position) {
        cx.send(Command::Seek(frame));
    }
}

/// Positions after dragging to source frame `to`. Edges stop at each other, the body stops at the ends.
fn dragged(frames: &Frames<'_>, drag: Drag, to: f64) -> (usize, usize) {
    let (first, last) = drag.range;
    let by = to - drag.from;
    let at = |position: usize| frames.nearest(frames.source(position) as f64 + by);
    match drag.part {
        Part::Start => (at(first).min(last), last),
        Part::End => (first, at(last).max(first)),
        Part::Body => {
            let length = last - first;
            let start = at(first).min(frames.last() - length);
            (start, start + length)
        }
    }
}

fn paint(
    ui: &Ui,
    cx: &Cx<'_>,
    place: &Place<'_>,
    all: Rect,
    (first, last): (usize, usize),
    hot: Option<Part>,
) {
    let Place { frames, scale, .. } = *place;
    let active = place.recording.recipe().reduction.is_some();
    let (a, b) = (scale.x(edge(frames, first, -0.5)), scale.x(edge(frames, last, 0.5)));
    let theme = cx.theme;
    let painter = ui.painter_at(all);
    let rect = scale.rect.shrink2(egui::vec2(0.0, 2.0));
    let font = theme.tick_font();
    painter.text(
        pos2(rect.left() - 6.0, rect.center().y),
        Align2::RIGHT_CENTER,
        "range",
        font.clone(),
        theme.weak,
    );
    painter.rect_filled(rect, 2.0, theme.field);
    let inside = painter.with_clip_rect(scale.rect);
    let fill = if active { theme.accent_soft } else { theme.button };
    let body = Rect::from_x_y_ranges(a..=b, rect.y_range());
    inside.rect_filled(body, 2.0, fill);
    // Frames that are not there yet, as in the plot above.
    for &(state, from, to) in &place.states.runs {
        if state != frames::Place::Pending {
            continue;
        }
        let (x0, x1) = (scale.x(edge(frames, from, -0.5)), scale.x(edge(frames, to, 0.5)));
        let line = Rect::from_x_y_ranges(x0..=x1.max(x0 + 1.0), rect.bottom() - 2.0..=rect.bottom());
        if line.intersects(rect) {
            inside.rect_filled(line, 0.0, theme.weak.gamma_multiply(0.6));
        }
    }
    let label = inside.layout_no_wrap(frames.describe(first, last), font, theme.text);
    let visible = body.intersect(rect);
    if label.size().x + 24.0 < visible.width() {
        inside.galley(visible.center() - label.size() / 2.0, label, theme.text);
    }
    for (part, x) in [(Part::Start, a), (Part::End, b)] {
        let lit = active || hot == Some(part) || hot == Some(Part::Body);
        let ink = if lit { theme.accent } else { theme.weak };
        let grip = Rect::from_center_size(pos2(x, rect.center().y), egui::vec2(5.0, rect.height()));
        if scale.rect.expand(4.0).contains(grip.center()) {
            painter.rect(grip, 1.5, ink, Stroke::new(1.0, theme.panel), egui::StrokeKind::Outside);
        }
    }
}
