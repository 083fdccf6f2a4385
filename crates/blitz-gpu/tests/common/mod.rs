//! One device for all tests of a file, one egui pass per picture, and the arithmetic written naively.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use blitz_core::{FrameShape, Mask, Samples};
use blitz_gpu::{FrameImage, GpuError, ImageView, OffscreenGpu, Reduce, SpecialColors, paint};

/// The device, or `None` with a notice where this machine has none.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn gpu() -> Option<MutexGuard<'static, OffscreenGpu>> {
    static GPU: OnceLock<Result<Mutex<OffscreenGpu>, GpuError>> = OnceLock::new();
    match GPU.get_or_init(|| OffscreenGpu::new().map(Mutex::new)) {
        Ok(gpu) => Some(gpu.lock().unwrap_or_else(PoisonError::into_inner)),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// A table that tells every index apart by its red byte.
pub(crate) fn table() -> Arc<[[u8; 3]; 256]> {
    Arc::new(std::array::from_fn(|i| [i as u8, 255 - i as u8, (i as u8) ^ 0x55]))
}

/// A view of the whole image on `dst`, given in points.
pub(crate) fn view(image: FrameImage, dst: [f32; 4], levels: (f64, f64), reduce: Reduce) -> ImageView {
    ImageView {
        id: egui::Id::unique("image"),
        image: Arc::new(image),
        dst: egui::Rect::from_min_max(egui::pos2(dst[0], dst[1]), egui::pos2(dst[2], dst[3])),
        levels,
        table: table(),
        reduce,
        colors: SpecialColors::default(),
    }
}

/// Draws one egui pass that holds these views, each with its clip rectangle.
pub(crate) fn draw(
    gpu: &mut OffscreenGpu,
    size: [u32; 2],
    scale: f32,
    views: &[(ImageView, Option<egui::Rect>)],
) -> Vec<[u8; 3]> {
    let ctx = egui::Context::default();
    let screen = egui::vec2(size[0] as f32, size[1] as f32) / scale;
    let mut input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, screen)),
        ..Default::default()
    };
    if let Some(info) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
        info.native_pixels_per_point = Some(scale);
    }
    let output = ctx.run_ui(input, |ui| {
        for (view, clip) in views {
            let painter = ui.ctx().layer_painter(egui::LayerId::background());
            let painter = clip.map_or(painter.clone(), |clip| painter.with_clip_rect(clip));
            paint(&painter, view.clone());
        }
    });
    let pixels = gpu.draw(size, scale, &ctx, output).expect("drawn");
    assert_eq!(pixels.len(), (size[0] * size[1] * 4) as usize);
    pixels.chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect()
}

/// Draws one view that fills a picture of `size` pixels.
pub(crate) fn filled(
    gpu: &mut OffscreenGpu,
    image: FrameImage,
    size: [u32; 2],
    levels: (f64, f64),
    reduce: Reduce,
) -> Vec<[u8; 3]> {
    let view = view(image, [0.0, 0.0, size[0] as f32, size[1] as f32], levels, reduce);
    draw(gpu, size, 1.0, &[(view, None)])
}

/// Source pixels of target pixel `i`: nearest if not smaller, otherwise consecutive blocks.
fn block(source: usize, target: usize, i: usize) -> std::ops::Range<usize> {
    if target >= source {
        let x = (2 * i + 1) * source / (2 * target);
        x..x + 1
    } else {
        i * source / target..(i + 1) * source / target
    }
}

/// The picture as it has to be, computed one pixel after the other in f64 up to the last rounding.
pub(crate) fn expected(
    samples: &Samples,
    shape: FrameShape,
    mask: Option<&Mask>,
    size: [u32; 2],
    (lo, hi): (f64, f64),
    reduce: Reduce,
) -> Vec<[u8; 3]> {
    let table = table();
    let colors = SpecialColors::default();
    let (width, height) = (size[0] as usize, size[1] as usize);
    let mut picture = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let values: Vec<f64> = (0..shape.channels)
                .map(|c| {
                    let mut kept = Vec::new();
                    for sy in block(shape.height, height, y) {
                        for sx in block(shape.width, width, x) {
                            let pixel = sy * shape.width + sx;
                            let v = samples.as_ref().get_f64(pixel * shape.channels + c);
                            if !v.is_nan() && mask.is_none_or(|m| m.valid[pixel]) {
                                kept.push(v);
                            }
                        }
                    }
                    match reduce {
                        Reduce::Mean => kept.iter().sum::<f64>() / kept.len() as f64,
                        Reduce::Max => kept.into_iter().fold(f64::NAN, f64::max),
                    }
                })
                .collect();
            let index = |v: f64| {
                let u = (v as f32 - lo as f32) / (hi as f32 - lo as f32);
                (u.clamp(0.0, 1.0) * 255.0 + 0.5).floor() as usize
            };
            picture.push(if values.iter().any(|v| v.is_nan()) {
                colors.missing
            } else if values.contains(&f64::INFINITY) {
                colors.above
            } else if values.contains(&f64::NEG_INFINITY) {
                colors.below
            } else if let [r, g, b] = values[..] {
                [r, g, b].map(|v| index(v) as u8)
            } else {
                table[index(values[0])]
            });
        }
    }
    picture
}

/// Numbers that look random and are the same on every run.
pub(crate) fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 11
    }
}
