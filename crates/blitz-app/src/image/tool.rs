//! What is in hand: the tool that draws a zone, and what the left button holds.

use blitz_core::ZoneShape;

use super::handles::{self, Handle};
use crate::cx::NewZone;

/// A zone that is about to be added.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tool {
    Rectangle,
    Ellipse,
    /// Corners so far, in source coordinates.
    Polygon(Vec<(f64, f64)>),
    Pixel,
}

impl Tool {
    /// The tool that draws a zone of that kind.
    pub(super) const fn of(zone: NewZone) -> Self {
        match zone {
            NewZone::Rectangle => Self::Rectangle,
            NewZone::Ellipse => Self::Ellipse,
            NewZone::Polygon => Self::Polygon(Vec::new()),
            NewZone::Pixel => Self::Pixel,
        }
    }

    /// What it draws.
    pub(super) const fn zone(&self) -> NewZone {
        match self {
            Self::Rectangle => NewZone::Rectangle,
            Self::Ellipse => NewZone::Ellipse,
            Self::Polygon(_) => NewZone::Polygon,
            Self::Pixel => NewZone::Pixel,
        }
    }

    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Rectangle => "drag a rectangle · Esc cancels",
            Self::Ellipse => "drag an ellipse · Esc cancels",
            Self::Polygon(_) => "click corners, double click closes · Esc cancels",
            Self::Pixel => "click a pixel · Esc cancels",
        }
    }

    /// The shape that a drag from `a` to `b` makes.
    pub(super) fn between(&self, a: (f64, f64), b: (f64, f64), whole: bool) -> Option<ZoneShape> {
        let (x, y, width, height) = handles::box_between(a, b, whole);
        match self {
            Self::Rectangle => Some(ZoneShape::Rect { x, y, width, height, angle: 0.0 }),
            Self::Ellipse => Some(ZoneShape::Ellipse { x, y, width, height, angle: 0.0 }),
            Self::Polygon(_) | Self::Pixel => None,
        }
    }
}

/// What the left button holds. Points are in source coordinates.
#[derive(Clone, Debug)]
pub(super) enum Drag {
    Pan,
    Move { zone: usize, start: ZoneShape, from: (f64, f64) },
    Reshape { zone: usize, start: ZoneShape, handle: Handle },
    Draw { from: (f64, f64) },
}
