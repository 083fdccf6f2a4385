//! Files of bare samples, against values that are written byte by byte here.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, Samples, Store as _};
use blitz_io::{ComplexPart, FrameSource, OpenError, OpenOptions, open};
use common::{bytes_of_all, decode};
use proptest::prelude::*;

fn read(paths: &[PathBuf], layout: &str) -> Result<Arc<dyn FrameSource>, OpenError> {
    let raw = Some(layout.parse().expect(layout));
    open(paths, &OpenOptions { raw, complex: Some(ComplexPart::Real), ..OpenOptions::default() })
}

fn one(path: &Path, layout: &str) -> Result<Arc<dyn FrameSource>, OpenError> {
    read(&[path.to_path_buf()], layout)
}

/// Frames of values, each from the number of its sample in the file.
fn frames(count: usize, samples: usize) -> Vec<Vec<u32>> {
    let value = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 7;
    (0..count).map(|t| (0..samples).map(|i| value(t * samples + i)).collect()).collect()
}

/// A type: its name, the bytes of a value and the value as it must be read.
type Kind = (&'static str, fn(u32) -> Vec<u8>, fn(u32) -> f64);

const KINDS: [Kind; 14] = [
    ("u8", |v| vec![v as u8], |v| f64::from(v as u8)),
    ("i8", |v| vec![v as u8], |v| f64::from(v as u8 as i8)),
    ("u16le", |v| (v as u16).to_le_bytes().into(), |v| f64::from(v as u16)),
    ("u16be", |v| (v as u16).to_be_bytes().into(), |v| f64::from(v as u16)),
    ("i16le", |v| (v as u16).to_le_bytes().into(), |v| f64::from(v as u16 as i16)),
    ("i16be", |v| (v as u16).to_be_bytes().into(), |v| f64::from(v as u16 as i16)),
    ("u32le", |v| v.to_le_bytes().into(), f64::from),
    ("i32be", |v| (v as i32 - 9).to_be_bytes().into(), |v| f64::from(v as i32 - 9)),
    ("u64le", |v| u64::from(v).to_le_bytes().into(), f64::from),
    ("i64be", |v| (-i64::from(v)).to_be_bytes().into(), |v| -f64::from(v)),
    ("f32be", |v| (v as f32 / 8.0).to_be_bytes().into(), |v| f64::from(v as f32 / 8.0)),
    ("f64le", |v| (f64::from(v) / 3.0).to_le_bytes().into(), |v| f64::from(v) / 3.0),
    // 1.5 or -2 as half precision.
    ("f16le", |v| [0x3e00_u16, 0xc000][v as usize & 1].to_le_bytes().into(), |v| [1.5, -2.0][v as usize & 1]),
    ("c64le", |v| [v as f32, 7.0].iter().flat_map(|v| v.to_le_bytes()).collect(), |v| f64::from(v as f32)),
];

fn values(samples: &Samples) -> Vec<f64> {
    (0..samples.len()).map(|i| samples.as_ref().get_f64(i)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_layout_gives_its_values(
        kind in 0..KINDS.len(),
        (width, height, channels) in (1..9_usize, 1..7_usize, 1..4_usize),
        count in 1..5_usize,
        (offset, gap) in (0..40_usize, 0..40_usize),
        (up, cut, more) in (any::<bool>(), any::<bool>(), 0..3_usize),
        last_gap in any::<bool>(),
    ) {
        let (name, bytes, value) = KINDS[kind];
        let frames = frames(count, width * height * channels);
        let mut file = vec![0xee; offset];
        for (i, frame) in frames.iter().enumerate() {
            file.extend(frame.iter().flat_map(|&v| bytes(v)));
            if i + 1 < count || last_gap {
                file.extend(vec![0xdd; gap]);
            }
        }
        let mut there = count;
        let claimed = count + more;
        if cut && count > 1 && !last_gap {
            file.pop();
            there -= 1;
        }
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.dat");
        std::fs::write(&path, &file).expect("written");
        let rows = if up { ":rows=up" } else { "" };
        let layout = format!("{width}x{height}x{channels}:{name}:offset={offset}:gap={gap}:frames={claimed}{rows}");
        let source = one(&path, &layout).expect("opened");
        let info = source.info();
        prop_assert_eq!(info.frames, claimed);
        prop_assert_eq!(info.faults.len(), claimed - there, "{:?}", info.notes);
        let expected = |frame: usize| -> Vec<f64> {
            let rows: Vec<&[u32]> = frames[frame].chunks(width * channels).collect();
            let order: Vec<&[u32]> = if up { rows.into_iter().rev().collect() } else { rows };
            order.into_iter().flatten().map(|&v| value(v)).collect()
        };
        for frame in 0..there {
            prop_assert_eq!(values(&decode(source.as_ref(), frame).expect("frame")), expected(frame));
            // Some rows, and the bytes in the file where they are mapped.
            let (from, to) = (height / 3, height - height / 4);
            let mut part = Samples::zeros(info.dtype, (to - from) * width * channels);
            source.decode_rows(frame, from..to, part.as_mut()).expect("rows");
            prop_assert_eq!(values(&part), &expected(frame)[from * width * channels..to * width * channels]);
            if let Some(mapped) = source.mapped() {
                let guard = mapped.pin(frame).expect("mapped");
                let found: Vec<f64> = (0..part.len().max(1)).map(|i| guard.samples().get_f64(i)).collect();
                prop_assert_eq!(&found[..], &expected(frame)[..found.len()]);
            }
        }
        for frame in there..claimed {
            let why = decode(source.as_ref(), frame).expect_err("cut").reason;
            prop_assert!(why.contains(&format!("it holds {there} of {claimed} frames")), "{}", why);
        }
        // Nobody says how many frames: those that are there, and a word about the rest.
        let source = one(&path, &layout.replace(&format!(":frames={claimed}"), "")).expect("opened");
        prop_assert_eq!(source.info().frames, there);
        let said = source.info().notes.iter().any(|note| note.contains("breaks off after"));
        prop_assert_eq!(said, there < count && width * height * channels * bytes(0).len() > 1);
    }
}

#[test]
fn bytes_that_are_samples_are_mapped() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.raw");
    std::fs::write(&path, (0..200_u8).collect::<Vec<_>>()).expect("written");
    for (layout, is_mapped) in [
        ("5x4:u8", true),
        ("5x4:u16le:offset=2:gap=6", true),
        ("5x4:u16le:offset=1", false),
        ("5x4:u16le:gap=3", false),
        ("5x4:u16be", false),
        ("5x4:u8:rows=up", false),
        ("4x4:u16:bits=12packed", false),
    ] {
        let source = one(&path, layout).expect(layout);
        assert_eq!(source.mapped().is_some(), is_mapped, "{layout}");
    }
}

#[test]
fn packed_samples_are_codes_of_their_bits() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.bin");
    // Two frames of 2 × 2 samples: 0xabc, 0x123, 0x456, 0x789.
    let frame = [0xab, 0xc1, 0x23, 0x45, 0x67, 0x89];
    std::fs::write(&path, [frame, frame].concat()).expect("written");
    let source = one(&path, "2x2:u16:bits=12packed").expect("opened");
    assert_eq!(
        (source.info().frames, source.info().container_bits, source.info().dtype),
        (2, 12, DType::U16)
    );
    for frame in 0..2 {
        let expected = Samples::U16(vec![0xabc, 0x123, 0x456, 0x789]);
        assert_eq!(decode(source.as_ref(), frame).expect("frame"), expected);
    }
    let up = one(&path, "2x2:u16:bits=12packed:rows=up").expect("opened");
    assert_eq!(decode(up.as_ref(), 1).expect("frame"), Samples::U16(vec![0x456, 0x789, 0xabc, 0x123]));
}

#[test]
fn files_of_a_folder_follow_each_other() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    for i in 0..12_u8 {
        write(&format!("cam_{i}.dat"), &[i; 6]);
    }
    write("cam_12.dat", &[12; 3]);
    write("notes.md", b"twelve frames");
    let source = one(folder.path(), "3x2:u8").expect("opened");
    assert_eq!(source.info().frames, 13);
    for i in 0..12 {
        assert_eq!(decode(source.as_ref(), i).expect("frame"), Samples::U8(vec![i as u8; 6]));
        assert_eq!(source.meta(i).name, format!("cam_{i}.dat"));
    }
    let why = decode(source.as_ref(), 12).expect_err("short").to_string();
    assert!(why.contains("cam_12.dat") && why.contains("needs 6 bytes for a frame, the file has 3"), "{why}");
    // Several frames in each.
    let source = one(folder.path(), "3x1:u8").expect("opened");
    assert_eq!((source.info().frames, bytes_of_all(source.as_ref()).len()), (25, 75));
}

#[test]
fn what_it_is_not_is_said() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.raw");
    std::fs::write(&path, [7; 1000]).expect("written");
    let why = one(&path, "100x100:u8").expect_err("too large").to_string();
    assert!(why.contains("100x100:u8 needs 10000 bytes for a frame, the file has 1000"), "{why}");
    let why = one(&path, "10x10:u8:frames=1000000").expect_err("too many").to_string();
    assert!(why.contains("claims 1000000 frames, the file holds 10"), "{why}");
    let why = one(&path, "1000000x1000000:f64").expect_err("too large").to_string();
    assert!(why.contains("--max-ram"), "{why}");
    // A known file is read as it is asked, with a word.
    let png = common::data("good").join("grey8.png");
    let known =
        common::files(&common::data("good")).into_iter().find(|p| p.extension().is_some_and(|e| e == "png"));
    let source = one(&known.unwrap_or(png), "4x4:u8").expect("opened");
    assert!(
        source.info().notes.iter().any(|n| n.contains("begins as a PNG file")),
        "{:?}",
        source.info().notes
    );
}

#[test]
fn a_file_that_nothing_tells_comes_with_suggestions() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.raw");
    let mut bytes = Vec::new();
    for t in 0..6_u32 {
        for y in 0..60_u32 {
            for x in 0..80_u32 {
                let noise = x.wrapping_mul(y + 7 * t + 1).wrapping_mul(2_654_435_761) >> 28;
                bytes.extend((1000 + 20 * y + 10 * x + 4 * noise).to_le_bytes()[..2].iter());
            }
        }
    }
    std::fs::write(&path, &bytes).expect("written");
    let why = common::open_one(&path).expect_err("nothing tells").to_string();
    assert!(why.contains("its samples may lie so: --raw 80x60:u16le"), "{why}");
    // A reference beside a raw recording may be anything else.
    let raw = Some("80x60:u16le".parse().expect("layout"));
    let options = OpenOptions { raw, raw_where_unknown: true, ..OpenOptions::default() };
    let png =
        common::files(&common::data("good")).into_iter().find(|p| p.extension().is_some_and(|e| e == "png"));
    let source = open(&[png.expect("a PNG")], &options).expect("opened");
    assert!(source.info().format.contains("PNG"), "{}", source.info().format);
    assert_eq!(open(&[path], &options).expect("opened").info().frames, 6);
}
