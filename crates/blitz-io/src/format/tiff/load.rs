//! Bytes of strips and tiles as samples: uncompressed, without differences, in this machine's order.

use super::compression::{Part, Predictor};
use super::page::{Page, cut};
use crate::read_at::ReadAt;

impl Page {
    /// Calls `f` with every row of every strip or tile: its place, its samples that lie in the image, its bytes.
    pub(super) fn rows(
        &self,
        data: &dyn ReadAt,
        mut f: impl FnMut(At, usize, &[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        let chunks = &self.chunks;
        let (across, down) = chunks.grid(self.raw);
        let inner = self.raw.channels / self.planes;
        let mut scratch = Scratch::default();
        let most = chunks.height.min(self.raw.height) * chunks.row;
        let mut block = Vec::new();
        block.try_reserve_exact(most).map_err(|e| format!("no memory for {most} bytes: {e}"))?;
        for i in 0..across * down * self.planes {
            let (plane, in_plane) = (i / (across * down), i % (across * down));
            let (x, y) = (in_plane % across * chunks.width, in_plane / across * chunks.height);
            let rows = chunks.rows(i, self.raw, self.planes);
            block.resize(rows * chunks.row, 0);
            self.load(data, i, &mut block, &mut scratch)?;
            let width = chunks.width.min(self.raw.width - x);
            for (r, row) in block.chunks_exact(chunks.row).enumerate() {
                f(At { plane, x, y: y + r }, width * inner, row)?;
            }
        }
        Ok(())
    }

    /// Reads the first rows of chunk `i` into `block`, uncompressed, without differences, whole numbers in this
    /// machine's order.
    pub(super) fn load(
        &self,
        data: &dyn ReadAt,
        i: usize,
        block: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<(), String> {
        let chunks = &self.chunks;
        let Scratch { raw, row, units } = scratch;
        let rows = block.len() / chunks.row;
        let part = Part {
            width: chunks.width,
            rows,
            most_rows: chunks.height,
            channels: self.raw.channels / self.planes,
        };
        match &self.ycbcr {
            None => self.load_bytes(data, i, part, raw, block)?,
            Some(ycbcr) => {
                units.resize(chunks.stored_bytes(rows), 0);
                self.load_bytes(data, i, part, raw, units)?;
                if self.predictor != Predictor::None {
                    units.chunks_exact_mut(chunks.row).for_each(|line| self.predictor.undo(line, 1, 3, row));
                }
                ycbcr.convert(units, chunks.width, block);
                return Ok(());
            }
        }
        if self.predictor != Predictor::Float {
            self.swap(block);
        }
        if self.predictor != Predictor::None
            && let Some(size) = self.stored.whole()
        {
            let stride = self.raw.channels / self.planes;
            for line in block.chunks_exact_mut(chunks.row) {
                self.predictor.undo(line, size, stride, row);
            }
        }
        Ok(())
    }

    /// Reads the first bytes of chunk `i` as they were before they were compressed.
    fn load_bytes(
        &self,
        data: &dyn ReadAt,
        i: usize,
        part: Part,
        raw: &mut Vec<u8>,
        out: &mut [u8],
    ) -> Result<(), String> {
        let chunks = &self.chunks;
        let at = chunks.offsets[i];
        if self.coding.is_none() {
            chunks.check(i, out.len())?;
            data.read_exact_at(at, out).map_err(|e| cut(&e))?;
            self.mend_bits(out);
            return Ok(());
        }
        let there = data.size().saturating_sub(at);
        // Some codings are decoded whole, whatever part of a tile lies in the image.
        let bytes = chunks.bytes[i].min(self.coding.most_bytes(chunks.stored_bytes(chunks.height)));
        raw.resize(bytes.min(there) as usize, 0);
        data.read_exact_at(at, raw).map_err(|e| cut(&e))?;
        self.mend_bits(raw);
        self.coding.expand(raw, part, out).map_err(|reason| {
            if bytes > there {
                "the file is cut short".to_owned()
            } else {
                format!("strip or tile {i} {reason}")
            }
        })
    }

    pub(super) fn mend_bits(&self, bytes: &mut [u8]) {
        if self.reversed {
            for byte in bytes {
                *byte = byte.reverse_bits();
            }
        }
    }

    /// Puts whole numbers into this machine's order.
    pub(super) fn swap(&self, bytes: &mut [u8]) {
        if let Some(size) = self.stored.unit().filter(|&size| size > 1)
            && self.big_endian != cfg!(target_endian = "big")
        {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
    }
}

/// Place of a row of a strip or tile.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) plane: usize,
    pub(super) x: usize,
    pub(super) y: usize,
}

/// Memory that strips share.
#[derive(Default)]
pub(super) struct Scratch {
    raw: Vec<u8>,
    row: Vec<u8>,
    units: Vec<u8>,
}
