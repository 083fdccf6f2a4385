//! Kinds of samples and codings that need a decoder of their own; whether values are right is tested over the fixtures.

use std::path::PathBuf;

use blitz_core::{ChannelKind, DType, TimeAxis};
use blitz_io::{ComplexPart, FrameSource, OpenError, OpenOptions};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::build::{Page, Value, build};
use super::common::{self, data, open_one};
use super::{frames, only, opened, opened_bytes, opened_with, refused, says, shape};

/// Fixtures of codings that damage can be told from, and the word of their note.
const CODED: [&str; 18] = [
    "jpeg_420.tif",
    "jpeg_420_tiles.tif",
    "jpeg_rgb.tif",
    "jpeg_planes.tif",
    "jpeg_grey.tif",
    "jpeg_old.tif",
    "ycbcr_42.tif",
    "ycbcr_lzw.tif",
    "huffman.tif",
    "g3_1d.tif",
    "g3_2d.tif",
    "g4.tif",
    "g4_tiles.tif",
    "zstd.tif",
    "zstd_tiles.tif",
    "webp.tif",
    "webp_lossy.tif",
    "stack.stk",
];

fn good(name: &str) -> PathBuf {
    data("good").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(good(name)).expect("fixture")
}

fn names(source: &dyn FrameSource) -> Vec<&str> {
    source.info().channels.iter().map(|channel| channel.name.as_str()).collect()
}

#[test]
fn inks_have_their_names() {
    for (name, model, channels, word) in [
        ("cmyk.tif", "CMYK", &["cyan", "magenta", "yellow", "black"][..], "no exact RGB exists"),
        ("cmyk16_planes.tif", "CMYK", &["cyan", "magenta", "yellow", "black"], "no exact RGB exists"),
        ("cmyk_alpha.tif", "CMYK", &["cyan", "magenta", "yellow", "black", "alpha"], "no exact RGB exists"),
        ("inks.tif", "inks", &["Reflex Blue", "ink 1", "Varnish"], "inks other than CMYK"),
        ("cielab.tif", "L*a*b*", &["L*", "a*", "b*"], "two's complement"),
    ] {
        let source = open_one(&good(name)).unwrap_or_else(|e| panic!("{e}"));
        let info = source.info();
        assert_eq!((names(&*source), info.color_model.as_ref()), (channels.to_vec(), model), "{name}");
        assert!(says(&*source, word), "{name}: {:?}", info.notes);
        let kind = info.channels[0].kind;
        assert_eq!(kind, ChannelKind::Other, "{name}");
    }
    let few = Page::new(3, 2, 8, 3, vec![0; 18]).short(262, 5);
    assert!(refused(std::slice::from_ref(&few)).contains("3 samples per pixel where 4"));
    let many = few.short(332, 2).short(334, 9);
    assert!(refused(&[many]).contains("number of inks"));
}

#[test]
fn what_is_lossy_or_converted_is_said() {
    for (name, words) in [
        ("jpeg_grey.tif", &["JPEG, which is lossy"][..]),
        ("jpeg_420.tif", &["JPEG, which is lossy", "luma and chroma"]),
        ("jpeg_old.tif", &["JPEG, which is lossy"]),
        ("ycbcr_22.tif", &["luma and chroma"]),
        ("webp_lossy.tif", &["WebP that may be lossy"]),
    ] {
        let source = match open_one(&good(name)) {
            Err(error) if cfg!(not(feature = "turbojpeg")) && error.to_string().contains("turbojpeg") => {
                continue;
            }
            source => source.unwrap_or_else(|e| panic!("{e}")),
        };
        assert!(words.iter().all(|words| says(&*source, words)), "{name}: {:?}", source.info().notes);
    }
    for name in ["webp.tif", "zstd.tif", "g4.tif"] {
        let source = open_one(&good(name)).unwrap_or_else(|e| panic!("{e}"));
        assert!(!says(&*source, "lossy"), "{name}: {:?}", source.info().notes);
    }
}

fn with_part(bytes: &[u8], part: ComplexPart) -> Vec<f64> {
    let options = OpenOptions { complex: Some(part), ..OpenOptions::default() };
    only(&*opened_bytes(bytes, &options).unwrap_or_else(|e| panic!("{e}")))
}

#[test]
fn complex_samples_are_read_by_choice() {
    use ComplexPart::{Imaginary, Magnitude, Phase, Real};
    let file = bytes("complex64.tif");
    let refusal = opened_bytes(&file, &OpenOptions::default()).expect_err("no part").to_string();
    assert!(refusal.contains("--complex magnitude, real, imaginary or phase"), "{refusal}");
    let parts = open_one(&good("complex64_real_imaginary.npy")).expect("parts");
    let parts: Vec<Vec<f64>> = frames(&*parts).into_iter().map(|frame| frame.expect("whole")).collect();
    assert_eq!((with_part(&file, Real), with_part(&file, Imaginary)), (parts[0].clone(), parts[1].clone()));
    let each = parts[0].iter().zip(&parts[1]);
    for (found, expected) in
        with_part(&file, Magnitude).iter().zip(each.clone().map(|(re, im)| re.hypot(*im)))
    {
        assert!((found - expected).abs() <= 1e-6 * expected, "{found} {expected}");
    }
    for (found, expected) in with_part(&file, Phase).iter().zip(each.map(|(re, im)| im.atan2(*re))) {
        assert!((found - expected).abs() <= 1e-6, "{found} {expected}");
    }
    // Two numbers of each size.
    let pairs = [(3.0, -4.0), (-5.0, 12.0)];
    let of = |number: &dyn Fn(f64) -> Vec<u8>| -> Vec<u8> {
        pairs.iter().flat_map(|&(re, im)| [number(re), number(im)].concat()).collect()
    };
    let half = |v: f64| match v as i32 {
        3 => vec![0, 0x42],
        -4 => vec![0, 0xc4],
        -5 => vec![0, 0xc5],
        _ => vec![0, 0x4a],
    };
    for (format, bits, dtype, bytes) in [
        (5, 32, DType::F32, of(&|v| (v as i16).to_le_bytes().to_vec())),
        (5, 64, DType::F64, of(&|v| (v as i32).to_le_bytes().to_vec())),
        (6, 32, DType::F32, of(&half)),
        (6, 64, DType::F32, of(&|v| (v as f32).to_le_bytes().to_vec())),
        (6, 128, DType::F64, of(&|v| v.to_le_bytes().to_vec())),
    ] {
        let page = Page::new(2, 1, bits, 1, bytes).short(339, format);
        let read = |part| {
            let options = OpenOptions { complex: Some(part), ..OpenOptions::default() };
            opened_with(std::slice::from_ref(&page), &options).unwrap_or_else(|e| panic!("{e}"))
        };
        assert_eq!(read(Real).info().dtype, dtype, "{format}, {bits} bit");
        assert!(says(&*read(Magnitude), "complex numbers; their magnitude"));
        assert_eq!(only(&*read(Real)), [3.0, -5.0], "{format}, {bits} bit");
        assert_eq!(only(&*read(Imaginary)), [-4.0, 12.0], "{format}, {bits} bit");
        assert_eq!(only(&*read(Magnitude)), [5.0, 13.0], "{format}, {bits} bit");
    }
}

#[test]
fn stacks_of_metamorph_have_the_times_of_their_planes() {
    let uneven = [0.0, 0.25, 0.7, 0.75, 86_400.0];
    for (name, rate, times) in [
        ("stack.stk", Some(4.0), None),
        ("stack_uneven.stk", None, Some(TimeAxis::Explicit(uneven.as_slice().into()))),
        ("stack_slices.stk", None, Some(TimeAxis::NotSet)),
    ] {
        let source = open_one(&good(name)).unwrap_or_else(|e| panic!("{e}"));
        let info = source.info();
        assert_eq!((info.frames, shape(&*source)), (5, (11, 7, 1)), "{name}: {:?}", info.notes);
        assert_eq!(info.time.rate(), rate, "{name}: {:?}", info.time);
        assert!(times.is_none_or(|times| info.time == times), "{name}: {:?}", info.time);
        assert_eq!(info.pixel_size.map(|size| format!("{:.3e}", size.metres)), Some("6.500e-7".to_owned()));
        assert_eq!(
            says(&*source, "Slices read as time"),
            name.contains("slices"),
            "{name}: {:?}",
            info.notes
        );
    }
    // A count that the file cannot hold says nothing.
    let mut cut = bytes("stack.stk");
    let directory = u32::from_le_bytes(cut[4..8].try_into().expect("four")) as usize;
    let count = usize::from(u16::from_le_bytes([cut[directory], cut[directory + 1]]));
    for at in (0..count).map(|i| directory + 2 + 12 * i) {
        if cut[at..at + 2] == 33_629_u16.to_le_bytes() {
            cut[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        }
    }
    let source = opened_bytes(&cut, &OpenOptions::default()).expect("one plane");
    assert!(says(&*source, "claims 4294967295 planes"), "{:?}", source.info().notes);
    assert_eq!(source.info().frames, 1);
}

/// Opens and decodes; a frame that fails is no harm here.
fn read(bytes: &[u8]) -> Result<Vec<Result<Vec<f64>, String>>, OpenError> {
    let options = OpenOptions { max_frame_bytes: 1 << 24, ..OpenOptions::default() };
    opened_bytes(bytes, &options).map(|source| frames(&*source))
}

#[test]
fn cuts_and_flipped_bits_fail_or_give_frames() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |n: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % n as u64) as usize
    };
    for name in CODED {
        let whole = bytes(name);
        for _ in 0..60 {
            let mut damaged = whole.clone();
            match below(3) {
                0 => damaged.truncate(below(whole.len())),
                _ => (0..=below(4)).for_each(|_| damaged[below(whole.len())] ^= 1 << below(8)),
            }
            // Neither hangs nor panics, which a frame would say; the decoder of WebP is not ours.
            let said: Vec<String> = match read(&damaged) {
                Ok(frames) => frames.into_iter().filter_map(Result::err).collect(),
                Err(error) => vec![error.to_string()],
            };
            let panic = said.iter().find(|reason| reason.contains("the decoder failed on damaged data"));
            assert!(panic.is_none() || name.contains("webp"), "{name}: {panic:?}");
        }
    }
}

#[test]
fn damage_of_a_coded_strip_costs_its_frame() {
    // Pages of the same strips; those of the second one are zeros, or cut.
    for (name, word) in [
        ("jpeg_grey.tif", "JPEG"),
        ("g4.tif", "row"),
        ("g3_1d.tif", "row"),
        ("huffman.tif", "row"),
        ("zstd.tif", "Zstandard"),
        ("webp.tif", "WebP"),
    ] {
        let whole = bytes(name);
        let number = |at: usize, n: usize| {
            whole[at..at + n].iter().rev().fold(0_usize, |all, &b| all << 8 | usize::from(b))
        };
        let directory = number(4, 4);
        let mut page = Page::new(1, 1, 8, 1, Vec::new());
        page.entries.clear();
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for i in 0..number(directory, 2) {
            let at = directory + 2 + 12 * i;
            let (tag, kind, count) = (number(at, 2) as u16, number(at + 2, 2), number(at + 4, 4));
            let size = match kind {
                1 | 2 | 6 | 7 => 1,
                3 => 2,
                4 => 4,
                _ => continue,
            };
            let place = if size * count > 4 { number(at + 8, 4) } else { at + 8 };
            let values: Vec<u32> = (0..count).map(|i| number(place + size * i, size) as u32).collect();
            match (tag, kind) {
                (273 | 324, _) => {
                    page.tags.0 = tag;
                    offsets = values;
                }
                (279 | 325, _) => {
                    page.tags.1 = tag;
                    lengths = values;
                }
                (_, 3) => page.entries.push((tag, Value::Short(values.iter().map(|&v| v as u16).collect()))),
                (_, 4) => page.entries.push((tag, Value::Long(values))),
                (347, _) => page.entries.push((tag, Value::Bytes(values.iter().map(|&v| v as u8).collect()))),
                _ => {}
            }
        }
        let strip = |(at, n): (&u32, &u32)| whole[*at as usize..][..*n as usize].to_vec();
        page.strips = offsets.iter().zip(&lengths).map(strip).collect();
        let mut damaged = page.clone();
        let middle = &mut damaged.strips[offsets.len() / 2];
        let half = middle.len() / 2;
        middle[half..].fill(0);
        let pages = [page.clone(), damaged, page];
        let source = opened_bytes(&build(&pages, false).bytes, &OpenOptions::default());
        let source = source.unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = frames(&*source);
        let expected = only(&*open_one(&good(name)).expect("good"));
        assert_eq!((found.len(), &found[0], &found[2]), (3, &Ok(expected.clone()), &Ok(expected)), "{name}");
        let reason = found[1].as_ref().expect_err(name);
        assert!(reason.contains("strip or tile") && reason.contains(word), "{name}: {reason}");
    }
}

#[test]
fn lying_sizes_take_no_memory() {
    for (name, word) in
        [("g4.tif", "cannot hold"), ("zstd.tif", "cannot hold"), ("jpeg_grey.tif", "cannot hold")]
    {
        let mut whole = bytes(name);
        let directory = u32::from_le_bytes(whole[4..8].try_into().expect("four")) as usize;
        let count = usize::from(u16::from_le_bytes([whole[directory], whole[directory + 1]]));
        for i in 0..count {
            let at = directory + 2 + 12 * i;
            let tag = u16::from_le_bytes([whole[at], whole[at + 1]]);
            if matches!(tag, 257 | 278) {
                whole[at + 2] = 4;
                whole[at + 8..at + 12].copy_from_slice(&800_000_000_u32.to_le_bytes());
            }
        }
        let options = OpenOptions { max_frame_bytes: u64::MAX, ..OpenOptions::default() };
        let reason = opened_bytes(&whole, &options).expect_err("too large").to_string();
        assert!(reason.contains(word) || reason.contains("strips or tiles"), "{name}: {reason}");
    }
}

#[test]
fn several_pages_of_a_kind_are_frames() {
    let inks = |by: u8| Page::new(3, 2, 8, 4, (0..24).map(|i| i + by).collect()).short(262, 5);
    let source = opened(&[inks(0), inks(100)]);
    assert_eq!((source.info().frames, shape(&*source)), (2, (2, 3, 4)));
    let found = common::decode(&*source, 1).expect("whole");
    assert_eq!(found.as_ref().to_f64_vec()[0], 100.0);
    // RGB among CMYK is not like it.
    let rgb = Page::new(3, 2, 8, 4, vec![1; 24]).short(338, 2);
    let mixed = frames(&*opened(&[inks(0), rgb, inks(1)]));
    assert!(mixed[0].is_ok() && mixed[2].is_ok(), "{mixed:?}");
    assert!(mixed[1].as_ref().is_err_and(|reason| reason.contains("colour model")), "{mixed:?}");
}

/// Tiles reach below the image, and are coded whole: all of their bytes are needed for the few rows that count.
#[test]
fn tiles_that_reach_below_the_image_are_read() {
    const SIDE: usize = 512;
    let mut state = 7_u32;
    let mut noise = || {
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..SIDE * SIDE).map(next).collect::<Vec<u8>>()
    };
    let tiles = [noise(), noise()];
    let code = |tile: &Vec<u8>| compress_to_vec(tile.as_slice(), CompressionLevel::Fastest);
    let mut page = Page::new(512, 520, 8, 1, Vec::new()).short(259, 50_000).without(278);
    page = page.with(322, Value::Long(vec![512])).with(323, Value::Long(vec![512]));
    page.strips = tiles.iter().map(code).collect();
    page.tags = (324, 325);
    let expected: Vec<f64> = tiles.concat()[..512 * 520].iter().map(|&v| f64::from(v)).collect();
    assert_eq!(only(&*opened(&[page.clone()])), expected);
    // One tile more than the image has room for is no tile of it.
    page.strips[1] = compress_to_vec(tiles.concat().repeat(2).as_slice(), CompressionLevel::Fastest);
    let why = refused(&[page]);
    assert!(why.contains("stand for more than"), "{why}");
}

#[test]
fn old_jpeg_in_planes_is_refused() {
    let page = Page::new(8, 8, 8, 3, vec![0; 64]).short(259, 6).short(284, 2).with(513, Value::Long(vec![8]));
    assert!(refused(&[page]).contains("in planes"));
}
