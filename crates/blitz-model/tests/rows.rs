//! Questions about a part of the image read only its rows where the recording can be read so, and find the same.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blitz_core::{
    Cancel, DType, FrameCatalog, FrameFault, FrameMeta, FrameShape, Progress, Rect, Samples, SamplesMut,
    Stack, Zone, ZoneShape,
};
use blitz_io::{FrameSource, OpenOptions, Overwrite, SourceInfo, create_writer, open};
use blitz_model::Method;
use blitz_model::evaluate::{EvalContext, FrameSet, Kymograph, Reduce, ZoneCurves, evaluate};
use blitz_model::load::Opened;
use blitz_model::recipe::{Load, Recipe, Step};
use blitz_testkit::noise_frames;

const SHAPE: FrameShape = FrameShape::new(40, 24, 1);
const FRAMES: usize = 12;

/// A source that counts the rows that it reads.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn FrameSource>,
    rows: AtomicUsize,
}

impl FrameCatalog for Counted {
    fn meta(&self, frame: usize) -> FrameMeta {
        self.inner.meta(frame)
    }
}

impl FrameSource for Counted {
    fn info(&self) -> &SourceInfo {
        self.inner.info()
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        unreachable!("it is open")
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        self.rows.fetch_add(SHAPE.height, Ordering::Relaxed);
        self.inner.decode(frame, out)
    }

    fn decode_rows(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        self.rows.fetch_add(rows.len(), Ordering::Relaxed);
        self.inner.decode_rows(frame, rows, out)
    }
}

/// A recording in a TIFF file, opened with `load`, and what counts its rows.
struct Recording {
    stack: Stack,
    counted: Arc<Counted>,
    _dir: tempfile::TempDir,
}

fn recording(load: &Load, cut: usize) -> Recording {
    let dir = tempfile::tempdir().expect("a folder");
    let path: PathBuf = dir.path().join("noise.tif");
    let mut writer =
        create_writer(&path, DType::U16, SHAPE, Some(FRAMES), Overwrite::Refuse).expect("a writer");
    for frame in noise_frames(7, DType::U16, FRAMES, SHAPE) {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let bytes = std::fs::read(&path).expect("there");
    std::fs::write(&path, &bytes[..bytes.len() - cut]).expect("written");
    let (cancel, progress) = (Cancel::default(), Progress::default());
    let opened = Opened::open(std::slice::from_ref(&path), load, None, &cancel, &progress).expect("opened");
    let inner = open(&[path], &OpenOptions::default()).expect("opened");
    let counted = Arc::new(Counted { inner, rows: AtomicUsize::new(0) });
    let stack = Opened { source: Arc::clone(&counted) as Arc<dyn FrameSource>, ..opened }.stream();
    Recording { stack, counted, _dir: dir }
}

impl Recording {
    /// Rows that `f` reads.
    fn rows<R>(&self, f: impl FnOnce(&Stack) -> R) -> (R, usize) {
        let before = self.counted.rows.load(Ordering::Relaxed);
        let result = f(&self.stack);
        (result, self.counted.rows.load(Ordering::Relaxed) - before)
    }
}

/// The samples of frame `t` at column x, row y.
fn value(t: usize, x: usize, y: usize) -> f64 {
    let frames = noise_frames(7, DType::U16, FRAMES, SHAPE);
    frames[t].as_ref().get_f64(y * SHAPE.width + x)
}

fn zone(shape: ZoneShape) -> ZoneCurves {
    let zones: Arc<[Zone]> = vec![Zone { name: "a".into(), color: [0; 3], shape }].into();
    ZoneCurves { zones, frames: FrameSet::All, median: false }
}

fn four_rows() -> ZoneShape {
    ZoneShape::Rect { x: 3.0, y: 10.0, width: 5.0, height: 4.0, angle: 0.0 }
}

#[test]
fn curves_read_the_rows_of_their_zones() {
    let cx = EvalContext::default();
    let direct: Vec<f64> = (0..FRAMES)
        .map(|t| (10..14).flat_map(|y| (3..8).map(move |x| value(t, x, y))).sum::<f64>() / 20.0)
        .collect();
    let recording = recording(&Load::default(), 0);
    let ask = |recipe: &Recipe| {
        let (curves, rows) = recording.rows(|stack| evaluate(stack, recipe, &zone(four_rows()), &cx));
        let curves = curves.expect("curves");
        let means: Vec<f64> = curves.zones[0].points[0].iter().map(|point| point.mean).collect();
        (means, rows)
    };
    let (means, rows) = ask(&Recipe::default());
    assert_eq!((means, rows), (direct.clone(), 4 * FRAMES));
    // A step that looks one pixel around needs a row more above and below.
    let steps = |text: &str| Recipe { steps: vec![text.parse::<Step>().expect(text)], ..Recipe::default() };
    let (_, rows) = ask(&steps("smooth box,3"));
    assert_eq!(rows, 6 * FRAMES);
    let (means, rows) = ask(&steps("limits 0:100000"));
    assert_eq!(rows, 4 * FRAMES);
    for (found, expected) in means.iter().zip(&direct) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
}

#[test]
fn a_kymograph_reads_the_rows_of_its_line() {
    let recording = recording(&Load::default(), 0);
    let line = Kymograph { from: (2.5, 20.5), to: (12.5, 20.5) };
    let (picture, rows) =
        recording.rows(|stack| evaluate(stack, &Recipe::default(), &line, &EvalContext::default()));
    let picture = picture.expect("a picture").picture;
    assert_eq!(rows, FRAMES);
    assert_eq!(picture.samples.as_ref().get_f64(3 * picture.shape.row() + 4), value(3, 6, 20));
}

/// Where its samples do not fit together, a median reads bands: each row once, however many bands there are.
#[test]
fn a_median_in_bands_reads_each_row_once() {
    let recording = recording(&Load::default(), 0);
    let scratch_bytes = 5 * (SHAPE.row() * 2 * FRAMES) as u64;
    let cx = EvalContext { scratch_bytes, ..EvalContext::default() };
    let median = Reduce::all(Method::Median);
    let (pictures, rows) = recording.rows(|stack| evaluate(stack, &Recipe::default(), &median, &cx));
    assert_eq!(rows, FRAMES * SHAPE.height);
    let mut history: Vec<f64> = (0..FRAMES).map(|t| value(t, 9, 33)).collect();
    history.sort_by(f64::total_cmp);
    let expected = f64::midpoint(history[FRAMES / 2 - 1], history[FRAMES / 2]);
    let pictures = pictures.expect("a median");
    let found = pictures[0].samples.as_ref().get_f64(33 * SHAPE.width + 9);
    assert_eq!(found, expected);
}

/// Accumulators of frames that are large beside the memory: by bands of rows, with the same bits.
#[test]
fn moments_in_bands_read_each_row_once_and_are_the_same() {
    let recording = recording(&Load::default(), 0);
    let methods = vec![Method::Sum, Method::Mean, Method::Std, Method::Min, Method::Max];
    let moments = Reduce { methods, range: None, ddof: 1 };
    for steps in
        [&[][..], &["subtract mean:0:4"], &["smooth box,5", "limits 100:60000"], &["smooth-time box,3"]]
    {
        let steps = steps.iter().map(|text| text.parse::<Step>().expect(text)).collect();
        let recipe = Recipe { steps, ..Recipe::default() };
        let whole = evaluate(&recording.stack, &recipe, &moments, &EvalContext::default()).expect("whole");
        for rows in [1, 7, 39] {
            let scratch_bytes = (rows * SHAPE.row() * 120) as u64;
            let cx = EvalContext { scratch_bytes, ..EvalContext::default() };
            let (banded, read) = recording.rows(|stack| evaluate(stack, &recipe, &moments, &cx));
            let banded = banded.expect("in bands");
            assert_eq!(banded.len(), 5);
            for (found, expected) in banded.iter().zip(&whole) {
                assert_eq!((found.shape, &found.coverage), (expected.shape, &expected.coverage));
                assert!(found.samples.bytes() == expected.samples.bytes(), "{recipe:?}, {rows} rows");
                assert_eq!((&found.counts, &found.exact_sums), (&expected.counts, &expected.exact_sums));
            }
            if recipe.steps.is_empty() {
                assert_eq!(read, FRAMES * SHAPE.height);
            }
        }
    }
}

#[test]
fn a_crop_reads_its_rows() {
    let crop = Rect::new(4, 30, 6, 3);
    for load in [
        Load { crop: Some(crop), ..Load::default() },
        Load { crop: Some(crop), eight_bit: true, ..Load::default() },
    ] {
        let eight_bit = load.eight_bit;
        let recording = recording(&load, 0);
        let (guard, rows) = recording.rows(|stack| stack.store.pin(5).expect("a frame"));
        assert_eq!(rows, 3);
        let found = guard.samples().get_f64(6 + 2);
        let expected = value(5, 6, 31);
        let expected = if eight_bit { (expected / 65535.0 * 255.0).round() } else { expected };
        assert!((found - expected).abs() <= f64::from(u8::from(eight_bit)), "{found} {expected}");
        // A part of the crop.
        let mut part = Samples::zeros(recording.stack.dtype(), 2);
        let rect = Rect::new(1, 2, 2, 1);
        let ((), rows) =
            recording.rows(|stack| stack.store.read_into(5, rect, part.as_mut()).expect("a part"));
        assert_eq!(rows, 1);
        assert_eq!(part.as_ref().get_f64(1), guard.samples().get_f64(2 * 6 + 2));
    }
}

/// Zones above the place where a file is cut tell as much of the frame as its whole.
#[test]
fn frames_that_fail_are_the_same_whatever_part_is_read() {
    let recording = recording(&Load::default(), 24 * 2 * 10);
    let cx = EvalContext::default();
    let ask = |shape| evaluate(&recording.stack, &Recipe::default(), &zone(shape), &cx).expect("curves");
    let whole = ask(ZoneShape::Rect { x: 0.0, y: 0.0, width: 24.0, height: 40.0, angle: 0.0 });
    let (top, _) = recording.rows(|_| ask(four_rows()));
    let failed = |coverage: &blitz_model::evaluate::Coverage| -> Vec<usize> {
        coverage.failed.iter().map(|fault| fault.frame).collect()
    };
    assert!(!failed(&whole.coverage).is_empty());
    assert_eq!(failed(&top.coverage), failed(&whole.coverage));
}
