//! Turning and mirroring frames.

use blitz_core::{FrameShape, Samples, SamplesRef, with_samples};
use serde::{Deserialize, Serialize};

use crate::element::Element;

/// A turn by quarter circles, as seen on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rotation {
    /// Not turned.
    #[default]
    None,
    /// 90° clockwise.
    Cw,
    /// 90° counter-clockwise.
    Ccw,
    /// 180°.
    Half,
}

/// How a frame is turned and mirrored for display: transpose, then rotate, then mirror left and right, then
/// mirror up and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Geometry {
    /// Swap rows and columns: `out(x, y) = in(y, x)`.
    pub transpose: bool,
    /// Turn.
    pub rotate: Rotation,
    /// Left becomes right.
    pub flip_x: bool,
    /// Up becomes down.
    pub flip_y: bool,
}

/// Any [`Geometry`] as a transposition followed by mirrorings.
#[derive(Clone, Copy)]
struct Canonical {
    transpose: bool,
    flip_x: bool,
    flip_y: bool,
}

/// Edge of the square blocks that a transposition walks in: two of them fit the first-level cache.
const BLOCK: usize = 32;

impl Geometry {
    fn canonical(self) -> Canonical {
        let turned = matches!(self.rotate, Rotation::Cw | Rotation::Ccw);
        // Clockwise is a transposition mirrored left and right, counter-clockwise one mirrored up and down.
        Canonical {
            transpose: self.transpose ^ turned,
            flip_x: self.flip_x ^ matches!(self.rotate, Rotation::Cw | Rotation::Half),
            flip_y: self.flip_y ^ matches!(self.rotate, Rotation::Ccw | Rotation::Half),
        }
    }

    /// Whether nothing moves.
    pub fn is_identity(self) -> bool {
        let Canonical { transpose, flip_x, flip_y } = self.canonical();
        !(transpose || flip_x || flip_y)
    }

    /// Shape of the displayed frame.
    pub fn shape(self, source: FrameShape) -> FrameShape {
        let FrameShape { height, width, channels } = source;
        if self.canonical().transpose { FrameShape::new(width, height, channels) } else { source }
    }

    /// The displayed frame.
    ///
    /// # Cost
    /// One pass, in blocks of 32×32 pixels where rows and columns are swapped. Serial.
    ///
    /// # Panics
    /// If the samples do not fill the shape.
    pub fn apply(self, samples: SamplesRef<'_>, shape: FrameShape) -> (Samples, FrameShape) {
        assert_eq!(samples.len(), shape.samples(), "samples fill the frame");
        let shown = self.shape(shape);
        (with_samples!(samples, from => moved(from, shape, self.canonical())), shown)
    }

    /// Where a point of the source lies on display. Points are continuous: pixel `(x, y)` covers
    /// `[x, x+1) × [y, y+1)` on either side.
    pub fn map_point(self, source: FrameShape, (x, y): (f64, f64)) -> (f64, f64) {
        let Canonical { transpose, flip_x, flip_y } = self.canonical();
        let shown = self.shape(source);
        let (x, y) = if transpose { (y, x) } else { (x, y) };
        (if flip_x { shown.width as f64 - x } else { x }, if flip_y { shown.height as f64 - y } else { y })
    }

    /// Where a point on display lies in the source: the inverse of [`Geometry::map_point`].
    pub fn unmap_point(self, source: FrameShape, (x, y): (f64, f64)) -> (f64, f64) {
        let Canonical { transpose, flip_x, flip_y } = self.canonical();
        let shown = self.shape(source);
        let x = if flip_x { shown.width as f64 - x } else { x };
        let y = if flip_y { shown.height as f64 - y } else { y };
        if transpose { (y, x) } else { (x, y) }
    }

    /// The source pixel shown at pixel `(x, y)` of the display.
    ///
    /// # Panics
    /// In debug builds, if the pixel lies outside the displayed frame.
    pub fn source_pixel(self, source: FrameShape, (x, y): (usize, usize)) -> (usize, usize) {
        let Canonical { transpose, flip_x, flip_y } = self.canonical();
        let shown = self.shape(source);
        let x = if flip_x { shown.width - 1 - x } else { x };
        let y = if flip_y { shown.height - 1 - y } else { y };
        if transpose { (y, x) } else { (x, y) }
    }
}

fn moved<S: Element>(from: &[S], shape: FrameShape, how: Canonical) -> Samples {
    let mut to = vec![S::default(); from.len()];
    if from.is_empty() {
        return S::wrap(to);
    }
    if how.transpose {
        transpose(from, shape, how, &mut to);
    } else {
        mirror(from, shape, how, &mut to);
    }
    S::wrap(to)
}

fn mirror<S: Element>(from: &[S], shape: FrameShape, how: Canonical, to: &mut [S]) {
    let channels = shape.channels;
    for (y, line) in to.chunks_exact_mut(shape.row()).enumerate() {
        let row = if how.flip_y { shape.height - 1 - y } else { y };
        line.copy_from_slice(&from[row * shape.row()..(row + 1) * shape.row()]);
        if how.flip_x {
            line.reverse();
            // Pixels are reversed now, but so are the channels within each.
            if channels > 1 {
                line.chunks_exact_mut(channels).for_each(<[S]>::reverse);
            }
        }
    }
}

fn transpose<S: Element>(from: &[S], shape: FrameShape, how: Canonical, to: &mut [S]) {
    let FrameShape { height, width, channels } = shape;
    // Displayed pixel (u, v) comes from source column v and source row u, before mirroring.
    let column_of = |v: usize| if how.flip_y { width - 1 - v } else { v };
    let row_of = |u: usize| if how.flip_x { height - 1 - u } else { u };
    for v0 in (0..width).step_by(BLOCK) {
        for u0 in (0..height).step_by(BLOCK) {
            for v in v0..(v0 + BLOCK).min(width) {
                let column = column_of(v);
                for u in u0..(u0 + BLOCK).min(height) {
                    let at = (row_of(u) * width + column) * channels;
                    let out = (v * height + u) * channels;
                    if channels == 1 {
                        to[out] = from[at];
                    } else {
                        to[out..out + channels].copy_from_slice(&from[at..at + channels]);
                    }
                }
            }
        }
    }
}
