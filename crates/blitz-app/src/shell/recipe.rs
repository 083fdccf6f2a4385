//! The recipe as a file and as a command line.

use std::io::Write;
use std::path::{Path, PathBuf};

use blitz_model::document::Edit;
use blitz_model::output::{Overwrite, write_atomic};
use blitz_model::recipe::Recipe;
use blitz_model::session::Command;
use egui::Context;

use super::{Event, save::with_suffix};
use crate::app::App;

/// Reads a recipe; it is taken when it is there.
pub(super) fn open(app: &mut App, path: PathBuf) {
    let sender = app.shell.sender.clone();
    app.session.spawn_task("reading the recipe", move |_| {
        let recipe = Recipe::read(&path).map_err(|e| e.to_string())?;
        let said = format!("recipe read from {}", path.display());
        drop(sender.send(Event::Recipe(Box::new(recipe))));
        Ok(said)
    });
}

/// Makes a recipe that was read the one that holds. Zones stay where it has none.
pub(super) fn take(app: &mut App, mut recipe: Recipe) {
    let Some(recording) = app.session.current() else { return };
    if recipe.zones.is_empty() {
        recipe.zones.clone_from(&recording.recipe().zones);
    }
    app.session.execute(Command::Edit(Edit::Recipe(Box::new(recipe))));
    app.session.execute(Command::EndGesture);
}

/// Writes the recipe.
pub(super) fn save(app: &mut App, path: PathBuf) {
    let Some(recording) = app.session.current() else { return };
    let (path, text) = (with_suffix(path, "toml"), recording.recipe().to_toml());
    app.session.spawn_task("saving the recipe", move |_| {
        // The person has agreed to replacing the file: in the system's dialog or in the window's own.
        let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
        write_atomic(&path, Overwrite::Replace, write).map_err(|e| e.to_string())?;
        Ok(format!("recipe written to {}", path.display()))
    });
}

/// Copies the line that does in a shell what is shown.
pub(super) fn copy_command(app: &mut App, ctx: &Context) {
    let Some(recording) = app.session.current() else { return };
    let line = recording.recipe().command_line(recording.paths(), Path::new("OUT.npy"));
    ctx.copy_text(line.clone());
    app.session.log_mut().info(&format!("copied: {line}"));
}
