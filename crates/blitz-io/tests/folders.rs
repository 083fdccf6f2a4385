//! Folders and lists of files as people have them: gaps, mixed suffixes, damaged and differing frames.

mod common;

use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{Axes, ComplexPart, OpenError, OpenOptions, Overwrite, create_writer, open};
use common::{data, decode, open_one};

fn png(path: &Path, shape: FrameShape, value: u8) {
    let samples = vec![value; shape.samples()];
    let mut writer = create_writer(path, DType::U8, shape, Some(1), Overwrite::Replace).expect("writer");
    writer.write_frame(SamplesRef::from(samples.as_slice())).expect("frame");
    writer.finish().expect("finished");
}

fn series(numbers: &[usize]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for &n in numbers {
        png(&folder.path().join(format!("img{n}.png")), FrameShape::new(4, 5, 1), n as u8);
    }
    folder
}

fn error(result: Result<std::sync::Arc<dyn blitz_io::FrameSource>, OpenError>) -> String {
    match result {
        Ok(source) => panic!("must be refused: {source:?}"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn a_folder_is_read_in_natural_order_with_its_gaps_named() {
    let folder = series(&[8, 9, 10, 11, 14, 2]);
    std::fs::write(folder.path().join("notes.txt"), "x").expect("written");
    std::fs::write(folder.path().join(".hidden.png"), "x").expect("written");
    std::fs::create_dir(folder.path().join("sub.png")).expect("made");
    let source = open_one(folder.path()).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.format.as_ref()), (6, "PNG files"));
    let values: Vec<f64> = (0..6).map(|i| decode(&*source, i).expect("frame").as_ref().get_f64(0)).collect();
    assert_eq!(values, [2.0, 8.0, 9.0, 10.0, 11.0, 14.0]);
    assert!(
        info.notes.iter().any(|n| n.starts_with("File numbers 3–7 and 12, 13 are not there")),
        "{:?}",
        info.notes
    );
    assert!(info.notes.iter().any(|n| n.contains("1 .txt file")), "{:?}", info.notes);
    assert_eq!(info.groups.len(), 2);
    assert_eq!(source.meta(1).name, "img8.png");
    assert!(source.meta(1).file_bytes > 0 && info.bytes_on_disk > 0);
}

#[test]
fn damaged_and_differing_frames_keep_their_place() {
    let folder = series(&[1, 2, 3, 4, 5, 6]);
    let at = |n: usize| folder.path().join(format!("img{n}.png"));
    std::fs::write(at(1), b"").expect("written");
    std::fs::write(at(2), b"nonsense").expect("written");
    png(&at(4), FrameShape::new(9, 5, 1), 0);
    png(&at(5), FrameShape::new(4, 5, 3), 0);
    let source = open_one(folder.path()).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.frame), (6, FrameShape::new(4, 5, 1)));
    assert_eq!(info.faults.iter().map(|f| f.frame).collect::<Vec<_>>(), [0, 1, 3, 4]);
    assert!(info.notes.iter().any(|n| n.starts_with("2 of 6 files differ from most")), "{:?}", info.notes);
    assert!(info.faults[0].reason.contains("empty"));
    let text = |i| decode(&*source, i).expect_err("bad").to_string();
    assert!(text(0).contains("img1.png") && text(0).contains("empty"));
    assert!(text(3).contains("5 × 9 pixels") && text(3).contains("5 × 4 pixels"), "{}", text(3));
    assert!(text(4).contains("colour") && text(4).contains("img5.png"), "{}", text(4));
    assert!(decode(&*source, 5).is_ok());
    assert!(decode(&*source, 6).is_err(), "no such frame");
}

#[test]
fn a_later_alpha_that_contradicts_fails() {
    let folder = tempfile::tempdir().expect("folder");
    let shape = FrameShape::new(2, 2, 4);
    png(&folder.path().join("a1.png"), shape, 255);
    png(&folder.path().join("a2.png"), shape, 200);
    png(&folder.path().join("a3.png"), FrameShape::new(2, 2, 3), 9);
    png(&folder.path().join("a4.png"), shape, 255);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frame.channels, 3);
    assert!(source.info().notes.iter().any(|n| n.contains("opaque")));
    assert!(decode(&*source, 1).expect_err("not opaque").reason.contains("not opaque"));
    assert!(decode(&*source, 2).is_ok(), "colour without alpha is what was kept");
}

/// Pictures of the names, each of the value of its place.
fn named(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for (n, name) in names.iter().enumerate() {
        png(&folder.path().join(name), FrameShape::new(4, 5, 1), n as u8);
    }
    folder
}

fn file_names(source: &dyn blitz_io::FrameSource) -> Vec<String> {
    (0..source.info().frames).map(|i| source.meta(i).name).collect()
}

#[test]
fn a_folder_is_split_by_name() {
    let folder = named(&["dark_1.png", "img_3.png", "img_1.png", "dark_2.png", "img_2.png", "average.png"]);
    let paths = [folder.path().to_path_buf()];
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(file_names(&*source), ["img_1.png", "img_2.png", "img_3.png"]);
    let note = source.info().notes.last().expect("a note");
    assert!(note.contains("2 files dark_#.png and 1 file average.png") && note.contains("--group"), "{note}");
    let chosen = |name: &str| {
        let options = OpenOptions { group: Some(name.to_owned()), ..OpenOptions::default() };
        file_names(&*open(&paths, &options).unwrap_or_else(|e| panic!("{e}")))
    };
    for name in ["dark_#.png", "dark_#", "DARK_", "dark", "dark_2.png"] {
        assert_eq!(chosen(name), ["dark_1.png", "dark_2.png"], "{name}");
    }
    assert_eq!(chosen("average"), ["average.png"]);
    assert_eq!(chosen("png").len(), 3, "the largest of a suffix");
    let several = OpenOptions { group: Some("_#".to_owned()), ..OpenOptions::default() };
    let text = error(open(&paths, &several));
    assert!(text.contains("3 files img_#.png and 2 files dark_#.png"), "{text}");
    let groups = source.info().groups.clone();
    assert_eq!(groups.iter().filter(|g| g.chosen).count(), 1);
    for group in groups {
        assert_eq!(chosen(&group.name).len(), group.count, "its own name chooses a group");
    }
    let listed = blitz_io::list(folder.path()).expect("listed").groups;
    assert_eq!(listed, source.info().groups);
}

#[test]
fn spellings_of_a_suffix_are_one() {
    let folder = tempfile::tempdir().expect("folder");
    for n in 0..8_u16 {
        let suffix = ["tif", "tiff", "TIF", "Tiff"][usize::from(n) % 4];
        let shape = FrameShape::new(2, 2, 1);
        let path = folder.path().join(format!("f{n}.{suffix}"));
        let plain = path.with_extension("tif");
        let mut writer =
            create_writer(&plain, DType::U16, shape, Some(1), Overwrite::Refuse).expect("writer");
        writer.write_frame(SamplesRef::from([n; 4].as_slice())).expect("frame");
        writer.finish().expect("finished");
        std::fs::rename(plain, path).expect("renamed");
    }
    let source = open_one(folder.path()).expect("opened");
    let values: Vec<f64> =
        (0..source.info().frames).map(|i| decode(&*source, i).expect("frame").as_ref().get_f64(0)).collect();
    assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert_eq!(source.info().groups.len(), 1);
}

#[test]
fn names_that_have_nothing_in_common_are_one_recording() {
    let folder = named(&["lamp.png", "Arc.png", "jet.png"]);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(file_names(&*source), ["Arc.png", "jet.png", "lamp.png"]);
    assert!(source.info().notes[0].contains("3 series"), "{:?}", source.info().notes);
    assert_eq!(source.info().groups[0].name, "png");
    let hashes = named(&["a93f.png", "b11c.png", "77de.png", "0aa1.png", "overview.png"]);
    assert_eq!(open_one(hashes.path()).expect("opened").info().frames, 4, "what has no number is apart");
    let groups = blitz_io::list(hashes.path()).expect("listed").groups;
    let options = OpenOptions { group: Some(groups[0].name.clone()), ..OpenOptions::default() };
    let chosen = open(&[hashes.path().to_path_buf()], &options).expect("by its own name");
    assert_eq!((chosen.info().frames, groups[1].name.as_str()), (4, "overview.png"));
}

#[test]
fn files_that_are_named_are_one_recording() {
    let folder = named(&["b_1.png", "a_2.png", "a_1.png"]);
    let paths: Vec<PathBuf> = ["b_1.png", "a_2.png", "a_1.png"].map(|n| folder.path().join(n)).into();
    let source = open(&paths, &OpenOptions::default()).expect("opened");
    assert_eq!(file_names(&*source), ["a_1.png", "a_2.png", "b_1.png"]);
    assert!(source.info().notes[0].contains("2 series"), "{:?}", source.info().notes);
}

#[test]
fn number_0_is_the_time_0() {
    let folder = named(&["s_-2.png", "s_-1.png", "s_0.png", "s_1.png"]);
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(file_names(&*source), ["s_-2.png", "s_-1.png", "s_0.png", "s_1.png"]);
    assert_eq!((source.info().t0_frame, source.t0_frame()), (2, 2));
    assert!(source.info().notes[0].contains("number 0 is frame 2"), "{:?}", source.info().notes);
    assert_eq!(open_one(series(&[1, 2]).path()).expect("opened").t0_frame(), 0);
}

#[test]
fn a_folder_of_folders_names_its_recordings() {
    let folder = tempfile::tempdir().expect("folder");
    for (name, count) in [("run10", 2), ("run9", 3), ("deep/er", 1), ("none", 0), (".hidden", 4)] {
        let at = folder.path().join(name);
        std::fs::create_dir_all(&at).expect("made");
        (0..count).for_each(|n| png(&at.join(format!("f{n}.png")), FrameShape::new(2, 2, 1), n));
    }
    std::fs::write(folder.path().join("log.txt"), "x").expect("written");
    let text = error(open_one(folder.path()));
    assert!(text.contains("deep/er (1 .png file), run9 (3 .png files), run10 (2 .png files)"), "{text}");
    assert!(!text.contains("hidden") && !text.contains("none"), "{text}");
    let listed = blitz_io::list(folder.path()).expect("listed");
    assert_eq!((listed.below.len(), listed.groups.len()), (3, 1));
    assert!(listed.groups.iter().all(|g| !g.chosen));
}

#[test]
fn groups_can_be_chosen() {
    let folder = series(&[1, 2, 3]);
    let copy = |name: &str| std::fs::copy(data("good").join(name), folder.path().join(name)).expect("copied");
    copy("grey.bmp");
    let options = |suffix: &str| OpenOptions { group: Some(suffix.to_owned()), ..OpenOptions::default() };
    let paths = [folder.path().to_path_buf()];
    assert_eq!(open(&paths, &options(".BMP")).expect("opened").info().format, "BMP files");
    assert_eq!(open(&paths, &options("png")).expect("opened").info().frames, 3);
    let text = error(open(&paths, &options("tif")));
    assert!(text.contains("--group tif") && text.contains("3 .png files"), "{text}");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    let path = |name: &str| folder.path().join(name);
    assert!(matches!(open(&[], &OpenOptions::default()), Err(OpenError::Nothing)));
    assert!(error(open_one(&path("gone.png"))).contains("gone.png: there is no such"));
    assert!(error(open_one(folder.path())).contains("holds no files"));
    std::fs::write(path("a.xyz"), "x").expect("written");
    let text = error(open_one(&path("a.xyz")));
    assert!(text.contains(".xyz") && text.contains(".png"), "{text}");
    assert!(error(open_one(folder.path())).contains("1 .xyz file"));
    for n in 0..3 {
        std::fs::write(path(&format!("b{n}.png")), "nonsense").expect("written");
    }
    let text = error(open_one(folder.path()));
    assert!(text.contains("none of 3 files") && text.contains("b0.png"), "{text}");
    let mixed: Vec<PathBuf> = vec![data("good").join("grey8.png"), data("good").join("grey.bmp")];
    assert!(error(open(&mixed, &OpenOptions::default())).contains("different formats"));
}

#[test]
fn several_files_are_one_recording() {
    let folder = series(&[3, 20, 100]);
    let paths: Vec<PathBuf> =
        [100, 3, 20].iter().map(|n| folder.path().join(format!("img{n}.png"))).collect();
    let source = open(&paths, &OpenOptions::default()).expect("opened");
    assert_eq!(source.meta(0).name, "img3.png");
    assert_eq!(source.meta(2).name, "img100.png");
}

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

#[test]
fn a_cut_array_keeps_its_whole_frames() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("cut.npy");
    let shape = FrameShape::new(8, 8, 1);
    let mut writer = create_writer(&path, DType::U16, shape, Some(10), Overwrite::Refuse).expect("writer");
    for i in 0..10_u16 {
        writer.write_frame(SamplesRef::from(vec![i; 64].as_slice())).expect("frame");
    }
    writer.finish().expect("finished");
    let length = std::fs::metadata(&path).expect("there").len();
    std::fs::OpenOptions::new().write(true).open(&path).expect("open").set_len(length - 200).expect("cut");
    let source = open_one(&path).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.faults.len()), (10, 2));
    assert!(info.notes.iter().any(|n| n.contains("8 of 10 frames")), "{:?}", info.notes);
    assert_eq!(decode(&*source, 7).expect("whole").as_ref().get_f64(0), 7.0);
    assert!(decode(&*source, 8).expect_err("cut").to_string().contains("cut.npy"));
    if let Some(store) = source.mapped() {
        use blitz_core::{FrameState, Store as _};
        assert!(matches!(store.state(9), FrameState::Failed(f) if f.reason.contains("cut short")));
        assert!(store.pin(7).is_ok() && store.pin(8).is_err());
    }
    let mut more = std::fs::read(&path).expect("there");
    more.extend([0; 207]);
    std::fs::write(&path, more).expect("written");
    let source = open_one(&path).expect("opened");
    assert!(source.info().faults.is_empty() && source.info().notes[0].contains("7 more bytes"));
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
    let mut spec = blitz_io::WriteSpec::new(DType::U8, FrameShape::new(2, 3, 1), Some(1), Overwrite::Refuse);
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

#[cfg(not(feature = "video"))]
#[test]
fn a_video_is_named_as_what_is_missing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.mp4");
    std::fs::write(&path, b"whatever").expect("written");
    let text = open(&[path], &OpenOptions::default()).expect_err("no video here").to_string();
    assert!(text.contains("a.mp4") && text.contains("built without video"), "{text}");
}

#[test]
fn outputs_that_are_read_are_found() {
    use blitz_io::replaced_file;
    let folder = series(&[8, 9, 10]);
    let source = open_one(folder.path()).expect("opened");
    let at = |name: &str| folder.path().join(name);
    let found = |path: PathBuf| replaced_file(&path, &*source, 3);
    assert_eq!(found(at("img9.png")), Some(at("img9.png")));
    assert_eq!(found(folder.path().join(".").join("img9.png")), Some(at("img9.png")), "by another name");
    assert_eq!(found(at("img%d.png")), Some(at("img8.png")));
    assert_eq!(found(at("img%02d.png")), Some(at("img10.png")));
    for other in ["img7.png", "img%03d.png", "img%d.tif", "other/img8.png"] {
        assert_eq!(found(at(other)), None, "{other}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("img9.png"), at("link.npy")).expect("linked");
        assert_eq!(found(at("link.npy")), Some(at("img9.png")), "through a link");
        let elsewhere = tempfile::tempdir().expect("folder");
        std::os::unix::fs::symlink(at("img8.png"), elsewhere.path().join("a1.png")).expect("linked");
        let linked = open_one(elsewhere.path()).expect("opened");
        assert!(replaced_file(&at("img8.png"), &*linked, 1).is_some(), "the recording is a link");
    }
}

/// Fault: a name that is exactly one group's was taken for another's without its numbers.
#[test]
fn an_exact_name_of_a_group_comes_first() {
    let folder = series(&[1, 2]);
    png(&folder.path().join("img.png"), FrameShape::new(4, 5, 1), 9);
    let wanted = |name: &str| OpenOptions { group: Some(name.to_owned()), ..OpenOptions::default() };
    let frames = |name: &str| open(&[folder.path().to_owned()], &wanted(name)).expect(name).info().frames;
    assert_eq!((frames("img.png"), frames("img#.png"), frames("img#")), (1, 2, 2));
}

/// Fault: where somebody asked for files that are not read, folders below were blamed.
#[test]
fn a_group_that_is_not_read_is_refused_as_such() {
    let folder = series(&[1, 2]);
    std::fs::write(folder.path().join("notes.txt"), "x").expect("written");
    let below = folder.path().join("below");
    std::fs::create_dir(&below).expect("made");
    png(&below.join("a1.png"), FrameShape::new(4, 5, 1), 1);
    let options = OpenOptions { group: Some("txt".to_owned()), ..OpenOptions::default() };
    let said = error(open(&[folder.path().to_owned()], &options));
    assert!(!said.contains("below") && said.contains("txt"), "{said}");
}
