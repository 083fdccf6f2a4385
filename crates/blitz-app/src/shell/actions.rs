//! Carries out what was asked for in a frame, and takes what other threads send.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use blitz_model::document::{Edit, StepEdit, ZoneEdit};
use blitz_model::recipe::{Load, StepKind};
use blitz_model::session::Command;
use egui::Context;

use super::dialogs::PathDialog;
use super::{Event, Purpose, export, recipe, save};
use crate::app::App;
use crate::cx::{Action, UiAction, ZoomRequest};
use crate::layout;
use crate::panels::probe;

/// A file dialog that answers "nothing" faster than a person can is no dialog.
const TOO_FAST: Duration = Duration::from_millis(250);

/// Carries out what the panels and keys asked for, in their order; then opens what was dropped.
pub(crate) fn execute(app: &mut App, ctx: &Context, actions: Vec<Action>) {
    for action in actions {
        match action {
            Action::Model(view, command) => app.session.execute_in(view, command),
            Action::Window(action) => window(app, ctx, action),
        }
    }
    let dropped: Vec<PathBuf> =
        ctx.input(|i| i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    if !dropped.is_empty() {
        open(app, dropped, false);
    }
}

fn open(app: &mut App, paths: Vec<PathBuf>, in_addition: bool) {
    app.session.execute(Command::Open { paths, load: Load::default(), in_addition });
}

fn window(app: &mut App, ctx: &Context, action: UiAction) {
    match action {
        UiAction::OpenFiles => choose(app, ctx, Purpose::Open { in_addition: false }, false),
        UiAction::OpenFolder => choose(app, ctx, Purpose::Open { in_addition: false }, true),
        UiAction::OpenInAddition => choose(app, ctx, Purpose::Open { in_addition: true }, false),
        UiAction::OpenPath => type_path(app, Purpose::Open { in_addition: false }, None),
        UiAction::OpenDemo => demo(app, ctx),
        UiAction::SavePicture => choose(app, ctx, Purpose::Picture { bar: false }, false),
        UiAction::SavePictureWithBar => choose(app, ctx, Purpose::Picture { bar: true }, false),
        UiAction::SaveCurves => choose(app, ctx, Purpose::Curves, false),
        UiAction::ExportResult => choose(app, ctx, Purpose::Export, false),
        UiAction::OpenRecipe => choose(app, ctx, Purpose::OpenRecipe, false),
        UiAction::SaveRecipe => choose(app, ctx, Purpose::SaveRecipe, false),
        UiAction::AddStepWithFile { name, heading } => {
            choose(app, ctx, Purpose::AddStep { name, heading }, false);
        }
        UiAction::ChooseStepFile { step, part, folder } => {
            choose(app, ctx, Purpose::StepFile { step, part }, folder);
        }
        UiAction::ChooseCacheFolder => choose(app, ctx, Purpose::CacheFolder, true),
        UiAction::CopyCommand => recipe::copy_command(app, ctx),
        UiAction::CopyProbe => {
            if let Some(text) = app.with_cx(probe::as_text) {
                ctx.copy_text(text);
            }
        }
        UiAction::FitView => app.view.zoom_request = Some(ZoomRequest::Fit),
        UiAction::OneToOne => app.view.zoom_request = Some(ZoomRequest::OneToOne),
        UiAction::DeleteZone => {
            if let Some(zone) = app.session.current().and_then(|r| r.state().selected_zone) {
                app.session.execute(Command::Edit(Edit::Zone(ZoneEdit::Delete(zone))));
            }
        }
        UiAction::Focus(kind) => layout::focus(&mut app.tree, kind),
        UiAction::ToggleTheme => app.set_dark(!app.theme.dark),
        UiAction::ResetLayout => app.tree = layout::default_tree(),
        UiAction::ShowHelp => app.shell.help = true,
    }
}

/// Asks for a path: by the system's dialog, on a thread of its own.
fn choose(app: &mut App, ctx: &Context, purpose: Purpose, folder: bool) {
    if !matches!(purpose, Purpose::Open { .. } | Purpose::CacheFolder) && app.session.current().is_none() {
        return;
    }
    let name = suggestion(app, purpose);
    let dialog = rfd::AsyncFileDialog::new();
    let (sender, ctx) = (app.shell.sender.clone(), ctx.clone());
    let files: std::pin::Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>> = match purpose {
        Purpose::Open { .. } if !folder => Box::pin(dialog.set_title("Open files").pick_files()),
        purpose => {
            let dialog = dialog.set_title(if folder { "Choose a folder" } else { purpose.words().0 });
            let one = |chosen: Option<rfd::FileHandle>| chosen.map(|one| vec![one]);
            if purpose.saves() {
                let chosen = dialog.set_file_name(name).save_file();
                Box::pin(async move { one(chosen.await) })
            } else if folder {
                let chosen = dialog.pick_folder();
                Box::pin(async move { one(chosen.await) })
            } else {
                let chosen = dialog.pick_file();
                Box::pin(async move { one(chosen.await) })
            }
        }
    };
    let asked = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
        let since = Instant::now();
        let event = match pollster::block_on(files) {
            Some(chosen) => {
                let paths = chosen.iter().map(|file| file.path().to_owned()).collect();
                Some(Event::Chosen { purpose, paths })
            }
            None if since.elapsed() < TOO_FAST => Some(Event::NoDialog(purpose)),
            None => None,
        };
        if let Some(event) = event {
            // The window may be gone: then nobody wants the answer.
            drop(sender.send(event));
            ctx.request_repaint();
        }
    });
    if asked.is_err() {
        type_path(app, purpose, None);
    }
}

/// The file name that is offered.
fn suggestion(app: &App, purpose: Purpose) -> String {
    let Some(recording) = app.session.current() else { return String::new() };
    let name = recording.stack().name.replace(['/', '\\'], "_");
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    match purpose {
        Purpose::Open { .. }
        | Purpose::OpenRecipe
        | Purpose::AddStep { .. }
        | Purpose::StepFile { .. }
        | Purpose::CacheFolder => String::new(),
        Purpose::SaveRecipe => format!("{stem}.toml"),
        Purpose::Export => match recording.state().shown_method() {
            Some(method) => format!("{stem}_{}.npy", blitz_model::text::method(method)),
            None => format!("{stem}_result.npy"),
        },
        Purpose::Curves => format!("{stem}_curves.csv"),
        Purpose::Picture { .. } => match recording.state().shown_method() {
            Some(method) => format!("{stem}_{}.png", blitz_model::text::method(method)),
            None => {
                format!("{stem}_{:05}.png", recording.stack().source_frame(app.frame()))
            }
        },
    }
}

fn type_path(app: &mut App, purpose: Purpose, message: Option<String>) {
    let folder = std::env::current_dir().unwrap_or_default();
    let typed = if purpose.saves() {
        folder.join(suggestion(app, purpose)).display().to_string()
    } else {
        String::new()
    };
    app.shell.dialog = Some(PathDialog::new(purpose, typed, message));
}

/// Writes the demo recording; it is opened when it is there.
fn demo(app: &mut App, ctx: &Context) {
    let (sender, ctx) = (app.shell.sender.clone(), ctx.clone());
    app.session.spawn_task("writing the demo recording", move |_| {
        let folder = blitz_model::demo::default_dir();
        let report = blitz_model::demo::write(&folder, false).map_err(|e| e.to_string())?;
        drop(sender.send(Event::Demo(report.folder.clone())));
        ctx.request_repaint();
        Ok(format!("the demo recording lies in {}", report.folder.display()))
    });
}

/// Does what a path was wanted for.
fn chosen(app: &mut App, purpose: Purpose, path: PathBuf) {
    let step = |app: &mut App, edit: StepEdit| {
        app.session.execute(Command::Edit(Edit::Step(edit)));
        app.session.execute(Command::EndGesture);
    };
    match purpose {
        Purpose::Open { in_addition } => open(app, vec![path], in_addition),
        Purpose::Picture { bar } => save::picture(app, path, bar),
        Purpose::Curves => save::curves(app, path),
        Purpose::OpenRecipe => recipe::open(app, path),
        Purpose::SaveRecipe => recipe::save(app, path),
        Purpose::Export => export::chosen(app, save::with_suffix(path, "npy")),
        Purpose::CacheFolder => app.session.execute(Command::CacheFolder { path, limit: None }),
        Purpose::AddStep { name, .. } => {
            if let Some(mut kind) = StepKind::all().into_iter().find(|kind| kind.name() == name) {
                kind.set_file(0, path);
                step(app, StepEdit::Add(kind));
            }
        }
        Purpose::StepFile { step: index, part } => {
            let now = app.session.current().and_then(|r| r.recipe().steps.get(index));
            if let Some(mut kind) = now.map(|s| s.kind.clone()) {
                kind.set_file(part, path);
                step(app, StepEdit::Change(index, kind));
            }
        }
    }
}

/// Takes what dialogs and tasks have sent.
pub(crate) fn receive(app: &mut App) {
    while let Ok(event) = app.shell.receiver.try_recv() {
        match event {
            Event::Chosen { purpose: Purpose::Open { in_addition }, paths } => open(app, paths, in_addition),
            Event::Chosen { purpose, paths } => {
                if let Some(path) = paths.into_iter().next() {
                    chosen(app, purpose, path);
                }
            }
            Event::Recipe(read) => recipe::take(app, *read),
            Event::NoDialog(purpose) => {
                let message = "The system shows no file dialog here. Type the path:".to_owned();
                type_path(app, purpose, Some(message));
            }
            Event::Export(choice) => export::begin(app, &choice),
            Event::Undecided(undecided) => export::ask_again(app, *undecided),
            Event::Demo(folder) => app.open_demo(folder),
        }
    }
}
