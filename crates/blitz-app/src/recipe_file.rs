//! The recipe as a file and as a command line.

use std::io::Write;
use std::path::{Path, PathBuf};

use blitz_model::document::Edit;
use blitz_model::load::read_recipe;
use blitz_model::output::{Overwrite, write_atomic};
use blitz_model::recipe::Recipe;
use blitz_model::session::Command;
use egui::Context;

use crate::path::with_suffix;
use crate::state::State;

/// Reads a recipe; it is taken when it is there.
pub(crate) fn open(state: &mut State, path: PathBuf) {
    let (sender, view) = (state.mailbox.sender(), state.session.focused());
    state.session.spawn_task("reading the recipe", move |_| {
        let recipe = read_recipe(&path).map_err(|e| e.to_string())?;
        let said = format!("recipe read from {}", path.display());
        drop(sender.send(Box::new(move |state: &mut State, _: &Context| {
            if state.back_to(view) {
                take(state, recipe);
            }
        })));
        Ok(said)
    });
}

/// Makes a recipe that was read the one that holds. Zones and auxiliary curves stay where it has none.
fn take(state: &mut State, mut recipe: Recipe) {
    let Some(recording) = state.session.current() else { return };
    if recipe.zones.is_empty() {
        recipe.zones.clone_from(&recording.recipe().zones);
    }
    if recipe.auxiliary.is_empty() {
        recipe.auxiliary.clone_from(&recording.recipe().auxiliary);
    }
    state.session.execute(Command::Edit(Edit::Recipe(Box::new(recipe))));
    state.session.execute(Command::EndGesture);
}

/// Writes the recipe.
pub(crate) fn save(state: &mut State, path: PathBuf) {
    let Some(recording) = state.session.current() else { return };
    let (path, text) = (with_suffix(path, "toml"), recording.recipe().to_toml());
    state.session.spawn_task("saving the recipe", move |_| {
        // The person has agreed to replacing the file: in the system's dialog or in the window's own.
        let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
        write_atomic(&path, Overwrite::Replace, write).map_err(|e| e.to_string())?;
        Ok(format!("recipe written to {}", path.display()))
    });
}

/// Copies the line that does in a shell what is shown.
pub(crate) fn copy_command(state: &mut State, ctx: &Context) {
    let Some(recording) = state.session.current() else { return };
    let line = recording.recipe().command_line(recording.paths(), Path::new("OUT.npy"));
    ctx.copy_text(line.clone());
    state.session.log_mut().info(&format!("copied: {line}"));
}
