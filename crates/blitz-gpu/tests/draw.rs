//! Pictures drawn on the GPU (software Vulkan will do) against the naive arithmetic.

mod common;

use blitz_core::{DType, FrameShape, Mask, Samples};
use blitz_gpu::{FrameImage, GpuError, ImageRenderer, Reduce, Shown};
use common::{draw, expected, filled, gpu, noise, view};

/// Samples of `dtype` around and beyond the levels 100 to 900 (u8: 10 to 90 per cent), and special values.
fn samples(dtype: DType, len: usize) -> (Samples, (f64, f64)) {
    let mut next = noise(len as u64);
    let mut float = || match next() % 20 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        _ => next() as f64 / (1_u64 << 53) as f64 * 1200.0 - 100.0,
    };
    let levels = (100.25, 900.75);
    match dtype {
        DType::U8 => ((0..len).map(|i| (i % 256) as u8).collect::<Vec<_>>().into(), (25.5, 230.25)),
        DType::U16 => {
            ((0..len).map(|i| (i * 37 % 65536) as u16).collect::<Vec<_>>().into(), (1000.5, 60000.0))
        }
        DType::I16 => {
            let values = (0..len).map(|i| (i as i64 * 37 % 65536 - 32768) as i16);
            (values.collect::<Vec<_>>().into(), (-20000.0, 15000.25))
        }
        DType::I32 => {
            let values = (0..len).map(|i| i as i32 * 7919 - 6_000_000);
            (values.collect::<Vec<_>>().into(), (-5_000_000.0, 3_000_000.0))
        }
        DType::U32 => {
            ((0..len).map(|i| i as u32 * 9973).collect::<Vec<_>>().into(), (50_000.0, 16_000_000.0))
        }
        DType::F32 => ((0..len).map(|_| float() as f32).collect::<Vec<_>>().into(), levels),
        DType::F64 => ((0..len).map(|_| float()).collect::<Vec<_>>().into(), levels),
    }
}

fn assert_near(found: &[[u8; 3]], wanted: &[[u8; 3]], tolerance: u8, what: &str) {
    assert_eq!(found.len(), wanted.len());
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        // The table holds the index in red and its complement in green; the third byte follows.
        let near = if tolerance == 0 { f == w } else { (0..2).all(|c| f[c].abs_diff(w[c]) <= tolerance) };
        assert!(near, "{what}: pixel {i} is {f:?}, not {w:?}");
    }
}

#[test]
fn every_type_is_exact_at_one_to_one() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(31, 53, 1);
    for dtype in DType::ALL {
        let (samples, levels) = samples(dtype, shape.samples());
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, [53, 31], levels, Reduce::Mean);
        let wanted = expected(&samples, shape, None, [53, 31], levels, Reduce::Mean);
        assert_near(&found, &wanted, 0, dtype.name());
    }
}

#[test]
fn every_16_bit_value_is_exact() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(256, 256, 1);
    let samples = Samples::from((0..=u16::MAX).collect::<Vec<_>>());
    for levels in [(0.0, 65535.0), (0.0, 4095.0), (123.0, 633.0)] {
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, [256, 256], levels, Reduce::Mean);
        let wanted = expected(&samples, shape, None, [256, 256], levels, Reduce::Mean);
        assert_near(&found, &wanted, 0, "u16");
    }
}

#[test]
fn small_differences_of_large_integers_survive() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(1, 256, 1);
    let table = common::table();
    let wide: [(Samples, f64); 3] = [
        ((0..256).map(|i| 4_000_000_000 + i).collect::<Vec<u32>>().into(), 4e9),
        ((0..256).map(|i| i - 2_000_000_123).collect::<Vec<i32>>().into(), -2_000_000_123.0),
        ((0..256).map(|i| i - 128).collect::<Vec<i32>>().into(), -128.0),
    ];
    for (samples, lo) in wide {
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, [256, 1], (lo, lo + 255.0), Reduce::Mean);
        assert_near(&found, &table[..], 0, "32-bit integers");
    }
}

#[test]
fn enlarged_is_nearest() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(7, 11, 1);
    for (dtype, size) in [(DType::U8, [33, 21]), (DType::F32, [40, 29]), (DType::U16, [11, 70])] {
        let (samples, levels) = samples(dtype, shape.samples());
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, size, levels, Reduce::Mean);
        assert_near(&found, &expected(&samples, shape, None, size, levels, Reduce::Mean), 0, "enlarged");
    }
}

#[test]
fn made_smaller_is_mean_or_maximum() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(64, 90, 1);
    for dtype in DType::ALL {
        for size in [[30, 16], [37, 23], [90, 5], [1, 1], [7, 128]] {
            for (reduce, tolerance) in [(Reduce::Mean, 1), (Reduce::Max, 0)] {
                let (samples, levels) = samples(dtype, shape.samples());
                let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
                let found = filled(&mut gpu, image, size, levels, reduce);
                let wanted = expected(&samples, shape, None, size, levels, reduce);
                assert_near(&found, &wanted, tolerance, &format!("{dtype:?} {size:?} {reduce:?}"));
            }
        }
    }
}

#[test]
fn a_hot_pixel_is_not_lost_in_the_maximum() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(400, 300, 1);
    let mut values = vec![0_u16; shape.samples()];
    values[333 * 300 + 111] = 255;
    let samples = Samples::from(values);
    for above in [usize::MAX, 0] {
        let shown = Shown::Channel(0);
        let image = FrameImage::with_levels_above(samples.as_ref(), shape, shown, None, above);
        let found = filled(&mut gpu, image, [7, 8], (0.0, 255.0), Reduce::Max);
        assert_eq!(found.iter().filter(|p| p[0] == 255).count(), 1, "{found:?}");
    }
}

#[test]
fn reduced_levels_agree_with_whole_boxes() {
    let Some(mut gpu) = gpu() else { return };
    for (shape, shown) in
        [(FrameShape::new(640, 800, 1), Shown::Channel(0)), (FrameShape::new(320, 480, 3), Shown::Rgb)]
    {
        let mut next = noise(5);
        let values = (0..shape.samples()).map(|i| match next() % 1000 {
            0 => f32::NAN,
            n => 300.0 + n as f32 * 1e-4 + (i / 7000) as f32 * 1e-3,
        });
        let samples = Samples::from(values.collect::<Vec<_>>());
        let valid = (0..shape.pixels()).map(|i| i % shape.width > 90).collect();
        let mask = Mask { width: shape.width, height: shape.height, valid };
        let levels = (300.0, 300.2);
        for factor in [40, 80, 160] {
            let size = [(shape.width / factor) as u32, (shape.height / factor) as u32];
            for reduce in [Reduce::Mean, Reduce::Max] {
                let image = FrameImage::with_levels_above(samples.as_ref(), shape, shown, Some(&mask), 0);
                let found = filled(&mut gpu, image, size, levels, reduce);
                let wanted = expected(&samples, shape, Some(&mask), size, levels, reduce);
                assert_near(&found, &wanted, 1, &format!("{factor} {reduce:?}"));
            }
        }
    }
}

#[test]
fn infinite_values_in_a_box() {
    let Some(mut gpu) = gpu() else { return };
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let boxes = [[inf, 1.0], [-inf, 1.0], [inf, -inf], [nan, 1.0], [nan, nan], [-inf, nan]];
    let samples = Samples::from(boxes.concat());
    let shape = FrameShape::new(1, 12, 1);
    for reduce in [Reduce::Mean, Reduce::Max] {
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, [6, 1], (0.0, 1.0), reduce);
        assert_near(&found, &expected(&samples, shape, None, [6, 1], (0.0, 1.0), reduce), 0, "infinite");
    }
    // The same through reduced levels: every value fills 64 × 64 pixels.
    let large: Vec<f32> = (0..64).flat_map(|_| boxes.concat().into_iter().flat_map(|v| [v; 64])).collect();
    let shape = FrameShape::new(64, 768, 1);
    let samples = Samples::from(large);
    for reduce in [Reduce::Mean, Reduce::Max] {
        let image = FrameImage::with_levels_above(samples.as_ref(), shape, Shown::Channel(0), None, 0);
        let found = filled(&mut gpu, image, [6, 1], (0.0, 1.0), reduce);
        assert_near(&found, &expected(&samples, shape, None, [6, 1], (0.0, 1.0), reduce), 0, "infinite");
    }
}

#[test]
fn masked_pixels_are_missing() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(20, 24, 1);
    let valid = (0..shape.pixels()).map(|i| i % 24 > 9 && i % 7 > 1).collect();
    let mask = Mask { width: 24, height: 20, valid };
    for dtype in DType::ALL {
        for size in [[24, 20], [48, 40], [8, 5]] {
            let (samples, levels) = samples(dtype, shape.samples());
            let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), Some(&mask));
            let found = filled(&mut gpu, image, size, levels, Reduce::Mean);
            let wanted = expected(&samples, shape, Some(&mask), size, levels, Reduce::Mean);
            assert_near(&found, &wanted, u8::from(size[0] < 24), dtype.name());
        }
    }
}

#[test]
fn colour_of_every_type() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(18, 25, 3);
    for dtype in DType::ALL {
        for (size, reduce) in [([25, 18], Reduce::Mean), ([50, 36], Reduce::Mean), ([5, 6], Reduce::Max)] {
            let (samples, levels) = samples(dtype, shape.samples());
            let image = FrameImage::new(samples.as_ref(), shape, Shown::Rgb, None);
            let found = filled(&mut gpu, image, size, levels, reduce);
            let wanted = expected(&samples, shape, None, size, levels, reduce);
            assert_near(&found, &wanted, 0, dtype.name());
        }
    }
}

#[test]
fn tiles_leave_no_seam() {
    let Some(mut gpu) = gpu() else { return };
    let pictures = |gpu: &mut blitz_gpu::OffscreenGpu| -> Vec<Vec<[u8; 3]>> {
        let mut pictures = Vec::new();
        for (channels, shown) in [(1, Shown::Channel(0)), (3, Shown::Rgb)] {
            let shape = FrameShape::new(67, 50, channels);
            let valid = (0..shape.pixels()).map(|i| i % 11 > 1).collect();
            let mask = Mask { width: 50, height: 67, valid };
            for dtype in DType::ALL {
                for size in [[50, 67], [100, 134], [17, 9], [1, 1]] {
                    let (samples, levels) = samples(dtype, shape.samples());
                    let image = FrameImage::with_levels_above(samples.as_ref(), shape, shown, Some(&mask), 0);
                    pictures.push(filled(gpu, image, size, levels, Reduce::Mean));
                }
            }
        }
        pictures
    };
    let whole = pictures(&mut gpu);
    ImageRenderer::install_with_limit(gpu.render_state(), 16);
    let tiled = pictures(&mut gpu);
    ImageRenderer::install(gpu.render_state());
    assert!(whole == tiled, "some tiled picture differs");
}

#[test]
fn views_are_placed_clipped_and_scaled() {
    let Some(mut gpu) = gpu() else { return };
    let shape = FrameShape::new(10, 10, 1);
    let (samples, levels) = samples(DType::U8, 100);
    let image = || FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
    let whole = expected(&samples, shape, None, [20, 20], levels, Reduce::Mean);
    // Two physical pixels per point; one view is moved half out of the screen, one is clipped.
    let mut left = view(image(), [-5.0, 1.0, 5.0, 11.0], levels, Reduce::Mean);
    left.id = egui::Id::unique("left");
    let right = view(image(), [8.0, 2.0, 18.0, 12.0], levels, Reduce::Mean);
    let clip = egui::Rect::from_min_max(egui::pos2(10.0, 3.0), egui::pos2(13.0, 20.0));
    let found = draw(&mut gpu, [40, 30], 2.0, &[(left, None), (right, Some(clip))]);
    for y in 0..30_usize {
        for x in 0..40_usize {
            let wanted = if x < 10 && (2..22).contains(&y) {
                whole[(y - 2) * 20 + x + 10]
            } else if (20..26).contains(&x) && (6..24).contains(&y) {
                whole[(y - 4) * 20 + x - 16]
            } else {
                [0; 3]
            };
            assert_eq!(found[y * 40 + x], wanted, "pixel {x}, {y}");
        }
    }
}

#[test]
fn odd_places_draw_without_fault() {
    let Some(mut gpu) = gpu() else { return };
    let image = || {
        let samples = Samples::from(vec![200_u8; 12]);
        FrameImage::new(samples.as_ref(), FrameShape::new(3, 4, 1), Shown::Channel(0), None)
    };
    let lit = |gpu: &mut blitz_gpu::OffscreenGpu, dst: [f32; 4]| {
        let view = view(image(), dst, (0.0, 200.0), Reduce::Mean);
        draw(gpu, [16, 16], 1.0, &[(view, None)]).iter().filter(|p| p[0] == 255).count()
    };
    assert_eq!(lit(&mut gpu, [3.1, 3.1, 3.3, 3.3]), 1, "a speck keeps a pixel");
    assert_eq!(lit(&mut gpu, [-1e7, -1e7, 1e7, 1e7]), 256, "enlarged far beyond the screen");
    assert_eq!(lit(&mut gpu, [20.0, 20.0, 30.0, 30.0]), 0, "outside");
    assert_eq!(lit(&mut gpu, [5.0, 5.0, 5.0, 9.0]), 0, "no width");
    assert_eq!(lit(&mut gpu, [9.0, 5.0, 5.0, 9.0]), 0, "turned inside out");
    assert_eq!(lit(&mut gpu, [f32::NAN, 0.0, 5.0, 9.0]), 0, "no place");

    for shape in [FrameShape::new(0, 4, 1), FrameShape::new(4, 0, 1)] {
        let none = Samples::from(Vec::<u8>::new());
        let image = FrameImage::with_levels_above(none.as_ref(), shape, Shown::Channel(0), None, 0);
        let found = filled(&mut gpu, image, [8, 8], (0.0, 1.0), Reduce::Mean);
        assert!(found.iter().all(|p| *p == [0; 3]), "nothing to draw");
    }
}

#[test]
fn levels_in_any_order_and_degenerate_levels() {
    let Some(mut gpu) = gpu() else { return };
    let samples = Samples::from(vec![4.0_f32, 5.0, 5.5, 6.0]);
    let mut red = |levels| {
        let shape = FrameShape::new(1, 4, 1);
        let image = FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None);
        let found = filled(&mut gpu, image, [4, 1], levels, Reduce::Mean);
        found.iter().map(|p| p[0]).collect::<Vec<_>>()
    };
    assert_eq!(red((6.0, 4.0)), [0, 128, 191, 255]);
    assert_eq!(red((5.0, 5.0)), [0, 0, 128, 255], "taken as 5 to 6");
    assert_eq!(red((f64::NAN, f64::NAN)), [255; 4], "taken as 0 to 1");
    assert_eq!(red((5.0, 5.0 + 1e-12)), [0, 0, 255, 255], "closer than f32 can tell");
    assert_eq!(red((f64::NEG_INFINITY, f64::MAX)), [0; 4]);
}

#[test]
fn textures_are_kept_while_drawn_and_freed_afterwards() {
    let Some(mut gpu) = gpu() else { return };
    ImageRenderer::install(gpu.render_state());
    let shape = FrameShape::new(32, 32, 1);
    let make = |value: u16| {
        let samples = Samples::from(vec![value; shape.samples()]);
        FrameImage::new(samples.as_ref(), shape, Shown::Channel(0), None)
    };
    let frame = shape.samples() as u64 * 2;
    let still = view(make(7), [0.0, 0.0, 32.0, 32.0], (0.0, 255.0), Reduce::Mean);
    for level in 1..20 {
        let mut still = still.clone();
        still.levels.0 = -f64::from(level);
        draw(&mut gpu, [32, 32], 1.0, &[(still, None)]);
        assert_eq!(ImageRenderer::installed_bytes(gpu.render_state()), frame);
    }
    for value in 0..50 {
        let mut moving = view(make(value), [0.0, 0.0, 32.0, 32.0], (0.0, 255.0), Reduce::Mean);
        moving.id = egui::Id::unique("moving");
        let found = draw(&mut gpu, [32, 32], 1.0, &[(moving, None)]);
        assert!(found.iter().all(|p| p[0] == value as u8), "frame {value}");
        let held = ImageRenderer::installed_bytes(gpu.render_state());
        assert!(held <= 4 * frame, "{held} bytes held");
    }
    ImageRenderer::clear_installed(gpu.render_state());
    assert_eq!(ImageRenderer::installed_bytes(gpu.render_state()), 0);
    let found = draw(&mut gpu, [32, 32], 1.0, &[(still, None)]);
    assert!(found.iter().all(|p| p[0] == 7), "uploaded again");
}

#[test]
fn impossible_pictures_are_refused() {
    let Some(mut gpu) = gpu() else { return };
    for size in [[0, 5], [5, 0], [1 << 20, 5]] {
        let ctx = egui::Context::default();
        let output = ctx.run_ui(egui::RawInput::default(), |_| {});
        let error = gpu.draw(size, 1.0, &ctx, output).expect_err("refused");
        assert!(matches!(error, GpuError::Size { .. }), "{error}");
    }
}
