//! Every fixture: what is good is read exactly, what is bad is refused with its name and reason.

mod common;

use blitz_core::Samples;
use common::{bytes_of_all, data, decode, files, open_one, plain_npy};

#[test]
fn good_files_are_read_exactly() {
    let mut count = 0;
    for expected in files(&data("good")) {
        let Some(stem) = expected.file_stem().filter(|s| s.to_string_lossy().contains('.')) else { continue };
        let path = expected.with_file_name(stem);
        let (shape, dtype, bytes) = plain_npy(&expected);
        let source = match open_one(&path) {
            Err(error) if cfg!(not(feature = "turbojpeg")) && error.to_string().contains("turbojpeg") => {
                continue;
            }
            opened => opened.unwrap_or_else(|e| panic!("{e}")),
        };
        let info = source.info();
        let found = [info.frames, info.frame.height, info.frame.width, info.frame.channels];
        assert_eq!((found.as_slice(), info.dtype), (shape.as_slice(), dtype), "{}", path.display());
        assert_eq!(info.channels.len(), info.frame.channels);
        assert!(info.faults.is_empty(), "{}", path.display());
        if bytes_of_all(&*source) != bytes {
            // The decoder of JPEG that is in Rust differs by rounding; everything else is exact.
            let is_jpeg =
                info.format == "JPEG files" || info.notes.iter().any(|note| note.contains("holds JPEG"));
            let may_differ = cfg!(not(feature = "turbojpeg")) && is_jpeg;
            assert!(may_differ, "{}: the values differ", path.display());
            let pairs = bytes_of_all(&*source).into_iter().zip(bytes);
            let worst = pairs.map(|(a, b)| a.abs_diff(b)).max();
            let edge = info.notes.iter().any(|note| note.contains("last column"));
            assert!(worst <= Some(if edge { 50 } else { 4 }), "{}: differs by {worst:?}", path.display());
        }
        count += 1;
    }
    assert!(count > 100, "the fixtures are there: {count}");
}

#[test]
fn bad_files_are_refused_with_name_and_reason() {
    let folder = data("bad");
    let reasons = std::fs::read_to_string(folder.join("reasons.csv")).expect("reasons");
    let mut wrong = Vec::new();
    for line in reasons.lines() {
        let (name, word) = line.split_once(',').expect("two columns");
        match open_one(&folder.join(name)) {
            Ok(_) => wrong.push(format!("{name} was read")),
            Err(error) => {
                let text = error.to_string();
                if !text.contains(name) || !text.contains(word.trim_matches('"')) {
                    wrong.push(format!("'{word}' is not in: {text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn mapped_arrays_equal_decoded_ones() {
    let mut mapped = 0;
    for path in files(&data("good")) {
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let is_array = |s: &std::ffi::OsStr| s == "npy" || s == "npz" || s == "tif" || s == "stk";
        if !path.extension().is_some_and(is_array) || name.matches('.').count() > 1 {
            continue;
        }
        // Complex arrays need a choice.
        let Ok(source) = open_one(&path) else { continue };
        let Some(store) = source.mapped() else { continue };
        mapped += 1;
        for frame in 0..source.info().frames {
            let guard = blitz_core::Store::pin(&*store, frame).expect("whole");
            let decoded = decode(&*source, frame).expect("whole");
            assert_eq!(guard.samples().bytes(), decoded.bytes(), "{name}");
            guard.verify().expect("unchanged");
        }
    }
    assert!(mapped > 30 || cfg!(not(unix)), "native arrays are mapped: {mapped}");
}

#[test]
fn decoding_leaves_nothing_of_what_was_in_the_buffer() {
    let mut read = 0;
    for path in files(&data("good")) {
        let Ok(source) = open_one(&path) else { continue };
        let info = source.info();
        for frame in 0..info.frames {
            let clean = decode(source.as_ref(), frame).expect("good");
            let mut used = Samples::zeros(info.dtype, info.frame.samples());
            used.as_mut().bytes().fill(0xa5);
            source.decode(frame, used.as_mut()).expect("good");
            assert!(clean.bytes() == used.bytes(), "{}, frame {frame}", path.display());
            read += 1;
        }
    }
    assert!(read > 50, "{read} frames");
}
