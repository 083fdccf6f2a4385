//! Reductions of derived frames without storing them: a block of samples goes through all steps and into
//! the accumulators while it lies in the cache.

use blitz_core::{DType, FrameGuard, SamplesRef, Stack};
use blitz_kernels::pipeline::{self, PointOp, Working};
use blitz_kernels::{Reducer, Wanted};
use rayon::prelude::*;

use super::derived::view;
use super::{Asked, FusedMoments};
use crate::evaluate::EvalContext;
use crate::evaluate::stream::for_each_batch;

/// Samples of a band: with a group of frames, in working values, they stay in a second-level cache.
const BAND: usize = 16 * 1024;

/// Frames whose band is computed before the accumulators are updated.
const GROUP: usize = 8;

/// Moments over `frames` of what `ops` make of the source.
pub(super) fn moments<W: Working>(
    base: &Stack,
    ops: &[PointOp<'_, W>],
    frames: &[usize],
    wanted: Wanted,
    cx: &EvalContext,
) -> FusedMoments {
    let layout = base.store.layout();
    let samples = layout.frame.samples();
    let dtype: DType = W::DTYPE;
    let mut bands: Vec<(Reducer, Vec<W>)> = (0..samples.div_ceil(BAND))
        .map(|b| {
            let len = BAND.min(samples - b * BAND);
            (Reducer::new(dtype, len, wanted), vec![W::ZERO; GROUP * len])
        })
        .collect();
    let coverage = for_each_batch(&Asked::source(base), frames, cx, |guards: &[FrameGuard]| {
        bands.par_iter_mut().enumerate().for_each(|(b, (reducer, scratch))| {
            let start = b * BAND;
            let len = reducer.samples();
            for group in guards.chunks(GROUP) {
                for (guard, out) in group.iter().zip(scratch.chunks_exact_mut(len)) {
                    pipeline::run(ops, guard.samples().slice(start..start + len), start, out);
                }
                let parts: Vec<SamplesRef<'_>> =
                    scratch.chunks_exact(len).take(group.len()).map(view).collect();
                reducer.push(&parts, None, 1);
            }
        });
        Ok(())
    })?;
    Ok((bands.into_iter().map(|(reducer, _)| reducer).collect(), coverage))
}
