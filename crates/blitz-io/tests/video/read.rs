//! Frames as the library gives them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use blitz_core::{DType, Samples};
use blitz_io::{FrameSource, LumaRange, OpenOptions, VideoFrames, open};

use crate::make::read_number;

pub(crate) fn opened(path: &Path) -> Arc<dyn FrameSource> {
    open(&[path.to_path_buf()], &OpenOptions::default()).expect("the video opens")
}

/// What only videos have.
pub(crate) fn video(source: &dyn FrameSource) -> &dyn VideoFrames {
    source.video().expect("a video")
}

/// A buffer that held something before, each time something else: what decoding leaves in it makes frames differ.
fn used(dtype: DType, samples: usize) -> Samples {
    static LEFT: AtomicU8 = AtomicU8::new(0);
    let mut samples = Samples::zeros(dtype, samples);
    samples.as_mut().bytes().fill(LEFT.fetch_add(37, Ordering::Relaxed));
    samples
}

/// A frame's brightness codes, or why there are none.
pub(crate) fn luma(source: &dyn FrameSource, frame: usize) -> Result<Samples, String> {
    let info = source.info();
    match source.luma() {
        Some(luma) => {
            let mut out = used(luma.dtype, info.frame.pixels());
            let done = source.decode_luma(frame, LumaRange::Codes, out.as_mut());
            done.map(|()| out).map_err(|fault| fault.reason)
        }
        None => all(source, frame),
    }
}

/// A frame's samples as they are loaded, or why there are none.
pub(crate) fn all(source: &dyn FrameSource, frame: usize) -> Result<Samples, String> {
    let info = source.info();
    let mut out = used(info.dtype, info.frame.samples());
    source.decode(frame, out.as_mut()).map(|()| out).map_err(|fault| fault.reason)
}

/// The number that a frame shows.
pub(crate) fn number(source: &dyn FrameSource, samples: &Samples) -> Option<usize> {
    let depth = match samples.dtype() {
        DType::U8 => 8,
        _ => source.info().container_bits,
    };
    let info = source.info();
    let values = samples.as_ref().to_f64_vec();
    let channels = values.len() / info.frame.pixels();
    let first: Vec<f64> = values.into_iter().step_by(channels).collect();
    read_number(&first, info.frame.width, depth)
}

/// Every frame in order, from a source of its own.
pub(crate) fn in_order(path: &Path) -> Vec<Result<Samples, String>> {
    let source = opened(path);
    (0..source.info().frames).map(|frame| luma(source.as_ref(), frame)).collect()
}

/// Frame numbers in an order without pattern: the same on every run, each once.
pub(crate) fn shuffled(frames: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..frames).collect();
    let mut seed = 0x9e37_79b9_u64;
    for i in (1..frames).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (seed >> 33) as usize % (i + 1));
    }
    order
}
