//! Missing samples of a window that moves.

use blitz_core::Sample;

use crate::reduce::Counts;

/// Which samples of which frames of the window are missing. Costs nothing per sample as long as none is.
pub(super) struct Gaps {
    window: usize,
    /// Per frame of the window, one flag per sample of those that have a missing one.
    frames: Vec<Option<Box<[bool]>>>,
    /// Frames of the window that were handed over.
    present: u32,
    is_present: Vec<bool>,
    /// Of the frames that are present, how many are missing, per sample; empty until one is.
    missing: Vec<u32>,
    /// Frames with missing samples in the window.
    incomplete: usize,
}

impl Gaps {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            frames: vec![None; window],
            present: 0,
            is_present: vec![false; window],
            missing: Vec::new(),
            incomplete: 0,
        }
    }

    /// Replaces frame `slot` of the window; `has_nan` says whether the new one has missing samples.
    pub(super) fn replace<S: Sample>(&mut self, slot: usize, frame: Option<&[S]>, has_nan: bool) {
        debug_assert!(slot < self.window);
        if let Some(flags) = self.frames[slot].take() {
            self.missing.iter_mut().zip(&flags).for_each(|(n, &flag)| *n -= u32::from(flag));
            self.incomplete -= 1;
        }
        self.present -= u32::from(self.is_present[slot]);
        self.is_present[slot] = frame.is_some();
        let Some(frame) = frame else { return };
        self.present += 1;
        if has_nan {
            self.missing.resize(frame.len(), 0);
            let flags: Box<[bool]> = frame.iter().map(|v| v.is_nan()).collect();
            self.missing.iter_mut().zip(&flags).for_each(|(n, &flag)| *n += u32::from(flag));
            self.frames[slot] = Some(flags);
            self.incomplete += 1;
        }
    }

    /// The number of samples if it is the same everywhere.
    pub(super) fn uniform(&self) -> Option<u32> {
        (self.incomplete == 0).then_some(self.present)
    }

    /// How many samples the window has at `index`.
    #[inline(always)]
    pub(super) fn count(&self, index: usize) -> u32 {
        if self.incomplete == 0 { self.present } else { self.present - self.missing[index] }
    }

    pub(super) fn counts(&self) -> Counts {
        match self.uniform() {
            Some(n) => Counts::Uniform(u64::from(n)),
            None => Counts::PerSample(self.missing.iter().map(|n| self.present - n).collect()),
        }
    }
}
