//! Writing what is shown and what the steps make.

use blitz_model::text;
use egui::{Context, Key};

use super::row::{COMMAND, NOTHING_OPEN, Now, Row, SHIFT_COMMAND};
use crate::export::{begin, save};
use crate::path::{choose, suggestion, with_suffix};
use crate::state::{PathKind, PathWanted, State};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let not_ready = "The picture is not computed yet";
    vec![
        Row::window(
            "export.picture",
            "Save picture…",
            "PNG image in the recording's own pixels, with levels and colour map",
            |state, ctx| picture(state, ctx, false),
        )
        .key(COMMAND, Key::S)
        .needs(now.is_open(), NOTHING_OPEN)
        .needs(now.picture_is_current, not_ready),
        Row::window(
            "export.picture-with-bar",
            "Save picture with colour bar…",
            "PNG image with the values of the colours beside it",
            |state, ctx| picture(state, ctx, true),
        )
        .needs(now.is_open(), NOTHING_OPEN)
        .needs(now.picture_is_current, not_ready),
        Row::window(
            "export.curves",
            "Save curves…",
            "CSV table with one row per frame and the statistics of the zones (ROIs)",
            |state, ctx| {
                let name = suggestion(state, "_curves.csv");
                let path = |state: &mut State, path| save::curves(state, path);
                new_file(state, ctx, "Save the curves as CSV", "Save", name, path);
            },
        )
        .key(COMMAND, Key::E)
        .needs(now.is_open(), NOTHING_OPEN),
        result(now),
    ]
}

pub(crate) fn result(now: &Now<'_>) -> Row {
    Row::window(
        "export.result",
        "Export result…",
        "Numbers as the steps make them, exactly: .npy, .tif or numbered images; or a film (movie): .mp4, .mkv, .avi",
        |state, ctx| {
            let name = suggestion(state, &shown(state).map_or("_result.npy".into(), |m| format!("_{m}.npy")));
            let title = "Export the result (.npy, .tif, numbered images, .mp4, .mkv, .avi)";
            new_file(state, ctx, title, "Export", name, |state, path| {
                begin::chosen(state, with_suffix(path, "npy"));
            });
        },
    )
    .key(SHIFT_COMMAND, Key::E)
    .needs(now.is_open(), NOTHING_OPEN)
}

/// The name of the reduction that is shown.
fn shown(state: &State) -> Option<String> {
    state.session.current().and_then(|r| r.state().shown_method()).map(text::method)
}

fn picture(state: &mut State, ctx: &Context, bar: bool) {
    let ending = match (shown(state), state.session.current()) {
        (Some(method), _) => format!("_{method}.png"),
        (None, Some(r)) => format!("_{:05}.png", r.stack().source_frame(state.frame())),
        (None, None) => return,
    };
    let name = suggestion(state, &ending);
    new_file(state, ctx, "Save the picture as PNG", "Save", name, move |state, path| {
        save::picture(state, path, bar);
    });
}

/// Asks for a file to write, and writes it.
pub(super) fn new_file(
    state: &mut State,
    ctx: &Context,
    title: &'static str,
    verb: &'static str,
    name: String,
    write: impl FnOnce(&mut State, std::path::PathBuf) + Send + 'static,
) {
    let wanted = PathWanted {
        title: title.into(),
        verb,
        kind: PathKind::NewFile(name),
        then: Box::new(move |state, _, paths| {
            if let Some(path) = paths.into_iter().next() {
                write(state, path);
            }
        }),
    };
    choose(state, ctx, wanted);
}
