//! Samples whose bits do not end where bytes do.

use std::fmt;

use crate::format::npy::element::{Element, Kind};

/// How samples of fewer bits than whole bytes have are laid out; the names of cameras differ, the orders of bits are few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packing {
    /// Of a sample: 1 to 16.
    pub(crate) bits: u32,
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// One after the other, the highest bit first: TIFF, most high-speed cameras.
    HighFirst,
    /// One after the other, the lowest bit first: `Mono10p`, `Mono12p` of `GenICam`'s Pixel Format Naming Convention.
    LowFirst,
    /// Two samples in three bytes, the low bits of both in the middle one: `Mono10Packed`, `Mono12Packed` of `GigE` Vision.
    MiddleByte,
    /// Whole high bytes, then the low bits of all in one byte: RAW10 (four samples), RAW12 (two) of MIPI CSI-2.
    LastByte,
}

const NAMES: [(&str, Order); 4] = [
    ("packed", Order::HighFirst),
    ("p", Order::LowFirst),
    ("gige", Order::MiddleByte),
    ("mipi", Order::LastByte),
];

impl Packing {
    /// Reads `12packed`, `12p`, `12gige`, `10mipi` and the like.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        let bits = text[..end].parse().ok()?;
        let order = NAMES.iter().find(|(name, _)| *name == text[end..].to_lowercase())?.1;
        let is_known = match order {
            Order::HighFirst | Order::LowFirst => (1..=16).contains(&bits),
            Order::MiddleByte | Order::LastByte => matches!(bits, 10 | 12),
        };
        is_known.then_some(Self { bits, order })
    }

    /// Whether an element is an unsigned integer that holds every sample.
    pub(super) fn fits(self, element: Element) -> bool {
        matches!(element.kind, Kind::U8 | Kind::U16 | Kind::U32) && self.bits as usize <= 8 * element.size()
    }

    /// Samples and bytes of the smallest whole part.
    fn part(self) -> (usize, usize) {
        match (self.order, self.bits) {
            (Order::MiddleByte, _) | (Order::LastByte, 12) => (2, 3),
            (Order::LastByte, _) => (4, 5),
            (Order::HighFirst | Order::LowFirst, _) => (1, 1),
        }
    }

    /// Bytes of `samples` samples: a frame begins with a byte, rows need not.
    pub(super) fn bytes(self, samples: usize) -> Option<usize> {
        match self.order {
            Order::HighFirst | Order::LowFirst => {
                samples.checked_mul(self.bits as usize).map(|bits| bits.div_ceil(8))
            }
            Order::MiddleByte | Order::LastByte => {
                let (of, bytes) = self.part();
                samples.div_ceil(of).checked_mul(bytes)
            }
        }
    }

    /// Takes the samples of a frame out of its bytes, which are as many as [`Self::bytes`] says.
    pub(super) fn unpack<T: From<u8> + TryFrom<u32> + Default>(self, bytes: &[u8], out: &mut [T]) {
        // Samples have no more bits than T.
        let value = |code: u32| T::try_from(code).unwrap_or_default();
        match self.order {
            Order::HighFirst => {
                let (mut held, mut count, mut bytes) = (0_u32, 0, bytes.iter());
                for to in out {
                    while count < self.bits {
                        held = held << 8 | u32::from(bytes.next().copied().unwrap_or_default());
                        count += 8;
                    }
                    count -= self.bits;
                    *to = value(held >> count & ((1 << self.bits) - 1));
                    held &= (1 << count) - 1;
                }
            }
            Order::LowFirst => {
                let (mut held, mut count, mut bytes) = (0_u32, 0, bytes.iter());
                for to in out {
                    while count < self.bits {
                        held |= u32::from(bytes.next().copied().unwrap_or_default()) << count;
                        count += 8;
                    }
                    *to = value(held & ((1 << self.bits) - 1));
                    held >>= self.bits;
                    count -= self.bits;
                }
            }
            Order::MiddleByte | Order::LastByte => {
                let (samples, size) = self.part();
                let low = self.bits - 8;
                for (to, part) in out.chunks_mut(samples).zip(bytes.chunks_exact(size)) {
                    for (i, to) in to.iter_mut().enumerate() {
                        let (high, rest, at) = match self.order {
                            Order::MiddleByte => (part[2 * i], part[1], 4 * i),
                            _ => (part[i], part[samples], low as usize * i),
                        };
                        let rest = u32::from(rest) >> at & ((1 << low) - 1);
                        *to = value(u32::from(high) << low | rest);
                    }
                }
            }
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, order)| *order == self.order).map_or("", |(name, _)| name);
        write!(f, "{}{name}", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(text: &str, bytes: &[u8], samples: usize) -> Vec<u16> {
        let packing = Packing::parse(text).expect(text);
        assert_eq!(packing.bytes(samples), Some(bytes.len()), "{text}");
        let mut out = vec![0; samples];
        packing.unpack(bytes, &mut out);
        out
    }

    /// Written out by hand from the definitions of the formats.
    #[test]
    fn samples_are_where_the_definitions_say() {
        assert_eq!(unpack("12packed", &[0xab, 0xc1, 0x23], 2), [0xabc, 0x123]);
        assert_eq!(unpack("12p", &[0xbc, 0x3a, 0x12], 2), [0xabc, 0x123]);
        assert_eq!(unpack("12gige", &[0xab, 0x3c, 0x12], 2), [0xabc, 0x123]);
        assert_eq!(unpack("12mipi", &[0xab, 0x12, 0x3c], 2), [0xabc, 0x123]);
        // 0b11_0000_0001, 0b00_0000_0010, 0b11_0000_0011, 0b00_0000_0100
        let ten = [0x301, 0x002, 0x303, 0x004];
        assert_eq!(unpack("10packed", &[0xc0, 0x40, 0x2c, 0x0c, 0x04], 4), ten);
        assert_eq!(unpack("10p", &[0x01, 0x0b, 0x30, 0x30, 0x01], 4), ten);
        assert_eq!(unpack("10mipi", &[0xc0, 0x00, 0xc0, 0x01, 0b0011_1001], 4), ten);
        assert_eq!(unpack("10gige", &[0xc0, 0b0010_0001, 0x00, 0xc0, 0b0000_0011, 0x01], 4), ten);
        // An odd count leaves the rest of the last part unused.
        assert_eq!(unpack("12packed", &[0xab, 0xc0], 1), [0xabc]);
        assert_eq!(unpack("12gige", &[0xab, 0x0c, 0x00], 1), [0xabc]);
        assert_eq!(unpack("1packed", &[0b1010_0000], 3), [1, 0, 1]);
        assert_eq!(unpack("1p", &[0b101], 3), [1, 0, 1]);
        assert_eq!(unpack("16packed", &[0xab, 0xcd], 1), [0xabcd]);
        assert_eq!(unpack("16p", &[0xab, 0xcd], 1), [0xcdab]);
    }

    #[test]
    fn codes_of_any_length_come_back() {
        for bits in 1..=16_u32 {
            let codes: Vec<u16> =
                (0..37_u32).map(|i| (i.wrapping_mul(40_503) & ((1 << bits) - 1)) as u16).collect();
            let bit = |code: u16, i: u32| code >> i & 1;
            let high: Vec<u16> =
                codes.iter().flat_map(|&c| (0..bits).rev().map(move |i| bit(c, i))).collect();
            let low: Vec<u16> = codes.iter().flat_map(|&c| (0..bits).map(move |i| bit(c, i))).collect();
            let high: Vec<u8> = high
                .chunks(8)
                .map(|part| part.iter().enumerate().fold(0, |byte, (i, &b)| byte | (b as u8) << (7 - i)))
                .collect();
            let low: Vec<u8> = low
                .chunks(8)
                .map(|part| part.iter().enumerate().fold(0, |byte, (i, &b)| byte | (b as u8) << i))
                .collect();
            assert_eq!(unpack(&format!("{bits}packed"), &high, 37), codes);
            assert_eq!(unpack(&format!("{bits}p"), &low, 37), codes);
        }
    }

    #[test]
    fn unknown_packings_are_refused() {
        for text in ["12", "packed", "0packed", "17p", "14gige", "8mipi", "12 packed", "12Packed2"] {
            assert!(Packing::parse(text).is_none(), "{text}");
        }
    }
}
