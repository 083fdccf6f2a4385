//! `blitz info --list`: the recordings that folders hold.

use std::path::PathBuf;

use serde::Serialize;

use super::answer::{Group, group_line};
use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

/// One folder.
#[derive(Debug, Serialize)]
struct Listed {
    path: PathBuf,
    groups: Vec<Group>,
    /// Folders below that hold recordings, where it holds none.
    folders: Vec<String>,
}

pub(super) fn run(paths: &[PathBuf], shell: &Shell) -> Result<Status, Failure> {
    let mut listed = Vec::new();
    for path in paths {
        let found = blitz_io::list(path).map_err(|error| Failure::new(error.to_string()))?;
        let groups = found.groups.iter().map(Group::from).collect();
        listed.push(Listed { path: path.clone(), groups, folders: found.below });
    }
    if shell.json {
        print_json(&listed)?;
        return Ok(Status::Done);
    }
    let mut text = String::new();
    for Listed { path, groups, folders } in &listed {
        let lines = std::iter::once(("path", path.display().to_string()))
            .chain(
                groups.iter().map(|group| ("group", group_line(group, "opened first", "another recording"))),
            )
            .chain(folders.iter().map(|folder| ("folder", folder.clone())));
        text.extend(lines.map(|(name, value)| format!("{name:<11} {value}\n")));
    }
    print(&text)?;
    Ok(Status::Done)
}
