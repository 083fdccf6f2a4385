//! Directories of a TIFF file: tags and their values, every length checked against the file.

use std::collections::HashSet;

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
    pub(crate) const SAMPLES: u16 = 277;
    pub(crate) const ROWS_PER_STRIP: u16 = 278;
    pub(crate) const STRIP_BYTES: u16 = 279;
    pub(crate) const X_RESOLUTION: u16 = 282;
    pub(crate) const PLANAR: u16 = 284;
    pub(crate) const PREDICTOR: u16 = 317;
    pub(crate) const TILE_WIDTH: u16 = 322;
    pub(crate) const TILE_HEIGHT: u16 = 323;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTES: u16 = 325;
    pub(crate) const EXTRA_SAMPLES: u16 = 338;
    pub(crate) const SAMPLE_FORMAT: u16 = 339;
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
    /// Where the value (or the offset of the values) stands.
    at: u64,
    value: [u8; 8],
}

/// One directory.
pub(super) struct Ifd {
    header: Header,
    entries: Vec<Entry>,
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
            .enumerate()
            .map(|(i, bytes)| {
                let mut value = [0; 8];
                value[..room].copy_from_slice(&bytes[entry_size - room..]);
                Entry {
                    tag: header.number(&bytes[..2]) as u16,
                    kind: header.number(&bytes[2..4]) as u16,
                    count: header.number(&bytes[4..entry_size - room]),
                    at: start + (i * entry_size + entry_size - room) as u64,
                    value,
                }
            })
            .collect();
        Ok(Self { header, entries, next: header.number(next) })
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    /// Where an inline value of one number stands in the file.
    pub(super) fn place(&self, tag: u16) -> Option<(u64, usize)> {
        self.entry(tag).map(|e| (e.at, if e.kind == 4 { 4 } else { 2 }))
    }

    /// The bytes of a tag's values with the size of one value; `None` where the tag is not there.
    fn bytes(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<(Vec<u8>, usize, u16)>, String> {
        const MAX_BYTES: u64 = 64 << 20;
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            other => return Err(format!("tag {tag} has the unknown type {other}")),
        };
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

    /// One unsigned number, or what the format states where the tag is not there.
    pub(super) fn number(&self, data: &dyn ReadAt, tag: u16, default: u64) -> Result<u64, String> {
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

    /// Text up to its final zero.
    pub(super) fn text(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<String>, String> {
        let Some((bytes, 1, _)) = self.bytes(data, tag)? else { return Ok(None) };
        let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }

    /// A fraction.
    pub(super) fn fraction(&self, data: &dyn ReadAt, tag: u16) -> Result<Option<f64>, String> {
        let Some((bytes, 8, 5)) = self.bytes(data, tag)? else { return Ok(None) };
        let Some((num, den)) = bytes.get(..8).map(|b| b.split_at(4)) else { return Ok(None) };
        let (num, den) = (self.header.number(num), self.header.number(den));
        Ok((den != 0).then(|| num as f64 / den as f64))
    }

    /// Reduced-resolution images and masks are no frames.
    pub(super) fn is_frame(&self, data: &dyn ReadAt) -> Result<bool, String> {
        const REDUCED_OR_MASK: u64 = 1 | 4;
        const OLD_REDUCED: u64 = 2;
        Ok(self.number(data, tag::NEW_SUBFILE_TYPE, 0)? & REDUCED_OR_MASK == 0
            && self.number(data, tag::SUBFILE_TYPE, 1)? != OLD_REDUCED)
    }
}

/// The directories of a file in order.
pub(super) struct Chain {
    /// Directories that are frames.
    pub(super) frames: Vec<u64>,
    /// Directories that are reduced images or masks.
    pub(super) skipped: usize,
    /// Why the chain ended early.
    pub(super) broken: Option<String>,
}

/// Walks the chain of directories. Cost: two small reads per page.
pub(super) fn chain(data: &dyn ReadAt, header: Header) -> Result<Chain, String> {
    /// A page of the tags that every page needs.
    const SMALLEST_PAGE: u64 = 64;
    let most = data.size() / SMALLEST_PAGE + 1;
    let mut chain = Chain { frames: Vec::new(), skipped: 0, broken: None };
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
                break;
            }
        };
        if ifd.is_frame(data)? {
            chain.frames.push(at);
        } else {
            chain.skipped += 1;
        }
        at = ifd.next;
    }
    if chain.frames.is_empty() {
        return Err(chain.broken.unwrap_or_else(|| "the file has no page that is an image".to_owned()));
    }
    Ok(chain)
}
