//! `blitz export`.

use std::path::PathBuf;

use blitz_core::DType;
use blitz_model::export::{ExportRequest, Gaps};
use clap::Args;

use super::common::SourceArgs;
use crate::commands::export::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// .npy, .tif, or numbered images such as 'DIR/%05d.png' (numbers are source frames).
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: PathBuf,
    /// Write failed frames as this value.
    #[arg(
        long,
        value_name = "V",
        allow_negative_numbers = true,
        conflicts_with = "skip_failed",
        help_heading = "Result"
    )]
    fill: Option<f64>,
    /// Leave failed frames out; the output's description and the report say which.
    #[arg(long, help_heading = "Result")]
    skip_failed: bool,
    /// Write floating-point numbers, in which failed frames are NaN.
    #[arg(long, value_name = "TYPE", value_parser = ["f32", "f64"], help_heading = "Result")]
    dtype: Option<String>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    force: bool,
}

impl ExportArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let gaps = match (self.fill, self.skip_failed) {
            (Some(value), _) => Gaps::Fill(value),
            (None, true) => Gaps::Skip,
            (None, false) => Gaps::Missing,
        };
        let dtype = self.dtype.map(|name| if name == "f32" { DType::F32 } else { DType::F64 });
        let input = self.source.input(self.force)?;
        let overwrite = input.overwrite();
        Ok(Request { input, export: ExportRequest { output: self.output, gaps, dtype, overwrite } })
    }
}
