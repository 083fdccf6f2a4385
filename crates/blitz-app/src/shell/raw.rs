//! The form for raw binary files. What it says is opened at once, behind it, so that the picture tells.

use blitz_model::load::RawLayout;
use blitz_model::recipe::Load;
use blitz_model::session::{Command, Recording, RecordingId, Unknown};
use blitz_model::text;
use egui::{Align2, Button, Checkbox, Context, DragValue, Label, RichText, Ui, vec2};

use crate::cx::{Action, Cx};
use crate::widgets::fields::{choose, row};

/// Element types that cameras write.
const TYPES: [(&str, &str); 11] = [
    ("u8", "8 bit unsigned"),
    ("u16", "16 bit unsigned"),
    ("u32", "32 bit unsigned"),
    ("u64", "64 bit unsigned"),
    ("i8", "8 bit signed"),
    ("i16", "16 bit signed"),
    ("i32", "32 bit signed"),
    ("i64", "64 bit signed"),
    ("f16", "16 bit float"),
    ("f32", "32 bit float"),
    ("f64", "64 bit float"),
];

/// How samples of fewer bits are packed.
const PACKINGS: [(&str, &str); 9] = [
    ("", "not packed"),
    ("10packed", "10 bit, high bits first"),
    ("12packed", "12 bit, high bits first"),
    ("14packed", "14 bit, high bits first"),
    ("10p", "10 bit, low bits first (Mono10p)"),
    ("12p", "12 bit, low bits first (Mono12p)"),
    ("12gige", "12 bit, GigE (Mono12Packed)"),
    ("10mipi", "10 bit, MIPI (RAW10)"),
    ("12mipi", "12 bit, MIPI (RAW12)"),
];

/// What is being said of a file.
#[derive(Default)]
pub(super) struct RawForm {
    /// The file that was last asked about.
    seen: Option<RecordingId>,
    open: Option<Form>,
}

struct Form {
    of: Unknown,
    width: usize,
    height: usize,
    channels: usize,
    kind: &'static str,
    big_endian: bool,
    packing: &'static str,
    offset: u64,
    gap: u64,
    upwards: bool,
    /// Whether the picture follows what is said: from the beginning where a layout was found, which is likely then.
    follows: bool,
    /// The layout that was opened last.
    opened: Option<String>,
}

/// The entry of a list that has this name; the first where none has.
fn entry(list: &[(&'static str, &'static str)], name: &str) -> &'static str {
    list.iter().find(|(entry, _)| *entry == name).map_or(list[0].0, |(entry, _)| entry)
}

impl Form {
    fn new(of: Unknown) -> Self {
        let first = of.layouts.first().cloned();
        let mut form = Self {
            of,
            width: 640,
            height: 480,
            channels: 1,
            kind: "u16",
            big_endian: false,
            packing: "",
            offset: 0,
            gap: 0,
            upwards: false,
            follows: first.is_some(),
            opened: None,
        };
        if let Some(layout) = first.and_then(|text| text.parse().ok()) {
            form.take(&layout);
        }
        form
    }

    fn take(&mut self, layout: &RawLayout) {
        [self.width, self.height, self.channels] = layout.shape();
        self.kind = entry(&TYPES, &layout.type_name());
        self.big_endian = layout.is_big_endian();
        self.packing = entry(&PACKINGS, &layout.packing().unwrap_or_default());
        (self.offset, self.gap) = layout.offset_and_gap();
        self.upwards = layout.is_upwards();
    }

    fn text(&self) -> String {
        let Self { width, height, channels, kind, offset, gap, .. } = self;
        let channels = if *channels > 1 { format!("x{channels}") } else { String::new() };
        let order = if self.big_endian { "be" } else { "le" };
        let kind = if self.packing.is_empty() { *kind } else { "u16" };
        let rows = if self.upwards { ":rows=up" } else { "" };
        let bits = if self.packing.is_empty() { String::new() } else { format!(":bits={}", self.packing) };
        format!("{width}x{height}{channels}:{kind}{order}:offset={offset}:gap={gap}{rows}{bits}")
    }

    /// Opens what the form says, if it is new and possible; says what it gives.
    fn show(&mut self, cx: &mut Cx<'_>) -> Result<String, String> {
        let layout: RawLayout = self.text().parse().map_err(|_| "a size of 0, or too large".to_owned())?;
        let (frames, bytes, rest) = layout.frames_in(self.of.bytes);
        if frames == 0 {
            return Err(format!(
                "a frame takes {}, the file has {}",
                text::bytes(bytes),
                text::bytes(self.of.bytes)
            ));
        }
        let raw = layout.to_string();
        if self.follows && self.opened.as_ref() != Some(&raw) {
            let load = Load { raw: Some(raw.clone()), ..self.of.load.clone() };
            let in_addition = self.of.in_addition && self.opened.is_none();
            let open = Command::Open { paths: self.of.paths.clone(), load, in_addition };
            cx.act(Action::Model(self.of.view, open));
            self.opened = Some(raw);
        }
        let rest = match rest {
            0 => "nothing left over".to_owned(),
            rest => format!("{} bytes left over", text::grouped(rest)),
        };
        Ok(format!("{} of {}, {rest}", text::count(frames as usize, "frame"), text::bytes(bytes)))
    }

    fn fields(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let number = |ui: &mut Ui, value: &mut usize, most: usize, name: &str, hint: &str| {
            let field = DragValue::new(value).range(1..=most).speed(0.5).update_while_editing(false);
            ui.add(field).accessible_name(name).on_hover_text(hint);
        };
        row(ui, cx, "Size", "Width and height of a frame, and samples of a pixel", |ui, cx| {
            ui.horizontal(|ui| {
                number(ui, &mut self.width, 1 << 20, "Width", "Pixels of a row");
                ui.label(cx.theme.caption("×"));
                number(ui, &mut self.height, 1 << 20, "Height", "Rows of a frame");
                ui.label(cx.theme.caption("×"));
                number(ui, &mut self.channels, 16, "Channels", "Samples of a pixel: 3 for RGB");
            });
        });
        row(ui, cx, "Samples", "What a sample is", |ui, _| {
            ui.add_enabled_ui(self.packing.is_empty(), |ui| {
                choose(ui, &mut self.kind, &TYPES, "Type", "Bits and kind of a sample");
            });
            choose(ui, &mut self.packing, &PACKINGS, "Packing", "Samples that are no whole bytes");
            let whole = self.packing.is_empty() && !matches!(self.kind, "u8" | "i8");
            ui.add_enabled(whole, Checkbox::new(&mut self.big_endian, "high byte first"))
                .on_hover_text("Big-endian: the order of Motorola, and of networks");
        });
        row(ui, cx, "Place", "Where frames lie in the file", |ui, cx| {
            let bytes = |ui: &mut Ui, value: &mut u64, name: &str, hint: &str| {
                let field = DragValue::new(value).speed(1.0).suffix(" B").update_while_editing(false);
                ui.add(field).accessible_name(name).on_hover_text(hint);
            };
            ui.horizontal(|ui| {
                bytes(ui, &mut self.offset, "Offset", "Bytes before the first frame");
                ui.label(cx.theme.caption("before,"));
                bytes(ui, &mut self.gap, "Gap", "Bytes from the end of a frame to the next");
                ui.label(cx.theme.caption("between frames"));
            });
            ui.checkbox(&mut self.upwards, "lowest row first").on_hover_text("Rows go upwards");
        });
    }
}

/// The form, if a file was just refused that may hold bare samples. It stands beside the picture and covers nothing that
/// tells whether it is right.
pub(super) fn show(raw: &mut RawForm, ctx: &Context, cx: &mut Cx<'_>) {
    if let Some(unknown) = cx.session.unknown().filter(|unknown| raw.seen != Some(unknown.id)) {
        raw.seen = Some(unknown.id);
        raw.open = Some(Form::new(unknown.clone()));
    }
    // Something else was opened in its place.
    let shown = |form: &Form| cx.session.shown(form.of.view).map(Recording::paths);
    if raw.open.as_ref().is_some_and(|form| {
        form.opened.is_some()
            && shown(form).is_some_and(|paths| paths != form.of.paths)
            && !cx.session.is_busy()
    }) {
        raw.open = None;
    }
    let Some(form) = &mut raw.open else { return };
    let name = form.of.paths.first().and_then(|path| path.file_name());
    let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut is_done = false;
    let theme = cx.theme;
    egui::Window::new("Raw binary")
        .anchor(Align2::RIGHT_TOP, vec2(-16.0, 64.0))
        .resizable(false)
        .collapsible(false)
        .default_width(330.0)
        .show(ctx, |ui| {
            let text = format!("Nothing tells what {name} is. If it is raw binary, say how its samples lie; the picture follows.");
            ui.add(Label::new(text).wrap());
            ui.add_space(theme.gap);
            let layouts = form.of.layouts.clone();
            if !layouts.is_empty() {
                row(ui, cx, "It may be", "Found by the file's length and by how alike its rows and frames are", |ui, _| {
                    for text in &layouts {
                        let Ok(layout) = text.parse::<RawLayout>() else { continue };
                        let button = ui.add(Button::new(RichText::new(text).monospace()).small());
                        if button.on_hover_text("Read it so").clicked() {
                            form.take(&layout);
                        }
                    }
                });
            }
            form.fields(ui, cx);
            ui.add_space(theme.gap);
            match form.show(cx) {
                Ok(gives) => ui.add(Label::new(theme.caption(gives)).wrap()),
                Err(why) => ui.add(Label::new(RichText::new(why).color(theme.error)).wrap()),
            };
            ui.add_space(theme.gap);
            ui.horizontal(|ui| {
                if !form.follows {
                    form.follows = ui.button("Show").on_hover_text("Read it so").clicked();
                }
                let close = if form.opened.is_some() { "Done" } else { "Cancel" };
                is_done = ui.button(close).on_hover_text("Close this form").clicked();
            });
        });
    if is_done {
        raw.open = None;
    }
}
