//! Edits: the only way a document changes.

use blitz_core::zone::ZONE_COLORS;
use blitz_core::{FrameRange, PixelSize, Zone, ZoneShape};
use blitz_kernels::geometry::Geometry;
use blitz_kernels::reduce::Method;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::auxiliary::AuxiliaryEdit;
use super::steps::{StepEdit, check};
use super::{BIPOLAR_MAP, CurveView, Display, DocState, LevelRule, Minify};
use crate::recipe::{Calibration, InvalidEntry, Load, Rate, Recipe, Reduction, Step};
use crate::text;

/// Why an edit was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// There is no such zone.
    #[error("there is no zone number {0}")]
    NoZone(usize),
    /// There is no such step.
    #[error("there is no step number {0}")]
    NoStep(usize),
    /// There is no such auxiliary curve.
    #[error("there is no auxiliary curve number {0}")]
    NoCurve(usize),
    /// The value makes no sense.
    #[error(transparent)]
    Entry(#[from] InvalidEntry),
}

/// A change to the zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ZoneEdit {
    /// Adds a zone with a free name and the next colour, and selects it.
    Add(ZoneShape),
    /// Moves or reshapes a zone.
    Shape(usize, ZoneShape),
    /// Renames a zone.
    Rename(usize, String),
    /// Recolours a zone.
    Color(usize, [u8; 3]),
    /// Deletes a zone.
    Delete(usize),
    /// Selects a zone or none.
    Select(Option<usize>),
}

/// A change to the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edit {
    /// Zones.
    Zone(ZoneEdit),
    /// Shows a reduction of the range instead of a frame; `None` shows frames.
    Reduce(Option<Method>),
    /// Source frames that a reduction covers; `None` is all.
    ReduceRange(Option<FrameRange>),
    /// One step.
    Step(StepEdit),
    /// All steps.
    Steps(Vec<Step>),
    /// Timeline crop.
    Timeline(Option<FrameRange>),
    /// Levels.
    Levels(LevelRule),
    /// Percent left out when fitting.
    Trim(f64),
    /// Colour map by name.
    ColorMap(String),
    /// Logarithmic counts.
    LogCounts(bool),
    /// How pixels are joined when made smaller.
    Minify(Minify),
    /// Turning and mirroring.
    Geometry(Geometry),
    /// Rate.
    Rate(Option<Rate>),
    /// Source frame at t = 0; `None` is what the file says.
    T0(Option<i64>),
    /// Pixel size.
    PixelSize(Option<PixelSize>),
    /// Unit of values.
    Unit(Option<String>),
    /// Curves.
    Curves(CurveView),
    /// Curves recorded beside the recording.
    Auxiliary(AuxiliaryEdit),
    /// How the recording is read; the recording is opened again.
    Load(Load),
    /// A whole recipe, from a file.
    Recipe(Box<Recipe>),
}

impl Edit {
    /// What the edit does, in words. Consecutive edits with the same words are one undo step while a
    /// gesture lasts.
    pub fn label(&self, state: &DocState) -> String {
        let name = |i: &usize| state.recipe.zones.get(*i).map_or("zone", |z| z.name.as_str()).to_owned();
        match self {
            Self::Zone(ZoneEdit::Add(_)) => "add zone".into(),
            Self::Zone(ZoneEdit::Shape(i, _)) => format!("move {}", name(i)),
            Self::Zone(ZoneEdit::Rename(i, _)) => format!("rename {}", name(i)),
            Self::Zone(ZoneEdit::Color(i, _)) => format!("colour of {}", name(i)),
            Self::Zone(ZoneEdit::Delete(i)) => format!("delete {}", name(i)),
            Self::Zone(ZoneEdit::Select(_)) => "select zone".into(),
            Self::Reduce(Some(method)) => format!("show {}", text::method(*method)),
            Self::Reduce(None) => "show frames".into(),
            Self::ReduceRange(_) => "range".into(),
            Self::Step(edit) => edit.label(&state.recipe.steps),
            Self::Steps(_) => "steps".into(),
            Self::Timeline(_) => "timeline crop".into(),
            Self::Levels(LevelRule::Fixed { .. }) => "levels".into(),
            Self::Levels(LevelRule::Fit(_)) => "fit levels".into(),
            Self::Trim(_) => "trim".into(),
            Self::ColorMap(_) => "colour map".into(),
            Self::LogCounts(_) => "logarithmic counts".into(),
            Self::Minify(_) => "joining of pixels".into(),
            Self::Geometry(_) => "turn picture".into(),
            Self::Rate(_) => "frame rate".into(),
            Self::T0(_) => "time zero".into(),
            Self::PixelSize(_) => "pixel size".into(),
            Self::Unit(_) => "unit".into(),
            Self::Curves(_) => "curves".into(),
            Self::Auxiliary(edit) => edit.label(&state.recipe.auxiliary),
            Self::Load(_) => "load options".into(),
            Self::Recipe(_) => "recipe".into(),
        }
    }

    /// The state after the edit.
    ///
    /// # Errors
    /// If the edit names a zone that is not there or a value that makes no sense; the state stays.
    pub fn apply(self, state: &DocState) -> Result<DocState, EditError> {
        let mut next = state.clone();
        let recipe = &mut next.recipe;
        let display: &mut Display = &mut next.display;
        match self {
            Self::Zone(edit) => edit.apply(&mut next)?,
            Self::Reduce(method) => {
                let old = recipe.reduction.take();
                recipe.reduction = method.map(|m| Reduction {
                    methods: vec![m],
                    range: old.as_ref().and_then(|r| r.range),
                    ddof: old.as_ref().map_or(0, |r| r.ddof),
                });
            }
            Self::ReduceRange(range) => {
                if let Some(reduction) = &mut recipe.reduction {
                    reduction.range = range;
                }
            }
            Self::Step(edit) => edit.apply(&mut recipe.steps)?,
            Self::Steps(steps) => {
                check(&steps)?;
                recipe.steps = steps;
            }
            Self::Timeline(range) => recipe.frames = range,
            Self::Levels(rule) => {
                display.levels = match rule {
                    LevelRule::Fixed { lo, hi } if lo > hi => LevelRule::Fixed { lo: hi, hi: lo },
                    other => other,
                };
                // Levels set by hand must not change the colours under the hand.
                if let LevelRule::Fixed { lo, hi } = display.levels
                    && state.is_bipolar((lo, hi))
                {
                    BIPOLAR_MAP.clone_into(&mut display.colormap);
                    display.map_chosen = true;
                }
            }
            Self::Trim(trim) => display.trim = trim.clamp(0.0, 49.0),
            Self::ColorMap(name) => {
                display.colormap = name;
                display.map_chosen = true;
            }
            Self::LogCounts(on) => display.log_counts = on,
            Self::Minify(minify) => display.minify = minify,
            Self::Geometry(geometry) => recipe.geometry = geometry,
            Self::Rate(rate) => recipe.calibration.rate = rate,
            Self::T0(frame) => recipe.calibration.t0_frame = frame,
            Self::PixelSize(size) => recipe.calibration.pixel_size = size,
            Self::Unit(unit) => recipe.calibration.unit = unit,
            Self::Curves(view) => next.curves = view,
            Self::Auxiliary(edit) => edit.apply(&mut recipe.auxiliary)?,
            Self::Load(load) => recipe.load = load,
            Self::Recipe(new) => next.recipe = *new,
        }
        next.recipe.validate()?;
        if next.selected_zone.is_some_and(|i| i >= next.recipe.zones.len()) {
            next.selected_zone = next.recipe.zones.len().checked_sub(1);
        }
        Ok(next)
    }
}

fn at(zones: &mut [Zone], index: usize) -> Result<&mut Zone, EditError> {
    zones.get_mut(index).ok_or(EditError::NoZone(index))
}

impl ZoneEdit {
    fn apply(self, state: &mut DocState) -> Result<(), EditError> {
        let zones = &mut state.recipe.zones;
        let len = zones.len();
        match self {
            Self::Add(shape) => {
                let zone = new_zone(zones, shape);
                zones.push(zone);
                state.selected_zone = Some(len);
            }
            Self::Shape(i, shape) => at(zones, i)?.shape = shape,
            Self::Rename(i, name) => {
                let old = std::mem::replace(&mut at(zones, i)?.name, name.clone());
                // Masks follow their zone.
                for step in &mut state.recipe.steps {
                    step.kind.rename_zone(&old, &name);
                }
            }
            Self::Color(i, color) => at(zones, i)?.color = color,
            Self::Delete(i) => {
                at(zones, i)?;
                zones.remove(i);
                state.selected_zone = None;
            }
            Self::Select(selected) => state.selected_zone = selected,
        }
        Ok(())
    }
}

/// A zone with a free name (`A`, `B`, … `Z`, `Z1`, …) and the next colour.
pub fn new_zone(existing: &[Zone], shape: ZoneShape) -> Zone {
    let letters = (b'A'..=b'Z').map(|c| char::from(c).to_string());
    let mut names = letters.chain((1..).map(|n| format!("Z{n}")));
    let name = names.find(|n| existing.iter().all(|z| z.name != *n)).unwrap_or_default();
    let color = ZONE_COLORS
        .into_iter()
        .find(|c| existing.iter().all(|z| z.color != *c))
        .unwrap_or(ZONE_COLORS[existing.len() % ZONE_COLORS.len()]);
    Zone { name, color, shape }
}

impl DocState {
    /// The calibration, for readouts.
    pub fn calibration(&self) -> &Calibration {
        &self.recipe.calibration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(x: usize) -> ZoneShape {
        ZoneShape::Pixel { x, y: 0 }
    }

    #[test]
    fn zones_get_free_names_and_colours() {
        let mut state = DocState::default();
        for x in 0..3 {
            state = Edit::Zone(ZoneEdit::Add(pixel(x))).apply(&state).expect("valid");
        }
        state = Edit::Zone(ZoneEdit::Delete(1)).apply(&state).expect("valid");
        state = Edit::Zone(ZoneEdit::Add(pixel(9))).apply(&state).expect("valid");
        let names: Vec<&str> = state.recipe.zones.iter().map(|z| z.name.as_str()).collect();
        assert_eq!(names, ["A", "C", "B"]);
        assert_eq!(state.selected_zone, Some(2));
        assert_eq!(Edit::Zone(ZoneEdit::Delete(7)).apply(&state), Err(EditError::NoZone(7)));
    }

    #[test]
    fn senseless_values_are_refused_and_the_state_stays() {
        let state = DocState::default();
        let nan = ZoneShape::Rect { x: f64::NAN, y: 0.0, width: 1.0, height: 1.0, angle: 0.0 };
        assert!(Edit::Zone(ZoneEdit::Add(nan)).apply(&state).is_err());
        assert!(Edit::Rate(Some(Rate::Fps("0".into()))).apply(&state).is_err());
        let swapped = Edit::Levels(LevelRule::Fixed { lo: 9.0, hi: 1.0 }).apply(&state).expect("valid");
        assert_eq!(swapped.display.levels, LevelRule::Fixed { lo: 1.0, hi: 9.0 });
    }
}
