//! The keyboard: keys are those of the table of commands.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::commands::GROUPS;
use crate::commands::row::{COMMAND, Now, Row};
use crate::cx::Action;

/// Turns keys into actions. Whoever has the focus, such as a text field, comes first.
pub(crate) fn keys(now: &Now<'_>, ctx: &Context, actions: &mut Vec<Action>) {
    let is_key = |e: &Event| matches!(e, Event::Key { pressed: true, .. } | Event::Copy);
    // While something is typed, undo and the like belong to the text.
    if !ctx.input(|i| i.events.iter().any(is_key))
        || ctx.text_edit_focused()
        || ctx.memory(|m| m.top_modal_layer().is_some())
    {
        return;
    }
    let rows: Vec<Row> = GROUPS.iter().flat_map(|(_, rows)| rows(now)).collect();
    // Longer keys first, since a shorter one matches them, too. Ctrl+Shift+Z with nothing to redo must not undo: so
    // longer keys of commands that are not available are taken as well.
    let counts = |key: &KeyboardShortcut, row: &Row| row.unavailable.is_none() || key.modifiers.shift;
    let mut keys: Vec<(KeyboardShortcut, &Row)> = rows
        .iter()
        .flat_map(|row| row.keys.iter().filter(|key| counts(key, row)).map(move |key| (*key, row)))
        .collect();
    keys.sort_by_key(|(key, _)| usize::from(!key.modifiers.shift));
    let is_free = ctx.memory(|m| m.focused().is_none()) && !egui::Popup::is_any_open(ctx);
    for (key, row) in keys {
        if !is_free && !acts_everywhere(key) {
            continue;
        }
        let mut times = ctx.input_mut(|i| i.count_and_consume_key(key.modifiers, key.logical_key));
        // The system's word for its copy key.
        if key == KeyboardShortcut::new(COMMAND, Key::C) {
            times += ctx.input(|i| i.events.iter().filter(|e| matches!(e, Event::Copy)).count());
        }
        let times = match (&row.unavailable, row.repeats) {
            (Some(_), _) => 0,
            (None, true) => times,
            (None, false) => times.min(1),
        };
        actions.extend(std::iter::repeat_n(row.action.clone(), times));
    }
}

/// Whether a key acts wherever the focus is: those with Ctrl or Cmd, and function keys.
fn acts_everywhere(key: KeyboardShortcut) -> bool {
    key.modifiers != Modifiers::NONE || key.logical_key == Key::F1
}
