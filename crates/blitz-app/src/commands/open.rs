//! Opening recordings.

use std::path::PathBuf;

use blitz_model::recipe::{Load, Rate};
use blitz_model::session::{Command, Recording};
use egui::{Context, Key};

use super::row::{COMMAND, NOTHING_OPEN, Now, Row, SHIFT_COMMAND};
use crate::path::{choose, type_path};
use crate::state::{PathKind, PathWanted, State};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![
        files(),
        folder(),
        Row::window("open.path", "Open path…", "Type or paste the path of a file or folder", |state, _| {
            type_path(state, wanted(PathKind::Files, false), None);
        })
        .key(COMMAND, Key::L),
        Row::window(
            "open.in-addition",
            "Open in addition…",
            "Keep what is open and switch between them",
            |state, ctx| choose(state, ctx, wanted(PathKind::Files, true)),
        )
        .needs(now.is_open(), NOTHING_OPEN),
        watch(now),
        demo(),
    ]
}

pub(crate) fn files() -> Row {
    let tooltip = "One file, or several that make one recording";
    Row::window("open.files", "Open files…", tooltip, |state, ctx| {
        choose(state, ctx, wanted(PathKind::Files, false));
    })
    .key(COMMAND, Key::O)
}

pub(crate) fn folder() -> Row {
    Row::window("open.folder", "Open folder…", "A folder with one file per frame", |state, ctx| {
        choose(state, ctx, wanted(PathKind::Folder, false));
    })
    .key(SHIFT_COMMAND, Key::O)
}

/// The switch that takes on what is written to the folder.
pub(crate) fn watch(now: &Now<'_>) -> Row {
    let watched = now.recording().is_some_and(Recording::is_watched);
    let can = now.recording().is_some_and(Recording::can_be_watched);
    let tooltip = "Take on the frames that another program writes to the folder; it is read again for that";
    Row::send("open.watch", "Watch the folder", tooltip, now, Command::WatchFolder(!watched))
        .radio(watched)
        .needs(now.is_open(), NOTHING_OPEN)
        .needs(can, "Only a folder with one picture in each file can be watched")
}

pub(crate) fn demo() -> Row {
    let tooltip = "Write a small synthetic recording to the temporary folder and open it";
    Row::window("open.demo", "Open the demo", tooltip, write_demo)
}

/// Opens files or a folder in place of what is open, or beside it.
pub(crate) fn open(state: &mut State, paths: Vec<PathBuf>, in_addition: bool) {
    state.session.execute(Command::Open { paths, load: Load::default(), in_addition });
}

fn wanted(kind: PathKind, in_addition: bool) -> PathWanted {
    let title = match kind {
        PathKind::Folder => "Open a folder",
        _ => "Open a file or folder",
    };
    let then = Box::new(move |state: &mut State, _: &Context, paths| open(state, paths, in_addition));
    PathWanted { title: title.into(), verb: "Open", kind, then }
}

/// Writes the demo recording on another thread, and opens it when it is there.
fn write_demo(state: &mut State, ctx: &Context) {
    let (sender, ctx) = (state.mailbox.sender(), ctx.clone());
    state.session.spawn_task("writing the demo recording", move |_| {
        let folder = blitz_model::demo::default_dir();
        let report = blitz_model::demo::write(&folder, false).map_err(|e| e.to_string())?;
        let written = report.folder.clone();
        drop(sender.send(Box::new(move |state: &mut State, _: &Context| {
            state.first.before = state.session.current().map(Recording::id);
            state.first.rate = Some(Rate::Fps(blitz_model::demo::RATE.to_string()));
            open(state, vec![written], false);
        })));
        ctx.request_repaint();
        Ok(format!("the demo recording lies in {}", report.folder.display()))
    });
}
