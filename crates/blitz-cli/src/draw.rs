//! From the numbers of a picture to its pixels.

use blitz_core::{Channel, FrameShape, Samples, Zone, with_samples};
use blitz_draw::{
    ChannelView, ColorBar, ColorMap, Film, FilmStyle, Levels, Marks, Outline, RenderOptions, RgbaImage,
    Shrink, Stamp, Theme,
};
use blitz_kernels::Histogram;
use blitz_model::evaluate::{self, Picture, Scope};
use blitz_model::export::{shown_outline, shown_pixel};

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

/// What is drawn over pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MarkChoice {
    pub(crate) scale_bar: bool,
    pub(crate) stamp: bool,
    pub(crate) zones: bool,
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

    /// What draws the recording's frames, or reductions, in these levels; `label` says what the values are.
    pub(crate) fn film(&self, recording: &Recording, levels: Levels, label: &str) -> Result<Film, Failure> {
        let (stack, recipe) = (&recording.stack, &recording.recipe);
        let shape = recipe.geometry.shape(stack.shape().frame);
        let view = ChannelView::of(&stack.channels, shape.channels, self.channel)?;
        if self.color_bar && view == ChannelView::Rgb {
            return Err(Failure::new(
                "a colour bar belongs to one channel, and the picture has red, green and blue: add --channel N or --gray",
            ));
        }
        let style = FilmStyle {
            levels,
            map: self.map,
            options: RenderOptions { channel: self.channel, zoom: self.zoom, shrink: self.shrink },
            bar: self.color_bar.then(|| ColorBar { label: label.to_owned(), theme: self.theme }),
            marks: self.marks(recording)?,
        };
        Ok(Film::new(shape, &stack.channels, style)?)
    }

    fn marks(&self, recording: &Recording) -> Result<Marks, Failure> {
        let (stack, recipe) = (&recording.stack, &recording.recipe);
        let mut marks = Marks::default();
        if self.marks.zones {
            if recipe.zones.is_empty() {
                return Err(recording.failure(
                    "--zones: there is no zone; name one with --rect, --ellipse, --polygon or --pixel",
                ));
            }
            let outline = |zone: &Zone| Outline {
                name: zone.name.clone(),
                color: zone.color,
                points: shown_outline(stack, recipe, &zone.shape),
            };
            marks.outlines = recipe.zones.iter().map(outline).collect();
        }
        if self.marks.scale_bar {
            let pixel = shown_pixel(stack, recipe);
            let why = "--scale-bar: the size of a pixel is not known; give --pixel-size such as 12.5um";
            marks.scale_bar = Some(pixel.ok_or_else(|| recording.failure(why))?);
        }
        if self.marks.stamp {
            let frames = recipe.select(stack, None);
            let source = |at: Option<&usize>| at.map_or(0, |&frame| stack.source_frame(frame));
            let (first, second) = (source(frames.first()), frames.get(1).map(|&f| stack.source_frame(f)));
            let step = second.map_or(stack.frames.step, |second| second - first);
            marks.stamp = Some(Stamp::new(recording.time.clone(), first, source(frames.last()), step));
        }
        Ok(marks)
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
