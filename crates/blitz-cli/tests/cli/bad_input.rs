//! Whatever a file holds, the program says what is wrong with it, names it, and ends with status 2.

use std::fs;

use blitz_core::{DType, FrameShape};

use crate::fixture::Folder;

const SHAPE: FrameShape = FrameShape::new(16, 16, 1);

/// A good PNG to damage.
fn good_png() -> Vec<u8> {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 1, SHAPE);
    fs::read(folder.path("rec/000.png")).expect("written")
}

/// The checksum of PNG chunks (CRC-32 of ISO 3309), bit by bit.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    (!crc).to_be_bytes()
}

/// An array with any header text.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{header:<width$}\n", width = (header.len() + 11).next_multiple_of(64) - 11);
    [b"\x93NUMPY\x01\0", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), data].concat()
}

/// Every command that reads refuses the file, names it, says the words, and writes nothing.
fn refused_by_all(name: &str, bytes: &[u8], words: &[&str]) {
    let folder = Folder::new();
    fs::write(folder.path(name), bytes).expect("written");
    let words: Vec<&str> = words.iter().copied().chain([name]).collect();
    for line in [
        format!("info {name} --scan --json"),
        format!("reduce mean,median {name} -o out.npy"),
        format!("curve {name} --pixel 0,0"),
        format!("render {name} --frame 0 -o out.png"),
        format!("export {name} -o out.npy"),
        format!("recipe {name}"),
    ] {
        folder.refused(&line, &words);
        assert_eq!(folder.names("."), [name], "{line}: nothing is written");
    }
}

/// Files whose header is fine fail as frames: named on stderr, never silently.
fn fails_as_a_frame(name: &str, bytes: &[u8], words: &[&str]) {
    let folder = Folder::new();
    fs::write(folder.path(name), bytes).expect("written");
    for line in [
        format!("reduce mean {name} -o out.npy"),
        format!("render {name} --frame 0 -o out.png"),
        format!("export {name} -o out.npy"),
    ] {
        let words: Vec<&str> = words.iter().copied().chain([name]).collect();
        folder.refused(&line, &words);
        assert_eq!(folder.names("."), [name], "{line}: nothing is written");
    }
    let run = folder.run(&format!("info {name} --scan"));
    assert!(run.status == 1 || run.status == 2, "{}", run.stderr);
    assert!(run.stderr.contains(name), "{}", run.stderr);
}

#[test]
fn png_truncated() {
    let good = good_png();
    fails_as_a_frame("cut.png", &good[..good.len() / 2], &[]);
    refused_by_all("head.png", &good[..20], &[]);
}

#[test]
fn png_empty_or_none_at_all() {
    refused_by_all("empty.png", b"", &["empty"]);
    refused_by_all("text.png", b"this is no picture at all, it is text", &["PNG"]);
}

#[test]
fn png_with_a_wrong_checksum() {
    let mut bad = good_png();
    let at = bad.windows(4).position(|w| w == b"IDAT").expect("image data");
    bad[at + 12] ^= 0x55;
    fails_as_a_frame("sum.png", &bad, &[]);
}

#[test]
fn png_that_claims_two_billion_squared() {
    let mut bad = good_png();
    bad[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let sum = crc(&bad[12..29]);
    bad[29..33].copy_from_slice(&sum);
    refused_by_all("huge.png", &bad, &["2147483647"]);
    // 2^31 is above what the format allows.
    bad[16..24].copy_from_slice(&[0x80, 0, 0, 0, 0x80, 0, 0, 0]);
    let sum = crc(&bad[12..29]);
    bad[29..33].copy_from_slice(&sum);
    refused_by_all("huger.png", &bad, &[]);
}

#[test]
fn arrays_that_lie() {
    let data = [0_u8; 24];
    let header = |descr: &str, shape: &str| {
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}")
    };
    refused_by_all("cut.npy", &npy(&header("<f8", "2, 3, 4"), &data), &["cut short", "320", "152"]);
    refused_by_all("lying.npy", &npy(&header("<u2", "1000000, 1000, 1000"), &data), &[]);
    refused_by_all("overflow.npy", &npy(&header("<u2", "9223372036854775807, 9, 9"), &data), &[]);
    refused_by_all("negative.npy", &npy(&header("|u1", "-2, 3, 4"), &data), &["-2"]);
    refused_by_all("objects.npy", &npy(&header("|O", "2, 3, 4"), &data), &["object"]);
    refused_by_all("text.npy", b"no array", &[]);
    refused_by_all("zero.npy", b"", &["empty"]);
    refused_by_all("head.npy", &npy(&header("|u1", "2, 3, 4"), &data)[..40], &[]);
}

#[test]
fn a_bad_file_among_good_ones_is_one_failed_frame() {
    for (reason, damage) in [
        ("cut", (|b: &mut Vec<u8>| b.truncate(b.len() / 2)) as fn(&mut Vec<u8>)),
        ("empty", |b| b.clear()),
        ("text", |b| *b = b"hello".to_vec()),
        ("flipped", |b| {
            let middle = b.len() / 2;
            b[middle] ^= 0x55;
        }),
    ] {
        let folder = Folder::new();
        folder.pngs("rec", DType::U8, 5, SHAPE);
        let path = folder.path("rec/003.png");
        let mut bytes = fs::read(&path).expect("there");
        damage(&mut bytes);
        fs::write(&path, bytes).expect("written");
        let run = folder.expect(1, "reduce mean rec -o out.npy -q");
        assert!(run.stderr.contains("frame 3") && run.stderr.contains("003.png"), "{reason}: {}", run.stderr);
    }
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 5, SHAPE);
    folder.pngs("other", DType::U8, 5, FrameShape::new(9, 16, 1));
    fs::copy(folder.path("other/002.png"), folder.path("rec/002.png")).expect("copied");
    let run = folder.expect(1, "reduce mean rec -o out.npy -q");
    assert!(
        run.stderr.contains("002.png") && run.stderr.contains('9'),
        "a frame of another size: {}",
        run.stderr
    );
}

#[test]
fn a_folder_where_nothing_can_be_read() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 3, SHAPE);
    for name in ["000", "001", "002"] {
        fs::write(folder.path(&format!("rec/{name}.png")), "damaged").expect("written");
    }
    folder.refused("reduce mean rec -o out.npy", &["rec", "none of 3 files", "000.png"]);
}

#[test]
fn paths_that_hold_nothing() {
    let folder = Folder::new();
    fs::create_dir(folder.path("empty")).expect("folder");
    fs::create_dir(folder.path("texts")).expect("folder");
    fs::write(folder.path("texts/a.txt"), "text").expect("written");
    folder.refused("info empty", &["empty", "holds no files"]);
    folder.refused("info nowhere", &["nowhere", "no such file or folder"]);
    folder.refused("info texts", &["texts", ".txt", ".png"]);
    folder.refused("info texts/a.txt", &["a.txt", "no line of numbers", "line 1"]);
    fs::write(folder.path("texts/a.xyz"), "text").expect("written");
    folder.refused("info texts/a.xyz", &["a.xyz", ".xyz", ".png", "--raw"]);
    folder.pngs("rec", DType::U8, 2, SHAPE);
    folder.npy("a.npy", DType::U8, 2, SHAPE);
    folder.refused("info rec --group tif", &["rec", "--group tif", "png"]);
    folder.refused("info rec/000.png a.npy", &["different formats", "a.npy"]);
    folder.refused("info", &["PATH"]);
}

#[test]
fn flags_that_make_no_sense_are_named() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 4, SHAPE);
    for (flags, words) in [
        ("--every 0", &["a step of at least 1", "--every"][..]),
        ("--shrink 0", &["--shrink", "above 0"]),
        ("--shrink 2", &["--shrink", "up to 1"]),
        ("--frames 5", &["--frames", "A:B"]),
        ("--frames 9:12", &["a.npy", "--frames", "0–3"]),
        ("--crop 0,0,99,1", &["a.npy", "--crop", "16 × 16"]),
        ("--crop 0,0,0,1", &["--crop", "X,Y,WIDTH,HEIGHT"]),
        ("--axes TTT", &["a.npy", "--axes", "THW"]),
        ("--complex half", &["--complex", "magnitude"]),
        ("--max-ram lots", &["--max-ram", "4GiB"]),
        ("--threads 0", &["--threads"]),
        ("--fps fast", &["--fps", "100000"]),
        ("--fps 10 --dt 1ms", &["--fps", "--dt"]),
        ("--dt 0s", &["--dt", "10us"]),
        ("--pixel-size 12", &["--pixel-size", "12.5um"]),
        ("--rotate left", &["--rotate", "ccw"]),
        ("--gray=maybe", &["--gray"]),
    ] {
        folder.refused(&format!("info a.npy {flags}"), words);
    }
}
