//! What the picture is, where it is not just the raw frame; how far loading has come.

use blitz_model::document::{Edit, StepEdit};
use blitz_model::session::{Command, LoadState, StripAction, StripItem, opening_words};
use blitz_model::{Geometry, text};
use egui::{Button, ProgressBar, RichText, Ui};

use crate::cx::Cx;
use crate::panels;

/// Whether there is anything to say.
pub(super) fn is_needed(cx: &Cx<'_>) -> bool {
    under_way(cx).is_some() || !cx.session.strip(cx.at()).is_empty()
}

/// Opening or loading that goes on.
struct UnderWay {
    fraction: f32,
    text: String,
    /// What stopping it leaves.
    cancel: &'static str,
}

fn under_way(cx: &Cx<'_>) -> Option<UnderWay> {
    let recording = cx.recording()?;
    match recording.load_state() {
        LoadState::Preview { progress } | LoadState::Opening { progress } => {
            let now = progress.snapshot();
            Some(UnderWay { fraction: now.fraction(), text: opening_words(now), cancel: "Don't open it" })
        }
        LoadState::Loading { .. } => {
            let counts = recording.frame_counts();
            let total = (counts.ready + counts.pending + counts.failed).max(1);
            let done = total - counts.pending;
            let text = format!("{} of {}", text::grouped(done as u64), text::count(total, "frame"));
            let cancel = "Stop loading; what is loaded stays";
            (counts.pending > 0).then_some(UnderWay { fraction: done as f32 / total as f32, text, cancel })
        }
        LoadState::Done(_) => None,
    }
}

/// Draws the statements, one beside the other.
pub(super) fn draw(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for item in cx.session.strip(cx.at()) {
            chip(ui, &item, cx);
        }
        if let Some(UnderWay { fraction, text, cancel }) = under_way(cx) {
            let bar = ProgressBar::new(fraction).desired_width(150.0).desired_height(8.0);
            ui.add(bar).on_hover_text(text);
            if ui.add(Button::new("Cancel").small()).on_hover_text(cancel).clicked() {
                cx.send(Command::CancelLoad);
            }
        }
    });
}

fn chip(ui: &mut Ui, item: &StripItem, cx: &mut Cx<'_>) {
    let (ink, ground) = match item.action {
        StripAction::ShowFailures => (cx.theme.error, cx.theme.error_soft),
        StripAction::ShowLoad => (cx.theme.warning, cx.theme.warning_soft),
        _ => (cx.theme.strong, cx.theme.accent_soft),
    };
    let back = matches!(
        item.action,
        StripAction::ShowFrames
            | StripAction::SwitchOff(_)
            | StripAction::ResetGeometry
            | StripAction::ResetTimeline
            | StripAction::StopWatching
    );
    let label = if back { format!("{}  ×", item.text) } else { item.text.clone() };
    let button = Button::new(RichText::new(label).color(ink)).fill(ground).small();
    if ui.add(button).on_hover_text(&item.why).clicked() {
        match item.action {
            StripAction::ShowFrames => cx.send(Command::Edit(Edit::Reduce(None))),
            StripAction::SwitchOff(step) => {
                cx.send(Command::Edit(Edit::Step(StepEdit::Enable(step, false))));
            }
            StripAction::ResetGeometry => cx.send(Command::Edit(Edit::Geometry(Geometry::default()))),
            StripAction::ResetTimeline => cx.send(Command::Edit(Edit::Timeline(None))),
            StripAction::StopWatching => cx.send(Command::WatchFolder(false)),
            StripAction::ShowLoad | StripAction::ShowFailures => cx.show_panel(panels::info::PANEL.id),
        }
    }
}
