//! What works on one band of a window.

use blitz_core::{SamplesMut, SamplesRef};

use crate::reduce::Counts;
use crate::simd::Level;

/// The window of one band, whatever its type and statistic.
pub(super) trait Machine: Send + Sync {
    /// Replaces the oldest frame; `None` is a frame that failed.
    fn push(&mut self, frame: Option<SamplesRef<'_>>, level: Level);
    /// The statistic of the frames held.
    fn result(&self, out: SamplesMut<'_>, level: Level) -> Counts;
}

/// The sums of one band, whose frames are held elsewhere.
pub(super) trait Exchange: Send + Sync {
    fn enter(&mut self, frame: SamplesRef<'_>, level: Level);
    fn leave(&mut self, frame: SamplesRef<'_>, level: Level);
    fn finish(&self, out: SamplesMut<'_>, level: Level) -> Counts;
}

/// Runs one generic expression for f32 or f64 results.
macro_rules! for_output {
    ($samples:expr, $out:ident => $body:expr) => {
        match $samples {
            SamplesMut::F32($out) => $body,
            SamplesMut::F64($out) => $body,
            other => panic!("results of windows are f32 or f64, not {}", other.dtype()),
        }
    };
}
pub(super) use for_output;
