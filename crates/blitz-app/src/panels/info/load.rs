//! How the recording is read: a form, with what it would take.

use blitz_core::{FrameRange, Layout, Rect};
use blitz_model::document::Edit;
use blitz_model::load::available_bytes;
use blitz_model::recipe::Load;
use blitz_model::session::{Command, Recording};
use blitz_model::text;
use egui::{Button, DragValue, Grid, RichText, Ui};

use crate::cx::Cx;

/// The options being set. They hold once they are applied.
#[derive(Default)]
pub(super) struct LoadForm {
    draft: Load,
    /// Bytes that could be had when the form was last looked at, and when.
    available: Option<(f64, u64)>,
}

/// What applying the form would give.
struct Estimate {
    words: String,
    bytes: u64,
}

impl LoadForm {
    /// The options that hold now.
    pub(super) fn of(recording: &Recording) -> Self {
        Self { draft: recording.recipe().load.clone(), available: None }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        let Some(found) = recording.found() else { return };
        let info = &found.source;
        let whole = info.frame.rect();
        let applied = recording.recipe().load.clone();
        Grid::new("load").num_columns(2).spacing([10.0, 4.0]).min_col_width(78.0).show(ui, |ui| {
            self.frames(ui, cx, info.frames);
            self.crop(ui, cx, whole);
            self.times(ui, cx);
            ui.label(cx.theme.caption("Shrink to"));
            let mut percent = self.draft.shrink * 100.0;
            let field = DragValue::new(&mut percent).range(0.1..=100.0).speed(0.5).max_decimals(2).suffix(" %");
            let tip = "Size of the picture; pixels are averaged over their area";
            if ui.add(field).accessible_name("Shrink").on_hover_text(tip).changed() {
                self.draft.shrink = percent / 100.0;
            }
            ui.end_row();
            ui.label(cx.theme.caption("Values"));
            ui.vertical(|ui| {
                let rgb = blitz_core::Channel::is_rgb(&info.channels);
                ui.add_enabled(rgb, egui::Checkbox::new(&mut self.draft.grey, "Load as grey"))
                    .on_hover_text("Colour becomes one luminance channel")
                    .on_disabled_hover_text("The recording has no colour");
                ui.checkbox(&mut self.draft.eight_bit, "8 bit")
                    .on_hover_text("Values become 0–255 by one scale for all frames: smaller, but less exact");
                ui.checkbox(&mut self.draft.stretch_each_frame, "Stretch each frame")
                    .on_hover_text("Each frame's own minimum and maximum become the ends of the range; frames are then no longer comparable");
            });
            ui.end_row();
        });
        let estimate = estimate(recording, &self.draft);
        match &estimate {
            Ok(estimate) => {
                let available = self.available(ui);
                let fits = available.is_none_or(|a| estimate.bytes < a / 5 * 4);
                let of = available.map_or(String::new(), |a| format!(" of {} available", text::bytes(a)));
                let ink = if fits { cx.theme.weak } else { cx.theme.warning };
                ui.label(RichText::new(format!("{}{of}", estimate.words)).color(ink));
            }
            Err(why) => {
                ui.label(RichText::new(why).color(cx.theme.error));
            }
        }
        ui.horizontal(|ui| {
            let changed = self.draft != applied;
            let apply = ui
                .add_enabled(changed && estimate.is_ok(), Button::new("Apply"))
                .accessible_name("Apply load options")
                .on_hover_text("Read the recording again with these options; can be undone")
                .on_disabled_hover_text("Nothing to apply");
            if apply.clicked() {
                cx.send(Command::Edit(Edit::Load(self.draft.clone())));
            }
            let plain = Load {
                raw: applied.raw.clone(),
                axes: applied.axes.clone(),
                channel: applied.channel.clone(),
                slice: applied.slice,
                position: applied.position,
                complex: applied.complex.clone(),
                group: applied.group.clone(),
                times: applied.times.clone(),
                ..Load::default()
            };
            let reset = ui
                .add_enabled(self.draft != plain, Button::new("Reset"))
                .accessible_name("Reset load options")
                .on_hover_text("All frames and pixels, unconverted; takes effect with Apply");
            if reset.clicked() {
                self.draft = plain;
            }
        });
    }

    /// First and last frame, both included, and the step.
    fn frames(&mut self, ui: &mut Ui, cx: &Cx<'_>, frames: usize) {
        let last = frames.saturating_sub(1);
        let range = self.draft.frames;
        let (start, end) = range.clip(frames);
        let (mut from, mut to) = (start.min(last), end.saturating_sub(1).min(last));
        ui.label(cx.theme.caption("Frames"));
        ui.horizontal(|ui| {
            let speed = (frames as f64 / 400.0).max(0.1);
            let field = |ui: &mut Ui, value: &mut usize, name: &str, tip: &str| {
                let field = DragValue::new(value).range(0..=last).speed(speed).update_while_editing(false);
                ui.add(field).accessible_name(name).on_hover_text(tip).changed()
            };
            let a = field(ui, &mut from, "Load from frame", "First frame to load");
            ui.label(cx.theme.caption("–"));
            let b = field(ui, &mut to, "Load to frame", "Last frame to load, included");
            if a || b {
                let (first, end) = (from.min(to), from.max(to) + 1);
                let end = if end >= frames { None } else { Some(end) };
                self.draft.frames = FrameRange { start: first, end, step: range.step };
            }
        });
        ui.end_row();
        ui.label(cx.theme.caption("Step"));
        ui.horizontal(|ui| {
            let field = DragValue::new(&mut self.draft.every).range(1..=frames.max(1)).speed(0.1);
            ui.add(field)
                .accessible_name("Load every n-th frame")
                .on_hover_text("1 takes every frame, 3 every third");
            let every = FrameRange { start: 0, end: None, step: self.draft.every };
            let words = match every.describe(usize::MAX).split_once("every ") {
                Some((_, nth)) => format!("every {} frame", nth.trim_end_matches(')')),
                None => "every frame".to_owned(),
            };
            ui.label(cx.theme.caption(words));
        });
        ui.end_row();
    }

    /// Where times come from.
    fn times(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.label(cx.theme.caption("Times from"));
        let mut text = self.draft.times.clone().unwrap_or_default();
        let field = egui::TextEdit::singleline(&mut text).hint_text("the files").desired_width(150.0);
        let tip = "names: the numbers in the names; exif: when pictures were taken; or the path of a table with a time for \
                   each frame. Empty: what the files say";
        if ui.add(field).accessible_name("Times from").on_hover_text(tip).changed() {
            self.draft.times = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        ui.end_row();
    }

    fn crop(&mut self, ui: &mut Ui, cx: &Cx<'_>, whole: Rect) {
        ui.label(cx.theme.caption("Crop"));
        let mut rect = self.draft.crop.unwrap_or(whole);
        let mut changed = false;
        let mut field = |ui: &mut Ui,
                         value: &mut usize,
                         range: std::ops::RangeInclusive<usize>,
                         label: &str,
                         name: &str| {
            let field =
                DragValue::new(value).range(range).prefix(label).speed(0.5).update_while_editing(false);
            changed |= ui
                .add(field)
                .accessible_name(name)
                .on_hover_text(format!("{name}, in source pixels"))
                .changed();
        };
        ui.vertical(|ui| {
            ui.horizontal(|ui| {
                field(ui, &mut rect.x, 0..=whole.width.saturating_sub(1), "x ", "Crop left edge");
                field(ui, &mut rect.y, 0..=whole.height.saturating_sub(1), "y ", "Crop upper edge");
            });
            ui.horizontal(|ui| {
                field(ui, &mut rect.width, 1..=whole.width, "w ", "Crop width");
                field(ui, &mut rect.height, 1..=whole.height, "h ", "Crop height");
            });
        });
        if changed {
            rect.width = rect.width.min(whole.width - rect.x);
            rect.height = rect.height.min(whole.height - rect.y);
            self.draft.crop = (rect != whole).then_some(rect);
        }
        ui.end_row();
    }

    fn available(&mut self, ui: &Ui) -> Option<u64> {
        let now = ui.input(|i| i.time);
        if self.available.is_none_or(|(at, _)| now - at > 1.0 || now < at) {
            self.available = available_bytes().map(|bytes| (now, bytes));
        }
        self.available.map(|(_, bytes)| bytes)
    }
}

/// Size after crop, shrink and conversion, by arithmetic: nothing is read.
fn estimate(recording: &Recording, load: &Load) -> Result<Estimate, String> {
    let found = recording.found().ok_or("nothing was loaded from files")?;
    let (frames, layout) = found.layout_with(load).map_err(|e| e.to_string())?;
    let bytes = layout.frame_bytes() as u64 * frames as u64;
    let Layout { frame, dtype } = layout;
    let size = format!("{} × {}", frame.width, frame.height);
    let words = format!("{}, {size} {dtype}: {}", text::count(frames, "frame"), text::bytes(bytes));
    Ok(Estimate { words, bytes })
}
