//! `MetaMorph` stacks: one directory for many planes, whose times and distances stand in a tag of their own (UIC2).

use blitz_core::{TimeAxis, TimeOrigin};

use super::describe::{Description, metres};
use super::ifd::{Header, Ifd, tag};
use crate::read_at::ReadAt;
use crate::times::axis;

/// Bytes of a plane in UIC2: distance as a fraction, when it was taken and when changed, in days and milliseconds.
const PLANE: usize = 24;

/// Reads what a stack says of its planes; `None` where the file is none.
///
/// # Errors
/// If it claims planes that its bytes cannot describe.
pub(super) fn read(data: &dyn ReadAt, header: Header, ifd: &Ifd) -> Result<Option<Description>, String> {
    /// More bytes are a damaged count: so many planes would be hundreds of gigabytes.
    const MOST: u64 = 64 << 20;
    let Some((count, at)) = ifd.place(tag::UIC2) else { return Ok(None) };
    let bytes = count.checked_mul(PLANE as u64).filter(|&n| n > 0 && n <= data.size().min(MOST));
    let bytes = bytes.ok_or_else(|| format!("tag 33629 (UIC2) claims {count} planes"))?;
    let mut raw = vec![0; bytes as usize];
    data.read_exact_at(at, &mut raw)
        .map_err(|e| format!("the file is cut short within the planes of tag 33629 (UIC2): {e}"))?;
    let number = |bytes: &[u8]| header.number(bytes);
    let planes = raw.as_chunks::<PLANE>().0;
    let is_apart = planes.iter().all(|plane| number(&plane[..4]) != 0);
    let ticks: Vec<i128> = planes
        .iter()
        .map(|plane| i128::from(number(&plane[8..12])) * 86_400_000 + i128::from(number(&plane[12..16])))
        .collect();
    let mut notes = Vec::new();
    let (pixel, note) = calibration(data, header, ifd);
    notes.extend(note);
    let mut time = TimeAxis::NotSet;
    let mut letter = if is_apart { 'Z' } else { 'I' };
    if !is_apart && ticks.len() > 1 {
        if ticks.windows(2).all(|pair| pair[0] < pair[1]) {
            letter = 'T';
            time = times(&ticks);
        } else if ticks.iter().any(|t| *t != ticks[0]) {
            notes.push(
                "The MetaMorph description gives times of planes that do not rise; they are not used."
                    .to_owned(),
            );
        }
    }
    let length = planes.len();
    Ok(Some(Description {
        axes: if length > 1 { vec![(letter, length)] } else { Vec::new() },
        images: Some(length),
        time,
        pixel,
        writer: "MetaMorph",
        notes,
        ..Description::default()
    }))
}

/// Times in milliseconds, from the first plane on.
fn times(ticks: &[i128]) -> TimeAxis {
    const PICOSECONDS: i128 = 1_000_000_000;
    let since: Vec<Option<i128>> = ticks.iter().map(|t| Some((t - ticks[0]) * PICOSECONDS)).collect();
    match axis(&since, PICOSECONDS) {
        TimeAxis::Interval { dt, t0_frame, .. } => {
            TimeAxis::Interval { dt, t0_frame, origin: TimeOrigin::Container }
        }
        time => time,
    }
}

/// Metres per pixel across and down, where the stack is calibrated (UIC1), and what to say of a unit that is not known.
fn calibration(data: &dyn ReadAt, header: Header, ifd: &Ifd) -> (Option<(f64, f64)>, Option<String>) {
    /// Entries of UIC1 that are used.
    const IS_CALIBRATED: u64 = 3;
    const ACROSS: u64 = 4;
    const DOWN: u64 = 5;
    const UNIT: u64 = 6;
    /// `MetaMorph` writes some 60 entries, and units of a few letters.
    const MOST: u64 = 1 << 10;
    let Some((count, at)) = ifd.place(tag::UIC1).filter(|&(count, _)| count <= MOST) else {
        return (None, None);
    };
    let four = |at: u64| {
        let mut bytes = [0; 4];
        data.read_exact_at(at, &mut bytes).ok().map(|()| header.number(&bytes))
    };
    let entry = |wanted: u64| {
        let mut places = (0..count).map(|i| at.saturating_add(8 * i));
        places.find(|&at| four(at) == Some(wanted)).and_then(|at| four(at + 4))
    };
    let fraction = |wanted: u64| {
        let at = entry(wanted)?;
        let size = four(at)? as f64 / four(at + 4)? as f64;
        Some(size).filter(|size| size.is_finite() && *size > 0.0)
    };
    if entry(IS_CALIBRATED).is_none_or(|value| value == 0) {
        return (None, None);
    }
    let Some(across) = fraction(ACROSS) else { return (None, None) };
    let unit = entry(UNIT).and_then(|at| {
        let length = four(at).filter(|&n| n < MOST)?;
        let mut text = vec![0; length as usize];
        data.read_exact_at(at + 4, &mut text).ok()?;
        Some(String::from_utf8_lossy(&text).trim_matches('\0').to_owned())
    });
    let unit = unit.unwrap_or_default();
    match metres(&unit) {
        Some(metres) => (Some((across * metres, fraction(DOWN).unwrap_or(across) * metres)), None),
        None => (
            None,
            Some(format!(
                "The MetaMorph description gives a pixel size of {across} '{}', whose unit is not known; it is not used.",
                unit.escape_debug()
            )),
        ),
    }
}
