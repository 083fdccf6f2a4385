//! Long recordings: nothing drifts, nothing is rounded before the end.

use blitz_core::{DType, FrameShape, Samples, Stack, Zone, ZoneShape};
use blitz_model::Method;
use blitz_model::evaluate::{EvalContext, ExactSums, FrameSet, Picture, Reduce, ZoneCurves, evaluate};
use blitz_model::recipe::Recipe;
use blitz_testkit::VecStack;

const FRAMES: usize = 100_000;
const SHAPE: FrameShape = FrameShape::new(1, 3, 1);

/// Pseudo-random 0 to 4095, different for every frame and sample (Knuth's generator, its high bits).
fn draw(frame: usize, sample: usize) -> u16 {
    let mixed = ((frame * SHAPE.samples() + sample) as u64 + 1).wrapping_mul(6_364_136_223_846_793_005);
    (mixed.wrapping_mul(mixed | 1) >> 52) as u16
}

fn stack(make: impl Fn(usize) -> Samples) -> Stack {
    VecStack::new((0..FRAMES).map(make).collect(), SHAPE).into_stack("long")
}

fn per_sample<T>(frame: usize, value: impl Fn(usize, usize) -> T) -> Vec<T> {
    (0..SHAPE.samples()).map(|i| value(frame, i)).collect()
}

fn reduced(stack: &Stack, methods: &[Method]) -> Vec<Picture> {
    let question = Reduce { methods: methods.to_vec(), range: None, ddof: 0 };
    evaluate(stack, &Recipe::default(), &question, &EvalContext::default()).expect("pictures")
}

#[test]
fn mean_and_std_near_60000_are_right_to_the_last_bit() {
    let value = |frame, sample| 60_000 + draw(frame, sample) % 7;
    let stack = stack(|frame| Samples::from(per_sample(frame, value)));
    let pictures = reduced(&stack, &[Method::Mean, Method::Std]);
    for sample in 0..SHAPE.samples() {
        let (mut sum, mut squares) = (0_i128, 0_i128);
        for frame in 0..FRAMES {
            let v = i128::from(value(frame, sample));
            sum += v;
            squares += v * v;
        }
        let n = FRAMES as i128;
        let mean = (sum as f64 / n as f64) as f32;
        // n² times the variance is an integer.
        let std = (((n * squares - sum * sum) as f64).sqrt() / n as f64) as f32;
        let found = |picture: &Picture| picture.samples.as_ref().get_f64(sample) as f32;
        assert_eq!(found(&pictures[0]).to_bits(), mean.to_bits(), "mean");
        assert_eq!(found(&pictures[1]).to_bits(), std.to_bits(), "std");
    }
}

#[test]
fn integer_sums_are_exact() {
    let unsigned = |frame, sample| u32::MAX - u32::from(draw(frame, sample));
    let signed = |frame, sample| i32::MIN + i32::from(draw(frame, sample));
    let sums = |stack: &Stack| reduced(stack, &[Method::Sum]).remove(0).exact_sums;
    let total = |value: &dyn Fn(usize) -> i128| (0..FRAMES).map(value).sum::<i128>();
    let Some(ExactSums::U64(found)) = sums(&stack(|f| Samples::from(per_sample(f, unsigned)))) else {
        panic!("unsigned sums expected");
    };
    for (sample, sum) in found.iter().enumerate() {
        assert_eq!(i128::from(*sum), total(&|frame| i128::from(unsigned(frame, sample))));
    }
    let Some(ExactSums::I64(found)) = sums(&stack(|f| Samples::from(per_sample(f, signed)))) else {
        panic!("signed sums expected");
    };
    for (sample, sum) in found.iter().enumerate() {
        assert_eq!(i128::from(*sum), total(&|frame| i128::from(signed(frame, sample))));
    }
}

/// After 100,000 steps a moving window of floats gives what a direct sum gives, to one unit in the last place.
#[test]
fn windows_of_floats_do_not_drift() {
    const WINDOW: usize = 777;
    let value = |frame: usize, sample| 60_000.0 + f64::from(draw(frame, sample)) / 8.0;
    for dtype in [DType::F32, DType::F64] {
        let stack = stack(|frame| match dtype {
            DType::F32 => Samples::from(per_sample(frame, |f, s| value(f, s) as f32)),
            _ => Samples::from(per_sample(frame, value)),
        });
        let step = format!("subtract window:mean,{WINDOW}").parse().expect("a step");
        let recipe = Recipe { steps: vec![step], ..Recipe::default() };
        let pixel = ZoneShape::Pixel { x: 1, y: 0 };
        let zones = [Zone { name: "A".into(), color: [0; 3], shape: pixel }].into();
        let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
        let curves = evaluate(&stack, &recipe, &question, &EvalContext::default()).expect("curves");
        // Values are multiples of 1/8 below 2¹⁶: direct sums in f64 are exact.
        let mut sum: f64 = (0..WINDOW).map(|frame| value(frame, 1)).sum();
        // One unit in the last place of a mean near 60,000.
        let unit = if dtype == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON } * 32_768.0;
        let mut off = 0;
        for frame in WINDOW..FRAMES {
            let mean = sum / WINDOW as f64;
            let expected = match dtype {
                DType::F32 => f64::from(value(frame, 1) as f32 - mean as f32),
                _ => value(frame, 1) - mean,
            };
            let found = curves.zones[0].points[0][frame].mean;
            assert!((found - expected).abs() <= unit, "{dtype}, frame {frame}: {found}, {expected} expected");
            off += usize::from(found != expected);
            sum += value(frame, 1) - value(frame - WINDOW, 1);
        }
        assert!(off < FRAMES / 100, "{dtype}: {off} of {FRAMES} results are one unit off");
    }
}
