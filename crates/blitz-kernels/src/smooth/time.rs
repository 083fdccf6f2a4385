//! Weighted means over time.

use blitz_core::{Cancel, Sample, SamplesMut, SamplesRef, typed};
use rayon::prelude::*;

use crate::simd::{self, Level, Work};

/// Samples that are summed together: accumulators stay in a first-level cache.
const CHUNK: usize = 1024;

/// The mean of frames with weights, sample by sample: temporal smoothing with the
/// [`gaussian_weights`](super::gaussian_weights) of the frames around one.
///
/// # Shape
/// `frames` are the same samples of each frame, `None` for frames that failed or lie beyond the recording;
/// `weights` are as many, positive. `out` has the samples' number, f32 or f64.
///
/// # Values
/// `Σ w·v / Σ w` over the samples that are there, in f64, in the order given, rounded once; NaN where none is
/// there.
///
/// # Cost
/// O(frames · samples), one pass over the source.
///
/// What `cancel` stops is left as it was.
///
/// # Panics
/// If there are not as many weights as frames, frames differ in type or size, or `out` is neither f32 nor
/// f64 or has another size.
pub fn weighted_mean(
    frames: &[Option<SamplesRef<'_>>],
    weights: &[f64],
    out: SamplesMut<'_>,
    cancel: &Cancel,
) {
    assert_eq!(frames.len(), weights.len(), "one weight per frame");
    let present: Vec<(SamplesRef<'_>, f64)> =
        frames.iter().zip(weights).filter_map(|(frame, &weight)| Some(((*frame)?, weight))).collect();
    for (frame, _) in &present {
        assert_eq!(frame.len(), out.len(), "frames have the size of the result");
    }
    match out {
        SamplesMut::F32(out) => dispatch(&present, out, cancel),
        SamplesMut::F64(out) => dispatch(&present, out, cancel),
        other => panic!("smoothed samples are f32 or f64, not {}", other.dtype()),
    }
}

fn dispatch<W: Sample>(frames: &[(SamplesRef<'_>, f64)], out: &mut [W], cancel: &Cancel) {
    let Some((first, _)) = frames.first() else {
        return out.fill(W::from_f64(f64::NAN));
    };
    blitz_core::with_dtype!(first.dtype(), S => {
        let frames: Vec<(&[S], f64)> = frames.iter().map(|&(f, w)| (typed::<S>(f), w)).collect();
        all(&frames, out, cancel);
    });
}

fn all<S: Sample, W: Sample>(frames: &[(&[S], f64)], out: &mut [W], cancel: &Cancel) {
    let level = Level::current();
    out.par_chunks_mut(CHUNK).with_min_len(8).enumerate().for_each(|(i, out)| {
        if cancel.is_cancelled() {
            return;
        }
        simd::run(level, Chunk { frames, start: i * CHUNK, out });
    });
}

struct Chunk<'a, S, W> {
    frames: &'a [(&'a [S], f64)],
    start: usize,
    out: &'a mut [W],
}

impl<S: Sample, W: Sample> Work for Chunk<'_, S, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let range = self.start..self.start + self.out.len();
        let mut sums = [0.0; CHUNK];
        let mut weights = [0.0; CHUNK];
        for &(frame, weight) in self.frames {
            let parts = frame[range.clone()].iter().zip(&mut sums).zip(&mut weights);
            for ((v, sum), total) in parts {
                let there = !v.is_nan();
                *sum += if there { weight * v.to_f64() } else { 0.0 };
                *total += if there { weight } else { 0.0 };
            }
        }
        for ((out, sum), total) in self.out.iter_mut().zip(&sums).zip(&weights) {
            *out = W::from_f64(if *total > 0.0 { sum / total } else { f64::NAN });
        }
    }
}
