//! For tests only: synthetic stacks, naive oracles and a store that is as awkward as the contract allows.
//!
//! The oracles are written from the definitions, in f64, one sample at a time; they share no code with the
//! kernels and make no attempt to be fast.

mod awkward;
mod noise;
pub mod oracle;
mod stack;
pub mod strategy;

pub use awkward::{Awkward, AwkwardStore};
pub use noise::Noise;
pub use stack::{VecStack, noise_frames, spot_frames, stack_of};
