//! Closing.

use blitz_model::session::Command;
use egui::{Key, ViewportCommand};

use super::row::{COMMAND, NOTHING_OPEN, Now, Row};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![
        Row::send("close.recording", "Close", "Close the recording shown", now, Command::Close)
            .key(COMMAND, Key::W)
            .needs(now.is_open(), NOTHING_OPEN),
        Row::window("close.window", "Quit", "Close the window", |_, ctx| {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        })
        .key(COMMAND, Key::Q),
    ]
}
