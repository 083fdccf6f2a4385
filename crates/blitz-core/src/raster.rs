//! The pixels of a zone as runs per row, computed from its geometry.
//!
//! The rule stands in [`ZoneShape::contains`]: the centre of a pixel decides, and [`ZoneShape::rasterize`] gives
//! what that test gives at every centre, bit for bit. It asks the test only beside the edges:
//!
//! * Along a row, each condition of a rectangle (`u ≥ x`, `u < x + width`, …) compares a number that only rises
//!   or only falls with the column, rounded or not, because every operation of IEEE 754 rounds monotonically. So
//!   there is one column from which it holds, or does not: it is computed from the geometry and moved by the
//!   test itself until it is right ([`first`]).
//! * The same holds for the column at which a polygon's edge is passed, and for the rows that an edge crosses.
//! * The ellipse's `a² + b²` is convex along a row, and its value in floating point differs from it by no more
//!   than a bound. Between two columns that lie inside by more than that bound all lie inside; beyond one that
//!   lies outside by more, all lie outside ([`Convex`]). The few between are tested one by one.

use std::ops::Range;

use crate::zone::{Span, Turn, ZoneMask, ZoneShape, crossing, edges};
use crate::{FrameShape, Placement};

impl ZoneShape {
    /// The pixels of the zone in a stack of shape `frame` that lies in the source as `placement` says: those
    /// whose centres lie inside, see [`ZoneShape::contains`].
    ///
    /// ```
    /// use blitz_core::{FrameShape, Placement, ZoneShape};
    ///
    /// let zone = ZoneShape::Rect { x: 2.0, y: 1.0, width: 3.0, height: 2.0, angle: 0.0 };
    /// let mask = zone.rasterize(FrameShape::new(10, 10, 1), Placement::whole(10, 10));
    /// assert_eq!((mask.pixels, mask.spans.len()), (6, 2));
    /// ```
    ///
    /// Parts outside the image are clipped away; a zone without a pixel centre gives no span.
    ///
    /// # Cost
    /// O(rows + spans) of the shape, and O(corners) for a polygon: a few tests per edge and row, none for the
    /// pixels between.
    pub fn rasterize(&self, frame: FrameShape, placement: Placement) -> ZoneMask {
        let grid = Grid { frame, placement };
        let mut runs = Runs::default();
        if frame.width == 0 || frame.height == 0 {
            return runs.mask;
        }
        match self {
            Self::Rect { x, y, width, height, angle } => {
                let turn = Turn::new(x + width / 2.0, y + height / 2.0, -angle);
                for row in grid.rows(&self.outline()) {
                    runs.add(row, rectangle_row(grid, row, turn, [*x, x + width], [*y, y + height]));
                }
            }
            Self::Ellipse { x, y, width, height, angle } => {
                let turn = Turn::new(x + width / 2.0, y + height / 2.0, -angle);
                let ellipse = Ellipse { turn, a: width / 2.0, b: height / 2.0 };
                for row in grid.rows(&ellipse.extremes()) {
                    ellipse.add_row(grid, row, &mut runs);
                }
            }
            Self::Polygon(points) => polygon(grid, points, &mut runs),
            Self::Pixel { x, y } => {
                let (x, y) = (*x as f64, *y as f64);
                for row in grid.rows(&self.outline()).filter(|&row| grid.y(row).floor() == y) {
                    let guess = grid.column_at(x);
                    let start = first(frame.width, guess, |column| grid.x(column).floor() >= x);
                    let end = first(frame.width, guess + 1.0, |column| grid.x(column).floor() > x);
                    runs.add(row, start..end);
                }
            }
        }
        runs.mask
    }
}

/// Pixel centres of a stack in source coordinates, which rise with row and column.
#[derive(Clone, Copy)]
struct Grid {
    frame: FrameShape,
    placement: Placement,
}

impl Grid {
    fn x(self, column: usize) -> f64 {
        self.placement.to_source(column as f64 + 0.5, 0.5).0
    }

    fn y(self, row: usize) -> f64 {
        self.placement.to_source(0.5, row as f64 + 0.5).1
    }

    /// About the first column whose centre is not left of `x`.
    fn column_at(self, x: f64) -> f64 {
        (self.placement.to_stack(x, 0.0).0 - 0.5).ceil()
    }

    /// About the first row whose centre is not above `y`.
    fn row_at(self, y: f64) -> f64 {
        (self.placement.to_stack(0.0, y).1 - 0.5).ceil()
    }

    /// The rows that a shape within the hull of `points` can touch, with slack for what rounding moves.
    fn rows(self, points: &[(f64, f64)]) -> Range<usize> {
        let (mut top, mut bottom, mut largest) = (f64::INFINITY, f64::NEG_INFINITY, 0.0_f64);
        for &(x, y) in points {
            (top, bottom) = (top.min(y), bottom.max(y));
            largest = largest.max(x.abs()).max(y.abs());
        }
        let slack = 2.0 + 64.0 * f64::EPSILON * largest;
        let clip = |row: f64| row.clamp(0.0, self.frame.height as f64) as usize;
        clip(self.row_at(top) - slack)..clip(self.row_at(bottom) + slack)
    }
}

/// Collects runs in row order and joins those that touch.
#[derive(Default)]
struct Runs {
    mask: ZoneMask,
}

impl Runs {
    fn add(&mut self, y: usize, columns: Range<usize>) {
        if columns.is_empty() {
            return;
        }
        self.mask.pixels += columns.len();
        match self.mask.spans.last_mut() {
            Some(last) if last.y == y && last.end == columns.start => last.end = columns.end,
            _ => self.mask.spans.push(Span { y, start: columns.start, end: columns.end }),
        }
    }
}

/// The first of `0..end` for which `holds` is true, `end` if there is none; once true it stays true. Begins at
/// `guess` and asks twice where that is right, O(log of the distance) times where it is not.
fn first(end: usize, guess: f64, holds: impl Fn(usize) -> bool) -> usize {
    // NaN and what lies below become 0.
    let guess = (guess.max(0.0) as usize).min(end);
    let (mut low, mut high);
    let mut step = 1;
    if guess == end || holds(guess) {
        high = guess;
        loop {
            if high == 0 {
                return 0;
            }
            let lower = high.saturating_sub(step);
            if !holds(lower) {
                low = lower + 1;
                break;
            }
            high = lower;
            step *= 2;
        }
    } else {
        low = guess + 1;
        loop {
            high = guess.saturating_add(step).min(end);
            if high == end || holds(high) {
                break;
            }
            low = high + 1;
            step *= 2;
        }
    }
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// The columns of one row that lie in a turned rectangle `us × vs`.
fn rectangle_row(grid: Grid, row: usize, turn: Turn, us: [f64; 2], vs: [f64; 2]) -> Range<usize> {
    let y = grid.y(row);
    let dy = y - turn.cy;
    // Where along the row the turned coordinates have a value.
    let u_at = |u: f64| turn.cx + (u - turn.cx + dy * turn.sin) / turn.cos;
    let v_at = |v: f64| turn.cx + (v - turn.cy - dy * turn.cos) / turn.sin;
    let u = |column| turn.apply((grid.x(column), y)).0;
    let v = |column| turn.apply((grid.x(column), y)).1;
    let across = between(grid, turn.cos >= 0.0, us, u_at, u);
    let along = between(grid, turn.sin >= 0.0, vs, v_at, v);
    across.start.max(along.start)..across.end.min(along.end)
}

/// The columns where `value`, which rises or falls with the column, lies in `low..high`.
fn between(
    grid: Grid,
    rises: bool,
    [low, high]: [f64; 2],
    place: impl Fn(f64) -> f64,
    value: impl Fn(usize) -> f64,
) -> Range<usize> {
    let width = grid.frame.width;
    let guess = |limit| grid.column_at(place(limit));
    // "Not below" and "below" are no opposites for NaN.
    let from = |column| value(column) >= low;
    let below = |column| value(column) < high;
    if rises {
        first(width, guess(low), from)..first(width, guess(high), |column| !below(column))
    } else {
        first(width, guess(high), below)..first(width, guess(low), |column| !from(column))
    }
}

/// Adds the runs between the edges of a polygon, even–odd.
fn polygon(grid: Grid, points: &[(f64, f64)], runs: &mut Runs) {
    let FrameShape { width, height, .. } = grid.frame;
    let row_from = |y: f64| first(height, grid.row_at(y), |row| y <= grid.y(row));
    let mut passed: Vec<(usize, usize)> = Vec::new();
    for edge in edges(points) {
        let (a, b) = (row_from(edge.0.1), row_from(edge.1.1));
        for row in a.min(b)..a.max(b) {
            let x = crossing(edge, grid.y(row));
            passed.push((row, first(width, grid.column_at(x), |column| x <= grid.x(column))));
        }
    }
    passed.sort_unstable();
    for row in passed.chunk_by(|a, b| a.0 == b.0) {
        for pair in row.chunks(2) {
            let (y, start) = pair[0];
            runs.add(y, start..pair.get(1).map_or(width, |&(_, end)| end));
        }
    }
}

/// A turned ellipse: half axes `a` and `b`, centre and turn back to upright in `turn`.
#[derive(Clone, Copy)]
struct Ellipse {
    turn: Turn,
    a: f64,
    b: f64,
}

impl Ellipse {
    /// Points whose hull's rows are those of the ellipse: its highest and lowest point, at its outermost columns.
    fn extremes(self) -> [(f64, f64); 2] {
        let Self { turn: Turn { cx, cy, sin, cos }, a, b } = self;
        let (across, down) = ((a * cos).hypot(b * sin), (a * sin).hypot(b * cos));
        [(cx - across, cy - down), (cx + across, cy + down)]
    }

    fn add_row(self, grid: Grid, row: usize, runs: &mut Runs) {
        let Self { turn, a, b } = self;
        let Turn { cx, cy, sin, cos } = turn;
        let y = grid.y(row);
        // The expressions of `ZoneShape::contains`.
        let value = |column: usize| {
            let (u, v) = turn.apply((grid.x(column), y));
            let (a, b) = ((u - cx) / a, (v - cy) / b);
            a * a + b * b
        };
        // With dx and dy from the centre: value = A·dx² + 2·B·dx·dy + C·dy², and A·C − B² = 1 / (a·b)².
        let dy = y - cy;
        let square = (cos / a).powi(2) + (sin / b).powi(2);
        let mixed = sin * cos * (b.powi(-2) - a.powi(-2));
        let vertex = cx - mixed * dy / square;
        let half = (square - (dy / (a * b)).powi(2)).max(0.0).sqrt() / square;
        let last = grid.frame.width - 1;
        // Coordinates round by their size, which the division by a half axis makes larger.
        let reach = cx.abs() + cy.abs() + grid.x(last).abs() + y.abs();
        let error = 256.0 * f64::EPSILON * (1.0 + reach * (a.abs().recip() + b.abs().recip()));
        let vertex_column = (grid.column_at(vertex).max(0.0) as usize).min(last);
        let least = value(vertex_column);
        let row_of = Convex { least, error, guess: half / grid.placement.scale_x };
        let left = row_of.edge(vertex_column, |way| value(vertex_column - way));
        let right = row_of.edge(last - vertex_column, |way| value(vertex_column + way));
        let (from, to) = (vertex_column + 1 - left.outside, vertex_column + right.outside);
        let sure = match (left.inside, right.inside) {
            (Some(to_left), Some(to_right)) => vertex_column - to_left..vertex_column + to_right + 1,
            _ => to..to,
        };
        let tested = |columns: Range<usize>| columns.filter(|&column| value(column) < 1.0);
        tested(from..sure.start).for_each(|column| runs.add(row, column..column + 1));
        runs.add(row, sure.clone());
        tested(sure.end..to).for_each(|column| runs.add(row, column..column + 1));
    }
}

/// What is certain on one side of the vertex of a convex function that is known up to an error: columns up to
/// `inside` lie inside (if the vertex does), those from `outside` on do not.
struct Edge {
    inside: Option<usize>,
    outside: usize,
}

/// A function along a row that is convex but for rounding.
#[derive(Clone, Copy)]
struct Convex {
    /// Its value at the column near its vertex.
    least: f64,
    /// Relative and absolute error of a value near 1 or above.
    error: f64,
    /// About how far the edge lies from the vertex, in columns.
    guess: f64,
}

impl Convex {
    /// Looks for the edge among the columns up to `most` away from the vertex; `value` gives the function there.
    fn edge(self, most: usize, value: impl Fn(usize) -> f64) -> Edge {
        let Self { least, error, guess } = self;
        // An error of that size leaves nothing certain, as does NaN.
        let certain = error < 0.01;
        let slack = |value: f64| error * (1.0 + value);
        let is_inside = |value: f64| certain && value + slack(value) < 1.0;
        let is_outside =
            |value: f64| certain && value - slack(value) > 1.0 && value - slack(value) > least + slack(least);
        let guess = (guess.max(0.0) as usize).min(most);
        let mut outside = most + 1;
        let mut step = 2;
        while guess + step <= most {
            if is_outside(value(guess + step)) {
                outside = guess + step;
                break;
            }
            step *= 2;
        }
        if !is_inside(least) {
            return Edge { inside: None, outside };
        }
        let mut inside = 0;
        let mut step = 2;
        while step < guess {
            if is_inside(value(guess - step)) {
                inside = guess - step;
                break;
            }
            step *= 2;
        }
        // The guess was far away: halve what is uncertain while that is possible.
        while outside - inside > 8 {
            let middle = usize::midpoint(inside, outside);
            let found = value(middle);
            if is_inside(found) {
                inside = middle;
            } else if is_outside(found) {
                outside = middle;
            } else {
                break;
            }
        }
        Edge { inside: Some(inside), outside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rect;

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
}
