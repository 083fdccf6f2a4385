//! TIFF and `BigTIFF`: pages as frames, grey and RGB of every element type.
//!
//! Directories are read here; uncompressed samples are read straight into the frame, compressed ones through the
//! `tiff` crate. What pages mean follows the `ImageJ` and OME descriptions. What is not understood exactly is
//! refused with the reason.

mod codec;
mod describe;
mod ifd;
mod page;
mod patched;
mod source;

use crate::format::contract::{Format, Grain, PIXEL_SIZE, TIME};
use crate::series::Series;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "TIFF",
    title: "TIFF",
    suffixes: &["tif", "tiff"],
    depth: "8, 16, 32, 64",
    reads: "8, 16, 32 bit integers, f32, f64; grey, RGB; multi-page as time; uncompressed, LZW, deflate, PackBits",
    refuses: "CMYK, YCbCr, palettes, JPEG inside, below 8 bit, Z or channel stacks",
    data_sets: "the pages of a file, or a page in each file of a series in natural order",
    writes: "pages, exactly; BigTIFF above 4 GB",
    metadata: &[TIME, PIXEL_SIZE],
    grain: Grain::Frame,
    signatures: &[b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"],
    open: |opening| match opening.files {
        [_] => source::open(opening),
        _ => Series::open(opening, &FORMAT, Box::new(TiffCodec)),
    },
};

use codec::TiffCodec;
pub(crate) use source::examine;
