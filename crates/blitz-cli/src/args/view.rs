//! `blitz view`, which is also plain `blitz`.

use std::path::PathBuf;

use clap::Args;

use super::auxiliary::AuxiliaryArgs;
use super::common::RecipeArgs;
use super::value;
use crate::commands::view::{Request, Shot};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// A file, a folder, or several files of one format.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: RecipeArgs,
    #[command(flatten)]
    auxiliary: AuxiliaryArgs,
    /// Source frame to start at.
    #[arg(long, value_name = "N", help_heading = "Window")]
    frame: Option<usize>,
    /// Take on the frames that another program writes to the folder while it is open.
    #[arg(long, requires = "paths", conflicts_with = "screenshot", help_heading = "Window")]
    watch: bool,
    /// Draw the window into a .png instead of opening it.
    #[arg(long, value_name = "OUT.png", requires = "paths", help_heading = "Window")]
    screenshot: Option<PathBuf>,
    /// Size of the screenshot in pixels.
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1600x900", value_parser = value::size,
          requires = "screenshot", help_heading = "Window")]
    size: [u32; 2],
    /// Screenshot pixels per point of the window.
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::scale,
          requires = "screenshot", help_heading = "Window")]
    scale: f64,
    /// Light colours in the screenshot.
    #[arg(long, requires = "screenshot", help_heading = "Window")]
    light: bool,
    /// Replace existing files.
    #[arg(long, help_heading = "Window")]
    pub(super) force: bool,
}

impl ViewArgs {
    pub(crate) fn request(self) -> Result<Request, Failure> {
        let mut recipe = self.flags.recipe()?;
        self.auxiliary.apply(&mut recipe.auxiliary);
        let shot = self.screenshot.map(|output| Shot {
            output,
            size: self.size,
            scale: self.scale as f32,
            light: self.light,
        });
        let input = self.flags.input(self.paths, recipe, self.force);
        Ok(Request { input, frame: self.frame, watch: self.watch, shot })
    }
}
