//! Asking a person for a path: by the system's dialog, or typed.

#[cfg(not(target_arch = "wasm32"))]
mod dialog;

use std::path::PathBuf;

use crate::state::{PathDialog, PathKind, PathWanted, State};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use dialog::choose;

/// Asks for a path: it is typed, since browsers' dialogs give none.
#[cfg(target_arch = "wasm32")]
pub(crate) fn choose(state: &mut State, _ctx: &egui::Context, wanted: PathWanted) {
    type_path(state, wanted, None);
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
