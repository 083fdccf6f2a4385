//! What is open and how it was read.

pub(crate) mod axes;
pub(crate) mod calibration;
mod failures;
mod load;
mod memory;

use blitz_core::{Access, StackId};
use blitz_model::document::Edit;
use blitz_model::recipe::Load;
use blitz_model::session::{Command, Recording};
use blitz_model::text;
use egui::{Label, RichText, Ui};

use crate::cx::Cx;
use crate::panels::panel::{Panel, PanelInfo};
use crate::widgets::section::section;

/// Facts of the recording, load options, failed frames, memory.
#[derive(Default)]
pub struct InfoPanel {
    /// The stack that the forms below belong to.
    stack: Option<StackId>,
    load: load::LoadForm,
    calibration: calibration::CalibrationForm,
    failures: failures::Failures,
    memory: memory::MemoryBars,
}

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "info",
    title: "Info",
    hint: "What is open and how it was read; memory",
    bare: false,
    several: false,
    make: || Box::new(InfoPanel::default()),
};

impl Panel for InfoPanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl InfoPanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let session = cx.session;
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if let Some(recording) = session.shown(cx.at()) {
                let id = recording.stack().id;
                if self.stack.replace(id) != Some(id) {
                    self.load = load::LoadForm::of(recording);
                    self.calibration = calibration::CalibrationForm::default();
                }
                self.failures.update(recording);
                self.recording(ui, cx, recording);
            } else {
                ui.label(cx.theme.caption("Nothing is open."));
            }
            section(ui, "Memory", false, |ui| self.memory.ui(ui, cx));
        });
    }

    fn recording(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        if recording.is_preview() {
            let name = recording.stack().meta(0).name;
            let text = format!("A preview of {name}: what the recording is follows from all its files.");
            ui.label(cx.theme.caption(text));
            return;
        }
        notes(ui, cx, recording);
        axes::rows(ui, cx, recording);
        if !self.failures.is_empty() {
            let title = format!("{} failed", text::count(self.failures.len(), "frame"));
            section(ui, &title, true, |ui| self.failures.ui(ui, cx, recording));
        }
        section(ui, "Recording", true, |ui| facts(ui, cx, recording));
        section(ui, "Frame shown", false, |ui| frame_facts(ui, cx, recording));
        section(ui, "Calibration", false, |ui| self.calibration.ui(ui, cx, recording));
        section(ui, "Load options", false, |ui| self.load.ui(ui, cx, recording));
    }
}

/// Width of the column of names.
const NAMES: f32 = 74.0;

/// Rows of a name and a value.
fn table(ui: &mut Ui, cx: &Cx<'_>, rows: Vec<(&str, String)>) {
    ui.spacing_mut().interact_size.y = 15.0;
    for (what, value) in rows {
        ui.horizontal_top(|ui| {
            let left = egui::Layout::left_to_right(egui::Align::Min);
            ui.allocate_ui_with_layout(egui::vec2(NAMES, 15.0), left, |ui| {
                ui.set_min_width(NAMES);
                ui.label(cx.theme.caption(what));
            });
            ui.add(Label::new(&value).wrap().selectable(true));
        });
    }
    ui.add_space(4.0);
}

/// What one should know of the recording, and what can be done at once.
fn notes(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    let Some(found) = recording.found() else { return };
    let info = &found.source;
    for note in info.notes.iter().chain(&found.scale) {
        ui.add(Label::new(RichText::new(note).color(cx.theme.warning)).wrap());
    }
    if recording.stack().is_rgb() {
        let tip = "Read the recording again as one luminance channel: a third of the memory, and colour maps";
        if ui.button("Load as grey").on_hover_text(tip).clicked() {
            let load = Load { grey: true, ..recording.recipe().load.clone() };
            cx.send(Command::Edit(Edit::Load(load)));
        }
    }
    for group in info.groups.iter().filter(|g| g.loadable && !g.chosen) {
        let tip = "Open this group of the folder instead";
        if ui.button(format!("Open the {}", group.text())).on_hover_text(tip).clicked() {
            // Options that were made for another group's size need not fit this one.
            let load = Load { group: Some(group.name.clone()), ..Load::default() };
            cx.send(Command::Edit(Edit::Load(load)));
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn facts(ui: &mut Ui, cx: &Cx<'_>, recording: &Recording) {
    let stack = recording.stack();
    let Some(found) = recording.found() else { return };
    let info = &found.source;
    let frame = stack.shape().frame;
    let paths: Vec<String> = recording.paths().iter().map(|p| p.display().to_string()).collect();
    let path = match paths.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => format!("{first} and {} more", rest.len()),
        _ => paths.concat(),
    };
    let names: Vec<&str> = stack.channels.iter().map(|c| c.name.as_str()).collect();
    let source = format!("{} × {} pixels", info.frame.width, info.frame.height);
    let size = format!("{} wide × {} high", frame.width, frame.height);
    let placed = if found.keeps_samples { size } else { format!("{size} (source {source})") };
    let frames = if stack.shape().frames == info.frames {
        text::count(info.frames, "frame")
    } else {
        format!("{} of {}", text::grouped(stack.shape().frames as u64), text::count(info.frames, "frame"))
    };
    let effective = cx.distribution().filter(|d| !d.sampled).and_then(|d| d.effective_bits);
    let bits = if info.dtype.is_float() {
        format!("{} bit, floating point", info.dtype.bits())
    } else {
        let used = effective.map_or(String::new(), |bits| format!(", in use: {}", bits.describe()));
        format!("{} bit{used}", info.container_bits)
    };
    let element = if stack.dtype() == info.dtype {
        stack.dtype().to_string()
    } else {
        format!("{} (source {})", stack.dtype(), info.dtype)
    };
    let held = match stack.store.access() {
        Access::Resident => format!("{} in memory", text::bytes(stack.store.memory_bytes())),
        Access::Mapped => format!("{} mapped, read when looked at", text::bytes(stack.bytes())),
        Access::Decoded => format!("{}, decoded when looked at", text::bytes(stack.bytes())),
    };
    let mut rows = vec![
        ("Name", stack.name.clone()),
        ("Path", path),
        ("Format", info.format.to_string()),
        ("Frames", frames),
        ("Size", placed),
        ("Channels", if names.is_empty() { "–".into() } else { names.join(", ") }),
        ("Colours", info.color_model.to_string()),
        ("Element", element),
        ("Bits", bits),
        ("On disk", text::bytes(info.bytes_on_disk)),
        ("Held", held),
        ("Read", found.plan.describe()),
    ];
    let said: Vec<(String, &String)> =
        info.facts.iter().map(|(name, text)| (capitalised(name), text)).collect();
    rows.extend(said.iter().map(|(name, text)| (name.as_str(), (*text).clone())));
    table(ui, cx, rows);
}

fn frame_facts(ui: &mut Ui, cx: &Cx<'_>, recording: &Recording) {
    let stack = recording.stack();
    let frame = cx.playhead().frame;
    let meta = stack.meta(frame);
    let source = stack.source_frame(frame);
    let mut rows = vec![("Frame", source.to_string()), ("Name", meta.name)];
    if let Some(number) = meta.number {
        rows.push(("File number", number));
    }
    if let Some(seconds) = recording.time().seconds(source) {
        rows.push(("Time", text::seconds(seconds)));
    }
    if let Some(file) = meta.file {
        rows.push(("File", file.display().to_string()));
    }
    if meta.file_bytes > 0 {
        rows.push(("File size", text::bytes(meta.file_bytes)));
    }
    if meta.container_bits > 0 {
        rows.push(("Bits", format!("{} bit", meta.container_bits)));
    }
    if !meta.color_model.is_empty() {
        rows.push(("Colours", meta.color_model.to_string()));
    }
    table(ui, cx, rows);
}
