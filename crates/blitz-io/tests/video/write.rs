//! Videos as they are written, read back by the reader that everything else is tested with.

use std::path::Path;

use blitz_core::{DType, FrameShape, Rational, Samples, SamplesRef, TimeAxis};
use blitz_io::{OutputError, Overwrite, Timing, VideoKind, VideoSpec, WriteSpec};
use blitz_testkit::noise_frames;

use crate::make::{luma, read_number};
use crate::read::{all, opened};

fn rate(num: u64, den: u64) -> Timing {
    Timing::Rate(Rational::new(num, den).expect("not zero"))
}

fn spec(kind: VideoKind, timing: Timing, dtype: DType, shape: FrameShape) -> WriteSpec {
    let mut spec = WriteSpec::new(dtype, shape, None, Overwrite::Refuse);
    spec.video = Some(VideoSpec { kind, timing });
    spec
}

/// Writes a video; what was left out is `None`. Gives the writer's notes.
fn write(path: &Path, spec: &WriteSpec, frames: &[Option<Samples>]) -> Result<Vec<String>, OutputError> {
    let mut writer = spec.create(path)?;
    for frame in frames {
        match frame {
            Some(samples) => writer.write_frame(samples.as_ref())?,
            None => writer.skip_frame(),
        }
    }
    let notes = writer.notes();
    writer.finish().map(|()| notes)
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("folder");
    let mut names: Vec<_> =
        entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn interval(time: &TimeAxis) -> (u64, u64) {
    match time {
        TimeAxis::Interval { dt, .. } => (dt.num, dt.den),
        other => panic!("an interval expected, {other:?} found"),
    }
}

/// A picture that shows its number in grey, beside blocks of colour.
fn picture(number: usize, width: usize, height: usize) -> Samples {
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        if x < 64 {
            let grey = luma(number, x, y.min(47), 8) as u8;
            [grey, grey, grey, 255]
        } else {
            COLORS[y / 16 % COLORS.len()]
        }
    };
    Samples::U8((0..width * height).flat_map(pixel).collect())
}

const COLORS: [[u8; 4]; 4] =
    [[230, 20, 30, 255], [20, 200, 60, 255], [30, 40, 220, 255], [240, 230, 40, 255]];

#[test]
fn values_come_back_bit_by_bit() {
    let dir = tempfile::tempdir().expect("folder");
    for (i, (dtype, shape)) in [
        (DType::U8, FrameShape::new(49, 67, 1)),
        (DType::U16, FrameShape::new(49, 67, 1)),
        (DType::U16, FrameShape::new(1, 1, 1)),
        (DType::U8, FrameShape::new(2, 3, 1)),
        (DType::U16, FrameShape::new(600, 400, 1)),
        (DType::U16, FrameShape::new(15, 700, 1)),
        (DType::U8, FrameShape::new(700, 1, 1)),
        (DType::U8, FrameShape::new(16, 17, 3)),
        (DType::U16, FrameShape::new(3, 2, 3)),
        (DType::U8, FrameShape::new(33, 20, 3)),
        (DType::U16, FrameShape::new(33, 21, 3)),
    ]
    .into_iter()
    .enumerate()
    {
        let frames = noise_frames(5, dtype, 7, shape);
        for suffix in ["mkv", "avi"] {
            let path = dir.path().join(format!("{i}.{suffix}"));
            let given: Vec<_> = frames.iter().cloned().map(Some).collect();
            write(&path, &spec(VideoKind::Values, rate(30, 1), dtype, shape), &given).expect("written");
            let source = opened(&path);
            let info = source.info();
            assert_eq!(
                (info.frames, info.frame, info.dtype),
                (7, shape, dtype),
                "{suffix} {dtype} {shape:?}"
            );
            assert_eq!(interval(&info.time), (1, 30));
            for n in [6, 0, 3, 4] {
                assert!(all(source.as_ref(), n).expect("whole") == frames[n], "{suffix} {dtype} {shape:?}");
            }
        }
    }
    assert_eq!(names(dir.path()).len(), 22, "nothing but the videos");
}

#[test]
fn pictures_keep_number_size_rate_and_colours() {
    let dir = tempfile::tempdir().expect("folder");
    for (suffix, size) in [("mp4", (96, 64)), ("mkv", (97, 63)), ("avi", (97, 63)), ("mp4", (97, 64))] {
        let (width, height) = size;
        let path = dir.path().join(format!("{width}.{height}.{suffix}"));
        let frames: Vec<_> = (0..70).map(|n| Some(picture(n, width, height))).collect();
        let shape = FrameShape::new(height, width, 4);
        let notes = write(&path, &spec(VideoKind::Picture, rate(30_000, 1001), DType::U8, shape), &frames)
            .expect("written");
        let source = opened(&path);
        let info = source.info();
        let even =
            if suffix == "avi" { size } else { (width.next_multiple_of(2), height.next_multiple_of(2)) };
        assert_eq!((info.frame.width, info.frame.height, info.frames), (even.0, even.1, 70), "{suffix}");
        assert_eq!(notes.iter().any(|n| n.contains("even sizes")), even != size, "{notes:?}");
        assert_eq!(interval(&info.time), (1001, 30_000), "{suffix}");
        for n in [0, 69, 31, 32, 7] {
            let rgb = all(source.as_ref(), n).expect("whole").as_ref().to_f64_vec();
            let red: Vec<f64> = rgb.chunks(3).map(|p| p[0]).collect();
            assert_eq!(read_number(&red, info.frame.width, 8), Some(n), "{suffix}");
            for (i, color) in COLORS.iter().enumerate().take(3) {
                let at = ((16 * i + 8) * info.frame.width + 84) * 3;
                for c in 0..3 {
                    let (found, meant) = (rgb[at + c], f64::from(color[c]));
                    assert!((found - meant).abs() <= 6.0, "{suffix} {color:?}: {:?}", &rgb[at..at + 3]);
                }
            }
        }
        let text = info.notes.join("\n");
        let matrix = if suffix == "avi" { "BT.601" } else { "BT.709" };
        assert!(text.contains(matrix) && !text.contains("does not say"), "{text}");
    }
}

#[test]
fn the_smallest_pictures_are_written_too() {
    let dir = tempfile::tempdir().expect("folder");
    for (width, height) in [(1, 1), (3, 2), (1, 90), (17, 5)] {
        for suffix in ["mp4", "mkv", "avi"] {
            let path = dir.path().join(format!("{width}.{height}.{suffix}"));
            let frame = |n: u8| Some(Samples::U8([40 * n, 200, 90, 255].repeat(width * height)));
            let shape = FrameShape::new(height, width, 4);
            let frames: Vec<_> = (0..5).map(frame).collect();
            write(&path, &spec(VideoKind::Picture, rate(25, 1), DType::U8, shape), &frames).expect("written");
            let source = opened(&path);
            assert_eq!(source.info().frames, 5, "{width} × {height} {suffix}");
            let last = all(source.as_ref(), 4).expect("whole").as_ref().to_f64_vec();
            for (found, meant) in last.iter().zip([160.0, 200.0, 90.0]) {
                assert!((found - meant).abs() <= 8.0, "{width} × {height} {suffix}: {:?}", &last[..3]);
            }
        }
    }
}

#[test]
fn fast_recordings_keep_their_rate_and_order() {
    let dir = tempfile::tempdir().expect("folder");
    for suffix in ["mp4", "mkv", "avi"] {
        let path = dir.path().join(format!("fast.{suffix}"));
        let frames: Vec<_> = (0..60).map(|n| Some(picture(n, 96, 64))).collect();
        let shape = FrameShape::new(64, 96, 4);
        let notes = write(&path, &spec(VideoKind::Picture, rate(100_000, 1), DType::U8, shape), &frames)
            .expect("written");
        let source = opened(&path);
        assert_eq!(source.info().frames, 60, "{suffix}");
        if suffix == "mkv" {
            assert!(notes.iter().any(|n| n.contains("30000") && n.contains(".mp4")), "{notes:?}");
        } else {
            assert_eq!(notes, Vec::<String>::new());
            assert_eq!(interval(&source.info().time), (1, 100_000), "{suffix}");
        }
        for n in [59, 0, 20, 33] {
            let rgb = all(source.as_ref(), n).expect("whole").as_ref().to_f64_vec();
            let red: Vec<f64> = rgb.chunks(3).map(|p| p[0]).collect();
            assert_eq!(read_number(&red, 96, 8), Some(n), "{suffix}");
        }
    }
}

#[test]
fn frames_with_times_of_their_own_keep_them() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(48, 64, 1);
    let times = [3.0, 3.01, 3.015, 3.1, 3.25, 4.0];
    let frames: Vec<_> = noise_frames(5, DType::U8, 6, shape).into_iter().map(Some).collect();
    let timing = Timing::At(times.into());
    for (suffix, kind, shape, frames) in [
        ("mkv", VideoKind::Values, shape, frames.clone()),
        (
            "mp4",
            VideoKind::Picture,
            FrameShape::new(48, 64, 4),
            (0..6).map(|n| Some(picture(n, 64, 48))).collect(),
        ),
        ("avi", VideoKind::Values, shape, frames),
    ] {
        let path = dir.path().join(format!("a.{suffix}"));
        let notes = write(&path, &spec(kind, timing.clone(), DType::U8, shape), &frames).expect("written");
        let source = opened(&path);
        if suffix == "avi" {
            assert!(notes.iter().any(|n| n.contains("mean rate")), "{notes:?}");
            assert!((source.info().time.rate().expect("a rate") - 5.0).abs() < 1e-6);
            continue;
        }
        assert_eq!(notes, Vec::<String>::new());
        for (n, time) in times.iter().enumerate() {
            let found = source.info().time.seconds(n).expect("a time");
            assert!((found - (time - 3.0)).abs() < 1e-9, "{suffix} {n}: {found}");
        }
    }
}

#[test]
fn what_is_left_out_leaves_a_gap_in_time() {
    let dir = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(48, 64, 1);
    let mut frames: Vec<_> = noise_frames(5, DType::U8, 8, shape).into_iter().map(Some).collect();
    frames[0] = None;
    frames[4] = None;
    let kept: Vec<usize> = (0..8).filter(|&n| frames[n].is_some()).collect();
    for suffix in ["mkv", "avi"] {
        let path = dir.path().join(format!("a.{suffix}"));
        write(&path, &spec(VideoKind::Values, rate(20, 1), DType::U8, shape), &frames).expect("written");
        let source = opened(&path);
        assert_eq!(source.info().frames, 6, "{suffix}");
        for (i, &n) in kept.iter().enumerate() {
            assert_eq!(Some(all(source.as_ref(), i).expect("whole")), frames[n], "{suffix}");
            let place = if suffix == "mkv" { n - 1 } else { i };
            let found = source.info().time.seconds(i).expect("a time");
            assert!((found - place as f64 / 20.0).abs() < 1e-9, "{suffix} {i}: {found}");
        }
    }
}

#[test]
fn a_video_is_there_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("a.mkv");
    let shape = FrameShape::new(48, 64, 1);
    let frames = noise_frames(5, DType::U16, 3, shape);
    let given: Vec<_> = frames.iter().cloned().map(Some).collect();
    let mut spec = spec(VideoKind::Values, rate(25, 1), DType::U16, shape);

    let mut writer = spec.create(&path).expect("begun");
    writer.write_frame(frames[0].as_ref()).expect("taken");
    assert_eq!(names(dir.path()).len(), 1, "a temporary file");
    assert!(!path.exists());
    drop(writer);
    assert!(names(dir.path()).is_empty(), "nothing is left of an unfinished video");

    let wrong = spec.create(&path).expect("begun").write_frame(SamplesRef::U8(&[0; 3]));
    assert!(matches!(wrong, Err(OutputError::Frames { .. })), "{wrong:?}");
    spec.frames = Some(4);
    assert!(matches!(write(&path, &spec, &given), Err(OutputError::Frames { .. })));
    spec.frames = None;
    assert!(matches!(write(&path, &spec, &[]), Err(OutputError::Frames { .. })), "a video of no frames");
    assert!(names(dir.path()).is_empty());

    write(&path, &spec, &given).expect("written");
    let bytes = std::fs::read(&path).expect("there");
    assert!(matches!(write(&path, &spec, &given), Err(OutputError::Exists { .. })));
    assert_eq!(std::fs::read(&path).expect("there"), bytes);
    spec.overwrite = Overwrite::Replace;
    write(&path, &spec, &given[..1]).expect("replaced");
    assert_eq!(opened(&path).info().frames, 1);
    assert_eq!(names(dir.path()), ["a.mkv"]);
}

#[test]
fn what_a_video_cannot_hold_is_refused_with_what_can() {
    let dir = tempfile::tempdir().expect("folder");
    let grey = FrameShape::new(4, 4, 1);
    for (file, kind, dtype, shape, words) in [
        ("a.mp4", VideoKind::Values, DType::U16, grey, ".mkv"),
        ("a.mkv", VideoKind::Values, DType::F32, grey, ".npy"),
        ("a.mkv", VideoKind::Values, DType::I16, grey, "--8bit"),
        ("a.avi", VideoKind::Values, DType::U8, FrameShape::new(4, 4, 2), "channels"),
        ("a.mp4", VideoKind::Picture, DType::U8, FrameShape::new(2, 100_000, 4), "too large"),
    ] {
        let created = spec(kind, rate(25, 1), dtype, shape).create(&dir.path().join(file));
        let text = created.err().expect("refused").to_string();
        assert!(text.contains(file) && text.contains(words), "{text}");
    }
    let plain = WriteSpec::new(DType::U8, grey, Some(1), Overwrite::Refuse);
    let text = plain.create(&dir.path().join("a.mp4")).err().expect("refused").to_string();
    assert!(text.contains(".npy"), "{text}");
    assert!(names(dir.path()).is_empty());
}
