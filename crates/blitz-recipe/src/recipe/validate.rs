//! Validation with errors that name the entry.

use std::fmt;
use std::ops::RangeInclusive;

use blitz_core::{FrameShape, Stack, TimeAxis, ZoneShape};
use blitz_kernels::reduce::Method;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Calibration, Load, Rate, Recipe, Within};

/// An entry of a recipe that makes no sense, by itself or for the recording it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
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

pub(super) fn ensure(ok: bool, entry: &str, reason: impl FnOnce() -> String) -> Result<(), InvalidEntry> {
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
        ensure(self.times.as_deref().is_none_or(|from| !from.trim().is_empty()), "load.times", || {
            "nothing found, exif, names or the path of a table expected".into()
        })?;
        ensure(
            self.eight_bit_range.is_none_or(|(lo, hi)| lo < hi && lo.is_finite() && hi.is_finite()),
            "load.eight_bit",
            || {
                let (lo, hi) = self.eight_bit_range.unwrap_or_default();
                format!("{lo}:{hi} found, two numbers LO:HI with LO below HI expected")
            },
        )?;
        ensure(self.grey || !self.luma_full, "load.luma_full", || {
            "luma is what video holds as grey; add load.grey (--grey)".into()
        })?;
        ensure(self.crop.is_none_or(|r| r.width > 0 && r.height > 0), "load.crop", || {
            let crop = self.crop.map(|r| r.to_string()).unwrap_or_default();
            format!("{crop} (X,Y,WIDTH,HEIGHT) found, a width and height of at least 1 expected")
        })
    }

    /// Checks the part that needs the recording's size.
    ///
    /// # Errors
    /// If the crop leaves the image, the frame range is empty, or a step or ratio leaves less than one frame or pixel.
    pub fn validate_for(&self, frame: FrameShape, frames: usize) -> Result<(), InvalidEntry> {
        self.validate()?;
        ensure(self.crop.is_none_or(|r| r.fits(frame)), "load.crop", || {
            let crop = self.crop.map(|r| r.to_string()).unwrap_or_default();
            format!("{crop} (X,Y,WIDTH,HEIGHT) leaves the image of {} × {} pixels", frame.width, frame.height)
        })?;
        let cropped = self.crop.map_or((frame.width, frame.height), |r| (r.width, r.height));
        let least = 1.0 / cropped.0.max(cropped.1).max(1) as f64;
        // A product that misses 1 by rounding alone counts as 1.
        ensure(self.shrink >= least * (1.0 - 1e-9), "load.shrink", || {
            let (width, height) = cropped;
            format!("{} found, {least} to 1 expected for an image of {width} × {height} pixels", self.shrink)
        })?;
        // A single frame may be the first of a recording whose others are still being found.
        let steps = [("load.every", self.every), ("load.frames", self.frames.step)];
        for (entry, step) in steps.into_iter().filter(|_| frames > 1) {
            ensure(step <= frames, entry, || {
                format!("a step of {step} found, 1 to {frames} expected: the recording has {frames} frames")
            })?;
        }
        ensure(frames == 0 || self.frames.len(frames) > 0, "load.frames", || {
            format!("{} selects nothing: the recording has frames 0–{}", self.frames, frames - 1)
        })
    }
}

/// Seconds between frames.
const INTERVALS: RangeInclusive<f64> = 1e-12..=1e9;

/// Frames before and after the recording at which t may be 0: times stay exact.
const FARTHEST_T0: i64 = 1_000_000_000_000;

/// Metres per pixel.
const PIXEL_SIZES: RangeInclusive<f64> = 1e-15..=1e9;

/// Pixels from the origin at which zones may lie, and their largest size.
const FARTHEST_ZONE: f64 = 1e9;

impl Calibration {
    fn validate(&self) -> Result<(), InvalidEntry> {
        let (axis, entry, found) = match &self.rate {
            Some(Rate::Fps(rate)) => (TimeAxis::from_fps(rate, 0), "calibration.fps", rate.as_str()),
            Some(Rate::Dt(dt)) => (TimeAxis::from_dt(dt, 0), "calibration.dt", dt.as_str()),
            None => (Ok(TimeAxis::NotSet), "", ""),
        };
        if let TimeAxis::Interval { dt, .. } = axis.map_err(|e| InvalidEntry::new(entry, e))? {
            ensure(INTERVALS.contains(&dt.to_f64()), entry, || {
                let (least, most) = (INTERVALS.start(), INTERVALS.end());
                format!("{found} found, {least:e} to {most:e} seconds between frames expected")
            })?;
        }
        ensure(
            self.t0_frame.is_none_or(|t| t.checked_abs().is_some_and(|t| t <= FARTHEST_T0)),
            "calibration.t0_frame",
            || {
                let found = self.t0_frame.unwrap_or_default();
                format!("{found} found, a frame from -{FARTHEST_T0} to {FARTHEST_T0} expected")
            },
        )?;
        ensure(
            self.pixel_size.is_none_or(|p| PIXEL_SIZES.contains(&p.metres)),
            "calibration.pixel_size",
            || {
                let found = self.pixel_size.map_or(0.0, |p| p.metres);
                let (least, most) = (PIXEL_SIZES.start(), PIXEL_SIZES.end());
                format!("{found:e} m found, {least:e} to {most:e} m expected")
            },
        )
    }
}

/// A number of a zone's shape beyond the farthest that is allowed.
fn far(shape: &ZoneShape) -> Option<f64> {
    let numbers: Vec<f64> = match shape {
        ZoneShape::Rect { x, y, width, height, angle }
        | ZoneShape::Ellipse { x, y, width, height, angle } => {
            vec![*x, *y, *width, *height, *angle]
        }
        ZoneShape::Polygon(points) => points.iter().flat_map(|&(x, y)| [x, y]).collect(),
        ZoneShape::Pixel { x, y } => vec![*x as f64, *y as f64],
    };
    numbers.into_iter().find(|v| v.abs() > FARTHEST_ZONE)
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
            if let Some(far) = far(&zone.shape) {
                let why =
                    format!("{far:e} found, numbers from -{FARTHEST_ZONE:e} to {FARTHEST_ZONE:e} expected");
                return Err(InvalidEntry::new(&entry, why));
            }
            ensure(!zone.name.trim().is_empty(), &entry, || "a name expected".into())?;
            ensure(self.zones[..i].iter().all(|z| z.name != zone.name), &entry, || {
                "the name is taken by an earlier zone; column names must differ".into()
            })?;
        }
        self.auxiliary.iter().enumerate().try_for_each(|(i, curve)| curve.validate(i))?;
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
    /// If a range selects no frame, or a parameter of a step is too large for the image or the timeline. Zones
    /// outside the image are no error: they give missing values.
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
        let within = self.within(stack);
        for (i, step) in self.steps.iter().enumerate().filter(|(_, step)| step.enabled) {
            if let Some(fault) = step.kind.fault(within) {
                return Err(InvalidEntry::new(&format!("step {} ({step})", i + 1), fault));
            }
        }
        Ok(())
    }

    /// What the recording allows for parameters of steps.
    pub fn within(&self, stack: &Stack) -> Within {
        let extent = stack.store.extent();
        let timeline = match self.frames {
            None => extent.end - extent.first,
            Some(_) => self.select(stack, None).len(),
        };
        Within { frame: stack.store.layout().frame, timeline }
    }
}
