//! Windows of medians and percentiles: every sample's window is kept sorted.
//!
//! Plan: for `L` samples side by side, a ring holds the keys of the window's frames in the order of arrival, and
//! beside it the same keys lie in ascending order, rank by rank. When a frame comes, one pass over the ranks takes
//! the key that leaves out and puts the one that enters in, by minima and maxima without a branch (`replace`); missing
//! samples have the largest key and so lie at the end. The percentile is read off at its rank. Costs O(w / lanes) per
//! sample and step, which suits short windows; `successive.rs` is for long ones.

use blitz_core::{Cancel, Sample, SamplesMut, SamplesRef, typed};

use super::gaps::Gaps;
use super::machine::{Machine, for_output};
use crate::element::Element;
use crate::reduce::{Counts, Key, between, percentile_over, position};
use crate::simd::{self, Level, Work};

/// Keys and their largest value, which stands for missing samples: they sort behind all others.
pub(super) trait Ordered: Element<Key: Key> {
    const MISSING: Self::Key;

    /// A percentile of every sample of at least one frame, and how many samples each rests on.
    fn percentile<R: Sample>(frames: &[&[Self]], q: f64, out: &mut [R], cancel: &Cancel) -> Vec<u32>;

    #[inline(always)]
    fn key_or_missing(self) -> Self::Key {
        if self.is_nan() { Self::MISSING } else { self.key() }
    }
}

macro_rules! ordered {
    ($($t:ty => $k:ty, $side_by_side:expr);*) => {$(
        impl Ordered for $t {
            const MISSING: $k = <$k>::MAX;

            fn percentile<R: Sample>(frames: &[&[Self]], q: f64, out: &mut [R], cancel: &Cancel) -> Vec<u32> {
                percentile_over::<Self, R, $side_by_side>(frames, q, out, cancel)
            }
        }
    )*};
}
ordered!(
    u8 => u8, 128; u16 => u16, 64; i16 => u16, 64; i32 => u32, 32; u32 => u32, 32; f32 => u32, 32; f64 => u64, 16
);

/// The windows of `L` samples side by side, so that replacing a frame is a few vector operations per rank:
/// O(w / lanes) per sample.
pub(super) struct Sorted<S: Ordered, const L: usize> {
    samples: usize,
    window: usize,
    q: f64,
    slot: usize,
    /// Per group of `L` samples: `window` lines in the order of arrival.
    ring: Vec<[S::Key; L]>,
    /// Per group of `L` samples: `window` lines in ascending order.
    ranks: Vec<[S::Key; L]>,
    gaps: Gaps,
}

impl<S: Ordered, const L: usize> Sorted<S, L> {
    pub(super) fn new(samples: usize, window: usize, q: f64) -> Self {
        let lines = samples.div_ceil(L) * window;
        Self {
            samples,
            window,
            q,
            slot: 0,
            ring: vec![[S::MISSING; L]; lines],
            ranks: vec![[S::MISSING; L]; lines],
            gaps: Gaps::new(window),
        }
    }
}

impl<S: Ordered, const L: usize> Machine for Sorted<S, L> {
    fn push(&mut self, frame: Option<SamplesRef<'_>>, level: Level) {
        let frame = frame.map(typed::<S>);
        let slot = self.slot;
        self.slot = (slot + 1) % self.window;
        let has_nan = simd::run(level, Replace { state: self, slot, frame });
        self.gaps.replace(slot, frame, has_nan);
    }

    fn result(&self, out: SamplesMut<'_>, level: Level) -> Counts {
        for_output!(out, out => simd::run(level, Finish { state: self, out }));
        self.gaps.counts()
    }
}

struct Replace<'a, S: Ordered, const L: usize> {
    state: &'a mut Sorted<S, L>,
    slot: usize,
    frame: Option<&'a [S]>,
}

impl<S: Ordered, const L: usize> Work for Replace<'_, S, L> {
    /// Whether a sample is missing.
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let Self { state, slot, frame } = self;
        let window = state.window;
        let mut has_nan = false;
        let groups = state.ring.chunks_exact_mut(window).zip(state.ranks.chunks_exact_mut(window));
        for (group, (ring, ranks)) in groups.enumerate() {
            let mut new = [S::MISSING; L];
            if let Some(frame) = frame {
                let line = &frame[group * L..state.samples.min((group + 1) * L)];
                if let Some(line) = line.first_chunk::<L>() {
                    for i in 0..L {
                        new[i] = line[i].key_or_missing();
                        has_nan |= line[i].is_nan();
                    }
                } else {
                    for (new, v) in new.iter_mut().zip(line) {
                        *new = v.key_or_missing();
                        has_nan |= v.is_nan();
                    }
                }
            }
            let old = std::mem::replace(&mut ring[slot], new);
            replace(ranks, &old, &new);
        }
        has_nan
    }
}

/// Takes `old` out of sorted columns and puts `new` in.
#[inline(always)]
fn replace<K: Copy + Ord + Default, const L: usize>(ranks: &mut [[K; L]], old: &[K; L], new: &[K; L]) {
    let last = ranks.len() - 1;
    // What precedes the rank once `old` is out.
    let mut before = [K::default(); L];
    for rank in 0..last {
        // Otherwise the compiler vectorises across ranks, with gathers, instead of across samples.
        let rank = std::hint::black_box(rank);
        let (here, next) = (ranks[rank], ranks[rank + 1]);
        let mut line = [K::default(); L];
        for i in 0..L {
            let kept = if here[i] < old[i] { here[i] } else { next[i] };
            line[i] = before[i].max(kept.min(new[i]));
            before[i] = kept;
        }
        ranks[rank] = line;
    }
    for i in 0..L {
        ranks[last][i] = before[i].max(new[i]);
    }
}

struct Finish<'a, S: Ordered, const L: usize, W> {
    state: &'a Sorted<S, L>,
    out: &'a mut [W],
}

impl<S: Ordered, const L: usize, W: Sample> Work for Finish<'_, S, L, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Sorted { window, q, ranks, gaps, .. } = self.state;
        let groups = self.out.chunks_mut(L).zip(ranks.chunks_exact(*window));
        match gaps.uniform() {
            Some(0) => self.out.fill(W::from_f64(f64::NAN)),
            Some(n) => {
                let (rank, t) = position(*q, n as usize);
                for (out, ranks) in groups {
                    let upper = if t > 0.0 { rank + 1 } else { rank };
                    let pairs = out.iter_mut().zip(&ranks[rank]).zip(&ranks[upper]);
                    for ((out, &lower), &upper) in pairs {
                        *out = W::from_f64(value::<S>(lower, upper, t));
                    }
                }
            }
            None => {
                for (group, (out, ranks)) in groups.enumerate() {
                    for (i, out) in out.iter_mut().enumerate() {
                        let n = gaps.count(group * L + i);
                        *out = W::from_f64(if n == 0 {
                            f64::NAN
                        } else {
                            let (rank, t) = position(*q, n as usize);
                            let upper = if t > 0.0 { rank + 1 } else { rank };
                            value::<S>(ranks[rank][i], ranks[upper][i], t)
                        });
                    }
                }
            }
        }
    }
}

#[inline(always)]
pub(super) fn value<S: Ordered>(lower: S::Key, upper: S::Key, t: f64) -> f64 {
    let (a, b) = (S::from_key(lower).to_f64(), S::from_key(upper).to_f64());
    if t == 0.0 {
        return a;
    }
    // Selects instead of branches for the median of an even count; the bits are those of `between`.
    if t == 0.5 {
        let sum = a + b;
        let half = if sum.is_finite() { sum / 2.0 } else { a / 2.0 + b / 2.0 };
        return if a == b { a } else { half };
    }
    between(a, b, t)
}
