//! `blitz merge`.

use std::path::PathBuf;

use blitz_io::Overwrite;
use blitz_model::table::CsvStyle;
use clap::Args;

use crate::commands::merge::Request;

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Partial results that `blitz reduce --shard K/N` or `blitz curve --shard K/N` wrote, in any order.
    #[arg(value_name = "PART.state", required = true)]
    parts: Vec<PathBuf>,
    /// Of a reduction .npy or .tif; several methods become OUT.mean.npy, OUT.std.npy, ... Of curves .csv, .tsv or .npy. Or
    /// .state: the parts joined, to be merged with others later.
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: PathBuf,
    /// How CSV is written: plain (1.5,2), german (1,5;2) or tabs.
    #[arg(long, value_name = "STYLE", value_parser = CsvStyle::parse, default_value = "plain", help_heading = "Result")]
    csv: CsvStyle,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
}

impl MergeArgs {
    pub(crate) fn request(self) -> Request {
        let overwrite = if self.force { Overwrite::Replace } else { Overwrite::Refuse };
        Request { parts: self.parts, output: self.output, csv: self.csv, overwrite }
    }
}
