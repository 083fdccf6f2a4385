//! Windows of integers: sums that samples are added to and taken from, exactly.
//!
//! Plan: a ring holds the samples of the window's frames, one line per frame. When a frame comes, its samples take the
//! place of the oldest line; the window's sums (and sums of squares, for deviations) grow by the new sample and
//! shrink by the old one. Integers make that exact, however long the walk is; floats would drift, so they are joined
//! from blocks instead (`folded.rs`).

use blitz_core::{DType, Sample, SamplesMut, SamplesRef, typed};

use super::machine::{Exchange, Machine, for_output};
use crate::element::Integer;
use crate::reduce::{Counts, exact_variance};
use crate::simd::{self, Level, Work};

/// Integers that a window's sum or sum of squares is kept in. Additions and subtractions may wrap: the sum
/// of a whole window fits.
pub(super) trait Total: Copy + Default + Send + Sync + 'static {
    #[must_use]
    fn replaced(self, old: Self, new: Self) -> Self;
    fn to_f64(self) -> f64;
    fn to_i128(self) -> i128;
}

macro_rules! total {
    ($($t:ty),*) => {$(
        impl Total for $t {
            #[inline(always)]
            fn replaced(self, old: Self, new: Self) -> Self { self.wrapping_add(new).wrapping_sub(old) }
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn to_i128(self) -> i128 { self as i128 }
        }
    )*};
}
total!(i32, i64, u64, u128);

/// Widening of a sample to a total.
pub(super) trait Widen<T>: Integer {
    fn widen(self) -> T;
    fn widen_square(self) -> T;
}

macro_rules! widen {
    ($($s:ty => $($t:ty),*;)*) => {$($(
        impl Widen<$t> for $s {
            #[inline(always)]
            fn widen(self) -> $t { self as $t }
            #[inline(always)]
            fn widen_square(self) -> $t { (self as $t).wrapping_mul(self as $t) }
        }
    )*)*};
}
widen! {
    u8 => i32, i64, u64;
    u16 => i32, i64, u64;
    i16 => i32, i64, u64;
    i32 => i64, u128;
    u32 => i64, u128;
}

/// What is asked of the sums.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Mean,
    Sum,
    Std { ddof: u32 },
}

/// Running sums of one band: `T` holds the sum, `Q` that of the squares.
pub(super) struct Running<S, T, Q> {
    samples: usize,
    moment: Moment,
    /// The window's frames, zeros for failed ones.
    ring: Vec<S>,
    is_present: Vec<bool>,
    present: u32,
    slot: usize,
    sum: Vec<T>,
    /// Empty unless a standard deviation is asked for.
    squares: Vec<Q>,
}

impl<S: Integer, T: Total, Q: Total> Running<S, T, Q> {
    pub(super) fn new(samples: usize, window: usize, moment: Moment) -> Self {
        let squares = if matches!(moment, Moment::Std { .. }) { samples } else { 0 };
        Self {
            samples,
            moment,
            ring: vec![S::default(); window * samples],
            is_present: vec![false; window],
            present: 0,
            slot: 0,
            sum: vec![T::default(); samples],
            squares: vec![Q::default(); squares],
        }
    }
}

impl<S: Widen<T> + Widen<Q>, T: Total, Q: Total> Running<S, T, Q> {
    /// Sums of a window that holds none of its frames.
    pub(super) fn unheld(samples: usize, moment: Moment) -> Self {
        Self { is_present: Vec::new(), ..Self::new(samples, 0, moment) }
    }
}

impl<S: Widen<T> + Widen<Q>, T: Total, Q: Total> Exchange for Running<S, T, Q> {
    fn enter(&mut self, frame: SamplesRef<'_>, level: Level) {
        self.present += 1;
        let (sum, squares) = (&mut self.sum, &mut self.squares);
        simd::run(level, Count::<S, T, Q, true> { frame: typed(frame), sum, squares });
    }

    fn leave(&mut self, frame: SamplesRef<'_>, level: Level) {
        self.present -= 1;
        let (sum, squares) = (&mut self.sum, &mut self.squares);
        simd::run(level, Count::<S, T, Q, false> { frame: typed(frame), sum, squares });
    }

    fn finish(&self, out: SamplesMut<'_>, level: Level) -> Counts {
        self.result(out, level)
    }
}

/// Adds a frame to the sums or takes it away.
struct Count<'a, S, T, Q, const ADD: bool> {
    frame: &'a [S],
    sum: &'a mut [T],
    squares: &'a mut [Q],
}

impl<S: Widen<T> + Widen<Q>, T: Total, Q: Total, const ADD: bool> Work for Count<'_, S, T, Q, ADD> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (&v, sum) in self.frame.iter().zip(self.sum) {
            let v: T = v.widen();
            *sum = if ADD { sum.replaced(T::default(), v) } else { sum.replaced(v, T::default()) };
        }
        for (&v, square) in self.frame.iter().zip(self.squares) {
            let v: Q = v.widen_square();
            *square = if ADD { square.replaced(Q::default(), v) } else { square.replaced(v, Q::default()) };
        }
    }
}

impl<S: Widen<T> + Widen<Q>, T: Total, Q: Total> Machine for Running<S, T, Q> {
    fn push(&mut self, frame: Option<SamplesRef<'_>>, level: Level) {
        let frame = frame.map(typed::<S>);
        let slot = self.slot;
        self.slot = (slot + 1) % self.is_present.len();
        self.present -= u32::from(self.is_present[slot]);
        self.present += u32::from(frame.is_some());
        self.is_present[slot] = frame.is_some();
        let old = &mut self.ring[slot * self.samples..(slot + 1) * self.samples];
        let (sum, squares) = (&mut self.sum, &mut self.squares);
        if let Some(new) = frame {
            simd::run(level, Slide { new, old, sum, squares });
        } else {
            let zeros = [S::default(); 512];
            let parts = old.chunks_mut(zeros.len()).zip(sum.chunks_mut(zeros.len()));
            for (i, (old, sum)) in parts.enumerate() {
                let start = (i * zeros.len()).min(squares.len());
                let stop = (start + old.len()).min(squares.len());
                let squares = &mut squares[start..stop];
                simd::run(level, Slide { new: &zeros[..old.len()], old, sum, squares });
            }
        }
    }

    fn result(&self, out: SamplesMut<'_>, level: Level) -> Counts {
        for_output!(out, out => simd::run(level, Finish { state: self, out }));
        Counts::Uniform(u64::from(self.present))
    }
}

/// Replaces a frame of the window.
struct Slide<'a, S, T, Q> {
    new: &'a [S],
    old: &'a mut [S],
    sum: &'a mut [T],
    squares: &'a mut [Q],
}

impl<S: Widen<T> + Widen<Q>, T: Total, Q: Total> Work for Slide<'_, S, T, Q> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for ((&new, &old), square) in self.new.iter().zip(&*self.old).zip(self.squares) {
            *square = square.replaced(old.widen_square(), new.widen_square());
        }
        for ((&new, old), sum) in self.new.iter().zip(self.old).zip(self.sum) {
            *sum = sum.replaced(old.widen(), new.widen());
            *old = new;
        }
    }
}

struct Finish<'a, S, T, Q, W> {
    state: &'a Running<S, T, Q>,
    out: &'a mut [W],
}

impl<S: Integer, T: Total, Q: Total, W: Sample> Work for Finish<'_, S, T, Q, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Running { moment, present, sum, squares, .. } = self.state;
        finish::<S, T, Q, W>(*moment, *present, sum, squares, self.out);
    }
}

/// Samples that [`Once`] takes at most.
const CHUNK: usize = 1024;

/// One window of at most [`CHUNK`] samples by itself.
pub(super) struct Once<'a, S, Q, W> {
    pub(super) frames: &'a [Option<&'a [S]>],
    pub(super) moment: Moment,
    pub(super) out: &'a mut [W],
    pub(super) total: std::marker::PhantomData<Q>,
}

impl<S: Widen<i64> + Widen<Q>, Q: Total, W: Sample> Work for Once<'_, S, Q, W> {
    type Output = Counts;
    #[inline(always)]
    fn run(self) -> Counts {
        let mut sum = [0_i64; CHUNK];
        let mut squares = [Q::default(); CHUNK];
        let wants_squares = matches!(self.moment, Moment::Std { .. });
        let mut present = 0;
        for frame in self.frames.iter().flatten() {
            present += 1;
            for (&v, sum) in frame.iter().zip(&mut sum) {
                *sum += v.to_i64();
            }
            if wants_squares {
                for (&v, square) in frame.iter().zip(&mut squares) {
                    *square = square.replaced(Q::default(), v.widen_square());
                }
            }
        }
        finish::<S, i64, Q, W>(self.moment, present, &sum, &squares, self.out);
        Counts::Uniform(u64::from(present))
    }
}

/// Whether a sum times 1/n rounds to the f32 that the sum over n rounds to: dividing costs several times as
/// much. Both lie within 2⁻⁵² of the mean, so they part at most where the mean lies that near to the middle of
/// two f32. For n up to 2¹⁵ a mean that is no middle keeps 2⁻⁴⁰ away. A middle has 25 bits, so that a mean
/// below 2ᴮ has at least 25 − B of them behind the point, which needs an n divisible by that power of two; of
/// those, powers of two have an exact reciprocal.
#[inline(always)]
fn has_reciprocal<S: Integer, W: Sample>(n: u32) -> bool {
    let bits = S::DTYPE.bits();
    W::DTYPE == DType::F32
        && bits <= 16
        && n <= 1 << 15
        && (n.is_power_of_two() || n.trailing_zeros() < 25 - bits)
}

#[inline(always)]
fn finish<S: Integer, T: Total, Q: Total, W: Sample>(
    moment: Moment,
    present: u32,
    sum: &[T],
    squares: &[Q],
    out: &mut [W],
) {
    let n = f64::from(present);
    let out = out.iter_mut();
    match moment {
        _ if present == 0 => out.for_each(|out| *out = W::from_f64(f64::NAN)),
        Moment::Mean if has_reciprocal::<S, W>(present) => {
            let share = 1.0 / n;
            out.zip(sum).for_each(|(out, sum)| *out = W::from_f64(sum.to_f64() * share));
        }
        Moment::Mean => out.zip(sum).for_each(|(out, sum)| *out = W::from_f64(sum.to_f64() / n)),
        Moment::Sum => out.zip(sum).for_each(|(out, sum)| *out = W::from_f64(sum.to_f64())),
        Moment::Std { ddof } if present <= ddof => out.for_each(|out| *out = W::from_f64(f64::NAN)),
        Moment::Std { ddof } => {
            let largest = S::LOWEST.to_f64().abs().max(S::HIGHEST.to_f64());
            let parts = out.zip(sum.iter().zip(squares));
            if n * n * largest * largest <= (1_u64 << 53) as f64 {
                // All steps up to the division are exact in f64.
                let divisor = n * (n - f64::from(ddof));
                for (out, (sum, squares)) in parts {
                    let sum = sum.to_f64();
                    let numerator = n * squares.to_f64() - sum * sum;
                    *out = W::from_f64((numerator / divisor).sqrt());
                }
            } else {
                for (out, (sum, squares)) in parts {
                    let squares = squares.to_i128().cast_unsigned();
                    let variance = exact_variance(u64::from(present), sum.to_i128(), squares, ddof);
                    *out = W::from_f64(variance.sqrt());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocals_give_the_bits_of_divisions() {
        for n in (1..=2048_usize).chain([3 << 9, 5 << 11, 32_767, 32_768]) {
            let n32 = n as u32;
            let sums: Vec<i32> = (0..4000).map(|i| (i * 65_535 * n / 4000 + i % 7) as i32).collect();
            let mut means = vec![0.0_f32; sums.len()];
            finish::<u16, i32, u64, f32>(Moment::Mean, n32, &sums, &[], &mut means);
            for (mean, sum) in means.iter().zip(&sums) {
                assert_eq!(*mean, (f64::from(*sum) / n as f64) as f32, "{sum} / {n}");
            }
        }
        assert!(has_reciprocal::<u16, f32>(768) && !has_reciprocal::<u16, f32>(3 << 9));
        assert!(has_reciprocal::<u8, f32>(3 << 13) && !has_reciprocal::<u16, f64>(3));
    }

    /// The middle of two f32, 16,777,217 / 2⁹, is a mean of 3 · 2⁹ samples.
    #[test]
    fn means_between_two_results_are_divided() {
        let (n, sum) = (3 << 9, 3 * 16_777_217_i32);
        let mut mean = [0.0_f32];
        finish::<u16, i32, u64, f32>(Moment::Mean, n, &[sum], &[], &mut mean);
        assert_eq!(mean[0], 32_768.0);
    }
}
