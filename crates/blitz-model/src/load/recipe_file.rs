//! Reading recipe files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::recipe::Recipe;

/// Most bytes of a recipe file: far more than any recipe takes, far less than any recording.
const MOST_BYTES: u64 = 16 << 20;

/// Why a recipe file was not read. Names the file.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub struct RecipeFileError {
    /// The file.
    pub path: PathBuf,
    /// What was found and what is expected.
    pub reason: String,
}

/// Reads a recipe file (TOML, see [`Recipe::from_toml`]); `-` is standard input.
///
/// # Errors
/// If it is not a regular file of UTF-8 text of at most 16 MiB, or no recipe: with the entry and what is expected.
pub fn read_recipe(path: &Path) -> Result<Recipe, RecipeFileError> {
    let error = |reason: String| RecipeFileError { path: path.to_owned(), reason };
    let text = read_text(path).map_err(|reason| error(format!("the recipe cannot be read: {reason}")))?;
    Recipe::from_toml(&text).map_err(|e| error(e.to_string()))
}

fn read_text(path: &Path) -> Result<String, String> {
    if path == Path::new("-") {
        return bounded(std::io::stdin().lock());
    }
    // Looked at before it is opened: opening a pipe waits for its other end.
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !meta.is_file() {
        return Err("it is not a regular file; name a recipe written by `blitz recipe` or the window".into());
    }
    bounded(File::open(path).map_err(|e| e.to_string())?)
}

/// The text, unless it is longer than any recipe.
fn bounded(source: impl Read) -> Result<String, String> {
    let mut text = String::new();
    source.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if text.len() as u64 > MOST_BYTES {
        return Err(format!("it has more than the {MOST_BYTES} bytes that recipes have at most"));
    }
    Ok(text)
}
