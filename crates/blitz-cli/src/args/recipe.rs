//! `blitz recipe`.

use std::path::PathBuf;

use blitz_core::FrameRange;
use blitz_kernels::Method;
use blitz_model::recipe::Reduction;
use blitz_model::text;
use clap::Args;

use super::auxiliary::AuxiliaryArgs;
use super::common::RecipeArgs;
use super::zone::ZoneArgs;
use crate::commands::recipe::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct RecipeCommandArgs {
    /// Check the recipe against this recording.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: RecipeArgs,
    #[command(flatten)]
    zones: ZoneArgs,
    #[command(flatten)]
    auxiliary: AuxiliaryArgs,
    /// Methods of a reduction, such as mean,std.
    #[arg(long, value_name = "METHODS", value_delimiter = ',', value_parser = text::parse_method,
          help_heading = "Reduction")]
    reduce: Vec<Method>,
    /// Source frames of the reduction.
    #[arg(long, value_name = "A:B[:STEP]", requires = "reduce", help_heading = "Reduction")]
    range: Option<FrameRange>,
    /// std divides by N - DDOF: 0 or 1.
    #[arg(long, value_name = "DDOF", requires = "reduce", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=1), help_heading = "Reduction")]
    ddof: u32,
    /// Source frames that everything works on.
    #[arg(long, value_name = "A:B[:STEP]", help_heading = "Reduction")]
    timeline: Option<FrameRange>,
    /// Let --save-recipe replace an existing file.
    #[arg(long, help_heading = "Recipe")]
    pub(super) force: bool,
}

impl RecipeCommandArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let mut recipe = self.flags.recipe()?;
        if let Some(zones) = self.zones.zones() {
            recipe.zones = zones;
        }
        self.auxiliary.apply(&mut recipe.auxiliary);
        if !self.reduce.is_empty() {
            recipe.reduction = Some(Reduction { methods: self.reduce, range: self.range, ddof: self.ddof });
        }
        recipe.frames = self.timeline.or(recipe.frames);
        recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        Ok(Request { input: self.flags.input(self.paths, recipe, self.force) })
    }
}
