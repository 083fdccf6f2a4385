//! How numbers become a picture.

use blitz_draw::{ColorMap, Shrink, Theme};
use clap::Args;

use super::value;
use crate::draw::{LevelChoice, Style};

#[derive(Debug, Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct PictureArgs {
    /// Values of the first and the last colour.
    #[arg(long, value_name = "LO,HI", value_parser = value::levels, allow_hyphen_values = true,
          conflicts_with = "trim")]
    levels: Option<(f64, f64)>,
    /// Levels that leave P percent of the picture's values out on each side; 0 is its exact range.
    #[arg(long, value_name = "P", value_parser = value::trim, default_value = "0.1")]
    trim: f64,
    /// plasma, bipolar, greyclip, grey, viridis, inferno, magma, turbo, thermal, flame, yellowy, spectrum, cyclic.
    #[arg(long, value_name = "NAME", default_value_t = ColorMap::default(), value_parser = ColorMap::parse)]
    colormap: ColorMap,
    /// Draw a bar that says what the colours mean.
    #[arg(long)]
    colorbar: bool,
    /// Picture pixels per image pixel.
    #[arg(long, value_name = "FACTOR", value_parser = value::factor, default_value = "1")]
    zoom: f64,
    /// Draw one channel of several, counted from 0.
    #[arg(long, value_name = "N")]
    channel: Option<usize>,
    /// Made smaller, show the largest value instead of the mean, so that hot pixels are not lost.
    #[arg(long)]
    keep_maxima: bool,
    /// Dark surroundings of the colour bar.
    #[arg(long)]
    dark_theme: bool,
}

impl PictureArgs {
    pub(crate) fn style(self) -> Style {
        Style {
            levels: self.levels.map_or(LevelChoice::Trim(self.trim), |(lo, hi)| LevelChoice::Fixed(lo, hi)),
            map: self.colormap,
            color_bar: self.colorbar,
            zoom: self.zoom,
            channel: self.channel,
            shrink: if self.keep_maxima { Shrink::Maximum } else { Shrink::Mean },
            theme: if self.dark_theme { Theme::Dark } else { Theme::Light },
        }
    }
}
