//! Stacks in memory as the program holds them.

use std::sync::Arc;
use std::time::Instant;

use blitz_core::{
    DType, FrameGuard, FrameShape, Layout, Sample, SamplesMut, SamplesRef, Store, with_samples_mut,
};
use blitz_io::RamStore;
use rayon::prelude::*;

use super::PATIENCE;
use crate::failure::Failure;

/// Frames handed to a reducer at once, as evaluation does with frames in memory.
const BATCH_BYTES: usize = 256 << 20;

/// All frames of a store in memory, pinned.
pub(super) struct Held {
    pub(super) store: Arc<RamStore>,
    pub(super) shape: FrameShape,
    pub(super) dtype: DType,
    guards: Vec<FrameGuard>,
}

impl Held {
    /// Frames that `fill` writes, in parallel.
    pub(super) fn filled(
        dtype: DType,
        shape: FrameShape,
        frames: usize,
        fill: impl Fn(usize, SamplesMut<'_>) -> Result<(), Failure> + Sync,
    ) -> Result<Self, Failure> {
        let store = RamStore::new(Layout { frame: shape, dtype }, frames)
            .map_err(|error| Failure::new(error.to_string()))?;
        (0..frames).into_par_iter().try_for_each(|frame| {
            if let Some(mut writer) = store.writer(frame) {
                fill(frame, writer.samples())?;
                writer.publish();
            }
            Ok::<(), Failure>(())
        })?;
        store.seal();
        let guards = (0..frames)
            .map(|frame| store.pin(frame).map_err(|error| Failure::new(error.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { store, shape, dtype, guards })
    }

    /// Pseudo-random samples, 12 bit where the type has room, about `bytes` of them but at least one frame;
    /// one in `nan_every` is NaN.
    pub(super) fn noise(
        dtype: DType,
        shape: FrameShape,
        bytes: u64,
        nan_every: Option<usize>,
    ) -> Result<Self, Failure> {
        let frames = (bytes as usize / dtype.size() / shape.samples()).max(1);
        let most = dtype.full_scale().map_or(4095, |full| full.min(4095.0) as u64);
        Self::filled(dtype, shape, frames, |frame, samples| {
            let mut state = frame as u64 + 1;
            with_samples_mut!(samples, samples => for value in samples {
                // Numbers of a linear congruential generator (Knuth); the high bits are good enough here.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let draw = state >> 33;
                let missing = nan_every.is_some_and(|every| draw.is_multiple_of(every as u64));
                *value = Sample::from_f64(if missing { f64::NAN } else { (draw % (most + 1)) as f64 });
            });
            Ok(())
        })
    }

    pub(super) fn frames(&self) -> Vec<SamplesRef<'_>> {
        self.guards.iter().map(FrameGuard::samples).collect()
    }

    /// Frames per push.
    pub(super) fn batch(&self) -> usize {
        (BATCH_BYTES / (self.shape.samples() * self.dtype.size()).max(1)).clamp(16, 4096)
    }
}

/// Median seconds of `work` and of `yardstick`, which take turns so that both see the same machine, and the
/// number of runs, up to `runs`. The first of each warms up and does not count, unless patience ends with it.
pub(super) fn alternate(
    runs: usize,
    mut work: impl FnMut(),
    mut yardstick: impl FnMut(),
) -> (f64, f64, usize) {
    fn time(work: &mut impl FnMut()) -> f64 {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64().max(1e-9)
    }
    let first = (time(&mut work), time(&mut yardstick));
    let (mut times, mut spent) = (Vec::new(), first.0 + first.1);
    while times.len() < runs && spent < PATIENCE {
        let pair = (time(&mut work), time(&mut yardstick));
        spent += pair.0 + pair.1;
        times.push(pair);
    }
    if times.is_empty() {
        times.push(first);
    }
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut seconds: Vec<f64> = times.iter().map(of).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    (median(|t| t.0), median(|t| t.1), times.len())
}
