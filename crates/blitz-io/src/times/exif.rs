//! Times from the EXIF data of pictures.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use blitz_core::{Cancel, TimeAxis, clock_text};
use exif::{In, Tag, Value};

use super::moment::{Moment, PICOSECONDS};
use super::{axis, first_fall};
use crate::format::contract::guarded;
use crate::in_parallel::in_parallel;
use crate::source::FrameSource;

/// Each frame is at the time when its picture was taken, counted from the first one that says when.
pub(super) fn set(source: &mut dyn FrameSource, cancel: &Cancel) -> Result<(), String> {
    let frames = source.info().frames;
    let files: Vec<Option<PathBuf>> = (0..frames).map(|frame| source.meta(frame).file).collect();
    if let Some(i) = (1..frames).find(|&i| files[i].is_some() && files[i] == files[i - 1]) {
        return Err(format!(
            "--times exif: frames {} and {i} lie in one file, whose EXIF data has one time; name a table of times \
             (--times FILE.csv)",
            i - 1
        ));
    }
    let found = in_parallel(frames, |frame| {
        let path = files[frame].as_ref().filter(|_| !cancel.is_cancelled())?;
        guarded(|| Ok(taken(path))).ok().flatten()
    });
    let Some(first) = found.iter().flatten().next().copied() else {
        return Err("--times exif: no picture says when it was taken (DateTimeOriginal, DateTime)".to_owned());
    };
    let times: Vec<Option<i128>> =
        found.iter().map(|m| m.map(|m| m.picoseconds - first.picoseconds)).collect();
    // The coarsest clock among them is that of all: digits that a zero ends may be left out.
    let tick = found.iter().flatten().map(|m| m.tick).min().unwrap_or(PICOSECONDS);
    let without: Vec<usize> = (0..frames).filter(|&frame| found[frame].is_none()).collect();
    let mut notes = Vec::new();
    if let Some(&first) = without.first() {
        notes.push(format!(
            "{} of {frames} pictures do not say when they were taken and have no time; the first is frame {first} ({}).",
            without.len(),
            source.meta(first).name
        ));
    }
    let time = match first_fall(&times) {
        None => {
            notes.push(
                "Times are those at which the pictures were taken (EXIF), from the first on.".to_owned(),
            );
            axis(&times, tick)
        }
        Some((a, b)) => {
            let of = |frame: usize| {
                let time = times[frame].unwrap_or_default() as f64 / PICOSECONDS as f64;
                format!("{} ({})", source.meta(frame).name, clock_text(time, 3))
            };
            let why = if times[a] == times[b] {
                let tick = tick as f64 / PICOSECONDS as f64;
                format!(
                    "{} and {} were taken at the same time: their clock ({tick} s) is too coarse",
                    of(a),
                    of(b)
                )
            } else {
                format!("{} was taken before {}", of(b), of(a))
            };
            notes.push(format!("Rate not set: {why}. Give --dt or --fps, or a table (--times FILE.csv)."));
            TimeAxis::NotSet
        }
    };
    let info = source.info_mut();
    info.time = time;
    info.notes.append(&mut notes);
    Ok(())
}

/// When a picture was taken, as its camera's clock says.
fn taken(path: &Path) -> Option<Moment> {
    const DATES: [(Tag, Tag); 3] = [
        (Tag::DateTimeOriginal, Tag::SubSecTimeOriginal),
        (Tag::DateTimeDigitized, Tag::SubSecTimeDigitized),
        (Tag::DateTime, Tag::SubSecTime),
    ];
    let mut reader = BufReader::new(File::open(path).ok()?);
    let data = exif::Reader::new().read_from_container(&mut reader).ok()?;
    let text = |tag: Tag| match &data.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => Some(String::from_utf8_lossy(parts.first()?).trim().to_owned()),
        _ => None,
    };
    DATES.iter().find_map(|&(date, fraction)| {
        let date = text(date)?;
        let fraction = text(fraction).filter(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
        let all = fraction.map_or_else(|| date.clone(), |fraction| format!("{date}.{fraction}"));
        Moment::parse(&all, PICOSECONDS, false).filter(|moment| moment.is_date)
    })
}
