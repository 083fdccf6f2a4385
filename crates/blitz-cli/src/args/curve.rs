//! `blitz curve`.

use std::path::PathBuf;

use blitz_core::ParseError;
use blitz_model::evaluate::Shard;
use blitz_model::table::{CsvStyle, CurveColumn};
use blitz_model::{Method, text};
use clap::Args;

use super::auxiliary::AuxiliaryArgs;
use super::common::SourceArgs;
use super::zone::ZoneArgs;
use crate::commands::curve::Request;
use crate::failure::Failure;

/// A column of the table.
#[derive(Clone, Copy, Debug)]
enum Stat {
    Column(CurveColumn),
    /// 0 to 100.
    Percentile(f64),
}

impl Stat {
    fn parse(text: &str) -> Result<Self, ParseError> {
        match text::parse_method(text) {
            Ok(Method::Percentile(p)) => Ok(Self::Percentile(p)),
            _ => CurveColumn::parse(text).map(Self::Column),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CurveArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    zones: ZoneArgs,
    #[command(flatten)]
    auxiliary: AuxiliaryArgs,
    /// Columns per zone (ROI): mean, min, max, median, std, sum, and percentiles such as p95.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "mean",
          value_parser = Stat::parse, help_heading = "Result")]
    stat: Vec<Stat>,
    /// Table: .csv, .tsv (tabs), .npy, or - for CSV on stdout [default: - unless there is a plot].
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: Option<PathBuf>,
    /// Draw the curves: .png or .svg.
    #[arg(long, value_name = "OUT", help_heading = "Result")]
    plot: Option<PathBuf>,
    /// How CSV is written: plain (1.5,2), german (1,5;2) or tabs.
    #[arg(long, value_name = "STYLE", value_parser = CsvStyle::parse, default_value = "plain", help_heading = "Result")]
    csv: CsvStyle,
    /// Only the K-th of N parts, as a partial result OUT.state for `blitz merge`; parts are blocks of 256 frames.
    #[arg(long, value_name = "K/N", conflicts_with = "plot", requires = "output", help_heading = "Result")]
    shard: Option<Shard>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
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
        self.auxiliary.apply(&mut input.recipe.auxiliary);
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        let (mut stats, mut percentiles) = (Vec::new(), Vec::new());
        for stat in self.stat {
            match stat {
                Stat::Column(column) if !stats.contains(&column) => stats.push(column),
                Stat::Percentile(p) if !percentiles.contains(&p) => percentiles.push(p),
                Stat::Column(_) | Stat::Percentile(_) => {}
            }
        }
        let output = match (self.output, &self.plot) {
            (None, None) => Some("-".into()),
            (output, _) => output,
        };
        Ok(Request { input, stats, percentiles, output, plot: self.plot, csv: self.csv, shard: self.shard })
    }
}
