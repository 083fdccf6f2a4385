//! Bilevel strips as fax machines code them: modified Huffman, T.4 and T.6.
//!
//! The codes are those of the crate `fax`. Its decoders read neither modified Huffman nor two-dimensional T.4, and mend
//! damage without a word; rows that do not end where they must are refused here.

use fax::maps::{self, Mode};
use fax::{BitReader, Bits};

use super::ifd::{Ifd, tag};
use crate::read_at::ReadAt;

/// How rows are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fax {
    /// Runs alone, each row from a byte on.
    Huffman,
    /// A code ends each row, which may tell how it differs from the row above.
    T4 { two_dimensional: bool },
    /// Each row as it differs from the row above.
    T6,
}

/// Zeros before the one that ends a row.
const ZEROS: u8 = 11;

impl Fax {
    /// Reads what compression 2, 3 or 4 says of itself.
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt, compression: u64) -> Result<Self, String> {
        let options = match compression {
            3 => ifd.number(data, tag::T4_OPTIONS, 0)?,
            4 => ifd.number(data, tag::T6_OPTIONS, 0)?,
            _ => 0,
        };
        if options & 2 != 0 {
            return Err("fax coding with uncompressed parts is not read; save it as T.6 (CCITT G4) without"
                .to_owned());
        }
        Ok(match compression {
            2 => Self::Huffman,
            3 => Self::T4 { two_dimensional: options & 1 != 0 },
            _ => Self::T6,
        })
    }

    /// Decodes rows of `width` pixels, a bit each with 1 for black. Errors say what is wrong with the strip.
    pub(super) fn expand(self, raw: &[u8], width: usize, out: &mut [u8]) -> Result<(), String> {
        let bytes = width.div_ceil(8);
        let rows = out.len() / bytes;
        let mut bits = Reader { raw, at: 0 };
        // Where the colour changes, beginning with white.
        let (mut above, mut row) = (Vec::new(), Vec::new());
        for (y, out) in out.chunks_exact_mut(bytes).enumerate() {
            row.clear();
            self.row(&mut bits, &above, width, y, &mut row).map_err(|reason| {
                if bits.at > 8 * raw.len() {
                    format!("is cut short or damaged: it ends in row {y} of {rows}")
                } else {
                    format!("is damaged: {reason} in row {y} of {rows}, at bit {}", bits.at)
                }
            })?;
            if bits.at > 8 * raw.len() {
                return Err(format!("is cut short: it ends in row {y} of {rows}"));
            }
            paint(&row, width, out);
            std::mem::swap(&mut above, &mut row);
        }
        Ok(())
    }

    fn row(
        self,
        bits: &mut Reader<'_>,
        above: &[usize],
        width: usize,
        y: usize,
        row: &mut Vec<usize>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Huffman => {
                bits.at = bits.at.next_multiple_of(8);
                runs(bits, width, row)
            }
            Self::T4 { two_dimensional } => {
                let ended = bits.end_of_row();
                // Some writers leave out the code before the first row.
                if !ended && y > 0 {
                    return Err("no end-of-line code before it");
                }
                if two_dimensional && ended && bits.take() == 0 {
                    differences(bits, above, width, row)
                } else {
                    runs(bits, width, row)
                }
            }
            Self::T6 => differences(bits, above, width, row),
        }
    }
}

/// Bits of a strip, first ones first; zeros behind its end.
struct Reader<'a> {
    raw: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&self, bits: u8) -> u16 {
        let byte = |i: usize| self.raw.get(self.at / 8 + i).map_or(0, |&b| u32::from(b));
        let held = byte(0) << 16 | byte(1) << 8 | byte(2);
        ((held << (self.at % 8) & 0xff_ffff) >> (24 - u32::from(bits))) as u16
    }

    fn take(&mut self) -> u16 {
        let bit = self.next(1);
        self.at += 1;
        bit
    }

    /// Steps over an end-of-line code and the zeros that fill up before it, if it is there.
    fn end_of_row(&mut self) -> bool {
        if self.next(ZEROS) != 0 {
            return false;
        }
        let end = 8 * self.raw.len();
        let mut at = self.at + usize::from(ZEROS);
        while at < end {
            if self.raw[at / 8] << (at % 8) & 0x80 != 0 {
                self.at = at + 1;
                return true;
            }
            at += 1;
        }
        self.at = at + 1;
        false
    }
}

impl BitReader for Reader<'_> {
    type Error = std::convert::Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        (bits <= 16).then(|| self.next(bits))
    }

    fn consume(&mut self, bits: u8) -> Result<(), Self::Error> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn expect(&mut self, bits: Bits) -> Result<(), Option<Bits>> {
        let data = self.next(bits.len);
        if data == bits.data { Ok(()) } else { Err(Some(Bits { data, len: bits.len })) }
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (8 - self.at % 8) as u8 & 7
    }
}

/// Length of a run that may be up to `most` pixels long.
fn run(bits: &mut Reader<'_>, is_black: bool, most: usize) -> Result<usize, &'static str> {
    let mut length = 0;
    loop {
        let code = if is_black { maps::black::decode(bits) } else { maps::white::decode(bits) };
        let code = usize::from(code.ok_or("no code of a run")?);
        length += code;
        if length > most {
            return Err("a run beyond its width");
        }
        // Longer codes are followed by the rest.
        if code < 64 {
            return Ok(length);
        }
    }
}

/// Takes in that the colour changes at `at`; two changes at one place are none.
fn change(row: &mut Vec<usize>, at: usize, width: usize) {
    if row.last() == Some(&at) {
        row.pop();
    } else if at < width {
        row.push(at);
    }
}

/// A row of runs.
fn runs(bits: &mut Reader<'_>, width: usize, row: &mut Vec<usize>) -> Result<(), &'static str> {
    let (mut at, mut is_black) = (0, false);
    while at < width {
        at += run(bits, is_black, width - at)?;
        change(row, at, width);
        is_black = !is_black;
    }
    Ok(())
}

/// A row as it differs from the one above.
fn differences(
    bits: &mut Reader<'_>,
    above: &[usize],
    width: usize,
    row: &mut Vec<usize>,
) -> Result<(), &'static str> {
    // Where in `above` the next change behind `at` is looked for.
    let (mut at, mut is_black, mut next, mut is_start) = (0_usize, false, 0_usize, true);
    while at < width {
        let is_behind = |change: usize| change > at || (is_start && change == at);
        while next > 0 && is_behind(above[next - 1]) {
            next -= 1;
        }
        while above.get(next).is_some_and(|&change| !is_behind(change)) {
            next += 1;
        }
        // Changes to black have even places.
        let first = next + usize::from(next % 2 != usize::from(is_black));
        let place = |i: usize| above.get(i).copied().unwrap_or(width);
        match maps::mode::decode(bits).ok_or("no code of a difference")? {
            Mode::Pass => at = place(first + 1),
            Mode::Horizontal => {
                for is_black in [is_black, !is_black] {
                    at += run(bits, is_black, width - at)?;
                    change(row, at, width);
                }
            }
            Mode::Vertical(by) => {
                let to = place(first).checked_add_signed(isize::from(by));
                let to = to.filter(|to| (at..=width).contains(to)).ok_or("a change outside of it")?;
                change(row, to, width);
                at = to;
                is_black = !is_black;
            }
            Mode::Extension => return Err("a part that is not compressed, which is not read,"),
            Mode::EOF => return Err("the end of all rows"),
        }
        is_start = false;
    }
    Ok(())
}

/// Writes a row as bits.
fn paint(row: &[usize], width: usize, out: &mut [u8]) {
    out.fill(0);
    for black in row.chunks(2) {
        let end = black.get(1).copied().unwrap_or(width);
        let (first, last) = (black[0] / 8, end / 8);
        let (head, tail) = (0xff_u8 >> (black[0] % 8), !(0xff_u8 >> (end % 8)));
        if first == last {
            out[first] |= head & tail;
            continue;
        }
        out[first] |= head;
        out[first + 1..last].fill(0xff);
        if tail > 0 {
            out[last] |= tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_painted_to_their_width() {
        let mut out = [0; 3];
        paint(&[0, 3, 7, 9, 15], 20, &mut out);
        assert_eq!(out, [0b1110_0001, 0b1000_0001, 0b1111_0000]);
        paint(&[8, 16], 20, &mut out);
        assert_eq!(out, [0, 0xff, 0]);
    }

    #[test]
    fn rows_that_do_not_end_where_they_must_are_refused() {
        // White 4, black 4, white 8, filled to the byte.
        let row = [0b1011_0111, 0b0011_0000];
        let mut out = [0; 2];
        Fax::Huffman.expand(&row, 16, &mut out).expect("whole");
        assert_eq!(out, [0b0000_1111, 0]);
        let over = Fax::Huffman.expand(&row, 12, &mut out).expect_err("longer than the row");
        assert!(over.contains("beyond its width in row 0 of 1"), "{over}");
        let short = Fax::Huffman.expand(&row, 17, &mut [0; 3]).expect_err("shorter than the row");
        assert!(short.contains("no code of a run") || short.contains("cut short"), "{short}");
        let ends = Fax::T6.expand(&[0, 0x10, 1], 16, &mut out).expect_err("no rows");
        assert!(ends.contains("the end of all rows"), "{ends}");
        let cut = Fax::T6.expand(&[0xff], 16, &mut [0; 32]).expect_err("half");
        assert!(cut.contains("cut short"), "{cut}");
    }
}
