//! Every kernel gives the same bits at every level of instructions, from any number of threads and however
//! the frames are split into pushes.

use blitz_core::{DType, FrameShape, Mask, Samples, SamplesRef};
use blitz_kernels::simd::{Level, with_level};
use blitz_kernels::{
    FrameScan, Histogram, Method, Reduced, Reducer, Wanted, ZoneStats, ZoneWant, percentiles, zone_stats,
};
use blitz_testkit::{Noise, oracle, strategy};
use proptest::prelude::*;

const MOMENTS: [Method; 5] = [Method::Mean, Method::Sum, Method::Min, Method::Max, Method::Std];

fn views(frames: &[Samples]) -> Vec<SamplesRef<'_>> {
    frames.iter().map(Samples::as_ref).collect()
}

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start").install(work)
}

fn bits(reduced: &Reduced) -> Vec<u8> {
    let counts = (0..reduced.values.len()).flat_map(|i| reduced.counts.at(i).to_le_bytes());
    reduced.values.bytes().iter().copied().chain(counts).collect()
}

/// The methods that a reducer which gathers `wanted` can answer.
fn gathered(wanted: Wanted) -> impl Iterator<Item = Method> {
    let has = move |method: &Method| match method {
        Method::Mean | Method::Sum => wanted.sum,
        Method::Std => wanted.squares,
        Method::Min => wanted.min,
        _ => wanted.max,
    };
    MOMENTS.into_iter().filter(has)
}

/// Frames pushed in batches of the given sizes, over and over, each batch with or without the mask.
fn reduce(frames: &[Samples], wanted: Wanted, mask: Option<&Mask>, batches: &[usize]) -> Vec<Vec<u8>> {
    let mut reducer = Reducer::new(frames[0].dtype(), frames[0].len(), wanted);
    let (mut rest, mut sizes) = (views(frames), batches.iter().cycle());
    while !rest.is_empty() {
        let size = (*sizes.next().expect("endless")).min(rest.len());
        let later = rest.split_off(size);
        reducer.push(&rest, mask, 1);
        rest = later;
    }
    gathered(wanted).map(|method| bits(&reducer.finish(method, 0))).collect()
}

fn zone_bits(stats: &[ZoneStats]) -> Vec<u64> {
    let of = |s: &ZoneStats| {
        [s.mean, s.sum, s.min, s.max, s.std, s.median].map(f64::to_bits).into_iter().chain([s.n, s.missing])
    };
    stats.iter().flat_map(of).collect()
}

fn every_wanted() -> impl Iterator<Item = Wanted> {
    (1..16_u32).map(|set| Wanted {
        sum: set & 1 > 0,
        squares: set & 2 > 0,
        min: set & 4 > 0,
        max: set & 8 > 0,
    })
}

/// Frames of awkward values; the first have none missing, so that counting per sample starts late.
fn stack(dtype: DType, samples: usize, count: usize, seed: u64) -> Vec<Samples> {
    let mut noise = Noise::new(seed);
    let plain = |noise: &mut Noise| noise.samples(dtype, samples);
    (0..count)
        .map(
            |t| {
                if t < 11 {
                    plain(&mut noise)
                } else {
                    strategy::samples(dtype, samples, noise.bits(), t > 20)
                }
            },
        )
        .collect()
}

#[test]
fn moments_have_the_same_bits_everywhere() {
    // Bands of 4,096 samples and a last one that no vector fits.
    let samples = 3 * 4096 + 77;
    let mut mask = strategy::mask(samples, 1, 3);
    mask.valid[100..4000].fill(true);
    for dtype in DType::ALL {
        let frames = stack(dtype, samples, 29, 7);
        for wanted in every_wanted() {
            for mask in [None, Some(&mask)] {
                let run = |level, threads, batches: &[usize]| {
                    in_pool(threads, || with_level(level, || reduce(&frames, wanted, mask, batches)))
                };
                let one = run(Level::Portable, 1, &[29]);
                for level in Level::ALL {
                    assert!(one == run(level, 2, &[29]), "{dtype} {wanted:?} at {level:?}");
                    assert!(
                        one == run(level, 3, &[3, 8, 1, 13]),
                        "{dtype} {wanted:?} in batches at {level:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_else_is_wanted_changes_no_bit() {
    for dtype in DType::ALL {
        let frames = stack(dtype, 600, 27, 9);
        let find = |wanted: Wanted, method: Method| {
            let all = reduce(&frames, wanted, None, &[27]);
            gathered(wanted).zip(all).find(|(m, _)| *m == method).map(|(_, bits)| bits)
        };
        for method in MOMENTS {
            let alone = find(Wanted::for_methods(&[method]), method);
            for wanted in every_wanted() {
                let beside = find(wanted, method);
                assert!(beside.is_none() || beside == alone, "{method:?} of {dtype} beside {wanted:?}");
            }
        }
    }
}

/// A mask that changes from push to push: every sample has its own history.
#[test]
fn masks_that_change_leave_each_sample_its_own_history() {
    let samples = 4096 + 300;
    for dtype in DType::ALL {
        let frames = stack(dtype, samples, 24, 21);
        let masks: Vec<Option<Mask>> =
            (0..8).map(|i| (i % 3 > 0).then(|| strategy::mask(samples, 1, i))).collect();
        let mut all = Vec::new();
        for level in Level::ALL {
            let mut reducer = Reducer::new(dtype, samples, Wanted::ALL);
            for (batch, mask) in frames.chunks(3).zip(&masks) {
                with_level(level, || reducer.push(&views(batch), mask.as_ref(), 1));
            }
            all.push(MOMENTS.map(|method| bits(&reducer.finish(method, 0))));
            let history = |i: usize| -> Vec<f64> {
                let seen = |t: &usize| masks[t / 3].as_ref().is_none_or(|mask| mask.valid[i]);
                let values = (0..24).filter(seen).map(|t| frames[t].as_ref().get_f64(i));
                values.filter(|v| !v.is_nan()).collect()
            };
            let (mean, std) = (reducer.finish(Method::Mean, 0), reducer.finish(Method::Std, 0));
            for i in (0..samples).step_by(61) {
                let history = history(i);
                assert_eq!(mean.counts.at(i), history.len() as u64, "{dtype} {i}");
                if !history.is_empty() && history.iter().all(|v| v.is_finite()) {
                    let scale = history.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                    let near = |a: f64, b: f64| (a - b).abs() <= scale * 1e-6;
                    assert!(near(mean.values.as_ref().get_f64(i), oracle::mean(&history)), "{dtype} {i}");
                    assert!(near(std.values.as_ref().get_f64(i), oracle::std(&history, 0)), "{dtype} {i}");
                }
            }
        }
        assert!(all.iter().all(|bits| *bits == all[0]), "{dtype}");
    }
}

#[test]
fn order_statistics_have_the_same_bits_everywhere() {
    // No multiple of the histories that are taken at once; more frames than an 8-bit counter holds.
    for (samples, count) in [(1, 1), (127, 2), (1300, 9), (129, 300)] {
        for dtype in DType::ALL {
            let frames = stack(dtype, samples, count, 5);
            let run = |level, threads| {
                let find = || percentiles(&views(&frames), None, 1, &[50.0, 0.0, 12.5, 100.0]);
                in_pool(threads, || with_level(level, find)).iter().map(bits).collect::<Vec<_>>()
            };
            let one = run(Level::Portable, 1);
            for level in Level::ALL {
                assert!(one == run(level, 3), "{dtype} {samples} × {count} at {level:?}");
            }
        }
    }
}

#[test]
fn far_outliers_do_not_spoil_the_deviation() {
    // The first value, then the mean before every group, is what distances are taken from.
    for outlier in [1e9_f32, -3e7] {
        for at in [0, 5, 8, 63] {
            let value = |t: usize| if t == at { outlier } else { 1.0 + (t % 7) as f32 };
            let frames: Vec<Samples> = (0..64).map(|t| Samples::from(vec![value(t)])).collect();
            let history: Vec<f64> = (0..64).map(|t| f64::from(value(t))).collect();
            let mut reducer = Reducer::new(DType::F32, 1, Wanted::ALL);
            reducer.push(&views(&frames), None, 1);
            let std = reducer.finish(Method::Std, 0).values.as_ref().get_f64(0);
            assert!(oracle::within_ulps(std, oracle::std(&history, 0), 1, true), "{std}");
        }
    }
    // Small numbers on a large offset, as of a thermometer in kelvin times a thousand.
    let value = |t: usize| 3e5 + (t % 5) as f64 * 1e-6;
    let frames: Vec<Samples> = (0..1000).map(|t| Samples::from(vec![value(t)])).collect();
    let mut reducer = Reducer::new(DType::F64, 1, Wanted::ALL);
    reducer.push(&views(&frames), None, 1);
    let std = reducer.finish(Method::Std, 0).values.as_ref().get_f64(0);
    let wanted = oracle::std(&(0..1000).map(value).collect::<Vec<_>>(), 0);
    assert!((std / wanted - 1.0).abs() < 1e-4, "{std} is not {wanted}");
}

#[test]
fn short_sums_spill_without_a_trace() {
    // More frames than the 32-bit sums of 8- and 16-bit samples hold, all at full scale.
    let count = 70_000;
    let u8s = Samples::from(vec![255_u8; 3]);
    let u16s = Samples::from(vec![65_535_u16; 3]);
    let i16s = Samples::from(vec![i16::MIN; 3]);
    for (frame, value) in [(u8s, 255_i128), (u16s, 65_535), (i16s, -32_768)] {
        let mut reducer = Reducer::new(frame.dtype(), 3, Wanted::ALL);
        let mut other = reducer.clone().starting_at(1 << 20);
        let batch = vec![frame.as_ref(); 1000];
        for part in 0..count / 1000 {
            if part % 2 == 0 { &mut reducer } else { &mut other }.push(&batch, None, 1);
        }
        reducer.push(&vec![frame.as_ref(); count / 2], None, 1);
        reducer.merge(&other);
        let n = count as i128 + count as i128 / 2;
        assert_eq!(reducer.sum_exact(2), Some(n * value), "{value}");
        assert_eq!(reducer.finish(Method::Std, 0).values.as_ref().get_f64(1), 0.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn small_shapes_have_the_same_bits_at_every_level(
        stack in strategy::frames(true),
        seed in any::<u64>(),
        batch in 1..12_usize,
    ) {
        let strategy::Frames { shape, dtype, frames, mask } = &stack;
        let zone = strategy::zone(*shape, seed);
        let run = |level| with_level(level, || {
            let mut reducer = Reducer::new(*dtype, shape.samples(), Wanted::ALL);
            let mut histogram = Histogram::new(*dtype);
            let mut other = Vec::new();
            for part in views(frames).chunks(batch) {
                reducer.push(part, mask.as_ref(), shape.channels);
            }
            for frame in views(frames) {
                histogram.push(frame, mask.as_ref(), shape.channels);
                let stats = zone_stats(frame, *shape, mask.as_ref(), &zone, ZoneWant { median: true });
                other.push(zone_bits(&stats));
                let scan = FrameScan::new(frame, mask.as_ref(), shape.channels);
                other.push(vec![scan.n, scan.or_bits, scan.min.to_bits(), scan.max.to_bits(), scan.mean.to_bits()]);
            }
            let moments = MOMENTS.map(|method| bits(&reducer.finish(method, 1)));
            let order = percentiles(&views(frames), mask.as_ref(), shape.channels, &[50.0, 31.0]);
            (moments, order.iter().map(bits).collect::<Vec<_>>(), histogram, other)
        });
        let portable = run(Level::Portable);
        for level in Level::ALL {
            prop_assert!(portable == run(level), "{:?}", level);
        }
    }
}

/// Zones longer than a block of the kernel, with runs that touch and runs that do not.
#[test]
fn large_zones_have_the_same_bits_at_every_level() {
    for (shape, width) in
        [(FrameShape::new(70, 90, 1), 90), (FrameShape::new(70, 90, 1), 61), (FrameShape::new(80, 33, 3), 33)]
    {
        let spans = (0..shape.height)
            .map(|y| blitz_core::zone::Span { y, start: shape.width - width, end: shape.width })
            .collect();
        let zone = blitz_core::ZoneMask { spans, pixels: width * shape.height };
        for dtype in DType::ALL {
            let frame = strategy::samples(dtype, shape.samples(), 40, false);
            let run = |level| {
                let stats = || zone_stats(frame.as_ref(), shape, None, &zone, ZoneWant { median: true });
                with_level(level, stats)
            };
            let stats = run(Level::Portable);
            for level in Level::ALL {
                assert_eq!(zone_bits(&stats), zone_bits(&run(level)), "{dtype} at {level:?}");
            }
            for (c, stats) in stats.iter().enumerate() {
                let pixels = (0..shape.pixels()).filter(|p| p % shape.width >= shape.width - width);
                let values: Vec<f64> =
                    pixels.map(|p| frame.as_ref().get_f64(p * shape.channels + c)).collect();
                let valid = oracle::valid(&values);
                assert_eq!(
                    (stats.n as usize, stats.missing as usize),
                    (valid.len(), values.len() - valid.len())
                );
                let scale = valid.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                assert!((stats.mean - oracle::mean(&values)).abs() <= scale * 1e-12, "{dtype}");
                assert!((stats.std - oracle::std(&values, 0)).abs() <= scale * 1e-9, "{dtype}");
                assert_eq!((stats.min, stats.max), (oracle::min(&values), oracle::max(&values)));
            }
        }
    }
}
