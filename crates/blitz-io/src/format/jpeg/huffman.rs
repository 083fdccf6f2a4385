//! Huffman codes of sequential JPEG, with tables that hold the values behind the codes, and often two of them.

#![allow(
    clippy::inline_always,
    reason = "the reader's state stays in registers only where all of it is one function"
)]

use Left::ToLibrary;

/// Why there is no luma.
#[derive(Debug)]
pub(super) enum Left {
    /// The library's verdict counts.
    ToLibrary,
    /// The data are damaged.
    Damaged(String),
}

/// Bits of a code and the value behind it that are looked up at once.
const LOOK: u32 = 10;
/// Longest code.
pub(super) const LONGEST: usize = 16;
/// What an end of block adds to a coefficient's number: more than any run does.
const ENDS: u32 = 80;
/// What stands in the tables for a symbol that does not lie in the bits: it leads neither to a coefficient nor to an end.
const NONE: u32 = 150;

/// Natural place of each coefficient; behind the last, a place that nothing is read from.
#[rustfmt::skip]
pub(super) static PLACES: [u8; 256] = {
    const ZIGZAG: [u8; 64] = [
         0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
        12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
        58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];
    let mut places = [64; 256];
    let mut i = 0;
    while i < ZIGZAG.len() {
        places[i] = ZIGZAG[i];
        i += 1;
    }
    places
};

/// Coefficients of a block, and the place that nothing is read from.
pub(super) type Block = [i16; 72];

/// A Huffman code.
pub(super) struct Codes {
    /// By the next [`LOOK`] bits. With the value where all of it lies in them: byte 0 the length of both, byte 1 what the
    /// coefficient's number grows by, bytes 2 and 3 the value. Otherwise byte 0 is 0, byte 1 the length of the code, or 0
    /// where it is longer than what was looked at, and byte 2 the symbol.
    look: Box<[u32; 1 << LOOK]>,
    /// By the same bits, all symbols that lie in them with their values, up to an end of block: byte 0 the bits that they
    /// take, byte 1 what the coefficient's number grows by.
    several: Box<[u16; 1 << LOOK]>,
    /// By the same bits, one or two symbols with their values: byte 0 the bits that they take, byte
    /// 1 what the coefficient's number grows by, byte 2 what it grows by with the first; 4 and 5 the first value, 6
    /// and 7 the last.
    two: Box<[u64; 1 << LOOK]>,
    /// For each length: the first code that is longer, at its left end, and what to add to a code for its symbol's place.
    ends: [u32; LONGEST + 1],
    offsets: [i32; LONGEST + 1],
    symbols: Vec<u8>,
}

impl Codes {
    /// Of the counts of codes of each length and the symbols in order.
    pub(super) fn new(counts: &[u8; LONGEST], symbols: &[u8], is_dc: bool) -> Result<Self, Left> {
        let mut look = Box::new([0; 1 << LOOK]);
        let (mut ends, mut offsets) = ([0; LONGEST + 1], [0; LONGEST + 1]);
        let (mut code, mut at) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            offsets[length as usize] = at as i32 - code as i32;
            for _ in 0..count {
                let &symbol = symbols.get(at).ok_or(ToLibrary)?;
                // A code of ones alone is not allowed.
                if code + 1 >= 1 << length {
                    return Err(ToLibrary);
                }
                if is_dc && symbol > 11 {
                    return Err(ToLibrary);
                }
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    for (behind, entry) in (0_u32..).zip(&mut look[first..][..1 << (LOOK - length)]) {
                        *entry = entry_of(symbol, length, behind, is_dc);
                    }
                }
                code += 1;
                at += 1;
            }
            ends[length as usize] = code << (LONGEST as u32 - length);
            code <<= 1;
        }
        let (mut several, mut two) = (Box::new([0; 1 << LOOK]), Box::new([0; 1 << LOOK]));
        if !is_dc {
            for (bits, entry) in several.iter_mut().enumerate() {
                let (mut taken, mut grows) = (0, 0);
                while grows < 63 {
                    let next = look[bits << taken & ((1 << LOOK) - 1)];
                    let length = next & 255;
                    if length == 0 || taken + length > LOOK {
                        break;
                    }
                    taken += length;
                    grows += next >> 8 & 255;
                }
                let grows = if taken == 0 { NONE } else { grows };
                *entry = (grows << 8 | taken) as u16;
                two[bits] = two_of(&look, bits);
            }
        }
        Ok(Self { look, several, two, ends, offsets, symbols: symbols[..at].to_vec() })
    }

    /// The symbol of a code that is longer than [`LOOK`], with which the bits `next` begin, and its length.
    #[cold]
    fn long(&self, next: u32) -> Option<(u8, u32)> {
        let length = (LOOK as usize + 1..=LONGEST).find(|&length| next < self.ends[length])?;
        let place = (next >> (LONGEST - length)) as i32 + self.offsets[length];
        Some((*self.symbols.get(place as usize)?, length as u32))
    }
}

/// Byte 0 of an entry.
#[inline]
fn length_of(entry: u32) -> u32 {
    entry & 255
}

/// An entry of the table for a symbol with a code of `length` bits before the bits `behind`.
fn entry_of(symbol: u8, length: u32, behind: u32, is_dc: bool) -> u32 {
    let size = u32::from(symbol & 15);
    let run = u32::from(symbol >> 4);
    let left = LOOK - length;
    let grows = match (is_dc, size, run) {
        (true, ..) => 0,
        (false, 0, 15) => 16,
        (false, 0, _) => ENDS,
        (false, ..) => run + 1,
    };
    if size > left {
        return u32::from(symbol) << 16 | length << 8;
    }
    let value = if size == 0 { 0 } else { signed(behind >> (left - size), size) };
    (value as u32) << 16 | grows << 8 | (length + size)
}

/// What [`Codes::two`] holds for `bits`.
fn two_of(look: &[u32; 1 << LOOK], bits: usize) -> u64 {
    let parts = |entry: u32| (entry & 255, entry >> 8 & 255, u64::from(entry >> 16));
    let (length, grows, value) = parts(look[bits]);
    if length == 0 {
        return u64::from(NONE << 8 | NONE << 16);
    }
    let entry = |length: u32, both: u32, last: u64| {
        u64::from(length | both << 8 | grows << 16) | value << 32 | last << 48
    };
    let (next_length, next_grows, last) = parts(look[bits << length & ((1 << LOOK) - 1)]);
    if grows >= ENDS || next_length == 0 || length + next_length > LOOK {
        return entry(length, grows, value);
    }
    entry(length + next_length, grows + next_grows, last)
}

/// The number that `size` bits stand for: those that begin with 0 are negative.
fn signed(bits: u32, size: u32) -> i32 {
    let half = 1 << (size - 1);
    if bits < half { bits as i32 - 2 * half as i32 + 1 } else { bits as i32 }
}

/// Bits of unstuffed data, the first one highest.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    pub(super) data: &'a [u8],
    at: usize,
    next: u64,
    /// Bits of `next` that count.
    count: u32,
}

/// Bytes behind the data, so that they can be read in words.
pub(super) const PADDING: usize = 16;

impl<'a> Bits<'a> {
    /// Of unstuffed data with [`PADDING`] bytes behind them, from a byte on.
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, next: 0, count: 0 }
    }

    /// At least 56 bits (0x38), of which those behind the data are 0.
    #[inline(always)]
    fn fill(&mut self) {
        let word = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<8>).copied().unwrap_or_default();
        self.next |= u64::from_be_bytes(word) >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0x38;
    }

    #[inline(always)]
    fn peek(&self, n: u32) -> u32 {
        (self.next >> (64 - n)) as u32
    }

    #[inline(always)]
    fn skip(&mut self, n: u32) {
        self.next <<= n;
        self.count -= n;
    }

    /// Whether reading has left everything before byte `end` far behind.
    pub(super) fn is_beyond(&self, end: usize) -> bool {
        self.at > end + 8
    }

    /// Bits that were taken since the data's beginning.
    pub(super) fn taken(&self) -> usize {
        8 * self.at - self.count as usize
    }

    /// What a symbol says that is not in the table with its value: what the coefficient's number grows by, and the value.
    /// Takes up to 31 bits.
    #[inline(always)]
    fn rest(&mut self, entry: u32, codes: &Codes) -> Result<(u32, i16), Left> {
        let (symbol, length) = match entry >> 8 & 255 {
            0 => codes
                .long(self.peek(LONGEST as u32))
                .ok_or_else(|| damaged("a code stands there that the file does not define"))?,
            length => ((entry >> 16) as u8, length),
        };
        self.skip(length);
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            return Ok((if run == 15 { 16 } else { ENDS }, 0));
        }
        let value = signed(self.peek(size), size);
        self.skip(size);
        Ok((run + 1, value as i16))
    }

    /// The difference of a mean to the one before.
    #[inline(always)]
    pub(super) fn difference(&mut self, codes: &Codes) -> Result<i16, Left> {
        self.fill();
        let entry = codes.look[self.peek(LOOK) as usize];
        if length_of(entry) == 0 {
            return self.rest(entry, codes).map(|(_, value)| value);
        }
        self.skip(length_of(entry));
        Ok((entry >> 16) as i16)
    }

    /// Reads all but the mean of a block. Says whether there was any.
    #[inline(always)]
    pub(super) fn block(&mut self, codes: &Codes, block: &mut Block) -> Result<bool, Left> {
        let mut put = |k: u32, value: i16| block[usize::from(PLACES[usize::from(k as u8)]).min(64)] = value;
        let mut k = 0;
        while k < 63 {
            self.fill();
            for _ in 0..AT_ONCE {
                let entry = codes.two[self.peek(LOOK) as usize];
                let after = k + (entry as u32 >> 8 & 255);
                // Values that turn out to belong to the next block are put where nothing is read from.
                put(k + (entry as u32 >> 16 & 255), (entry >> 32) as i16);
                put(after, (entry >> 48) as i16);
                if after < 63 {
                    self.skip(entry as u32 & 255);
                    k = after;
                    continue;
                }
                if is_end(after) {
                    self.skip(entry as u32 & 255);
                    return Ok(after != ENDS);
                }
                let (grows, value) = self.one(codes)?;
                k += grows;
                put(k, value);
                break;
            }
        }
        if is_end(k) { Ok(k != ENDS) } else { Err(too_many()) }
    }

    /// Steps over all but the mean of a block.
    #[inline(always)]
    pub(super) fn step_over(&mut self, codes: &Codes) -> Result<(), Left> {
        let mut k = 0;
        while k < 63 {
            self.fill();
            for _ in 0..AT_ONCE {
                let entry = u32::from(codes.several[self.peek(LOOK) as usize]);
                let after = k + (entry >> 8);
                if after < 63 {
                    self.skip(length_of(entry));
                    k = after;
                    continue;
                }
                if is_end(after) {
                    self.skip(length_of(entry));
                    return Ok(());
                }
                k += self.one(codes)?.0;
                break;
            }
        }
        if is_end(k) { Ok(()) } else { Err(too_many()) }
    }

    /// One symbol: what the coefficient's number grows by, and the value.
    #[inline(always)]
    fn one(&mut self, codes: &Codes) -> Result<(u32, i16), Left> {
        let entry = codes.look[self.peek(LOOK) as usize];
        if length_of(entry) == 0 {
            return self.rest(entry, codes);
        }
        self.skip(length_of(entry));
        Ok((entry >> 8 & 255, (entry >> 16) as i16))
    }
}

/// Looked up in the bits of one filling: the last may take 31 of 56.
const AT_ONCE: usize = 3;

/// Whether a block ends behind this coefficient, and no symbol was taken that belongs to the next.
#[inline(always)]
fn is_end(k: u32) -> bool {
    k == 63 || (ENDS..ENDS + 63).contains(&k)
}

#[cold]
fn too_many() -> Left {
    damaged("a block has more than 64 coefficients")
}

#[cold]
pub(super) fn damaged(what: &str) -> Left {
    Left::Damaged(format!("the data are damaged: {what}"))
}
