//! Why something could not be opened or written, in words for the person who asked.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::format::raw::layout::RawLayout;

/// Why nothing could be opened. Every message names the file or folder and says what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No path was given.
    #[error("nothing to open: name a file, a folder or several files")]
    Nothing,
    /// The path does not exist.
    #[error("{}: there is no such file or folder", path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// The path exists and cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds no (visible) file.
    #[error("{}: the folder holds no files (hidden files and subfolders are not looked at)", path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The suffix names no format that is read.
    #[error("{}: the suffix {found} is not read; {readable} are; {}", path.display(), hint(layouts))]
    UnknownSuffix {
        /// The file or folder.
        path: PathBuf,
        /// Suffix, or `''` where there is none.
        found: String,
        /// Suffixes that are read.
        readable: String,
        /// How its samples may lie, if it is raw binary; the likeliest first.
        layouts: Vec<RawLayout>,
    },
    /// The folder holds no files that are read, but folders that do.
    #[error(
        "{}: the folder holds no recording itself, its folders do: {}; name one of them", path.display(), shown(found)
    )]
    OnlyFolders {
        /// The folder.
        path: PathBuf,
        /// Folders below it, with what they hold.
        found: Vec<String>,
    },
    /// The folder has no such group, or several.
    #[error(
        "{}: --group {wanted}: one suffix, series or file is to be named; the folder holds {found}", path.display()
    )]
    NoSuchGroup {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        /// Groups found.
        found: String,
    },
    /// Several files of different formats.
    #[error("files of different formats do not make one recording: {found}; name files of one format")]
    Mixed {
        /// One example per suffix.
        found: String,
    },
    /// A file cannot be what it claims.
    #[error("{}: {reason}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// The person stopped it.
    #[error("opening was cancelled")]
    Cancelled,
    /// No file of the group could be decoded.
    #[error("{}: none of {count} files can be decoded; the first: {name}: {reason}", path.display())]
    NoneDecodable {
        /// The folder, or the first file.
        path: PathBuf,
        /// Files tried.
        count: usize,
        /// Name of the first file.
        name: String,
        /// Its reason.
        reason: String,
    },
}

/// What to do with a file that is nothing else.
fn hint(layouts: &[RawLayout]) -> String {
    let layouts: Vec<String> = layouts.iter().map(|layout| format!("--raw {layout}")).collect();
    if layouts.is_empty() {
        return "raw binary is read with --raw WIDTHxHEIGHT:TYPE, such as --raw 640x480:u16le".to_owned();
    }
    format!("if it is raw binary, its samples may lie so: {}", layouts.join(", or "))
}

/// The first of many.
fn shown(found: &[String]) -> String {
    const SHOWN: usize = 20;
    let more = found.len().saturating_sub(SHOWN);
    let list = found[..found.len() - more].join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}

/// Why memory for a stack could not be allocated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "cannot reserve {needed} bytes for {frames} frames: {reason}; use --every, --frames, a crop or shrink to load less"
)]
pub struct AllocError {
    /// Bytes asked for; `u64::MAX` where the size itself overflows.
    pub needed: u64,
    /// Frames asked for.
    pub frames: usize,
    /// What the system said.
    pub reason: String,
}

/// Why an output was not written. The target is as it was before.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The target exists and was not to be replaced.
    #[error("{}: exists already; choose another name or allow replacing it (--force)", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The target is a file of the recording that is read.
    #[error(
        "{}: it would replace {}, a file of the recording that is read, which is never done; choose another name",
        path.display(), file.display()
    )]
    IsRead {
        /// The target.
        path: PathBuf,
        /// The file of the recording.
        file: PathBuf,
    },
    /// The format cannot hold this data.
    #[error("{}: {reason}", path.display())]
    Unsupported {
        /// The target.
        path: PathBuf,
        /// What cannot be held and which formats can.
        reason: String,
    },
    /// The disk is full, or will be.
    #[error("{}: the disk is full: {reason}; nothing was written under that name", path.display())]
    DiskFull {
        /// The target.
        path: PathBuf,
        /// Room needed and found, or what the system said.
        reason: String,
    },
    /// Frames do not match what was announced.
    #[error("{}: {reason}", path.display())]
    Frames {
        /// The target.
        path: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// Anything else the system said.
    #[error("{}: cannot be written: {source}", path.display())]
    Io {
        /// The target.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OutputError {
    /// Sorts a system error: a full disk (or quota, or size limit) has a message of its own.
    pub fn from_io(path: &std::path::Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path, reason: source.to_string() }
            }
            _ => Self::Io { path, source },
        }
    }
}
