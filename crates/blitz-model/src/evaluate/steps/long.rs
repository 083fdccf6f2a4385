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

use blitz_core::{Access, FrameGuard, Progress, ReadError, SamplesRef};
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{Blocks, Window};
use blitz_kernels::{Method, Reduced, Reducer, Wanted};

use super::derived::{DerivedStore, Stage, is_long, skip_failed};
use crate::in_turn::in_turn;

/// Bytes that the blocks of one window may have; beyond, blocks hold more frames.
const WINDOW_BYTES: usize = 256 << 20;

/// Bytes of frames that meet the accumulators together.
const BATCH_BYTES: usize = 16 << 20;

impl<W: Working> DerivedStore<W> {
    /// The statistic of a stage's input over the frames of a window that exist, by blocks, for the frame at `place`.
    pub(super) fn look_long(
        &self,
        stage: usize,
        place: usize,
        numbers: Range<usize>,
        method: Method,
        window: Window,
    ) -> Result<Vec<W>, ReadError> {
        let places = numbers.start.saturating_sub(window.len)..(numbers.end - window.len).min(self.places());
        let (key, mut blocks) = self.blocks(stage, window.len, method);
        let missing = blocks.missing(places.clone());
        for &index in &missing {
            let block = self.gather(stage, blocks.gather(index), blocks.frames_of(index))?;
            blocks.insert(index, block);
        }
        if !missing.is_empty() {
            let near = usize::midpoint(places.start, places.end) / blocks.size();
            self.references().keep_blocks(self.base().id, key, &blocks, near);
        }
        let needed = blocks.frames_needed(places.clone());
        let pins = self.pins(stage, &needed)?;
        let mut beside = pins.iter();
        let reduced = blocks.window(places.clone(), method, 0, |_| {
            beside.next().and_then(Option::as_ref).map(FrameGuard::samples)
        });
        pins.iter().flatten().try_for_each(FrameGuard::verify)?;
        self.check_cancelled(place)?;
        // Samples may all be missing in frames that are there.
        if reduced.counts.missing(reduced.values.len()) == reduced.values.len()
            && !self.any_there(stage, places)?
        {
            return Err(self.nothing_around(place));
        }
        Ok(working(&reduced))
    }

    /// Whether the input of a stage has a value at any of `places`.
    fn any_there(&self, stage: usize, places: Range<usize>) -> Result<bool, ReadError> {
        for place in places {
            if skip_failed(self.before(stage, place))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The blocks of windows of `len` frames that are kept, and what they are kept under.
    fn blocks(&self, stage: usize, len: usize, method: Method) -> (u64, Blocks) {
        let (dtype, samples, wanted) =
            (self.input_dtype(stage), self.samples(), Wanted::for_methods(&[method]));
        let size = Blocks::size_for(len, Blocks::bytes_per_block(dtype, samples, wanted), WINDOW_BYTES);
        let key = {
            let Wanted { sum, squares, min, max } = wanted;
            let mut h = DefaultHasher::new();
            (self.input_key(stage), dtype, size, sum, squares, min, max).hash(&mut h);
            h.finish()
        };
        (key, self.references().blocks(self.base().id, key, || Blocks::new(dtype, samples, size, wanted)))
    }

    /// Gathers blocks before windows need them, those near the window of the frame at `place` first, as many as
    /// may be kept.
    pub(super) fn gather_around(&self, place: usize, progress: &Progress) -> Result<(), ReadError> {
        for (stage, (method, window)) in
            self.stages().iter().map(moving).enumerate().filter_map(|(i, m)| Some((i, m?)))
        {
            if !is_long(method, window) {
                continue;
            }
            let (key, mut blocks) = self.blocks(stage, window.len, method);
            let near =
                window.range(place, 0, self.places()).map_or(place, |w| usize::midpoint(w.start, w.end));
            let near = near / blocks.size();
            let mut wanted: Vec<usize> = (0..self.places() / blocks.size()).collect();
            wanted.sort_by_key(|index| index.abs_diff(near));
            wanted.truncate(self.references().blocks_that_fit(&blocks));
            wanted.retain(|&index| !blocks.has(index));
            progress.start("windows ahead", wanted.len() as u64);
            for index in wanted {
                let block = self.gather(stage, blocks.gather(index), blocks.frames_of(index))?;
                blocks.insert(index, block);
                self.references().keep_blocks(self.base().id, key, &blocks, near);
                progress.advance(1);
            }
        }
        Ok(())
    }

    /// A block's accumulator with its frames.
    fn gather(&self, stage: usize, mut block: Reducer, frames: Range<usize>) -> Result<Reducer, ReadError> {
        let bytes = self.samples() * self.input_dtype(stage).size();
        let batch = (BATCH_BYTES / bytes.max(1)).clamp(rayon::current_num_threads(), 64);
        let frames: Vec<usize> = frames.collect();
        for batch in frames.chunks(batch) {
            let pins = self.pins(stage, batch)?;
            let (numbers, samples): (Vec<usize>, Vec<SamplesRef<'_>>) = batch
                .iter()
                .zip(&pins)
                .filter_map(|(&number, pin)| Some((number, pin.as_ref()?.samples())))
                .unzip();
            block.push_at(&numbers, &samples, None, 1);
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

/// The statistic and the window that a stage moves along with.
fn moving<W: Working>(stage: &Stage<W>) -> Option<(Method, Window)> {
    match stage {
        Stage::Point(ops) => ops[0].window(),
        Stage::Time(step) => step.statistic(),
        Stage::Space(_) => None,
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
