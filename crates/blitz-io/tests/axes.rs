//! Axes of arrays: the likeliest reading, what else could be read, one channel or slice of several.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, FrameShape};
use blitz_io::{Axes, ComplexPart, FrameSource, OpenError, OpenOptions, open};
use common::{data, decode, error, open_one};

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
    let source = open_one(&path).expect("opened");
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
    let source = open_one(&path).expect("opened");
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
    let spec =
        blitz_io::WriteSpec::new(DType::U8, FrameShape::new(2, 2, 3), Some(1), blitz_io::Overwrite::Refuse);
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

#[test]
fn axes_can_be_said() {
    let path = data("good").join("colour_image.npy");
    let by_rule = open_one(&path).expect("opened");
    assert_eq!((by_rule.info().frames, by_rule.info().frame.channels), (1, 3));
    assert!(by_rule.info().notes[0].contains("--axes THW"));
    let with = |text: &str| {
        let axes = Some(Axes::parse(text).expect(text));
        open(std::slice::from_ref(&path), &OpenOptions { axes, ..OpenOptions::default() })
    };
    let stack = with("THW").expect("opened");
    assert_eq!((stack.info().frames, stack.info().frame), (4, FrameShape::new(5, 3, 1)));
    assert!(stack.mapped().is_some() || cfg!(not(unix)));
    let turned = with("WHT").expect("opened");
    assert_eq!((turned.info().frames, turned.info().frame), (3, FrameShape::new(5, 4, 1)));
    assert!(turned.mapped().is_none());
    let whole = decode(&*by_rule, 0).expect("frame");
    for t in 0..3 {
        let frame = decode(&*turned, t).expect("frame");
        for y in 0..5 {
            for x in 0..4 {
                // The array's axes are (W=4, H=5, T=3).
                assert_eq!(frame.as_ref().get_f64(y * 4 + x), whole.as_ref().get_f64((x * 5 + y) * 3 + t));
            }
        }
    }
    assert!(error(with("HW")).contains("name 2 axes"));
}

#[test]
fn complex_samples_by_choice() {
    let path = data("bad").join("complex.npy");
    let part = |part| {
        let options = OpenOptions { complex: Some(part), ..OpenOptions::default() };
        let source = open(std::slice::from_ref(&path), &options).expect("opened");
        assert_eq!(source.info().dtype, DType::F32);
        decode(&*source, 0).expect("frame").as_ref().get_f64(0)
    };
    assert_eq!(part(ComplexPart::Magnitude), 1.0);
    assert_eq!(part(ComplexPart::Imaginary), 0.0);
    assert_eq!(part(ComplexPart::Phase), 0.0);
}
