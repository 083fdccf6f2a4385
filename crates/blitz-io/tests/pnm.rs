//! PNM files against the values that were written into them, by a writer and a reader of a few lines each.

mod common;

use blitz_io::{OpenOptions, open};
use common::{bytes_of_all, decode, open_one};
use proptest::prelude::*;

/// Images of one size.
#[derive(Clone, Debug)]
struct Images {
    width: usize,
    height: usize,
    channels: usize,
    largest: u32,
    plain: bool,
    comment: Option<String>,
    /// Samples of each image.
    samples: Vec<Vec<u32>>,
}

impl Images {
    fn written(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let kind = match (self.largest, self.channels) {
            (1, 1) => 1,
            (_, 1) => 2,
            _ => 3,
        };
        for image in &self.samples {
            out.extend(format!("P{}\n", if self.plain { kind } else { kind + 3 }).bytes());
            if let Some(text) = &self.comment {
                out.extend(format!("#{text}\n").bytes());
            }
            out.extend(format!("{}\t{}\n", self.width, self.height).bytes());
            if kind != 1 {
                out.extend(format!("{}\n", self.largest).bytes());
            }
            for row in image.chunks(self.width * self.channels) {
                if self.plain {
                    out.extend(row.iter().flat_map(|v| format!("{v} ").into_bytes()));
                    out.push(b'\n');
                } else if kind == 1 {
                    out.extend(row.chunks(8).map(|bits| {
                        bits.iter().enumerate().fold(0, |byte, (i, &bit)| byte | (bit as u8) << (7 - i))
                    }));
                } else if self.largest < 256 {
                    out.extend(row.iter().map(|&v| v as u8));
                } else {
                    out.extend(row.iter().flat_map(|&v| (v as u16).to_be_bytes()));
                }
            }
        }
        out
    }

    /// Samples as the library gives them: u8, or u16 of this machine.
    fn expected(&self) -> Vec<u8> {
        let samples = self.samples.iter().flatten();
        if self.largest < 256 {
            samples.map(|&v| v as u8).collect()
        } else {
            samples.flat_map(|&v| (v as u16).to_ne_bytes()).collect()
        }
    }
}

fn images() -> impl Strategy<Value = Images> {
    let size = (1_usize..20, 1_usize..12, prop::sample::select(vec![1_usize, 3]));
    let largest = prop_oneof![Just(1_u32), Just(255), Just(256), Just(4095), 1_u32..=65_535];
    let shape = (size, largest, any::<bool>(), 1_usize..4, prop::option::of("[ -~]{0,30}"));
    shape.prop_flat_map(|((width, height, channels), largest, plain, count, comment)| {
        let image = prop::collection::vec(0..=largest, width * height * channels);
        // A plain file holds one image.
        prop::collection::vec(image, if plain { 1 } else { count }).prop_map(move |samples| Images {
            width,
            height,
            channels,
            largest,
            plain,
            comment: comment.clone(),
            samples,
        })
    })
}

proptest! {
    #[test]
    fn values_come_back_as_they_were_written(images in images()) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("a.pnm");
        std::fs::write(&path, images.written()).expect("written");
        let source = open_one(&path).expect("whole");
        let info = source.info();
        let shape = (info.frames, info.frame.height, info.frame.width, info.frame.channels);
        prop_assert_eq!(shape, (images.samples.len(), images.height, images.width, images.channels));
        prop_assert_eq!(info.container_bits, images.largest.ilog2() + 1);
        prop_assert_eq!(bytes_of_all(source.as_ref()), images.expected());
    }

    #[test]
    fn a_cut_file_gives_its_whole_images_and_fails_the_rest(images in images(), part in 0.0..1.0) {
        let bytes = images.written();
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("a.pnm");
        std::fs::write(&path, &bytes[..(bytes.len() as f64 * part) as usize]).expect("written");
        let Ok(source) = open_one(&path) else { return Ok(()) };
        let frame_bytes = images.expected().len() / images.samples.len();
        for frame in 0..source.info().frames {
            if let Ok(samples) = decode(source.as_ref(), frame) {
                let expected = &images.expected()[frame * frame_bytes..][..frame_bytes];
                // The last number of a plain image may have lost digits, which nothing can tell.
                let compared = if images.plain { frame_bytes.saturating_sub(2) } else { frame_bytes };
                prop_assert_eq!(&samples.bytes()[..compared], &expected[..compared]);
            } else {
                prop_assert!(images.plain || frame + 1 == source.info().frames);
            }
        }
    }
}

#[test]
fn images_that_differ_and_that_break_off_fail_by_name() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.pgm");
    let mut bytes = b"P5 2 2 255\nabcdP5 2 2 255\nefghP5 3 1 255\nijkP5 2 2 255\nlm".to_vec();
    std::fs::write(&path, &bytes).expect("written");
    let source = open_one(&path).expect("its first image is whole");
    assert_eq!(source.info().frames, 4);
    assert!(source.info().notes.iter().any(|n| n.contains("breaks off after 3 frames")));
    assert_eq!(source.info().faults.iter().map(|fault| fault.frame).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(decode(source.as_ref(), 1).expect("whole").bytes(), b"efgh");
    assert!(decode(source.as_ref(), 2).expect_err("another size").reason.contains("3 × 1"));
    assert!(decode(source.as_ref(), 3).expect_err("cut").reason.contains("cut short"));

    // In a folder each file is a frame.
    bytes.truncate(15);
    for name in ["f1.pgm", "f2.pgm"] {
        std::fs::write(dir.path().join(name), &bytes).expect("written");
    }
    let files = [dir.path().join("f2.pgm"), dir.path().join("f1.pgm")];
    let source = open(&files, &OpenOptions::default()).expect("two frames");
    assert_eq!((source.info().frames, source.info().format.as_ref()), (2, "PNM files"));
    assert_eq!(decode(source.as_ref(), 1).expect("whole").bytes(), b"abcd");
}

/// The frames of a file that can be read, the number of all, and the first fault.
fn outcome(bytes: &[u8]) -> (Vec<usize>, usize, String) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.pgm");
    std::fs::write(&path, bytes).expect("written");
    let source = open_one(&path).expect("its first image is whole");
    let info = source.info();
    let mut read = Vec::new();
    for frame in 0..info.frames {
        let known = info.faults.iter().find(|fault| fault.frame == frame);
        match decode(source.as_ref(), frame) {
            Ok(_) => {
                assert!(known.is_none(), "frame {frame}: {known:?}");
                read.push(frame);
            }
            Err(fault) => assert_eq!(Some(&fault), known, "the fault of frame {frame} is known"),
        }
    }
    let reason = info.faults.first().map_or_else(String::new, |fault| fault.reason.clone());
    let said = info.notes.iter().any(|note| note.contains(&reason));
    assert!(said || reason.is_empty(), "{:?}", info.notes);
    (read, info.frames, reason)
}

#[test]
fn what_stands_between_images_is_blank_or_said() {
    let (a, b) = (b"P5 2 2 255\nabcd".as_slice(), b"P5 2 2 255\nefgh".as_slice());
    for blanks in [0, 1, 63, 64, 65, 1023, 1024, 1025, 70_000] {
        let between = [a, &vec![b'\n'; blanks], b, &vec![b' '; blanks]].concat();
        assert_eq!(outcome(&between), (vec![0, 1], 2, String::new()), "{blanks} blanks");
    }
    for junk in [b"junk".as_slice(), b"\0", b"P", b"P8 2 2 255\n", b"# a comment\n"] {
        let (read, frames, why) = outcome(&[a, b, b"\n", junk, a].concat());
        assert_eq!((read, frames), (vec![0, 1], 3), "{junk:?}");
        assert!(why.contains("byte 31 begins no image"), "{why}");
    }
    let (read, frames, why) = outcome(&[a, b"P"].concat());
    assert!((read, frames) == (vec![0], 2) && why.contains("byte 15 begins no image"), "{why}");
}

#[test]
fn an_image_of_another_kind_is_a_failed_frame_from_the_start() {
    let a = b"P5 2 2 255\nabcd".as_slice();
    for (other, found, expected) in [
        (b"P5 2 2 256\n\0a\0b\0c\0d".as_slice(), "9 bit", "8 bit"),
        (b"P5 2 2 15\n\x01\x02\x03\x04", "4 bit", "8 bit"),
        (b"P5 1 2 255\nab", "1 × 2", "2 × 2"),
        (b"P6 2 2 255\naaabbbcccddd", "RGB", "grey"),
        (b"P4 2 2\n\0\0", "bitmap", "grey"),
    ] {
        let (read, frames, why) = outcome(&[a, other, a].concat());
        assert_eq!((read, frames), (vec![0, 2], 3), "{why}");
        assert!(why.contains(found) && why.contains(expected), "{why}");
    }
    // 12 and 16 bit share a type.
    let deep = |largest: u32| format!("P5 1 1 {largest}\nab").into_bytes();
    let (read, frames, why) = outcome(&[deep(4095), deep(65_535), deep(4000)].concat());
    assert!((read, frames) == (vec![0, 2], 3) && why.contains("16 bit") && why.contains("12 bit"), "{why}");
}

#[test]
fn plain_images_are_alone_and_blanks_before_numbers_are_no_matter() {
    let blanks = " ".repeat(300);
    let plain = format!("P2{blanks}2{blanks}1{blanks}255\n{blanks}7{blanks}# five\n{blanks}8\n");
    assert_eq!(outcome(plain.as_bytes()), (vec![0], 1, String::new()));
    // After Netpbm, anything may follow a plain image.
    assert_eq!(outcome(format!("{plain} the end").as_bytes()), (vec![0], 1, String::new()));
    let (read, frames, why) = outcome(format!("{plain}{plain}").as_bytes());
    assert_eq!((read, frames), (vec![0], 2));
    assert!(why.contains(&format!("byte {}", plain.len())) && why.contains("raw"), "{why}");
    let (read, frames, why) = outcome(b"P1 3 1 0101P1 3 1 111");
    assert!((read, frames) == (vec![0], 1) && why.is_empty(), "a fourth digit is no image: {why}");
    let (read, frames, why) = outcome(b"P1 3 1 010P1 3 1 111");
    assert!((read, frames) == (vec![0], 2) && why.contains("byte 10"), "{why}");
}

#[test]
fn folders_say_what_stands_behind_an_image() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let image = b"P5 2 2 255\nabcd".as_slice();
    let files = ["f1.pgm", "f2.pgm", "f3.pgm"].map(|name| dir.path().join(name));
    std::fs::write(&files[0], [image, b"\0\0"].concat()).expect("written");
    std::fs::write(&files[1], image).expect("written");
    std::fs::write(&files[2], b"P5 2 2 15\nabcd").expect("written");
    let source = open(&files, &OpenOptions::default()).expect("its first image is whole");
    let notes = &source.info().notes;
    assert!(notes.iter().any(|note| note.contains("from byte 15 on")), "{notes:?}");
    assert_eq!(decode(source.as_ref(), 0).expect("whole").bytes(), b"abcd");
    assert!(decode(source.as_ref(), 2).expect_err("4 bit").reason.contains("4 bit"));
    // Files of several images follow each other.
    std::fs::write(&files[1], [image, &[b'\n'; 100], image].concat()).expect("written");
    let source = open(&files, &OpenOptions::default()).expect("opened");
    let found: Vec<bool> = (0..source.info().frames).map(|i| decode(source.as_ref(), i).is_ok()).collect();
    assert_eq!(found, [true, false, true, true, false]);
    assert!(decode(source.as_ref(), 4).expect_err("4 bit").reason.contains("4 bit"));
}

#[test]
fn a_header_without_end_is_no_cut_file() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.pgm");
    std::fs::write(&path, format!("P5{}2 2 255\nabcd", " ".repeat(70_000))).expect("written");
    let text = open_one(&path).expect_err("too long").to_string();
    assert!(text.contains("a.pgm") && text.contains("65536"), "{text}");
}

#[test]
fn samples_above_the_largest_value_are_refused_where_they_are_written_out() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.pgm");
    std::fs::write(&path, b"P2 2 1 100\n100 101\n").expect("written");
    let source = open_one(&path).expect("its header is whole");
    let reason = decode(source.as_ref(), 0).expect_err("above").reason;
    assert!(reason.contains("sample 1 is 101") && reason.contains("100"), "{reason}");
}
