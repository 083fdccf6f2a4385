//! `blitz merge`.

use std::path::PathBuf;

use blitz_io::Overwrite;
use clap::Args;

use crate::commands::merge::Request;

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Partial results that `blitz reduce --shard K/N` or `blitz curve --shard K/N` wrote, in any order.
    #[arg(value_name = "PART.state", required = true)]
    parts: Vec<PathBuf>,
    /// Of a reduction .npy or .tif; several methods become OUT.mean.npy, OUT.std.npy, ... Of curves .csv or .npy. Or
    /// .state: the parts joined, to be merged with others later.
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: PathBuf,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
}

impl MergeArgs {
    pub(crate) fn request(self) -> Request {
        let overwrite = if self.force { Overwrite::Replace } else { Overwrite::Refuse };
        Request { parts: self.parts, output: self.output, overwrite }
    }
}
