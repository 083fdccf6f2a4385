//! Work on many frames, begun from the first to the last.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// `each` of 0 … `count`−1, in order, computed on all threads of the current rayon pool.
///
/// Unlike a split range, work is begun in order: frames that depend on those before them (video), and files on
/// disks that read ahead, are asked for one after the other.
pub(crate) fn in_turn<T: Send>(count: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(count) {
            scope.spawn(|_| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        break;
                    }
                    let value = each(i);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((i, value));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|&(i, _)| i);
    done.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_work_is_begun_in_order() {
        let begun = Mutex::new(Vec::new());
        let squares = in_turn(1000, |i| {
            begun.lock().expect("no panic").push(i);
            i * i
        });
        assert_eq!(squares, (0..1000).map(|i| i * i).collect::<Vec<_>>());
        let begun = begun.into_inner().expect("no panic");
        let threads = rayon::current_num_threads();
        assert!(begun.iter().enumerate().all(|(place, &i)| place.abs_diff(i) <= 1000.min(64 * threads)));
        assert_eq!(in_turn(0, |i| i), Vec::<usize>::new());
    }
}
