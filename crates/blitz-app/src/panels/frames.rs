//! The frames of a recording along its time axis: their places and where they stand.

use std::sync::Arc;

use blitz_core::{FrameRange, FrameState, Stack, StackId, TimeAxis};
use blitz_draw::Ticks;
use blitz_model::session::Recording;
use egui::Rect;

/// Frames of the (cropped) timeline by position, 0 to `len() - 1`.
pub(super) struct Frames<'a> {
    pub(super) stack: &'a Stack,
    pub(super) list: Arc<[usize]>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Self { stack: recording.stack(), list: recording.timeline() }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn last(&self) -> usize {
        self.len().saturating_sub(1)
    }

    /// Source frame number at a position (0 for an empty timeline).
    pub(super) fn source(&self, position: usize) -> usize {
        self.list.get(position.min(self.last())).map_or(0, |&frame| self.stack.source_frame(frame))
    }

    /// Position of the frame nearest to a source frame number.
    pub(super) fn nearest(&self, source: f64) -> usize {
        let after = self.list.partition_point(|&f| (self.stack.source_frame(f) as f64) < source);
        let at = after.min(self.last());
        let before = at.saturating_sub(1);
        let distance = |i: usize| (self.source(i) as f64 - source).abs();
        if distance(before) < distance(at) { before } else { at }
    }

    /// First and last position of a range of source frames; all of them for `None`. A range that holds no
    /// frame gives the nearest one.
    pub(super) fn positions(&self, range: Option<FrameRange>) -> (usize, usize) {
        let Some(range) = range else { return (0, self.last()) };
        let first = self.list.partition_point(|&f| self.stack.source_frame(f) < range.start);
        let end = match range.end {
            Some(end) => self.list.partition_point(|&f| self.stack.source_frame(f) < end),
            None => self.len(),
        };
        let first = first.min(self.last());
        (first, end.saturating_sub(1).clamp(first, self.last()))
    }

    /// Source frames from one position to another, both included; `None` where these are all.
    pub(super) fn range(&self, first: usize, last: usize) -> Option<FrameRange> {
        let (first, last) = (first.min(last), first.max(last));
        if first == 0 && last >= self.last() {
            return None;
        }
        Some(FrameRange::new(self.source(first), self.source(last) + 1))
    }

    /// `0–99 (100 frames)`.
    pub(super) fn describe(&self, first: usize, last: usize) -> String {
        let count = blitz_model::text::count(last - first + 1, "frame");
        format!("{}–{} ({count})", self.source(first), self.source(last))
    }

    /// Ends of the axis: half a frame beyond the first and the last one.
    pub(super) fn whole(&self) -> (f64, f64) {
        let half = self.stack.frames.step as f64 / 2.0;
        (self.source(0) as f64 - half, self.source(self.last()) as f64 + half)
    }
}

/// Source frame numbers along the width of a rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameScale {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) rect: Rect,
}

impl FrameScale {
    pub(super) fn x(self, frame: f64) -> f32 {
        let t = (frame - self.lo) / (self.hi - self.lo);
        self.rect.left() + t.clamp(-2.0, 3.0) as f32 * self.rect.width()
    }

    pub(super) fn frame(self, x: f32) -> f64 {
        self.lo + f64::from((x - self.rect.left()) / self.rect.width().max(1.0)) * (self.hi - self.lo)
    }

    /// The part of `whole` that is shown after zooming by `factor` about `at` and moving by `by` frames.
    pub(super) fn moved(self, whole: (f64, f64), at: f64, factor: f64, by: f64) -> Option<(f64, f64)> {
        let all = whole.1 - whole.0;
        let span = ((self.hi - self.lo) / factor).clamp(all.min(4.0), all);
        if span >= all {
            return None;
        }
        let share = (at - self.lo) / (self.hi - self.lo);
        let lo = (at - share * span + by).clamp(whole.0, whole.1 - span);
        Some((lo, lo + span))
    }
}

/// Ticks of the frame axis: where, labelled how, and the axis's title.
pub(super) fn ticks(scale: FrameScale, time: &TimeAxis, most: usize) -> (Vec<(f64, String)>, String) {
    let titled =
        |title: &str, note: &str| if note.is_empty() { title.to_owned() } else { format!("{title} {note}") };
    if let TimeAxis::Interval { dt, t0_frame, .. } = time {
        let dt = dt.to_f64();
        let seconds = |frame: f64| (frame - *t0_frame as f64) * dt;
        let (lo, hi) = (seconds(scale.lo), seconds(scale.hi));
        let (factor, unit) = match lo.abs().max(hi.abs()) {
            a if a < 1e-6 => (1e9, "ns"),
            a if a < 1e-3 => (1e6, "µs"),
            a if a < 1.0 => (1e3, "ms"),
            _ => (1.0, "s"),
        };
        let ticks = Ticks::new(lo * factor, hi * factor, most, false);
        let places = ticks.values.iter().map(|t| t / factor / dt + *t0_frame as f64);
        return (places.zip(ticks.labels).collect(), titled(&format!("time ({unit})"), &ticks.note));
    }
    let ticks = Ticks::new(scale.lo, scale.hi, most, true);
    (ticks.values.into_iter().zip(ticks.labels).collect(), titled("frame", &ticks.note))
}

/// Where frames stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Ready,
    Pending,
    Failed,
}

/// Neighbouring frames of the timeline that are pending or failed, kept until the store changes.
#[derive(Default)]
pub(super) struct FrameStates {
    key: Option<(StackId, u64, usize, usize)>,
    /// First and last position, both included. Ready frames are in none.
    pub(super) runs: Vec<(Place, usize, usize)>,
}

impl FrameStates {
    /// Looks at each frame's state where something changed: O(frames), no reading.
    pub(super) fn update(&mut self, frames: &Frames<'_>) {
        let store = frames.stack.store.as_ref();
        let key = (frames.stack.id, store.generation(), frames.len(), frames.source(0));
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        self.runs.clear();
        for (position, &frame) in frames.list.iter().enumerate() {
            let place = match store.state(frame) {
                FrameState::Ready => continue,
                FrameState::Pending => Place::Pending,
                FrameState::Failed(_) => Place::Failed,
            };
            match self.runs.last_mut() {
                Some((p, _, last)) if *p == place && *last + 1 == position => *last = position,
                _ => self.runs.push((place, position, position)),
            }
        }
    }

    pub(super) fn of(&self, position: usize) -> Place {
        let after = self.runs.partition_point(|run| run.2 < position);
        self.runs.get(after).filter(|run| run.1 <= position).map_or(Place::Ready, |run| run.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_stays_inside_and_ends_at_all() {
        let rect = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(100.0, 10.0));
        let whole = (-0.5, 99.5);
        let scale = FrameScale { lo: whole.0, hi: whole.1, rect };
        let (lo, hi) = scale.moved(whole, 50.0, 2.0, 0.0).expect("zoomed");
        assert!((hi - lo - 50.0).abs() < 1e-9 && lo < 50.0 && hi > 50.0);
        assert_eq!(scale.moved(whole, 50.0, 0.5, 0.0), None);
        let zoomed = FrameScale { lo, hi, rect };
        let (lo, hi) = zoomed.moved(whole, 50.0, 1.0, 1e6).expect("still zoomed");
        assert!((hi - 99.5).abs() < 1e-9 && (hi - lo - 50.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_times_where_a_rate_is_set() {
        let rect = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(100.0, 10.0));
        let scale = FrameScale { lo: -0.5, hi: 179.5, rect };
        let (frames, title) = ticks(scale, &TimeAxis::NotSet, 8);
        assert_eq!((frames[0].clone(), title.as_str()), ((0.0, "0".to_owned()), "frame"));
        let time = TimeAxis::from_fps("100000", 0).expect("valid");
        let (times, title) = ticks(scale, &time, 8);
        assert_eq!(title, "time (ms)");
        let (place, label) = times.last().cloned().expect("ticks");
        let t: f64 = label.parse().expect("a number");
        assert!((place - t * 100.0).abs() < 1e-6, "{label} at {place}");
    }
}
