//! Smoothing in space and in time.
//!
//! Everything here works on working values (f32 or f64, see [`Working`](crate::pipeline::Working)) or source
//! samples of any type, accumulates in f64 and rounds once.
//!
//! # Missing samples
//! NaN is left out: a result is the (weighted) mean or the median of the samples around it that are there,
//! also at the place of a missing one. Where none is there the result is missing. Infinities are values.
//!
//! # Borders
//! In space, frames are continued by their mirror image, the outermost pixel twice: `d c b a | a b c d | d c
//! b a`, the `reflect` of `SciPy`. In time nothing is made up: weights of frames that do not exist are left
//! out and the others are scaled to a sum of 1. (Box and median over time are centred
//! [windows](crate::windows) of the frames that exist.)
//!
//! # Stopping
//! Every function looks at its [`Cancel`](blitz_core::Cancel) at least once per [`Cancel::WORK`](blitz_core::Cancel::WORK)
//! steps.
//!
//! # Parallel
//! Groups of 32 rows, or chunks of samples, in the caller's pool; the same bits for any number of threads.

mod gaussian;
mod mean;
mod median;
mod rows;
mod time;

pub use gaussian::{gaussian, gaussian_weights};
pub use mean::box_mean;
pub use median::median;
pub use time::weighted_mean;
