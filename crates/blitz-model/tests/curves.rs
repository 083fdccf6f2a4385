//! Curves over steps: computed from the pixels around the zones alone, with the bits of whole frames.

use std::sync::Arc;

use blitz_core::{DType, FrameShape, Placement, Samples, Stack, Zone, ZoneShape};
use blitz_kernels::{ZoneWant, zone_stats};
use blitz_model::evaluate::{Curves, EvalContext, FrameSet, OneFrame, ZoneCurves, evaluate};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{VecStack, noise_frames};
use proptest::prelude::*;

fn recipe(steps: &[&str]) -> Recipe {
    let steps = steps.iter().map(|s| s.parse::<Step>().expect(s)).collect();
    Recipe { steps, ..Recipe::default() }
}

fn curves(stack: &Stack, recipe: &Recipe, zones: &[ZoneShape], median: bool) -> Curves {
    let zone = |shape: &ZoneShape| Zone { name: "A".into(), color: [0; 3], shape: shape.clone() };
    let zones: Arc<[Zone]> = zones.iter().map(zone).collect();
    let question = ZoneCurves { zones, frames: FrameSet::All, median };
    evaluate(stack, recipe, &question, &EvalContext::default()).expect("made")
}

fn rect(x: f64, y: f64, width: f64, height: f64) -> ZoneShape {
    ZoneShape::Rect { x, y, width, height, angle: 0.0 }
}

#[test]
fn parts_have_the_bits_of_whole_frames() {
    for (dtype, channels) in [(DType::U16, 1), (DType::F32, 1), (DType::U8, 3)] {
        let shape = FrameShape::new(41, 37, channels);
        let mut frames = noise_frames(3, dtype, 24, shape);
        if let Samples::F32(values) = &mut frames[5] {
            values[20 * 37 + 15] = f32::NAN;
        }
        let stack = VecStack::new(frames, shape).into_stack("noise");
        for steps in [
            &["subtract mean:0:4"] as &[&str],
            &["flat max:,dark=min:0:9,gain", "limits 0.1:900000"],
            &["smooth gaussian,1.5", "divide median:2:7"],
            &["smooth median,5", "smooth box,3", "subtract window:mean,4,lag=1"],
            &["subtract window:std,5,centred", "smooth box,5"],
            &["smooth-time box,3", "relative mean:3:8", "smooth-time gaussian,1"],
        ] {
            let recipe = recipe(steps);
            for zones in [
                vec![rect(14.0, 18.0, 5.0, 4.0)],
                vec![rect(0.0, 0.0, 3.0, 2.0), rect(2.0, 1.0, 30.0, 4.0)],
                vec![rect(30.0, 38.0, 50.0, 50.0)],
                vec![rect(-9.0, -9.0, 90.0, 90.0)],
            ] {
                let found = curves(&stack, &recipe, &zones, true);
                for (n, &frame) in found.frames.iter().enumerate() {
                    let question = OneFrame { frame };
                    let Ok(picture) = evaluate(&stack, &recipe, &question, &EvalContext::default()) else {
                        assert_eq!(found.zones[0].points[0][n].n, 0, "{steps:?} {frame}");
                        continue;
                    };
                    for (zone, found) in zones.iter().zip(&found.zones) {
                        let mask = zone.rasterize(shape, Placement::whole(37, 41));
                        let want = ZoneWant { median: true };
                        let whole = zone_stats(picture.samples.as_ref(), shape, None, &mask, want);
                        for (channel, whole) in whole.iter().enumerate() {
                            let found = &found.points[channel][n];
                            assert_eq!(
                                format!("{found:?}"),
                                format!("{whole:?}"),
                                "{dtype} {steps:?} {frame}"
                            );
                        }
                    }
                }
            }
        }
    }
}

fn asked(stack: &Stack, zones: &[ZoneShape], cx: &EvalContext) -> Curves {
    let zone = |shape: &ZoneShape| Zone { name: "A".into(), color: [0; 3], shape: shape.clone() };
    let zones: Arc<[Zone]> = zones.iter().map(zone).collect();
    let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
    evaluate(stack, &Recipe::default(), &question, cx).expect("made")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        rng_seed: proptest::test_runner::RngSeed::Fixed(4),
        ..ProptestConfig::default()
    })]
    #[test]
    fn any_sequence_of_drags_is_the_direct_curve(
        dtype in prop_oneof![
            Just(DType::U8), Just(DType::U16), Just(DType::I16), Just(DType::U32), Just(DType::F32)
        ],
        channels in prop_oneof![4 => Just(1_usize), 1 => Just(3)],
        start in (-10.0..60.0_f64, -10.0..50.0_f64, 1.0..40.0_f64, 1.0..40.0_f64),
        drags in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64, -2.0..2.0_f64), 1..10),
        ellipse: bool,
    ) {
        let shape = FrameShape::new(52, 64, channels);
        let mut frames = noise_frames(8, dtype, 7, shape);
        if let Samples::F32(values) = &mut frames[2] {
            values.iter_mut().step_by(5).for_each(|v| *v = f32::NAN);
        }
        let stack = VecStack::new(frames, shape).into_stack("dragged");
        let kept = EvalContext::default();
        let (mut x, mut y, mut width, height) = start;
        for (dx, dy, grown) in drags {
            (x, y, width) = (x + dx, y + dy, (width + grown).max(1.0));
            let zone = if ellipse {
                ZoneShape::Ellipse { x, y, width, height, angle: 0.0 }
            } else {
                rect(x, y, width, height)
            };
            let zones = [zone, rect(3.0, 3.0, 20.0, 30.0)];
            let found = asked(&stack, &zones, &kept);
            if let Some(around) = kept.references.surroundings(stack.id) {
                evaluate(&stack, &Recipe::default(), &around, &kept).expect("gathered");
            }
            let direct = asked(&stack, &zones, &EvalContext::default());
            prop_assert_eq!(format!("{:?}", found.zones), format!("{:?}", direct.zones));
        }
    }
}
