//! The files of a recording, before and after.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use blitz_core::FrameMeta;
use blitz_io::{FrameSource, certain_suffixes};
use rayon::prelude::*;

use crate::failure::Status;
use crate::output::suffix;
use crate::shell::{Shell, say};

/// What tells a file from one that was written over it.
type Look = Option<(u64, Option<SystemTime>)>;

fn look(path: &Path) -> Look {
    std::fs::metadata(path).ok().map(|meta: Metadata| (meta.len(), meta.modified().ok()))
}

/// The files of a recording as they were when it was opened. Costs a question to the system for each at the end, and at
/// the beginning where opening did not ask.
pub(crate) struct Files(Vec<(PathBuf, Look)>);

impl Files {
    pub(crate) fn of(source: &dyn FrameSource) -> Self {
        let mut files: Vec<(PathBuf, Look)> = Vec::new();
        for frame in 0..source.info().frames {
            let FrameMeta { file: Some(file), file_bytes, file_written, .. } = source.meta(frame) else {
                continue;
            };
            if files.last().is_none_or(|(last, _)| *last != file) {
                let seen = match file_written {
                    Some(written) => Some((file_bytes, Some(written))),
                    None => look(&file),
                };
                files.push((file, seen));
            }
        }
        Self(files)
    }

    /// The status of a command that is done: files that were written while it ran make its results doubtful.
    pub(crate) fn unchanged(&self, status: Status) -> Status {
        let is_changed = |(path, before): &&(PathBuf, Look)| look(path) != *before;
        let changed: Vec<&(PathBuf, Look)> = self.0.par_iter().filter(is_changed).collect();
        let [(first, _), others @ ..] = changed.as_slice() else { return status };
        let more = match others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        say(&format!(
            "failed: {}{more}: changed by another program while it was read; the results may be of both, run it again",
            first.display()
        ));
        Status::FramesFailed
    }

    /// Says of outputs that the next opening of the folder will find among the recording's files.
    pub(crate) fn note_beside(inputs: &[PathBuf], outputs: &[PathBuf], shell: &Shell) {
        let [folder] = inputs else { return };
        if !folder.is_dir() {
            return;
        }
        let Ok(folder) = std::fs::canonicalize(folder) else { return };
        let lies_in = |output: &&PathBuf| {
            let parent =
                output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let is_read = certain_suffixes().any(|certain| certain == suffix(output));
            is_read && std::fs::canonicalize(parent).is_ok_and(|parent| parent == folder)
        };
        if let Some(output) = outputs.iter().find(lies_in) {
            shell.note(&format!(
                "{} lies in the folder that is read: the next opening finds it there, as a recording of its own or among \
                 the frames, by its name; write to another folder to keep them apart",
                output.display()
            ));
        }
    }
}
