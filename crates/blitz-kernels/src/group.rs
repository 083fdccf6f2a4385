//! Loops over the same samples of several frames.
//!
//! The innermost loop runs along the samples and takes several frames per turn: the compiler vectorises it
//! for any width, the frames are read as a few parallel streams, and accumulators are loaded and stored once
//! per group instead of once per frame.

use std::ops::Range;

/// Frames per group. More streams than this are slower to read, fewer update accumulators more often.
pub(crate) const GROUP: usize = crate::element::GROUP;

/// The same samples of `G` frames, lines of one length.
pub(crate) type Group<'a, S, const G: usize> = [&'a [S]; G];

/// The samples `part` of the first `G` frames.
#[inline(always)]
pub(crate) fn group<'a, S, const G: usize>(frames: &[&'a [S]], part: &Range<usize>) -> Group<'a, S, G> {
    let mut lines: Group<'a, S, G> = [&[]; G];
    for g in 0..G {
        lines[g] = &frames[g][part.clone()];
    }
    lines
}

/// The lines cut to one length: one check here, none in the loop that follows.
#[inline(always)]
pub(crate) fn cut<'a, S, const G: usize>(group: &Group<'a, S, G>, len: usize) -> Group<'a, S, G> {
    let mut lines = *group;
    for line in &mut lines {
        *line = &line[..len];
    }
    lines
}

/// Updates every accumulator with its sample of each frame, in frame order.
#[inline(always)]
pub(crate) fn fold<A: Copy, S: Copy, const G: usize>(
    accumulators: &mut [A],
    group: &Group<'_, S, G>,
    step: impl Fn(A, S) -> A,
) {
    let len = accumulators.len();
    let lines = cut(group, len);
    for i in 0..len {
        let mut a = accumulators[i];
        for line in &lines {
            a = step(a, line[i]);
        }
        accumulators[i] = a;
    }
}

/// As [`fold`], for two accumulators that share the samples. (Two parameters rather than a pair of them tell
/// the compiler that they do not overlap.)
#[inline(always)]
pub(crate) fn fold2<A: Copy, B: Copy, S: Copy, const G: usize>(
    first: &mut [A],
    second: &mut [B],
    group: &Group<'_, S, G>,
    step: impl Fn(A, B, S) -> (A, B),
) {
    let len = first.len();
    let second = &mut second[..len];
    let lines = cut(group, len);
    for i in 0..len {
        let (mut a, mut b) = (first[i], second[i]);
        for line in &lines {
            (a, b) = step(a, b, line[i]);
        }
        (first[i], second[i]) = (a, b);
    }
}
