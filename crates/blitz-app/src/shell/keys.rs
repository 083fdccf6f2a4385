//! The keyboard.

use blitz_model::document::Edit;
use blitz_model::session::Command;
use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::app::App;
use crate::cx::{Action, UiAction};

const SHIFT_COMMAND: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

/// Shortcuts that act wherever the focus is; longer ones first, since a shorter one matches them, too.
const SHORTCUTS: [(Modifiers, Key, What); 13] = [
    (SHIFT_COMMAND, Key::Z, What::Do(Command::Redo)),
    (Modifiers::COMMAND, Key::Y, What::Do(Command::Redo)),
    (Modifiers::COMMAND, Key::Z, What::Do(Command::Undo)),
    (SHIFT_COMMAND, Key::O, What::Ask(UiAction::OpenFolder)),
    (Modifiers::COMMAND, Key::O, What::Ask(UiAction::OpenFiles)),
    (Modifiers::COMMAND, Key::L, What::Ask(UiAction::OpenPath)),
    (Modifiers::COMMAND, Key::S, What::Ask(UiAction::SavePicture)),
    (SHIFT_COMMAND, Key::E, What::Ask(UiAction::ExportResult)),
    (Modifiers::COMMAND, Key::E, What::Ask(UiAction::SaveCurves)),
    (Modifiers::COMMAND, Key::T, What::Ask(UiAction::ToggleTheme)),
    (Modifiers::COMMAND, Key::W, What::Do(Command::Close)),
    (Modifiers::COMMAND, Key::Q, What::Quit),
    (Modifiers::NONE, Key::F1, What::Ask(UiAction::ShowHelp)),
];

enum What {
    Do(Command),
    Ask(UiAction),
    Quit,
}

/// Keys that move through the frames, and how far.
const STEPS: [(Key, i64); 8] = [
    (Key::ArrowLeft, -1),
    (Key::ArrowRight, 1),
    (Key::ArrowUp, -10),
    (Key::ArrowDown, 10),
    (Key::PageUp, -100),
    (Key::PageDown, 100),
    (Key::Home, i64::MIN),
    (Key::End, i64::MAX),
];

/// Turns keys into actions. Whoever has the focus, such as a text field, comes first.
pub(crate) fn keys(app: &mut App, ctx: &Context, actions: &mut Vec<Action>) {
    let view = app.session.focused();
    // While something is typed, undo and the like belong to the text.
    if ctx.text_edit_focused() || ctx.memory(|m| m.top_modal_layer().is_some()) {
        return;
    }
    for (modifiers, key, what) in &SHORTCUTS {
        if ctx.input_mut(|i| i.consume_shortcut(&KeyboardShortcut::new(*modifiers, *key))) {
            match what {
                What::Do(command) => actions.push(Action::Model(view, command.clone())),
                What::Ask(action) => actions.push(Action::Window(*action)),
                What::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            }
        }
    }
    let Some(recording) = app.session.current() else { return };
    let copied = ctx.input(|i| i.events.iter().any(|e| matches!(e, Event::Copy)));
    if copied || ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::C)) {
        actions.push(Action::Window(UiAction::CopyProbe));
    }
    if ctx.memory(|m| m.focused().is_some()) || egui::Popup::is_any_open(ctx) {
        return;
    }
    let pressed = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if pressed(Key::Space) {
        actions.push(Action::Model(view, Command::TogglePlay));
    }
    if pressed(Key::F) {
        actions.push(Action::Window(UiAction::FitView));
    }
    if pressed(Key::Num1) {
        actions.push(Action::Window(UiAction::OneToOne));
    }
    if pressed(Key::Delete) || pressed(Key::Backspace) {
        actions.push(Action::Window(UiAction::DeleteZone));
    }
    let reduced = recording.recipe().reduction.is_some();
    if reduced && !app.panels_busy() && pressed(Key::Escape) {
        actions.push(Action::Model(view, Command::Edit(Edit::Reduce(None))));
    }
    for (key, step) in STEPS {
        let times = ctx.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as i64;
        if times > 0 {
            actions.push(Action::Model(view, Command::Step(step.saturating_mul(times))));
        }
    }
}
