//! Directories of a TIFF file: tags and their values, every length checked against the file.

use std::collections::HashSet;
use std::ops::Range;

use crate::read_at::ReadAt;

/// Tags that are used.
pub(super) mod tag {
    pub(crate) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(crate) const SUBFILE_TYPE: u16 = 255;
    pub(crate) const WIDTH: u16 = 256;
    pub(crate) const HEIGHT: u16 = 257;
    pub(crate) const BITS: u16 = 258;
    pub(crate) const COMPRESSION: u16 = 259;
    pub(crate) const PHOTOMETRIC: u16 = 262;
    pub(crate) const FILL_ORDER: u16 = 266;
    pub(crate) const DESCRIPTION: u16 = 270;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const ORIENTATION: u16 = 274;
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTES: u16 = 279;
    pub(crate) const X_RESOLUTION: u16 = 282;
    pub(crate) const Y_RESOLUTION: u16 = 283;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const T4_OPTIONS: u16 = 292;
    pub(crate) const T6_OPTIONS: u16 = 293;
    pub(crate) const RESOLUTION_UNIT: u16 = 296;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTES: u16 = 325;
    pub(crate) const COLOR_MAP: u16 = 320;
    pub(crate) const INK_SET: u16 = 332;
    pub(crate) const INK_NAMES: u16 = 333;
    pub(crate) const NUMBER_OF_INKS: u16 = 334;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
    pub(crate) const JPEG_TABLES: u16 = 347;
    pub(crate) const JPEG_OFFSET: u16 = 513;
    pub(crate) const JPEG_BYTES: u16 = 514;
    pub(crate) const YCBCR_COEFFICIENTS: u16 = 529;
    pub(crate) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(crate) const REFERENCE_BLACK_WHITE: u16 = 532;
    pub(crate) const UIC1: u16 = 33_628;
    pub(crate) const UIC2: u16 = 33_629;
}

/// Byte order and offset size of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) big_endian: bool,
    /// `BigTIFF`: offsets of eight bytes.
    pub(super) big: bool,
    pub(super) first: u64,
}

impl Header {
    pub(super) fn read(data: &dyn ReadAt) -> Result<Self, String> {
        super::FORMAT.check_start(data)?;
        let mut bytes = [0; 16];
        data.read_exact_at(0, &mut bytes[..8]).map_err(|e| cut(&e))?;
        let big_endian = bytes[0] == b'M';
        let mut header = Self { big_endian, big: false, first: 0 };
        header.big = header.number(&bytes[2..4]) == 43;
        header.first = if header.big {
            data.read_exact_at(0, &mut bytes).map_err(|e| cut(&e))?;
            if header.number(&bytes[4..6]) != 8 || header.number(&bytes[6..8]) != 0 {
                return Err("the BigTIFF header is damaged".to_owned());
            }
            header.number(&bytes[8..16])
        } else {
            header.number(&bytes[4..8])
        };
        Ok(header)
    }

    /// An unsigned number in the file's byte order.
    pub(super) fn number(self, bytes: &[u8]) -> u64 {
        let add = |n: u64, &b: &u8| n << 8 | u64::from(b);
        if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    fn offset_size(self) -> usize {
        if self.big { 8 } else { 4 }
    }
}

fn cut(error: &std::io::Error) -> String {
    format!("the file is cut short: {error}")
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value, or the offset of the values.
    value: [u8; 8],
}

/// One directory.
pub(super) struct Ifd {
    header: Header,
    entries: Vec<Entry>,
    /// Bytes of the file that the table takes.
    table: Range<u64>,
    pub(super) next: u64,
}

impl Ifd {
    pub(super) fn read(data: &dyn ReadAt, header: Header, at: u64) -> Result<Self, String> {
        const MAX_ENTRIES: u64 = 4096;
        let (count_size, entry_size, room) = if header.big { (8, 20, 8) } else { (2, 12, 4) };
        let mut bytes = [0; 8];
        if at == 0 || at >= data.size() {
            return Err(format!("a directory is said to be at byte {at}, the file has {}", data.size()));
        }
        data.read_exact_at(at, &mut bytes[..count_size]).map_err(|e| cut(&e))?;
        let count = header.number(&bytes[..count_size]);
        if count == 0 || count > MAX_ENTRIES {
            return Err(format!("the directory at byte {at} claims {count} entries"));
        }
        let mut table = vec![0; count as usize * entry_size + header.offset_size()];
        let start = at + count_size as u64;
        data.read_exact_at(start, &mut table).map_err(|e| cut(&e))?;
        let (entries, next) = table.split_at(count as usize * entry_size);
        let entries = entries
            .chunks_exact(entry_size)
            .map(|bytes| {
                let mut value = [0; 8];
                value[..room].copy_from_slice(&bytes[entry_size - room..]);
                Entry {
                    tag: header.number(&bytes[..2]) as u16,
                    kind: header.number(&bytes[2..4]) as u16,
                    count: header.number(&bytes[4..entry_size - room]),
                    value,
                }
            })
            .collect();
        let table = at..start + table.len() as u64;
        Ok(Self { header, entries, table, next: header.number(next) })
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    pub(super) fn table(&self) -> Range<u64> {
        self.table.clone()
    }

    /// Parts of the file that the directory and its values take.
    pub(super) fn occupied(&self) -> Vec<Range<u64>> {
        let room = self.header.offset_size() as u64;
        let values = self.entries.iter().filter_map(|entry| {
            let bytes = entry.count.checked_mul(size_of_kind(entry.kind)? as u64).filter(|&n| n > room)?;
            let at = self.header.number(&entry.value[..room as usize]);
            Some(at..at.saturating_add(bytes))
        });
        values.chain([self.table.clone()]).collect()
    }

    /// The bytes of a tag's values with the size of one value; `None` where the tag is not there.
    fn bytes(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<(Vec<u8>, usize, u16)>, String> {
        const MAX_BYTES: u64 = 64 << 20;
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let size = size_of_kind(entry.kind)
            .ok_or_else(|| format!("tag {tag} has the unknown type {}", entry.kind))?;
        let total = entry
            .count
            .checked_mul(size as u64)
            .filter(|&n| n <= MAX_BYTES && n <= data.size())
            .ok_or_else(|| format!("tag {tag} claims {} values", entry.count))?;
        let room = self.header.offset_size();
        let mut bytes = vec![0; total as usize];
        if bytes.len() <= room {
            bytes.copy_from_slice(&entry.value[..total as usize]);
        } else {
            let at = self.header.number(&entry.value[..room]);
            data.read_exact_at(at, &mut bytes).map_err(|e| cut(&e))?;
        }
        Ok(Some((bytes, size, entry.kind)))
    }

    /// Unsigned numbers.
    pub(super) fn numbers(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<Vec<u64>>, String> {
        let Some((bytes, size, kind)) = self.bytes(data, tag)? else { return Ok(None) };
        if !matches!(kind, 1 | 3 | 4 | 13 | 16 | 18) {
            return Err(format!("tag {tag} has type {kind} where unsigned integers must stand"));
        }
        Ok(Some(bytes.chunks_exact(size).map(|b| self.header.number(b)).collect()))
    }

    /// The first of a tag's numbers, without reading the others.
    fn first(&self, data: &dyn ReadAt, tag: u16, default: u64) -> Result<u64, String> {
        let Some(entry) = self.entry(tag) else { return Ok(default) };
        let wrong = || format!("tag {tag} has type {} and {} values", entry.kind, entry.count);
        let size = size_of_kind(entry.kind).filter(|_| entry.count > 0).ok_or_else(wrong)?;
        let room = self.header.offset_size();
        if entry.count.saturating_mul(size as u64) <= room as u64 {
            return Ok(self.header.number(&entry.value[..size]));
        }
        let mut bytes = [0; 8];
        data.read_exact_at(self.header.number(&entry.value[..room]), &mut bytes[..size])
            .map_err(|e| cut(&e))?;
        Ok(self.header.number(&bytes[..size]))
    }

    /// Places in the file, or lengths there. A type too narrow for what stands in the entry would cut them, and read
    /// other bytes than those of the image.
    pub(super) fn places(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<Vec<u64>>, String> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let size = size_of_kind(entry.kind).unwrap_or(8);
        let used = entry.count.saturating_mul(size as u64).min(8) as usize;
        let cut = entry.value[used.min(self.header.offset_size())..].iter().any(|&b| b != 0);
        if size == 1 || (entry.count == 1 && cut) {
            return Err(format!(
                "tag {tag} has type {}, which is too narrow for where its entry points",
                entry.kind
            ));
        }
        self.numbers(data, tag)
    }

    /// One unsigned number, or what the format states where the tag is not there.
    pub(super) fn number(&self, data: &dyn ReadAt, tag: u16, default: u64) -> Result<u64, String> {
        /// Values of one that has one: damaged counts may be as large as the file.
        const MOST: u64 = 1 << 10;
        if let Some(entry) = self.entry(tag).filter(|entry| entry.count > MOST) {
            return Err(format!("tag {tag} has {} values, one is expected", entry.count));
        }
        match self.numbers(data, tag)?.as_deref() {
            None => Ok(default),
            Some([value, ..]) => Ok(*value),
            Some([]) => Err(format!("tag {tag} has no value")),
        }
    }

    /// One unsigned number that must be there.
    pub(super) fn required(&self, data: &dyn ReadAt, tag: u16) -> Result<u64, String> {
        if self.entry(tag).is_none() {
            return Err(format!("tag {tag} is missing"));
        }
        self.number(data, tag, 0)
    }

    /// Bytes and type of a tag's values, if they are there and no more than `most` bytes.
    pub(super) fn short(&self, data: &dyn ReadAt, tag: u16, most: u64) -> Option<(Vec<u8>, u16)> {
        let entry = self.entry(tag)?;
        let size = entry.count.checked_mul(size_of_kind(entry.kind)? as u64)?;
        if size > most {
            return None;
        }
        let (bytes, _, kind) = self.bytes(data, tag).ok().flatten()?;
        Some((bytes, kind))
    }

    /// Text up to its final zero.
    pub(super) fn text(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<String>, String> {
        let Some((bytes, 1, _)) = self.bytes(data, tag)? else { return Ok(None) };
        let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }

    /// Several texts, each up to its zero.
    pub(super) fn texts(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<Vec<String>>, String> {
        let Some((bytes, 1, _)) = self.bytes(data, tag)? else { return Ok(None) };
        Ok(Some(bytes.split(|&b| b == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()))
    }

    /// Bytes that mean what they mean.
    pub(super) fn raw(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<Vec<u8>>, String> {
        Ok(self.bytes(data, tag)?.map(|(bytes, ..)| bytes))
    }

    /// Fractions, or unsigned numbers; not finite where the denominator is 0.
    pub(super) fn ratios(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<Vec<f64>>, String> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        if entry.kind != 5 {
            return Ok(self.numbers(data, tag)?.map(|all| all.into_iter().map(|n| n as f64).collect()));
        }
        let number = |bytes: &[u8]| self.header.number(bytes) as f64;
        let bytes = self.raw(data, tag)?.unwrap_or_default();
        Ok(Some(bytes.chunks_exact(8).map(|pair| number(&pair[..4]) / number(&pair[4..])).collect()))
    }

    /// How many values a tag claims, and where they stand, for tags whose values have sizes of their own.
    pub(super) fn place(&self, tag: u16) -> Option<(u64, u64)> {
        let entry = self.entry(tag)?;
        Some((entry.count, self.header.number(&entry.value[..self.header.offset_size()])))
    }

    /// A fraction.
    pub(super) fn fraction(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<f64>, String> {
        let Some((bytes, 8, 5)) = self.bytes(data, tag)? else { return Ok(None) };
        let Some((num, den)) = bytes.get(..8).map(|b| b.split_at(4)) else { return Ok(None) };
        let (num, den) = (self.header.number(num), self.header.number(den));
        Ok((den != 0).then(|| num as f64 / den as f64))
    }
}

/// Bytes of one value of a type.
fn size_of_kind(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

/// What a directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Frame,
    Reduced,
    Mask,
}

/// What a page holds, as far as its entries say it by themselves: what most pages of a recording have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Glance {
    width: u64,
    height: u64,
    samples: u64,
    bits: u64,
    format: u64,
    palette: bool,
}

impl Ifd {
    /// Reduced-resolution images and masks are no frames. A damaged entry makes none of a page.
    fn purpose(&self, data: &dyn ReadAt) -> Purpose {
        // Bits that TIFF and DNG define; others are damage.
        const KNOWN: u64 = 0x1_001f;
        let flags = self.number(data, tag::NEW_SUBFILE_TYPE, 0).unwrap_or(0);
        let old = self.number(data, tag::SUBFILE_TYPE, 1).unwrap_or(1);
        match (flags & !KNOWN == 0, flags & 4 != 0, flags & 1 != 0 || old == 2) {
            (true, true, _) => Purpose::Mask,
            (true, false, true) => Purpose::Reduced,
            _ => Purpose::Frame,
        }
    }

    /// Whether the entries that say what the directory is for can be read.
    pub(super) fn check_purpose(&self, data: &dyn ReadAt) -> Result<(), String> {
        self.number(data, tag::NEW_SUBFILE_TYPE, 0)?;
        self.number(data, tag::SUBFILE_TYPE, 1).map(|_| ())
    }

    fn glance(&self, data: &dyn ReadAt, stored: bool) -> Result<Glance, String> {
        let first = |tag, default| self.first(data, tag, default);
        let (mut width, mut height) = (first(tag::WIDTH, 0)?, first(tag::HEIGHT, 0)?);
        if !stored && matches!(first(tag::ORIENTATION, 1), Ok(5..=8)) {
            std::mem::swap(&mut width, &mut height);
        }
        Ok(Glance {
            width,
            height,
            samples: first(tag::SAMPLES, 1)?,
            bits: first(tag::BITS, 1)?,
            format: first(tag::SAMPLE_FORMAT, 1)?,
            palette: first(tag::PHOTOMETRIC, 1)? == 3,
        })
    }
}

/// A directory that is a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directory {
    pub(super) at: u64,
    /// `None` where an entry is damaged.
    pub(super) glance: Option<Glance>,
    /// Whether it may be no frame.
    pub(super) damaged: bool,
}

/// The directories of a file in order.
pub(super) struct Chain {
    /// Directories that are frames.
    pub(super) frames: Vec<Directory>,
    /// Directories that are reduced images or masks.
    pub(super) skipped: usize,
    /// Whether the frames are marked as reduced images, because the file has no others.
    pub(super) only_reduced: bool,
    /// Why the chain ended early.
    pub(super) broken: Option<String>,
    /// Whether the next directory would lie shortly behind the end of the file, as it does in a file that was cut:
    /// other numbers that stand behind the last directory of a file are of no use to anybody.
    pub(super) is_cut: bool,
}

/// Walks the chain of directories. `stored` leaves sizes as they are stored. Cost: two small reads per page.
pub(super) fn chain(data: &dyn ReadAt, header: Header, stored: bool) -> Result<Chain, String> {
    /// A page of the tags that every page needs.
    const SMALLEST_PAGE: u64 = 64;
    let most = data.size() / SMALLEST_PAGE + 1;
    let mut chain =
        Chain { frames: Vec::new(), skipped: 0, only_reduced: false, broken: None, is_cut: false };
    let mut reduced = Vec::new();
    let mut seen = HashSet::new();
    let mut at = header.first;
    while at != 0 {
        if !seen.insert(at) || seen.len() as u64 > most {
            chain.broken = Some("the directories form a loop".to_owned());
            break;
        }
        let ifd = match Ifd::read(data, header, at) {
            Ok(ifd) => ifd,
            Err(reason) => {
                chain.broken = Some(reason);
                chain.is_cut = (data.size()..2 * data.size()).contains(&at);
                break;
            }
        };
        let damaged = ifd.check_purpose(data).is_err();
        let directory = || Directory { at, glance: ifd.glance(data, stored).ok(), damaged };
        match ifd.purpose(data) {
            Purpose::Frame => chain.frames.push(directory()),
            Purpose::Reduced => reduced.push(directory()),
            Purpose::Mask => chain.skipped += 1,
        }
        at = ifd.next;
    }
    // Some cameras mark the only image of a file as a reduced one.
    if chain.frames.is_empty() {
        chain.only_reduced = !reduced.is_empty();
        chain.frames = reduced;
    } else {
        chain.skipped += reduced.len();
    }
    if chain.frames.is_empty() {
        return Err(chain.broken.unwrap_or_else(|| "the file has no page that is an image".to_owned()));
    }
    Ok(chain)
}
