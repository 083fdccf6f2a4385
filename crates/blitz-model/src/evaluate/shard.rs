//! A part of a reduction, for reductions that are shared out among processes or machines.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::str::FromStr;

use blitz_core::{FrameGuard, FrameShape, ParseError, SamplesRef};
use blitz_kernels::{BLOCK, Histogram, Histories, Reducer, Wanted};
use rayon::prelude::*;

use super::reduce::{Reduce, gather};
use super::stream::for_each_batch;
use super::{Answer, Basis, Coverage, EvalError, Input, Question};

/// One of `count` parts of about the same number of frames, `index` from 1 to `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Its share of `blocks`, in blocks. All shards together have each block once; some have none where there are
    /// fewer blocks than shards.
    fn of(self, blocks: Range<usize>) -> Range<usize> {
        let border = |i: usize| {
            let along = blocks.len() as u128 * i as u128 / self.count as u128;
            blocks.start + along as usize
        };
        border(self.index - 1)..border(self.index)
    }
}

/// `2/8`: the second of eight.
impl FromStr for Shard {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| (1..=1_000_000).contains(n));
        let parts = text.split_once('/').and_then(|(a, b)| Some((number(a)?, number(b)?)));
        match parts {
            Some((index, count)) if index <= count => Ok(Self { index, count }),
            _ => Err(ParseError::new(text, "a shard K/N with K from 1 to N, such as 2/8")),
        }
    }
}

/// A shard of a reduction. Its borders are multiples of [`BLOCK`] stack frames, so that floats are added up in the
/// order in which the whole reduction adds them.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceShard {
    /// What the whole reduction is.
    pub reduce: Reduce,
    /// Which part of it is asked for.
    pub shard: Shard,
    /// Whether the distribution of the values is wanted, too.
    pub histogram: bool,
}

/// What a shard gathered.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The stack frames of the whole reduction, rounded to blocks.
    pub selection: Range<usize>,
    /// Those of the shard; empty where there are fewer blocks than shards.
    pub covered: Range<usize>,
    /// Shape of a frame before geometry.
    pub shape: FrameShape,
    /// For mean, sum, minimum, maximum and standard deviation; `None` without such a method, or without a frame.
    pub moments: Option<Reducer>,
    /// For median and percentiles, as large as the frames; `None` without such a method.
    pub histories: Option<Histories>,
    /// Distribution of all values, if it was wanted.
    pub histogram: Option<Histogram>,
    /// Frames that it rests on.
    pub coverage: Coverage,
}

impl Question for ReduceShard {
    type Answer = Gathered;

    fn title(&self) -> String {
        format!("shard {} of {} of {}", self.shard.index, self.shard.count, self.reduce.title())
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        self.reduce.hash(state);
        (self.shard, self.histogram).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    /// Steps are computed as for the whole recording: windows look at frames beyond the shard, references are
    /// those of the recipe.
    fn answer(&self, input: &Input<'_>) -> Result<Gathered, EvalError> {
        let Input { stack, recipe, cx, .. } = *input;
        let frames = recipe.select(stack, self.reduce.range);
        let (Some(&first), Some(&last)) = (frames.first(), frames.last()) else {
            return Err(EvalError::Empty("the range selects no frame".into()));
        };
        let blocks = first / BLOCK..last / BLOCK + 1;
        let whole = |blocks: Range<usize>| blocks.start * BLOCK..blocks.end * BLOCK;
        let (selection, covered) = (whole(blocks.clone()), whole(self.shard.of(blocks)));
        let frames: Vec<usize> = frames.into_iter().filter(|frame| covered.contains(frame)).collect();
        let layout = stack.store.layout();
        let methods = &self.reduce.methods;
        let (mut moments, mut histories) = (None, None);
        let mut coverage = Coverage::default();
        if methods.iter().any(|method| method.is_moment()) && !frames.is_empty() {
            cx.progress.start("reducing", frames.len() as u64);
            let (reducer, covers) = gather(stack, &frames, Wanted::for_methods(methods), cx)?;
            (moments, coverage) = (Some(reducer), covers);
        }
        if !methods.iter().all(|method| method.is_moment()) {
            cx.progress.start("gathering", frames.len() as u64);
            let mut all = Histories::new(layout.dtype, layout.frame.samples());
            coverage = for_each_batch(stack, &frames, cx, |numbers, guards: &[FrameGuard]| {
                let samples = guards.iter().map(FrameGuard::samples);
                numbers.iter().zip(samples).for_each(|(&n, frame): (_, SamplesRef<'_>)| all.push(n, frame));
                Ok(())
            })?;
            histories = Some(all);
        }
        let mut histogram = self.histogram.then(|| Histogram::new(layout.dtype));
        if let Some(all) = &mut histogram {
            cx.progress.start("histogram", frames.len() as u64);
            coverage = for_each_batch(stack, &frames, cx, |_, guards: &[FrameGuard]| {
                let counted = guards.par_iter().map(|guard| {
                    let mut one = Histogram::new(layout.dtype);
                    one.push(guard.samples(), None, layout.frame.channels);
                    one
                });
                counted.collect::<Vec<_>>().iter().for_each(|one| all.merge(one));
                Ok(())
            })?;
        }
        Ok(Gathered { selection, covered, shape: layout.frame, moments, histories, histogram, coverage })
    }
}

impl Answer for Gathered {
    fn bytes(&self) -> u64 {
        let samples = self.shape.samples() as u64;
        // Sum, mean, squares, minimum, maximum and counts of one block or more.
        let moments = if self.moments.is_some() { 44 * samples } else { 0 };
        let histories =
            self.histories.as_ref().map_or(0, |h| h.len() as u64 * samples * h.dtype().size() as u64);
        moments + histories + self.histogram.as_ref().map_or(0, |_| 8 * 65_536)
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_have_every_block_once() {
        for count in 1..12 {
            for blocks in [0..0, 3..4, 0..7, 5..45] {
                let mut next = blocks.start;
                for index in 1..=count {
                    let share = Shard { index, count }.of(blocks.clone());
                    assert_eq!(share.start, next);
                    assert!(share.len() <= blocks.len().div_ceil(count));
                    next = share.end;
                }
                assert_eq!(next, blocks.end);
            }
        }
    }

    #[test]
    fn shards_are_read_from_text() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["0/3", "4/3", "1", "1/0", "a/b", "-1/2", "1/2/3", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
