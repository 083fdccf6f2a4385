//! The operations.

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

/// One operation. References hold one value per sample of the whole frame.
#[derive(Clone, Copy, Debug, PartialEq)]
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
}

impl<W: Working> PointOp<'_, W> {
    /// Checks that references reach sample `end`.
    pub(super) fn check(&self, end: usize) {
        let enough = match self {
            Self::Subtract { reference, .. }
            | Self::Divide { reference, .. }
            | Self::RelativeChange { reference, .. } => reference.len() >= end,
            Self::FlatField { dark, span, .. } => dark.len() >= end && span.len() >= end,
            Self::Limits { .. } => true,
            Self::Mask { valid, channels } => *channels > 0 && valid.len() * channels >= end,
        };
        assert!(enough, "references and masks cover the whole frame");
    }

    /// Applies the operation to the frame's samples from `at` on.
    #[inline(always)]
    pub(super) fn apply(&self, at: usize, values: &mut [W]) -> Made {
        let range = at..at + values.len();
        match *self {
            Self::Subtract { reference, amount } => {
                if amount != W::ZERO {
                    subtract(values, &reference[range], amount);
                }
                Made::default()
            }
            Self::Divide { amount, .. } if amount == W::ZERO => Made::default(),
            Self::Divide { reference, amount, rule } => {
                let rest = W::ONE - amount;
                divide(values, &reference[range], rule, |v, r| (v, amount * r + rest))
            }
            Self::FlatField { dark, span, gain, rule } => {
                let dark = &dark[range.clone()];
                flat(values, dark, &span[range], gain.unwrap_or(W::ONE), rule)
            }
            Self::RelativeChange { reference, rule } => {
                divide(values, &reference[range], rule, |v, r| (v - r, r))
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
        }
    }
}

/// Widens source samples.
#[inline(always)]
pub(super) fn load<S: Sample, W: Working>(source: &[S], out: &mut [W]) {
    for (out, v) in out.iter_mut().zip(source) {
        *out = W::from_f64(v.to_f64());
    }
}

#[inline(always)]
fn subtract<W: Working>(values: &mut [W], reference: &[W], amount: W) {
    for (v, &r) in values.iter_mut().zip(reference) {
        *v = *v - amount * r;
    }
}

/// The quotient, and whether the division made it no number.
#[inline(always)]
fn quotient<W: Working>(source: W, numerator: W, divisor: W, scale: W, smallest: W) -> (W, bool) {
    let q = numerator / divisor * scale;
    let known = !numerator.is_nan() & !divisor.is_nan();
    let lost = !q.is_finite() | (divisor.magnitude() < smallest);
    (q, known & ((source.is_finite() & lost) | q.is_nan()))
}

#[inline(always)]
fn divide<W: Working>(
    values: &mut [W],
    reference: &[W],
    rule: DivisionRule<W>,
    parts: impl Fn(W, W) -> (W, W),
) -> Made {
    let (smallest, fill) = (rule.smallest.unwrap_or(W::ZERO), rule.fill.unwrap_or(W::NAN));
    let mut made = 0_u32;
    for (v, &r) in values.iter_mut().zip(reference) {
        let (numerator, divisor) = parts(*v, r);
        let (q, lost) = quotient(*v, numerator, divisor, W::ONE, smallest);
        *v = if lost { fill } else { q };
        made += u32::from(lost);
    }
    counted(made, &rule)
}

#[inline(always)]
fn flat<W: Working>(values: &mut [W], dark: &[W], span: &[W], gain: W, rule: DivisionRule<W>) -> Made {
    let (smallest, fill) = (rule.smallest.unwrap_or(W::ZERO), rule.fill.unwrap_or(W::NAN));
    let mut made = 0_u32;
    for ((v, &d), &span) in values.iter_mut().zip(dark).zip(span) {
        let (q, lost) = quotient(*v, *v - d, span, gain, smallest);
        *v = if lost { fill } else { q };
        made += u32::from(lost);
    }
    counted(made, &rule)
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
