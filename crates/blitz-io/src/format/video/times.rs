//! The time axis that a container states.

use blitz_core::{Rational, TimeAxis, TimeOrigin};

use super::file::File;
use super::index::{NO_TIME, NONE};

/// The axis of a file, and what to tell people. Frame 0 is at 0, wherever the container's clock begins.
pub(super) fn axis(file: &File) -> (TimeAxis, Vec<String>) {
    let mut notes = Vec::new();
    let (num, den) = file.facts.time_base;
    let rate = positive(file.facts.rate);
    let by_rate = || rate.and_then(Rational::recip);
    let clock_note = |start: i64| {
        let seconds = start as f64 * num as f64 / den as f64;
        format!(
            "The file's clock stands at {seconds:.6} s at the first frame; times here count from that frame."
        )
    };
    if file.index.empty_slots().next().is_some() {
        // A tick is a slot here, and a slot a frame.
        let first = (0..file.index.frames.len()).find_map(|frame| Some((frame, file.index.packet(frame)?)));
        if let Some((frame, packet)) = first {
            let start = file.index.packets[packet as usize].dts.saturating_sub(frame as i64);
            notes.extend((start != 0).then(|| clock_note(start)));
        }
        return (by_rate().map_or(TimeAxis::NotSet, interval), notes);
    }
    let ticks: Option<Vec<i64>> = file
        .index
        .frames
        .iter()
        .map(|&packet| {
            let pts = if packet == NONE { NO_TIME } else { file.index.packets[packet as usize].pts };
            (pts != NO_TIME).then_some(pts)
        })
        .collect();
    let Some(ticks) = ticks.filter(|_| num > 0 && den > 0) else {
        let time = by_rate().map_or(TimeAxis::NotSet, interval);
        return (time, notes);
    };
    // Where the decoder's order had to be found, times of showing may be those of decoding, in the packets' order.
    let mut ticks = ticks;
    ticks.sort_unstable();
    let tick = num as f64 / den as f64;
    let start = ticks[0];
    notes.extend((start != 0).then(|| clock_note(start)));
    let ticks: Vec<i64> = ticks.iter().map(|&t| t.saturating_sub(start)).collect();
    if ticks.len() < 2 {
        return (by_rate().map_or(TimeAxis::NotSet, interval), notes);
    }
    let stated = by_rate().filter(|&dt| is_even(&ticks, (num, den), dt));
    let measured = || {
        let steps = ticks.len() as u64 - 1;
        let span = u64::try_from(*ticks.last()?).ok()?;
        let dt = Rational::new(span.checked_mul(num as u64)?, steps.checked_mul(den as u64)?)?;
        // A clock that is hardly finer than the frames fits any interval somehow.
        let is_fine =
            u128::from(dt.num) * u128::from(den as u64) >= 10 * u128::from(num as u64) * u128::from(dt.den);
        (dt.num > 0 && is_fine && is_even(&ticks, (num, den), dt)).then_some(dt)
    };
    if let Some(dt) = stated.or_else(measured) {
        return (interval(dt), notes);
    }
    if let Some(frame) = (1..ticks.len()).find(|&frame| ticks[frame] == ticks[frame - 1]) {
        let clock = Rational::new(num as u64, den as u64).map_or(0.0, Rational::to_f64);
        notes.push(format!(
            "Rate not set: frames {} and {frame} have the same time, the file's clock ({}) is too coarse (--fps or --dt).",
            frame - 1,
            clock_text_of(clock)
        ));
        return (TimeAxis::NotSet, notes);
    }
    notes.push("The frames are not evenly spaced in time; each has the time that the file says.".to_owned());
    let mut times: Vec<f64> = ticks.iter().map(|&t| t as f64 * tick).collect();
    // Frames that are promised and not there follow at the mean distance.
    let step = times.last().copied().unwrap_or(0.0) / (times.len() - 1) as f64;
    for _ in 0..file.missing {
        times.push(times.last().copied().unwrap_or(0.0) + step);
    }
    (TimeAxis::Explicit(times.into()), notes)
}

/// A tick of a clock in words.
fn clock_text_of(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{} µs", s * 1e6),
        s if s < 1.0 => format!("{} ms", s * 1e3),
        s => format!("{s} s"),
    }
}

fn interval(dt: Rational) -> TimeAxis {
    TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container }
}

fn positive((num, den): (i64, i64)) -> Option<Rational> {
    let (num, den) = (u64::try_from(num).ok()?, u64::try_from(den).ok()?);
    Rational::new(num, den).filter(|r| r.num > 0)
}

/// Whether frame i is shown at i × `dt`, up to the rounding of the container's clock: less than one tick.
fn is_even(ticks: &[i64], (num, den): (i64, i64), dt: Rational) -> bool {
    ticks.iter().enumerate().all(|(i, &t)| {
        // |t × num / den − i × dt| < num / den, in integers.
        let left = i128::from(t) * i128::from(num) * i128::from(dt.den);
        let right = i as i128 * i128::from(dt.num) * i128::from(den);
        (left - right).abs() < i128::from(num) * i128::from(dt.den)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_times_are_even() {
        // 30000/1001 per second in a clock of milliseconds, as Matroska has it.
        let dt = Rational::new(1001, 30_000).expect("not zero");
        let ticks: Vec<i64> = (0..3000).map(|i| (f64::from(i) * 1001.0 / 30.0).round() as i64).collect();
        assert!(is_even(&ticks, (1, 1000), dt));
        let mut late = ticks;
        late[7] += 2;
        assert!(!is_even(&late, (1, 1000), dt));
        let dropped: Vec<i64> = (0..9).map(|i| if i < 4 { i } else { i + 1 }).collect();
        assert!(!is_even(&dropped, (1, 25), Rational::new(1, 25).expect("not zero")));
    }
}
