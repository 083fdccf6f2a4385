//! How the axes of a recording are read: which is time, and which slice, channel or position is shown. Another choice
//! reads the recording again at once.

use blitz_model::document::Edit;
use blitz_model::load::{OneOf, Reading};
use blitz_model::recipe::Load;
use blitz_model::session::{Command, Recording};
use blitz_model::text;
use egui::{ComboBox, Ui};

use super::capitalised;
use crate::cx::Cx;

/// A row for each choice, with its name before it.
pub(super) fn rows(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    each(cx, recording, |cx, name, field| {
        let row = ui.horizontal(|ui| {
            ui.label(cx.theme.caption(capitalised(name)));
            field(ui, "")
        });
        row.inner
    });
}

/// The same for a bar: the fields alone, which say what they are.
pub(crate) fn fields(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
    each(cx, recording, |_, name, field| field(ui, name));
}

/// Draws a field with this before what it shows; gives what was chosen.
type Field<'a> = &'a dyn Fn(&mut Ui, &str) -> Option<Load>;

fn each(
    cx: &mut Cx<'_>,
    recording: &Recording,
    mut draw: impl FnMut(&Cx<'_>, &str, Field<'_>) -> Option<Load>,
) {
    let Some(found) = recording.found() else { return };
    let (reading, load) = (&found.source.reading, &recording.recipe().load);
    let mut wanted = None;
    if !reading.others.is_empty() {
        wanted = draw(cx, "axes", &|ui, before| axes(ui, before, reading, load));
    }
    for one in &reading.one_of {
        wanted = draw(cx, &one.name, &|ui, before| one_of(ui, before, one, load)).or(wanted);
    }
    if let Some(load) = wanted {
        cx.send(Command::Edit(Edit::Load(load)));
    }
}

fn axes(ui: &mut Ui, before: &str, reading: &Reading, load: &Load) -> Option<Load> {
    let mut wanted = None;
    let field =
        ComboBox::from_id_salt("axes").selected_text(format!("{before} {}", reading.axes).trim_start());
    let shown = field.show_ui(ui, |ui| {
        for other in &reading.others {
            if ui.selectable_label(false, other.as_str()).clicked() {
                let axes = Some(other.clone());
                wanted = Some(Load { axes, channel: None, slice: None, position: None, ..load.clone() });
            }
        }
    });
    let tip = "What the axes are: T time, Z slices, C channels, P positions, H rows, W columns";
    shown.response.accessible_name("Choose axes").on_hover_text(tip);
    wanted
}

fn one_of(ui: &mut Ui, before: &str, one: &OneOf, load: &Load) -> Option<Load> {
    let label = |choice: Option<usize>| choice.map_or("all".to_owned(), |index| one.label(index));
    let mut wanted = None;
    let text = format!("{before} {}", label(one.shown));
    let shown = ComboBox::from_id_salt(&one.name).selected_text(text.trim_start()).show_ui(ui, |ui| {
        let all = one.may_be_all.then_some(None);
        for choice in all.into_iter().chain((0..one.count).map(Some)) {
            let is_shown = choice == one.shown;
            if ui.selectable_label(is_shown, label(choice)).clicked() && !is_shown {
                let mut next = load.clone();
                match one.letter {
                    'C' => next.channel = choice.map(|index| index.to_string()),
                    'Z' => next.slice = choice,
                    _ => next.position = choice,
                }
                wanted = Some(next);
            }
        }
    });
    let tip = format!("One of {}; the recording is read again", text::count(one.count, &one.name));
    shown.response.accessible_name(format!("Choose {}", one.name)).on_hover_text(tip);
    wanted
}
