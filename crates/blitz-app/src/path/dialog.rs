//! The system's file dialog.

use std::time::{Duration, Instant};

use egui::Context;

use super::type_path;
use crate::state::{PathKind, PathWanted, State};

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
