//! Arithmetic sample by sample: several steps in one pass over the source.
//!
//! A block of source samples (a contiguous range of one frame) is widened to the working type, taken through
//! a list of [`PointOp`]s while it lies in the first-level cache, and handed on: to a buffer ([`run`],
//! [`run_frame`]) or to the accumulators of a [`Reducer`](crate::Reducer::push_through), which keep no frame.
//! Memory is walked once, however many operations there are.
//!
//! # Order of rounding
//! Every operation is done in the working type `W` with IEEE 754 arithmetic, in the order of the list and of
//! its formula, each operator rounded once; nothing is contracted or reassociated. A sample's result
//! depends on nothing but that sample and its references, so it has the same bits for every way to cut a
//! frame into blocks.
//!
//! # Missing samples
//! NaN is missing. A missing source sample stays missing; a missing reference makes the result missing. An
//! infinity of the source stays one. A result that *a division* made non-finite is missing and counted, or
//! filled, see [`DivisionRule`]. Other operations follow IEEE 754 (∞ − ∞ is NaN, hence missing, uncounted).

mod ops;
mod reference;

use blitz_core::{Sample, SamplesRef};
use rayon::prelude::*;

pub use ops::{DivisionRule, PointOp, Pointwise};
pub use reference::{difference, finite_mean, normalise_to_mean_one};

use crate::simd::{self, Level};
use ops::{InPlace, Source};

/// Samples that go through all operations before the next ones are loaded: they and their references stay
/// in a first-level cache of 32 KiB for up to two references in f32.
const BLOCK: usize = 2048;

/// Samples per task of [`run_frame`].
const TASK: usize = 64 * 1024;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Working types: f32 for sources of up to 16 bit and f32, f64 for 32-bit integers and f64 (see
/// [`blitz_core::DType::result`]).
pub trait Working:
    Sample
    + sealed::Sealed
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Missing.
    const NAN: Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Absolute value.
    #[must_use]
    fn magnitude(self) -> Self;
}

macro_rules! working {
    ($($t:ty),*) => {$(
        impl Working for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAN: Self = <$t>::NAN;
            #[inline(always)]
            fn is_finite(self) -> bool { <$t>::is_finite(self) }
            #[inline(always)]
            fn magnitude(self) -> Self { self.abs() }
        }
    )*};
}
working!(f32, f64);

/// What divisions made that is no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Results that became missing.
    pub missing: u64,
    /// Results that were replaced by the fill value.
    pub filled: u64,
}

impl std::ops::Add for Made {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { missing: self.missing + other.missing, filled: self.filled + other.filled }
    }
}

impl std::ops::AddAssign for Made {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Takes a block of a frame through `ops` into `out`.
///
/// # Shape
/// `source` holds the samples of the frame from sample `at` on (row by row, channels innermost), `out` as
/// many. References and masks of the operations belong to the whole frame.
///
/// # Cost
/// One pass over the source and the references, vectorised; no allocation. Serial: callers run blocks of a
/// frame, or frames, in parallel.
///
/// # Panics
/// If the buffers differ in size, a reference or mask ends before the block, or the source's result type
/// (see [`blitz_core::DType::result`]) is wider than `W`.
pub fn run<W: Working>(ops: &[PointOp<'_, W>], source: SamplesRef<'_>, at: usize, out: &mut [W]) -> Made {
    check(ops, source, at);
    assert_eq!(source.len(), out.len(), "source and result have the same size");
    run_at(Level::current(), ops, source, at, out)
}

fn run_at<W: Working>(
    level: Level,
    ops: &[PointOp<'_, W>],
    source: SamplesRef<'_>,
    at: usize,
    out: &mut [W],
) -> Made {
    let mut made = Made::default();
    for (i, values) in out.chunks_mut(BLOCK).enumerate() {
        let start = i * BLOCK;
        let source = Some(source.slice(start..start + values.len()));
        made += simd::run(level, Pass { ops, source, at: at + start, values });
    }
    made
}

/// As [`run`] for a whole frame, in parallel in the caller's pool.
///
/// # Panics
/// As [`run`].
pub fn run_frame<W: Working>(ops: &[PointOp<'_, W>], source: SamplesRef<'_>, out: &mut [W]) -> Made {
    check(ops, source, 0);
    assert_eq!(source.len(), out.len(), "source and result have the same size");
    let level = Level::current();
    out.par_chunks_mut(TASK)
        .enumerate()
        .map(|(i, out)| run_at(level, ops, source.slice(i * TASK..i * TASK + out.len()), i * TASK, out))
        .reduce(Made::default, |a, b| a + b)
}

/// Takes working values through `ops` where they lie: for operations behind one that is not pointwise.
/// `at` is the first value's sample in the frame.
///
/// # Panics
/// If a reference or mask ends before the block.
pub fn apply<W: Working>(ops: &[PointOp<'_, W>], at: usize, values: &mut [W]) -> Made {
    for op in ops {
        op.check(at + values.len());
    }
    let level = Level::current();
    let mut made = Made::default();
    for (i, values) in values.chunks_mut(BLOCK).enumerate() {
        made += simd::run(level, Pass { ops, source: None, at: at + i * BLOCK, values });
    }
    made
}

pub(crate) fn check<W: Working>(ops: &[PointOp<'_, W>], source: SamplesRef<'_>, at: usize) {
    let needed = source.dtype().result();
    assert!(needed.size() <= W::DTYPE.size(), "{} needs {needed} as working type", source.dtype());
    for op in ops {
        op.check(at + source.len());
    }
}

/// One block through all operations.
pub(crate) struct Pass<'a, 'r, W> {
    pub(crate) ops: &'a [PointOp<'r, W>],
    /// The samples; those of `values` if there is none.
    pub(crate) source: Option<SamplesRef<'a>>,
    /// First sample of the block in the frame.
    pub(crate) at: usize,
    pub(crate) values: &'a mut [W],
}

impl<W: Working> simd::Work for Pass<'_, '_, W> {
    type Output = Made;
    #[inline(always)]
    fn run(self) -> Made {
        let Self { mut ops, source, at, values } = self;
        let mut made = Made::default();
        if let Some(source) = source {
            blitz_core::with_samples!(source, s => {
                if ops.first().is_some_and(PointOp::is_arithmetic) {
                    // The first operation widens what it reads: one walk less.
                    (made, ops) = PointOp::apply_first(ops, at, values, Source(s));
                } else {
                    ops::load(s, values);
                }
            });
        }
        while !ops.is_empty() {
            let (now, rest) = PointOp::apply_first(ops, at, values, InPlace);
            (made, ops) = (made + now, rest);
        }
        made
    }
}
