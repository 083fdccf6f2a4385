//! The list of curves recorded beside the recording, below that of the zones.

use blitz_core::{Abscissa, TimeUnit};
use blitz_model::document::{AuxiliaryEdit, Edit};
use blitz_model::evaluate::{AuxiliaryAnswer, AuxiliaryCurve};
use blitz_model::recipe::Auxiliary;
use blitz_model::session::{AuxiliaryReply, Command, Recording};
use egui::{Align, Label, Layout, Popup, PopupCloseBehavior, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::beside;
use crate::cx::Cx;
use crate::widgets::fields::{Number, choose, row, whole};
use crate::widgets::icons::{Icon, framed_button};
use crate::widgets::values::value_text;

/// Draws the rows with the values at stack frame `frame`; nothing where there is no curve.
pub(super) fn rows(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    recording: &Recording,
    replies: &[AuxiliaryReply],
    frame: usize,
) {
    let entries = &recording.recipe().auxiliary;
    if entries.is_empty() {
        return;
    }
    ui.add_space(cx.theme.gap);
    ui.label(cx.theme.caption("Recorded beside"));
    let source = recording.stack().source_frame(frame);
    for reply in replies {
        if let Some(entry) = entries.get(reply.index) {
            one(ui, cx, reply, entry, source);
        }
    }
}

fn change(cx: &mut Cx<'_>, index: usize, entry: Auxiliary) {
    cx.send(Command::Edit(Edit::Auxiliary(AuxiliaryEdit::Change(index, Box::new(entry)))));
}

/// One entry of the recipe, with the value of its first curve.
fn one(ui: &mut Ui, cx: &mut Cx<'_>, reply: &AuxiliaryReply, entry: &Auxiliary, source: usize) {
    let (index, title) = (reply.index, entry.title());
    let answer = reply.reply.value.as_deref().filter(|_| !entry.hidden);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), cx.theme.row), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("Curve {title}")));
    if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(cx.theme.radius), cx.theme.button);
    }
    let inside = rect.shrink2(vec2(4.0, 0.0));
    let mut ui =
        ui.new_child(egui::UiBuilder::new().max_rect(inside).layout(Layout::left_to_right(Align::Center)));
    let (key, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    ui.painter().hline(key.x_range(), key.center().y, (1.5, beside::color(cx.theme, index, 0)));
    let mut shown = !entry.hidden;
    let switch = ui.checkbox(&mut shown, "").on_hover_text("Whether the curve is drawn and written");
    if switch.accessible_name(format!("Show {title}")).changed() {
        change(cx, index, Auxiliary { hidden: !shown, ..entry.clone() });
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let remove = framed_button(ui, Icon::Cross, &format!("Remove {title}"), 18.0);
        if remove.on_hover_text("Remove the curve; its file stays").clicked() {
            cx.send(Command::Edit(Edit::Auxiliary(AuxiliaryEdit::Remove(index))));
        }
        let settings = framed_button(ui, Icon::Closed, &format!("Settings of {title}"), 18.0)
            .on_hover_text("Offset, scale, smoothing, axis");
        Popup::from_toggle_button_response(&settings)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .frame(egui::Frame::popup(ui.style()).inner_margin(12.0))
            .show(|ui| editor(ui, cx, index, entry, answer));
        state(ui, cx, reply, entry, source);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let ink = if entry.hidden { cx.theme.weak } else { cx.theme.text };
            let label = Label::new(RichText::new(&title).color(ink)).truncate().selectable(false);
            ui.add(label).on_hover_text(about(entry, answer));
        });
    });
}

/// The value at the frame shown, or why there is none; the layout runs from the right.
fn state(ui: &mut Ui, cx: &Cx<'_>, reply: &AuxiliaryReply, entry: &Auxiliary, source: usize) {
    if entry.hidden {
        return;
    }
    if let Some(failure) = reply.reply.failure() {
        let label = Label::new(RichText::new("not read").color(cx.theme.error)).selectable(false);
        ui.add(label).on_hover_text(&failure.message);
        return;
    }
    let Some(answer) = &reply.reply.value else {
        ui.label(cx.theme.caption("reading…"));
        return;
    };
    if let [curve, ..] = &answer.curves[..] {
        let value = curve.on_frames.get(source).copied().unwrap_or(f64::NAN);
        let shown =
            if value.is_nan() { "–".to_owned() } else { value_text(value, value.abs().min(1e3), false) };
        let unit = curve.unit.as_deref().map_or_else(String::new, |unit| format!(" {unit}"));
        let tip = if value.is_nan() {
            "It has no value at this frame".to_owned()
        } else {
            format!("{} = {value}{unit} at this frame, interpolated between its samples", curve.name)
        };
        let label = Label::new(cx.theme.number(shown + &unit)).selectable(false).extend();
        ui.add(label).on_hover_text(tip);
    }
    if !answer.has_common_clock {
        let chip = Label::new(RichText::new("no common clock").color(cx.theme.warning)).selectable(false);
        ui.add(chip).on_hover_text(
            "The recording has no times, so the numbers of the file are taken for frame numbers. Set the frame rate \
             (Calibration) and the curve lies at its time.",
        );
    }
}

/// Where it comes from, and what was assumed.
fn about(entry: &Auxiliary, answer: Option<&AuxiliaryAnswer>) -> String {
    let mut lines = vec![entry.file.display().to_string()];
    if let Some(answer) = answer {
        lines.extend(answer.curves.iter().map(AuxiliaryCurve::title));
        lines.extend(answer.notes.iter().cloned());
    }
    lines.join("\n")
}

fn editor(ui: &mut Ui, cx: &mut Cx<'_>, index: usize, entry: &Auxiliary, answer: Option<&AuxiliaryAnswer>) {
    ui.set_width(250.0);
    let title = entry.title();
    let mut next = entry.clone();
    let unit = entry.unit.or(answer.map(|answer| answer.unit));
    let suffix = unit.map_or_else(String::new, |unit| format!(" {unit}"));
    let hint = "Added to its times: what lies later in the file than in the recording has a negative one";
    row(ui, cx, "Offset", hint, |ui, cx| {
        let name = format!("Offset of {title}");
        let number =
            Number { name: &name, hint, range: -1e15..=1e15, speed: 0.1, suffix: &suffix, decimals: 9 };
        number.ui(ui, cx, &mut next.offset)
    });
    let hint = "Factor of its values";
    row(ui, cx, "Scale", hint, |ui, cx| {
        let name = format!("Scale of {title}");
        let number = Number { name: &name, hint, range: -1e15..=1e15, speed: 0.01, suffix: "", decimals: 9 };
        // 0 would leave nothing of the curve.
        let before = next.scale;
        number.ui(ui, cx, &mut next.scale);
        if next.scale == 0.0 {
            next.scale = before;
        }
    });
    let hint = "Mean over so many of its own samples, an odd number; the ends, where the window is not whole, are missing";
    row(ui, cx, "Smooth", hint, |ui, cx| {
        let before = next.smooth;
        let name = format!("Smoothing of {title}");
        whole(ui, cx, &mut next.smooth, 1..=9_999, " samples", (name.as_str(), hint));
        if next.smooth.is_multiple_of(2) {
            // On the way up or down.
            next.smooth = if next.smooth > before { next.smooth + 1 } else { next.smooth - 1 };
        }
    });
    let hint = "What its times count";
    row(ui, cx, "Times in", hint, |ui, _| {
        let units: Vec<String> = TimeUnit::ALL.iter().map(ToString::to_string).collect();
        let mut choices: Vec<(Option<Abscissa>, &str)> = vec![(None, "as the file says")];
        choices.extend(
            TimeUnit::ALL.iter().zip(&units).map(|(u, text)| (Some(Abscissa::Time(*u)), text.as_str())),
        );
        choices.push((Some(Abscissa::Frames), "frames"));
        choose(ui, &mut next.unit, &choices, &format!("Unit of time of {title}"), hint);
    });
    if let Some(answer) = answer.filter(|answer| answer.columns.len() > 1) {
        let hint = "Which column of the file";
        row(ui, cx, "Column", hint, |ui, _| {
            let one = match &entry.columns[..] {
                [one] => answer.columns.iter().position(|column| column == one),
                _ => None,
            };
            let mut chosen = one;
            let all = entry.columns.is_empty().then_some((None, "all"));
            let columns = answer.columns.iter().enumerate().map(|(i, name)| (Some(i), name.as_str()));
            let choices: Vec<(Option<usize>, &str)> = all.into_iter().chain(columns).collect();
            if choose(ui, &mut chosen, &choices, &format!("Column of {title}"), hint) {
                next.columns = chosen.and_then(|i| answer.columns.get(i)).cloned().into_iter().collect();
            }
        });
    }
    let mut own_axis = !next.shared_axis;
    let mut at_frames = !next.own_times;
    let switches = [
        (&mut next.invert, "Invert", "Its largest value minus each"),
        (&mut own_axis, "Own axis", "An axis at the right; otherwise it is drawn on that of the zones"),
        (&mut at_frames, "At frames", "Drawn at the times of the frames; otherwise at its own"),
        (&mut next.drop_negative, "From 0 on", "Leaves out what lies before time 0 in the file"),
    ];
    for (value, label, hint) in switches {
        ui.checkbox(value, label).on_hover_text(hint).accessible_name(format!("{label}: {title}"));
    }
    (next.shared_axis, next.own_times) = (!own_axis, !at_frames);
    if next != *entry {
        change(cx, index, next);
    }
}
