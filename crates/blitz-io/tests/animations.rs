//! Animated pictures: their times, any order of asking, files that break off, animations beside each other.

mod common;

use std::sync::Arc;

use blitz_core::{Rational, Samples, TimeAxis};
use blitz_io::FrameSource;
use common::{bytes_of_all, data, decode, open_one, plain_npy};

const FILES: [&str; 6] = [
    "parts.gif",
    "cleared.gif",
    "animated_rgba8.png",
    "animated_rgba16.png",
    "animated.webp",
    "grey_ramp.gif",
];

fn opened(name: &str) -> Arc<dyn FrameSource> {
    open_one(&data("good").join(name)).expect("good")
}

#[test]
fn delays_are_times() {
    let axis = |name: &str| opened(name).info().time.clone();
    let interval = axis("grey_ramp.gif");
    assert!(
        matches!(&interval, TimeAxis::Interval { dt, .. } if Rational::new(1, 25) == Some(*dt)),
        "{interval:?}"
    );
    let interval = axis("animated_grey16.png");
    assert!(
        matches!(&interval, TimeAxis::Interval { dt, .. } if Rational::new(1, 25) == Some(*dt)),
        "{interval:?}"
    );
    // Only the last frame of this one stays longer.
    let interval = axis("animated.webp");
    assert!(
        matches!(&interval, TimeAxis::Interval { dt, .. } if Rational::new(1, 25) == Some(*dt)),
        "{interval:?}"
    );
    let times = |name: &str| match axis(name) {
        TimeAxis::Explicit(times) => times.iter().map(|t| (t * 1000.0).round()).collect::<Vec<f64>>(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(times("parts.gif"), [0.0, 40.0, 90.0, 180.0, 250.0, 360.0]);
    assert_eq!(times("animated_rgba8.png"), [0.0, 100.0, 300.0, 800.0, 1200.0, 2000.0, 2300.0]);
}

#[test]
fn frames_can_be_asked_for_in_any_order() {
    for name in FILES {
        let expected = plain_npy(&data("good").join(format!("{name}.npy"))).2;
        let source = opened(name);
        let frames = source.info().frames;
        let size = expected.len() / frames;
        for step in [1, 2, frames - 1] {
            for k in 0..2 * frames {
                let frame = (frames - 1) * (k + 1) * step % frames;
                let found = decode(source.as_ref(), frame).expect("good");
                assert!(
                    found.bytes() == &expected[frame * size..(frame + 1) * size],
                    "{name}, frame {frame}"
                );
            }
        }
    }
}

/// Files that end before they should.
#[test]
fn what_breaks_off_is_said() {
    let dir = tempfile::tempdir().expect("folder");
    for name in FILES {
        let whole = std::fs::read(data("good").join(name)).expect("there");
        let expected = plain_npy(&data("good").join(format!("{name}.npy"))).2;
        let frames = opened(name).info().frames;
        let size = expected.len() / frames;
        let path = dir.path().join(name);
        let mut readable = 0;
        for place in 1..40 {
            let end = whole.len() * place / 40;
            std::fs::write(&path, &whole[..end]).expect("written");
            let Ok(source) = open_one(&path) else { continue };
            let info = source.info();
            let what = format!("{name} cut at {end} of {}", whole.len());
            let mut failed = 0;
            for frame in 0..info.frames {
                let mut out = Samples::zeros(info.dtype, info.frame.samples());
                match source.decode(frame, out.as_mut()) {
                    Ok(()) => {
                        readable += 1;
                        assert!(
                            out.bytes() == &expected[frame * size..(frame + 1) * size],
                            "{what}: frame {frame}"
                        );
                    }
                    Err(_) => failed += 1,
                }
            }
            let said = info.notes.iter().any(|note| note.contains("breaks off") || note.contains("missing"));
            assert!(said && failed == info.faults.len(), "{what}: {failed} failed, {:?}", info.notes);
        }
        assert!(readable >= 10, "{name}: {readable} frames");
    }
}

/// Of ten thousand frames only two are there: all keep their places.
#[test]
fn a_long_recording_cut_early_keeps_its_length() {
    let mut bytes = std::fs::read(data("good").join("animated_grey16.png")).expect("there");
    let head = bytes.windows(4).position(|w| w == b"acTL").expect("an animation");
    bytes[head + 4..head + 8].copy_from_slice(&10_000_u32.to_be_bytes());
    // The reader of PNG checks the head of the animation, too.
    let crc = crc(&bytes[head..head + 12]);
    bytes[head + 12..head + 16].copy_from_slice(&crc.to_be_bytes());
    let third = bytes.windows(4).rposition(|w| w == b"fcTL").expect("a third frame");
    bytes.truncate(third - 4);
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("cut.png");
    std::fs::write(&path, bytes).expect("written");
    let source = open_one(&path).expect("opened");
    assert_eq!((source.info().frames, source.info().faults.len()), (10_000, 9_998));
    decode(source.as_ref(), 1).expect("there");
    assert!(decode(source.as_ref(), 9_999).expect_err("not there").reason.contains("2 of 10000"));
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &b| (0..8).fold(crc ^ u32::from(b), step))
}

/// What lies behind a damaged frame is drawn onto it.
#[test]
fn damage_takes_what_is_drawn_onto_it() {
    let mut bytes = std::fs::read(data("good").join("animated_rgba8.png")).expect("there");
    let frames: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, w)| w == b"fdAT").map(|(i, _)| i).collect();
    bytes[frames[2] + 20] ^= 0x55;
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("damaged.png");
    std::fs::write(&path, bytes).expect("written");
    let source = open_one(&path).expect("opened");
    for frame in 0..3 {
        decode(source.as_ref(), frame).expect("before the damage");
    }
    let reason = |frame| decode(source.as_ref(), frame).expect_err("behind it").reason;
    assert!(!reason(3).contains("drawn onto"), "{}", reason(3));
    assert!(reason(6).contains("drawn onto frame 3"), "{}", reason(6));
    decode(source.as_ref(), 0).expect("still there");
}

#[test]
fn animations_of_a_folder_follow_each_other() {
    let dir = tempfile::tempdir().expect("folder");
    for (from, suffix) in
        [("grey_ramp.gif", "gif"), ("animated_grey16.png", "png"), ("animated.webp", "webp")]
    {
        let folder = dir.path().join(suffix);
        std::fs::create_dir(&folder).expect("made");
        for i in 0..2 {
            std::fs::copy(data("good").join(from), folder.join(format!("part{i}.{suffix}"))).expect("copied");
        }
        let both = open_one(&folder).expect("opened");
        let one = bytes_of_all(opened(from).as_ref());
        assert_eq!(both.info().frames, 6, "{suffix}");
        assert!(bytes_of_all(both.as_ref()) == [one.clone(), one].concat(), "{suffix}");
    }
}
