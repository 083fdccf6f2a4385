//! Decoding of a folder of PNGs.

use blitz_core::{DType, FrameShape, Sample, Samples, Stack, with_dtype};
use blitz_io::{Overwrite, WriteSpec};
use blitz_model::load::Opened;
use blitz_model::recipe::Load;
use rayon::prelude::*;
use serde::Serialize;

use super::{Request, gigabytes, median_seconds};
use crate::failure::Failure;
use crate::shell::Shell;

const SHAPE: FrameShape = FrameShape::new(512, 512, 1);
const FRAMES: usize = 64;

#[derive(Debug, Serialize)]
pub(super) struct Row {
    dtype: &'static str,
    /// Bytes of samples per second.
    bytes_per_second: f64,
    frames_per_second: f64,
    runs: usize,
}

impl Row {
    pub(super) fn to_text(&self) -> String {
        let (rate, frames) = (gigabytes(self.bytes_per_second), self.frames_per_second);
        format!("{:<18} {:<12} {rate:>12} {frames:>7.0} frames/s", "512 × 512", self.dtype)
    }
}

/// Writes PNGs of a noisy ramp into a temporary folder and decodes them with all threads.
pub(super) fn measure(request: &Request, shell: &Shell) -> Result<Vec<Row>, Failure> {
    shell.progress.start("decoding PNG", 2);
    let mut rows = Vec::new();
    for dtype in [DType::U8, DType::U16] {
        let folder = tempfile::tempdir().map_err(|e| Failure::new(format!("a temporary folder: {e}")))?;
        let mut writer = WriteSpec::new(dtype, SHAPE, Some(FRAMES), Overwrite::Refuse)
            .create(&folder.path().join("%03d.png"))?;
        for frame in 0..FRAMES {
            writer.write_frame(with_dtype!(dtype, S => ramp::<S>(frame)).as_ref())?;
        }
        writer.finish()?;
        let path = folder.path().to_path_buf();
        let stack =
            Opened::open(std::slice::from_ref(&path), &Load::default(), None, &shell.cancel, &shell.progress)
                .map_err(|error| Failure::opening(&path, error))?
                .stream();
        let (seconds, runs) = median_seconds(request.runs, || decode(&stack));
        let frames_per_second = FRAMES as f64 / seconds;
        let bytes_per_second = frames_per_second * stack.store.layout().frame_bytes() as f64;
        rows.push(Row { dtype: dtype.name(), bytes_per_second, frames_per_second, runs });
        shell.progress.advance(1);
    }
    Ok(rows)
}

fn decode(stack: &Stack) {
    (0..FRAMES).into_par_iter().for_each(|frame| {
        let _ = std::hint::black_box(stack.store.pin(frame));
    });
}

/// A ramp with a few bits of noise: about what a camera gives.
fn ramp<S: Sample>(frame: usize) -> Samples
where
    Samples: From<Vec<S>>,
{
    let mut state = frame as u64 + 1;
    let value = |i: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (x, y) = (i % SHAPE.width, i / SHAPE.width);
        let level = (x + y) as f64 / (SHAPE.width + SHAPE.height) as f64;
        S::from_f64(level * 200.0 * if S::DTYPE == DType::U8 { 1.0 } else { 16.0 } + (state >> 61) as f64)
    };
    Samples::from((0..SHAPE.samples()).map(value).collect::<Vec<S>>())
}
