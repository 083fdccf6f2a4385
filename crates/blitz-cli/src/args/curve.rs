//! `blitz curve`.

use std::path::PathBuf;

use blitz_model::table::CurveColumn;
use clap::Args;

use super::common::SourceArgs;
use super::zone::ZoneArgs;
use crate::commands::curve::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct CurveArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    zones: ZoneArgs,
    /// Columns per zone: mean, min, max, median, std, sum.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "mean",
          value_parser = CurveColumn::parse, help_heading = "Result")]
    stat: Vec<CurveColumn>,
    /// Table: .csv, .npy, or - for CSV on stdout [default: - unless there is a plot].
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: Option<PathBuf>,
    /// Draw the curves: .png or .svg.
    #[arg(long, value_name = "OUT", help_heading = "Result")]
    plot: Option<PathBuf>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    force: bool,
}

impl CurveArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let mut input = self.source.input(self.force)?;
        if let Some(zones) = self.zones.zones() {
            input.recipe.zones = zones;
        }
        if input.recipe.zones.is_empty() {
            return Err(Failure::new(
                "no zone: name at least one with --rect, --ellipse, --polygon or --pixel, or a recipe with zones",
            ));
        }
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        let mut stats: Vec<CurveColumn> = Vec::new();
        for stat in self.stat {
            if !stats.contains(&stat) {
                stats.push(stat);
            }
        }
        let output = match (self.output, &self.plot) {
            (None, None) => Some("-".into()),
            (output, _) => output,
        };
        Ok(Request { input, stats, output, plot: self.plot })
    }
}
