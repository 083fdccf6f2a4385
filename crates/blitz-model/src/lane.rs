//! Threads for one piece of work: what goes on for minutes (curves of a long video) would keep those of a pool that
//! all share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use blitz_core::Cancel;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Pools that nobody uses now.
static IDLE: Mutex<Vec<ThreadPool>> = Mutex::new(Vec::new());
/// Idle pools that are kept: as many as work of one recording goes on at a time.
const KEPT: usize = 4;

/// Pieces of work that a person waits for now.
static WAITED_FOR: AtomicUsize = AtomicUsize::new(0);
/// Told when one of them is done.
static DONE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
/// The longest that others stand still for them at a time, so that they get on beside a long one.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest until one that stands still sees that it is to end.
const SLICE: Duration = Duration::from_millis(5);

/// Runs `work` in a pool of as many threads as the program computes with, so that it waits for no other work to end
/// and shares only the processors with it. What is `waited_for` is done first: see [`give_way`].
///
/// Nothing else is in that pool: threads of work that waits for something could take up another, which may hold what
/// the first one waits for.
pub(crate) fn in_lane<T: Send>(waited_for: bool, work: impl FnOnce() -> T + Send) -> T {
    let _front = waited_for.then(Front::new);
    let build = || {
        let builder = ThreadPoolBuilder::new().num_threads(rayon::current_num_threads());
        builder.thread_name(|i| format!("lane {i}")).build().ok()
    };
    let kept = locked(&IDLE).pop();
    // Without threads of its own it goes into the common pool.
    let Some(pool) = kept.or_else(build) else { return work() };
    let done = pool.install(work);
    let mut idle = locked(&IDLE);
    if idle.len() < KEPT {
        idle.push(pool);
    }
    done
}

/// Stands still while something is done that a person waits for, until cancelled, for [`PATIENCE`] at most. For work
/// behind it, between two frames: both would want the same decoder, or the same memory.
pub(crate) fn give_way(cancel: &Cancel) {
    let going_on = || WAITED_FOR.load(Ordering::Relaxed) > 0;
    if !going_on() {
        return;
    }
    let since = Instant::now();
    while going_on() && !cancel.is_cancelled() && since.elapsed() < PATIENCE {
        drop(DONE.1.wait_timeout_while(locked(&DONE.0), SLICE, |()| going_on()));
    }
}

struct Front;

impl Front {
    fn new() -> Self {
        WAITED_FOR.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // Under the lock: between the look at the number and the sleep of another, it would miss this.
        let _lock = locked(&DONE.0);
        WAITED_FOR.fetch_sub(1, Ordering::Relaxed);
        DONE.1.notify_all();
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
        let (started, has_started) = channel();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                in_lane(true, || {
                    started.send(()).expect("somebody listens");
                    std::thread::sleep(PATIENCE / 20);
                    is_done.store(true, Ordering::SeqCst);
                });
            });
            has_started.recv().expect("it starts");
            give_way(&Cancel::default());
            assert!(is_done.load(Ordering::SeqCst));
        });
    }

    #[test]
    fn lanes_have_threads_of_their_own() {
        let threads = || rayon::broadcast(|_| std::thread::current().id());
        let (first, second) = in_lane(false, || {
            (threads(), std::thread::scope(|s| s.spawn(|| in_lane(false, threads)).join()))
        });
        let second = second.expect("no panic");
        assert_eq!(first.len(), rayon::current_num_threads());
        assert!(first.iter().all(|id| !second.contains(id)));
    }
}
