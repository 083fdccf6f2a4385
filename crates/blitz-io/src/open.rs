//! Opening what a person names: a file, a folder, several files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::format::npy::{NpyCodec, NpySource};
use crate::format::tiff::{TiffCodec, TiffSource};
use crate::format::{BmpCodec, Codec, Format, JpegCodec, PngCodec};
use crate::scan::{self, FileEntry};
use crate::series::Series;
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
    Format::SUFFIXES.iter().map(|&(suffix, _)| suffix)
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
    let mut found = scan::by_suffix(files);
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
    open_group(folder, name, files, options, move |info| {
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
        if Format::from_suffix(&suffix).is_none() {
            let found = if suffix.is_empty() { "''".to_owned() } else { format!(".{suffix}") };
            return Err(OpenError::UnknownSuffix { path: file.path.clone(), found, readable: readable() });
        }
    }
    let mut groups = scan::by_suffix(files);
    let first = groups[0].1;
    if groups.iter().any(|(_, format, _)| *format != first) {
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
    open_group(path, name, files, options, |_| {})
}

/// Opens files of one format; `finish` adds what only the caller knows.
fn open_group(
    path: &Path,
    name: String,
    mut files: Vec<FileEntry>,
    options: &OpenOptions,
    finish: impl FnOnce(&mut SourceInfo),
) -> Result<Arc<dyn FrameSource>, OpenError> {
    scan::sort(&mut files);
    let format = Format::from_suffix(&files[0].suffix());
    if format == Some(Format::Video) {
        return open_video(path, name, &files, options, finish);
    }
    if let [file] = files.as_slice() {
        match format {
            Some(Format::Npy) => {
                let mut source = NpySource::open(&file.path, options)?;
                source.info_mut().path = path.to_path_buf();
                finish(source.info_mut());
                return Ok(Arc::new(source));
            }
            Some(Format::Tiff) => {
                let mut source = TiffSource::open(&file.path, options)?;
                source.info_mut().path = path.to_path_buf();
                finish(source.info_mut());
                return Ok(Arc::new(source));
            }
            _ => {}
        }
    }
    let codec: Box<dyn Codec> = match format {
        Some(Format::Png) => Box::new(PngCodec),
        Some(Format::Jpeg) => Box::new(JpegCodec),
        Some(Format::Bmp) => Box::new(BmpCodec),
        Some(Format::Tiff) => Box::new(TiffCodec),
        Some(Format::Npy) => Box::new(NpyCodec::new(options)),
        Some(Format::Video) | None => return Err(OpenError::EmptyFolder { path: path.to_path_buf() }),
    };
    let mut source = Series::open(path, name, codec, files, options)?;
    finish(source.info_mut());
    Ok(Arc::new(source))
}

/// Opens videos, one after the other in time.
#[cfg(feature = "video")]
fn open_video(
    path: &Path,
    name: String,
    files: &[FileEntry],
    options: &OpenOptions,
    finish: impl FnOnce(&mut SourceInfo),
) -> Result<Arc<dyn FrameSource>, OpenError> {
    let mut source = crate::format::video::VideoSource::open(path, name, files, options)?;
    finish(source.info_mut());
    Ok(Arc::new(source))
}

/// Decodes a video from its beginning to its end and drops the pictures: what reading can be measured by. FFmpeg
/// chooses the number of its threads, unless `our_threads` says that it takes as many as reading does. Gives the
/// number of pictures.
///
/// # Errors
/// If the file cannot be read as a video, or the decoder refuses a packet.
#[cfg(feature = "video")]
pub fn decode_only(path: &Path, our_threads: bool, options: &OpenOptions) -> Result<u64, OpenError> {
    crate::format::video::decode_only(path, our_threads, options)
}

/// Says what is missing.
///
/// # Errors
/// Always.
#[cfg(not(feature = "video"))]
pub fn decode_only(path: &Path, _our_threads: bool, _options: &OpenOptions) -> Result<u64, OpenError> {
    Err(OpenError::Bad { path: path.to_path_buf(), reason: NO_VIDEO.to_owned() })
}

#[cfg(not(feature = "video"))]
const NO_VIDEO: &str = "it is a video, and this program was built without video; build it with FFmpeg's libraries \
                        installed and the cargo feature \"video\", which is on by default";

/// Says what is missing.
#[cfg(not(feature = "video"))]
fn open_video(
    _path: &Path,
    _name: String,
    files: &[FileEntry],
    _options: &OpenOptions,
    _finish: impl FnOnce(&mut SourceInfo),
) -> Result<Arc<dyn FrameSource>, OpenError> {
    Err(OpenError::Bad { path: files[0].path.clone(), reason: NO_VIDEO.to_owned() })
}
