//! Frame i is frame i.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use blitz_core::{FrameMap, Progress, Rational, TimeAxis, TimeOrigin};
use blitz_io::{Early, OpenOptions, ShowFirst};
use ffmpeg_next::format::Pixel;

use crate::make::{Clip, make};
use crate::read::{all, in_order, luma, number, opened, shuffled, video};

/// Decodes in order, in no order, backwards and thinned, and compares bit for bit, and with the numbers that
/// the frames show.
fn check(clip: &Clip) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let Some(path) = make(dir.path(), clip) else { return };
    let what = format!("{} ({})", clip.file, clip.encoder);
    let reference = in_order(&path);
    assert_eq!(reference.len(), clip.frames, "{what}: {:?}", opened(&path).info().notes);
    let source = opened(&path);
    for (frame, samples) in reference.iter().enumerate() {
        let samples = samples.as_ref().unwrap_or_else(|e| panic!("{what}: frame {frame}: {e}"));
        assert_eq!(number(source.as_ref(), samples), Some(frame), "{what}");
    }
    let same = |source: &dyn blitz_io::FrameSource, frame: usize, how: &str| {
        let found = luma(source, frame).unwrap_or_else(|e| panic!("{what}: frame {frame} {how}: {e}"));
        assert!(Ok(&found) == reference[frame].as_ref(), "{what}: frame {frame} differs {how}");
    };
    for frame in shuffled(clip.frames) {
        same(source.as_ref(), frame, "in no order");
    }
    let source = opened(&path);
    for frame in (0..clip.frames).rev() {
        same(source.as_ref(), frame, "backwards");
    }
    for step in [2, 7, 25] {
        let source = opened(&path);
        let count = clip.frames.div_ceil(step);
        let plan = video(source.as_ref())
            .prepare(FrameMap { first: 0, step }, count)
            .expect("videos say how they are read");
        for i in 0..count {
            same(source.as_ref(), i * step, &format!("every {step}: {plan}"));
        }
    }
}

/// Threads that ask for successive frames share one decoder, and sparse frames cost what the plan says.
#[test]
fn pictures_are_decoded_once() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let options: &[_] = &[("bf", "2")];
    let clip = Clip { file: "a.mp4", encoder: "mpeg4", options, frames: 240, ..Clip::default() };
    let Some(path) = make(dir.path(), &clip) else { return };
    let open = || {
        let options = OpenOptions { cache_dir: Some(dir.path().join("kept")), ..OpenOptions::default() };
        blitz_io::open(std::slice::from_ref(&path), &options).expect("the video opens")
    };
    let read = |source: &dyn blitz_io::FrameSource, frames: FrameMap, count: usize| {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let i @ 0.. = next.fetch_add(1, Ordering::Relaxed)
                        && i < count
                    {
                        let samples = luma(source, frames.source(i)).expect("not damaged");
                        assert_eq!(number(source, &samples), Some(frames.source(i)));
                    }
                });
            }
        });
        video(source).decoded() as usize
    };
    let source = open();
    video(source.as_ref()).prepare(FrameMap::IDENTITY, 240);
    let decoded = read(source.as_ref(), FrameMap::IDENTITY, 240);
    assert!((240..=242).contains(&decoded), "{decoded} decoded for 240 frames");
    for step in [5, 36, 60] {
        let (frames, count) = (FrameMap { first: 0, step }, 240_usize.div_ceil(step));
        // The first opening tries keyframes; what it found is known to the second.
        video(open().as_ref()).prepare(frames, count);
        let source = open();
        let plan = video(source.as_ref()).prepare(frames, count).expect("videos say how they are read");
        let planned = plan.split(' ').find_map(|word| word.parse::<usize>().ok()).expect("a number");
        let decoded = read(source.as_ref(), frames, count);
        // The picture that was looked at first, and what lies in a decoder that is not emptied.
        assert!(decoded <= planned + 1 + 16, "every {step}: {decoded} decoded, {plan}");
        if plan.contains("going to") {
            assert!(decoded <= planned + 1, "every {step}: {decoded} decoded, {plan}");
        }
    }
}

/// A large file shows its first picture before its index is read, and that is its first frame.
#[test]
fn the_first_picture_comes_before_the_index() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for clip in [
        Clip { file: "a.mp4", options: &[("preset", "veryfast"), ("bf", "3")], ..Clip::default() },
        Clip { file: "b.mp4", encoder: "mpeg4", ..Clip::default() },
    ] {
        let Some(path) = make(dir.path(), &clip) else { continue };
        let shown = Arc::new(Mutex::new(Vec::new()));
        let open = |kept: &str| {
            let show = Arc::clone(&shown);
            let progress = Progress::default();
            let seen = progress.clone();
            let first_picture = ShowFirst::new(move |first, early| {
                assert_eq!(
                    (seen.snapshot().phase, early),
                    ("", Early::First),
                    "nothing of the index is read yet"
                );
                show.lock().expect("lock").push(first);
            });
            let options = OpenOptions {
                cache_dir: Some(dir.path().join(kept)),
                first_picture: Some(first_picture),
                progress,
                ..OpenOptions::default()
            };
            blitz_io::open(std::slice::from_ref(&path), &options).expect("the video opens")
        };
        open(&format!("small {}", clip.file));
        assert!(shown.lock().expect("lock").is_empty(), "small files open at once");

        // Nothing behind the file's last part, but as long as a large one.
        std::fs::OpenOptions::new().append(true).open(&path).expect("there").set_len(100 << 20).expect("set");
        let kept = format!("large {}", clip.file);
        let source = open(&kept);
        let first = shown.lock().expect("lock").pop().expect("shown before");
        assert_eq!((first.info().frames, first.info().frame), (1, source.info().frame));
        assert_eq!(luma(first.as_ref(), 0), luma(source.as_ref(), 0));
        assert_eq!(all(first.as_ref(), 0), all(source.as_ref(), 0));
        assert!(all(first.as_ref(), 1).is_err_and(|why| why.contains("first picture")));
        open(&kept);
        assert!(shown.lock().expect("lock").is_empty(), "with an index, the rest is there at once");
    }
}

#[test]
fn h264_with_b_frames() {
    check(&Clip { file: "a.mp4", options: &[("preset", "veryfast"), ("bf", "3")], ..Clip::default() });
    check(&Clip {
        file: "open.mkv",
        options: &[("preset", "veryfast"), ("bf", "3"), ("x264-params", "open-gop=1")],
        ..Clip::default()
    });
}

/// Fault: where a container gives times of decoding for times of showing, frames stood in the order of the file.
#[test]
fn the_decoder_knows_the_order_where_the_container_does_not() {
    for file in ["swapped.mp4", "swapped.mkv", "swapped.mov"] {
        let options: &[_] = &[("preset", "veryfast"), ("bf", "3")];
        check(&Clip { file, options, times_of_decoding: true, ..Clip::default() });
    }
    let options: &[_] = &[("preset", "veryfast"), ("bf", "0")];
    check(&Clip { file: "plain.mp4", options, times_of_decoding: true, ..Clip::default() });
}

#[test]
fn h264_in_slices() {
    let options: &[_] = &[("preset", "veryfast"), ("bf", "2"), ("x264-params", "slices=3")];
    check(&Clip { options, size: (96, 96), ..Clip::default() });
}

#[test]
fn h264_without_keyframes_inside() {
    // Intra refresh: places that look like keyframes and are none.
    check(&Clip {
        file: "refresh.mkv",
        options: &[("preset", "veryfast"), ("bf", "0"), ("intra-refresh", "1")],
        ..Clip::default()
    });
    check(&Clip { file: "one.mov", gop: 1000, options: &[("preset", "veryfast")], ..Clip::default() });
}

#[test]
fn hevc() {
    let options: &[_] =
        &[("preset", "ultrafast"), ("x265-params", "log-level=none:bframes=3:keyint=12:open-gop=1")];
    check(&Clip { file: "a.mp4", encoder: "libx265", options, ..Clip::default() });
    check(&Clip {
        file: "b.mkv",
        encoder: "libx265",
        options,
        format: Pixel::YUV420P10LE,
        ..Clip::default()
    });
}

#[test]
fn vp8_and_vp9_with_hidden_pictures() {
    let options: &[_] =
        &[("deadline", "realtime"), ("cpu-used", "5"), ("auto-alt-ref", "1"), ("lag-in-frames", "12")];
    check(&Clip { file: "a.webm", encoder: "libvpx", options, ..Clip::default() });
    check(&Clip { file: "b.webm", encoder: "libvpx-vp9", options, ..Clip::default() });
}

#[test]
fn av1() {
    check(&Clip {
        file: "a.mp4",
        encoder: "libsvtav1",
        frames: 40,
        size: (80, 64),
        options: &[("preset", "10")],
        ..Clip::default()
    });
    check(&Clip {
        file: "b.mkv",
        encoder: "libaom-av1",
        frames: 30,
        options: &[("usage", "realtime"), ("cpu-used", "8"), ("lag-in-frames", "0")],
        ..Clip::default()
    });
}

#[test]
fn mpeg2_and_mpeg4_with_b_frames() {
    check(&Clip { file: "a.avi", encoder: "mpeg4", options: &[("bf", "2")], ..Clip::default() });
    check(&Clip { file: "b.mkv", encoder: "mpeg4", options: &[("bf", "2")], ..Clip::default() });
    check(&Clip { file: "c.mpg", encoder: "mpeg2video", options: &[("bf", "2")], ..Clip::default() });
}

#[test]
fn transport_streams() {
    check(&Clip { file: "a.m2ts", options: &[("preset", "veryfast"), ("bf", "2")], ..Clip::default() });
}

#[test]
fn interlaced_pictures_are_counted() {
    check(&Clip {
        file: "i.mkv",
        interlaced: true,
        options: &[("preset", "veryfast"), ("bf", "2"), ("x264-params", "interlaced=1")],
        ..Clip::default()
    });
}

#[test]
fn every_frame_a_keyframe() {
    check(&Clip { file: "a.avi", encoder: "mjpeg", format: Pixel::YUVJ420P, ..Clip::default() });
    check(&Clip { file: "b.avi", encoder: "rawvideo", format: Pixel::BGR24, ..Clip::default() });
    check(&Clip { file: "c.mkv", encoder: "ffv1", format: Pixel::GRAY16LE, gop: 1, ..Clip::default() });
    check(&Clip { file: "d.mkv", encoder: "ffv1", format: Pixel::GRAY8, gop: 12, ..Clip::default() });
}

#[test]
fn odd_sizes() {
    check(&Clip { file: "a.mkv", encoder: "ffv1", size: (67, 51), ..Clip::default() });
    check(&Clip {
        file: "b.avi",
        encoder: "rawvideo",
        format: Pixel::BGR24,
        size: (67, 51),
        ..Clip::default()
    });
    check(&Clip {
        file: "c.mkv",
        size: (67, 51),
        format: Pixel::YUV444P,
        options: &[("preset", "veryfast")],
        ..Clip::default()
    });
}

#[test]
fn clocks_that_begin_elsewhere_and_run_unevenly() {
    let options: &[_] = &[("preset", "veryfast"), ("bf", "2")];
    let uneven = |i: usize| (i * i + 3 * i) as i64;
    for file in ["a.mp4", "b.mkv"] {
        check(&Clip { file, options, times: uneven, clock: 1000, ..Clip::default() });
        check(&Clip { file, options, times: |i| i as i64 + 1234, ..Clip::default() });
    }
}

/// AVI counts time in slots of one frame. Recorders that drop a frame leave its slot empty.
#[test]
fn empty_slots_keep_their_place_and_the_rate() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, format) in [
        ("a.avi", "rawvideo", Pixel::BGR24),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.avi", "mpeg4", Pixel::YUV420P),
    ] {
        // Slots 3, 8, 13 and so on stay empty.
        let slot = |i: usize| (i + (i + 1) / 4) as i64;
        let clip = Clip { file, encoder, format, frames: 40, times: slot, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let source = opened(&path);
        let info = source.info();
        let dt = Rational::new(1, 25).expect("not zero");
        let time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container };
        assert_eq!((info.frames, &info.time), (50, &time), "{file}: {:?}", info.notes);
        let empty: Vec<usize> = info.faults.iter().map(|fault| fault.frame).collect();
        assert_eq!(empty, (3..50).step_by(5).collect::<Vec<_>>(), "{file}");
        assert!(
            info.notes.iter().any(|n| n.starts_with("10 of 50 frames are empty slots")),
            "{:?}",
            info.notes
        );
        let reference = in_order(&path);
        for frame in shuffled(50) {
            let found = luma(source.as_ref(), frame);
            assert_eq!(found, reference[frame], "{file}: frame {frame}");
            match found {
                Ok(samples) => {
                    let made = (0..40).find(|&i| slot(i) == frame as i64);
                    assert_eq!(number(source.as_ref(), &samples), made, "{file}: frame {frame}");
                }
                Err(reason) => {
                    assert!(frame % 5 == 3 && reason.contains("empty"), "{file}: {frame}: {reason}");
                }
            }
        }
        for step in [2, 5] {
            let source = opened(&path);
            video(source.as_ref()).prepare(FrameMap { first: 3, step }, 47_usize.div_ceil(step));
            for frame in (3..50).step_by(step) {
                assert_eq!(luma(source.as_ref(), frame), reference[frame], "{file}: every {step}: {frame}");
            }
        }
    }
}

/// Empties the first slot of an AVI file, which FFmpeg fills: its chunk holds nothing any more, what was in it is junk.
fn empty_first_slot(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).expect("made");
    let found =
        |bytes: &[u8], name: &[u8]| bytes.windows(4).position(|window| window == name).expect("a chunk");
    let movi = found(&bytes, b"movi");
    let size = u32::from_le_bytes([bytes[movi + 8], bytes[movi + 9], bytes[movi + 10], bytes[movi + 11]]);
    bytes[movi + 8..movi + 16].copy_from_slice(b"\0\0\0\0JUNK");
    bytes[movi + 16..movi + 20].copy_from_slice(&(size - 8).to_le_bytes());
    let index = bytes.windows(4).rposition(|window| window == b"idx1").expect("an index");
    bytes[index + 8 + 12..index + 8 + 16].fill(0);
    std::fs::write(path, bytes).expect("written");
}

/// A recorder that waited: more empty slots than frames that are tried before a file is given up.
#[test]
fn any_number_of_empty_slots_may_come_first() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, format) in [
        ("a.avi", "rawvideo", Pixel::BGR24),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.avi", "mpeg4", Pixel::YUV420P),
    ] {
        let times = |i: usize| if i == 0 { 0 } else { i as i64 + 119 };
        let clip = Clip { file, encoder, format, frames: 20, gop: 1, times, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        empty_first_slot(&path);
        let source = opened(&path);
        let info = source.info();
        let dt = Rational::new(1, 25).expect("not zero");
        let time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container };
        assert_eq!((info.frames, &info.time), (139, &time), "{file}: {:?}", info.notes);
        let empty: Vec<usize> = info.faults.iter().map(|fault| fault.frame).collect();
        assert_eq!(empty, (0..120).collect::<Vec<_>>(), "{file}");
        for frame in shuffled(139) {
            match luma(source.as_ref(), frame) {
                Ok(samples) => {
                    assert_eq!(number(source.as_ref(), &samples), frame.checked_sub(119), "{file}: {frame}");
                }
                Err(reason) => assert!(frame < 120 && reason.contains("empty"), "{file}: {frame}: {reason}"),
            }
        }
    }
}

/// Writes `dwStart`, the slot at which the stream of an AVI file begins.
fn begin_at(path: &std::path::Path, slot: u32) {
    let mut bytes = std::fs::read(path).expect("made");
    let header = bytes.windows(8).position(|window| window == b"strh\x38\0\0\0").expect("a stream");
    bytes[header + 8 + 28..][..4].copy_from_slice(&slot.to_le_bytes());
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_stream_that_begins_later_has_no_frames_before() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let full: fn(usize) -> i64 = |i| i as i64;
    // Slots 3, 8, 13 and so on are empty.
    let gaps: fn(usize) -> i64 = |i| (i + (i + 1) / 4) as i64;
    for (file, encoder, format) in [
        ("a.avi", "rawvideo", Pixel::BGR24),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.avi", "mpeg4", Pixel::YUV420P),
    ] {
        for (times, empties_first) in [(full, false), (gaps, false), (gaps, true)] {
            let clip = Clip { file, encoder, format, frames: 40, gop: 1, times, ..Clip::default() };
            let Some(path) = make(dir.path(), &clip) else { continue };
            if empties_first {
                empty_first_slot(&path);
            }
            let frames = times(39) as usize + 1;
            let there: Vec<usize> = (usize::from(empties_first)..40).map(|i| times(i) as usize).collect();
            let empty: Vec<usize> = (0..frames).filter(|frame| !there.contains(frame)).collect();
            // FFmpeg does not believe the last one, and begins with 0.
            for slot in [0, 1, 50, 1000, 4_000_000] {
                begin_at(&path, slot);
                let source = opened(&path);
                let info = source.info();
                let found: Vec<usize> = info.faults.iter().map(|fault| fault.frame).collect();
                assert_eq!((info.frames, &found), (frames, &empty), "{file} from {slot}: {:?}", info.notes);
                let dt = Rational::new(1, 25).expect("not zero");
                let time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container };
                assert_eq!(info.time, time, "{file} from {slot}");
                let said = info.notes.iter().any(|note| note.contains("times here count from that frame"));
                assert_eq!(said, (1..4_000_000).contains(&slot), "{file} from {slot}: {:?}", info.notes);
                for i in [1, 7, 39] {
                    let samples = luma(source.as_ref(), times(i) as usize).expect("there");
                    assert_eq!(number(source.as_ref(), &samples), Some(i), "{file} from {slot}");
                }
            }
        }
    }
}

#[test]
fn an_edit_list_hides_what_is_before_zero() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let options: &[_] = &[("preset", "veryfast"), ("bf", "2")];
    let clip = Clip { file: "c.mov", options, times: |i| i as i64 - 7, ..Clip::default() };
    let Some(path) = make(dir.path(), &clip) else { return };
    let reference = in_order(&path);
    assert_eq!(reference.len(), 53);
    let source = opened(&path);
    for frame in shuffled(reference.len()) {
        let samples = luma(source.as_ref(), frame).expect("not damaged");
        assert_eq!(number(source.as_ref(), &samples), Some(frame + 7));
        assert!(Ok(&samples) == reference[frame].as_ref(), "frame {frame}");
    }
}
