//! Comparison with `NumPy` and `SciPy`; `reference/make_reference.py` writes the file.

use blitz_core::{DType, FrameShape, Samples, SamplesRef, with_samples_mut};
use blitz_kernels::resample::shrink;
use blitz_kernels::{Histogram, Method, Reducer, Wanted, percentiles};
use blitz_testkit::oracle::within_ulps;
use serde::Deserialize;

type Numbers = Vec<Option<f64>>;

#[derive(Deserialize)]
struct Reference {
    qs: Vec<f64>,
    reductions: Vec<Reduction>,
    shrinks: Vec<Shrink>,
}

#[derive(Deserialize)]
struct Reduction {
    dtype: String,
    frames: Vec<Numbers>,
    mean: Numbers,
    std: Numbers,
    std1: Numbers,
    scipy_std1: Option<Numbers>,
    median: Numbers,
    percentiles: Vec<Numbers>,
    pooled: Vec<f64>,
}

#[derive(Deserialize)]
struct Shrink {
    dtype: String,
    from: (usize, usize),
    to: (usize, usize),
    samples: Numbers,
    expected: Numbers,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/reference.json")).expect("the file is checked in")
}

fn samples(dtype: &str, values: &Numbers) -> Samples {
    let dtype = DType::ALL.into_iter().find(|d| d.name() == dtype).expect("a known type");
    let mut samples = Samples::zeros(dtype, values.len());
    with_samples_mut!(samples.as_mut(), s => {
        for (to, from) in s.iter_mut().zip(values) {
            *to = blitz_core::Sample::from_f64(from.unwrap_or(f64::NAN));
        }
    });
    samples
}

#[track_caller]
fn agree(found: SamplesRef<'_>, wanted: &Numbers, what: &str) {
    assert_eq!(found.len(), wanted.len());
    let single = found.dtype() == DType::F32;
    for (i, want) in wanted.iter().enumerate() {
        let (got, want) = (found.get_f64(i), want.unwrap_or(f64::NAN));
        let near = within_ulps(got, want, if single { 1 } else { 8 }, single);
        assert!(near, "{what} of {}, sample {i}: {got} is not {want}", found.dtype());
    }
}

#[test]
fn reductions_are_those_of_numpy() {
    let reference = reference();
    for case in &reference.reductions {
        let frames: Vec<Samples> = case.frames.iter().map(|f| samples(&case.dtype, f)).collect();
        let views: Vec<SamplesRef<'_>> = frames.iter().map(Samples::as_ref).collect();
        let mut reducer = Reducer::new(frames[0].dtype(), frames[0].len(), Wanted::ALL);
        reducer.push(&views, None, 1);
        agree(reducer.finish(Method::Mean, 0).values.as_ref(), &case.mean, "mean");
        agree(reducer.finish(Method::Std, 0).values.as_ref(), &case.std, "std");
        agree(reducer.finish(Method::Std, 1).values.as_ref(), &case.std1, "std with ddof 1");
        if let Some(scipy) = &case.scipy_std1 {
            // SciPy answers NaN or 0 for one or no value; NumPy above has covered those.
            if case.dtype.starts_with(['u', 'i']) {
                agree(reducer.finish(Method::Std, 1).values.as_ref(), scipy, "SciPy's std");
            }
        }
        let mut found = percentiles(&views, None, 1, &reference.qs);
        for (found, wanted) in found.iter().zip(&case.percentiles) {
            agree(found.values.as_ref(), wanted, "percentile");
        }
        let median = found.swap_remove(reference.qs.iter().position(|&q| q == 50.0).expect("listed"));
        agree(median.values.as_ref(), &case.median, "median");
    }
}

#[test]
fn histogram_percentiles_are_those_of_numpy() {
    let reference = reference();
    for case in &reference.reductions {
        let mut histogram = Histogram::new(samples(&case.dtype, &case.frames[0]).dtype());
        for frame in &case.frames {
            histogram.push(samples(&case.dtype, frame).as_ref(), None, 1);
        }
        for (&q, &want) in reference.qs.iter().zip(&case.pooled) {
            let found = histogram.percentile(q).expect("not empty");
            let near = (found - want).abs() <= histogram.resolution() || within_ulps(found, want, 4, false);
            assert!(near, "percentile {q} of {}: {found} is not {want}", case.dtype);
        }
    }
}

#[test]
fn shrinking_is_area_averaging() {
    for case in &reference().shrinks {
        let ((h, w), (th, tw)) = (case.from, case.to);
        let source = samples(&case.dtype, &case.samples);
        let mut out = Samples::zeros(source.dtype(), th * tw);
        shrink(source.as_ref(), FrameShape::new(h, w, 1), FrameShape::new(th, tw, 1), out.as_mut());
        for (i, want) in case.expected.iter().enumerate() {
            let (got, want) = (out.as_ref().get_f64(i), want.expect("finite"));
            let slack = if source.dtype().is_float() { 1e-4 } else { 0.5 + 1e-9 };
            assert!((got - want).abs() <= slack, "{} pixel {i}: {got} is not {want}", case.dtype);
        }
    }
}
