//! What Andor's camera programs (Solis, iQ) write into private tags of each page; names as tifffile has them.

use blitz_core::{Rational, TimeAxis, TimeOrigin, parse_decimal};

use super::ifd::{Header, Ifd};
use crate::read_at::ReadAt;

const ID: u16 = 4864;
const EXPOSURE_TIME: u16 = 4876;
/// Seconds from frame to frame of a kinetic series.
const KINETIC_CYCLE_TIME: u16 = 4878;

/// The time axis of a kinetic series; not set for files of other programs and where no time is stated.
pub(super) fn time(data: &dyn ReadAt, header: Header, first: &Ifd) -> TimeAxis {
    let cycle = seconds(data, header, first, KINETIC_CYCLE_TIME);
    // The shortest decimal number of a double is what was typed.
    let dt: Option<Rational> = cycle.and_then(|cycle| parse_decimal(&cycle.to_string()).ok());
    dt.filter(|dt| dt.num > 0).map_or(TimeAxis::NotSet, |dt| TimeAxis::Interval {
        dt,
        t0_frame: 0,
        origin: TimeOrigin::Container,
    })
}

/// Seconds that a frame was exposed for.
pub(super) fn exposure(data: &dyn ReadAt, header: Header, ifd: &Ifd) -> Option<f64> {
    seconds(data, header, ifd, EXPOSURE_TIME)
}

fn seconds(data: &dyn ReadAt, header: Header, ifd: &Ifd, tag: u16) -> Option<f64> {
    const DOUBLE: u16 = 12;
    if !ifd.has(ID) {
        return None;
    }
    let (bytes, DOUBLE) = ifd.short(data, tag, 8)? else { return None };
    let seconds = f64::from_bits(header.number(bytes.get(..8)?));
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}
