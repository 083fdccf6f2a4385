//! Cancelling work and watching it: values that are shared, not callbacks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A request to stop. Clones share it; long work looks at it at least once per frame or chunk, and kernels at least
/// once per [`Cancel::WORK`] steps.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Request>);

#[derive(Debug, Default)]
struct Request {
    cancelled: AtomicBool,
    /// Where looks are counted: how many are left until the request is made.
    looks: Option<AtomicU64>,
}

impl Cancel {
    /// Steps of a kernel, each of about a nanosecond, between two looks at most: some milliseconds.
    pub const WORK: usize = 1 << 22;

    /// A request that is made by itself when it was looked at `looks` times: how much work lies between two looks can
    /// be counted with it.
    pub fn after_looks(looks: u64) -> Self {
        Self(Arc::new(Request { cancelled: AtomicBool::new(false), looks: Some(AtomicU64::new(looks)) }))
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the work should stop.
    pub fn is_cancelled(&self) -> bool {
        if let Some(looks) = &self.0.looks
            && looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        {
            self.cancel();
        }
        self.0.cancelled.load(Ordering::Relaxed)
    }
}

/// How far work has come. Clones share it. Updating costs one relaxed atomic addition.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    done: AtomicU64,
    total: AtomicU64,
    phase: Mutex<&'static str>,
}

/// A reading of [`Progress`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressSnapshot {
    /// Steps done.
    pub done: u64,
    /// Steps to do; 0 while unknown.
    pub total: u64,
    /// What is being done, such as `decoding`.
    pub phase: &'static str,
}

impl ProgressSnapshot {
    /// Share done, 0 to 1; 0 while the total is unknown.
    pub fn fraction(self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f64 / self.total as f64).min(1.0) as f32 }
    }
}

impl Progress {
    /// Starts a phase of `total` steps.
    pub fn start(&self, phase: &'static str, total: u64) {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        self.0.done.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// `steps` more are done.
    pub fn advance(&self, steps: u64) {
        self.0.done.fetch_add(steps, Ordering::Relaxed);
    }

    /// Stands where `other` stands now: for work that waits for another.
    pub fn follow(&self, other: &Self) {
        let ProgressSnapshot { done, total, phase } = other.snapshot();
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        self.0.done.store(done, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Where the work stands.
    pub fn snapshot(&self) -> ProgressSnapshot {
        ProgressSnapshot {
            done: self.0.done.load(Ordering::Relaxed),
            total: self.0.total.load(Ordering::Relaxed),
            phase: *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
