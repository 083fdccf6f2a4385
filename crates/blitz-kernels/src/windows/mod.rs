//! Windows over time: one statistic of w frames for frame after frame.
//!
//! * [`Window`] says which frames belong to frame n.
//! * [`Sweep`] (a band of samples) and [`FrameSweep`] (whole frames, in parallel) walk through a recording
//!   and give the window's statistic after every frame at a cost that does not grow with the window: a band
//!   at a time over all frames where the stack lies in memory, whole frames where they are decoded.
//!   [`FrameExchange`] does so for integers without holding the window's frames.
//! * [`successive`] gives medians and percentiles of long windows that follow each other.
//! * [`direct`] evaluates one window by itself, [`Blocks`] does so with the help of accumulators of aligned
//!   blocks of frames, for long windows anywhere in a recording.
//!
//! # Values
//! NaN and failed frames are skipped and counted out; a window with nothing left is missing. Infinities are
//! values and only touch windows that contain them, as does a NaN. Means, sums, standard deviations,
//! medians and percentiles are those of [`Method`](crate::Method); results are working values (f32 or f64),
//! which hold minimum and maximum of their sources exactly.
//!
//! # Same bits on every path
//! Integers are summed exactly, so every path gives the same bits. Floats are never subtracted from sums:
//! frames are cut into blocks of w at multiples of w, a window is the end of one block and the beginning of
//! the next, each accumulated by itself in f64 (in twice that precision where the source is f64). [`direct`]
//! follows the same order, so it has the bits of a sweep. [`Blocks`] adds in another order; its f32 results
//! differ by at most one unit in the last place unless terms cancel by more than a factor of 10⁶.

mod blocks;
mod direct;
mod exchange;
mod fold;
mod folded;
mod gaps;
mod machine;
mod running;
mod sorted;
mod successive;
mod sweep;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use blocks::Blocks;
pub use direct::direct;
pub use exchange::FrameExchange;
pub use successive::successive;
pub use sweep::{FrameSweep, Sweep};

/// On which side of frame n its window lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// n − L − w … n − L − 1.
    #[default]
    Backward,
    /// n + L + 1 … n + L + w.
    Forward,
    /// n − ⌊w/2⌋ … n + ⌊w/2⌋, for odd w and no lag.
    Centred,
}

/// Which frames belong to frame n: `len` frames, `lag` frames away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Frames, w ≥ 1.
    pub len: usize,
    /// Frames between frame n and its window, L.
    pub lag: usize,
    /// Side.
    pub direction: Direction,
}

impl Window {
    /// Why the window is none, in words for a person; `None` if it is one.
    pub fn fault(self) -> Option<String> {
        if self.len == 0 {
            return Some("a window has at least 1 frame".into());
        }
        if self.direction == Direction::Centred {
            if self.len.is_multiple_of(2) {
                return Some(format!("a centred window has an odd number of frames, not {}", self.len));
            }
            if self.lag > 0 {
                return Some(format!("a centred window has no lag, not {}", self.lag));
            }
        }
        None
    }

    /// The frames of frame `n`'s window on a timeline of the frames `first..end`; `None` if it is not whole.
    pub fn range(self, n: usize, first: usize, end: usize) -> Option<Range<usize>> {
        let start = match self.direction {
            Direction::Backward => n.checked_sub(self.lag.checked_add(self.len)?)?,
            Direction::Forward => n.checked_add(self.lag)?.checked_add(1)?,
            Direction::Centred => n.checked_sub(self.len / 2)?,
        };
        let stop = start.checked_add(self.len)?;
        (self.len > 0 && start >= first && stop <= end).then_some(start..stop)
    }

    /// The frame whose window ends with frame `last`: the one that a sweep's result belongs to after it was
    /// pushed. `None` if that frame lies before frame 0.
    pub fn frame_of(self, last: usize) -> Option<usize> {
        match self.direction {
            Direction::Backward => last.checked_add(self.lag)?.checked_add(1),
            Direction::Forward => last.checked_sub(self.lag)?.checked_sub(self.len),
            Direction::Centred => last.checked_sub(self.len / 2),
        }
    }

    /// The frames of the timeline `first..end` that have a whole window; empty if there is none.
    pub fn complete(self, first: usize, end: usize) -> Range<usize> {
        let (before, after) = match self.direction {
            Direction::Backward => (self.lag.saturating_add(self.len), 0),
            Direction::Forward => (0, self.lag.saturating_add(self.len)),
            Direction::Centred => (self.len / 2, self.len / 2),
        };
        let (start, stop) = (first.saturating_add(before), end.saturating_sub(after));
        // A backward window may belong to a frame of the timeline only.
        if start < stop && stop > first { start..stop } else { first..first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_where_they_say() {
        let window = |len, lag, direction| Window { len, lag, direction };
        let backward = window(3, 2, Direction::Backward);
        assert_eq!(backward.range(5, 0, 10), Some(0..3));
        assert_eq!(backward.range(4, 0, 10), None);
        assert_eq!(backward.range(5, 1, 10), None);
        assert_eq!(window(3, 2, Direction::Forward).range(4, 0, 10), Some(7..10));
        assert_eq!(window(3, 2, Direction::Forward).range(5, 0, 10), None);
        assert_eq!(window(3, 0, Direction::Centred).range(1, 0, 10), Some(0..3));
        assert_eq!(window(3, 0, Direction::Centred).range(0, 0, 10), None);
        assert_eq!(window(1, 0, Direction::Centred).range(0, 0, 1), Some(0..1));
        assert_eq!(window(usize::MAX, 5, Direction::Forward).range(5, 0, 10), None);
    }

    #[test]
    fn complete_windows_and_owners_follow_from_the_ranges() {
        for direction in [Direction::Backward, Direction::Forward, Direction::Centred] {
            for len in 1..6 {
                for lag in 0..3 {
                    let window = Window { len, lag, direction };
                    if window.fault().is_some() {
                        continue;
                    }
                    let whole: Vec<usize> = (2..11).filter(|&n| window.range(n, 2, 11).is_some()).collect();
                    assert_eq!(window.complete(2, 11).collect::<Vec<_>>(), whole, "{window:?}");
                    for n in whole {
                        let last = window.range(n, 2, 11).expect("whole").end - 1;
                        assert_eq!(window.frame_of(last), Some(n));
                    }
                }
            }
        }
        assert!(Window { len: 4, lag: 0, direction: Direction::Centred }.fault().is_some());
        assert!(Window { len: 3, lag: 1, direction: Direction::Centred }.fault().is_some());
        assert!(Window { len: 0, lag: 1, direction: Direction::Forward }.fault().is_some());
    }
}
