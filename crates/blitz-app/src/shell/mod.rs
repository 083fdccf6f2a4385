//! Everything around the panels: menus, summary line, strip, status, dialogs, keys, and what is done with
//! what a person asked for.

mod actions;
mod dialogs;
mod empty;
mod export;
mod help;
mod keys;
mod menus;
mod notice;
mod recipe;
mod save;
mod status;
mod strip;
mod summary;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use blitz_model::recipe::Recipe;
use blitz_model::session::Undecided;
use egui::{Panel, Ui};

use crate::cx::{Cx, StepPart};
use crate::panels::info::calibration::CalibrationForm;
use dialogs::PathDialog;
use notice::Notice;

pub(crate) use actions::{execute, receive};
pub(crate) use dialogs::expanded;
pub(crate) use keys::keys;

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Files or a folder to open; beside what is open or in its place.
    Open { in_addition: bool },
    /// A picture to write, with a colour bar or without.
    Picture { bar: bool },
    /// A table of the curves to write.
    Curves,
    /// A recipe to read.
    OpenRecipe,
    /// A recipe to write.
    SaveRecipe,
    /// What the recipe makes, to write.
    Export,
    /// A file for a step to add, and the dialog's heading.
    AddStep { name: &'static str, heading: &'static str },
    /// A file or folder for a part of a step.
    StepFile { step: usize, part: StepPart },
    /// The folder for decoded frames.
    CacheFolder,
}

impl Purpose {
    /// Whether something is written there.
    const fn saves(self) -> bool {
        matches!(self, Self::Picture { .. } | Self::Curves | Self::SaveRecipe | Self::Export)
    }

    /// Heading of a dialog, and the word on its button.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Open { .. } => ("Open a file or folder", "Open"),
            Self::Picture { .. } => ("Save the picture as PNG", "Save"),
            Self::Curves => ("Save the curves as CSV", "Save"),
            Self::OpenRecipe => ("Open a recipe", "Open"),
            Self::SaveRecipe => ("Save the recipe as TOML", "Save"),
            Self::Export => ("Export the result (.npy, .tif, numbered images, .mp4, .mkv, .avi)", "Export"),
            Self::AddStep { heading, .. } => (heading, "Choose"),
            Self::StepFile { .. } => ("Choose a file or folder for the step", "Choose"),
            Self::CacheFolder => ("Choose a folder for decoded frames", "Choose"),
        }
    }
}

/// What comes from dialogs and tasks on other threads.
#[derive(Debug)]
pub(crate) enum Event {
    /// The person chose these.
    Chosen { purpose: Purpose, paths: Vec<PathBuf> },
    /// The system has no file dialog: the path is typed instead.
    NoDialog(Purpose),
    /// A recipe was read.
    Recipe(Box<Recipe>),
    /// An export as it was decided about.
    Export(Box<export::ExportChoice>),
    /// An export came upon a frame that failed.
    Undecided(Box<Undecided>),
    /// The demo recording lies here.
    Demo(PathBuf),
}

/// State of everything around the panels.
pub(crate) struct Shell {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    dialog: Option<PathDialog>,
    export: Option<export::ExportDialog>,
    help: bool,
    about: bool,
    calibration: CalibrationForm,
    /// The path typed on the empty window.
    typed: String,
    every: usize,
    /// Gigabytes being typed that decoded frames may take, and the bytes that they may take until then.
    cache_size: Option<(u64, f64)>,
    notice: Notice,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = channel();
        Self {
            sender,
            receiver,
            dialog: None,
            export: None,
            help: false,
            about: false,
            calibration: CalibrationForm::default(),
            typed: String::new(),
            every: 0,
            cache_size: None,
            notice: Notice::default(),
        }
    }

    /// The bars above and below the panels.
    pub(crate) fn bars(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.notice.collect(cx.session);
        let frame = cx.theme.bar_frame();
        Panel::top("menus").frame(frame).show_separator_line(false).show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                self.menus(ui, cx);
                self.summary(ui, cx);
            });
        });
        if strip::is_needed(cx) {
            let frame = frame.fill(cx.theme.frame);
            Panel::top("strip").frame(frame).show_separator_line(false).show(ui, |ui| strip::draw(ui, cx));
        }
        if cx.recording().is_some() {
            self.notice.bar(ui, cx);
        }
        Panel::bottom("status").frame(frame).show_separator_line(false).show(ui, |ui| status::draw(ui, cx));
    }
}

/// The title of the window.
pub(crate) fn title(recording: Option<&str>) -> String {
    recording.map_or_else(|| "BLITZ".to_owned(), |name| format!("BLITZ – {name}"))
}
