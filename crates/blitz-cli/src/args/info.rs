//! `blitz info`.

use clap::Args;

use super::common::SourceArgs;
use crate::commands::info::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Read every frame: failed frames, exact range, effective bits, missing values.
    #[arg(long, help_heading = "Result")]
    scan: bool,
    /// List the recordings that a folder holds, and open none.
    #[arg(long, help_heading = "Result", conflicts_with_all = ["scan", "save_recipe"])]
    list: bool,
    /// Let --save-recipe replace an existing file.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
}

impl InfoArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        Ok(Request { input: self.source.input(self.force)?, scan: self.scan, list: self.list })
    }
}
