//! Zones that are dragged: what was gathered around them serves their next places.
//!
//! The first curve of a zone is computed directly. When a zone comes that overlaps one asked for before, it is
//! being dragged: from then on each frame's region around it is gathered once ([`ZoneBlocks`], exact integers, the
//! bits of the direct way) and serves every place inside the region. This holds for upright zones on integers of
//! up to 16 bit and one channel without steps and without median; all others, floats among them, are computed
//! directly each time, so nothing can drift. Missing frames stay missing: nothing is carried from place to place.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use blitz_core::{FrameGuard, Rect, Stack, StackId, ZoneMask};
use blitz_kernels::{ZoneBlocks, ZoneStats};

/// Bytes that regions may take together, at about 1 byte per pixel and frame.
const BUDGET: usize = 512 << 20;

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
}

/// What was gathered of every frame; frames are gathered when they are first asked for.
#[derive(Debug)]
pub(super) struct Region {
    stack: StackId,
    rect: Rect,
    bytes: usize,
    frames: Vec<OnceLock<ZoneBlocks>>,
}

/// A zone inside a region.
pub(super) struct Held {
    region: Arc<Region>,
    zone: Rect,
}

impl Held {
    /// The statistics of the zone in one frame.
    pub(super) fn stats(&self, frame: usize, guard: &FrameGuard) -> Option<ZoneStats> {
        let (samples, shape) = (guard.samples(), guard.shape());
        let cell = self.region.frames.get(frame)?;
        if let Some(blocks) = cell.get() {
            return Some(blocks.stats(samples, shape, self.zone));
        }
        let blocks = ZoneBlocks::new(samples, shape, self.region.rect)?;
        // What was read of a file that was cut is kept by nobody.
        guard.verify().ok()?;
        Some(cell.get_or_init(|| blocks).stats(samples, shape, self.zone))
    }
}

impl Dragged {
    /// Bytes held, once all frames of the regions are gathered.
    pub(super) fn bytes(&self) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.regions.iter().map(|region| region.bytes as u64).sum()
    }

    /// What serves the zone `mask` of a stack without steps; `None` where it is computed directly.
    pub(super) fn held(&self, stack: &Stack, mask: &ZoneMask) -> Option<Held> {
        let zone = upright(mask)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |region: &Arc<Region>| region.stack == stack.id && contains(region.rect, zone);
        if let Some(at) = known.regions.iter().position(holds) {
            let region = known.regions.remove(at);
            known.regions.push(Arc::clone(&region));
            return Some(Held { region, zone });
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
        let region = Arc::new(Region::around(stack, zone)?);
        known.regions.push(Arc::clone(&region));
        let total = |regions: &[Arc<Region>]| regions.iter().map(|r| r.bytes).sum::<usize>();
        while known.regions.len() > 1 && (total(&known.regions) > BUDGET || known.regions.len() > MOST) {
            known.regions.remove(0);
        }
        Some(Held { region, zone })
    }
}

impl Region {
    /// A third of the zone's sides more in every direction; `None` if that is more than the budget.
    fn around(stack: &Stack, zone: Rect) -> Option<Self> {
        let layout = stack.store.layout();
        let frames = stack.store.extent().end;
        let (dx, dy) = ((zone.width / 3).clamp(16, 64), (zone.height / 3).clamp(16, 64));
        let (x, y) = (zone.x.saturating_sub(dx), zone.y.saturating_sub(dy));
        let right = (zone.x + zone.width + dx).min(layout.frame.width);
        let bottom = (zone.y + zone.height + dy).min(layout.frame.height);
        let rect = Rect::new(x, y, right - x, bottom - y);
        let each = ZoneBlocks::bytes(layout.dtype, layout.frame.channels, rect)?;
        let bytes = each.checked_mul(frames).filter(|bytes| *bytes <= BUDGET)?;
        let frames = std::iter::repeat_with(OnceLock::new).take(frames).collect();
        Some(Self { stack: stack.id, rect, bytes, frames })
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
