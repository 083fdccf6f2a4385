//! `blitz histogram`.

use std::path::PathBuf;

use blitz_model::evaluate::Shard;
use clap::Args;

use super::common::SourceArgs;
use crate::commands::histogram::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct HistogramArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Table: .csv, or - for stdout [default: -].
    #[arg(long, short, value_name = "OUT", default_value = "-", help_heading = "Result")]
    output: PathBuf,
    /// Only the K-th of N parts, as a partial result OUT.state for `blitz merge`; parts are blocks of 256 frames.
    #[arg(long, value_name = "K/N", requires = "output", help_heading = "Result")]
    shard: Option<Shard>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
}

impl HistogramArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let input = self.source.input(self.force)?;
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        Ok(Request { input, output: self.output, shard: self.shard })
    }
}
