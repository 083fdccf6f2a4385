//! What a person decides about an export.

use std::path::PathBuf;

use blitz_core::DType;
use blitz_model::output::is_video;

/// What stands in the place of frames that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GapChoice {
    /// NaN, or the colour for missing values.
    Missing,
    /// Nothing.
    Skip,
    /// A value.
    Fill,
}

/// What a person decides about an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExportChoice {
    pub(crate) path: PathBuf,
    pub(crate) gaps: GapChoice,
    pub(crate) fill: f64,
    /// Type in which missing values are NaN, where the result has none.
    pub(crate) float: Option<DType>,
    /// For videos: values instead of pictures.
    pub(crate) values: bool,
    /// Frames per second to play; `None` takes the recording's times.
    pub(crate) rate: Option<f64>,
    pub(crate) bar: bool,
    pub(crate) scale: bool,
    pub(crate) stamp: bool,
    pub(crate) zones: bool,
}

/// The question that is open, and why it is asked.
pub(crate) struct ExportDialog {
    pub(crate) choice: ExportChoice,
    /// A frame that failed.
    pub(crate) reason: Option<String>,
}

impl ExportChoice {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            gaps: GapChoice::Missing,
            fill: 0.0,
            float: None,
            values: false,
            rate: None,
            bar: false,
            scale: false,
            stamp: false,
            zones: false,
        }
    }

    /// Whether a film is written.
    pub(crate) fn is_video(&self) -> bool {
        is_video(&self.path)
    }

    /// Whether pictures are drawn for it.
    pub(crate) fn draws(&self) -> bool {
        self.is_video() && !self.values
    }
}
