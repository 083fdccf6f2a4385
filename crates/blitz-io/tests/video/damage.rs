//! Files that are not what they should be.

use std::path::Path;

use blitz_core::Cancel;
use blitz_io::{OpenError, OpenOptions, fuzzing, open};
use ffmpeg_next::format::Pixel;

use crate::make::{Clip, HEIGHT, WIDTH, luma as code, make};
use crate::read::{in_order, luma, number, opened, shuffled};

fn cut(path: &Path, bytes: usize) {
    let data = std::fs::read(path).expect("video");
    std::fs::write(path, &data[..bytes]).expect("written");
}

/// Every frame is either the right one or a named failure, in any order of asking.
fn right_or_failed(path: &Path, what: &str) -> (usize, usize) {
    let reference = in_order(path);
    let source = opened(path);
    for (frame, samples) in reference.iter().enumerate() {
        match samples {
            // Where pictures are lost that are shown before the last ones, times tell.
            Ok(samples) => {
                let seconds = source.info().time.seconds(frame).expect("videos have times");
                let shown = number(source.as_ref(), samples);
                assert_eq!(shown, Some((seconds * 25.0).round() as usize), "{what}: frame {frame}");
            }
            Err(reason) => assert!(!reason.is_empty(), "{what}: frame {frame}"),
        }
    }
    for frame in shuffled(reference.len()) {
        let found = luma(source.as_ref(), frame);
        assert_eq!(found.is_ok(), reference[frame].is_ok(), "{what}: frame {frame}: {:?}", found.err());
        if found.is_ok() {
            assert!(found == reference[frame], "{what}: frame {frame}");
        }
    }
    (reference.iter().filter(|r| r.is_ok()).count(), reference.len())
}

/// Bytes up to the end of what is in a file: M2TS is filled up with empty packets to whole blocks of 32, which can
/// be a tenth of a short one.
fn content(bytes: &[u8], path: &Path) -> usize {
    if path.extension().is_none_or(|suffix| suffix != "m2ts") {
        return bytes.len();
    }
    let is_empty = |packet: &[u8]| packet[5] & 0x1f == 0x1f && packet[6] == 0xff;
    192 * bytes.chunks_exact(192).rposition(|packet| !is_empty(packet)).map_or(0, |last| last + 1)
}

#[test]
fn files_that_break_off() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, format) in [
        ("a.mkv", "libx264", Pixel::YUV420P),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.avi", "rawvideo", Pixel::BGR24),
        ("d.mkv", "ffv1", Pixel::GRAY16LE),
        ("e.m2ts", "libx264", Pixel::YUV420P),
        ("f.webm", "libvpx-vp9", Pixel::YUV420P),
        ("g.ogv", "libtheora", Pixel::YUV420P),
    ] {
        let clip = Clip { file, encoder, format, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let size = content(&std::fs::read(&path).expect("made"), &path);
        for tenths in [9, 6] {
            cut(&path, size * tenths / 10 + 3);
            let (ready, frames) = right_or_failed(&path, file);
            assert!(ready > 5 && ready < 60, "{file}: {ready} of {frames}");
            if file.ends_with("m2ts") {
                // Made to be received from any place to any other: a cut between packets cannot be told.
                assert!(frames < 60, "{ready} of {frames}");
                continue;
            }
            assert!(frames > ready, "{file}: {ready} of {frames}");
            // Headers of these say how many frames there were.
            let counted = ["mkv", "avi", "webm"].iter().any(|suffix| file.ends_with(suffix));
            assert!(if counted { frames == 60 } else { frames < 60 }, "{file}: {ready} of {frames}");
            let source = opened(&path);
            let info = source.info();
            let said = info.notes.iter().any(|n| n.contains("breaks off after"));
            assert!(said && (!counted || !info.faults.is_empty()), "{file}: {:?}", info.notes);
        }
    }
}

/// The duration of a Matroska file holds the time before its first frame, too.
#[test]
fn a_clock_that_begins_later_adds_no_frames_to_a_cut_file() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, format) in
        [("a.mkv", "ffv1", Pixel::GRAY16LE), ("b.webm", "libvpx-vp9", Pixel::YUV420P)]
    {
        let clip = Clip { file, encoder, format, times: |i| i as i64 + 50, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let size = std::fs::metadata(&path).expect("made").len() as usize;
        cut(&path, size * 6 / 10);
        let (ready, frames) = right_or_failed(&path, file);
        assert!(ready > 5 && frames == 60, "{file}: {ready} of {frames}");
        assert_eq!(opened(&path).info().faults.len(), 60 - ready, "{file}");
    }
}

/// Empty slots are frames, too, where it is said behind how many the file ends.
#[test]
fn a_cut_file_with_empty_slots_says_behind_which_frame() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let times = |i: usize| (i + i / 4) as i64;
    let clip = Clip {
        file: "a.avi",
        encoder: "rawvideo",
        format: Pixel::BGR24,
        frames: 40,
        times,
        ..Clip::default()
    };
    let Some(path) = make(dir.path(), &clip) else { return };
    let bytes = std::fs::read(&path).expect("made");
    // Within frame 20, which is slot 25; slots 4, 9, 14, 19 and 24 are empty.
    let chunk = |at: &usize| bytes[*at..].starts_with(b"00dc") && bytes[at + 4..at + 8] != [0; 4];
    let movi = bytes.windows(4).position(|window| window == b"movi").expect("a list of frames");
    let frame = (movi..bytes.len() - 8).filter(chunk).nth(20).expect("40 frames");
    for (end, whole) in [(frame, 24), (frame + 500, 25)] {
        std::fs::write(&path, &bytes[..end]).expect("written");
        let source = opened(&path);
        let info = source.info();
        let said = format!("breaks off after {whole} frames");
        assert!(info.notes.iter().any(|note| note.contains(&said)), "cut at {end}: {:?}", info.notes);
        assert!(luma(source.as_ref(), whole - 1).is_ok() == (whole == 24), "cut at {end}");
        assert!(luma(source.as_ref(), 25).is_err(), "cut at {end}");
    }
}

/// VP8 hides reference pictures; IVF gives the packet that is cut all the same.
#[test]
fn a_cut_file_without_a_single_frame_is_refused() {
    let mut bytes = b"DKIF\0\0\x20\0VP80\x40\0\x30\0\x19\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0".to_vec();
    for number in 0..2_u8 {
        bytes.extend([100, 0, 0, 0, number, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0; 100]);
    }
    bytes.truncate(bytes.len() - 30);
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("hidden.webm");
    std::fs::write(&path, bytes).expect("written");
    let text = open(&[path], &OpenOptions::default()).expect_err("no frame").to_string();
    assert!(text.contains("hidden.webm") && text.contains("no frames"), "{text}");
}

#[test]
fn whole_files_do_not_break_off() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, format) in [
        ("a.mkv", "libx264", Pixel::YUV420P),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.avi", "mpeg4", Pixel::YUV420P),
        ("d.mkv", "ffv1", Pixel::GRAY16LE),
        ("f.webm", "libvpx", Pixel::YUV420P),
        ("g.ogv", "libtheora", Pixel::YUV420P),
        ("h.mp4", "mpeg4", Pixel::YUV420P),
    ] {
        let clip = Clip { file, encoder, format, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let source = opened(&path);
        let info = source.info();
        assert!(!info.notes.iter().any(|n| n.contains("breaks off")), "{file}: {:?}", info.notes);
        assert_eq!((info.frames, info.faults.len()), (60, 0), "{file}");
    }
}

#[test]
fn raw_frames_that_break_off() {
    let mut bytes = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 Ip A1:1 C420jpeg\n").into_bytes();
    for number in 0..20 {
        bytes.extend(b"FRAME\n");
        let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| code(number, x, y, 8) as u8));
        bytes.extend(pixels);
        bytes.extend([128; WIDTH * HEIGHT / 2]);
    }
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("a.y4m");
    std::fs::write(&path, &bytes).expect("written");
    assert_eq!(right_or_failed(&path, "whole"), (20, 20));
    assert!(opened(&path).info().faults.is_empty());
    cut(&path, bytes.len() - 1000);
    assert_eq!(right_or_failed(&path, "cut"), (19, 20));
    let source = opened(&path);
    let note = source.info().notes.iter().find(|n| n.contains("breaks off")).cloned().unwrap_or_default();
    assert!(note.contains("after 19 frames"), "{:?}", source.info().notes);
    assert_eq!(source.info().faults[0].frame, 19);
}

#[test]
fn a_table_of_contents_counts_frames_that_are_gone() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = Clip {
        file: "a.mov",
        encoder: "mjpeg",
        format: Pixel::YUVJ420P,
        muxing: &[("movflags", "faststart")],
        ..Clip::default()
    };
    let Some(path) = make(dir.path(), &clip) else { return };
    let size = std::fs::metadata(&path).expect("made").len() as usize;
    cut(&path, size * 7 / 10);
    let (ready, frames) = right_or_failed(&path, "a.mov");
    assert_eq!(frames, 60, "frames that are gone keep their place");
    assert!(ready > 20 && ready < 50, "{ready}");
    let source = opened(&path);
    assert!(source.info().notes.iter().any(|n| n.contains("breaks off")), "{:?}", source.info().notes);
    let reason = luma(source.as_ref(), 59).expect_err("gone");
    assert!(reason.contains("breaks off"), "{reason}");
}

#[test]
fn damage_fails_what_builds_on_it_and_nothing_else() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, encoder, options) in [
        ("a.mkv", "libx264", &[("preset", "veryfast"), ("bf", "2")][..]),
        ("b.mkv", "ffv1", &[("slicecrc", "1"), ("level", "3")][..]),
    ] {
        let clip = Clip { file, encoder, options, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let mut data = std::fs::read(&path).expect("video");
        let middle = data.len() / 2;
        for byte in &mut data[middle..middle + 40] {
            *byte ^= 0x55;
        }
        std::fs::write(&path, data).expect("written");
        let reference = in_order(&path);
        let source = opened(&path);
        let good = |frame: usize| {
            let samples = reference[frame].as_ref();
            samples.is_ok_and(|s| number(source.as_ref(), s) == Some(frame))
        };
        assert!((0..10).all(good), "{file}: the beginning is whole");
        assert!((50..reference.len().min(60)).all(good), "{file}: the end is whole");
        assert!(!(10..50).all(good), "{file}: the middle is not: {:?}", source.info().notes);
    }
}

/// Hostile bytes: nothing panics, hangs or takes memory that the file does not justify; what opens can be read to
/// its end. `BLITZ_FUZZ_ROUNDS=1000` looks longer, `BLITZ_FUZZ_SEEDS=FOLDER` keeps the files for the fuzzer.
#[test]
fn mutated_files_fail_in_order() {
    let rounds = std::env::var("BLITZ_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(12_usize);
    let seeds = std::env::var_os("BLITZ_FUZZ_SEEDS");
    let dir = tempfile::tempdir().expect("temporary folder");
    let other = std::env::var("BLITZ_FUZZ_SEED").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64 ^ other << 20;
    let mut below = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % n.max(1) as u64) as usize
    };
    for (file, encoder, format) in [
        ("a.mp4", "libx264", Pixel::YUV420P),
        ("b.avi", "mjpeg", Pixel::YUVJ420P),
        ("c.mkv", "ffv1", Pixel::GRAY16LE),
        ("d.avi", "rawvideo", Pixel::BGR24),
        ("e.webm", "libvpx-vp9", Pixel::YUV420P),
    ] {
        let clip = Clip { file, encoder, format, frames: 8, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { continue };
        let whole = std::fs::read(&path).expect("made");
        if let Some(seeds) = &seeds {
            std::fs::create_dir_all(seeds).expect("a folder for seeds");
            std::fs::write(Path::new(seeds).join(file), &whole).expect("a seed");
        }
        fuzzing::fuzz_video(&whole);
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..=below(4) {
                // Headers are where it matters, and tables at the end.
                let reach = if below(2) == 0 { bytes.len().min(600) } else { bytes.len() };
                let at = below(reach);
                match below(3) {
                    0 => bytes[at] ^= 1 << below(8),
                    1 => bytes[at] = [0, 0xff, 0x7f, 0x80][below(4)],
                    _ => bytes.truncate(at.max(1)),
                }
            }
            fuzzing::fuzz_video(&bytes);
        }
    }
}

#[test]
fn what_is_no_video_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let refuse = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        open(&[path], &OpenOptions::default()).expect_err(name).to_string()
    };
    assert!(refuse("empty.mp4", b"").contains("empty"));
    assert!(refuse("text.mkv", b"this is no video, and nothing like one").contains("FFmpeg"));
    // A playlist must not make FFmpeg open what it names.
    let list = format!("ffconcat version 1.0\nfile '{}'\n", dir.path().join("text.mkv").display());
    assert!(refuse("list.mp4", list.as_bytes()).contains("FFmpeg"));
    assert!(refuse("list.avi", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n").contains("FFmpeg"));
}

#[test]
fn sound_alone_is_no_video() {
    // RIFF WAVE in all but name: one second of silence.
    let mut wav =
        b"RIFF\x24\x20\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\x20\0\0"
            .to_vec();
    wav.resize(44 + 8192, 128);
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("sound.avi");
    std::fs::write(&path, wav).expect("written");
    assert!(matches!(open(&[path], &OpenOptions::default()), Err(OpenError::Bad { .. })));
}

#[test]
fn too_large_a_picture_is_refused_before_it_is_decoded() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let Some(path) = make(dir.path(), &Clip { encoder: "ffv1", frames: 2, ..Clip::default() }) else {
        return;
    };
    let options = OpenOptions { max_frame_bytes: 1000, ..OpenOptions::default() };
    let text = open(&[path], &options).expect_err("above the limit").to_string();
    assert!(text.contains("64 × 48") && text.contains("1000"), "{text}");
}

#[test]
fn opening_can_be_cancelled() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let Some(path) = make(dir.path(), &Clip { encoder: "ffv1", frames: 2, ..Clip::default() }) else {
        return;
    };
    let cancel = Cancel::default();
    cancel.cancel();
    let options = OpenOptions { cancel, ..OpenOptions::default() };
    assert!(matches!(open(&[path], &options), Err(OpenError::Cancelled)));
}
