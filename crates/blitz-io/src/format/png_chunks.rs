//! The chunks of a PNG file, where not all of them are whole.

use std::borrow::Cow;

use blitz_core::{DType, FrameShape};
use png::{BitDepth, ColorType, Info};

use super::contract::ImageSpec;
use super::exif;
use super::orientation::Orientation;
use crate::read_at::ReadAt;

/// The chunk that ends every file.
const END: [u8; 12] = *b"\0\0\0\0IEND\xae\x42\x60\x82";
const SIGNATURE: usize = 8;

/// Deflate never expands by more than this.
const DEFLATE_MAX: u64 = 1032;

/// A file whose chunks were walked.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    /// With the end chunk, where it was missing.
    pub(super) bytes: Cow<'a, [u8]>,
    /// How the picture is to be turned.
    pub(super) turn: Orientation,
    /// Full sentences for people: what is not whole and says nothing of the pixels.
    pub(super) notes: Vec<String>,
}

impl<'a> Chunks<'a> {
    /// Walks a file that begins as a PNG does. Damage in what says nothing of the pixels is noted; a decoder finds any
    /// other.
    pub(super) fn walk(bytes: &'a [u8]) -> Result<Self, String> {
        let (mut turn, mut notes) = (None, Vec::new());
        let (mut at, mut has_pixels) = (SIGNATURE, false);
        while let Some(chunk) = Chunk::at(bytes, at) {
            match chunk.kind {
                b"IEND" if chunk.is_whole() => {
                    let bytes = Cow::Borrowed(bytes);
                    return Ok(Self { bytes, turn: turn.unwrap_or_default(), notes });
                }
                b"IEND" => break,
                b"IDAT" => has_pixels = true,
                b"tRNS" if !chunk.is_whole() => {
                    return Err(
                        "the image is damaged: the CRC of the chunk tRNS (transparency) is wrong".to_owned()
                    );
                }
                _ if chunk.is_critical() => {}
                kind => {
                    let name = String::from_utf8_lossy(kind);
                    if !chunk.is_whole() {
                        notes.push(format!(
                            "The CRC of the chunk {name} is wrong; it says nothing of the pixels and was not read."
                        ));
                    } else if kind == b"eXIf" && turn.is_none() {
                        turn = exif::orientation(chunk.body);
                    }
                }
            }
            at += chunk.body.len() + 12;
        }
        let rest = &bytes[at.min(bytes.len())..];
        // What was cut may be the pixels, which their decoder finds out, and text behind them.
        let is_cut_in_critical = rest.len() >= 8 && rest[4] & 0x20 == 0 && &rest[4..8] != b"IEND";
        if !has_pixels || is_cut_in_critical {
            let bytes = Cow::Borrowed(bytes);
            return Ok(Self { bytes, turn: turn.unwrap_or_default(), notes });
        }
        notes.push(if rest.len() >= 8 && &rest[4..8] != b"IEND" {
            "The file breaks off behind its pixels, which are whole.".to_owned()
        } else {
            "The end chunk (IEND) of the file is missing or damaged; the pixels before it are whole."
                .to_owned()
        });
        let mut ended = bytes[..at].to_vec();
        ended.extend(END);
        Ok(Self { bytes: Cow::Owned(ended), turn: turn.unwrap_or_default(), notes })
    }
}

/// One chunk, all of whose bytes are there.
struct Chunk<'a> {
    kind: &'a [u8; 4],
    body: &'a [u8],
    /// Kind and body.
    checked: &'a [u8],
    crc: u32,
}

impl<'a> Chunk<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let number =
            |at: usize| Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?));
        let end = (at + 8).checked_add(number(at)? as usize)?;
        let checked = bytes.get(at + 4..end)?;
        let (kind, body) = checked.split_first_chunk::<4>()?;
        Some(Self { kind, body, checked, crc: number(end)? })
    }

    fn is_critical(&self) -> bool {
        self.kind[0] & 0x20 == 0
    }

    fn is_whole(&self) -> bool {
        crc32fast::hash(self.checked) == self.crc
    }
}

/// Compares what the header claims with what so many bytes can hold, and with the limit.
pub(super) fn check_claim(info: &Info<'_>, file: u64, limit: u64) -> Result<(), String> {
    let dtype = if info.bit_depth == BitDepth::Sixteen { DType::U16 } else { DType::U8 };
    let channels = if info.color_type == ColorType::Indexed { 4 } else { info.color_type.samples() };
    let (width, height) = (u64::from(info.width), u64::from(info.height));
    let line = width.saturating_mul(info.bits_per_pixel() as u64).div_ceil(8);
    let needed = line.saturating_add(1).saturating_mul(height);
    if needed / DEFLATE_MAX > file {
        return Err(format!(
            "the file claims {width} × {height} pixels ({needed} bytes), but its {file} bytes cannot hold them"
        ));
    }
    let frame = FrameShape::new(info.height as usize, info.width as usize, channels);
    ImageSpec::check_size(frame, dtype, limit)
}

/// How the picture of a file is to be turned, without reading its pixels.
pub(super) fn turn(data: &dyn ReadAt) -> Option<Orientation> {
    let mut turn = None;
    beside_pixels(data, &[*b"eXIf"], &mut |_, body| {
        turn = exif::orientation(body);
        turn.is_some()
    });
    turn
}

/// Gives the whole chunks of some kinds to `see` until it says that it has seen enough. They stand before the pixels or
/// at the end; the pixels are not read.
pub(super) fn beside_pixels(
    data: &dyn ReadAt,
    kinds: &[[u8; 4]],
    see: &mut dyn FnMut(&[u8; 4], &[u8]) -> bool,
) {
    // Ends with the chunks that are there.
    let _ = walk_beside(data, kinds, see);
}

fn walk_beside(
    data: &dyn ReadAt,
    kinds: &[[u8; 4]],
    see: &mut dyn FnMut(&[u8; 4], &[u8]) -> bool,
) -> Option<()> {
    /// Longer EXIF data hold pictures of their own.
    const LONGEST: usize = 1 << 20;
    /// Bytes at the end in which they are looked for.
    const TAIL: u64 = 1 << 16;
    let mut see_at = |bytes: &[u8], at: usize| {
        Chunk::at(bytes, at).filter(Chunk::is_whole).is_some_and(|chunk| see(chunk.kind, chunk.body))
    };
    let mut at = SIGNATURE as u64;
    loop {
        let mut start = [0; 8];
        data.read_exact_at(at, &mut start).ok()?;
        let [a, b, c, d, kind @ ..] = start;
        let length = u32::from_be_bytes([a, b, c, d]);
        match &kind {
            b"IEND" => return None,
            b"IDAT" => break,
            kind if kinds.contains(kind) && (length as usize) < LONGEST => {
                let mut chunk = vec![0; length as usize + 12];
                data.read_exact_at(at, &mut chunk).ok()?;
                if see_at(&chunk, 0) {
                    return None;
                }
            }
            _ => {}
        }
        at = at.checked_add(u64::from(length) + 12)?;
    }
    // Pixels may lie in thousands of chunks: they are not walked through.
    let from = at.max(data.size().saturating_sub(TAIL));
    let mut tail = vec![0; usize::try_from(data.size().checked_sub(from)?).ok()?];
    data.read_exact_at(from, &mut tail).ok()?;
    let names = tail.windows(4).enumerate().filter(|(_, name)| kinds.iter().any(|kind| kind == name));
    for (name, _) in names {
        if name >= 4 && see_at(&tail, name - 4) {
            break;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut checked = kind.to_vec();
        checked.extend(body);
        let mut all = (body.len() as u32).to_be_bytes().to_vec();
        all.extend(&checked);
        all.extend(crc32fast::hash(&checked).to_be_bytes());
        all
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut all = b"\x89PNG\r\n\x1a\n".to_vec();
        all.extend(chunks.concat());
        all
    }

    #[test]
    fn an_end_that_is_missing_is_put_there() {
        let whole = file(&[chunk(*b"IDAT", b"x"), chunk(*b"IEND", b"")]);
        assert!(Chunks::walk(&whole).expect("walked").notes.is_empty());
        for cut in 1..=12 {
            let chunks = Chunks::walk(&whole[..whole.len() - cut]).expect("walked");
            assert_eq!((chunks.bytes.as_ref(), chunks.notes.len()), (whole.as_slice(), 1), "{cut}");
        }
        let chunks = Chunks::walk(&whole[..whole.len() - 13]).expect("walked");
        assert!(chunks.notes.is_empty() && chunks.bytes.len() == whole.len() - 13, "cut in the pixels");
        let text = file(&[chunk(*b"IDAT", b"x"), chunk(*b"tEXt", b"some words")]);
        let chunks = Chunks::walk(&text[..text.len() - 6]).expect("walked");
        assert_eq!(chunks.bytes.as_ref(), whole.as_slice());
        assert!(chunks.notes[0].contains("behind its pixels"));
    }

    #[test]
    fn damage_beside_the_pixels_is_noted() {
        let mut profile = chunk(*b"iCCP", b"profile");
        profile[9] ^= 1;
        let damaged = file(&[profile, chunk(*b"IDAT", b"x"), chunk(*b"IEND", b"")]);
        let chunks = Chunks::walk(&damaged).expect("walked");
        assert!(chunks.notes[0].contains("iCCP"), "{:?}", chunks.notes);
        let mut key = chunk(*b"tRNS", b"\0\0");
        key[9] ^= 1;
        let damaged = file(&[key, chunk(*b"IDAT", b"x"), chunk(*b"IEND", b"")]);
        assert!(Chunks::walk(&damaged).expect_err("it says what is seen").contains("tRNS"));
    }

    #[test]
    fn the_orientation_is_found_before_and_behind_the_pixels() {
        let exif = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let (exif, pixels, end) = (chunk(*b"eXIf", exif), chunk(*b"IDAT", b"x"), chunk(*b"IEND", b""));
        for file in [
            file(&[exif.clone(), pixels.clone(), end.clone()]),
            file(&[pixels.clone(), exif.clone(), end.clone()]),
        ] {
            let bytes = file.as_slice();
            assert_eq!(turn(&bytes), Orientation::of_tag(6));
            assert_eq!(Some(Chunks::walk(bytes).expect("walked").turn), Orientation::of_tag(6));
        }
    }
}
