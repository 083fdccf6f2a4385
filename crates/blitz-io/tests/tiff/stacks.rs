//! Files of pages that follow each other.

use std::path::Path;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{Axes, OpenOptions, Overwrite, WriteSpec, open};

use super::build::{Page, Value, build};
use super::common::{data, decode, open_one};
use super::{frames, says, shape};

fn page(value: u8) -> Page {
    Page::new(3, 2, 8, 1, vec![value; 6])
}

fn write(folder: &Path, name: &str, pages: &[Page]) {
    std::fs::write(folder.join(name), build(pages, false).bytes).expect("written");
}

#[test]
fn pages_of_files_follow_each_other_in_natural_order() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), "run_10.tif", &[page(6)]);
    write(dir.path(), "run_2.tif", &[page(3), page(4), page(5)]);
    write(dir.path(), "run_1.tif", &[page(0), page(1), page(2)]);
    let source = open_one(dir.path()).expect("read");
    let found: Vec<f64> = frames(&*source).into_iter().map(|frame| frame.expect("whole")[0]).collect();
    assert_eq!(found, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(says(&*source, "3 files follow each other"), "{:?}", source.info().notes);
    assert_eq!(source.meta(4).name, "run_2.tif · 1");
    assert_eq!(source.meta(6).name, "run_10.tif");
    assert!(source.info().faults.is_empty());
    assert_eq!(source.info().bytes_on_disk, source.meta(0).file_bytes * 2 + source.meta(6).file_bytes);
}

#[test]
fn files_that_are_odd_or_damaged_fail_by_name() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let small = Page::new(2, 2, 8, 1, vec![9; 4]);
    write(dir.path(), "a0.tif", &[small.clone(), small]);
    write(dir.path(), "a1.tif", &[page(0), page(1)]);
    std::fs::write(dir.path().join("a2.tif"), b"II*\0 and no more").expect("written");
    write(dir.path(), "a3.tif", &[page(2), page(3).short(258, 16), page(4)]);
    let source = open_one(dir.path()).expect("read");
    let found = frames(&*source);
    assert_eq!((found.len(), shape(&*source)), (8, (2, 3, 1)));
    let bad: Vec<usize> = source.info().faults.iter().map(|fault| fault.frame).collect();
    assert_eq!(bad, [0, 1, 4, 6]);
    for (frame, file) in [(0, "a0.tif"), (1, "a0.tif"), (4, "a2.tif"), (6, "a3.tif")] {
        assert!(
            found[frame].as_ref().is_err_and(|reason| reason.contains(file)),
            "{frame}: {:?}",
            found[frame]
        );
    }
    assert_eq!(found[7], Ok(vec![4.0; 6]));
    assert!(says(&*source, "4 of 8 frames"), "{:?}", source.info().notes);
}

#[test]
fn integers_of_all_files_share_a_type_and_each_file_has_its_axes() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let wide = |value: i64| Page::new(1, 1, 64, 1, value.to_le_bytes().to_vec()).short(339, 2);
    write(dir.path(), "w0.tif", &[wide(3), wide(-4)]);
    write(dir.path(), "w1.tif", &[wide(70_000), wide(1)]);
    let source = open_one(dir.path()).expect("read");
    // Each file has the smallest type for its own values: signed ones here, above 16 bit there.
    assert_eq!(source.info().dtype, DType::F64);
    assert_eq!(frames(&*source), [3.0, -4.0, 70_000.0, 1.0].map(|v| Ok(vec![v])));
    let dir = tempfile::tempdir().expect("temporary folder");
    let text = Value::Text("ImageJ=1.54f\nimages=4\nchannels=2\nframes=2\nunit=um\nfinterval=0.5\n");
    for name in ["c0.tif", "c1.tif"] {
        let first = page(0).with(270, text.clone()).with(282, Value::Fraction(4, 1));
        write(dir.path(), name, &[first, page(1), page(2), page(3)]);
    }
    let source = open_one(dir.path()).expect("read");
    let found: Vec<f64> = frames(&*source).into_iter().map(|frame| frame.expect("whole")[0]).collect();
    assert_eq!(found, [0.0, 2.0, 0.0, 2.0]);
    assert_eq!(source.info().pixel_size.map(|size| size.metres), Some(2.5e-7));
    assert_eq!(source.info().time.rate(), Some(2.0));
    assert!(says(&*source, "the first of 2 channels"), "{:?}", source.info().notes);
}

#[test]
fn one_page_in_the_first_file_does_not_hide_the_others() {
    // The first file may hold one page; the others tell.
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), "s0.tif", &[page(0)]);
    write(dir.path(), "s1.tif", &[page(1), page(2)]);
    write(dir.path(), "s2.tif", &[page(3), page(4)]);
    let found = frames(&*open_one(dir.path()).expect("read"));
    assert_eq!(found, [0.0, 1.0, 2.0, 3.0, 4.0].map(|v| Ok(vec![v; 6])));
}

/// Fault: an odd file of 64-bit integers, or one with a value that no type holds, failed all others.
#[test]
fn odd_files_of_wide_integers_cost_themselves_alone() {
    let wide = |value: i64| Page::new(1, 1, 64, 1, value.to_le_bytes().to_vec()).short(339, 2);
    let short = |value: u16| Page::new(1, 1, 16, 1, value.to_le_bytes().to_vec());
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), "s0.tif", &[wide(7)]);
    for i in 1..6 {
        write(dir.path(), &format!("s{i}.tif"), &[short(i)]);
    }
    let source = open_one(dir.path()).expect("read");
    assert_eq!(source.info().dtype, DType::U16);
    // The odd one's value fits, too.
    assert_eq!(frames(&*source), [7.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|v| Ok(vec![v])));

    // In a folder and in a file.
    let (dir, file) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let values = [1, 2, (1 << 53) + 1, 4];
    for (i, value) in values.iter().enumerate() {
        write(dir.path(), &format!("w{i}.tif"), &[wide(*value)]);
    }
    write(file.path(), "all.tif", &values.map(wide));
    for path in [dir.path().to_owned(), file.path().join("all.tif")] {
        let found = frames(&*open_one(&path).expect("read"));
        let good: Vec<bool> = found.iter().map(Result::is_ok).collect();
        assert_eq!(good, [true, true, false, true], "{}: {found:?}", path.display());
    }
}

#[test]
fn imagej_time_and_pixel_size_are_taken() {
    let source = open_one(&data("good").join("imagej_time.tif")).expect("opened");
    let info = source.info();
    assert_eq!(info.time.seconds(3), Some(1.5));
    assert_eq!(info.pixel_size.map(|p| p.metres), Some(5e-7));
    let slices = data("good").join("slices.tif");
    let options = OpenOptions { axes: Some(Axes::parse("THW").expect("axes")), ..OpenOptions::default() };
    assert_eq!(open(&[slices], &options).expect("as said").info().frames, 5);
}

#[test]
fn times_of_kinetic_series_are_taken() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("kinetic.tif");
    let of = |id: bool, cycle: f64, big_endian: bool, pages: u8| {
        let page = |value: u8| {
            let page = page(value).with(4878, Value::Double(cycle)).with(4876, Value::Double(0.008));
            if id { page.with(4864, Value::Long(vec![1])) } else { page }
        };
        let pages: Vec<Page> = (0..pages).map(page).collect();
        std::fs::write(&path, build(&pages, big_endian).bytes).expect("written");
        let info = open_one(&path).expect("opened").info().clone();
        let exposure = info.facts.iter().find(|(name, _)| name == "exposure").map(|(_, text)| text.clone());
        (info.time.seconds(3), info.time.rate(), exposure)
    };
    for big_endian in [false, true] {
        assert_eq!(
            of(true, 0.03386, big_endian, 5),
            (Some(3.0 * 0.03386), Some(1.0 / 0.03386), Some("1/125 s".into()))
        );
    }
    for cycle in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300, 1e300] {
        assert_eq!(of(true, cycle, false, 5).1, None, "{cycle}");
    }
    assert_eq!(of(false, 0.5, false, 5), (None, None, None), "tags of another program");
    assert_eq!(of(true, 0.5, false, 1).1, None, "one picture");
}

#[test]
fn a_folder_of_single_pages_is_a_stack() {
    let folder = tempfile::tempdir().expect("folder");
    for name in ["white.tif", "white_deflate.tif"] {
        std::fs::copy(data("good").join(name), folder.path().join(name)).expect("copied");
    }
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frames, 2);
    assert!(source.info().notes.iter().any(|n| n.contains("MinIsWhite")));
    assert!(decode(&*source, 1).is_ok());
}

#[test]
fn an_imagej_stack_with_one_directory_is_read() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("stack.tif");
    // One page of 3 × 2 bytes whose description speaks of four, which follow it; one more is missing.
    let mut spec = WriteSpec::new(DType::U8, FrameShape::new(2, 3, 1), Some(1), Overwrite::Refuse);
    spec.description = Some("******".to_owned());
    let mut writer = spec.create(&path).expect("writer");
    writer.write_frame(SamplesRef::from([1_u8, 2, 3, 4, 5, 6].as_slice())).expect("frame");
    writer.finish().expect("finished");
    let mut bytes = std::fs::read(&path).expect("there");
    let line = b"description=******";
    let at = bytes.windows(line.len()).position(|found| found == line).expect("a description");
    bytes[at..at + line.len()].copy_from_slice(b"images=4\nframes=4\n");
    // Move the samples to the end of the file, where the images lie one behind the other.
    let start = bytes.len() as u32;
    // The entry: tag 273, one number of 32 bit.
    let entry = [273_u16.to_le_bytes(), 4_u16.to_le_bytes(), 1_u16.to_le_bytes(), [0, 0]].concat();
    let place = bytes.windows(8).position(|found| found == entry).expect("strip offset");
    bytes[place + 8..place + 12].copy_from_slice(&start.to_le_bytes());
    bytes.extend(1..=18_u8);
    std::fs::write(&path, bytes).expect("written");
    let source = open_one(&path).expect("opened");
    assert_eq!((source.info().frames, source.info().faults.len()), (4, 1));
    assert_eq!(decode(&*source, 2).expect("frame").bytes(), [13, 14, 15, 16, 17, 18]);
    assert!(decode(&*source, 3).is_err());
}
