//! Every container that is read, cut at ten places.

use blitz_core::Samples;
use blitz_io::{OpenOptions, open};
use ffmpeg_next::format::Pixel;

use crate::make::{Clip, make};
use crate::read::{in_order, luma, opened};

/// Every container with a codec that it holds; in the last ones a cut between packets of `unit` bytes cannot be told.
fn containers() -> Vec<(Clip, Option<usize>)> {
    let (yuv, jpeg) = (Pixel::YUV420P, Pixel::YUVJ420P);
    let clip = |file, encoder, format| Clip { file, encoder, format, frames: 40, ..Clip::default() };
    let faststart: &[_] = &[("movflags", "faststart")];
    let fragments: &[_] = &[("movflags", "frag_keyframe+empty_moov")];
    vec![
        (clip("table-last.mp4", "mpeg4", yuv), None),
        (Clip { muxing: faststart, ..clip("table-first.mp4", "mpeg4", yuv) }, None),
        (Clip { muxing: fragments, ..clip("fragments.mp4", "mpeg4", yuv) }, None),
        (Clip { muxing: faststart, ..clip("a.mov", "mjpeg", jpeg) }, None),
        (Clip { muxing: faststart, ..clip("a.m4v", "mpeg4", yuv) }, None),
        (clip("mjpeg.avi", "mjpeg", jpeg), None),
        (clip("raw.avi", "rawvideo", Pixel::BGR24), None),
        (clip("msmpeg4.avi", "msmpeg4", yuv), None),
        (clip("h264.mkv", "libx264", yuv), None),
        (clip("ffv1.mkv", "ffv1", Pixel::GRAY16LE), None),
        (clip("vp8.webm", "libvpx", yuv), None),
        (clip("vp9.webm", "libvpx-vp9", yuv), None),
        (clip("theora.ogv", "libtheora", yuv), None),
        (clip("raw.y4m", "wrapped_avframe", yuv), None),
        (clip("wmv2.wmv", "wmv2", yuv), None),
        (clip("flv1.flv", "flv", yuv), None),
        (clip("h264.flv", "libx264", yuv), None),
        (clip("mpeg1.mpg", "mpeg1video", yuv), Some(2048)),
        (clip("mpeg2.mpeg", "mpeg2video", yuv), Some(2048)),
        (clip("mpeg2.m2ts", "mpeg2video", yuv), Some(192)),
        (clip("h264.mts", "libx264", yuv), Some(192)),
    ]
}

#[test]
fn every_container_cut_at_ten_places_says_so() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (clip, unit) in containers() {
        let Some(path) = make(dir.path(), &clip) else { continue };
        let whole = std::fs::read(&path).expect("made");
        let intact: Vec<Samples> = in_order(&path)
            .into_iter()
            .map(|frame| frame.unwrap_or_else(|e| panic!("{}: {e}", clip.file)))
            .collect();
        assert!(!opened(&path).info().notes.iter().any(|n| n.contains("breaks off")), "{}", clip.file);
        assert_eq!(intact.len(), 40, "{}", clip.file);
        let mut readable = 0;
        for place in 1..=10 {
            // Never at the same place of a packet.
            let end = whole.len() * place / 11 + place;
            std::fs::write(&path, &whole[..end]).expect("written");
            let what = format!("{} cut at {end} of {}", clip.file, whole.len());
            let Ok(source) = open(std::slice::from_ref(&path), &OpenOptions::default()) else { continue };
            let info = source.info();
            let frames: Vec<_> = (0..info.frames).map(|frame| luma(source.as_ref(), frame)).collect();
            for (number, frame) in frames.iter().enumerate() {
                if let Ok(samples) = frame {
                    // Where pictures are lost that are shown before the last ones, times tell.
                    let seconds = info.time.seconds(number).expect("videos have times");
                    let shown = (seconds * 25.0).round() as usize;
                    assert!(*samples == intact[shown], "{what}: frame {number} is another");
                    readable += 1;
                }
            }
            let said = info.notes.iter().any(|note| note.contains("breaks off after"));
            let fails = frames.iter().any(Result::is_err);
            let hidden = unit.is_some_and(|unit| end % unit == 0);
            assert!(hidden || (said && fails), "{what}: {:?}, {} frames", info.notes, frames.len());
        }
        // A table at the end goes with the first byte that is lost.
        assert!(readable > 40 || clip.file == "table-last.mp4", "{}: {readable} frames", clip.file);
    }
}
