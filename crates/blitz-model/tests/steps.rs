//! Steps against plain f64 arithmetic on whole stacks.

use std::collections::BTreeSet;
use std::sync::Arc;

use blitz_core::{DType, FrameRange, FrameShape, Samples, Stack, Zone, ZoneShape};
use blitz_io::{Overwrite, create_writer};
use blitz_model::Method;
use blitz_model::evaluate::{
    EvalContext, EvalError, FrameSet, Levels, OneFrame, Picture, Reduce, Scope, ZoneCurves, evaluate,
};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{Awkward, AwkwardStore, VecStack, noise_frames, oracle, stack_of};

const SHAPE: FrameShape = FrameShape::new(5, 7, 1);

fn recipe(steps: &[&str]) -> Recipe {
    let steps = steps.iter().map(|s| s.parse::<Step>().expect(s)).collect();
    Recipe { steps, ..Recipe::default() }
}

/// Positive values below 4096, 12 frames.
fn frames(dtype: DType) -> Vec<Samples> {
    noise_frames(11, DType::U16, 12, SHAPE)
        .into_iter()
        .map(|f| {
            let values: Vec<u16> =
                blitz_core::typed::<u16>(f.as_ref()).iter().map(|v| (v >> 4) + 1).collect();
            match dtype {
                DType::U16 => Samples::from(values),
                DType::U8 => Samples::from(values.iter().map(|v| (v >> 5) as u8 + 1).collect::<Vec<_>>()),
                DType::F64 => Samples::from(values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()),
                _ => Samples::from(values.iter().map(|&v| f32::from(v)).collect::<Vec<_>>()),
            }
        })
        .collect()
}

fn stack(dtype: DType) -> Stack {
    VecStack::new(frames(dtype), SHAPE).into_stack("plain")
}

fn values(dtype: DType) -> Vec<Vec<f64>> {
    frames(dtype).iter().map(|f| f.as_ref().to_f64_vec()).collect()
}

fn frame(stack: &Stack, recipe: &Recipe, frame: usize) -> Result<Picture, EvalError> {
    evaluate(stack, recipe, &OneFrame { frame }, &EvalContext::default())
}

fn close(found: &Picture, expected: &[f64], tolerance: f64) {
    let found = found.samples.as_ref().to_f64_vec();
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let near = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(near || (a.is_nan() && b.is_nan()), "sample {i}: {a} found, {b} expected");
    }
}

fn mean_of(frames: &[Vec<f64>]) -> Vec<f64> {
    (0..frames[0].len()).map(|i| oracle::mean(&frames.iter().map(|f| f[i]).collect::<Vec<_>>())).collect()
}

fn map2(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

#[test]
fn arithmetic_is_what_it_says_for_every_working_type() {
    for dtype in [DType::U8, DType::U16, DType::F32, DType::F64] {
        let (stack, all) = (stack(dtype), values(dtype));
        let tolerance = if dtype == DType::F64 { 1e-12 } else { 1e-5 };
        let early = mean_of(&all[..4]);
        let check = |steps: &[&str], expected: Vec<f64>| {
            let picture = frame(&stack, &recipe(steps), 7).expect("made");
            assert_eq!(picture.dtype(), dtype.result());
            close(&picture, &expected, tolerance);
        };
        check(&["subtract mean:0:4"], map2(&all[7], &early, |v, r| v - r));
        check(&["subtract mean:0:4,amount=0.25"], map2(&all[7], &early, |v, r| v - 0.25 * r));
        check(&["divide mean:0:4,amount=0.5"], map2(&all[7], &early, |v, r| v / (0.5 * r + 0.5)));
        check(&["relative mean:0:4"], map2(&all[7], &early, |v, r| (v - r) / r));
        let scale = oracle::mean(&early);
        check(&["divide mean:0:4,normalised"], map2(&all[7], &early, |v, r| v / (r / scale)));
        check(&["off subtract mean:0:4", "limits 1:"], all[7].clone());
        // A reference is evaluated on the step's own input: mean of (v − early) over 4..8.
        let shifted: Vec<Vec<f64>> = all.iter().map(|f| map2(f, &early, |v, r| v - r)).collect();
        let later = mean_of(&shifted[4..8]);
        check(&["subtract mean:0:4", "subtract mean:4:8"], map2(&shifted[7], &later, |v, r| v - r));
    }
}

#[test]
fn windows_lie_beside_the_frame_and_frames_without_one_are_missing() {
    let (stack, all) = (stack(DType::U16), values(DType::U16));
    for (text, window) in [
        ("window:mean,3", 4..7),
        ("window:mean,3,lag=2", 2..5),
        ("window:mean,3,forward", 8..11),
        ("window:mean,3,centred", 6..9),
    ] {
        let reference = mean_of(&all[window]);
        let step = format!("subtract {text}");
        let picture = frame(&stack, &recipe(&[&step]), 7).expect("made");
        close(&picture, &map2(&all[7], &reference, |v, r| v - r), 1e-5);
    }
    let error = frame(&stack, &recipe(&["subtract window:mean,3"]), 2).expect_err("no whole window");
    assert!(error.to_string().contains("no whole window of 3 frames before it"), "{error}");
    let mean = Reduce::all(Method::Mean);
    let pictures = evaluate(&stack, &recipe(&["subtract window:mean,3"]), &mean, &EvalContext::default());
    let pictures = pictures.expect("pictures");
    let coverage = &pictures[0].coverage;
    assert_eq!((coverage.used, coverage.no_window, coverage.failed.len()), (9, 3, 0));
}

#[test]
fn every_question_gives_what_the_frames_give() {
    let steps = [
        vec!["subtract mean:0:4", "divide mean:4:8,smallest=0.5"],
        vec!["subtract window:mean,3,lag=1", "relative mean:5:9"],
        vec!["smooth box,3", "smooth-time gaussian,1"],
        vec!["smooth-time median,3", "subtract window:max,2,forward", "limits -2000:2000"],
    ];
    for steps in steps {
        let recipe = recipe(&steps);
        for stack in [stack(DType::U16), awkward(&[])] {
            let made: Vec<Option<Vec<f64>>> = (0..12)
                .map(|f| frame(&stack, &recipe, f).ok().map(|p| p.samples.as_ref().to_f64_vec()))
                .collect();
            let there: Vec<&Vec<f64>> = made.iter().flatten().collect();
            let question =
                Reduce { methods: vec![Method::Mean, Method::Max, Method::Median], range: None, ddof: 0 };
            let answer = evaluate(&stack, &recipe, &question, &EvalContext::default());
            let pictures = answer.unwrap_or_else(|error| panic!("{steps:?}: {error}"));
            let over = |f: fn(&[f64]) -> f64| -> Vec<f64> {
                (0..there[0].len())
                    .map(|i| f(&oracle::valid(&there.iter().map(|v| v[i]).collect::<Vec<_>>())))
                    .collect()
            };
            close(&pictures[0], &over(oracle::mean), 1e-4);
            close(&pictures[1], &over(oracle::max), 0.0);
            close(&pictures[2], &over(|v| oracle::percentile(v, 50.0)), 1e-6);

            let shape = ZoneShape::Rect { x: 1.0, y: 1.0, width: 3.0, height: 2.0, angle: 0.0 };
            let zones: Arc<[Zone]> = [Zone { name: "A".into(), color: [0; 3], shape }].into();
            let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
            let answer = evaluate(&stack, &recipe, &question, &EvalContext::default());
            let curves = answer.unwrap_or_else(|error| panic!("{steps:?}: {error}"));
            for (point, frame) in curves.zones[0].points[0].iter().zip(&made) {
                match frame {
                    None => assert_eq!(point.n, 0),
                    Some(values) => {
                        let inside: Vec<f64> = [8, 9, 10, 15, 16, 17]
                            .iter()
                            .map(|&i| values[i])
                            .filter(|v| !v.is_nan())
                            .collect();
                        assert_eq!(point.n as usize, inside.len());
                        let mean = oracle::mean(&inside);
                        assert!((point.mean - mean).abs() < 1e-3 || (point.mean.is_nan() && mean.is_nan()));
                    }
                }
            }
            let all = Levels { scope: Scope::Stack };
            let levels = evaluate(&stack, &recipe, &all, &EvalContext::default()).expect("levels");
            let all: Vec<f64> = there.iter().flat_map(|v| oracle::finite(v)).collect();
            assert_eq!(levels.histogram.n() as usize, all.len());
            assert_eq!(levels.levels(0.0).1, oracle::max(&all));
        }
    }
}

fn awkward(failing: &[usize]) -> Stack {
    let how = Awkward {
        failing: failing.iter().copied().collect::<BTreeSet<_>>(),
        existing: 12,
        ready: 12,
        ..Awkward::default()
    };
    let store = AwkwardStore::new(frames(DType::U16), DType::U16, SHAPE, how);
    store.seal();
    stack_of(Arc::new(store), "awkward")
}

/// Joins values with their distances.
type Join = fn(&[(f64, usize)]) -> f64;

/// The frames that exist around frame `n` with their distances; those that fail do not.
fn around(n: usize, radius: usize, failing: &[usize]) -> Vec<(usize, usize)> {
    let frames = n.saturating_sub(radius)..(n + radius + 1).min(12);
    frames.filter(|f| !failing.contains(f)).map(|f| (f, f.abs_diff(n))).collect()
}

#[test]
fn smoothing_over_time_joins_the_frames_that_exist() {
    for failing in [&[] as &[usize], &[0], &[3, 4], &[11]] {
        let (stack, all) = (awkward(failing), values(DType::U16));
        let plain: [(&str, usize, Join); 4] = [
            ("box,5", 2, |v| oracle::mean(&v.iter().map(|v| v.0).collect::<Vec<_>>())),
            ("median,5", 2, |v| oracle::percentile(&v.iter().map(|v| v.0).collect::<Vec<_>>(), 50.0)),
            ("box,11", 5, |v| oracle::mean(&v.iter().map(|v| v.0).collect::<Vec<_>>())),
            ("gaussian,1", 4, |v| {
                let weight = |d: usize| (-0.5 * (d * d) as f64).exp();
                let total: f64 = v.iter().map(|v| weight(v.1)).sum();
                v.iter().map(|v| weight(v.1) * v.0).sum::<f64>() / total
            }),
        ];
        for (filter, radius, join) in plain {
            let recipe = recipe(&[&format!("smooth-time {filter}")]);
            let expected: Vec<Vec<f64>> = (0..12)
                .map(|n| {
                    let there = around(n, radius, failing);
                    let of = |i: usize| there.iter().map(|&(f, d)| (all[f][i], d)).collect::<Vec<_>>();
                    (0..SHAPE.samples()).map(|i| join(&of(i))).collect()
                })
                .collect();
            for (n, expected) in expected.iter().enumerate() {
                close(&frame(&stack, &recipe, n).expect(filter), expected, 1e-5);
            }
            // Walked along: the same frames, all of them, and the failed ones named.
            let reduced = evaluate(&stack, &recipe, &Reduce::all(Method::Max), &EvalContext::default());
            let reduced = &reduced.expect("reduced")[0];
            let highest = |i: usize| expected.iter().map(|f| f[i]).fold(f64::MIN, f64::max);
            close(reduced, &(0..SHAPE.samples()).map(highest).collect::<Vec<_>>(), 1e-5);
            let coverage = &reduced.coverage;
            assert_eq!((coverage.used, coverage.no_window), (12, 0), "{filter} {failing:?}");
            assert_eq!(coverage.failed.iter().map(|f| f.frame).collect::<Vec<_>>(), failing, "{filter}");
        }
    }
}

#[test]
fn failed_frames_are_named_whatever_steps_make_of_them() {
    let named = |coverage: &blitz_model::evaluate::Coverage| -> Vec<usize> {
        coverage.failed.iter().map(|fault| fault.frame).collect()
    };
    let cx = EvalContext::default();
    for steps in [
        &["smooth-time gaussian,1"] as &[&str],
        &["smooth-time box,3"],
        &["smooth-time median,5", "smooth-time box,3"],
        &["smooth-time gaussian,1", "smooth box,3", "subtract window:mean,2"],
        &["smooth-time box,7", "relative mean:"],
    ] {
        let (stack, recipe) = (awkward(&[2, 8]), recipe(steps));
        for reduce in [Method::Mean, Method::Median] {
            let pictures = evaluate(&stack, &recipe, &Reduce::all(reduce), &cx).expect("reduced");
            assert_eq!(named(&pictures[0].coverage), [2, 8], "{steps:?} {reduce:?}");
        }
        let shape = ZoneShape::Pixel { x: 1, y: 1 };
        let zones: Arc<[Zone]> = [Zone { name: "A".into(), color: [0; 3], shape }].into();
        let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
        let curves = evaluate(&stack, &recipe, &question, &cx).expect("curves");
        assert_eq!(named(&curves.coverage), [2, 8], "{steps:?}");
        let levels = evaluate(&stack, &recipe, &Levels { scope: Scope::Stack }, &cx).expect("levels");
        assert_eq!(named(&levels.coverage), [2, 8], "{steps:?}");
        let one = frame(&stack, &recipe, 8).expect("made of others");
        assert!(named(&one.coverage).contains(&8), "{steps:?}");
    }
    // Frames that a reference rests on count, also where the question is about others.
    let range = Some("6:8".parse::<FrameRange>().expect("a range"));
    let question = Reduce { methods: vec![Method::Mean], range, ddof: 0 };
    let pictures =
        evaluate(&awkward(&[2, 9]), &recipe(&["subtract mean:0:4"]), &question, &cx).expect("made");
    assert_eq!(named(&pictures[0].coverage), [2]);
    // A frame that no window of the question looks at does not.
    let pictures = evaluate(&awkward(&[2]), &recipe(&["smooth-time box,3"]), &question, &cx).expect("made");
    assert!(named(&pictures[0].coverage).is_empty());
}

#[test]
fn what_has_no_value_stays_without_one_through_all_windows() {
    // No frame has a whole window of ten around it but two; a window of one frame makes nothing of nothing.
    let steps = ["subtract window:mean,11,centred", "smooth-time box,1", "smooth-time gaussian,0.1"];
    let (stack, cx) = (awkward(&[]), EvalContext::default());
    let pictures = evaluate(&stack, &recipe(&steps), &Reduce::all(Method::Mean), &cx).expect("two frames");
    let coverage = &pictures[0].coverage;
    assert_eq!((coverage.used, coverage.no_window, coverage.failed.len()), (2, 10, 0));
    // Windows of which every frame failed.
    let all: Vec<usize> = (0..6).collect();
    let pictures = evaluate(&awkward(&all), &recipe(&["smooth-time box,3"]), &Reduce::all(Method::Mean), &cx);
    let coverage = &pictures.expect("half")[0].coverage;
    assert_eq!((coverage.used, coverage.no_window, coverage.failed.len()), (7, 5, 6));
    let every: Vec<usize> = (0..12).collect();
    let error = evaluate(&awkward(&every), &recipe(&["smooth-time box,3"]), &Reduce::all(Method::Mean), &cx);
    let error = error.expect_err("nothing is there").to_string();
    assert!(error.contains("none of the 12 frames"), "{error}");
}

#[test]
fn an_amount_of_nothing_changes_nothing() {
    let (stack, all) = (awkward(&[]), values(DType::U16));
    for step in [
        "subtract window:mean,5,amount=0",
        "divide window:mean,5,lag=3,amount=0",
        "divide mean:0:4,normalised,smallest=5,amount=0",
        "subtract file:nowhere.npy,amount=0",
    ] {
        for n in [0, 7, 11] {
            close(&frame(&stack, &recipe(&[step]), n).expect(step), &all[n], 0.0);
        }
    }
}

#[test]
fn failed_frames_are_left_out_of_references_and_windows() {
    let (stack, all) = (awkward(&[1, 5]), values(DType::U16));
    let reference = mean_of(&[all[0].clone(), all[2].clone(), all[3].clone()]);
    let picture = frame(&stack, &recipe(&["subtract mean:0:4"]), 7).expect("made");
    close(&picture, &map2(&all[7], &reference, |v, r| v - r), 1e-5);
    let window = mean_of(&[all[4].clone(), all[6].clone()]);
    let picture = frame(&stack, &recipe(&["subtract window:mean,3"]), 7).expect("made");
    close(&picture, &map2(&all[7], &window, |v, r| v - r), 1e-5);
}

#[test]
fn files_zones_and_masks() {
    let dir = tempfile::tempdir().expect("folder");
    let write = |name: &str, samples: Samples, shape: FrameShape| {
        let path = dir.path().join(name);
        let mut writer =
            create_writer(&path, samples.dtype(), shape, Some(1), Overwrite::Refuse).expect("created");
        writer.write_frame(samples.as_ref()).expect("written");
        writer.finish().expect("finished");
        path.display().to_string()
    };
    let (stack, all) = (stack(DType::U16), values(DType::U16));
    let flat: Vec<f32> = (0..35).map(|i| 100.0 + i as f32).collect();
    let dark: Vec<f32> = vec![3.0; 35];
    let (flat_file, dark_file) = (
        write("flat.npy", Samples::from(flat.clone()), SHAPE),
        write("dark.npy", Samples::from(dark), SHAPE),
    );
    let step = format!("flat {flat_file},dark={dark_file},gain");
    let gain = oracle::mean(&flat.iter().map(|v| f64::from(*v) - 3.0).collect::<Vec<_>>());
    let expected: Vec<f64> =
        all[3].iter().zip(&flat).map(|(v, f)| (v - 3.0) / (f64::from(*f) - 3.0) * gain).collect();
    close(&frame(&stack, &recipe(&[&step]), 3).expect("made"), &expected, 1e-5);

    let keep: Vec<u8> = (0..35).map(|i| u8::from(i % 3 != 0) * 255).collect();
    let mask_file = write("mask.png", Samples::from(keep), SHAPE);
    let picture = frame(&stack, &recipe(&[&format!("mask {mask_file}")]), 0).expect("made");
    let expected: Vec<f64> =
        all[0].iter().enumerate().map(|(i, v)| if i % 3 != 0 { *v } else { f64::NAN }).collect();
    close(&picture, &expected, 0.0);

    let shape = ZoneShape::Rect { x: 0.0, y: 0.0, width: 7.0, height: 2.0, angle: 0.0 };
    let mut zoned = recipe(&["zone top"]);
    zoned.zones = vec![Zone { name: "top".into(), color: [0; 3], shape }];
    let picture = frame(&stack, &zoned, 0).expect("made");
    assert_eq!(picture.missing(), 21);

    let wrong = write("wrong.npy", Samples::from(vec![1.0_f32; 6]), FrameShape::new(2, 3, 1));
    let error =
        frame(&stack, &recipe(&["limits 0:9999", &format!("divide file:{wrong}")]), 0).expect_err("size");
    let text = error.to_string();
    assert!(text.contains("step 2") && text.contains("3 × 2") && text.contains("7 × 5"), "{text}");
    let error = frame(&stack, &recipe(&["zone nowhere"]), 0).expect_err("no zone").to_string();
    assert!(error.contains("step 1") && error.contains("no zone of that name"), "{error}");
}

#[test]
fn divisions_by_nothing_are_missing_or_filled_never_zero() {
    let zero = Samples::from(vec![0_u16; 35]);
    let one = Samples::from(vec![5_u16; 35]);
    let stack = VecStack::new(vec![zero, one], SHAPE).into_stack("zero");
    let picture = frame(&stack, &recipe(&["divide mean:0:1"]), 1).expect("made");
    assert_eq!(picture.missing(), 35);
    let picture = frame(&stack, &recipe(&["divide mean:0:1,fill=1"]), 1).expect("made");
    close(&picture, &[1.0; 35], 0.0);
}

#[test]
fn moving_an_amount_computes_no_reference_anew() {
    let how = Awkward { existing: 12, ready: 12, ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(frames(DType::U16), DType::U16, SHAPE, how));
    store.seal();
    let stack = stack_of(Arc::clone(&store) as Arc<dyn blitz_core::Store>, "counting");
    let cx = EvalContext::default();
    let ask = |amount: f64| {
        let recipe = recipe(&[&format!("subtract mean:0:10,amount={amount}")]);
        let before = store.decoded();
        evaluate(&stack, &recipe, &OneFrame { frame: 11 }, &cx).expect("made");
        store.decoded() - before
    };
    assert!(ask(1.0) >= 10);
    assert!(ask(0.5) <= 1, "one frame at most");
}

#[test]
fn ranges_refer_to_the_cropped_timeline() {
    let (stack, all) = (stack(DType::U16), values(DType::U16));
    let mut recipe = recipe(&["subtract mean:0:8"]);
    recipe.frames = Some(FrameRange::new(4, 12));
    let reference = mean_of(&all[4..8]);
    close(&frame(&stack, &recipe, 9).expect("made"), &map2(&all[9], &reference, |v, r| v - r), 1e-5);
}

/// Medians that go over bands of rows compute the steps for each band with what they look at around it.
#[test]
fn medians_in_bands_equal_those_of_whole_frames() {
    let shape = FrameShape::new(23, 6, 2);
    let samples = noise_frames(5, DType::U16, 14, shape);
    let stack = VecStack::new(samples, shape).into_stack("banded");
    let question = Reduce {
        methods: vec![Method::Median, Method::Percentile(90.0)],
        range: Some(FrameRange::new(2, 14)),
        ddof: 0,
    };
    for steps in [
        &["subtract mean:0:5"][..],
        &["divide mean:0:5", "smooth box,5", "smooth gaussian,1"],
        &["smooth median,3", "subtract window:mean,2"],
        &["subtract window:median,3,lag=1", "smooth box,3", "smooth-time gaussian,1"],
        &["divide window:mean,2,normalised", "smooth box,3"],
    ] {
        let answer = |scratch_bytes| {
            let cx = EvalContext { scratch_bytes, ..EvalContext::default() };
            evaluate(&stack, &recipe(steps), &question, &cx).expect("answered")
        };
        let whole = answer(1 << 30);
        // Bands of one row, of three rows, of a few with a smaller last one.
        for scratch in [1, 2000, 5000] {
            for (banded, whole) in answer(scratch).iter().zip(&whole) {
                let (banded_values, values) = (banded.samples.as_ref(), whole.samples.as_ref());
                assert_eq!(banded_values.bytes(), values.bytes(), "{steps:?}, scratch {scratch}");
                assert_eq!((&banded.counts, &banded.coverage), (&whole.counts, &whole.coverage));
            }
        }
    }
}
