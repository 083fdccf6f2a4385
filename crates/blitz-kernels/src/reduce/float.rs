//! Moments of floats: NaN is missing, accumulation in f64.

use std::borrow::Cow;
use std::ops::Range;

use super::band::{Band, MOST_FRAMES, front};
use super::tree::{Join, Place, Tree};
use super::walk::{
    add, add_distances, add_plain, extreme, extremes, greatest, least, moved, spread, spread_plain,
};
use super::{Counts, Method, Wanted};
use crate::element::Element;
use crate::group::{GROUP, Group, fold, group};
use crate::mask::{Cover, Kept};
use crate::state::{Reader, StateError, Writer};

/// Accumulators of one band of floating-point samples. Vectors of moments that are not wanted stay empty.
///
/// # Plan
/// Frames are gathered in blocks by their numbers, and blocks are joined in a fixed tree (`tree.rs`), so that the
/// bits are the same however the blocks are shared out. Smallest and largest value need no tree: their order does
/// not matter, but for the sign of zeros, which are taken in frame order.
///
/// Squares are gathered in groups of [`GROUP`] frames, counted from a block's first frame, so that there is one
/// division per group. Within a group, distances `d` are taken from the mean before it (from the first value at
/// the very beginning); at its end, with `n` values so far, the mean moves by `q = Σd / n` and the sum of squared
/// distances from it grows by `Σd² − q·Σd`. As with Welford's update (Technometrics 4, 1962) nothing large cancels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FloatBand<S: Element> {
    samples: usize,
    /// First block that belongs to it.
    first: u64,
    /// Block that frames are pushed to.
    block: u64,
    /// What was gathered of that block.
    open: Moments,
    /// Frames that the current group of that block has already, below [`GROUP`].
    pending: usize,
    /// Their sum of distances from the mean; empty if there are none.
    d: Vec<f64>,
    /// Their sum of squared distances.
    d2: Vec<f64>,
    /// The blocks before.
    closed: Tree<Moments>,
    min: Vec<S>,
    max: Vec<S>,
}

/// Accumulators of some frames in a row.
#[derive(Clone, Debug, Default, PartialEq)]
struct Moments {
    /// Frames pushed.
    frames: u32,
    /// Values counted per sample, from the first missing one on.
    counts: Option<Vec<u32>>,
    /// Wanted on its own or beside the squares, whose walk it shares.
    sum: Vec<f64>,
    /// Mean before the current group.
    mean: Vec<f64>,
    /// Sum of squared distances from it.
    m2: Vec<f64>,
}

impl Moments {
    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self::of_sizes([len(wanted.sum || wanted.squares), len(wanted.squares), len(wanted.squares)])
    }

    /// Of no frame, with so many sums, means and squares.
    fn of_sizes([sum, mean, m2]: [usize; 3]) -> Self {
        Self { frames: 0, counts: None, sum: vec![0.0; sum], mean: vec![0.0; mean], m2: vec![0.0; m2] }
    }

    fn clear(&mut self) {
        (self.frames, self.counts) = (0, None);
        for values in [&mut self.sum, &mut self.mean, &mut self.m2] {
            values.fill(0.0);
        }
    }

    fn count(&self, index: usize) -> u32 {
        self.counts.as_ref().map_or(self.frames, |counts| counts[index])
    }
}

impl Join for Moments {
    /// Means and squares by the formula of Chan, Golub and `LeVeque` (COMPSTAT 1982).
    fn join(&mut self, later: &Self) {
        let one = |(mean, m2): (&mut f64, &mut f64), a: f64, b: f64, later: (f64, f64)| {
            if a == 0.0 {
                (*mean, *m2) = later;
            } else if b > 0.0 {
                let delta = later.0 - *mean;
                *mean += delta * (b / (a + b));
                *m2 += later.1 + delta * delta * (a * b / (a + b));
            }
        };
        let mine = self.mean.iter_mut().zip(&mut self.m2);
        let pairs = mine.zip(later.mean.iter().copied().zip(later.m2.iter().copied()));
        if self.counts.is_none() && later.counts.is_none() {
            let (a, b) = (f64::from(self.frames), f64::from(later.frames));
            pairs.for_each(|(mine, theirs)| one(mine, a, b, theirs));
        } else {
            let count =
                |moments: &Self, i| f64::from(moments.counts.as_ref().map_or(moments.frames, |n| n[i]));
            let n = |i| {
                let mine = self.counts.as_ref().map_or(self.frames, |n| n[i]);
                (f64::from(mine), count(later, i))
            };
            for (i, (mine, theirs)) in pairs.enumerate() {
                let (a, b) = n(i);
                one(mine, a, b, theirs);
            }
        }
        match (&mut self.counts, &later.counts) {
            (None, None) => {}
            (Some(mine), None) => mine.iter_mut().for_each(|n| *n += later.frames),
            (mine, Some(theirs)) => {
                let mine = mine.get_or_insert_with(|| vec![self.frames; theirs.len()]);
                mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
            }
        }
        self.frames += later.frames;
        self.sum.iter_mut().zip(&later.sum).for_each(|(a, b)| *a += b);
    }
}

impl<S: Element> Band for FloatBand<S> {
    type Sample = S;

    fn new(samples: usize, wanted: Wanted) -> Self {
        let len = |wanted: bool| if wanted { samples } else { 0 };
        Self {
            samples,
            first: 0,
            block: 0,
            open: Moments::new(samples, wanted),
            pending: 0,
            d: Vec::new(),
            d2: Vec::new(),
            closed: Tree::default(),
            min: vec![S::HIGHEST; len(wanted.min)],
            max: vec![S::LOWEST; len(wanted.max)],
        }
    }

    fn start_at(&mut self, block: u64) {
        (self.first, self.block) = (block, block);
    }

    #[inline(always)]
    fn push(&mut self, frames: &[&[S]], blocks: &[(u64, usize)], cover: &Cover) {
        let mut rest = frames;
        for &(block, len) in blocks {
            let (frames, later) = rest.split_at(len);
            rest = later;
            if block != self.block {
                self.close();
                self.block = block;
            }
            self.push_block(frames, cover);
        }
    }

    fn merge(&mut self, later: &Self) {
        self.close();
        self.closed.append(self.first, later.closed.clone());
        (self.block, self.pending) = (later.block, later.pending);
        self.open.clone_from(&later.open);
        self.d.clone_from(&later.d);
        self.d2.clone_from(&later.d2);
        self.min.iter_mut().zip(&later.min).for_each(|(a, &b)| *a = least(*a, b));
        self.max.iter_mut().zip(&later.max).for_each(|(a, &b)| *a = greatest(*a, b));
    }

    fn settled(&self) -> Cow<'_, Self> {
        if self.closed.nodes().is_empty() {
            return Cow::Borrowed(self);
        }
        let mut all = self.clone();
        all.close();
        all.open = std::mem::take(&mut all.closed).total().unwrap_or_default();
        Cow::Owned(all)
    }

    #[inline]
    fn value(&self, index: usize, method: Method, ddof: u32) -> f64 {
        let n = self.open.count(index);
        if n == 0 {
            return f64::NAN;
        }
        match method {
            Method::Mean => self.open.sum[index] / f64::from(n),
            Method::Sum => self.open.sum[index],
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
        let value = |(i, &v): (usize, &S)| if self.open.count(i) == 0 { S::from_f64(f64::NAN) } else { v };
        values.iter().enumerate().map(value).collect()
    }

    fn counts(&self) -> Counts {
        match &self.open.counts {
            None => Counts::Uniform(u64::from(self.open.frames)),
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
    /// Mean and sum of squared distances from it in the open block, the current group included.
    fn spread(&self, index: usize) -> (f64, f64) {
        let (mean, m2) = (self.open.mean[index], self.open.m2[index]);
        let n = self.open.count(index);
        if self.d.is_empty() || n == 0 {
            return (mean, m2);
        }
        moved(mean, m2, self.d[index], self.d2[index], f64::from(n))
    }

    /// Ends the open block.
    fn close(&mut self) {
        if self.open.frames == 0 {
            return;
        }
        self.close_group();
        self.pending = 0;
        let sizes = [&self.open.sum, &self.open.mean, &self.open.m2].map(Vec::len);
        let place = Place { level: 0, index: self.block };
        self.open = match self.closed.push(self.first, place, std::mem::take(&mut self.open)) {
            Some(mut spare) => {
                spare.clear();
                spare
            }
            None => Moments::of_sizes(sizes),
        };
    }

    /// Counts per sample from now on.
    fn count_each(&mut self) -> &mut Vec<u32> {
        self.open.counts.get_or_insert_with(|| vec![self.open.frames; self.samples])
    }

    /// Adds frames of the open block.
    #[inline(always)]
    fn push_block(&mut self, frames: &[&[S]], cover: &Cover) {
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

    /// Adds whole groups, or a part of one, and puts back what happened to masked samples on the way.
    #[inline(always)]
    fn push_kept(&mut self, frames: &[&[S]], cover: &Cover) {
        if frames.is_empty() {
            return;
        }
        let squares = !self.open.m2.is_empty();
        let ahead = (self.pending + frames.len()) % GROUP;
        if squares && ahead > 0 {
            self.d.resize(self.samples, 0.0);
            self.d2.resize(self.samples, 0.0);
        }
        let counts = Kept::of(self.open.counts.as_deref().unwrap_or_default(), cover);
        let sum = Kept::of(&self.open.sum, cover);
        let (mean, m2) = (Kept::of(&self.open.mean, cover), Kept::of(&self.open.m2, cover));
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
        if let Some(now) = &mut self.open.counts {
            counts.restore(now);
        }
        sum.restore(&mut self.open.sum);
        mean.restore(&mut self.open.mean);
        m2.restore(&mut self.open.m2);
        d.restore(&mut self.d);
        d2.restore(&mut self.d2);
        min.restore(&mut self.min);
        max.restore(&mut self.max);
        self.pending = ahead;
        if squares && ahead == 0 {
            self.close_group();
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
        if let Some(counts) = &mut self.open.counts {
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
        self.open.frames += G as u32;
    }

    /// Adds the samples of one span to everything but the counts. Returns whether any of them was missing.
    #[inline(always)]
    fn push_span<const G: usize>(&mut self, group: &Group<'_, S, G>, span: &Range<usize>) -> bool {
        let edges = !self.min.is_empty() && !self.max.is_empty();
        let squares = !self.open.m2.is_empty();
        let mut holes = false;
        if squares && G == GROUP {
            holes |= self.push_spread(group, span);
            if edges {
                return holes;
            }
        } else {
            if !self.open.sum.is_empty() {
                let sum = &mut self.open.sum[span.clone()];
                holes |= if self.open.counts.is_none() { add_plain(sum, group) } else { add(sum, group) };
            }
            if squares {
                let even =
                    if self.open.counts.is_none() { vec![self.open.frames; span.len()] } else { Vec::new() };
                let n = self.open.counts.as_ref().map_or(even.as_slice(), |counts| &counts[span.clone()]);
                let (d, d2) = (&mut self.d[span.clone()], &mut self.d2[span.clone()]);
                add_distances(n, &mut self.open.mean[span.clone()], d, d2, group);
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
        let (sum, mean, m2) = (
            &mut self.open.sum[span.clone()],
            &mut self.open.mean[span.clone()],
            &mut self.open.m2[span.clone()],
        );
        let (min, max) = (&mut self.min[part.clone()], &mut self.max[part]);
        let before = f64::from(self.open.frames);
        match (&self.open.counts, edges, self.open.frames > 0) {
            (None, true, true) => spread_plain::<S, G, false, true>(sum, mean, m2, min, max, group, before),
            (None, true, false) => spread_plain::<S, G, true, true>(sum, mean, m2, min, max, group, before),
            (None, false, true) => spread_plain::<S, G, false, false>(sum, mean, m2, min, max, group, before),
            (None, false, false) => spread_plain::<S, G, true, false>(sum, mean, m2, min, max, group, before),
            (Some(counts), edges, _) => {
                let n = &counts[span.clone()];
                let n = |i: usize| f64::from(n[i]);
                if edges {
                    spread::<S, G, true, true>(sum, mean, m2, min, max, group, n)
                } else {
                    spread::<S, G, true, false>(sum, mean, m2, min, max, group, n)
                }
            }
        }
    }

    /// Ends a group that was pushed in parts, if this was one.
    fn close_group(&mut self) {
        for i in 0..self.d.len() {
            (self.open.mean[i], self.open.m2[i]) = self.spread(i);
        }
        (self.d, self.d2) = (Vec::new(), Vec::new());
    }
}

impl<S: Element> FloatBand<S> {
    /// Writes bands side by side, their open blocks ended.
    pub(super) fn save(bands: &[Self], to: &mut Writer) {
        let bands: Vec<Self> = bands
            .iter()
            .map(|band| {
                let mut band = band.clone();
                band.close();
                band
            })
            .collect();
        let nodes = bands.first().map_or(0, |band| band.closed.nodes().len());
        to.number(nodes as u64);
        for node in 0..nodes {
            let (place, moments) = &bands[0].closed.nodes()[node];
            to.number(place.level.into());
            to.number(place.index);
            to.number(moments.frames.into());
            let all = || bands.iter().map(|band| &band.closed.nodes()[node].1);
            let counts: Vec<u32> =
                bands.iter().zip(all()).flat_map(|(b, m)| (0..b.samples).map(|i| m.count(i))).collect();
            to.counts(&counts, moments.frames);
            all().for_each(|m| to.values(&m.sum));
            all().for_each(|m| to.values(&m.mean));
            all().for_each(|m| to.values(&m.m2));
        }
        for band in &bands {
            to.values(&band.min);
        }
        for band in &bands {
            to.values(&band.max);
        }
    }

    /// Reads what [`FloatBand::save`] wrote of bands of these sizes, over the blocks `blocks` of `len` frames.
    pub(super) fn load(
        from: &mut Reader<'_>,
        sizes: &[usize],
        wanted: Wanted,
        blocks: Range<u64>,
        len: u64,
    ) -> Result<Vec<Self>, StateError> {
        let samples = sizes.iter().sum();
        let band = |&size: &usize| {
            let mut band = Self::new(size, wanted);
            band.start_at(blocks.start);
            band
        };
        let mut bands: Vec<Self> = sizes.iter().map(band).collect();
        let (mut next, mut all_frames) = (blocks.start, 0);
        for _ in 0..from.number_within("subtrees", 0..=128)? {
            let level = from.number_within("level of a subtree", 0..=63)? as u32;
            let index = from.number()?;
            let place = Place { level, index };
            let spanned = place.blocks();
            let inside = index <= u64::MAX >> level && next <= spanned.start && spanned.end <= blocks.end;
            if !inside || spanned.is_empty() {
                return Err(from.fault(format!(
                    "a subtree of the blocks {} to {} found, blocks from {next} to before {} expected",
                    spanned.start, spanned.end, blocks.end
                )));
            }
            next = spanned.end;
            let most = (spanned.end - spanned.start).saturating_mul(len).min(MOST_FRAMES);
            let frames = from.number_within("frames of a subtree", 1..=most)? as u32;
            all_frames += u64::from(frames);
            if all_frames > MOST_FRAMES {
                return Err(from.fault(format!("{all_frames} frames found, at most {MOST_FRAMES} expected")));
            }
            let mut counts = from.counts(samples, frames)?.map(Vec::into_iter);
            let both = wanted.sum || wanted.squares;
            let mut sum = from.values::<f64>(if both { samples } else { 0 })?.into_iter();
            let mut mean = from.values::<f64>(if wanted.squares { samples } else { 0 })?.into_iter();
            let mut m2 = from.values::<f64>(if wanted.squares { samples } else { 0 })?.into_iter();
            for band in &mut bands {
                let moments = Moments {
                    frames,
                    counts: counts.as_mut().map(|counts| front(counts, band.samples)),
                    sum: front(&mut sum, band.samples),
                    mean: front(&mut mean, band.samples),
                    m2: front(&mut m2, band.samples),
                };
                band.closed.push(blocks.start, place, moments);
                band.block = spanned.end;
            }
        }
        let mut min = from.values::<S>(if wanted.min { samples } else { 0 })?.into_iter();
        let mut max = from.values::<S>(if wanted.max { samples } else { 0 })?.into_iter();
        for band in &mut bands {
            band.min = front(&mut min, band.samples);
            band.max = front(&mut max, band.samples);
        }
        Ok(bands)
    }
}
