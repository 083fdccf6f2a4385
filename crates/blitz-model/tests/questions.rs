//! Questions about lines and distributions, against plain ones of the samples.

use std::collections::BTreeSet;
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples, Stack, Zone, ZoneShape};
use blitz_model::evaluate::{EvalContext, FrameSet, Kymograph, ZonePercentiles, evaluate};
use blitz_model::recipe::Recipe;
use blitz_testkit::{Awkward, AwkwardStore, noise_frames, oracle, stack_of};

const SHAPE: FrameShape = FrameShape::new(9, 11, 2);

fn stack(dtype: DType) -> (Stack, Vec<Vec<f64>>) {
    let mut frames = noise_frames(7, dtype, 6, SHAPE);
    if let Samples::F32(values) = &mut frames[1] {
        values.iter_mut().step_by(3).for_each(|v| *v = f32::NAN);
    }
    let values = frames.iter().map(|f| f.as_ref().to_f64_vec()).collect();
    let how = Awkward { failing: BTreeSet::from([4]), ready: 6, ..Awkward::default() };
    let store = AwkwardStore::new(frames, dtype, SHAPE, how);
    store.seal();
    (stack_of(Arc::new(store), "awkward"), values)
}

#[test]
fn percentiles_of_zones_are_those_of_their_pixels() {
    for dtype in [DType::U8, DType::I16, DType::U32, DType::F32] {
        let (stack, values) = stack(dtype);
        let shapes = [
            ZoneShape::Rect { x: 2.0, y: 1.0, width: 5.0, height: 4.0, angle: 0.0 },
            ZoneShape::Ellipse { x: -2.0, y: 0.5, width: 9.0, height: 7.0, angle: 30.0 },
            ZoneShape::Pixel { x: 40, y: 2 },
        ];
        let zone = |shape: &ZoneShape| Zone { name: "A".into(), color: [0; 3], shape: shape.clone() };
        let zones: Arc<[Zone]> = shapes.iter().map(zone).collect();
        let percentiles = vec![0.0, 12.5, 50.0, 99.0, 100.0];
        let question = ZonePercentiles { zones, frames: FrameSet::All, percentiles: percentiles.clone() };
        let found = evaluate(&stack, &Recipe::default(), &question, &EvalContext::default()).expect("made");
        assert_eq!((found.coverage.used, found.coverage.failed.len()), (5, 1));
        for (zone, shape) in shapes.iter().enumerate() {
            for channel in 0..SHAPE.channels {
                for (p, percentile) in percentiles.iter().enumerate() {
                    for (frame, all) in values.iter().enumerate() {
                        let inside = (0..SHAPE.pixels()).filter(|i| {
                            let (x, y) = ((i % SHAPE.width) as f64 + 0.5, (i / SHAPE.width) as f64 + 0.5);
                            shape.contains(x, y)
                        });
                        let inside: Vec<f64> = inside.map(|i| all[i * SHAPE.channels + channel]).collect();
                        let expected = oracle::percentile(&oracle::valid(&inside), *percentile);
                        let value = found.values[zone][channel][p][frame];
                        let same = (value - expected).abs() <= 1e-9 * expected.abs();
                        let none = value.is_nan() && (expected.is_nan() || frame == 4);
                        assert!(
                            same && frame != 4 || none,
                            "{dtype} {zone} {percentile} {frame}: {value} {expected}"
                        );
                    }
                }
            }
        }
    }
    let (stack, _) = stack(DType::U8);
    let wrong = ZonePercentiles { zones: Arc::default(), frames: FrameSet::All, percentiles: vec![101.0] };
    let error = evaluate(&stack, &Recipe::default(), &wrong, &EvalContext::default()).expect_err("refused");
    assert!(error.to_string().contains("101"), "{error}");
}

#[test]
fn a_kymograph_shows_the_pixels_of_its_line() {
    for dtype in [DType::U8, DType::F32] {
        let (stack, values) = stack(dtype);
        for (from, to) in [((1.0, 2.5), (8.2, 6.9)), ((-3.0, 4.0), (20.0, 4.0)), ((5.5, 5.5), (5.5, 5.5))] {
            let line = Kymograph { from, to };
            let found = evaluate(&stack, &Recipe::default(), &line, &EvalContext::default()).expect("made");
            let length = f64::hypot(to.0 - from.0, to.1 - from.1);
            let places = length.ceil() as usize + 1;
            assert_eq!((found.picture.shape.width, found.picture.shape.height), (places, 6));
            for (frame, samples) in values.iter().enumerate() {
                for place in 0..places {
                    let share = if places > 1 { place as f64 / (places - 1) as f64 } else { 0.0 };
                    let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                    let (x, y) = (x.floor(), y.floor());
                    let inside = x >= 0.0 && y >= 0.0 && x < SHAPE.width as f64 && y < SHAPE.height as f64;
                    let shown = found.picture.values_at(place, frame).expect("inside");
                    for (channel, value) in shown.into_iter().enumerate() {
                        if !inside || frame == 4 {
                            assert!(value.is_nan(), "missing");
                            continue;
                        }
                        let at = (y as usize * SHAPE.width + x as usize) * SHAPE.channels + channel;
                        assert_eq!(value.to_bits(), samples[at].to_bits(), "{dtype} {frame} {place}");
                    }
                }
            }
        }
    }
}
