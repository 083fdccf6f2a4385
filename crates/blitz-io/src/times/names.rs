//! Times from the numbers in the names of files.

use crate::source::FrameSource;
use blitz_core::{TimeAxis, TimeUnit};

use super::moment::{Moment, PICOSECONDS};
use super::{axis, first_fall};

/// Frames stand at their file numbers: in the unit that the names have, otherwise in intervals, whose length only a
/// person knows.
pub(super) fn set(source: &mut dyn FrameSource, unit: Option<TimeUnit>) -> Result<(), String> {
    let frames = source.info().frames;
    let per_count = unit.map_or(PICOSECONDS, TimeUnit::picoseconds);
    let (mut times, mut counts, mut tick) =
        (Vec::with_capacity(frames), Vec::with_capacity(frames), i128::MAX);
    for frame in 0..frames {
        let meta = source.meta(frame);
        let read = meta
            .number
            .as_deref()
            .and_then(|number| Some((Moment::parse(number, per_count, false)?, number.parse::<f64>().ok()?)));
        let Some((moment, count)) = read else {
            let why = meta.number.map_or_else(
                || "has no single number that counts".to_owned(),
                |number| format!("has the number {number}, too long for a time"),
            );
            return Err(format!(
                "--times names: the name of frame {frame} ({}) {why}; name a table of times (--times FILE.csv)",
                meta.name
            ));
        };
        times.push(Some(moment.picoseconds));
        counts.push(count);
        tick = tick.min(moment.tick);
    }
    if let Some((a, b)) = first_fall(&times) {
        let (a, b) = (source.meta(a), source.meta(b));
        return Err(format!(
            "--times names: {} and {} have the file numbers {} and {}; rising numbers are expected, one per frame",
            a.name,
            b.name,
            a.number.unwrap_or_default(),
            b.number.unwrap_or_default()
        ));
    }
    let info = source.info_mut();
    info.counts = Some(counts.into());
    let (time, note) = match unit {
        Some(unit) => (axis(&times, tick), format!("Times are the numbers in the names, in {unit}.")),
        None => (
            TimeAxis::NotSet,
            "Frames stand at their file numbers in time; --dt or --fps says how long one step takes."
                .to_owned(),
        ),
    };
    info.time = time;
    for gap in &mut info.notes {
        *gap =
            gap.replace("the frames after a gap follow directly", "the frames after a gap keep their time");
    }
    info.notes.push(note);
    Ok(())
}
