//! Axes of arrays: the likeliest reading, what else could be read, one channel or slice of several.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::FrameShape;
use blitz_io::{FrameSource, OpenError, OpenOptions, open};
use common::decode;

/// An array of u8 whose elements count from 0.
fn array(folder: &Path, shape: &[usize]) -> PathBuf {
    let path = folder.join("a.npy");
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}), }}", lengths.join(", "));
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend(117_u16.to_le_bytes());
    bytes.extend(format!("{text:<116}\n").into_bytes());
    bytes.extend((0..shape.iter().product::<usize>()).map(|i| (i % 251) as u8));
    std::fs::write(&path, bytes).expect("written");
    path
}

fn with(path: &Path, change: impl FnOnce(&mut OpenOptions)) -> Result<Arc<dyn FrameSource>, OpenError> {
    let mut options = OpenOptions::default();
    change(&mut options);
    open(&[path.to_path_buf()], &options)
}

/// What an element of a C-ordered array of that shape is.
fn element(shape: &[usize], at: &[usize]) -> u8 {
    (shape.iter().zip(at).fold(0, |sum, (&length, &i)| sum * length + i) % 251) as u8
}

fn value(source: &dyn FrameSource, frame: usize, y: usize, x: usize, channel: usize) -> u8 {
    let FrameShape { width, channels, .. } = source.info().frame;
    decode(source, frame).expect("frame").bytes()[(y * width + x) * channels + channel]
}

#[test]
fn colours_before_rows_are_colours() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = [6, 3, 10, 12];
    let path = array(folder.path(), &shape);
    let source = common::open_one(&path).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.frame), (6, FrameShape::new(10, 12, 3)));
    assert_eq!((info.reading.axes.as_str(), info.reading.one_of[0].shown), ("TCHW", None));
    assert!(info.notes.iter().any(|n| n.contains("--axes THWC")), "{:?}", info.notes);
    assert_eq!(value(source.as_ref(), 4, 7, 5, 2), element(&shape, &[4, 2, 7, 5]));
    let one = with(&path, |o| o.channel = Some("1".into())).expect("opened");
    assert_eq!(one.info().frame, FrameShape::new(10, 12, 1));
    assert_eq!(value(one.as_ref(), 4, 7, 5, 0), element(&shape, &[4, 1, 7, 5]));
    let old = with(&path, |o| o.axes = "THWC".parse().ok()).expect("opened");
    assert_eq!(old.info().frame, FrameShape::new(3, 10, 12));
    assert!(old.info().reading.others.contains(&"TCHW".to_owned()), "{:?}", old.info().reading);
}

#[test]
fn one_slice_of_several_is_shown() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = [4, 5, 6, 20];
    let path = array(folder.path(), &shape);
    let source = common::open_one(&path).expect("opened");
    assert_eq!((source.info().frames, source.info().frame), (4, FrameShape::new(6, 20, 1)));
    assert_eq!(source.info().reading.words(), "slice 0 of 5");
    let third = with(&path, |o| o.slice = Some(3)).expect("opened");
    assert_eq!(value(third.as_ref(), 2, 4, 19, 0), element(&shape, &[2, 3, 4, 19]));
    let time = with(&path, |o| (o.axes, o.slice) = ("ZTHW".parse().ok(), Some(1))).expect("opened");
    assert_eq!(time.info().frames, 5);
    assert_eq!(value(time.as_ref(), 3, 0, 7, 0), element(&shape, &[1, 3, 0, 7]));
    let why = with(&path, |o| o.slice = Some(5)).expect_err("five").to_string();
    assert!(why.contains("--slice 5: 0 to 4"), "{why}");
    let bytes = std::fs::read(&path).expect("there");
    std::fs::write(&path, &bytes[..bytes.len() - 7]).expect("cut");
    let why = with(&path, |o| o.slice = Some(1)).expect_err("cut").to_string();
    assert!(why.contains("the file is cut short"), "{why}");
    let five = array(folder.path(), &[2, 3, 4, 5, 6]);
    let source = with(&five, |o| (o.axes, o.position) = ("PTCHW".parse().ok(), Some(1))).expect("opened");
    assert_eq!((source.info().frames, source.info().frame), (3, FrameShape::new(5, 6, 4)));
    assert_eq!(value(source.as_ref(), 2, 4, 5, 3), element(&[2, 3, 4, 5, 6], &[1, 2, 3, 4, 5]));
}

#[test]
fn a_channel_of_pictures_is_taken_by_name() {
    let folder = tempfile::tempdir().expect("folder");
    let spec = blitz_io::WriteSpec::new(
        blitz_core::DType::U8,
        FrameShape::new(2, 2, 3),
        Some(1),
        blitz_io::Overwrite::Refuse,
    );
    let path = folder.path().join("a.png");
    let mut writer = spec.create(&path).expect("writer");
    writer
        .write_frame(blitz_core::SamplesRef::U8(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
        .expect("written");
    writer.finish().expect("finished");
    let source = with(&path, |o| o.channel = Some("Green".into())).expect("opened");
    assert_eq!(decode(source.as_ref(), 0).expect("frame").bytes(), [2, 5, 8, 11]);
    assert_eq!(source.info().reading.words(), "channel green of 3");
    let why = with(&path, |o| o.channel = Some("alpha".into())).expect_err("none").to_string();
    assert!(why.contains("--channel alpha: 0 to 2, or red, green, blue expected"), "{why}");
}
