//! What a step compares with: source, method, frames, window or file.

use std::path::{Path, PathBuf};

use blitz_model::recipe::{Direction, Reference, Window, Within};
use blitz_model::session::Recording;
use blitz_model::{Method, text};
use egui::{Button, Label, TextEdit, Ui};

use super::OpsPanel;
use crate::cx::{Cx, StepPart};
use crate::panels::frames::Frames;
use crate::path::expanded;
use crate::step_file;
use crate::widgets::fields::{Number, choose, row, whole};

/// Where a reference comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Frames,
    Window,
    File,
}

/// A reference to edit, and where it belongs.
pub(super) struct Place<'a> {
    pub(super) recording: &'a Recording,
    /// Index of the step.
    pub(super) step: usize,
    pub(super) part: StepPart,
    /// Whether it may be a window.
    pub(super) windows: bool,
    /// What the recording allows.
    pub(super) within: Within,
}

impl OpsPanel {
    /// The rows of a reference; whether it has changed.
    pub(super) fn reference(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        place: &Place<'_>,
        value: &mut Reference,
    ) -> bool {
        let key = (place.step, place.part);
        let now = match value {
            _ if self.paths.contains_key(&key) => From::File,
            Reference::Range { .. } => From::Frames,
            Reference::Window { .. } => From::Window,
            Reference::File { .. } => From::File,
        };
        let mut from = now;
        let mut choices = vec![(From::Frames, "Frames"), (From::File, "File or folder")];
        if place.windows {
            choices.insert(1, (From::Window, "Window over time"));
        }
        let hint = "Frames of this recording, frames near the one computed, or a file";
        row(ui, cx, "Source", hint, |ui, _| choose(ui, &mut from, &choices, "Source", hint));
        let method = value.method();
        let mut changed = from != now;
        if changed {
            self.paths.remove(&key);
            match from {
                From::Frames => {
                    *value = Reference::Range { method, range: cx.view.range_of(place.recording.stack().id) };
                }
                From::Window => {
                    let window = Window { len: 10, lag: 0, direction: Direction::Backward };
                    *value = Reference::Window { method, window };
                }
                // Until a path is there the step stays what it was.
                From::File => {
                    self.paths.insert(key, String::new());
                    changed = false;
                }
            }
        }
        if from == From::File {
            let path = if let Reference::File { path, .. } = value { Some(path.clone()) } else { None };
            if let Some(path) = self.path(ui, cx, key, path.as_deref(), true) {
                *value = Reference::File { path, method };
                changed = true;
            }
        }
        // The text form of a flat field's file has no method.
        let plain_file = matches!(value, Reference::File { .. }) && !place.windows;
        if from == now && !plain_file {
            changed |= method_rows(ui, cx, value);
        }
        match value {
            Reference::Range { range, .. } if from == From::Frames => {
                changed |= range_rows(ui, cx, place.recording, range);
            }
            Reference::Window { window, .. } if from == From::Window => {
                changed |= window_rows(ui, cx, window, place.within);
            }
            _ => {}
        }
        changed
    }

    /// A path, typed or chosen. `now` is the one that holds. Gives a new one.
    pub(super) fn path(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        key: (usize, StepPart),
        now: Option<&Path>,
        folders: bool,
    ) -> Option<PathBuf> {
        let shown = now.map(|p| p.display().to_string());
        row(ui, cx, "Path", "The file or folder, read as the recording is read", |ui, cx| {
            let mut typed = self.paths.get(&key).cloned().or_else(|| shown.clone()).unwrap_or_default();
            let edit =
                TextEdit::singleline(&mut typed).hint_text("type or choose").desired_width(f32::INFINITY);
            let response = ui.add(edit);
            response.widget_info(|| egui::WidgetInfo {
                label: Some("Reference path".into()),
                ..egui::WidgetInfo::text_edit(true, "", &typed, "Reference path")
            });
            let mut chosen = None;
            if response.has_focus() {
                self.paths.insert(key, typed.clone());
            } else {
                let path = expanded(&typed);
                if response.lost_focus() && !typed.trim().is_empty() && Some(path.as_path()) != now {
                    chosen = Some(path);
                }
                if now.is_some() || chosen.is_some() {
                    self.paths.remove(&key);
                }
            }
            if let Some(full) = &shown {
                response.on_hover_text(full);
            }
            ui.horizontal(|ui| {
                let (step, part) = key;
                let mut ask = |ui: &mut Ui, label: &str, hint: &str, folder: bool| {
                    if ui.add(Button::new(label).small()).on_hover_text(hint).clicked() {
                        cx.ask(step_file::for_step(step, part, folder));
                    }
                };
                ask(ui, "File…", "Choose a file", false);
                if folders {
                    ask(ui, "Folder…", "Choose a folder: its frames become one picture", true);
                }
            });
            chosen
        })
    }
}

fn method_rows(ui: &mut Ui, cx: &mut Cx<'_>, reference: &mut Reference) -> bool {
    let (Reference::Range { method, .. } | Reference::Window { method, .. } | Reference::File { method, .. }) =
        reference;
    let percentile = match method {
        Method::Percentile(p) => Method::Percentile(*p),
        _ => Method::Percentile(95.0),
    };
    let mut choices = vec![
        (Method::Mean, "Mean"),
        (Method::Median, "Median"),
        (Method::Min, "Minimum"),
        (Method::Max, "Maximum"),
        (Method::Std, "Standard deviation"),
        (percentile, "Percentile"),
    ];
    if *method == Method::Sum {
        choices.push((Method::Sum, "Sum"));
    }
    let hint = "How several frames become one picture";
    row(ui, cx, "Method", hint, |ui, cx| {
        let mut changed = choose(ui, method, &choices, "Method", hint);
        if let Method::Percentile(p) = method {
            let number = Number {
                name: "Percentile",
                hint: "Percent of the values that lie below",
                range: 0.0..=100.0,
                speed: 0.1,
                suffix: " %",
                decimals: 3,
            };
            changed |= number.ui(ui, cx, p);
        }
        changed
    })
}

fn range_rows(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    recording: &Recording,
    range: &mut Option<blitz_core::FrameRange>,
) -> bool {
    let frames = Frames::new(recording);
    let (first, last) = frames.positions(*range);
    let (from, to) = (frames.source(first), frames.source(last));
    let ends = (frames.source(0), frames.source(frames.last()));
    let selected = cx.view.range_of(recording.stack().id);
    row(ui, cx, "Frames", "First and last frame of the reference, both included", |ui, cx| {
        let (mut new_from, mut new_to) = (from, to);
        let mut changed = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let a = whole(ui, cx, &mut new_from, ends.0..=ends.1, "", ("Reference from", "First frame"));
            ui.label(cx.theme.caption("–"));
            let b = whole(ui, cx, &mut new_to, ends.0..=ends.1, "", ("Reference to", "Last frame, included"));
            if a || b {
                let (from, to) = (frames.nearest(new_from as f64), frames.nearest(new_to as f64));
                // An end beyond the other one takes it along.
                let (from, to) = if a { (from, to.max(from)) } else { (from.min(to), to) };
                *range = frames.range(from, to);
                changed = true;
            }
            ui.label(cx.theme.caption(format!("({})", text::count(last - first + 1, "frame"))));
        });
        ui.horizontal(|ui| {
            let all = ui.add_enabled(range.is_some(), Button::new("All").small());
            if all.on_hover_text("Take all frames").on_disabled_hover_text("All frames are taken").clicked() {
                *range = None;
                changed = true;
            }
            let new = selected.filter(|_| selected != *range);
            let take = ui.add_enabled(new.is_some(), Button::new("From timeline").small());
            let take = take.on_hover_text("Take the range that is chosen on the timeline");
            if take.on_disabled_hover_text("Drag the ends of the range below the curves first").clicked() {
                *range = new;
                changed = true;
            }
        });
        changed
    })
}

fn window_rows(ui: &mut Ui, cx: &mut Cx<'_>, window: &mut Window, within: Within) -> bool {
    let before = *window;
    let directions = [
        (Direction::Backward, "Frames before"),
        (Direction::Forward, "Frames after"),
        (Direction::Centred, "Frames around"),
    ];
    let hint = "Where the window lies, seen from the frame that is computed";
    row(ui, cx, "Window", hint, |ui, _| {
        choose(ui, &mut window.direction, &directions, "Window direction", hint)
    });
    let most = within.timeline.saturating_sub(1).max(1);
    row(ui, cx, "Length", "Frames in the window", |ui, cx| {
        whole(ui, cx, &mut window.len, 1..=most, " frames", ("Window length", "Frames in the window"));
    });
    if window.direction == Direction::Centred {
        (window.len, window.lag) = (window.len | 1, 0);
    } else {
        let hint = "Frames left out between the frame and its window";
        row(ui, cx, "Lag", hint, |ui, cx| {
            whole(ui, cx, &mut window.lag, 0..=most, " frames", ("Window lag", hint));
        });
    }
    let (len, lag) = (window.len, window.lag);
    let words = match window.direction {
        Direction::Backward => format!("Frame n is compared with n−{} to n−{}.", lag + len, lag + 1),
        Direction::Forward => format!("Frame n is compared with n+{} to n+{}.", lag + 1, lag + len),
        Direction::Centred => format!("Frame n is compared with n−{0} to n+{0}.", len / 2),
    };
    let text = cx.theme.caption(format!("{words} Frames without a whole window are missing."));
    ui.add(Label::new(text).wrap());
    *window != before
}
