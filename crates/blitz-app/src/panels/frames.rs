//! The frames of a recording along its time axis: their places and where they stand.
//!
//! Where frames have times of their own the axis is spaced by time, otherwise by frame.

use std::sync::Arc;

use blitz_core::{FrameRange, FrameState, Stack, StackId, TimeAxis};
use blitz_draw::Ticks;
use blitz_model::session::Recording;
use egui::Rect;

/// Frames of the (cropped) timeline by position, 0 to `len() - 1`.
pub(super) struct Frames<'a> {
    pub(super) stack: &'a Stack,
    pub(super) list: Arc<[usize]>,
    /// Rising times over source frames, where they have their own.
    pub(super) times: Option<Arc<[f64]>>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        let times = match recording.time() {
            TimeAxis::Explicit(times) => spaced(times, recording.stack().known_source_frames()),
            _ => None,
        };
        Self { stack: recording.stack(), list: recording.timeline(), times }
    }

    /// How the axis is spaced.
    pub(super) fn spacing(&self) -> Spacing<'_> {
        Spacing(self.times.as_deref())
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

    /// The number in the name of the file at a position, where it is another than the frame's.
    pub(super) fn file_number(&self, position: usize) -> Option<String> {
        let frame = *self.list.get(position)?;
        let number = self.stack.meta(frame).number?;
        (number != self.stack.source_frame(frame).to_string()).then_some(number)
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

    /// Ends of the axis, as places on it: half a frame beyond the first and the last one.
    pub(super) fn whole(&self) -> (f64, f64) {
        let (half, spacing) = (self.stack.frames.step as f64 / 2.0, self.spacing());
        (spacing.place(self.source(0) as f64 - half), spacing.place(self.source(self.last()) as f64 + half))
    }
}

/// Times by which an axis can be spaced: one for each of `frames` frames, rising. Frames without one stand evenly
/// between their neighbours.
fn spaced(times: Arc<[f64]>, frames: usize) -> Option<Arc<[f64]>> {
    if times.len() < frames || frames < 2 {
        return None;
    }
    let rises = |times: &[f64]| times.windows(2).all(|pair| pair[0] < pair[1]);
    if rises(&times) {
        return Some(times);
    }
    let known: Vec<(usize, f64)> = times.iter().copied().enumerate().filter(|(_, t)| t.is_finite()).collect();
    let is_even = known.windows(2).all(|pair| pair[0].1 < pair[1].1);
    if known.len() < 2 || !is_even {
        return None;
    }
    let filled: Arc<[f64]> = (0..times.len())
        .map(|frame| {
            let after = known.partition_point(|(k, _)| *k < frame).clamp(1, known.len() - 1);
            let ((a, from), (b, to)) = (known[after - 1], known[after]);
            from + (to - from) * (frame as f64 - a as f64) / (b - a) as f64
        })
        .collect();
    rises(&filled).then_some(filled)
}

/// Where source frames lie on the axis: at their times, or at their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spacing<'a>(pub(super) Option<&'a [f64]>);

impl Spacing<'_> {
    /// The neighbours between which a place is taken in proportion; beyond the ends, the last two.
    fn between(times: &[f64], after: usize) -> (f64, f64, f64) {
        let left = after.saturating_sub(1).min(times.len() - 2);
        (left as f64, times[left], times[left + 1])
    }

    /// Place of a source frame, or of a point between two.
    pub(super) fn place(self, frame: f64) -> f64 {
        let Some(times) = self.0 else { return frame };
        let (left, a, b) = Self::between(times, frame.max(0.0) as usize + 1);
        a + (frame - left) * (b - a)
    }

    /// Source frame at a place.
    pub(super) fn frame(self, place: f64) -> f64 {
        let Some(times) = self.0 else { return place };
        let (left, a, b) = Self::between(times, times.partition_point(|&t| t <= place));
        left + (place - a) / (b - a)
    }
}

/// Source frames along the width of a rectangle, from the place `lo` to the place `hi` of the axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameScale<'a> {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) rect: Rect,
    pub(super) spacing: Spacing<'a>,
}

impl FrameScale<'_> {
    pub(super) fn x(self, frame: f64) -> f32 {
        let t = (self.spacing.place(frame) - self.lo) / (self.hi - self.lo);
        self.rect.left() + t.clamp(-2.0, 3.0) as f32 * self.rect.width()
    }

    pub(super) fn frame(self, x: f32) -> f64 {
        self.spacing.frame(self.place(x))
    }

    /// The place of the axis at a point of the rectangle.
    pub(super) fn place(self, x: f32) -> f64 {
        self.lo + f64::from((x - self.rect.left()) / self.rect.width().max(1.0)) * (self.hi - self.lo)
    }

    /// The source frames that are shown.
    pub(super) fn shown(self) -> (f64, f64) {
        (self.spacing.frame(self.lo), self.spacing.frame(self.hi))
    }

    /// The part of `whole` that is shown after zooming by `factor` about the place `at` and moving by `by` along the
    /// axis.
    pub(super) fn moved(self, whole: (f64, f64), at: f64, factor: f64, by: f64) -> Option<(f64, f64)> {
        let all = whole.1 - whole.0;
        // Four frames at their mean distance.
        let least = self.spacing.0.map_or(4.0, |times| 4.0 * all / times.len() as f64);
        let span = ((self.hi - self.lo) / factor).clamp(all.min(least), all);
        if span >= all {
            return None;
        }
        let share = (at - self.lo) / (self.hi - self.lo);
        let lo = (at - share * span + by).clamp(whole.0, whole.1 - span);
        Some((lo, lo + span))
    }
}

/// Ticks of the frame axis: at which source frames, labelled how, and the axis's title.
pub(super) fn ticks(scale: FrameScale<'_>, time: &TimeAxis, most: usize) -> (Vec<(f64, String)>, String) {
    let titled =
        |title: &str, note: &str| if note.is_empty() { title.to_owned() } else { format!("{title} {note}") };
    let timed = |(lo, hi): (f64, f64), frame: &dyn Fn(f64) -> f64| {
        let (factor, unit) = match lo.abs().max(hi.abs()) {
            a if a < 1e-6 => (1e9, "ns"),
            a if a < 1e-3 => (1e6, "µs"),
            a if a < 1.0 => (1e3, "ms"),
            a if a < 3600.0 => (1.0, "s"),
            _ => {
                let ticks = Ticks::clock(lo, hi, most);
                let places = ticks.values.iter().map(|&t| frame(t));
                return (places.zip(ticks.labels).collect(), "time (h:mm:ss)".to_owned());
            }
        };
        let ticks = Ticks::new(lo * factor, hi * factor, most, false);
        let places = ticks.values.iter().map(|t| frame(t / factor));
        (places.zip(ticks.labels).collect(), titled(&format!("time ({unit})"), &ticks.note))
    };
    match time {
        TimeAxis::Interval { dt, t0_frame, .. } => {
            let (dt, zero) = (dt.to_f64(), *t0_frame as f64);
            timed(((scale.lo - zero) * dt, (scale.hi - zero) * dt), &|t| t / dt + zero)
        }
        TimeAxis::Explicit(_) if scale.spacing.0.is_some() => {
            timed((scale.lo, scale.hi), &|t| scale.spacing.frame(t))
        }
        _ => {
            let ticks = Ticks::new(scale.lo, scale.hi, most, true);
            (ticks.values.into_iter().zip(ticks.labels).collect(), titled("frame", &ticks.note))
        }
    }
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
        let spacing = Spacing(None);
        let scale = FrameScale { lo: whole.0, hi: whole.1, rect, spacing };
        let (lo, hi) = scale.moved(whole, 50.0, 2.0, 0.0).expect("zoomed");
        assert!((hi - lo - 50.0).abs() < 1e-9 && lo < 50.0 && hi > 50.0);
        assert_eq!(scale.moved(whole, 50.0, 0.5, 0.0), None);
        let zoomed = FrameScale { lo, hi, rect, spacing };
        let (lo, hi) = zoomed.moved(whole, 50.0, 1.0, 1e6).expect("still zoomed");
        assert!((hi - 99.5).abs() < 1e-9 && (hi - lo - 50.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_times_where_a_rate_is_set() {
        let rect = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(100.0, 10.0));
        let scale = FrameScale { lo: -0.5, hi: 179.5, rect, spacing: Spacing(None) };
        let (frames, title) = ticks(scale, &TimeAxis::NotSet, 8);
        assert_eq!((frames[0].clone(), title.as_str()), ((0.0, "0".to_owned()), "frame"));
        let time = TimeAxis::from_fps("100000", 0).expect("valid");
        let (times, title) = ticks(scale, &time, 8);
        assert_eq!(title, "time (ms)");
        let (place, label) = times.last().cloned().expect("ticks");
        let t: f64 = label.parse().expect("a number");
        assert!((place - t * 100.0).abs() < 1e-6, "{label} at {place}");
    }

    #[test]
    fn frames_with_times_of_their_own_are_spaced_by_them() {
        let times: Arc<[f64]> = Arc::from([0.0, 1.0, 2.0, 10.0]);
        let filled = spaced(Arc::from([0.0, 1.0, f64::NAN, 10.0]), 4).expect("rising");
        assert_eq!(filled[..], [0.0, 1.0, 5.5, 10.0]);
        assert!(spaced(Arc::from([0.0, 2.0, 1.0]), 3).is_none(), "not rising");
        assert!(spaced(Arc::from([0.0, 2.0]), 3).is_none(), "too few");
        let spacing = Spacing(Some(&times));
        for (frame, place) in [(0.0, 0.0), (2.5, 6.0), (3.0, 10.0), (3.5, 14.0), (-0.5, -0.5)] {
            assert_eq!((spacing.place(frame), spacing.frame(place)), (place, frame));
        }
        let rect = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(100.0, 10.0));
        let scale = FrameScale { lo: 0.0, hi: 10.0, rect, spacing };
        assert_eq!([0.0, 1.0, 2.0, 3.0].map(|frame| scale.x(frame)), [0.0, 10.0, 20.0, 100.0]);
        assert_eq!((scale.frame(50.0), scale.shown()), (2.375, (0.0, 3.0)));
        let (found, title) = ticks(scale, &TimeAxis::Explicit(Arc::clone(&times)), 8);
        assert_eq!(title, "time (s)");
        let (place, label) = found.last().cloned().expect("ticks");
        assert_eq!((place, label.as_str()), (3.0, "10"));
        let days = TimeAxis::from_dt("1h", 0).expect("valid");
        let scale = FrameScale { lo: 0.0, hi: 48.0, rect, spacing: Spacing(None) };
        let (found, title) = ticks(scale, &days, 5);
        assert_eq!(title, "time (h:mm:ss)");
        assert_eq!(found[1], (12.0, "12:00:00".to_owned()));
    }
}
