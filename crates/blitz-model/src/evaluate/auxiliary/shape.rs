//! What is made of an auxiliary curve: its values, and where they lie along the recording.

use blitz_core::{Abscissa, TimeAxis};
use blitz_io::Signals;

use crate::recipe::Auxiliary;
use crate::text;

/// Values inverted, scaled and smoothed. Looks now and then whether it is to end; what it gives then is of no use.
pub(super) fn shaped(values: &[f64], entry: &Auxiliary, is_stopped: &dyn Fn() -> bool) -> Vec<f64> {
    let mut shaped = values.to_vec();
    if entry.invert {
        let is_finite = |v: &&f64| v.is_finite();
        let largest = values.iter().filter(is_finite).copied().fold(f64::NEG_INFINITY, f64::max);
        for v in &mut shaped {
            *v = largest - *v;
        }
    }
    if entry.scale != 1.0 {
        for v in &mut shaped {
            *v *= entry.scale;
        }
    }
    if entry.smooth > 1 { moving_mean(&shaped, entry.smooth, is_stopped) } else { shaped }
}

/// The mean over `width` samples around each one, an odd number. Missing at the ends, where the window is not whole.
fn moving_mean(values: &[f64], width: usize, is_stopped: &dyn Fn() -> bool) -> Vec<f64> {
    const LOOK: usize = 1 << 12;
    let mut out = vec![f64::NAN; values.len()];
    // Each window anew: no sum is carried along, so that no rounding is.
    for (i, window) in values.windows(width).enumerate() {
        if i % LOOK == 0 && is_stopped() {
            break;
        }
        let (sum, count) = window
            .iter()
            .filter(|v| !v.is_nan())
            .fold((0.0, 0_usize), |(sum, count), v| (sum + v, count + 1));
        if count > 0 {
            out[i + width / 2] = sum / count as f64;
        }
    }
    out
}

/// Where the samples of a file lie beside the frames of a recording.
pub(super) struct Axis<'a> {
    /// Of the samples, rising: seconds, or source frames.
    places: Vec<f64>,
    time: &'a TimeAxis,
    /// Whether places are source frames.
    counts_frames: bool,
    is_common: bool,
}

impl<'a> Axis<'a> {
    pub(super) fn new(signals: &Signals, offset: f64, time: &'a TimeAxis) -> Self {
        let shifted = signals.times.iter().map(|t| t + offset);
        let has_times = match time {
            TimeAxis::NotSet => false,
            TimeAxis::Interval { .. } => true,
            TimeAxis::Explicit(times) => known(times).nth(1).is_some(),
        };
        match signals.unit {
            Abscissa::Time(unit) if has_times => Self {
                places: shifted.map(|t| unit.to_seconds(t)).collect(),
                time,
                counts_frames: false,
                is_common: true,
            },
            // Without a clock in common numbers stay as they stand.
            of => Self {
                places: shifted.collect(),
                time,
                counts_frames: true,
                is_common: of == Abscissa::Frames,
            },
        }
    }

    /// Whether file and recording have a clock in common, or frames.
    pub(super) fn is_common(&self) -> bool {
        self.is_common
    }

    /// The places of the source frames; NaN where a frame has no time.
    pub(super) fn frames(&self, count: usize) -> Vec<f64> {
        let place = |frame: usize| {
            if self.counts_frames { frame as f64 } else { self.time.seconds(frame).unwrap_or(f64::NAN) }
        };
        (0..count).map(place).collect()
    }

    /// Values of samples at other places, see [`interpolated`].
    pub(super) fn sampled(&self, values: &[f64], at: &[f64]) -> Vec<f64> {
        at.iter().map(|place| interpolated(&self.places, values, *place)).collect()
    }

    /// The places of the samples as source frames and parts of them.
    pub(super) fn along_frames(&self) -> Vec<f64> {
        match self.time {
            _ if self.counts_frames => self.places.clone(),
            TimeAxis::Interval { dt, t0_frame, .. } => {
                let frame = |t: &f64| t * dt.den as f64 / dt.num as f64 + *t0_frame as f64;
                self.places.iter().map(frame).collect()
            }
            TimeAxis::Explicit(times) => {
                let known: Vec<(f64, f64)> = rising(times);
                self.places.iter().map(|t| frame_at(&known, *t)).collect()
            }
            TimeAxis::NotSet => Vec::new(),
        }
    }

    /// What is said where there is no clock in common.
    pub(super) fn note(&self, signals: &Signals) -> Option<String> {
        let what = if signals.time.is_empty() { "its first column" } else { &signals.time };
        (!self.is_common).then(|| {
            format!(
                "No common clock: the recording has no times, so the numbers of {what} are taken for frame numbers; its rate \
                 (--fps, --dt) gives it times."
            )
        })
    }

    /// What is said of frames that lie beside the curve.
    pub(super) fn outside(&self, frames: &[f64], signals: &Signals) -> Option<String> {
        let (first, last) = (*self.places.first()?, *self.places.last()?);
        let outside = frames.iter().filter(|at| !(first..=last).contains(*at)).count();
        if outside == 0 {
            return None;
        }
        let place = |at: f64| if self.counts_frames { format!("frame {at}") } else { text::seconds(at) };
        let covers = format!("{} covers {} to {}", column(signals), place(first), place(last));
        let all = text::count(frames.len(), "frame");
        Some(if outside == frames.len() {
            format!("{covers}, where none of the {all} lies: it has no value at any of them.")
        } else {
            let lie = if outside == 1 { "lies" } else { "lie" };
            format!("{covers}; {outside} of {all} {lie} outside of it, and it is missing there.")
        })
    }
}

fn column(signals: &Signals) -> String {
    if signals.time.is_empty() { "The curve".to_owned() } else { format!("'{}'", signals.time) }
}

/// The value at a place between samples at rising places: that of a sample which lies there, otherwise on the line between
/// its neighbours. Missing outside of them, and beside a missing one.
fn interpolated(places: &[f64], values: &[f64], at: f64) -> f64 {
    let after = places.partition_point(|place| *place < at);
    let Some(&right) = places.get(after) else { return f64::NAN };
    if right == at {
        return values[after];
    }
    let Some(before) = after.checked_sub(1).filter(|_| !at.is_nan()) else { return f64::NAN };
    let (a, b) = (values[before], values[after]);
    // Between equal infinities there is nothing to interpolate.
    if a == b {
        return a;
    }
    a + (b - a) * ((at - places[before]) / (right - places[before]))
}

/// Frames with their times.
fn known(times: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let framed = times.iter().enumerate().map(|(frame, t)| (frame as f64, *t));
    framed.filter(|(_, t)| t.is_finite())
}

/// Frames with their times, without those that do not rise.
fn rising(times: &[f64]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (frame, t) in known(times) {
        if out.last().is_none_or(|(_, last)| t > *last) {
            out.push((frame, t));
        }
    }
    out
}

/// The frame at a time, and part of the way to the next; beyond the ends as between the last two.
fn frame_at(known: &[(f64, f64)], t: f64) -> f64 {
    let [first, .., last] = known else { return f64::NAN };
    let after = known.partition_point(|(_, time)| *time <= t).clamp(1, known.len() - 1);
    let ((a, from), (b, to)) = match (known.get(after - 1), known.get(after)) {
        (Some(a), Some(b)) => (*a, *b),
        _ => (*first, *last),
    };
    a + (b - a) * ((t - from) / (to - from))
}
