//! How frames and pictures are drawn, for images and films alike.

use blitz_core::{Stack, TimeAxis, Zone};
use blitz_draw::{
    ChannelView, ColorBar, ColorMap, DrawError, Film, FilmStyle, Levels, Marks, Outline, RenderOptions,
    Stamp, Theme,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{shown_outline, shown_pixel};
use crate::recipe::Recipe;

/// What is drawn over images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkChoice {
    /// A scale bar, where the size of a pixel is known.
    pub scale_bar: bool,
    /// Frame number and time.
    pub stamp: bool,
    /// The zones' outlines.
    pub zones: bool,
}

/// How a recording's frames, or pictures made of them, are drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageStyle {
    /// Values of the first and the last colour.
    pub levels: Levels,
    /// Colours.
    pub map: ColorMap,
    /// Channel, zoom, how pixels are combined.
    pub options: RenderOptions,
    /// A colour bar with this label, in these surroundings.
    pub bar: Option<(String, Theme)>,
    /// What is drawn over it.
    pub marks: MarkChoice,
}

/// Why nothing can be drawn in a style.
#[derive(Debug, Error)]
pub enum StyleError {
    /// The bar would say nothing.
    #[error("a colour bar belongs to one channel, and the picture has red, green and blue")]
    BarOfRgb,
    /// There is no zone to outline.
    #[error("there is no zone to draw")]
    NoZone,
    /// The size of a pixel is not known.
    #[error("the size of a pixel is not known, so a scale bar has no length")]
    NoPixelSize,
    /// Channel or zoom.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

impl ImageStyle {
    /// What draws the recording's frames, or reductions, in this style.
    ///
    /// # Errors
    /// See [`StyleError`].
    pub fn film(&self, stack: &Stack, recipe: &Recipe) -> Result<Film, StyleError> {
        let shape = recipe.geometry.shape(stack.shape().frame);
        let view = ChannelView::of(&stack.channels, shape.channels, self.options.channel)?;
        if self.bar.is_some() && view == ChannelView::Rgb {
            return Err(StyleError::BarOfRgb);
        }
        let style = FilmStyle {
            levels: self.levels,
            map: self.map,
            options: self.options,
            bar: self.bar.clone().map(|(label, theme)| ColorBar { label, theme }),
            marks: self.marks(stack, recipe)?,
        };
        Ok(Film::new(shape, &stack.channels, style)?)
    }

    fn marks(&self, stack: &Stack, recipe: &Recipe) -> Result<Marks, StyleError> {
        let mut marks = Marks::default();
        if self.marks.zones {
            if recipe.zones.is_empty() {
                return Err(StyleError::NoZone);
            }
            let outline = |zone: &Zone| Outline {
                name: zone.name.clone(),
                color: zone.color,
                points: shown_outline(stack, recipe, &zone.shape),
            };
            marks.outlines = recipe.zones.iter().map(outline).collect();
        }
        if self.marks.scale_bar {
            marks.scale_bar = Some(shown_pixel(stack, recipe).ok_or(StyleError::NoPixelSize)?);
        }
        if self.marks.stamp {
            let frames = recipe.select(stack, None);
            let source = |at: Option<&usize>| at.map_or(0, |&frame| stack.source_frame(frame));
            let (first, second) = (source(frames.first()), frames.get(1).map(|&f| stack.source_frame(f)));
            let step = second.map_or(stack.frames.step, |second| second - first);
            let time: TimeAxis = recipe.calibration.time(stack).unwrap_or_default();
            marks.stamp = Some(Stamp::new(time, first, source(frames.last()), step));
        }
        Ok(marks)
    }
}
