//! How the window looks.

use egui::Key;

use super::row::{COMMAND, Now, Row};
use crate::theme::Theme;

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let text = if now.dark { "Light theme" } else { "Dark theme" };
    let toggle = Row::window("look.theme", text, "Dark for a dim room, light for daylight", |state, _| {
        state.theme = Theme::of(!state.theme.dark);
    });
    vec![toggle.key(COMMAND, Key::T)]
}
