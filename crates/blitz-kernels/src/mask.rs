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
