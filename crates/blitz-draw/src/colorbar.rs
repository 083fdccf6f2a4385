//! A picture with the colour bar that says what its colours mean.

use crate::image::opaque;
use crate::text::{Align, TextStyle};
use crate::{ColorMap, DrawError, Levels, RgbaImage, Theme, Ticks};

/// What stands beside a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColorBar {
    /// What the values are, such as `temperature / K`; empty for nothing.
    pub label: String,
    /// Colours around the picture.
    pub theme: Theme,
}

const MARGIN: usize = 16;
const GAP: usize = 18;
const BAR: usize = 18;
const TICK: usize = 5;
const TEXT: f32 = 14.0;
const LEAST_HEIGHT: usize = 96;

/// What stands around pictures of one size, and where they go.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// Background and bar.
    pub(crate) image: RgbaImage,
    /// Upper left corner of the picture.
    at: (usize, usize),
}

impl Surroundings {
    /// The surroundings with a picture in its place.
    pub(crate) fn around(&self, picture: &RgbaImage) -> RgbaImage {
        let mut image = self.image.clone();
        image.blit(picture, self.at.0 as i64, self.at.1 as i64);
        image
    }
}

/// `picture` on a background, with a bar of the map's 256 colours to its right, ticks at round values of the
/// levels, and the label along the bar. The picture's pixels stay as they are; a picture lower than 96 pixels
/// stands in the middle of a bar of that height.
///
/// # Errors
/// [`DrawError::TooLarge`] if the result cannot be held.
pub fn with_color_bar(
    picture: &RgbaImage,
    levels: Levels,
    map: ColorMap,
    bar: &ColorBar,
) -> Result<RgbaImage, DrawError> {
    Ok(surroundings(picture.width, picture.height, levels, map, bar)?.around(picture))
}

/// What stands around pictures of `picture_width` × `picture_height` pixels.
pub(crate) fn surroundings(
    picture_width: usize,
    picture_height: usize,
    levels: Levels,
    map: ColorMap,
    bar: &ColorBar,
) -> Result<Surroundings, DrawError> {
    let theme = bar.theme;
    let levels = levels.usable();
    let height = picture_height.max(LEAST_HEIGHT);
    let ticks = Ticks::new(levels.lo, levels.hi, (height / 36).clamp(5, 10), false);

    let small = TextStyle::new(TEXT - 1.0, theme.muted());
    let large = TextStyle { upwards: true, ..TextStyle::new(TEXT, theme.ink()).aligned(Align::Middle) };
    let title = if ticks.note.is_empty() {
        bar.label.clone()
    } else if bar.label.is_empty() {
        ticks.note.clone()
    } else {
        format!("{}   {}", bar.label, ticks.note)
    };
    let labels = ticks.labels.iter().map(|l| small.measure(l)).fold(0.0, f32::max).ceil() as usize;
    let title_room = if title.is_empty() { 0 } else { 8 + (TEXT * 1.2) as usize };
    // A label longer than the bar gets a higher picture rather than being cut.
    let content = height.max(large.measure(&title).ceil() as usize);

    let bar_x = MARGIN + picture_width + GAP;
    let labels_x = bar_x + BAR + TICK + 4;
    let width = labels_x + labels + title_room + MARGIN;
    // Even, as most video wants it.
    let (width, whole_height) = (width.next_multiple_of(2), (content + 2 * MARGIN).next_multiple_of(2));
    let mut image = RgbaImage::filled(width, whole_height, theme.background())?;
    let at = (MARGIN, MARGIN + (content - picture_height) / 2);

    let top = MARGIN + (content - height) / 2;
    draw_bar(&mut image, bar_x, top, height, map, theme);
    for (&value, label) in ticks.values.iter().zip(&ticks.labels) {
        let u = (value - levels.lo) / (levels.hi - levels.lo);
        let y = top as f64 + (1.0 - u) * (height - 1) as f64;
        image.fill_rect((bar_x + BAR) as i64, y.round() as i64, TICK, 1, theme.frame());
        // Digits are about 0.7 em high: half of that below the tick centres them on it.
        image.text(labels_x as f32, y as f32 + TEXT * 0.35, label, small);
    }
    let baseline = (labels_x + labels + title_room) as f32 - TEXT * 0.2;
    image.text(baseline, MARGIN as f32 + content as f32 / 2.0, &title, large);
    Ok(Surroundings { image, at })
}

/// The colours from `hi` at the top to `lo` at the bottom, with a one-pixel frame around them.
fn draw_bar(image: &mut RgbaImage, x: usize, top: usize, height: usize, map: ColorMap, theme: Theme) {
    image.fill_rect(x as i64 - 1, top as i64 - 1, BAR + 2, height + 2, theme.frame());
    for row in 0..height {
        let u = 1.0 - row as f32 / (height - 1) as f32;
        image.fill_rect(x as i64, (top + row) as i64, BAR, 1, map.sample(u));
    }
    debug_assert_eq!(image.pixel(x, top), Some(opaque(map.sample(1.0))));
}
