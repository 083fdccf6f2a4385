//! The recipe: everything a person decided about a recording, and nothing of its pixels.
//!
//! The window edits it, command-line flags build it, a file keeps it. Frame numbers are *source* frame
//! numbers and coordinates are *source* pixels throughout, whatever the load part crops, thins or shrinks.

mod auxiliary;
mod command;
mod file;
pub mod step;
mod validate;

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use blitz_core::{FrameRange, ParseError, PixelSize, Rect, Stack, TimeAxis, Zone};
use blitz_kernels::geometry::Geometry;
use blitz_kernels::reduce::Method;
use serde::{Deserialize, Serialize};

pub use auxiliary::Auxiliary;
pub use file::{RECIPE_VERSION, RecipeError};
pub use step::{Direction, Filter, Guard, Reference, Step, StepKind, Window, Within};
pub use validate::InvalidEntry;

/// How the recording is read: applied while frames are decoded, in the order crop, shrink, convert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// How the samples of a raw binary file lie, such as `640x480:u16le:offset=512`; `None` for all other files.
    pub raw: Option<String>,
    /// Meaning of an array's axes, such as `THW`; `None` lets the stated rule decide.
    pub axes: Option<String>,
    /// Which channel is shown, by number or name; `None` shows all, or the first where they are pages.
    pub channel: Option<String>,
    /// Which slice is shown; `None` shows the first.
    pub slice: Option<usize>,
    /// Which position is shown; `None` shows the first.
    pub position: Option<usize>,
    /// Which part of complex samples: `magnitude`, `real`, `imaginary` or `phase`.
    pub complex: Option<String>,
    /// Which recording of a folder, by suffix or by the name of the series; `None` takes the largest.
    pub group: Option<String>,
    /// Where the times of frames come from: `exif`, `names` or the path of a table; `None` leaves them to the container.
    pub times: Option<String>,
    /// Source frames to take; its step multiplies with `every`.
    pub frames: FrameRange,
    /// Every n-th of those frames, at least 1.
    pub every: usize,
    /// Part of the image to keep, in source pixels.
    pub crop: Option<Rect>,
    /// Size ratio above 0 up to 1; pixels are averaged over their area.
    pub shrink: f64,
    /// Colour becomes one luminance channel.
    pub grey: bool,
    /// With `grey`, for video: luma in limited range is spread over the full range (its codes are kept
    /// otherwise).
    pub luma_full: bool,
    /// For video: pictures stay as they are stored, although the file asks for them to be turned for display.
    pub stored_orientation: bool,
    /// Values become 0–255 by a fixed scale.
    pub eight_bit: bool,
    /// With `eight_bit`: the values that become 0 and 255; `None` takes the effective bits of the recording, or, of signed
    /// and wide integers and floats, its range.
    pub eight_bit_range: Option<(f64, f64)>,
    /// Each frame's own minimum and maximum become the ends of the range.
    pub stretch_each_frame: bool,
}

impl Load {
    /// How a reference file is read: as the recording is, but for which frames are taken and what belongs
    /// to the recording's own container.
    #[must_use]
    pub fn of_reference(&self) -> Self {
        Self { frames: FrameRange::ALL, every: 1, axes: None, group: None, times: None, ..self.clone() }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self {
            raw: None,
            axes: None,
            channel: None,
            slice: None,
            position: None,
            complex: None,
            group: None,
            times: None,
            frames: FrameRange::ALL,
            every: 1,
            crop: None,
            shrink: 1.0,
            grey: false,
            luma_full: false,
            stored_orientation: false,
            eight_bit: false,
            eight_bit_range: None,
            stretch_each_frame: false,
        }
    }
}

/// How frames follow each other, as typed: kept as text so that a recipe says what the person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rate {
    /// Frames per second: `100000`, `29.97`, `30000/1001`.
    Fps(String),
    /// Time between frames: `10us`.
    Dt(String),
}

/// Time, length and value scales.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Frame rate or interval; `None` keeps what the container states.
    pub rate: Option<Rate>,
    /// Source frame at t = 0; `None` keeps what the file or the names of the files say.
    pub t0_frame: Option<i64>,
    /// Edge length of a source pixel.
    pub pixel_size: Option<PixelSize>,
    /// Unit of the values.
    pub unit: Option<String>,
}

impl Calibration {
    /// The time axis over source frames: the person's, else the container's.
    ///
    /// # Errors
    /// If the rate was typed wrongly (a validated recipe's never is).
    pub fn time(&self, stack: &Stack) -> Result<TimeAxis, ParseError> {
        let t0_frame = self.t0(stack);
        let given = match &self.rate {
            Some(Rate::Fps(rate)) => TimeAxis::from_fps(rate, t0_frame)?,
            Some(Rate::Dt(interval)) => TimeAxis::from_dt(interval, t0_frame)?,
            None => {
                return Ok(match (&stack.time, self.t0_frame) {
                    (time @ TimeAxis::Interval { .. }, _) => time.zero_at(t0_frame),
                    (other, Some(frame)) => other.zero_at(frame),
                    (other, None) => other.clone(),
                });
            }
        };
        Ok(match (given, stack.catalog.counts()) {
            (TimeAxis::Interval { dt, .. }, Some(counts)) => TimeAxis::counted(counts, dt, self.t0_frame),
            (given, _) => given,
        })
    }

    /// Source frame at t = 0 of a rate: the person's, else the file's, else that of file number 0 where numbers run
    /// through it, else the first.
    pub fn t0(&self, stack: &Stack) -> i64 {
        let of_file = match &stack.time {
            TimeAxis::Interval { t0_frame, .. } if *t0_frame != 0 => *t0_frame,
            _ => stack.catalog.t0_frame(),
        };
        self.t0_frame.unwrap_or(of_file)
    }
}

/// Reduction of a range of frames to one picture per method.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduction {
    /// What to compute, all in one pass.
    pub methods: Vec<Method>,
    /// Source frames to reduce; `None` is the whole (cropped) timeline.
    pub range: Option<FrameRange>,
    /// std divides by N − ddof: 0 or 1.
    pub ddof: u32,
}

/// A recipe, version 1.
///
/// ```
/// use blitz_recipe::recipe::Recipe;
///
/// // Read from a file's text, changed, checked, written again.
/// let mut recipe = Recipe::from_toml("version = 1\n[arithmetic]\nsteps = [\"subtract mean:0:100\"]\n")?;
/// recipe.steps.push("smooth gaussian,1.5".parse()?);
/// recipe.validate()?;
/// assert!(recipe.to_toml().contains("\"smooth gaussian,1.5\""));
/// assert_eq!(Recipe::from_toml(&recipe.to_toml())?, recipe);
///
/// // What makes no sense is refused by its entry, with the values allowed.
/// let error = Recipe::from_toml("version = 1\n[load]\nshrink = 3.0\n").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "recipe entry load.shrink: 3 found, a ratio above 0 up to 1 expected"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// How the recording is read.
    pub load: Load,
    /// Scales.
    pub calibration: Calibration,
    /// Timeline crop in source frames: comes before everything below.
    pub frames: Option<FrameRange>,
    /// What happens to the values, in this order.
    pub steps: Vec<Step>,
    /// Zones, in source pixels.
    pub zones: Vec<Zone>,
    /// Curves recorded beside the recording; no step: they change no sample.
    pub auxiliary: Vec<Auxiliary>,
    /// Turning and mirroring of what is shown and written; zones and coordinates do not turn.
    pub geometry: Geometry,
    /// Reduction, if one is shown or written.
    pub reduction: Option<Reduction>,
}

impl Recipe {
    /// Stack frames that the timeline crop and, within it, `range` select, ascending.
    pub fn select(&self, stack: &Stack, range: Option<FrameRange>) -> Vec<usize> {
        let extent = stack.store.extent();
        let within = |source: usize, range: FrameRange| {
            source >= range.start
                && range.end.is_none_or(|end| source < end)
                && (source - range.start).is_multiple_of(range.step)
        };
        (extent.first..extent.end)
            .filter(|&frame| {
                let source = stack.source_frame(frame);
                self.frames.is_none_or(|r| within(source, r)) && range.is_none_or(|r| within(source, r))
            })
            .collect()
    }

    /// What of the recipe changes numbers of questions that name their zones and ranges themselves: the
    /// part of the cache key that the recipe contributes.
    ///
    /// `written` says when a file that a step rests on was written, see [`files`](Self::files): another time or size
    /// is another key.
    pub fn key(&self, written: &dyn Fn(&Path) -> u64) -> RecipeKey {
        let mut h = std::hash::DefaultHasher::new();
        for step in self.steps.iter().filter(|s| s.enabled) {
            step.to_string().hash(&mut h);
            step.kind.files().iter().for_each(|path| written(path).hash(&mut h));
            let named = step.kind.zones();
            for zone in named.iter().filter_map(|name| self.zones.iter().find(|z| z.name == *name)) {
                // Numbers in their shortest exact form.
                format!("{:?}", zone.shape).hash(&mut h);
            }
        }
        RecipeKey { frames: self.frames, geometry: self.geometry, steps: h.finish() }
    }

    /// Whether a frame, or what `method` makes of frames, has values on both sides of 0 because the steps made them so. A
    /// standard deviation never does.
    pub fn is_signed(&self, method: Option<Method>) -> bool {
        self.steps.iter().any(Step::gives_signed) && method != Some(Method::Std)
    }

    /// The method whose picture is shown instead of a frame, if any: the first of the reduction.
    pub fn shown_method(&self) -> Option<Method> {
        self.reduction.as_ref().and_then(|r| r.methods.first().copied())
    }

    /// Whether the values shown are those of the source: no reduction, and no step takes part.
    pub fn shows_source(&self) -> bool {
        self.reduction.is_none() && !self.steps.iter().any(|s| s.enabled)
    }

    /// The recipe with only the first `count` of its steps; with 0, what the source itself is.
    #[must_use]
    pub fn first_steps(&self, count: usize) -> Self {
        Self { steps: self.steps[..count].to_vec(), ..self.clone() }
    }

    /// Files and folders that the steps which take part rest on, and those of the auxiliary curves that are shown.
    pub fn files(&self) -> Vec<PathBuf> {
        let enabled = self.steps.iter().filter(|s| s.enabled);
        let shown = self.auxiliary.iter().filter(|curve| !curve.hidden);
        enabled.flat_map(|step| step.kind.files()).chain(shown.map(|curve| curve.file.clone())).collect()
    }
}

/// See [`Recipe::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecipeKey {
    frames: Option<FrameRange>,
    geometry: Geometry,
    steps: u64,
}
