//! `NumPy`'s `.npy`: every real element type, both byte orders, both memory orders, any order of axes.

pub(crate) mod archive;
mod array;
pub(crate) mod axes;
mod codec;
pub(crate) mod element;
mod header;
mod inflating;
mod source;

use crate::format::contract::{Format, Grain};
use crate::series::Series;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "NumPy",
    title: "`.npy`",
    suffixes: &["npy"],
    depth: "8, 16, 32, 64",
    reads: "bool, integers, f16, f32, f64, complex by choice; both byte orders, Fortran order, 2-D to 4-D; mapped, \
            not read",
    refuses: "objects, structures, strings",
    holds_several: true,
    data_sets: "an array in each file: all frames, or one of a series of files in natural order",
    writes: "arrays, exactly",
    metadata: &[],
    grain: Grain::Rows,
    signatures: &[b"\x93NUMPY"],
    open: |opening| match &opening.files[..] {
        [_] => source::open(opening),
        _ => Series::open(opening, &FORMAT, Box::new(NpyCodec::new(opening.options))),
    },
};

pub(crate) use array::Array;
pub use axes::Axes;
use codec::NpyCodec;
pub use element::ComplexPart;
pub(crate) use element::{WideRange, f16_to_f32};
