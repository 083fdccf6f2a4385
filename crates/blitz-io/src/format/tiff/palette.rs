//! Palettes: grey ones are one channel, others RGB.

use blitz_core::DType;

use super::ifd::{Ifd, tag};
use super::sample::{Kind, Stored};
use crate::read_at::ReadAt;

/// Colours by code.
#[derive(Debug)]
pub(super) struct Palette {
    /// `channels` values of each colour.
    values: Vec<u16>,
    pub(super) channels: usize,
    pub(super) dtype: DType,
    pub(super) note: Option<String>,
}

impl Palette {
    /// Reads the palette of a page; `None` where it says nothing, so that the codes are the values.
    pub(super) fn read(
        ifd: &Ifd,
        data: &dyn ReadAt,
        stored: Stored,
        samples: usize,
    ) -> Result<Option<Self>, String> {
        if samples != 1 || stored.kind != Kind::Unsigned || stored.bits > 16 {
            return Err(format!(
                "a palette with {samples} samples of {} bit per pixel is not read; one unsigned sample of up to 16 bit is",
                stored.bits
            ));
        }
        let map = ifd.numbers(data, tag::COLOR_MAP)?.ok_or("the palette is missing (tag 320)")?;
        let colours = 1 << stored.bits;
        if map.is_empty() || !map.len().is_multiple_of(3) || map.len() / 3 > colours {
            return Err(format!(
                "the palette has {} values, 3 × {colours} are expected for {} bit",
                map.len(),
                stored.bits
            ));
        }
        let value = |v: u64| {
            u16::try_from(v).map_err(|_| format!("the palette has the value {v}, at most 65535 may stand"))
        };
        let map: Vec<u16> = map.into_iter().map(value).collect::<Result<_, _>>()?;
        let n = map.len() / 3;
        let (red, rest) = map.split_at(n);
        let (green, blue) = rest.split_at(n);
        let grey = red == green && red == blue;
        if n > 1 && grey && red.iter().all(|&v| v == red[0]) {
            return Ok(None);
        }
        // 8-bit colours stand in the high byte, alone or repeated; some writers put them into the low byte.
        let all = |is: fn(u16) -> bool| map.iter().all(|&v| is(v));
        let low = all(|v| v < 256);
        let high = all(|v| v.trailing_zeros() >= 8) || all(|v| v & 255 == v >> 8) || all(|v| v & 255 == 255);
        let shift = if high && !low { 8 } else { 0 };
        let dtype = if high || low { DType::U8 } else { DType::U16 };
        let values = if grey {
            red.iter().map(|v| v >> shift).collect()
        } else {
            (0..n).flat_map(|i| [red[i], green[i], blue[i]]).map(|v| v >> shift).collect()
        };
        let same = grey && red.iter().enumerate().all(|(i, v)| usize::from(v >> shift) == i);
        let note = (!same).then(|| {
            let what = if grey { "grey values" } else { "colours" };
            format!("The file has a palette; values are its {what} ({dtype}), not the codes.")
        });
        Ok(Some(Self { values, channels: if grey { 1 } else { 3 }, dtype, note }))
    }

    /// Colours of codes, which are `u8` or `u16` samples.
    pub(super) fn apply(&self, codes: &[u8], code_size: usize, out: &mut [u8]) -> Result<(), String> {
        let pixel = self.channels * self.dtype.size();
        for (code, to) in codes.chunks_exact(code_size).zip(out.chunks_exact_mut(pixel)) {
            let index = match *code {
                [a] => usize::from(a),
                [a, b] => usize::from(u16::from_ne_bytes([a, b])),
                _ => unreachable!("codes have one or two bytes"),
            };
            let colour =
                self.values.get(index * self.channels..(index + 1) * self.channels).ok_or_else(|| {
                    format!(
                        "a pixel has palette index {index}, the palette has {} colours",
                        self.values.len() / self.channels
                    )
                })?;
            match self.dtype {
                DType::U8 => to.iter_mut().zip(colour).for_each(|(to, &v)| *to = v as u8),
                _ => {
                    for (to, v) in to.as_chunks_mut::<2>().0.iter_mut().zip(colour) {
                        *to = v.to_ne_bytes();
                    }
                }
            }
        }
        Ok(())
    }
}
