//! Archives of arrays: which one opens, in any order of frames, cut and damaged.

mod common;

use std::path::Path;
use std::sync::Arc;

use blitz_core::Samples;
use blitz_io::{FrameSource, OpenError, OpenOptions, list, open};
use common::{bytes_of_all, data, decode, open_one};

fn named(path: &Path, group: &str) -> Result<Arc<dyn FrameSource>, OpenError> {
    let options = OpenOptions { group: Some(group.to_owned()), ..OpenOptions::default() };
    open(&[path.to_path_buf()], &options)
}

#[test]
fn arrays_are_chosen_by_name() {
    let path = data("good").join("stored.npz");
    let groups = list(&path).expect("an archive").groups;
    let texts: Vec<String> = groups.iter().map(blitz_io::Group::text).collect();
    assert_eq!(
        texts,
        [
            "array frames (5, 6, 7) uint16",
            "array t (200) float64",
            "array names no array of numbers",
            "array small (1, 2, 7) uint8"
        ]
    );
    assert_eq!(
        groups.iter().map(|g| (g.loadable, g.chosen)).collect::<Vec<_>>()[..2],
        [(true, true), (false, false)]
    );
    let source = open_one(&path).expect("opened");
    assert_eq!(source.info().groups, groups);
    assert!(
        source.info().notes.iter().any(|n| n.contains("small (1, 2, 7) uint8 are not part")),
        "{:?}",
        source.info().notes
    );
    for name in ["small", "SMALL.npy"] {
        let small = named(&path, name).expect("opened");
        assert_eq!(decode(small.as_ref(), 0).expect("frame"), Samples::U8((0..14).collect()));
    }
    // The suffix and the file's own name are those of a group in a folder.
    for name in ["npz", "stored.npz"] {
        assert_eq!(named(&path, name).expect("opened").info().frames, 5);
    }
    let why = named(&path, "nothing").expect_err("no such array").to_string();
    assert!(why.contains("the archive holds frames (5, 6, 7) uint16, t (200)"), "{why}");
    let why = named(&path, "names").expect_err("text").to_string();
    assert!(why.contains("holds text"), "{why}");
    assert!(list(&data("good").join("alpha.qoi")).is_err());
}

/// An archive with one array, as NumPy writes it: sizes in the local header, the list at the end.
fn archive(array: &[u8], deflated: bool) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(array);
    let body = if deflated { miniz_oxide::deflate::compress_to_vec(array, 1) } else { array.to_vec() };
    let mut head = Vec::new();
    head.extend([20, 0, 0, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
    head.extend(crc.finalize().to_le_bytes());
    head.extend((body.len() as u32).to_le_bytes());
    head.extend((array.len() as u32).to_le_bytes());
    head.extend([5, 0]);
    let mut out = b"PK\x03\x04".to_vec();
    out.extend(&head);
    out.extend([0, 0]);
    out.extend(b"a.npy");
    out.extend(body);
    let list = out.len() as u32;
    out.extend(b"PK\x01\x02\x14\0");
    out.extend(&head);
    out.extend([0; 16]);
    out.extend(b"a.npy");
    let length = out.len() as u32 - list;
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend(length.to_le_bytes());
    out.extend(list.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// `frames` frames of 512 × 256 samples of 16 bit, of which each is known.
fn array(frames: usize) -> Vec<u8> {
    let text = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': ({frames}, 256, 512), }}\n");
    let mut out = b"\x93NUMPY\x01\0".to_vec();
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.bytes());
    for t in 0..frames {
        out.extend(frame(t).iter().flat_map(|v| v.to_le_bytes()));
    }
    out
}

fn frame(t: usize) -> Vec<u16> {
    (0..256 * 512).map(|i| ((i / 7 + t * 331) % 4096) as u16).collect()
}

#[test]
fn frames_are_inflated_in_any_order() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.npz");
    // 45 MiB: more than is kept, and several places to begin from.
    let frames = 180;
    std::fs::write(&path, archive(&array(frames), true)).expect("written");
    let source = open_one(&path).expect("opened");
    assert_eq!((source.info().frames, source.mapped().is_some()), (frames, false));
    let order = [179, 3, 100, 2, 178, 64, 63, 62, 0, 179, 130, 20].into_iter();
    for t in order.chain((0..frames).rev().step_by(37)) {
        assert_eq!(decode(source.as_ref(), t).expect("frame"), Samples::U16(frame(t)), "{t}");
    }
    // From many threads at once.
    std::thread::scope(|scope| {
        for start in 0..4 {
            let source = &source;
            scope.spawn(move || {
                for t in (start..frames).step_by(4) {
                    assert_eq!(decode(source.as_ref(), t).expect("frame"), Samples::U16(frame(t)), "{t}");
                }
            });
        }
    });
}

#[test]
fn what_is_cut_keeps_its_whole_frames() {
    let folder = tempfile::tempdir().expect("folder");
    for deflated in [false, true] {
        let whole = archive(&array(4), deflated);
        let path = folder.path().join(format!("{deflated}.npz"));
        let (mut refused, mut read) = (0, 0);
        for end in (0..whole.len()).step_by(whole.len() / 60).chain(whole.len() - 120..whole.len()) {
            std::fs::write(&path, &whole[..end]).expect("written");
            let Ok(source) = open_one(&path) else {
                refused += 1;
                continue;
            };
            let info = source.info();
            assert!(info.notes.iter().any(|n| n.contains("breaks off")), "{end}: {:?}", info.notes);
            assert_eq!(info.frames, 4);
            for t in 0..4 {
                match decode(source.as_ref(), t) {
                    Ok(found) => {
                        assert_eq!(found, Samples::U16(frame(t)), "{end}: {t}");
                        read += 1;
                    }
                    Err(fault) => assert!(
                        fault.reason.contains("cut short") || fault.reason.contains("breaks off"),
                        "{fault}"
                    ),
                }
            }
        }
        assert!(refused > 0 && read > 100, "{refused} {read}");
    }
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.npz");
    for deflated in [false, true] {
        let whole = archive(&array(3), deflated);
        for i in 0..40 {
            let mut bytes = whole.clone();
            let at = 300 + i * (whole.len() - 600) / 40;
            bytes[at] ^= 1 << (i % 8);
            std::fs::write(&path, bytes).expect("written");
            // Not all of the frames may be right, nor may a wrong one be given without a word.
            let Ok(source) = open_one(&path) else { continue };
            let found: Vec<_> = (0..3).map(|t| decode(source.as_ref(), t)).collect();
            assert!(found.iter().any(Result::is_err), "{deflated}, byte {at}");
        }
    }
}

#[test]
fn archives_of_a_folder_follow_each_other() {
    let folder = tempfile::tempdir().expect("folder");
    for i in 0..3 {
        std::fs::write(folder.path().join(format!("part{i}.npz")), archive(&array(2), i == 1))
            .expect("written");
    }
    let source = open_one(folder.path()).expect("opened");
    assert_eq!(source.info().frames, 6);
    let one: Vec<u8> = (0..2).flat_map(frame).flat_map(u16::to_le_bytes).collect();
    assert_eq!(bytes_of_all(source.as_ref()), [&one[..], &one, &one].concat());
}
