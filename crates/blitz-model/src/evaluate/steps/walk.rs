//! Frames one after the other: windows move along at a cost that does not grow with their length.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use blitz_core::{Access, FrameGuard, ReadError};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{FrameExchange, FrameSweep, Sweep, Window};

use super::derived::{DerivedStore, Stage, guard, skip_failed, view_mut};
use super::successive::{self, Successive};

/// Bytes of frames that a window over decoded frames may hold. Beyond, integers read the frames that leave
/// again, and everything else is evaluated window by window.
const HELD_BYTES: usize = 512 << 20;

/// A walk along the timeline, through the first `depth` stages. Frames must be asked for in ascending order to
/// be cheap; any other order gives the same values.
pub(super) struct Walk<'a, W> {
    store: &'a DerivedStore<W>,
    depth: usize,
    moving: Option<Moving>,
    /// Long windows of medians.
    successive: Successive<W>,
    /// Walks through the stages below: one reads the frames themselves, one those that enter the window, which
    /// may be far from them.
    own: Option<Box<Walk<'a, W>>>,
    front: Option<Box<Walk<'a, W>>>,
}

/// A window that moves.
struct Moving {
    how: How,
    /// Places inside.
    places: Range<usize>,
}

enum How {
    /// Holds the window's frames.
    Held(FrameSweep),
    /// Reads the frames that leave again; knows which entered.
    Exchanged(FrameExchange, VecDeque<bool>),
}

impl<'a, W: Working> Walk<'a, W> {
    pub(super) fn new(store: &'a DerivedStore<W>) -> Self {
        Self::through(store, store.stages().len())
    }

    fn through(store: &'a DerivedStore<W>, depth: usize) -> Self {
        let below = || depth.checked_sub(1).filter(|below| *below > 0);
        Self {
            store,
            depth,
            moving: None,
            successive: Successive::default(),
            own: below().map(|below| Box::new(Self::through(store, below))),
            front: below().map(|below| Box::new(Self::through(store, below))),
        }
    }

    /// The frame, as [`blitz_core::Store::pin`] gives it.
    pub(super) fn pin(&mut self, frame: usize) -> Result<FrameGuard, ReadError> {
        let place = self.store.place(frame)?;
        let value = self.value(place)?;
        Ok(guard(self.store, &value))
    }

    fn value(&mut self, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let Some(stage) = self.depth.checked_sub(1) else { return self.store.value(0, place) };
        match &self.store.stages()[stage] {
            Stage::Point(ops) => {
                let moving = match ops[0].window() {
                    Some((method, window)) => self.look(stage, place, method, window)?,
                    None => Vec::new(),
                };
                ahead(self.store, stage, place, self.own.as_deref_mut())?;
                self.store.point(stage, place, ops, &moving)
            }
            Stage::Time(step) => match step.statistic() {
                Some((method, window)) => self.look(stage, place, method, window).map(Arc::new),
                None => self.store.value(self.depth, place),
            },
            Stage::Space(_) => {
                ahead(self.store, stage, place, self.own.as_deref_mut())?;
                self.store.value(self.depth, place)
            }
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
        if successive::is_long(method, window) {
            return self.look_ahead(stage, place, places, method, window);
        }
        let mut moving = match self.moving.take() {
            Some(m) if m.places.start <= places.start && m.places.end > places.start => m,
            _ => match self.how(stage, method, window, places.start) {
                Some(how) => Moving { how, places: places.start..places.start },
                None => return self.store.look(stage, place, method, window),
            },
        };
        while moving.places.end < places.end {
            self.step(stage, &mut moving, window.len)?;
        }
        let mut out = vec![W::ZERO; self.store.samples()];
        match &moving.how {
            How::Held(sweep) => sweep.result(view_mut(&mut out)),
            How::Exchanged(window, _) => window.result(view_mut(&mut out)),
        };
        self.moving = Some(moving);
        Ok(out)
    }

    /// The picture of a long window by those computed ahead.
    fn look_ahead(
        &mut self,
        stage: usize,
        place: usize,
        places: Range<usize>,
        method: Method,
        window: Window,
    ) -> Result<Vec<W>, ReadError> {
        if self.successive.picture(places.start).is_none() {
            let (store, mut front) = (self.store, self.front.as_deref_mut());
            let next = |place| {
                ahead(store, stage, place, front.as_deref_mut())?;
                skip_failed(store.before(stage, place))
            };
            self.successive.compute(store, stage, &places, method, HELD_BYTES, next)?;
        }
        match self.successive.picture(places.start) {
            Some(picture) => Ok(picture.to_vec()),
            // Its frames are too many to be held.
            None => self.store.look(stage, place, method, window),
        }
    }

    /// Takes the next frame in and the oldest out.
    fn step(&mut self, stage: usize, moving: &mut Moving, len: usize) -> Result<(), ReadError> {
        let next = moving.places.end;
        ahead(self.store, stage, next, self.front.as_deref_mut())?;
        let entering = skip_failed(self.store.before(stage, next))?;
        let leaving = next - moving.places.start == len;
        match &mut moving.how {
            How::Held(sweep) => sweep.push(entering.as_ref().map(FrameGuard::samples)),
            How::Exchanged(window, present) => {
                if leaving {
                    let frame = skip_failed(self.store.before(stage, moving.places.start))?;
                    if present.pop_front() != Some(frame.is_some()) {
                        let frame = self.store.base().source_frame(self.store.frame(moving.places.start));
                        return Err(ReadError::Lost(format!(
                            "frame {frame} could be read at one time and not at another; open the recording again"
                        )));
                    }
                    if let Some(frame) = frame {
                        window.leave(frame.samples());
                        frame.verify()?;
                    }
                }
                present.push_back(entering.is_some());
                if let Some(frame) = &entering {
                    window.enter(frame.samples());
                }
            }
        }
        entering.iter().try_for_each(FrameGuard::verify)?;
        moving.places = moving.places.start + usize::from(leaving)..next + 1;
        Ok(())
    }

    /// The cheapest way to move a window along; `None` if it is too long to be moved.
    fn how(&self, stage: usize, method: Method, window: Window, first: usize) -> Option<How> {
        let (dtype, samples) = (self.store.input_dtype(stage), self.store.samples());
        let bytes = Sweep::bytes(dtype, window.len, method).saturating_mul(samples);
        // The choice must not depend on the machine: floats have other last bits by blocks.
        let fits = bytes <= HELD_BYTES;
        let free = stage == 0 && self.store.base().store.access() != Access::Decoded;
        if (free || !fits)
            && let Some(exchange) = FrameExchange::new(dtype, samples, method, 0)
        {
            return Some(How::Exchanged(exchange, VecDeque::new()));
        }
        fits.then(|| How::Held(FrameSweep::new(dtype, samples, window.len, method, 0, first)))
    }
}

/// Has a stage's input computed by the walk through the stages below, unless it is still there.
fn ahead<W: Working>(
    store: &DerivedStore<W>,
    stage: usize,
    place: usize,
    below: Option<&mut Walk<'_, W>>,
) -> Result<(), ReadError> {
    let Some(below) = below.filter(|_| !store.has(stage, place)) else { return Ok(()) };
    match below.value(place) {
        Ok(value) => store.keep(stage, place, &value),
        Err(ReadError::Failed(_)) => {}
        Err(other) => return Err(other),
    }
    Ok(())
}
