//! Pictures of a series, all drawn alike: levels, map, colour bar and marks are settled once.

use blitz_core::{Channel, FrameShape, Mask, SamplesRef};

use crate::colorbar::{Surroundings, surroundings};
use crate::marks::Marks;
use crate::picture::{render, render_missing};
use crate::{ColorBar, ColorMap, DrawError, Levels, RenderOptions, RgbaImage};

/// How the pictures of a series are drawn.
#[derive(Clone, Debug)]
pub struct FilmStyle {
    /// Values of the first and the last colour.
    pub levels: Levels,
    /// Colours.
    pub map: ColorMap,
    /// Channel, zoom, how pixels are combined.
    pub options: RenderOptions,
    /// A colour bar beside the picture.
    pub bar: Option<ColorBar>,
    /// What is drawn over it.
    pub marks: Marks,
}

/// Draws the frames of a series. Cheap to share between threads.
#[derive(Clone, Debug)]
pub struct Film {
    shape: FrameShape,
    channels: Vec<Channel>,
    style: FilmStyle,
    /// Picture pixels per frame pixel.
    zoom: (f64, f64),
    surroundings: Option<Surroundings>,
    size: (usize, usize),
}

impl Film {
    /// Prepares to draw frames of one shape.
    ///
    /// # Errors
    /// If the channel does not exist, or the zoom factor is not positive or makes the pictures too large.
    pub fn new(shape: FrameShape, channels: &[Channel], style: FilmStyle) -> Result<Self, DrawError> {
        crate::ChannelView::of(channels, shape.channels, style.options.channel)?;
        let empty = render_missing(shape, style.options)?;
        let (width, height) = (empty.width, empty.height);
        let surroundings = match &style.bar {
            Some(bar) => Some(surroundings(width, height, style.levels, style.map, bar)?),
            None => None,
        };
        let size = surroundings.as_ref().map_or((width, height), |s| (s.image.width, s.image.height));
        let zoom = (width as f64 / shape.width.max(1) as f64, height as f64 / shape.height.max(1) as f64);
        Ok(Self { shape, channels: channels.to_vec(), style, zoom, surroundings, size })
    }

    /// Columns and rows of every picture.
    pub const fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Draws one frame by the rules of [`render()`]; `None` for one that failed, which is all
    /// [`MISSING_COLOR`](crate::MISSING_COLOR). `frame` is the source frame for the stamp, where the picture shows
    /// one.
    ///
    /// # Errors
    /// If the samples or the mask do not fit the shape.
    pub fn draw(
        &self,
        samples: Option<SamplesRef<'_>>,
        valid: Option<&Mask>,
        frame: Option<usize>,
    ) -> Result<RgbaImage, DrawError> {
        let FilmStyle { levels, map, options, marks, .. } = &self.style;
        let mut picture = match samples {
            Some(samples) => render(samples, self.shape, &self.channels, valid, *levels, *map, *options)?,
            None => render_missing(self.shape, *options)?,
        };
        marks.draw(&mut picture, self.zoom, frame);
        Ok(match &self.surroundings {
            Some(surroundings) => surroundings.around(&picture),
            None => picture,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::Stamp;
    use crate::{MISSING_COLOR, with_color_bar};
    use blitz_core::TimeAxis;

    fn style(bar: bool, marks: Marks) -> FilmStyle {
        FilmStyle {
            levels: Levels::new(0.0, 255.0),
            map: ColorMap::Viridis,
            options: RenderOptions { zoom: 1.5, ..RenderOptions::default() },
            bar: bar.then(ColorBar::default),
            marks,
        }
    }

    #[test]
    fn a_film_shows_what_single_pictures_show() {
        let shape = FrameShape::new(40, 60, 1);
        let channels = Channel::defaults(1);
        let samples: Vec<u8> = (0..2400).map(|i| (i % 251) as u8).collect();
        let given = SamplesRef::U8(&samples);
        for bar in [false, true] {
            let style = style(bar, Marks::default());
            let film = Film::new(shape, &channels, style.clone()).expect("a style");
            let found = film.draw(Some(given), None, Some(3)).expect("drawn");
            let one =
                render(given, shape, &channels, None, style.levels, style.map, style.options).expect("drawn");
            let one = match &style.bar {
                Some(bar) => with_color_bar(&one, style.levels, style.map, bar).expect("drawn"),
                None => one,
            };
            assert_eq!(found, one);
            assert_eq!(film.size(), (one.width, one.height));
        }
    }

    #[test]
    fn a_failed_frame_has_its_picture_and_stamp() {
        let shape = FrameShape::new(60, 200, 1);
        let marks = Marks { stamp: Some(Stamp::new(TimeAxis::NotSet, 0, 9, 1)), ..Marks::default() };
        let film = Film::new(shape, &Channel::defaults(1), style(false, marks)).expect("a style");
        let picture = film.draw(None, None, Some(4)).expect("drawn");
        let [r, g, b] = MISSING_COLOR;
        assert_eq!(picture.pixel(299, 89), Some([r, g, b, 255]));
        assert!(picture.pixels.chunks(4).any(|p| p[0] > 230), "white digits");
        let plain = film.draw(None, None, None).expect("drawn");
        assert!(plain.pixels.chunks(4).all(|p| p == [r, g, b, 255]), "a reduction has no frame number");
    }

    #[test]
    fn what_cannot_be_drawn_is_said_at_once() {
        let style = |channel| {
            let mut style = style(false, Marks::default());
            style.options.channel = channel;
            style
        };
        let channels = Channel::defaults(1);
        assert!(Film::new(FrameShape::new(4, 4, 1), &channels, style(Some(2))).is_err());
        let film = Film::new(FrameShape::new(4, 4, 1), &channels, style(None)).expect("a style");
        assert!(film.draw(Some(SamplesRef::U8(&[0; 3])), None, None).is_err());
    }
}
