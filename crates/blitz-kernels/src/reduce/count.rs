//! Selection in many histories side by side, by counting.
//!
//! The value of a rank is found bit by bit, from the highest: set the bit, count per history how many
//! samples lie below, keep the bit if they are not more than the rank. No sample is moved, every pass is a
//! plain walk over rows of `L` samples, and rows of one block of histories stay in cache for all passes.

use super::rank::{between, position};
use crate::element::Element;
use crate::simd::Work;
use blitz_core::Sample;

/// Rows that meet a counter while it is in a register.
const ROWS: usize = 8;

/// Unsigned integers in the order of the samples, which also count them.
pub(crate) trait Key: Copy + Ord + Default + Send + Sync {
    const LARGEST: Self;
    /// Rows that a counter of this width can count, a multiple of [`ROWS`].
    const FULL: usize;
    fn with_bit(self, bit: u32) -> Self;
    /// The bits in which two keys differ.
    #[must_use]
    fn differs(self, other: Self) -> Self;
    #[must_use]
    fn or(self, other: Self) -> Self;
    /// Bits from the lowest up to the highest one set.
    fn used(self) -> u32;
    /// The key without its lowest `bits` bits.
    #[must_use]
    fn cut(self, bits: u32) -> Self;
    /// One more if the condition holds.
    #[must_use]
    fn plus(self, condition: bool) -> Self;
    fn count(self) -> u32;
    /// A byte, 0 is the lowest.
    fn byte(self, index: u32) -> usize;
}

macro_rules! key {
    ($($t:ty: $full:expr),*) => {$(
        impl Key for $t {
            const LARGEST: Self = <$t>::MAX;
            const FULL: usize = $full;
            #[inline(always)]
            fn with_bit(self, bit: u32) -> Self { self | (1 << bit) }
            #[inline(always)]
            fn differs(self, other: Self) -> Self { self ^ other }
            #[inline(always)]
            fn or(self, other: Self) -> Self { self | other }
            #[inline(always)]
            fn used(self) -> u32 { <$t>::BITS - self.leading_zeros() }
            #[inline(always)]
            fn cut(self, bits: u32) -> Self { if bits < <$t>::BITS { self >> bits << bits } else { 0 } }
            #[inline(always)]
            fn plus(self, condition: bool) -> Self { self.wrapping_add(condition as $t) }
            #[inline(always)]
            fn count(self) -> u32 { self as u32 }
            #[inline(always)]
            fn byte(self, index: u32) -> usize { (self >> (8 * index)) as usize & 0xff }
        }
    )*};
}
key!(u8: 31 * ROWS, u16: 8191 * ROWS, u32: 1 << 28, u64: 1 << 28);

/// One tile: the same few samples of every frame, and where their results go (one slice per percentile).
pub(super) struct Tile<'a, S, R> {
    pub(super) frames: Vec<&'a [S]>,
    pub(super) qs: &'a [f64],
    pub(super) values: Vec<&'a mut [R]>,
    pub(super) counts: &'a mut [u32],
}

/// Percentiles of the histories of one tile, `L` at a time.
pub(super) struct Counting<'a, 'b, S: Element, R, const L: usize> {
    pub(super) tile: &'a mut Tile<'b, S, R>,
    /// Scratch of one worker, to be used again.
    pub(super) keys: &'a mut Vec<S::Key>,
}

impl<S: Element<Key: Key>, R: Sample, const L: usize> Work for Counting<'_, '_, S, R, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { tile, keys } = self;
        let (frames, width) = (tile.frames.len(), tile.counts.len());
        keys.resize(width.next_multiple_of(L) * frames, S::Key::default());
        let (rows, _) = keys.as_chunks_mut::<L>();
        gather(tile, rows);
        for (block, rows) in rows.chunks_exact(frames).enumerate() {
            let samples = block * L..width.min((block + 1) * L);
            let mut n = [0; L];
            n[..samples.len()].copy_from_slice(&tile.counts[samples.clone()]);
            let (shared, bits) = shared_bits(rows);
            for (&q, values) in tile.qs.iter().zip(&mut tile.values) {
                let (lower, way) = position(q, frames);
                let (mut rank, mut t) = ([lower as u32; L], [way; L]);
                for i in (0..L).filter(|&i| n[i] as usize != frames) {
                    let (lower, way) = position(q, n[i].max(1) as usize);
                    (rank[i], t[i]) = (lower as u32, way);
                }
                let lower = nth(rows, &rank, &shared, bits);
                let upper = if t.iter().any(|&t| t > 0.0) { after(rows, &lower, &rank) } else { lower };
                for (i, value) in values[samples.clone()].iter_mut().enumerate() {
                    let (a, b) = (S::from_key(lower[i]).to_f64(), S::from_key(upper[i]).to_f64());
                    *value = Sample::from_f64(if n[i] > 0 { between(a, b, t[i]) } else { f64::NAN });
                }
            }
        }
    }
}

/// Copies the keys of a tile into blocks of `L` histories, frame after frame, and counts them per sample.
/// Missing samples get the largest key, above every value.
#[inline(always)]
fn gather<S: Element<Key: Key>, R, const L: usize>(tile: &mut Tile<'_, S, R>, rows: &mut [[S::Key; L]]) {
    let frames = tile.frames.len();
    for t in 0..frames {
        let (blocks, tail) = tile.frames[t].as_chunks::<L>();
        for (block, line) in blocks.iter().enumerate() {
            let row = &mut rows[block * frames + t];
            for i in 0..L {
                row[i] = if line[i].is_nan() { S::Key::LARGEST } else { line[i].key() };
            }
        }
        for (i, v) in tail.iter().enumerate() {
            rows[blocks.len() * frames + t][i] = if v.is_nan() { S::Key::LARGEST } else { v.key() };
        }
    }
    tile.counts.fill(frames as u32);
    if S::DTYPE.is_float() {
        // No value has the largest key: that would be a NaN.
        for (counts, rows) in tile.counts.chunks_mut(L).zip(rows.chunks_exact(frames)) {
            let missing = count_rows(rows, &[S::Key::LARGEST; L], |key, largest| key == largest);
            counts.iter_mut().zip(missing).for_each(|(n, missing)| *n -= missing);
        }
    }
}

/// The high bits that all samples of each history share, and how many low bits are left to be found.
#[inline(always)]
fn shared_bits<K: Key, const L: usize>(rows: &[[K; L]]) -> ([K; L], u32) {
    let mut differs = [K::default(); L];
    let first = rows[0];
    let (groups, rest) = rows.as_chunks::<ROWS>();
    for group in groups {
        for i in 0..L {
            let mut all = differs[i];
            for row in group {
                all = all.or(row[i].differs(first[i]));
            }
            differs[i] = all;
        }
    }
    for row in rest {
        for i in 0..L {
            differs[i] = differs[i].or(row[i].differs(first[i]));
        }
    }
    let mut any = K::default();
    for differs in differs {
        any = any.or(differs);
    }
    (first.map(|key| key.cut(any.used())), any.used())
}

/// How many rows hold a key for which `counts` says so, per history.
#[inline(always)]
fn count_rows<K: Key, const L: usize>(
    rows: &[[K; L]],
    against: &[K; L],
    counts: impl Fn(K, K) -> bool,
) -> [u32; L] {
    let mut total = [0; L];
    for rows in rows.chunks(K::FULL) {
        let mut short = [K::default(); L];
        let (groups, rest) = rows.as_chunks::<ROWS>();
        for group in groups {
            for i in 0..L {
                let mut n = short[i];
                for row in group {
                    n = n.plus(counts(row[i], against[i]));
                }
                short[i] = n;
            }
        }
        for row in rest {
            for i in 0..L {
                short[i] = short[i].plus(counts(row[i], against[i]));
            }
        }
        for i in 0..L {
            total[i] += short[i].count();
        }
    }
    total
}

/// The key of rank `rank` (0 is the smallest) per history, whose bits above the lowest `bits` are `shared`.
#[inline(always)]
fn nth<K: Key, const L: usize>(rows: &[[K; L]], rank: &[u32; L], shared: &[K; L], bits: u32) -> [K; L] {
    let mut found = *shared;
    for bit in (0..bits).rev() {
        let mut threshold = found;
        for key in &mut threshold {
            *key = key.with_bit(bit);
        }
        let below = count_rows(rows, &threshold, |key, threshold| key < threshold);
        for i in 0..L {
            found[i] = if below[i] <= rank[i] { threshold[i] } else { found[i] };
        }
    }
    found
}

/// The key of the rank after `rank`, where `lower` has rank `rank`.
#[inline(always)]
fn after<K: Key, const L: usize>(rows: &[[K; L]], lower: &[K; L], rank: &[u32; L]) -> [K; L] {
    let up_to = count_rows(rows, lower, |key, lower| key <= lower);
    let mut next = [K::LARGEST; L];
    let (groups, rest) = rows.as_chunks::<ROWS>();
    for group in groups {
        for i in 0..L {
            let mut least = next[i];
            for row in group {
                least = least.min(if row[i] > lower[i] { row[i] } else { K::LARGEST });
            }
            next[i] = least;
        }
    }
    for row in rest {
        for i in 0..L {
            next[i] = next[i].min(if row[i] > lower[i] { row[i] } else { K::LARGEST });
        }
    }
    for i in 0..L {
        next[i] = if up_to[i] > rank[i] + 1 { lower[i] } else { next[i] };
    }
    next
}
