//! The operations.

use std::fmt;

use blitz_core::Sample;

use super::{Made, Working};

/// What happens where a division gives no number.
///
/// That is the case where the quotient of a finite source sample is not finite, where the divisor's
/// magnitude is below `smallest`, and where an infinite source sample gives NaN. A missing source sample or
/// reference is missing without a division's doing and is neither counted nor filled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DivisionRule<W> {
    /// Divisors of a smaller magnitude are not divided by; `None` leaves only exact zeros and overflow. It
    /// does not apply to infinite source samples, which stay infinite.
    pub smallest: Option<W>,
    /// Takes the place of the result; `None` makes it missing.
    pub fill: Option<W>,
}

/// A function of samples, each by itself. It is called for a block that lies in the cache.
pub trait Pointwise<W>: fmt::Debug + Send + Sync {
    /// Replaces values in place. NaN is missing and stays so.
    fn apply(&self, values: &mut [W]);
}

/// One operation. References hold one value per sample of the whole frame.
#[derive(Clone, Copy, Debug)]
pub enum PointOp<'a, W> {
    /// `in − amount·R`. An amount of 0 changes nothing, whatever the reference.
    Subtract {
        /// R.
        reference: &'a [W],
        /// 0 to 1.
        amount: W,
    },
    /// `in / (amount·R + (1 − amount))`. An amount of 0 changes nothing, whatever the reference.
    Divide {
        /// R.
        reference: &'a [W],
        /// 0 to 1.
        amount: W,
        /// For results that are no number.
        rule: DivisionRule<W>,
    },
    /// `(in − dark) / span`, times `gain` if there is one.
    FlatField {
        /// Dark frame D of the recording.
        dark: &'a [W],
        /// Flat minus its dark frame, as [`difference`](super::difference) makes it.
        span: &'a [W],
        /// Usually the [`finite_mean`](super::finite_mean) of `span`, which keeps the unit of the source.
        gain: Option<W>,
        /// For results that are no number.
        rule: DivisionRule<W>,
    },
    /// `(in − R) / R`.
    RelativeChange {
        /// R.
        reference: &'a [W],
        /// For results that are no number.
        rule: DivisionRule<W>,
    },
    /// Values below `low` or above `high` become missing.
    Limits {
        /// Smallest value that stays.
        low: W,
        /// Largest value that stays.
        high: W,
    },
    /// Samples of pixels that are not valid become missing.
    Mask {
        /// One flag per pixel of the frame.
        valid: &'a [bool],
        /// Samples per pixel.
        channels: usize,
    },
    /// A function of the samples.
    Map(&'a dyn Pointwise<W>),
}

impl<W: Working> PointOp<'_, W> {
    /// Checks that references reach sample `end`.
    pub(super) fn check(&self, end: usize) {
        let enough = match self {
            Self::Subtract { reference, .. }
            | Self::Divide { reference, .. }
            | Self::RelativeChange { reference, .. } => reference.len() >= end,
            Self::FlatField { dark, span, .. } => dark.len() >= end && span.len() >= end,
            Self::Limits { .. } | Self::Map(_) => true,
            Self::Mask { valid, channels } => *channels > 0 && valid.len() * channels >= end,
        };
        assert!(enough, "references and masks cover the whole frame");
    }

    /// Takes the frame's samples from `at` on through `ops`. They are read from `input` where the first
    /// operation is arithmetic, from `values` otherwise.
    #[inline(always)]
    pub(super) fn apply_first<'o>(
        ops: &'o [Self],
        at: usize,
        values: &mut [W],
        input: impl Input<W>,
    ) -> (Made, &'o [Self]) {
        match ops {
            // A difference that is divided needs no walk of its own.
            [Self::Subtract { reference, amount }, next, rest @ ..]
                if *amount != W::ZERO && next.divides() =>
            {
                let reference = &reference[at..at + values.len()];
                (next.apply(at, values, Difference { input, reference, amount: *amount }), rest)
            }
            [first, rest @ ..] => (first.apply(at, values, input), rest),
            [] => (Made::default(), ops),
        }
    }

    fn divides(&self) -> bool {
        match self {
            Self::Divide { amount, .. } => *amount != W::ZERO,
            Self::FlatField { .. } | Self::RelativeChange { .. } => true,
            Self::Subtract { .. } | Self::Limits { .. } | Self::Mask { .. } | Self::Map(_) => false,
        }
    }

    /// Whether the operation reads its samples itself: see [`PointOp::apply`].
    pub(super) fn is_arithmetic(&self) -> bool {
        self.divides() || matches!(self, Self::Subtract { amount, .. } if *amount != W::ZERO)
    }

    /// Applies the operation to the frame's samples from `at` on, which are `values` or, for arithmetic,
    /// those of `input`.
    #[inline(always)]
    fn apply(&self, at: usize, values: &mut [W], input: impl Input<W>) -> Made {
        let range = at..at + values.len();
        match *self {
            Self::Subtract { amount, .. } | Self::Divide { amount, .. } if amount == W::ZERO => {
                Made::default()
            }
            Self::Subtract { reference, amount } => {
                subtract(values, input, &reference[range], amount);
                Made::default()
            }
            Self::Divide { reference, amount, rule } => {
                let rest = W::ONE - amount;
                let step = Quotients { rule, gain: W::ONE, parts: |v, r, _| (v, amount * r + rest) };
                let reference = &reference[range];
                step.apply(values, input, reference, reference)
            }
            Self::FlatField { dark, span, gain, rule } => {
                let parts = |v, dark, span| (v - dark, span);
                let step = Quotients { rule, gain: gain.unwrap_or(W::ONE), parts };
                step.apply(values, input, &dark[range.clone()], &span[range])
            }
            Self::RelativeChange { reference, rule } => {
                let step = Quotients { rule, gain: W::ONE, parts: |v, r, _| (v - r, r) };
                let reference = &reference[range];
                step.apply(values, input, reference, reference)
            }
            Self::Limits { low, high } => {
                for v in values {
                    *v = if *v < low || *v > high { W::NAN } else { *v };
                }
                Made::default()
            }
            Self::Mask { valid, channels } => {
                hide(values, valid, channels, at);
                Made::default()
            }
            Self::Map(map) => {
                map.apply(values);
                Made::default()
            }
        }
    }
}

/// Where an operation's samples come from.
pub(super) trait Input<W>: Copy {
    /// `len` of them from `start` on.
    #[must_use]
    fn part(self, start: usize, len: usize) -> Self;
    /// Sample `index`; `here` is what lies where its result goes.
    fn get(self, index: usize, here: W) -> W;
}

/// From where the results go.
#[derive(Clone, Copy)]
pub(super) struct InPlace;

impl<W: Working> Input<W> for InPlace {
    #[inline(always)]
    fn part(self, _start: usize, _len: usize) -> Self {
        self
    }
    #[inline(always)]
    fn get(self, _index: usize, here: W) -> W {
        here
    }
}

/// From the source, in its own type.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, S>(pub(super) &'a [S]);

impl<S: Sample, W: Working> Input<W> for Source<'_, S> {
    #[inline(always)]
    fn part(self, start: usize, len: usize) -> Self {
        Self(&self.0[start..start + len])
    }
    #[inline(always)]
    fn get(self, index: usize, _here: W) -> W {
        W::from_f64(self.0[index].to_f64())
    }
}

/// Samples less a reference.
#[derive(Clone, Copy)]
struct Difference<'a, I, W> {
    input: I,
    reference: &'a [W],
    amount: W,
}

impl<I: Input<W>, W: Working> Input<W> for Difference<'_, I, W> {
    #[inline(always)]
    fn part(self, start: usize, len: usize) -> Self {
        let reference = &self.reference[start..start + len];
        Self { input: self.input.part(start, len), reference, ..self }
    }
    #[inline(always)]
    fn get(self, index: usize, here: W) -> W {
        self.input.get(index, here) - self.amount * self.reference[index]
    }
}

/// Samples that are in registers together.
const LANES: usize = 64;

/// Widens source samples.
#[inline(always)]
pub(super) fn load<S: Sample, W: Working>(source: &[S], out: &mut [W]) {
    for (out, v) in out.iter_mut().zip(source) {
        *out = W::from_f64(v.to_f64());
    }
}

#[inline(always)]
fn subtract<W: Working>(values: &mut [W], input: impl Input<W>, reference: &[W], amount: W) {
    let input = input.part(0, values.len());
    let reference = &reference[..values.len()];
    for i in 0..values.len() {
        values[i] = input.get(i, values[i]) - amount * reference[i];
    }
}

/// A step that divides: `numerator / divisor * gain`, where `parts` makes both of a sample and two
/// references.
struct Quotients<W, P> {
    rule: DivisionRule<W>,
    gain: W,
    parts: P,
}

impl<W: Working, P: Fn(W, W, W) -> (W, W)> Quotients<W, P> {
    #[inline(always)]
    fn apply(&self, values: &mut [W], input: impl Input<W>, first: &[W], second: &[W]) -> Made {
        let (blocks, rest) = values.as_chunks_mut::<LANES>();
        let (firsts, last_first) = first.as_chunks::<LANES>();
        let (seconds, last_second) = second.as_chunks::<LANES>();
        let done = LANES * blocks.len();
        let mut made = 0;
        for (block, (values, (first, second))) in
            blocks.iter_mut().zip(firsts.iter().zip(seconds)).enumerate()
        {
            made += self.block(values, input.part(block * LANES, LANES), first, second);
        }
        for (i, (v, (&first, &second))) in rest.iter_mut().zip(last_first.iter().zip(last_second)).enumerate()
        {
            let mut value = [*v];
            made += self.block(&mut value, input.part(done + i, 1), &[first], &[second]);
            [*v] = value;
        }
        counted(made, &self.rule)
    }

    /// Returns how many results are no number by the division's doing.
    #[inline(always)]
    fn block<const N: usize>(
        &self,
        values: &mut [W; N],
        input: impl Input<W>,
        first: &[W; N],
        second: &[W; N],
    ) -> u32 {
        let smallest = self.rule.smallest.unwrap_or(W::ZERO);
        let mut quotients = [W::ZERO; N];
        let mut odd = false;
        for i in 0..N {
            let (numerator, divisor) = (self.parts)(input.get(i, values[i]), first[i], second[i]);
            quotients[i] = numerator / divisor * self.gain;
            odd |= !quotients[i].is_finite() | (divisor.magnitude() < smallest);
        }
        // Nearly always all are plain numbers; which rule holds for the others costs more than the division.
        if !odd {
            *values = quotients;
            return 0;
        }
        let fill = self.rule.fill.unwrap_or(W::NAN);
        let mut made = 0;
        for i in 0..N {
            let v = input.get(i, values[i]);
            let (numerator, divisor) = (self.parts)(v, first[i], second[i]);
            let q = quotients[i];
            let known = !numerator.is_nan() & !divisor.is_nan();
            let lost = !q.is_finite() | (divisor.magnitude() < smallest);
            let lost = known & ((v.is_finite() & lost) | q.is_nan());
            values[i] = if lost { fill } else { q };
            made += u32::from(lost);
        }
        made
    }
}

fn counted<W>(made: u32, rule: &DivisionRule<W>) -> Made {
    let made = u64::from(made);
    if rule.fill.is_some() { Made { missing: 0, filled: made } } else { Made { missing: made, filled: 0 } }
}

#[inline(always)]
fn hide<W: Working>(values: &mut [W], valid: &[bool], channels: usize, at: usize) {
    if channels == 1 {
        for (v, &valid) in values.iter_mut().zip(&valid[at..]) {
            *v = if valid { *v } else { W::NAN };
        }
        return;
    }
    let (mut pixel, mut channel) = (at / channels, at % channels);
    for v in values {
        if !valid[pixel] {
            *v = W::NAN;
        }
        channel += 1;
        if channel == channels {
            (pixel, channel) = (pixel + 1, 0);
        }
    }
}
