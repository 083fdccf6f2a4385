//! Windows of statistics that cannot be taken apart: from the end of one block and the beginning of the next.

use blitz_core::{Sample, SamplesMut, SamplesRef, typed};

use super::fold::Fold;
use super::gaps::Gaps;
use super::machine::{Machine, for_output};
use crate::element::Element;
use crate::reduce::Counts;
use crate::simd::{self, Level, Work};

/// After van Herk and Gil and Werman: frames are cut into blocks of w at multiples of w. While a block is
/// filled, `head` holds what was accumulated of it; when it is full, every frame's part is replaced by what
/// the block holds from that frame on. A window is one such end joined with the head of the next block.
pub(super) struct Folded<S, F: Fold<S>> {
    window: usize,
    samples: usize,
    ddof: u32,
    /// `window` lines of `samples` parts.
    ring: Vec<F::Part>,
    head: Vec<F::Part>,
    /// The frame to come.
    next: usize,
    gaps: Gaps,
}

impl<S: Element, F: Fold<S>> Folded<S, F> {
    pub(super) fn new(samples: usize, window: usize, ddof: u32, first: usize) -> Self {
        Self {
            window,
            samples,
            ddof,
            ring: vec![F::EMPTY; window * samples],
            head: vec![F::EMPTY; samples],
            next: first,
            gaps: Gaps::new(window),
        }
    }
}

impl<S: Element, F: Fold<S>> Machine for Folded<S, F> {
    fn push(&mut self, frame: Option<SamplesRef<'_>>, level: Level) {
        let slot = self.next % self.window;
        let frame = frame.map(typed::<S>);
        let ring = &mut self.ring[slot * self.samples..(slot + 1) * self.samples];
        if slot == 0 {
            self.head.fill(F::EMPTY);
        }
        let mut has_nan = false;
        match frame {
            Some(frame) => has_nan = simd::run(level, Add::<S, F> { frame, ring, head: &mut self.head }),
            None => ring.fill(F::EMPTY),
        }
        self.gaps.replace(slot, frame, has_nan);
        self.next += 1;
        if self.next.is_multiple_of(self.window) {
            for slot in (1..self.window).rev() {
                let (earlier, later) = self.ring.split_at_mut(slot * self.samples);
                let ends = &mut earlier[(slot - 1) * self.samples..];
                simd::run(level, Extend::<S, F> { ends, later: &later[..self.samples] });
            }
        }
    }

    fn result(&self, out: SamplesMut<'_>, level: Level) -> Counts {
        for_output!(out, out => simd::run(level, Finish::<S, F, _> { state: self, out }));
        self.gaps.counts()
    }
}

struct Add<'a, S, F: Fold<S>> {
    frame: &'a [S],
    ring: &'a mut [F::Part],
    head: &'a mut [F::Part],
}

impl<S: Element, F: Fold<S>> Work for Add<'_, S, F> {
    /// Whether a sample is missing.
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut has_nan = false;
        for ((&v, slot), head) in self.frame.iter().zip(self.ring).zip(self.head) {
            let part = F::of(v);
            *slot = part;
            *head = F::join(*head, part);
            has_nan |= v.is_nan();
        }
        has_nan
    }
}

struct Extend<'a, S, F: Fold<S>> {
    ends: &'a mut [F::Part],
    later: &'a [F::Part],
}

impl<S: Element, F: Fold<S>> Work for Extend<'_, S, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (end, &later) in self.ends.iter_mut().zip(self.later) {
            *end = F::join(*end, later);
        }
    }
}

struct Finish<'a, S, F: Fold<S>, W> {
    state: &'a Folded<S, F>,
    out: &'a mut [W],
}

impl<S: Element, F: Fold<S>, W: Sample> Work for Finish<'_, S, F, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Folded { window, samples, ddof, ring, head, next, gaps } = self.state;
        let slot = next % window;
        let ends = &ring[slot * samples..(slot + 1) * samples];
        // Behind a full block the window is that block.
        let whole = slot == 0;
        match gaps.uniform() {
            Some(0) => self.out.fill(W::from_f64(f64::NAN)),
            Some(n) => {
                let n = f64::from(n);
                for ((out, &end), &head) in self.out.iter_mut().zip(ends).zip(head) {
                    let part = if whole { end } else { F::join(end, head) };
                    *out = W::from_f64(F::value(part, n, *ddof));
                }
            }
            None => {
                for (i, (out, &end)) in self.out.iter_mut().zip(ends).enumerate() {
                    let part = if whole { end } else { F::join(end, head[i]) };
                    let n = gaps.count(i);
                    let value = F::value(part, f64::from(n), *ddof);
                    *out = W::from_f64(if n == 0 { f64::NAN } else { value });
                }
            }
        }
    }
}
