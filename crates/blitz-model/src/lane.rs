//! Threads for one piece of work: what takes minutes (curves of a long video) would keep those of a shared pool.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use blitz_core::Cancel;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Thread pools of one engine, each for one piece of work at a time. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Lanes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Pools that compute nothing now.
    idle: Mutex<Vec<ThreadPool>>,
    /// Pieces of work that a person waits for now.
    waited_for: AtomicUsize,
    /// Told when one of them is done.
    lock: Mutex<()>,
    done: Condvar,
}

/// Idle pools that are kept: as many as work of one recording is under way at a time.
const KEPT: usize = 4;
/// The longest that other work stands still for them at a time, so that it proceeds beside a long one.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest until work that stands still sees that it is cancelled.
const SLICE: Duration = Duration::from_millis(5);

impl Lanes {
    /// Runs `work` in a pool of as many threads as the program computes with, so that it waits for no other work to
    /// end and shares only the processors with it. What is `waited_for` is done first: see [`Lanes::give_way`].
    ///
    /// The pool does nothing else meanwhile: threads of work that waits for something could take up another, which
    /// may hold what the first one waits for.
    pub(crate) fn run<T: Send>(&self, waited_for: bool, work: impl FnOnce() -> T + Send) -> T {
        let _front = waited_for.then(|| Front::new(&self.0));
        let build = || {
            let builder = ThreadPoolBuilder::new().num_threads(rayon::current_num_threads());
            builder.thread_name(|i| format!("lane {i}")).build().ok()
        };
        let kept = locked(&self.0.idle).pop();
        // Where the system gives no threads it runs in the common pool.
        let Some(pool) = kept.or_else(build) else { return work() };
        let done = pool.install(work);
        let mut idle = locked(&self.0.idle);
        if idle.len() < KEPT {
            idle.push(pool);
        }
        done
    }

    /// Stands still while something is computed that a person waits for, until cancelled, for one second at most. For
    /// work behind it, between two frames: both would want the same decoder, or the same memory.
    pub(crate) fn give_way(&self, cancel: &Cancel) {
        let busy = || self.0.waited_for.load(Ordering::Relaxed) > 0;
        if !busy() {
            return;
        }
        let since = Instant::now();
        while busy() && !cancel.is_cancelled() && since.elapsed() < PATIENCE {
            drop(self.0.done.wait_timeout_while(locked(&self.0.lock), SLICE, |()| busy()));
        }
    }
}

struct Front<'a>(&'a Shared);

impl<'a> Front<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.waited_for.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Front<'_> {
    fn drop(&mut self) {
        // Under the lock: between another thread's look at the number and its sleep, it would miss this.
        let _lock = locked(&self.0.lock);
        self.0.waited_for.fetch_sub(1, Ordering::Relaxed);
        self.0.done.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::channel;

    #[test]
    fn what_is_waited_for_goes_first() {
        let (lanes, other) = (Lanes::default(), Lanes::default());
        let (started, has_started) = channel();
        let may_go = AtomicBool::new(false);
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (lanes, may_go, is_done) = (&lanes, &may_go, &is_done);
            scope.spawn(move || {
                lanes.run(true, || {
                    started.send(()).expect("received");
                    while !may_go.load(Ordering::SeqCst) {
                        std::thread::yield_now();
                    }
                    std::thread::sleep(PATIENCE / 20);
                    is_done.store(true, Ordering::SeqCst);
                });
            });
            has_started.recv().expect("it starts");
            other.give_way(&Cancel::default());
            assert!(!is_done.load(Ordering::SeqCst), "another engine's lanes wait for nothing here");
            may_go.store(true, Ordering::SeqCst);
            lanes.give_way(&Cancel::default());
            assert!(is_done.load(Ordering::SeqCst));
        });
    }

    #[test]
    fn lanes_do_not_share_threads() {
        let lanes = Lanes::default();
        let threads = || rayon::broadcast(|_| std::thread::current().id());
        let (first, second) = lanes
            .run(false, || (threads(), std::thread::scope(|s| s.spawn(|| lanes.run(false, threads)).join())));
        let second = second.expect("no panic");
        assert_eq!(first.len(), rayon::current_num_threads());
        assert!(first.iter().all(|id| !second.contains(id)));
    }
}
