//! From the numbers of a picture to its pixels.

use blitz_core::{Channel, FrameShape, Samples, with_samples};
use blitz_draw::{ChannelView, ColorMap, Film, Levels, RenderOptions, RgbaImage, Shrink, Theme};
use blitz_kernels::Histogram;
use blitz_model::evaluate::{self, Picture, Scope};
use blitz_model::export::{ImageStyle, MarkChoice, Pictures, StyleError};

use crate::failure::Failure;
use crate::recording::Recording;
use crate::shell::Shell;

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
    pub(crate) marks: MarkChoice,
}

impl Style {
    /// Draws a picture, of the source frame `frame` if it is of one; `label` says what its values are. Also gives the
    /// levels that were used.
    pub(crate) fn draw(
        &self,
        picture: &Picture,
        recording: &Recording,
        label: &str,
        frame: Option<usize>,
    ) -> Result<(RgbaImage, Levels), Failure> {
        if self.marks.stamp && frame.is_none() {
            return Err(Failure::new(
                "--stamp: the picture is made of many frames and has no number of its own",
            ));
        }
        let levels = self.levels(picture, &recording.stack.channels)?;
        let film = self.film(recording, levels, label)?;
        Ok((film.draw(Some(picture.samples.as_ref()), picture.valid().as_ref(), frame)?, levels))
    }

    /// The levels of one picture.
    fn levels(&self, picture: &Picture, channels: &[Channel]) -> Result<Levels, Failure> {
        let trim = match self.levels {
            LevelChoice::Fixed(lo, hi) => return Ok(Levels::new(lo, hi)),
            LevelChoice::Trim(trim) => trim,
        };
        let view = ChannelView::of(channels, picture.shape.channels, self.channel)?;
        let seen = seen(picture, view);
        let per_pixel = seen.len() / picture.shape.pixels().max(1);
        let mut histogram = Histogram::new(seen.dtype());
        histogram.push(seen.as_ref(), picture.valid().as_ref(), per_pixel);
        let (lo, hi) = histogram.levels(trim);
        Ok(Levels::new(lo, hi))
    }

    /// The levels of all frames together, all channels alike.
    pub(crate) fn levels_of_all(&self, recording: &Recording, shell: &Shell) -> Result<Levels, Failure> {
        let trim = match self.levels {
            LevelChoice::Fixed(lo, hi) => return Ok(Levels::new(lo, hi)),
            LevelChoice::Trim(trim) => trim,
        };
        let all = evaluate::Levels { scope: Scope::Stack };
        let (lo, hi) = recording.ask(&all, shell)?.levels(trim);
        Ok(Levels::new(lo, hi))
    }

    /// The style in these levels; `label` says what the values are.
    fn image(&self, levels: Levels, label: &str) -> ImageStyle {
        ImageStyle {
            levels,
            map: self.map,
            options: RenderOptions { channel: self.channel, zoom: self.zoom, shrink: self.shrink },
            bar: self.color_bar.then(|| (label.to_owned(), self.theme)),
            marks: self.marks,
        }
    }

    /// What draws the recording's frames, or reductions, in these levels.
    fn film(&self, recording: &Recording, levels: Levels, label: &str) -> Result<Film, Failure> {
        let style = self.image(levels, label);
        style.film(&recording.stack, &recording.recipe).map_err(|error| undrawn(recording, error))
    }

    /// Pictures of the recording's frames in these levels, for videos.
    pub(crate) fn pictures(&self, recording: &Recording, levels: Levels) -> Result<Pictures, Failure> {
        let style = self.image(levels, &recording.value_label());
        style.pictures(&recording.stack, &recording.recipe).map_err(|error| undrawn(recording, error))
    }
}

/// The flag that asks for what cannot be drawn, and what helps.
fn undrawn(recording: &Recording, error: StyleError) -> Failure {
    match error {
        StyleError::BarOfRgb => Failure::new(format!("{error}: add --channel N or --gray")),
        StyleError::NoZone => recording
            .failure("--zones: there is no zone; name one with --rect, --ellipse, --polygon or --pixel"),
        StyleError::NoPixelSize => recording
            .failure("--scale-bar: the size of a pixel is not known; give --pixel-size such as 12.5um"),
        StyleError::Draw(error) => error.into(),
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
