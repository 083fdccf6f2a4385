//! The formats that are read, one line each. `contract.rs` says what a format says of itself.

pub(crate) mod alpha;
mod bmp;
pub(crate) mod contract;
mod exif;
mod jpeg;
mod movies;
pub(crate) mod npy;
pub(crate) mod orientation;
mod png;
mod png_chunks;
mod png_palette;
pub(crate) mod pnm;
mod scratch;
pub(crate) mod tiff;
#[cfg(feature = "video")]
pub(crate) mod video;

use contract::Format;

pub(crate) use bmp::BmpCodec;
pub(crate) use jpeg::JpegCodec;
pub use movies::decode_only;
pub(crate) use png::PngCodec;

/// Every format that is read. Dispatch, the suffixes that a folder is searched for, messages that list formats and the
/// table in `README.md` come from here.
#[rustfmt::skip]
static FORMATS: &[&Format] = &[
    &png::FORMAT,
    &npy::FORMAT,
    &tiff::FORMAT,
    &jpeg::FORMAT,
    &bmp::FORMAT,
    &pnm::FORMAT,
    &movies::FORMAT,
];

/// First bytes of files that are not read, with their names.
const OTHERS: [(&[u8], &str); 6] = [
    (b"GIF8", "GIF"),
    (b"PK\x03\x04", "ZIP (or NumPy .npz)"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"RIFF", "RIFF (AVI or WebP)"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
];

/// The formats that are read, in the order in which they are listed.
pub fn formats() -> &'static [&'static Format] {
    FORMATS
}

/// The format of a suffix in lower case.
pub(crate) fn of_suffix(suffix: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.suffixes.contains(&suffix))
}

/// The format of a file by its first bytes, in words.
pub(crate) fn what_is(start: &[u8]) -> Option<&'static str> {
    let read = FORMATS.iter().filter(|f| !f.signatures.is_empty()).find(|f| f.begins(start)).map(|f| f.name);
    read.or_else(|| OTHERS.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_formats_share_a_suffix_or_a_signature() {
        for (i, format) in FORMATS.iter().enumerate() {
            assert!(!format.suffixes.is_empty() && !format.reads.is_empty(), "{}", format.name);
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
        assert_eq!((what_is(b"GIF89a"), what_is(b"nothing")), (Some("GIF"), None));
    }
}
