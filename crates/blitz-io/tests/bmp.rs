//! BMP: what is said of the values, series whose frames differ, and files that are cut or damaged.

mod common;

use std::path::{Path, PathBuf};

use blitz_core::DType;
use blitz_io::fuzzing::fuzz_bmp;
use common::{bytes_of_all, data, decode, open_one};

fn read(name: &str) -> Vec<u8> {
    std::fs::read(data("good").join(name)).expect("fixture")
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

fn notes(name: &str) -> Vec<String> {
    open_one(&data("good").join(name)).unwrap_or_else(|e| panic!("{e}")).info().notes.clone()
}

#[test]
fn what_is_changed_or_left_out_is_said() {
    for (name, word) in [
        ("rgb565.bmp", "5, 6 and 5 bits in the file and are spread to 8 bits"),
        ("rgb555.bmp", "code × 255 / largest code, rounded down"),
        ("rgb111110.bmp", "11, 11 and 10 bits in the file and are spread to 16 bits"),
        ("rgb880.bmp", "no blue, which is 0"),
        ("rgba_opaque.bmp", "opaque everywhere in the first frame and was dropped"),
        ("rgba_unused.bmp", "0 everywhere in the first frame"),
        ("rgba5551_unused.bmp", "0 everywhere in the first frame"),
        ("rgb32.bmp", "unused fourth byte"),
        ("runs8_skips.bmp", "79 pixels of the first frame are stepped over"),
        ("runs8_nothing.bmp", "91 pixels of the first frame are stepped over"),
        ("runs8_no_end.bmp", "The end marker of the run lengths is missing"),
        ("palette8_oversize.bmp", "claims 300 colours, of which 8-bit indices reach 256"),
        ("falling.bmp", "pure grey ramp"),
    ] {
        let notes = notes(name);
        assert!(notes.iter().any(|note| note.contains(word)), "{name}: {notes:?}");
    }
    for name in ["runs8.bmp", "runs4.bmp", "rgb101010.bmp", "rgba_124.bmp", "palette4.bmp", "os2_16.bmp"] {
        assert!(notes(name).is_empty(), "{name}: {:?}", notes(name));
    }
}

#[test]
fn wide_colours_keep_their_codes() {
    for (name, bits, channels) in [
        ("rgb101010.bmp", 10, 3),
        ("rgba1010102.bmp", 10, 4),
        ("rgb111110.bmp", 16, 3),
        ("rgba5551.bmp", 8, 4),
    ] {
        let source = open_one(&data("good").join(name)).unwrap_or_else(|e| panic!("{e}"));
        let info = source.info();
        let dtype = if bits > 8 { DType::U16 } else { DType::U8 };
        assert_eq!((info.container_bits, info.frame.channels, info.dtype), (bits, channels, dtype), "{name}");
    }
}

#[test]
fn frames_of_a_series_are_what_most_are() {
    let series = |names: &[&str]| {
        let folder = tempfile::tempdir().expect("folder");
        for (i, name) in names.iter().enumerate() {
            write(folder.path(), &format!("f{i}.bmp"), &read(name));
        }
        let source = open_one(folder.path()).unwrap_or_else(|e| panic!("{e}"));
        let failed: Vec<(usize, String)> = (0..names.len())
            .filter_map(|i| decode(&*source, i).err().map(|fault| (i, fault.reason)))
            .collect();
        (source.info().frame.channels, failed)
    };
    // The coding of a frame is its own affair.
    let (channels, failed) = series(&["palette8.bmp", "runs8.bmp", "rgb565.bmp", "core4.bmp", "falling.bmp"]);
    assert_eq!((channels, failed.len()), (3, 0), "{failed:?}");
    let (channels, failed) =
        series(&["rgba_opaque.bmp", "rgba_unused.bmp", "rgba_56.bmp", "rgba_opaque.bmp"]);
    assert_eq!((channels, failed.len()), (3, 1), "{failed:?}");
    assert!(failed[0].0 == 2 && failed[0].1.contains("not opaque everywhere"), "{failed:?}");
    let (channels, failed) = series(&["rgba_56.bmp", "rgba_124.bmp", "rgb24_fields.bmp", "rgba_opaque.bmp"]);
    assert_eq!((channels, failed.len()), (4, 1), "{failed:?}");
    assert!(failed[0].0 == 2 && failed[0].1.contains("no alpha channel"), "{failed:?}");
    let (channels, failed) = series(&["rgb101010.bmp", "rgb32.bmp", "rgb32.bmp"]);
    assert_eq!((channels, failed.len()), (3, 1), "{failed:?}");
    assert!(failed[0].1.contains("the depth is 10 bit, the recording has 8 bit"), "{failed:?}");
}

/// Names of files of every coding.
const KINDS: [&str; 9] = [
    "palette1.bmp",
    "core4.bmp",
    "os2_24.bmp",
    "runs8.bmp",
    "runs8_skips.bmp",
    "runs4.bmp",
    "rgb565_palette.bmp",
    "rgba1010102.bmp",
    "rgba_124.bmp",
];

#[test]
fn what_is_cut_fails_by_name_or_is_whole() {
    let folder = tempfile::tempdir().expect("folder");
    for name in KINDS {
        let whole = read(name);
        let expected = bytes_of_all(&*open_one(&data("good").join(name)).expect("good"));
        let mut read = 0;
        for end in 0..whole.len() {
            let path = write(folder.path(), "cut.bmp", &whole[..end]);
            match open_one(&path) {
                // What fills the last row up, or the end marker, may be missing.
                Ok(source) => {
                    assert!(whole.len() - end <= 4, "{name}: {end} of {} bytes were read", whole.len());
                    assert_eq!(bytes_of_all(&*source), expected, "{name}, {end}");
                    read += 1;
                }
                Err(error) => {
                    let why = error.to_string();
                    let says =
                        ["cut short", "empty", "not a BMP", "suffix"].iter().any(|word| why.contains(word));
                    assert!(why.contains("cut.bmp") && says, "{name}, {end}: {why}");
                }
            }
        }
        assert!(read <= 4, "{name}: {read}");
    }
}

#[test]
fn no_flipped_bit_panics() {
    for name in KINDS {
        let whole = read(name);
        // Headers, palettes and the first pixels, bit by bit.
        for bit in 0..whole.len().min(400) * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_bmp(&flipped);
        }
    }
}

#[test]
fn run_lengths_cannot_claim_what_they_do_not_hold() {
    let folder = tempfile::tempdir().expect("folder");
    let mut lying = read("runs8_nothing.bmp");
    lying[18..22].copy_from_slice(&30_000_i32.to_le_bytes());
    lying[22..26].copy_from_slice(&30_000_i32.to_le_bytes());
    let why = open_one(&write(folder.path(), "lying.bmp", &lying)).expect_err("it is a lie").to_string();
    assert!(why.contains("30000 × 30000") && why.contains("cannot hold"), "{why}");
}
