//! Windows over time against naive evaluation, and every path against every other.

use blitz_core::{Cancel, DType, Samples, SamplesMut, SamplesRef};
use blitz_kernels::pipeline::Working;
use blitz_kernels::simd::{Level, with_level};
use blitz_kernels::windows::{Blocks, FrameExchange, FrameSweep, Sweep, direct, successive};
use blitz_kernels::{Counts, Method, Wanted};
use blitz_testkit::oracle::{self, within_ulps};
use blitz_testkit::{Noise, strategy};
use proptest::prelude::*;

const METHODS: [Method; 8] = [
    Method::Mean,
    Method::Sum,
    Method::Min,
    Method::Max,
    Method::Std,
    Method::Median,
    Method::Percentile(13.0),
    Method::Percentile(75.0),
];

fn expected(values: &[f64], method: Method, ddof: u32) -> f64 {
    match method {
        Method::Mean => oracle::mean(values),
        Method::Sum => oracle::sum(values),
        Method::Min => oracle::min(values),
        Method::Max => oracle::max(values),
        Method::Std => oracle::std(values, ddof),
        Method::Median => oracle::percentile(values, 50.0),
        Method::Percentile(q) => oracle::percentile(values, q),
    }
}

/// The working type of a source, as a buffer of missing values.
fn buffer(dtype: DType, len: usize) -> Samples {
    match dtype.result() {
        DType::F64 => Samples::F64(vec![-1.0; len]),
        _ => Samples::F32(vec![-1.0; len]),
    }
}

fn bits(samples: &Samples) -> Vec<u64> {
    samples.as_ref().to_f64_vec().into_iter().map(f64::to_bits).collect()
}

fn refs(frames: &[Option<Samples>]) -> Vec<Option<SamplesRef<'_>>> {
    frames.iter().map(|f| f.as_ref().map(Samples::as_ref)).collect()
}

/// Compares one window's result with the oracle.
fn check(found: &Samples, counts: &Counts, window: &[Option<Samples>], method: Method, ddof: u32) {
    for i in 0..found.len() {
        let values: Vec<f64> = window.iter().flatten().map(|f| f.as_ref().get_f64(i)).collect();
        let valid = oracle::valid(&values);
        assert_eq!(counts.at(i), valid.len() as u64, "{method:?} count of {values:?}");
        let (got, want) = (found.as_ref().get_f64(i), expected(&values, method, ddof));
        if valid.iter().any(|v| v.is_infinite()) && matches!(method, Method::Std | Method::Percentile(_)) {
            continue;
        }
        let single = found.dtype() == DType::F32;
        // The oracle's own rounding: sums in f64, relative to what was added up.
        let size = valid.iter().map(|v| v.abs()).fold(0.0, f64::max) * valid.len() as f64;
        let slack = if method == Method::Std {
            size * 1e-14 * if got.is_nan() { 0.0 } else { 1.0 + size / got.abs().max(size * 1e-9) }
        } else {
            size * 1e-15
        };
        let near = within_ulps(got, want, 1, single) || (got - want).abs() <= slack;
        assert!(near, "{method:?} of {values:?}: {got} is not {want}");
    }
}

fn stack(dtype: DType, samples: usize, count: usize, seed: u64, infinities: bool) -> Vec<Option<Samples>> {
    let mut noise = Noise::new(seed);
    (0..count)
        .map(|_| {
            let frame = strategy::samples(dtype, samples, noise.bits(), infinities);
            (noise.below(6) > 0).then_some(frame)
        })
        .collect()
}

/// Compares windows that follow each other with each by itself.
fn same_alone<W>(frames: &[Option<SamplesRef<'_>>], window: usize, count: usize, method: Method)
where
    W: Working,
    for<'a> &'a mut [W]: Into<SamplesMut<'a>>,
{
    let samples = frames.iter().flatten().next().map_or(3, |f| f.len());
    let mut outs = vec![vec![W::ONE; samples]; count];
    successive(frames, window, method, &mut outs, &Cancel::default());
    for (i, out) in outs.iter().enumerate() {
        let mut alone = vec![W::ONE; samples];
        direct(&frames[i..i + window], i, method, 0, alone.as_mut_slice().into(), &Cancel::default());
        let bits = |values: &[W]| values.iter().map(|v| v.to_f64().to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(out), bits(&alone), "{method:?}, window {i} of {count}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sweeps_are_naive_windows(
        dtype in strategy::dtype(),
        samples in strategy::side(),
        count in 1..24_usize,
        window in 1..12_usize,
        first in 0..40_usize,
        ddof in 0..3_u32,
        seed: u64,
        infinities: bool,
    ) {
        let frames = stack(dtype, samples, count, seed, infinities);
        for method in METHODS {
            let mut sweep = Sweep::new(dtype, samples, window, method, ddof, first);
            for (n, frame) in frames.iter().enumerate() {
                sweep.push(frame.as_ref().map(Samples::as_ref));
                prop_assert_eq!(sweep.is_whole(), n + 1 >= window);
                if !sweep.is_whole() {
                    continue;
                }
                let start = n + 1 - window;
                let held = &frames[start..=n];
                let mut swept = buffer(dtype, samples);
                let counts = sweep.result(swept.as_mut());
                check(&swept, &counts, held, method, ddof);
                let mut alone = buffer(dtype, samples);
                let alone_counts = direct(&refs(held), first + start, method, ddof, alone.as_mut(), &Cancel::default());
                prop_assert_eq!(bits(&swept), bits(&alone), "{:?} of {}", method, dtype);
                for i in 0..samples {
                    prop_assert_eq!(counts.at(i), alone_counts.at(i));
                }
            }
        }
    }

    #[test]
    fn successive_windows_are_single_ones(
        dtype in strategy::dtype(),
        samples in strategy::side(),
        window in 1..40_usize,
        more in 0..40_usize,
        seed: u64,
        q in prop_oneof![Just(0.0), Just(50.0), Just(100.0), 0.0..=100.0],
    ) {
        let count = 1 + more % window;
        let frames = stack(dtype, samples, window + count - 1, seed, true);
        let (frames, method) = (refs(&frames), Method::Percentile(q));
        match dtype.result() {
            DType::F64 => same_alone::<f64>(&frames, window, count, method),
            _ => same_alone::<f32>(&frames, window, count, method),
        }
    }

    #[test]
    fn bands_levels_and_starts_do_not_matter(
        dtype in strategy::dtype(),
        samples in 1..200_usize,
        cut in 0..200_usize,
        skip in 0..9_usize,
        seed: u64,
    ) {
        let (window, frames) = (5, stack(dtype, samples, 14, seed, true));
        let cut = cut.min(samples);
        let views = refs(&frames);
        for method in METHODS {
            let run = |range: std::ops::Range<usize>, skip: usize, level: Level| with_level(level, || {
                let mut sweep = Sweep::new(dtype, range.len(), window, method, 1, 3 + skip);
                for view in &views[skip..] {
                    sweep.push(view.map(|v| v.slice(range.clone())));
                }
                let mut out = buffer(dtype, range.len());
                sweep.result(out.as_mut());
                bits(&out)
            });
            let whole = run(0..samples, 0, Level::Portable);
            let mut parts = run(0..cut, skip, Level::Avx2);
            parts.extend(run(cut..samples, skip, Level::Avx512));
            prop_assert_eq!(whole, parts, "{:?} of {}", method, dtype);
        }
    }

    #[test]
    fn blocks_agree_with_windows(
        dtype in strategy::dtype(),
        samples in strategy::side(),
        size in 1..6_usize,
        start in 0..12_usize,
        len in 1..20_usize,
        gathered: u32,
        seed: u64,
    ) {
        let frames = stack(dtype, samples, start + len, seed, false);
        let mut blocks = Blocks::new(dtype, samples, size, Wanted::ALL);
        for index in (0..32).filter(|i| gathered & (1 << i) != 0) {
            let range = blocks.frames_of(index);
            if range.end <= frames.len() {
                let mut block = blocks.gather(index);
                for number in range {
                    if let Some(frame) = &frames[number] {
                        block.push_at(&[number], &[frame.as_ref()], None, 1);
                    }
                }
                blocks.insert(index, block);
                prop_assert!(blocks.has(index));
            }
        }
        let range = start..start + len;
        let needed = blocks.frames_needed(range.clone());
        for method in [Method::Mean, Method::Sum, Method::Min, Method::Max, Method::Std] {
            let mut asked = Vec::new();
            let found = blocks.window(range.clone(), method, 0, |n| {
                asked.push(n);
                frames[n].as_ref().map(Samples::as_ref)
            });
            prop_assert_eq!(&asked, &needed);
            check_reduced(&found.values, &found.counts, &frames[range.clone()], method);
        }
    }
}

fn check_reduced(found: &Samples, counts: &Counts, window: &[Option<Samples>], method: Method) {
    if counts.missing(found.len()) == 0 {
        check(found, counts, window, method, 0);
    }
}

#[test]
fn exchanged_frames_give_the_bits_of_held_ones() {
    let (samples, window) = (20_003, 5);
    for dtype in DType::ALL {
        let mut noise = Noise::new(7);
        let frames: Vec<Option<Samples>> =
            (0..17).map(|i| (i % 6 != 4).then(|| noise.samples(dtype, samples))).collect();
        for method in [Method::Mean, Method::Sum, Method::Std, Method::Max] {
            let Some(mut exchange) = FrameExchange::new(dtype, samples, method, 1) else {
                assert!(dtype.is_float() || method == Method::Max);
                continue;
            };
            let mut sweep = FrameSweep::new(dtype, samples, window, method, 1, 0);
            for (n, frame) in frames.iter().enumerate() {
                sweep.push(frame.as_ref().map(Samples::as_ref));
                if let Some(frame) = frame {
                    exchange.enter(frame.as_ref());
                }
                if let Some(leaving) = n.checked_sub(window).and_then(|n| frames[n].as_ref()) {
                    exchange.leave(leaving.as_ref());
                }
                let (mut held, mut found) = (vec![0.0_f64; samples], vec![0.0_f64; samples]);
                let counts = sweep.result(held.as_mut_slice().into());
                assert_eq!(exchange.result(found.as_mut_slice().into()), counts, "{dtype} {method:?} {n}");
                assert!(
                    held.iter().zip(&found).all(|(a, b)| a.to_bits() == b.to_bits()),
                    "{dtype} {method:?}"
                );
            }
        }
    }
}

#[test]
fn blocks_are_kept_near_and_shared() {
    let frames = vec![Samples::from(vec![1_u8, 2]); 40];
    let mut blocks = Blocks::new(DType::U8, 2, 4, Wanted::ALL);
    assert_eq!(blocks.missing(3..17), [1, 2, 3]);
    for index in 0..10 {
        let mut block = blocks.gather(index);
        let range = blocks.frames_of(index);
        block.push(&frames[range].iter().map(Samples::as_ref).collect::<Vec<_>>(), None, 1);
        blocks.insert(index, block);
    }
    let mut other = Blocks::new(DType::U8, 2, 4, Wanted::ALL);
    other.adopt(&blocks);
    other.keep_near(6, 3);
    assert_eq!((0..10).filter(|&i| other.has(i)).collect::<Vec<_>>(), [5, 6, 7]);
    assert_eq!(other.gathered(), 3);
    assert_eq!(blocks.gathered(), 10, "clones share blocks, not their list");
    // About the square root, more where a window's blocks would be too many.
    assert_eq!(Blocks::size_for(1000, 1 << 20, 256 << 20), 32);
    assert_eq!(Blocks::size_for(50_000, 1 << 20, 100 << 20), 512);
    assert_eq!(Blocks::size_for(1, usize::MAX, 1), 8);
}

#[test]
fn whole_frames_are_swept_as_bands_are() {
    let (dtype, samples, window) = (DType::F32, 40_001, 4);
    let mut noise = Noise::new(3);
    let frames: Vec<Samples> = (0..9).map(|_| noise.samples(dtype, samples)).collect();
    let mut whole = FrameSweep::new(dtype, samples, window, Method::Mean, 0, 0);
    let mut band = Sweep::new(dtype, samples, window, Method::Mean, 0, 0);
    for frame in &frames {
        whole.push(Some(frame.as_ref()));
        band.push(Some(frame.as_ref()));
    }
    assert!(whole.is_whole());
    let (mut a, mut b) = (buffer(dtype, samples), buffer(dtype, samples));
    assert_eq!(whole.result(a.as_mut()), Counts::Uniform(4));
    band.result(b.as_mut());
    assert_eq!(bits(&a), bits(&b));
}

#[test]
fn nothing_drifts_in_a_hundred_thousand_steps() {
    let (samples, window, steps) = (3, 50, 100_000);
    for dtype in [DType::U8, DType::U16, DType::F32, DType::F64] {
        for method in [Method::Mean, Method::Std, Method::Median, Method::Max] {
            let mut noise = Noise::new(11);
            let mut sweep = Sweep::new(dtype, samples, window, method, 0, 0);
            let mut last: std::collections::VecDeque<Option<Samples>> = std::collections::VecDeque::new();
            for step in 0..steps {
                let mut frame = noise.samples(dtype, samples);
                // Large values that come and go would leave their rounding in a sum that is subtracted from.
                if step == 500 {
                    match frame.as_mut() {
                        SamplesMut::F32(v) => v[0] = 1e30,
                        SamplesMut::F64(v) => v[0] = 1e300,
                        _ => {}
                    }
                }
                sweep.push(Some(frame.as_ref()));
                last.push_back(Some(frame));
                if last.len() > window {
                    last.pop_front();
                }
            }
            let held: Vec<Option<Samples>> = last.into();
            let mut swept = buffer(dtype, samples);
            let counts = sweep.result(swept.as_mut());
            check(&swept, &counts, &held, method, 0);
            let mut alone = buffer(dtype, samples);
            direct(&refs(&held), steps - window, method, 0, alone.as_mut(), &Cancel::default());
            assert_eq!(bits(&swept), bits(&alone), "{method:?} of {dtype}");
        }
    }
}

#[test]
fn long_windows_of_extremes_do_not_overflow() {
    for (dtype, window) in [(DType::U16, 40_000), (DType::I16, 32_768), (DType::U8, 70_000)] {
        for method in [Method::Mean, Method::Sum, Method::Std] {
            let extreme = match dtype {
                DType::U16 => Samples::U16(vec![u16::MAX; 2]),
                DType::I16 => Samples::I16(vec![i16::MIN; 2]),
                _ => Samples::U8(vec![u8::MAX; 2]),
            };
            let mut sweep = Sweep::new(dtype, 2, window, method, 0, 0);
            for _ in 0..window + 10 {
                sweep.push(Some(extreme.as_ref()));
            }
            let value = extreme.as_ref().get_f64(0);
            let want = match method {
                Method::Std => 0.0,
                Method::Sum => value * window as f64,
                _ => value,
            };
            let mut out = Samples::F64(vec![0.0; 2]);
            assert_eq!(sweep.result(out.as_mut()), Counts::Uniform(window as u64));
            assert_eq!(out.as_ref().get_f64(1), want, "{method:?} of {dtype}");
        }
    }
}

#[test]
fn a_window_of_failed_frames_is_missing() {
    for dtype in DType::ALL {
        for method in METHODS {
            let mut sweep = Sweep::new(dtype, 4, 2, method, 0, 0);
            let mut out = buffer(dtype, 4);
            sweep.push(Some(Samples::zeros(dtype, 4).as_ref()));
            sweep.push(None);
            assert_eq!(sweep.result(out.as_mut()), Counts::Uniform(1));
            assert!(!out.as_ref().get_f64(0).is_nan());
            sweep.push(None);
            assert_eq!(sweep.result(out.as_mut()), Counts::Uniform(0));
            assert!(out.as_ref().to_f64_vec().iter().all(|v| v.is_nan()), "{method:?} of {dtype}");
            assert_eq!(
                direct(&[None, None], 0, method, 0, out.as_mut(), &Cancel::default()),
                Counts::Uniform(0)
            );
        }
    }
}

#[test]
fn bands_are_whole_groups_that_shrink_with_the_window() {
    for dtype in DType::ALL {
        for method in METHODS {
            let bands: Vec<usize> = [1, 10, 1000].map(|window| Sweep::band(dtype, window, method)).into();
            assert!(bands.iter().all(|band| *band >= 64 && band.is_multiple_of(64)), "{bands:?}");
            assert!(bands.is_sorted_by(|a, b| a >= b), "{bands:?}");
        }
    }
}
