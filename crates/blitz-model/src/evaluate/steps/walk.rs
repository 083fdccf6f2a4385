//! Frames one after the other: windows move along at a cost that does not grow with their length.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use blitz_core::{Access, FrameGuard, ReadError};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{Direction, FrameExchange, FrameSweep, Sweep, Window};

use super::derived::{DerivedStore, Stage, guard, view_mut};
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
    below: Below<'a, W>,
    /// The place whose value was computed last.
    last: Option<usize>,
}

/// Walks through the stages below.
enum Below<'a, W> {
    /// There are none.
    Source,
    /// One gives the frames themselves and those that enter the window: what lies between them is kept.
    Shared(Box<Walk<'a, W>>),
    /// One for each, where what lies between them is too much to be kept.
    Apart { own: Box<Walk<'a, W>>, front: Box<Walk<'a, W>> },
}

impl<'a, W: Working> Below<'a, W> {
    fn of(store: &'a DerivedStore<W>, depth: usize) -> Self {
        let Some(below) = depth.checked_sub(1).filter(|below| *below > 0) else { return Self::Source };
        let walk = || Box::new(Walk::through(store, below));
        let (reads_itself, reads_window) = match &store.stages()[below] {
            Stage::Point(ops) => (true, ops[0].has_window()),
            Stage::Space(_) => (true, false),
            Stage::Time(_) => (false, true),
        };
        if reads_itself && reads_window && !store.keeps_window(below) {
            return Self::Apart { own: walk(), front: walk() };
        }
        Self::Shared(walk())
    }

    /// The one that reads the frames themselves.
    fn own(&mut self) -> Option<&mut Walk<'a, W>> {
        match self {
            Self::Source => None,
            Self::Shared(walk) | Self::Apart { own: walk, .. } => Some(walk),
        }
    }

    /// The one that reads those that enter the window.
    fn front(&mut self) -> Option<&mut Walk<'a, W>> {
        match self {
            Self::Source => None,
            Self::Shared(walk) | Self::Apart { front: walk, .. } => Some(walk),
        }
    }

    /// Number of walks, those further below included.
    #[cfg(test)]
    fn count(&self) -> usize {
        match self {
            Self::Source => 0,
            Self::Shared(walk) => 1 + walk.below.count(),
            Self::Apart { own, front } => 2 + own.below.count() + front.below.count(),
        }
    }
}

/// A window that moves.
struct Moving {
    how: How,
    /// Numbers inside, see [`super::around`].
    numbers: Range<usize>,
    /// Which of them have a value.
    present: VecDeque<bool>,
}

enum How {
    /// Holds the window's frames.
    Held(FrameSweep),
    /// Reads the frames that leave again.
    Exchanged(FrameExchange),
}

impl<'a, W: Working> Walk<'a, W> {
    pub(super) fn new(store: &'a DerivedStore<W>) -> Self {
        Self::through(store, store.stages().len())
    }

    fn through(store: &'a DerivedStore<W>, depth: usize) -> Self {
        Self {
            store,
            depth,
            moving: None,
            successive: Successive::default(),
            below: Below::of(store, depth),
            last: None,
        }
    }

    /// The frame, as [`blitz_core::Store::pin`] gives it.
    pub(super) fn pin(&mut self, frame: usize) -> Result<FrameGuard, ReadError> {
        let place = self.store.place(frame)?;
        let value = self.value(place)?;
        Ok(guard(self.store, &value))
    }

    fn value(&mut self, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let value = self.made(place);
        self.last = Some(place);
        value
    }

    fn made(&mut self, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let Some(stage) = self.depth.checked_sub(1) else { return self.store.value(0, place) };
        match &self.store.stages()[stage] {
            Stage::Point(ops) => {
                let moving = match ops[0].window() {
                    Some((method, window)) => {
                        // Whichever comes first in time is computed first.
                        if window.direction == Direction::Forward {
                            ahead(self.store, stage, place, self.below.own())?;
                        }
                        self.look(stage, place, method, window)
                            .map_err(|error| self.store.or_failed(stage, place, error))?
                    }
                    None => Vec::new(),
                };
                ahead(self.store, stage, place, self.below.own())?;
                self.store.point(stage, place, ops, &moving)
            }
            Stage::Time(step) => match step.statistic() {
                Some((method, window)) => self.look(stage, place, method, window).map(Arc::new),
                None => self.store.value(self.depth, place),
            },
            Stage::Space(_) => {
                ahead(self.store, stage, place, self.below.own())?;
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
        let numbers = self.store.window_numbers(stage, window, place)?;
        if successive::is_long(method, window) {
            return self.look_ahead(stage, place, numbers, method, window);
        }
        let mut moving = match self.moving.take() {
            Some(m) if m.numbers.start <= numbers.start && m.numbers.end > numbers.start => m,
            _ => match self.how(stage, method, window, numbers.start) {
                Some(how) => Moving {
                    how,
                    numbers: numbers.start..numbers.start,
                    present: VecDeque::with_capacity(window.len),
                },
                None => return self.store.look(stage, place, method, window),
            },
        };
        while moving.numbers.end < numbers.end {
            self.step(stage, &mut moving, window)?;
        }
        let found = moving.present.contains(&true).then(|| {
            let mut out = vec![W::ZERO; self.store.samples()];
            match &moving.how {
                How::Held(sweep) => sweep.result(view_mut(&mut out)),
                How::Exchanged(window) => window.result(view_mut(&mut out)),
            };
            out
        });
        self.moving = Some(moving);
        found.ok_or_else(|| self.store.nothing_around(place))
    }

    /// The picture of a long window by those computed ahead.
    fn look_ahead(
        &mut self,
        stage: usize,
        place: usize,
        numbers: Range<usize>,
        method: Method,
        window: Window,
    ) -> Result<Vec<W>, ReadError> {
        if self.successive.picture(numbers.start).is_none() {
            let (store, mut front) = (self.store, self.below.front());
            let next = |number| {
                if let Some(place) = store.numbered(window, number) {
                    ahead(store, stage, place, front.as_deref_mut())?;
                }
                store.before_numbered(stage, window, number)
            };
            self.successive.compute(store, stage, &numbers, (method, window), HELD_BYTES, next)?;
        }
        match self.successive.picture(numbers.start) {
            Some(_) if !self.successive.any_there(&numbers) => Err(self.store.nothing_around(place)),
            Some(picture) => Ok(picture.to_vec()),
            // Its frames are too many to be held.
            None => self.store.look(stage, place, method, window),
        }
    }

    /// Takes the next frame in and the oldest out.
    fn step(&mut self, stage: usize, moving: &mut Moving, window: Window) -> Result<(), ReadError> {
        let next = moving.numbers.end;
        if let Some(place) = self.store.numbered(window, next) {
            ahead(self.store, stage, place, self.below.front())?;
        }
        let entering = self.store.before_numbered(stage, window, next)?;
        let leaving = next - moving.numbers.start == window.len;
        let left = if leaving { moving.present.pop_front() } else { None };
        match &mut moving.how {
            How::Held(sweep) => sweep.push(entering.as_ref().map(FrameGuard::samples)),
            How::Exchanged(exchange) => {
                if let Some(was_there) = left {
                    let frame = self.store.before_numbered(stage, window, moving.numbers.start)?;
                    if was_there != frame.is_some() {
                        let place = self.store.numbered(window, moving.numbers.start).unwrap_or_default();
                        let frame = self.store.base().source_frame(self.store.frame(place));
                        return Err(ReadError::Lost(format!(
                            "frame {frame} could be read at one time and not at another; open the recording again"
                        )));
                    }
                    if let Some(frame) = frame {
                        exchange.leave(frame.samples());
                        frame.verify()?;
                    }
                }
                if let Some(frame) = &entering {
                    exchange.enter(frame.samples());
                }
            }
        }
        moving.present.push_back(entering.is_some());
        entering.iter().try_for_each(FrameGuard::verify)?;
        moving.numbers = moving.numbers.start + usize::from(leaving)..next + 1;
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
            return Some(How::Exchanged(exchange));
        }
        fits.then(|| How::Held(FrameSweep::new(dtype, samples, window.len, method, 0, first)))
    }
}

#[cfg(test)]
impl<W: Working> Walk<'_, W> {
    /// Number of walks that it is made of.
    pub(super) fn count(&self) -> usize {
        1 + self.below.count()
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
    // Those in between are wanted soon, and going back costs a whole window.
    let between = below.last.filter(|last| *last < place && place - last <= store.kept(stage));
    for place in between.map_or(place, |last| last + 1)..=place {
        match below.value(place) {
            Ok(value) => store.keep(stage, place, &value),
            Err(ReadError::Failed(_) | ReadError::NoWindow(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}
