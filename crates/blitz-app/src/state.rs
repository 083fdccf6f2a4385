//! What the window's commands work on: the session, what is looked at, what was answered, and the dialogs.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use blitz_model::recipe::{Rate, Recipe};
use blitz_model::session::{Command, RecordingId, Session, ViewId};
use egui::Context;

use crate::export::choice::ExportDialog;
use crate::theme::Theme;
use crate::view::ViewState;

/// The window without its panels and bars.
pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) theme: Theme,
    pub(crate) view: ViewState,
    pub(crate) first: FirstSteps,
    pub(crate) dialogs: Dialogs,
    pub(crate) mailbox: Mailbox,
}

impl State {
    /// The stack frame that the focused view shows.
    pub(crate) fn frame(&self) -> usize {
        self.session.view(self.session.focused()).map_or(0, |view| view.playhead().frame)
    }
}

impl State {
    /// Works with the view again that a dialog was opened for: meanwhile a person may have clicked in another. Whether it
    /// is there; the log says if not.
    pub(crate) fn back_to(&mut self, view: ViewId) -> bool {
        let is_there = self.session.view(view).is_some();
        if is_there {
            self.session.execute_in(view, Command::Focus);
        } else {
            self.session.log_mut().error("the view that this was for is closed: nothing was done");
        }
        is_there
    }
}

/// What is done once the recording that was asked for at the start, or the demo, is open.
#[derive(Default)]
pub(crate) struct FirstSteps {
    pub(crate) recipe: Option<Recipe>,
    pub(crate) frame: Option<usize>,
    pub(crate) rate: Option<Rate>,
    /// The recording that was shown when the opening was asked for.
    pub(crate) before: Option<RecordingId>,
}

impl FirstSteps {
    /// Whether something is still to be done.
    pub(crate) fn is_waiting(&self) -> bool {
        self.recipe.is_some() || self.frame.is_some() || self.rate.is_some()
    }
}

/// The dialogs that are open.
#[derive(Default)]
pub(crate) struct Dialogs {
    pub(crate) path: Option<PathDialog>,
    pub(crate) export: Option<ExportDialog>,
    /// Files that were dropped and may be curves or a recording.
    pub(crate) dropped: Option<Vec<PathBuf>>,
    pub(crate) page: Option<Page>,
}

/// A page over the window.
#[derive(Debug)]
pub(crate) enum Page {
    /// Keys and mouse.
    Help,
    /// Version and licence.
    About,
    /// All commands, to be searched.
    Palette(Palette),
}

/// What was typed into the palette and which line is chosen.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    pub(crate) typed: String,
    pub(crate) chosen: usize,
}

/// A path to be typed, where the system has no file dialog or the person prefers it.
pub(crate) struct PathDialog {
    pub(crate) wanted: PathWanted,
    pub(crate) typed: String,
    pub(crate) message: Option<String>,
    /// A target that exists and that the person has been asked about.
    pub(crate) replace: Option<PathBuf>,
    pub(crate) fresh: bool,
}

/// What is done with the paths that a person has chosen.
pub(crate) type WithPaths = Box<dyn FnOnce(&mut State, &Context, Vec<PathBuf>) + Send>;

/// A path that a command needs, and what it does with it.
pub(crate) struct PathWanted {
    /// Heading of the dialog.
    pub(crate) title: Cow<'static, str>,
    /// The word on its button.
    pub(crate) verb: &'static str,
    pub(crate) kind: PathKind,
    pub(crate) then: WithPaths,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// One file, or several.
    Files,
    /// One file.
    File,
    /// A folder.
    Folder,
    /// A file to write, and the name that is offered.
    NewFile(String),
}

/// What other threads want done by the window's own.
pub(crate) type Later = Box<dyn FnOnce(&mut State, &Context) + Send>;

/// Takes what dialogs and jobs on other threads send.
pub(crate) struct Mailbox {
    sender: Sender<Later>,
    receiver: Receiver<Later>,
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = channel();
        Self { sender, receiver }
    }

    /// A way into the mailbox that can be given to another thread. It has to ask for a repaint itself.
    pub(crate) fn sender(&self) -> Sender<Later> {
        self.sender.clone()
    }

    /// What is to be done now. What that sends comes in the next frame.
    pub(crate) fn take(&self) -> Vec<Later> {
        self.receiver.try_iter().collect()
    }
}

/// What a task does.
type Act = Arc<dyn Fn(&mut State, &Context)>;

/// Something that the window does, with a name.
#[derive(Clone)]
pub struct Task {
    name: Cow<'static, str>,
    act: Act,
}

impl Task {
    /// A task; the name tells it from others.
    pub(crate) fn new(
        name: impl Into<Cow<'static, str>>,
        act: impl Fn(&mut State, &Context) + 'static,
    ) -> Self {
        Self { name: name.into(), act: Arc::new(act) }
    }

    /// Does it.
    pub(crate) fn run(&self, state: &mut State, ctx: &Context) {
        (self.act)(state, ctx);
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.name).finish()
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
