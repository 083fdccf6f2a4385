//! Strips and tiles that are whole pictures of another format: JPEG and WebP; and Zstandard.

use std::io::{Cursor, Read as _};

use image_webp::WebPDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::compression::Part;
use super::ifd::{Ifd, tag};
use crate::format::jpeg::{self, Components, Expected};
use crate::read_at::ReadAt;

/// JPEG of TIFF 6, or a whole stream of before.
#[derive(Clone, Debug)]
pub(super) struct Jpeg {
    tables: Vec<u8>,
    components: Components,
    /// Most bytes of a frame.
    limit: u64,
}

impl Jpeg {
    pub(super) fn read(
        ifd: &Ifd,
        data: &dyn ReadAt,
        components: Components,
        limit: u64,
    ) -> Result<Self, String> {
        let tables = ifd.raw(data, tag::JPEG_TABLES)?.unwrap_or_default();
        Ok(Self { tables, components, limit })
    }

    pub(super) fn expand(&self, raw: &[u8], part: Part, out: &mut [u8]) -> Result<(), String> {
        let expected = Expected {
            width: part.width,
            rows: part.rows,
            most_rows: part.most_rows,
            components: part.channels,
        };
        jpeg::decode_inside(&self.tables, raw, expected, self.components, self.limit, out)
            .map_err(|reason| format!("holds JPEG that cannot be read: {reason}"))
    }
}

pub(super) fn webp(raw: &[u8], part: Part, out: &mut [u8]) -> Result<(), String> {
    let bad = |reason: String| format!("holds WebP that cannot be read: {reason}");
    let mut decoder = WebPDecoder::new(Cursor::new(raw)).map_err(|e| bad(e.to_string()))?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    if width != part.width || !(part.rows..=part.most_rows).contains(&height) {
        return Err(bad(format!("it is {width} × {height} pixels, {} × {} expected", part.width, part.rows)));
    }
    // Encoders leave out alpha that is opaque everywhere.
    if channels > part.channels || part.channels > 4 {
        return Err(bad(format!("it has {channels} channels, {} expected", part.channels)));
    }
    let mut all = vec![0; width * height * channels];
    decoder.set_memory_limit(4 * all.len() + (1 << 20));
    decoder.read_image(&mut all).map_err(|e| bad(e.to_string()))?;
    for (to, from) in out.chunks_exact_mut(part.channels).zip(all.chunks_exact(channels)) {
        to[..channels].copy_from_slice(from);
        to[channels..].fill(255);
    }
    Ok(())
}

/// Whether the WebP picture at `at` may be lossy.
pub(super) fn is_lossy_webp(data: &dyn ReadAt, at: u64) -> bool {
    let mut start = [0; 16];
    data.read_exact_at(at, &mut start).is_err() || &start[12..] != b"VP8L"
}

/// Fills `out` with the first rows of a tile; gives back how many bytes there were.
pub(super) fn zstd(raw: &[u8], part: Part, out: &mut [u8]) -> Result<usize, String> {
    /// Enough for every level of the reference encoder, up to 22 without long matches.
    const WINDOW: u64 = 1 << 27;
    /// Rows that samples with a common chroma may fill up.
    const SHARED: usize = 4;
    let damaged = |e: &dyn std::fmt::Display| format!("is damaged or cut short: Zstandard data: {e}");
    let mut most = (out.len() / part.rows.max(1)).saturating_mul(part.most_rows + SHARED);
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW);
    let (mut input, mut written) = (raw, 0);
    while written < out.len() && !input.is_empty() {
        decoder.init(&mut input).map_err(|e| damaged(&e))?;
        // A few bytes may stand for any number of equal ones.
        let upto = BlockDecodingStrategy::UptoBytes(most + 1);
        decoder.decode_blocks(&mut input, upto).map_err(|e| damaged(&e))?;
        if !decoder.is_finished() {
            return Err(format!("is damaged: its Zstandard data stand for more than {most} bytes"));
        }
        let taken = decoder.read(&mut out[written..]).map_err(|e| damaged(&e))?;
        // The checksum is of all bytes.
        let behind = decoder.collect().map_or(0, |bytes| bytes.len());
        let (stated, found) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
        if stated.is_some() && stated != found {
            return Err("is damaged: the checksum of its Zstandard data does not fit".to_owned());
        }
        written += taken;
        most = most.saturating_sub(taken + behind);
    }
    Ok(written)
}
