//! Windows, smoothing and arithmetic compared with `NumPy` and `SciPy`; `reference/make_windows_reference.py`
//! writes the file.

use blitz_core::{Cancel, DType, FrameShape, Samples, SamplesMut, SamplesRef, with_samples_mut};
use blitz_kernels::Method;
use blitz_kernels::pipeline::{DivisionRule, PointOp, difference, finite_mean, run};
use blitz_kernels::smooth::{box_mean, gaussian, gaussian_weights, median, weighted_mean};
use blitz_kernels::windows::Sweep;
use blitz_testkit::oracle::within_ulps;
use serde::Deserialize;

type Numbers = Vec<Option<f64>>;

#[derive(Deserialize)]
struct Reference {
    windows: Vec<Windows>,
    smooth: Vec<Smooth>,
    time: Time,
    arithmetic: Arithmetic,
}

#[derive(Deserialize)]
struct Windows {
    dtype: String,
    window: usize,
    frames: Vec<Numbers>,
    mean: Numbers,
    std: Numbers,
    min: Numbers,
    max: Numbers,
    median: Numbers,
    percentile20: Numbers,
    scipy: Option<Scipy>,
}

#[derive(Deserialize)]
struct Scipy {
    mean: Numbers,
    min: Numbers,
    max: Numbers,
    median: Numbers,
}

#[derive(Deserialize)]
struct Smooth {
    shape: [usize; 3],
    samples: Numbers,
    holes: Numbers,
    gaussian: Vec<Filtered>,
    #[serde(rename = "box")]
    boxes: Vec<Filtered>,
    median: Vec<Filtered>,
}

#[derive(Deserialize)]
struct Filtered {
    #[serde(default)]
    sigma: f64,
    #[serde(default)]
    size: usize,
    expected: Numbers,
    with_holes: Numbers,
}

#[derive(Deserialize)]
struct Time {
    sigma: f64,
    frames: Vec<Numbers>,
    expected: Vec<Numbers>,
}

#[derive(Deserialize)]
struct Arithmetic {
    image: Numbers,
    dark: Numbers,
    flat: Numbers,
    flat_dark: Numbers,
    ratio: Numbers,
    gained: Numbers,
    relative: Numbers,
    blended: Numbers,
    amount: f32,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/windows_reference.json")).expect("the file is checked in")
}

fn f64s(values: &Numbers) -> Vec<f64> {
    values.iter().map(|v| v.unwrap_or(f64::NAN)).collect()
}

fn f32s(values: &Numbers) -> Vec<f32> {
    f64s(values).into_iter().map(|v| v as f32).collect()
}

fn samples(dtype: &str, values: &Numbers) -> Samples {
    let dtype = DType::ALL.into_iter().find(|d| d.name() == dtype).expect("a known type");
    let mut samples = Samples::zeros(dtype, values.len());
    with_samples_mut!(samples.as_mut(), s => {
        for (to, from) in s.iter_mut().zip(f64s(values)) {
            *to = blitz_core::Sample::from_f64(from);
        }
    });
    samples
}

#[test]
fn sweeps_are_windows_of_numpy_and_scipy() {
    for case in &reference().windows {
        let frames: Vec<Samples> = case.frames.iter().map(|f| samples(&case.dtype, f)).collect();
        let (dtype, width) = (frames[0].dtype(), frames[0].len());
        let mut wanted = vec![
            (Method::Mean, &case.mean),
            (Method::Std, &case.std),
            (Method::Min, &case.min),
            (Method::Max, &case.max),
            (Method::Median, &case.median),
            (Method::Percentile(20.0), &case.percentile20),
        ];
        if let Some(scipy) = &case.scipy {
            wanted.extend([
                (Method::Mean, &scipy.mean),
                (Method::Min, &scipy.min),
                (Method::Max, &scipy.max),
                (Method::Median, &scipy.median),
            ]);
        }
        for (method, wanted) in wanted {
            let mut sweep = Sweep::new(dtype, width, case.window, method, 0, 5);
            let mut found = Vec::new();
            for frame in &frames {
                sweep.push(Some(frame.as_ref()));
                if sweep.is_whole() {
                    let mut out = Samples::zeros(dtype.result(), width);
                    sweep.result(out.as_mut());
                    found.extend(out.as_ref().to_f64_vec());
                }
            }
            assert_eq!(found.len(), wanted.len());
            let single = dtype.result() == DType::F32;
            for (got, want) in found.iter().zip(f64s(wanted)) {
                // SciPy's running sums lose a little against ours.
                let near = within_ulps(*got, want, if single { 1 } else { 16 }, single)
                    || (method == Method::Std && want < 1e-6 && got.abs() < 1e-6);
                assert!(near, "{method:?} of {} frames of {dtype}: {got} is not {want}", case.window);
            }
        }
    }
}

#[track_caller]
fn agree(found: &[f64], wanted: &Numbers, tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (got, want)) in found.iter().zip(f64s(wanted)).enumerate() {
        let near = (got - want).abs() <= tolerance * want.abs().max(1.0) || (got.is_nan() && want.is_nan());
        assert!(near, "{what}, sample {i}: {got} is not {want}");
    }
}

#[test]
fn smoothing_is_that_of_scipy() {
    for case in &reference().smooth {
        let [h, w, c] = case.shape;
        let shape = FrameShape::new(h, w, c);
        let both = |smooth: &dyn Fn(&[f64], &mut [f64]),
                    single: &dyn Fn(&[f32], &mut [f32]),
                    f: &Filtered,
                    what: &str| {
            for (input, wanted) in [(&case.samples, &f.expected), (&case.holes, &f.with_holes)] {
                if wanted.is_empty() {
                    continue;
                }
                let mut out = vec![0.0; input.len()];
                smooth(&f64s(input), &mut out);
                agree(&out, wanted, 1e-12, what);
                let mut out = vec![0.0; input.len()];
                single(&f32s(input), &mut out);
                let out: Vec<f64> = out.into_iter().map(f64::from).collect();
                agree(&out, wanted, 2e-7, what);
            }
        };
        for f in &case.gaussian {
            let what = format!("gaussian {} of {shape:?}", f.sigma);
            both(
                &|a, b| gaussian(a, shape, f.sigma, b, &Cancel::default()),
                &|a, b| gaussian(a, shape, f.sigma, b, &Cancel::default()),
                f,
                &what,
            );
        }
        for f in &case.boxes {
            let what = format!("box {} of {shape:?}", f.size);
            both(
                &|a, b| box_mean(a, shape, f.size, b, &Cancel::default()),
                &|a, b| box_mean(a, shape, f.size, b, &Cancel::default()),
                f,
                &what,
            );
        }
        for f in &case.median {
            let what = format!("median {} of {shape:?}", f.size);
            both(
                &|a, b| median(a, shape, f.size, b, &Cancel::default()),
                &|a, b| median(a, shape, f.size, b, &Cancel::default()),
                f,
                &what,
            );
        }
    }
}

#[test]
fn smoothing_in_time_leaves_out_what_is_not_there() {
    let case = reference().time;
    let frames: Vec<Samples> = case.frames.iter().map(|f| samples("u16", f)).collect();
    let weights = gaussian_weights(case.sigma);
    let radius = weights.len() / 2;
    for (n, want) in case.expected.iter().enumerate() {
        let around: Vec<Option<SamplesRef<'_>>> = (0..weights.len())
            .map(|k| (n + k).checked_sub(radius).and_then(|i| frames.get(i)).map(Samples::as_ref))
            .collect();
        let mut out = vec![0.0_f64; want.len()];
        weighted_mean(&around, &weights, SamplesMut::F64(&mut out), &Cancel::default());
        agree(&out, want, 1e-13, "time");
    }
}

#[test]
fn arithmetic_is_that_of_numpy_to_the_bit() {
    let case = reference().arithmetic;
    let (image, dark) = (Samples::F32(f32s(&case.image)), f32s(&case.dark));
    let (flat, other) = (f32s(&case.flat), f32s(&case.flat_dark));
    let span = difference(&flat, &other);
    let gain = finite_mean(&span).expect("finite") as f32;
    let rule = DivisionRule::default();
    let amount = case.amount;
    let check = |ops: &[PointOp<'_, f32>], want: &Numbers| {
        let mut out = vec![0.0_f32; image.len()];
        run(ops, image.as_ref(), 0, &mut out);
        assert_eq!(out, f32s(want));
    };
    check(&[PointOp::FlatField { dark: &dark, span: &span, gain: None, rule }], &case.ratio);
    check(&[PointOp::FlatField { dark: &dark, span: &span, gain: Some(gain), rule }], &case.gained);
    check(&[PointOp::RelativeChange { reference: &dark, rule }], &case.relative);
    let blended =
        [PointOp::Subtract { reference: &dark, amount }, PointOp::Divide { reference: &flat, amount, rule }];
    check(&blended, &case.blended);
}
