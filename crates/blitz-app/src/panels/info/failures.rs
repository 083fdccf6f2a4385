//! Frames that failed, with their reasons.

use std::sync::Arc;

use blitz_core::{FrameFault, FrameState, StackId};
use blitz_model::document::Edit;
use blitz_model::session::{Command, Recording};
use egui::{Align, Layout, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use crate::cx::Cx;

/// The failed frames of a stack, kept until its store changes.
#[derive(Default)]
pub(super) struct Failures {
    key: Option<(StackId, u64)>,
    /// Stack frame and why it failed.
    list: Vec<(usize, Arc<FrameFault>)>,
}

impl Failures {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn update(&mut self, recording: &Recording) {
        let stack = recording.stack();
        let key = (stack.id, stack.store.generation());
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        let extent = stack.store.extent();
        let failed = |frame| match stack.store.state(frame) {
            FrameState::Failed(fault) => Some((frame, fault)),
            _ => None,
        };
        self.list = (extent.first..extent.end).filter_map(failed).collect();
    }

    pub(super) fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        ui.label(
            cx.theme.caption("They keep their place in time and count as missing. Click one to go there."),
        );
        let height = ui.text_style_height(&egui::TextStyle::Body) + 4.0;
        egui::ScrollArea::vertical()
            .id_salt("failed")
            .max_height(8.0 * height)
            .auto_shrink([false, true])
            .show_rows(ui, height, self.list.len(), |ui, rows| {
                for (frame, fault) in &self.list[rows] {
                    row(ui, cx, recording, *frame, fault, height);
                }
            });
    }
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, frame: usize, fault: &FrameFault, height: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let source = recording.stack().source_frame(frame);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Failed frame {source}")));
    if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(cx.theme.radius), cx.theme.button);
    }
    let layout = Layout::left_to_right(Align::Center);
    let mut line = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(3.0, 0.0))).layout(layout));
    line.add(egui::Label::new(cx.theme.number(source.to_string()).color(cx.theme.error)).selectable(false));
    line.add(egui::Label::new(RichText::new(&fault.reason)).truncate().selectable(false));
    if response.on_hover_text(fault.to_string()).clicked() {
        if recording.recipe().reduction.is_some() {
            cx.send(Command::Edit(Edit::Reduce(None)));
        }
        cx.send(Command::Seek(frame));
    }
}
