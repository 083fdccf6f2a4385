//! Windows of integers that hold none of their frames.

use blitz_core::{DType, SamplesMut, SamplesRef};
use rayon::prelude::*;

use super::machine::{Exchange, for_output};
use super::running::{Moment, Running};
use super::sweep::{BAND, joined};
use crate::reduce::{Counts, Method};
use crate::simd::Level;

/// Mean, sum or standard deviation of whole frames of integers in a window of any length, which is told of
/// the frames that enter *and* of those that leave: for stacks whose frames are read again at little cost,
/// and for windows too long to be held. Frames that failed neither enter nor leave.
///
/// # Values
/// The bits of a [`FrameSweep`](super::FrameSweep): sums are exact.
///
/// # Cost
/// O(1) per sample and frame: one addition and one subtraction. Memory: 8 bytes per sample, for standard
/// deviations 16 (24 for 32-bit integers), whatever the length.
///
/// # Parallel
/// Bands in the caller's pool.
pub struct FrameExchange {
    bands: Vec<Box<dyn Exchange>>,
    samples: usize,
    inside: usize,
}

impl std::fmt::Debug for FrameExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameExchange({} samples, {} frames)", self.samples, self.inside)
    }
}

impl FrameExchange {
    /// An empty window over frames of `samples` samples; `None` for other types and statistics than integers
    /// and moments.
    pub fn new(dtype: DType, samples: usize, method: Method, ddof: u32) -> Option<Self> {
        let moment = match method {
            Method::Mean => Moment::Mean,
            Method::Sum => Moment::Sum,
            Method::Std => Moment::Std { ddof },
            Method::Min | Method::Max | Method::Median | Method::Percentile(_) => return None,
        };
        let band = |len: usize| -> Option<Box<dyn Exchange>> {
            Some(match dtype {
                DType::U8 => Box::new(Running::<u8, i64, u64>::unheld(len, moment)),
                DType::U16 => Box::new(Running::<u16, i64, u64>::unheld(len, moment)),
                DType::I16 => Box::new(Running::<i16, i64, u64>::unheld(len, moment)),
                DType::I32 => Box::new(Running::<i32, i64, u128>::unheld(len, moment)),
                DType::U32 => Box::new(Running::<u32, i64, u128>::unheld(len, moment)),
                DType::F32 | DType::F64 => return None,
            })
        };
        let bands = (0..samples).step_by(BAND).map(|start| band((samples - start).min(BAND)));
        Some(Self { bands: bands.collect::<Option<_>>()?, samples, inside: 0 })
    }

    /// Frames inside the window, without those that failed.
    pub fn inside(&self) -> usize {
        self.inside
    }

    /// A frame enters the window.
    ///
    /// # Panics
    /// If the frame has another type or size.
    pub fn enter(&mut self, frame: SamplesRef<'_>) {
        self.inside += 1;
        self.each(frame, |band, part, level| band.enter(part, level));
    }

    /// A frame that entered leaves the window.
    ///
    /// # Panics
    /// If no frame is inside, or the frame has another type or size.
    pub fn leave(&mut self, frame: SamplesRef<'_>) {
        assert!(self.inside > 0, "a frame that leaves has entered");
        self.inside -= 1;
        self.each(frame, |band, part, level| band.leave(part, level));
    }

    fn each(
        &mut self,
        frame: SamplesRef<'_>,
        apply: impl Fn(&mut dyn Exchange, SamplesRef<'_>, Level) + Sync,
    ) {
        let samples = self.samples;
        assert_eq!(frame.len(), samples, "frames have the size of the window");
        let level = Level::current();
        self.bands.par_iter_mut().enumerate().for_each(|(i, band)| {
            let part = frame.slice(i * BAND..(i * BAND + BAND).min(samples));
            apply(band.as_mut(), part, level);
        });
    }

    /// The statistic of the frames inside, as f32 or f64, and how many they are.
    ///
    /// # Panics
    /// If `out` is neither f32 nor f64 or has another size than a frame.
    pub fn result(&self, out: SamplesMut<'_>) -> Counts {
        assert_eq!(out.len(), self.samples, "results have the size of the window");
        let level = Level::current();
        let counts: Vec<Counts> = for_output!(out, out => {
            let bands = self.bands.par_iter().zip(out.par_chunks_mut(BAND));
            bands.map(|(band, out)| band.finish(out.into(), level)).collect()
        });
        joined(&counts, self.samples, BAND)
    }
}
