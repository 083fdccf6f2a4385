//! Filling a stack in memory: all cores decode straight into the frames' slots.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blitz_core::{Cancel, FrameFault, Layout, Progress};
use blitz_io::{FrameSource, RamStore};

use super::decode_store::decode_guarded;
use super::{Chain, LoadError};

/// A stack in memory that waits to be filled.
#[derive(Debug)]
pub struct Loader {
    source: Arc<dyn FrameSource>,
    chain: Chain,
    store: Arc<RamStore>,
}

/// How a fill ended.
#[derive(Clone, Debug, Default)]
pub struct Fill {
    /// Frames that can be read.
    pub ready: usize,
    /// Frames that failed, in order of their number.
    pub failed: Vec<Arc<FrameFault>>,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

impl Loader {
    /// Allocates the stack (untouched pages: memory is taken as frames arrive).
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub(super) fn new(source: Arc<dyn FrameSource>, chain: Chain) -> Result<Self, LoadError> {
        let layout = Layout { frame: chain.output_shape(), dtype: chain.output_dtype() };
        let store =
            RamStore::new(layout, chain.frames()).map_err(|e| LoadError::Allocation(e.to_string()))?;
        Ok(Self { source, chain, store })
    }

    /// The store being filled.
    pub fn store(&self) -> Arc<RamStore> {
        Arc::clone(&self.store)
    }

    /// Decodes one frame now, on this thread: the first picture, before the crowd starts.
    pub fn fill_one(&self, frame: usize) {
        let Some(mut slot) = self.store.writer(frame) else { return };
        match decode_guarded(self.source.as_ref(), &self.chain, frame, slot.samples()) {
            Ok(()) => slot.publish(),
            Err(fault) => slot.fail(fault),
        }
    }

    /// Decodes all pending frames, in order, on all threads of the current rayon pool; returns when done
    /// or cancelled. Frames not reached before a cancel become failed with that reason, and the store is
    /// sealed either way.
    pub fn fill(&self, cancel: &Cancel, progress: &Progress) -> Fill {
        let frames = self.chain.frames();
        progress.start("decoding", frames as u64);
        // A shared counter instead of a split range: frames become ready from the first to the last, so the
        // part that can be looked at grows without holes.
        let next = AtomicUsize::new(0);
        rayon::scope(|scope| {
            for _ in 0..rayon::current_num_threads() {
                scope.spawn(|_| {
                    while !cancel.is_cancelled() {
                        let frame = next.fetch_add(1, Ordering::Relaxed);
                        if frame >= frames {
                            break;
                        }
                        self.fill_one(frame);
                        progress.advance(1);
                    }
                });
            }
        });
        let cancelled = cancel.is_cancelled() && self.store.counts().pending > 0;
        if cancelled {
            let map = self.chain.frame_map();
            self.store.fail_pending(|frame| FrameFault {
                file: None,
                frame: map.source(frame),
                reason: "loading was cancelled before this frame".into(),
            });
        }
        self.store.seal();
        let ready = self.store.counts().ready;
        let mut failed = self.store.faults();
        failed.sort_by_key(|fault| fault.frame);
        Fill { ready, failed, cancelled }
    }
}
