//! Files that are never written onto: those that are read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use blitz_core::FrameCatalog;

use super::pattern::Pattern;

/// The file among those of `frames` frames of a recording that an output would replace: by its name, through a link, or as
/// one of a numbered series. Costs a question to the system for each file, where the output exists or is a series.
pub fn replaced_file(output: &Path, recording: &dyn FrameCatalog, frames: usize) -> Option<PathBuf> {
    let target = Target::of(output)?;
    let mut last = None;
    for frame in 0..frames {
        let file = recording.meta(frame).file;
        if file.is_none() || file == last {
            continue;
        }
        if let Some(path) = &file
            && target.replaces(path)
        {
            return file;
        }
        last = file;
    }
    None
}

/// The file that an output would replace: `path` itself, or one that lies in the folder `path`. Costs the same.
pub fn replaced_at(output: &Path, path: &Path) -> Option<PathBuf> {
    let target = Target::of(output)?;
    if target.replaces(path) {
        return Some(path.to_path_buf());
    }
    let mut files = std::fs::read_dir(path).ok()?.flatten().map(|entry| entry.path());
    files.find(|file| target.replaces(file))
}

enum Target {
    File(PathBuf),
    Series(PathBuf, Pattern),
}

impl Target {
    /// `None` where nothing is replaced: there is no such file, or no such folder.
    fn of(output: &Path) -> Option<Self> {
        let name = output.file_name()?.to_string_lossy().into_owned();
        let folder = match output.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Some(match Pattern::parse(&name) {
            Some(pattern) => Self::Series(std::fs::canonicalize(folder).ok()?, pattern),
            None => Self::File(std::fs::canonicalize(output).ok()?),
        })
    }

    fn replaces(&self, file: &Path) -> bool {
        let Ok(real) = std::fs::canonicalize(file) else { return false };
        match self {
            Self::File(path) => *path == real,
            Self::Series(folder, pattern) => {
                // A link is replaced by way of what it names, but its own name is the recording's, too.
                let named = file.file_name().map(OsString::from);
                let parent = file.parent().and_then(|p| {
                    std::fs::canonicalize(if p.as_os_str().is_empty() { Path::new(".") } else { p }).ok()
                });
                let is_named = parent.as_ref() == Some(folder)
                    && named.is_some_and(|name| pattern.makes(&name.to_string_lossy()));
                let is_real = real.parent() == Some(folder)
                    && real.file_name().is_some_and(|name| pattern.makes(&name.to_string_lossy()));
                is_named || is_real
            }
        }
    }
}
