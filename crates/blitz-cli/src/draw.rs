//! From the numbers of a picture to its pixels.

use std::fmt;

use blitz_core::{Channel, FrameShape, Samples, with_samples};
use blitz_draw::{ChannelView, ColorMap, Film, Levels, RenderOptions, RgbaImage, Shrink, Theme};
use blitz_kernels::{Histogram, Method};
use blitz_model::document::{both_signs_matter, symmetric};
use blitz_model::evaluate::{self, Picture, Scope};
use blitz_model::export::{ImageStyle, MarkChoice, StyleError};

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

/// Levels and colour map that fit a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) levels: Levels,
    pub(crate) map: ColorMap,
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "levels {} to {}, {}", self.levels.lo, self.levels.hi, self.map)
    }
}

/// What a picture is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    /// A source frame.
    Frame(usize),
    /// A reduction.
    Method(Method),
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) levels: LevelChoice,
    /// `None` takes the one that fits the values.
    pub(crate) map: Option<ColorMap>,
    pub(crate) color_bar: bool,
    pub(crate) zoom: f64,
    pub(crate) shrink: Shrink,
    pub(crate) theme: Theme,
    pub(crate) marks: MarkChoice,
}

impl Style {
    /// Draws a picture; `label` says what its values are. Also gives the look that was used.
    pub(crate) fn draw(
        &self,
        picture: &Picture,
        recording: &Recording,
        label: &str,
        of: Of,
    ) -> Result<(RgbaImage, Look), Failure> {
        let (frame, method) = match of {
            Of::Frame(frame) => (Some(frame), None),
            Of::Method(method) => (None, Some(method)),
        };
        if self.marks.stamp && frame.is_none() {
            return Err(Failure::new(
                "--stamp: the picture is made of many frames and has no number of its own",
            ));
        }
        let levels = self.levels(picture, &recording.stack.channels)?;
        let look = self.look(levels, recording.recipe.is_signed(method));
        let film = self.film(recording, look, label)?;
        Ok((film.draw(Some(picture.samples.as_ref()), picture.valid().as_ref(), frame)?, look))
    }

    /// By the rule that the window has, too: where the recipe made values signed and both signs matter, levels symmetric
    /// about 0 in the bipolar map; what was asked for goes before.
    fn look(&self, (lo, hi): (f64, f64), signed: bool) -> Look {
        let fits = matches!(self.levels, LevelChoice::Trim(_));
        let usual =
            if signed && both_signs_matter((lo, hi)) { ColorMap::Bipolar } else { ColorMap::default() };
        let map = self.map.unwrap_or(usual);
        let (lo, hi) =
            if signed && fits && map == ColorMap::Bipolar { symmetric((lo, hi)) } else { (lo, hi) };
        Look { levels: Levels::new(lo, hi), map }
    }

    /// The levels of one picture.
    fn levels(&self, picture: &Picture, channels: &[Channel]) -> Result<(f64, f64), Failure> {
        let trim = match self.levels {
            LevelChoice::Fixed(lo, hi) => return Ok((lo, hi)),
            LevelChoice::Trim(trim) => trim,
        };
        let view = ChannelView::of(channels, picture.shape.channels, None)?;
        let seen = seen(picture, view);
        let per_pixel = seen.len() / picture.shape.pixels().max(1);
        let mut histogram = Histogram::new(seen.dtype());
        histogram.push(seen.as_ref(), picture.valid().as_ref(), per_pixel);
        Ok(histogram.levels(trim))
    }

    /// The look of all frames together, all channels alike.
    pub(crate) fn look_of_all(&self, recording: &Recording, shell: &Shell) -> Result<Look, Failure> {
        let levels = match self.levels {
            LevelChoice::Fixed(lo, hi) => (lo, hi),
            LevelChoice::Trim(trim) => {
                recording.ask(&evaluate::Levels { scope: Scope::Stack }, shell)?.levels(trim)
            }
        };
        Ok(self.look(levels, recording.recipe.is_signed(None)))
    }

    /// The style in this look; `label` says what the values are.
    fn image(&self, look: Look, label: &str) -> ImageStyle {
        ImageStyle {
            levels: look.levels,
            map: look.map,
            options: RenderOptions { channel: None, zoom: self.zoom, shrink: self.shrink },
            bar: self.color_bar.then(|| (label.to_owned(), self.theme)),
            marks: self.marks,
        }
    }

    /// What draws the recording's frames, or reductions, in this look.
    fn film(&self, recording: &Recording, look: Look, label: &str) -> Result<Film, Failure> {
        let style = self.image(look, label);
        style.film(&recording.stack, &recording.recipe).map_err(|error| undrawn(recording, error))
    }

    /// How the recording's frames are drawn in this look, for videos.
    pub(crate) fn pictures(&self, recording: &Recording, look: Look) -> Result<ImageStyle, Failure> {
        let label = recording.value_label();
        self.film(recording, look, &label)?;
        Ok(self.image(look, &label))
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
