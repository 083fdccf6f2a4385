//! Curves of the zones over the frames, transport, range and reduction.

mod beside;
mod beside_list;
mod controls;
mod paint;
mod plot;
mod strip;
mod traces;
mod zones;

use blitz_core::{FrameRange, StackId};
use egui::{Rect, Ui, pos2};
pub(crate) use traces::value;

use crate::cx::Cx;
use crate::panels::frames::Frames;
use crate::panels::panel::{Panel, PanelInfo};

/// Timeline: curves, frame cursor, transport, range and reduction, list of zones.
#[derive(Default)]
pub struct TimelinePanel {
    /// The stack that the state below belongs to.
    stack: Option<StackId>,
    plot: plot::PlotView,
    strip: strip::RangeStrip,
    zones: zones::ZoneList,
    /// Source frames that the next reduction covers; `None` is all.
    range: Option<FrameRange>,
}

/// Width of the list of zones.
const ZONES: f32 = 256.0;

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "timeline",
    title: "Timeline",
    hint: "Curves of the zones (ROIs), frames, range and reduction",
    bare: false,
    several: false,
    make: || Box::new(TimelinePanel::default()),
};

impl Panel for TimelinePanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl TimelinePanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let session = cx.session;
        let Some(recording) = session.shown(cx.at()) else {
            ui.label(cx.theme.caption("Nothing is open."));
            return;
        };
        if recording.is_preview() {
            ui.label(
                cx.theme.caption("A preview: its files are still being found. Nothing is measured on it."),
            );
            return;
        }
        let stack = recording.stack();
        if self.stack.replace(stack.id) != Some(stack.id) {
            *self = Self { stack: Some(stack.id), ..Self::default() };
        }
        if let Some(reduction) = &recording.recipe().reduction {
            self.range = reduction.range;
        }
        let frames = Frames::new(recording);
        let one = stack.shape().frames < 2;
        if one {
            let text = if recording.is_whole() {
                "One frame: there is nothing over time. The zones show its values."
            } else {
                "The other frames are being found. The zones show the first one's values."
            };
            ui.label(cx.theme.caption(text));
        } else {
            self.controls(ui, cx, recording, &frames);
        }
        ui.add_space(2.0);
        let area = ui.available_rect_before_wrap();
        let list_width = if stack.channels.len() > 1 { ZONES + 60.0 } else { ZONES };
        let list_width = if one { area.width() } else { list_width.min(area.width() * 0.42) };
        let left = if one { area.left() } else { area.right() - list_width };
        let list = Rect::from_min_max(pos2(left, area.top()), area.max);
        let beside = session.auxiliary(cx.at());
        let frame = self.plot.hover.and_then(|i| frames.list.get(i).copied()).unwrap_or(cx.playhead().frame);
        if !one {
            let plots = Rect::from_min_max(area.min, pos2(left - cx.theme.margin, area.bottom()));
            let strip = Rect::from_min_max(pos2(plots.left(), plots.bottom() - strip::HEIGHT), plots.max);
            let upper = Rect::from_min_max(plots.min, pos2(plots.right(), strip.top() - 2.0));
            if upper.height() > plot::BOTTOM + 16.0 {
                let scale = self.plot.ui(ui, cx, recording, &frames, &beside, upper);
                let place = strip::Place { recording, frames: &frames, states: &self.plot.states, scale };
                self.strip.ui(ui, cx, &place, strip, &mut self.range);
            }
        }
        cx.view.range = self.range.map(|range| (stack.id, range));
        ui.scope_builder(egui::UiBuilder::new().max_rect(list), |ui| {
            self.zones.ui(ui, cx, recording, &beside, frame);
        });
        ui.advance_cursor_after_rect(area);
    }
}
