//! Colours and alpha in the bits of a pixel, as masks say it.

use std::fmt::Write as _;

use blitz_core::DType;

const NAMES: [&str; 4] = ["red", "green", "blue", "alpha"];

/// One channel: `width` bits from bit `shift` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Field {
    shift: u32,
    width: u32,
}

impl Field {
    fn max(self) -> u64 {
        (1 << self.width) - 1
    }

    fn code(self, pixel: u32) -> u64 {
        u64::from(pixel) >> self.shift & self.max()
    }
}

/// The channels of a pixel of `bytes` bytes.
///
/// Codes of up to 8 bits become 8 bits wide. Wider ones keep what they are where red, green and blue are equally wide
/// (10 bits each), and become 16 bits wide where they are not (11, 11 and 10).
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// Red, green, blue, alpha; alpha of no bits where there is none.
    channels: [Field; 4],
    /// Bytes of a pixel.
    pub(super) bytes: usize,
    /// Bits of the values.
    pub(super) bits: u32,
}

impl Fields {
    /// Fails for masks that name no channels.
    pub(super) fn new(masks: [u32; 4], bits: usize) -> Result<Self, String> {
        let mut fields = [Field::default(); 4];
        let mut seen = 0;
        for ((field, mask), name) in fields.iter_mut().zip(masks).zip(NAMES) {
            if mask == 0 {
                continue;
            }
            let shift = mask.trailing_zeros();
            let width = mask.count_ones();
            if u64::from(mask >> shift) != (1 << width) - 1 || shift + width > bits as u32 {
                return Err(format!(
                    "the mask of {name} is {mask:#x}: {bits}-bit pixels have no such row of bits"
                ));
            }
            if seen & mask != 0 {
                return Err(format!("the mask of {name} is {mask:#x}, whose bits another colour has, too"));
            }
            seen |= mask;
            *field = Field { shift, width };
        }
        let [r, g, b, _] = fields.map(|field| field.width);
        let widest = r.max(g).max(b);
        let bits_of_values = match widest {
            0 => return Err("the masks of red, green and blue have no bits".to_owned()),
            1..=8 => 8,
            9..=16 if r == g && g == b => widest,
            _ => 16,
        };
        Ok(Self { channels: fields, bytes: bits / 8, bits: bits_of_values })
    }

    pub(super) fn has_alpha(&self) -> bool {
        self.channels[3].width > 0
    }

    pub(super) fn dtype(&self) -> DType {
        if self.bits > 8 { DType::U16 } else { DType::U8 }
    }

    /// Largest value of a channel, alpha included.
    pub(super) fn full(&self) -> u64 {
        (1 << self.bits) - 1
    }

    /// What is to be said of the values.
    pub(super) fn note(&self) -> Option<String> {
        let widths = [0, 1, 2].map(|i| self.channels[i].width);
        let alpha = self.channels[3].width;
        if widths == [self.bits; 3] && [0, self.bits].contains(&alpha) {
            return None;
        }
        let [r, g, b] = widths;
        let full = self.full();
        let names = match alpha {
            0 => format!("Red, green and blue have {r}, {g} and {b} bits"),
            alpha => format!("Red, green, blue and alpha have {r}, {g}, {b} and {alpha} bits"),
        };
        let mut note = format!(
            "{names} in the file and are spread to {} bits, as most programs show \
             them: code × {full} / largest code, rounded down.",
            self.bits
        );
        for (name, _) in NAMES.iter().zip(widths).filter(|(_, width)| *width == 0) {
            let _ = write!(note, " The file has no {name}, which is 0.");
        }
        Some(note)
    }

    /// Where the bytes of the channels lie in a pixel, if each is one of its bytes.
    fn places(&self) -> Option<[usize; 4]> {
        let is_byte = |field: &Field| field.width == 8 && field.shift.is_multiple_of(8);
        let channels = if self.has_alpha() { 4 } else { 3 };
        self.channels[..channels].iter().all(is_byte).then(|| self.channels.map(|f| f.shift as usize / 8))
    }

    fn value(&self, field: Field, pixel: u32) -> u64 {
        let code = field.code(pixel);
        // Rounded down, as Pillow does: 5 and 6 bits have its values.
        if field.width == self.bits { code } else { code * self.full() / field.max().max(1) }
    }

    /// Writes the values of a stored row, `channels` of each pixel: 3, or 4 with alpha.
    pub(super) fn spread_u8(&self, line: &[u8], channels: usize, row: &mut [u8]) {
        let pixels = row.chunks_exact_mut(channels).zip(line.chunks_exact(self.bytes));
        if let Some(places) = self.places() {
            for (pixel, stored) in pixels {
                for (value, place) in pixel.iter_mut().zip(places) {
                    *value = stored[place];
                }
            }
            return;
        }
        for (pixel, stored) in pixels {
            let stored = number(stored);
            for (value, field) in pixel.iter_mut().zip(self.channels) {
                *value = self.value(field, stored) as u8;
            }
        }
    }

    /// The same for values of more than 8 bits.
    pub(super) fn spread_u16(&self, line: &[u8], channels: usize, row: &mut [u16]) {
        for (pixel, stored) in row.chunks_exact_mut(channels).zip(line.chunks_exact(self.bytes)) {
            let stored = number(stored);
            for (value, field) in pixel.iter_mut().zip(self.channels) {
                *value = self.value(field, stored) as u16;
            }
        }
    }

    /// Lowest and highest alpha of a stored row, as codes spread to the bits of the values.
    pub(super) fn alpha_range(&self, line: &[u8]) -> (u64, u64) {
        let codes = line.chunks_exact(self.bytes).map(|stored| self.value(self.channels[3], number(stored)));
        codes.fold((u64::MAX, 0), |(low, high), v| (low.min(v), high.max(v)))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(masks: [u32; 4], bits: usize, pixel: u32) -> (u32, Vec<u16>) {
        let fields = Fields::new(masks, bits).expect("masks");
        let mut row = [0; 4];
        fields.spread_u16(&pixel.to_le_bytes()[..bits / 8], 4, &mut row);
        (fields.bits, row.to_vec())
    }

    #[test]
    fn codes_are_spread_or_kept() {
        assert_eq!(one([0xf800, 0x7e0, 0x1f, 0], 16, 0xffff), (8, vec![255, 255, 255, 0]));
        assert_eq!(one([0xf800, 0x7e0, 0x1f, 0], 16, 3 << 11 | 11 << 5 | 7), (8, vec![24, 44, 57, 0]));
        let ten = [0x3ff0_0000, 0xf_fc00, 0x3ff, 0xc000_0000];
        assert_eq!(one(ten, 32, 1 << 30 | 1000 << 20 | 3 << 10 | 1023), (10, vec![1000, 3, 1023, 341]));
        let uneven = [0xffe0_0000, 0x1f_fc00, 0x3ff, 0];
        assert_eq!(one(uneven, 32, 2047 << 21 | 1 << 10 | 1), (16, vec![65535, 32, 64, 0]));
        // Each colour by itself, 32 bits of one colour included.
        assert_eq!(one([u32::MAX, 0, 0, 0], 32, 1 << 31), (16, vec![32767, 0, 0, 0]));
        assert_eq!(one([0, 0xff00, 0xff_0000, 0], 24, 0x0a_0b_0c), (8, vec![0, 11, 10, 0]));
    }

    #[test]
    fn masks_that_are_no_channels_are_refused() {
        for masks in [[0; 4], [5, 0, 0, 0], [0x1_0000, 0x7e0, 0x1f, 0], [0xff, 0x7f, 0, 0], [1, 2, 4, 1]] {
            assert!(Fields::new(masks, 16).is_err(), "{masks:x?}");
        }
    }
}
