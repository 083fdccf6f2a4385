//! What videos are said to be, and their values.

use blitz_core::{DType, FrameMap, Samples, TimeAxis, TimeOrigin};
use blitz_io::{LumaRange, OpenOptions, open};
use ffmpeg_next::format::Pixel;

use crate::make::{Clip, luma as code, make};
use crate::read::{all, luma, number, opened, video};

/// Samples of frame `number` as they were encoded, for lossless encoders.
fn truth(number: usize, (width, height): (usize, usize), depth: u32) -> Vec<f64> {
    let pixel = |i: usize| f64::from(code(number, i % width, i / width, depth));
    (0..width * height).map(pixel).collect()
}

#[test]
fn grey_keeps_its_codes_at_every_depth() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (format, depth, dtype) in [
        (Pixel::GRAY8, 8, DType::U8),
        (Pixel::GRAY10LE, 10, DType::U16),
        (Pixel::GRAY12LE, 12, DType::U16),
        (Pixel::GRAY16LE, 16, DType::U16),
    ] {
        let clip = Clip { encoder: "ffv1", format, frames: 5, size: (67, 49), ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { return };
        let source = opened(&path);
        let info = source.info();
        assert_eq!((info.dtype, info.container_bits, info.channels.len()), (dtype, depth, 1), "{format:?}");
        assert_eq!(source.luma(), None, "grey is grey already");
        for frame in [3, 0, 4] {
            let samples = all(source.as_ref(), frame).expect("not damaged");
            assert_eq!(samples.as_ref().to_f64_vec(), truth(frame, clip.size, depth), "{format:?} {frame}");
        }
    }
}

#[test]
fn luma_is_read_as_it_is_and_spread_when_asked() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (format, depth, dtype) in
        [(Pixel::YUV420P, 8, DType::U8), (Pixel::YUV422P, 8, DType::U8), (Pixel::YUV420P10LE, 10, DType::U16)]
    {
        let clip = Clip { encoder: "ffv1", format, frames: 3, size: (67, 49), ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { return };
        let source = opened(&path);
        let info = source.luma().expect("luma and chroma");
        assert_eq!((info.dtype, info.bits, info.full_range), (dtype, depth, false), "{format:?}");
        assert!(source.info().notes.iter().any(|n| n.contains("limited range")), "{:?}", source.info().notes);
        let codes = luma(source.as_ref(), 2).expect("not damaged").as_ref().to_f64_vec();
        assert_eq!(codes, truth(2, clip.size, depth), "{format:?}");
        let mut full = Samples::zeros(dtype, codes.len());
        let decoded = source.decode_luma(2, LumaRange::Full, full.as_mut());
        decoded.expect("not damaged");
        let (black, span) = (f64::from(16 << (depth - 8)), f64::from(219 << (depth - 8)));
        let top = f64::from((1_u32 << depth) - 1);
        for (full, code) in full.as_ref().to_f64_vec().iter().zip(&codes) {
            assert_eq!(*full, ((code - black) * top / span).round().clamp(0.0, top), "code {code}");
        }
    }
}

#[test]
fn grey_in_yuv_becomes_grey_rgb() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (format, dtype) in [(Pixel::YUV420P, DType::U8), (Pixel::YUV420P10LE, DType::U16)] {
        let clip = Clip { encoder: "ffv1", format, frames: 2, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { return };
        let source = opened(&path);
        assert_eq!((source.info().dtype, source.info().channels.len()), (dtype, 3));
        let rgb = all(source.as_ref(), 1).expect("not damaged").as_ref().to_f64_vec();
        let scale = if dtype == DType::U8 { 1.0 } else { 257.0 };
        for (i, pixel) in rgb.chunks(3).enumerate() {
            let depth = source.luma().expect("luma").bits;
            let code = f64::from(code(1, i % 64, i / 64, depth));
            let eight = code / f64::from(1 << (depth - 8));
            let expected = ((eight - 16.0) * 255.0 / 219.0).clamp(0.0, 255.0) * scale;
            // Without chroma, red, green and blue are the spread luma, up to libswscale's rounding.
            assert!(
                pixel.iter().all(|v| (v - expected).abs() <= 1.5 * scale),
                "{pixel:?}, {expected} expected"
            );
        }
    }
}

#[test]
fn rgb_is_neither_converted_nor_turned() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = Clip {
        file: "a.avi",
        encoder: "rawvideo",
        format: Pixel::BGR24,
        frames: 3,
        size: (67, 49),
        ..Clip::default()
    };
    let Some(path) = make(dir.path(), &clip) else { return };
    let source = opened(&path);
    assert_eq!(source.info().color_model, "RGB");
    let rgb = all(source.as_ref(), 2).expect("not damaged").as_ref().to_f64_vec();
    let expected: Vec<f64> = truth(2, clip.size, 8).into_iter().flat_map(|v| [v + 2.0, v + 1.0, v]).collect();
    assert_eq!(rgb, expected, "rows from the top, red first");
}

#[test]
fn rates_are_fractions() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for file in ["a.mp4", "b.mkv", "c.avi"] {
        let clip = Clip { file, encoder: "mpeg4", frames: 40, clock: 30, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { return };
        let source = opened(&path);
        match &source.info().time {
            TimeAxis::Interval { dt, origin: TimeOrigin::Container, t0_frame: 0 } => {
                assert_eq!((dt.num, dt.den), (1, 30), "{file}");
            }
            other => panic!("{file}: {other:?}"),
        }
    }
}

#[test]
fn uneven_clocks_give_each_frame_its_time() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = Clip {
        file: "a.mkv",
        encoder: "mpeg4",
        frames: 20,
        clock: 1000,
        times: |i| (100 + i * i + 3 * i) as i64,
        ..Clip::default()
    };
    let Some(path) = make(dir.path(), &clip) else { return };
    let source = opened(&path);
    let TimeAxis::Explicit(times) = &source.info().time else { panic!("{:?}", source.info().time) };
    for (i, time) in times.iter().enumerate() {
        assert!((time - (i * i + 3 * i) as f64 / 1000.0).abs() < 1e-9, "frame {i} at {time}");
    }
}

/// Pictures stand as players show them, in grey, luma and colour, unless they are wanted as they are stored.
#[test]
fn pictures_are_turned_as_the_file_asks() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let one = 0x1_0000;
    for (matrix, word, turn) in [
        ([one, 0, 0, one], "", (|(x, y), _| (x, y)) as fn((usize, usize), (usize, usize)) -> (usize, usize)),
        ([0, one, -one, 0], "90° clockwise", |(x, y), (_, h)| (h - 1 - y, x)),
        ([-one, 0, 0, -one], "180°", |(x, y), (w, h)| (w - 1 - x, h - 1 - y)),
        ([0, -one, one, 0], "270° clockwise", |(x, y), (w, _)| (y, w - 1 - x)),
        ([-one, 0, 0, one], "left to right", |(x, y), (w, _)| (w - 1 - x, y)),
    ] {
        let clip = Clip { file: "a.mp4", encoder: "mpeg4", frames: 3, ..Clip::default() };
        let Some(path) = make(dir.path(), &clip) else { return };
        // The matrix of the track's header, as telephones write it.
        let mut data = std::fs::read(&path).expect("made");
        let header = data.windows(4).position(|w| w == b"tkhd").expect("a track");
        let [a, b, c, d] = matrix;
        for (i, value) in [a, b, 0, c, d, 0, 48 << 16, 0, 0x4000_0000].iter().enumerate() {
            let at = header + 44 + 4 * i;
            data[at..at + 4].copy_from_slice(&i32::to_be_bytes(*value));
        }
        std::fs::write(&path, data).expect("written");
        let options = OpenOptions { stored_orientation: true, ..OpenOptions::default() };
        let stored = open(std::slice::from_ref(&path), &options).expect("the video opens");
        let source = opened(&path);
        let said = |source: &dyn blitz_io::FrameSource, words: &str| {
            source.info().notes.iter().any(|note| note.contains(word) && note.contains(words))
        };
        assert!(word.is_empty() || said(source.as_ref(), "--orientation"), "{:?}", source.info().notes);
        assert!(word.is_empty() || said(stored.as_ref(), "stored"), "{:?}", stored.info().notes);
        let (from, to) = (stored.info().frame, source.info().frame);
        assert_eq!((from.width, from.height), (64, 48));
        let values = |source: &dyn blitz_io::FrameSource| {
            let luma = luma(source, 1).expect("not damaged").as_ref().to_f64_vec();
            (luma, all(source, 1).expect("not damaged").as_ref().to_f64_vec())
        };
        let ((luma, rgb), (turned_luma, turned_rgb)) = (values(stored.as_ref()), values(source.as_ref()));
        for y in 0..from.height {
            for x in 0..from.width {
                let (u, v) = turn((x, y), (from.width, from.height));
                assert_eq!(turned_luma[v * to.width + u], luma[y * from.width + x], "{word} {x} {y}");
                let (a, b) = (3 * (v * to.width + u), 3 * (y * from.width + x));
                assert_eq!(turned_rgb[a..a + 3], rgb[b..b + 3], "{word} {x} {y}");
            }
        }
    }
}

#[test]
fn several_videos_follow_each_other() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let lengths = [("part 2.mkv", 7), ("part 10.mkv", 5), ("part 1.mkv", 9)];
    for (file, frames) in lengths {
        let clip = Clip { file, encoder: "ffv1", frames, ..Clip::default() };
        if make(dir.path(), &clip).is_none() {
            return;
        }
    }
    let source = opened(dir.path());
    assert_eq!(source.info().frames, 21);
    let notes = &source.info().notes;
    assert!(notes.iter().any(|n| n == "Frames 9–15 are those of part 2.mkv."), "{notes:?}");
    let shown: Vec<usize> = (0..21)
        .map(|frame| {
            number(source.as_ref(), &luma(source.as_ref(), frame).expect("there")).expect("readable")
        })
        .collect();
    assert_eq!(shown, (0..9).chain(0..7).chain(0..5).collect::<Vec<_>>(), "natural order");
    assert!(source.meta(10).name.contains("part 2.mkv"));
    // A selection over the borders of the files.
    assert!(video(source.as_ref()).prepare(FrameMap { first: 4, step: 4 }, 4).is_some());
    let samples = luma(source.as_ref(), 12).expect("there");
    assert_eq!(number(source.as_ref(), &samples), Some(3));
}

#[test]
fn videos_of_different_sizes_are_not_joined() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for (file, size) in [("a.mkv", (64, 48)), ("b.mkv", (80, 48))] {
        if make(dir.path(), &Clip { file, encoder: "ffv1", frames: 2, size, ..Clip::default() }).is_none() {
            return;
        }
    }
    let error = open(&[dir.path().to_path_buf()], &OpenOptions::default()).expect_err("different sizes");
    let text = error.to_string();
    assert!(text.contains("b.mkv") && text.contains("80 × 48"), "{text}");
}

#[test]
fn an_index_is_kept_and_used_and_never_believed_blindly() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let cache = tempfile::tempdir().expect("temporary folder");
    let clip = Clip { file: "a.mp4", options: &[("preset", "veryfast")], ..Clip::default() };
    let Some(path) = make(dir.path(), &clip) else { return };
    let options = OpenOptions { cache_dir: Some(cache.path().to_path_buf()), ..OpenOptions::default() };
    let first = open(std::slice::from_ref(&path), &options).expect("opens");
    let kept: Vec<_> = std::fs::read_dir(cache.path()).expect("folder").flatten().collect();
    assert_eq!(kept.len(), 1);
    let again = open(std::slice::from_ref(&path), &options).expect("opens");
    for frame in [59, 3, 30] {
        assert!(luma(first.as_ref(), frame) == luma(again.as_ref(), frame), "frame {frame}");
    }
    // The same name with other contents.
    let shorter = Clip { frames: 20, ..clip };
    make(dir.path(), &shorter).expect("the encoder was there");
    assert_eq!(open(&[path], &options).expect("opens").info().frames, 20);
}

/// An uncompressed AVI of 8-bit codes with a palette, as ImageJ writes them: rows from the bottom up, each of whole
/// words of 4 bytes.
fn avi_of_codes(frames: &[Vec<u8>], (width, height): (usize, usize), palette: &[[u8; 3]; 256]) -> Vec<u8> {
    fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_le_bytes();
        let even = vec![0; content.len() % 2];
        [&name[..], &length, content, &even].concat()
    }
    fn list(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        chunk(*b"LIST", &[&name[..], content].concat())
    }
    let words = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let (w, h, count) = (width as u32, height as u32, frames.len() as u32);
    let main = words(&[40_000, 0, 0, 0x10, count, 0, 1, 0, w, h, 0, 0, 0, 0]);
    let stream = [&b"vidsDIB "[..], &words(&[0, 0, 0, 1, 25, 0, count, 0, 0, 0, 0, 0])].concat();
    let colours: Vec<u8> = palette.iter().flat_map(|[r, g, b]| [*b, *g, *r, 0]).collect();
    let format = [&words(&[40, w, h, 8 << 16 | 1, 0, 0, 0, 0, 256, 0])[..], &colours].concat();
    let streams = list(*b"strl", &[chunk(*b"strh", &stream), chunk(*b"strf", &format)].concat());
    let header = list(*b"hdrl", &[chunk(*b"avih", &main), streams].concat());
    let (mut movie, mut index) = (Vec::new(), Vec::new());
    for frame in frames {
        let row = |y: usize| {
            let mut row = frame[y * width..(y + 1) * width].to_vec();
            row.resize(width.next_multiple_of(4), 0);
            row
        };
        let content: Vec<u8> = (0..height).rev().flat_map(row).collect();
        index.extend(b"00db");
        index.extend(words(&[0x10, 4 + movie.len() as u32, content.len() as u32]));
        movie.extend(chunk(*b"00db", &content));
    }
    chunk(*b"RIFF", &[&b"AVI "[..], &header, &list(*b"movi", &movie), &chunk(*b"idx1", &index)].concat())
}

#[test]
fn palettes_of_greys_are_one_channel() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let size = (31, 17);
    let frames: Vec<Vec<u8>> =
        (0..3).map(|t| (0..size.0 * size.1).map(|i| (7 * i + 50 * t) as u8).collect()).collect();
    let rising = std::array::from_fn(|i| [i as u8; 3]);
    let falling = std::array::from_fn(|i| [255 - i as u8; 3]);
    let coloured = std::array::from_fn(|i| [i as u8, 255 - i as u8, 0]);
    for (name, palette, channels) in
        [("rising", rising, 1), ("falling", falling, 1), ("coloured", coloured, 3)]
    {
        let path = dir.path().join(format!("{name}.avi"));
        std::fs::write(&path, avi_of_codes(&frames, size, &palette)).expect("written");
        let source = opened(&path);
        let info = source.info();
        assert_eq!((info.dtype, info.channels.len(), info.frames), (DType::U8, channels, 3), "{name}");
        let says_so = info.notes.iter().any(|note| note.contains("not the codes"));
        assert_eq!(says_so, name == "falling", "{:?}", info.notes);
        for number in [2, 0, 1] {
            let samples = all(source.as_ref(), number).expect("not damaged").as_ref().to_f64_vec();
            let expected = frames[number].iter().flat_map(|&code| palette[usize::from(code)]);
            let expected: Vec<f64> = expected
                .enumerate()
                .filter(|(i, _)| channels == 3 || i % 3 == 0)
                .map(|(_, v)| v.into())
                .collect();
            assert_eq!(samples, expected, "{name} {number}");
        }
    }
}
