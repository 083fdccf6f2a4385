//! Bytes of strips and tiles as they were before they were compressed, and differences undone.

use flate2::{Decompress, FlushDecompress, Status};
use weezl::{BitOrder, LzwStatus};

use super::ifd::{Ifd, tag};
use crate::read_at::ReadAt;

/// How samples are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    Lzw,
    Deflate,
    PackBits,
}

/// No more compressed bytes than this stand for `needed` ones: what lies behind them is not read.
pub(super) fn most_bytes(needed: usize) -> u64 {
    (needed as u64).saturating_mul(2).saturating_add(1 << 16)
}

impl Coding {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt) -> Result<Self, String> {
        match ifd.number(data, tag::COMPRESSION, 1)? {
            1 => Ok(Self::None),
            5 => Ok(Self::Lzw),
            8 | 32_946 => Ok(Self::Deflate),
            32_773 => Ok(Self::PackBits),
            other => {
                let name = match other {
                    2..=4 => " (fax)",
                    6 | 7 => " (JPEG, which is lossy)",
                    50_000 => " (Zstandard)",
                    50_001 => " (WebP)",
                    34_925 => " (LZMA)",
                    _ => "",
                };
                Err(format!(
                    "TIFF compression {other}{name} is not read; none, LZW, deflate and PackBits are"
                ))
            }
        }
    }

    /// Fills `out` from compressed bytes. Errors say what is wrong with the strip or tile.
    pub(super) fn expand(self, raw: &[u8], out: &mut [u8]) -> Result<(), String> {
        let done = match self {
            Self::None => {
                let n = raw.len().min(out.len());
                out[..n].copy_from_slice(&raw[..n]);
                n
            }
            Self::Lzw => lzw(raw, out)?,
            Self::Deflate => deflate(raw, out)?,
            Self::PackBits => pack_bits(raw, out),
        };
        if done == out.len() {
            return Ok(());
        }
        Err(format!("is cut short or damaged: it decodes to {done} bytes, {} are needed", out.len()))
    }
}

/// Writers before TIFF 6 put the low bits first and widened codes one later; the clear code at the beginning tells.
fn lzw(raw: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let old = matches!(raw, [0, second, ..] if second & 1 == 1);
    let mut decoder = if old {
        weezl::decode::Decoder::new(BitOrder::Lsb, 8)
    } else {
        weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8)
    };
    let (mut read, mut written) = (0, 0);
    while written < out.len() {
        let result = decoder.decode_bytes(&raw[read..], &mut out[written..]);
        read += result.consumed_in;
        written += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in + result.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(format!("is damaged: {error} in LZW data at byte {read}")),
        }
    }
    Ok(written)
}

fn deflate(raw: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let damaged = |error| format!("is damaged: deflate data: {error}");
    let mut decoder = Decompress::new(true);
    let mut written = 0;
    while written < out.len() {
        let (before, read) = (decoder.total_out(), decoder.total_in());
        let status = decoder
            .decompress(&raw[read as usize..], &mut out[written..], FlushDecompress::None)
            .map_err(damaged)?;
        written += (decoder.total_out() - before) as usize;
        if status == Status::StreamEnd || (decoder.total_out(), decoder.total_in()) == (before, read) {
            return Ok(written);
        }
    }
    // The checksum stands behind the last byte.
    let rest = &raw[decoder.total_in() as usize..];
    decoder.decompress(rest, &mut [0; 16], FlushDecompress::None).map_err(damaged)?;
    Ok(written)
}

fn pack_bits(mut raw: &[u8], out: &mut [u8]) -> usize {
    let mut written = 0;
    while written < out.len() {
        let Some((&head, rest)) = raw.split_first() else { break };
        let to = &mut out[written..];
        match head {
            0..=127 => {
                let n = (usize::from(head) + 1).min(rest.len()).min(to.len());
                to[..n].copy_from_slice(&rest[..n]);
                raw = &rest[n..];
                written += n;
            }
            128 => raw = rest,
            129.. => {
                let Some((&byte, rest)) = rest.split_first() else { break };
                let n = (257 - usize::from(head)).min(to.len());
                to[..n].fill(byte);
                raw = rest;
                written += n;
            }
        }
    }
    written
}

/// What samples are differences of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// The sample before of the same channel.
    Horizontal,
    /// The byte before, where the bytes of a row's numbers are sorted by their weight.
    Float,
}

impl Predictor {
    /// Undoes differences in a row of samples of `size` bytes, of which every `stride`-th is the same channel. The row
    /// is in this machine's byte order afterwards (before, too, but for floating-point differences).
    pub(super) fn undo(self, row: &mut [u8], size: usize, stride: usize, scratch: &mut Vec<u8>) {
        fn sum<const N: usize>(row: &mut [u8], stride: usize, add: fn([u8; N], [u8; N]) -> [u8; N]) {
            let (samples, _) = row.as_chunks_mut::<N>();
            for i in stride..samples.len() {
                samples[i] = add(samples[i], samples[i - stride]);
            }
        }
        match (self, size) {
            (Self::None, _) => {}
            (Self::Horizontal, 1) => sum(row, stride, |[a], [b]| [a.wrapping_add(b)]),
            (Self::Horizontal, 2) => sum(row, stride, |a, b| {
                u16::from_ne_bytes(a).wrapping_add(u16::from_ne_bytes(b)).to_ne_bytes()
            }),
            (Self::Horizontal, 4) => sum(row, stride, |a, b| {
                u32::from_ne_bytes(a).wrapping_add(u32::from_ne_bytes(b)).to_ne_bytes()
            }),
            (Self::Horizontal, _) => sum(row, stride, |a, b| {
                u64::from_ne_bytes(a).wrapping_add(u64::from_ne_bytes(b)).to_ne_bytes()
            }),
            (Self::Float, _) => {
                sum(row, stride, |[a], [b]| [a.wrapping_add(b)]);
                scratch.clear();
                scratch.extend_from_slice(row);
                let count = row.len() / size;
                for (i, sample) in row.chunks_exact_mut(size).enumerate() {
                    for (byte, to) in sample.iter_mut().enumerate() {
                        let weight = if cfg!(target_endian = "big") { byte } else { size - 1 - byte };
                        *to = scratch[weight * count + i];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_of_the_specification() {
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let mut out = [0; 24];
        Coding::PackBits.expand(&packed, &mut out).expect("whole");
        let expected = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(out, expected);
        let reason = Coding::PackBits.expand(&packed[..9], &mut out).expect_err("cut");
        assert!(reason.contains("decodes to 10 bytes, 24 are needed"), "{reason}");
    }
}
