//! Where each frame of a store that is being filled stands. The argument why nobody sees a half-written frame
//! stands in `ram.rs`; this is its bookkeeping.

use std::collections::{BTreeMap, TryReserveError};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blitz_core::{Extent, FrameFault, FrameState, ReadError};

use super::publish::SlotState;
use super::publish::stage::{FAILED, PENDING, READY};

/// How many frames stand where. Frames being filled count as pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that can be read.
    pub ready: usize,
    /// Frames that failed.
    pub failed: usize,
    /// Frames still to come.
    pub pending: usize,
}

/// One state per frame, with faults and counts.
pub(crate) struct States {
    of_frame: Box<[SlotState<AtomicU8>]>,
    faults: Mutex<BTreeMap<usize, Arc<FrameFault>>>,
    ready: AtomicUsize,
    failed: AtomicUsize,
    generation: AtomicU64,
    sealed: AtomicBool,
}

impl States {
    /// All frames pending.
    pub(crate) fn new(frames: usize) -> Result<Self, TryReserveError> {
        let mut states = Vec::new();
        states.try_reserve_exact(frames)?;
        states.resize_with(frames, || SlotState(AtomicU8::new(PENDING)));
        Ok(Self {
            of_frame: states.into_boxed_slice(),
            faults: Mutex::default(),
            ready: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
            sealed: AtomicBool::new(false),
        })
    }

    pub(crate) fn frames(&self) -> usize {
        self.of_frame.len()
    }

    /// Takes the right to fill a frame; false if it does not exist, is taken, or has left *pending*.
    pub(crate) fn claim(&self, frame: usize) -> bool {
        self.of_frame.get(frame).is_some_and(SlotState::claim)
    }

    /// Gives the right back: the frame is pending again.
    pub(crate) fn release(&self, frame: usize) {
        self.of_frame[frame].release();
    }

    /// A claimed frame is complete.
    pub(crate) fn publish(&self, frame: usize) {
        self.of_frame[frame].leave(READY, &self.ready, &self.generation);
    }

    /// A claimed frame cannot be read.
    pub(crate) fn fail(&self, frame: usize, fault: FrameFault) {
        self.faults_table().insert(frame, Arc::new(fault));
        self.of_frame[frame].leave(FAILED, &self.failed, &self.generation);
    }

    pub(crate) fn seal(&self) {
        self.sealed.store(true, Ordering::Release);
    }

    pub(crate) fn is_ready(&self, frame: usize) -> bool {
        self.raw(frame) == READY
    }

    pub(crate) fn state(&self, frame: usize) -> FrameState {
        match self.raw(frame) {
            READY => FrameState::Ready,
            FAILED => FrameState::Failed(self.fault(frame)),
            _ => FrameState::Pending,
        }
    }

    /// Why a frame cannot be pinned, if it cannot.
    pub(crate) fn check(&self, frame: usize) -> Result<(), ReadError> {
        let end = self.of_frame.len();
        if frame >= end {
            return Err(ReadError::OutOfRange { frame, first: 0, end });
        }
        match self.raw(frame) {
            READY => Ok(()),
            FAILED => Err(ReadError::Failed((*self.fault(frame)).clone())),
            _ => Err(ReadError::Pending { frame }),
        }
    }

    fn raw(&self, frame: usize) -> u8 {
        self.of_frame.get(frame).map_or(PENDING, SlotState::get)
    }

    pub(crate) fn fault(&self, frame: usize) -> Arc<FrameFault> {
        self.faults_table().get(&frame).cloned().unwrap_or_else(|| {
            Arc::new(FrameFault { file: None, frame, reason: "failed without a reason".to_owned() })
        })
    }

    fn faults_table(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<FrameFault>>> {
        // The table is consistent between its single insertions, whoever panicked.
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Faults of all failed frames, by frame.
    pub(crate) fn faults(&self) -> Vec<Arc<FrameFault>> {
        self.faults_table().values().cloned().collect()
    }

    pub(crate) fn counts(&self) -> Counts {
        let ready = self.ready.load(Ordering::Acquire);
        let failed = self.failed.load(Ordering::Acquire);
        Counts { ready, failed, pending: self.of_frame.len().saturating_sub(ready + failed) }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn extent(&self) -> Extent {
        Extent { first: 0, end: self.of_frame.len(), sealed: self.sealed.load(Ordering::Acquire) }
    }
}
