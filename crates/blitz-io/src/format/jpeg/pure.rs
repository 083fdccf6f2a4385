//! Decoding in Rust alone, for programs built without the system's libjpeg-turbo.

use blitz_core::FrameShape;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::segments::{CUT, Image};

/// What the library offers and this decoder does not.
const OTHERWISE: &str =
    "a program built with the cargo feature \"turbojpeg\", which is on by default, reads it";

/// Refuses what the decoder would get wrong, by the headers.
pub(super) fn check(image: &Image) -> Result<(), String> {
    if image.is_arithmetic {
        return Err(format!("arithmetic-coded JPEG is not read; {OTHERWISE}"));
    }
    if image.components.len() == 4 {
        return Err(format!("CMYK (4 components) is not read; {OTHERWISE}"));
    }
    mixes_edge(image).map(|_| ())
}

/// Whether the decoder mixes what stands outside of the image into the colours of the last column.
///
/// # Errors
/// Where images are so narrow that most of their colours would be wrong.
fn mixes_edge(image: &Image) -> Result<bool, String> {
    /// Below this, other decoders repeat shared colours; ours interpolates them.
    const NARROW: usize = 8;
    let across = image.components.iter().map(|c| usize::from(c.across)).max();
    let (width, across) =
        (image.frame.width, if image.frame.channels == 1 { 1 } else { across.unwrap_or(1) });
    let mixes = across > 1 && width % 2 == 0 && width % (8 * across) != 0;
    if across > 1 && (width <= 4 || (mixes && width <= NARROW)) {
        return Err(format!(
            "an image {width} pixels wide whose colours are shared by {across} pixels of a row is not read: they would be \
             wrong; {OTHERWISE}"
        ));
    }
    Ok(mixes)
}

/// What people should know of the values.
pub(super) fn note(image: &Image) -> Option<String> {
    mixes_edge(image).is_ok_and(|mixes| mixes).then(|| {
        let what = "The colours of the last column, which are shared by several pixels, may be off, by up to some 30 counts where they change steeply";
        format!("{what}: the image ends within a block.")
    })
}

/// Decodes a file that was walked.
pub(super) fn decode(bytes: &[u8], image: &Image, out: &mut [u8]) -> Result<(), String> {
    // The decoder reads the first scan of a sequential file only: the other components would be missing.
    if !image.is_progressive && image.scans > 1 {
        return Err(format!(
            "sequential JPEG with its components in {} scans is not read, only in one; {OTHERWISE}",
            image.scans
        ));
    }
    // It may fill what is missing with grey.
    if !image.has_end {
        return Err(CUT.to_owned());
    }
    decode_clean(&image.stream(bytes), image, out)
}

fn decode_clean(bytes: &[u8], image: &Image, out: &mut [u8]) -> Result<(), String> {
    let FrameShape { width, height, channels } = image.frame;
    let colour = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(width)
        .set_max_height(height)
        .jpeg_set_out_colorspace(colour);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| e.to_string())?;
    if decoder.output_buffer_size() != Some(out.len()) {
        return Err("the headers contradict each other about the size of the image".to_owned());
    }
    decoder.decode_into(out).map_err(|e| e.to_string())
}
