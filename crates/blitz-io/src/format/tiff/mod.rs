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

pub(crate) use codec::TiffCodec;
pub(crate) use source::{TiffSource, examine};
