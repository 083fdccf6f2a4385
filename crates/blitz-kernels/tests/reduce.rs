//! Reductions over time against naive oracles, over awkward shapes, splits and pools.

use blitz_core::{DType, FrameShape, Mask, Samples, SamplesRef, typed};
use blitz_kernels::{BLOCK, Counts, Histories, Method, Reduced, Reducer, Wanted, median, percentiles};
use blitz_testkit::{Noise, noise_frames, oracle, strategy};
use proptest::prelude::*;

const MOMENTS: [Method; 5] = [Method::Mean, Method::Sum, Method::Min, Method::Max, Method::Std];

fn views(frames: &[Samples]) -> Vec<SamplesRef<'_>> {
    frames.iter().map(Samples::as_ref).collect()
}

fn reducer(frames: &[Samples], mask: Option<&Mask>, channels: usize) -> Reducer {
    let mut reducer = Reducer::new(frames[0].dtype(), frames[0].len(), Wanted::ALL);
    reducer.push(&views(frames), mask, channels);
    reducer
}

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start").install(work)
}

/// Bits of a result: equal also where NaN.
fn bits(reduced: &Reduced) -> (Vec<u8>, Counts) {
    (reduced.values.bytes().to_vec(), reduced.counts.clone())
}

fn all_bits(reducer: &Reducer) -> Vec<(Vec<u8>, Counts)> {
    MOMENTS.iter().map(|&method| bits(&reducer.finish(method, 0))).collect()
}

/// Largest finite magnitude.
fn largest(frames: &[Samples]) -> f64 {
    let values = frames.iter().flat_map(|f| f.as_ref().to_f64_vec());
    values.filter(|v| v.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()))
}

fn expected(method: Method, ddof: u32, values: &[f64]) -> f64 {
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

/// Compares with the oracle; integer minima and maxima of nothing are 0 beside a count of 0.
#[track_caller]
fn agree(found: &Reduced, wanted: &[f64], method: Method, dtype: DType, slack: f64) {
    assert_eq!(found.values.dtype(), method.result(dtype));
    assert_eq!(found.values.len(), wanted.len());
    let single = found.values.dtype() == DType::F32;
    for (i, &want) in wanted.iter().enumerate() {
        let got = found.values.as_ref().get_f64(i);
        if found.counts.at(i) == 0 {
            assert!(want.is_nan(), "sample {i}: {want} but no count");
            assert!(got.is_nan() || (!found.values.dtype().is_float() && got == 0.0));
            continue;
        }
        let near = oracle::within_ulps(got, want, if single { 1 } else { 64 }, single);
        assert!(
            near || (got - want).abs() <= slack,
            "{method:?} of {dtype}, sample {i}: {got} is not {want}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn moments_agree_with_the_definitions(stack in strategy::frames(false), ddof in 0..3_u32) {
        let strategy::Frames { shape, dtype, frames, mask } = &stack;
        let reducer = reducer(frames, mask.as_ref(), shape.channels);
        let scale = largest(frames);
        for method in MOMENTS {
            let wanted = oracle::reduce(frames, mask.as_ref(), shape.channels, |v| expected(method, ddof, v));
            // Two-pass deviations of the oracle are themselves rounded.
            let slack = if method == Method::Std { scale * 1e-14 } else { scale * 1e-15 };
            agree(&reducer.finish(method, ddof), &wanted, method, *dtype, slack);
        }
        let counts = reducer.counts();
        let wanted = oracle::reduce(frames, mask.as_ref(), shape.channels, |v| oracle::valid(v).len() as f64);
        for (i, &n) in wanted.iter().enumerate() {
            prop_assert_eq!(counts.at(i) as f64, n);
        }
        prop_assert_eq!(counts.missing(wanted.len()), wanted.iter().filter(|&&n| n == 0.0).count());
    }

    #[test]
    fn infinities_follow_ieee(stack in strategy::frames(true)) {
        let strategy::Frames { shape, dtype, frames, mask } = &stack;
        let reducer = reducer(frames, mask.as_ref(), shape.channels);
        for method in [Method::Mean, Method::Min, Method::Max] {
            let wanted = oracle::reduce(frames, mask.as_ref(), shape.channels, |v| expected(method, 0, v));
            agree(&reducer.finish(method, 0), &wanted, method, *dtype, 1e-5);
        }
    }

    #[test]
    fn order_statistics_agree_with_sorting(stack in strategy::frames(true), q in 0.0..=100.0_f64) {
        let strategy::Frames { shape, dtype, frames, mask } = &stack;
        let qs = [50.0, 0.0, q, 100.0, 25.0];
        let found = percentiles(&views(frames), mask.as_ref(), shape.channels, &qs);
        for (&q, found) in qs.iter().zip(&found) {
            let method = Method::Percentile(q);
            let wanted = oracle::reduce(frames, mask.as_ref(), shape.channels, |v| expected(method, 0, v));
            // Between neighbours of opposite sign digits cancel, here and in the oracle.
            agree(found, &wanted, method, *dtype, largest(frames) * 1e-15);
        }
        prop_assert_eq!(bits(&median(&views(frames), mask.as_ref(), shape.channels)), bits(&found[0]));
    }

    #[test]
    fn splits_into_pushes_change_no_bit(stack in strategy::frames(true), cuts in prop::collection::vec(1..9_usize, 1..20)) {
        let strategy::Frames { shape, frames, mask, dtype } = &stack;
        let whole = reducer(frames, mask.as_ref(), shape.channels);
        let mut parts = Reducer::new(*dtype, shape.samples(), Wanted::ALL);
        let (mut rest, mut cuts) = (views(frames), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let later = rest.split_off(cuts.next().expect("endless").min(rest.len()));
            parts.push(&rest, mask.as_ref(), shape.channels);
            rest = later;
        }
        prop_assert_eq!(all_bits(&whole), all_bits(&parts));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Frames fail, parts are as long as they like, and are merged in any grouping: the bits are those of one
    /// reducer, and the values those of the definitions.
    #[test]
    fn merging_parts_in_any_grouping_gives_the_bits_of_the_whole(
        stack in strategy::frames(false),
        block in 1..6_usize,
        count in 1..60_usize,
        fails in any::<u64>(),
        cuts in prop::collection::vec(0..60_usize, 0..6),
        order in any::<u64>(),
    ) {
        let strategy::Frames { shape, frames, mask, dtype } = &stack;
        let new = || Reducer::new(*dtype, shape.samples(), Wanted::ALL).in_blocks_of(block);
        let is_read = |n: &usize| fails >> (n % 64) & 1 == 0;
        let push = |reducer: &mut Reducer, range: std::ops::Range<usize>| {
            let numbers: Vec<usize> = range.filter(is_read).collect();
            let frames: Vec<SamplesRef<'_>> = numbers.iter().map(|n| frames[n % frames.len()].as_ref()).collect();
            reducer.push_at(&numbers, &frames, mask.as_ref(), shape.channels);
        };
        let mut whole = new();
        push(&mut whole, 0..count);
        let mut borders: Vec<usize> = cuts.iter().map(|cut| cut % count / block * block).collect();
        borders.extend([0, count]);
        borders.sort_unstable();
        borders.dedup();
        let mut parts: Vec<Reducer> = borders.windows(2).map(|pair| {
            let mut part = new().starting_at(pair[0]);
            push(&mut part, pair[0]..pair[1]);
            part.skip_to(pair[1]);
            Reducer::from_bytes(&part.to_bytes()).expect("reads back")
        }).collect();
        let mut noise = Noise::new(order);
        while parts.len() > 1 {
            let at = noise.below(parts.len() - 1);
            let later = parts.remove(at + 1);
            prop_assert_eq!(parts[at].fault_of_merge(&later), None);
            parts[at].merge(&later);
        }
        let merged = parts.pop().expect("there is a frame, so there is a part");
        prop_assert_eq!(all_bits(&whole), all_bits(&merged));
        let seen: Vec<Samples> =
            (0..count).filter(is_read).map(|n| frames[n % frames.len()].clone()).collect();
        if seen.is_empty() {
            return Ok(());
        }
        for method in MOMENTS {
            let wanted = oracle::reduce(&seen, mask.as_ref(), shape.channels, |v| expected(method, 0, v));
            let slack = if method == Method::Std { largest(&seen) * 1e-14 } else { largest(&seen) * 1e-15 };
            agree(&merged.finish(method, 0), &wanted, method, *dtype, slack * count as f64);
        }
    }

    /// States of samples are merged in any order; medians are those of all frames.
    #[test]
    fn histories_are_merged_in_any_order(stack in strategy::frames(true), seed in any::<u64>()) {
        let strategy::Frames { shape, frames, dtype, .. } = &stack;
        let mut noise = Noise::new(seed);
        let mut parts = vec![Histories::new(*dtype, shape.samples()); 3];
        for (number, frame) in frames.iter().enumerate() {
            parts[noise.below(3)].push(number, frame.as_ref());
        }
        parts.rotate_left(noise.below(3));
        let mut all = Histories::from_bytes(&parts[0].to_bytes()).expect("reads back");
        for part in &parts[1..] {
            prop_assert_eq!(all.merge(part), Ok(()));
        }
        let found = all.percentiles(&[50.0, 31.0]).expect("there are frames");
        let wanted = percentiles(&views(frames), None, 1, &[50.0, 31.0]);
        prop_assert_eq!(found.iter().map(bits).collect::<Vec<_>>(), wanted.iter().map(bits).collect::<Vec<_>>());
        let full = parts.iter().find(|part| !part.is_empty()).expect("there is a frame");
        prop_assert!(all.merge(full).expect_err("frames twice").contains("is in both"));
    }

    /// Whatever is done to a state, it is read or refused, and what is read can be finished.
    #[test]
    fn damaged_states_are_refused_or_harmless(
        stack in strategy::frames(true),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let strategy::Frames { shape, frames, mask, dtype } = &stack;
        let mut bytes = reducer(frames, mask.as_ref(), shape.channels).to_bytes();
        let mut histories = Histories::new(*dtype, shape.samples());
        frames.iter().enumerate().for_each(|(n, frame)| histories.push(n, frame.as_ref()));
        let mut samples = histories.to_bytes();
        for state in [&mut bytes, &mut samples] {
            if let Some(cut) = cut {
                state.truncate(cut.index(state.len()));
            }
            for (at, value) in changes.iter().filter(|_| !state.is_empty()).collect::<Vec<_>>() {
                let at = at.index(state.len());
                state[at] = *value;
            }
        }
        if let Ok(mut read) = Reducer::from_bytes(&bytes) {
            prop_assert!(cut.is_none(), "a cut state is refused");
            let mut later = Reducer::new(*dtype, shape.samples(), Wanted::ALL)
                .in_blocks_of(read.block())
                .starting_at(read.next_frame());
            later.push(&views(frames), mask.as_ref(), shape.channels);
            if let Some(fault) = read.fault_of_merge(&later) {
                // States of other samples are refused, and those that claim nearly all frames that can be counted.
                let kind = |r: &Reducer| (r.dtype(), r.samples(), r.wanted());
                prop_assert!(kind(&read) != kind(&later) || fault.contains("at most"), "{fault}");
            } else {
                read.merge(&later);
                prop_assert_eq!(read.next_frame(), later.next_frame());
            }
            let all = Wanted::ALL == read.wanted();
            prop_assert!(!all || read.finish_all(&MOMENTS, 1).len() == 5);
        }
        if let Ok(read) = Histories::from_bytes(&samples) {
            prop_assert!(cut.is_none() && read.len() <= frames.len());
        }
    }
}

/// Up to a thousand frames around the borders of blocks of 256, every element type, with NaN and failed frames.
#[test]
fn shards_around_block_borders_give_the_bits_of_the_whole() {
    let (samples, most) = (37, 1000);
    for dtype in DType::ALL {
        let mut noise = Noise::new(11);
        let frames: Vec<Samples> =
            (0..most).map(|_| strategy::samples(dtype, samples, noise.bits(), false)).collect();
        for count in [1, 255, 256, 257, 511, 512, 513, 700, 1000] {
            let is_read = |n: &usize| n % 97 != 5 && !(256..290).contains(n);
            let part = |range: std::ops::Range<usize>| {
                let mut reducer = Reducer::new(dtype, samples, Wanted::ALL).starting_at(range.start);
                let numbers: Vec<usize> = range.clone().filter(is_read).collect();
                for batch in numbers.chunks(100) {
                    let views: Vec<SamplesRef<'_>> = batch.iter().map(|&n| frames[n].as_ref()).collect();
                    reducer.push_at(batch, &views, None, 1);
                }
                reducer.skip_to(range.end);
                reducer
            };
            let whole = part(0..count);
            for groups in [1, 2, 3] {
                let borders: Vec<usize> = (0..count).step_by(groups * BLOCK).chain([count]).collect();
                let mut parts = borders.windows(2).map(|pair| part(pair[0]..pair[1]));
                let mut all = parts.next().expect("there are frames");
                parts.for_each(|later| all.merge(&later));
                assert!(all_bits(&all) == all_bits(&whole), "{dtype}, {count} frames by {groups} blocks");
            }
            let seen: Vec<Samples> = (0..count).filter(is_read).map(|n| frames[n].clone()).collect();
            for method in MOMENTS {
                let wanted = oracle::reduce(&seen, None, 1, |v| expected(method, 0, v));
                agree(&whole.finish(method, 0), &wanted, method, dtype, largest(&seen) * 1e-12);
            }
        }
    }
}

/// Several bands with borders inside pixels, and several tiles.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let shape = FrameShape::new(150, 211, 3);
    for dtype in DType::ALL {
        let mut noise = Noise::new(5);
        let frames: Vec<Samples> =
            (0..11).map(|_| strategy::samples(dtype, shape.samples(), noise.bits(), true)).collect();
        let mask = strategy::mask(shape.width, shape.height, 9);
        for mask in [None, Some(&mask)] {
            let run = |threads| {
                in_pool(threads, || {
                    let moments = all_bits(&reducer(&frames, mask, shape.channels));
                    let order = percentiles(&views(&frames), mask, shape.channels, &[50.0, 90.0]);
                    (moments, order.iter().map(bits).collect::<Vec<_>>())
                })
            };
            let one = run(1);
            assert!(one == run(2) && one == run(3), "{dtype}");
        }
    }
}

#[test]
fn bands_and_mask_changes_keep_their_counts() {
    // The mask hides one pixel of the second band only, and only in the second push.
    let samples = 64 * 1024 + 10;
    let frames = noise_frames(3, DType::U8, 3, FrameShape::new(1, samples, 1));
    let mut mask = Mask { width: samples, height: 1, valid: vec![true; samples] };
    mask.valid[samples - 1] = false;
    let mut reducer = Reducer::new(DType::U8, samples, Wanted::ALL);
    reducer.push(&views(&frames[..1]), None, 1);
    assert_eq!(reducer.counts(), Counts::Uniform(1));
    reducer.push(&views(&frames[1..]), Some(&mask), 1);
    let counts = reducer.counts();
    assert_eq!((counts.at(0), counts.at(samples - 2), counts.at(samples - 1)), (3, 3, 1));
    let max = reducer.finish(Method::Max, 0);
    assert_eq!(max.values.as_ref().get_f64(samples - 1), frames[0].as_ref().get_f64(samples - 1));
}

#[test]
fn many_frames_near_full_scale_keep_the_last_bit() {
    // 100,000 frames that alternate between 60,000 − 2 and 60,000 + 2, plus a few of 60,001.
    let frames: Vec<Samples> = (0..100_000_u32)
        .map(|t| Samples::from(vec![if t % 2 == 0 { 59_998_u16 } else { 60_002 }, 60_001]))
        .collect();
    let mut reducer = Reducer::new(DType::U16, 2, Wanted::ALL);
    for batch in views(&frames).chunks(1000) {
        reducer.push(batch, None, 1);
    }
    let std = reducer.finish(Method::Std, 0);
    assert_eq!(typed::<f32>(std.values.as_ref()), [2.0, 0.0]);
    let std = reducer.finish(Method::Std, 1);
    let wanted = (4.0 * 100_000.0 / 99_999.0_f64).sqrt() as f32;
    assert_eq!(typed::<f32>(std.values.as_ref())[0], wanted);
    assert_eq!(typed::<f32>(reducer.finish(Method::Mean, 0).values.as_ref()), [60_000.0, 60_001.0]);
    assert_eq!(reducer.sum_exact(1), Some(6_000_100_000));
}

#[test]
fn extreme_integers_do_not_overflow() {
    for (dtype, low, high) in
        [(DType::I32, -2_147_483_648.0, 2_147_483_647.0), (DType::U32, 0.0, 4_294_967_295.0)]
    {
        let frames: Vec<Samples> = [low, high, high, low, high, low, low, high, high]
            .iter()
            .map(|&v| {
                let mut samples = Samples::zeros(dtype, 1);
                blitz_core::with_samples_mut!(samples.as_mut(), s => s[0] = blitz_core::Sample::from_f64(v));
                samples
            })
            .collect();
        let reducer = reducer(&frames, None, 1);
        let history: Vec<f64> = frames.iter().map(|f| f.as_ref().get_f64(0)).collect();
        let std = reducer.finish(Method::Std, 0).values.as_ref().get_f64(0);
        assert!(oracle::within_ulps(std, oracle::std(&history, 0), 4, false));
        assert_eq!(reducer.sum_exact(0), Some(4 * low as i128 + 5 * high as i128));
    }
}

#[test]
fn one_frame_has_no_spread_and_none_is_missing() {
    for dtype in DType::ALL {
        let frames = noise_frames(1, dtype, 1, FrameShape::new(2, 2, 1));
        let mut reducer = Reducer::new(dtype, 4, Wanted::ALL);
        assert_eq!(reducer.finish(Method::Mean, 0).missing(), 4, "nothing pushed");
        reducer.push(&[], None, 1);
        reducer.push(&views(&frames), None, 1);
        assert_eq!(reducer.finish(Method::Std, 0).values.as_ref().to_f64_vec(), [0.0; 4]);
        let std = reducer.finish(Method::Std, 1);
        assert!(std.values.as_ref().to_f64_vec().iter().all(|v| v.is_nan()), "no degree of freedom left");
        assert_eq!(reducer.finish(Method::Max, 0).values, frames[0], "{dtype}");
    }
    let none = Reducer::new(DType::F32, 0, Wanted::ALL).finish(Method::Mean, 0);
    assert_eq!((none.values.len(), none.missing()), (0, 0));
}

#[test]
fn infinite_deviation_is_nan_although_counted() {
    let frames = [vec![f32::INFINITY, 1.0], vec![0.0, f32::NAN]].map(Samples::from);
    let reducer = reducer(&frames, None, 1);
    let std = reducer.finish(Method::Std, 0);
    assert!(std.values.as_ref().get_f64(0).is_nan());
    assert_eq!((std.counts.at(0), std.counts.at(1), std.missing()), (2, 1, 0));
    assert_eq!(reducer.finish(Method::Mean, 0).values, Samples::from(vec![f32::INFINITY, 1.0]));
}

#[test]
fn states_survive_as_bytes() {
    for dtype in DType::ALL {
        let shape = FrameShape::new(3, 5, 2);
        let mut noise = Noise::new(2);
        let frames: Vec<Samples> =
            (0..5).map(|_| strategy::samples(dtype, shape.samples(), noise.bits(), true)).collect();
        let mask = strategy::mask(5, 3, 4);
        let reducer = reducer(&frames, Some(&mask), 2);
        let back = Reducer::from_bytes(&reducer.to_bytes()).expect("reads back");
        assert_eq!(all_bits(&reducer), all_bits(&back), "{dtype}");
        assert_eq!((back.first_frame(), back.next_frame()), (0, BLOCK), "the block has ended");
        assert_eq!((back.dtype(), back.samples(), back.wanted()), (dtype, 30, Wanted::ALL));
    }
}

#[test]
#[should_panic(expected = "not gathered")]
fn what_was_not_gathered_cannot_be_finished() {
    let wanted = Wanted::for_methods(&[Method::Mean, Method::Median]);
    let _ = Reducer::new(DType::U8, 4, wanted).finish(Method::Std, 0);
}

#[test]
fn long_histories_overflow_no_short_counter() {
    // More frames than an 8-bit counter holds, three times over, with an odd number of them.
    let count = 701;
    for dtype in [DType::U8, DType::U16, DType::I16] {
        let frames = noise_frames(8, dtype, count, FrameShape::new(1, 70, 1));
        let found = percentiles(&views(&frames), None, 1, &[50.0, 99.9]);
        for (q, found) in [50.0, 99.9].into_iter().zip(&found) {
            let wanted = oracle::reduce(&frames, None, 1, |v| oracle::percentile(v, q));
            agree(found, &wanted, Method::Percentile(q), dtype, 0.0);
        }
        let constant: Vec<Samples> = vec![frames[0].clone(); count];
        let median = median(&views(&constant), None, 1);
        assert_eq!(median.values.as_ref().to_f64_vec(), frames[0].as_ref().to_f64_vec());
    }
}

/// What accumulators are said to take at most holds what they are.
#[test]
fn accumulators_hold_no_more_than_is_said() {
    const SAMPLES: usize = 4096;
    for dtype in [DType::U8, DType::U16, DType::I16, DType::U32, DType::I32, DType::F32, DType::F64] {
        for frames in [1, 300, 1100] {
            for methods in
                [&[Method::Mean][..], &[Method::Std], &[Method::Mean, Method::Std, Method::Min, Method::Max]]
            {
                let wanted = Wanted::for_methods(methods);
                let mut reducer = Reducer::new(dtype, SAMPLES, wanted);
                let frame = noise_frames(1, dtype, 1, FrameShape::new(64, 64, 1)).remove(0);
                for _ in 0..frames {
                    reducer.push(&[frame.as_ref()], None, 1);
                }
                let (found, most) =
                    (reducer.to_bytes().len(), SAMPLES * wanted.bytes_per_sample(dtype, frames));
                assert!(found <= most + 4096, "{dtype} {frames} {methods:?}: {found} bytes, {most} at most");
            }
        }
    }
}
