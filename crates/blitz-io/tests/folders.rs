//! Folders and lists of files as people have them: gaps, mixed suffixes, damaged and differing frames.

mod common;

use std::path::PathBuf;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{OpenError, OpenOptions, Overwrite, create_writer, open};
use common::{data, decode, error, open_one, png, series};

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

/// Tables beside a recording are no recording, however few files that has.
#[test]
fn one_file_that_holds_a_recording_goes_before_tables() {
    for name in ["stored.npz", "grey_ramp.gif", "animated_lossy.webp"] {
        let file = data("good").join(name);
        let folder = tempfile::tempdir().expect("folder");
        std::fs::copy(&file, folder.path().join(name)).expect("copied");
        for i in 0..3 {
            std::fs::write(folder.path().join(format!("curve{i}.csv")), "1,2\n3,4\n5,6\n").expect("written");
        }
        let alone = open_one(&file).expect("opened").info().frames;
        assert!(alone > 1, "{name}");
        let source = open_one(folder.path()).expect("opened");
        assert_eq!(source.info().frames, alone, "{name}: {}", source.info().format);
    }
}
