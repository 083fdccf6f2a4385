//! Entry points for fuzzing: arbitrary bytes go through everything that a file's bytes go through. They must
//! not panic, hang, or reserve memory that the bytes do not justify.

use blitz_core::Samples;

use crate::format::npy::Array;
use crate::format::{BmpCodec, Codec, JpegCodec, PngCodec, tiff};
use crate::{ComplexPart, OpenOptions};

/// Small enough that a lying header costs little.
const LIMIT: u64 = 1 << 24;

fn options() -> OpenOptions {
    OpenOptions { complex: Some(ComplexPart::Magnitude), max_frame_bytes: LIMIT, ..OpenOptions::default() }
}

fn codec(codec: &dyn Codec, data: &[u8]) {
    if let Ok(spec) = codec.probe(&data, &options()) {
        let mut out = Samples::zeros(spec.dtype, spec.frame.samples());
        let _ = codec.decode(&data, &spec, LIMIT, out.as_mut());
    }
}

/// A `.npy` file.
pub fn fuzz_npy(data: &[u8]) {
    let Ok(array) = Array::open(&data, &options()) else { return };
    let dtype = match array.element.dtype() {
        Some(dtype) => Ok(dtype),
        None => array.wide_range(&data).and_then(crate::format::npy::WideRange::dtype),
    };
    let Ok(dtype) = dtype else { return };
    for frame in [0, array.frames - 1] {
        let mut out = Samples::zeros(dtype, array.frame.samples());
        let _ = array.decode(&data, frame, out.as_mut());
    }
}

/// A PNG file.
pub fn fuzz_png(data: &[u8]) {
    codec(&PngCodec, data);
}

/// A JPEG file.
pub fn fuzz_jpeg(data: &[u8]) {
    codec(&JpegCodec, data);
}

/// A BMP file.
pub fn fuzz_bmp(data: &[u8]) {
    codec(&BmpCodec, data);
}

/// A TIFF file.
pub fn fuzz_tiff(data: &[u8]) {
    let Ok(opened) = tiff::examine(&data, &options()) else { return };
    let (spec, frames) = opened.spec();
    for frame in [0, frames - 1] {
        let mut out = Samples::zeros(spec.dtype, spec.frame.samples());
        let _ = opened.decode_one(&data, frame, LIMIT, out.as_mut());
    }
}

/// The journal of a cached recording.
pub fn fuzz_journal(data: &[u8]) {
    crate::disk::read_any_journal(data);
}
