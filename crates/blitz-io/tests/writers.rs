//! What is written reads back bit for bit, whatever the type and shape; nothing else is touched.

mod common;

use std::path::Path;

use blitz_core::{DType, FrameShape, Samples, SamplesRef};
use blitz_io::{FrameWriter, OutputError, Overwrite, WriteSpec, create_writer};
use common::{bytes_of_all, files, open_one};
use proptest::prelude::*;

/// A frame whose bytes are all different from those of its neighbours; floats have no NaN by accident.
fn frame(dtype: DType, shape: FrameShape, seed: usize) -> Samples {
    let mut samples = Samples::zeros(dtype, shape.samples());
    blitz_core::with_samples_mut!(samples.as_mut(), s => for (i, v) in s.iter_mut().enumerate() {
        *v = blitz_core::Sample::from_f64(((i * 37 + seed * 101) % 251) as f64 * 1.5 - 3.0);
    });
    samples
}

fn write(
    path: &Path,
    dtype: DType,
    shape: FrameShape,
    frames: usize,
    announced: Option<usize>,
) -> Result<Vec<u8>, OutputError> {
    let mut writer = create_writer(path, dtype, shape, announced, Overwrite::Refuse)?;
    let mut bytes = Vec::new();
    for i in 0..frames {
        let samples = frame(dtype, shape, i);
        bytes.extend_from_slice(samples.bytes());
        writer.write_frame(samples.as_ref())?;
    }
    writer.finish()?;
    Ok(bytes)
}

#[test]
fn every_type_comes_back() {
    for (suffix, channels) in [("npy", [1, 3]), ("tif", [1, 3])] {
        for dtype in DType::ALL {
            for channels in channels {
                for (frames, announced) in [(1, Some(1)), (1, None), (4, Some(4)), (4, None)] {
                    let folder = tempfile::tempdir().expect("folder");
                    let path = folder.path().join(format!("out.{suffix}"));
                    let shape = FrameShape::new(5, 7, channels);
                    let written = write(&path, dtype, shape, frames, announced).expect("written");
                    let source = open_one(&path).expect("opened");
                    let info = source.info();
                    assert_eq!((info.frames, info.frame, info.dtype), (frames, shape, dtype));
                    assert!(bytes_of_all(&*source) == written, "{suffix} {dtype} {channels} {frames}");
                    assert_eq!(files(folder.path()).len(), 1, "no temporary file is left");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn awkward_shapes_come_back(h in 1_usize..6, w in 1_usize..6, c in 1_usize..6, t in 1_usize..5, tif: bool, known: bool) {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(if tif { "out.tif" } else { "out.npy" });
        let shape = FrameShape::new(h, w, c);
        let written = write(&path, DType::I16, shape, t, known.then_some(t)).expect("written");
        let source = open_one(&path).expect("opened");
        prop_assert_eq!((source.info().frames, source.info().frame), (t, shape));
        prop_assert_eq!(bytes_of_all(&*source), written);
    }
}

#[test]
fn png_comes_back() {
    for dtype in [DType::U8, DType::U16] {
        for channels in 1..=4 {
            let folder = tempfile::tempdir().expect("folder");
            let path = folder.path().join("out.png");
            let shape = FrameShape::new(6, 5, channels);
            let written = write(&path, dtype, shape, 1, Some(1)).expect("written");
            let source = open_one(&path).expect("opened");
            assert_eq!(source.info().frame, shape);
            assert!(bytes_of_all(&*source) == written, "{dtype} {channels}");
        }
    }
}

#[test]
fn a_series_has_its_numbers() {
    for suffix in ["png", "tif"] {
        let folder = tempfile::tempdir().expect("folder");
        let shape = FrameShape::new(4, 6, 1);
        let mut spec = WriteSpec::new(DType::U16, shape, Some(3), Overwrite::Refuse);
        spec.numbers = Some([8, 10, 12].into());
        let path = folder.path().join(format!("f_%03d.{suffix}"));
        let mut writer = spec.create(&path).expect("writer");
        let mut written = Vec::new();
        for i in 0..3 {
            let samples = frame(DType::U16, shape, i);
            written.extend_from_slice(samples.bytes());
            writer.write_frame(samples.as_ref()).expect("frame");
        }
        let visible = || {
            let names = files(folder.path()).into_iter();
            names
                .map(|p| p.file_name().expect("name").to_string_lossy().into_owned())
                .filter(|n| !n.starts_with('.'))
                .collect::<Vec<_>>()
        };
        assert!(visible().is_empty(), "nothing appears before the end");
        writer.finish().expect("finished");
        assert_eq!(visible(), [8, 10, 12].map(|n| format!("f_{n:03}.{suffix}")));
        let source = open_one(folder.path()).expect("opened");
        assert!(bytes_of_all(&*source) == written);
        assert!(source.info().notes.is_empty(), "{:?}", source.info().notes);
        assert!(matches!(spec.create(&path), Err(OutputError::Exists { .. })));
    }
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    for name in ["a.npy", "a.tif", "a.png", "a%04d.png"] {
        let folder = tempfile::tempdir().expect("folder");
        let shape = FrameShape::new(4, 6, 1);
        let mut writer = create_writer(&folder.path().join(name), DType::U8, shape, None, Overwrite::Refuse)
            .expect("writer");
        writer.write_frame(frame(DType::U8, shape, 0).as_ref()).expect("frame");
        drop(writer);
        assert!(files(folder.path()).is_empty(), "{name}");
    }
}

fn refused(result: Result<Box<dyn FrameWriter>, OutputError>) -> String {
    match result {
        Ok(_) => panic!("must be refused"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let start = |name: &str, dtype, shape, frames| {
        create_writer(&folder.path().join(name), dtype, shape, frames, Overwrite::Refuse)
    };
    let shape = FrameShape::new(4, 6, 1);
    let text = refused(start("a.png", DType::F32, shape, Some(1)));
    assert!(text.contains("a.png") && text.contains("f32") && text.contains(".tif and .npy"), "{text}");
    assert!(refused(start("a.png", DType::U8, shape, Some(2))).contains("%05d.png"));
    assert!(refused(start("a.png", DType::U8, FrameShape::new(4, 6, 7), Some(1))).contains("channels"));
    assert!(refused(start("a%d.npy", DType::U8, shape, Some(2))).contains("one .npy holds all frames"));
    assert!(refused(start("a.xyz", DType::U8, shape, Some(2))).contains(".xyz"));
    assert!(refused(start("a", DType::U8, shape, Some(2))).contains("no suffix"));
    assert!(refused(start("a.npy", DType::U8, FrameShape::new(0, 6, 1), Some(2))).contains("without pixels"));
    assert!(refused(start("a.npy", DType::U8, shape, Some(usize::MAX / 64))).contains("free"));
    std::fs::write(folder.path().join("b.npy"), b"kept").expect("written");
    assert!(refused(start("b.npy", DType::U8, shape, Some(2))).contains("exists already"));
    assert_eq!(std::fs::read(folder.path().join("b.npy")).expect("there"), b"kept");
}

#[test]
fn frames_must_be_what_was_announced() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(2, 2, 1);
    let path = folder.path().join("a.npy");
    let start = || create_writer(&path, DType::U8, shape, Some(2), Overwrite::Refuse).expect("writer");
    let mut writer = start();
    assert!(writer.write_frame(SamplesRef::from([0_u16; 4].as_slice())).is_err());
    assert!(writer.write_frame(SamplesRef::from([0_u8; 5].as_slice())).is_err());
    writer.write_frame(SamplesRef::from([0_u8; 4].as_slice())).expect("fits");
    let error = writer.finish().expect_err("one is missing");
    assert!(error.to_string().contains("1 frames were written, 2 were announced"), "{error}");
    let mut writer = start();
    for _ in 0..2 {
        writer.write_frame(SamplesRef::from([0_u8; 4].as_slice())).expect("fits");
    }
    assert!(writer.write_frame(SamplesRef::from([0_u8; 4].as_slice())).is_err());
    drop(writer);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn large_stacks_are_bigtiff() {
    // Announced above 4 GB, then abandoned: the header shows the choice. Series of pages cannot be that large
    // in a test.
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.tif");
    let shape = FrameShape::new(2, 2, 1);
    write(&path, DType::U8, shape, 3, None).expect("written");
    let bytes = std::fs::read(&path).expect("there");
    assert_eq!(bytes[2] | bytes[3], 43, "an unknown number of frames is BigTIFF");
    assert_eq!(open_one(&path).expect("opened").info().frames, 3);
}

#[cfg(not(feature = "video"))]
#[test]
fn a_build_without_video_says_what_is_missing() {
    use blitz_io::{Timing, VideoKind, VideoSpec};
    let folder = tempfile::tempdir().expect("folder");
    let mut spec = blitz_io::WriteSpec::new(DType::U8, FrameShape::new(4, 4, 1), None, Overwrite::Refuse);
    let rate = blitz_core::Rational::new(25, 1).expect("not zero");
    spec.video = Some(VideoSpec { kind: VideoKind::Values, timing: Timing::Rate(rate) });
    let error = spec.create(&folder.path().join("a.mkv")).err().expect("refused").to_string();
    assert!(error.contains("a.mkv") && error.contains("built without video"), "{error}");
}
