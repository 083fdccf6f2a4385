//! Long windows: the same numbers by every path, and few frames read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blitz_core::{
    Access, DType, Extent, FrameGuard, FramePoll, FrameShape, FrameState, Layout, ReadError, Samples, Stack,
    Store, Zone, ZoneShape,
};
use blitz_model::evaluate::{EvalContext, FrameSet, OneFrame, Picture, WindowsAhead, ZoneCurves, evaluate};
use blitz_model::export::{ExportRequest, export};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{noise_frames, oracle, stack_of};

const SHAPE: FrameShape = FrameShape::new(3, 5, 1);
const FRAMES: usize = 300;
const LEN: usize = 100;

fn gather_around(stack: &Stack, recipe: &Recipe, frame: usize, cx: &EvalContext) {
    let ahead = WindowsAhead::around(stack, recipe, frame).expect("a window over time");
    evaluate(stack, recipe, &ahead, cx).expect("gathered");
}

fn recipe(step: &str) -> Recipe {
    Recipe { steps: vec![step.parse::<Step>().expect(step)], ..Recipe::default() }
}

fn frame(stack: &Stack, recipe: &Recipe, frame: usize, cx: &EvalContext) -> Picture {
    evaluate(stack, recipe, &OneFrame { frame }, cx).expect("made")
}

/// A store that counts its pins and says how costly they are.
#[derive(Debug)]
struct Counted {
    frames: Vec<Result<Samples, usize>>,
    dtype: DType,
    access: Access,
    pins: AtomicUsize,
}

impl Store for Counted {
    fn layout(&self) -> Layout {
        Layout { frame: SHAPE, dtype: self.dtype }
    }
    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.frames.len(), sealed: true }
    }
    fn generation(&self) -> u64 {
        0
    }
    fn state(&self, _frame: usize) -> FrameState {
        FrameState::Ready
    }
    fn access(&self) -> Access {
        self.access
    }
    fn poll(&self, _frame: usize) -> FramePoll {
        FramePoll::Pending
    }
    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        self.pins.fetch_add(1, Ordering::SeqCst);
        match &self.frames[frame] {
            Ok(samples) => Ok(FrameGuard::from_samples(samples.clone(), SHAPE)),
            Err(frame) => Err(ReadError::Failed(blitz_core::FrameFault {
                file: None,
                frame: *frame,
                reason: "broken".into(),
            })),
        }
    }
    fn memory_bytes(&self) -> u64 {
        0
    }
}

fn stack(dtype: DType, access: Access) -> (Stack, Arc<Counted>) {
    stack_of_frames(dtype, access, FRAMES)
}

/// Frames 70 and 71 fail; floats have missing samples.
fn stack_of_frames(dtype: DType, access: Access, frames: usize) -> (Stack, Arc<Counted>) {
    let frames = noise_frames(9, dtype, frames, SHAPE)
        .into_iter()
        .enumerate()
        .map(|(i, samples)| {
            let samples = match samples {
                Samples::F32(mut values) => {
                    values[i % 7] = f32::NAN;
                    Samples::F32(values)
                }
                other => other,
            };
            if i == 70 || i == 71 { Err(i) } else { Ok(samples) }
        })
        .collect();
    let store = Arc::new(Counted { frames, dtype, access, pins: AtomicUsize::new(0) });
    let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "counted");
    (stack, store)
}

/// Difference in units in the last place; 0 for two missing values.
fn ulps(a: f64, b: f64, dtype: DType) -> u64 {
    if a.is_nan() && b.is_nan() {
        return 0;
    }
    match dtype {
        DType::F32 => u64::from(((a as f32).to_bits()).abs_diff((b as f32).to_bits())),
        _ => a.to_bits().abs_diff(b.to_bits()),
    }
}

#[test]
fn long_windows_are_what_they_say_in_any_order() {
    for dtype in [DType::U8, DType::U16, DType::I32, DType::F32] {
        let (stack, store) = stack(dtype, Access::Resident);
        for method in ["mean", "sum", "std", "min", "max", "median"] {
            let recipe = recipe(&format!("subtract window:{method},{LEN},lag=3"));
            let kept = EvalContext::default();
            // There, back, far away, next to each other.
            for n in [200, 201, 120, 299, 103, 199, 200] {
                let found = frame(&stack, &recipe, n, &kept);
                let alone = frame(&stack, &recipe, n, &EvalContext::default());
                let found = found.samples.as_ref().to_f64_vec();
                for (i, (a, b)) in found.iter().zip(alone.samples.as_ref().to_f64_vec()).enumerate() {
                    assert_eq!(a.to_bits(), b.to_bits(), "{dtype} {method} {n} {i}: what was asked before");
                    let window: Vec<f64> = (n - LEN - 3..n - 3)
                        .filter_map(|f| store.frames[f].as_ref().ok())
                        .map(|s| s.as_ref().get_f64(i))
                        .collect();
                    let value = store.frames[n].as_ref().expect("whole").as_ref().get_f64(i);
                    let reference = match method {
                        "mean" => oracle::mean(&window),
                        "sum" => oracle::sum(&window),
                        "std" => oracle::std(&window, 0),
                        "min" => oracle::min(&window),
                        "max" => oracle::max(&window),
                        _ => oracle::percentile(&window, 50.0),
                    };
                    let expected = match dtype.result() {
                        DType::F32 => f64::from(value as f32 - reference as f32),
                        _ => value - reference,
                    };
                    let scale = value.abs().max(reference.abs()).max(1.0);
                    let near = (a - expected).abs() <= scale * 3e-7 || (a.is_nan() && expected.is_nan());
                    assert!(near, "{dtype} {method} frame {n} sample {i}: {a} found, {expected} expected");
                }
            }
        }
    }
}

#[test]
fn walking_and_jumping_agree() {
    let folder = tempfile::tempdir().expect("folder");
    for dtype in [DType::U8, DType::I16, DType::U16, DType::F32] {
        for access in [Access::Resident, Access::Decoded] {
            let (stack, _) = stack(dtype, access);
            for method in ["mean", "std", "max", "median"] {
                let recipe = recipe(&format!("divide window:{method},{LEN},forward"));
                let path = folder.path().join(format!("{dtype}-{method}-{access:?}.npy"));
                let request = ExportRequest::new(path.clone());
                let cx = EvalContext::default();
                export(&stack, &recipe, &request, &cx).expect("exported");
                let bytes = std::fs::read(&path).expect("written");
                let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
                let written: Vec<f32> = bytes[start..]
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect();
                for n in [0, 50, 69, 100, 199] {
                    let found = frame(&stack, &recipe, n, &cx).samples.as_ref().to_f64_vec();
                    for (i, a) in found.into_iter().enumerate() {
                        let b = f64::from(written[n * SHAPE.samples() + i]);
                        // One unit for the window, one for the division by it.
                        let most = if dtype.is_float() { 2 } else { 0 };
                        assert!(
                            ulps(a, b, DType::F32) <= most,
                            "{dtype} {method} {access:?} frame {n} sample {i}: {a} and {b}"
                        );
                    }
                }
            }
        }
    }
}

/// Medians of long windows are computed several at once, the more the longer the walk.
#[test]
fn long_medians_walked_and_alone_agree() {
    const LONG: usize = 320;
    for dtype in [DType::U8, DType::U16, DType::F32, DType::F64] {
        for access in [Access::Resident, Access::Decoded] {
            let (stack, store) = stack_of_frames(dtype, access, 900);
            for steps in [
                vec![format!("subtract window:median,{LONG}")],
                vec![
                    "limits 5:200".into(),
                    "smooth box,3".into(),
                    format!("divide window:p90,{LONG},forward,lag=2"),
                ],
                vec!["smooth-time median,321".into()],
            ] {
                let steps: Vec<Step> = steps.iter().map(|s| s.parse().expect(s)).collect();
                let recipe = Recipe { steps, ..Recipe::default() };
                let zones = [ZoneShape::Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0, angle: 0.0 }];
                let zones = zones.map(|shape| Zone { name: "pixel".into(), color: [0; 3], shape });
                // Without a gap, with small ones, with ones too large to compute what lies in them.
                for every in [1, 5, 40] {
                    store.pins.store(0, Ordering::SeqCst);
                    let list: Vec<usize> = (330..570).step_by(every).collect();
                    let frames = FrameSet::List(list.as_slice().into());
                    let question = ZoneCurves { zones: zones.to_vec().into(), frames, median: false };
                    let curves = evaluate(&stack, &recipe, &question, &EvalContext::default()).expect("made");
                    if every == 1 && recipe.steps.len() == 1 {
                        let pins = store.pins.load(Ordering::SeqCst);
                        assert!(pins < 10 * 900, "{pins} frames read");
                    }
                    for (i, &n) in list.iter().enumerate().step_by(7) {
                        let alone = frame(&stack, &recipe, n, &EvalContext::default());
                        let (walked, alone) =
                            (curves.zones[0].points[0][i].mean, alone.samples.as_ref().get_f64(0));
                        assert!(
                            walked.to_bits() == alone.to_bits() || walked.is_nan() && alone.is_nan(),
                            "{dtype} {access:?} every {every}, frame {n}: {walked} walked, {alone} alone"
                        );
                    }
                }
            }
        }
    }
}

/// Long windows at the ends of the recording join the frames that exist, however they are computed.
#[test]
fn long_windows_at_the_ends_have_the_frames_that_exist() {
    for dtype in [DType::U8, DType::F32] {
        for access in [Access::Resident, Access::Decoded] {
            let (stack, store) = stack_of_frames(dtype, access, 420);
            for (filter, radius) in [("box,151", 75), ("median,321", 160)] {
                let recipe = recipe(&format!("smooth-time {filter}"));
                let expected = |n: usize, i: usize| {
                    let window: Vec<f64> = (n.saturating_sub(radius)..(n + radius + 1).min(420))
                        .filter_map(|f| store.frames[f].as_ref().ok())
                        .map(|s| s.as_ref().get_f64(i))
                        .filter(|v| !v.is_nan())
                        .collect();
                    if filter.starts_with("box") {
                        oracle::mean(&window)
                    } else {
                        oracle::percentile(&window, 50.0)
                    }
                };
                let zones = [ZoneShape::Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0, angle: 0.0 }];
                let zones = zones.map(|shape| Zone { name: "pixel".into(), color: [0; 3], shape });
                let question =
                    ZoneCurves { zones: zones.to_vec().into(), frames: FrameSet::All, median: false };
                let curves = evaluate(&stack, &recipe, &question, &EvalContext::default()).expect("made");
                assert_eq!((curves.coverage.used, curves.coverage.no_window), (420, 0));
                for n in [0, 1, 60, 74, 75, 160, 259, 300, 344, 345, 418, 419] {
                    let alone = frame(&stack, &recipe, n, &EvalContext::default());
                    for i in 0..SHAPE.samples() {
                        let (found, expected) = (alone.samples.as_ref().get_f64(i), expected(n, i));
                        let near = (found - expected).abs() <= 3e-7 * expected.abs().max(1.0);
                        assert!(near, "{dtype} {access:?} {filter} {n} {i}: {found}, not {expected}");
                    }
                    let (walked, alone) =
                        (curves.zones[0].points[0][n].mean, alone.samples.as_ref().get_f64(0));
                    let most = u64::from(dtype.is_float());
                    assert!(
                        ulps(walked, alone, DType::F32) <= most,
                        "{dtype} {filter} {n}: {walked}, {alone}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_frame_beside_one_shown_reads_few_frames() {
    for step in ["subtract window:mean,200,forward", "subtract window:max,200,forward"] {
        let (stack, store) = stack(DType::U16, Access::Decoded);
        let (recipe, cx) = (recipe(step), EvalContext::default());
        frame(&stack, &recipe, 20, &cx);
        let first = store.pins.swap(0, Ordering::SeqCst);
        assert!(first <= 200 + 1, "{first} frames read for the first window");
        frame(&stack, &recipe, 25, &cx);
        let next = store.pins.swap(0, Ordering::SeqCst);
        assert!(next <= 3 * 16 + 1, "{next} frames read for the one beside it");
    }
}

#[test]
fn what_was_gathered_ahead_makes_any_frame_quick_and_changes_none() {
    for steps in ["subtract window:mean,200", "smooth-time box,151", "subtract window:max,100,forward"] {
        let (stack, store) = stack(DType::U16, Access::Decoded);
        let (recipe, cx) = (recipe(steps), EvalContext::default());
        gather_around(&stack, &recipe, 150, &cx);
        for n in [200, 90, 224] {
            let Ok(expected) = evaluate(&stack, &recipe, &OneFrame { frame: n }, &EvalContext::default())
            else {
                continue;
            };
            store.pins.store(0, Ordering::SeqCst);
            let found = frame(&stack, &recipe, n, &cx);
            let pins = store.pins.load(Ordering::SeqCst);
            assert!(pins <= 2 * 16 + 1, "{steps}: {pins} frames read for frame {n}");
            assert_eq!(found.samples, expected.samples, "{steps} {n}");
        }
        // There is nothing left to gather.
        store.pins.store(0, Ordering::SeqCst);
        gather_around(&stack, &recipe, 10, &cx);
        assert_eq!(store.pins.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn an_evaluation_that_was_cancelled_says_so() {
    let (stack, _) = stack(DType::U16, Access::Decoded);
    let cx = EvalContext::default();
    cx.cancel.cancel();
    let question = OneFrame { frame: 250 };
    let error = evaluate(&stack, &recipe("subtract window:mean,200"), &question, &cx).expect_err("cancelled");
    assert!(matches!(error, blitz_model::evaluate::EvalError::Cancelled), "{error}");
}

#[test]
fn a_windows_picture_is_normalised_by_its_own_mean() {
    let (stack, store) = stack(DType::U16, Access::Resident);
    let found = frame(&stack, &recipe("divide window:mean,5,normalised"), 40, &EvalContext::default());
    let values = |f: usize| store.frames[f].as_ref().expect("whole").as_ref().to_f64_vec();
    let window: Vec<f64> = (0..SHAPE.samples())
        .map(|i| oracle::mean(&(35..40).map(|f| values(f)[i]).collect::<Vec<_>>()))
        .collect();
    let mean = oracle::mean(&window);
    for (i, found) in found.samples.as_ref().to_f64_vec().into_iter().enumerate() {
        let expected = values(40)[i] / (window[i] / mean);
        assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{i}: {found} found, {expected} expected");
    }
}
