//! Zones: named, coloured parts of the image, in source pixels.
//!
//! A zone's pixels are those whose centres lie inside it: half-open edges, even–odd rule for polygons, the
//! ellipse by its bounding box. The same rule at any scale: in a cropped or shrunk stack the centre of a
//! stack pixel, mapped to source coordinates, decides.

use crate::{FrameShape, Placement};

/// Geometry of a zone in source pixel coordinates (pixel `(x, y)` covers `[x, x+1) × [y, y+1)`).
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
            Self::Polygon(points) => crossings(points, py).iter().filter(|&&at| at <= px).count() % 2 == 1,
            Self::Pixel { x, y } => px.floor() == *x as f64 && py.floor() == *y as f64,
        }
    }

    /// The pixels of the zone in a stack of shape `frame` that lies in the source as `placement` says.
    ///
    /// Parts outside the image are clipped away; a zone without a pixel centre gives no span.
    ///
    /// # Cost
    /// O(rows + pixels) of the shape's bounding box.
    pub fn rasterize(&self, frame: FrameShape, placement: Placement) -> ZoneMask {
        let mut spans = Vec::new();
        let (rows, columns) = self.bounds(frame, placement);
        for y in rows {
            let mut open: Option<usize> = None;
            let polygon_row = match self {
                Self::Polygon(points) => {
                    let (_, cy) = placement.to_source(0.5, y as f64 + 0.5);
                    Some(crossings(points, cy))
                }
                _ => None,
            };
            let mut passed = 0;
            for x in columns.clone() {
                let (cx, cy) = placement.to_source(x as f64 + 0.5, y as f64 + 0.5);
                let inside = match &polygon_row {
                    Some(row) => {
                        while passed < row.len() && row[passed] <= cx {
                            passed += 1;
                        }
                        passed % 2 == 1
                    }
                    None => self.contains(cx, cy),
                };
                match (inside, open) {
                    (true, None) => open = Some(x),
                    (false, Some(start)) => {
                        spans.push(Span { y, start, end: x });
                        open = None;
                    }
                    _ => {}
                }
            }
            if let Some(start) = open {
                spans.push(Span { y, start, end: columns.end });
            }
        }
        let pixels = spans.iter().map(|s| s.end - s.start).sum();
        ZoneMask { spans, pixels }
    }

    /// Rows and columns of the stack that the shape's bounding box can touch.
    fn bounds(
        &self,
        frame: FrameShape,
        placement: Placement,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let (mut x0, mut y0, mut x1, mut y1) =
            (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (x, y) in self.outline() {
            let (x, y) = placement.to_stack(x, y);
            (x0, x1) = (x0.min(x), x1.max(x));
            (y0, y1) = (y0.min(y), y1.max(y));
        }
        // One pixel of slack: the outline of an ellipse is a polygon inside it, and turning rounds.
        let clip = |v: f64, max: usize| v.clamp(0.0, max as f64) as usize;
        let rows = clip((y0 - 1.0).floor(), frame.height)..clip((y1 + 1.0).ceil(), frame.height);
        let columns = clip((x0 - 1.0).floor(), frame.width)..clip((x1 + 1.0).ceil(), frame.width);
        (rows, columns)
    }
}

/// Where the edges of a closed polygon cross the horizontal line at `y`, ascending. Edges are half-open in
/// `y`, so a corner on the line counts once.
fn crossings(points: &[(f64, f64)], y: f64) -> Vec<f64> {
    let mut at: Vec<f64> = (0..points.len())
        .filter_map(|i| {
            let ((x0, y0), (x1, y1)) = (points[i], points[(i + 1) % points.len()]);
            ((y0 <= y) != (y1 <= y)).then(|| x0 + (y - y0) / (y1 - y0) * (x1 - x0))
        })
        .collect();
    at.sort_by(f64::total_cmp);
    at
}

/// A rotation about a centre; exact for angle 0.
struct Turn {
    cx: f64,
    cy: f64,
    sin: f64,
    cos: f64,
}

impl Turn {
    /// Turns by `degrees` clockwise on screen (y grows downwards).
    fn new(cx: f64, cy: f64, degrees: f64) -> Self {
        let (sin, cos) = if degrees == 0.0 { (0.0, 1.0) } else { degrees.to_radians().sin_cos() };
        Self { cx, cy, sin, cos }
    }

    fn apply(&self, (x, y): (f64, f64)) -> (f64, f64) {
        if self.sin == 0.0 && self.cos == 1.0 {
            return (x, y);
        }
        let (dx, dy) = (x - self.cx, y - self.cy);
        (self.cx + dx * self.cos - dy * self.sin, self.cy + dx * self.sin + dy * self.cos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rect;
    use proptest::prelude::*;

    const FRAME: FrameShape = FrameShape::new(20, 30, 1);

    fn rect(x: f64, y: f64, width: f64, height: f64, angle: f64) -> ZoneShape {
        ZoneShape::Rect { x, y, width, height, angle }
    }

    fn pixels(shape: &ZoneShape) -> usize {
        shape.rasterize(FRAME, Placement::whole(30, 20)).pixels
    }

    #[test]
    fn whole_pixels_of_an_upright_rectangle() {
        assert_eq!(pixels(&rect(2.0, 3.0, 4.0, 5.0, 0.0)), 20);
        assert_eq!(pixels(&rect(-10.0, -10.0, 100.0, 100.0, 0.0)), 600, "clipped to the image");
        assert_eq!(pixels(&rect(2.5, 3.5, 1.0, 1.0, 0.0)), 1, "left and upper edge belong to it");
        assert_eq!(pixels(&rect(2.6, 3.6, 0.8, 0.8, 0.0)), 0, "no centre inside");
        assert_eq!(pixels(&rect(2.0, 3.0, 4.0, 6.0, 90.0)), 24, "turned by 90° about its centre");
    }

    #[test]
    fn neighbours_share_no_pixel() {
        let a = rect(1.3, 2.0, 4.7, 5.0, 0.0);
        let b = rect(6.0, 2.0, 3.5, 5.0, 0.0);
        let both = rect(1.3, 2.0, 8.2, 5.0, 0.0);
        assert_eq!(pixels(&a) + pixels(&b), pixels(&both));
    }

    #[test]
    fn even_odd_rule_leaves_the_hole_of_a_star_open() {
        let star: Vec<(f64, f64)> = (0..5)
            .map(|i| {
                let (sin, cos) = (f64::from(i * 2) * std::f64::consts::TAU / 5.0).sin_cos();
                (15.0 + 9.0 * sin, 10.0 - 9.0 * cos)
            })
            .collect();
        let shape = ZoneShape::Polygon(star);
        assert!(!shape.contains(15.0, 10.0));
        assert!(shape.contains(15.0, 3.0));
    }

    #[test]
    fn zones_keep_their_place_in_a_cropped_and_shrunk_stack() {
        let placement = Placement { crop: Rect::new(10, 4, 20, 16), scale_x: 2.0, scale_y: 2.0 };
        let mask = rect(12.0, 6.0, 4.0, 4.0, 0.0).rasterize(FrameShape::new(8, 10, 1), placement);
        assert_eq!(mask.spans, [Span { y: 1, start: 1, end: 3 }, Span { y: 2, start: 1, end: 3 }]);
    }

    proptest! {
        #[test]
        fn spans_agree_with_the_definition(
            kind in 0..3,
            (x, y, w, h) in (-5.0..30.0_f64, -5.0..20.0_f64, 0.1..25.0_f64, 0.1..18.0_f64),
            angle in prop_oneof![Just(0.0), Just(45.0), -360.0..360.0_f64],
            corners in prop::collection::vec((-5.0..35.0_f64, -5.0..25.0_f64), 3..8),
        ) {
            let shape = match kind {
                0 => rect(x, y, w, h, angle),
                1 => ZoneShape::Ellipse { x, y, width: w, height: h, angle },
                _ => ZoneShape::Polygon(corners),
            };
            let mask = shape.rasterize(FRAME, Placement::whole(30, 20));
            let mut expected = 0;
            for row in 0..20 {
                for column in 0..30 {
                    let inside = shape.contains(column as f64 + 0.5, row as f64 + 0.5);
                    let spanned = mask.spans.iter().any(|s| s.y == row && (s.start..s.end).contains(&column));
                    prop_assert_eq!(inside, spanned, "pixel {},{}", column, row);
                    expected += usize::from(inside);
                }
            }
            prop_assert_eq!(mask.pixels, expected);
        }
    }
}
