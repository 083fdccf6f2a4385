//! Exports as video: which frames are drawn, in which order, and what becomes of those that failed.
#![cfg(feature = "video")]

use std::path::Path;
use std::sync::Arc;

use blitz_core::{Cancel, DType, FrameShape, Samples, Stack, TimeAxis};
use blitz_draw::{ColorMap, Levels, MISSING_COLOR, RenderOptions};
use blitz_io::{FrameSource, OpenOptions, open};
use blitz_model::evaluate::{EvalContext, EvalError};
use blitz_model::export::{
    ExportError, ExportRequest, Exported, Gaps, ImageStyle, MarkChoice, StyleError, VideoRequest, export,
};
use blitz_model::recipe::{Recipe, Step};
use blitz_model::{Geometry, Rotation};
use blitz_testkit::{Awkward, AwkwardStore, VecStack, noise_frames, stack_of};

const SHAPE: FrameShape = FrameShape::new(20, 32, 1);

fn opened(path: &Path) -> Arc<dyn FrameSource> {
    open(&[path.to_path_buf()], &OpenOptions::default()).expect("a video")
}

fn samples(source: &dyn FrameSource, frame: usize) -> Samples {
    let info = source.info();
    let mut out = Samples::zeros(info.dtype, info.frame.samples());
    source.decode(frame, out.as_mut()).expect("whole");
    out
}

/// Frame i of a stack whose samples are all 10 × i.
fn steps_of_grey(frames: usize) -> VecStack {
    VecStack::new((0..frames).map(|i| Samples::U8(vec![10 * i as u8; SHAPE.samples()])).collect(), SHAPE)
}

/// Frames in grey, 0 black and 255 white.
fn pictures(path: &Path, gaps: Gaps) -> ExportRequest {
    let pictures = Some(ImageStyle {
        levels: Levels { lo: 0.0, hi: 255.0 },
        map: ColorMap::Grey,
        options: RenderOptions::default(),
        bar: None,
        marks: MarkChoice::default(),
    });
    ExportRequest { gaps, video: VideoRequest { pictures, rate: None }, ..ExportRequest::new(path.into()) }
}

fn write(stack: &Stack, recipe: &Recipe, request: &ExportRequest) -> Result<Exported, ExportError> {
    export(stack, recipe, request, &EvalContext::default())
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("folder");
    entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn values_come_back_as_the_recipe_makes_them() {
    let dir = tempfile::tempdir().expect("folder");
    for dtype in [DType::U8, DType::U16] {
        let frames = noise_frames(5, dtype, 23, SHAPE);
        let mut stack = VecStack::new(frames.clone(), SHAPE).into_stack("noise");
        stack.time = TimeAxis::from_fps("1000", 0).expect("a rate");
        let geometry = Geometry { rotate: Rotation::Cw, ..Geometry::default() };
        let recipe = Recipe { geometry, ..Recipe::default() };
        let path = dir.path().join(format!("{dtype}.mkv"));
        let exported = write(&stack, &recipe, &ExportRequest::new(path.clone())).expect("written");
        assert_eq!((exported.dtype, exported.frames), (dtype, 23));
        assert!(exported.description.contains("1000 frames/s"), "{}", exported.description);
        assert!(exported.notes.iter().any(|note| note.contains("people see few")), "{:?}", exported.notes);
        let source = opened(&path);
        assert_eq!((source.info().frames, source.info().time.rate()), (23, Some(1000.0)));
        for n in [0, 22, 7] {
            assert!(
                samples(source.as_ref(), n) == geometry.apply(frames[n].as_ref(), SHAPE).0,
                "{dtype} {n}"
            );
        }
    }
}

#[test]
fn pictures_are_drawn_in_order_with_their_source_frames() {
    let dir = tempfile::tempdir().expect("folder");
    let stack = steps_of_grey(20).into_stack("grey");
    let recipe = Recipe { frames: Some("3:18:2".parse().expect("a range")), ..Recipe::default() };
    // The mean of three frames of an even ramp is the middle one; at its ends two frames are joined.
    for (file, steps, inside) in [("plain.mkv", None, 0..8), ("walk.mp4", Some("smooth-time box,3"), 1..7)] {
        let steps = steps.map(|s| s.parse::<Step>().expect("a step")).into_iter().collect();
        let path = dir.path().join(file);
        let exported = write(&stack, &Recipe { steps, ..recipe.clone() }, &pictures(&path, Gaps::Missing))
            .expect("written");
        assert_eq!((exported.frames, exported.faults.len()), (8, 0));
        assert!(exported.description.contains("32 × 20") && exported.description.contains("no rate"));
        let source = opened(&path);
        assert_eq!((source.info().frames, source.info().time.rate()), (8, Some(25.0)));
        for i in inside {
            let frame = 3 + 2 * i;
            let found = samples(source.as_ref(), i).as_ref().get_f64(300);
            assert!((found - (10 * frame) as f64).abs() <= 2.0, "{file} {frame}: {found}");
        }
    }
}

#[test]
fn failed_frames_are_drawn_as_such_filled_or_left_out() {
    let dir = tempfile::tempdir().expect("folder");
    let frames = (0..9).map(|i| Samples::U8(vec![10 * i as u8; SHAPE.samples()])).collect();
    let how = Awkward { failing: [2, 5].into(), existing: 9, ready: 9, ..Awkward::default() };
    let store = AwkwardStore::new(frames, DType::U8, SHAPE, how);
    store.seal();
    let stack = stack_of(Arc::new(store), "grey");
    let red = f64::from(MISSING_COLOR[0]);
    let expected: [(&str, Gaps, &[f64]); 3] = [
        ("a.mp4", Gaps::Missing, &[0.0, 10.0, red, 30.0, 40.0, red, 60.0, 70.0, 80.0]),
        ("b.mp4", Gaps::Fill(100.0), &[0.0, 10.0, 100.0, 30.0, 40.0, 100.0, 60.0, 70.0, 80.0]),
        ("c.avi", Gaps::Skip, &[0.0, 10.0, 30.0, 40.0, 60.0, 70.0, 80.0]),
    ];
    for (file, gaps, reds) in expected {
        let path = dir.path().join(file);
        let exported = write(&stack, &Recipe::default(), &pictures(&path, gaps)).expect("written");
        assert_eq!(exported.faults.iter().map(|f| f.frame).collect::<Vec<_>>(), [2, 5]);
        assert!(exported.description.contains("2 frames failed"), "{}", exported.description);
        let source = opened(&path);
        assert_eq!(source.info().frames, reds.len(), "{file}");
        for (i, red) in reds.iter().enumerate() {
            let found = samples(source.as_ref(), i).as_ref().get_f64(300);
            assert!((found - red).abs() <= 4.0, "{file} {i}: {found}, {red} expected");
        }
    }
    let values = ExportRequest::new(dir.path().join("d.mkv"));
    assert!(matches!(write(&stack, &Recipe::default(), &values), Err(ExportError::Gap { .. })));
    assert_eq!(names(dir.path()).len(), 3);
}

#[test]
fn pictures_that_cannot_be_drawn_leave_nothing() {
    let dir = tempfile::tempdir().expect("folder");
    let stack = steps_of_grey(9).into_stack("grey");
    let mut request = pictures(&dir.path().join("a.mp4"), Gaps::Missing);
    request.video.pictures.as_mut().expect("a style").marks.zones = true;
    let error = write(&stack, &Recipe::default(), &request).expect_err("no zone");
    assert!(matches!(error, ExportError::Style(StyleError::NoZone)), "{error}");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_video_that_is_stopped_leaves_nothing() {
    let dir = tempfile::tempdir().expect("folder");
    let stack = steps_of_grey(20).into_stack("grey");
    let request = pictures(&dir.path().join("a.mp4"), Gaps::Missing);
    for looks in [1, 7, 25] {
        let cx = EvalContext { cancel: Cancel::after_looks(looks), ..EvalContext::default() };
        let result = export(&stack, &Recipe::default(), &request, &cx);
        assert!(matches!(result, Err(ExportError::Eval(EvalError::Cancelled))), "{looks}: {result:?}");
        assert!(names(dir.path()).is_empty());
    }
}

#[test]
fn types_without_a_lossless_video_are_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let stack = steps_of_grey(4).into_stack("grey");
    let steps = vec!["subtract mean".parse::<Step>().expect("a step")];
    let request = ExportRequest::new(dir.path().join("a.mkv"));
    let error = write(&stack, &Recipe { steps, ..Recipe::default() }, &request).expect_err("f32");
    assert!(error.to_string().contains("f32") && error.to_string().contains(".npy"), "{error}");
}
