//! Kernels on single frames against naive oracles.

use blitz_core::{DType, FrameShape, Samples, with_samples_mut};
use blitz_kernels::convert::{luminance, stretch_each_frame, stretched_dtype, to_8bit};
use blitz_kernels::resample::{shrink, shrunk_shape};
use blitz_kernels::{FrameScan, Geometry, Histogram, Rotation, ZoneWant, zone_stats};
use blitz_testkit::{Noise, oracle, strategy};
use proptest::prelude::*;

const ROTATIONS: [(Rotation, usize); 4] =
    [(Rotation::None, 0), (Rotation::Cw, 1), (Rotation::Half, 2), (Rotation::Ccw, 3)];

#[track_caller]
fn near(found: f64, wanted: f64, slack: f64, what: &str) {
    let equal = found == wanted || (found.is_nan() && wanted.is_nan());
    assert!(equal || (found - wanted).abs() <= slack, "{what}: {found} is not {wanted}");
}

fn largest(values: &[f64]) -> f64 {
    oracle::finite(values).iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

/// A frame as f64 vector of bits, so that NaN equals NaN.
fn value_bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn zones(shape in strategy::shape(), dtype in strategy::dtype(), seed: u64, masked: bool, infinities: bool) {
        let frame = strategy::samples(dtype, shape.samples(), seed, infinities);
        let mask = masked.then(|| strategy::mask(shape.width, shape.height, seed));
        let zone = strategy::zone(shape, seed);
        let stats = zone_stats(frame.as_ref(), shape, mask.as_ref(), &zone, ZoneWant { median: true });
        prop_assert_eq!(stats.len(), shape.channels);
        for (channel, stats) in stats.iter().enumerate() {
            let values = oracle::zone_values(frame.as_ref(), shape, mask.as_ref(), &zone, channel);
            let slack = largest(&values) * 1e-13 * values.len() as f64;
            prop_assert_eq!(stats.n, oracle::valid(&values).len() as u64);
            prop_assert_eq!(stats.n + stats.missing, values.len() as u64);
            near(stats.mean, oracle::mean(&values), slack, "mean");
            near(stats.sum, oracle::sum(&values), slack, "sum");
            near(stats.min, oracle::min(&values), 0.0, "min");
            near(stats.max, oracle::max(&values), 0.0, "max");
            near(stats.std, oracle::std(&values, 0), slack, "std");
            near(stats.median, oracle::percentile(&values, 50.0), slack, "median");
        }
    }

    #[test]
    fn scans(shape in strategy::shape(), dtype in strategy::dtype(), seed: u64, masked: bool) {
        let frame = strategy::samples(dtype, shape.samples(), seed, true);
        let mask = masked.then(|| strategy::mask(shape.width, shape.height, seed));
        let scan = FrameScan::new(frame.as_ref(), mask.as_ref(), shape.channels);
        let values = oracle::reduce(std::slice::from_ref(&frame), mask.as_ref(), shape.channels,
            |v| v.first().copied().unwrap_or(f64::NAN));
        let finite = oracle::finite(&values);
        prop_assert_eq!(scan.n, oracle::valid(&values).len() as u64);
        prop_assert_eq!(scan.infinite, scan.n - finite.len() as u64);
        prop_assert_eq!(scan.n + scan.missing, values.len() as u64);
        near(scan.min, oracle::min(&finite), 0.0, "min");
        near(scan.max, oracle::max(&finite), 0.0, "max");
        near(scan.mean, oracle::mean(&finite), largest(&values) * 1e-12, "mean");
        prop_assert_eq!(scan.at_max, finite.iter().filter(|&&v| v == scan.max).count() as u64);
    }

    #[test]
    fn histograms(shape in strategy::shape(), dtype in strategy::dtype(), seed: u64, masked: bool, q in 0.0..=100.0_f64) {
        let mut noise = Noise::new(seed);
        let frames: Vec<Samples> = (0..3)
            .map(|_| strategy::samples(dtype, shape.samples(), noise.bits(), true)).collect();
        let mask = masked.then(|| strategy::mask(shape.width, shape.height, seed));
        let one = |frame: &Samples| {
            let mut histogram = Histogram::new(dtype);
            histogram.push(frame.as_ref(), mask.as_ref(), shape.channels);
            histogram
        };
        let mut histogram = Histogram::new(dtype);
        for frame in &frames {
            histogram.push(frame.as_ref(), mask.as_ref(), shape.channels);
        }
        let mut merged = one(&frames[2]);
        merged.merge(&one(&frames[0]));
        merged.merge(&Histogram::new(dtype));
        merged.merge(&one(&frames[1]));
        prop_assert_eq!(&merged, &histogram, "any order of merges");

        let values: Vec<f64> = frames.iter().flat_map(|frame| {
            oracle::reduce(std::slice::from_ref(frame), mask.as_ref(), shape.channels, |v| v.first().copied().unwrap_or(f64::NAN))
        }).collect();
        let finite = oracle::finite(&values);
        prop_assert_eq!(histogram.n(), finite.len() as u64);
        prop_assert_eq!(histogram.infinite(), values.iter().filter(|v| v.is_infinite()).count() as u64);
        prop_assert_eq!(histogram.missing(), values.iter().filter(|v| v.is_nan()).count() as u64);
        prop_assert_eq!(histogram.bins(40).iter().map(|b| b.count).sum::<u64>(), histogram.n());
        if finite.is_empty() {
            prop_assert_eq!(histogram.percentile(q), None);
            prop_assert_eq!(histogram.levels(1.0), (0.0, 1.0));
            return Ok(());
        }
        let (low, high) = (oracle::min(&finite), oracle::max(&finite));
        prop_assert_eq!((histogram.min(), histogram.max()), (Some(low), Some(high)));
        prop_assert!(histogram.resolution() <= (high - low) / 8191.0 || high == low || high - low < 1e-6, "{}", histogram.resolution());
        for q in [0.0, 50.0, 100.0, q] {
            let found = histogram.percentile(q).expect("not empty");
            near(found, oracle::percentile(&finite, q), histogram.resolution() + largest(&finite) * 1e-15, "percentile");
        }
        let (lo, hi) = histogram.levels(0.0);
        prop_assert_eq!(lo, low);
        prop_assert!(lo < hi && (hi == high || low == high));
        let bins = histogram.bins(40);
        prop_assert!(bins.len() <= 40 && bins[0].lo <= low && bins[bins.len() - 1].hi >= high);
    }

    #[test]
    fn shrinking(shape in strategy::shape(), dtype in strategy::dtype(), seed: u64, scale in 0.01..=1.0_f64, infinities: bool) {
        let frame = strategy::samples(dtype, shape.samples(), seed, infinities);
        let target = shrunk_shape(shape, scale);
        let mut out = Samples::zeros(dtype, target.samples());
        shrink(frame.as_ref(), shape, target, out.as_mut());
        let wanted = oracle::area_average(frame.as_ref(), shape, target);
        let slack = largest(&frame.as_ref().to_f64_vec()) * if dtype == DType::F32 { 1e-7 } else { 1e-12 };
        for (i, &want) in wanted.iter().enumerate() {
            let found = out.as_ref().get_f64(i);
            if dtype.is_float() {
                near(found, want, slack, "average");
            } else {
                near(found, want, 0.5 + slack, "average");
            }
        }
    }

    #[test]
    fn geometry(shape in strategy::shape(), dtype in strategy::dtype(), seed: u64,
                transpose: bool, turn in 0..4_usize, flip_x: bool, flip_y: bool, u in 0.0..1.0_f64, v in 0.0..1.0_f64) {
        let frame = strategy::samples(dtype, shape.samples(), seed, true);
        let (rotate, turns) = ROTATIONS[turn];
        let geometry = Geometry { transpose, rotate, flip_x, flip_y };
        let (shown, shown_shape) = geometry.apply(frame.as_ref(), shape);
        let (wanted, wanted_shape) =
            oracle::displayed(&frame.as_ref().to_f64_vec(), shape, transpose, turns, flip_x, flip_y);
        prop_assert_eq!(shown_shape, wanted_shape);
        prop_assert_eq!(value_bits(&shown.as_ref().to_f64_vec()), value_bits(&wanted));

        let point = (u * shape.width as f64, v * shape.height as f64);
        let mapped = geometry.map_point(shape, point);
        let back = geometry.unmap_point(shape, mapped);
        near(back.0, point.0, 1e-12, "x");
        near(back.1, point.1, 1e-12, "y");
        // The pixel under a point is the same on both sides.
        let pixel = (mapped.0.floor() as usize, mapped.1.floor() as usize);
        let source = geometry.source_pixel(shape, pixel);
        let pixel_of = |p: (f64, f64)| (p.0 as usize, p.1 as usize);
        let on_edge = mapped.0.fract() == 0.0 || mapped.1.fract() == 0.0;
        prop_assert!(on_edge || source == pixel_of(point));
    }

    #[test]
    fn luminances(pixels in 1..50_usize, channels in 3..=4_usize, dtype in strategy::dtype(), seed: u64) {
        let frame = strategy::samples(dtype, pixels * channels, seed, false);
        let mut out = Samples::zeros(dtype, pixels);
        luminance(frame.as_ref(), channels, out.as_mut());
        let magnitude = largest(&frame.as_ref().to_f64_vec());
        for (i, &want) in oracle::luminance(frame.as_ref(), channels).iter().enumerate() {
            let (want, slack) = match dtype {
                DType::F32 => (want, want.abs() * 1e-7 + magnitude * 1e-15),
                DType::F64 => (want, magnitude * 1e-15),
                _ => (want.round(), 0.0),
            };
            near(out.as_ref().get_f64(i), want, slack, "luminance");
        }
    }

    #[test]
    fn eight_bits(dtype in strategy::dtype(), seed: u64, full in 1..70_000_u64) {
        let mut frame = strategy::samples(dtype, 200, seed, true);
        if dtype.is_float() {
            with_samples_mut!(frame.as_mut(), s => s.iter_mut().for_each(|v| {
                *v = blitz_core::Sample::from_f64(v.to_f64() / 500.0);
            }));
        }
        let mut out = [0; 200];
        let missing = to_8bit(frame.as_ref(), full, &mut out);
        prop_assert_eq!(missing, frame.as_ref().to_f64_vec().iter().filter(|v| v.is_nan()).count() as u64);
        for (v, &found) in frame.as_ref().to_f64_vec().into_iter().zip(&out) {
            let want = match dtype {
                DType::U8 => v,
                DType::F32 | DType::F64 if v.is_nan() => 0.0,
                DType::F32 | DType::F64 => (v * 255.0).clamp(0.0, 255.0).floor(),
                _ => ((v as i128).max(0) * 255 / i128::from(full)).min(255) as f64,
            };
            prop_assert_eq!(f64::from(found), want, "{} of {}", v, full);
        }
    }

    #[test]
    fn stretching(dtype in strategy::dtype(), seed: u64, eight_bit: bool) {
        let frame = strategy::samples(dtype, 200, seed, true);
        let to = stretched_dtype(dtype, eight_bit);
        let mut out = Samples::zeros(to, 200);
        let done = stretch_each_frame(frame.as_ref(), out.as_mut());
        let values = frame.as_ref().to_f64_vec();
        let finite = oracle::finite(&values);
        let (lo, hi) = (oracle::min(&finite), oracle::max(&finite));
        near(done.lo, lo, 0.0, "lo");
        near(done.hi, hi, 0.0, "hi");
        let has_range = lo < hi;
        for (&v, &found) in values.iter().zip(&out.as_ref().to_f64_vec()) {
            let u = ((v - lo) / (hi - lo)).clamp(0.0, 1.0);
            match to.full_scale() {
                _ if !has_range && to == dtype && to != DType::U8 => near(found, v, 0.0, "unchanged"),
                _ if !has_range => near(found, 0.0, 0.0, "no range"),
                Some(_) if v.is_nan() => near(found, 0.0, 0.0, "missing"),
                None => near(found, u, 1e-6, "stretched"),
                // The oracle's product may be rounded across an integer.
                Some(full) => {
                    let product = u * full;
                    prop_assert!(found >= (product - 1e-6).floor() && found <= (product + 1e-6).floor());
                }
            }
        }
    }
}

#[test]
fn every_u16_converts_exactly_for_usual_full_scales() {
    let frame: Vec<u16> = (0..=u16::MAX).collect();
    let mut out = vec![0; frame.len()];
    for full in [1, 255, 1023, 4095, 16_383, 65_520, 65_535] {
        to_8bit((&frame[..]).into(), full, &mut out);
        for (&v, &found) in frame.iter().zip(&out) {
            assert_eq!(u64::from(found), (u64::from(v) * 255 / full).min(255), "{v} of {full}");
        }
    }
}

#[test]
fn ties_round_away_from_zero_when_shrinking() {
    let shape = FrameShape::new(1, 4, 1);
    let mut out = Samples::zeros(DType::I16, 2);
    shrink(Samples::from(vec![1_i16, 2, -1, -2]).as_ref(), shape, FrameShape::new(1, 2, 1), out.as_mut());
    assert_eq!(out, Samples::from(vec![2_i16, -2]));
}

#[test]
fn shrunk_sides_are_those_of_the_decimal_number() {
    let side = |n: usize, scale: f64| shrunk_shape(FrameShape::new(n, 1, 1), scale).height;
    assert_eq!((side(100, 0.29), side(7, 0.5), side(3, 0.1), side(5, 1.0), side(5, 7.0)), (29, 3, 1, 5, 5));
}

#[test]
fn clockwise_is_clockwise() {
    let frame = Samples::from(vec![1_u8, 2, 3, 4, 5, 6]);
    let turned =
        |rotate| Geometry { rotate, ..Geometry::default() }.apply(frame.as_ref(), FrameShape::new(2, 3, 1)).0;
    assert_eq!(turned(Rotation::Cw), Samples::from(vec![4_u8, 1, 5, 2, 6, 3]));
    assert_eq!(turned(Rotation::Ccw), Samples::from(vec![3_u8, 6, 2, 5, 1, 4]));
    assert_eq!(turned(Rotation::Half), Samples::from(vec![6_u8, 5, 4, 3, 2, 1]));
    assert!(Geometry::default().is_identity());
    let there_and_back = Geometry { transpose: true, rotate: Rotation::Cw, flip_x: true, flip_y: false };
    assert!(there_and_back.is_identity(), "a clockwise turn is a mirrored transposition");
}

#[test]
fn histogram_range_grows_without_losing_counts() {
    let mut histogram = Histogram::new(DType::F64);
    for v in [0.0, 1e-300, -1e-300, 5e-324, 1.0, -1e10, 1e300, f64::MAX, f64::MIN] {
        histogram.push((&[v][..]).into(), None, 1);
    }
    assert_eq!((histogram.n(), histogram.min(), histogram.max()), (9, Some(f64::MIN), Some(f64::MAX)));
    assert_eq!(histogram.bins(usize::MAX).iter().map(|b| b.count).sum::<u64>(), 9);
    assert!(histogram.percentile(50.0).expect("not empty").abs() <= histogram.resolution());
}

#[test]
fn levels_always_differ() {
    let levels = |v: f64| {
        let mut histogram = Histogram::new(DType::F64);
        histogram.push((&[v, f64::NAN, f64::INFINITY][..]).into(), None, 1);
        histogram.levels(1.0)
    };
    assert_eq!(levels(7.5), (7.5, 8.5));
    assert_eq!(levels(f64::NAN), (0.0, 1.0));
    let (lo, hi) = levels(1e20);
    assert!(lo < hi);
}

#[test]
fn whole_factors_average_whole_boxes() {
    for (dtype, channels) in
        [(DType::U8, 1), (DType::I16, 1), (DType::U32, 1), (DType::U16, 3), (DType::F64, 1)]
    {
        let shape = FrameShape::new(12, 24, channels);
        let frame = strategy::samples(dtype, shape.samples(), 3, false);
        for (height, width) in [(6, 12), (4, 8), (12, 8), (1, 1), (5, 12), (12, 24)] {
            let target = FrameShape::new(height, width, channels);
            let mut out = Samples::zeros(dtype, target.samples());
            shrink(frame.as_ref(), shape, target, out.as_mut());
            for (i, &want) in oracle::area_average(frame.as_ref(), shape, target).iter().enumerate() {
                let magnitude = largest(&frame.as_ref().to_f64_vec());
                let slack = if dtype.is_float() { magnitude * 1e-13 } else { 0.5 + 1e-6 };
                near(out.as_ref().get_f64(i), want, slack, "box");
            }
        }
    }
}
