//! Moments of integers: exact sums and squares.

use std::borrow::Cow;
use std::ops::{AddAssign, Range};

use super::band::{Band, front};
use super::{Counts, Method, Wanted};
use crate::element::Integer;
use crate::group::{GROUP, fold, fold2, group};
use crate::mask::{Cover, Kept};
use crate::state::{Reader, StateError, Writer};

/// Bytes of one frame that are walked twice in a row, for sums and for extremes: the second time a group's
/// lines come from the second-level cache.
const TWICE: usize = 32 * 1024;

/// Accumulators of one band of integer samples. Vectors of moments that are not wanted stay empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IntegerBand<S: Integer> {
    samples: usize,
    /// Frames pushed, as long as every sample of them counted.
    frames: u32,
    /// Frames counted per sample, from the first masked push on.
    counts: Option<Vec<u32>>,
    /// Frames that the short sums hold, at most [`Integer::FRAMES`].
    recent: u32,
    /// Sums of the recent frames, in types that keep the vectors wide and the memory small.
    short_sum: Vec<S::Block>,
    short_squares: Vec<S::SquareBlock>,
    /// Sums of the frames before; empty if there are none.
    sum: Vec<i64>,
    squares: Vec<S::Squares>,
    min: Vec<S>,
    max: Vec<S>,
}

impl<S: Integer> IntegerBand<S> {
    fn count(&self, index: usize) -> u32 {
        self.counts.as_ref().map_or(self.frames, |counts| counts[index])
    }

    fn count_runs(&mut self, frames: u32, cover: &Cover) {
        if cover.is_full() && self.counts.is_none() {
            self.frames += frames;
            return;
        }
        let counts = self.counts.get_or_insert_with(|| vec![self.frames; self.samples]);
        for run in &cover.runs {
            counts[run.clone()].iter_mut().for_each(|n| *n += frames);
        }
    }

    fn sum_of(&self, index: usize) -> i64 {
        self.sum.get(index).copied().unwrap_or_default() + self.short_sum[index].into()
    }

    fn squares_of(&self, index: usize) -> u128 {
        let mut squares = self.squares.get(index).copied().unwrap_or_default();
        squares += self.short_squares[index].into();
        squares.into()
    }

    /// Moves the short sums over to the long ones.
    fn spill(&mut self) {
        fn add<A: Copy + Default + AddAssign, B: Copy + Default + Into<A>>(
            long: &mut Vec<A>,
            short: &mut [B],
        ) {
            long.resize(short.len(), A::default());
            for (long, short) in long.iter_mut().zip(short) {
                *long += std::mem::take(short).into();
            }
        }
        add(&mut self.sum, &mut self.short_sum);
        add(&mut self.squares, &mut self.short_squares);
        self.recent = 0;
    }

    /// Adds the samples `part` of the first `G` frames.
    #[inline(always)]
    fn push_group<const G: usize>(&mut self, frames: &[&[S]], part: &Range<usize>) {
        let sums = !self.short_sum.is_empty();
        let extremes = !(self.min.is_empty() && self.max.is_empty());
        let step = if sums && extremes { TWICE / size_of::<S>() } else { part.len().max(1) };
        for start in part.clone().step_by(step) {
            let block = start..part.end.min(start + step);
            let lines = group::<S, G>(frames, &block);
            match (self.short_sum.is_empty(), self.short_squares.is_empty()) {
                (true, _) => {}
                (false, true) => fold(&mut self.short_sum[block.clone()], &lines, |mut sum, v| {
                    sum += v.block();
                    sum
                }),
                (false, false) => {
                    let (sums, all) =
                        (&mut self.short_sum[block.clone()], &mut self.short_squares[block.clone()]);
                    fold2(sums, all, &lines, |mut sum, mut squares, v| {
                        sum += v.block();
                        squares += v.square();
                        (sum, squares)
                    });
                }
            }
            match (self.min.is_empty(), self.max.is_empty()) {
                (true, true) => {}
                (false, true) => fold(&mut self.min[block], &lines, S::min),
                (true, false) => fold(&mut self.max[block], &lines, S::max),
                (false, false) => {
                    let (min, max) = (&mut self.min[block.clone()], &mut self.max[block]);
                    fold2(min, max, &lines, |min, max, v| (min.min(v), max.max(v)));
                }
            }
        }
    }
}

impl<S: Integer> Band for IntegerBand<S> {
    type Sample = S;

    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self {
            samples,
            frames: 0,
            counts: None,
            recent: 0,
            short_sum: vec![S::Block::default(); len(wanted.sum || wanted.squares)],
            short_squares: vec![S::SquareBlock::default(); len(wanted.squares)],
            sum: Vec::new(),
            squares: Vec::new(),
            min: vec![S::HIGHEST; len(wanted.min)],
            max: vec![S::LOWEST; len(wanted.max)],
        }
    }

    fn start_at(&mut self, _block: u64) {}

    #[inline(always)]
    fn push(&mut self, frames: &[&[S]], _blocks: &[(u64, usize)], cover: &Cover) {
        self.count_runs(frames.len() as u32, cover);
        let mut rest = frames;
        while !rest.is_empty() {
            if self.recent == S::FRAMES {
                self.spill();
            }
            let (now, later) = rest.split_at(rest.len().min((S::FRAMES - self.recent) as usize));
            self.recent += now.len() as u32;
            rest = later;
            let sum = Kept::of(&self.short_sum, cover);
            let squares = Kept::of(&self.short_squares, cover);
            let (min, max) = (Kept::of(&self.min, cover), Kept::of(&self.max, cover));
            // A lone extreme is so quick that fewer streams from memory are better.
            let lone = self.short_sum.is_empty() && (self.min.is_empty() || self.max.is_empty());
            let (groups, singles) = if lone { (&[][..], now) } else { now.as_chunks::<GROUP>() };
            for frames in groups {
                for span in &cover.spans {
                    self.push_group::<GROUP>(frames, span);
                }
            }
            let (groups, singles) = singles.as_chunks::<4>();
            for frames in groups {
                for span in &cover.spans {
                    self.push_group::<4>(frames, span);
                }
            }
            for frames in singles.as_chunks::<1>().0 {
                for span in &cover.spans {
                    self.push_group::<1>(frames, span);
                }
            }
            sum.restore(&mut self.short_sum);
            squares.restore(&mut self.short_squares);
            min.restore(&mut self.min);
            max.restore(&mut self.max);
        }
    }

    fn merge(&mut self, later: &Self) {
        fn add<T: Copy + AddAssign>(mine: &mut [T], later: &[T]) {
            mine.iter_mut().zip(later).for_each(|(a, &b)| *a += b);
        }
        match (&mut self.counts, &later.counts) {
            (None, None) => self.frames += later.frames,
            (Some(mine), None) => mine.iter_mut().for_each(|n| *n += later.frames),
            (mine, Some(theirs)) => {
                let mine = mine.get_or_insert_with(|| vec![self.frames; self.samples]);
                add(mine, theirs);
            }
        }
        self.spill();
        for (i, sum) in self.sum.iter_mut().enumerate() {
            *sum += later.sum_of(i);
        }
        for (i, squares) in self.squares.iter_mut().enumerate() {
            *squares += later.squares.get(i).copied().unwrap_or_default();
            *squares += later.short_squares[i].into();
        }
        self.min.iter_mut().zip(&later.min).for_each(|(a, &b)| *a = (*a).min(b));
        self.max.iter_mut().zip(&later.max).for_each(|(a, &b)| *a = (*a).max(b));
    }

    fn settled(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    #[inline]
    fn value(&self, index: usize, method: Method, ddof: u32) -> f64 {
        let n = self.count(index);
        if n == 0 {
            return f64::NAN;
        }
        match method {
            Method::Mean => self.sum_of(index) as f64 / f64::from(n),
            Method::Sum => self.sum_of(index) as f64,
            Method::Std => {
                exact_variance(u64::from(n), self.sum_of(index).into(), self.squares_of(index), ddof).sqrt()
            }
            Method::Min => self.min[index].to_f64(),
            Method::Max => self.max[index].to_f64(),
            Method::Median | Method::Percentile(_) => f64::NAN,
        }
    }

    fn extremes(&self, method: Method) -> Vec<S> {
        let values = if method == Method::Min { &self.min } else { &self.max };
        if self.counts.is_none() && self.frames > 0 {
            return values.clone();
        }
        let value = |(i, &v): (usize, &S)| if self.count(i) == 0 { S::default() } else { v };
        values.iter().enumerate().map(value).collect()
    }

    fn counts(&self) -> Counts {
        match &self.counts {
            None => Counts::Uniform(u64::from(self.frames)),
            Some(counts) => Counts::simplified(counts.clone()),
        }
    }

    fn samples(&self) -> usize {
        self.samples
    }

    fn exact_sum(&self, index: usize) -> Option<i128> {
        (self.count(index) > 0).then(|| self.sum_of(index).into())
    }
}

impl<S: Integer> IntegerBand<S> {
    /// Writes bands side by side.
    pub(super) fn save(bands: &[Self], to: &mut Writer) {
        let samples = || bands.iter().flat_map(|band| (0..band.samples).map(move |i| (band, i)));
        // A band that counts per sample does not count its frames.
        let counts: Vec<u32> = samples().map(|(band, i)| band.count(i)).collect();
        let frames = counts.iter().copied().max().unwrap_or_default();
        to.number(frames.into());
        to.counts(&counts, frames);
        if bands.iter().any(|band| !band.short_sum.is_empty()) {
            to.values(&samples().map(|(band, i)| band.sum_of(i)).collect::<Vec<i64>>());
        }
        if bands.iter().any(|band| !band.short_squares.is_empty()) {
            to.values(&samples().map(|(band, i)| band.squares_of(i)).collect::<Vec<u128>>());
        }
        for band in bands {
            to.values(&band.min);
        }
        for band in bands {
            to.values(&band.max);
        }
    }

    /// Reads what [`IntegerBand::save`] wrote of bands of these sizes, of at most `most` frames.
    pub(super) fn load(
        from: &mut Reader<'_>,
        sizes: &[usize],
        wanted: Wanted,
        most: u64,
    ) -> Result<Vec<Self>, StateError> {
        let samples: usize = sizes.iter().sum();
        let frames = from.number_within("frames", 0..=most)? as u32;
        let counts = from.counts(samples, frames)?;
        let both = wanted.sum || wanted.squares;
        let sum = from.values::<i64>(if both { samples } else { 0 })?;
        let squares = from.values::<u128>(if wanted.squares { samples } else { 0 })?;
        let min = from.values::<S>(if wanted.min { samples } else { 0 })?;
        let max = from.values::<S>(if wanted.max { samples } else { 0 })?;
        let largest = S::HIGHEST.to_i64().unsigned_abs().max(S::LOWEST.to_i64().unsigned_abs());
        for (i, sum) in sum.iter().enumerate() {
            let n = u128::from(counts.as_ref().map_or(frames, |counts| counts[i]));
            let sum = u128::from(sum.unsigned_abs());
            let fits = sum <= n * u128::from(largest);
            // As (Σx)² ≤ n·Σx² ≤ (n · largest)².
            let squares_fit = squares
                .get(i)
                .is_none_or(|&squares| squares <= n * u128::from(largest).pow(2) && sum * sum <= n * squares);
            if !(fits && squares_fit) {
                return Err(from.fault(format!("sums of sample {i} that {n} values cannot have")));
            }
        }
        let mut counts = counts.map(Vec::into_iter);
        let (mut sum, mut squares) = (sum.into_iter(), squares.into_iter());
        let (mut min, mut max) = (min.into_iter(), max.into_iter());
        let band = |&size: &usize| {
            let mut band = Self::new(size, wanted);
            band.frames = frames;
            band.counts = counts.as_mut().map(|counts| front(counts, size));
            band.sum = front(&mut sum, size);
            band.squares = front(&mut squares, size).into_iter().map(S::squares_from).collect();
            band.min = front(&mut min, size);
            band.max = front(&mut max, size);
            band
        };
        Ok(sizes.iter().map(band).collect())
    }
}

/// Variance of `n` integers from their exact sum and sum of squares: `(n·Q − S²) / (n·(n − ddof))`, NaN if
/// `n` is not above `ddof`. The numerator is exact; it fits 128 bits for up to 2³² values of 32 bits.
#[inline]
pub(crate) fn exact_variance(n: u64, sum: i128, squares: u128, ddof: u32) -> f64 {
    if n <= u64::from(ddof) {
        return f64::NAN;
    }
    let divisor = n as f64 * (n - u64::from(ddof)) as f64;
    // S² is not above n·Q, so 64 bits hold both or neither.
    if let Some(scaled) = u64::try_from(squares).ok().and_then(|squares| squares.checked_mul(n)) {
        let sum = sum.unsigned_abs() as u64;
        return (scaled - sum * sum) as f64 / divisor;
    }
    let square_of_sum = sum.unsigned_abs() * sum.unsigned_abs();
    (u128::from(n) * squares - square_of_sum) as f64 / divisor
}
