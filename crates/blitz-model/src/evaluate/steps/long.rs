//! Long windows anywhere in a recording: joined from accumulators of blocks of frames.
//!
//! A window of w frames by itself would read w frames. Blocks of about √w frames are accumulated as windows
//! need them and kept for the next ones, so that a frame beside one shown before costs √w frames and √w joins,
//! and one far away reads its window once. Which blocks a window is made of depends on its length and the
//! frame's size alone, so its bits depend neither on what was asked before nor on the memory.
//!
//! Integers have the bits of every other path. Floats differ from a sweep by at most one unit in the last
//! place, see [`blitz_kernels::windows`]. Minimum and maximum are exact. A median cannot be joined: it reads its
//! window, O(w) per sample.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use blitz_core::{Access, FrameGuard, ReadError, SamplesRef};
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{Blocks, Window};
use blitz_kernels::{Method, Reduced, Reducer, Wanted};

use super::derived::{DerivedStore, skip_failed};
use crate::in_turn::in_turn;

/// Frames from which on a window is joined from blocks: below, reading its frames is as quick.
const LONG: usize = 64;

/// Bytes that the blocks of one window may have; beyond, blocks hold more frames.
const WINDOW_BYTES: usize = 256 << 20;

/// Bytes of frames that meet the accumulators together.
const BATCH_BYTES: usize = 16 << 20;

/// Whether a window is joined from blocks.
pub(super) fn is_long(method: Method, window: Window) -> bool {
    method.is_moment() && window.len >= LONG
}

impl<W: Working> DerivedStore<W> {
    /// The statistic of a stage's input over `places`, by blocks.
    pub(super) fn look_long(
        &self,
        stage: usize,
        places: Range<usize>,
        method: Method,
    ) -> Result<Vec<W>, ReadError> {
        let (dtype, samples, wanted) =
            (self.input_dtype(stage), self.samples(), Wanted::for_methods(&[method]));
        let size =
            Blocks::size_for(places.len(), Blocks::bytes_per_block(dtype, samples, wanted), WINDOW_BYTES);
        let key = {
            let Wanted { sum, squares, min, max } = wanted;
            let mut h = DefaultHasher::new();
            (self.input_key(stage), dtype, size, sum, squares, min, max).hash(&mut h);
            h.finish()
        };
        let mut blocks = self.references().blocks(key, || Blocks::new(dtype, samples, size, wanted));
        let missing = blocks.missing(places.clone());
        for &index in &missing {
            let block = self.gather(stage, blocks.gather(), blocks.frames_of(index))?;
            blocks.insert(index, block);
        }
        if !missing.is_empty() {
            self.references().keep_blocks(key, &blocks, usize::midpoint(places.start, places.end) / size);
        }
        let needed = blocks.frames_needed(places.clone());
        let pins = self.pins(stage, &needed)?;
        let mut beside = pins.iter();
        let reduced = blocks
            .window(places, method, 0, |_| beside.next().and_then(Option::as_ref).map(FrameGuard::samples));
        pins.iter().flatten().try_for_each(FrameGuard::verify)?;
        Ok(working(&reduced))
    }

    /// A block's accumulator with its frames.
    fn gather(&self, stage: usize, mut block: Reducer, frames: Range<usize>) -> Result<Reducer, ReadError> {
        let bytes = self.samples() * self.input_dtype(stage).size();
        let batch = (BATCH_BYTES / bytes.max(1)).clamp(rayon::current_num_threads(), 64);
        let frames: Vec<usize> = frames.collect();
        for batch in frames.chunks(batch) {
            let pins = self.pins(stage, batch)?;
            let samples: Vec<SamplesRef<'_>> = pins.iter().flatten().map(FrameGuard::samples).collect();
            block.push(&samples, None, 1);
            pins.iter().flatten().try_for_each(FrameGuard::verify)?;
        }
        Ok(block)
    }

    /// Inputs of a stage, `None` where they failed; decoded in parallel.
    fn pins(&self, stage: usize, places: &[usize]) -> Result<Vec<Option<FrameGuard>>, ReadError> {
        let pin = |place: usize| skip_failed(self.before(stage, place));
        if stage == 0 && self.base().store.access() == Access::Decoded {
            in_turn(places.len(), |i| pin(places[i])).into_iter().collect()
        } else {
            places.iter().map(|&place| pin(place)).collect()
        }
    }
}

/// A reduction as working values; NaN where no sample was left.
fn working<W: Working>(reduced: &Reduced) -> Vec<W> {
    let values = blitz_core::with_samples!(reduced.values.as_ref(), s => {
        s.iter().map(|v| W::from_f64(blitz_core::Sample::to_f64(*v))).collect::<Vec<W>>()
    });
    let missing = reduced.counts.missing(values.len());
    if missing == 0 {
        return values;
    }
    values.into_iter().enumerate().map(|(i, v)| if reduced.counts.at(i) == 0 { W::NAN } else { v }).collect()
}
