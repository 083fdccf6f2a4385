//! Smoothing: definitions, places with missing samples, borders, levels and threads.

use blitz_core::{Cancel, DType, FrameShape, Samples, SamplesMut};
use blitz_kernels::Method;
use blitz_kernels::simd::{Level, with_level};
use blitz_kernels::smooth::{box_mean, gaussian, gaussian_weights, median, weighted_mean};
use blitz_testkit::{oracle, strategy};
use proptest::prelude::*;

fn mirrored(at: isize, len: usize) -> usize {
    let mut at = at;
    while at < 0 || at >= len as isize {
        at = if at < 0 { -1 - at } else { 2 * len as isize - 1 - at };
    }
    at as usize
}

/// The samples of the box around one, in row order.
fn around(frame: &[f64], shape: FrameShape, (y, x, c): (usize, usize, usize), radius: isize) -> Vec<f64> {
    let mut values = Vec::new();
    for dy in -radius..=radius {
        for dx in -radius..=radius {
            let (y, x) = (mirrored(y as isize + dy, shape.height), mirrored(x as isize + dx, shape.width));
            values.push(frame[(y * shape.width + x) * shape.channels + c]);
        }
    }
    values
}

fn each(shape: FrameShape) -> impl Iterator<Item = (usize, (usize, usize, usize))> {
    (0..shape.samples()).map(move |i| {
        let pixel = i / shape.channels;
        (i, (pixel / shape.width, pixel % shape.width, i % shape.channels))
    })
}

fn frame(shape: FrameShape, seed: u64, infinities: bool) -> Vec<f64> {
    strategy::samples(DType::F32, shape.samples(), seed, infinities).as_ref().to_f64_vec()
}

fn close(got: f64, want: f64) -> bool {
    (got.is_nan() && want.is_nan()) || (got - want).abs() <= 1e-12 * (1.0 + want.abs()) * 1e6
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn boxes_and_medians_are_their_definition(
        shape in strategy::shape(),
        radius in 0..5_isize,
        seed: u64,
        infinities: bool,
    ) {
        let frame = frame(shape, seed, infinities);
        let size = 2 * radius as usize + 1;
        let (mut means, mut medians) = (vec![0.0; frame.len()], vec![0.0; frame.len()]);
        box_mean(&frame, shape, size, &mut means, &Cancel::default());
        median(&frame, shape, size, &mut medians, &Cancel::default());
        for (i, at) in each(shape) {
            let values = around(&frame, shape, at, radius);
            prop_assert!(means[i] == oracle::mean(&values) || close(means[i], oracle::mean(&values)));
            let want = oracle::percentile(&values, 50.0);
            prop_assert!(medians[i] == want || close(medians[i], want), "{} is not {}", medians[i], want);
        }
    }

    #[test]
    fn gaussians_are_weighted_means(
        shape in strategy::shape(),
        sigma in prop::sample::select(vec![0.0, 0.3, 0.8, 1.7]),
        seed: u64,
    ) {
        let frame = frame(shape, seed, false);
        let weights = gaussian_weights(sigma);
        let radius = weights.len() as isize / 2;
        let mut out = vec![0.0; frame.len()];
        gaussian(&frame, shape, sigma, &mut out, &Cancel::default());
        for (i, at) in each(shape) {
            let (mut sum, mut total) = (0.0, 0.0);
            for (k, v) in around(&frame, shape, at, radius).into_iter().enumerate() {
                let weight = weights[k / weights.len()] * weights[k % weights.len()];
                if !v.is_nan() {
                    sum += weight * v;
                    total += weight;
                }
            }
            let want = if total > 0.0 { sum / total } else { f64::NAN };
            prop_assert!(close(out[i], want), "{} is not {}", out[i], want);
        }
    }

    #[test]
    fn levels_and_threads_do_not_matter(
        shape in strategy::shape(),
        sigma in 0.0..2.0_f64,
        radius in 0..4_usize,
        seed: u64,
    ) {
        let frame = frame(shape, seed, true);
        let all = |level: Level, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| with_level(level, || {
                let mut out = vec![vec![0.0; frame.len()]; 3];
                gaussian(&frame, shape, sigma, &mut out[0], &Cancel::default());
                box_mean(&frame, shape, 2 * radius + 1, &mut out[1], &Cancel::default());
                median(&frame, shape, 2 * radius + 1, &mut out[2], &Cancel::default());
                out.iter().map(|values| bits(values)).collect::<Vec<_>>()
            }))
        };
        let wanted = all(Level::Portable, 1);
        prop_assert_eq!(&wanted, &all(Level::Avx2, 3));
        prop_assert_eq!(&wanted, &all(Level::Avx512, 2));
    }

    #[test]
    fn weighted_means_skip_what_is_missing(
        dtype in strategy::dtype(),
        samples in strategy::side(),
        count in 1..8_usize,
        seed: u64,
    ) {
        let mut noise = blitz_testkit::Noise::new(seed);
        let frames: Vec<Option<Samples>> = (0..count)
            .map(|_| {
                let frame = strategy::samples(dtype, samples, noise.bits(), false);
                (noise.below(4) > 0).then_some(frame)
            })
            .collect();
        let weights: Vec<f64> = (0..count).map(|_| 0.1 + noise.unit()).collect();
        let views: Vec<_> = frames.iter().map(|f| f.as_ref().map(Samples::as_ref)).collect();
        let mut out = vec![0.0; samples];
        weighted_mean(&views, &weights, SamplesMut::F64(&mut out), &Cancel::default());
        for (i, got) in out.iter().enumerate() {
            let there = views.iter().zip(&weights).filter_map(|(f, w)| Some((f.as_ref()?.get_f64(i), w)));
            let there: Vec<_> = there.filter(|(v, _)| !v.is_nan()).collect();
            let total: f64 = there.iter().map(|(_, w)| *w).sum();
            let want = there.iter().map(|(v, w)| v * *w).sum::<f64>() / total;
            prop_assert!(close(*got, want), "{} is not {}", got, want);
        }
    }
}

#[test]
fn a_hole_far_away_changes_no_bit() {
    let shape = FrameShape::new(64, 80, 1);
    let mut frame = frame(shape, 4, false);
    for v in &mut frame {
        *v = if v.is_nan() { 3.0 } else { *v };
    }
    let mut before = vec![0.0; frame.len()];
    gaussian(&frame, shape, 1.0, &mut before, &Cancel::default());
    frame[40 * 80 + 40] = f64::NAN;
    let mut after = vec![0.0; frame.len()];
    gaussian(&frame, shape, 1.0, &mut after, &Cancel::default());
    for (i, (a, b)) in before.iter().zip(&after).enumerate() {
        let (y, x) = (i / 80, i % 80);
        assert_eq!(a == b, y.abs_diff(40) > 4 || x.abs_diff(40) > 4, "{y} {x}");
    }
}

#[test]
fn empty_frames_are_smoothed_to_nothing() {
    for shape in [FrameShape::new(0, 5, 1), FrameShape::new(5, 0, 1), FrameShape::new(0, 0, 3)] {
        gaussian::<f32>(&[], shape, 2.0, &mut [], &Cancel::default());
        box_mean::<f32>(&[], shape, 3, &mut [], &Cancel::default());
        median::<f32>(&[], shape, 3, &mut [], &Cancel::default());
    }
}

/// Writes results until it is stopped.
type Kernel<'a> = Box<dyn Fn(&mut [f64], &Cancel) + Sync + 'a>;

/// Results that a kernel has written when it is stopped at its `LOOKS`th look, and whether it has looked so often.
fn written(kernel: impl Fn(&mut [f64], &Cancel) + Sync, samples: usize) -> (usize, bool) {
    // No result is negative.
    let mut out = vec![-1.0; samples];
    let cancel = Cancel::after_looks(LOOKS);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("a pool");
    pool.install(|| kernel(&mut out, &cancel));
    (out.iter().filter(|v| **v != -1.0).count(), cancel.is_cancelled())
}

const LOOKS: u64 = 12;
const THREADS: usize = 2;

/// Work is counted, not timed: what is done between two looks is at most [`Cancel::WORK`] steps.
#[test]
fn kernels_look_often_at_whether_to_stop() {
    let shape = FrameShape::new(500, 500, 1);
    let samples = shape.samples();
    let frame: Vec<f64> = (0..samples).map(|i| (i * 7919 % 1009) as f64).collect();
    let frames: Vec<Samples> = (0..400).map(|_| Samples::from(frame.clone())).collect();
    let views: Vec<_> = frames.iter().map(|f| Some(f.as_ref())).collect();
    let weights = vec![1.0; views.len()];
    // Steps per result, each of about a nanosecond.
    let kernels: Vec<(&str, usize, Kernel<'_>)> = vec![
        ("median 101", 10 * 101 * 101, Box::new(|out, c| median(&frame, shape, 101, out, c))),
        ("median 499", 10 * 499 * 499, Box::new(|out, c| median(&frame, shape, 499, out, c))),
        ("median 7", 60, Box::new(|out, c| median(&frame, shape, 7, out, c))),
        ("gaussian 100", 2 * 801, Box::new(|out, c| gaussian(&frame, shape, 100.0, out, c))),
        (
            "weighted mean",
            views.len(),
            Box::new(|out, c| weighted_mean(&views, &weights, SamplesMut::F64(out), c)),
        ),
        (
            "median over time",
            20 * views.len(),
            Box::new(|out, c| {
                blitz_kernels::windows::direct(&views, 0, Method::Median, 0, SamplesMut::F64(out), c);
            }),
        ),
        (
            "mean over time",
            views.len(),
            Box::new(|out, c| {
                blitz_kernels::windows::direct(&views, 0, Method::Mean, 0, SamplesMut::F64(out), c);
            }),
        ),
    ];
    for (name, steps, kernel) in kernels {
        let (results, looked) = written(kernel, samples);
        assert!(looked, "{name} looks at least {LOOKS} times");
        let most = (LOOKS as usize + THREADS) * Cancel::WORK;
        assert!(results * steps <= most, "{name}: {results} results of {steps} steps between {LOOKS} looks");
    }
    // A mean of a box takes rows as wholes.
    let (results, looked) = written(|out, c| box_mean(&frame, shape, 499, out, c), samples);
    assert!(looked && results < samples, "{results} results");
}
