//! What EXIF says of how a picture stands.

use super::orientation::Orientation;

/// The orientation that EXIF data (a small TIFF) asks for; `None` where it says nothing that is understood.
pub(super) fn orientation(exif: &[u8]) -> Option<Orientation> {
    const ORIENTATION: u16 = 0x0112;
    const SHORT: u16 = 3;
    let big = match exif.get(..4)? {
        b"MM\0\x2a" => true,
        b"II\x2a\0" => false,
        _ => return None,
    };
    let bytes = |at: usize, n: usize| exif.get(at..at.checked_add(n)?);
    let short = |at: usize| {
        let bytes: [u8; 2] = bytes(at, 2)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes: [u8; 4] = bytes(at, 4)?.try_into().ok()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    (0..entries).find_map(|i| {
        let entry = directory + 2 + 12 * i;
        if short(entry)? != ORIENTATION || short(entry + 2)? != SHORT || long(entry + 4)? != 1 {
            return None;
        }
        Orientation::of_tag(u64::from(short(entry + 8)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read_and_damage_says_nothing() {
        let little = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(orientation(little), Orientation::of_tag(6));
        assert_eq!(orientation(big), Orientation::of_tag(8));
        for end in 0..20 {
            assert_eq!(orientation(&little[..end]), None, "{end}");
        }
        let mut far = little.to_vec();
        far[4..8].fill(0xff);
        assert_eq!(orientation(&far), None);
        far = little.to_vec();
        far[18] = 9;
        assert_eq!(orientation(&far), None, "no such orientation");
    }
}
