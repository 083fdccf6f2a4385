//! Outputs: names, checks, partial results.

use std::path::Path;

use blitz_io::{OutputError, Overwrite, write_atomic};
use blitz_model::export::left_out;
use blitz_model::partial::Partial;

use crate::failure::{Failure, Status};
use crate::shell::{Report, Shell};

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

/// Writes a partial result and says what it covers.
pub(crate) fn write_partial(
    partial: &Partial,
    path: &Path,
    overwrite: Overwrite,
    shell: &Shell,
) -> Result<Status, Failure> {
    let bytes = partial.to_bytes();
    write_atomic(path, overwrite, |out| out.write_all(&bytes))?;
    let frames: Vec<String> =
        partial.covered().iter().map(|run| format!("{}–{}", run.start, run.end - 1)).collect();
    let covered =
        if frames.is_empty() { "no frame".to_owned() } else { format!("frames {}", frames.join(", ")) };
    let failed = left_out(partial.failed().len(), partial.no_window());
    let description = format!("{covered} in blocks of 256, for {}{failed}", partial.selected());
    let outputs = vec![path.to_path_buf()];
    shell.finish(
        Report {
            outputs,
            description,
            frames_used: partial.used(),
            no_window: partial.no_window(),
            ..Report::default()
        },
        partial.failed(),
    )
}
