//! Histograms, ranges and effective bits.

use blitz_kernels::{EffectiveBits, Histogram};

use super::steps::Asked;
use super::stream::{Coverage, for_each_batch};
use super::{EvalContext, EvalError, Scope};
use crate::recipe::Recipe;
use rayon::prelude::*;

/// Distribution of the values of a frame, a sample of frames, or a stack.
#[derive(Clone, Debug)]
pub struct LevelsAnswer {
    /// Exact for 8- and 16-bit integers; bins of a stated width otherwise.
    pub histogram: Histogram,
    /// Effective bits, for integers.
    pub effective_bits: Option<EffectiveBits>,
    /// Frames that it rests on.
    pub coverage: Coverage,
    /// Whether only some of the frames were looked at.
    pub sampled: bool,
}

impl LevelsAnswer {
    /// Levels that leave `trim` percent of the values out on each side; 0 is the exact range.
    pub fn levels(&self, trim: f64) -> (f64, f64) {
        self.histogram.levels(trim)
    }

    pub(super) fn bytes(&self) -> u64 {
        // Counts of 65,536 values at most, or the bins of a range that grows.
        size_of_val(&self.histogram) as u64 + 8 * 65_536
    }
}

/// Frames whose histogram is taken by one task. Fixed, so that merging does not depend on the threads.
const BLOCK: usize = 4;

pub(super) fn levels(
    stack: &Asked,
    recipe: &Recipe,
    scope: Scope,
    cx: &EvalContext,
) -> Result<LevelsAnswer, EvalError> {
    let all = || recipe.select(stack, None);
    let (frames, sampled) = match scope {
        Scope::Frame(frame) => (vec![frame], false),
        Scope::Stack => (all(), false),
        Scope::Sample(most) => {
            let ready: Vec<usize> = all()
                .into_iter()
                .filter(|&f| matches!(stack.store.state(f), blitz_core::FrameState::Ready))
                .collect();
            let most = most.clamp(1, ready.len().max(1));
            let picked: Vec<usize> =
                (0..most.min(ready.len())).map(|i| ready[i * ready.len() / most]).collect();
            let sampled = picked.len() < ready.len();
            (picked, sampled)
        }
    };
    let layout = stack.store.layout();
    let mut total = Histogram::new(layout.dtype);
    cx.progress.start("histogram", frames.len() as u64);
    let coverage = for_each_batch(stack, &frames, cx, |guards| {
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
    let effective_bits = EffectiveBits::new(layout.dtype, total.or_bits());
    Ok(LevelsAnswer { histogram: total, effective_bits, coverage, sampled })
}
