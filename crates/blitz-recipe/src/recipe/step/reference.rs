//! What a step compares with.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use blitz_core::{FrameRange, ParseError};
use blitz_kernels::Method;
pub use blitz_kernels::windows::{Direction, Window};
use serde::{Deserialize, Serialize};

use super::arguments::{Arguments, file_name, path_text};
use super::within::Within;
use crate::text;

const EXPECTED: &str = "a reference: METHOD:A:B over frames A to B, window:METHOD,LENGTH[,lag=N][,forward|centred], \
                        or file:PATH";

/// What a step compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reference {
    /// A reduction over a range of frames: one picture for all frames.
    Range {
        /// How the range becomes a picture.
        method: Method,
        /// Source frames; `None` is the whole (cropped) timeline.
        range: Option<FrameRange>,
    },
    /// A reduction over frames near the one computed: one picture per frame.
    Window {
        /// How the window becomes a picture.
        method: Method,
        /// Which frames.
        window: Window,
    },
    /// A file or folder, read as the recording is read; several frames become one picture.
    File {
        /// File or folder.
        path: PathBuf,
        /// How its frames become a picture.
        method: Method,
    },
}

impl Default for Reference {
    /// The mean of all frames.
    fn default() -> Self {
        Self::mean_of(None)
    }
}

impl Reference {
    /// The mean of a range of frames.
    pub const fn mean_of(range: Option<FrameRange>) -> Self {
        Self::Range { method: Method::Mean, range }
    }

    /// How frames become a picture.
    pub const fn method(&self) -> Method {
        match self {
            Self::Range { method, .. } | Self::Window { method, .. } | Self::File { method, .. } => *method,
        }
    }

    /// The window over time, if it is one.
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Window { window, .. } => Some(*window),
            Self::Range { .. } | Self::File { .. } => None,
        }
    }

    /// The file or folder, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Range { .. } | Self::Window { .. } => None,
        }
    }

    /// `mean of 0–99 (100 frames)`, `median of the 10 frames before`, `flat.tif`. `frames` is the number of
    /// frames of the source.
    pub fn describe(&self, frames: usize) -> String {
        match self {
            Self::Range { method, range: None } => format!("{} all frames", of(*method)),
            Self::Range { method, range: Some(range) } => {
                format!("{} {}", of(*method), range.describe(frames))
            }
            Self::Window { method, window } => format!("{} {}", of(*method), window_words(*window)),
            Self::File { path, method: Method::Mean } => file_name(path),
            Self::File { path, method } => format!("{} {}", of(*method), file_name(path)),
        }
    }

    /// Why a recording has no such reference for any of its frames.
    pub(super) fn fault(&self, within: Within) -> Option<String> {
        let window = self.window()?;
        let timeline = within.timeline;
        window.complete(0, timeline).is_empty().then(|| {
            let lag = if window.lag > 0 { format!(" with a lag of {}", window.lag) } else { String::new() };
            format!(
                "no frame has a whole window of {} frames{lag}: the timeline has {timeline}; shorten it",
                window.len
            )
        })
    }

    /// Takes a reference from the front.
    pub(super) fn take(args: &mut Arguments) -> Result<Self, ParseError> {
        let first = args.next().unwrap_or_default();
        if let Some(path) = first.strip_prefix("file:").or_else(|| first.strip_prefix("folder:")) {
            let method = match args.value("method") {
                Some(name) => text::parse_method(&name)?,
                None => Method::Mean,
            };
            return file(path, method).ok_or_else(|| args.error(EXPECTED));
        }
        if let Some(method) = first.strip_prefix("window:") {
            let method = text::parse_method(method)?;
            return Ok(Self::Window { method, window: take_window(args)? });
        }
        range(&first)?.ok_or_else(|| args.error(EXPECTED))
    }

    /// Reads a reference that is one picture for all frames: a path, or a range.
    pub(super) fn parse_plain(text: &str) -> Result<Self, ParseError> {
        if let Some(path) = text.strip_prefix("file:") {
            return file(path, Method::Mean).ok_or_else(|| ParseError::new(text, EXPECTED));
        }
        if text.contains(':')
            && let Some(range) = range(text)?
        {
            return Ok(range);
        }
        file(text, Method::Mean).ok_or_else(|| ParseError::new(text, "a file or folder of flat pictures"))
    }

    /// What [`Reference::parse_plain`] reads: a path where it is a file, else the range.
    pub(super) fn plain_text(&self) -> String {
        match self {
            Self::File { path, .. } => path_text(path),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { method, range } => {
                f.write_str(&text::method(*method))?;
                f.write_char(':')?;
                range.map_or(Ok(()), |range| write!(f, "{range}"))
            }
            Self::Window { method, window } => {
                write!(f, "window:{},{}", text::method(*method), window.len)?;
                if window.lag > 0 {
                    write!(f, ",lag={}", window.lag)?;
                }
                match window.direction {
                    Direction::Backward => Ok(()),
                    Direction::Forward => f.write_str(",forward"),
                    Direction::Centred => f.write_str(",centred"),
                }
            }
            Self::File { path, method } => {
                write!(f, "file:{}", path_text(path))?;
                if *method == Method::Mean { Ok(()) } else { write!(f, ",method={}", text::method(*method)) }
            }
        }
    }
}

fn file(path: &str, method: Method) -> Option<Reference> {
    (!path.is_empty()).then(|| Reference::File { path: PathBuf::from(path), method })
}

/// `METHOD:A:B`, `METHOD:` or `METHOD`; `None` if it does not start with a method.
fn range(text: &str) -> Result<Option<Reference>, ParseError> {
    let (method, frames) = text.split_once(':').unwrap_or((text, ""));
    let Ok(method) = text::parse_method(method) else { return Ok(None) };
    let range: Option<FrameRange> = if frames.is_empty() { None } else { Some(frames.parse()?) };
    Ok(Some(Reference::Range { method, range }))
}

fn take_window(args: &mut Arguments) -> Result<Window, ParseError> {
    const LENGTH: &str = "a window length of at least 1 behind the method, such as window:mean,50";
    let len = args.next().and_then(|n| n.parse().ok()).filter(|n: &usize| *n >= 1);
    let len = len.ok_or_else(|| args.error(LENGTH))?;
    let lag = match args.value("lag") {
        Some(n) => n.parse().map_err(|_| args.error("a lag of at least 0 frames, such as lag=2"))?,
        None => 0,
    };
    let direction = match (args.word("forward"), args.word("centred") || args.word("centered")) {
        (true, false) => Direction::Forward,
        (false, true) => Direction::Centred,
        (false, false) => {
            args.word("backward");
            Direction::Backward
        }
        (true, true) => return Err(args.error("one direction: backward, forward or centred")),
    };
    if direction == Direction::Centred && (len.is_multiple_of(2) || lag > 0) {
        return Err(args.error("an odd length and no lag for a centred window"));
    }
    Ok(Window { len, lag, direction })
}

/// `mean of`, `95 % percentile of`: the word that joins a method to what it is taken of.
fn of(method: Method) -> String {
    match method {
        Method::Percentile(p) => format!("{p} % percentile of"),
        other => format!("{} of", text::method(other)),
    }
}

/// Which frames, seen from the one computed: `the 10 frames before`, `5 frames around`.
fn window_words(window: Window) -> String {
    let frames = text::count(window.len, "frame");
    let lag = if window.lag > 0 { format!(", lag {}", window.lag) } else { String::new() };
    match window.direction {
        Direction::Backward => format!("the {frames} before{lag}"),
        Direction::Forward => format!("the {frames} after{lag}"),
        Direction::Centred => format!("{frames} around"),
    }
}
