//! Loading: what the chain makes of frames, how they are held, what the plan says.

use std::path::{Path, PathBuf};

use blitz_core::{Access, Cancel, DType, FrameRange, FrameShape, FrameState, Progress, Rect, Samples, Stack};
use blitz_io::{Overwrite, create_writer};
use blitz_model::load::{LoadError, Opened, Strategy};
use blitz_model::recipe::Load;
use blitz_testkit::{noise_frames, oracle};

fn write(path: &Path, frames: &[Samples], shape: FrameShape) {
    let mut writer = create_writer(path, frames[0].dtype(), shape, Some(frames.len()), Overwrite::Refuse)
        .expect("created");
    for frame in frames {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
}

fn open(path: &Path, load: &Load, max_ram: Option<u64>) -> Result<Opened, LoadError> {
    Opened::open(&[path.to_owned()], load, max_ram, &Cancel::default(), &Progress::default())
}

fn frame(stack: &Stack, frame: usize) -> Samples {
    stack.store.pin(frame).expect("readable").samples().to_owned()
}

fn pngs(dir: &Path, frames: &[Samples], shape: FrameShape) -> PathBuf {
    write(&dir.join("f%03d.png"), frames, shape);
    dir.to_owned()
}

#[test]
fn a_folder_fills_memory_and_streams_the_same_samples() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(9, 7, 1);
    let frames = noise_frames(1, DType::U16, 20, shape);
    pngs(dir.path(), &frames, shape);
    std::fs::write(dir.path().join("f007.png"), b"not a picture").expect("spoilt");
    let opened = open(dir.path(), &Load::default(), None).expect("opened");
    assert_eq!(opened.plan.strategy, Strategy::Memory);
    let (stack, loader) = opened.load().expect("allocated");
    let fill = loader.expect("a loader").fill(&Cancel::default(), &Progress::default());
    assert_eq!((fill.ready, fill.failed.len(), fill.cancelled), (19, 1, false));
    assert_eq!(fill.failed[0].frame, 7);
    assert!(fill.failed[0].to_string().contains("f007.png"), "{}", fill.failed[0]);
    let streamed = opened.stream();
    assert_eq!(streamed.store.access(), Access::Decoded);
    for (i, expected) in frames.iter().enumerate() {
        if i == 7 {
            assert!(matches!(stack.store.state(7), FrameState::Failed(_)));
            assert!(streamed.store.pin(7).is_err());
        } else {
            assert_eq!(frame(&stack, i), *expected);
            assert_eq!(frame(&streamed, i), *expected);
        }
    }
    let workers = rayon::current_num_threads() * streamed.store.layout().frame_bytes();
    assert!(streamed.store.memory_bytes() <= workers as u64, "a stream holds one buffer per worker at most");
}

#[test]
fn cancelling_keeps_what_is_there_and_names_the_rest() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(4, 4, 1);
    pngs(dir.path(), &noise_frames(2, DType::U8, 5, shape), shape);
    let (stack, loader) =
        open(dir.path(), &Load::default(), None).expect("opened").load().expect("allocated");
    let loader = loader.expect("a loader");
    loader.fill_one(0);
    let cancel = Cancel::default();
    cancel.cancel();
    let fill = loader.fill(&cancel, &Progress::default());
    assert_eq!((fill.ready, fill.failed.len(), fill.cancelled), (1, 4, true));
    assert!(matches!(stack.store.state(0), FrameState::Ready));
    assert!(stack.store.extent().sealed);
}

#[test]
fn arrays_are_mapped_and_options_are_lazy() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("a.npy");
    let shape = FrameShape::new(6, 8, 1);
    let frames = noise_frames(3, DType::F32, 10, shape);
    write(&path, &frames, shape);
    let opened = open(&path, &Load::default(), Some(1)).expect("opened");
    assert_eq!(opened.plan.strategy, Strategy::Map, "a map needs no budget");
    assert_eq!(frame(&opened.stream(), 9), frames[9]);

    let load = Load {
        crop: Some(Rect::new(2, 1, 5, 4)),
        frames: FrameRange { start: 1, end: Some(9), step: 2 },
        every: 2,
        ..Load::default()
    };
    let opened = open(&path, &load, Some(1 << 20)).expect("opened");
    assert_eq!(opened.plan.strategy, Strategy::Lazy);
    let (stack, loader) = opened.load().expect("no memory needed");
    assert!(loader.is_none());
    assert_eq!(stack.shape().frames, 2);
    assert_eq!((stack.source_frame(0), stack.source_frame(1)), (1, 5));
    let expected: Vec<f64> = (1..5)
        .flat_map(|y| (2..7).map(move |x| (x, y)))
        .map(|(x, y)| frames[5].as_ref().get_f64(y * 8 + x))
        .collect();
    let found = frame(&stack, 1).as_ref().to_f64_vec();
    assert!(found.iter().zip(&expected).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
}

#[test]
fn crop_shrink_grey_and_eight_bit_follow_in_that_order() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(12, 10, 3);
    // 12-bit values in 16 bits: 8 bit uses the effective full scale.
    let frames: Vec<Samples> = noise_frames(4, DType::U16, 3, shape)
        .into_iter()
        .map(|f| {
            Samples::from(blitz_core::typed::<u16>(f.as_ref()).iter().map(|v| v >> 4).collect::<Vec<_>>())
        })
        .collect();
    pngs(dir.path(), &frames, shape);
    let load = Load {
        crop: Some(Rect::new(1, 2, 8, 6)),
        shrink: 0.5,
        grey: true,
        eight_bit: true,
        ..Load::default()
    };
    let opened = open(dir.path(), &load, None).expect("opened");
    let stack = opened.stream();
    assert_eq!((stack.dtype(), stack.shape().frame), (DType::U8, FrameShape::new(3, 4, 1)));
    let cropped: Vec<u16> = (2..8)
        .flat_map(|y| (1..9).map(move |x| (x, y)))
        .flat_map(|(x, y)| (0..3).map(move |c| (y * 10 + x) * 3 + c))
        .map(|i| frames[1].as_ref().get_f64(i) as u16)
        .collect();
    let cropped = Samples::from(cropped);
    let small = oracle::area_average(cropped.as_ref(), FrameShape::new(6, 8, 3), FrameShape::new(3, 4, 3));
    let small = Samples::from(small.iter().map(|v| v.round() as u16).collect::<Vec<_>>());
    let grey = oracle::luminance(small.as_ref(), 3);
    let expected: Vec<f64> = grey.iter().map(|v| (v.round() * 255.0 / 4095.0).floor()).collect();
    assert_eq!(frame(&stack, 1).as_ref().to_f64_vec(), expected);
    let (x, y) = stack.placement.to_source(2.0, 1.5);
    assert_eq!((x, y), (5.0, 5.0), "coordinates stay those of the source");
}

#[test]
fn what_does_not_fit_is_refused_with_the_choices() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(64, 64, 1);
    pngs(dir.path(), &noise_frames(5, DType::U8, 40, shape), shape);
    let opened = open(dir.path(), &Load::default(), Some(100_000)).expect("opened");
    assert_eq!(opened.plan.strategy, Strategy::TooBig);
    let error = opened.load().expect_err("too big").to_string();
    assert!(error.contains("--every") && error.contains("100 kB"), "{error}");
    let every = opened.plan.every_that_fits;
    let thinned = open(dir.path(), &Load { every, ..Load::default() }, Some(100_000)).expect("opened");
    assert_eq!(
        thinned.plan.strategy,
        Strategy::Memory,
        "the proposed thinning fits: {}",
        thinned.plan.describe()
    );
    assert!(every > 1);
}

#[test]
fn load_options_that_do_not_fit_are_named() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(4, 4, 1);
    pngs(dir.path(), &noise_frames(6, DType::U8, 3, shape), shape);
    let cases = [
        (Load { crop: Some(Rect::new(2, 0, 3, 4)), ..Load::default() }, "4 × 4"),
        (Load { frames: FrameRange::new(5, 9), ..Load::default() }, "frames 0–2"),
        (Load { axes: Some("XYZ".into()), ..Load::default() }, "load.axes"),
        (Load { group: Some("tif".into()), ..Load::default() }, "tif"),
    ];
    for (load, expected) in cases {
        let error = open(dir.path(), &load, None).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error} lacks {expected}");
    }
}

#[test]
fn eight_bits_of_floats_span_the_range_of_the_recording() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("a.npy");
    let shape = FrameShape::new(2, 3, 1);
    let values = [[-2.0_f32, 0.0, 1.5, f32::NAN, 8.0, 3.0], [0.5, 0.5, 0.5, 0.5, 6.25, f32::INFINITY]];
    let spec = blitz_io::WriteSpec::new(DType::F32, shape, Some(2), Overwrite::Refuse);
    let mut writer = spec.create(&path).expect("writer");
    for frame in &values {
        writer.write_frame(blitz_core::SamplesRef::F32(frame)).expect("written");
    }
    writer.finish().expect("finished");
    let open = |range| {
        let load = Load { eight_bit: true, eight_bit_range: range, ..Load::default() };
        let paths = [path.clone()];
        Opened::open(&paths, &load, None, &Cancel::default(), &Progress::default()).expect("opened")
    };
    let bytes = |opened: &Opened| -> Vec<f64> {
        let stack = opened.stream();
        (0..2).flat_map(|f| stack.store.pin(f).expect("frame").samples().to_f64_vec()).collect()
    };
    let expected = |lo: f64, hi: f64| -> Vec<f64> {
        let scaled = |v: f32| ((f64::from(v) - lo) / (hi - lo) * 255.0).round().clamp(0.0, 255.0);
        values.iter().flatten().map(|&v| if v.is_nan() { 0.0 } else { scaled(v) }).collect()
    };
    let measured = open(None);
    assert_eq!(bytes(&measured), expected(-2.0, 8.0));
    assert_eq!((measured.chain.lost_missing(), measured.chain.clipped()), (1, 1), "NaN and infinity");
    assert!(measured.chain.scale_text().is_some_and(|text| text.contains("-2 becomes 0 and 8 becomes 255")));
    let given = open(Some((0.0, 4.0)));
    assert_eq!(bytes(&given), expected(0.0, 4.0));
    assert_eq!(given.chain.clipped(), 4, "-2, 8, 6.25 and infinity");
}
