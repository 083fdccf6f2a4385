//! Steps: what happens to the values, in the order of the list.
//!
//! A step has one text form, used by flags, recipe files and the window alike:
//!
//! ```text
//! subtract mean:0:100,amount=0.5        subtract window:mean,50,lag=2,forward
//! divide file:flat.tif,normalised       divide median:,smallest=0.01,fill=1
//! flat flats/,dark=darks/,gain          relative mean:0:20
//! smooth-time gaussian,2                smooth box,3
//! limits 10:4000                        zone A            mask m.png
//! ```
//!
//! A reference is evaluated on the step's own input, so `subtract` before or after `smooth` is what it says.
//! A comma, backslash or leading blank inside a path is written with a backslash before it.

mod bounds;
mod parse;
mod print;
mod words;

use std::path::{Path, PathBuf};

use blitz_core::FrameRange;
use blitz_kernels::Method;

pub use blitz_kernels::windows::{Direction, Window};
pub use bounds::Within;

/// A step of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Whether it takes part.
    pub enabled: bool,
    /// What it does.
    pub kind: StepKind,
}

impl Step {
    /// A step that takes part.
    pub fn new(kind: StepKind) -> Self {
        Self { enabled: true, kind }
    }

    /// Whether the step takes part and makes values on both sides of 0 out of positive ones.
    pub fn gives_signed(&self) -> bool {
        let signed = match &self.kind {
            StepKind::Subtract { amount, .. } => *amount > 0.0,
            StepKind::Relative { .. } => true,
            _ => false,
        };
        self.enabled && signed
    }
}

/// What a step does to a value. A missing value stays missing.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// `v − amount · R`.
    Subtract {
        /// R.
        reference: Reference,
        /// 0 to 1.
        amount: f64,
    },
    /// `v / (amount · R + 1 − amount)`: the amount blends the divisor towards 1.
    Divide {
        /// R.
        reference: Reference,
        /// 0 to 1.
        amount: f64,
        /// Whether R is divided by its own mean first.
        normalised: bool,
        /// What becomes of impossible quotients.
        guard: Guard,
    },
    /// `(v − D) / (F − D')`, times the mean of `F − D'` if `gain`.
    FlatField {
        /// F.
        flat: Reference,
        /// D, 0 if there is none.
        dark: Option<Reference>,
        /// D', D if there is none.
        flat_dark: Option<Reference>,
        /// Whether the result keeps the scale of the source.
        gain: bool,
        /// What becomes of impossible quotients.
        guard: Guard,
    },
    /// `(v − R) / R`.
    Relative {
        /// R.
        reference: Reference,
        /// What becomes of impossible quotients.
        guard: Guard,
    },
    /// Smoothing over frames.
    SmoothTime(Filter),
    /// Smoothing over the image.
    Smooth(Filter),
    /// Values outside become missing.
    Limits {
        /// Smallest value that stays.
        lo: Option<f64>,
        /// Largest value that stays.
        hi: Option<f64>,
    },
    /// Pixels outside the named zone become missing.
    ZoneMask(
        /// Name of a zone of the recipe.
        String,
    ),
    /// Pixels where the picture is 0 become missing.
    Mask(
        /// A one-frame picture of the source's size.
        PathBuf,
    ),
}

impl StepKind {
    /// Whether what it makes of a frame rests on other frames of the recording.
    pub fn rests_on_other_frames(&self) -> bool {
        let from_frames = |r: &Reference| !matches!(r, Reference::File { .. });
        match self {
            Self::Subtract { reference, .. }
            | Self::Divide { reference, .. }
            | Self::Relative { reference, .. } => from_frames(reference),
            Self::FlatField { flat, dark, flat_dark, .. } => {
                from_frames(flat)
                    || dark.as_ref().is_some_and(from_frames)
                    || flat_dark.as_ref().is_some_and(from_frames)
            }
            Self::SmoothTime(_) => true,
            Self::Smooth(_) | Self::Limits { .. } | Self::ZoneMask(_) | Self::Mask(_) => false,
        }
    }

    /// Files and folders that the step rests on.
    pub fn files(&self) -> Vec<&Path> {
        let references: [Option<&Reference>; 3] = match self {
            Self::Subtract { reference, .. }
            | Self::Divide { reference, .. }
            | Self::Relative { reference, .. } => [Some(reference), None, None],
            Self::FlatField { flat, dark, flat_dark, .. } => [Some(flat), dark.as_ref(), flat_dark.as_ref()],
            Self::Mask(path) => return vec![path],
            Self::SmoothTime(_) | Self::Smooth(_) | Self::Limits { .. } | Self::ZoneMask(_) => [None; 3],
        };
        let files = references.into_iter().flatten().filter_map(|reference| match reference {
            Reference::File { path, .. } => Some(path.as_path()),
            Reference::Range { .. } | Reference::Window { .. } => None,
        });
        files.collect()
    }

    /// Frames of the window that the step moves along with; 0 if there is none.
    pub(crate) fn frames_around(&self) -> usize {
        match self {
            Self::SmoothTime(Filter::Box(frames) | Filter::Median(frames)) => *frames,
            _ => self.window().map_or(0, |window| window.len),
        }
    }

    /// The window over time that the step's reference moves along with.
    pub(crate) fn window(&self) -> Option<Window> {
        match self {
            Self::Subtract { reference, .. }
            | Self::Divide { reference, .. }
            | Self::Relative { reference, .. } => match reference {
                Reference::Window { window, .. } => Some(*window),
                Reference::Range { .. } | Reference::File { .. } => None,
            },
            _ => None,
        }
    }
}

/// What becomes of a quotient that is not finite, or whose divisor is too small. Missing, unless filled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guard {
    /// Divisors nearer to 0 than this count as 0.
    pub smallest: Option<f64>,
    /// Value to put instead of missing.
    pub fill: Option<f64>,
}

/// What a step compares with.
#[derive(Clone, Debug, PartialEq)]
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

/// A smoothing filter. Missing values are left out of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Gaussian of this standard deviation, cut at 4 of them.
    Gaussian(f64),
    /// Mean of an odd number of frames, or of a square of odd side.
    Box(usize),
    /// Median likewise.
    Median(usize),
}

impl Filter {
    /// Largest standard deviation of any Gaussian, in pixels or frames.
    pub const LARGEST_SIGMA: f64 = 1000.0;
}
