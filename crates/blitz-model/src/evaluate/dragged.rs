//! Zones that are dragged: what was gathered around them serves their next places.
//!
//! The first curve of a zone is computed directly. When a zone comes that overlaps one asked for before, it is
//! being dragged: each frame's region around it is then worth gathering once ([`ZoneBlocks`], exact integers, the
//! bits of the direct way). [`LiveZones`](super::LiveZones) say so, and whoever wants them asks it, beside the curves; it serves every place inside the region as soon as all frames are there, and until then
//! places are computed directly. This holds for upright zones on integers of up to 16 bit and
//! one channel without steps and without median, of recordings that are loaded and fit the memory; all others,
//! floats among them, are computed directly each time, so nothing can drift. Missing frames stay missing: nothing
//! is carried from place to place.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use blitz_core::{FrameGuard, Rect, Stack, StackId, ZoneMask};
use blitz_kernels::{ZoneBlocks, ZoneStats};
use serde::{Deserialize, Serialize};

use super::ahead::Ahead;
use super::{Basis, EvalError, Input, Question, References};

/// Regions and last places that are remembered.
const MOST: usize = 8;

/// Regions around dragged zones. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Dragged(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Least recently used first.
    regions: Vec<Arc<Region>>,
    /// Where zones were, oldest first.
    places: Vec<(StackId, Rect)>,
    /// Regions made so far.
    made: u64,
}

/// What was gathered of every frame.
#[derive(Debug)]
pub(super) struct Region {
    /// Differs from that of every other region: one that is made again is gathered again.
    serial: u64,
    stack: StackId,
    rect: Rect,
    bytes: usize,
    /// `None` for frames that failed. Empty until all frames are gathered.
    frames: OnceLock<Vec<Option<ZoneBlocks>>>,
}

/// A zone inside a region.
pub(super) struct Held {
    region: Arc<Region>,
    zone: Rect,
}

impl Held {
    /// The statistics of the zone in one frame.
    pub(super) fn stats(&self, frame: usize, guard: &FrameGuard) -> Option<ZoneStats> {
        let blocks = self.region.frames.get()?.get(frame)?.as_ref()?;
        Some(blocks.stats(guard.samples(), guard.shape(), self.zone))
    }
}

impl Dragged {
    /// Bytes held, once the regions are gathered.
    pub(super) fn bytes(&self) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.regions.iter().map(|region| region.bytes as u64).sum()
    }

    /// The newest region of a stack that nobody has gathered.
    fn wanted(&self, stack: StackId) -> Option<Arc<Region>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = known.regions.iter().rev().find(|r| r.stack == stack)?;
        newest.frames.get().is_none().then(|| Arc::clone(newest))
    }

    fn region(&self, serial: u64) -> Option<Arc<Region>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.regions.iter().find(|region| region.serial == serial).map(Arc::clone)
    }

    /// Forgets what belongs to a stack.
    pub(super) fn forget(&self, stack: StackId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.regions.retain(|region| region.stack != stack);
        known.places.retain(|(id, _)| *id != stack);
    }

    /// What serves the zone `mask` of a stack without steps; `None` where it is computed directly.
    /// Regions may take `allowance` bytes together, at about 1¼ bytes per pixel and frame.
    pub(super) fn held(&self, stack: &Stack, mask: &ZoneMask, allowance: u64) -> Option<Held> {
        let zone = upright(mask)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |region: &Arc<Region>| region.stack == stack.id && contains(region.rect, zone);
        if let Some(at) = known.regions.iter().position(holds) {
            let region = known.regions.remove(at);
            known.regions.push(Arc::clone(&region));
            return region.frames.get().is_some().then_some(Held { region, zone });
        }
        let same = |place: &(StackId, Rect)| *place == (stack.id, zone);
        let overlaps = |(id, place): &(StackId, Rect)| *id == stack.id && overlap(*place, zone);
        let dragged = !known.places.iter().any(same) && known.places.iter().any(overlaps);
        if !known.places.iter().any(same) {
            known.places.push((stack.id, zone));
            if known.places.len() > MOST {
                known.places.remove(0);
            }
        }
        if !dragged {
            return None;
        }
        known.made += 1;
        let region = Region::around(known.made, stack, zone, allowance)?;
        known.regions.push(Arc::new(region));
        known.trim(allowance);
        None
    }

    /// Drops the regions that were not used for longest.
    pub(super) fn trim(&self, allowance: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trim(allowance);
    }
}

impl Known {
    fn trim(&mut self, allowance: u64) {
        let total = |regions: &[Arc<Region>]| regions.iter().map(|r| r.bytes as u64).sum::<u64>();
        while self.regions.len() > 1 && (total(&self.regions) > allowance || self.regions.len() > MOST) {
            self.regions.remove(0);
        }
    }
}

impl Region {
    /// A third of the zone's sides more in every direction; `None` if that is more than the budget, or frames are
    /// still to come or lie in a file that is not kept in memory.
    fn around(serial: u64, stack: &Stack, zone: Rect, allowance: u64) -> Option<Self> {
        let layout = stack.store.layout();
        let extent = stack.store.extent();
        let frames = extent.end;
        if !extent.sealed || Ahead::new(stack.store.as_ref(), frames).is_large() {
            return None;
        }
        let (dx, dy) = ((zone.width / 3).clamp(16, 64), (zone.height / 3).clamp(16, 64));
        let (x, y) = (zone.x.saturating_sub(dx), zone.y.saturating_sub(dy));
        let right = (zone.x + zone.width + dx).min(layout.frame.width);
        let bottom = (zone.y + zone.height + dy).min(layout.frame.height);
        let rect = Rect::new(x, y, right - x, bottom - y);
        let each = ZoneBlocks::bytes(layout.dtype, layout.frame.channels, rect)?;
        let bytes = each.checked_mul(frames).filter(|bytes| *bytes as u64 <= allowance)?;
        Some(Self { serial, stack: stack.id, rect, bytes, frames: OnceLock::new() })
    }
}

/// Gathers what lies around a zone that is dragged: its next places are quick then. Changes no other answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Names the region among those that [`References`] keep.
    serial: u64,
}

impl References {
    /// What is worth gathering around a zone of `stack` that is dragged, if anything is.
    pub fn surroundings(&self, stack: StackId) -> Option<Surroundings> {
        self.dragged().wanted(stack).map(|region| Surroundings { serial: region.serial })
    }
}

impl Question for Surroundings {
    type Answer = ();

    fn title(&self) -> String {
        "surroundings of a zone".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        self.serial.hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn patience(&self) -> f64 {
        f64::INFINITY
    }

    /// Of the source: dragged zones are served where no step takes part.
    fn steps(&self, _steps: usize) -> usize {
        0
    }

    fn answer(&self, input: &Input<'_>) -> Result<(), EvalError> {
        // Dropped meanwhile for others: then nothing is lost but time.
        let Some(region) = input.cx.references.dragged().region(self.serial) else { return Ok(()) };
        let store = &input.stack.store;
        let mut frames = Vec::with_capacity(store.extent().end);
        input.cx.progress.start("gathering", store.extent().end as u64);
        for frame in 0..store.extent().end {
            if input.cx.is_stopped() {
                return Err(EvalError::Cancelled);
            }
            let one = || {
                let guard = store.pin(frame).ok()?;
                let blocks = ZoneBlocks::new(guard.samples(), guard.shape(), region.rect)?;
                // What was read of a file that was cut is not kept.
                guard.verify().ok()?;
                Some(blocks)
            };
            frames.push(one());
            input.cx.progress.advance(1);
        }
        // Set once: a second one has the same blocks.
        let _ = region.frames.set(frames);
        Ok(())
    }
}

/// The rectangle that a zone fills, if it fills one.
fn upright(mask: &ZoneMask) -> Option<Rect> {
    let first = mask.spans.first()?;
    let same = |(i, s): (usize, &blitz_core::zone::Span)| {
        s.y == first.y + i && (s.start, s.end) == (first.start, first.end)
    };
    let width = first.end.checked_sub(first.start).filter(|width| *width > 0)?;
    let fills = mask.spans.iter().enumerate().all(same);
    fills.then(|| Rect::new(first.start, first.y, width, mask.spans.len()))
}

fn contains(outer: Rect, inner: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[cfg(test)]
mod tests {
    use blitz_core::{DType, FrameShape, Placement, ZoneShape};
    use blitz_kernels::{ZoneWant, zone_stats};
    use blitz_testkit::{VecStack, noise_frames};

    use super::*;
    use crate::evaluate::{EvalContext, evaluate};
    use crate::recipe::Recipe;

    fn zone(x: f64, y: f64) -> ZoneMask {
        let shape = ZoneShape::Rect { x, y, width: 23.0, height: 37.0, angle: 0.0 };
        shape.rasterize(SHAPE, Placement::whole(SHAPE.width, SHAPE.height))
    }

    const SHAPE: FrameShape = FrameShape::new(90, 70, 1);

    #[test]
    fn a_dragged_zone_is_served_with_the_bits_of_the_direct_way() {
        let stack = VecStack::new(noise_frames(3, DType::U16, 7, SHAPE), SHAPE).into_stack("noise");
        let cx = EvalContext::default();
        let dragged = cx.references.dragged();
        assert!(
            dragged.held(&stack, &zone(20.0, 20.0), u64::MAX).is_none(),
            "the first place is computed directly"
        );
        assert!(dragged.held(&stack, &zone(20.0, 20.0), u64::MAX).is_none(), "as is the same place again");
        assert_eq!(dragged.bytes(), 0);
        assert!(dragged.wanted(stack.id).is_none());
        assert!(dragged.held(&stack, &zone(22.0, 19.0), u64::MAX).is_none(), "worth gathering now");
        assert!(dragged.bytes() > 0);
        let mask = zone(25.0, 26.0);
        assert!(dragged.held(&stack, &mask, u64::MAX).is_none(), "not gathered yet");
        let gather = Surroundings { serial: dragged.wanted(stack.id).expect("a region").serial };
        evaluate(&stack, &Recipe::default(), &gather, &cx).expect("gathered");
        assert!(dragged.wanted(stack.id).is_none(), "nothing is left to gather");
        let held = dragged.held(&stack, &mask, u64::MAX).expect("held");
        for frame in 0..7 {
            let guard = stack.store.pin(frame).expect("there");
            let want = ZoneWant { median: false };
            let direct = zone_stats(guard.samples(), SHAPE, None, &mask, want).remove(0);
            let served = held.stats(frame, &guard).expect("gathered");
            assert_eq!(format!("{served:?}"), format!("{direct:?}"));
        }
        assert!(held.stats(7, &stack.store.pin(0).expect("there")).is_none());
    }
}
