//! From samples to colours: levels, colour map, missing and infinite samples, zoom.

use blitz_core::{Channel, ChannelKind, FrameShape, Mask, Sample, SamplesRef, with_samples};
use serde::{Deserialize, Serialize};

use crate::colormap::index;
use crate::image::opaque;
use crate::sampling::{Plane, Shrink, spans, zoomed};
use crate::{ColorMap, DrawError, RgbaImage};

/// Colour of missing samples (NaN, masked, failed frame): a bluish grey that no colour map contains.
pub const MISSING_COLOR: [u8; 3] = [96, 96, 112];
/// Colour of +Inf: pink.
pub const POS_INF_COLOR: [u8; 3] = [255, 64, 192];
/// Colour of −Inf: mint.
pub const NEG_INF_COLOR: [u8; 3] = [64, 255, 176];

/// Values shown as the first and the last colour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Value of the first colour.
    pub lo: f64,
    /// Value of the last colour.
    pub hi: f64,
}

/// Largest level that counts: keeps `hi − lo` finite in f32.
const LEVEL_LIMIT: f64 = 1e38;

impl Levels {
    /// Levels from two values in any order.
    pub const fn new(a: f64, b: f64) -> Self {
        if b < a { Self { lo: b, hi: a } } else { Self { lo: a, hi: b } }
    }

    /// Levels that can be divided by: a `lo` that is not finite becomes 0, a `hi` that is not finite or not
    /// above `lo` becomes `lo + 1`.
    #[must_use]
    pub fn usable(self) -> Self {
        let lo = if self.lo.is_finite() { self.lo.clamp(-LEVEL_LIMIT, LEVEL_LIMIT) } else { 0.0 };
        let hi = if self.hi.is_finite() { self.hi.clamp(-LEVEL_LIMIT, LEVEL_LIMIT) } else { f64::NAN };
        Self { lo, hi: if hi > lo { hi } else { lo + 1.0 } }
    }

    /// `lo` and `hi` as the arithmetic uses them, in f32: [`usable`](Self::usable), rounded to the nearest
    /// f32, `hi` moved up to the next f32 where both round to the same. These two are the GPU's inputs.
    pub fn bounds(self) -> (f32, f32) {
        let Self { lo, hi } = self.usable();
        let (lo, hi) = (lo as f32, hi as f32);
        (lo, if hi > lo { hi } else { lo.next_up() })
    }
}

/// Which channels are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelView {
    /// One channel through the colour map.
    Mapped(usize),
    /// The first three channels as red, green and blue, without a map.
    Rgb,
}

impl ChannelView {
    /// What is shown of `count` channels described by `channels`: `choice` through the map where one is made,
    /// otherwise red, green and blue where the first three are that, otherwise the first grey channel,
    /// otherwise the first that is not alpha, otherwise the first. Alpha and all other channels never
    /// influence the picture.
    ///
    /// # Errors
    /// [`DrawError::Channel`] if the choice, or every channel, does not exist.
    pub fn of(channels: &[Channel], count: usize, choice: Option<usize>) -> Result<Self, DrawError> {
        let known = &channels[..channels.len().min(count)];
        let first = |wanted: &dyn Fn(ChannelKind) -> bool| known.iter().position(|c| wanted(c.kind));
        let view = match choice {
            Some(channel) => Self::Mapped(channel),
            None if Channel::is_rgb(known) => Self::Rgb,
            None => Self::Mapped(
                first(&|kind| kind == ChannelKind::Grey)
                    .or_else(|| first(&|kind| kind != ChannelKind::Alpha))
                    .unwrap_or(0),
            ),
        };
        match view {
            Self::Mapped(channel) if channel >= count => Err(DrawError::Channel { channel, count }),
            view => Ok(view),
        }
    }
}

/// What besides levels and map decides about a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderOptions {
    /// The one channel to show through the map; `None` chooses by [`ChannelView::of`].
    pub channel: Option<usize>,
    /// Picture pixels per source pixel, above 0. Larger repeats pixels, smaller combines them.
    pub zoom: f64,
    /// How pixels are combined where the picture is smaller.
    pub shrink: Shrink,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { channel: None, zoom: 1.0, shrink: Shrink::Mean }
    }
}

/// Draws one frame.
///
/// The rules, which the GPU follows too; everything is f32 unless said otherwise:
/// 1. A picture pixel's value `v` is that of the source pixel under its centre; where the picture is smaller,
///    the mean (in f64) or the maximum of the samples in its block, missing ones left out.
/// 2. `v` is missing where it is NaN, masked (`valid` false), or nothing is left in the block:
///    [`MISSING_COLOR`]. +Inf and −Inf have [`POS_INF_COLOR`] and [`NEG_INF_COLOR`].
/// 3. Otherwise `v` is rounded to the nearest f32 (finite f64 beyond f32 saturate), `lo` and `hi` are
///    [`Levels::bounds`], and `i = floor(clamp((v − lo) / (hi − lo), 0, 1) × 255 + 0.5)`.
/// 4. One channel: entry `i` of the map's table. Red, green and blue: `i` of each channel is its byte; the
///    pixel is missing if one of the three is, otherwise infinite if one is (+Inf before −Inf).
/// 5. Alpha is always 255; which channels count says [`ChannelView::of`].
///
/// `valid` has the size of the frame. The picture has `max(1, round(size × zoom))` pixels per axis. Time is
/// proportional to the larger of source and picture.
///
/// # Errors
/// If the samples or the mask do not fit the shape, the channel does not exist, or the zoom factor is not
/// positive or makes the picture too large.
pub fn render(
    samples: SamplesRef<'_>,
    shape: FrameShape,
    channels: &[Channel],
    valid: Option<&Mask>,
    levels: Levels,
    map: ColorMap,
    options: RenderOptions,
) -> Result<RgbaImage, DrawError> {
    let expected = shape.checked_samples().unwrap_or(usize::MAX);
    if samples.len() != expected {
        return Err(DrawError::Samples { shape, found: samples.len(), expected });
    }
    let view = ChannelView::of(channels, shape.channels, options.channel)?;
    let image = render_missing(shape, options)?;
    let valid = valid.map(|mask| checked_mask(mask, shape)).transpose()?;
    let shader = Shader::new(levels, map);
    Ok(match samples {
        // Few values: each is turned into its colour once.
        SamplesRef::U8(s) => {
            coded(image, Plane { samples: s, shape, valid }, view, &shader, options.shrink, u8::MAX.into())
        }
        SamplesRef::U16(s) => {
            coded(image, Plane { samples: s, shape, valid }, view, &shader, options.shrink, u16::MAX.into())
        }
        samples => with_samples!(samples, s => {
            let plane = Plane { samples: s, shape, valid };
            paint(image, plane, view, &shader, options.shrink, None::<&fn(_) -> _>)
        }),
    })
}

/// The picture of a frame that failed: the size that [`render`] gives, all [`MISSING_COLOR`].
///
/// # Errors
/// If the zoom factor is not positive or makes the picture too large.
pub fn render_missing(shape: FrameShape, options: RenderOptions) -> Result<RgbaImage, DrawError> {
    let zoom = options.zoom;
    if !(zoom > 0.0 && zoom.is_finite()) {
        return Err(DrawError::Zoom { found: zoom });
    }
    RgbaImage::filled(zoomed(shape.width, zoom), zoomed(shape.height, zoom), MISSING_COLOR)
}

fn checked_mask(mask: &Mask, shape: FrameShape) -> Result<&[bool], DrawError> {
    let FrameShape { height, width, .. } = shape;
    if (mask.width, mask.height, mask.valid.len()) == (width, height, shape.pixels()) {
        return Ok(&mask.valid);
    }
    let (mask_width, mask_height, flags) = (mask.width, mask.height, mask.valid.len());
    Err(DrawError::Mask { mask_width, mask_height, flags, width, height })
}

/// Levels and map, ready for many values.
struct Shader {
    lo: f32,
    span: f32,
    /// The map's table with alpha, so that a pixel is written at once.
    table: [[u8; 4]; 256],
}

impl Shader {
    fn new(levels: Levels, map: ColorMap) -> Self {
        let (lo, hi) = levels.bounds();
        Self { lo, span: hi - lo, table: map.table().map(opaque) }
    }

    #[inline]
    fn index(&self, value: f64) -> usize {
        let value = (value as f32).clamp(f32::MIN, f32::MAX);
        index((value - self.lo) / self.span)
    }

    #[inline]
    fn mapped(&self, value: f64) -> [u8; 4] {
        if value.is_finite() { self.table[self.index(value)] } else { special(&[value]) }
    }

    #[inline]
    fn rgb(&self, values: [f64; 3]) -> [u8; 4] {
        if values.iter().all(|v| v.is_finite()) {
            opaque(values.map(|v| self.index(v) as u8))
        } else {
            special(&values)
        }
    }
}

/// The colours of all integers from the lower level to the upper one: those beside them have the first or the
/// last. For red, green and blue, each code stands for a pixel with that code in all three.
struct Codes {
    first: usize,
    colors: Vec<[u8; 4]>,
}

impl Codes {
    /// `None` where there are more values than samples. Samples lie within 0 to `largest`.
    fn new(shader: &Shader, view: ChannelView, samples: usize, largest: f64) -> Option<Self> {
        let (lo, hi) = (f64::from(shader.lo), f64::from(shader.lo) + f64::from(shader.span));
        let first = lo.floor().clamp(0.0, largest) as usize;
        // One more than the upper level, whose sum here may be rounded.
        let last = (hi.ceil() + 1.0).clamp(0.0, largest) as usize;
        let color = |code: usize| match view {
            ChannelView::Mapped(_) => shader.mapped(code as f64),
            ChannelView::Rgb => shader.rgb([code as f64; 3]),
        };
        (last - first < samples).then(|| Self { first, colors: (first..=last).map(color).collect() })
    }

    #[inline]
    fn of(&self, code: usize) -> [u8; 4] {
        self.colors[code.saturating_sub(self.first).min(self.colors.len() - 1)]
    }
}

/// The colour of values of which at least one is missing or infinite.
#[cold]
fn special(values: &[f64]) -> [u8; 4] {
    opaque(if values.iter().any(|v| v.is_nan()) {
        MISSING_COLOR
    } else if values.contains(&f64::INFINITY) {
        POS_INF_COLOR
    } else {
        NEG_INF_COLOR
    })
}

/// Draws integers of 0 to `largest`: with a table of their colours where there are fewer of them than samples.
fn coded<S: Sample + Into<usize>>(
    image: RgbaImage,
    plane: Plane<'_, S>,
    view: ChannelView,
    shader: &Shader,
    shrink: Shrink,
    largest: f64,
) -> RgbaImage {
    let codes = Codes::new(shader, view, plane.samples.len(), largest);
    let code = codes.as_ref().map(|codes| |v: S| codes.of(v.into()));
    paint(image, plane, view, shader, shrink, code.as_ref())
}

/// Draws with the colours of `code`, where there are such, otherwise with the shader.
fn paint<S: Sample>(
    mut image: RgbaImage,
    plane: Plane<'_, S>,
    view: ChannelView,
    shader: &Shader,
    shrink: Shrink,
    code: Option<&impl Fn(S) -> [u8; 4]>,
) -> RgbaImage {
    if image.pixels.is_empty() {
        return image;
    }
    // Pixels that show the same source pixels are computed once and repeated.
    let columns = spans(plane.shape.width, image.width);
    let rows = spans(plane.shape.height, image.height);
    let whole = image.width >= plane.shape.width && image.height >= plane.shape.height;
    let mut line = Vec::with_capacity(columns.len());
    let mut source = Vec::new();
    let mut targets = image.pixels.chunks_exact_mut(columns.len() * 4);
    for same_rows in rows.chunk_by(|a, b| a == b) {
        line.clear();
        let row = same_rows[0];
        match view {
            view if whole => {
                match (view, code) {
                    (ChannelView::Mapped(channel), Some(code)) => {
                        plane.colors(row.0, channel, &mut source, code);
                    }
                    (ChannelView::Mapped(channel), None) => {
                        plane.colors(row.0, channel, &mut source, |v| shader.mapped(v.to_f64()));
                    }
                    (ChannelView::Rgb, Some(code)) => plane.rgb_colors(row.0, &mut source, |[r, g, b]| {
                        let ([r, ..], [_, g, ..], [_, _, b, alpha]) = (code(r), code(g), code(b));
                        [r, g, b, alpha]
                    }),
                    (ChannelView::Rgb, None) => {
                        plane.rgb_colors(row.0, &mut source, |rgb| shader.rgb(rgb.map(S::to_f64)));
                    }
                }
                if columns.len() == source.len() {
                    line.append(&mut source);
                } else {
                    line.extend(columns.iter().map(|column| source[column.0]));
                }
            }
            view => {
                for same_columns in columns.chunk_by(|a, b| a == b) {
                    let column = same_columns[0];
                    let color = match view {
                        ChannelView::Mapped(c) => shader.mapped(plane.block(column, row, c, shrink)),
                        ChannelView::Rgb => {
                            shader.rgb([0, 1, 2].map(|c| plane.block(column, row, c, shrink)))
                        }
                    };
                    line.extend(std::iter::repeat_n(color, same_columns.len()));
                }
            }
        }
        for target in targets.by_ref().take(same_rows.len()) {
            target.copy_from_slice(line.as_flattened());
        }
    }
    image
}
