//! Pixel masks as runs of samples, so that kernels keep their straight loops.

use std::ops::Range;

use blitz_core::Mask;

/// Checks that a mask belongs to a frame of `samples` samples.
///
/// # Panics
/// If it does not.
pub(crate) fn check(mask: Option<&Mask>, samples: usize, channels: usize) {
    if let Some(mask) = mask {
        assert_eq!(mask.valid.len() * channels, samples, "mask has one flag per pixel of the frame");
    }
}

/// The valid samples of `range` as maximal runs, ascending. Without a mask that is the range itself.
pub(crate) fn runs(mask: Option<&Mask>, channels: usize, range: Range<usize>) -> Vec<Range<usize>> {
    let Some(mask) = mask else {
        return if range.is_empty() { Vec::new() } else { vec![range] };
    };
    let mut runs: Vec<Range<usize>> = Vec::new();
    if range.is_empty() {
        return runs;
    }
    let pixels = range.start / channels..range.end.div_ceil(channels);
    for pixel in pixels.filter(|&p| mask.valid[p]) {
        let start = (pixel * channels).max(range.start);
        let end = ((pixel + 1) * channels).min(range.end);
        match runs.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => runs.push(start..end),
        }
    }
    runs
}

/// Samples that are worth walking over rather than around.
const NARROW: usize = 64;

/// Which samples of a part count, for kernels that walk over a few others to keep their loops long.
#[derive(Clone, Debug)]
pub(crate) struct Cover {
    /// Samples of the part.
    pub(crate) samples: usize,
    /// The valid samples as maximal runs, ascending.
    pub(crate) runs: Vec<Range<usize>>,
    /// What to walk: the runs, joined where the gap is narrow.
    pub(crate) spans: Vec<Range<usize>>,
    /// The gaps inside the spans: what is gathered there has to be put back.
    pub(crate) gaps: Vec<Range<usize>>,
}

impl Cover {
    /// Of the part `range` of a frame, counted from its start.
    pub(crate) fn new(mask: Option<&Mask>, channels: usize, range: Range<usize>) -> Self {
        let shift = |run: Range<usize>| run.start - range.start..run.end - range.start;
        let runs: Vec<_> = runs(mask, channels, range.clone()).into_iter().map(shift).collect();
        let (mut spans, mut gaps) = (Vec::<Range<usize>>::new(), Vec::new());
        for run in &runs {
            match spans.last_mut() {
                Some(last) if run.start - last.end < NARROW => {
                    gaps.push(last.end..run.start);
                    last.end = run.end;
                }
                _ => spans.push(run.clone()),
            }
        }
        Self { samples: range.len(), runs, spans, gaps }
    }

    /// Whether every sample counts.
    pub(crate) fn is_full(&self) -> bool {
        self.runs.len() == 1 && self.runs[0].len() == self.samples
    }
}

/// What accumulators held in the gaps of a [`Cover`].
pub(crate) struct Kept<'a, T> {
    gaps: &'a [Range<usize>],
    values: Vec<T>,
}

impl<'a, T: Copy> Kept<'a, T> {
    /// Notes the values in the gaps; nothing of accumulators that are empty.
    pub(crate) fn of(accumulators: &[T], cover: &'a Cover) -> Self {
        let gaps = if accumulators.is_empty() { &[] } else { cover.gaps.as_slice() };
        let values = gaps.iter().flat_map(|gap| &accumulators[gap.clone()]).copied().collect();
        Self { gaps, values }
    }

    /// Puts them back.
    pub(crate) fn restore(self, accumulators: &mut [T]) {
        let places = self.gaps.iter().flat_map(Clone::clone);
        for (place, value) in places.zip(self.values) {
            accumulators[place] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_follow_the_mask_and_the_range() {
        let mask = Mask { width: 4, height: 1, valid: vec![true, false, true, true] };
        assert_eq!(runs(Some(&mask), 3, 0..12), [0..3, 6..12]);
        assert_eq!(runs(Some(&mask), 3, 2..8), [2..3, 6..8]);
        assert_eq!(runs(Some(&mask), 1, 1..2), []);
        assert_eq!(runs(None, 3, 2..8).len(), 1);
        assert_eq!(runs(None, 3, 2..2), []);
    }
}
