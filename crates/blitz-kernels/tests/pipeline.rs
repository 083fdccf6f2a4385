//! Pointwise arithmetic against the formulas, one sample at a time.

use blitz_core::{Samples, SamplesRef};
use blitz_kernels::pipeline::{
    DivisionRule, Made, PointOp, Pointwise, apply, difference, finite_mean, normalise_to_mean_one, run,
    run_frame,
};
use blitz_kernels::simd::{Level, with_level};
use blitz_kernels::{Method, Reducer, Wanted};
use blitz_testkit::{Noise, strategy};
use proptest::prelude::*;

const NONE: DivisionRule<f32> = DivisionRule { smallest: None, fill: None };

/// One operation on one sample, in f32 as documented; whether the division made it.
/// The function of the samples that is tested.
#[derive(Debug)]
struct Halved;

impl Pointwise<f32> for Halved {
    fn apply(&self, values: &mut [f32]) {
        for v in values {
            *v = *v * 0.5 - 3.0;
        }
    }
}

fn naive(op: &PointOp<'_, f32>, v: f32, i: usize) -> (f32, bool) {
    let divided = |numerator: f32, divisor: f32, scale: Option<f32>, rule: DivisionRule<f32>| {
        if numerator.is_nan() || divisor.is_nan() {
            return (f32::NAN, false);
        }
        let mut q = numerator / divisor;
        if let Some(scale) = scale {
            q *= scale;
        }
        let small = rule.smallest.is_some_and(|s| divisor.abs() < s);
        let lost = if v.is_infinite() { q.is_nan() } else { small || !q.is_finite() };
        (if lost { rule.fill.unwrap_or(f32::NAN) } else { q }, lost)
    };
    match *op {
        PointOp::Subtract { amount: 0.0, .. } | PointOp::Divide { amount: 0.0, .. } => (v, false),
        PointOp::Subtract { reference, amount } => (v - amount * reference[i], false),
        PointOp::Divide { reference, amount, rule } => {
            divided(v, amount * reference[i] + (1.0 - amount), None, rule)
        }
        PointOp::FlatField { dark, span, gain, rule } => divided(v - dark[i], span[i], gain, rule),
        PointOp::RelativeChange { reference, rule } => divided(v - reference[i], reference[i], None, rule),
        PointOp::Limits { low, high } => (if v < low || v > high { f32::NAN } else { v }, false),
        PointOp::Mask { valid, channels } => (if valid[i / channels] { v } else { f32::NAN }, false),
        PointOp::Map(_) => (v * 0.5 - 3.0, false),
    }
}

fn naive_all(ops: &[PointOp<'_, f32>], source: SamplesRef<'_>, at: usize) -> (Vec<f32>, Made) {
    let mut made = Made::default();
    let values = (0..source.len())
        .map(|i| {
            ops.iter().fold(source.get_f64(i) as f32, |v, op| {
                let (v, lost) = naive(op, v, at + i);
                let filled = match op {
                    PointOp::Divide { rule, .. }
                    | PointOp::FlatField { rule, .. }
                    | PointOp::RelativeChange { rule, .. } => rule.fill.is_some(),
                    _ => false,
                };
                made.filled += u64::from(lost && filled);
                made.missing += u64::from(lost && !filled);
                v
            })
        })
        .collect();
    (values, made)
}

fn bits(values: &[f32]) -> Vec<u32> {
    // All NaN are one missing value.
    values.iter().map(|v| if v.is_nan() { u32::MAX } else { v.to_bits() }).collect()
}

fn reference(len: usize, seed: u64) -> Vec<f32> {
    let Samples::F32(mut r) = strategy::samples(blitz_core::DType::F32, len, seed, true) else {
        unreachable!("asked for f32")
    };
    r.iter_mut().step_by(5).for_each(|v| *v = 0.0);
    r
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_list_of_operations_is_the_formulas(
        dtype in prop::sample::select(vec![0_usize, 1, 2, 3]),
        len in prop::sample::select(vec![0_usize, 1, 7, 33, 2047, 2048, 5000]),
        at in 0..40_usize,
        channels in 1..4_usize,
        order in prop::collection::vec(0..9_usize, 0..6),
        amount in prop::sample::select(vec![0.0_f32, 0.3, 1.0]),
        smallest in prop::option::of(0.0..2.0_f32),
        fill in prop::option::of(-1.0..1.0_f32),
        seed: u64,
    ) {
        use blitz_core::DType;
        let dtype = [DType::U8, DType::U16, DType::I16, DType::F32][dtype];
        let source = strategy::samples(dtype, len, seed, true);
        let frame = at + len + 3;
        let (a, b, c) = (reference(frame, seed ^ 1), reference(frame, seed ^ 2), reference(frame, seed ^ 3));
        let valid = strategy::mask(frame, 1, seed).valid;
        let rule = DivisionRule { smallest, fill };
        let ops: Vec<PointOp<'_, f32>> = order
            .iter()
            .map(|kind| match kind {
                0 => PointOp::Subtract { reference: &a, amount },
                1 => PointOp::Divide { reference: &b, amount, rule },
                2 => PointOp::FlatField { dark: &a, span: &c, gain: None, rule },
                3 => PointOp::FlatField { dark: &c, span: &b, gain: Some(1.7), rule: NONE },
                4 => PointOp::RelativeChange { reference: &a, rule },
                5 => PointOp::Limits { low: -900.0, high: 60_000.0 },
                6 => PointOp::Mask { valid: &valid, channels },
                7 => PointOp::Map(&Halved),
                _ => PointOp::Mask { valid: &valid, channels: 1 },
            })
            .collect();
        let (want, want_made) = naive_all(&ops, source.as_ref(), at);
        for level in Level::ALL {
            let mut out = vec![-7.0_f32; len];
            let made = with_level(level, || run(&ops, source.as_ref(), at, &mut out));
            prop_assert_eq!(bits(&out), bits(&want), "{:?}", level);
            prop_assert_eq!(made, want_made);
        }
        let mut loaded: Vec<f32> = source.as_ref().to_f64_vec().iter().map(|&v| v as f32).collect();
        prop_assert_eq!(apply(&ops, at, &mut loaded), want_made);
        prop_assert_eq!(bits(&loaded), bits(&want));
    }
}

#[test]
fn whole_frames_have_the_bits_of_blocks() {
    let len = 200_003;
    let source = Noise::new(5).samples(blitz_core::DType::U16, len);
    let r = reference(len, 9);
    let ops = [
        PointOp::Subtract { reference: &r, amount: 0.5 },
        PointOp::Divide { reference: &r, amount: 1.0, rule: NONE },
    ];
    let (mut a, mut b) = (vec![0.0_f32; len], vec![0.0_f32; len]);
    assert_eq!(run(&ops, source.as_ref(), 0, &mut a), run_frame(&ops, source.as_ref(), &mut b));
    assert_eq!(bits(&a), bits(&b));
}

/// What operations make, pushed frame by frame, has the bits of a reduction of the frames that they make.
#[test]
fn reductions_of_what_operations_make_store_no_frame() {
    let len = 2 * 2048 * 16 + 2048 + 77;
    let (dark, flat) = (reference(len, 3), reference(len, 4));
    let valid = strategy::mask(len, 1, 5).valid;
    let rule = DivisionRule { smallest: Some(0.5), fill: None };
    let lists: [&[PointOp<'_, f32>]; 5] = [
        &[],
        &[PointOp::Subtract { reference: &dark, amount: 0.5 }],
        &[
            PointOp::Subtract { reference: &dark, amount: 0.5 },
            PointOp::Divide { reference: &flat, amount: 0.9, rule },
        ],
        &[
            PointOp::Mask { valid: &valid, channels: 1 },
            PointOp::Subtract { reference: &dark, amount: 1.0 },
            PointOp::RelativeChange { reference: &flat, rule: NONE },
        ],
        &[
            PointOp::FlatField { dark: &dark, span: &flat, gain: Some(3.0), rule },
            PointOp::Limits { low: -500.0, high: 500.0 },
        ],
    ];
    for dtype in [blitz_core::DType::U8, blitz_core::DType::U16, blitz_core::DType::F32] {
        let frames: Vec<Samples> = (0..19).map(|t| strategy::samples(dtype, len, t, t > 9)).collect();
        let frames: Vec<SamplesRef<'_>> = frames.iter().map(Samples::as_ref).collect();
        for ops in lists {
            let mut made = Made::default();
            let derived: Vec<Samples> = frames
                .iter()
                .map(|&frame| {
                    let mut out = vec![0.0_f32; len];
                    made += run_frame(ops, frame, &mut out);
                    Samples::F32(out)
                })
                .collect();
            let mut whole = Reducer::new(blitz_core::DType::F32, len, Wanted::ALL);
            whole.push(&derived.iter().map(Samples::as_ref).collect::<Vec<_>>(), None, 1);
            for level in Level::ALL {
                let mut through = Reducer::for_operations::<f32>(len, Wanted::ALL);
                let mut made_through = Made::default();
                for batch in frames.chunks(11) {
                    made_through += with_level(level, || through.push_through(ops, batch));
                }
                assert_eq!(made_through, made, "{dtype} {level:?}");
                for method in [Method::Mean, Method::Std, Method::Min, Method::Max] {
                    let (a, b) = (through.finish(method, 0), whole.finish(method, 0));
                    let (Samples::F32(a_values), Samples::F32(b_values)) = (&a.values, &b.values) else {
                        panic!("results of f32 are f32");
                    };
                    assert!(bits(a_values) == bits(b_values), "{method:?} of {dtype} at {level:?}");
                    assert_eq!(a.counts, b.counts, "{method:?} of {dtype} at {level:?}");
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "working type")]
fn operations_in_f64_do_not_fit_a_reducer_of_f32() {
    let mut reducer = Reducer::for_operations::<f32>(1, Wanted::ALL);
    reducer.push_through::<f64>(&[], &[Samples::U32(vec![1]).as_ref()]);
}

#[test]
fn wide_sources_are_computed_in_f64() {
    let source = Samples::U32(vec![u32::MAX, 0, 7]);
    let r = [1.0_f64, 0.0, 0.0];
    let ops = [
        PointOp::Subtract { reference: &r, amount: 1.0 },
        PointOp::Divide { reference: &r, amount: 1.0, rule: DivisionRule::default() },
    ];
    let mut out = [0.0_f64; 3];
    let made = run(&ops, source.as_ref(), 0, &mut out);
    assert_eq!(out[0], 4_294_967_294.0);
    assert!(out[1].is_nan() && out[2].is_nan());
    assert_eq!(made, Made { missing: 2, filled: 0 });
}

#[test]
fn infinities_of_the_source_stay() {
    let source = Samples::F32(vec![f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0]);
    let r = [0.0_f32, 2.0, 0.0, 0.0];
    let rule = DivisionRule { smallest: Some(0.5), fill: Some(9.0) };
    let ops = [PointOp::Divide { reference: &r, amount: 1.0, rule }];
    let mut out = [0.0_f32; 4];
    let made = run(&ops, source.as_ref(), 0, &mut out);
    assert_eq!((out[0], out[1], out[3]), (f32::INFINITY, f32::NEG_INFINITY, 9.0));
    assert!(out[2].is_nan());
    assert_eq!(made, Made { missing: 0, filled: 1 });
}

#[test]
fn references_are_normalised_by_their_finite_mean() {
    let mut r = vec![1.0_f32, 3.0, f32::NAN, f32::INFINITY];
    assert_eq!(normalise_to_mean_one(&mut r), Some(2.0));
    assert_eq!((r[0], r[1], r[3]), (0.5, 1.5, f32::INFINITY));
    assert!(r[2].is_nan());
    let mut zero = vec![1.0_f64, -1.0];
    assert_eq!(normalise_to_mean_one(&mut zero), None);
    assert_eq!(zero, [1.0, -1.0]);
    assert_eq!(finite_mean::<f32>(&[]), None);
    assert_eq!(difference(&[5.0_f32, 1.0], &[2.0, 2.0]), [3.0, -1.0]);
}

#[test]
#[should_panic(expected = "working type")]
fn a_working_type_that_cannot_hold_the_source_is_refused() {
    run::<f32>(&[], Samples::U32(vec![1]).as_ref(), 0, &mut [0.0]);
}
