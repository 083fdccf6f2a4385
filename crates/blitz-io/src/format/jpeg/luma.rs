//! Entropy-coded data of sequential Huffman-coded files in one scan, which nearly all cameras write: luma alone, and a
//! check to the last bit.
//!
//! Chroma is stepped over, neither kept nor transformed, and symbols are read with the bits behind them from one table.
//! Values are those of libjpeg. What is unusual is left to the library. The library overlooks up to
//! eight bytes behind the last block of a part, which damaged data often leave, and blocks with too many coefficients.

use super::huffman::Left::{self, ToLibrary};
use super::huffman::{Bits, Block, Codes, LONGEST, PADDING, PLACES, damaged};
use super::idct;
use super::segments::Image;

/// What a file lists in its order, in natural order.
fn natural(listed: &[u8]) -> [i16; 64] {
    let mut all = [0; 64];
    for (&place, &value) in PLACES.iter().zip(listed) {
        all[usize::from(place)] = i16::from(value);
    }
    all
}

/// One component as the scan has it.
struct Part {
    /// Blocks in an MCU.
    across: usize,
    down: usize,
    dc: usize,
    ac: usize,
}

/// Tables and scan of a file.
struct Tables {
    /// Steps of luma in natural order.
    steps: [i16; 64],
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    parts: Vec<Part>,
    /// MCUs from one restart to the next.
    interval: usize,
    /// Where the scan's data begin.
    data: usize,
}

impl Tables {
    /// The codes of a component: those of means, and those of all else.
    fn codes(&self, part: &Part) -> Result<(&Codes, &Codes), Left> {
        let (dc, ac) = (self.dc.get(part.dc).ok_or(ToLibrary)?, self.ac.get(part.ac).ok_or(ToLibrary)?);
        dc.as_ref().zip(ac.as_ref()).ok_or(ToLibrary)
    }

    /// Of a file whose segments were walked.
    fn read(jpeg: &[u8], image: &Image) -> Result<Self, Left> {
        let mut quant: [Option<[i16; 64]>; 4] = [None; 4];
        let (mut dc, mut ac) = ([const { None }; 4], [const { None }; 4]);
        let (mut interval, mut frame, mut at) = (0, Vec::new(), 2);
        loop {
            while jpeg.get(at + 1) == Some(&0xff) {
                at += 1;
            }
            let &[0xff, marker, high, low] = jpeg.get(at..at + 4).ok_or(ToLibrary)? else {
                return Err(ToLibrary);
            };
            let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
            let mut body = jpeg.get(at + 4..end).ok_or(ToLibrary)?;
            at = end;
            match marker {
                0xdb => {
                    while let Some((&which, rest)) = body.split_first() {
                        // Steps of 16 bits have a high half.
                        let (steps, rest) =
                            rest.split_at_checked(64).filter(|_| which < 4).ok_or(ToLibrary)?;
                        quant[usize::from(which)] = Some(natural(steps));
                        body = rest;
                    }
                }
                0xc4 => {
                    while let Some((&which, rest)) = body.split_first() {
                        let (counts, rest) = rest.split_first_chunk::<LONGEST>().ok_or(ToLibrary)?;
                        let count: usize = counts.iter().map(|&n| usize::from(n)).sum();
                        let (symbols, rest) =
                            rest.split_at_checked(count).filter(|_| count <= 256).ok_or(ToLibrary)?;
                        let (kind, place) = match which {
                            0x00..=0x03 => (&mut dc, which),
                            0x10..=0x13 => (&mut ac, which & 3),
                            _ => return Err(ToLibrary),
                        };
                        kind[usize::from(place)] = Some(Codes::new(counts, symbols, which < 4)?);
                        body = rest;
                    }
                }
                0xdd => {
                    let &[high, low] = body else { return Err(ToLibrary) };
                    interval = usize::from(u16::from_be_bytes([high, low]));
                }
                0xc0 | 0xc1 => frame = body.to_vec(),
                0xda => {
                    let listed = frame.get(6..).ok_or(ToLibrary)?.chunks(3);
                    let of = |component: &[u8]| *quant.get(usize::from(*component.get(2)?))?;
                    let steps: Option<Vec<[i16; 64]>> = listed.map(of).collect();
                    let &steps = steps.as_ref().and_then(|steps| steps.first()).ok_or(ToLibrary)?;
                    let parts = parts(body, image)?;
                    return Ok(Self { steps, dc, ac, parts, interval, data: at });
                }
                _ => {}
            }
        }
    }
}

/// The components of the one scan.
fn parts(header: &[u8], image: &Image) -> Result<Vec<Part>, Left> {
    /// As many blocks of an MCU as the standard allows.
    const BLOCKS: usize = 10;
    let count = image.components.len();
    let selectors = header.get(1..=2 * count).filter(|_| usize::from(header[0]) == count).ok_or(ToLibrary)?;
    let alone = count == 1;
    let mut parts = Vec::new();
    for (component, selector) in image.components.iter().zip(selectors.chunks_exact(2)) {
        let (across, down) = (usize::from(component.across), usize::from(component.down));
        let (dc, ac) = (usize::from(selector[1] >> 4), usize::from(selector[1] & 15));
        if component.id != selector[0] || !(1..=4).contains(&across) || !(1..=4).contains(&down) {
            return Err(ToLibrary);
        }
        // A component by itself has one block after the other.
        let (across, down) = if alone { (1, 1) } else { (across, down) };
        parts.push(Part { across, down, dc, ac });
    }
    let blocks: usize = parts.iter().map(|part| part.across * part.down).sum();
    if blocks <= BLOCKS { Ok(parts) } else { Err(ToLibrary) }
}

/// The scan's data without stuffing, and where each part between restarts ends.
fn unstuff(data: &[u8], clean: &mut Vec<u8>) -> Result<Vec<usize>, Left> {
    let (mut ends, mut at) = (Vec::new(), 0);
    clean.clear();
    clean.reserve(data.len() + PADDING);
    while let Some(run) = memchr::memchr(0xff, &data[at..]) {
        match data.get(at + run + 1) {
            Some(0) => clean.extend_from_slice(&data[at..=at + run]),
            Some(&marker @ 0xd0..=0xd7) => {
                let (found, expected) = (usize::from(marker & 7), ends.len() % 8);
                if found != expected {
                    return Err(damaged(&format!(
                        "restart marker RST{found} stands where RST{expected} should"
                    )));
                }
                clean.extend_from_slice(&data[at..at + run]);
                ends.push(clean.len());
            }
            _ => return Err(ToLibrary),
        }
        at += run + 2;
    }
    clean.extend_from_slice(&data[at..]);
    ends.push(clean.len());
    clean.extend([0; PADDING]);
    Ok(ends)
}

/// Decodes the luma of a file that was walked; `jpeg` is its stream from the first marker to the last.
///
/// # Errors
/// If there is none; `out` may hold part of it.
pub(super) fn decode(jpeg: &[u8], image: &Image, out: &mut [u8]) -> Result<(), Left> {
    with_scan(jpeg, image, |scan| {
        // Luma has all pixels.
        let luma = &scan.tables.parts[0];
        if scan.tables.parts.iter().any(|part| part.across > luma.across || part.down > luma.down) {
            return Err(ToLibrary);
        }
        scan.read(Some(out))
    })
}

/// Reads the data of a file that was walked, and keeps nothing.
///
/// # Errors
/// If they are damaged, or left to the library.
pub(super) fn check(jpeg: &[u8], image: &Image) -> Result<(), Left> {
    with_scan(jpeg, image, |scan| scan.read(None))
}

fn with_scan(
    jpeg: &[u8],
    image: &Image,
    read: impl FnOnce(&Scan<'_>) -> Result<(), Left>,
) -> Result<(), Left> {
    thread_local! {
        static CLEAN: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    if image.is_progressive || image.is_arithmetic || image.scans != 1 {
        return Err(ToLibrary);
    }
    let tables = Tables::read(jpeg, image)?;
    let data = jpeg.get(tables.data..jpeg.len() - 2).ok_or(ToLibrary)?;
    let mut clean = CLEAN.take();
    let done = unstuff(data, &mut clean).and_then(|ends| {
        let size = (image.frame.width, image.frame.height);
        read(&Scan { data: &clean, ends: &ends, tables: &tables, size })
    });
    CLEAN.set(clean);
    done
}

/// The data of a scan.
struct Scan<'a> {
    data: &'a [u8],
    /// Where each part between restarts ends.
    ends: &'a [usize],
    tables: &'a Tables,
    size: (usize, usize),
}

impl Scan<'_> {
    /// Reads all blocks and writes luma, if it is asked for.
    fn read(&self, mut out: Option<&mut [u8]>) -> Result<(), Left> {
        let Self { data, ends, tables, size: (width, height) } = *self;
        let luma = &tables.parts[0];
        let most = |of: fn(&Part) -> usize| tables.parts.iter().map(of).max().unwrap_or(1);
        let mcus_across = width.div_ceil(8 * most(|part| part.across));
        let mcus = mcus_across * height.div_ceil(8 * most(|part| part.down));
        let interval = if tables.interval == 0 { mcus } else { tables.interval };
        let (found, expected) = (ends.len(), mcus.div_ceil(interval));
        if found != expected {
            return Err(damaged(&format!("there are {found} parts between restarts, {expected} expected")));
        }
        let (dc, ac) = tables.codes(luma)?;
        let mut others = Vec::new();
        for (i, part) in tables.parts.iter().enumerate() {
            let codes = tables.codes(part)?;
            if i > 0 || out.is_none() {
                others.extend((0..part.across * part.down).map(|_| codes));
            }
        }
        let mut start = 0;
        for (part, &end) in ends.iter().enumerate() {
            let mut bits = Bits::new(data, start);
            let mut level = 0;
            for mcu in part * interval..((part + 1) * interval).min(mcus) {
                if let Some(out) = &mut out {
                    let (row, column) = (mcu / mcus_across, mcu % mcus_across);
                    for y in 0..luma.down {
                        for x in 0..luma.across {
                            let place = (8 * (column * luma.across + x), 8 * (row * luma.down + y));
                            let mut block = [0; 72];
                            let pixels = if coefficients(&mut bits, dc, ac, &mut level, &mut block)? {
                                idct::block(block.first_chunk().unwrap_or(&[0; 64]), &tables.steps)
                            } else {
                                idct::flat(level, tables.steps[0])
                            };
                            put(&pixels, place, self.size, out);
                        }
                    }
                }
                for (dc, ac) in &others {
                    step_over(&mut bits, dc, ac)?;
                }
                if bits.is_beyond(end) {
                    return Err(damaged(EARLY));
                }
            }
            is_used_up(&bits, end)?;
            start = end;
        }
        Ok(())
    }
}

const EARLY: &str = "premature end before the last block of a part";

/// Checks that the bits end in the last byte before `end`. Zeros behind it fill up what some devices write.
fn is_used_up(bits: &Bits<'_>, end: usize) -> Result<(), Left> {
    let left = (8 * end).checked_sub(bits.taken()).ok_or_else(|| damaged(EARLY))?;
    let left = &bits.data[end - left / 8..end];
    if left.iter().all(|&byte| byte == 0) {
        return Ok(());
    }
    let count = left.len();
    Err(damaged(&format!("{count} bytes are left over behind the last block of a part")))
}

/// Reads a block. Says whether there is more than its mean.
#[inline(never)]
fn coefficients(
    bits: &mut Bits<'_>,
    dc: &Codes,
    ac: &Codes,
    level: &mut i16,
    block: &mut Block,
) -> Result<bool, Left> {
    // A copy stays in registers.
    let mut own = *bits;
    *level = level.checked_add(own.difference(dc)?).ok_or(ToLibrary)?;
    block[0] = *level;
    let has_more = own.block(ac, block)?;
    *bits = own;
    Ok(has_more)
}

#[inline(never)]
fn step_over(bits: &mut Bits<'_>, dc: &Codes, ac: &Codes) -> Result<(), Left> {
    let mut own = *bits;
    own.difference(dc)?;
    own.step_over(ac)?;
    *bits = own;
    Ok(())
}

/// Puts a block where it belongs; what lies outside of the image is left out.
#[inline]
fn put(block: &[u8; 64], (x, y): (usize, usize), (width, height): (usize, usize), out: &mut [u8]) {
    let (rows, _) = block.as_chunks::<8>();
    let count = width.saturating_sub(x).min(8);
    for (row, y) in rows.iter().zip(y..height.min(y + 8)) {
        let line = &mut out[y * width..][..width];
        if let Some(whole) = line.get_mut(x..x + 8) {
            whole.copy_from_slice(row);
        } else if count > 0 {
            line[x..].copy_from_slice(&row[..count]);
        }
    }
}
