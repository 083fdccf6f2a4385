//! The controls above the plot.

use blitz_core::FrameRange;
use blitz_model::Method;
use blitz_model::document::{CurveStat, CurveView, Edit};
use blitz_model::session::{Command, LoopMode, Recording};
use blitz_model::text;
use egui::{Button, ComboBox, DragValue, Response, RichText, Ui};

use super::TimelinePanel;
use crate::commands::play;
use crate::commands::row::Now;
use crate::cx::Cx;
use crate::panels::frames::Frames;
use crate::widgets::icons::{Icon, framed_button};

/// Panels narrower than this show the controls in two rows.
const ONE_ROW: f32 = 1080.0;

/// Reductions that are offered.
const METHODS: [(&str, Method); 5] = [
    ("Mean", Method::Mean),
    ("Max", Method::Max),
    ("Min", Method::Min),
    ("Std", Method::Std),
    ("Median", Method::Median),
];

impl TimelinePanel {
    pub(super) fn controls(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        frames: &Frames<'_>,
    ) {
        if ui.available_width() >= ONE_ROW {
            ui.horizontal(|ui| {
                transport(ui, cx, recording, frames);
                ui.separator();
                self.reduction(ui, cx, recording, frames);
                ui.separator();
                self.curves(ui, cx, recording);
            });
        } else {
            ui.horizontal(|ui| transport(ui, cx, recording, frames));
            ui.horizontal(|ui| {
                self.reduction(ui, cx, recording, frames);
                ui.separator();
                self.curves(ui, cx, recording);
            });
        }
    }

    fn reduction(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, frames: &Frames<'_>) {
        ui.label(cx.theme.caption("Reduce"));
        let shown = recording.state().shown_method();
        let name = |method: Method| {
            let found = METHODS.iter().find(|(_, m)| *m == method).map(|(name, _)| (*name).to_owned());
            found.unwrap_or_else(|| text::method(method))
        };
        let mut chosen = shown;
        ComboBox::from_id_salt("reduction")
            .width(74.0)
            .selected_text(shown.map_or("None".to_owned(), name))
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut chosen, None, "None");
                for (label, method) in METHODS {
                    ui.selectable_value(&mut chosen, Some(method), label);
                }
            })
            .response
            .accessible_name("Reduction")
            .on_hover_text(
                "Show one picture computed from the frames of the range; the curves still cover all frames",
            );
        if chosen != shown {
            cx.send(Command::Edit(Edit::Reduce(chosen)));
            if shown.is_none() && self.range.is_some() {
                cx.send(Command::Edit(Edit::ReduceRange(self.range)));
            }
        }
        self.range_fields(ui, cx, recording, frames);
    }

    /// First and last frame of the range, both included, in source frame numbers.
    fn range_fields(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, frames: &Frames<'_>) {
        let (first, last) = frames.positions(self.range);
        let (from, to) = (frames.source(first), frames.source(last));
        let (mut new_from, mut new_to) = (from, to);
        let ends = (frames.source(0), frames.source(frames.last()));
        ui.label(cx.theme.caption("of"));
        let a = frame_field(ui, frames, &mut new_from, ends, "Range from", "First frame of the range");
        ui.label(cx.theme.caption("–"));
        let b = frame_field(ui, frames, &mut new_to, ends, "Range to", "Last frame of the range, included");
        for response in [&a, &b] {
            cx.view.gesture |= response.dragged() || response.has_focus();
        }
        if (a.changed() || b.changed()) && (new_from, new_to) != (from, to) {
            let (from, to) = (frames.nearest(new_from as f64), frames.nearest(new_to as f64));
            // An end beyond the other one takes it along.
            let ends = if a.changed() { (from, to.max(from)) } else { (from.min(to), to) };
            self.set_range(cx, recording, frames.range(ends.0, ends.1));
        }
        ui.label(cx.theme.caption(format!("({})", text::count(last - first + 1, "frame"))));
        let full = ui
            .add_enabled(self.range.is_some(), Button::new("Full"))
            .accessible_name("Full range")
            .on_hover_text("Take all frames")
            .on_disabled_hover_text("The range holds all frames");
        if full.clicked() {
            self.set_range(cx, recording, None);
        }
    }

    fn set_range(&mut self, cx: &mut Cx<'_>, recording: &Recording, range: Option<FrameRange>) {
        self.range = range;
        if recording.recipe().reduction.is_some() {
            cx.send(Command::Edit(Edit::ReduceRange(range)));
        }
    }

    fn curves(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        let view = recording.state().curves;
        ui.label(cx.theme.caption("Curve"));
        let stats = [
            ("Mean", "Curve mean", CurveStat::Mean, "Mean over the pixels of each zone"),
            (
                "Median",
                "Curve median",
                CurveStat::Median,
                "Median over the pixels of each zone; takes longer",
            ),
        ];
        for (label, name, stat, tip) in stats {
            if toggle(ui, view.stat == stat, label, name).on_hover_text(tip).clicked() && view.stat != stat {
                cx.send(Command::Edit(Edit::Curves(CurveView { stat, ..view })));
            }
        }
        let tip = "Fill from the smallest to the largest value of each zone";
        if toggle(ui, view.band, "Band", "Band from minimum to maximum").on_hover_text(tip).clicked() {
            cx.send(Command::Edit(Edit::Curves(CurveView { band: !view.band, ..view })));
        }
        if self.plot.view.is_some()
            && ui
                .button("All frames")
                .on_hover_text("Show the whole axis again (or double click the plot)")
                .clicked()
        {
            self.plot.view = None;
        }
        let preliminary = cx.curves().iter().any(|c| c.preliminary);
        if preliminary {
            let text = RichText::new("preliminary").color(cx.theme.warning);
            ui.label(text).on_hover_text("Frames are still arriving; the curves cover those that are there");
        } else if cx.curves().iter().any(|c| !c.current) {
            ui.label(cx.theme.caption("updating…"));
        }
    }
}

fn transport(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, frames: &Frames<'_>) {
    let playhead = cx.playhead();
    let reduced = recording.recipe().reduction.is_some();
    let why = "A reduction is shown; click the plot or press Esc to go back to frames";
    ui.add_enabled_ui(!reduced, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let now = Now::of(cx);
        let playing = if playhead.playing { Icon::Pause } else { Icon::Play };
        let buttons = [
            (Icon::First, play::first(&now)),
            (Icon::Previous, play::previous(&now)),
            (playing, play::toggle(&now)),
            (Icon::Next, play::next(&now)),
            (Icon::Last, play::last(&now)),
        ];
        for (icon, row) in buttons {
            let width = if matches!(icon, Icon::Play | Icon::Pause) { 34.0 } else { 26.0 };
            let button = framed_button(ui, icon, &row.text, width).on_hover_text(row.hint());
            if button.on_disabled_hover_text(why).clicked() {
                cx.act(row.action);
            }
        }
    });
    rate_and_loop(ui, cx);
    ui.separator();
    ui.label(cx.theme.caption("Frame"));
    let ends = (frames.source(0), frames.source(frames.last()));
    let at = frames.stack.source_frame(playhead.frame);
    let mut typed = at;
    ui.add_enabled_ui(!reduced, |ui| {
        let field =
            frame_field(ui, frames, &mut typed, ends, "Frame number", "The frame shown; type or drag");
        cx.view.gesture |= field.dragged() || field.has_focus();
        if field.on_disabled_hover_text(why).changed() && typed != at {
            let frame = frames.list.get(frames.nearest(typed as f64)).copied();
            cx.send(Command::Seek(frame.unwrap_or(0)));
        }
    });
    ui.label(cx.theme.caption(format!("/ {}–{}", ends.0, ends.1)));
    let position = frames.list.partition_point(|&frame| frame < playhead.frame);
    if let Some(number) = frames.file_number(position) {
        ui.label(cx.theme.caption(format!("file {number}"))).on_hover_text("The number in the file's name");
    }
    if let Some(seconds) = recording.time().seconds(at) {
        // A width of its own, so that nothing moves while playing.
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(egui::vec2(80.0, cx.theme.row), layout, |ui| {
            ui.set_min_width(80.0);
            ui.label(cx.theme.caption("at"));
            ui.label(cx.theme.number(text::seconds(seconds))).on_hover_text("Time of the frame shown");
        });
    }
}

fn rate_and_loop(ui: &mut Ui, cx: &mut Cx<'_>) {
    let playhead = cx.playhead();
    let mut rate = playhead.rate;
    let field = DragValue::new(&mut rate)
        .range(0.1..=100_000.0)
        .speed((playhead.rate / 60.0).max(0.02))
        .max_decimals(usize::from(playhead.rate < 10.0))
        .update_while_editing(false)
        .suffix(" fps");
    let field = ui
        .add_sized([66.0, cx.theme.row], field)
        .accessible_name("Playback rate")
        .on_hover_text("Frames per second while playing; late frames are skipped to keep the rate");
    if field.changed() && rate != playhead.rate {
        cx.send(Command::PlayRate(rate));
    }
    let modes = [(LoopMode::Once, "Once"), (LoopMode::Loop, "Loop"), (LoopMode::PingPong, "Ping-pong")];
    let shown = modes.iter().find(|(mode, _)| *mode == playhead.mode).map_or("", |(_, name)| name);
    let mut mode = playhead.mode;
    ComboBox::from_id_salt("loop mode")
        .width(84.0)
        .selected_text(shown)
        .show_ui(ui, |ui| {
            for (value, name) in modes {
                ui.selectable_value(&mut mode, value, name);
            }
        })
        .response
        .accessible_name("Loop mode")
        .on_hover_text("What happens at the last frame: stop, start again, or turn round");
    if mode != playhead.mode {
        cx.send(Command::PlayLoop(mode));
    }
}

/// A field for a source frame number.
fn frame_field(
    ui: &mut Ui,
    frames: &Frames<'_>,
    value: &mut usize,
    ends: (usize, usize),
    name: &str,
    tip: &str,
) -> Response {
    let digits = ends.1.max(1).ilog10() + 1;
    let field = DragValue::new(value)
        .range(ends.0..=ends.1)
        .speed((frames.len() as f64 / 400.0).max(0.1))
        .update_while_editing(false);
    let width = 22.0 + 7.5 * digits.max(3) as f32;
    ui.add_sized([width, ui.spacing().interact_size.y], field).accessible_name(name).on_hover_text(tip)
}

fn toggle(ui: &mut Ui, selected: bool, text: &str, name: &str) -> Response {
    ui.add(Button::selectable(selected, text).frame_when_inactive(true)).accessible_name(name)
}
