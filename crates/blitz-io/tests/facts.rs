//! How pictures were taken, as EXIF data, tags and texts say it.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_io::{Facts, FrameSource, OpenOptions, open};
use common::{data, decode, open_one};

const CAMERA: [(&str, &str); 10] = [
    ("taken", "2026-11-28 23:59:57.50+01:00"),
    ("exposure", "1/125 s"),
    ("aperture", "f/2.8"),
    ("ISO", "800"),
    ("focal length", "105 mm"),
    ("camera", "NIKON D90"),
    ("lens", "Nikon AF-S 105mm f/2.8G"),
    ("software", "Ver.1.00"),
    ("description", "Plasma jet, 5 l/min helium, 20 us"),
    ("comment", "third run"),
];

fn opened(name: &str) -> Arc<dyn FrameSource> {
    open_one(&data("facts").join(name)).unwrap_or_else(|e| panic!("{e}"))
}

fn pairs(facts: &Facts) -> Vec<(&str, &str)> {
    facts.iter().map(|(name, text)| (name.as_ref(), text.as_str())).collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

#[test]
fn cameras_say_how_they_took_a_picture() {
    for name in ["camera_57.jpg", "camera.png", "camera.tif"] {
        let source = opened(name);
        assert_eq!(pairs(&source.info().facts), CAMERA, "{name}");
        assert_eq!(source.facts(0), source.info().facts, "{name}");
        assert!(source.facts(1).is_empty(), "{name}: there is no second frame");
    }
    let long = [("exposure", "2 s"), ("camera", "Kaméra"), ("description", "μ")];
    assert_eq!(pairs(&opened("long.jpg").info().facts), long);
    assert!(opened("plain.png").info().facts.is_empty());
}

#[test]
fn texts_of_a_png_are_facts_by_their_keywords() {
    let expected = [
        ("taken", "Sat, 28 Nov 2026 23:59:57 GMT"),
        ("software", "Acquire 3"),
        ("description", "20 µs behind the pulse"),
        ("comment", "third run"),
    ];
    assert_eq!(pairs(&opened("texts.png").info().facts), expected);
    // Behind the pixels, too.
    let mut bytes = std::fs::read(data("facts").join("texts.png")).expect("there");
    let at = |bytes: &[u8], name: &[u8; 4]| bytes.windows(4).position(|w| w == name).expect("there") - 4;
    let (texts, pixels, end) = (at(&bytes, b"tEXt"), at(&bytes, b"IDAT"), at(&bytes, b"IEND"));
    bytes[texts..end].rotate_left(pixels - texts);
    let folder = tempfile::tempdir().expect("folder");
    let source = open_one(&write(folder.path(), "behind.png", &bytes)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(pairs(&source.info().facts), expected);
}

#[test]
fn each_frame_says_its_own() {
    let folder = tempfile::tempdir().expect("folder");
    for (i, name) in ["camera_57.jpg", "camera_58.jpg"].iter().enumerate() {
        let bytes = std::fs::read(data("facts").join(name)).expect("there");
        write(folder.path(), &format!("p{i}.jpg"), &bytes);
    }
    let series = open_one(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(pairs(&series.info().facts), CAMERA);
    assert_eq!(pairs(&series.facts(1))[0].1, "2026-11-28 23:59:58.50+01:00");
    assert!(series.facts(2).is_empty());

    let page = |i: usize| {
        let exposure = format!("1/{} s", 500 * (i + 1));
        let taken = format!("2026-11-28 12:00:0{i}");
        vec![
            ("taken".to_owned(), taken),
            ("exposure".to_owned(), exposure),
            ("camera".to_owned(), "Basler acA1920".to_owned()),
            ("software".to_owned(), "Acquire".to_owned()),
            ("description".to_owned(), format!("page {i}")),
        ]
    };
    let of = |source: &dyn FrameSource, frame: usize| -> Vec<(String, String)> {
        source.facts(frame).into_iter().map(|(name, text)| (name.into_owned(), text)).collect()
    };
    let pages = opened("pages.tif");
    assert!((0..3).all(|i| of(&*pages, i) == page(i)), "{:?}", pages.facts(1));

    // Files of several pages follow each other.
    let stacks = tempfile::tempdir().expect("folder");
    let bytes = std::fs::read(data("facts").join("pages.tif")).expect("there");
    for name in ["s1.tif", "s2.tif"] {
        write(stacks.path(), name, &bytes);
    }
    let parts = open_one(stacks.path()).unwrap_or_else(|e| panic!("{e}"));
    assert!((0..6).all(|i| of(&*parts, i) == page(i % 3)), "{:?}", parts.facts(4));
    assert_eq!(parts.info().facts, parts.facts(0));

    // One channel of a recording is taken as all of them are.
    let options = OpenOptions { channel: Some("0".to_owned()), ..OpenOptions::default() };
    let colour = tempfile::tempdir().expect("folder");
    let path = colour.path().join("c.png");
    let mut encoder = png::Encoder::new(std::fs::File::create(&path).expect("created"), 1, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.add_text_chunk("Software".to_owned(), "Acquire".to_owned()).expect("text");
    encoder.write_header().expect("header").write_image_data(&[1, 2, 3]).expect("pixels");
    let one = open(&[path], &options).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((one.info().frame.channels, pairs(&one.facts(0))), (1, vec![("software", "Acquire")]));
}

#[test]
fn descriptions_for_programs_are_none_for_people() {
    for name in ["imagej.tif", "ome.tif", "shaped.tif"] {
        let source = opened(name);
        let facts = pairs(&source.info().facts);
        assert!(facts.iter().all(|(name, _)| *name == "software" || *name == "taken"), "{name}: {facts:?}");
    }
}

#[test]
fn damaged_data_say_nothing_and_refuse_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    for (name, from) in [("camera_57.jpg", 20), ("camera.png", 33), ("camera.tif", 8), ("texts.png", 33)] {
        let whole = std::fs::read(data("facts").join(name)).expect("there");
        let pixels = decode(&*opened(name), 0).expect("frame");
        // The head of each is EXIF data or text; the JPEG's tables and what a TIFF needs lie among them.
        for at in from..whole.len().min(700) {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= flip;
                let path = write(folder.path(), name, &bytes);
                let Ok(source) = open_one(&path) else {
                    let is_head = name != "camera.tif" && is_exif(&whole, at);
                    assert!(!is_head, "{name}: byte {at} refuses the picture");
                    continue;
                };
                for (_, text) in &source.info().facts {
                    assert!(!text.is_empty() && text.chars().count() <= 1001 && !text.contains('\n'));
                }
                if name != "camera.tif" && is_exif(&whole, at) {
                    let read = decode(&*source, 0).expect("the pixels are whole");
                    assert!(read.bytes() == pixels.bytes(), "{name}: byte {at}");
                }
            }
        }
    }
}

/// Whether a byte is one of EXIF data or of the first text.
fn is_exif(whole: &[u8], at: usize) -> bool {
    let find = |name: &[u8]| whole.windows(name.len()).position(|w| w == name);
    let (start, length) = match (find(b"Exif\0\0"), find(b"eXIf").or(find(b"tEXt"))) {
        (Some(name), _) => (name + 6, 400),
        (_, Some(name)) => (name + 4, usize::from(whole[name - 1])),
        _ => return false,
    };
    (start..start + length).contains(&at)
}
