//! Entry points for fuzzing: arbitrary bytes go through everything that a file's bytes go through. They must
//! not panic, hang, or reserve memory that the bytes do not justify.

use blitz_core::Samples;

use crate::format::contract::Codec;
use crate::format::npy::Array;
use crate::format::{BmpCodec, ExrCodec, JpegCodec, PngCodec, StillCodec, animation, tiff};
use crate::one_file::Frames as _;
use crate::{ComplexPart, OpenOptions};

/// Small enough that a lying header costs little.
const LIMIT: u64 = 1 << 24;

fn options() -> OpenOptions {
    OpenOptions { complex: Some(ComplexPart::Magnitude), max_frame_bytes: LIMIT, ..OpenOptions::default() }
}

fn codec(codec: &dyn Codec, data: &[u8]) {
    let _ = codec.facts(&data);
    if let Ok(spec) = codec.probe(&data, &options()) {
        let mut out = Samples::zeros(spec.dtype, spec.frame.samples());
        let _ = codec.decode(&data, &spec, LIMIT, out.as_mut());
        if codec.has_luma(&spec) {
            let mut out = Samples::zeros(spec.dtype, spec.frame.pixels());
            let _ = codec.decode_luma(&data, &spec, LIMIT, out.as_mut());
        }
    }
}

/// A `.npy` file.
pub fn fuzz_npy(data: &[u8]) {
    let Ok(array) = Array::open(&data, &options()) else { return };
    let Ok(dtype) = array.sample_type(&data) else { return };
    for frame in [0, array.frames - 1] {
        let mut out = Samples::zeros(dtype, array.frame.samples());
        let _ = array.decode(&data, frame, out.as_mut());
    }
}

/// A `.npz` archive, through a temporary file.
pub fn fuzz_npz(data: &[u8]) {
    let Ok(file) = tempfile::Builder::new().suffix(".npz").tempfile() else { return };
    if std::fs::write(file.path(), data).is_err() {
        return;
    }
    let Ok(source) = crate::open(&[file.path().to_path_buf()], &options()) else { return };
    let info = source.info();
    for frame in [info.frames - 1, 0] {
        let mut out = Samples::zeros(info.dtype, info.frame.samples());
        let _ = source.decode(frame, out.as_mut());
    }
}

/// A PNG file, as a picture and as an animation.
pub fn fuzz_png(data: &[u8]) {
    codec(&PngCodec::default(), data);
    animation::try_png(data, LIMIT);
}

/// A GIF file.
pub fn fuzz_gif(data: &[u8]) {
    animation::try_gif(data, LIMIT);
}

/// A WebP file, as a picture and as an animation.
pub fn fuzz_webp(data: &[u8]) {
    guarded_codec(&StillCodec::WEBP, data);
    animation::try_webp(data, LIMIT);
}

/// For decoders that are crates, whose panics fail a frame.
fn guarded_codec(decoder: &dyn Codec, data: &[u8]) {
    let _ = crate::format::contract::guarded(|| {
        codec(decoder, data);
        Ok(())
    });
}

/// An `OpenEXR`, Radiance, QOI or TGA file.
pub fn fuzz_pictures(data: &[u8]) {
    let codecs: [&dyn Codec; 4] = [&ExrCodec, &StillCodec::HDR, &StillCodec::QOI, &StillCodec::TGA];
    for decoder in codecs {
        guarded_codec(decoder, data);
    }
}

/// A JPEG file.
pub fn fuzz_jpeg(data: &[u8]) {
    codec(&JpegCodec::default(), data);
}

/// A BMP file.
pub fn fuzz_bmp(data: &[u8]) {
    codec(&BmpCodec, data);
}

/// A PNM file.
pub fn fuzz_pnm(data: &[u8]) {
    crate::format::pnm::try_bytes(&data, LIMIT);
}

/// A matrix in text.
pub fn fuzz_grid(data: &[u8]) {
    crate::format::grid::try_bytes(data, LIMIT);
}

/// A table of times.
pub fn fuzz_times(data: &[u8]) {
    crate::times::table::try_bytes(data);
}

/// Signals beside a recording.
pub fn fuzz_signals(data: &[u8]) {
    crate::signals::try_bytes(data);
}

/// A TIFF file.
pub fn fuzz_tiff(data: &[u8]) {
    let Ok(opened) = tiff::examine(&data, &options()) else { return };
    let (spec, frames) = opened.spec();
    for frame in [0, frames - 1] {
        let mut out = Samples::zeros(spec.dtype, spec.frame.samples());
        let _ = opened.decode(&data, frame, out.as_mut());
        let _ = opened.facts(&data, frame);
    }
}

/// A video file: through the public opening, with index, first and last frame, in brightness and in colour, after
/// going through it and after going to a keyframe.
///
/// # Panics
/// If the temporary file cannot be written, or more frames are claimed than the bytes can hold.
#[cfg(feature = "video")]
pub fn fuzz_video(data: &[u8]) {
    use std::io::Write as _;

    use crate::LumaRange;

    crate::format::video::look_at_ends(data);
    let mut file = tempfile::Builder::new().suffix(".mp4").tempfile().expect("a temporary file");
    file.write_all(data).expect("the bytes fit on the disk");
    let Ok(source) = crate::open(&[file.path().to_path_buf()], &options()) else { return };
    let info = source.info();
    // A packet takes a byte; tables that promise more are followed for ten times what is there.
    assert!(info.frames <= 11 * data.len() + 1000, "{} frames of {} bytes", info.frames, data.len());
    for frame in [info.frames - 1, 0] {
        if let Some(luma) = source.luma() {
            let mut out = Samples::zeros(luma.dtype, info.frame.pixels());
            let _ = source.decode_luma(frame, LumaRange::Full, out.as_mut());
        }
        let mut out = Samples::zeros(info.dtype, info.frame.samples());
        let _ = source.decode(frame, out.as_mut());
    }
}

/// The journal of a cached recording.
pub fn fuzz_journal(data: &[u8]) {
    crate::disk::read_any_journal(data);
}
