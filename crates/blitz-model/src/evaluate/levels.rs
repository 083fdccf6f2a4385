//! Histograms, ranges and effective bits.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::FrameState;
use blitz_kernels::{EffectiveBits, Histogram};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::stream::for_each_batch;
use super::{Answer, Basis, EvalError, Input, Question};

/// What a histogram is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// One stack frame.
    Frame(usize),
    /// At most this many readable frames, evenly spread: quick, and labelled as a sample.
    Sample(usize),
    /// Every frame of the cropped timeline.
    Stack,
}

/// Histogram, range, missing counts and effective bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Of what.
    pub scope: Scope,
}

/// Distribution of the values of a frame, a sample of frames, or a stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LevelsAnswer {
    /// Exact for 8- and 16-bit integers; bins of a stated width otherwise.
    pub histogram: Histogram,
    /// Effective bits, for integers.
    pub effective_bits: Option<EffectiveBits>,
    /// Frames that it rests on.
    pub coverage: Coverage,
    /// Whether only some of the frames were looked at.
    pub sampled: bool,
    /// Stack frames that were looked at, ascending: a later answer continues from them.
    frames: Arc<[usize]>,
}

impl LevelsAnswer {
    /// Levels that leave `trim` percent of the values out on each side; 0 is the exact range.
    pub fn levels(&self, trim: f64) -> (f64, f64) {
        self.histogram.levels(trim)
    }
}

impl Answer for LevelsAnswer {
    fn bytes(&self) -> u64 {
        // Counts of 65,536 values at most, or the bins of a range that grows.
        size_of_val(&self.histogram) as u64 + 8 * 65_536
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

/// Frames whose histogram is taken by one task. Fixed, so that merging does not depend on the threads.
const BLOCK: usize = 4;

impl Question for Levels {
    type Answer = LevelsAnswer;

    fn title(&self) -> String {
        match self.scope {
            Scope::Frame(_) => "histogram of a frame",
            Scope::Sample(_) => "histogram of some frames",
            Scope::Stack => "histogram of all frames",
        }
        .into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        self.scope.hash(&mut state);
    }

    fn basis(&self) -> Basis {
        match self.scope {
            Scope::Frame(frame) => Basis::Frame(frame),
            Scope::Sample(_) | Scope::Stack => Basis::Frames,
        }
    }

    /// A sample is shown until all frames were looked at.
    fn place(&self) -> u64 {
        match self.scope {
            Scope::Frame(_) => 0,
            Scope::Sample(_) => 1,
            Scope::Stack => 2,
        }
    }

    fn answer(&self, input: &Input<'_>) -> Result<LevelsAnswer, EvalError> {
        levels(input, self.scope)
    }
}

fn levels(input: &Input<'_>, scope: Scope) -> Result<LevelsAnswer, EvalError> {
    let Input { stack, recipe, cx, .. } = *input;
    let there = |f: &usize| !matches!(stack.store.state(*f), FrameState::Pending);
    let all = recipe.select(stack, None);
    let (asked, sampled) = match scope {
        Scope::Frame(frame) => (vec![frame], false),
        Scope::Sample(most) => {
            let ready: Vec<usize> =
                all.into_iter().filter(|&f| matches!(stack.store.state(f), FrameState::Ready)).collect();
            let most = most.clamp(1, ready.len().max(1));
            let picked: Vec<usize> =
                (0..most.min(ready.len())).map(|i| ready[i * ready.len() / most]).collect();
            let sampled = picked.len() < ready.len();
            (picked, sampled)
        }
        Scope::Stack => (all, false),
    };
    // What an earlier answer looked at is not read again; frames that were dropped since stay counted.
    let earlier = input.earlier::<LevelsAnswer>().filter(|e| scope == Scope::Stack && !e.sampled);
    let seen = |f: &usize| earlier.as_ref().is_some_and(|e| e.frames.binary_search(f).is_ok());
    let frames: Vec<usize> = asked.iter().copied().filter(|f| there(f) && !seen(f)).collect();
    let pending = asked.iter().filter(|f| !there(f)).count();
    let layout = stack.store.layout();
    let mut total = match &earlier {
        Some(earlier) => earlier.histogram.clone(),
        None => Histogram::new(layout.dtype),
    };
    cx.progress.start("histogram", frames.len() as u64);
    let mut coverage = for_each_batch(stack, &frames, cx, |_, guards| {
        let blocks: Vec<Histogram> = guards
            .par_chunks(BLOCK)
            .map(|block| {
                let mut histogram = Histogram::new(layout.dtype);
                for guard in block {
                    histogram.push(guard.samples(), None, layout.frame.channels);
                }
                histogram
            })
            .collect();
        for block in &blocks {
            total.merge(block);
        }
        Ok(())
    })?;
    coverage.pending += pending;
    let mut looked = frames;
    if let Some(earlier) = &earlier {
        coverage.used += earlier.coverage.used;
        coverage.name_failed(earlier.coverage.failed.iter().cloned());
        coverage.no_window += earlier.coverage.no_window;
        looked.extend_from_slice(&earlier.frames);
        looked.sort_unstable();
    }
    let effective_bits = EffectiveBits::new(layout.dtype, total.or_bits());
    Ok(LevelsAnswer { histogram: total, effective_bits, coverage, sampled, frames: looked.into() })
}
