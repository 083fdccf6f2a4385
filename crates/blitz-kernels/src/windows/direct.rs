//! One window by itself.

use std::marker::PhantomData;

use blitz_core::{Cancel, DType, Sample, SamplesMut, SamplesRef, typed};
use rayon::prelude::*;

use super::fold::{AsMean, AsSum, Fold, Greatest, Least, LongSum, Spread, Sum};
use super::machine::for_output;
use super::running::{self, Moment, Total, Widen};
use super::sorted::Ordered;
use super::sweep::joined;
use crate::element::Element;
use crate::reduce::{Counts, Method};
use crate::simd::{self, Level, Work};

/// Samples whose windows are evaluated together: accumulators stay in a first-level cache.
const CHUNK: usize = 1024;

/// The statistic of one window: the bits that a [`Sweep`](super::Sweep) gives.
///
/// # Shape
/// `frames` are the same samples of each frame of the window, `None` for frames that failed; `first` is the
/// number of the first one on the stack. `out` has as many samples, f32 or f64.
///
/// # Values
/// Missing samples are skipped; the counts say how many were used. Without any sample the result is NaN.
///
/// # Cost
/// O(frames · samples), one pass over the source; median and percentiles as [`percentiles`](crate::percentiles).
///
/// # Parallel
/// Chunks of samples in the caller's pool.
///
/// What `cancel` stops is left as it was.
///
/// # Panics
/// If there is no frame at all, frames differ in type or size, `out` is neither f32 nor f64 or has another
/// size, or a percentile is not within 0 to 100.
pub fn direct(
    frames: &[Option<SamplesRef<'_>>],
    first: usize,
    method: Method,
    ddof: u32,
    out: SamplesMut<'_>,
    cancel: &Cancel,
) -> Counts {
    assert!(!frames.is_empty(), "a window has at least 1 frame");
    if let Some(q) = method.percentile() {
        assert!((0.0..=100.0).contains(&q), "percentiles lie within 0 to 100: {q}");
    }
    let Some(any) = frames.iter().copied().flatten().next() else {
        for_output!(out, out => out.fill(f64::NAN as _));
        return Counts::Uniform(0);
    };
    assert_eq!(any.len(), out.len(), "results have the size of the frames");
    for frame in frames.iter().flatten() {
        assert_eq!(frame.len(), any.len(), "frames have the same size");
    }
    for_output!(out, out => {
        let job = Job { frames, first, method, ddof, cancel };
        match any.dtype() {
            DType::U8 => job.integers::<u8, u64, _>(out),
            DType::U16 => job.integers::<u16, u64, _>(out),
            DType::I16 => job.integers::<i16, u64, _>(out),
            DType::I32 => job.integers::<i32, u128, _>(out),
            DType::U32 => job.integers::<u32, u128, _>(out),
            DType::F32 => job.singles(out),
            DType::F64 => job.doubles(out),
        }
    })
}

struct Job<'a> {
    frames: &'a [Option<SamplesRef<'a>>],
    first: usize,
    method: Method,
    ddof: u32,
    cancel: &'a Cancel,
}

/// One chunk of every frame.
struct Chunk<'a, S> {
    frames: &'a [Option<&'a [S]>],
    first: usize,
    ddof: u32,
}

impl Job<'_> {
    fn chunks<S: Element, W: Sample>(
        &self,
        out: &mut [W],
        each: impl Fn(&Chunk<'_, S>, &mut [W]) -> Counts + Sync,
    ) -> Counts {
        let samples = out.len();
        let frames: Vec<Option<&[S]>> = self.frames.iter().map(|f| f.map(typed::<S>)).collect();
        let counts: Vec<Counts> = out
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(i, out)| {
                if self.cancel.is_cancelled() {
                    return Counts::Uniform(0);
                }
                let range = i * CHUNK..i * CHUNK + out.len();
                let parts: Vec<_> = frames.iter().map(|f| f.map(|f| &f[range.clone()])).collect();
                each(&Chunk { frames: &parts, first: self.first, ddof: self.ddof }, out)
            })
            .collect();
        joined(&counts, samples, CHUNK)
    }

    fn integers<S, Q, W>(&self, out: &mut [W]) -> Counts
    where
        S: Widen<i64> + Widen<Q> + Ordered,
        Q: Total,
        W: Sample,
    {
        let moment = match self.method {
            Method::Mean => Moment::Mean,
            Method::Sum => Moment::Sum,
            Method::Std => Moment::Std { ddof: self.ddof },
            _ => return self.any::<S, W>(out),
        };
        let level = Level::current();
        self.chunks(out, |chunk: &Chunk<'_, S>, out| {
            simd::run(
                level,
                running::Once::<S, Q, W> { frames: chunk.frames, moment, out, total: PhantomData },
            )
        })
    }

    fn singles<W: Sample>(&self, out: &mut [W]) -> Counts {
        match self.method {
            Method::Mean => self.folded::<f32, Sum<AsMean>, W>(out),
            Method::Sum => self.folded::<f32, Sum<AsSum>, W>(out),
            Method::Std => self.folded::<f32, Spread, W>(out),
            _ => self.any::<f32, W>(out),
        }
    }

    fn doubles<W: Sample>(&self, out: &mut [W]) -> Counts {
        match self.method {
            Method::Mean => self.folded::<f64, LongSum<AsMean>, W>(out),
            Method::Sum => self.folded::<f64, LongSum<AsSum>, W>(out),
            Method::Std => self.folded::<f64, Spread, W>(out),
            _ => self.any::<f64, W>(out),
        }
    }

    fn any<S: Ordered, W: Sample>(&self, out: &mut [W]) -> Counts {
        match self.method {
            Method::Min => self.folded::<S, Least, W>(out),
            Method::Max => self.folded::<S, Greatest, W>(out),
            _ => {
                let q = self.method.percentile().unwrap_or(50.0);
                let frames: Vec<&[S]> = self.frames.iter().flatten().map(|f| typed(*f)).collect();
                Counts::simplified(S::percentile(&frames, q, out, self.cancel))
            }
        }
    }

    fn folded<S: Element, F: Fold<S>, W: Sample>(&self, out: &mut [W]) -> Counts {
        let level = Level::current();
        self.chunks(out, |chunk: &Chunk<'_, S>, out| {
            simd::run(level, Once::<S, F, W> { chunk, out, fold: PhantomData })
        })
    }
}

/// The order of [`Folded`](super::folded::Folded): backwards to the border between blocks, forwards from it.
struct Once<'a, S, F, W> {
    chunk: &'a Chunk<'a, S>,
    out: &'a mut [W],
    fold: PhantomData<F>,
}

impl<S: Element, F: Fold<S>, W: Sample> Work for Once<'_, S, F, W> {
    type Output = Counts;
    #[inline(always)]
    fn run(self) -> Counts {
        let Chunk { frames, first, ddof } = *self.chunk;
        let window = frames.len();
        // A window that starts at the border is one whole block.
        let (end, start) = frames.split_at(first.next_multiple_of(window) - first);
        let (end, start) = if end.is_empty() { (start, end) } else { (end, start) };
        let samples = self.out.len();
        let mut counts = [0_u32; CHUNK];
        let mut ends = [F::EMPTY; CHUNK];
        for (i, frame) in end.iter().rev().enumerate() {
            for s in 0..samples {
                let v = frame.map(|f| f[s]);
                let part = v.map_or(F::EMPTY, F::of);
                ends[s] = if i == 0 { part } else { F::join(part, ends[s]) };
                counts[s] += u32::from(v.is_some_and(|v| !v.is_nan()));
            }
        }
        let mut head = [F::EMPTY; CHUNK];
        for frame in start.iter().flatten() {
            for ((&v, head), n) in frame.iter().zip(&mut head).zip(&mut counts) {
                *head = F::join(*head, F::of(v));
                *n += u32::from(!v.is_nan());
            }
        }
        for (s, out) in self.out.iter_mut().enumerate() {
            let part = if start.is_empty() { ends[s] } else { F::join(ends[s], head[s]) };
            let value = F::value(part, f64::from(counts[s]), ddof);
            *out = W::from_f64(if counts[s] == 0 { f64::NAN } else { value });
        }
        Counts::simplified(counts[..samples].to_vec())
    }
}
