//! Validation with errors that name the entry.

use std::fmt;

use blitz_core::{FrameShape, Stack};
use blitz_kernels::reduce::Method;
use thiserror::Error;

use super::{Calibration, Load, Rate, Recipe};

/// An entry of a recipe that makes no sense, by itself or for the recording it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("recipe entry {entry}: {reason}")]
pub struct InvalidEntry {
    /// Dotted name of the entry, such as `load.crop`.
    pub entry: String,
    /// What was found and what is expected.
    pub reason: String,
}

impl InvalidEntry {
    /// `entry` is wrong because of `reason`.
    pub fn new(entry: &str, reason: impl fmt::Display) -> Self {
        Self { entry: entry.to_owned(), reason: reason.to_string() }
    }

    /// Index of the step that the entry is, if it is one: entries of steps are named `step 2 (divide …)`.
    pub fn step(&self) -> Option<usize> {
        let (number, _) = self.entry.strip_prefix("step ")?.split_once(" (")?;
        number.parse::<usize>().ok()?.checked_sub(1)
    }
}

fn ensure(ok: bool, entry: &str, reason: impl FnOnce() -> String) -> Result<(), InvalidEntry> {
    if ok { Ok(()) } else { Err(InvalidEntry::new(entry, reason())) }
}

impl Load {
    /// Checks what can be checked without the recording.
    ///
    /// # Errors
    /// Names the entry, the value found and the values allowed.
    pub fn validate(&self) -> Result<(), InvalidEntry> {
        ensure(self.every >= 1, "load.every", || "0 found, a step of at least 1 expected".into())?;
        ensure(self.frames.step >= 1, "load.frames", || "a step of at least 1 expected".into())?;
        ensure(self.shrink > 0.0 && self.shrink <= 1.0, "load.shrink", || {
            format!("{} found, a ratio above 0 up to 1 expected", self.shrink)
        })?;
        ensure(self.grey || !self.luma_full, "load.luma_full", || {
            "luma is what video holds as grey; add load.grey (--grey)".into()
        })?;
        ensure(self.crop.is_none_or(|r| r.pixels() > 0), "load.crop", || {
            "width and height above 0 expected".into()
        })
    }

    /// Checks the part that needs the recording's size.
    ///
    /// # Errors
    /// If the crop leaves the image or the frame range is empty.
    pub fn validate_for(&self, frame: FrameShape, frames: usize) -> Result<(), InvalidEntry> {
        self.validate()?;
        ensure(self.crop.is_none_or(|r| r.fits(frame)), "load.crop", || {
            let crop = self.crop.map(|r| r.to_string()).unwrap_or_default();
            format!("{crop} (X,Y,WIDTH,HEIGHT) leaves the image of {} × {} pixels", frame.width, frame.height)
        })?;
        ensure(frames == 0 || self.frames.len(frames) > 0, "load.frames", || {
            format!("{} selects nothing: the recording has frames 0–{}", self.frames, frames - 1)
        })
    }
}

impl Calibration {
    fn validate(&self) -> Result<(), InvalidEntry> {
        match &self.rate {
            Some(Rate::Fps(rate)) => {
                blitz_core::TimeAxis::from_fps(rate, 0)
                    .map_err(|e| InvalidEntry::new("calibration.fps", e))?;
            }
            Some(Rate::Dt(dt)) => {
                blitz_core::TimeAxis::from_dt(dt, 0).map_err(|e| InvalidEntry::new("calibration.dt", e))?;
            }
            None => {}
        }
        Ok(())
    }
}

impl Recipe {
    /// Checks what can be checked without the recording.
    ///
    /// # Errors
    /// Names the entry, the value found and the values allowed.
    pub fn validate(&self) -> Result<(), InvalidEntry> {
        self.load.validate()?;
        self.calibration.validate()?;
        for (i, zone) in self.zones.iter().enumerate() {
            let entry = format!("zone {} ('{}')", i + 1, zone.name);
            ensure(zone.shape.is_valid(), &entry, || {
                "finite numbers, a width and height above 0, at least 3 corners expected".into()
            })?;
            ensure(!zone.name.trim().is_empty(), &entry, || "a name expected".into())?;
            ensure(self.zones[..i].iter().all(|z| z.name != zone.name), &entry, || {
                "the name is taken by an earlier zone; column names must differ".into()
            })?;
        }
        if let Some(reduction) = &self.reduction {
            ensure(!reduction.methods.is_empty(), "reduction.methods", || {
                "at least one method expected".into()
            })?;
            ensure(reduction.ddof <= 1, "reduction.ddof", || {
                format!("{} found, 0 or 1 expected", reduction.ddof)
            })?;
            for method in &reduction.methods {
                if let Method::Percentile(p) = method {
                    ensure((0.0..=100.0).contains(p), "reduction.methods", || {
                        format!("percentile {p} found, 0 to 100 expected")
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Checks the recipe against an open stack.
    ///
    /// # Errors
    /// If a range selects no frame or a step's window is longer than the timeline. Zones outside the image
    /// are no error: they give missing values.
    pub fn validate_for(&self, stack: &Stack) -> Result<(), InvalidEntry> {
        self.validate()?;
        let frames = stack.source_frames;
        let check = |entry: &str, range: Option<blitz_core::FrameRange>| {
            let Some(range) = range else { return Ok(()) };
            ensure(!self.select(stack, Some(range)).is_empty(), entry, || {
                format!("{range} selects no frame: the recording has frames 0–{}", frames.saturating_sub(1))
            })
        };
        check("timeline.frames", self.frames)?;
        check("reduction.range", self.reduction.as_ref().and_then(|r| r.range))?;
        let timeline = self.select(stack, None).len();
        for (i, step) in self.steps.iter().enumerate().filter(|(_, step)| step.enabled) {
            let Some(window) = step.kind.window() else { continue };
            ensure(!window.complete(0, timeline).is_empty(), &format!("step {} ({step})", i + 1), || {
                let lag =
                    if window.lag > 0 { format!(" with a lag of {}", window.lag) } else { String::new() };
                format!(
                    "no frame has a whole window of {} frames{lag}: the timeline has {timeline}; shorten it",
                    window.len
                )
            })?;
        }
        Ok(())
    }
}
