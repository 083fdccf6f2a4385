//! The EXIF data of a JPEG, found without reading its pixels.

use super::segments::next_marker;
use crate::facts::Facts;
use crate::format::tiff;
use crate::read_at::ReadAt;

/// What the EXIF data say; nothing where there are none.
pub(super) fn read(data: &dyn ReadAt) -> Facts {
    exif(data).map_or_else(Facts::new, |exif| tiff::of_exif(&exif.as_slice()))
}

/// The first EXIF data before the first scan.
fn exif(data: &dyn ReadAt) -> Option<Vec<u8>> {
    /// Stray bytes that are skipped between segments.
    const WINDOW: usize = 256;
    /// More segments are damage.
    const SEGMENTS: usize = 4096;
    const NAME: &[u8] = b"Exif\0\0";
    let mut at = 2;
    for _ in 0..SEGMENTS {
        let mut window = [0; WINDOW];
        let n = data.read_at(at, &mut window).ok()?;
        let (marker, after) = next_marker(&window[..n], 0)?;
        at += after as u64;
        match marker {
            0xd9 | 0xda => return None,
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let mut length = [0; 2];
        data.read_exact_at(at, &mut length).ok()?;
        let length = u16::from_be_bytes(length).max(2);
        if marker == 0xe1 {
            let mut body = vec![0; usize::from(length) - 2];
            data.read_exact_at(at + 2, &mut body).ok()?;
            if body.starts_with(NAME) {
                return Some(body.split_off(NAME.len()));
            }
        }
        at += u64::from(length);
    }
    None
}
