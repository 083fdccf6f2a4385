//! Bytes of strips and tiles as they were before they were compressed, and differences undone.

use flate2::{Decompress, FlushDecompress, Status};
use weezl::{BitOrder, LzwStatus};

use super::fax::Fax;
use super::ifd::{Ifd, tag};
use super::pictures::{self, Jpeg};
use super::sample::{Kind, Stored};
use crate::format::jpeg::Components;
use crate::read_at::ReadAt;

/// How samples are compressed.
#[derive(Clone, Debug)]
pub(super) enum Coding {
    None,
    Lzw,
    Deflate,
    PackBits,
    Zstd,
    Fax(Fax),
    Jpeg(Jpeg),
    WebP,
}

/// What a strip or tile holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) width: usize,
    /// Rows that are needed.
    pub(super) rows: usize,
    /// Rows that there may be.
    pub(super) most_rows: usize,
    pub(super) channels: usize,
}

/// What of a page decides how its bytes are coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Samples {
    pub(super) stored: Stored,
    pub(super) channels: usize,
    pub(super) planes: usize,
    pub(super) is_ycbcr: bool,
    /// Most bytes of a frame.
    pub(super) limit: u64,
}

impl Coding {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt, samples: &Samples) -> Result<Self, String> {
        let (Stored { kind, bits }, inner) = (samples.stored, samples.channels / samples.planes);
        let is_byte = kind == Kind::Unsigned && bits == 8;
        match ifd.number(data, tag::COMPRESSION, 1)? {
            1 => Ok(Self::None),
            code @ 2..=4 => {
                if kind != Kind::Unsigned || bits != 1 || samples.channels != 1 {
                    return Err(format!(
                        "fax coding (compression {code}) of {} samples of {bits} bit per pixel is not read, only of one of 1 bit",
                        samples.channels
                    ));
                }
                Ok(Self::Fax(Fax::read(ifd, data, code)?))
            }
            5 => Ok(Self::Lzw),
            6 if !ifd.has(tag::JPEG_OFFSET) => Err(
                "old-style JPEG (compression 6) that is not one whole stream (tag 513) is not read: convert it, e.g. by tiffcp -c none"
                    .to_owned(),
            ),
            6 if samples.planes > 1 => Err(
                "old-style JPEG (compression 6) in planes is not read: convert it, e.g. by tiffcp -c none"
                    .to_owned(),
            ),
            6 | 7 => {
                if !is_byte {
                    return Err(format!(
                        "JPEG with samples of {bits} bit in a TIFF is not read, only with 8 bit: save it with deflate"
                    ));
                }
                if !matches!(inner, 1 | 3 | 4) {
                    return Err(format!("JPEG with {inner} channels in a TIFF is not read: save it with deflate"));
                }
                let components = if samples.is_ycbcr { Components::YCbCr } else { Components::Stored };
                Ok(Self::Jpeg(Jpeg::read(ifd, data, components, samples.limit)?))
            }
            8 | 32_946 => Ok(Self::Deflate),
            32_773 => Ok(Self::PackBits),
            34_926 | 50_000 => Ok(Self::Zstd),
            34_927 | 50_001 => {
                if !is_byte || !matches!(inner, 3 | 4) {
                    return Err(format!("WebP with {inner} channels of {bits} bit in a TIFF is not read, only with 3 or 4 of 8 bit"));
                }
                Ok(Self::WebP)
            }
            other => Err(format!(
                "TIFF compression {other}{} is not read: save it uncompressed or with deflate",
                name(other).map(|name| format!(" ({name})")).unwrap_or_default()
            )),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether tiles are decoded with the rows outside of the image: pictures of another format, and bytes with a checksum
    /// over all of them.
    pub(super) fn is_decoded_whole(&self) -> bool {
        matches!(self, Self::Jpeg(_) | Self::WebP | Self::Zstd)
    }

    /// Whether bytes are what is coded, so that samples may be differences.
    fn is_of_bytes(&self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::PackBits | Self::Zstd)
    }

    /// Bytes that one byte may stand for at most, in an image with `row` bytes per row.
    pub(super) fn most_expansion(&self, row: u64) -> u64 {
        match self {
            Self::None => 1,
            // A 12-bit LZW code stands for less than 4096 bytes, a byte of JPEG for 1024 pixels.
            Self::Lzw | Self::Deflate | Self::PackBits | Self::Jpeg(_) => 4096,
            // Four bytes are a block of 128 KiB that are all equal.
            Self::Zstd => 1 << 15,
            // A bit says that a row is the one above.
            Self::Fax(_) => row.saturating_mul(8),
            // Some 20 bytes are a picture of 16384 × 16384 equal pixels.
            Self::WebP => 1 << 26,
        }
    }

    /// No more compressed bytes than this stand for `needed` ones: what lies behind them is not read.
    pub(super) fn most_bytes(&self, needed: usize) -> u64 {
        let (times, more) = match self {
            // Codes are longer than what they stand for where that is noise.
            Self::Fax(_) => (8, 1 << 16),
            Self::Jpeg(_) => (4, 1 << 20),
            _ => (2, 1 << 16),
        };
        (needed as u64).saturating_mul(times).saturating_add(more)
    }

    /// Fills `out` from compressed bytes. Errors say what is wrong with the strip or tile.
    pub(super) fn expand(&self, raw: &[u8], part: Part, out: &mut [u8]) -> Result<(), String> {
        let done = match self {
            Self::None => {
                let n = raw.len().min(out.len());
                out[..n].copy_from_slice(&raw[..n]);
                n
            }
            Self::Lzw => lzw(raw, out)?,
            Self::Deflate => deflate(raw, out)?,
            Self::PackBits => pack_bits(raw, out),
            Self::Zstd => pictures::zstd(raw, part, out)?,
            Self::Fax(fax) => return fax.expand(raw, part.width, out),
            Self::Jpeg(jpeg) => return jpeg.expand(raw, part, out),
            Self::WebP => return pictures::webp(raw, part, out),
        };
        if done == out.len() {
            return Ok(());
        }
        Err(format!("is cut short or damaged: it decodes to {done} bytes, {} are needed", out.len()))
    }
}

/// Names of compressions that are not read.
fn name(compression: u64) -> Option<&'static str> {
    Some(match compression {
        32_766 => "NeXT",
        32_771 => "fax with rows of whole words",
        32_809 => "ThunderScan",
        32_895..=32_898 => "IT8",
        32_908 | 32_909 => "Pixar",
        32_947 => "Kodak DCS",
        33_003..=33_005 | 34_712 => "JPEG 2000",
        33_007 | 34_892 => "lossy JPEG of DNG",
        34_661 => "JBIG",
        34_676 | 34_677 => "SGI LogLuv",
        34_713 => "Nikon NEF",
        34_887 => "LERC",
        34_925 => "LZMA",
        34_933 | 50_003 => "PNG",
        22_610 | 34_934 => "JPEG XR",
        48_124 => "Jetraw",
        50_002 | 52_546 => "JPEG XL",
        65_000..=65_002 => "EER",
        _ => return None,
    })
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
    pub(super) fn read(
        ifd: &Ifd,
        data: &dyn ReadAt,
        coding: &Coding,
        stored: Stored,
    ) -> Result<Self, String> {
        let found = match ifd.number(data, tag::PREDICTOR, 1)? {
            1 => return Ok(Self::None),
            2 => Self::Horizontal,
            3 if stored.kind == Kind::Float => Self::Float,
            other => {
                return Err(format!(
                    "predictor {other} is not read here; 1, 2 and, for floating-point, 3 are"
                ));
            }
        };
        if coding.is_none() {
            return Err("a predictor without compression is not read".to_owned());
        }
        if !coding.is_of_bytes() {
            return Err("a predictor with JPEG, WebP or fax coding is not read".to_owned());
        }
        if stored.whole().is_none() {
            let kind = if stored.is_complex() { "complex " } else { "" };
            return Err(format!("a predictor with {kind}samples of {} bit is not read", stored.bits));
        }
        Ok(found)
    }

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
        let part = Part { width: 24, rows: 1, most_rows: 1, channels: 1 };
        Coding::PackBits.expand(&packed, part, &mut out).expect("whole");
        let expected = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(out, expected);
        let reason = Coding::PackBits.expand(&packed[..9], part, &mut out).expect_err("cut");
        assert!(reason.contains("decodes to 10 bytes, 24 are needed"), "{reason}");
    }
}
