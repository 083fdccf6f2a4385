//! Answers against plain f64 arithmetic, over stores that behave and stores that do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use blitz_core::{DType, FrameRange, FrameShape, Samples, Stack, Store, Zone, ZoneShape};
use blitz_model::evaluate::{
    EvalContext, EvalError, FrameSet, Levels, OneFrame, Picture, PixelHistory, Question, Reduce, Scope,
    ZoneCurves, evaluate,
};
use blitz_model::recipe::Recipe;
use blitz_model::{Geometry, Method, Rotation};
use blitz_testkit::oracle;
use blitz_testkit::{Awkward, AwkwardStore, VecStack, noise_frames, stack_of, strategy};
use proptest::prelude::*;

const METHODS: [Method; 7] = [
    Method::Mean,
    Method::Sum,
    Method::Min,
    Method::Max,
    Method::Std,
    Method::Median,
    Method::Percentile(12.5),
];

fn ask<Q: Question>(stack: &Stack, recipe: &Recipe, question: &Q) -> Result<Q::Answer, EvalError> {
    evaluate(stack, recipe, question, &EvalContext::default())
}

fn reduce(stack: &Stack, methods: &[Method], range: Option<FrameRange>) -> Vec<Picture> {
    let question = Reduce { methods: methods.to_vec(), range, ddof: 0 };
    ask(stack, &Recipe::default(), &question).expect("pictures")
}

fn zone(shape: ZoneShape) -> Zone {
    Zone { name: "A".into(), color: [0; 3], shape }
}

/// A store that is slow, failing and evicting, with all frames there.
fn awkward(frames: &[Samples], shape: FrameShape, failing: &[usize]) -> Stack {
    let how = Awkward {
        failing: failing.iter().copied().collect::<BTreeSet<_>>(),
        existing: frames.len(),
        ready: frames.len(),
        ..Awkward::default()
    };
    let store = AwkwardStore::new(frames.to_vec(), frames[0].dtype(), shape, how);
    store.seal();
    stack_of(Arc::new(store), "awkward")
}

/// Each sample's history over `frames`.
fn histories(frames: &[&Samples]) -> Vec<Vec<f64>> {
    let len = frames.first().map_or(0, |f| f.len());
    (0..len).map(|i| frames.iter().map(|f| f.as_ref().get_f64(i)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reductions_agree_with_the_oracle_on_any_store(
        given in strategy::frames(false),
        failing in prop::collection::btree_set(0..19_usize, 0..3),
        ranged in any::<bool>(),
    ) {
        let count = given.frames.len();
        let range = (ranged && count > 2).then(|| FrameRange::new(1, count));
        let failing: Vec<usize> = failing.into_iter().filter(|&f| f < count).collect();
        let used: Vec<&Samples> = given.frames.iter().enumerate()
            .filter(|(i, _)| !failing.contains(i) && range.is_none_or(|r| *i >= r.start))
            .map(|(_, f)| f)
            .collect();
        prop_assume!(!used.is_empty());
        let stack = awkward(&given.frames, given.shape, &failing);
        let pictures = reduce(&stack, &METHODS, range);
        let histories = histories(&used);
        for (method, picture) in METHODS.iter().zip(&pictures) {
            prop_assert_eq!(picture.coverage.used, used.len());
            let single = picture.dtype() != DType::F64;
            for (i, history) in histories.iter().enumerate() {
                let valid = oracle::valid(history);
                let expected = match method {
                    Method::Mean => oracle::mean(&valid),
                    Method::Sum => oracle::sum(&valid),
                    Method::Min => oracle::min(&valid),
                    Method::Max => oracle::max(&valid),
                    Method::Std => oracle::std(&valid, 0),
                    Method::Median => oracle::percentile(&valid, 50.0),
                    Method::Percentile(q) => oracle::percentile(&valid, *q),
                };
                let channels = given.shape.channels;
                let (pixel, channel) = (i / channels, i % channels);
                let at = picture.values_at(pixel % given.shape.width, pixel / given.shape.width);
                let found = at.expect("inside")[channel];
                let scale = history.iter().filter(|v| !v.is_nan()).fold(1e-30, |m, v| v.abs().max(m));
                let near = (found - expected).abs() <= scale * if single { 1e-6 } else { 1e-12 };
                prop_assert!(near || (found.is_nan() && expected.is_nan()),
                    "{:?} of {:?}: {} found, {} expected", method, history, found, expected);
            }
        }
    }

    #[test]
    fn the_same_bits_from_any_store_and_number_of_threads(given in strategy::frames(false)) {
        let recipe = Recipe::default();
        let zones: Arc<[Zone]> =
            [zone(ZoneShape::Ellipse { x: 0.0, y: 0.0, width: 5.5, height: 3.0, angle: 20.0 })].into();
        let reduce = Reduce { methods: METHODS.to_vec(), range: None, ddof: 1 };
        let curves = ZoneCurves { zones, frames: FrameSet::All, median: true };
        let levels = Levels { scope: Scope::Stack };
        let mut answers = [Vec::new(), Vec::new(), Vec::new()];
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            for stack in [
                VecStack::new(given.frames.clone(), given.shape).into_stack("plain"),
                awkward(&given.frames, given.shape, &[]),
            ] {
                // Coverage and histogram print every bit of every float.
                let [a, b, c] = &mut answers;
                a.push(format!("{:?}", pool.install(|| ask(&stack, &recipe, &reduce)).expect("answered")));
                b.push(format!("{:?}", pool.install(|| ask(&stack, &recipe, &curves)).expect("answered")));
                c.push(format!("{:?}", pool.install(|| ask(&stack, &recipe, &levels)).expect("answered")));
            }
        }
        for given in answers {
            prop_assert!(given.windows(2).all(|w| w[0] == w[1]), "{given:?}");
        }
    }

    #[test]
    fn curves_agree_with_the_oracle(given in strategy::frames(false), x in -2.0..4.0_f64, w in 0.5..9.0_f64) {
        let stack = VecStack::new(given.frames.clone(), given.shape).into_stack("plain");
        let rect = ZoneShape::Rect { x, y: 0.25, width: w, height: 2.0, angle: 0.0 };
        let zones: Arc<[Zone]> = [zone(rect.clone())].into();
        let question = ZoneCurves { zones, frames: FrameSet::All, median: true };
        let curves = ask(&stack, &Recipe::default(), &question).expect("curves");
        let shape = given.shape;
        for (t, frame) in given.frames.iter().enumerate() {
            for channel in 0..shape.channels {
                let mut values = Vec::new();
                for row in 0..shape.height {
                    for column in 0..shape.width {
                        if rect.contains(column as f64 + 0.5, row as f64 + 0.5) {
                            values.push(frame.as_ref().get_f64((row * shape.width + column) * shape.channels + channel));
                        }
                    }
                }
                let valid = oracle::valid(&values);
                let point = curves.zones[0].points[channel][t];
                prop_assert_eq!(point.n as usize, valid.len());
                prop_assert_eq!(point.missing as usize, values.len() - valid.len());
                let scale = valid.iter().fold(1e-30_f64, |m, v| v.abs().max(m));
                for (found, expected) in [
                    (point.mean, oracle::mean(&valid)),
                    (point.median, oracle::percentile(&valid, 50.0)),
                    (point.min, oracle::min(&valid)),
                    (point.max, oracle::max(&valid)),
                    (point.std, oracle::std(&valid, 0)),
                ] {
                    prop_assert!((found - expected).abs() <= 1e-12 * scale || (found.is_nan() && expected.is_nan()),
                        "{} found, {} expected of {:?}", found, expected, valid);
                }
            }
        }
    }
}

#[test]
fn a_growing_store_gives_preliminary_answers_that_say_so() {
    let shape = FrameShape::new(4, 5, 1);
    let frames = noise_frames(1, DType::U16, 10, shape);
    let how = Awkward { existing: 10, ready: 4, failing: [2].into(), ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(frames.clone(), DType::U16, shape, how));
    let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "growing");
    let mean = &reduce(&stack, &[Method::Mean], None)[0];
    assert_eq!((mean.coverage.used, mean.coverage.pending, mean.coverage.failed.len()), (3, 6, 1));
    assert!(!mean.coverage.is_final());
    store.advance(6);
    store.seal();
    let mean = &reduce(&stack, &[Method::Mean], None)[0];
    assert_eq!((mean.coverage.used, mean.coverage.pending, mean.coverage.failed.len()), (9, 0, 1));
}

#[test]
fn every_frame_is_decoded_once_for_several_moments() {
    let shape = FrameShape::new(8, 8, 1);
    let frames = noise_frames(2, DType::U8, 50, shape);
    let how = Awkward { existing: 50, ready: 50, ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(frames, DType::U8, shape, how));
    store.seal();
    let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "counting");
    reduce(&stack, &[Method::Mean, Method::Sum, Method::Min, Method::Max, Method::Std], None);
    assert_eq!(store.decoded(), 50);
}

#[test]
fn a_median_within_a_small_budget_is_the_same() {
    let shape = FrameShape::new(7, 5, 3);
    let frames = noise_frames(3, DType::F32, 9, shape);
    let stack = awkward(&frames, shape, &[4]);
    let question = Reduce::all(Method::Median);
    let answer = |scratch_bytes| {
        let cx = EvalContext { scratch_bytes, ..EvalContext::default() };
        evaluate(&stack, &Recipe::default(), &question, &cx).expect("a picture")[0].samples.clone()
    };
    assert_eq!(answer(1), answer(u64::MAX));
}

#[test]
fn cancelling_stops_with_that_word() {
    let shape = FrameShape::new(2, 2, 1);
    let stack = VecStack::new(noise_frames(4, DType::U8, 3, shape), shape).into_stack("plain");
    let cx = EvalContext::default();
    cx.cancel.cancel();
    let recipe = Recipe::default();
    let reduce = Reduce { methods: METHODS.to_vec(), range: None, ddof: 0 };
    let errors = [
        evaluate(&stack, &recipe, &reduce, &cx).err(),
        evaluate(&stack, &recipe, &PixelHistory { x: 0, y: 0 }, &cx).err(),
        evaluate(&stack, &recipe, &Levels { scope: Scope::Stack }, &cx).err(),
    ];
    for error in errors {
        assert!(matches!(error, Some(EvalError::Cancelled)), "{error:?}");
    }
}

#[test]
fn pictures_turn_clockwise_and_counts_turn_with_them() {
    let shape = FrameShape::new(2, 3, 1);
    let nan = f32::NAN;
    let frames = vec![
        Samples::from(vec![1.0_f32, 2.0, 3.0, 4.0, nan, 6.0]),
        Samples::from(vec![1.0_f32, 2.0, nan, 4.0, nan, 6.0]),
    ];
    let stack = VecStack::new(frames, shape).into_stack("turned");
    let recipe =
        Recipe { geometry: Geometry { rotate: Rotation::Cw, ..Geometry::default() }, ..Recipe::default() };
    let pictures = ask(&stack, &recipe, &Reduce::all(Method::Mean)).expect("pictures");
    let mean = &pictures[0];
    assert_eq!((mean.shape.width, mean.shape.height), (2, 3));
    assert_eq!(mean.values_at(1, 0), Some(vec![1.0]), "upper left goes to the upper right");
    assert_eq!(mean.values_at(0, 0), Some(vec![4.0]));
    assert!(mean.values_at(0, 1).expect("inside")[0].is_nan(), "the missing value turned with them");
    assert_eq!(mean.missing(), 1);
}

#[test]
fn sums_of_integers_are_integers() {
    let shape = FrameShape::new(1, 1, 1);
    let frames = vec![Samples::from(vec![u32::MAX]); 3];
    let stack = VecStack::new(frames, shape).into_stack("sum");
    let sum = &reduce(&stack, &[Method::Sum], None)[0];
    assert_eq!(sum.exact_sums, Some(blitz_model::evaluate::ExactSums::U64(vec![3 * u64::from(u32::MAX)])));
}

#[test]
fn nothing_readable_is_an_error_with_the_reason() {
    let shape = FrameShape::new(2, 2, 1);
    let stack = awkward(&noise_frames(5, DType::U8, 2, shape), shape, &[0, 1]);
    for method in [Method::Mean, Method::Median] {
        let error = ask(&stack, &Recipe::default(), &Reduce::all(method)).expect_err("no frame");
        assert!(error.to_string().contains("none of the 2 frames"), "{error}");
    }
    assert!(ask(&stack, &Recipe::default(), &OneFrame { frame: 1 }).is_err());
    assert!(ask(&stack, &Recipe::default(), &OneFrame { frame: 7 }).is_err());
}
