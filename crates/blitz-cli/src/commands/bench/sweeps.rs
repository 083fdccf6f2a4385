//! Windows that move over a stack in memory: every frame's result is written.

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_kernels::Method;
use blitz_kernels::windows::Sweep;
use rayon::prelude::*;

/// Room for a result per frame, f32.
pub(super) struct Results {
    values: Vec<f32>,
    samples: usize,
}

impl Results {
    /// For `frames` frames. All pages are touched.
    pub(super) fn new(shape: FrameShape, frames: usize) -> Self {
        let samples = shape.samples();
        let mut values = vec![0.0; frames * samples];
        values.par_chunks_mut(samples.max(1)).for_each(|frame| frame.fill(1.0));
        Self { values, samples }
    }

    /// The last frame's.
    pub(super) fn last(&self) -> &[f32] {
        &self.values[self.values.len() - self.samples..]
    }

    /// Copies one half to the other; returns the bytes read and written.
    pub(super) fn copy(&mut self) -> usize {
        const CHUNK: usize = 1 << 18;
        let half = self.values.len() / 2;
        let (from, to) = self.values.split_at_mut(half);
        let pairs = to.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK));
        pairs.for_each(|(to, from)| to[..from.len()].copy_from_slice(from));
        2 * size_of_val(&self.values[..half])
    }
}

/// Walks a window of `window` frames over `frames`, in bands that are swept in parallel. Frames before the
/// first whole window get what is there of it.
pub(super) fn sweep(frames: &[SamplesRef<'_>], window: usize, method: Method, results: &mut Results) {
    let dtype = frames.first().map_or(DType::U8, |frame| frame.dtype());
    let band = Sweep::band(dtype, window, method);
    let mut bands: Vec<Vec<&mut [f32]>> = Vec::new();
    bands.resize_with(results.samples.div_ceil(band), Vec::new);
    for frame in results.values.chunks_exact_mut(results.samples.max(1)).take(frames.len()) {
        bands.iter_mut().zip(frame.chunks_mut(band)).for_each(|(band, part)| band.push(part));
    }
    bands.into_par_iter().enumerate().for_each(|(i, out)| {
        let len = out.first().map_or(0, |out| out.len());
        let mut sweep = Sweep::new(dtype, len, window, method, 0, 0);
        for (frame, out) in frames.iter().zip(out) {
            sweep.push(Some(frame.slice(i * band..i * band + len)));
            sweep.result(out.into());
        }
    });
}
