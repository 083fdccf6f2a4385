//! Headers of BMP: those of Windows and OS/2, palettes, colour masks.

use blitz_core::{DType, FrameShape};

use super::FORMAT;
use super::fields::Fields;
use crate::format::contract::ImageSpec;

/// Where the image header begins: behind that of the file.
const IMAGE: usize = 14;
/// Where colour masks stand, in a header or behind it.
const MASKS: usize = 54;

/// Bytes of the longest header: of file and image, masks, and palette.
pub(super) const LONGEST: u64 = 14 + 124 + 16 + 4 * 256;

/// What pixels are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Coding {
    /// Palette indices in packed rows.
    Indices,
    /// Run lengths of palette indices.
    Runs,
    /// Colours in packed rows.
    Colours(Fields),
}

/// All that stands before the pixels.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Bits of a pixel.
    pub(super) bits: usize,
    /// Rows are stored from the bottom up.
    pub(super) bottom_up: bool,
    pub(super) coding: Coding,
    /// Red, green, blue.
    pub(super) palette: Vec<[u8; 3]>,
    /// First byte of the pixels.
    pub(super) pixels_at: usize,
    /// Full sentences for people.
    pub(super) notes: Vec<String>,
}

impl Header {
    /// Reads what stands before the pixels of a file of `size` bytes that begins with `bytes`.
    pub(super) fn read(bytes: &[u8], size: u64, limit: u64) -> Result<Self, String> {
        FORMAT.check_start(&bytes)?;
        let length = u32_at(bytes, IMAGE)? as usize;
        let is_core = length == 12;
        // Those of OS/2 2 may be cut anywhere; what is not there is 0.
        let is_os2 = is_core || (matches!(length, 16..=64) && !matches!(length, 40 | 52 | 56));
        if !is_os2 && !matches!(length, 40 | 52 | 56 | 108 | 124) {
            return Err(format!(
                "its image header has {length} bytes, which none has (12, 16 to 64, 108 or 124 are expected)"
            ));
        }
        let end = IMAGE + length;
        let optional = |at: usize| if at + 4 <= end { u32_at(bytes, at) } else { Ok(0) };
        let (width, height, bits) = if is_core {
            (i64::from(u16_at(bytes, 18)?), i64::from(u16_at(bytes, 20)?), u16_at(bytes, 24)?)
        } else {
            let signed = |at: usize| field::<4>(bytes, at).map(|b| i64::from(i32::from_le_bytes(b)));
            (signed(18)?, signed(22)?, u16_at(bytes, 28)?)
        };
        let (compression, used) = (optional(30)?, optional(46)? as usize);
        let bits = usize::from(bits);
        let (coding, masks) = coding(bytes, length, is_os2, compression, bits)?;
        let bottom_up = height > 0;
        let (Ok(width), Ok(height)) = (usize::try_from(width), usize::try_from(height.unsigned_abs())) else {
            return Err(format!("the header claims a width of {width} pixels"));
        };
        let (channels, dtype) = match &coding {
            Coding::Colours(fields) if fields.has_alpha() => (4, fields.dtype()),
            Coding::Colours(fields) => (3, fields.dtype()),
            Coding::Indices | Coding::Runs => (3, DType::U8),
        };
        ImageSpec::check_size(FrameShape::new(height, width, channels), dtype, limit)?;
        if matches!(coding, Coding::Runs) {
            check_runs(height, width, size)?;
        }
        let stated = u32_at(bytes, 10)? as usize;
        let mut header = Self {
            height,
            width,
            bits,
            bottom_up,
            coding,
            palette: Vec::new(),
            pixels_at: stated,
            notes: Vec::new(),
        };
        header.find_pixels(bytes, end + masks, stated, if is_core { 3 } else { 4 }, used)?;
        Ok(header)
    }

    /// Reads the palette, whose table begins at `table`, and finds the pixels.
    fn find_pixels(
        &mut self,
        bytes: &[u8],
        table: usize,
        stated: usize,
        entry: usize,
        used: usize,
    ) -> Result<(), String> {
        let most = if self.bits <= 8 { 1 << self.bits } else { 0 };
        let claimed = if used == 0 { most } else { used };
        let mut colours = claimed.min(most);
        if claimed > most && most > 0 {
            self.notes.push(format!(
                "The palette claims {claimed} colours, of which {}-bit indices reach {most}; the others are not used.",
                self.bits
            ));
        }
        if stated == 0 || (stated == table && most > 0) {
            // Not stated, or without the palette that must stand between, as Pillow takes it.
            self.pixels_at = table + colours * entry;
        } else if stated < table {
            return Err(format!(
                "the pixels are said to begin at byte {stated}, inside the header of {table} bytes"
            ));
        } else {
            // A palette that claims more than there is room for ends where the pixels begin.
            colours = colours.min((stated - table) / entry);
        }
        let table =
            bytes.get(table..table + colours * entry).ok_or("the file is cut short in its palette")?;
        self.palette = table.chunks_exact(entry).map(|c| [c[2], c[1], c[0]]).collect();
        if most > 0 && self.palette.is_empty() {
            return Err("the palette is missing: no bytes lie between the header and the pixels".to_owned());
        }
        Ok(())
    }

    /// Colour channels: 1 for a grey palette, otherwise 3.
    pub(super) fn colours(&self) -> usize {
        let is_grey = !self.palette.is_empty() && self.palette.iter().all(|&[r, g, b]| r == g && g == b);
        if self.has_palette() && is_grey { 1 } else { 3 }
    }

    pub(super) fn has_palette(&self) -> bool {
        !matches!(self.coding, Coding::Colours(_))
    }

    /// The channels of its pixels, where they have no palette.
    pub(super) fn fields(&self) -> Option<&Fields> {
        if let Coding::Colours(fields) = &self.coding { Some(fields) } else { None }
    }

    pub(super) fn has_alpha(&self) -> bool {
        self.fields().is_some_and(Fields::has_alpha)
    }

    pub(super) fn dtype(&self) -> DType {
        self.fields().map_or(DType::U8, Fields::dtype)
    }

    /// Bits of the values: palette entries have eight, whatever the index has.
    pub(super) fn bits_of_values(&self) -> u32 {
        self.fields().map_or(8, |fields| fields.bits)
    }

    pub(super) fn shape(&self, alpha: bool) -> FrameShape {
        FrameShape::new(self.height, self.width, self.colours() + usize::from(alpha))
    }

    /// Bytes of a stored row with those that fill it up to four.
    pub(super) fn stride(&self) -> usize {
        (self.width * self.bits).div_ceil(32) * 4
    }
}

/// What pixels are, and the bytes of masks that stand behind the header; refuses what is not understood.
fn coding(
    bytes: &[u8],
    length: usize,
    is_os2: bool,
    compression: u32,
    bits: usize,
) -> Result<(Coding, usize), String> {
    const RLE8: u32 = 1;
    const RLE4: u32 = 2;
    const MASKED: u32 = 3;
    const MASKED_WITH_ALPHA: u32 = 6;
    let colours = |masks: [u32; 4]| Fields::new(masks, bits).map(Coding::Colours);
    let refused = |what: &str| Err(format!("{what} is not read: save it as PNG"));
    match (compression, bits) {
        (0, 1 | 2 | 4 | 8) => Ok((Coding::Indices, 0)),
        (0, 16) => Ok((colours([0x7c00, 0x3e0, 0x1f, 0])?, 0)),
        (0, 24 | 32) => Ok((colours([0xff_0000, 0xff00, 0xff, 0])?, 0)),
        (RLE8, 8) | (RLE4, 4) => Ok((Coding::Runs, 0)),
        (MASKED, 1) => refused("a bitmap of OS/2 with Huffman coding (1D)"),
        (4, 24) if is_os2 => refused("a bitmap of OS/2 with run lengths of 24 bits (RLE24)"),
        (4, _) => refused("a JPEG inside of a BMP"),
        (5, _) => refused("a PNG inside of a BMP"),
        (11..=13, _) => refused("CMYK in a BMP"),
        (MASKED | MASKED_WITH_ALPHA, 16 | 24 | 32) if !is_os2 => {
            // Behind the shortest header or in the longer ones, at the same place.
            let behind = match (length, compression) {
                (40, MASKED_WITH_ALPHA) => 16,
                (40, _) => 12,
                _ => 0,
            };
            let end = IMAGE + length + behind;
            let mask = |i: usize| if MASKS + 4 * i + 4 <= end { u32_at(bytes, MASKS + 4 * i) } else { Ok(0) };
            let masks = [mask(0)?, mask(1)?, mask(2)?, mask(3)?];
            // None at all are the usual ones, as Pillow takes them.
            let unsaid = masks == [0; 4] && bits == 32;
            let usual = [0xff_0000, 0xff00, 0xff, 0xff00_0000];
            Ok((colours(if unsaid { usual } else { masks })?, behind))
        }
        _ => Err(format!("BMP with {bits} bits per pixel and compression {compression} is not read")),
    }
}

/// Refuses run lengths that claim far more pixels than so many bytes can draw.
fn check_runs(height: usize, width: usize, size: u64) -> Result<(), String> {
    /// Two bytes draw 255 pixels at most.
    const DRAWN: u64 = 128;
    /// Small pictures may be skipped as a whole.
    const SMALL: u64 = 1 << 20;
    let pixels = height as u64 * width as u64;
    if pixels <= SMALL || pixels / DRAWN <= size {
        return Ok(());
    }
    Err(format!(
        "the file claims {width} × {height} pixels, but its {size} bytes of run lengths cannot hold them"
    ))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    field(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, String> {
    field(bytes, at).map(u32::from_le_bytes)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    bytes
        .get(at..at + N)
        .and_then(|b| b.try_into().ok())
        .ok_or_else(|| "the file is cut short in its header".to_owned())
}
