//! From the numbers of a picture to its pixels.

use blitz_core::{Channel, FrameShape, Samples, with_samples};
use blitz_draw::{
    ChannelView, ColorBar, ColorMap, Levels, RenderOptions, RgbaImage, Shrink, Theme, render, with_color_bar,
};
use blitz_kernels::Histogram;
use blitz_model::evaluate::Picture;

use crate::failure::Failure;

/// Where levels come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LevelChoice {
    /// Given.
    Fixed(f64, f64),
    /// From the picture's values, this many percent left out on each side.
    Trim(f64),
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) levels: LevelChoice,
    pub(crate) map: ColorMap,
    pub(crate) color_bar: bool,
    pub(crate) zoom: f64,
    pub(crate) channel: Option<usize>,
    pub(crate) shrink: Shrink,
    pub(crate) theme: Theme,
}

impl Style {
    /// Draws a picture; `label` says what its values are. Also gives the levels that were used.
    pub(crate) fn draw(
        &self,
        picture: &Picture,
        channels: &[Channel],
        label: &str,
    ) -> Result<(RgbaImage, Levels), Failure> {
        let view = ChannelView::of(channels, picture.shape.channels, self.channel)?;
        let valid = picture.valid();
        let levels = match self.levels {
            LevelChoice::Fixed(lo, hi) => Levels::new(lo, hi),
            LevelChoice::Trim(trim) => {
                let seen = seen(picture, view);
                let per_pixel = seen.len() / picture.shape.pixels().max(1);
                let mut histogram = Histogram::new(seen.dtype());
                histogram.push(seen.as_ref(), valid.as_ref(), per_pixel);
                let (lo, hi) = histogram.levels(trim);
                Levels::new(lo, hi)
            }
        };
        let options = RenderOptions { channel: self.channel, zoom: self.zoom, shrink: self.shrink };
        let image = render(
            picture.samples.as_ref(),
            picture.shape,
            channels,
            valid.as_ref(),
            levels,
            self.map,
            options,
        )?;
        if !self.color_bar {
            return Ok((image, levels));
        }
        if view == ChannelView::Rgb {
            return Err(Failure::new(
                "a colour bar belongs to one channel, and the picture has red, green and blue: add --channel N or --gray",
            ));
        }
        let bar = ColorBar { label: label.to_owned(), theme: self.theme };
        Ok((with_color_bar(&image, levels, self.map, &bar)?, levels))
    }
}

/// The samples that a view shows.
fn seen(picture: &Picture, view: ChannelView) -> Samples {
    let FrameShape { channels, .. } = picture.shape;
    let shown = match view {
        ChannelView::Mapped(channel) => channel..channel + 1,
        ChannelView::Rgb => 0..3,
    };
    with_samples!(picture.samples.as_ref(), samples => {
        let pixels = samples.chunks_exact(channels);
        Samples::from(pixels.flat_map(|pixel| pixel[shown.clone()].iter().copied()).collect::<Vec<_>>())
    })
}
