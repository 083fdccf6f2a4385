//! Writes a recording to measure video export with: `cargo run --release -p blitz-io --example film -- OUT.npy [FRAMES]`.
//!
//! 1920 × 1080, u8: a still scene, a bright spot that moves, and a sensor's noise (standard deviation 2).

use std::path::Path;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{Overwrite, create_writer};
use blitz_testkit::Noise;

const SHAPE: FrameShape = FrameShape::new(1080, 1920, 1);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = args.next().ok_or("name the output: OUT.npy [FRAMES]")?;
    let frames: usize = args.next().map_or(Ok(600), |n| n.parse())?;
    let mut noise = Noise::new(1);
    // The sum of twelve numbers in 0..1 is nearly normal, with a standard deviation of 1.
    let normal: Vec<f32> =
        (0..1 << 16).map(|_| 2.0 * ((0..12).map(|_| noise.unit()).sum::<f64>() - 6.0) as f32).collect();
    let scene: Vec<f32> = (0..SHAPE.pixels())
        .map(|i| {
            let (x, y) = ((i % SHAPE.width) as f32, (i / SHAPE.width) as f32);
            80.0 + 40.0 * (x / 97.0).sin() + 30.0 * (y / 71.0).cos()
        })
        .collect();
    let mut writer = create_writer(Path::new(&out), DType::U8, SHAPE, Some(frames), Overwrite::Replace)?;
    let mut pixels = vec![0; SHAPE.pixels()];
    for frame in 0..frames {
        let (cx, cy) = (300.0 + 2.0 * frame as f32, 540.0 + 300.0 * (frame as f32 / 40.0).sin());
        for (y, line) in pixels.chunks_exact_mut(SHAPE.width).enumerate() {
            // Each row begins anywhere in the table of noise.
            let start = noise.below(normal.len());
            for (x, out) in line.iter_mut().enumerate() {
                let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                let near = dx * dx + dy * dy;
                let spot = if near < 40_000.0 { 100.0 * (-near / 4000.0).exp() } else { 0.0 };
                *out = (scene[y * SHAPE.width + x] + spot + normal[(start + x) % normal.len()]) as u8;
            }
        }
        writer.write_frame(SamplesRef::U8(&pixels))?;
    }
    Ok(writer.finish()?)
}
