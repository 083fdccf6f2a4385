//! The recipe as a TOML file, version 1.
//!
//! These structs are the file's shape and nothing else; the recipe proper lives one level up, so that
//! the file can stay readable while the program changes. Unknown entries are refused by name.

use blitz_core::zone::ZONE_COLORS;
use blitz_core::{FrameRange, PixelSize, Rect, Zone, ZoneShape};
use blitz_kernels::geometry::{Geometry, Rotation};
use blitz_kernels::reduce::Method;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::validate::InvalidEntry;
use super::{Auxiliary, Calibration, Load, Rate, Recipe, Reduction};
use crate::text;

/// Version written; older ones are read, newer ones refused.
pub const RECIPE_VERSION: u32 = 1;

/// Why a recipe file could not be used.
#[derive(Debug, Error)]
pub enum RecipeError {
    /// The text is not TOML or has an entry that no recipe has.
    #[error("{0}")]
    Syntax(String),
    /// An entry has a value that makes no sense.
    #[error(transparent)]
    Entry(#[from] InvalidEntry),
    /// Written by a newer program.
    #[error(
        "recipe version {found} is newer than version {RECIPE_VERSION}, which this program understands; use a newer program"
    )]
    Version {
        /// Version in the file.
        found: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    version: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    load: LoadEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    calibration: CalibrationEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    timeline: TimelineEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    arithmetic: ArithmeticEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    geometry: GeometryEntry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reduction: Option<ReductionEntry>,
    #[serde(default, rename = "zone", skip_serializing_if = "Vec::is_empty")]
    zones: Vec<ZoneEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    auxiliary: Vec<Auxiliary>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct LoadEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    axes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crop: Option<[usize; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shrink: Option<f64>,
    #[serde(skip_serializing_if = "is_default")]
    grey: bool,
    #[serde(skip_serializing_if = "is_default")]
    luma_full: bool,
    #[serde(skip_serializing_if = "is_default")]
    stored_orientation: bool,
    #[serde(skip_serializing_if = "is_default")]
    eight_bit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    eight_bit_range: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "is_default")]
    stretch_each_frame: bool,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct CalibrationEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t0_frame: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pixel_size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct TimelineEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<String>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct ArithmeticEntry {
    /// Each in the text form that flags and the window use, see [`super::step`].
    steps: Vec<String>,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct GeometryEntry {
    #[serde(skip_serializing_if = "is_default")]
    transpose: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotate: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    flip_x: bool,
    #[serde(skip_serializing_if = "is_default")]
    flip_y: bool,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ReductionEntry {
    methods: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    ddof: u32,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ZoneEntry {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rect: Option<[f64; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ellipse: Option<[f64; 4]>,
    #[serde(default, skip_serializing_if = "is_default")]
    angle: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    polygon: Option<Vec<[f64; 2]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pixel: Option<[usize; 2]>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn range_entry(entry: &str, text: Option<&str>) -> Result<Option<FrameRange>, InvalidEntry> {
    text.map(str::parse).transpose().map_err(|e| InvalidEntry::new(entry, e))
}

impl From<&Recipe> for RecipeFile {
    fn from(recipe: &Recipe) -> Self {
        let load = &recipe.load;
        let calibration = &recipe.calibration;
        let (fps, dt) = match &calibration.rate {
            Some(Rate::Fps(rate)) => (Some(rate.clone()), None),
            Some(Rate::Dt(interval)) => (None, Some(interval.clone())),
            None => (None, None),
        };
        Self {
            version: RECIPE_VERSION,
            load: LoadEntry {
                raw: load.raw.clone(),
                axes: load.axes.clone(),
                channel: load.channel.clone(),
                slice: load.slice,
                position: load.position,
                complex: load.complex.clone(),
                group: load.group.clone(),
                times: load.times.clone(),
                frames: (load.frames != FrameRange::ALL).then(|| load.frames.to_string()),
                every: (load.every != 1).then_some(load.every),
                crop: load.crop.map(|r| [r.x, r.y, r.width, r.height]),
                shrink: (load.shrink != 1.0).then_some(load.shrink),
                grey: load.grey,
                luma_full: load.luma_full,
                stored_orientation: load.stored_orientation,
                eight_bit: load.eight_bit,
                eight_bit_range: load.eight_bit_range.map(|(lo, hi)| [lo, hi]),
                stretch_each_frame: load.stretch_each_frame,
            },
            calibration: CalibrationEntry {
                fps,
                dt,
                t0_frame: calibration.t0_frame,
                // Metres in full precision, so that reading gives the same number back.
                pixel_size: calibration.pixel_size.map(text::pixel_size),
                unit: calibration.unit.clone(),
            },
            arithmetic: ArithmeticEntry { steps: recipe.steps.iter().map(ToString::to_string).collect() },
            timeline: TimelineEntry { frames: recipe.frames.map(|r| r.to_string()) },
            geometry: GeometryEntry {
                transpose: recipe.geometry.transpose,
                rotate: text::rotation(recipe.geometry.rotate).map(str::to_owned),
                flip_x: recipe.geometry.flip_x,
                flip_y: recipe.geometry.flip_y,
            },
            reduction: recipe.reduction.as_ref().map(|r| ReductionEntry {
                methods: r.methods.iter().map(|&m| text::method(m)).collect(),
                range: r.range.map(|r| r.to_string()),
                ddof: r.ddof,
            }),
            zones: recipe.zones.iter().map(ZoneEntry::from).collect(),
            auxiliary: recipe.auxiliary.clone(),
        }
    }
}

impl From<&Zone> for ZoneEntry {
    fn from(zone: &Zone) -> Self {
        let [r, g, b] = zone.color;
        let mut entry = Self {
            name: zone.name.clone(),
            color: Some(format!("#{r:02x}{g:02x}{b:02x}")),
            rect: None,
            ellipse: None,
            angle: 0.0,
            polygon: None,
            pixel: None,
        };
        match &zone.shape {
            ZoneShape::Rect { x, y, width, height, angle } => {
                entry.rect = Some([*x, *y, *width, *height]);
                entry.angle = *angle;
            }
            ZoneShape::Ellipse { x, y, width, height, angle } => {
                entry.ellipse = Some([*x, *y, *width, *height]);
                entry.angle = *angle;
            }
            ZoneShape::Polygon(points) => {
                entry.polygon = Some(points.iter().map(|&(x, y)| [x, y]).collect());
            }
            ZoneShape::Pixel { x, y } => entry.pixel = Some([*x, *y]),
        }
        entry
    }
}

impl ZoneEntry {
    fn into_zone(self, index: usize) -> Result<Zone, InvalidEntry> {
        let entry = |field: &str| format!("zone {} ('{}').{field}", index + 1, self.name);
        let color = match &self.color {
            Some(code) => text::parse_color(code).map_err(|e| InvalidEntry::new(&entry("color"), e))?,
            None => ZONE_COLORS[index % ZONE_COLORS.len()],
        };
        let angle = self.angle;
        let shape = match (self.rect, self.ellipse, self.polygon.as_deref(), self.pixel) {
            (Some([x, y, width, height]), None, None, None) => ZoneShape::Rect { x, y, width, height, angle },
            (None, Some([x, y, width, height]), None, None) => {
                ZoneShape::Ellipse { x, y, width, height, angle }
            }
            (None, None, Some(points), None) => {
                ZoneShape::Polygon(points.iter().map(|p| (p[0], p[1])).collect())
            }
            (None, None, None, Some([x, y])) => ZoneShape::Pixel { x, y },
            _ => {
                return Err(InvalidEntry::new(
                    &entry("shape"),
                    "exactly one of rect, ellipse, polygon and pixel is needed",
                ));
            }
        };
        Ok(Zone { name: self.name, color, shape })
    }
}

impl RecipeFile {
    fn into_recipe(self) -> Result<Recipe, RecipeError> {
        if self.version > RECIPE_VERSION {
            return Err(RecipeError::Version { found: self.version });
        }
        let load = self.load;
        let calibration = self.calibration;
        let rate = match (calibration.fps, calibration.dt) {
            (Some(_), Some(_)) => {
                return Err(InvalidEntry::new("calibration", "fps and dt exclude each other").into());
            }
            (Some(fps), None) => Some(Rate::Fps(fps)),
            (None, dt) => dt.map(Rate::Dt),
        };
        let pixel_size = calibration
            .pixel_size
            .as_deref()
            .map(PixelSize::parse)
            .transpose()
            .map_err(|e| InvalidEntry::new("calibration.pixel_size", e))?;
        let rotate = match self.geometry.rotate.as_deref() {
            None => Rotation::None,
            Some(turn) => text::parse_rotation(turn).map_err(|e| InvalidEntry::new("geometry.rotate", e))?,
        };
        let reduction = self
            .reduction
            .map(|r| -> Result<_, InvalidEntry> {
                let methods = r
                    .methods
                    .iter()
                    .map(|m| text::parse_method(m).map_err(|e| InvalidEntry::new("reduction.methods", e)))
                    .collect::<Result<Vec<Method>, _>>()?;
                let range = range_entry("reduction.range", r.range.as_deref())?;
                Ok(Reduction { methods, range, ddof: r.ddof })
            })
            .transpose()?;
        let recipe = Recipe {
            load: Load {
                raw: load.raw,
                axes: load.axes,
                channel: load.channel,
                slice: load.slice,
                position: load.position,
                complex: load.complex,
                group: load.group,
                times: load.times,
                frames: range_entry("load.frames", load.frames.as_deref())?.unwrap_or(FrameRange::ALL),
                every: load.every.unwrap_or(1),
                crop: load.crop.map(|[x, y, width, height]| Rect { x, y, width, height }),
                shrink: load.shrink.unwrap_or(1.0),
                grey: load.grey,
                luma_full: load.luma_full,
                stored_orientation: load.stored_orientation,
                eight_bit: load.eight_bit,
                eight_bit_range: load.eight_bit_range.map(|[lo, hi]| (lo, hi)),
                stretch_each_frame: load.stretch_each_frame,
            },
            calibration: Calibration {
                rate,
                t0_frame: calibration.t0_frame,
                pixel_size,
                unit: calibration.unit,
            },
            frames: range_entry("timeline.frames", self.timeline.frames.as_deref())?,
            steps: self
                .arithmetic
                .steps
                .iter()
                .enumerate()
                .map(|(i, text)| {
                    let entry = || format!("arithmetic.steps {} ({text})", i + 1);
                    text.parse().map_err(|e| InvalidEntry::new(&entry(), e))
                })
                .collect::<Result<_, InvalidEntry>>()?,
            zones: self
                .zones
                .into_iter()
                .enumerate()
                .map(|(i, z)| z.into_zone(i))
                .collect::<Result<_, InvalidEntry>>()?,
            geometry: Geometry {
                transpose: self.geometry.transpose,
                rotate,
                flip_x: self.geometry.flip_x,
                flip_y: self.geometry.flip_y,
            },
            reduction,
            auxiliary: self.auxiliary,
        };
        recipe.validate()?;
        Ok(recipe)
    }
}

/// In the form of the file, so that there is one form only.
impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RecipeFile::from(self).serialize(serializer)
    }
}

/// Refuses what [`Recipe::from_toml`] refuses.
impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RecipeFile::deserialize(deserializer)?.into_recipe().map_err(D::Error::custom)
    }
}

impl Recipe {
    /// The recipe as TOML text. Entries that have their default value are left out.
    pub fn to_toml(&self) -> String {
        toml::to_string(&RecipeFile::from(self)).unwrap_or_default()
    }

    /// Reads TOML text and validates what can be validated without a stack.
    ///
    /// # Errors
    /// With the entry, the value found and the value expected.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let file: RecipeFile = toml::from_str(text).map_err(|e| RecipeError::Syntax(e.to_string()))?;
        file.into_recipe()
    }
}
