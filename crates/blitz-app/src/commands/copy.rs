//! The clipboard, and deleting what is selected.

use blitz_model::document::{Edit, ZoneEdit};
use blitz_model::session::{Command, Recording};
use egui::Key;

use super::row::{COMMAND, NOTHING_OPEN, Now, PLAIN, Row};
use crate::panels::probe;
use crate::recipe_file;

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![copy_probe(now), command_line(now), delete_zone(now)]
}

pub(crate) fn copy_probe(now: &Now<'_>) -> Row {
    Row::window("copy.probe", "Copy probe", "Copy the lines of the probe", |state, ctx| {
        if let Some(text) = state.with_cx(probe::as_text) {
            ctx.copy_text(text);
        }
    })
    .key(COMMAND, Key::C)
    .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn command_line(now: &Now<'_>) -> Row {
    let tooltip = "The line that does in a shell what is shown";
    Row::window("copy.command-line", "Copy as command line", tooltip, recipe_file::copy_command)
        .needs(now.is_open(), NOTHING_OPEN)
}

fn delete_zone(now: &Now<'_>) -> Row {
    let recording = now.recording();
    let index = recording.and_then(|r: &Recording| r.state().selected_zone);
    let zone = recording.zip(index).and_then(|(r, i)| r.recipe().zones.get(i));
    let text = zone.map_or("Delete zone".to_owned(), |zone| format!("Delete zone {}", zone.name));
    let command = Command::Edit(Edit::Zone(ZoneEdit::Delete(index.unwrap_or(0))));
    Row::send("zones.delete", text, "Delete the selected zone (ROI)", now, command)
        .key(PLAIN, Key::Delete)
        .key(PLAIN, Key::Backspace)
        .needs(now.is_open(), NOTHING_OPEN)
        .needs(zone.is_some(), "No zone is selected")
}
