//! TIFF and `BigTIFF`: pages as frames, grey and RGB of every element type.
//!
//! Directories are read here; LZW and deflate go through `weezl` and `flate2`. No crate reads packed samples, separate
//! compressed planes, reversed bits, 64-bit integers and damaged directories alike. What pages mean follows the
//! `ImageJ`, OME and tifffile descriptions. What is not understood exactly is refused with the reason.

mod choose;
mod chunks;
mod codec;
mod compression;
mod describe;
mod ifd;
mod page;
mod palette;
mod sample;
mod source;

use crate::format::contract::{Format, Grain, PIXEL_SIZE, TIME};
use crate::series::Series;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "TIFF",
    title: "TIFF",
    suffixes: &["tif", "tiff"],
    depth: "1 to 32, 64",
    reads: "integers of 1 to 32 and 64 bit, f16, f32, f64; grey, RGB, palettes; multi-page as time; uncompressed, LZW, deflate, PackBits",
    refuses: "CMYK, YCbCr, JPEG inside",
    data_sets: "the pages of a file, or of several files that follow each other in natural order",
    writes: "pages, exactly, with rate, pixel size and unit as ImageJ writes them; BigTIFF above 4 GB",
    metadata: &[TIME, PIXEL_SIZE],
    grain: Grain::Rows,
    signatures: &[b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"],
    open: |opening| {
        if opening.files.len() == 1 {
            return source::open(opening);
        }
        let (stored, limit) = (opening.options.stored_orientation, opening.options.max_frame_bytes);
        let codec = Box::new(TiffCodec { stored, limit });
        let mut series = Series::open(opening, &FORMAT, codec)?;
        // Stacks know their own.
        if series.info().frames == opening.files.len() {
            series.info_mut().pixel_size = source::size_of_first(opening);
        }
        Ok(series)
    },
};

use codec::TiffCodec;
pub(crate) use source::examine;
