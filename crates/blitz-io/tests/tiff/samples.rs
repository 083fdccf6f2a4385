//! Samples as files store them.

use blitz_core::{ChannelKind, DType};

use super::build::{Page, Value, build, pack};
use super::{only, opened, opened_bytes, refused, says, shape};
use blitz_io::OpenOptions;

fn counter(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 + 3) as u8).collect()
}

fn as_f64(values: impl IntoIterator<Item = impl Into<f64>>) -> Vec<f64> {
    values.into_iter().map(Into::into).collect()
}

#[test]
fn packed_samples_of_any_depth_are_their_codes() {
    for bits in (1..=31_u16).filter(|&bits| bits % 8 != 0) {
        let codes: Vec<u32> =
            (0..7 * 11).map(|i: u32| i.wrapping_mul(2_654_435_761) >> (32 - bits)).collect();
        let page = Page::new(11, 7, bits, 1, pack(&codes, bits.into(), 11));
        for big_endian in [false, true] {
            let bytes = build(std::slice::from_ref(&page), big_endian).bytes;
            let source =
                opened_bytes(&bytes, &OpenOptions::default()).unwrap_or_else(|e| panic!("{bits}: {e}"));
            let expected = match bits {
                ..=8 => DType::U8,
                9..=16 => DType::U16,
                _ => DType::U32,
            };
            assert_eq!((source.info().dtype, source.info().container_bits), (expected, u32::from(bits)));
            assert_eq!(only(&*source), as_f64(codes.iter().copied()), "{bits} bit");
        }
        // Signed: two's complement.
        if bits > 1 {
            let signed = opened(&[page.short(339, 2)]);
            let shift = 32 - u32::from(bits);
            let values = codes.iter().map(|&code| (code << shift).cast_signed() >> shift);
            assert_eq!(only(&*signed), as_f64(values), "{bits} bit, signed");
            assert!(says(&*signed, "holds every value exactly"), "{:?}", signed.info().notes);
        }
    }
}

#[test]
fn packed_colour_in_strips_and_planes() {
    let codes: Vec<u32> = (0..5 * 6 * 3).map(|i| i * 37 % 1024).collect();
    let mut page = Page::new(5, 6, 10, 3, Vec::new());
    page.strips = codes.chunks(5 * 3 * 4).map(|rows| pack(rows, 10, 15)).collect();
    let page = page.with(278, Value::Long(vec![4]));
    assert_eq!(only(&*opened(&[page])), as_f64(codes.iter().copied()));
    let mut planes = Page::new(5, 6, 10, 3, Vec::new());
    planes.strips = (0..3)
        .map(|c| {
            let plane: Vec<u32> = codes.iter().skip(c).step_by(3).copied().collect();
            pack(&plane, 10, 5)
        })
        .collect();
    assert_eq!(only(&*opened(&[planes.short(284, 2)])), as_f64(codes));
}

#[test]
fn bytes_of_24_bit_have_the_order_of_the_file() {
    let values = [0_u32, 1, 0x01_02_03, 0xff_ff_ff, 0x80_00_00, 0x7f_ff_ff];
    for big_endian in [false, true] {
        let bytes = values.iter().flat_map(|v| {
            let [a, b, c, _] = v.to_le_bytes();
            if big_endian { [c, b, a] } else { [a, b, c] }
        });
        let page = Page::new(3, 2, 24, 1, bytes.collect());
        let read = |page: Page| {
            only(&*opened_bytes(&build(&[page], big_endian).bytes, &OpenOptions::default()).expect("read"))
        };
        assert_eq!(read(page.clone()), as_f64(values));
        assert_eq!(read(page.short(339, 2)), [0.0, 1.0, 66_051.0, -1.0, -8_388_608.0, 8_388_607.0]);
    }
}

#[test]
fn wide_integers_fit_or_are_refused_by_value() {
    let page = |values: &[i64]| {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Page::new(values.len() as u32, 1, 64, 1, bytes).short(339, 2)
    };
    let source = opened(&[page(&[-1, 300]), page(&[70_000, 2])]);
    assert_eq!(source.info().dtype, DType::I32, "the values of all pages decide");
    assert!(says(&*source, "i32 holds every value exactly"), "{:?}", source.info().notes);
    assert_eq!(super::frames(&*source), [Ok(vec![-1.0, 300.0]), Ok(vec![70_000.0, 2.0])]);
    assert_eq!(opened(&[page(&[0, 255])]).info().dtype, DType::U8);
    let reason = refused(&[page(&[1, i64::MAX])]);
    assert!(reason.contains("9223372036854775807"), "{reason}");
}

#[test]
fn bits_of_each_byte_may_be_reversed() {
    let data = counter(2 * 30);
    let reversed: Vec<u8> = data.iter().map(|b| b.reverse_bits()).collect();
    let expected: Vec<f64> = data.chunks(2).map(|b| f64::from(u16::from_le_bytes([b[0], b[1]]))).collect();
    assert_eq!(only(&*opened(&[Page::new(6, 5, 16, 1, reversed).short(266, 2)])), expected);
    // Compressed bytes are reversed, not those that they stand for.
    let mut packed: Vec<u8> = vec![59];
    packed.extend(&data);
    let reversed = packed.iter().map(|b| b.reverse_bits()).collect();
    let page = Page::new(6, 5, 16, 1, reversed).short(266, 2).short(259, 32_773);
    assert_eq!(only(&*opened(&[page])), expected);
    let reason = refused(&[Page::new(6, 5, 16, 1, data).short(266, 7)]);
    assert!(reason.contains("fill order 7"), "{reason}");
}

#[test]
fn lzw_of_writers_before_tiff_6() {
    let data: Vec<u8> = (0..60 * 70_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
    let old = weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 8).encode(&data).expect("coded");
    assert!(old[0] == 0 && old[1] & 1 == 1, "a clear code with the low bits first");
    assert_eq!(only(&*opened(&[Page::new(60, 70, 8, 1, old).short(259, 5)])), as_f64(data));
}

#[test]
fn palettes_of_grey_are_one_channel_of_their_values() {
    let codes = counter(30);
    let with = |map: &dyn Fn(u16) -> u16| {
        let ramp: Vec<u16> = (0..256).map(map).collect();
        Page::new(6, 5, 8, 1, codes.clone()).short(262, 3).with(320, Value::Short(ramp.repeat(3)))
    };
    let rising: [(&str, &dyn Fn(u16) -> u16); 4] = [
        ("× 257", &|i| i * 257),
        ("× 256", &|i| i * 256),
        ("low byte 255", &|i| i << 8 | 255),
        ("in the low byte", &|i| i),
    ];
    for (name, map) in rising {
        let source = opened(&[with(map), with(map)]);
        assert_eq!(
            (source.info().frames, shape(&*source), source.info().dtype),
            (2, (5, 6, 1), DType::U8),
            "{name}"
        );
        assert_eq!(super::frames(&*source)[1], Ok(as_f64(codes.iter().copied())), "{name}");
        assert!(!says(&*source, "palette"), "{name}: the values are the codes");
    }
    let falling = opened(&[with(&|i| (255 - i) * 257)]);
    assert_eq!(only(&*falling), as_f64(codes.iter().map(|c| 255 - c)));
    assert!(says(&*falling, "values are its grey values"), "{:?}", falling.info().notes);
    // More than 8 bit of grey.
    let deep = opened(&[with(&|i| i * 256 + 7 * (i & 1))]);
    assert_eq!((deep.info().dtype, deep.info().container_bits), (DType::U16, 16));
    assert_eq!(only(&*deep), as_f64(codes.iter().map(|&c| u16::from(c) * 256 + 7 * u16::from(c & 1))));
}

#[test]
fn palettes_of_few_bits_and_of_colours() {
    let codes = [0, 1, 2, 3, 3, 1];
    let packed = pack(&codes, 2, 3);
    let grey: Vec<u16> = [0, 85, 170, 255].map(|v| v * 257).repeat(3);
    let page = Page::new(3, 2, 2, 1, packed.clone()).short(262, 3);
    assert_eq!(
        only(&*opened(&[page.clone().with(320, Value::Short(grey))])),
        [0.0, 85.0, 170.0, 255.0, 255.0, 85.0]
    );
    let colours: Vec<u16> = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23].map(|v| v * 257).to_vec();
    let source = opened(&[page.clone().with(320, Value::Short(colours))]);
    assert_eq!((shape(&*source), source.info().color_model.as_ref()), ((2, 3, 3), "RGB"));
    let expected = codes.iter().flat_map(|&c| [c, c + 10, c + 20]);
    assert_eq!(only(&*source), as_f64(expected));
    let reason = refused(&[page.clone().with(320, Value::Short(vec![0, 1, 2, 3]))]);
    assert!(reason.contains("4 values"), "{reason}");
    let reason = refused(&[page.with(320, Value::Short(vec![0, 1, 2, 3, 4, 5]))]);
    assert!(reason.contains("palette index 2, the palette has 2 colours"), "{reason}");
}

#[test]
fn a_fourth_sample_without_a_name_is_alpha_where_it_is_opaque() {
    let rgb = counter(6 * 5 * 3);
    let with = |fourth: &dyn Fn(usize) -> u8| {
        let data = rgb.chunks(3).enumerate().flat_map(|(i, p)| [p[0], p[1], p[2], fourth(i)]).collect();
        Page::new(6, 5, 8, 4, data)
    };
    for page in [with(&|_| 255).short(338, 0), with(&|_| 255)] {
        let source = opened(&[page]);
        assert_eq!(shape(&*source), (5, 6, 3));
        assert!(says(&*source, "alpha channel is opaque"), "{:?}", source.info().notes);
        assert_eq!(only(&*source), as_f64(rgb.iter().copied()));
    }
    let source = opened(&[with(&|i| i as u8).short(338, 0)]);
    assert_eq!(shape(&*source), (5, 6, 4));
    assert_eq!(source.info().channels[3].kind, ChannelKind::Other);
    // Two channels of measured data are no alpha, even where the second is saturated.
    let data = counter(30).into_iter().flat_map(|v| [v, 255]).collect();
    assert_eq!(shape(&*opened(&[Page::new(6, 5, 8, 2, data).short(338, 0)])), (5, 6, 2));
}

#[test]
fn what_samples_are_may_be_left_open() {
    let grey = opened(&[Page::new(6, 5, 8, 1, counter(30)).without(262)]);
    assert!(says(&*grey, "read as grey"), "{:?}", grey.info().notes);
    assert_eq!(only(&*grey), as_f64(counter(30)));
    let rgb = opened(&[Page::new(6, 5, 8, 3, counter(90)).without(262)]);
    assert_eq!((rgb.info().color_model.as_ref(), only(&*rgb)), ("RGB", as_f64(counter(90))));
}

#[test]
fn lengths_of_strips_may_be_missing_or_zero() {
    let data = counter(60);
    let mut page = Page::new(6, 10, 8, 1, Vec::new()).with(278, Value::Long(vec![4]));
    page.strips = data.chunks(24).map(<[u8]>::to_vec).collect();
    let mut one = Page::new(6, 10, 8, 1, data.clone());
    for page in [&mut page, &mut one] {
        let zero = Page { lengths: Some(vec![0; page.strips.len()]), ..page.clone() };
        assert_eq!(only(&*opened(&[zero])), as_f64(data.iter().copied()));
        page.tags.1 = 0;
        assert_eq!(only(&*opened(std::slice::from_ref(page))), as_f64(data.iter().copied()));
    }
    // Compressed strips end where the next one begins, at the latest.
    let mut page = page.short(259, 5);
    page.strips = data
        .chunks(24)
        .map(|rows| {
            weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
                .encode(rows)
                .expect("coded")
        })
        .collect();
    assert_eq!(only(&*opened(&[page])), as_f64(data.iter().copied()));
    // A length that is there and too small is damage.
    let short = Page { lengths: Some(vec![59]), ..Page::new(6, 10, 8, 1, data) };
    let reason = refused(&[short]);
    assert!(reason.contains("has 59 bytes, 60 are needed"), "{reason}");
}

#[test]
fn tiles_may_stand_in_the_entries_of_strips() {
    let (width, height) = (20, 18);
    let value = |x: usize, y: usize| (x * 11 + y * 3) as u8;
    let mut page = Page::new(width as u32, height as u32, 8, 1, Vec::new()).without(278);
    page.strips = (0..4)
        .map(|i| {
            let (left, top) = (i % 2 * 16, i / 2 * 16);
            (0..256).map(|k| value(left + k % 16, top + k / 16)).collect()
        })
        .collect();
    let page = page.short(322, 16).short(323, 16);
    let expected: Vec<f64> = (0..width * height).map(|k| value(k % width, k / width).into()).collect();
    for tags in [(273, 279), (324, 325)] {
        assert_eq!(only(&*opened(&[Page { tags, ..page.clone() }])), expected, "{tags:?}");
    }
}

#[test]
fn tiles_of_absurd_size_are_refused() {
    let mut page = Page::new(1, 2000, 8, 64, Vec::new())
        .without(278)
        .short(262, 1)
        .short(322, 16_384)
        .short(323, 16_384);
    page.strips = vec![vec![0; 200_000]];
    let reason = refused(&[page.short(259, 5)]);
    assert!(reason.contains("much larger than the image of 1 × 2000"), "{reason}");
}

#[test]
fn the_only_page_is_the_image_whatever_it_is_marked_as() {
    let page = Page::new(6, 5, 8, 1, counter(30)).with(254, Value::Long(vec![1]));
    let source = opened(std::slice::from_ref(&page));
    assert_eq!(only(&*source), as_f64(counter(30)));
    assert!(says(&*source, "marked as reduced"), "{:?}", source.info().notes);
    let both = opened(&[Page::new(12, 10, 8, 1, counter(120)), page]);
    assert_eq!((both.info().frames, shape(&*both)), (1, (10, 12, 1)));
}

#[test]
fn pages_stand_as_their_file_asks() {
    let data = counter(6 * 5 * 7);
    // Seven channels, and planes, so that no size of a pixel is special.
    let page = |value: u16| Page::new(6, 5, 8, 7, data.clone()).short(262, 1).short(274, value);
    let lying = |x: usize, y: usize, c: usize| f64::from(data[(y * 6 + x) * 7 + c]);
    for value in 1..=8_u16 {
        let source = opened(&[page(value)]);
        let (height, width) = if value > 4 { (6, 5) } else { (5, 6) };
        assert_eq!(shape(&*source), (height, width, 7), "{value}");
        assert_eq!(says(&*source, "--orientation stored"), value != 1);
        let found = only(&*source);
        for y in 0..5 {
            for x in 0..6 {
                // Row 0 and column 0 of the file stand where TIFF's table says.
                let (u, v) = match value {
                    1 => (x, y),
                    2 => (5 - x, y),
                    3 => (5 - x, 4 - y),
                    4 => (x, 4 - y),
                    5 => (y, x),
                    6 => (4 - y, x),
                    7 => (4 - y, 5 - x),
                    _ => (y, 5 - x),
                };
                for c in 0..7 {
                    assert_eq!(found[(v * width + u) * 7 + c], lying(x, y, c), "{value}: ({x}, {y})");
                }
            }
        }
        let options = OpenOptions { stored_orientation: true, ..OpenOptions::default() };
        let stored = super::opened_with(&[page(value)], &options).expect("read");
        assert_eq!((shape(&*stored), only(&*stored)), ((5, 6, 7), as_f64(data.iter().copied())));
    }
    let unknown = opened(&[page(9)]);
    assert!(says(&*unknown, "orientation 9"), "{:?}", unknown.info().notes);
}

#[test]
fn files_of_a_folder_stand_as_they_ask() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for i in 0..3_u8 {
        let page = Page::new(3, 2, 8, 1, vec![i, 1, 2, 3, 4, 5]).short(274, 6);
        std::fs::write(dir.path().join(format!("f{i}.tif")), build(&[page], false).bytes).expect("written");
    }
    let source = super::common::open_one(dir.path()).expect("read");
    assert_eq!((source.info().frames, shape(&*source)), (3, (3, 2, 1)));
    assert_eq!(super::frames(&*source)[2], Ok(vec![3.0, 2.0, 4.0, 1.0, 5.0, 2.0]));
}
