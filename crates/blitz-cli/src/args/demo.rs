//! `blitz demo`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::demo::Request;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder to write to [default: blitz-demo in the system's temporary folder].
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write into a folder that holds other files, and replace an earlier demo.
    #[arg(long)]
    pub(super) force: bool,
}

impl DemoArgs {
    pub(crate) fn request(self) -> Request {
        Request { folder: self.folder.unwrap_or_else(blitz_model::demo::default_dir), force: self.force }
    }
}
