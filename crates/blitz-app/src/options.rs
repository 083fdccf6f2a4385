//! What the window starts with, and why there is none.

use std::path::PathBuf;

use blitz_model::load::{DiskCache, IfTooBig, ListFolders};
use blitz_model::recipe::{Load, Recipe};
use thiserror::Error;

/// What the window starts with.
#[derive(Default)]
pub struct WindowOptions {
    /// Files of one recording, or one folder; none shows the empty window.
    pub paths: Vec<PathBuf>,
    /// How to read them.
    pub load: Load,
    /// Decisions to start with; its load part is not looked at.
    pub recipe: Option<Recipe>,
    /// Most memory for a recording, in bytes.
    pub max_ram: Option<u64>,
    /// What to do with a recording that does not fit.
    pub if_too_big: IfTooBig,
    /// Where decoded frames may be kept on disk.
    pub disk_cache: DiskCache,
    /// Whether frames that are written to the folder later are taken on.
    pub watch: bool,
    /// Source frame to show first.
    pub start_frame: Option<usize>,
    /// How folders are listed.
    pub list: ListFolders,
    /// Called once, when the first picture has been drawn, be it a preview: for timing the start.
    pub on_first_picture: Option<Box<dyn FnOnce() + Send>>,
}

/// Why there is no window or no screenshot.
#[derive(Debug, Error)]
pub enum AppError {
    /// The system gives no window.
    #[error(
        "no window can be opened here: {0}; without a display, use: blitz view PATH --screenshot OUT.png"
    )]
    NoDisplay(String),
    /// Nothing draws.
    #[error(transparent)]
    Gpu(#[from] blitz_gpu::GpuError),
    /// The window could not be set up or has died.
    #[error("the window failed: {0}")]
    Window(String),
    /// What was to be shown could not be opened.
    #[error("{0}")]
    NotOpened(String),
    /// The picture was not complete in time.
    #[error("the window was not ready after {seconds:.0} s: {waiting_for}")]
    Timeout {
        /// How long was waited.
        seconds: f64,
        /// What was still going on.
        waiting_for: String,
    },
}
