//! The frames around a frame that a stage looks at, and what became of those that failed.
//!
//! The frames of a window have *numbers*: their places in the timeline and the window's length, so that a window that
//! begins before the timeline has numbers, too. Sums of floats are cut at multiples of the length, and so lie where
//! they would by places.

use std::ops::Range;
use std::sync::Arc;

use blitz_core::{FrameFault, FrameGuard, FrameState, ReadError, Stack};
use blitz_kernels::pipeline::Working;
use blitz_kernels::windows::{Direction, Window};

use super::derived::{DerivedStore, Stage, skip_failed, stage_window};

impl<W: Working> DerivedStore<W> {
    /// The numbers of the frames in the window of the frame at `place`. Smoothing joins the frames that exist, so its
    /// windows may reach beyond the ends of the timeline; those of references must be whole.
    pub(super) fn window_numbers(
        &self,
        stage: usize,
        window: Window,
        place: usize,
    ) -> Result<Range<usize>, ReadError> {
        if let Stage::Time(_) = self.stages()[stage] {
            let first = place + window.len - window.len / 2;
            return Ok(first..first + window.len);
        }
        if let Some(places) = window.range(place, 0, self.places()) {
            return Ok(places.start + window.len..places.end + window.len);
        }
        let side = match window.direction {
            Direction::Backward => "before",
            Direction::Forward => "after",
            Direction::Centred => "around",
        };
        let lag = if window.lag > 0 { format!(" with a lag of {}", window.lag) } else { String::new() };
        let reason = format!("the timeline has no whole window of {} frames {side} it{lag}", window.len);
        Err(self.no_window(place, reason))
    }

    /// One past the last number that a stage's windows have.
    pub(super) fn numbers_end(&self, stage: usize, window: Window) -> usize {
        let beyond = if let Stage::Time(_) = self.stages()[stage] { window.len / 2 } else { 0 };
        self.places() + window.len + beyond
    }

    /// The place of a number; `None` beyond the ends of the timeline.
    pub(super) fn numbered(&self, window: Window, number: usize) -> Option<usize> {
        number.checked_sub(window.len).filter(|place| *place < self.places())
    }

    /// The input of a stage at a number, pinned; `None` beyond the ends, and where it has no value.
    pub(super) fn before_numbered(
        &self,
        stage: usize,
        window: Window,
        number: usize,
    ) -> Result<Option<FrameGuard>, ReadError> {
        match self.numbered(window, number) {
            Some(place) => skip_failed(self.before(stage, place)),
            None => Ok(None),
        }
    }

    /// That the frame at `place` has no value because of the frames around it.
    pub(super) fn no_window(&self, place: usize, reason: String) -> ReadError {
        let frame = self.base().source_frame(self.frame(place));
        ReadError::NoWindow(FrameFault { file: None, frame, reason })
    }

    /// As [`DerivedStore::no_window`], where no frame that it looks at has a value.
    pub(super) fn nothing_around(&self, place: usize) -> ReadError {
        self.no_window(place, "no frame of its window has a value".into())
    }

    /// Why the frame at `place` has no value whose window gave `error`: a frame that failed itself says that.
    pub(super) fn or_failed(&self, stage: usize, place: usize, error: ReadError) -> ReadError {
        match (error, self.before(stage, place)) {
            (ReadError::NoWindow(_), Err(failed @ ReadError::Failed(_))) => failed,
            (error, _) => error,
        }
    }

    /// Source frames that failed and that these stack frames are made of, in order, each once: whatever the steps made
    /// of them. Those that references rest on come with them.
    pub(super) fn faults_behind(&self, frames: &[usize]) -> Vec<Arc<FrameFault>> {
        let places = frames.iter().filter_map(|&frame| self.place(frame).ok());
        let mut faults = failed_near(self.base(), self.timeline(), reach(self.stages()), places);
        faults.extend(self.reference_faults().iter().cloned());
        faults.sort_by_key(|fault| fault.frame);
        faults.dedup_by_key(|fault| fault.frame);
        faults
    }
}

/// How many frames before and after a frame the stages look at.
pub(super) fn reach<W: Working>(stages: &[Stage<W>]) -> (usize, usize) {
    let of = |window: Window| match window.direction {
        Direction::Backward => (window.lag.saturating_add(window.len), 0),
        Direction::Forward => (0, window.lag.saturating_add(window.len)),
        Direction::Centred => (window.len / 2, window.len / 2),
    };
    stages.iter().filter_map(stage_window).map(of).fold((0, 0), |(before, after), (b, a): (usize, usize)| {
        (b.saturating_add(before), a.saturating_add(after))
    })
}

/// Failed source frames within `reach` of `places` of a timeline, in order.
pub(super) fn failed_near(
    base: &Stack,
    timeline: &[usize],
    reach: (usize, usize),
    places: impl Iterator<Item = usize>,
) -> Vec<Arc<FrameFault>> {
    // How many of the stretches around places begin and end where.
    let mut borders = vec![0_isize; timeline.len() + 1];
    for place in places {
        borders[place.saturating_sub(reach.0)] += 1;
        borders[place.saturating_add(reach.1).saturating_add(1).min(timeline.len())] -= 1;
    }
    let mut open = 0;
    let near = timeline.iter().zip(&borders).filter(|(_, border)| {
        open += **border;
        open > 0
    });
    near.filter_map(|(&frame, _)| match base.store.state(frame) {
        FrameState::Failed(fault) => Some(fault),
        FrameState::Ready | FrameState::Pending => None,
    })
    .collect()
}
