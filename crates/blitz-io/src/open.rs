//! Opening what a person names: a file, a folder, several files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::format::contract::{Format, Opening};
use crate::format::{formats, of_suffix, what_is};
use crate::scan::{self, FileEntry};
use crate::source::{FrameSource, Group, OpenOptions, SourceInfo};

/// Opens one file, one folder, or several files as one recording.
///
/// A folder gives its largest readable group of files with the same suffix (or the one that
/// [`OpenOptions::suffix`] names); several files must have one format. Files are taken in natural order. Only
/// the first decodable file is read, so opening costs one listing and one frame, however many files there are.
///
/// # Errors
/// Why nothing could be opened, with what to do.
pub fn open(paths: &[PathBuf], options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    match paths {
        [] => Err(OpenError::Nothing),
        [path] if metadata(path)?.is_dir() => open_folder(path, options),
        [path] => open_files(path, vec![entry(path)?], options),
        _ => {
            let files = paths.iter().map(|path| entry(path)).collect::<Result<_, _>>()?;
            open_files(&paths[0], files, options)
        }
    }
}

/// Suffixes that [`open`] reads, without dots.
pub fn readable_suffixes() -> impl Iterator<Item = &'static str> {
    formats().iter().flat_map(|format| format.suffixes.iter().copied())
}

fn readable() -> String {
    readable_suffixes().map(|s| format!(".{s}")).collect::<Vec<_>>().join(" ")
}

fn metadata(path: &Path) -> Result<std::fs::Metadata, OpenError> {
    std::fs::metadata(path).map_err(|source| {
        let path = path.to_path_buf();
        if source.kind() == std::io::ErrorKind::NotFound {
            OpenError::Missing { path }
        } else {
            OpenError::Unreadable { path, source }
        }
    })
}

fn entry(path: &Path) -> Result<FileEntry, OpenError> {
    let meta = metadata(path)?;
    if meta.is_dir() {
        let reason = "it is a folder; name either one folder or several files".to_owned();
        return Err(OpenError::Bad { path: path.to_path_buf(), reason });
    }
    if !meta.is_file() {
        let reason = "it is not a regular file".to_owned();
        return Err(OpenError::Bad { path: path.to_path_buf(), reason });
    }
    Ok(FileEntry::new(path.to_path_buf(), meta.len()))
}

fn open_folder(folder: &Path, options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    let files = scan::visible_files(folder)
        .map_err(|source| OpenError::Unreadable { path: folder.to_path_buf(), source })?;
    if files.is_empty() {
        return Err(OpenError::EmptyFolder { path: folder.to_path_buf() });
    }
    let mut found = by_suffix(files);
    let list = || {
        let parts: Vec<String> = found.iter().map(|(s, _, files)| group_text(s, files.len())).collect();
        parts.join(", ")
    };
    let chosen =
        match &options.suffix {
            Some(wanted) => {
                let wanted = wanted.trim_start_matches('.').to_lowercase();
                found.iter().position(|(suffix, ..)| *suffix == wanted).ok_or_else(|| {
                    OpenError::NoSuchGroup { path: folder.to_path_buf(), wanted, found: list() }
                })?
            }
            None => 0,
        };
    if found[chosen].1.is_none() {
        let path = folder.to_path_buf();
        return Err(OpenError::UnknownSuffix { path, found: list(), readable: readable() });
    }
    let groups: Vec<Group> = found
        .iter()
        .enumerate()
        .map(|(i, (suffix, format, files))| Group {
            suffix: suffix.clone(),
            count: files.len(),
            loadable: format.is_some(),
            chosen: i == chosen,
        })
        .collect();
    let (_, _, files) = found.swap_remove(chosen);
    let name = folder_name(folder);
    open_group(folder, &name, files, options, move |info| {
        if groups.len() > 1 {
            let other: Vec<String> =
                groups.iter().filter(|g| !g.chosen).map(|g| group_text(&g.suffix, g.count)).collect();
            info.notes.push(format!(
                "The folder also holds {}, which are not part of this recording.",
                other.join(", ")
            ));
        }
        info.groups = groups;
    })
}

fn folder_name(folder: &Path) -> String {
    let named = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    named.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn group_text(suffix: &str, count: usize) -> String {
    let files = if count == 1 { "file" } else { "files" };
    if suffix.is_empty() {
        format!("{count} {files} without suffix")
    } else {
        format!("{count} .{suffix} {files}")
    }
}

fn open_files(
    path: &Path,
    files: Vec<FileEntry>,
    options: &OpenOptions,
) -> Result<Arc<dyn FrameSource>, OpenError> {
    for file in &files {
        let suffix = file.suffix();
        if of_suffix(&suffix).is_none() {
            let found = if suffix.is_empty() { "''".to_owned() } else { format!(".{suffix}") };
            return Err(OpenError::UnknownSuffix { path: file.path.clone(), found, readable: readable() });
        }
    }
    let mut groups = by_suffix(files);
    let first = groups[0].1.map(|format| format.name);
    if groups.iter().any(|(_, format, _)| format.map(|f| f.name) != first) {
        let examples: Vec<String> = groups
            .iter()
            .map(|(suffix, _, files)| {
                format!("{} ({})", files[0].path.display(), group_text(suffix, files.len()))
            })
            .collect();
        return Err(OpenError::Mixed { found: examples.join(", ") });
    }
    let files: Vec<FileEntry> = groups.drain(..).flat_map(|(_, _, files)| files).collect();
    let name = files[0].name.clone();
    open_group(path, &name, files, options, |_| {})
}

/// Opens files of one format; `finish` adds what only the caller knows.
fn open_group(
    path: &Path,
    name: &str,
    mut files: Vec<FileEntry>,
    options: &OpenOptions,
    finish: impl FnOnce(&mut SourceInfo),
) -> Result<Arc<dyn FrameSource>, OpenError> {
    scan::sort(&mut files);
    let Some(format) = of_suffix(&files[0].suffix()) else {
        return Err(OpenError::EmptyFolder { path: path.to_path_buf() });
    };
    let mut source = (format.open)(&Opening { path, name, files: &files, options, what_is })?;
    let info = source.info_mut();
    info.path = path.to_path_buf();
    finish(info);
    Ok(Arc::from(source))
}

/// Files by suffix, the group to open first: readable before not, then larger, then by suffix.
fn by_suffix(files: Vec<FileEntry>) -> Vec<(String, Option<&'static Format>, Vec<FileEntry>)> {
    let mut groups: BTreeMap<String, Vec<FileEntry>> = BTreeMap::new();
    for file in files {
        groups.entry(file.suffix()).or_default().push(file);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(suffix, files)| (of_suffix(&suffix), suffix, files))
        .map(|(format, suffix, files)| (suffix, format, files))
        .collect();
    groups.sort_by_key(|(_, format, files)| (format.is_none(), std::cmp::Reverse(files.len())));
    groups
}
