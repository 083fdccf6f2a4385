//! Asking a person for a path: by the system's dialog, or typed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::Context;

use crate::state::{PathDialog, PathKind, PathWanted, State};

/// A file dialog that answers "nothing" faster than a person can is no dialog.
const TOO_FAST: Duration = Duration::from_millis(250);

/// What the system's dialog gives.
type Answer = std::pin::Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>>;

/// Asks for a path: by the system's dialog, on a thread of its own.
pub(crate) fn choose(state: &mut State, ctx: &Context, wanted: PathWanted) {
    let view = state.session.focused();
    let dialog = rfd::AsyncFileDialog::new().set_title(&*wanted.title);
    let one = |chosen: Option<rfd::FileHandle>| chosen.map(|one| vec![one]);
    let files: Answer = match &wanted.kind {
        PathKind::Files => Box::pin(dialog.pick_files()),
        PathKind::File => {
            let chosen = dialog.pick_file();
            Box::pin(async move { one(chosen.await) })
        }
        PathKind::Folder => {
            let chosen = dialog.pick_folder();
            Box::pin(async move { one(chosen.await) })
        }
        PathKind::NewFile(name) => {
            let chosen = dialog.set_file_name(name).save_file();
            Box::pin(async move { one(chosen.await) })
        }
    };
    let (sender, repaint) = (state.mailbox.sender(), ctx.clone());
    let asked = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
        let since = Instant::now();
        // The window may be gone by then: nothing is to be done any more.
        match pollster::block_on(files) {
            Some(chosen) => {
                let paths = chosen.iter().map(|file| file.path().to_owned()).collect();
                drop(sender.send(Box::new(move |state, ctx| {
                    if state.back_to(view) {
                        (wanted.then)(state, ctx, paths);
                    }
                })));
            }
            None if since.elapsed() < TOO_FAST => {
                let message = "The system shows no file dialog here. Type the path:".to_owned();
                drop(sender.send(Box::new(move |state, _| type_path(state, wanted, Some(message)))));
            }
            None => {}
        }
        repaint.request_repaint();
    });
    if let Err(error) = asked {
        state.session.log_mut().error(&format!("no file dialog can be shown: {error}"));
    }
}

/// Opens the dialog in which a path is typed.
pub(crate) fn type_path(state: &mut State, wanted: PathWanted, message: Option<String>) {
    let typed = match &wanted.kind {
        PathKind::NewFile(name) => {
            std::env::current_dir().unwrap_or_default().join(name).display().to_string()
        }
        _ => String::new(),
    };
    state.dialogs.path = Some(PathDialog { wanted, typed, message, replace: None, fresh: true });
}

/// The file name that is offered for something made of the recording: its name with `ending` for the suffix.
pub(crate) fn suggestion(state: &State, ending: &str) -> String {
    let Some(recording) = state.session.current() else { return String::new() };
    let name = recording.stack().name.replace(['/', '\\'], "_");
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    format!("{stem}{ending}")
}

/// A typed path as it is meant: without quotation marks, with the home folder for `~`.
pub(crate) fn expanded(typed: &str) -> PathBuf {
    let text = typed.trim();
    let quoted = |mark: char| text.strip_prefix(mark).and_then(|t| t.strip_suffix(mark));
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    let text = text.strip_prefix("file://").unwrap_or(text);
    let home =
        text.strip_prefix("~/").and_then(|rest| Some(PathBuf::from(std::env::var_os("HOME")?).join(rest)));
    home.unwrap_or_else(|| PathBuf::from(text))
}

/// `path` with `suffix` where it has none.
pub(crate) fn with_suffix(path: PathBuf, suffix: &str) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension(suffix) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_paths_are_taken_as_people_paste_them() {
        assert_eq!(expanded("  \"/data/run 3\" "), PathBuf::from("/data/run 3"));
        assert_eq!(expanded("'a b.npy'"), PathBuf::from("a b.npy"));
        assert_eq!(expanded("file:///tmp/x.tif"), PathBuf::from("/tmp/x.tif"));
        assert_eq!(expanded("\""), PathBuf::from("\""));
    }

    #[test]
    fn a_name_without_suffix_gets_one() {
        assert_eq!(with_suffix("a/b".into(), "png"), PathBuf::from("a/b.png"));
        assert_eq!(with_suffix("a/b.PNG".into(), "png"), PathBuf::from("a/b.PNG"));
    }
}
