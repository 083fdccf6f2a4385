//! Outputs: names and checks.

use std::path::Path;

use blitz_io::{OutputError, Overwrite};

use crate::failure::Failure;

/// Suffix in lower case, without the dot.
pub(crate) fn suffix(path: &Path) -> String {
    path.extension().map_or_else(String::new, |s| s.to_string_lossy().to_lowercase())
}

/// Refuses a suffix that the output cannot have.
pub(crate) fn check_suffix(path: &Path, allowed: &[&str], what: &str) -> Result<(), Failure> {
    let found = suffix(path);
    if allowed.contains(&found.as_str()) {
        return Ok(());
    }
    let found = if found.is_empty() { "no suffix".to_owned() } else { format!("the suffix .{found}") };
    let allowed: Vec<String> = allowed.iter().map(|s| format!(".{s}")).collect();
    Err(Failure::new(format!(
        "{}: {found} found, {} expected for {what}",
        path.display(),
        allowed.join(" or ")
    )))
}

/// Refuses a target that exists and must not be replaced.
pub(crate) fn check_free(path: &Path, overwrite: Overwrite) -> Result<(), OutputError> {
    match overwrite {
        Overwrite::Refuse if path.symlink_metadata().is_ok() => {
            Err(OutputError::Exists { path: path.to_path_buf() })
        }
        _ => Ok(()),
    }
}
