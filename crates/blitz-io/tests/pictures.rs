//! Single pictures as cameras and programs leave them: turned, with bytes too many or too few.

mod common;

use std::path::{Path, PathBuf};

use blitz_core::FrameShape;
use blitz_io::{FrameSource, OpenOptions, open};
use common::{data, decode, open_one};

/// EXIF data that ask for `orientation`.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif
}

/// Where the first segment of the JPEG ends.
const SEGMENT: usize = 20;

/// A JPEG with more bytes behind its first segment.
fn jpeg_with(more: &[u8]) -> Vec<u8> {
    let mut bytes = std::fs::read(data("good").join("colour.jpg")).expect("there");
    bytes.splice(SEGMENT..SEGMENT, more.iter().copied());
    bytes
}

fn jpeg_exif(orientation: u8) -> Vec<u8> {
    let exif = exif(orientation);
    let mut segment = vec![0xff, 0xe1, 0, (exif.len() + 8) as u8];
    segment.extend(b"Exif\0\0");
    segment.extend(exif);
    jpeg_with(&segment)
}

fn png_chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut checked = kind.to_vec();
    checked.extend(body);
    let mut all = (body.len() as u32).to_be_bytes().to_vec();
    all.extend(&checked);
    all.extend(crc32(&checked).to_be_bytes());
    all
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &b| (0..8).fold(crc ^ u32::from(b), step))
}

/// A PNG with a chunk behind its header.
fn png_with(chunk: &[u8]) -> Vec<u8> {
    let mut bytes = std::fs::read(data("good").join("grey16.png")).expect("there");
    bytes.splice(33..33, chunk.iter().copied());
    bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

fn stored(path: &Path) -> std::sync::Arc<dyn FrameSource> {
    let options = OpenOptions { stored_orientation: true, ..OpenOptions::default() };
    open(&[path.to_path_buf()], &options).unwrap_or_else(|e| panic!("{e}"))
}

/// Row and column in the stored picture of what stands at row `y`, column `x`.
fn source_of(orientation: u8, y: usize, x: usize, shape: FrameShape) -> (usize, usize) {
    let (down, right) = (shape.height - 1, shape.width - 1);
    match orientation {
        1 => (y, x),
        2 => (y, right - x),
        3 => (down - y, right - x),
        4 => (down - y, x),
        5 => (x, y),
        6 => (down - x, y),
        7 => (down - x, right - y),
        _ => (x, right - y),
    }
}

#[test]
fn pictures_stand_as_exif_asks() {
    let folder = tempfile::tempdir().expect("folder");
    for orientation in 1..=8 {
        let jpeg = write(folder.path(), &format!("o{orientation}.jpg"), &jpeg_exif(orientation));
        let png = write(
            folder.path(),
            &format!("o{orientation}.png"),
            &png_with(&png_chunk(*b"eXIf", &exif(orientation))),
        );
        for path in [jpeg, png] {
            let (lying, turned) = (stored(&path), open_one(&path).expect("opened"));
            let (from, to) = (lying.info().frame, turned.info().frame);
            let is_lying = orientation >= 5;
            assert_eq!(to.width, if is_lying { from.height } else { from.width }, "{}", path.display());
            let says =
                |source: &dyn FrameSource, word: &str| source.info().notes.iter().any(|n| n.contains(word));
            assert_eq!(says(&*turned, "--orientation stored"), orientation != 1, "{:?}", turned.info().notes);
            assert_eq!(
                says(&*lying, "kept as they are stored"),
                orientation != 1,
                "{:?}",
                lying.info().notes
            );
            let (stored, turned) = (decode(&*lying, 0).expect("frame"), decode(&*turned, 0).expect("frame"));
            for y in 0..to.height {
                for x in 0..to.width {
                    let (v, u) = source_of(orientation, y, x, from);
                    for c in 0..to.channels {
                        let at = |y: usize, x: usize, width: usize| (y * width + x) * to.channels + c;
                        let (found, expected) = (
                            turned.as_ref().get_f64(at(y, x, to.width)),
                            stored.as_ref().get_f64(at(v, u, from.width)),
                        );
                        assert_eq!(found, expected, "{} {y} {x}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn each_picture_of_a_series_is_turned_as_it_asks() {
    let folder = tempfile::tempdir().expect("folder");
    for (n, orientation) in [(1, 6), (2, 8), (3, 6), (4, 1)] {
        write(folder.path(), &format!("p{n}.jpg"), &jpeg_exif(orientation));
    }
    let source = open_one(folder.path()).expect("opened");
    let lying = stored(&folder.path().join("p1.jpg")).info().frame;
    assert_eq!((source.info().frame.width, source.info().frames), (lying.height, 4));
    assert_eq!(
        source.info().faults.iter().map(|f| f.frame).collect::<Vec<_>>(),
        [3],
        "it lies, the others stand"
    );
    assert!(
        source.info().notes.iter().any(|n| n.starts_with("3 of 4 pictures")),
        "{:?}",
        source.info().notes
    );
    assert!((0..3).all(|i| decode(&*source, i).is_ok()));
}

#[test]
fn bytes_between_segments_are_skipped_with_a_note() {
    let folder = tempfile::tempdir().expect("folder");
    let plain = open_one(&data("good").join("colour.jpg")).expect("opened");
    let expected = decode(&*plain, 0).expect("frame");
    for stray in [b"\0".as_slice(), b"\x12\x34\x56", b"\0\0\xff\0\0", b"junk\xff\xff"] {
        let path = write(folder.path(), "stray.jpg", &jpeg_with(stray));
        let source = open_one(&path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(decode(&*source, 0).expect("frame").bytes(), expected.bytes(), "{stray:?}");
        let notes = &source.info().notes;
        assert!(notes.iter().any(|n| n.contains("between the segments, from byte 20 on")), "{notes:?}");
    }
    let fill = write(folder.path(), "fill.jpg", &jpeg_with(b"\xff\xff"));
    assert!(!open_one(&fill).expect("opened").info().notes.iter().any(|n| n.contains("segments")));
}

#[test]
fn a_png_without_its_end_has_its_pixels() {
    let folder = tempfile::tempdir().expect("folder");
    let whole = png_with(&[]);
    let expected = decode(&*open_one(&data("good").join("grey16.png")).expect("opened"), 0).expect("frame");
    for missing in [1, 5, 12] {
        let path = write(folder.path(), "end.png", &whole[..whole.len() - missing]);
        let source = open_one(&path).unwrap_or_else(|e| panic!("{missing}: {e}"));
        assert_eq!(decode(&*source, 0).expect("frame").bytes(), expected.bytes());
        assert!(source.info().notes.iter().any(|n| n.contains("IEND")), "{:?}", source.info().notes);
    }
    let path = write(folder.path(), "end.png", &whole[..whole.len() - 13]);
    assert!(open_one(&path).is_err(), "the pixels are cut");
}

#[test]
fn damage_beside_the_pixels_of_a_png_is_noted() {
    let folder = tempfile::tempdir().expect("folder");
    let expected = decode(&*open_one(&data("good").join("grey16.png")).expect("opened"), 0).expect("frame");
    for kind in [*b"iCCP", *b"gAMA", *b"tEXt", *b"eXIf", *b"abCd"] {
        let mut chunk = png_chunk(kind, b"some bytes");
        chunk[10] ^= 4;
        let path = write(folder.path(), "damaged.png", &png_with(&chunk));
        let source = open_one(&path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(decode(&*source, 0).expect("frame").bytes(), expected.bytes());
        let name = String::from_utf8_lossy(&kind);
        assert!(source.info().notes.iter().any(|n| n.contains(&*name)), "{name}: {:?}", source.info().notes);
    }
}
