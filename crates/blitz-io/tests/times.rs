//! Times of frames that do not come from the recording's own container.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples, TimeAxis};
use blitz_io::{FrameSource, OpenError, OpenOptions, Overwrite, TimesFrom, WriteSpec, open};

const SHAPE: FrameShape = FrameShape::new(3, 4, 1);

/// One PNG per name, each with its place as value.
fn pngs(folder: &Path, names: &[&str]) {
    for (i, name) in names.iter().enumerate() {
        let spec = WriteSpec::new(DType::U8, SHAPE, Some(1), Overwrite::Refuse);
        let mut writer = spec.create(&folder.join(name)).expect("writer");
        writer.write_frame(Samples::U8(vec![i as u8; 12]).as_ref()).expect("written");
        writer.finish().expect("finished");
    }
}

fn timed(path: &Path, from: &str) -> Result<Arc<dyn FrameSource>, OpenError> {
    let times = Some(from.parse::<TimesFrom>().expect("never fails"));
    open(&[path.to_path_buf()], &OpenOptions { times, ..OpenOptions::default() })
}

fn seconds(source: &dyn FrameSource) -> Vec<Option<f64>> {
    (0..source.info().frames).map(|frame| source.info().time.seconds(frame)).collect()
}

#[test]
fn files_keep_their_numbers_and_stand_at_them() {
    let folder = tempfile::tempdir().expect("folder");
    pngs(folder.path(), &["f00000.png", "f00001.png", "f00005.png"]);
    let source = common::open_one(folder.path()).expect("opened");
    let numbers: Vec<_> = (0..3).map(|frame| source.meta(frame).number.expect("a number")).collect();
    assert_eq!(numbers, ["0", "1", "5"]);
    assert_eq!((source.counts(), &source.info().time), (None, &TimeAxis::NotSet), "not unasked");
    let source = timed(folder.path(), "names").expect("opened");
    assert_eq!(source.counts(), Some(&[0.0, 1.0, 5.0][..]));
    assert!(source.info().notes.iter().any(|n| n.contains("--dt or --fps")), "{:?}", source.info().notes);
}

#[test]
fn numbers_with_a_unit_are_times() {
    let folder = tempfile::tempdir().expect("folder");
    pngs(folder.path(), &["t_0.05s.png", "t_0.1s.png", "t_2s.png"]);
    let source = timed(folder.path(), "names").expect("opened");
    assert_eq!(seconds(source.as_ref()), [Some(0.05), Some(0.1), Some(2.0)]);
    let other = tempfile::tempdir().expect("folder");
    pngs(other.path(), &["a1.png", "a01.png", "a2.png"]);
    let why = timed(other.path(), "names").expect_err("equal numbers").to_string();
    assert!(why.contains("rising numbers are expected"), "{why}");
}

#[test]
fn a_table_gives_times() {
    let folder = tempfile::tempdir().expect("folder");
    let frames = folder.path().join("frames");
    fs::create_dir(&frames).expect("folder");
    pngs(&frames, &["1.png", "2.png", "3.png"]);
    let table = |text: &str| -> PathBuf {
        let path = folder.path().join("times.csv");
        fs::write(&path, text).expect("written");
        path
    };
    let given = |text: &str| timed(&frames, &table(text).to_string_lossy());
    let source = given("frame,time_s\n0,0\n1,0.5\n2,4\n").expect("opened");
    assert_eq!(seconds(source.as_ref()), [Some(0.0), Some(0.5), Some(4.0)]);
    assert!(source.info().notes.iter().any(|n| n.contains("times.csv")));
    let source = given("0.000\n0.040\n0.080\n").expect("opened");
    assert_eq!(source.info().time.rate(), Some(25.0));
    let why = given("0\n1\n").expect_err("one is missing").to_string();
    assert!(why.contains("times.csv") && why.contains("2 times found, 3 expected"), "{why}");
    let why = given("0\n1\nx\n").expect_err("no number").to_string();
    assert!(why.contains("line 3: the time 'x' found"), "{why}");
    let why = timed(&frames, "nowhere.csv").expect_err("no table").to_string();
    assert!(why.contains("nowhere.csv"), "{why}");
}

/// EXIF data with a date and, unless it is empty, its fraction of a second.
fn exif(date: &str, fraction: &str) -> Vec<u8> {
    let mut out = b"II\x2a\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let count = if fraction.is_empty() { 1_u16 } else { 2 };
    out.extend([1, 0]);
    out.extend(entry(0x8769, 4, 1, 26_u32.to_le_bytes()));
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    let text_at = 26 + 2 + 12 * u32::from(count) + 4;
    out.extend(entry(0x9003, 2, 20, text_at.to_le_bytes()));
    if !fraction.is_empty() {
        let mut value = [0; 4];
        value[..fraction.len()].copy_from_slice(fraction.as_bytes());
        out.extend(entry(0x9291, 2, fraction.len() as u32 + 1, value));
    }
    out.extend([0; 4]);
    out.extend(date.as_bytes());
    out.push(0);
    out
}

fn photos(folder: &Path, taken: &[(&str, &str)]) {
    for (i, (date, fraction)) in taken.iter().enumerate() {
        let file = fs::File::create(folder.join(format!("p{i}.png"))).expect("created");
        let mut encoder = png::Encoder::new(file, 4, 3);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().expect("header");
        if !date.is_empty() {
            writer.write_chunk(png::chunk::ChunkType(*b"eXIf"), &exif(date, fraction)).expect("chunk");
        }
        writer.write_image_data(&[i as u8; 12]).expect("pixels");
    }
}

#[test]
fn pictures_say_when_they_were_taken() {
    let folder = tempfile::tempdir().expect("folder");
    photos(
        folder.path(),
        &[
            ("2026:11:28 23:59:59", "50"),
            ("2026:11:29 00:00:00", "25"),
            ("", ""),
            ("2026:11:29 00:01:00", "00"),
        ],
    );
    let source = timed(folder.path(), "exif").expect("opened");
    assert_eq!(seconds(source.as_ref()), [Some(0.0), Some(0.75), None, Some(60.5)]);
    let notes = &source.info().notes;
    assert!(notes.iter().any(|n| n.starts_with("1 of 4 pictures do not say when")), "{notes:?}");
    let burst = tempfile::tempdir().expect("folder");
    photos(burst.path(), &[("2026:11:28 12:00:00", ""), ("2026:11:28 12:00:00", "")]);
    let source = timed(burst.path(), "exif").expect("opened");
    assert_eq!(source.info().time, TimeAxis::NotSet, "equal times are no times");
    let notes = &source.info().notes;
    assert!(notes.iter().any(|n| n.contains("clock (1 s) is too coarse")), "{notes:?}");
    let without = tempfile::tempdir().expect("folder");
    photos(without.path(), &[("", "")]);
    let why = timed(without.path(), "exif").expect_err("no date").to_string();
    assert!(why.contains("no picture says when it was taken"), "{why}");
}

#[test]
fn pixel_size_unit_and_zero_come_back_from_tiff() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, time: TimeAxis, skip: bool| {
        let path = folder.path().join(name);
        let mut spec = WriteSpec::new(DType::F32, SHAPE, None, Overwrite::Refuse);
        spec.scales = blitz_io::Scales {
            time,
            pixel_size: blitz_core::PixelSize::parse("12.5um").ok(),
            unit: Some("K".to_owned()),
        };
        let mut writer = spec.create(&path).expect("writer");
        for i in 0..4 {
            if skip && i == 1 {
                writer.skip_frame();
            } else {
                writer.write_frame(Samples::F32(vec![i as f32; 12]).as_ref()).expect("written");
            }
        }
        writer.finish().expect("finished");
        common::open_one(&path).expect("opened")
    };
    let axis = TimeAxis::from_fps("29.97", -3).expect("a rate");
    let source = write("even.tif", axis.clone(), false);
    let info = source.info();
    assert_eq!([0, 3].map(|f| info.time.seconds(f)), [0, 3].map(|f| axis.seconds(f)));
    assert_eq!(info.time.rate(), Some(29.97));
    assert_eq!(info.pixel_size.map(blitz_core::PixelSize::display).as_deref(), Some("12.5 µm"));
    assert_eq!((info.unit.as_deref(), info.frames), (Some("K"), 4));
    assert!(info.notes.is_empty(), "{:?}", info.notes);
    let source = write("gap.tif", axis.clone(), true);
    assert_eq!(seconds(source.as_ref()), [0, 2, 3].map(|f| axis.seconds(f)), "each at its own time");
    let own = TimeAxis::Explicit([0.0, 0.1, 0.7, 0.123_456_789].into());
    assert_eq!(seconds(write("own.tif", own.clone(), false).as_ref()), [0, 1, 2, 3].map(|f| own.seconds(f)));
}
