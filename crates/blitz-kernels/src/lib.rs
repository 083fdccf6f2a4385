//! Numeric kernels: reductions and windows over time, arithmetic, smoothing, zone statistics, histograms,
//! conversions, geometry.
//!
//! # Conventions
//! * **Missing samples.** A sample is missing where it is NaN or where its pixel is masked; frames that
//!   failed are simply not handed over. Statistics ignore missing samples and say how many samples they
//!   used; where nothing is left the result is missing (NaN, count 0).
//! * **Infinities** are values. They follow IEEE 754 through sums and are counted where counts are given.
//! * **Exact where it can be.** Integer sums and sums of squares are integers. Floats accumulate in f64.
//! * **Same bits for any number of threads and any instructions.** Work is split at borders that depend on the
//!   shape alone, each sample's history is walked in frame order. Kernels run in the caller's rayon pool and
//!   choose their instructions at run time, see [`simd`].
//! * **Contract.** Buffers and masks must fit the shape; a kernel panics if they do not, because that is a
//!   mistake of the program and never of a file: sizes of files are checked where bytes enter.

#![allow(clippy::inline_always, reason = "inner loops must end up inside the loop that calls them")]

pub mod bandwidth;
mod bins;
mod bits;
pub mod convert;
mod element;
pub mod geometry;
mod group;
mod histogram;
mod mask;
pub mod pipeline;
pub mod reduce;
pub mod resample;
mod scan;
pub mod simd;
pub mod smooth;
mod state;
pub mod windows;
mod zone;
mod zone_blocks;

pub use bits::EffectiveBits;
pub use geometry::{Geometry, Rotation};
pub use histogram::{Bin, Histogram};
pub use reduce::{
    BLOCK, Counts, Histories, Method, Reduced, Reducer, Wanted, median, percentiles, percentiles_unless,
};
pub use scan::FrameScan;
pub use state::StateError;
pub use zone::{ZoneStats, ZoneWant, zone_stats};
pub use zone_blocks::ZoneBlocks;
