//! Times of frames that do not come from the recording's own container: a table, the pictures' EXIF data, the numbers
//! in the names of files.

mod exif;
pub(crate) mod from;
pub(crate) mod moment;
mod names;
pub(crate) mod table;

use std::path::Path;

use blitz_core::{Cancel, Rational, TimeAxis, TimeOrigin, TimeUnit};

use crate::OpenError;
use crate::source::FrameSource;
use from::TimesFrom;
use moment::PICOSECONDS;

/// Gives a recording its times, with a note that says whose they are.
///
/// # Errors
/// If the table cannot be read, or times are missing, too many or do not rise; names the row, frame or file.
pub(crate) fn set(
    source: &mut dyn FrameSource,
    from: &TimesFrom,
    unit: Option<TimeUnit>,
    cancel: &Cancel,
) -> Result<(), OpenError> {
    let path = source.info().path.clone();
    let bad = |path: &Path, reason| OpenError::Bad { path: path.to_path_buf(), reason };
    match from {
        TimesFrom::File(table) => table::set(source, table).map_err(|reason| bad(table, reason)),
        TimesFrom::Exif => exif::set(source, cancel).map_err(|reason| bad(&path, reason)),
        TimesFrom::Names => names::set(source, unit).map_err(|reason| bad(&path, reason)),
    }
}

/// The axis of times in picoseconds, rising where they are known, by a clock that counts in `tick` picoseconds. An
/// interval is claimed only where the clock is ten times finer and every time fits it to half a tick.
pub(crate) fn axis(times: &[Option<i128>], tick: i128) -> TimeAxis {
    let seconds = |t: &Option<i128>| t.map_or(f64::NAN, |t| t as f64 / PICOSECONDS as f64);
    let explicit = || TimeAxis::Explicit(times.iter().map(seconds).collect());
    let known: Option<Vec<i128>> = times.iter().copied().collect();
    known.and_then(|known| interval(&known, tick)).unwrap_or_else(explicit)
}

fn interval(times: &[i128], tick: i128) -> Option<TimeAxis> {
    let (first, last) = (*times.first()?, *times.last()?);
    let steps = times.len() as i128 - 1;
    let span = last.checked_sub(first).filter(|&span| steps > 0 && span > 0)?;
    let is_fine = span >= steps.checked_mul(tick)?.checked_mul(10)?;
    let fits = |(i, &t): (usize, &i128)| {
        let off = steps.checked_mul(t.checked_sub(first)?)?.checked_sub(span.checked_mul(i as i128)?)?;
        Some(off.checked_abs()?.checked_mul(2)? <= steps * tick)
    };
    if !is_fine || !times.iter().enumerate().all(|place| fits(place) == Some(true)) {
        return None;
    }
    let before = first.checked_mul(steps)?;
    if before % span != 0 {
        return None;
    }
    let common = gcd(span, steps.checked_mul(PICOSECONDS)?);
    let dt = Rational::new(
        u64::try_from(span / common).ok()?,
        u64::try_from(steps.checked_mul(PICOSECONDS)? / common).ok()?,
    )?;
    let t0_frame = i64::try_from(-(before / span)).ok()?;
    Some(TimeAxis::Interval { dt, t0_frame, origin: TimeOrigin::Given })
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// The first two neighbours among known times of which the later is not later, as places.
fn first_fall(times: &[Option<i128>]) -> Option<(usize, usize)> {
    let mut before: Option<(usize, i128)> = None;
    for (place, time) in times.iter().enumerate() {
        let Some(time) = *time else { continue };
        match before {
            Some((earlier, t)) if t >= time => return Some((earlier, place)),
            _ => before = Some((place, time)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_claimed_only_where_the_clock_is_fine() {
        let ms = PICOSECONDS / 1000;
        let times = |list: &[i128]| list.iter().map(|t| Some(t * ms)).collect::<Vec<_>>();
        let dt = |axis: TimeAxis| match axis {
            TimeAxis::Interval { dt, t0_frame, .. } => Some((dt.num, dt.den, t0_frame)),
            _ => None,
        };
        assert_eq!(dt(axis(&times(&[0, 33, 67, 100]), ms)), Some((1, 30, 0)));
        assert_eq!(dt(axis(&times(&[-80, -40, 0, 40]), ms)), Some((1, 25, 2)));
        assert_eq!(dt(axis(&times(&[0, 33, 68, 100]), ms)), None, "off by more than half a tick");
        assert_eq!(dt(axis(&times(&[0, 2000, 4000]), 1000 * ms)), None, "a clock of seconds");
        assert_eq!(dt(axis(&times(&[7, 47, 87]), ms)), None, "no frame is at 0");
        let gap = axis(&[Some(0), None, Some(80 * ms)], ms);
        assert_eq!([gap.seconds(0), gap.seconds(1), gap.seconds(2)], [Some(0.0), None, Some(0.08)]);
        assert_eq!(first_fall(&[Some(1), None, Some(1)]), Some((0, 2)));
        assert_eq!(first_fall(&times(&[1, 2, 3])), None);
    }
}
