//! Medians and percentiles of long windows: several that follow each other at once, see
//! [`blitz_kernels::windows::successive`].

use std::collections::VecDeque;
use std::mem::size_of;
use std::ops::Range;

use blitz_core::{Access, FrameGuard, ReadError, SamplesRef};
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{self, Window};

use super::derived::{DerivedStore, view_mut};

/// Frames from which on a window is long: below, keeping it sorted is quicker (measured for u8, u16 and f32).
const LONG: usize = 300;

/// Windows computed at once at most, or a quarter of a window's frames where that is more: more gain little.
const MOST: usize = 256;

/// Windows that follow each other before several are computed at once, and how many then: sorting a window costs as
/// much as counting through some forty.
const ALONE: usize = 8;
const FEWEST: usize = 64;

/// Bytes of pictures computed ahead.
const AHEAD_BYTES: usize = 128 << 20;

/// Windows that may be left out between one asked for and the next.
const LEAP: usize = 8;

/// Whether windows are computed several at once.
pub(super) fn is_long(method: Method, window: Window) -> bool {
    method.percentile().is_some() && window.len >= LONG
}

/// Windows that follow each other: the frames in them, and the pictures that were computed.
pub(super) struct Successive<W> {
    /// Where the first window begins.
    first: usize,
    inputs: VecDeque<Option<FrameGuard>>,
    pictures: Vec<Vec<W>>,
    /// How many windows that followed each other were computed alone.
    alone: usize,
}

impl<W> Default for Successive<W> {
    fn default() -> Self {
        Self { first: 0, inputs: VecDeque::new(), pictures: Vec::new(), alone: 0 }
    }
}

impl<W: Working> Successive<W> {
    /// The picture of the window that begins at `start`, if it was computed.
    pub(super) fn picture(&self, start: usize) -> Option<&[W]> {
        self.pictures.get(start.checked_sub(self.first)?).map(Vec::as_slice)
    }

    /// How many windows to compute from `places` on; `None` if not even the frames of one may be held. The first
    /// ones are computed alone, as nobody may want more, then ever more while windows follow each other.
    fn count(
        &mut self,
        store: &DerivedStore<W>,
        stage: usize,
        places: &Range<usize>,
        held: usize,
    ) -> Option<usize> {
        let frame = store.samples() * store.input_dtype(stage).size();
        let free = stage == 0 && store.base().store.access() != Access::Decoded;
        let holdable = if free { usize::MAX } else { held / frame.max(1) };
        let spare = holdable.checked_sub(places.len())?;
        let end = self.first + self.pictures.len();
        let follows = !self.pictures.is_empty() && (end..=end + LEAP).contains(&places.start);
        self.alone = if follows { self.alone } else { 0 };
        let count = match self.pictures.len() {
            many if follows && many > 1 => 8 * many,
            1 if follows && self.alone >= ALONE => FEWEST,
            _ => 1,
        };
        self.alone += usize::from(count == 1);
        let most =
            (AHEAD_BYTES / (store.samples() * size_of::<W>()).max(1)).clamp(1, MOST.max(places.len() / 4));
        Some(count.min(most).min(places.len()).min(spare + 1).min(store.places() - places.end + 1))
    }

    /// Computes the window of `places` and some that follow; `next` gives the input at a place, `None` where it
    /// failed. Nothing is computed if frames of more than `held` bytes would have to be held.
    pub(super) fn compute(
        &mut self,
        store: &DerivedStore<W>,
        stage: usize,
        places: &Range<usize>,
        method: Method,
        held: usize,
        mut next: impl FnMut(usize) -> Result<Option<FrameGuard>, ReadError>,
    ) -> Result<(), ReadError> {
        let count = self.count(store, stage, places, held);
        self.pictures.clear();
        let Some(count) = count else { return Ok(()) };
        let known = self.first..self.first + self.inputs.len();
        if known.contains(&places.start) {
            self.inputs.drain(..places.start - known.start);
        } else {
            self.inputs.clear();
        }
        self.first = places.start;
        for place in places.start + self.inputs.len()..places.end + count - 1 {
            self.inputs.push_back(next(place)?);
        }
        let frames: Vec<Option<SamplesRef<'_>>> =
            self.inputs.iter().map(|input| input.as_ref().map(FrameGuard::samples)).collect();
        let mut pictures = vec![vec![W::ZERO; store.samples()]; count];
        if let [picture] = pictures.as_mut_slice() {
            windows::direct(&frames[..places.len()], self.first, method, 0, view_mut(picture));
        } else {
            let frames = &frames[..places.len() + count - 1];
            windows::successive(frames, places.len(), method, &mut pictures, store.cancel());
        }
        self.inputs.iter().flatten().try_for_each(FrameGuard::verify)?;
        store.check_cancelled(places.start)?;
        self.pictures = pictures;
        Ok(())
    }
}
