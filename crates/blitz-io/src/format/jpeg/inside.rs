//! JPEG streams inside of files of another format, whose tables may stand elsewhere and which say themselves what the
//! components are.

use super::segments::{CUT, next_marker, segment, start_of, walk};
use super::{Take, decode};
use crate::format::scratch::with_scratch;

/// What is made of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Components {
    /// One, three or four of them, as they are stored.
    Stored,
    /// Luma and chroma, which become RGB.
    YCbCr,
}

/// A picture that a stream must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) width: usize,
    /// Rows that are needed.
    pub(crate) rows: usize,
    /// Rows that there may be: what lies behind those that are needed is left out.
    pub(crate) most_rows: usize,
    pub(crate) components: usize,
}

/// Decodes a stream, whose tables may stand in `tables`, a stream without an image. Errors are reasons.
pub(crate) fn decode_inside(
    tables: &[u8],
    jpeg: &[u8],
    expected: Expected,
    components: Components,
    limit: u64,
    out: &mut [u8],
) -> Result<(), String> {
    let &Expected { width, rows, most_rows, components: count } = &expected;
    let transform = match (components, count) {
        (_, 1 | 4) => None,
        (Components::Stored, 3) => Some(0),
        (Components::YCbCr, 3) => Some(1),
        (_, n) => return Err(format!("JPEG with {n} components is not read, only with 1, 3 and 4")),
    };
    let whole = assemble(tables, jpeg, transform)?;
    let image = walk(&whole, limit)?;
    let found = (image.frame.width, image.frame.height);
    if found.0 != width || !(rows..=most_rows).contains(&found.1) {
        return Err(format!("it is {} × {} pixels, {width} × {rows} expected", found.0, found.1));
    }
    if image.components.len() != count {
        return Err(format!("it has {} components, {count} expected", image.components.len()));
    }
    let row = width * count;
    if found.1 == rows {
        return decode(&whole, &image, Take::Components, out);
    }
    with_scratch(row * found.1, |all| {
        decode(&whole, &image, Take::Components, all)?;
        out.copy_from_slice(&all[..row * rows]);
        Ok(())
    })
}

/// One stream of tables and image. Segments of programs are left out: what they say of colours may contradict the file
/// around them, which is believed, as libtiff does. `transform` is Adobe's code of the colours.
fn assemble(tables: &[u8], jpeg: &[u8], transform: Option<u8>) -> Result<Vec<u8>, String> {
    const BEGIN: [u8; 2] = [0xff, 0xd8];
    let mut whole = BEGIN.to_vec();
    if let Some(transform) = transform {
        whole.extend(*b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0");
        whole.push(transform);
    }
    for (part, is_image) in [(tables, false), (jpeg, true)] {
        if part.is_empty() && !is_image {
            continue;
        }
        if !part.starts_with(&BEGIN) {
            return Err(match part {
                [] => "it is empty".to_owned(),
                [a] => format!("it begins with {a:02x}, ff d8 expected"),
                [a, b, ..] => format!("it begins with {a:02x} {b:02x}, ff d8 expected"),
            });
        }
        let mut at = BEGIN.len();
        loop {
            let Some((marker, after)) = next_marker(part, at) else {
                // Tables need no end.
                if is_image {
                    return Err(CUT.to_owned());
                }
                break;
            };
            match marker {
                0xd9 if is_image => return Err("it has headers, but no image".to_owned()),
                0xd9 => break,
                0xda if is_image => {
                    whole.extend(&part[start_of(part, at, after)..]);
                    break;
                }
                0x01 | 0xd0..=0xd8 => at = after,
                _ => {
                    let end = after + 2 + segment(part, after)?.len();
                    if !matches!(marker, 0xe0..=0xef | 0xfe) {
                        whole.extend(&part[start_of(part, at, after)..end]);
                    }
                    at = end;
                }
            }
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_first_and_segments_of_programs_are_left_out() {
        let tables = b"\xff\xd8\xff\xdb\0\x03\x07\xff\xd9";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\x03\x09\xff\xda\0\x02data\xff\xd9";
        let whole = assemble(tables, jpeg, None).expect("whole");
        assert_eq!(whole, b"\xff\xd8\xff\xdb\0\x03\x07\xff\xc4\0\x03\x09\xff\xda\0\x02data\xff\xd9");
        let with = assemble(&[], jpeg, Some(1)).expect("whole");
        assert_eq!(with[..6], *b"\xff\xd8\xff\xee\0\x0e");
        assert_eq!(with[17], 1);
        assert!(assemble(tables, b"", None).expect_err("empty").contains("empty"));
        assert!(assemble(tables, b"\xff\xd8\xff\xd9", None).expect_err("no image").contains("no image"));
        assert!(assemble(tables, b"II", None).expect_err("no JPEG").contains("begins with 49 49"));
        assert!(assemble(tables, b"\xff\xd8\xff\xc4\0\x09", None).is_err());
    }
}
