//! The formats that are read, one line each. `contract.rs` says what a format says of itself.

pub(crate) mod alpha;
pub(crate) mod animation;
mod bmp;
pub(crate) mod contract;
mod exif;
mod exr;
pub(crate) mod grid;
mod jpeg;
mod movies;
pub(crate) mod npy;
pub(crate) mod orientation;
mod png;
mod png_chunks;
mod png_facts;
mod png_palette;
pub(crate) mod pnm;
pub(crate) mod raw;
mod scratch;
mod still;
pub(crate) mod tiff;
#[cfg(feature = "video")]
pub(crate) mod video;

use contract::Format;

pub(crate) use bmp::BmpCodec;
pub(crate) use exr::ExrCodec;
pub(crate) use jpeg::JpegCodec;
pub use movies::decode_only;
pub(crate) use png::PngCodec;
pub(crate) use still::StillCodec;

/// Every format that is read. Dispatch, the suffixes that a folder is searched for, messages that list formats and the
/// table in `README.md` come from here.
#[rustfmt::skip]
static FORMATS: &[&Format] = &[
    &png::FORMAT,
    &npy::FORMAT,
    &npy::archive::FORMAT,
    &tiff::FORMAT,
    &jpeg::FORMAT,
    &bmp::FORMAT,
    &pnm::FORMAT,
    &animation::gif::FORMAT,
    &still::WEBP,
    &exr::FORMAT,
    &still::HDR,
    &still::QOI,
    &still::TGA,
    &grid::FORMAT,
    &movies::FORMAT,
    &raw::FORMAT,
];

/// First bytes of files that are not read, `?` for any byte, with their names.
const OTHERS: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "ZIP (or NumPy .npz)"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"RIFF????WAVE", "WAV"),
    (b"????ftyphei", "HEIC"),
    (b"????ftypmif", "HEIF"),
    (b"????ftypavi", "AVIF"),
    (b"????ftypM4A", "M4A"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
];

/// The formats that are read, in the order in which they are listed.
pub fn formats() -> &'static [&'static Format] {
    FORMATS
}

/// What a file is whose first bytes are those of no format that is read.
pub(crate) fn other(start: &[u8]) -> Option<&'static str> {
    OTHERS.iter().find(|(magic, _)| contract::fits(magic, start)).map(|&(_, name)| name)
}

/// The format of a suffix in lower case.
pub(crate) fn of_suffix(suffix: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.suffixes.contains(&suffix))
}

/// First bytes of videos, `?` for any byte.
const VIDEOS: [&[u8]; 8] = [
    b"RIFF????AVI ",
    b"????ftyp",
    b"????moov",
    b"\x1a\x45\xdf\xa3",
    b"OggS",
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    b"YUV4MPEG2 ",
];

/// The picture or array format of a file by its first bytes, where they are sure: two letters begin many a text.
pub(crate) fn picture_of_start(start: &[u8]) -> Option<&'static Format> {
    /// Bytes that no text begins with by chance.
    const SURE: usize = 3;
    let is_sure = |f: &&Format| f.signatures.iter().any(|s| s.len() >= SURE && contract::fits(s, start));
    FORMATS.iter().copied().find(is_sure)
}

/// The same, videos with it.
pub(crate) fn of_start(start: &[u8]) -> Option<&'static Format> {
    let is_video = || VIDEOS.iter().any(|signature| contract::fits(signature, start));
    picture_of_start(start).or_else(|| (is_video() && other(start).is_none()).then_some(&movies::FORMAT))
}

/// The format of a file by its first bytes, in words.
pub(crate) fn what_is(start: &[u8]) -> Option<&'static str> {
    let read = FORMATS.iter().filter(|f| !f.signatures.is_empty()).find(|f| f.begins(start));
    read.map(|f| f.name).or_else(|| other(start)).or_else(|| of_start(start).map(|format| format.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_formats_share_a_suffix_or_a_signature() {
        for (i, format) in FORMATS.iter().enumerate() {
            // What neither a name nor first bytes tell is told by a person.
            let is_told = format.name == raw::FORMAT.name;
            assert!(format.suffixes.is_empty() == is_told && !format.reads.is_empty(), "{}", format.name);
            for other in &FORMATS[i + 1..] {
                assert!(format.suffixes.iter().all(|s| !other.suffixes.contains(s)), "{}", format.name);
                let clash =
                    other.signatures.iter().any(|&s| !format.signatures.is_empty() && format.begins(s));
                assert!(!clash, "{} and {}", format.name, other.name);
            }
            for suffix in format.suffixes {
                assert_eq!(of_suffix(suffix).map(|f| f.name), Some(format.name));
                assert_eq!(*suffix, suffix.to_lowercase());
            }
            for &signature in format.signatures {
                assert_eq!(what_is(signature), Some(format.name));
            }
        }
        assert_eq!((what_is(b"%PDF-1.4"), what_is(b"nothing")), (Some("PDF"), None));
        let name = |start: &[u8]| of_start(start).map(|format| format.name);
        assert_eq!((name(b"\0\0\0\x20ftypisom"), name(b"\0\0\0\x20ftypheic")), (Some("video"), None));
        // Words begin so, too.
        assert_eq!((name(b"BMW and P5 are words"), name(b"P5 7 5 255 ......")), (None, None));
        assert_eq!(what_is(b"RIFF\0\0\0\0AVI LIST"), Some("video"));
    }
}
