//! Walking through a recording.

use blitz_core::{DType, SamplesMut, SamplesRef};
use rayon::prelude::*;

use super::fold::{AsMean, AsSum, Greatest, Least, LongSum, Spread, Sum};
use super::folded::Folded;
use super::machine::{Machine, for_output};
use super::running::{Moment, Running, Widen};
use super::sorted::Sorted;
use crate::element::Element;
use crate::reduce::{Counts, Method};
use crate::simd::Level;

/// Frames up to which the sum of 16-bit samples stays within 31 bits.
const SHORT: usize = 1 << 15;

/// A window that moves over a band of samples, one frame at a time.
///
/// # Shape
/// The same `samples` samples of every frame in (a band of a frame, or all of it); as many out.
///
/// # Cost
/// Per sample and frame: mean, sum and std of integers O(1) (one addition and one subtraction); min, max and
/// everything of floats O(1) (three joins); median and percentiles O(w), but across 8 or 16 samples at a
/// time. Memory: see [`Sweep::bytes`]. A result costs one pass over the band.
///
/// # Parallel
/// Serial: bands are run in parallel. Results do not depend on how a frame is cut into bands.
pub struct Sweep {
    machine: Box<dyn Machine>,
    dtype: DType,
    samples: usize,
    window: usize,
    held: usize,
}

impl std::fmt::Debug for Sweep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { dtype, samples, window, held, .. } = self;
        write!(f, "Sweep({samples} × {dtype}, {held} of {window} frames)")
    }
}

impl Sweep {
    /// A window of `window` frames over a band of `samples` samples. `first` is the number of the first frame
    /// that will be pushed, counted on the stack: it places the blocks that sums of floats are made of, so
    /// that a window has the same bits wherever a sweep began. `ddof` is used by standard deviations.
    ///
    /// # Panics
    /// If the window is 0 or a percentile is not within 0 to 100.
    pub fn new(dtype: DType, samples: usize, window: usize, method: Method, ddof: u32, first: usize) -> Self {
        assert!(window > 0, "a window has at least 1 frame");
        if let Some(q) = method.percentile() {
            assert!((0.0..=100.0).contains(&q), "percentiles lie within 0 to 100: {q}");
        }
        let order = Plan { samples, window, method, ddof, first };
        let machine = match dtype {
            DType::U8 => order.short::<u8, 16>(),
            DType::U16 => order.short::<u16, 16>(),
            DType::I16 => order.short::<i16, 16>(),
            DType::I32 => order.long::<i32>(),
            DType::U32 => order.long::<u32>(),
            DType::F32 => order.single(),
            DType::F64 => order.double(),
        };
        Self { machine, dtype, samples, window, held: 0 }
    }

    /// Bytes that a sweep holds per sample of its band.
    pub fn bytes(dtype: DType, window: usize, method: Method) -> usize {
        let size = dtype.size();
        let total = match method {
            Method::Std => 8 + 4 * size.max(2),
            _ => 8,
        };
        match method {
            Method::Median | Method::Percentile(_) => 2 * size * window,
            Method::Min | Method::Max => size * (window + 1),
            _ if !dtype.is_float() => size * window + total,
            Method::Std => 24 * (window + 1),
            Method::Mean | Method::Sum => 2 * size * (window + 1),
        }
    }

    /// Samples per band, for stacks that lie in memory: a multiple of 64, up to 16 Ki. The state of medians and
    /// percentiles stays in a first-level cache; that of the others in a last-level one, because reading and
    /// writing long pieces of each frame gains more. It depends on nothing but the arguments.
    pub fn band(dtype: DType, window: usize, method: Method) -> usize {
        let fitting = |cache: usize| cache / Self::bytes(dtype, window, method);
        let band = match method {
            // All that is held is walked through for every frame.
            Method::Median | Method::Percentile(_) => fitting(FIRST_CACHE).clamp(64, 16 * 1024),
            _ => fitting(CACHE).clamp(1024, 16 * 1024),
        };
        band / 64 * 64
    }

    /// Adds the next frame and drops the one that leaves the window. `None` is a frame that failed or is not
    /// there: it is skipped but keeps its place.
    ///
    /// # Panics
    /// If the frame has another element type or size.
    pub fn push(&mut self, frame: Option<SamplesRef<'_>>) {
        self.push_at(frame, Level::current());
    }

    /// Whether the window is whole: `window` frames were pushed.
    pub fn is_whole(&self) -> bool {
        self.held == self.window
    }

    /// The statistic of the last `window` frames pushed (of fewer if there are fewer), as f32 or f64, and how
    /// many samples each value rests on. [`Window::frame_of`](super::Window::frame_of) says whose window it
    /// is.
    ///
    /// # Panics
    /// If `out` is neither f32 nor f64 or has another size than the band.
    pub fn result(&self, out: SamplesMut<'_>) -> Counts {
        self.result_at(out, Level::current())
    }

    fn push_at(&mut self, frame: Option<SamplesRef<'_>>, level: Level) {
        if let Some(frame) = frame {
            assert_eq!(frame.dtype(), self.dtype, "frames have the element type of the sweep");
            assert_eq!(frame.len(), self.samples, "frames have the size of the band");
        }
        self.machine.push(frame, level);
        self.held = (self.held + 1).min(self.window);
    }

    fn result_at(&self, out: SamplesMut<'_>, level: Level) -> Counts {
        assert_eq!(out.len(), self.samples, "results have the size of the band");
        self.machine.result(out, level)
    }
}

/// Bytes of state per band: one core's share of a common last-level cache.
const CACHE: usize = 4 * 1024 * 1024;

/// Bytes of sorted windows per band: what a first-level cache holds.
const FIRST_CACHE: usize = 32 * 1024;

/// What a machine is made from.
struct Plan {
    samples: usize,
    window: usize,
    method: Method,
    ddof: u32,
    first: usize,
}

impl Plan {
    fn moment(&self) -> Moment {
        match self.method {
            Method::Std => Moment::Std { ddof: self.ddof },
            Method::Sum => Moment::Sum,
            _ => Moment::Mean,
        }
    }

    /// Integers of up to 16 bit.
    fn short<S, const L: usize>(&self) -> Box<dyn Machine>
    where
        S: Widen<i32> + Widen<i64> + Widen<u64> + super::sorted::Ordered,
    {
        if let Some(machine) = self.any::<S, L>() {
            return machine;
        }
        if self.window <= SHORT {
            Box::new(Running::<S, i32, u64>::new(self.samples, self.window, self.moment()))
        } else {
            Box::new(Running::<S, i64, u64>::new(self.samples, self.window, self.moment()))
        }
    }

    /// Integers of 32 bit.
    fn long<S: Widen<i64> + Widen<u128> + super::sorted::Ordered>(&self) -> Box<dyn Machine> {
        self.any::<S, 16>().unwrap_or_else(|| {
            Box::new(Running::<S, i64, u128>::new(self.samples, self.window, self.moment()))
        })
    }

    fn single(&self) -> Box<dyn Machine> {
        self.any::<f32, 16>().unwrap_or_else(|| match self.method {
            Method::Std => self.folded::<f32, Spread>(),
            Method::Sum => self.folded::<f32, Sum<AsSum>>(),
            _ => self.folded::<f32, Sum<AsMean>>(),
        })
    }

    fn double(&self) -> Box<dyn Machine> {
        self.any::<f64, 8>().unwrap_or_else(|| match self.method {
            Method::Std => self.folded::<f64, Spread>(),
            Method::Sum => self.folded::<f64, LongSum<AsSum>>(),
            _ => self.folded::<f64, LongSum<AsMean>>(),
        })
    }

    /// What works in the same way for all types.
    fn any<S: super::sorted::Ordered, const L: usize>(&self) -> Option<Box<dyn Machine>> {
        match self.method {
            Method::Min => Some(self.folded::<S, Least>()),
            Method::Max => Some(self.folded::<S, Greatest>()),
            Method::Mean | Method::Sum | Method::Std => None,
            Method::Median | Method::Percentile(_) => {
                let q = self.method.percentile()?;
                Some(Box::new(Sorted::<S, L>::new(self.samples, self.window, q)))
            }
        }
    }

    fn folded<S: Element, F: super::fold::Fold<S>>(&self) -> Box<dyn Machine> {
        Box::new(Folded::<S, F>::new(self.samples, self.window, self.ddof, self.first))
    }
}

/// A [`Sweep`] over whole frames: all bands advance together, in parallel in the caller's pool. For stacks
/// whose frames are decoded one after the other.
///
/// Results are the bits of a [`Sweep`]. Memory: [`Sweep::bytes`] per sample of the frame.
#[derive(Debug)]
pub struct FrameSweep {
    bands: Vec<Sweep>,
    samples: usize,
}

/// Samples per band of a [`FrameSweep`].
pub(super) const BAND: usize = 16 * 1024;

impl FrameSweep {
    /// As [`Sweep::new`] for frames of `samples` samples.
    ///
    /// # Panics
    /// As [`Sweep::new`].
    pub fn new(dtype: DType, samples: usize, window: usize, method: Method, ddof: u32, first: usize) -> Self {
        let bands = (0..samples.div_ceil(BAND))
            .map(|i| Sweep::new(dtype, (samples - i * BAND).min(BAND), window, method, ddof, first))
            .collect();
        Self { bands, samples }
    }

    /// As [`Sweep::push`].
    ///
    /// # Panics
    /// As [`Sweep::push`].
    pub fn push(&mut self, frame: Option<SamplesRef<'_>>) {
        if let Some(frame) = frame {
            assert_eq!(frame.len(), self.samples, "frames have the size of the sweep");
        }
        let level = Level::current();
        self.bands.par_iter_mut().enumerate().for_each(|(i, band)| {
            let part = frame.map(|frame| frame.slice(i * BAND..i * BAND + band.samples));
            band.push_at(part, level);
        });
    }

    /// As [`Sweep::is_whole`].
    pub fn is_whole(&self) -> bool {
        self.bands.first().is_none_or(Sweep::is_whole)
    }

    /// As [`Sweep::result`].
    ///
    /// # Panics
    /// As [`Sweep::result`].
    pub fn result(&self, out: SamplesMut<'_>) -> Counts {
        assert_eq!(out.len(), self.samples, "results have the size of the sweep");
        let level = Level::current();
        let counts: Vec<Counts> = for_output!(out, out => {
            let bands = self.bands.par_iter().zip(out.par_chunks_mut(BAND));
            bands.map(|(band, out)| band.result_at(out.into(), level)).collect()
        });
        joined(&counts, self.samples, BAND)
    }
}

/// Counts of bands of `band` samples, one behind the other.
pub(super) fn joined(counts: &[Counts], samples: usize, band: usize) -> Counts {
    match counts {
        [] => Counts::Uniform(0),
        [Counts::Uniform(n), rest @ ..] if rest.iter().all(|c| *c == Counts::Uniform(*n)) => {
            Counts::Uniform(*n)
        }
        _ => Counts::PerSample((0..samples).map(|i| counts[i / band].at(i % band) as u32).collect()),
    }
}
