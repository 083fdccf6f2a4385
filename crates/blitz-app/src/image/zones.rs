//! Zones on the picture: drawn, selected, dragged, added.

use blitz_core::{Zone, ZoneShape};
use blitz_model::document::{Edit, ZoneEdit};
use blitz_model::session::{Command, Recording};
use egui::{CursorIcon, Key, Painter, PointerButton, Pos2, Response, Ui};

use super::ImagePanel;
use super::handles::{self, Handle, Snap};
use super::place::Place;
use super::tool::{Drag, Tool};
use super::zone_look::{draw, draw_open, visible_handles};
use crate::commands::row::Now;
use crate::commands::zoom;
use crate::cx::Cx;
use crate::theme::Theme;

/// Points within which an outline is caught.
const NEAR: f32 = 5.0;

impl ImagePanel {
    pub(super) fn zones(
        &mut self,
        ui: &Ui,
        response: &Response,
        painter: &Painter,
        place: &Place,
        cx: &mut Cx<'_>,
    ) {
        let Some(recording) = cx.recording() else { return };
        let zones: Vec<Zone> = recording.recipe().zones.clone();
        let chosen = selected(recording);
        self.press(ui, response, place, &zones, chosen, cx);
        self.drag(ui, response, painter, place, cx);
        self.release(ui, response, place, &zones, chosen, cx);
        self.menu(response, place, &zones, chosen, cx);
        for (i, zone) in zones.iter().enumerate() {
            draw(painter, place, zone, chosen == Some(i), cx.theme);
        }
        if let Some(Tool::Polygon(corners)) = &self.tool {
            draw_open(painter, place, corners, response.hover_pos(), cx.theme);
        }
        self.cursor(ui, response, place, &zones, chosen, cx.theme);
    }

    /// The button goes down: decides what it holds.
    fn press(
        &mut self,
        ui: &Ui,
        response: &Response,
        place: &Place,
        zones: &[Zone],
        chosen: Option<usize>,
        cx: &mut Cx<'_>,
    ) {
        if !response.drag_started_by(PointerButton::Primary) {
            return;
        }
        let Some(at) = ui.input(|i| i.pointer.press_origin()) else { return };
        let from = place.source(at);
        self.drag = Some(match (&self.tool, hit(place, zones, chosen, at, cx.theme)) {
            (Some(Tool::Rectangle | Tool::Ellipse), _) => Drag::Draw { from },
            (Some(_), _) | (None, None) => Drag::Pan,
            (None, Some((zone, part))) => {
                select(zone, chosen, cx);
                let start = zones[zone].shape.clone();
                match part {
                    Some(handle) => Drag::Reshape { zone, start, handle },
                    None => Drag::Move { zone, start, from },
                }
            }
        });
    }

    /// The pointer moves with the button down.
    fn drag(&mut self, ui: &Ui, response: &Response, painter: &Painter, place: &Place, cx: &mut Cx<'_>) {
        if Self::cancelled(ui) {
            // What was dragged goes back to where it was.
            if let Some(Drag::Move { zone, start, .. } | Drag::Reshape { zone, start, .. }) = self.drag.take()
            {
                cx.send(Command::Edit(Edit::Zone(ZoneEdit::Shape(zone, start))));
            }
            self.tool = None;
            return;
        }
        let Some(to) = response.interact_pointer_pos().map(|at| place.source(at)) else { return };
        let (free, coarse) = ui.input(|i| (i.modifiers.alt, i.modifiers.shift));
        let snap = Snap { whole: !free, coarse };
        let (zone, shape) = match &self.drag {
            None => return,
            Some(Drag::Pan) => {
                cx.view.gesture = true;
                return;
            }
            Some(Drag::Move { zone, start, from }) => (*zone, handles::moved(start, *from, to, snap.whole)),
            Some(Drag::Reshape { zone, start, handle }) => {
                (*zone, handles::dragged(start, *handle, to, snap))
            }
            Some(Drag::Draw { from }) => {
                if let Some(shape) = self.tool.as_ref().and_then(|t| t.between(*from, to, snap.whole)) {
                    let zone = Zone { name: String::new(), color: [255; 3], shape };
                    draw(painter, place, &zone, false, cx.theme);
                }
                return;
            }
        };
        cx.view.gesture = true;
        let now = cx.recording().and_then(|r| r.recipe().zones.get(zone));
        if now.is_some_and(|z| z.shape != shape) {
            cx.send(Command::Edit(Edit::Zone(ZoneEdit::Shape(zone, shape))));
        }
    }

    /// The button goes up: what was drawn is added, a click selects.
    fn release(
        &mut self,
        ui: &Ui,
        response: &Response,
        place: &Place,
        zones: &[Zone],
        chosen: Option<usize>,
        cx: &mut Cx<'_>,
    ) {
        let whole = !ui.input(|i| i.modifiers.alt);
        let at = response.interact_pointer_pos();
        if response.drag_stopped() {
            if let (Some(Drag::Draw { from }), Some(at)) = (&self.drag, at)
                && let Some(shape) =
                    self.tool.as_ref().and_then(|t| t.between(*from, place.source(at), whole))
            {
                self.add(shape, cx);
            }
            self.drag = None;
        }
        let enter = ui.input(|i| i.key_pressed(Key::Enter));
        if enter && matches!(&self.tool, Some(Tool::Polygon(corners)) if corners.len() >= 3) {
            self.close_polygon(cx);
        }
        let (true, Some(at)) = (response.clicked(), at) else { return };
        let point = place.source(at);
        match &mut self.tool {
            None => {
                let target = hit(place, zones, chosen, at, cx.theme).map(|(zone, _)| zone);
                if response.double_clicked() {
                    if let Some(zone) = target.filter(|&zone| near_outline(place, &zones[zone].shape, at)) {
                        add_corner(zone, &zones[zone].shape, point, whole, cx);
                    }
                } else if target != chosen {
                    cx.send(Command::Edit(Edit::Zone(ZoneEdit::Select(target))));
                }
            }
            Some(Tool::Pixel) => {
                if let Some(shown) = place.pixel(at) {
                    let (_, (x, y)) = place.pixels_below(shown);
                    self.add(ZoneShape::Pixel { x, y }, cx);
                }
            }
            Some(Tool::Rectangle | Tool::Ellipse) => {
                // A click without a drag: a tenth of the picture, in its middle.
                let crop = place.placement.crop;
                let (w, h) = ((crop.width as f64 / 20.0).max(0.5), (crop.height as f64 / 20.0).max(0.5));
                let (a, b) = ((point.0 - w, point.1 - h), (point.0 + w, point.1 + h));
                if let Some(shape) = self.tool.as_ref().and_then(|t| t.between(a, b, whole)) {
                    self.add(shape, cx);
                }
            }
            Some(Tool::Polygon(corners)) => {
                let closes = corners.len() >= 3
                    && (response.double_clicked() || place.screen(corners[0]).distance(at) < 2.0 * NEAR);
                if closes {
                    self.close_polygon(cx);
                } else if !response.double_clicked() {
                    corners.push(if whole { (point.0.round(), point.1.round()) } else { point });
                }
            }
        }
    }

    fn close_polygon(&mut self, cx: &mut Cx<'_>) {
        if let Some(Tool::Polygon(corners)) = self.tool.take() {
            self.add(ZoneShape::Polygon(corners), cx);
        }
    }

    fn add(&mut self, shape: ZoneShape, cx: &mut Cx<'_>) {
        self.tool = None;
        cx.send(Command::Edit(Edit::Zone(ZoneEdit::Add(shape))));
    }

    /// The menu of the right button.
    fn menu(
        &mut self,
        response: &Response,
        place: &Place,
        zones: &[Zone],
        chosen: Option<usize>,
        cx: &mut Cx<'_>,
    ) {
        if response.secondary_clicked() {
            self.menu_at = response.interact_pointer_pos().map(|at| place.source(at));
        }
        let Some(point) = self.menu_at else { return };
        let at = place.screen(point);
        let target = hit(place, zones, chosen, at, cx.theme);
        let popup = response.context_menu(|ui| match target {
            None => {
                for row in [zoom::fit(&Now::of(cx)), zoom::one_to_one(&Now::of(cx))] {
                    if ui.button(&*row.text).clicked() {
                        cx.act(row.action);
                    }
                }
            }
            Some((zone, part)) => {
                ui.label(cx.theme.caption(format!("zone {}", zones[zone].name)));
                if let ZoneShape::Polygon(corners) = &zones[zone].shape {
                    if ui.button("Add a corner here").clicked() {
                        add_corner(zone, &zones[zone].shape, point, true, cx);
                    }
                    if let Some(Handle::Corner(i)) = part
                        && corners.len() > 3
                        && ui.button("Remove this corner").clicked()
                    {
                        let mut corners = corners.clone();
                        corners.remove(i);
                        cx.send(Command::Edit(Edit::Zone(ZoneEdit::Shape(
                            zone,
                            ZoneShape::Polygon(corners),
                        ))));
                    }
                }
                if ui.button(format!("Delete zone {}", zones[zone].name)).clicked() {
                    cx.send(Command::Edit(Edit::Zone(ZoneEdit::Delete(zone))));
                }
            }
        });
        if popup.is_none() {
            self.menu_at = None;
        }
    }

    fn cursor(
        &self,
        ui: &Ui,
        response: &Response,
        place: &Place,
        zones: &[Zone],
        chosen: Option<usize>,
        theme: &Theme,
    ) {
        let Some(at) = response.hover_pos() else { return };
        let icon = match (&self.drag, &self.tool) {
            (Some(Drag::Pan), _) => CursorIcon::Grabbing,
            (_, Some(_)) => CursorIcon::Crosshair,
            _ => match hit(place, zones, chosen, at, theme) {
                Some((_, Some(_))) => CursorIcon::PointingHand,
                Some((_, None)) => CursorIcon::Move,
                None => CursorIcon::Default,
            },
        };
        ui.ctx().set_cursor_icon(icon);
    }
}

/// The selected zone, if there is one.
fn selected(recording: &Recording) -> Option<usize> {
    recording.state().selected_zone.filter(|&i| i < recording.recipe().zones.len())
}

fn select(zone: usize, chosen: Option<usize>, cx: &mut Cx<'_>) {
    if chosen != Some(zone) {
        cx.send(Command::Edit(Edit::Zone(ZoneEdit::Select(Some(zone)))));
    }
}

fn add_corner(zone: usize, shape: &ZoneShape, at: (f64, f64), whole: bool, cx: &mut Cx<'_>) {
    let ZoneShape::Polygon(corners) = shape else { return };
    let at = if whole { (at.0.round(), at.1.round()) } else { at };
    cx.send(Command::Edit(Edit::Zone(ZoneEdit::Shape(zone, handles::with_corner(corners, at)))));
}

/// What lies at a position: a handle of the selected zone, then the selected zone, then the newest.
fn hit(
    place: &Place,
    zones: &[Zone],
    chosen: Option<usize>,
    at: Pos2,
    theme: &Theme,
) -> Option<(usize, Option<Handle>)> {
    if let Some(zone) = chosen {
        let all = visible_handles(place, &zones[zone].shape);
        let near = |&(_, p): &(Handle, (f64, f64))| place.screen(p).distance(at) <= 2.0 * theme.handle;
        let nearest = all
            .iter()
            .filter(|h| near(h))
            .min_by(|a, b| place.screen(a.1).distance(at).total_cmp(&place.screen(b.1).distance(at)));
        if let Some((handle, _)) = nearest {
            return Some((zone, Some(*handle)));
        }
    }
    let (x, y) = place.source(at);
    let on = |zone: &usize| zones[*zone].shape.contains(x, y) || near_outline(place, &zones[*zone].shape, at);
    let order = chosen.into_iter().chain((0..zones.len()).rev());
    order.into_iter().find(on).map(|zone| (zone, None))
}

/// Whether a position is on the outline, within a few points.
fn near_outline(place: &Place, shape: &ZoneShape, at: Pos2) -> bool {
    let corners: Vec<Pos2> = shape.outline().into_iter().map(|p| place.screen(p)).collect();
    (0..corners.len()).any(|i| {
        let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
        let along = ((at - a).dot(b - a) / (b - a).length_sq().max(1e-6)).clamp(0.0, 1.0);
        (a + (b - a) * along).distance(at) <= NEAR
    })
}
