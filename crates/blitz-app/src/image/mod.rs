//! The picture: GPU view, zoom and pan, axes, colour bar, zones.

pub(crate) mod camera;
mod handles;
mod overlay;
mod place;
mod rulers;
mod tool;
mod toolbar;
mod zone_look;
mod zones;

use std::sync::Arc;

use blitz_core::StackId;
use blitz_draw::ColorMap;
use blitz_gpu::{FrameImage, ImageView, Reduce, SpecialColors, paint};
use blitz_model::document::{DocState, Minify};
use blitz_model::session::{LevelsReply, Recording, RecordingId, ViewId};
use egui::{CursorIcon, Key, PointerButton, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::cx::{Cx, Hover, ZoomRequest};
use crate::panels::panel::{Panel, PanelInfo};
use camera::Camera;
use place::Place;
pub(crate) use rulers::pixel_size;
use tool::{Drag, Tool};

/// The picture and the tools on it.
#[derive(Default)]
pub(crate) struct ImagePanel {
    camera: Camera,
    /// Which recording the camera belongs to.
    recording: Option<RecordingId>,
    tool: Option<Tool>,
    drag: Option<Drag>,
    /// Where the context menu was opened, in source coordinates.
    menu_at: Option<(f64, f64)>,
    table: Option<(ColorMap, Arc<[[u8; 3]; 256]>)>,
    /// When the picture asked for began to be missed, in seconds since the start.
    waiting_since: Option<f64>,
}

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "image",
    title: "Image",
    hint: "The picture with zones (ROIs)",
    bare: true,
    several: false,
    make: || Box::new(ImagePanel::default()),
};

impl Panel for ImagePanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }

    fn holds_escape(&self) -> bool {
        self.is_busy()
    }
}

impl ImagePanel {
    /// Whether a zone is being drawn or dragged, so that Esc belongs to it.
    pub(crate) fn is_busy(&self) -> bool {
        self.tool.is_some() || self.drag.is_some()
    }

    /// Draws the panel.
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(recording) = cx.recording() else { return };
        if self.recording != Some(recording.id()) {
            let goes_on = recording.continues().is_some() && recording.continues() == self.recording;
            self.recording = Some(recording.id());
            if !goes_on {
                // Read again with other load options, the picture may have another size: fit it anew.
                *self = Self { recording: self.recording, table: self.table.take(), ..Self::default() };
                cx.view.linked_look.take_if(|(from, _)| *from == cx.replies.view);
            }
        }
        let scale = ui.ctx().pixels_per_point();
        let frame = recording.stack().shape().frame;
        let (geometry, placement) = (recording.recipe().geometry, recording.stack().placement);
        let shown = geometry.shape(frame);
        let size = (shown.width as f64, shown.height as f64);
        // Where on the screen it lies is known below.
        let mut place = Place { dst: Rect::ZERO, zoom: 1.0, frame, geometry, placement };
        let link = cx.session.link();
        if let Some((_, look)) = cx.view.linked_look.filter(|(from, _)| link.zoom && *from != cx.at()) {
            self.camera.follow(look, &place, size);
        }
        let before = self.camera;
        // Requests are for the focused view, the others follow it where they are linked.
        if cx.at() == cx.session.focused() {
            match cx.view.zoom_request.take() {
                Some(ZoomRequest::Fit) => self.camera = Camera::default(),
                Some(ZoomRequest::OneToOne) => self.camera.one_to_one(scale),
                None => {}
            }
            if let Some(zone) = cx.view.new_zone.take() {
                self.start(Some(Tool::of(zone)));
            }
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        self.toolbar(ui, cx);

        let area = ui.available_rect_before_wrap();
        let mapped = !recording.stack().is_rgb();
        let areas = rulers::Areas::new(area, mapped);
        ui.advance_cursor_after_rect(area);
        let canvas = areas.canvas;

        let response = ui.interact(canvas, ui.scope_id().with("canvas"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Picture"));
        self.navigate(ui, &response, canvas, size);
        if !self.camera.looks_like(before) {
            cx.view.linked_look = Some((cx.at(), self.camera.look(&place)));
        }
        (place.dst, place.zoom) = (self.camera.place(canvas, size, scale), self.camera.zoom);

        let painter = ui.painter_at(canvas);
        painter.rect_filled(canvas, 0.0, cx.theme.canvas);
        let table = self.table(recording.state(), cx.levels());
        self.draw_picture(&painter, place.dst, &table, cx);
        match hover(&response, &place, cx.at(), recording.stack().id) {
            Some(hover) => (cx.view.hover, cx.view.last_hover) = (Some(hover), Some(hover)),
            None => {
                cx.view.hover.take_if(|hover| hover.view == cx.replies.view);
            }
        }
        match cx.view.hover {
            Some(hover) if hover.view == cx.at() => {
                overlay::pixel_outline(&painter, place.pixel_rect(place.shown_pixel(hover.stack)));
            }
            Some(hover) if link.cursor => {
                let (x, y) = hover.source;
                overlay::cross(&painter, place.screen((x as f64 + 0.5, y as f64 + 0.5)));
            }
            _ => {}
        }
        self.zones(ui, &response, &painter, &place, cx);
        overlay::message(&painter, canvas, self.waited(ui, cx), cx);
        rulers::draw(ui, &areas, &place, recording, cx.theme);
        if let (Some(bar), Some(levels)) = (areas.bar, cx.levels()) {
            rulers::color_bar(ui, bar, (levels.lo, levels.hi), &table, recording.unit().as_deref(), cx.theme);
        }
    }

    /// Seconds for which the picture asked for has not been there.
    fn waited(&mut self, ui: &Ui, cx: &Cx<'_>) -> f64 {
        if cx.picture().current || cx.picture().error.is_some() {
            self.waiting_since = None;
            return 0.0;
        }
        let now = ui.input(|i| i.time);
        now - *self.waiting_since.get_or_insert(now)
    }

    /// Wheel zooms at the cursor; dragging with the left button pans where no zone is, with the middle button
    /// anywhere.
    fn navigate(&mut self, ui: &Ui, response: &Response, canvas: Rect, size: (f64, f64)) {
        if let Some(at) = response.hover_pos() {
            let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
            let factor = f64::from(scroll * 0.004).exp() * f64::from(pinch);
            if factor != 1.0 {
                self.camera.zoom_at(canvas, size, at, factor);
            }
        }
        let panning = matches!(self.drag, Some(Drag::Pan)) || response.dragged_by(PointerButton::Middle);
        if panning && response.dragged() {
            self.camera.pan(size, response.drag_delta());
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        }
    }

    fn table(&mut self, state: &DocState, levels: Option<LevelsReply>) -> Arc<[[u8; 3]; 256]> {
        let map = ColorMap::parse(state.colormap(levels.map(|l| l.fitted))).unwrap_or_default();
        match &self.table {
            Some((have, table)) if *have == map => Arc::clone(table),
            _ => {
                let table = Arc::new(*map.table());
                self.table = Some((map, Arc::clone(&table)));
                table
            }
        }
    }

    fn draw_picture(&self, painter: &egui::Painter, dst: Rect, table: &Arc<[[u8; 3]; 256]>, cx: &Cx<'_>) {
        // Another picture than the one asked for is not shown where that one is known not to come.
        let (Some(shown), Some(levels), None) = (&cx.picture().shown, cx.levels(), &cx.picture().error)
        else {
            if cx.picture().error.is_some() && !overlay::is_pending(cx) {
                let [r, g, b] = SpecialColors::default().missing;
                painter.rect_filled(dst, 0.0, egui::Color32::from_rgb(r, g, b));
            }
            return;
        };
        let Ok(image) = Arc::clone(&shown.prepared).downcast::<FrameImage>() else { return };
        let reduce = cx.recording().map(reduce).unwrap_or_default();
        // While a turned picture is being computed the old one keeps its own shape.
        let extent = vec2(
            (image.width() as f64 * self.camera.zoom) as f32,
            (image.height() as f64 * self.camera.zoom) as f32,
        );
        let dst = if (extent - dst.size()).abs().max_elem() < 0.5 {
            dst
        } else {
            Rect::from_center_size(dst.center(), extent)
        };
        let view = ImageView {
            id: egui::Id::unique(("picture", cx.at())),
            image,
            dst,
            levels: (levels.lo, levels.hi),
            table: Arc::clone(table),
            reduce,
            colors: SpecialColors::default(),
        };
        paint(painter, view);
    }

    /// Esc ends what is being drawn.
    fn cancelled(ui: &Ui) -> bool {
        ui.input(|i| i.key_pressed(Key::Escape))
    }
}

/// How pixels are joined where a picture is smaller than its pixels.
pub(crate) fn reduce(recording: &Recording) -> Reduce {
    match recording.state().display.minify {
        Minify::Mean => Reduce::Mean,
        Minify::Max => Reduce::Max,
    }
}

/// The pixel under the pointer.
fn hover(response: &Response, place: &Place, view: ViewId, id: StackId) -> Option<Hover> {
    let at = response
        .hover_pos()
        .or_else(|| response.dragged().then(|| response.interact_pointer_pos()).flatten())?;
    let (stack, source) = place.pixels_below(place.pixel(at)?);
    Some(Hover { view, id, stack, source })
}
