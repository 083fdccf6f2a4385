//! Medians and percentiles of long windows that follow each other.
//!
//! The frames of `count` windows of w frames that begin one after the other are cut in two: the first window, and
//! what enters after it. Per sample, both parts are sorted once and chained in ascending order. From one window to
//! the next one sample is taken out of the first chain and one put back into the second, from which all were
//! taken out at the beginning, in reverse: each knows its neighbours still, so both are a few assignments. A place
//! in each chain parts the values below the wanted rank from those above and moves by one or two.
//!
//! Source: J. Suomela, "Median Filtering is Equivalent to Sorting", arXiv:1406.1717 (2014).

use std::mem::size_of;

use blitz_core::{Cancel, DType, SamplesRef, typed};
use rayon::prelude::*;

use super::sorted::{Ordered, value};
use crate::pipeline::Working;
use crate::reduce::{Key, Method, position};

/// Bytes of gathered histories per band: they stay in a second-level cache.
const BAND_BYTES: usize = 256 * 1024;

/// Samples per band at least: whole lines of a cache are read from every frame.
const LEAST: usize = 32;

/// The median or percentile of `outs.len()` windows of `window` frames each: window i begins with frame i.
///
/// # Shape
/// `frames` are the same samples of each frame, `None` for frames that failed: `window + outs.len() − 1` of them,
/// `outs.len()` from 1 to `window`. Each of `outs` has as many samples as a frame.
///
/// # Values
/// The bits of a [`Sweep`](super::Sweep): missing samples are skipped, a window without any is NaN. Whatever
/// `cancel` stops is left as it was.
///
/// # Cost
/// Per sample: sorting window + count samples (radix, so O(window + count)), and O(1) per window. With as many
/// windows as frames in each that is O(1) per sample and window, whatever the length. Reads each frame once.
/// Scratch per worker: 256 KiB or 32 histories, and 14 bytes per frame and more.
///
/// # Parallel
/// Bands of samples in the caller's pool; the same bits for any number of threads.
///
/// # Panics
/// If the method is no median or percentile within 0 to 100, or a number, type or size does not fit.
pub fn successive<W: Working>(
    frames: &[Option<SamplesRef<'_>>],
    window: usize,
    method: Method,
    outs: &mut [Vec<W>],
    cancel: &Cancel,
) {
    let q = method.percentile().expect("a median or a percentile");
    assert!((0.0..=100.0).contains(&q), "percentiles lie within 0 to 100: {q}");
    assert!((1..=window).contains(&outs.len()), "1 to {window} windows, not {}", outs.len());
    assert_eq!(frames.len(), window + outs.len() - 1, "frames of all windows");
    let Some(any) = frames.iter().copied().flatten().next() else {
        for out in outs {
            out.fill(W::NAN);
        }
        return;
    };
    let job = Job { frames, samples: any.len(), window, q, cancel };
    match any.dtype() {
        DType::U8 => job.run::<u8, W>(outs),
        DType::U16 => job.run::<u16, W>(outs),
        DType::I16 => job.run::<i16, W>(outs),
        DType::I32 => job.run::<i32, W>(outs),
        DType::U32 => job.run::<u32, W>(outs),
        DType::F32 => job.run::<f32, W>(outs),
        DType::F64 => job.run::<f64, W>(outs),
    }
}

struct Job<'a> {
    frames: &'a [Option<SamplesRef<'a>>],
    samples: usize,
    window: usize,
    q: f64,
    cancel: &'a Cancel,
}

impl Job<'_> {
    fn run<S: Ordered, W: Working>(&self, outs: &mut [Vec<W>]) {
        let frames: Vec<Option<&[S]>> = self.frames.iter().map(|f| f.map(typed::<S>)).collect();
        for len in frames.iter().flatten().map(|f| f.len()).chain(outs.iter().map(Vec::len)) {
            assert_eq!(len, self.samples, "frames and results have the same size");
        }
        let band = (BAND_BYTES / (frames.len() * size_of::<S>())).max(LEAST) / LEAST * LEAST;
        let mut bands: Vec<Vec<&mut [W]>> = Vec::new();
        bands.resize_with(self.samples.div_ceil(band), Vec::new);
        for out in outs {
            bands.iter_mut().zip(out.chunks_mut(band)).for_each(|(band, out)| band.push(out));
        }
        bands.into_par_iter().enumerate().for_each_init(Scratch::default, |scratch, (i, mut outs)| {
            if self.cancel.is_cancelled() {
                return;
            }
            scratch.gather(&frames, i * band, outs[0].len());
            for sample in 0..outs[0].len() {
                if self.cancel.is_cancelled() {
                    return;
                }
                self.sample(scratch, &frames, sample, &mut outs);
            }
        });
    }

    /// One sample's windows.
    fn sample<S: Ordered, W: Working>(
        &self,
        scratch: &mut Scratch<S>,
        frames: &[Option<&[S]>],
        sample: usize,
        outs: &mut [&mut [W]],
    ) {
        let Scratch { histories, first, second, sort } = scratch;
        let history = &histories[sample * frames.len()..][..frames.len()];
        // The largest key of an integer is a value, too.
        let is_valid = |i: usize| {
            if S::DTYPE.is_float() { history[i] != S::MISSING } else { frames[i].is_some() }
        };
        first.sort(&history[..self.window], sort);
        second.sort(&history[self.window..], sort);
        second.clear();
        let mut valid = (0..self.window).filter(|&i| is_valid(i)).count();
        let mut wanted = position(self.q, valid.max(1));
        first.start_at(wanted.0);
        for (i, out) in outs.iter_mut().enumerate() {
            if let Some(left) = i.checked_sub(1) {
                first.remove(left);
                second.restore(left, first.peek());
                let entered = left + self.window;
                if is_valid(left) != is_valid(entered) {
                    valid = valid + usize::from(is_valid(entered)) - usize::from(is_valid(left));
                    wanted = position(self.q, valid.max(1));
                }
                balance(first, second, wanted.0);
            }
            out[sample] = if valid == 0 {
                W::NAN
            } else {
                let (lower, upper) = neighbours(first, second);
                W::from_f64(value::<S>(lower, upper, wanted.1))
            };
        }
    }
}

/// What a worker uses again.
struct Scratch<S: Ordered> {
    /// The keys of a band, one history behind the other.
    histories: Vec<S::Key>,
    first: Chain<S::Key>,
    second: Chain<S::Key>,
    sort: Radix<S::Key>,
}

impl<S: Ordered> Default for Scratch<S> {
    fn default() -> Self {
        Self {
            histories: Vec::new(),
            first: Chain::default(),
            second: Chain::default(),
            sort: Radix::default(),
        }
    }
}

impl<S: Ordered> Scratch<S> {
    fn gather(&mut self, frames: &[Option<&[S]>], start: usize, samples: usize) {
        self.histories.resize(samples * frames.len(), S::MISSING);
        for (t, frame) in frames.iter().enumerate() {
            let places = self.histories[t..].iter_mut().step_by(frames.len());
            match frame {
                Some(frame) => {
                    let samples = &frame[start..start + samples];
                    places.zip(samples).for_each(|(place, v)| *place = v.key_or_missing());
                }
                None => places.for_each(|place| *place = S::MISSING),
            }
        }
    }
}

/// Keys in ascending order, some of them taken out, and a place among those left. Places are counted from 0 over
/// all keys, taken out or not; the place behind the last key closes the chain to a ring.
struct Chain<K> {
    keys: Vec<K>,
    /// Place of each key in the order of arrival.
    places: Vec<u32>,
    /// Places that follow, that precede.
    next: Vec<u32>,
    before: Vec<u32>,
    /// The first place not below the wanted rank.
    at: u32,
    /// Keys left before it.
    below: usize,
}

impl<K> Default for Chain<K> {
    fn default() -> Self {
        let empty = Vec::new;
        Self { keys: Vec::new(), places: empty(), next: empty(), before: empty(), at: 0, below: 0 }
    }
}

impl<K: Key> Chain<K> {
    /// All of `history`.
    fn sort(&mut self, history: &[K], sort: &mut Radix<K>) {
        let end = history.len() as u32;
        sort.sort(history);
        self.keys.clear();
        self.keys.extend(sort.pairs.iter().map(|pair| pair.0));
        self.keys.push(K::LARGEST);
        self.places.resize(history.len(), 0);
        for (place, pair) in sort.pairs.iter().enumerate() {
            self.places[pair.1 as usize] = place as u32;
        }
        self.next.clear();
        self.next.extend(1..=end);
        self.next.push(0);
        self.before.clear();
        self.before.push(end);
        self.before.extend(0..end);
        self.start_at(0);
    }

    fn end(&self) -> u32 {
        self.places.len() as u32
    }

    /// The place of a rank, of all keys.
    fn start_at(&mut self, rank: usize) {
        (self.at, self.below) = (rank as u32, rank);
    }

    /// Takes all keys out, the last to arrive first.
    fn clear(&mut self) {
        for i in (0..self.places.len()).rev() {
            self.unlink(self.places[i]);
        }
        self.start_at(self.places.len());
        self.below = 0;
    }

    fn unlink(&mut self, place: u32) {
        let (before, next) = (self.before[place as usize], self.next[place as usize]);
        self.next[before as usize] = next;
        self.before[next as usize] = before;
    }

    /// Takes out the key that arrived as number `i`.
    fn remove(&mut self, i: usize) {
        let place = self.places[i];
        self.unlink(place);
        self.below -= usize::from(place < self.at);
        self.at = if place == self.at { self.next[place as usize] } else { self.at };
    }

    /// Puts back the key that was taken out last, number `i`, where `other` is the smallest key of the other chain
    /// that is not below.
    fn restore(&mut self, i: usize, other: Option<K>) {
        let place = self.places[i];
        let (before, next) = (self.before[place as usize], self.next[place as usize]);
        self.next[before as usize] = place;
        self.before[next as usize] = place;
        let precedes = place < self.at;
        let is_below = precedes && other.is_none_or(|other| self.keys[place as usize] <= other);
        self.below += usize::from(is_below);
        // Above what is not below in the other chain: no key of this one lies between.
        self.at = if precedes && !is_below { place } else { self.at };
    }

    fn key(&self, place: u32) -> Option<K> {
        (place != self.end()).then(|| self.keys[place as usize])
    }

    /// The smallest key not below.
    fn peek(&self) -> Option<K> {
        self.key(self.at)
    }

    /// The largest key below.
    fn peek_below(&self) -> Option<K> {
        self.key(self.before[self.at as usize])
    }

    fn advance(&mut self) {
        self.at = self.next[self.at as usize];
        self.below += 1;
    }

    fn retreat(&mut self) {
        self.at = self.before[self.at as usize];
        self.below -= 1;
    }
}

/// Whether the next key in ascending order is the first chain's.
fn is_first<K: Key>(first: Option<K>, second: Option<K>) -> bool {
    match (first, second) {
        (Some(a), Some(b)) => a <= b,
        (first, _) => first.is_some(),
    }
}

/// Moves the places until `rank` keys are below.
fn balance<K: Key>(first: &mut Chain<K>, second: &mut Chain<K>, rank: usize) {
    while first.below + second.below < rank {
        let chain = if is_first(first.peek(), second.peek()) { &mut *first } else { &mut *second };
        chain.advance();
    }
    while first.below + second.below > rank {
        let chain = if first.peek_below() > second.peek_below() { &mut *first } else { &mut *second };
        chain.retreat();
    }
}

/// The key of the wanted rank and the one after it (itself, where there is none).
fn neighbours<K: Key>(first: &Chain<K>, second: &Chain<K>) -> (K, K) {
    let (a, b) = (first.peek(), second.peek());
    let (lower, after) = if is_first(a, b) {
        (a, [first.key(first.next[first.at as usize]), b])
    } else {
        (b, [a, second.key(second.next[second.at as usize])])
    };
    let lower = lower.unwrap_or(K::LARGEST);
    (lower, after.into_iter().flatten().min().unwrap_or(lower))
}

/// Sorts keys by their bytes, from the lowest, and keeps where they came from.
struct Radix<K> {
    pairs: Vec<(K, u32)>,
    other: Vec<(K, u32)>,
}

impl<K> Default for Radix<K> {
    fn default() -> Self {
        Self { pairs: Vec::new(), other: Vec::new() }
    }
}

impl<K: Key> Radix<K> {
    fn sort(&mut self, keys: &[K]) {
        let Self { pairs, other } = self;
        pairs.clear();
        pairs.extend(keys.iter().zip(0..).map(|(&key, i)| (key, i)));
        other.clear();
        other.resize(keys.len(), (K::default(), 0));
        for byte in 0..size_of::<K>() as u32 {
            let mut starts = [0_u32; 256];
            for (key, _) in &*pairs {
                starts[key.byte(byte)] += 1;
            }
            if starts.iter().any(|&n| n as usize == keys.len()) {
                continue;
            }
            let mut sum = 0;
            for start in &mut starts {
                sum += std::mem::replace(start, sum);
            }
            for &pair in &*pairs {
                let start = &mut starts[pair.0.byte(byte)];
                other[*start as usize] = pair;
                *start += 1;
            }
            std::mem::swap(pairs, other);
        }
    }
}
