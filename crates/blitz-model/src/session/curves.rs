//! Curves of the zones: extended as frames arrive, never computed twice.

use std::sync::Arc;

use blitz_core::Zone;

use super::Session;
use super::table::ReplyState;
use crate::document::CurveStat;
use crate::engine::ViewId;
use crate::evaluate::{CurveData, LiveCurves};

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

impl Session {
    /// The curves of all zones, to draw now; starts or extends what is missing.
    pub fn curves(&self, view: ViewId) -> Vec<CurveReply> {
        let Some((_, recording)) = self.looks_at(view) else { return Vec::new() };
        let zones: Arc<[Zone]> = recording.recipe().zones.clone().into();
        if zones.is_empty() {
            return Vec::new();
        }
        let median = recording.state().curves.stat == CurveStat::Median;
        let counts = recording.frame_counts();
        let reply = self.want(view, &LiveCurves { zones: Arc::clone(&zones), median });
        if let Some(surroundings) = reply.value.as_ref().and_then(|live| live.surroundings) {
            self.want(view, &surroundings);
        }
        let answered = reply.is_current();
        let preliminary = counts.pending > 0 || reply.state == ReplyState::Preliminary;
        let (known, same) = (reply.value.as_deref(), reply.same_values);
        let curves = zones.iter().enumerate().map(|(zone, entry)| {
            let found = known.and_then(|live| live.find(entry, median));
            let complete = |data: &CurveData| recording.timeline().iter().all(|&f| data.is_done(f));
            let is_there = || {
                same && known.is_some_and(|live| live.has(entry, median))
                    && found.is_some_and(|c| complete(&c.data))
            };
            let data = found.map_or_else(Arc::default, |curve| Arc::clone(curve.shown()));
            CurveReply { zone, data, current: answered || is_there(), preliminary }
        });
        curves.collect()
    }
}
