//! How samples are stored, and the element type that holds each of them exactly.

use blitz_core::DType;

use super::ifd::{Ifd, tag};
use crate::format::npy::{ComplexPart, WideRange, f16_to_f32};
use crate::read_at::ReadAt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned,
    Signed,
    Float,
    /// Two numbers each, of which one real number is taken.
    ComplexInteger(ComplexPart),
    ComplexFloat(ComplexPart),
}

/// A sample as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) bits: u32,
}

impl Stored {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt, part: Option<ComplexPart>) -> Result<Self, String> {
        let bits = ifd.numbers(data, tag::BITS)?.unwrap_or_else(|| vec![1]);
        let format = ifd.numbers(data, tag::SAMPLE_FORMAT)?.unwrap_or_else(|| vec![1]);
        let same = |values: &[u64]| values.windows(2).all(|pair| pair[0] == pair[1]);
        let (&[bits, ..], &[format, ..], true, true) =
            (bits.as_slice(), format.as_slice(), same(&bits), same(&format))
        else {
            return Err("channels of different depth or type are not read".to_owned());
        };
        let kind = match (format, bits) {
            // 4 is "undefined": plain unsigned data.
            (1 | 4, 1..=32 | 64) => Kind::Unsigned,
            (2, 2..=32 | 64) => Kind::Signed,
            (3, 16 | 32 | 64) => Kind::Float,
            (5, 32 | 64) => Kind::ComplexInteger(part.ok_or(ComplexPart::NOT_CHOSEN)?),
            (6, 32 | 64 | 128) => Kind::ComplexFloat(part.ok_or(ComplexPart::NOT_CHOSEN)?),
            _ => {
                let kind = match format {
                    1 | 4 => "unsigned",
                    2 => "signed",
                    3 => "floating-point",
                    5 | 6 => "complex",
                    _ => "unknown",
                };
                return Err(format!(
                    "{bits}-bit {kind} samples are not read; integers up to 32 and of 64 bit, 16, 32 and 64 bit floating-point, and complex numbers of two of 16 to 64 bit are"
                ));
            }
        };
        Ok(Self { kind, bits: bits as u32 })
    }

    /// The type that holds every value; for 64-bit integers the values decide.
    pub(super) fn dtype(self) -> Option<DType> {
        match (self.kind, self.bits) {
            (Kind::Unsigned, ..=8) => Some(DType::U8),
            (Kind::Unsigned, ..=16) => Some(DType::U16),
            (Kind::Unsigned, ..=32) => Some(DType::U32),
            (Kind::Signed, ..=16) => Some(DType::I16),
            (Kind::Signed, ..=32) => Some(DType::I32),
            (Kind::Float | Kind::ComplexInteger(_), ..=32) | (Kind::ComplexFloat(_), ..=64) => {
                Some(DType::F32)
            }
            (Kind::Float | Kind::ComplexInteger(_) | Kind::ComplexFloat(_), _) => Some(DType::F64),
            _ => None,
        }
    }

    /// Whether the values decide the type.
    pub(super) fn is_wide(self) -> bool {
        self.dtype().is_none()
    }

    /// Whether a sample has the bytes of `dtype`, up to their order.
    pub(super) fn is_plain(self, dtype: DType) -> bool {
        !self.is_complex() && self.dtype() == Some(dtype) && self.bits as usize == 8 * dtype.size()
    }

    pub(super) fn is_complex(self) -> bool {
        matches!(self.kind, Kind::ComplexInteger(_) | Kind::ComplexFloat(_))
    }

    /// Bytes per sample, where it is a number of this machine.
    pub(super) fn whole(self) -> Option<usize> {
        (!self.is_complex() && matches!(self.bits, 8 | 16 | 32 | 64)).then_some(self.bits as usize / 8)
    }

    /// Bytes per number, of which complex samples have two.
    pub(super) fn unit(self) -> Option<usize> {
        if self.is_complex() { Some(self.bits as usize / 16) } else { self.whole() }
    }

    /// Bytes of `samples` samples; rows begin with a byte.
    pub(super) fn bytes(self, samples: usize) -> Option<usize> {
        samples.checked_mul(self.bits as usize).map(|bits| bits.div_ceil(8))
    }

    /// What a person should know of how values are read.
    pub(super) fn note(self, dtype: DType) -> Option<String> {
        let named = match self.kind {
            Kind::Unsigned => "unsigned integers",
            Kind::Signed => "signed integers",
            Kind::Float => "floating-point numbers",
            Kind::ComplexInteger(part) | Kind::ComplexFloat(part) => {
                let part = match part {
                    ComplexPart::Magnitude => "magnitude is",
                    ComplexPart::Real => "real parts are",
                    ComplexPart::Imaginary => "imaginary parts are",
                    ComplexPart::Phase => "phase is",
                };
                return Some(format!("The file holds complex numbers; their {part} read, as {dtype}."));
            }
        };
        // Packed unsigned codes in the next larger type are what every program shows.
        let widened = self.kind != Kind::Unsigned || self.bits == 64;
        (widened && !self.is_plain(dtype))
            .then(|| format!("The file holds {}-bit {named}; {dtype} holds every value exactly.", self.bits))
    }

    /// The largest value that stands for "opaque".
    pub(super) fn full(self) -> f64 {
        match self.kind {
            Kind::Unsigned => ((1_u64 << self.bits.min(53)) - 1) as f64,
            Kind::Signed => ((1_u64 << (self.bits.min(53) - 1)) - 1) as f64,
            Kind::Float => 1.0,
            Kind::ComplexInteger(_) | Kind::ComplexFloat(_) => f64::NAN,
        }
    }

    /// Writes the first `out.len()` samples of a row as `dtype`. Whole bytes are in this machine's order.
    pub(super) fn spread(
        self,
        row: &[u8],
        big_endian: bool,
        dtype: DType,
        out: &mut [u8],
    ) -> Result<(), String> {
        if self.is_plain(dtype) {
            out.copy_from_slice(&row[..out.len()]);
            return Ok(());
        }
        match (self.kind, self.bits) {
            (Kind::Signed, 8) => {
                for (to, &byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(row) {
                    *to = i16::from(byte.cast_signed()).to_ne_bytes();
                }
            }
            (Kind::Float, 16) => {
                for (to, &half) in out.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<2>().0) {
                    *to = f16_to_f32(u16::from_ne_bytes(half)).to_ne_bytes();
                }
            }
            (Kind::ComplexInteger(part) | Kind::ComplexFloat(part), bits) => {
                for (to, pair) in out.chunks_exact_mut(dtype.size()).zip(row.chunks_exact(bits as usize / 8))
                {
                    self.put_part(part, pair, to);
                }
            }
            (kind, 64) => {
                for (to, &from) in out.chunks_exact_mut(dtype.size()).zip(row.as_chunks::<8>().0) {
                    put(wide(kind, from), dtype, to)?;
                }
            }
            (Kind::Unsigned | Kind::Signed, 24) => {
                let signed = self.kind == Kind::Signed;
                for (to, &[a, b, c]) in out.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<3>().0) {
                    let high = if big_endian { [a, b, c, 0] } else { [c, b, a, 0] };
                    let value = u32::from_be_bytes(high);
                    *to = if signed {
                        (value.cast_signed() >> 8).to_ne_bytes()
                    } else {
                        (value >> 8).to_ne_bytes()
                    };
                }
            }
            (kind, bits) => {
                let codes = Codes { row, bits, held: 0, count: 0 };
                let shift = 32 - bits;
                let signed = |code: u32| (code << shift).cast_signed() >> shift;
                match (kind, dtype.size()) {
                    (_, 1) => fill(out, codes, |code| [code as u8]),
                    (Kind::Signed, 2) => fill(out, codes, |code| (signed(code) as i16).to_ne_bytes()),
                    (_, 2) => fill(out, codes, |code| (code as u16).to_ne_bytes()),
                    (Kind::Signed, _) => fill(out, codes, |code| signed(code).to_ne_bytes()),
                    _ => fill(out, codes, u32::to_ne_bytes),
                }
            }
        }
        Ok(())
    }

    /// Writes one real number of a complex sample as the type of [`Self::dtype`].
    fn put_part(self, part: ComplexPart, pair: &[u8], to: &mut [u8]) {
        fn two<const N: usize>(pair: &[u8]) -> [[u8; N]; 2] {
            let (parts, _) = pair.as_chunks::<N>();
            [parts[0], parts[1]]
        }
        let is_integer = matches!(self.kind, Kind::ComplexInteger(_));
        match (is_integer, self.bits) {
            (true, 32) => {
                // Exact but for magnitude and phase, which are rounded to f64 and then to f32.
                let [re, im] = two(pair).map(|n| f64::from(i16::from_ne_bytes(n)));
                to.copy_from_slice(&(part.of_f64(re, im) as f32).to_ne_bytes());
            }
            (true, _) => {
                let [re, im] = two(pair).map(|n| f64::from(i32::from_ne_bytes(n)));
                to.copy_from_slice(&part.of_f64(re, im).to_ne_bytes());
            }
            (false, 32) => {
                let [re, im] = two(pair).map(|n| f16_to_f32(u16::from_ne_bytes(n)));
                to.copy_from_slice(&part.of_f32(re, im).to_ne_bytes());
            }
            (false, 64) => {
                let [re, im] = two(pair).map(f32::from_ne_bytes);
                to.copy_from_slice(&part.of_f32(re, im).to_ne_bytes());
            }
            (false, _) => {
                let [re, im] = two(pair).map(f64::from_ne_bytes);
                to.copy_from_slice(&part.of_f64(re, im).to_ne_bytes());
            }
        }
    }

    /// Adds `samples` 64-bit integers of a row to a range.
    pub(super) fn add_range(self, row: &[u8], samples: usize, range: &mut WideRange) {
        row.as_chunks::<8>().0.iter().take(samples).for_each(|&bytes| range.add(wide(self.kind, bytes)));
    }
}

fn wide(kind: Kind, bytes: [u8; 8]) -> i128 {
    match kind {
        Kind::Signed => i64::from_ne_bytes(bytes).into(),
        _ => u64::from_ne_bytes(bytes).into(),
    }
}

fn fill<const N: usize>(out: &mut [u8], codes: Codes<'_>, value: impl Fn(u32) -> [u8; N]) {
    for (to, code) in out.as_chunks_mut::<N>().0.iter_mut().zip(codes) {
        *to = value(code);
    }
}

/// Writes an integer as `dtype`, if that holds it.
fn put(value: i128, dtype: DType, out: &mut [u8]) -> Result<(), String> {
    fn bytes<T: TryFrom<i128>, const N: usize>(value: i128, ne: fn(T) -> [u8; N], out: &mut [u8]) -> bool {
        T::try_from(value).map(|v| out.copy_from_slice(&ne(v))).is_ok()
    }
    let fits = match dtype {
        DType::U8 => bytes(value, u8::to_ne_bytes, out),
        DType::U16 => bytes(value, u16::to_ne_bytes, out),
        DType::I16 => bytes(value, i16::to_ne_bytes, out),
        DType::U32 => bytes(value, u32::to_ne_bytes, out),
        DType::I32 => bytes(value, i32::to_ne_bytes, out),
        DType::F32 => false,
        DType::F64 => {
            out.copy_from_slice(&(value as f64).to_ne_bytes());
            value as f64 as i128 == value
        }
    };
    if fits {
        Ok(())
    } else {
        Err(format!("the 64-bit integer {value} does not fit {dtype}, the type of the recording"))
    }
}

/// Packed codes, first bits first.
struct Codes<'a> {
    row: &'a [u8],
    bits: u32,
    held: u64,
    count: u32,
}

impl Iterator for Codes<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.count < self.bits {
            let (&byte, rest) = self.row.split_first()?;
            self.row = rest;
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
        self.count -= self.bits;
        Some((self.held >> self.count & ((1 << self.bits) - 1)) as u32)
    }
}
