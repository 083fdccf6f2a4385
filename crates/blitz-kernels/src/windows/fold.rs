//! Statistics that can be joined from parts and not be taken apart again.

use blitz_core::Sample;

use crate::element::Element;

/// How samples of type `S` are accumulated.
pub(super) trait Fold<S>: Send + Sync + 'static {
    /// Accumulator of some samples.
    type Part: Copy + Send + Sync;
    /// Accumulator of no sample.
    const EMPTY: Self::Part;
    /// Accumulator of one sample; a missing sample gives [`Fold::EMPTY`].
    fn of(sample: S) -> Self::Part;
    /// Accumulator of the samples of both.
    fn join(a: Self::Part, b: Self::Part) -> Self::Part;
    /// The result for `n` ≥ 1 samples.
    fn value(part: Self::Part, n: f64, ddof: u32) -> f64;
}

/// The smallest value.
pub(super) struct Least;

impl<S: Element> Fold<S> for Least {
    type Part = S;
    const EMPTY: S = S::HIGHEST;
    #[inline(always)]
    fn of(sample: S) -> S {
        if sample.is_nan() { S::HIGHEST } else { sample }
    }
    #[inline(always)]
    fn join(a: S, b: S) -> S {
        if b < a { b } else { a }
    }
    #[inline(always)]
    fn value(part: S, _n: f64, _ddof: u32) -> f64 {
        part.to_f64()
    }
}

/// The largest value.
pub(super) struct Greatest;

impl<S: Element> Fold<S> for Greatest {
    type Part = S;
    const EMPTY: S = S::LOWEST;
    #[inline(always)]
    fn of(sample: S) -> S {
        if sample.is_nan() { S::LOWEST } else { sample }
    }
    #[inline(always)]
    fn join(a: S, b: S) -> S {
        if b > a { b } else { a }
    }
    #[inline(always)]
    fn value(part: S, _n: f64, _ddof: u32) -> f64 {
        part.to_f64()
    }
}

/// How a [`Sum`] ends.
pub(super) trait Ending: Send + Sync + 'static {
    fn end(sum: f64, n: f64) -> f64;
}

/// The sum itself.
pub(super) struct AsSum;

impl Ending for AsSum {
    #[inline(always)]
    fn end(sum: f64, _n: f64) -> f64 {
        sum
    }
}

/// The sum over the count.
pub(super) struct AsMean;

impl Ending for AsMean {
    #[inline(always)]
    fn end(sum: f64, n: f64) -> f64 {
        sum / n
    }
}

/// Sum in f64.
pub(super) struct Sum<E>(std::marker::PhantomData<E>);

impl<S: Sample, E: Ending> Fold<S> for Sum<E> {
    type Part = f64;
    const EMPTY: f64 = 0.0;
    #[inline(always)]
    fn of(sample: S) -> f64 {
        if sample.is_nan() { 0.0 } else { sample.to_f64() }
    }
    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn value(part: f64, n: f64, _ddof: u32) -> f64 {
        E::end(part, n)
    }
}

/// Sum in f64 together with what its additions rounded away.
pub(super) struct LongSum<E>(std::marker::PhantomData<E>);

impl<S: Sample, E: Ending> Fold<S> for LongSum<E> {
    type Part = [f64; 2];
    const EMPTY: [f64; 2] = [0.0; 2];
    #[inline(always)]
    fn of(sample: S) -> [f64; 2] {
        [if sample.is_nan() { 0.0 } else { sample.to_f64() }, 0.0]
    }
    #[inline(always)]
    fn join(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
        // Knuth's exact error of an addition.
        let sum = a[0] + b[0];
        let share = sum - a[0];
        let lost = (a[0] - (sum - share)) + (b[0] - share);
        [sum, a[1] + b[1] + lost]
    }
    #[inline(always)]
    fn value(part: [f64; 2], n: f64, _ddof: u32) -> f64 {
        // An infinite sum has no error to speak of.
        E::end(if part[1].is_finite() { part[0] + part[1] } else { part[0] }, n)
    }
}

/// Number, mean and sum of squared distances from it.
pub(super) struct Spread;

impl<S: Sample> Fold<S> for Spread {
    type Part = [f64; 3];
    const EMPTY: [f64; 3] = [0.0; 3];
    #[inline(always)]
    fn of(sample: S) -> [f64; 3] {
        if sample.is_nan() { [0.0; 3] } else { [1.0, sample.to_f64(), 0.0] }
    }
    #[inline(always)]
    fn join(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
        let n = a[0] + b[0];
        let share = if n > 0.0 { b[0] / n } else { 0.0 };
        let delta = b[1] - a[1];
        [n, a[1] + delta * share, a[2] + b[2] + delta * delta * (a[0] * share)]
    }
    #[inline(always)]
    fn value(part: [f64; 3], n: f64, ddof: u32) -> f64 {
        let divisor = n - f64::from(ddof);
        if divisor > 0.0 { (part[2] / divisor).sqrt() } else { f64::NAN }
    }
}
