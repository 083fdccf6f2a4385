//! Curves that grow: as frames arrive, zone by zone, from where an earlier answer was.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use blitz_core::{FrameState, Zone, ZoneShape};
use serde::{Deserialize, Serialize};

use super::curves::curves;
use super::{
    Answer, Basis, Coverage, CurvePoint, EvalError, FrameSet, Input, Question, Surroundings, hash_shape,
    rasterize,
};

/// The curve of one zone over the stack's frames, as far as it is known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CurveData {
    /// Stack frame of the first place. Frames that a store drops later stay in the curve.
    pub first: usize,
    /// `points[channel][frame − first]`; frames not computed yet have n = 0.
    pub points: Vec<Vec<CurvePoint>>,
    /// Which frames are computed (failed ones count as computed), likewise from `first`.
    pub done: Vec<bool>,
    /// How many of them.
    pub count: usize,
    /// Pixels of the zone in the stack.
    pub pixels: usize,
    /// Whether medians are there.
    pub median: bool,
}

impl CurveData {
    /// Whether stack frame `frame` is computed.
    pub fn is_done(&self, frame: usize) -> bool {
        frame.checked_sub(self.first).and_then(|i| self.done.get(i)).copied().unwrap_or(false)
    }

    /// The point of stack frame `frame` in `channel`, computed or not; `None` outside of the curve.
    pub fn point(&self, channel: usize, frame: usize) -> Option<&CurvePoint> {
        self.points.get(channel)?.get(frame.checked_sub(self.first)?)
    }

    /// Makes room up to `end`, for frames that have appeared.
    fn grow(&mut self, end: usize, channels: usize) {
        let length = end.saturating_sub(self.first);
        let unknown = CurvePoint::empty(self.pixels as u64);
        self.points.resize(channels, Vec::new());
        for points in &mut self.points {
            points.resize(length.max(points.len()), unknown);
        }
        self.done.resize(length.max(self.done.len()), false);
    }

    fn put(&mut self, frames: &[usize], points: &[Vec<CurvePoint>]) {
        for (i, &frame) in frames.iter().enumerate() {
            let at = frame - self.first;
            for (channel, values) in points.iter().enumerate() {
                self.points[channel][at] = values[i];
            }
            if !std::mem::replace(&mut self.done[at], true) {
                self.count += 1;
            }
        }
    }
}

/// The curve of one zone with its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveCurve {
    /// The zone's name.
    pub name: String,
    /// Names shape and statistics.
    key: u64,
    /// The curve at the zone's present place.
    pub data: Arc<CurveData>,
    /// The curve at its former place, until the present one has as many frames.
    pub former: Option<Arc<CurveData>>,
}

impl LiveCurve {
    /// The curve to show: the former one until the present one has as many frames.
    pub fn shown(&self) -> &Arc<CurveData> {
        self.former.as_ref().unwrap_or(&self.data)
    }
}

/// Curves of several zones as far as they are known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LiveZones {
    /// In the order asked for.
    pub zones: Vec<LiveCurve>,
    /// What is worth gathering because a zone is being dragged.
    pub surroundings: Option<Surroundings>,
    coverage: Coverage,
}

impl LiveZones {
    /// The curve of a zone that has this shape, or else this name.
    pub fn find(&self, zone: &Zone, median: bool) -> Option<&LiveCurve> {
        let key = key(&zone.shape, median);
        let same = self.zones.iter().find(|curve| curve.key == key);
        same.or_else(|| self.zones.iter().find(|curve| curve.name == zone.name))
    }

    /// Whether the curve of that zone is of its present place.
    pub fn has(&self, zone: &Zone, median: bool) -> bool {
        let key = key(&zone.shape, median);
        self.zones.iter().any(|curve| curve.key == key)
    }
}

impl Answer for LiveZones {
    fn bytes(&self) -> u64 {
        let points = self.zones.iter().flat_map(|z| z.data.points.iter().map(Vec::len));
        points.map(|n| (n * size_of::<CurvePoint>()) as u64).sum()
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

/// The curves of zones over the timeline: as [`ZoneCurves`](super::ZoneCurves), but given out in parts, and
/// continuing from what is known, so that neither a new frame nor another zone computes anything twice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveCurves {
    /// Zones; a name tells which curve is shown until a moved zone has one.
    pub zones: Arc<[Zone]>,
    /// Whether medians are wanted.
    pub median: bool,
}

/// Least number of frames whose curves are computed before they are given out: worth the parallel start.
const CHUNK: usize = 256;

/// Most parts in which a curve appears. Each copies the table, as a reader may hold the one before.
const PARTS: usize = 64;

fn key(shape: &ZoneShape, median: bool) -> u64 {
    let mut h = DefaultHasher::new();
    hash_shape(shape, &mut h);
    median.hash(&mut h);
    h.finish()
}

impl Question for LiveCurves {
    type Answer = LiveZones;

    fn title(&self) -> String {
        "curves".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        for zone in self.zones.iter() {
            zone.name.hash(&mut state);
            hash_shape(&zone.shape, state);
        }
        self.median.hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn answer(&self, input: &Input<'_>) -> Result<LiveZones, EvalError> {
        let stack = input.stack;
        let timeline = input.recipe.select(stack, None);
        let there: Vec<usize> = timeline
            .iter()
            .copied()
            .filter(|&f| !matches!(stack.store.state(f), FrameState::Pending))
            .collect();
        let mut live = self.begin(input, timeline.first().copied().unwrap_or(0));
        live.coverage =
            Coverage { used: there.len(), pending: timeline.len() - there.len(), ..Coverage::default() };
        // What any of the curves lacks and the store has.
        let lacks = |curve: &LiveCurve| there.iter().any(|&f| !curve.data.is_done(f));
        let wanted: Vec<usize> = (0..live.zones.len()).filter(|&i| lacks(&live.zones[i])).collect();
        let lacking: Vec<usize> = there
            .iter()
            .copied()
            .filter(|&f| wanted.iter().any(|&i| !live.zones[i].data.is_done(f)))
            .collect();
        let zones: Vec<Zone> = wanted.iter().map(|&i| self.zones[i].clone()).collect();
        // Progress counts what is lacking, not the frames of each part.
        let progress = input.cx.progress.clone();
        progress.start("curves", lacking.len() as u64);
        let cx = super::EvalContext { progress: blitz_core::Progress::default(), ..input.cx.clone() };
        for chunk in lacking.chunks(CHUNK.max(lacking.len().div_ceil(PARTS))) {
            let frames = FrameSet::List(chunk.into());
            let found = curves(stack, input.recipe, &zones, &frames, self.median, &cx)?;
            if cx.cancel.is_cancelled() {
                return Err(EvalError::Cancelled);
            }
            for (&i, zone) in wanted.iter().zip(found.zones) {
                let curve = &mut live.zones[i];
                Arc::make_mut(&mut curve.data).put(chunk, &zone.points);
                if curve.former.as_ref().is_some_and(|former| former.count <= curve.data.count) {
                    curve.former = None;
                }
            }
            live.surroundings = input.cx.references.surroundings(stack.id);
            input.publish(live.clone());
            progress.advance(chunk.len() as u64);
        }
        live.surroundings = input.cx.references.surroundings(stack.id);
        for curve in &mut live.zones {
            curve.former = None;
        }
        Ok(live)
    }
}

impl LiveCurves {
    /// What is known before anything is computed.
    fn begin(&self, input: &Input<'_>, first: usize) -> LiveZones {
        let stack = input.stack;
        let channels = stack.channels.len();
        let end = stack.store.extent().end;
        let earlier = input.earlier::<LiveZones>();
        let zones = self.zones.iter().map(|zone| {
            let key = key(&zone.shape, self.median);
            let known = earlier.as_ref().and_then(|e| e.find(zone, self.median));
            let mut curve = match known {
                Some(known) if known.key == key => known.clone(),
                _ => {
                    let pixels = rasterize(stack, &zone.shape).pixels;
                    let data = CurveData { first, pixels, median: self.median, ..CurveData::default() };
                    let former = known.map(|known| Arc::clone(known.shown()));
                    LiveCurve { name: String::new(), key, data: Arc::new(data), former }
                }
            };
            curve.name.clone_from(&zone.name);
            if curve.data.done.len() + curve.data.first < end {
                Arc::make_mut(&mut curve.data).grow(end, channels);
            }
            curve
        });
        LiveZones { zones: zones.collect(), ..LiveZones::default() }
    }
}
