//! The table of commands. Menus, keys, the page of keys, buttons and the palette are made from it.
//!
//! A group of neighbours is a file with a function that gives its rows; a new command is a row there, a new group a
//! line in [`GROUPS`].

pub(crate) mod beside;
pub(crate) mod close;
pub(crate) mod copy;
pub(crate) mod export;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod look;
pub(crate) mod open;
pub(crate) mod panels;
pub(crate) mod play;
pub(crate) mod recipe;
pub(crate) mod recordings;
pub(crate) mod row;
pub(crate) mod turn;
pub(crate) mod views;
pub(crate) mod zones;
pub(crate) mod zoom;

use row::{Now, Row};

/// Where a group is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Menu {
    File,
    Edit,
    View,
    Picture,
    Help,
    /// In no menu: keys, buttons and the palette only.
    Frames,
    Zones,
}

impl Menu {
    /// The menus of the bar, from the left.
    pub(crate) const BAR: [Self; 5] = [Self::File, Self::Edit, Self::View, Self::Picture, Self::Help];

    /// Name on the bar and in the palette.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::View => "View",
            Self::Picture => "Picture",
            Self::Help => "Help",
            Self::Frames => "Frames",
            Self::Zones => "Zones",
        }
    }
}

/// Gives the rows of a group for the state of this moment.
type Rows = fn(&Now<'_>) -> Vec<Row>;

/// All groups in the order of the menus, where lines part them, and of the palette.
pub(crate) const GROUPS: [(Menu, Rows); 17] = [
    (Menu::File, open::rows),
    (Menu::File, beside::rows),
    (Menu::File, export::rows),
    (Menu::File, recipe::rows),
    (Menu::File, recordings::rows),
    (Menu::File, close::rows),
    (Menu::Edit, history::rows),
    (Menu::Edit, copy::rows),
    (Menu::View, zoom::rows),
    (Menu::View, panels::rows),
    (Menu::View, views::rows),
    (Menu::View, look::rows),
    (Menu::Picture, turn::rows),
    (Menu::Picture, turn::back),
    (Menu::Help, help::rows),
    (Menu::Frames, play::rows),
    (Menu::Zones, zones::rows),
];

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    use super::*;
    use crate::view::ViewState;
    use blitz_core::{DType, FrameShape, SamplesRef};
    use blitz_model::output::{Overwrite, WriteSpec};
    use blitz_model::recipe::Load;
    use blitz_model::session::{Command, Session};

    /// A session with that many recordings open.
    fn session(folder: &std::path::Path, count: usize) -> Session {
        let mut session = Session::new(Arc::new(|| {}), Arc::new(|_, _| Arc::new(())), None);
        for i in 0..count {
            let path = folder.join(format!("{i}.npy"));
            let spec = WriteSpec::new(DType::U8, FrameShape::new(1, 2, 1), Some(1), Overwrite::Refuse);
            let mut writer = spec.create(&path).expect("created");
            writer.write_frame(SamplesRef::U8(&[1, 2])).expect("written");
            writer.finish().expect("finished");
            session.execute(Command::Open { paths: vec![path], load: Load::default(), in_addition: true });
            while session.recordings().len() <= i {
                session.poll();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        session
    }

    fn rows(session: &Session) -> Vec<(Menu, Row)> {
        let now = Now {
            session,
            at: session.focused(),
            view: &ViewState::default(),
            picture_is_current: true,
            dark: true,
        };
        GROUPS.iter().flat_map(|(menu, rows)| rows(&now).into_iter().map(|row| (*menu, row))).collect()
    }

    #[test]
    fn every_row_says_what_it_is_and_no_two_share_a_key() {
        let folder = tempfile::tempdir().expect("folder");
        for open in [0, 2] {
            let (mut ids, mut keys) = (HashSet::new(), HashMap::new());
            for (_, row) in rows(&session(folder.path(), open)) {
                assert!(!row.text.trim().is_empty() && !row.tooltip.trim().is_empty(), "{row:?}");
                assert!(row.unavailable.is_none_or(|why| !why.trim().is_empty()), "{row:?}");
                assert!(ids.insert(row.id.clone()), "two rows are called {}", row.id);
                for key in &row.keys {
                    let other = keys.insert(*key, row.id.clone());
                    assert_eq!(other, None, "{key:?} is a key of {}, too", row.id);
                }
            }
        }
    }

    #[test]
    fn menus_list_the_rows_in_their_order() {
        let folder = tempfile::tempdir().expect("folder");
        let rows = rows(&session(folder.path(), 2));
        let menu = |menu| -> Vec<String> {
            let rows = rows.iter().filter(|(of, _)| *of == menu);
            rows.map(|(_, row)| format!("{} {}", row.text, row.key_text()).trim_end().to_owned()).collect()
        };
        let mut file = vec!["Open files… Ctrl+O", "Open folder… Ctrl+Shift+O", "Open path… Ctrl+L"];
        file.extend(["Open in addition…", "Watch the folder", "Open the demo", "Curve from a file…"]);
        file.push("Save picture… Ctrl+S");
        file.extend(["Save picture with colour bar…", "Save curves… Ctrl+E", "Export result… Ctrl+Shift+E"]);
        file.extend(["Open recipe…", "Save recipe…", "0.npy", "1.npy", "Close Ctrl+W", "Quit Ctrl+Q"]);
        assert_eq!(menu(Menu::File), file);
        let edit = ["Undo Ctrl+Z", "Redo Ctrl+Shift+Z", "Copy probe Ctrl+C", "Copy as command line"];
        assert_eq!(menu(Menu::Edit)[..4], edit);
        assert_eq!(menu(Menu::View)[..2], ["Fit F", "1:1 1"]);
        assert_eq!(menu(Menu::Help), ["Keys and mouse F1", "Find a command… Ctrl+K", "About BLITZ"]);
    }

    #[test]
    fn what_is_not_available_says_why() {
        let folder = tempfile::tempdir().expect("folder");
        let why = |session: &Session, id: &str| {
            rows(session).into_iter().find(|(_, row)| row.id == id).expect("a row").1.unavailable
        };
        let empty = session(folder.path(), 0);
        assert_eq!(why(&empty, "open.files"), None);
        assert_eq!(why(&empty, "history.undo"), Some(row::NOTHING_OPEN));
        let open = session(folder.path(), 1);
        assert_eq!(why(&open, "history.undo"), Some("There is no change to take back"));
        assert_eq!(why(&open, "play.leave-reduction"), Some("No reduction is shown"));
    }
}
