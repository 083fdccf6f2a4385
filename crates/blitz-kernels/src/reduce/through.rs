//! Moments of what operations make of frames, without a frame of working values.

use blitz_core::SamplesRef;
use rayon::prelude::*;

use super::band::Band;
use super::reducer::{Bands, Push, Reducer};
use crate::group::GROUP;
use crate::mask::Cover;
use crate::pipeline::{self, Made, Pass, PointOp, Working};
use crate::simd::{self, Level};

/// Samples per band of a reducer that operations push through: the results of [`GROUP`] frames, and the
/// accumulators, stay in the cache next to the processor.
const BAND: usize = 2048;

/// Bands per task: each frame is read as a stream of this many bands.
const TASK: usize = 16;

impl Reducer {
    /// A reducer for [`Reducer::push_through`] that has seen no frame. It differs from [`Reducer::new`] in
    /// the size of its bands, hence in speed; the results are the same.
    pub fn for_operations<W: Working>(samples: usize, wanted: super::Wanted) -> Self {
        Self::with_bands(W::DTYPE, samples, wanted, BAND)
    }

    /// Adds what `ops` make of the next frames, in order. Results that are NaN are missing. Returns what divisions
    /// made.
    ///
    /// # Cost
    /// Reads the frames once and stores none: eight frames' results at a time lie in the first-level cache.
    ///
    /// # Panics
    /// If the reducer gathers another type than `W`, a frame has another size, references or masks of the
    /// operations do not cover the frame, or the frames' result type is wider than `W`.
    pub fn push_through<W: Working>(&mut self, ops: &[PointOp<'_, W>], frames: &[SamplesRef<'_>]) -> Made {
        let next = self.next_frame();
        let numbers: Vec<usize> = (next..next + frames.len()).collect();
        self.push_through_at(ops, &numbers, frames)
    }

    /// As [`Reducer::push_through`] for frames with the numbers `numbers`, see [`Reducer::push_at`].
    ///
    /// # Panics
    /// As [`Reducer::push_through`] and [`Reducer::push_at`].
    pub fn push_through_at<W: Working>(
        &mut self,
        ops: &[PointOp<'_, W>],
        numbers: &[usize],
        frames: &[SamplesRef<'_>],
    ) -> Made {
        for &frame in frames {
            assert_eq!(frame.len(), self.samples, "frames have the reducer's size");
            pipeline::check(ops, frame, 0);
        }
        assert_eq!(W::DTYPE, self.dtype(), "the reducer gathers the working type");
        let blocks = self.blocks(numbers, frames.len());
        let band = self.band;
        match &mut self.bands {
            Bands::F32(bands) => through(bands, band, ops, frames, &blocks),
            Bands::F64(bands) => through(bands, band, ops, frames, &blocks),
            // The working types are f32 and f64, and the reducer has one of them.
            _ => Made::default(),
        }
    }
}

/// `B` has samples of type `W`.
fn through<B: Band, W: Working>(
    bands: &mut [B],
    len: usize,
    ops: &[PointOp<'_, W>],
    frames: &[SamplesRef<'_>],
    blocks: &[(u64, usize)],
) -> Made {
    // Frames that go through together belong to one block.
    let mut groups: Vec<(u64, &[SamplesRef<'_>])> = Vec::new();
    let mut rest = frames;
    for &(block, count) in blocks {
        let (now, later) = rest.split_at(count);
        groups.extend(now.chunks(GROUP).map(|group| (block, group)));
        rest = later;
    }
    let level = Level::current();
    let task = |(task, bands): (usize, &mut [B])| {
        let mut made = Made::default();
        let end = task * TASK * len + bands.iter().map(B::samples).sum::<usize>();
        let mut scratch = vec![W::ZERO; GROUP * len];
        let covers: Vec<Cover> = bands.iter().map(|band| Cover::new(None, 1, 0..band.samples())).collect();
        for &(block, frames) in &groups {
            for (i, (band, cover)) in bands.iter_mut().zip(&covers).enumerate() {
                let (start, samples) = ((task * TASK + i) * len, band.samples());
                let next = start + samples..(start + 2 * samples).min(end);
                for (frame, values) in frames.iter().zip(scratch.chunks_exact_mut(samples)) {
                    // A frame's part is too short for the processor to see a stream in it.
                    simd::prefetch(frame.slice(next.clone()).bytes());
                    let source = Some(frame.slice(start..start + samples));
                    made += simd::run(level, Pass { ops, source, at: start, values });
                }
                let mut lines: [&[B::Sample]; GROUP] = [&[]; GROUP];
                for (line, values) in lines.iter_mut().zip(scratch.chunks_exact(samples)) {
                    *line = bytemuck::cast_slice(values);
                }
                let (blocks, frames) = (&[(block, frames.len())], &lines[..frames.len()]);
                simd::run(level, Push { band, frames, blocks, cover });
            }
        }
        made
    };
    bands.par_chunks_mut(TASK).enumerate().map(task).reduce(Made::default, |a, b| a + b)
}
