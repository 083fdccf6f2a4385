//! Raw binary: files of bare samples, as a person says that they lie ([`RawLayout`]).

pub(crate) mod layout;
mod packed;
mod source;
mod suggest;

use crate::format::contract::{Format, Grain};
use crate::parts::Parts;

pub use layout::RawLayout;
pub use suggest::suggest_raw;

/// See [`Format`]. No suffix and no first bytes tell it: a person does.
pub(crate) static FORMAT: Format = Format {
    name: "raw binary",
    title: "Raw binary (`--raw 640x480:u16le`)",
    suffixes: &[],
    depth: "8, 16, 32, 64; packed: 1 to 16",
    reads: "unsigned and signed integers, f16, f32, f64, complex by choice; both byte orders; packed bits (`:bits=12packed`, \
            `12p`, `12gige`, `12mipi`); an offset, gaps between frames, rows upwards; mapped where bytes are samples",
    refuses: "",
    holds_several: true,
    data_sets: "the frames of a file, or of several files that follow each other in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Rows,
    signatures: &[],
    open: |opening| match &opening.files[..] {
        [_] => source::open(opening),
        _ => Parts::open(opening, &FORMAT),
    },
};
