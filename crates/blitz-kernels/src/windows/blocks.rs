//! Accumulators of aligned blocks of frames, for windows anywhere in a recording.

use std::ops::Range;
use std::sync::Arc;

use blitz_core::{DType, SamplesRef};

use crate::reduce::{Method, Reduced, Reducer, Wanted};

/// One accumulator per `size` frames, aligned at multiples of `size`. A window is made of the blocks that lie
/// inside it and of the frames beside them, so a long window costs little more than its two ends.
///
/// Blocks are gathered in any order, in the background and as far as the budget allows; a window uses those
/// that are there and reads the frames of the others.
///
/// # Precision
/// Integers: exact, the bits of every other path. Floats: see [`Reducer`], joined in a tree of these blocks;
/// another order of additions than that of [`direct`](super::direct). Which blocks are there changes no bit.
///
/// # Memory
/// The state of a [`Reducer`] per block: for mean or sum 8 bytes per sample (12 for floats), that is
/// 8 / (size · bytes of a sample) of the stack. Clones share the blocks.
#[derive(Clone, Debug)]
pub struct Blocks {
    size: usize,
    dtype: DType,
    samples: usize,
    wanted: Wanted,
    gathered: Vec<Option<Arc<Reducer>>>,
}

impl Blocks {
    /// Blocks of `size` frames of `samples` samples, none gathered yet.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn new(dtype: DType, samples: usize, size: usize, wanted: Wanted) -> Self {
        assert!(size > 0, "a block has at least 1 frame");
        Self { size, dtype, samples, wanted, gathered: Vec::new() }
    }

    /// Frames per block for windows of `window` frames: near the square root of it, where reading the frames
    /// beside the blocks and joining the blocks cost about the same; more where the blocks of one window would
    /// take more than `bytes` at `block_bytes` each. Depends on nothing but the arguments.
    pub fn size_for(window: usize, block_bytes: usize, bytes: usize) -> usize {
        let mut size = window.isqrt().next_power_of_two().clamp(8, 256);
        while size < window && (window / size).saturating_mul(block_bytes) > bytes {
            size *= 2;
        }
        size
    }

    /// Frames per block.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The frames of block `index`.
    pub fn frames_of(&self, index: usize) -> Range<usize> {
        index * self.size..(index + 1) * self.size
    }

    /// Whether block `index` was gathered.
    pub fn has(&self, index: usize) -> bool {
        self.gathered.get(index).is_some_and(Option::is_some)
    }

    /// Bytes of one block.
    pub fn block_bytes(&self) -> usize {
        Self::bytes_per_block(self.dtype, self.samples, self.wanted)
    }

    /// Bytes of one block of frames of `samples` samples, at most.
    pub fn bytes_per_block(dtype: DType, samples: usize, wanted: Wanted) -> usize {
        let Wanted { sum, squares, min, max } = wanted;
        let (size, float) = (dtype.size(), dtype.is_float());
        let squares_size = if size == 4 || float { 16 } else { 8 };
        let sum_size = if sum || (squares && !float) { 8 } else { 0 };
        let per_sample = sum_size
            + if squares { squares_size } else { 0 }
            + size * (usize::from(min) + usize::from(max))
            + if float { 4 } else { 0 };
        per_sample * samples
    }

    /// Blocks that lie inside a window and are not gathered yet, ascending.
    pub fn missing(&self, window: Range<usize>) -> Vec<usize> {
        let inside = window.start.div_ceil(self.size)..window.end / self.size;
        inside.filter(|&index| !self.has(index)).collect()
    }

    /// How many blocks are gathered.
    pub fn gathered(&self) -> usize {
        self.gathered.iter().flatten().count()
    }

    /// Takes over the blocks that `other` has and this lacks.
    ///
    /// # Panics
    /// If the other's blocks are of other frames.
    pub fn adopt(&mut self, other: &Self) {
        assert_eq!(self.size, other.size, "blocks have the same size");
        for (index, block) in other.gathered.iter().enumerate() {
            if let Some(block) = block.as_ref().filter(|_| !self.has(index)) {
                self.insert(index, Arc::clone(block));
            }
        }
    }

    /// Drops blocks until at most `keep` are left: those that lie farthest from block `near` first.
    pub fn keep_near(&mut self, near: usize, keep: usize) {
        let mut there: Vec<usize> = (0..self.gathered.len()).filter(|&index| self.has(index)).collect();
        there.sort_by_key(|index| index.abs_diff(near));
        for index in there.into_iter().skip(keep) {
            self.remove(index);
        }
    }

    /// An accumulator to push the frames of block `index` to, by their numbers and without those that failed,
    /// before it is handed to [`Blocks::insert`]. It may be filled on another thread.
    pub fn gather(&self, index: usize) -> Reducer {
        self.accumulator().starting_at(index * self.size)
    }

    /// Its blocks are those of the windows.
    fn accumulator(&self) -> Reducer {
        Reducer::new(self.dtype, self.samples, self.wanted).in_blocks_of(self.size)
    }

    /// Takes the accumulator of block `index`, which has seen all its frames that can be read.
    ///
    /// # Panics
    /// If the accumulator was made for other frames.
    pub fn insert(&mut self, index: usize, block: impl Into<Arc<Reducer>>) {
        let block = block.into();
        let fits =
            block.dtype() == self.dtype && block.samples() == self.samples && block.wanted() == self.wanted;
        assert!(fits, "a block's accumulator comes from gather()");
        if self.gathered.len() <= index {
            self.gathered.resize(index + 1, None);
        }
        self.gathered[index] = Some(block);
    }

    /// Drops what was gathered of block `index`.
    pub fn remove(&mut self, index: usize) {
        if let Some(block) = self.gathered.get_mut(index) {
            *block = None;
        }
    }

    /// The frames that a window needs itself because no block covers them, ascending.
    pub fn frames_needed(&self, window: Range<usize>) -> Vec<usize> {
        let mut needed = Vec::new();
        self.walk(window, |part| {
            if let Part::Frames(frames) = part {
                needed.extend(frames);
            }
        });
        needed
    }

    /// The statistic of the frames `window`. `frame` gives those of [`Blocks::frames_needed`], in that order;
    /// `None` where one failed.
    ///
    /// # Panics
    /// If the method was not [`Wanted`] or a frame has another type or size.
    pub fn window<'a>(
        &self,
        window: Range<usize>,
        method: Method,
        ddof: u32,
        mut frame: impl FnMut(usize) -> Option<SamplesRef<'a>>,
    ) -> Reduced {
        let mut all = self.accumulator();
        self.walk(window, |part| match part {
            Part::Block(block) => all.merge(block),
            Part::Frames(frames) => {
                let (numbers, frames): (Vec<usize>, Vec<SamplesRef<'_>>) =
                    frames.filter_map(|number| Some((number, frame(number)?))).unzip();
                all.push_at(&numbers, &frames, None, 1);
            }
        });
        all.finish(method, ddof)
    }

    /// Takes a window apart, in the order of its frames.
    fn walk<'s>(&'s self, window: Range<usize>, mut each: impl FnMut(Part<'s>)) {
        let mut at = window.start;
        let mut single = at;
        while at < window.end {
            let index = at / self.size;
            let frames = self.frames_of(index);
            match self.gathered.get(index) {
                Some(Some(block)) if frames.start == at && frames.end <= window.end => {
                    if single < at {
                        each(Part::Frames(single..at));
                    }
                    each(Part::Block(block));
                    single = frames.end;
                }
                _ => {}
            }
            at = frames.end;
        }
        if single < window.end {
            each(Part::Frames(single..window.end));
        }
    }
}

enum Part<'a> {
    Block(&'a Reducer),
    Frames(Range<usize>),
}
