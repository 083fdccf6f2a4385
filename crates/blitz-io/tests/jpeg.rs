//! JPEG: values are libjpeg's, luma is taken as it is stored, and a damaged file gives an error or its pixels.

mod common;

use std::path::{Path, PathBuf};

use blitz_core::Samples;
use blitz_io::{FrameSource, LumaRange, OpenOptions, open};
use common::{bytes_of_all, data, decode, files, open_one, plain_npy};

fn luma(source: &dyn FrameSource, frame: usize) -> Result<Vec<u8>, String> {
    let mut out = Samples::zeros(source.info().dtype, source.info().frame.pixels());
    out.as_mut().bytes().fill(0xa5);
    let done = source.decode_luma(frame, LumaRange::Codes, out.as_mut());
    done.map(|()| out.bytes().to_vec()).map_err(|fault| fault.reason)
}

fn good(name: &str) -> Vec<u8> {
    std::fs::read(data("good").join(name)).expect("fixture")
}

fn write(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("made.jpg");
    std::fs::write(&path, bytes).expect("written");
    path
}

/// Whether this build reads the fixture at all.
fn is_read(name: &str) -> bool {
    cfg!(feature = "turbojpeg") || open_one(&data("good").join(name)).is_ok()
}

#[test]
fn luma_is_what_the_file_holds() {
    let mut count = 0;
    for expected in files(&data("luma")) {
        let name = expected.file_stem().expect("name").to_string_lossy().into_owned();
        if !is_read(&name) {
            continue;
        }
        let source = open_one(&data("good").join(&name)).unwrap_or_else(|e| panic!("{e}"));
        let info = source.luma().expect("luma and chroma");
        assert_eq!((info.bits, info.full_range), (8, true));
        let (_, _, bytes) = plain_npy(&expected);
        // Without the library, what its own decoder of luma leaves is computed of RGB.
        let may_differ = if cfg!(feature = "turbojpeg") { 0 } else { 40 };
        let found = luma(&*source, 0).expect("whole");
        let worst = found.iter().zip(&bytes).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(found.len() == bytes.len() && worst <= Some(may_differ), "{name}: {worst:?}");
        assert!(source.info().notes.iter().any(|n| n.contains("--grey")), "{:?}", source.info().notes);
        count += 1;
    }
    assert!(count > 20 || cfg!(not(feature = "turbojpeg")), "{count} fixtures");
    for name in ["grey.jpg", "rgb_ids.jpg", "rgb_adobe.jpg"] {
        assert_eq!(open_one(&data("good").join(name)).expect("good").luma(), None, "{name}");
    }
}

#[test]
fn luma_is_turned_as_the_picture_is() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bytes = good("s420.jpg");
    let exif = b"\xff\xe1\0\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    bytes.splice(2..2, exif.iter().copied());
    let path = write(folder.path(), &bytes);
    let turned = open_one(&path).expect("opened");
    let lying =
        open(&[path], &OpenOptions { stored_orientation: true, ..OpenOptions::default() }).expect("opened");
    let (from, to) = (lying.info().frame, turned.info().frame);
    assert_eq!((to.width, to.height), (from.height, from.width));
    let (stored, stands) = (luma(&*lying, 0).expect("whole"), luma(&*turned, 0).expect("whole"));
    for y in 0..to.height {
        for x in 0..to.width {
            assert_eq!(stands[y * to.width + x], stored[(from.height - 1 - x) * from.width + y]);
        }
    }
}

#[test]
fn a_picture_of_another_kind_has_its_luminance() {
    let folder = tempfile::tempdir().expect("folder");
    for (i, name) in ["s420.jpg", "s444.jpg", "rgb_ids.jpg"].iter().enumerate() {
        std::fs::write(folder.path().join(format!("p{i}.jpg")), good(name)).expect("written");
    }
    let source = open_one(folder.path()).expect("opened");
    let (all, grey) = (decode(&*source, 2).expect("whole"), luma(&*source, 2).expect("whole"));
    for (pixel, grey) in all.bytes().chunks_exact(3).zip(grey) {
        let sum = 299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]);
        assert_eq!(u32::from(grey), (sum + 500) / 1000);
    }
}

/// What a file gives, in colour and in grey.
fn read(path: &Path) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let source = open_one(path).map_err(|e| e.to_string())?;
    let grey = source.luma().map(|_| luma(&*source, 0)).transpose()?;
    Ok((decode(&*source, 0).map_err(|fault| fault.reason)?.bytes().to_vec(), grey))
}

#[test]
fn files_that_are_cut_give_all_pixels_or_none() {
    let folder = tempfile::tempdir().expect("folder");
    for name in [
        "s420.jpg",
        "grey.jpg",
        "s420_progressive.jpg",
        "restarts.jpg",
        "s420_scans.jpg",
        "cmyk.jpg",
        "arithmetic.jpg",
    ] {
        if !is_read(name) {
            continue;
        }
        let whole = good(name);
        let expected = read(&data("good").join(name)).expect("good");
        let mut read_anyway = 0;
        for length in (0..whole.len()).filter(|n| n % 7 == 0 || n + 40 > whole.len()) {
            if let Ok(found) = read(&write(folder.path(), &whole[..length])) {
                assert!(found == expected, "{name} cut to {length} of {} bytes", whole.len());
                read_anyway += 1;
            }
        }
        // What is missing is the end-of-image marker, and of the last byte bits that only fill it.
        assert!(read_anyway <= 3, "{name}: {read_anyway}");
    }
}

#[cfg(feature = "turbojpeg")]
#[test]
fn what_says_nothing_of_the_pixels_is_passed_over() {
    let folder = tempfile::tempdir().expect("folder");
    for name in ["s420.jpg", "grey.jpg", "s420_progressive.jpg", "s420_scans.jpg", "optimised.jpg"] {
        let whole = good(name);
        let expected = read(&data("good").join(name)).expect("good");
        let end = whole.len() - 2;
        let first = whole.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan");
        let with = |at: usize, more: &[u8]| {
            let mut bytes = whole.clone();
            bytes.splice(at..at, more.iter().copied());
            bytes
        };
        let patched = |at: usize, byte: u8| {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            bytes
        };
        let mut ways = vec![
            ("no end", whole[..end].to_vec()),
            ("half an end", whole[..=end].to_vec()),
            ("no end, zeros", [&whole[..end], &[0; 100]].concat()),
            ("bytes behind the end", [&whole, b"\xff\xda\0\x03more".as_slice()].concat()),
            ("zeros before the end", with(end, &[0; 300])),
            ("fill bytes before the end", with(end, &[0xff; 5])),
            ("stray bytes before a scan", with(first, b"\x12\0\xff\0\x34")),
            ("an unknown segment", with(2, b"\xff\xec\0\x05abc")),
            ("a comment", with(first, b"\xff\xfe\0\x04ab")),
            ("a later version", patched(11, 3)),
            ("an unknown unit", patched(13, 77)),
        ];
        if !name.contains("progressive") {
            let header = usize::from(whole[first + 3]);
            ways.push(("odd words on what a scan holds", patched(first + header, 7)));
            ways.push(("odd words on its bits", patched(first + 1 + header, 0x31)));
        }
        for (what, bytes) in ways {
            let found = read(&write(folder.path(), &bytes)).unwrap_or_else(|e| panic!("{name}, {what}: {e}"));
            assert!(found == expected, "{name}, {what}");
        }
        let notes =
            |bytes: &[u8]| open_one(&write(folder.path(), bytes)).expect("read").info().notes.join(" ");
        assert!(notes(&whole[..end]).contains("marker is missing"), "{}", notes(&whole[..end]));
    }
}

#[test]
fn damage_of_the_samples_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    let whole = good("restarts.jpg");
    let markers: Vec<usize> =
        (0..whole.len() - 1).filter(|&i| whole[i] == 0xff && (0xd0..=0xd7).contains(&whole[i + 1])).collect();
    assert!(markers.len() > 3);
    for &at in &markers {
        for other in [0xd0, 0xd3, 0xd7, 0xe0, 0x01] {
            let mut bytes = whole.clone();
            if bytes[at + 1] == other {
                continue;
            }
            bytes[at + 1] = other;
            assert!(read(&write(folder.path(), &bytes)).is_err(), "{at}: {other:02x}");
        }
        let mut bytes = whole.clone();
        bytes.drain(at..at + 2);
        assert!(read(&write(folder.path(), &bytes)).is_err(), "{at}: none");
    }
    // Bytes that are lost: where they lie within one block, the others stay what they are and nothing tells.
    let start = whole.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan") + 14;
    let (mut named, mut all) = (0, 0);
    for at in (start..whole.len() - 8).step_by(3) {
        let mut bytes = whole.clone();
        bytes.drain(at..at + 6);
        named += usize::from(read(&write(folder.path(), &bytes)).is_err());
        all += 1;
    }
    assert!(named * 3 > all, "{named} of {all}");
}

#[test]
fn every_thread_has_its_own_decoder() {
    let expected = bytes_of_all(&*open_one(&data("good").join("s420.jpg")).expect("good"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let good = open_one(&data("good").join("s420.jpg")).expect("good");
                for _ in 0..20 {
                    assert!(open_one(&data("bad").join("cut_and_ended.jpg")).is_err());
                    assert_eq!(bytes_of_all(&*good), expected);
                }
            });
        }
    });
}
