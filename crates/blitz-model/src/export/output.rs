//! The files that an export writes.

use std::path::{Path, PathBuf};

use blitz_core::{Rational, SamplesRef, Stack, TimeAxis};
use blitz_io::{FrameWriter, Kept, Scales, VideoSpec, WriteSpec};

use super::video::shown_pixel;
use super::{ExportError, ExportRequest, Gaps, Target};
use crate::file_numbers::file_numbers;
use crate::recipe::{InvalidEntry, Recipe};
use crate::text;

/// The output.
pub(super) struct Output {
    path: PathBuf,
    notes: Vec<String>,
    open: Box<dyn FrameWriter>,
    written: usize,
}

impl Output {
    pub(super) fn new(
        stack: &Stack,
        recipe: &Recipe,
        request: &ExportRequest,
        target: &Target,
        frames: &[usize],
        video: Option<VideoSpec>,
    ) -> Result<Self, ExportError> {
        let is_numbered = is_numbered(&request.output);
        let (numbers, mut notes) =
            if is_numbered { numbers(stack, frames) } else { (Vec::new(), Vec::new()) };
        let mut spec = WriteSpec::new(target.dtype, target.shape, Some(frames.len()), request.overwrite);
        spec.numbers = Some(numbers.into());
        spec.scales = scales(stack, recipe, frames)?;
        // What a video plays is said with it.
        let suffix = request.output.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        notes.extend(spec.scales.lost(Kept::of(&suffix, is_numbered)));
        spec.video = video;
        let mut description = format!("{}, {}", stack.name, text::frames(stack, frames));
        if request.gaps == Gaps::Skip {
            description.push_str(", failed frames left out");
        }
        spec.description = Some(description);
        // Created with all that is known, so that taken names and a full disk are found before any work.
        let mut open = spec.create(&request.output)?;
        if request.gaps == Gaps::Skip {
            drop(open);
            spec.frames = None;
            open = spec.create(&request.output)?;
        }
        Ok(Self { path: request.output.clone(), notes, open, written: 0 })
    }

    pub(super) fn write(&mut self, samples: SamplesRef<'_>) -> Result<(), ExportError> {
        self.written += 1;
        Ok(self.open.write_frame(samples)?)
    }

    /// A frame is left out: in a numbered series its number is, too.
    pub(super) fn skip(&mut self) {
        self.open.skip_frame();
    }

    /// What people must know of the output.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().chain(self.open.notes()).collect()
    }

    pub(super) fn finish(self) -> Result<(), ExportError> {
        if self.written == 0 {
            return Err(ExportError::Nothing(self.path));
        }
        Ok(self.open.finish()?)
    }
}

/// Numbers of the files of a series: those of the source's files where they have such, otherwise of the source frames;
/// and what to say of it.
fn numbers(stack: &Stack, frames: &[usize]) -> (Vec<i64>, Vec<String>) {
    let of_frames = || frames.iter().map(|&frame| stack.source_frame(frame) as i64).collect();
    let Some(texts) = file_numbers(stack, frames) else { return (of_frames(), Vec::new()) };
    let numbers: Option<Vec<i64>> = texts.iter().map(|text| text.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|numbers| numbers.windows(2).all(|pair| pair[0] < pair[1])) {
        return (numbers, vec!["the files keep the numbers of the recording's files".to_owned()]);
    }
    let note = "the numbers of the recording's files cannot be kept; files are numbered by frame";
    (of_frames(), vec![note.to_owned()])
}

/// Times, pixel size and unit of what is written.
fn scales(stack: &Stack, recipe: &Recipe, frames: &[usize]) -> Result<Scales, ExportError> {
    let time = recipe.calibration.time(stack).map_err(|e| InvalidEntry::new("calibration.fps", e))?;
    let source: Vec<usize> = frames.iter().map(|&frame| stack.source_frame(frame)).collect();
    let first = source.first().copied().unwrap_or(0) as i64;
    let step = source.get(1).map_or(stack.frames.step, |second| second - source[0]) as i64;
    let even = match &time {
        TimeAxis::Interval { dt, t0_frame, origin } if (t0_frame - first) % step == 0 => {
            let dt = dt.num.checked_mul(step as u64).and_then(|num| Rational::new(num, dt.den));
            dt.map(|dt| TimeAxis::Interval { dt, t0_frame: (t0_frame - first) / step, origin: *origin })
        }
        _ => None,
    };
    let time = match time {
        TimeAxis::NotSet => TimeAxis::NotSet,
        time => even.unwrap_or_else(|| {
            TimeAxis::Explicit(source.iter().map(|&f| time.seconds(f).unwrap_or(f64::NAN)).collect())
        }),
    };
    let unit = recipe.calibration.unit.clone().or_else(|| stack.unit.clone());
    Ok(Scales { time, pixel_size: shown_pixel(stack, recipe), unit })
}

/// Whether a name has a place for a number: `%d`, `%05d`.
fn is_numbered(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = name.split_once('%').and_then(|(_, rest)| rest.split_once('d'));
    place.is_some_and(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_for_numbers() {
        for (name, numbered) in
            [("a/%05d.png", true), ("x_%d.tif", true), ("100%.tif", false), ("%x d.tif", false)]
        {
            assert_eq!(is_numbered(Path::new(name)), numbered, "{name}");
        }
    }
}
