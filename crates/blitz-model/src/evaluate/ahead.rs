//! Reading ahead and making room, for mapped recordings that are larger than what the system can keep.

use std::ops::Range;

use blitz_core::{Intent, Store};

/// Tells a store what a walk over its frames reads next and has read. Does nothing where it would not pay.
pub(crate) struct Ahead<'a> {
    store: Option<&'a dyn Store>,
}

impl<'a> Ahead<'a> {
    /// For a walk over many frames of `store`. Looks up once how much memory there is: a recording that is larger
    /// than half of it would push out what other programs keep, and itself.
    pub(crate) fn new(store: &'a dyn Store, frames: usize) -> Self {
        let bytes = store.layout().frame_bytes() as u64 * frames as u64;
        let large = || crate::load::available_bytes().is_some_and(|available| bytes > available / 2);
        // Small ones are not worth a look at the system's numbers.
        Self { store: (bytes > 256 << 20 && large()).then_some(store) }
    }

    /// Whether the recording is that large.
    pub(crate) fn is_large(&self) -> bool {
        self.store.is_some()
    }

    /// Whole frames, ascending.
    pub(crate) fn tell(&self, frames: &[usize], intent: Intent) {
        if let Some(store) = self.store {
            self.rows(frames, 0..store.layout().frame.height, intent);
        }
    }

    /// Rows of frames, ascending.
    pub(crate) fn rows(&self, frames: &[usize], rows: Range<usize>, intent: Intent) {
        let Some(store) = self.store else { return };
        // One call for each run of neighbours.
        for run in frames.chunk_by(|a, b| a + 1 == *b) {
            store.advise(run[0]..run[0] + run.len(), rows.clone(), intent);
        }
    }
}
