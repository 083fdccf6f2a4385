//! Opening what a person names: a file, a folder, several files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::by_bytes::{self, Told, by_bytes, told};
use crate::folder::{
    Candidate, candidates, candidates_or, choose, describe, groups, recordings_below, series_of,
};
use crate::format::contract::{Format, Opening};
use crate::format::npy::archive;
use crate::format::{formats, grid, of_suffix, other, raw, what_is};
use crate::in_parallel::in_parallel;
use crate::names::{self, Sequence};
use crate::one_channel::OneChannel;
use crate::preview::Preview;
use crate::read_at::FileBytes;
use crate::scan::{self, FileEntry};
use crate::source::{FrameSource, Group, OpenOptions, SourceInfo};
use crate::times;

/// Opens one file, one folder, or several files as one recording.
///
/// A folder gives its largest readable series of files (or the one that [`OpenOptions::group`] names): those of one
/// format whose names are equal once their numbers are removed. Several files must have one format, and are one
/// recording whatever their names are. Files are taken in the natural order of their names.
///
/// # Errors
/// Why nothing could be opened, with what to do.
pub fn open(paths: &[PathBuf], options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    match paths {
        [] => Err(OpenError::Nothing),
        [path] if metadata(path)?.is_dir() => open_folder(path, options),
        [path] => open_files(path, vec![entry(path)?], options),
        _ => {
            let files =
                in_parallel(paths.len(), |i| entry(&paths[i])).into_iter().collect::<Result<_, _>>()?;
            open_files(&paths[0], files, options)
        }
    }
}

/// Suffixes that [`open`] reads, without dots.
pub fn readable_suffixes() -> impl Iterator<Item = &'static str> {
    formats().iter().flat_map(|format| format.suffixes.iter().copied())
}

/// Those of them whose files a folder always counts among its recordings, whatever they hold.
pub fn certain_suffixes() -> impl Iterator<Item = &'static str> {
    let is_certain =
        |format: &Format, suffix: &str| format.name != grid::FORMAT.name || grid::is_certain(suffix);
    formats()
        .iter()
        .flat_map(move |format| format.suffixes.iter().copied().filter(move |s| is_certain(format, s)))
}

fn readable() -> String {
    let suffixes: Vec<String> = readable_suffixes().map(|s| format!(".{s}")).collect();
    format!("{} (texts where they hold a matrix of numbers)", suffixes.join(" "))
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
    let mut file = FileEntry::new(path.to_path_buf());
    file.measured(&meta);
    Ok(file)
}

fn open_folder(folder: &Path, options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    let mut preview = Preview::of(folder, options);
    // What the person says of the files is compared with all of them.
    let is_open = options.group.is_none() && options.raw.is_none();
    let mut files = Vec::new();
    options.progress.start("listing", 0);
    scan::each_visible_file(folder, &options.list, |file| {
        options.progress.advance(1);
        if is_open {
            preview.listed(&file);
        }
        files.push(file);
        !options.cancel.is_cancelled()
    })
    .map_err(|source| unreadable(folder, source))?;
    not_cancelled(options)?;
    options.progress.start("sorting names", 0);
    let is_empty = files.is_empty();
    let bare = options.raw.is_some().then_some(&raw::FORMAT);
    let mut found = candidates_or(files, options.group.is_some(), bare);
    if bare.is_some() {
        // Files that nothing else tells are meant, but for references beside them.
        let is_bare = |candidate: &Candidate| candidate.format.is_some_and(|f| f.name == raw::FORMAT.name);
        found.sort_by_key(|candidate| is_bare(candidate) == options.raw_where_unknown);
    }
    let path = || folder.to_path_buf();
    let chosen = match &options.group {
        Some(wanted) if !is_empty => choose(&found, wanted).map_err(|among| {
            let wanted = wanted.clone();
            let found = describe(if among.is_empty() { found.iter().collect() } else { among });
            OpenError::NoSuchGroup { path: path(), wanted, found }
        })?,
        _ => 0,
    };
    if found.get(chosen).is_none_or(|candidate| candidate.format.is_none()) {
        // Another group that can be read would be opened if the person had not asked for this one.
        let asks_for_other = found.first().is_some_and(|first| first.format.is_some());
        let below = if asks_for_other { Vec::new() } else { recordings_below(folder) };
        return Err(if !below.is_empty() {
            OpenError::OnlyFolders { path: path(), found: below }
        } else if is_empty {
            OpenError::EmptyFolder { path: path() }
        } else {
            let first = found.first().and_then(|candidate| candidate.sequence.files.first());
            let layouts = first.map_or_else(Vec::new, |file| raw::suggest_raw(&file.path));
            OpenError::UnknownSuffix { path: path(), found: describe(&found), readable: readable(), layouts }
        });
    }
    let groups = groups(&found, chosen);
    let Candidate { mut sequence, format, .. } = found.swap_remove(chosen);
    if let (Some(first), Some(format)) = (sequence.files.first(), format) {
        preview.found(first, format);
    }
    drop(found);
    scan::measure(&mut sequence.files, &options.cancel, &options.progress);
    not_cancelled(options)?;
    let name = folder_name(folder);
    open_group(folder, &name, sequence, options, move |info| {
        let other: Vec<_> = groups.iter().filter(|group| !group.chosen).collect();
        if !other.is_empty() {
            let choose = if other.iter().any(|group| group.loadable) {
                " (--group NAME opens one of them)"
            } else {
                ""
            };
            let texts: Vec<String> = other.iter().map(|group| group.text()).collect();
            info.notes.push(format!(
                "The folder also holds {}, which are not part of this recording{choose}.",
                names::join(&texts)
            ));
        }
        info.groups = groups;
    })
}

/// See [`LookAgain`](crate::format::contract::LookAgain).
fn look_again(folder: &Path, of: &Path) -> std::io::Result<Vec<FileEntry>> {
    Ok(series_of(scan::visible_files(folder)?, of))
}

fn unreadable(folder: &Path, source: std::io::Error) -> OpenError {
    OpenError::Unreadable { path: folder.to_path_buf(), source }
}

fn not_cancelled(options: &OpenOptions) -> Result<(), OpenError> {
    if options.cancel.is_cancelled() { Err(OpenError::Cancelled) } else { Ok(()) }
}

/// What a folder holds; of its files no more is read than the beginnings of some texts.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its series, the one that [`open`] would open first.
    pub groups: Vec<Group>,
    /// Folders below it that hold recordings, in words; looked for only where it holds none itself.
    pub below: Vec<String>,
}

/// Lists the recordings of a folder, or the arrays of an archive.
///
/// # Errors
/// If it is neither, or cannot be read.
pub fn list(folder: &Path) -> Result<Listing, OpenError> {
    if !metadata(folder)?.is_dir() {
        let path = || folder.to_path_buf();
        if scan::suffix(folder) != "npz" {
            let reason =
                "it is a file; only folders and archives of arrays hold several recordings".to_owned();
            return Err(OpenError::Bad { path: path(), reason });
        }
        let file =
            FileBytes::open(folder).map_err(|source| OpenError::Unreadable { path: path(), source })?;
        let groups = archive::groups(&file).map_err(|reason| OpenError::Bad { path: path(), reason })?;
        return Ok(Listing { groups, below: Vec::new() });
    }
    let files = scan::visible_files(folder).map_err(|source| unreadable(folder, source))?;
    let found = candidates(files, false);
    let has_any = found.first().is_some_and(|candidate| candidate.format.is_some());
    let below = if has_any { Vec::new() } else { recordings_below(folder) };
    let chosen = if has_any { 0 } else { usize::MAX };
    Ok(Listing { groups: groups(&found, chosen), below })
}

fn folder_name(folder: &Path) -> String {
    let named = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    named.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn open_files(
    path: &Path,
    files: Vec<FileEntry>,
    options: &OpenOptions,
) -> Result<Arc<dyn FrameSource>, OpenError> {
    let mut formats: Vec<(&'static Format, &FileEntry)> = Vec::new();
    for file in &files {
        let suffix = file.suffix();
        // Many kinds of files have the suffixes of texts.
        let named = of_suffix(&suffix);
        let told = || {
            let sure = named.filter(|format| format.name != grid::FORMAT.name);
            sure.or_else(|| by_bytes(file)).or(named)
        };
        let bare = is_bare(std::slice::from_ref(file), options).then_some(&raw::FORMAT);
        let Some(format) = bare.or_else(told) else {
            return Err(unknown(file));
        };
        if formats.iter().all(|(other, _)| other.name != format.name) {
            formats.push((format, file));
        }
    }
    if formats.len() > 1 {
        let example =
            |(format, file): &(&Format, &FileEntry)| format!("{} ({})", file.path.display(), format.name);
        let examples: Vec<String> = formats.iter().map(example).collect();
        return Err(OpenError::Mixed { found: examples.join(", ") });
    }
    let format = formats.first().map(|(format, _)| *format);
    let preview = Preview::of(path, options);
    let sequence = names::together(files);
    if let ([first, _, ..], Some(format)) = (sequence.files.as_slice(), format) {
        preview.found(first, format);
    }
    let name = sequence.files[0].name.clone();
    open_group(path, &name, sequence, options, |_| {})
}

/// Whether files are read as bare samples: if the person says so, and nothing else tells what they are where only such
/// files are meant.
fn is_bare(files: &[FileEntry], options: &OpenOptions) -> bool {
    options.raw.is_some()
        && (!options.raw_where_unknown
            || told(files)
                .is_none_or(|told| told.format.name == grid::FORMAT.name && !grid::are_matrices(files)))
}

/// Why a file is not opened whose name and bytes say nothing.
fn unknown(file: &FileEntry) -> OpenError {
    let (path, suffix) = (file.path.clone(), file.suffix());
    let start = by_bytes::start(file);
    if let Some(name) = other(&start) {
        return OpenError::Bad { path, reason: format!("it is a {name} file, which is not read") };
    }
    let found = if suffix.is_empty() { "''".to_owned() } else { format!(".{suffix}") };
    let layouts = raw::suggest_raw(&path);
    OpenError::UnknownSuffix { path, found, readable: readable(), layouts }
}

/// Opens files of one format; `finish` adds what only the caller knows.
fn open_group(
    path: &Path,
    name: &str,
    sequence: Sequence,
    options: &OpenOptions,
    finish: impl FnOnce(&mut SourceInfo),
) -> Result<Arc<dyn FrameSource>, OpenError> {
    let Sequence { files, zero, unit, notes, .. } = sequence;
    let told =
        if is_bare(&files, options) { Some(Told { format: &raw::FORMAT, note: None }) } else { told(&files) };
    let Some(Told { format, note }) = told.filter(|_| !files.is_empty()) else {
        return Err(OpenError::EmptyFolder { path: path.to_path_buf() });
    };
    let files: Arc<[FileEntry]> = files.into();
    let mut source = (format.open)(&Opening { path, name, files: &files, options, what_is, look_again })?;
    // A file may hold several frames.
    let zero = zero.and_then(|file| {
        let path = Some(&files[file].path);
        (0..source.info().frames).find(|&frame| source.meta(frame).file.as_ref() == path)
    });
    let facts = source.facts(0);
    let info = source.info_mut();
    info.facts = facts;
    info.path = path.to_path_buf();
    info.notes.splice(0..0, notes.into_iter().chain(note));
    if let Some(frame) = zero {
        info.t0_frame = frame as i64;
        info.notes.push(format!(
            "The file numbers run from below 0 through it: number 0 is frame {frame}, which is t = 0 unless another \
             is given (--t0-frame)."
        ));
    }
    finish(info);
    if let Some(from) = &options.times {
        times::set(source.as_mut(), from, unit, &options.cancel)?;
    }
    for (letter, asked, name) in [('Z', options.slice, "slice"), ('P', options.position, "position")] {
        let info = source.info_mut();
        if let Some(asked) = asked.filter(|_| info.reading.one_of.iter().all(|one| one.letter != letter)) {
            info.notes.push(format!("--{name} {asked} is not used: the recording has no {name}s."));
        }
    }
    let source = OneChannel::of(source, options.channel.as_deref())
        .map_err(|reason| OpenError::Bad { path: path.to_path_buf(), reason })?;
    Ok(Arc::from(source))
}
