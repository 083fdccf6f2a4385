//! `blitz reduce`.

use std::path::PathBuf;

use blitz_core::FrameRange;
use blitz_kernels::Method;
use blitz_model::evaluate::Shard;
use blitz_model::recipe::Reduction;
use blitz_model::text;
use clap::Args;

use super::common::SourceArgs;
use super::picture::PictureArgs;
use crate::commands::reduce::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct ReduceArgs {
    /// mean, std, max, min, sum, median or a percentile such as p95; several with commas, in one pass.
    #[arg(value_name = "METHODS", value_delimiter = ',', num_args = 1, required = true,
          value_parser = text::parse_method)]
    methods: Vec<Method>,
    #[command(flatten)]
    source: SourceArgs,
    /// Numbers: .npy or .tif; several methods become OUT.mean.npy, OUT.std.npy, ...
    #[arg(long, short, value_name = "OUT", required_unless_present = "picture", help_heading = "Result")]
    output: Option<PathBuf>,
    /// Draw the result as .png, named like the output.
    #[arg(long, value_name = "OUT.png", help_heading = "Result")]
    picture: Option<PathBuf>,
    /// Source frames A to B, B left out [default: the recipe's, else all].
    #[arg(long, value_name = "A:B[:STEP]", help_heading = "Result")]
    range: Option<FrameRange>,
    /// std divides by N - DDOF: 0 or 1 [default: the recipe's, else 0].
    #[arg(long, value_name = "DDOF", value_parser = clap::value_parser!(u32).range(0..=1), help_heading = "Result")]
    ddof: Option<u32>,
    /// Only the K-th of N parts, as a partial result OUT.state for `blitz merge`; parts are blocks of 256 frames.
    /// Of medians and percentiles it is as large as the frames read: rows apart (--crop) are smaller.
    #[arg(long, value_name = "K/N", conflicts_with = "picture", help_heading = "Result")]
    shard: Option<Shard>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
    #[command(flatten)]
    style: PictureArgs,
}

impl ReduceArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        for (i, method) in self.methods.iter().enumerate() {
            if self.methods[..i].contains(method) {
                return Err(Failure::new(format!(
                    "{} is named twice; name each method once",
                    text::method(*method)
                )));
            }
        }
        let mut input = self.source.input(self.force)?;
        let before = input.recipe.reduction.take();
        input.recipe.reduction = Some(Reduction {
            methods: self.methods,
            range: self.range.or_else(|| before.as_ref().and_then(|r| r.range)),
            ddof: self.ddof.or_else(|| before.as_ref().map(|r| r.ddof)).unwrap_or(0),
        });
        let style = self.style.style(&mut input);
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        Ok(Request { input, output: self.output, picture: self.picture, shard: self.shard, style })
    }
}
