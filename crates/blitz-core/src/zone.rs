//! Zones: named, coloured parts of the image, in source pixels.
//!
//! A zone's pixels are those whose centres lie inside it: half-open edges, even–odd rule for polygons, the
//! ellipse by its bounding box. The same rule at any scale: in a cropped or shrunk stack the centre of a
//! stack pixel, mapped to source coordinates, decides.

use serde::{Deserialize, Serialize};

/// Geometry of a zone in source pixel coordinates (pixel `(x, y)` covers `[x, x+1) × [y, y+1)`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ZoneShape {
    /// Rectangle, turned by `angle` degrees clockwise on screen about its centre.
    Rect {
        /// Left edge before turning.
        x: f64,
        /// Upper edge before turning.
        y: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// Degrees, clockwise on screen.
        angle: f64,
    },
    /// Ellipse in the box `x, y, width, height`, turned likewise.
    Ellipse {
        /// Left edge of the box before turning.
        x: f64,
        /// Upper edge of the box before turning.
        y: f64,
        /// Width of the box.
        width: f64,
        /// Height of the box.
        height: f64,
        /// Degrees, clockwise on screen.
        angle: f64,
    },
    /// Closed polygon, even–odd.
    Polygon(
        /// Corners; the last joins the first.
        Vec<(f64, f64)>,
    ),
    /// One pixel.
    Pixel {
        /// Column.
        x: usize,
        /// Row.
        y: usize,
    },
}

/// A named, coloured zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    /// Name, as in column headers.
    pub name: String,
    /// Colour of outline and curve, sRGB.
    pub color: [u8; 3],
    /// Geometry.
    pub shape: ZoneShape,
}

/// Colours that new zones take in turn; told apart on dark and light ground.
pub const ZONE_COLORS: [[u8; 3]; 8] = [
    [86, 180, 233],
    [230, 159, 0],
    [0, 158, 115],
    [204, 121, 167],
    [213, 94, 0],
    [240, 228, 66],
    [0, 114, 178],
    [148, 148, 148],
];

/// A run of pixels of one row that belong to a zone: columns `start..end` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Row in the stack.
    pub y: usize,
    /// First column.
    pub start: usize,
    /// One past the last column.
    pub end: usize,
}

/// The pixels of a zone in a stack, as runs in row order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ZoneMask {
    /// Runs, rows ascending, columns ascending within a row, disjoint.
    pub spans: Vec<Span>,
    /// Pixels in all runs.
    pub pixels: usize,
}

impl ZoneShape {
    /// The corners of the outline for drawing, in source coordinates. Ellipses give 72 points.
    pub fn outline(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Rect { x, y, width, height, angle } => {
                let turn = Turn::new(x + width / 2.0, y + height / 2.0, *angle);
                [(*x, *y), (x + width, *y), (x + width, y + height), (*x, y + height)]
                    .map(|p| turn.apply(p))
                    .to_vec()
            }
            Self::Ellipse { x, y, width, height, angle } => {
                let (cx, cy) = (x + width / 2.0, y + height / 2.0);
                let turn = Turn::new(cx, cy, *angle);
                (0..72)
                    .map(|i| {
                        let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 72.0).sin_cos();
                        turn.apply((cx + cos * width / 2.0, cy + sin * height / 2.0))
                    })
                    .collect()
            }
            Self::Polygon(points) => points.clone(),
            Self::Pixel { x, y } => {
                let (x, y) = (*x as f64, *y as f64);
                vec![(x, y), (x + 1.0, y), (x + 1.0, y + 1.0), (x, y + 1.0)]
            }
        }
    }

    /// The same shape moved by `(dx, dy)` source pixels. A pixel moves by whole pixels and stops at 0.
    #[must_use]
    pub fn moved(&self, dx: f64, dy: f64) -> Self {
        let mut shape = self.clone();
        match &mut shape {
            Self::Rect { x, y, .. } | Self::Ellipse { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Self::Polygon(points) => {
                for (x, y) in points {
                    *x += dx;
                    *y += dy;
                }
            }
            Self::Pixel { x, y } => {
                *x = (*x as f64 + dx).round().max(0.0) as usize;
                *y = (*y as f64 + dy).round().max(0.0) as usize;
            }
        }
        shape
    }

    /// Whether all numbers are finite and sizes positive.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Rect { x, y, width, height, angle } | Self::Ellipse { x, y, width, height, angle } => {
                [x, y, width, height, angle].iter().all(|v| v.is_finite()) && *width > 0.0 && *height > 0.0
            }
            Self::Polygon(points) => {
                points.len() >= 3 && points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
            }
            Self::Pixel { .. } => true,
        }
    }

    /// Whether a point in source coordinates lies inside: half-open edges.
    pub fn contains(&self, px: f64, py: f64) -> bool {
        match self {
            Self::Rect { x, y, width, height, angle } => {
                let (u, v) = Turn::new(x + width / 2.0, y + height / 2.0, -angle).apply((px, py));
                u >= *x && u < x + width && v >= *y && v < y + height
            }
            Self::Ellipse { x, y, width, height, angle } => {
                let (cx, cy) = (x + width / 2.0, y + height / 2.0);
                let (u, v) = Turn::new(cx, cy, -angle).apply((px, py));
                let (a, b) = ((u - cx) / (width / 2.0), (v - cy) / (height / 2.0));
                a * a + b * b < 1.0
            }
            Self::Polygon(points) => crossings(points, py).filter(|&at| at <= px).count() % 2 == 1,
            Self::Pixel { x, y } => px.floor() == *x as f64 && py.floor() == *y as f64,
        }
    }
}

/// Where the edges of a closed polygon cross the horizontal line at `y`. Edges are half-open in `y`, so a
/// corner on the line counts once.
fn crossings(points: &[(f64, f64)], y: f64) -> impl Iterator<Item = f64> {
    edges(points)
        .filter(move |((_, y0), (_, y1))| (*y0 <= y) != (*y1 <= y))
        .map(move |edge| crossing(edge, y))
}

/// An edge of a polygon, from corner to corner.
pub(crate) type Edge = ((f64, f64), (f64, f64));

/// The edges of a closed polygon.
pub(crate) fn edges(points: &[(f64, f64)]) -> impl Iterator<Item = Edge> {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// Where an edge that crosses the horizontal line at `y` does so.
pub(crate) fn crossing(((x0, y0), (x1, y1)): Edge, y: f64) -> f64 {
    x0 + (y - y0) / (y1 - y0) * (x1 - x0)
}

/// A rotation about a centre; exact for angle 0.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) cx: f64,
    pub(crate) cy: f64,
    pub(crate) sin: f64,
    pub(crate) cos: f64,
}

impl Turn {
    /// Turns by `degrees` clockwise on screen (y grows downwards).
    pub(crate) fn new(cx: f64, cy: f64, degrees: f64) -> Self {
        let (sin, cos) = if degrees == 0.0 { (0.0, 1.0) } else { degrees.to_radians().sin_cos() };
        Self { cx, cy, sin, cos }
    }

    pub(crate) fn apply(self, (x, y): (f64, f64)) -> (f64, f64) {
        if self.sin == 0.0 && self.cos == 1.0 {
            return (x, y);
        }
        let (dx, dy) = (x - self.cx, y - self.cy);
        (self.cx + dx * self.cos - dy * self.sin, self.cy + dx * self.sin + dy * self.cos)
    }
}
