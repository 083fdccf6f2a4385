//! Why a command was not done, and how one that was done ended.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use blitz_draw::DrawError;
use blitz_io::OutputError;
use blitz_model::demo::DemoError;
use blitz_model::evaluate::EvalError;
use blitz_model::export::ExportError;
use blitz_model::load::{LoadError, RecipeFileError};
use blitz_model::partial::PartialError;
use blitz_model::recipe::{InvalidEntry, StepKind};
use thiserror::Error;

/// How a command that was done ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Every frame asked for was used.
    Done,
    /// Some frames failed; they were named on stderr.
    FramesFailed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::SUCCESS,
            Status::FramesFailed => Self::from(1),
        }
    }
}

/// Why a command was not done. The message says what was found, what was expected and what to do.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Whoever read stdout has seen enough: no failure at all.
    #[error("the reader of stdout is gone")]
    Closed,
    /// Ctrl-C.
    #[error("cancelled; no output was written")]
    Cancelled,
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A recipe file.
    #[error(transparent)]
    Recipe(#[from] RecipeFileError),
    /// A partial result.
    #[error(transparent)]
    Partial(#[from] PartialError),
    /// A picture.
    #[error("{}{}", draw_flag(.0), .0)]
    Draw(#[from] DrawError),
    /// The demo recording.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Anything else, in words.
    #[error("{0}")]
    Message(String),
}

impl Failure {
    /// A failure in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }

    /// A recording that could not be opened.
    pub(crate) fn opening(path: &Path, error: LoadError) -> Self {
        match error {
            LoadError::Cancelled => Self::Cancelled,
            LoadError::Entry(entry) => Self::entry(Some(path), &entry),
            // These name the file themselves.
            LoadError::Open(error) => Self::Message(error.to_string()),
            other => Self::Message(format!("{}: {other}", path.display())),
        }
    }

    /// A question about a recording that has no answer.
    pub(crate) fn evaluating(path: &Path, error: EvalError) -> Self {
        match error {
            EvalError::Cancelled => Self::Cancelled,
            EvalError::Entry(entry) => Self::entry(Some(path), &entry),
            other => Self::Message(format!("{}: {other}", path.display())),
        }
    }

    /// An entry of the recipe, named as the flag it usually comes from.
    pub(crate) fn entry(path: Option<&Path>, error: &InvalidEntry) -> Self {
        let place = path.map_or_else(String::new, |p| format!("{}: ", p.display()));
        let entry = &error.entry;
        let flag = match entry.as_str() {
            "load.grey" => Some("gray".to_owned()),
            "load.eight_bit" => Some("8bit".to_owned()),
            "timeline.frames" => Some("timeline".to_owned()),
            "reduction.methods" => None,
            other => other
                .strip_prefix("load.")
                .or_else(|| other.strip_prefix("calibration."))
                .or_else(|| other.strip_prefix("geometry."))
                .or_else(|| other.strip_prefix("reduction."))
                .map(|name| name.replace('_', "-")),
        };
        let what = flag.map_or_else(|| step_flag(entry), |flag| format!("--{flag} ({entry} in a recipe)"));
        Self::Message(format!("{place}{what}: {}", error.reason))
    }

    /// Writing to stdout.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Message(format!("cannot write to stdout: {error}")),
        }
    }
}

/// The flag that an error in drawing comes from.
fn draw_flag(error: &DrawError) -> &'static str {
    match error {
        DrawError::Channel { .. } => "--channel: ",
        DrawError::Zoom { .. } | DrawError::TooLarge { .. } => "--zoom: ",
        _ => "",
    }
}

/// An entry with its step named as the flag it usually comes from: `step 2 (--smooth box,9)`.
fn step_flag(entry: &str) -> String {
    let Some((number, step)) = entry.split_once(" (").filter(|(n, _)| n.starts_with("step ")) else {
        return entry.to_owned();
    };
    let (name, arguments) = step.split_once(' ').unwrap_or((step, ""));
    let kinds = StepKind::all();
    match kinds.iter().find(|kind| kind.name() == name) {
        Some(kind) => format!("{number} (--{} {arguments}", kind.about().flag),
        None => entry.to_owned(),
    }
}

/// What flags help against an error, in the place of the model's words.
pub(crate) fn advice(error: &ExportError) -> Option<String> {
    Some(match error {
        ExportError::Narrow { asked, found } => {
            format!("{asked} cannot hold every {found} value; use --dtype f64")
        }
        ExportError::Fill { value, dtype } => {
            format!("--fill {value}: {dtype} cannot hold it; choose another value or --dtype")
        }
        ExportError::Gap { fault, dtype } => format!(
            "{fault}. {dtype} cannot hold a missing frame: use --dtype f32 or f64 (NaN), --fill V, or --skip-failed"
        ),
        _ => return None,
    })
}
