//! Moments of floats: NaN is missing, accumulation in f64.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::reducer::Band;
use super::walk::{
    add, add_distances, add_plain, extreme, extremes, greatest, least, moved, spread, spread_plain,
};
use super::{Counts, Method, Wanted};
use crate::element::Element;
use crate::group::{GROUP, Group, fold, group};
use crate::mask::{Cover, Kept};

/// Accumulators of one band of floating-point samples. Vectors of moments that are not wanted stay empty.
///
/// Squares are gathered in groups of [`GROUP`] frames, counted from the first frame pushed, so that there is
/// one division per group. Within a group, distances `d` are taken from the mean before it (from the first
/// value at the very beginning); at its end, with `n` values so far, the mean moves by `q = Σd / n` and the
/// sum of squared distances from it grows by `Σd² − q·Σd`. As with Welford's update nothing large cancels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S: Element", deserialize = "S: Element"))]
pub(super) struct FloatBand<S: Element> {
    samples: usize,
    /// Frames pushed.
    frames: u32,
    /// Values counted per sample, from the first missing one on.
    counts: Option<Vec<u32>>,
    /// Wanted on its own or beside the squares, whose walk it shares.
    #[serde(with = "as_bits")]
    sum: Vec<f64>,
    /// Mean before the current group.
    #[serde(with = "as_bits")]
    mean: Vec<f64>,
    /// Sum of squared distances from it.
    #[serde(with = "as_bits")]
    m2: Vec<f64>,
    /// Frames that the current group has already, below [`GROUP`].
    pending: usize,
    /// Their sum of distances from the mean; empty if there are none.
    #[serde(with = "as_bits")]
    d: Vec<f64>,
    /// Their sum of squared distances.
    #[serde(with = "as_bits")]
    d2: Vec<f64>,
    #[serde(with = "as_bits")]
    min: Vec<S>,
    #[serde(with = "as_bits")]
    max: Vec<S>,
}

impl<S: Element> Band for FloatBand<S> {
    type Sample = S;

    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self {
            samples,
            frames: 0,
            counts: None,
            sum: vec![0.0; len(wanted.sum || wanted.squares)],
            mean: vec![0.0; len(wanted.squares)],
            m2: vec![0.0; len(wanted.squares)],
            pending: 0,
            d: Vec::new(),
            d2: Vec::new(),
            min: vec![S::HIGHEST; len(wanted.min)],
            max: vec![S::LOWEST; len(wanted.max)],
        }
    }

    #[inline(always)]
    fn push(&mut self, frames: &[&[S]], cover: &Cover) {
        if !cover.is_full() {
            self.count_each();
        }
        let missing = if self.pending > 0 { GROUP - self.pending } else { 0 };
        let (head, rest) = frames.split_at(missing.min(frames.len()));
        let (groups, tail) = rest.split_at(rest.len() / GROUP * GROUP);
        for frames in [head, groups, tail] {
            self.push_kept(frames, cover);
        }
    }

    fn merge(&mut self, later: &Self) {
        for i in 0..self.m2.len() {
            let (a, b) = (f64::from(self.count(i)), f64::from(later.count(i)));
            let (mut mean, mut m2) = self.spread(i);
            if b > 0.0 {
                let (other_mean, other_m2) = later.spread(i);
                if a == 0.0 {
                    (mean, m2) = (other_mean, other_m2);
                } else {
                    let delta = other_mean - mean;
                    mean += delta * (b / (a + b));
                    m2 += other_m2 + delta * delta * (a * b / (a + b));
                }
            }
            (self.mean[i], self.m2[i]) = (mean, m2);
        }
        (self.pending, self.d, self.d2) = (0, Vec::new(), Vec::new());
        if self.counts.is_some() || later.counts.is_some() {
            self.counts = Some((0..self.samples).map(|i| self.count(i) + later.count(i)).collect());
        }
        self.frames += later.frames;
        self.sum.iter_mut().zip(&later.sum).for_each(|(a, b)| *a += b);
        self.min.iter_mut().zip(&later.min).for_each(|(a, &b)| *a = least(*a, b));
        self.max.iter_mut().zip(&later.max).for_each(|(a, &b)| *a = greatest(*a, b));
    }

    #[inline]
    fn value(&self, index: usize, method: Method, ddof: u32) -> f64 {
        let n = self.count(index);
        if n == 0 {
            return f64::NAN;
        }
        match method {
            Method::Mean => self.sum[index] / f64::from(n),
            Method::Sum => self.sum[index],
            Method::Std if n <= ddof => f64::NAN,
            Method::Std => {
                // Rounding may leave a little less than nothing.
                let variance = self.spread(index).1 / f64::from(n - ddof);
                if variance < 0.0 { 0.0 } else { variance.sqrt() }
            }
            Method::Min => self.min[index].to_f64(),
            Method::Max => self.max[index].to_f64(),
            Method::Median | Method::Percentile(_) => f64::NAN,
        }
    }

    fn extremes(&self, method: Method) -> Vec<S> {
        let values = if method == Method::Min { &self.min } else { &self.max };
        let value = |(i, &v): (usize, &S)| if self.count(i) == 0 { S::from_f64(f64::NAN) } else { v };
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

    fn exact_sum(&self, _index: usize) -> Option<i128> {
        None
    }
}

impl<S: Element> FloatBand<S> {
    fn count(&self, index: usize) -> u32 {
        self.counts.as_ref().map_or(self.frames, |counts| counts[index])
    }

    /// Mean and sum of squared distances from it, the current group included.
    fn spread(&self, index: usize) -> (f64, f64) {
        let (mean, m2) = (self.mean[index], self.m2[index]);
        let n = self.count(index);
        if self.d.is_empty() || n == 0 {
            return (mean, m2);
        }
        moved(mean, m2, self.d[index], self.d2[index], f64::from(n))
    }

    /// Counts per sample from now on.
    fn count_each(&mut self) -> &mut Vec<u32> {
        self.counts.get_or_insert_with(|| vec![self.frames; self.samples])
    }

    /// Adds whole groups, or a part of one, and puts back what happened to masked samples on the way.
    #[inline(always)]
    fn push_kept(&mut self, frames: &[&[S]], cover: &Cover) {
        if frames.is_empty() {
            return;
        }
        let squares = !self.m2.is_empty();
        let ahead = (self.pending + frames.len()) % GROUP;
        if squares && ahead > 0 {
            self.d.resize(self.samples, 0.0);
            self.d2.resize(self.samples, 0.0);
        }
        let counts = Kept::of(self.counts.as_deref().unwrap_or_default(), cover);
        let sum = Kept::of(&self.sum, cover);
        let (mean, m2) = (Kept::of(&self.mean, cover), Kept::of(&self.m2, cover));
        let (d, d2) = (Kept::of(&self.d, cover), Kept::of(&self.d2, cover));
        let (min, max) = (Kept::of(&self.min, cover), Kept::of(&self.max, cover));
        let (groups, rest) = frames.as_chunks::<GROUP>();
        for group in groups {
            self.push_frames::<GROUP>(group, cover);
        }
        let (fours, ones) = rest.as_chunks::<4>();
        for group in fours {
            self.push_frames::<4>(group, cover);
        }
        for group in ones.as_chunks::<1>().0 {
            self.push_frames::<1>(group, cover);
        }
        if let Some(now) = &mut self.counts {
            counts.restore(now);
        }
        sum.restore(&mut self.sum);
        mean.restore(&mut self.mean);
        m2.restore(&mut self.m2);
        d.restore(&mut self.d);
        d2.restore(&mut self.d2);
        min.restore(&mut self.min);
        max.restore(&mut self.max);
        self.pending = ahead;
        if squares && ahead == 0 {
            self.close();
        }
    }

    /// Adds `G` frames of one group.
    #[inline(always)]
    fn push_frames<const G: usize>(&mut self, frames: &[&[S]; G], cover: &Cover) {
        let mut holes = false;
        for span in &cover.spans {
            holes |= self.push_span(&group::<S, G>(frames, span), span);
        }
        if holes {
            self.count_each();
        }
        if let Some(counts) = &mut self.counts {
            for span in &cover.spans {
                let counts = &mut counts[span.clone()];
                if holes {
                    fold(counts, &group::<S, G>(frames, span), |n, v| n + u32::from(!v.is_nan()));
                } else {
                    for n in counts {
                        *n += G as u32;
                    }
                }
            }
        }
        self.frames += G as u32;
    }

    /// Adds the samples of one span to everything but the counts. Returns whether any of them was missing.
    #[inline(always)]
    fn push_span<const G: usize>(&mut self, group: &Group<'_, S, G>, span: &Range<usize>) -> bool {
        let edges = !self.min.is_empty() && !self.max.is_empty();
        let squares = !self.m2.is_empty();
        let mut holes = false;
        if squares && G == GROUP {
            holes |= self.push_spread(group, span);
            if edges {
                return holes;
            }
        } else {
            if !self.sum.is_empty() {
                let sum = &mut self.sum[span.clone()];
                holes |= if self.counts.is_none() { add_plain(sum, group) } else { add(sum, group) };
            }
            if squares {
                let even = if self.counts.is_none() { vec![self.frames; span.len()] } else { Vec::new() };
                let n = self.counts.as_ref().map_or(even.as_slice(), |counts| &counts[span.clone()]);
                let (d, d2) = (&mut self.d[span.clone()], &mut self.d2[span.clone()]);
                add_distances(n, &mut self.mean[span.clone()], d, d2, group);
            }
        }
        match (self.min.is_empty(), self.max.is_empty()) {
            (true, true) => {}
            (false, true) => holes |= extreme(&mut self.min[span.clone()], group, least),
            (true, false) => holes |= extreme(&mut self.max[span.clone()], group, greatest),
            (false, false) => {
                holes |= extremes(&mut self.min[span.clone()], &mut self.max[span.clone()], group);
            }
        }
        holes
    }

    /// Adds a whole group to sums and squares, and to the extremes where both are wanted.
    #[inline(always)]
    fn push_spread<const G: usize>(&mut self, group: &Group<'_, S, G>, span: &Range<usize>) -> bool {
        let edges = !self.min.is_empty() && !self.max.is_empty();
        let part = if edges { span.clone() } else { 0..0 };
        let (sum, mean, m2) =
            (&mut self.sum[span.clone()], &mut self.mean[span.clone()], &mut self.m2[span.clone()]);
        let (min, max) = (&mut self.min[part.clone()], &mut self.max[part]);
        let none = if self.frames == 0 { vec![0_u32; span.len()] } else { Vec::new() };
        let before = f64::from(self.frames);
        match (&self.counts, edges) {
            (None, true) if self.frames > 0 => {
                spread_plain::<S, G, true>(sum, mean, m2, min, max, group, before)
            }
            (None, false) if self.frames > 0 => {
                spread_plain::<S, G, false>(sum, mean, m2, min, max, group, before)
            }
            (counts, edges) => {
                let n = counts.as_ref().map_or(none.as_slice(), |counts| &counts[span.clone()]);
                let n = &n[..span.len()];
                if edges {
                    spread::<S, G, true, true>(sum, mean, m2, min, max, group, |i| f64::from(n[i]))
                } else {
                    spread::<S, G, true, false>(sum, mean, m2, min, max, group, |i| f64::from(n[i]))
                }
            }
        }
    }

    /// Ends a group that was pushed in parts, if this was one.
    fn close(&mut self) {
        for i in 0..self.d.len() {
            (self.mean[i], self.m2[i]) = self.spread(i);
        }
        (self.d, self.d2) = (Vec::new(), Vec::new());
    }
}

/// Floats as the bits of their f64: text formats have no way to write infinities, and bits are exact.
mod as_bits {
    use blitz_core::Sample;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Sample, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|v| v.to_f64().to_bits()))
    }

    pub(super) fn deserialize<'de, T: Sample, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        let bits = Vec::<u64>::deserialize(from)?;
        Ok(bits.into_iter().map(|bits| T::from_f64(f64::from_bits(bits))).collect())
    }
}
