//! `NumPy`'s `.npy`: every real element type, both byte orders, both memory orders, any order of axes.

mod array;
mod axes;
mod codec;
mod element;
mod header;
mod source;

pub(crate) use array::Array;
pub use axes::Axes;
pub(crate) use codec::NpyCodec;
pub use element::ComplexPart;
pub(crate) use element::WideRange;
pub(crate) use source::NpySource;
