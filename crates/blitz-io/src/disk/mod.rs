//! Decoded frames kept in files: what costs decoding is decoded once and can then be read in any order, now and
//! the next time the recording is opened.
//!
//! A [`CacheFolder`] holds at most one entry per recording and way of reading it: `ID.frames`, all frames one after
//! the other in the machine's byte order, and `ID.journal`, which says what they are and which of them are there.
//! The journal's format stands in `journal.rs`.
//!
//! # Why what is read is right
//! * A frame's bytes are written before its record. Both go through the page cache, so whenever the *program* is
//!   killed, every record that is there stands for bytes that are there; a record cut short does not pass its
//!   checksum and never was.
//! * When the *machine* stops, records may reach the disk before the bytes they stand for. So frames of an entry
//!   that was not completed are compared with the checksums in their records before they are believed, and decoded
//!   anew where they differ.
//! * An entry is completed by writing all frames to the disk (`fdatasync`), then the record that says so with the
//!   modification time of the frames, then the journal (`fsync`). An entry whose frames have another size or time
//!   is treated as one that was not completed.
//! * Whoever fills an entry holds an exclusive lock on its journal, whoever reads a complete one a shared lock;
//!   entries appear and go under a lock of the folder. Locks end with the program, however it ends.
//! * Frames are written with positioned writes, never through the mapping: a full disk is an error, not a signal.

mod folder;
mod journal;
mod store;

use std::io;
use std::path::{Path, PathBuf};

use blitz_core::bytes_text;
use thiserror::Error;

pub use folder::{CacheEntry, CacheFolder, Cleared, Room};
pub use journal::Description;
pub use store::{DiskStore, DiskWriter};

#[cfg(test)]
mod tests;

/// Why frames cannot be kept on disk.
#[derive(Debug, Error)]
pub enum CacheError {
    /// Somebody else fills or empties this entry.
    #[error(
        "{}: another window or program is writing these frames just now; wait for it, or read without the cache",
        path.display()
    )]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// The frames have no room.
    #[error(
        "{}: the frames need {} on disk: {reason}; choose another folder (--cache-dir), allow more \
         (--cache-size), or empty it (blitz cache clear)",
        path.display(),
        bytes_text(*needed)
    )]
    NoRoom {
        /// The cache folder.
        path: PathBuf,
        /// Bytes of all frames.
        needed: u64,
        /// What there is.
        reason: String,
    },
    /// The disk became full while frames were written.
    #[error(
        "{}: the disk is full ({reason}); the frames written so far are kept, the others are not there",
        path.display()
    )]
    DiskFull {
        /// The file of frames or the journal.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Anything else the system said.
    #[error("{}: cannot be used for cached frames: {source}; choose another folder (--cache-dir)", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CacheError {
    /// Sorts a system error: a full disk (or quota, or size limit) has a message of its own.
    fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path, reason: source.to_string() }
            }
            _ => Self::Io { path, source },
        }
    }
}

/// For fuzzing: any bytes are read or refused.
pub(crate) fn read_any_journal(bytes: &[u8]) {
    if let Ok(journal) = journal::Journal::parse(bytes) {
        assert!(journal.length <= bytes.len() && journal.entries.len() <= journal.description.frames);
    }
}

/// Writes `bytes` at `offset`, whatever the file's position is.
#[cfg(unix)]
fn write_at(file: &std::fs::File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// Writes `bytes` at `offset`, whatever the file's position is.
#[cfg(windows)]
fn write_at(file: &std::fs::File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if n == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        (bytes, offset) = (&bytes[n..], offset + n as u64);
    }
    Ok(())
}

/// A browser has no files.
#[cfg(not(any(unix, windows)))]
fn write_at(_file: &std::fs::File, _bytes: &[u8], _offset: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
