//! BLITZ without a window: recipe, evaluation, loading, caches, jobs, undo.
//!
//! The window, the command line and Python only build [`recipe::Recipe`]s and [`evaluate::Question`]s and
//! hand them to [`evaluate::evaluate`]; so all three give the same numbers. [`session::Session`] adds what a
//! person at a window needs: several open recordings, a document with undo, jobs and caches.

pub mod broker;
pub mod cache;
mod csv_text;
pub mod demo;
pub mod engine;
pub mod evaluate;
pub mod export;
mod file_numbers;
mod in_turn;
pub mod jobs;
pub mod lane;
pub mod load;
/// Writing files that appear complete or not at all, for whoever stands above the model.
pub mod output {
    pub use blitz_io::{OutputError, Overwrite, WriteSpec, is_video, write_atomic};
}
pub mod partial;
pub mod session;
pub mod table;

pub use blitz_recipe::{document, recipe, text};

pub use blitz_kernels::{Counts, EffectiveBits, Geometry, Histogram, Method, Rotation};
