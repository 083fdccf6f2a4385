//! Exact bytes of small pictures, and pictures of every type against a plain f64 computation.

use blitz_core::{Channel, ChannelKind, DType, FrameShape, Mask, Sample, Samples, SamplesRef, with_dtype};
use blitz_draw::{
    ChannelView, ColorBar, ColorMap, DrawError, Levels, MISSING_COLOR, NEG_INF_COLOR, POS_INF_COLOR,
    RenderOptions, RgbaImage, Shrink, Theme, render, render_missing, with_color_bar,
};
use proptest::prelude::*;

const PLAIN: RenderOptions = RenderOptions { channel: None, zoom: 1.0, shrink: Shrink::Mean };

fn draw(samples: &Samples, shape: FrameShape, levels: Levels, options: RenderOptions) -> RgbaImage {
    let channels = Channel::defaults(shape.channels);
    render(samples.as_ref(), shape, &channels, None, levels, ColorMap::Grey, options).expect("valid")
}

fn colors(image: &RgbaImage) -> Vec<[u8; 3]> {
    assert_eq!(image.pixels.len(), image.width * image.height * 4);
    assert!(image.pixels.chunks(4).all(|p| p[3] == 255), "opaque");
    image.pixels.chunks(4).map(|p| [p[0], p[1], p[2]]).collect()
}

fn greys(image: &RgbaImage) -> Vec<u8> {
    colors(image).into_iter().map(|c| c[0]).collect()
}

fn samples_of(dtype: DType, values: &[f64]) -> Samples {
    with_dtype!(dtype, S => Samples::from(values.iter().map(|&v| S::from_f64(v)).collect::<Vec<S>>()))
}

#[test]
fn every_type_gives_the_same_bytes() {
    let values = [0.0, 10.0, 20.0, 50.0, 90.0, 100.0, 110.0, 3.0];
    for dtype in DType::ALL {
        let image =
            draw(&samples_of(dtype, &values), FrameShape::new(2, 4, 1), Levels::new(10.0, 100.0), PLAIN);
        assert_eq!((image.width, image.height), (4, 2));
        assert_eq!(greys(&image), [0, 0, 28, 113, 227, 255, 255, 0], "{dtype}");
    }
}

/// Codes of 8 and 16 bit are looked up: the same pictures as those of the values as f64, for any levels.
#[test]
fn codes_have_the_colours_of_their_values() {
    let bytes: Vec<u8> = (0..300_u32).map(|i| (i * 7 % 256) as u8).collect();
    let words: Vec<u16> = (0..70_000_u32).map(|i| (i * 7_919 % 65_536) as u16).collect();
    let mask =
        |len: usize| Mask { width: len / 10, height: 10, valid: (0..len).map(|i| i % 3 > 0).collect() };
    for (lo, hi) in [(0.0, 255.0), (10.5, 11.25), (-20.0, -10.0), (-1e30, 100.0), (4000.3, 4e4), (7e4, 1e9)] {
        for samples in [Samples::from(bytes.clone()), Samples::from(words.clone())] {
            let wide = Samples::from(samples.as_ref().to_f64_vec());
            let mask = mask(samples.len());
            for (channels, zoom) in [(1, 1.0), (1, 2.5), (2, 1.0), (1, 0.4)] {
                let shape = FrameShape::new(10, samples.len() / 10 / channels, channels);
                let mask = (channels == 1).then_some(&mask);
                let options = RenderOptions { zoom, ..PLAIN };
                let [a, b] = [&samples, &wide].map(|samples| {
                    let (levels, map) = (Levels::new(lo, hi), ColorMap::Plasma);
                    let channels = Channel::defaults(channels);
                    render(samples.as_ref(), shape, &channels, mask, levels, map, options).expect("valid")
                });
                assert!(a == b, "{lo} to {hi}, {channels} channels, zoom {zoom}");
            }
        }
    }
}

#[test]
fn a_full_byte_range_is_shown_as_it_is() {
    let ramp: Vec<u8> = (0..=255).collect();
    let image =
        draw(&Samples::from(ramp.clone()), FrameShape::new(16, 16, 1), Levels::new(0.0, 255.0), PLAIN);
    assert_eq!(greys(&image), ramp);
}

#[test]
fn signed_and_wide_values_reach_both_ends() {
    for (samples, lo, hi) in [
        (Samples::from(vec![i16::MIN, 0, i16::MAX]), -32768.0, 32767.0),
        (Samples::from(vec![i32::MIN, 0, i32::MAX]), -2_147_483_648.0, 2_147_483_647.0),
        (Samples::from(vec![0, u32::MAX / 2, u32::MAX]), 0.0, 4_294_967_295.0),
        (Samples::from(vec![-1e300, 0.0, 1e300]), -1e300, 1e300),
        (Samples::from(vec![f32::MIN, 0.0, f32::MAX]), f64::MIN, f64::MAX),
    ] {
        let image = draw(&samples, FrameShape::new(1, 3, 1), Levels::new(lo, hi), PLAIN);
        assert_eq!(greys(&image), [0, 128, 255], "{:?}", samples.dtype());
    }
}

#[test]
fn missing_and_infinite_samples_have_their_own_colours() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    for dtype in [DType::F32, DType::F64] {
        let samples = samples_of(dtype, &[0.5, nan, inf, -inf]);
        let image = draw(&samples, FrameShape::new(2, 2, 1), Levels::new(0.0, 1.0), PLAIN);
        assert_eq!(colors(&image), [[128; 3], MISSING_COLOR, POS_INF_COLOR, NEG_INF_COLOR]);
    }
    let rgb = samples_of(DType::F32, &[0., 0.5, 1., nan, inf, 0., inf, -inf, 0., 0., -inf, 0.]);
    let image = draw(&rgb, FrameShape::new(1, 4, 3), Levels::new(0.0, 1.0), PLAIN);
    assert_eq!(colors(&image), [[0, 128, 255], MISSING_COLOR, POS_INF_COLOR, NEG_INF_COLOR]);
}

#[test]
fn masked_pixels_are_missing_in_every_type() {
    let mask = Mask { width: 2, height: 1, valid: vec![false, true] };
    for dtype in DType::ALL {
        let samples = samples_of(dtype, &[7.0, 7.0]);
        let shape = FrameShape::new(1, 2, 1);
        let levels = Levels::new(7.0, 8.0);
        let map = ColorMap::Plasma;
        let image = render(samples.as_ref(), shape, &Channel::defaults(1), Some(&mask), levels, map, PLAIN);
        assert_eq!(colors(&image.expect("valid")), [MISSING_COLOR, map.table()[0]]);
    }
}

#[test]
fn colour_is_stretched_without_a_map_and_other_channels_do_not_count() {
    let rgba = Samples::from(vec![10_u16, 20, 30, 0, 40, 50, 60, 9]);
    let shape = FrameShape::new(1, 2, 4);
    let levels = Levels::new(10.0, 60.0);
    assert_eq!(colors(&draw(&rgba, shape, levels, PLAIN)), [[0, 51, 102], [153, 204, 255]]);
    let green = RenderOptions { channel: Some(1), ..PLAIN };
    assert_eq!(greys(&draw(&rgba, shape, levels, green)), [51, 204]);
    let alpha = RenderOptions { channel: Some(3), ..PLAIN };
    assert_eq!(greys(&draw(&rgba, shape, Levels::new(0.0, 9.0), alpha)), [0, 255]);
}

#[test]
fn the_shown_channel_follows_the_kinds() {
    use ChannelKind::{Alpha, Blue, Green, Grey, Other, Red};
    let view = |kinds: &[ChannelKind]| {
        let channels: Vec<_> = kinds.iter().map(|&kind| Channel { name: String::new(), kind }).collect();
        ChannelView::of(&channels, kinds.len(), None)
    };
    assert_eq!(view(&[Grey, Alpha]), Ok(ChannelView::Mapped(0)));
    assert_eq!(view(&[Alpha, Other, Grey]), Ok(ChannelView::Mapped(2)));
    assert_eq!(view(&[Alpha, Other]), Ok(ChannelView::Mapped(1)));
    assert_eq!(view(&[Alpha]), Ok(ChannelView::Mapped(0)));
    assert_eq!(view(&[Red, Green, Blue, Other]), Ok(ChannelView::Rgb));
    assert_eq!(view(&[Blue, Green, Red]), Ok(ChannelView::Mapped(0)));
    assert_eq!(view(&[]), Err(DrawError::Channel { channel: 0, count: 0 }));
    assert_eq!(ChannelView::of(&Channel::defaults(3), 1, None), Ok(ChannelView::Mapped(0)));
    assert_eq!(ChannelView::of(&[], 2, Some(2)), Err(DrawError::Channel { channel: 2, count: 2 }));
}

#[test]
fn levels_are_put_in_order_and_never_divide_by_zero() {
    assert_eq!(Levels::new(5.0, 1.0), Levels { lo: 1.0, hi: 5.0 });
    assert_eq!(Levels::new(3.0, 3.0).usable(), Levels { lo: 3.0, hi: 4.0 });
    assert_eq!(Levels::new(f64::NAN, f64::NAN).usable(), Levels { lo: 0.0, hi: 1.0 });
    assert_eq!(Levels { lo: 2.0, hi: f64::INFINITY }.usable(), Levels { lo: 2.0, hi: 3.0 });
    let (lo, hi) = Levels::new(1e9, 1e9).bounds();
    assert!(hi > lo && lo == 1e9);
    let constant = Samples::from(vec![7_u8; 4]);
    assert_eq!(greys(&draw(&constant, FrameShape::new(2, 2, 1), Levels::new(7.0, 7.0), PLAIN)), [0; 4]);
}

#[test]
fn larger_repeats_and_smaller_combines_values() {
    let shape = FrameShape::new(2, 2, 1);
    let samples = Samples::from(vec![0_u8, 100, 200, 255]);
    let levels = Levels::new(0.0, 255.0);
    let zoom =
        |zoom, shrink| greys(&draw(&samples, shape, levels, RenderOptions { channel: None, zoom, shrink }));
    assert_eq!(
        zoom(2.0, Shrink::Mean),
        [0, 0, 100, 100, 0, 0, 100, 100, 200, 200, 255, 255, 200, 200, 255, 255]
    );
    assert_eq!(zoom(1.5, Shrink::Mean), [0, 100, 100, 200, 255, 255, 200, 255, 255]);
    assert_eq!(zoom(0.5, Shrink::Mean), [139]);
    assert_eq!(zoom(0.5, Shrink::Maximum), [255]);
    assert_eq!(zoom(1e-9, Shrink::Maximum), [255]);
}

#[test]
fn blocks_leave_missing_samples_out() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let shape = FrameShape::new(1, 8, 1);
    let samples = Samples::from(vec![nan, 0.5, nan, nan, inf, 0.0, inf, -inf]);
    let half = |shrink| {
        let options = RenderOptions { channel: None, zoom: 0.5, shrink };
        colors(&draw(&samples, shape, Levels::new(0.0, 1.0), options))
    };
    assert_eq!(half(Shrink::Mean), [[128; 3], MISSING_COLOR, POS_INF_COLOR, MISSING_COLOR]);
    assert_eq!(half(Shrink::Maximum), [[128; 3], MISSING_COLOR, POS_INF_COLOR, POS_INF_COLOR]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let shape = FrameShape::new(2, 3, 1);
    let channels = Channel::defaults(1);
    let levels = Levels::new(0.0, 1.0);
    let attempt = |count: usize, mask: Option<&Mask>, options| {
        let samples = vec![0_u8; count];
        render(SamplesRef::U8(&samples), shape, &channels, mask, levels, ColorMap::Grey, options).map(|_| ())
    };
    assert!(matches!(attempt(5, None, PLAIN), Err(DrawError::Samples { found: 5, expected: 6, .. })));
    let turned = Mask { width: 2, height: 3, valid: vec![true; 6] };
    assert!(matches!(attempt(6, Some(&turned), PLAIN), Err(DrawError::Mask { .. })));
    for zoom in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = attempt(6, None, RenderOptions { zoom, ..PLAIN });
        assert!(matches!(error, Err(DrawError::Zoom { .. })), "{zoom}");
    }
    let huge = attempt(6, None, RenderOptions { zoom: 1e12, ..PLAIN });
    assert!(matches!(huge, Err(DrawError::TooLarge { .. })));
    let other = attempt(6, None, RenderOptions { channel: Some(1), ..PLAIN });
    assert_eq!(other, Err(DrawError::Channel { channel: 1, count: 1 }));
}

#[test]
fn empty_frames_and_failed_frames_have_pictures() {
    let image = draw(&Samples::zeros(DType::F32, 0), FrameShape::new(0, 5, 1), Levels::new(0.0, 1.0), PLAIN);
    assert_eq!((image.width, image.height, image.pixels.len()), (5, 0, 0));
    let failed =
        render_missing(FrameShape::new(2, 3, 3), RenderOptions { zoom: 2.0, ..PLAIN }).expect("valid");
    assert_eq!((failed.width, failed.height), (6, 4));
    assert!(colors(&failed).iter().all(|&c| c == MISSING_COLOR));
}

#[test]
fn the_colour_bar_stands_right_of_the_unchanged_picture() {
    for (width, height, theme) in [(200, 150, Theme::Light), (3, 5, Theme::Dark), (0, 0, Theme::Light)] {
        let picture = RgbaImage::filled(width, height, [1, 2, 3]).expect("small");
        let bar = ColorBar { label: "T / K".to_owned(), theme };
        let levels = Levels::new(290.0, 320.0);
        let image = with_color_bar(&picture, levels, ColorMap::Viridis, &bar).expect("small");
        assert_eq!(image.height, height.max(96) + 32);
        assert!((width + 80..width + 180).contains(&image.width), "{}", image.width);
        let found = colors(&image);
        assert_eq!(found.iter().filter(|&&c| c == [1, 2, 3]).count(), width * height);
        let [r, g, b] = theme.background();
        assert_eq!(image.pixel(0, 0), Some([r, g, b, 255]));
        for entry in [0, 255] {
            let color = ColorMap::Viridis.table()[entry];
            assert!(
                found.iter().filter(|&&c| c == color).count() >= 18,
                "a row of the bar has entry {entry}"
            );
        }
        let bare = ColorBar { label: String::new(), theme };
        let narrow = with_color_bar(&picture, levels, ColorMap::Viridis, &bare).expect("small");
        assert!(narrow.width < image.width);
    }
}

#[test]
fn a_long_label_makes_the_picture_higher() {
    let picture = RgbaImage::filled(8, 8, [0; 3]).expect("small");
    let bar = ColorBar {
        label: "a quantity with quite a long name / (W m⁻² sr⁻¹)".to_owned(),
        theme: Theme::Light,
    };
    let image = with_color_bar(&picture, Levels::new(0.0, 1.0), ColorMap::Grey, &bar).expect("small");
    assert!(image.height > 200);
    let [first, last] =
        [0, image.height - 1].map(|y| (0..image.width).all(|x| image.pixel(x, y) == Some([255; 4])));
    assert!(first && last, "nothing touches the edge");
}

proptest! {
    /// Each byte of a colour picture is that of its channel drawn in grey.
    #[test]
    fn colour_is_three_greys(
        width in 1_usize..9,
        height in 1_usize..9,
        more in 0_usize..2,
        zoom in prop::sample::select(vec![0.5, 1.0, 2.5]),
        dtype in prop::sample::select(vec![DType::U8, DType::U16, DType::F32]),
        values in prop::collection::vec(0_u8..255, 256),
        valid in prop::collection::vec(prop::bool::weighted(0.9), 64),
        lo in -40.0_f64..100.0,
        span in 1.0_f64..200.0,
    ) {
        let shape = FrameShape::new(height, width, 3 + more);
        let values: Vec<f64> = values[..shape.samples()].iter().map(|&v| v.into()).collect();
        let samples = samples_of(dtype, &values);
        let mask = Mask { width, height, valid: valid[..width * height].to_vec() };
        let channels = Channel::defaults(3 + more);
        let levels = Levels::new(lo, lo + span);
        let draw = |channel| {
            let options = RenderOptions { channel, zoom, shrink: Shrink::Mean };
            render(samples.as_ref(), shape, &channels, Some(&mask), levels, ColorMap::Grey, options).expect("drawn")
        };
        let grey = [0, 1, 2].map(|channel| colors(&draw(Some(channel))));
        for (i, color) in colors(&draw(None)).into_iter().enumerate() {
            let expected =
                if grey[0][i] == MISSING_COLOR { MISSING_COLOR } else { [0, 1, 2].map(|c| grey[c][i][0]) };
            prop_assert_eq!(color, expected);
        }
    }

    #[test]
    fn pictures_match_a_plain_computation(
        width in 1_usize..9,
        height in 1_usize..9,
        zoom in prop::sample::select(vec![0.3, 0.5, 1.0, 1.7, 3.0]),
        values in prop::collection::vec(prop_oneof![4 => -50.0_f32..50.0, 1 => Just(f32::NAN)], 64),
        lo in -40.0_f64..0.0,
        span in 1.0_f64..60.0,
    ) {
        let values = &values[..width * height];
        let shape = FrameShape::new(height, width, 1);
        let options = RenderOptions { channel: None, zoom, shrink: Shrink::Mean };
        let image = draw(&Samples::from(values.to_vec()), shape, Levels::new(lo, lo + span), options);
        let size = |n: usize| (n as f64 * zoom).round().max(1.0) as usize;
        prop_assert_eq!((image.width, image.height), (size(width), size(height)));
        let inside = |i: usize, source: usize, target: usize| -> Vec<usize> {
            if target >= source {
                return vec![((i as f64 + 0.5) * source as f64 / target as f64) as usize];
            }
            (0..source).filter(|s| (0..target).rfind(|t| t * source / target <= *s) == Some(i)).collect()
        };
        for (i, color) in colors(&image).into_iter().enumerate() {
            let columns = inside(i % image.width, width, image.width);
            let block: Vec<f64> = inside(i / image.width, height, image.height)
                .iter()
                .flat_map(|y| columns.iter().map(move |x| values[y * width + x] as f64))
                .filter(|v| !v.is_nan())
                .collect();
            if block.is_empty() {
                prop_assert_eq!(color, MISSING_COLOR);
                continue;
            }
            let mean = block.iter().sum::<f64>() / block.len() as f64;
            let exact = ((mean - lo) / span).clamp(0.0, 1.0) * 255.0;
            prop_assert!((color[0] as f64 - exact).abs() < 0.501, "{:?} {}", color, exact);
        }
    }
}
