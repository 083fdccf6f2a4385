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
        let outside =
            frames.iter().filter(|at| matches!(Among::of(&self.places, **at), Among::Outside)).count();
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

/// Where a place lies among rising places of samples.
enum Among {
    /// At a sample.
    At(usize),
    /// Behind this sample and before the next.
    Behind(usize),
    /// Beside all of them, or nowhere.
    Outside,
}

impl Among {
    /// A place that is a sample's but for rounding is at it: times and offsets are seldom doubles.
    fn of(places: &[f64], at: f64) -> Self {
        /// Parts of the way between two samples.
        const ROUNDING: f64 = 1e-9;
        let after = places.partition_point(|place| *place < at);
        let is_at = |i: usize| {
            let next = places.get(i + 1).or_else(|| places.get(i.checked_sub(1)?));
            let way = next.map_or(0.0, |next| (next - places[i]).abs());
            (at - places[i]).abs() <= ROUNDING * way
        };
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten();
        match near.filter(|i| *i < places.len()).find(|i| is_at(*i)) {
            Some(sample) => Self::At(sample),
            None if after == 0 || after == places.len() || at.is_nan() => Self::Outside,
            None => Self::Behind(after - 1),
        }
    }
}

/// The value at a place between samples at rising places: that of a sample which lies there, otherwise on the line between
/// its neighbours. Missing outside of them, and beside a missing one.
fn interpolated(places: &[f64], values: &[f64], at: f64) -> f64 {
    let before = match Among::of(places, at) {
        Among::At(sample) => return values[sample],
        Among::Behind(sample) => sample,
        Among::Outside => return f64::NAN,
    };
    let (a, b) = (values[before], values[before + 1]);
    // Between equal infinities there is nothing to interpolate.
    if a == b {
        return a;
    }
    a + (b - a) * ((at - places[before]) / (places[before + 1] - places[before]))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_at_a_sample_is_there_whatever_rounding_made_of_the_times() {
        for offset in [-3.3, 0.3, 1.5, 0.05, 2.2, 0.1, -1e3] {
            // Samples in milliseconds, frames in seconds.
            let places: Vec<f64> = (0..200).map(|k| (f64::from(k) * 0.05 - offset + offset) / 1e3).collect();
            let values: Vec<f64> = (0..200).map(f64::from).collect();
            for (k, expected) in values.iter().enumerate() {
                let found = interpolated(&places, &values, k as f64 / 20_000.0);
                assert_eq!(found, *expected, "frame {k}, offset {offset}");
            }
        }
        let (places, values) = ([0.0, 1.0, 3.0], [1.0, 2.0, 6.0]);
        let at = |place: f64| interpolated(&places, &values, place);
        assert_eq!([at(0.25), at(2.0), at(3.0)], [1.25, 4.0, 6.0]);
        assert!([-1e-6, 3.000_001, f64::NAN].into_iter().all(|place| at(place).is_nan()));
        assert_eq!(interpolated(&[5.0], &[7.0], 5.0), 7.0);
        assert!(interpolated(&[5.0], &[7.0], 5.1).is_nan() && interpolated(&[], &[], 0.0).is_nan());
    }
}
