//! Curves recorded beside the recording.

use std::path::{Path, PathBuf};

use blitz_model::document::{AuxiliaryEdit, Edit};
use blitz_model::load::auxiliary_in;
use blitz_model::recipe::Auxiliary;
use blitz_model::session::{Command, Recording};
use egui::Context;

use super::row::{NOTHING_OPEN, Now, Row};
use crate::path::choose;
use crate::state::{PathKind, PathWanted, State};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![add(now)]
}

pub(crate) fn add(now: &Now<'_>) -> Row {
    let tooltip = "A signal recorded beside it, as a table of times and values (.csv, .txt, .json), drawn in the timeline";
    Row::window("beside.add", "Curve from a file…", tooltip, |state, ctx| {
        let wanted = PathWanted {
            title: "Choose a table of times and values".into(),
            verb: "Add",
            kind: PathKind::Files,
            then: Box::new(|state, _, paths| take(state, paths)),
        };
        choose(state, ctx, wanted);
    })
    .needs(now.is_open(), NOTHING_OPEN)
}

/// Whether files may hold curves for the recording that is shown: `Some(true)` where they can be nothing else.
pub(crate) fn may_be_curves(state: &State, paths: &[PathBuf]) -> Option<bool> {
    let suffix =
        |path: &PathBuf| path.extension().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
    let has_timeline = |recording: &Recording| recording.is_whole() && recording.stack().shape().frames > 1;
    let is_any = |of: &[&str]| paths.iter().all(|path| of.contains(&suffix(path).as_str()));
    if paths.is_empty() || !state.session.current().is_some_and(has_timeline) {
        return None;
    }
    is_any(&["json", "csv", "tsv", "txt", "dat"]).then(|| is_any(&["json"]))
}

/// Reads files on another thread, and adds their curves to the recording when they are there.
pub(crate) fn take(state: &mut State, paths: Vec<PathBuf>) {
    let (sender, view) = (state.mailbox.sender(), state.session.focused());
    state.session.spawn_task("reading the curves", move |_| {
        let (mut entries, mut said) = (Vec::new(), Vec::new());
        for path in paths {
            let name = path
                .file_name()
                .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
            let (found, notes) = auxiliary_in(&absolute(&path))?;
            let titles: Vec<String> = found.iter().map(Auxiliary::title).collect();
            said.push(
                [format!("curves of {name}: {}.", titles.join(", "))]
                    .into_iter()
                    .chain(notes)
                    .collect::<Vec<_>>()
                    .join(" "),
            );
            entries.extend(found);
        }
        drop(sender.send(Box::new(move |state: &mut State, _: &Context| {
            if state.back_to(view) {
                state.session.execute(Command::Edit(Edit::Auxiliary(AuxiliaryEdit::Add(entries))));
                state.session.execute(Command::EndGesture);
            }
        })));
        Ok(said.join("; "))
    });
}

/// A path that holds from everywhere, so that a recipe saved elsewhere finds the file.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
