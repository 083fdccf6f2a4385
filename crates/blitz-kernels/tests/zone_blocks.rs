//! Zones from what was gathered around them: the bits of direct statistics.

use blitz_core::{DType, FrameShape, Rect, Samples, ZoneMask, zone::Span};
use blitz_kernels::{ZoneBlocks, ZoneWant, zone_stats};
use blitz_testkit::strategy;
use proptest::prelude::*;

fn mask(zone: Rect) -> ZoneMask {
    let rows = zone.y..zone.y + zone.height;
    let spans = rows.map(|y| Span { y, start: zone.x, end: zone.x + zone.width }).collect();
    ZoneMask { spans, pixels: zone.pixels() }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]
    #[test]
    fn any_drag_has_the_bits_of_the_direct_way(
        dtype in prop_oneof![Just(DType::U8), Just(DType::U16), Just(DType::I16)],
        (width, height) in (1..70_usize, 1..90_usize),
        region in (0.0..0.5_f64, 0.0..0.5_f64, 0.4..1.0_f64, 0.4..1.0_f64),
        drags in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 1..12),
        seed: u64,
    ) {
        let shape = FrameShape::new(height, width, 1);
        let frame: Samples = strategy::samples(dtype, shape.samples(), seed, false);
        let part = |from: f64, share: f64, of: usize| {
            let start = (from * of as f64) as usize;
            (start, ((share * (of - start) as f64) as usize).clamp(1, of - start))
        };
        let (x, w) = part(region.0, region.2, width);
        let (y, h) = part(region.1, region.3, height);
        let region = Rect::new(x, y, w, h);
        let blocks = ZoneBlocks::new(frame.as_ref(), shape, region).expect("integers");
        for drag in drags {
            let (zx, zw) = part(drag.0, drag.2, w);
            let (zy, zh) = part(drag.1, drag.3, h);
            let zone = Rect::new(x + zx, y + zy, zw, zh);
            let found = blocks.stats(frame.as_ref(), shape, zone);
            let direct = zone_stats(frame.as_ref(), shape, None, &mask(zone), ZoneWant::default());
            prop_assert_eq!(format!("{found:?}"), format!("{:?}", direct[0]), "{} in {}", zone, region);
        }
    }
}

#[test]
fn sums_of_full_columns_do_not_wrap() {
    let shape = FrameShape::new(1 << 15, 2, 1);
    for frame in
        [Samples::U16(vec![u16::MAX; shape.samples()]), Samples::I16(vec![i16::MIN; shape.samples()])]
    {
        let region = Rect::new(0, 0, 2, 1 << 15);
        let blocks = ZoneBlocks::new(frame.as_ref(), shape, region).expect("integers");
        let found = blocks.stats(frame.as_ref(), shape, region);
        let direct = zone_stats(frame.as_ref(), shape, None, &mask(region), ZoneWant::default());
        assert_eq!(format!("{found:?}"), format!("{:?}", direct[0]));
    }
}

#[test]
fn other_types_and_colour_are_not_gathered() {
    let region = Rect::new(0, 0, 10, 32);
    assert_eq!(ZoneBlocks::bytes(DType::F32, 1, region), None);
    assert_eq!(ZoneBlocks::bytes(DType::U16, 3, region), None);
    assert_eq!(ZoneBlocks::bytes(DType::U16, 1, region), Some(11 * 3 * 16 + 10 * 2 * 4));
}
