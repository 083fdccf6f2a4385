//! Rasterised zones against the definition: every pixel centre asked by itself.

use blitz_core::{FrameShape, Placement, Rect, ZoneShape};
use blitz_testkit::oracle;
use proptest::prelude::*;

#[track_caller]
fn agrees(shape: &ZoneShape, frame: FrameShape, placement: Placement) {
    let (found, wanted) = (shape.rasterize(frame, placement), oracle::zone_mask(shape, frame, placement));
    assert_eq!(found, wanted, "{shape:?} in {frame:?} at {placement:?}");
}

fn rect(x: f64, y: f64, width: f64, height: f64, angle: f64) -> ZoneShape {
    ZoneShape::Rect { x, y, width, height, angle }
}

fn ellipse(x: f64, y: f64, width: f64, height: f64, angle: f64) -> ZoneShape {
    ZoneShape::Ellipse { x, y, width, height, angle }
}

/// Coordinates on pixel edges and centres, between them, and far outside.
fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-8..80_i32).prop_map(|v| f64::from(v) / 2.0),
        -8.0..40.0_f64,
        prop_oneof![Just(-1e4), Just(1e4), Just(-3e15), Just(1e-300), Just(-0.0)],
    ]
}

fn size() -> impl Strategy<Value = f64> {
    prop_oneof![
        (1..60_i32).prop_map(|v| f64::from(v) / 2.0),
        0.01..40.0_f64,
        prop_oneof![Just(0.0), Just(-3.0), Just(1e-9), Just(2e4), Just(6e15)],
    ]
}

fn angle() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        (-8..8_i32).prop_map(|v| f64::from(v) * 45.0),
        -360.0..360.0_f64,
        Just(1e-13),
        Just(90.0 + 1e-12),
    ]
}

fn shape() -> impl Strategy<Value = ZoneShape> {
    let boxed = || (coordinate(), coordinate(), size(), size(), angle());
    prop_oneof![
        boxed().prop_map(|(x, y, w, h, angle)| rect(x, y, w, h, angle)),
        boxed().prop_map(|(x, y, w, h, angle)| ellipse(x, y, w, h, angle)),
        prop::collection::vec((coordinate(), coordinate()), 0..12).prop_map(ZoneShape::Polygon),
        (0..50_usize, 0..50_usize).prop_map(|(x, y)| ZoneShape::Pixel { x, y }),
    ]
}

fn placement() -> impl Strategy<Value = (FrameShape, Placement)> {
    let scale = || prop_oneof![Just(1.0), Just(2.0), 1.0..7.0_f64];
    (0..40_usize, 0..40_usize, 0..9_usize, 0..9_usize, scale(), scale()).prop_map(
        |(height, width, x, y, scale_x, scale_y)| {
            let crop = Rect::new(x, y, width, height);
            (FrameShape::new(height, width, 1), Placement { crop, scale_x, scale_y })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn spans_are_the_pixels_whose_centres_lie_inside(shape in shape(), (frame, placement) in placement()) {
        agrees(&shape, frame, placement);
    }
}

#[test]
fn edges_through_pixel_centres_stay_half_open_at_any_turn() {
    let (frame, placement) = (FrameShape::new(64, 64, 1), Placement::whole(64, 64));
    for angle in 0..72 {
        let angle = f64::from(angle) * 5.0;
        for (w, h) in [(20.0, 20.0), (21.0, 8.0), (0.5, 60.0), (60.0, 1.0)] {
            agrees(&rect(32.0 - w / 2.0, 31.5 - h / 2.0, w, h, angle), frame, placement);
            agrees(&ellipse(32.0 - w / 2.0, 31.5 - h / 2.0, w, h, angle), frame, placement);
        }
    }
}

#[test]
fn thin_and_large_shapes_agree_on_large_frames() {
    let (frame, placement) = (FrameShape::new(900, 700, 1), Placement::whole(700, 900));
    for angle in [0.0, 0.01, 1.0, 45.0, 89.99, 137.0] {
        for (w, h) in [(1e3, 0.7), (0.02, 3e3), (650.0, 649.0), (5e4, 5e4), (1e9, 1e9), (1e12, 3.0)] {
            for (cx, cy) in [(350.0, 450.0), (350.25, 450.5), (0.0, 899.5), (-2.4e4, 450.0)] {
                agrees(&rect(cx - w / 2.0, cy - h / 2.0, w, h, angle), frame, placement);
                agrees(&ellipse(cx - w / 2.0, cy - h / 2.0, w, h, angle), frame, placement);
            }
        }
    }
}

/// The outermost pixels of a large ellipse that is turned between two points of its drawn outline.
#[test]
fn a_large_turned_ellipse_keeps_its_outermost_rows() {
    let side = 9000;
    let frame = FrameShape::new(side, side, 1);
    let radius = 4400.0;
    let centre = side as f64 / 2.0;
    let shape = ellipse(centre - radius, centre - radius, 2.0 * radius, 2.0 * radius, 2.5);
    let mask = shape.rasterize(frame, Placement::whole(side, side));
    let rows = (mask.spans[0].y, mask.spans[mask.spans.len() - 1].y);
    assert_eq!(rows, (100, 8899), "a disc of 8,800 rows");
    assert_eq!(mask.spans.iter().map(|s| s.start).min(), Some(100));
    assert_eq!(mask.spans.iter().map(|s| s.end).max(), Some(8900));
}

#[test]
fn numbers_that_are_none_do_no_harm() {
    let (frame, placement) = (FrameShape::new(9, 11, 1), Placement::whole(11, 9));
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 3.0];
    for x in odd {
        for w in odd {
            for angle in [0.0, 30.0, f64::NAN] {
                for shape in [rect(x, 3.0, w, 4.0, angle), ellipse(3.0, x, 4.0, w, angle)] {
                    let mask = shape.rasterize(frame, placement);
                    assert!(
                        mask.spans.iter().all(|s| s.y < 9 && s.start < s.end && s.end <= 11),
                        "{shape:?}"
                    );
                }
                let triangle = ZoneShape::Polygon(vec![(x, 1.0), (w, 7.0), (4.0, x)]);
                let mask = triangle.rasterize(frame, placement);
                assert!(mask.spans.iter().all(|s| s.start < s.end && s.end <= 11), "{triangle:?}");
            }
        }
    }
}
