//! What several files have in common: arrays and stacks that follow each other, and what most of them are.

mod common;

use std::path::Path;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{Overwrite, create_writer};
use common::{data, decode, open_one, png, series};

#[test]
fn a_folder_of_arrays_is_a_stack() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(3, 4, 1);
    for n in 0..4_u8 {
        let samples = vec![f32::from(n); 12];
        let path = folder.path().join(format!("{n}.npy"));
        let mut writer = create_writer(&path, DType::F32, shape, Some(1), Overwrite::Refuse).expect("writer");
        writer.write_frame(SamplesRef::from(samples.as_slice())).expect("frame");
        writer.finish().expect("finished");
    }
    let source = open_one(folder.path()).expect("opened");
    assert_eq!((source.info().frames, source.info().dtype), (4, DType::F32));
    assert_eq!(decode(&*source, 3).expect("frame").as_ref().get_f64(5), 3.0);
}

/// An array of `frames` frames of 3 × 4 pixels that count from `first`.
fn array(path: &Path, dtype: DType, frames: usize, first: usize) {
    let shape = FrameShape::new(3, 4, 1);
    let mut writer = create_writer(path, dtype, shape, Some(frames), Overwrite::Replace).expect("writer");
    for n in first..first + frames {
        let mut samples = blitz_core::Samples::zeros(dtype, 12);
        blitz_core::with_samples_mut!(samples.as_mut(), out => {
            out.fill(blitz_core::Sample::from_f64(n as f64));
        });
        writer.write_frame(samples.as_ref()).expect("frame");
    }
    writer.finish().expect("finished");
}

fn values(source: &dyn blitz_io::FrameSource) -> Vec<Option<f64>> {
    let value = |i| Some(decode(source, i).ok()?.as_ref().get_f64(0));
    (0..source.info().frames).map(value).collect()
}

#[test]
fn stacks_follow_each_other() {
    for suffix in ["npy", "tif"] {
        let folder = tempfile::tempdir().expect("folder");
        let at = |n: usize| folder.path().join(format!("part{n}.{suffix}"));
        let counts = [(1, 4), (2, 1), (9, 2), (10, 5)];
        let mut first = 0;
        for (n, frames) in counts {
            array(&at(n), DType::U16, frames, first);
            first += frames;
        }
        let source = open_one(folder.path()).unwrap_or_else(|e| panic!("{suffix}: {e}"));
        let info = source.info();
        assert_eq!(values(&*source), (0..12).map(|n| Some(f64::from(n))).collect::<Vec<_>>(), "{suffix}");
        assert_eq!((info.frames, info.dtype, info.faults.len()), (12, DType::U16, 0));
        assert!(
            info.notes.iter().any(|n| n.contains("4 of part2") && n.contains("5–6 of part9")),
            "{:?}",
            info.notes
        );
        assert!(
            info.notes.iter().any(|n| n.starts_with("File numbers 3–8 are not there")),
            "{:?}",
            info.notes
        );
        assert_eq!(source.meta(6).file, Some(at(9)));
        assert!(source.meta(6).name.starts_with("part9"), "{}", source.meta(6).name);
        assert!(decode(&*source, 12).is_err());
        // A part of another size, and one that is damaged, keep their place.
        std::fs::write(at(3), "nonsense").expect("written");
        let mut writer =
            create_writer(&at(4), DType::U16, FrameShape::new(5, 5, 1), Some(2), Overwrite::Refuse)
                .expect("writer");
        (0..2).for_each(|_| writer.write_frame(SamplesRef::from([7_u16; 25].as_slice())).expect("frame"));
        writer.finish().expect("finished");
        let source = open_one(folder.path()).expect("opened");
        let found = values(&*source);
        assert_eq!(
            (found.len(), found[4], found[5], found[6], found[8]),
            (15, Some(4.0), None, None, Some(5.0))
        );
        assert_eq!(source.info().faults.iter().map(|f| f.frame).collect::<Vec<_>>(), [5, 6, 7]);
        let text = decode(&*source, 7).expect_err("another size").to_string();
        assert!(text.contains("part4") && text.contains("5 × 5 pixels"), "{text}");
        assert!(
            source.info().notes.iter().any(|n| n.starts_with("2 of 15 frames differ")),
            "{:?}",
            source.info().notes
        );
    }
}

#[test]
fn many_stacks_are_more_than_files_that_stay_open() {
    let folder = tempfile::tempdir().expect("folder");
    (0..70).for_each(|n| array(&folder.path().join(format!("s{n}.npy")), DType::F32, 2, 2 * n));
    let source = open_one(folder.path()).expect("opened");
    let wanted: Vec<_> = (0..140).map(|n| Some(f64::from(n))).collect();
    assert_eq!(values(&*source), wanted);
    assert_eq!(values(&*source), wanted, "once more");
    array(&folder.path().join("s3.npy"), DType::F32, 3, 0);
    assert!(decode(&*source, 6).expect_err("changed").reason.contains("changed"));
}

#[test]
fn parts_of_wide_integers_share_one_type() {
    let folder = tempfile::tempdir().expect("folder");
    let npy = |name: &str, values: [i64; 4]| {
        let mut header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1, 2), }".to_owned();
        header.push_str(&" ".repeat(118 - 1 - header.len()));
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\0\x76\0".to_vec();
        bytes.extend(header.bytes());
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        std::fs::write(folder.path().join(name), bytes).expect("written");
    };
    npy("a1.npy", [1, 2, 3, 4]);
    npy("a2.npy", [-300, 2, 3, 4]);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!((source.info().dtype, source.info().frames), (DType::I16, 4));
    assert_eq!(values(&*source), [Some(1.0), Some(3.0), Some(-300.0), Some(3.0)]);
    npy("a3.npy", [70_000, 0, 0, 0]);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!((values(&*source)[2], values(&*source)[4]), (Some(-300.0), Some(70_000.0)));
}

#[test]
fn the_majority_decides_and_not_the_first() {
    let folder = series(&[1, 2, 3, 4, 5]);
    png(&folder.path().join("img1.png"), FrameShape::new(2, 2, 1), 0);
    png(&folder.path().join("img4.png"), FrameShape::new(4, 5, 3), 0);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frame, FrameShape::new(4, 5, 1));
    assert_eq!(values(&*source), [None, Some(2.0), Some(3.0), None, Some(5.0)]);
    assert_eq!(source.info().faults.iter().map(|f| f.frame).collect::<Vec<_>>(), [0, 3]);
    assert!(source.info().faults[0].to_string().contains("img1.png"));
    // Arrays of another element type, whose values decide nothing.
    let folder = tempfile::tempdir().expect("folder");
    array(&folder.path().join("a1.npy"), DType::F64, 1, 1);
    (2..5).for_each(|n| array(&folder.path().join(format!("a{n}.npy")), DType::U16, 1, n));
    let source = open_one(folder.path()).expect("opened");
    assert_eq!((source.info().dtype, values(&*source)[0]), (DType::U16, None));
    // TIFF, where a header costs a decode.
    let folder = tempfile::tempdir().expect("folder");
    array(&folder.path().join("a1.tif"), DType::U8, 1, 1);
    (2..5).for_each(|n| array(&folder.path().join(format!("a{n}.tif")), DType::U16, 1, n));
    let source = open_one(folder.path()).expect("opened");
    assert_eq!((source.info().dtype, values(&*source)[0]), (DType::U16, None));
}

#[test]
fn equal_halves_are_said() {
    let folder = series(&[1, 2]);
    png(&folder.path().join("img3.png"), FrameShape::new(2, 2, 1), 0);
    png(&folder.path().join("img4.png"), FrameShape::new(2, 2, 1), 0);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frame, FrameShape::new(4, 5, 1));
    assert!(source.info().notes.iter().any(|n| n.contains("first in order")), "{:?}", source.info().notes);
    // Of stacks, the frames count.
    let folder = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(2, 2, 1);
    array(&folder.path().join("s1.tif"), DType::U8, 2, 0);
    let mut writer =
        create_writer(&folder.path().join("s2.tif"), DType::U8, shape, Some(3), Overwrite::Refuse)
            .expect("writer");
    (0..3).for_each(|_| writer.write_frame(SamplesRef::from([7_u8; 4].as_slice())).expect("frame"));
    writer.finish().expect("finished");
    assert_eq!(open_one(folder.path()).expect("opened").info().frame, shape);
}

#[test]
fn most_frames_decide_whether_alpha_is_dropped() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(2, 2, 4);
    png(&folder.path().join("a1.png"), shape, 255);
    (2..6).for_each(|n| png(&folder.path().join(format!("a{n}.png")), shape, 100));
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frame.channels, 4);
    assert_eq!(values(&*source), [Some(255.0), Some(100.0), Some(100.0), Some(100.0), Some(100.0)]);
}

#[test]
fn wide_integers_of_a_folder_share_one_type() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::copy(data("good").join("int64_small.npy"), folder.path().join("2.npy")).expect("copied");
    std::fs::copy(data("good").join("uint64_large.npy"), folder.path().join("10.npy")).expect("copied");
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().dtype, DType::F64);
    assert_eq!(decode(&*source, 0).expect("frame").as_ref().get_f64(1), 70_000.0);
    assert_eq!(decode(&*source, 1).expect("frame").as_ref().get_f64(1), 2_f64.powi(40));
}
