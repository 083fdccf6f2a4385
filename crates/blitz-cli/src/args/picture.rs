//! How numbers become a picture.

use blitz_draw::{ColorMap, Shrink, Theme};
use clap::Args;

use super::marks::MarkArgs;
use super::value;
use crate::draw::{LevelChoice, Style};
use crate::recording::Input;

#[derive(Debug, Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct PictureArgs {
    /// Values of the first and the last colour.
    #[arg(long, value_name = "LO,HI", value_parser = value::levels, allow_hyphen_values = true,
          conflicts_with = "trim")]
    levels: Option<(f64, f64)>,
    /// Levels that leave P percent of the values out on each side; 0 is their exact range [default: 0.1].
    #[arg(long, value_name = "P", value_parser = value::trim)]
    trim: Option<f64>,
    /// plasma, bipolar, greyclip, grey, viridis, inferno, magma, turbo, thermal, flame, yellowy, spectrum, cyclic
    /// [default: plasma, bipolar with levels symmetric about 0 where steps made values of both signs].
    #[arg(long, value_name = "NAME", value_parser = ColorMap::parse)]
    colormap: Option<ColorMap>,
    /// Draw a bar that says what the colours mean.
    #[arg(long)]
    colorbar: bool,
    /// Picture pixels per image pixel [default: 1].
    #[arg(long, value_name = "FACTOR", value_parser = value::factor)]
    zoom: Option<f64>,
    /// Made smaller, show the largest value instead of the mean, so that hot pixels are not lost.
    #[arg(long)]
    keep_maxima: bool,
    /// Dark surroundings of the colour bar.
    #[arg(long)]
    dark_theme: bool,
    #[command(flatten)]
    marks: MarkArgs,
}

impl PictureArgs {
    /// The first flag that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.given_besides_zones().or_else(|| self.marks.given())
    }

    /// The first flag that was given, those of zones left out.
    pub(crate) fn given_besides_zones(&self) -> Option<&'static str> {
        let flags = [
            (self.levels.is_some(), "--levels"),
            (self.trim.is_some(), "--trim"),
            (self.colormap.is_some(), "--colormap"),
            (self.colorbar, "--colorbar"),
            (self.zoom.is_some(), "--zoom"),
            (self.keep_maxima, "--keep-maxima"),
            (self.dark_theme, "--dark-theme"),
        ];
        flags
            .into_iter()
            .find_map(|(given, name)| given.then_some(name))
            .or_else(|| self.marks.given_besides_zones())
    }

    /// How pictures are drawn; zones that were typed go into the recipe.
    pub(crate) fn style(self, input: &mut Input) -> Style {
        let trim = LevelChoice::Trim(self.trim.unwrap_or(0.1));
        Style {
            levels: self.levels.map_or(trim, |(lo, hi)| LevelChoice::Fixed(lo, hi)),
            map: self.colormap,
            color_bar: self.colorbar,
            zoom: self.zoom.unwrap_or(1.0),
            shrink: if self.keep_maxima { Shrink::Maximum } else { Shrink::Mean },
            theme: if self.dark_theme { Theme::Dark } else { Theme::Light },
            marks: self.marks.choice(input),
        }
    }
}
