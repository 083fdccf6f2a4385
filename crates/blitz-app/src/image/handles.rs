//! Changing a zone by its handles: pure geometry in source pixels.

use blitz_core::ZoneShape;

/// What of a zone is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Handle {
    /// A side or corner of the box: −1, 0 or 1 along each of its axes.
    Side(i8, i8),
    /// The knob that turns it.
    Turn,
    /// A corner of a polygon.
    Corner(usize),
}

/// A point in source pixels.
type Point = (f64, f64);

/// The sides and corners of a box.
const SIDES: [(i8, i8); 8] = [(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)];

/// Centre, half sizes and angle in degrees of a rectangle or ellipse.
fn frame(shape: &ZoneShape) -> Option<(Point, Point, f64)> {
    match *shape {
        ZoneShape::Rect { x, y, width, height, angle }
        | ZoneShape::Ellipse { x, y, width, height, angle } => {
            Some(((x + width / 2.0, y + height / 2.0), (width / 2.0, height / 2.0), angle))
        }
        _ => None,
    }
}

/// The same kind of shape with another box.
fn with_frame(shape: &ZoneShape, center: (f64, f64), half: (f64, f64), angle: f64) -> ZoneShape {
    let (x, y, width, height) = (center.0 - half.0, center.1 - half.1, 2.0 * half.0, 2.0 * half.1);
    match shape {
        ZoneShape::Ellipse { .. } => ZoneShape::Ellipse { x, y, width, height, angle },
        _ => ZoneShape::Rect { x, y, width, height, angle },
    }
}

/// A vector turned by `degrees`, clockwise on screen.
fn turned((x, y): (f64, f64), degrees: f64) -> (f64, f64) {
    let (sin, cos) = if degrees == 0.0 { (0.0, 1.0) } else { degrees.to_radians().sin_cos() };
    (x * cos - y * sin, x * sin + y * cos)
}

/// Where the handles of a shape are. `reach` is the distance of the turning knob from the box.
pub(super) fn handles(shape: &ZoneShape, reach: f64) -> Vec<(Handle, (f64, f64))> {
    if let ZoneShape::Polygon(corners) = shape {
        return corners.iter().enumerate().map(|(i, &at)| (Handle::Corner(i), at)).collect();
    }
    let Some((center, half, angle)) = frame(shape) else { return Vec::new() };
    let at = |u: f64, v: f64| {
        let (dx, dy) = turned((u, v), angle);
        (center.0 + dx, center.1 + dy)
    };
    let mut all: Vec<_> = SIDES
        .iter()
        .map(|&(i, j)| (Handle::Side(i, j), at(f64::from(i) * half.0, f64::from(j) * half.1)))
        .collect();
    all.push((Handle::Turn, at(0.0, -half.1 - reach)));
    all
}

/// How a dragged point is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Snap {
    /// To whole pixels (upright shapes) or whole degrees.
    pub(super) whole: bool,
    /// Turning in steps of 15°.
    pub(super) coarse: bool,
}

/// Smallest side of a box, in pixels.
const LEAST: f64 = 1.0;

/// The shape after its handle was dragged to `to`. The opposite side stays where it is.
pub(super) fn dragged(shape: &ZoneShape, handle: Handle, to: (f64, f64), snap: Snap) -> ZoneShape {
    let round = |v: f64| if snap.whole { v.round() } else { v };
    match (handle, shape) {
        (Handle::Corner(i), ZoneShape::Polygon(corners)) => {
            let mut corners = corners.clone();
            if let Some(corner) = corners.get_mut(i) {
                *corner = (round(to.0), round(to.1));
            }
            ZoneShape::Polygon(corners)
        }
        (Handle::Side(i, j), _) => {
            let Some((center, half, angle)) = frame(shape) else { return shape.clone() };
            let to = if angle == 0.0 { (round(to.0), round(to.1)) } else { to };
            let (u, v) = turned((to.0 - center.0, to.1 - center.1), -angle);
            let (shift_u, half_u) = side(half.0, i, u);
            let (shift_v, half_v) = side(half.1, j, v);
            let (dx, dy) = turned((shift_u, shift_v), angle);
            with_frame(shape, (center.0 + dx, center.1 + dy), (half_u, half_v), angle)
        }
        (Handle::Turn, _) => {
            let Some((center, half, _)) = frame(shape) else { return shape.clone() };
            let (dx, dy) = (to.0 - center.0, to.1 - center.1);
            if dx == 0.0 && dy == 0.0 {
                return shape.clone();
            }
            let degrees = dx.atan2(-dy).to_degrees();
            let step = if snap.coarse { 15.0 } else { 1.0 };
            let degrees = if snap.whole || snap.coarse { (degrees / step).round() * step } else { degrees };
            // −0 and 360 would be other numbers for the same direction.
            with_frame(shape, center, half, degrees.rem_euclid(360.0) + 0.0)
        }
        _ => shape.clone(),
    }
}

/// One axis of a box whose side `which` is dragged to `to`: shift of the centre and new half size.
fn side(half: f64, which: i8, to: f64) -> (f64, f64) {
    match which {
        0 => (0.0, half),
        sign => {
            let fixed = -f64::from(sign) * half;
            let length = ((to - fixed) * f64::from(sign)).max(LEAST);
            (fixed + f64::from(sign) * length / 2.0, length / 2.0)
        }
    }
}

/// The box between two corners, in whole pixels where asked, at least one pixel large.
pub(super) fn box_between(a: (f64, f64), b: (f64, f64), whole: bool) -> (f64, f64, f64, f64) {
    let round = |low: f64, high: f64| if whole { (low.floor(), high.ceil()) } else { (low, high) };
    let (x0, x1) = round(a.0.min(b.0), a.0.max(b.0));
    let (y0, y1) = round(a.1.min(b.1), a.1.max(b.1));
    (x0, y0, (x1 - x0).max(LEAST), (y1 - y0).max(LEAST))
}

/// The shape moved so that the point taken at `from` lies at `to`.
pub(super) fn moved(shape: &ZoneShape, from: (f64, f64), to: (f64, f64), whole: bool) -> ZoneShape {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    if whole { shape.moved(dx.round(), dy.round()) } else { shape.moved(dx, dy) }
}

/// A polygon with a further corner on the edge nearest to `at`.
pub(super) fn with_corner(corners: &[(f64, f64)], at: (f64, f64)) -> ZoneShape {
    let n = corners.len();
    let distance = |i: usize| {
        let ((x0, y0), (x1, y1)) = (corners[i], corners[(i + 1) % n]);
        let (dx, dy) = (x1 - x0, y1 - y0);
        let along = ((at.0 - x0) * dx + (at.1 - y0) * dy) / (dx * dx + dy * dy).max(1e-12);
        let along = along.clamp(0.0, 1.0);
        (x0 + along * dx - at.0).hypot(y0 + along * dy - at.1)
    };
    let mut corners = corners.to_vec();
    if let Some(edge) = (0..n).min_by(|&a, &b| distance(a).total_cmp(&distance(b))) {
        corners.insert(edge + 1, at);
    }
    ZoneShape::Polygon(corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Snap = Snap { whole: false, coarse: false };
    const WHOLE: Snap = Snap { whole: true, coarse: false };

    fn rect(angle: f64) -> ZoneShape {
        ZoneShape::Rect { x: 10.0, y: 20.0, width: 8.0, height: 4.0, angle }
    }

    fn near(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).hypot(a.1 - b.1) < 1e-9
    }

    #[test]
    fn the_opposite_corner_stays_at_any_angle() {
        for angle in [0.0, 30.0, 135.0, 270.0] {
            let shape = rect(angle);
            let corner = |shape: &ZoneShape, i: usize| handles(shape, 3.0)[i].1;
            let fixed = corner(&shape, 0);
            let larger = dragged(&shape, Handle::Side(1, 1), (31.0, 37.5), FREE);
            if angle == 0.0 {
                assert!(near(corner(&larger, 4), (31.0, 37.5)));
            }
            assert!(near(corner(&larger, 0), fixed), "{angle}: {:?}", corner(&larger, 0));
            assert!(larger.is_valid());
        }
    }

    #[test]
    fn a_box_never_vanishes() {
        let thin = dragged(&rect(0.0), Handle::Side(1, 0), (-50.0, 0.0), WHOLE);
        assert_eq!(thin, ZoneShape::Rect { x: 10.0, y: 20.0, width: 1.0, height: 4.0, angle: 0.0 });
        assert_eq!(box_between((3.4, 5.0), (3.6, 5.0), true), (3.0, 5.0, 1.0, 1.0));
        assert_eq!(box_between((9.2, 8.0), (3.6, 2.5), true), (3.0, 2.0, 7.0, 6.0));
    }

    #[test]
    fn turning_is_measured_clockwise_from_above() {
        let shape = rect(0.0);
        let angle = |to, snap| match dragged(&shape, Handle::Turn, to, snap) {
            ZoneShape::Rect { angle, .. } => angle,
            _ => f64::NAN,
        };
        assert_eq!(angle((14.0, 0.0), WHOLE), 0.0);
        assert_eq!(angle((99.0, 22.0), WHOLE), 90.0);
        assert_eq!(angle((0.0, 22.0), WHOLE), 270.0);
        assert_eq!(angle((14.0 + 10.0, 22.0 - 9.0), Snap { whole: true, coarse: true }), 45.0);
    }

    #[test]
    fn whole_pixels_stay_whole() {
        assert_eq!(moved(&rect(0.0), (11.0, 21.0), (14.4, 19.7), true), {
            ZoneShape::Rect { x: 13.0, y: 19.0, width: 8.0, height: 4.0, angle: 0.0 }
        });
        let corner = dragged(
            &ZoneShape::Polygon(vec![(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)]),
            Handle::Corner(1),
            (5.4, 0.6),
            WHOLE,
        );
        assert_eq!(corner, ZoneShape::Polygon(vec![(0.0, 0.0), (5.0, 1.0), (0.0, 4.0)]));
    }

    #[test]
    fn a_new_corner_comes_to_the_nearest_edge() {
        let triangle = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)];
        let ZoneShape::Polygon(corners) = with_corner(&triangle, (5.0, 5.2)) else { panic!("a polygon") };
        assert_eq!(corners, [(0.0, 0.0), (10.0, 0.0), (5.0, 5.2), (0.0, 10.0)]);
    }
}
