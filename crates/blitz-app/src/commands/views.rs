//! Several views of one recording or of several, and what they have in common.

use blitz_model::session::{Command, Link, Shows};
use egui::Key;

use super::row::{NOTHING_OPEN, Now, Row, SHIFT_COMMAND};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let several = now.session.views().len() > 1;
    let one = "There is only one view";
    let view = now.session.view(now.at);
    let source = view.is_some_and(|view| view.shows() == Shows::Source);
    let shows = if source { Shows::Result } else { Shows::Source };
    let mut rows = vec![
        add(now),
        Row::send(
            "views.source",
            "Source in this view",
            "Show the source, before all steps, in this view; the other views keep what they show",
            now,
            Command::Values(shows),
        )
        .radio(source)
        .needs(now.is_open(), NOTHING_OPEN),
        close(now),
    ];
    let link = now.session.link();
    let links = [
        (
            "time",
            "Link time",
            "All views show the same time, or the same frame where no rate is set",
            link.time,
        ),
        ("zoom", "Link zoom", "All views show the same part of the image", link.zoom),
        ("levels", "Link levels", "All views have the levels of the first", link.levels),
        ("cursor", "Link cursor", "All views mark the pixel under the pointer", link.cursor),
    ];
    for (id, text, tooltip, on) in links {
        let next = match id {
            "time" => Link { time: !on, ..link },
            "zoom" => Link { zoom: !on, ..link },
            "levels" => Link { levels: !on, ..link },
            _ => Link { cursor: !on, ..link },
        };
        let row = Row::send(format!("views.link-{id}"), text, tooltip, now, Command::Link(next));
        rows.push(row.radio(on).needs(now.is_open(), NOTHING_OPEN).needs(several, one));
    }
    rows
}

fn close(now: &Now<'_>) -> Row {
    let first = now.session.views()[0].id() == now.at;
    let tooltip = "The other views go on; what only this one shows stays open";
    Row::send("views.close", "Close this view", tooltip, now, Command::CloseView)
        .key(SHIFT_COMMAND, Key::W)
        .needs(!first, "The first view stays")
}

fn add(now: &Now<'_>) -> Row {
    let tooltip = "Another view beside this one: of this recording, or of the one that is shown in it next";
    Row::window("views.add", "New view", tooltip, |state, _| {
        let first = state.session.views().len() == 1;
        state.session.execute(Command::AddView);
        if first {
            // What a comparison wants; each can be switched off.
            state.session.execute(Command::Link(Link {
                time: true,
                zoom: true,
                levels: false,
                cursor: true,
            }));
        }
    })
    .key(SHIFT_COMMAND, Key::V)
    .needs(now.is_open(), NOTHING_OPEN)
}
