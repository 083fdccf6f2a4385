//! Work in the background: key, cancellation, progress; the latest wins.
//!
//! A job runs on a thread of its own, named after it, and computes in a pool of its own: none waits for another to
//! end, all share the processors. Submitting under a key that is busy cancels what
//! runs, drops what waits and waits itself; so at most one job per key runs and at most one waits, whatever
//! the mouse does. Results come back over a channel, in order, and are taken by the owner's `poll`; the
//! result of a job that was superseded says so.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use blitz_core::{Cancel, Progress, ProgressSnapshot};

use crate::lane::Lanes;

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// What a job is given.
#[derive(Clone, Debug, Default)]
pub struct JobContext {
    /// Set when the job is superseded or the person stops it.
    pub cancel: Cancel,
    /// Shown while it runs.
    pub progress: Progress,
}

type Work<R> = Box<dyn FnOnce(&JobContext) -> R + Send>;

struct Running<R> {
    name: String,
    waited_for: bool,
    serial: u64,
    context: JobContext,
    since: Instant,
    next: Option<Waiting<R>>,
}

/// A job that is to be started.
struct Waiting<R> {
    name: String,
    waited_for: bool,
    work: Work<R>,
}

/// A running job, for the jobs panel.
#[derive(Clone, Debug)]
pub struct JobStatus<K> {
    /// Its key.
    pub key: K,
    /// What it does, in words.
    pub name: String,
    /// Whether a person waits for it.
    pub waited_for: bool,
    /// How far it has come.
    pub progress: ProgressSnapshot,
    /// Seconds since it started.
    pub seconds: f64,
}

/// A finished job.
#[derive(Debug)]
pub struct Finished<K, R> {
    /// Its key.
    pub key: K,
    /// Its result; `Err` with the panic's message if it panicked.
    pub result: Result<R, String>,
    /// Whether a newer job with the same key was submitted meanwhile.
    pub superseded: bool,
    /// Seconds it ran.
    pub seconds: f64,
}

/// Jobs by key. `wake` is called from the job's thread when it ends, to make the owner poll.
pub struct Jobs<K, R> {
    running: HashMap<K, Running<R>>,
    serial: u64,
    sender: Sender<(K, u64, Result<R, String>)>,
    receiver: Receiver<(K, u64, Result<R, String>)>,
    wake: Arc<dyn Fn() + Send + Sync>,
    lanes: Lanes,
}

impl<K: Clone + Eq + Hash + Debug + Send + 'static, R: Send + 'static> Jobs<K, R> {
    /// No jobs yet; they will compute in `lanes`.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>, lanes: Lanes) -> Self {
        let (sender, receiver) = channel();
        Self { running: HashMap::new(), serial: 0, sender, receiver, wake, lanes }
    }

    /// Runs `work` under `key`, superseding whatever has that key.
    pub fn submit(&mut self, key: K, name: &str, work: impl FnOnce(&JobContext) -> R + Send + 'static) {
        self.submit_as(key, name, false, work);
    }

    /// As [`submit`](Self::submit); what a person waits for (`waited_for`) comes before evaluations that give way.
    pub fn submit_as(
        &mut self,
        key: K,
        name: &str,
        waited_for: bool,
        work: impl FnOnce(&JobContext) -> R + Send + 'static,
    ) {
        let waiting = Waiting { name: name.to_owned(), waited_for, work: Box::new(work) };
        if let Some(running) = self.running.get_mut(&key) {
            running.context.cancel.cancel();
            running.next = Some(waiting);
            return;
        }
        self.start(key, waiting);
    }

    fn start(&mut self, key: K, waiting: Waiting<R>) {
        let Waiting { name, waited_for, work } = waiting;
        self.serial += 1;
        let serial = self.serial;
        let context = JobContext::default();
        let running =
            Running { name, waited_for, serial, context: context.clone(), since: Instant::now(), next: None };
        self.running.insert(key.clone(), running);
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let job_key = key.clone();
        let lanes = self.lanes.clone();
        let span = tracing::debug_span!("job", name = %self.running[&key].name, waited_for);
        let spawned = std::thread::Builder::new().name(format!("job {key:?}")).spawn(move || {
            let _span = span.entered();
            let result = catch_unwind(AssertUnwindSafe(|| lanes.run(waited_for, || work(&context))))
                .map_err(|panic| panic_text(panic.as_ref()));
            // The owner may be gone: then nobody wants the result.
            drop(sender.send((key, serial, result)));
            wake();
        });
        if let Err(error) = spawned {
            drop(self.sender.send((job_key, serial, Err(format!("no thread could be started: {error}")))));
        }
    }

    /// Results of jobs that ended since the last call. Starts the jobs that waited.
    pub fn poll(&mut self) -> Vec<Finished<K, R>> {
        let mut finished = Vec::new();
        while let Ok((key, serial, result)) = self.receiver.try_recv() {
            let Some(running) = self.running.get(&key) else { continue };
            if running.serial != serial {
                continue;
            }
            let Some(running) = self.running.remove(&key) else { continue };
            let seconds = running.since.elapsed().as_secs_f64();
            let superseded = running.next.is_some();
            finished.push(Finished { key: key.clone(), result, superseded, seconds });
            if let Some(waiting) = running.next {
                self.start(key, waiting);
            }
        }
        finished
    }

    /// Whether a job with that key runs or waits.
    pub fn is_busy(&self, key: &K) -> bool {
        self.running.contains_key(key)
    }

    /// Keys of the jobs that run.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.running.keys()
    }

    /// Whether any job runs.
    pub fn any(&self) -> bool {
        !self.running.is_empty()
    }

    /// Stops the job with that key and forgets what waits behind it.
    pub fn cancel(&mut self, key: &K) {
        if let Some(running) = self.running.get_mut(key) {
            running.next = None;
            running.context.cancel.cancel();
        }
    }

    /// Seconds that the running job with that key has run.
    pub fn age(&self, key: &K) -> Option<f64> {
        self.running.get(key).map(|r| r.since.elapsed().as_secs_f64())
    }

    /// How far the job with that key has come.
    pub fn progress(&self, key: &K) -> Option<ProgressSnapshot> {
        self.running.get(key).map(|r| r.context.progress.snapshot())
    }

    /// What runs now, longest first.
    pub fn status(&self) -> Vec<JobStatus<K>> {
        let mut all: Vec<JobStatus<K>> = self
            .running
            .iter()
            .map(|(key, r)| JobStatus {
                key: key.clone(),
                name: r.name.clone(),
                waited_for: r.waited_for,
                progress: r.context.progress.snapshot(),
                seconds: r.since.elapsed().as_secs_f64(),
            })
            .collect();
        all.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        all
    }
}

impl<K, R> Drop for Jobs<K, R> {
    fn drop(&mut self) {
        for running in self.running.values_mut() {
            running.next = None;
            running.context.cancel.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn wait<R: Send + 'static>(jobs: &mut Jobs<&'static str, R>) -> Vec<Finished<&'static str, R>> {
        let mut all = Vec::new();
        while jobs.any() {
            all.extend(jobs.poll());
            std::thread::sleep(Duration::from_millis(1));
        }
        all
    }

    #[test]
    fn the_latest_wins_and_stale_results_say_so() {
        let mut jobs = Jobs::new(Arc::new(|| {}), Lanes::default());
        for i in 0..50 {
            jobs.submit("picture", "picture", move |cx| {
                while i < 49 && !cx.cancel.is_cancelled() {
                    std::thread::yield_now();
                }
                i
            });
        }
        let finished = wait(&mut jobs);
        let last: Vec<i32> = finished
            .iter()
            .filter(|f| !f.superseded)
            .filter_map(|f| f.result.as_ref().ok().copied())
            .collect();
        assert_eq!(last, [49]);
        assert!(finished.len() <= 50);
    }

    #[test]
    fn a_panic_is_a_message() {
        let mut jobs: Jobs<_, ()> = Jobs::new(Arc::new(|| {}), Lanes::default());
        jobs.submit("bad", "bad", |_| panic!("out of cheese"));
        let results = wait(&mut jobs);
        assert_eq!(results[0].result.as_ref().err().map(String::as_str), Some("out of cheese"));
    }

    #[test]
    fn cancelling_forgets_what_waits() {
        let mut jobs = Jobs::new(Arc::new(|| {}), Lanes::default());
        let spin = |cx: &JobContext| {
            while !cx.cancel.is_cancelled() {
                std::thread::yield_now();
            }
        };
        jobs.submit("a", "first", spin);
        jobs.submit("a", "second", spin);
        jobs.cancel(&"a");
        assert_eq!(wait(&mut jobs).len(), 1);
    }
}
