//! Errors that cross crate borders.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why one frame could not be read. The frame keeps its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFault {
    /// File the frame came from, where it has one.
    pub file: Option<PathBuf>,
    /// Source frame number, 0-based.
    pub frame: usize,
    /// What was found and what was expected.
    pub reason: String,
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}: {}", self.frame, self.reason)?;
        match &self.file {
            Some(file) => write!(f, ": {}", file.display()),
            None => Ok(()),
        }
    }
}

/// Why a read from a store gave no samples.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ReadError {
    /// The frame has not been filled yet.
    #[error("frame {frame} is not loaded yet")]
    Pending {
        /// Frame number in the store.
        frame: usize,
    },
    /// The frame failed while it was decoded.
    #[error("{0}")]
    Failed(FrameFault),
    /// The frame has no value although nothing of it failed: steps look at frames around it that do not exist.
    #[error("{0}")]
    NoWindow(FrameFault),
    /// There is no such frame.
    #[error("frame {frame} does not exist: the stack has frames {first} to {end} (end excluded)")]
    OutOfRange {
        /// Frame asked for.
        frame: usize,
        /// First frame that exists.
        first: usize,
        /// One past the last frame that exists.
        end: usize,
    },
    /// The backing storage was lost while it was open (a file cut short, a disk pulled).
    #[error("{0}")]
    Lost(String),
}

/// Text that a person typed and that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read '{found}' as {expected}")]
pub struct ParseError {
    /// The text.
    pub found: String,
    /// What would have been understood, with an example.
    pub expected: &'static str,
}

impl ParseError {
    /// `found` is not what `expected` describes.
    pub fn new(found: &str, expected: &'static str) -> Self {
        Self { found: found.to_owned(), expected }
    }
}
