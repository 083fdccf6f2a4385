//! Many small reads at once: headers of files on slow disks.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `f` of 0, 1, … `count` − 1, from several threads; results in order.
///
/// # Panics
/// If `f` does.
pub(crate) fn in_parallel<T: Send>(count: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    /// Fewer are read before a thread has begun.
    const WORTH: usize = 8;
    /// Threads wait for disks more than they work.
    const LEAST: usize = 8;
    /// What a thread takes at once of very many.
    const BLOCK: usize = 64;
    let most = std::thread::available_parallelism().map_or(LEAST, |cores| cores.get().max(LEAST));
    let threads = (count / WORTH).clamp(1, most);
    if threads == 1 {
        return (0..count).map(f).collect();
    }
    let block = (count / (threads * WORTH)).clamp(1, BLOCK);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done: Vec<(Range<usize>, Vec<T>)> = Vec::new();
        loop {
            let start = next.fetch_add(block, Ordering::Relaxed);
            if start >= count {
                return done;
            }
            let range = start..count.min(start + block);
            done.push((range.clone(), range.map(&f).collect()));
        }
    };
    let mut all: Vec<(Range<usize>, Vec<T>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_unstable_by_key(|(range, _)| range.start);
    all.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 7, 8, 16, 1000, 4099] {
            assert_eq!(in_parallel(count, |i| i * i), (0..count).map(|i| i * i).collect::<Vec<_>>());
        }
    }
}
