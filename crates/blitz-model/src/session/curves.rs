//! Curves of the zones: kept per zone shape, extended as frames arrive, never computed anew.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{FrameState, StackId, Zone};

use super::recording::RecordingId;
use super::{JobKey, Outcome, Session};
use crate::document::CurveStat;
use crate::evaluate::{CurvePoint, EvalContext, EvalError, FrameSet, ZoneCurves, evaluate, hash_shape};
use crate::recipe::RecipeKey;

/// The curve of one zone over all stack frames, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct CurveData {
    /// `points[channel][frame]`; frames not computed yet have n = 0.
    pub points: Vec<Vec<CurvePoint>>,
    /// Which stack frames are computed (failed ones count as computed).
    pub done: Vec<bool>,
    /// How many of them.
    pub count: usize,
    /// Pixels of the zone in the stack.
    pub pixels: usize,
    /// Whether medians are there.
    pub median: bool,
}

/// A curve that a job extends while the window reads it.
pub(super) struct CurveTable {
    data: Arc<Mutex<Arc<CurveData>>>,
}

impl CurveTable {
    fn snapshot(&self) -> Arc<CurveData> {
        Arc::clone(&self.data.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn bytes(&self) -> u64 {
        let data = self.snapshot();
        data.points.iter().map(|p| (p.len() * size_of::<CurvePoint>()) as u64).sum()
    }
}

/// The curve of one zone, to draw now.
#[derive(Clone, Debug)]
pub struct CurveReply {
    /// Index of the zone in the recipe.
    pub zone: usize,
    /// The curve; the one of the zone's previous place until the new one is complete enough.
    pub data: Arc<CurveData>,
    /// Whether it belongs to the zone's present place and has every frame of the timeline that is there.
    pub current: bool,
    /// Whether more frames are to come.
    pub preliminary: bool,
}

/// Seconds that a curve job may run before a newer zone place stops it: long enough that a curve which can
/// follow the mouse does.
const PATIENCE: f64 = 0.25;

/// Least number of frames whose curves are computed before they are shown: worth the parallel start.
const CHUNK: usize = 256;

/// Most steps in which a curve appears. Each step copies the table, as the window may hold the one before.
const STEPS: usize = 64;

fn table_key(stack: StackId, recipe: RecipeKey, stage: u64, zone: &Zone, median: bool) -> u64 {
    let mut h = DefaultHasher::new();
    (stack, recipe, stage).hash(&mut h);
    hash_shape(&zone.shape, &mut h);
    median.hash(&mut h);
    h.finish()
}

impl Session {
    /// The curves of all zones, to draw now; starts or extends what is missing.
    pub fn curves(&mut self) -> Vec<CurveReply> {
        let Some(recording) = self.current() else { return Vec::new() };
        let id = recording.id;
        let median = recording.state().curves.stat == CurveStat::Median;
        let zones: Arc<[Zone]> = recording.recipe().zones.clone().into();
        let recipe = recording.recipe().key();
        let stack = recording.stack.clone();
        let timeline = recording.timeline();
        let frames = stack.shape().frames;
        let channels = stack.channels.len();
        let counts = recording.frame_counts();
        let stage = recording.stage_of_loading();
        let keys: Vec<u64> = zones.iter().map(|z| table_key(stack.id, recipe, stage, z, median)).collect();

        let Some(recording) = self.recording_mut(id) else { return Vec::new() };
        // Tables of places that no zone has any more go, but for the last ones drawn.
        recording.curves.retain(|key, _| keys.contains(key));
        let mut wanted = Vec::new();
        let mut replies = Vec::with_capacity(zones.len());
        for (zone, (entry, key)) in zones.iter().zip(&keys).enumerate() {
            let table = recording.curves.entry(*key).or_insert_with(|| {
                let mask = crate::evaluate::rasterize(&stack, &entry.shape);
                let unknown = CurvePoint::empty(mask.pixels as u64);
                let data = CurveData {
                    points: vec![vec![unknown; frames]; channels],
                    done: vec![false; frames],
                    count: 0,
                    pixels: mask.pixels,
                    median,
                };
                CurveTable { data: Arc::new(Mutex::new(Arc::new(data))) }
            });
            let data = table.snapshot();
            // Frames that could be computed: all but those still to be loaded.
            let there = frames - counts.pending;
            let complete = data.count >= there.min(frames) || timeline.iter().all(|&f| data.done[f]);
            if !complete {
                wanted.push((entry.clone(), Arc::clone(&table.data)));
            }
            let preliminary = counts.pending > 0;
            if complete || preliminary {
                recording.last_curves.insert(entry.name.clone(), Arc::clone(&data));
            }
            let shown = recording.last_curves.get(&entry.name).cloned().unwrap_or_else(|| Arc::clone(&data));
            let shown = if data.count > 0 && shown.count <= data.count { data } else { shown };
            replies.push(CurveReply { zone, data: shown, current: complete, preliminary });
        }
        if !wanted.is_empty() {
            self.extend_curves(id, wanted, median, &timeline);
        }
        replies
    }

    fn extend_curves(
        &mut self,
        id: RecordingId,
        wanted: Vec<(Zone, Arc<Mutex<Arc<CurveData>>>)>,
        median: bool,
        timeline: &Arc<[usize]>,
    ) {
        let job = JobKey::Curves(id);
        let fingerprint = {
            let mut h = DefaultHasher::new();
            for (zone, _) in &wanted {
                hash_shape(&zone.shape, &mut h);
            }
            (median, timeline.len()).hash(&mut h);
            let Some(recording) = self.recording_mut(id) else { return };
            (recording.recipe().key(), recording.stage_of_loading()).hash(&mut h);
            h.finish()
        };
        let Some(recording) = self.recording_mut(id) else { return };
        if !Self::may_follow(recording) || recording.curve_failed == Some(fingerprint) {
            return;
        }
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().clone());
        let same = recording.curve_job == Some(fingerprint);
        let young = self.jobs.age(&job).is_some_and(|age| age < PATIENCE);
        if self.jobs.is_busy(&job) && (same || young) {
            return;
        }
        if let Some(recording) = self.recording_mut(id) {
            (recording.curve_job, recording.curve_failed) = (Some(fingerprint), None);
        }
        self.postpone_windows(id);
        let (timeline, references) = (Arc::clone(timeline), self.references.clone());
        self.jobs.submit(job, "curves", move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                references,
                gives_way: true,
                ..EvalContext::default()
            };
            let zones: Arc<[Zone]> = wanted.iter().map(|(z, _)| z.clone()).collect();
            let tables: Vec<_> = wanted.iter().map(|(_, t)| Arc::clone(t)).collect();
            // What any of the tables lacks and the store has.
            let lacking: Vec<usize> = {
                let snapshots: Vec<Arc<CurveData>> = tables
                    .iter()
                    .map(|t| Arc::clone(&t.lock().unwrap_or_else(PoisonError::into_inner)))
                    .collect();
                timeline
                    .iter()
                    .copied()
                    .filter(|&f| snapshots.iter().any(|s| !s.done[f]))
                    .filter(|&f| !matches!(stack.store.state(f), FrameState::Pending))
                    .collect()
            };
            cx.progress.start("curves", lacking.len() as u64);
            for chunk in lacking.chunks(CHUNK.max(lacking.len().div_ceil(STEPS))) {
                let frames = FrameSet::List(chunk.into());
                let question = ZoneCurves { zones: Arc::clone(&zones), frames, median };
                match evaluate(&stack, &recipe, &question, &eval) {
                    Ok(curves) => {
                        for (table, zone) in tables.iter().zip(curves.zones) {
                            append(table, chunk, &zone.points);
                        }
                    }
                    Err(error) => return Outcome::Curves(fingerprint, Err(error)),
                }
                cx.progress.advance(chunk.len() as u64);
            }
            Outcome::Curves(fingerprint, Ok(()))
        });
    }

    pub(super) fn on_curves(&mut self, id: RecordingId, asked: u64, result: Result<(), EvalError>) {
        let Some(recording) = self.recording_mut(id) else { return };
        if recording.curve_job == Some(asked) {
            recording.curve_job = None;
        }
        if let Err(error) = result {
            // Said once: the same question would fail again, and what the person stopped stays so, until another
            // curve was asked for.
            recording.curve_failed = Some(asked);
            if !matches!(error, EvalError::Cancelled) {
                self.log.error(&error.to_string());
            }
        }
    }
}

fn append(table: &Mutex<Arc<CurveData>>, frames: &[usize], points: &[Vec<CurvePoint>]) {
    let mut data = table.lock().unwrap_or_else(PoisonError::into_inner);
    let data = Arc::make_mut(&mut data);
    for (i, &frame) in frames.iter().enumerate() {
        for (channel, values) in points.iter().enumerate() {
            data.points[channel][frame] = values[i];
        }
        if !std::mem::replace(&mut data.done[frame], true) {
            data.count += 1;
        }
    }
}
