//! A kymograph (x–t picture): the samples along a line of the image, frame by frame, live while its zone moves.

use std::sync::Arc;

use blitz_draw::ColorMap;
use blitz_gpu::{FrameImage, ImageView, SpecialColors, paint};
use blitz_model::document::{Edit, LevelRule};
use blitz_model::evaluate::{Kymograph, KymographPicture};
use blitz_model::session::{Command, Recording, ShownKymograph};
use blitz_model::text;
use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::image::reduce;
use crate::panels::panel::{Panel, PanelInfo};

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "kymograph",
    title: "Kymograph",
    hint: "Samples along a line over time (x–t picture)",
    bare: false,
    several: true,
    make: || Box::new(KymographPanel::default()),
};

/// The panel.
#[derive(Default)]
pub(crate) struct KymographPanel {
    upright: bool,
}

impl Panel for KymographPanel {
    fn settings(&self) -> Value {
        json!({ "along": if self.upright { "y" } else { "x" } })
    }

    fn restore(&mut self, settings: &Value) {
        self.upright = settings["along"] == "y";
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(recording) = cx.recording() else {
            ui.label(cx.theme.caption("Nothing is open."));
            return;
        };
        let (line, of) = self.line(recording);
        let reply = cx.session.kymograph(cx.at(), line);
        ui.horizontal(|ui| {
            ui.selectable_value(&mut self.upright, false, "Along x")
                .on_hover_text("Left to right through the middle");
            ui.selectable_value(&mut self.upright, true, "Along y")
                .on_hover_text("Top to bottom through the middle");
            ui.label(cx.theme.caption(of));
            if !reply.is_current() && reply.failure().is_none() {
                ui.spinner();
            }
        });
        if let Some(failure) = reply.failure() {
            ui.add(egui::Label::new(cx.theme.caption(&failure.message)).wrap());
            return;
        }
        let Some(shown) = reply.value else { return };
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let (Some(levels), true) =
            (levels(cx, recording, &shown), area.width() >= 8.0 && area.height() >= 8.0)
        else {
            return;
        };
        if let Ok(image) = Arc::clone(&shown.prepared).downcast::<FrameImage>() {
            let map = ColorMap::parse(recording.state().colormap(cx.levels().map(|l| l.fitted)))
                .unwrap_or_default();
            let view = ImageView {
                id: ui.scope_id().with("kymograph picture"),
                image,
                dst: area,
                levels,
                table: Arc::new(*map.table()),
                reduce: reduce(recording),
                colors: SpecialColors::default(),
            };
            paint(&ui.painter_at(area), view);
        }
        time(ui, cx, recording, &shown.kymograph, area);
    }
}

impl KymographPanel {
    /// The line through the middle of the selected zone, or of the image, as it is shown, with what it goes through.
    fn line(&self, recording: &Recording) -> (Kymograph, String) {
        let (stack, geometry) = (recording.stack(), recording.recipe().geometry);
        let (frame, placement) = (stack.shape().frame, stack.placement);
        let zone = recording.state().selected_zone.and_then(|i| recording.recipe().zones.get(i));
        let to_shown = |(x, y): (f64, f64)| geometry.map_point(frame, placement.to_stack(x, y));
        let corners = zone.map(|zone| zone.shape.outline().into_iter().map(to_shown).collect::<Vec<_>>());
        let of = zone.map_or("through the image".to_owned(), |zone| format!("through zone {}", zone.name));
        let shape = geometry.shape(frame);
        let whole = (0.0, 0.0, shape.width as f64, shape.height as f64);
        let inside = |(left, top, right, bottom): (f64, f64, f64, f64)| {
            let (left, top) = (left.clamp(0.0, whole.2), top.clamp(0.0, whole.3));
            (left, top, right.clamp(left, whole.2), bottom.clamp(top, whole.3))
        };
        let (left, top, right, bottom) = corners.as_deref().and_then(bounds).map_or(whole, inside);
        let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        // Pixel centres: the last place of a line lies in the last pixel.
        let (from, to) = if self.upright {
            ((x, top + 0.5), (x, (bottom - 0.5).max(top + 0.5)))
        } else {
            ((left + 0.5, y), ((right - 0.5).max(left + 0.5), y))
        };
        let to_source = |shown: (f64, f64)| {
            let (x, y) = geometry.unmap_point(frame, shown);
            placement.to_source(x, y)
        };
        (Kymograph { from: to_source(from), to: to_source(to) }, of)
    }
}

/// The levels of the image, or those that fit the kymograph where the image is a reduction: a std says little about
/// the frames' range.
fn levels(cx: &Cx<'_>, recording: &Recording, shown: &ShownKymograph) -> Option<(f64, f64)> {
    let display = &recording.state().display;
    if recording.recipe().reduction.is_some() && !matches!(display.levels, LevelRule::Fixed { .. }) {
        return Some(shown.histogram.levels(display.trim));
    }
    cx.levels().map(|levels| (levels.lo, levels.hi))
}

/// The frame shown, and going to another.
fn time(ui: &Ui, cx: &mut Cx<'_>, recording: &Recording, answer: &KymographPicture, area: Rect) {
    let rows = answer.frames.len();
    let y = |row: usize| area.top() + (row as f32 + 0.5) / rows as f32 * area.height();
    let response = ui.interact(area, ui.scope_id().with("kymograph"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Kymograph picture"));
    let now = answer.frames.partition_point(|&frame| frame < cx.playhead().frame).min(rows - 1);
    let line = |from, to| ui.painter().line_segment([from, to], Stroke::new(1.0, cx.theme.accent));
    line(pos2(area.left(), y(now)), pos2(area.right(), y(now)));
    let Some(at) = response.interact_pointer_pos().or_else(|| response.hover_pos()) else { return };
    let row = ((at.y - area.top()) / area.height() * rows as f32).clamp(0.0, rows as f32 - 1.0) as usize;
    let frame = answer.frames[row];
    let source = recording.stack().source_frame(frame);
    let time =
        recording.time().seconds(source).map(|t| format!(", {}", text::seconds(t))).unwrap_or_default();
    let place = (at.x - area.left()) / area.width();
    let along = f64::from(place.clamp(0.0, 1.0)) * answer.length;
    let label = format!("frame {source}{time}, {along:.0} px along");
    let response = response.on_hover_text_at_pointer(label);
    let pressed = response.is_pointer_button_down_on() || response.clicked();
    if pressed && frame != cx.playhead().frame {
        if recording.recipe().reduction.is_some() {
            cx.send(Command::Edit(Edit::Reduce(None)));
        }
        cx.send(Command::Seek(frame));
    }
    ui.painter().rect_stroke(
        Rect::from_min_size(pos2(area.left(), y(row) - 0.5), vec2(4.0, 1.0)),
        0.0,
        Stroke::new(1.0, cx.theme.strong),
        egui::StrokeKind::Middle,
    );
}

/// Left, top, right and bottom of points.
fn bounds(points: &[(f64, f64)]) -> Option<(f64, f64, f64, f64)> {
    let &(x, y) = points.first()?;
    let joined = |(l, t, r, b): (f64, f64, f64, f64), (x, y): &(f64, f64)| {
        (l.min(*x), t.min(*y), r.max(*x), b.max(*y))
    };
    Some(points.iter().fold((x, y, x, y), joined))
}
