//! `blitz render`.

use std::path::PathBuf;

use clap::Args;

use super::common::SourceArgs;
use super::picture::PictureArgs;
use crate::commands::render::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Source frame to draw [default: the reduction of the recipe].
    #[arg(long, value_name = "N", help_heading = "Result")]
    frame: Option<usize>,
    /// Picture to write: .png, .tif, .bmp, or .jpg (whose colours are near).
    #[arg(long, short, value_name = "OUT.png", help_heading = "Result")]
    output: PathBuf,
    /// Replace an existing file.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
    #[command(flatten)]
    style: PictureArgs,
}

impl RenderArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let mut input = self.source.input(self.force)?;
        if self.frame.is_none() && input.recipe.reduction.is_none() {
            return Err(Failure::new("nothing to draw: give --frame N, or a --recipe with a reduction"));
        }
        let style = self.style.style(&mut input);
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        Ok(Request { input, frame: self.frame, output: self.output, style })
    }
}
