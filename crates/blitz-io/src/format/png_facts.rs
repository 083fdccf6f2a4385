//! How the picture of a PNG was taken: its EXIF data, and texts by their keywords.

use std::io::Read as _;

use super::png_chunks::beside_pixels;
use super::tiff;
use crate::facts::{Collected, Facts, taken};
use crate::read_at::ReadAt;

/// What EXIF data and texts say, without reading the pixels; nothing where the file is no PNG.
pub(super) fn read(data: &dyn ReadAt) -> Facts {
    let (mut exif, mut facts) = (None, Collected::default());
    if super::png::FORMAT.check_start(data).is_err() {
        return Facts::new();
    }
    beside_pixels(data, &[*b"eXIf", *b"tEXt", *b"zTXt", *b"iTXt"], &mut |kind, body| {
        if kind == b"eXIf" {
            exif.get_or_insert_with(|| tiff::of_exif(&body));
        } else if let Some((keyword, text)) = text(*kind, body) {
            match keyword.to_ascii_lowercase().as_str() {
                "creation time" => facts.add("taken", taken(&text, None, None)),
                "software" => facts.add("software", Some(text)),
                "source" => facts.add("camera", Some(text)),
                "description" => facts.add_description(Some(text)),
                "comment" => facts.add_comment(Some(text)),
                _ => {}
            }
        }
        false
    });
    // A camera's own data go before the words of programs.
    let mut all = Collected::default();
    all.merge(exif.unwrap_or_default());
    all.merge(facts.finish());
    all.finish()
}

/// Keyword and text of a text chunk.
fn text(kind: [u8; 4], body: &[u8]) -> Option<(String, String)> {
    let (keyword, rest) = until_zero(body)?;
    let text = match &kind {
        b"tEXt" => latin(rest),
        b"zTXt" => match rest {
            [0, packed @ ..] => latin(&inflated(packed)?),
            _ => return None,
        },
        _ => {
            let [is_packed, _, rest @ ..] = rest else { return None };
            let (_language, rest) = until_zero(rest)?;
            let (_translated, rest) = until_zero(rest)?;
            let bytes = if *is_packed == 1 { inflated(rest)? } else { rest.to_vec() };
            String::from_utf8(bytes).ok()?
        }
    };
    Some((latin(keyword), text))
}

fn until_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&b| b == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

/// Packed text, as far as anyone reads it.
fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    const LONGEST: u64 = 1 << 14;
    let mut text = Vec::new();
    let read = flate2::read::ZlibDecoder::new(packed).take(LONGEST).read_to_end(&mut text);
    read.is_ok().then_some(text)
}
