//! A kymograph (x–t picture): the samples along a line of the image, frame by frame, live while its zone moves.

use std::sync::Arc;

use blitz_core::ZoneShape;
use blitz_draw::{ColorMap, Levels, MISSING_COLOR};
use blitz_model::evaluate::{Kymograph, KymographPicture};
use blitz_model::session::{Command, Recording};
use blitz_model::text;
use egui::{
    Color32, ColorImage, Rect, Role, Sense, Stroke, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};

use crate::cx::Cx;
use crate::panels::{Panel, PanelInfo};

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "kymograph",
    title: "Kymograph",
    hint: "Samples along a line over time (x–t picture)",
    bare: false,
    make: || Box::new(KymographPanel::default()),
};

/// The panel.
#[derive(Default)]
pub(crate) struct KymographPanel {
    upright: bool,
    drawn: Option<Drawn>,
}

/// What was drawn, and of what.
struct Drawn {
    of: Arc<KymographPicture>,
    levels: (f64, f64),
    map: ColorMap,
    size: [usize; 2],
    texture: TextureHandle,
}

impl Panel for KymographPanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(recording) = cx.recording() else {
            ui.label(cx.theme.caption("Nothing is open."));
            return;
        };
        let (line, of) = self.line(recording);
        let reply = cx.session.want(cx.at(), &line);
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
        let (Some(answer), Some(levels)) = (reply.value, cx.levels()) else { return };
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        if area.width() < 8.0 || area.height() < 8.0 || answer.frames.is_empty() {
            return;
        }
        let map = ColorMap::parse(recording.state().colormap()).unwrap_or_default();
        let texture = self.texture(ui, &answer, (levels.lo, levels.hi), map, area);
        ui.painter().image(texture, area, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
        time(ui, cx, recording, &answer, area);
    }
}

impl KymographPanel {
    /// The line through the middle of the selected zone, or of the image, with what it goes through.
    fn line(&self, recording: &Recording) -> (Kymograph, String) {
        let crop = recording.stack().placement.crop;
        let zone = recording.state().selected_zone.and_then(|i| recording.recipe().zones.get(i));
        let (corners, of) = match zone {
            Some(zone) => (bounds(&zone.shape), format!("through zone {}", zone.name)),
            None => (None, "through the image".to_owned()),
        };
        let whole =
            (crop.x as f64, crop.y as f64, (crop.x + crop.width) as f64, (crop.y + crop.height) as f64);
        let (left, top, right, bottom) = corners.unwrap_or(whole);
        let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        // Pixel centres: the last place of a line lies in the last pixel.
        let (from, to) = if self.upright {
            ((x, top + 0.5), (x, (bottom - 0.5).max(top + 0.5)))
        } else {
            ((left + 0.5, y), ((right - 0.5).max(left + 0.5), y))
        };
        (Kymograph { from, to }, of)
    }

    /// The picture in the colours of the image, one texel per point of the panel.
    fn texture(
        &mut self,
        ui: &Ui,
        answer: &Arc<KymographPicture>,
        levels: (f64, f64),
        map: ColorMap,
        area: Rect,
    ) -> egui::TextureId {
        let size = [area.width() as usize, area.height() as usize];
        if let Some(drawn) = &self.drawn
            && Arc::ptr_eq(&drawn.of, answer)
            && (drawn.levels, drawn.map, drawn.size) == (levels, map, size)
        {
            return drawn.texture.id();
        }
        let shape = answer.picture.shape;
        let (lo, hi) = Levels::new(levels.0, levels.1).bounds();
        let table = map.table();
        let pixels = (0..size[1]).flat_map(|row| (0..size[0]).map(move |column| (column, row))).map(
            |(column, row)| {
                let (x, y) = (column * shape.width / size[0], row * shape.height / size[1]);
                let value = answer.picture.values_at(x, y).map_or(f64::NAN, |values| values[0]);
                let [r, g, b] = if value.is_nan() {
                    MISSING_COLOR
                } else {
                    table[(((value as f32 - lo) / (hi - lo)).clamp(0.0, 1.0) * 255.0 + 0.5) as usize]
                };
                Color32::from_rgb(r, g, b)
            },
        );
        let image = ColorImage::new(size, pixels.collect());
        let texture = ui.ctx().load_texture("kymograph", image, TextureOptions::NEAREST);
        let id = texture.id();
        self.drawn = Some(Drawn { of: Arc::clone(answer), levels, map, size, texture });
        id
    }
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
        cx.send(Command::Seek(frame));
    }
    ui.painter().rect_stroke(
        Rect::from_min_size(pos2(area.left(), y(row) - 0.5), vec2(4.0, 1.0)),
        0.0,
        Stroke::new(1.0, cx.theme.strong),
        egui::StrokeKind::Middle,
    );
}

/// Left, top, right and bottom of a zone in source coordinates.
fn bounds(shape: &ZoneShape) -> Option<(f64, f64, f64, f64)> {
    let outline = shape.outline();
    let (x, y) = *outline.first()?;
    let joined = |(l, t, r, b): (f64, f64, f64, f64), (x, y): &(f64, f64)| {
        (l.min(*x), t.min(*y), r.max(*x), b.max(*y))
    };
    Some(outline.iter().fold((x, y, x, y), joined))
}
