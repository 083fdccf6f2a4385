//! Curves of zones over time.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{Access, Channel, Rect, Stack, Zone, ZoneMask, ZoneShape, zone::Span};
use blitz_kernels::{ZoneStats, ZoneWant, zone_stats};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::coverage::Coverage;
use super::dragged::Held;
use super::stream::map_frames;
use super::{Answer, Basis, EvalContext, EvalError, Input, Question, hash_shape};
use crate::recipe::Recipe;

/// Statistics of one zone in one frame and channel.
pub type CurvePoint = ZoneStats;

/// One zone over the frames of its [`Curves`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZoneCurve {
    /// Pixels of the zone in the stack.
    pub pixels: usize,
    /// `points[channel][i]` belongs to `Curves::frames[i]`. A frame that could not be read has n = 0 and
    /// all its pixels missing.
    pub points: Vec<Vec<CurvePoint>>,
}

/// Curves of several zones over the same frames.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Curves {
    /// Stack frames, ascending.
    pub frames: Arc<[usize]>,
    /// Channel names, in the order of `ZoneCurve::points`.
    pub channels: Vec<String>,
    /// One per zone asked for.
    pub zones: Vec<ZoneCurve>,
    /// Frames that they rest on.
    pub coverage: Coverage,
}

impl Answer for Curves {
    fn bytes(&self) -> u64 {
        let points: usize = self.zones.iter().flat_map(|z| z.points.iter().map(Vec::len)).sum();
        (points * size_of::<CurvePoint>()) as u64
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

/// Frames that a curve is computed for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FrameSet {
    /// All of the cropped timeline.
    All,
    /// These stack frames, ascending.
    List(Arc<[usize]>),
}

/// Several zones over frames: n, missing, mean, sum, min, max, std and, if wanted, median, in one pass.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZoneCurves {
    /// Zones; names and colours do not matter to the answer.
    pub zones: Arc<[Zone]>,
    /// Which frames.
    pub frames: FrameSet,
    /// Whether medians are wanted (they cost a copy and a selection per frame).
    pub median: bool,
}

impl Question for ZoneCurves {
    type Answer = Curves;

    fn title(&self) -> String {
        "curves".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        for zone in self.zones.iter() {
            hash_shape(&zone.shape, state);
        }
        (&self.frames, self.median).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn answer(&self, input: &Input<'_>) -> Result<Curves, EvalError> {
        curves(input.stack, input.recipe, &self.zones, &self.frames, self.median, input.cx)
    }
}

/// One pixel over all frames: the curve of a zone of that pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelHistory {
    /// Source column.
    pub x: usize,
    /// Source row.
    pub y: usize,
}

impl Question for PixelHistory {
    type Answer = Curves;

    fn title(&self) -> String {
        "history of a pixel".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        (self.x, self.y).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn answer(&self, input: &Input<'_>) -> Result<Curves, EvalError> {
        let shape = ZoneShape::Pixel { x: self.x, y: self.y };
        let zone = Zone { name: String::new(), color: [0; 3], shape };
        curves(input.stack, input.recipe, &[zone], &FrameSet::All, false, input.cx)
    }
}

/// Pixels of a zone in the stack.
pub(crate) fn rasterize(stack: &Stack, shape: &ZoneShape) -> ZoneMask {
    shape.rasterize(stack.store.layout().frame, stack.placement)
}

pub(super) fn curves(
    stack: &Asked,
    recipe: &Recipe,
    zones: &[Zone],
    frames: &FrameSet,
    median: bool,
    cx: &EvalContext,
) -> Result<Curves, EvalError> {
    let frames: Arc<[usize]> = match frames {
        FrameSet::All => recipe.select(stack, None).into(),
        FrameSet::List(list) => Arc::clone(list),
    };
    let masks: Vec<ZoneMask> = zones.iter().map(|z| rasterize(stack, &z.shape)).collect();
    let channels = stack.channels.len();
    let want = ZoneWant { median };
    cx.progress.start("curves", frames.len() as u64);
    let part = bounds(&masks).and_then(|rect| stack.part(rect));
    let (place, stack_part) = part.as_ref().map_or((None, stack), |(part, rect)| (Some(*rect), part));
    let shown: Vec<ZoneMask> = masks.iter().map(|mask| moved(mask, place)).collect();
    // Frames that are decoded for each pin cost more than their zones.
    let may_be_held = !stack.is_derived() && !median && stack.store.access() != Access::Decoded;
    let allowance = cx.references.surroundings_allowance();
    let held: Vec<Option<Held>> = masks
        .iter()
        .map(|mask| if may_be_held { cx.references.dragged().held(stack, mask, allowance) } else { None })
        .collect();
    let (per_frame, coverage) = map_frames(stack_part, &frames, cx, |frame, guard| {
        let (samples, shape) = (guard.samples(), guard.shape());
        let direct = |mask: &ZoneMask| zone_stats(samples, shape, None, mask, want);
        shown
            .iter()
            .zip(&held)
            .map(|(mask, held)| match held.as_ref().and_then(|held| held.stats(frame, guard)) {
                Some(stats) => vec![stats],
                None => direct(mask),
            })
            .collect::<Vec<_>>()
    })?;
    let zones = masks
        .iter()
        .enumerate()
        .map(|(z, mask)| {
            let unread = ZoneStats::empty(mask.pixels as u64);
            let points = (0..channels)
                .map(|c| per_frame.iter().map(|f| f.as_ref().map_or(unread, |zones| zones[z][c])).collect())
                .collect();
            ZoneCurve { pixels: mask.pixels, points }
        })
        .collect();
    let names = stack.channels.iter().map(|c: &Channel| c.name.clone()).collect();
    Ok(Curves { frames, channels: names, zones, coverage })
}

/// The smallest rectangle around the pixels of all zones; `None` if they have none.
pub(super) fn bounds(masks: &[ZoneMask]) -> Option<Rect> {
    let spans = || masks.iter().flat_map(|mask| &mask.spans);
    let (left, right) = (spans().map(|s| s.start).min()?, spans().map(|s| s.end).max()?);
    let (top, bottom) = (spans().map(|s| s.y).min()?, spans().map(|s| s.y + 1).max()?);
    Some(Rect::new(left, top, right - left, bottom - top))
}

/// A zone in frames that show the part `place` of the image.
pub(super) fn moved(mask: &ZoneMask, place: Option<Rect>) -> ZoneMask {
    let Some(place) = place else { return mask.clone() };
    let moved = |s: &Span| Span { y: s.y - place.y, start: s.start - place.x, end: s.end - place.x };
    ZoneMask { spans: mask.spans.iter().map(moved).collect(), pixels: mask.pixels }
}
