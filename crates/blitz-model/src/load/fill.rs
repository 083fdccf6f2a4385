//! Filling a stack in memory or on disk: all cores decode, each frame once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use blitz_core::{Cancel, FrameFault, Layout, Progress, Store};
use blitz_io::store::Counts;
use blitz_io::{FrameSource, GrowingStore, RamStore, SlotWriter};
use serde::{Deserialize, Serialize};

use super::decode_store::decode_guarded;
use super::disk::DiskTarget;
use super::{Chain, LoadError};

/// A stack in memory or on disk that waits to be filled.
#[derive(Debug)]
pub struct Loader {
    pub(super) source: Arc<dyn FrameSource>,
    pub(super) chain: Chain,
    target: Target,
    /// What stopped the filling.
    problem: OnceLock<String>,
}

/// Where decoded frames go.
#[derive(Debug)]
enum Target {
    Memory(Arc<RamStore>),
    /// In memory, and more of them may come.
    Growing(Arc<GrowingStore>),
    Disk(DiskTarget),
}

/// How a fill ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fill {
    /// Frames that can be read.
    pub ready: usize,
    /// Frames that failed, in order of their number.
    pub failed: Vec<Arc<FrameFault>>,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
    /// What else kept frames away, or the frames on disk from being kept: a full disk, files that changed.
    pub problem: Option<String>,
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
        Ok(Self { source, chain, target: Target::Memory(store), problem: OnceLock::new() })
    }

    /// As [`new`](Self::new), for a stack that may grow: see [`follow`](super::follow()).
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub(super) fn new_growing(source: Arc<dyn FrameSource>, chain: Chain) -> Result<Self, LoadError> {
        let layout = Layout { frame: chain.output_shape(), dtype: chain.output_dtype() };
        let store =
            GrowingStore::new(layout, chain.frames()).map_err(|e| LoadError::Allocation(e.to_string()))?;
        Ok(Self { source, chain, target: Target::Growing(store), problem: OnceLock::new() })
    }

    /// The store, if it may grow.
    pub(super) fn growing(&self) -> Option<&Arc<GrowingStore>> {
        match &self.target {
            Target::Growing(store) => Some(store),
            Target::Memory(_) | Target::Disk(_) => None,
        }
    }

    /// Says that no frames will be added any more; what is still pending fails.
    pub fn end_growth(&self) {
        let Some(store) = self.growing() else { return };
        let map = self.chain.frame_map();
        let reason = "the folder was not watched any longer when the file was whole";
        store.fail_pending(|frame| FrameFault {
            file: None,
            frame: map.source(frame),
            reason: reason.to_owned(),
        });
        store.seal();
    }

    /// Whether frames may be added after it was filled.
    pub fn is_growing(&self) -> bool {
        self.growing().is_some()
    }

    /// Fills frames on disk.
    pub(super) fn to_disk(source: Arc<dyn FrameSource>, chain: Chain, target: DiskTarget) -> Self {
        Self { source, chain, target: Target::Disk(target), problem: OnceLock::new() }
    }

    /// The store being filled.
    pub fn store(&self) -> Arc<dyn Store> {
        match &self.target {
            Target::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Target::Growing(store) => Arc::clone(store) as Arc<dyn Store>,
            Target::Disk(target) => Arc::clone(&target.store) as Arc<dyn Store>,
        }
    }

    /// Decodes one frame now, on this thread: the first picture, before the crowd starts. What is on disk already
    /// is read instead.
    pub fn fill_one(&self, frame: usize) {
        match &self.target {
            Target::Memory(store) => self.fill_slot(frame, store.writer(frame)),
            Target::Growing(store) => self.fill_slot(frame, store.writer(frame)),
            Target::Disk(target) => {
                let Some(writer) = target.store.writer(frame) else { return };
                let mut slot = match writer.keep_found() {
                    Ok(lost) => return self.chain.count_lost(lost),
                    Err(writer) => writer,
                };
                let written = match decode_guarded(self.source.as_ref(), &self.chain, frame, slot.samples()) {
                    Ok(lost) => slot.publish(lost),
                    Err(fault) => slot.fail(fault),
                };
                if let Err(error) = written {
                    self.stop(error.to_string());
                }
            }
        }
    }

    /// Decodes a frame into memory. Of a growing stack what is still being written is left to be tried again.
    fn fill_slot(&self, frame: usize, slot: Option<SlotWriter>) {
        let Some(mut slot) = slot else { return };
        match decode_guarded(self.source.as_ref(), &self.chain, frame, slot.samples()) {
            Ok(_) => slot.publish(),
            Err(fault) => match self.source.growing().filter(|_| self.is_growing()) {
                Some(growing) if !growing.is_settled(fault.frame) => drop(slot),
                _ => slot.fail(fault),
            },
        }
    }

    /// The first problem is the one that is told.
    fn stop(&self, problem: String) {
        drop(self.problem.set(problem));
    }

    /// Decodes all pending frames, in order, on all threads of the current rayon pool; returns when done
    /// or cancelled. Frames not reached before a cancel become failed with that reason, and the store is
    /// sealed either way.
    pub fn fill(&self, cancel: &Cancel, progress: &Progress) -> Fill {
        let _span = tracing::debug_span!("load", frames = self.chain.frames()).entered();
        let frames = self.chain.frames();
        progress.start("decoding", frames as u64);
        // A shared counter instead of a split range: frames become ready from the first to the last, so the
        // part that can be looked at grows without holes.
        let next = AtomicUsize::new(0);
        rayon::scope(|scope| {
            for _ in 0..rayon::current_num_threads() {
                scope.spawn(|_| {
                    while !cancel.is_cancelled() && self.problem.get().is_none() {
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
        let is_pending = self.counts().pending > 0;
        let cancelled = cancel.is_cancelled() && is_pending;
        // Those of a growing stack that are not whole yet are tried again.
        let goes_on = self.is_growing() && !cancel.is_cancelled();
        if is_pending && !goes_on {
            let reason = match self.problem.get() {
                Some(problem) => format!("not decoded: {problem}"),
                None => "loading was cancelled before this frame".to_owned(),
            };
            let map = self.chain.frame_map();
            let fault = |frame| FrameFault { file: None, frame: map.source(frame), reason: reason.clone() };
            match &self.target {
                Target::Memory(store) => {
                    store.fail_pending(fault);
                }
                Target::Growing(store) => store.fail_pending(fault),
                Target::Disk(target) => {
                    target.store.fail_pending(fault);
                }
            }
        } else if let Target::Disk(target) = &self.target
            && let Err(problem) = target.complete(self.source.as_ref())
        {
            self.stop(problem);
        }
        let mut failed = match &self.target {
            Target::Memory(store) => {
                store.seal();
                store.faults()
            }
            Target::Growing(store) => {
                if !goes_on {
                    store.seal();
                }
                store.faults()
            }
            Target::Disk(target) => {
                target.store.seal();
                target.store.faults()
            }
        };
        failed.sort_by_key(|fault| fault.frame);
        Fill { ready: self.counts().ready, failed, cancelled, problem: self.problem.get().cloned() }
    }

    fn counts(&self) -> Counts {
        match &self.target {
            Target::Memory(store) => store.counts(),
            Target::Growing(store) => store.counts(),
            Target::Disk(target) => target.store.counts(),
        }
    }
}
