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

    /// Whether any frame of the window has a value, whose picture was computed.
    pub(super) fn any_there(&self, numbers: &Range<usize>) -> bool {
        let first = numbers.start - self.first;
        self.inputs.range(first..first + numbers.len()).any(Option::is_some)
    }

    /// How many windows to compute from `numbers` on; `None` if not even the frames of one may be held. The first
    /// ones are computed alone, as nobody may want more, then ever more while windows follow each other.
    fn count(
        &mut self,
        store: &DerivedStore<W>,
        stage: usize,
        numbers: &Range<usize>,
        window: Window,
        held: usize,
    ) -> Option<usize> {
        let frame = store.samples() * store.input_dtype(stage).size();
        let free = stage == 0 && store.base().store.access() != Access::Decoded;
        let holdable = if free { usize::MAX } else { held / frame.max(1) };
        let spare = holdable.checked_sub(numbers.len())?;
        let end = self.first + self.pictures.len();
        let follows = !self.pictures.is_empty() && (end..=end + LEAP).contains(&numbers.start);
        self.alone = if follows { self.alone } else { 0 };
        let count = match self.pictures.len() {
            many if follows && many > 1 => 8 * many,
            1 if follows && self.alone >= ALONE => FEWEST,
            _ => 1,
        };
        self.alone += usize::from(count == 1);
        let most =
            (AHEAD_BYTES / (store.samples() * size_of::<W>()).max(1)).clamp(1, MOST.max(numbers.len() / 4));
        Some(
            count
                .min(most)
                .min(numbers.len())
                .min(spare + 1)
                .min(store.numbers_end(stage, window) - numbers.end + 1),
        )
    }

    /// Computes the window of `numbers` and some that follow; `next` gives the input at a number, `None` where it
    /// failed. Nothing is computed if frames of more than `held` bytes would have to be held.
    pub(super) fn compute(
        &mut self,
        store: &DerivedStore<W>,
        stage: usize,
        numbers: &Range<usize>,
        (method, window): (Method, Window),
        held: usize,
        mut next: impl FnMut(usize) -> Result<Option<FrameGuard>, ReadError>,
    ) -> Result<(), ReadError> {
        let count = self.count(store, stage, numbers, window, held);
        self.pictures.clear();
        let Some(count) = count else { return Ok(()) };
        let known = self.first..self.first + self.inputs.len();
        if known.contains(&numbers.start) {
            self.inputs.drain(..numbers.start - known.start);
        } else {
            self.inputs.clear();
        }
        self.first = numbers.start;
        for place in numbers.start + self.inputs.len()..numbers.end + count - 1 {
            self.inputs.push_back(next(place)?);
        }
        let frames: Vec<Option<SamplesRef<'_>>> =
            self.inputs.iter().map(|input| input.as_ref().map(FrameGuard::samples)).collect();
        let mut pictures = vec![vec![W::ZERO; store.samples()]; count];
        if let [picture] = pictures.as_mut_slice() {
            let frames = &frames[..numbers.len()];
            windows::direct(frames, self.first, method, 0, view_mut(picture), store.cancel());
        } else {
            let frames = &frames[..numbers.len() + count - 1];
            windows::successive(frames, numbers.len(), method, &mut pictures, store.cancel());
        }
        self.inputs.iter().flatten().try_for_each(FrameGuard::verify)?;
        store.check_cancelled(0)?;
        self.pictures = pictures;
        Ok(())
    }
}
