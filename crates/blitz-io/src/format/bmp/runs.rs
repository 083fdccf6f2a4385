//! Run lengths (`BI_RLE8`, `BI_RLE4`) of palette indices.
//!
//! Pixels that deltas, early ends of rows and an early end of the bitmap step over have palette index 0, as Pillow,
//! libgd and `ImageMagick` show them; others make them transparent. A run that leaves its row or the picture is damage.

/// Pixels that follow each other in a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run<'a> {
    /// The same index, or two in turn.
    Same([u8; 2]),
    /// An index each, packed as the codes are.
    Each(&'a [u8]),
}

/// What was found on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    /// Pixels that have an index.
    pub(super) drawn: usize,
    pub(super) has_end: bool,
}

/// Walks run lengths of `bits` bits and gives each run to `draw`: row as stored, column, length.
///
/// # Errors
/// If the data end before the picture does, or runs leave it; those of `draw`.
pub(super) fn walk<'a>(
    data: &'a [u8],
    bits: usize,
    [height, width]: [usize; 2],
    mut draw: impl FnMut(usize, usize, usize, Run<'a>) -> Result<(), String>,
) -> Result<Walked, String> {
    let (mut at, mut y, mut x, mut drawn) = (0, 0, 0, 0);
    loop {
        if y == height || (y + 1 == height && x == width) {
            let rest = data.get(at..).unwrap_or_default();
            let has_end = rest.starts_with(&[0, 1]) || rest.starts_with(&[0, 0, 0, 1]);
            return Ok(Walked { drawn, has_end });
        }
        let bytes = |at: usize, n: usize| {
            data.get(at..at + n).ok_or_else(|| {
                format!(
                    "the file is cut short: its run lengths end in row {y} of {height}, without an end marker"
                )
            })
        };
        let &[count, code] = bytes(at, 2)? else { return Err("no run".to_owned()) };
        at += 2;
        let (count, run) = match (count, code) {
            (0, 0) => {
                (y, x) = (y + 1, 0);
                continue;
            }
            (0, 1) => return Ok(Walked { drawn, has_end: true }),
            (0, 2) => {
                let &[right, down] = bytes(at, 2)? else { return Err("no delta".to_owned()) };
                at += 2;
                (y, x) = (y + usize::from(down), x + usize::from(right));
                if y > height || x > width {
                    return Err(format!(
                        "the run lengths are damaged: a delta leads to row {y}, column {x} of {height} rows of {width}"
                    ));
                }
                continue;
            }
            (0, count) => {
                let count = usize::from(count);
                let size = (count * bits).div_ceil(8);
                let codes = bytes(at, size)?;
                // Runs start at even bytes; nothing is missing where the last one has no padding.
                at += size.next_multiple_of(2);
                (count, Run::Each(codes))
            }
            (count, code) => {
                let pair = if bits == 4 { [code >> 4, code & 15] } else { [code; 2] };
                (usize::from(count), Run::Same(pair))
            }
        };
        // Two codes of four bits share a byte: the second one of the last may be padding.
        let padding = usize::from(bits == 4 && width % 2 == 1 && count % 2 == 0);
        if x + count > width + padding {
            return Err(format!(
                "the run lengths are damaged: a run of {count} pixels from column {x} on leaves row {y}, which has {width}"
            ));
        }
        let count = count.min(width - x);
        draw(y, x, count, run)?;
        x += count;
        drawn += count;
    }
}

impl Run<'_> {
    /// The index of pixel `i` of the run.
    pub(super) fn index(self, i: usize, bits: usize) -> usize {
        usize::from(match self {
            Self::Same(pair) => pair[i % 2],
            Self::Each(codes) if bits == 4 => codes[i / 2] >> (4 - 4 * (i % 2)) & 15,
            Self::Each(codes) => codes[i],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(data: &[u8], bits: usize, height: usize, width: usize) -> Result<(Vec<usize>, Walked), String> {
        let mut out = vec![0; height * width];
        let walked = walk(data, bits, [height, width], |y, x, count, run| {
            for i in 0..count {
                out[y * width + x + i] = run.index(i, bits);
            }
            Ok(())
        })?;
        Ok((out, walked))
    }

    #[test]
    fn runs_literals_deltas_and_ends_are_followed() {
        let data = [2, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 3, 1, 2, 9, 0, 1];
        let (found, walked) = pixels(&data, 8, 3, 5).expect("whole");
        assert_eq!(found, [7, 7, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9]);
        assert_eq!(walked, Walked { drawn: 7, has_end: true });
        let (found, walked) = pixels(&[5, 0x12, 0, 0, 0, 5, 0x34, 0x56, 0x70, 0], 4, 2, 5).expect("whole");
        assert_eq!(found, [1, 2, 1, 2, 1, 3, 4, 5, 6, 7]);
        assert_eq!(walked, Walked { drawn: 10, has_end: false });
        // The pair of the last pixel may be written whole.
        assert_eq!(pixels(&[6, 0x12, 0, 1], 4, 1, 5).expect("padded").0, [1, 2, 1, 2, 1]);
    }

    #[test]
    fn what_leaves_the_picture_or_ends_early_fails() {
        let cases: [(&[u8], &str); 6] = [
            (&[6, 1], "leaves row 0"),
            (&[0, 6, 1, 2, 3, 4, 5, 6], "leaves row 0"),
            (&[3, 1, 3, 1], "leaves row 0"),
            (&[0, 2, 6, 0], "delta leads"),
            (&[0, 2, 0, 3], "delta leads"),
            (&[5, 1, 0, 0, 4, 1, 0], "cut short"),
        ];
        for (data, why) in cases {
            assert!(pixels(data, 8, 2, 5).expect_err("damaged").contains(why), "{data:?}");
        }
    }
}
