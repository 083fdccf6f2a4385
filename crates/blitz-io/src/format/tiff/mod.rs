//! TIFF and `BigTIFF`: pages as frames, grey, RGB, inks and complex numbers of every element type.
//!
//! Directories are read here; LZW, deflate, Zstandard, WebP and the codes of fax machines go through `weezl`, `flate2`,
//! `ruzstd`, `image-webp` and `fax`, JPEG through the project's own reader of it. No crate reads packed samples, separate
//! compressed planes, reversed bits, 64-bit integers and damaged directories alike. What pages mean follows the
//! `ImageJ`, OME, `MetaMorph` and tifffile descriptions. What is not understood exactly is refused with the reason.

mod andor;
mod choose;
mod chunks;
mod codec;
mod colours;
mod compression;
mod describe;
mod facts;
mod fax;
mod ifd;
mod load;
mod map;
mod page;
mod palette;
mod pictures;
mod sample;
mod source;
mod stk;
mod ycbcr;

use crate::format::contract::{Format, Grain, PIXEL_SIZE, TAKEN, TIME};
use crate::series::Series;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "TIFF",
    title: "TIFF",
    suffixes: &["tif", "tiff", "stk"],
    depth: "1 to 32, 64",
    reads: "integers of 1 to 32 and 64 bit, f16, f32, f64, complex by choice; grey, RGB, palettes, YCbCr as RGB, CMYK and CIELab as stored; multi-page and MetaMorph stacks (.stk) as time; uncompressed (mapped), LZW, deflate, PackBits, Zstandard, JPEG, WebP, fax",
    refuses: "JPEG 2000, JPEG XL, LERC, LZMA; JPEG of 12 bit; LogLuv; channels of different depth",
    holds_several: true,
    data_sets: "the pages of a file, or of several files that follow each other in natural order",
    writes: "pages, exactly, with rate, pixel size and unit as ImageJ writes them; BigTIFF above 4 GB",
    metadata: &[TIME, PIXEL_SIZE, TAKEN],
    grain: Grain::Rows,
    signatures: &[b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"],
    open: |opening| {
        if opening.files.len() == 1 {
            return source::open(opening);
        }
        let codec = Box::new(TiffCodec { wishes: Wishes::from(opening.options) });
        let mut series = Series::open(opening, &FORMAT, codec)?;
        // Stacks know their own.
        if series.info().frames == opening.files.len() {
            series.info_mut().pixel_size = source::size_of_first(opening);
        }
        Ok(series)
    },
};

use codec::TiffCodec;
pub(in crate::format) use facts::of_exif;
use page::Wishes;
pub(crate) use source::examine;
