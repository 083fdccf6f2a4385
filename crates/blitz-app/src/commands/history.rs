//! Undo and redo.

use blitz_model::session::Command;
use egui::Key;

use super::row::{COMMAND, NOTHING_OPEN, Now, Row, SHIFT_COMMAND};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let history = now.recording().map(blitz_model::session::Recording::history);
    let (undo, redo) = (history.and_then(|h| h.undo_label()), history.and_then(|h| h.redo_label()));
    let text = |verb: &str, what: Option<&str>| what.map_or(verb.to_owned(), |w| format!("{verb} {w}"));
    vec![
        Row::send("history.undo", text("Undo", undo), "Take the last change back", now, Command::Undo)
            .key(COMMAND, Key::Z)
            .needs(now.is_open(), NOTHING_OPEN)
            .needs(undo.is_some(), "There is no change to take back"),
        Row::send("history.redo", text("Redo", redo), "Do it again", now, Command::Redo)
            .key(SHIFT_COMMAND, Key::Z)
            .key(COMMAND, Key::Y)
            .needs(now.is_open(), NOTHING_OPEN)
            .needs(redo.is_some(), "No change was taken back"),
    ]
}
