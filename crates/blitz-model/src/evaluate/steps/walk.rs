//! Frames one after the other: windows move along at a cost that does not grow with their length.

use std::sync::Arc;

use blitz_core::{FrameGuard, ReadError};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{FrameSweep, Window};

use super::derived::{DerivedStore, Stage, guard, skip_failed, view, view_mut};

/// A walk along the timeline. Frames must be asked for in ascending order to be cheap; any other order gives
/// the same values.
pub(super) struct Walk<'a, W> {
    store: &'a DerivedStore<W>,
    sweeps: Vec<Option<Moving>>,
}

/// A window that moves.
struct Moving {
    sweep: FrameSweep,
    /// Place of the next frame to push.
    next: usize,
}

impl<'a, W: Working> Walk<'a, W> {
    pub(super) fn new(store: &'a DerivedStore<W>) -> Self {
        let sweeps = store.stages().iter().map(|_| None).collect();
        Self { store, sweeps }
    }

    /// The frame, as [`blitz_core::Store::pin`] gives it.
    pub(super) fn pin(&mut self, frame: usize) -> Result<FrameGuard, ReadError> {
        let place = self.store.place(frame)?;
        let value = self.value(self.store.stages().len(), place)?;
        Ok(guard(self.store, &value))
    }

    fn value(&mut self, depth: usize, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let Some(stage) = depth.checked_sub(1) else { return self.store.value(0, place) };
        match &self.store.stages()[stage] {
            Stage::Point(ops) => {
                // Stages below are walked, too; what they give is kept as this stage's input.
                if stage > 0 {
                    let input = self.value(stage, place)?;
                    self.store.keep(stage, place, &input);
                }
                let moving = match ops[0].window() {
                    Some((method, window)) => self.look(stage, place, method, window)?,
                    None => Vec::new(),
                };
                self.store.point(stage, place, ops, &moving)
            }
            Stage::Space(_) | Stage::Time(_) => self.store.value(depth, place),
        }
    }

    fn look(
        &mut self,
        stage: usize,
        place: usize,
        method: Method,
        window: Window,
    ) -> Result<Vec<W>, ReadError> {
        let places = self.store.window_places(window, place)?;
        let fits = self.sweeps[stage].as_ref().is_some_and(|m| m.next <= places.end && m.next > places.start);
        if !fits {
            let dtype = if stage == 0 { self.store.base().dtype() } else { W::DTYPE };
            let samples = self.store.samples();
            let sweep = FrameSweep::new(dtype, samples, window.len, method, 0, places.start);
            self.sweeps[stage] = Some(Moving { sweep, next: places.start });
        }
        let mut out = vec![W::ZERO; self.store.samples()];
        let Some(moving) = &mut self.sweeps[stage] else { return Ok(out) };
        while moving.next < places.end {
            if stage == 0 {
                let pinned = skip_failed(self.store.pin_source(moving.next))?;
                moving.sweep.push(pinned.as_ref().map(FrameGuard::samples));
                if let Some(guard) = pinned {
                    guard.verify()?;
                }
            } else {
                let value = skip_failed(self.store.input(stage, moving.next))?;
                moving.sweep.push(value.as_ref().map(|v| view(v)));
            }
            moving.next += 1;
        }
        moving.sweep.result(view_mut(&mut out));
        Ok(out)
    }
}
