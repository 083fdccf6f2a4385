//! Finding out what can be done.

use egui::Key;

use super::row::{COMMAND, Now, PLAIN, Row, SHIFT_COMMAND};
use crate::state::{Page, Palette};

pub(super) fn rows(_: &Now<'_>) -> Vec<Row> {
    vec![
        Row::window("help.keys", "Keys and mouse", "What keys and mouse do", |state, _| {
            state.dialogs.page = Some(Page::Help);
        })
        .key(PLAIN, Key::F1),
        Row::window(
            "help.palette",
            "Find a command…",
            "Type a part of its name and press Enter",
            |state, _| {
                state.dialogs.page = Some(Page::Palette(Palette::default()));
            },
        )
        .key(COMMAND, Key::K)
        .key(SHIFT_COMMAND, Key::P),
        Row::window("help.about", "About BLITZ", "Version and licence", |state, _| {
            state.dialogs.page = Some(Page::About);
        }),
    ]
}
