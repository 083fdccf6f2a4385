//! Reductions of derived frames without storing them: a block of samples goes through all steps and into
//! the accumulators while it lies in the cache.

use blitz_core::{FrameGuard, SamplesRef, Stack};
use blitz_kernels::pipeline::{PointOp, Working};
use blitz_kernels::{Reducer, Wanted};

use crate::evaluate::EvalContext;
use crate::evaluate::asked::{Asked, FusedMoments};
use crate::evaluate::stream::{first_of_block, for_each_batch};

/// Moments over `frames` of what `ops` make of the source.
pub(super) fn moments<W: Working>(
    base: &Stack,
    ops: &[PointOp<'_, W>],
    frames: &[usize],
    wanted: Wanted,
    cx: &EvalContext,
) -> FusedMoments {
    let mut reducer = Reducer::for_operations::<W>(base.store.layout().frame.samples(), wanted)
        .starting_at(first_of_block(frames));
    let coverage = for_each_batch(&Asked::source(base), frames, cx, |numbers, guards| {
        let samples: Vec<SamplesRef<'_>> = guards.iter().map(FrameGuard::samples).collect();
        reducer.push_through_at(ops, numbers, &samples);
        Ok(())
    })?;
    Ok((reducer, coverage))
}
