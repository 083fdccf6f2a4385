//! Memory bandwidth of the machine, the yardstick for every reduction.

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;

use crate::simd::{self, Level, Work};

/// Bytes per task; large enough that the pool's overhead does not show.
const CHUNK: usize = 1 << 17;

/// Bytes per second at which all threads of the current pool together read memory: the median of `runs`
/// sums over a buffer of `bytes`, which should be several times larger than the last-level cache.
///
/// # Cost
/// Allocates and touches `bytes`; a 1 GiB buffer takes about a second.
pub fn read_bandwidth(bytes: usize, runs: usize) -> f64 {
    let buffer = filled(bytes);
    median_rate(size_of_val(buffer.as_slice()), runs, || {
        black_box(read(&[bytemuck::cast_slice(&buffer)]));
    })
}

/// Reads `parts` once with all threads of the current pool, as fast as they come, and returns what they add
/// up to: the measure for kernels that read the same bytes in the same minute.
pub fn read(parts: &[&[u8]]) -> u64 {
    let level = Level::current();
    let of = |part: &&[u8]| {
        part.par_chunks(CHUNK * 8).map(|chunk| simd::run(level, Read(chunk))).reduce(|| 0, u64::wrapping_add)
    };
    parts.par_iter().map(of).reduce(|| 0, u64::wrapping_add)
}

struct Read<'a>(&'a [u8]);

impl Work for Read<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let (head, words, tail) = bytemuck::pod_align_to::<u8, u64>(self.0);
        let mut sum = 0_u64;
        for &word in words {
            sum = sum.wrapping_add(word);
        }
        for &byte in head.iter().chain(tail) {
            sum = sum.wrapping_add(u64::from(byte));
        }
        sum
    }
}

/// Bytes per second that are copied (each byte is read once and written once, and counted once): the median
/// of `runs` copies of `bytes`.
///
/// # Cost
/// Allocates twice `bytes`.
pub fn copy_bandwidth(bytes: usize, runs: usize) -> f64 {
    let from = filled(bytes);
    let mut to = vec![0_u64; from.len()];
    median_rate(size_of_val(from.as_slice()), runs, || {
        to.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK)).for_each(|(to, from)| to.copy_from_slice(from));
        black_box(to.as_slice());
    })
}

/// A buffer whose pages are really there: zeros may all lie on one.
fn filled(bytes: usize) -> Vec<u64> {
    let mut buffer = vec![0_u64; bytes.div_ceil(8).max(1)];
    buffer.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| chunk.fill(i as u64 + 1));
    buffer
}

fn median_rate(bytes: usize, runs: usize, mut work: impl FnMut()) -> f64 {
    let mut rates: Vec<f64> = (0..runs.max(1))
        .map(|_| {
            let start = Instant::now();
            work();
            bytes as f64 / start.elapsed().as_secs_f64().max(1e-9)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive_for_any_size() {
        for bytes in [0, 1, 3 << 20] {
            assert!(read_bandwidth(bytes, 3) > 0.0);
            assert!(copy_bandwidth(bytes, 0) > 0.0);
        }
    }
}
