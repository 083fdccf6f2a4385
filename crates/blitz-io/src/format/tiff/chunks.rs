//! Where the strips or tiles of a page lie.

use blitz_core::FrameShape;

use super::compression::Coding;
use super::ifd::{Ifd, tag};
use super::sample::Stored;
use super::ycbcr::Units;
use crate::read_at::ReadAt;

/// Strips (as wide as the image) or tiles.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    /// Of all but the last ones, in pixels.
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) offsets: Vec<u64>,
    pub(super) bytes: Vec<u64>,
    /// Bytes of a row.
    pub(super) row: usize,
    units: Option<Units>,
}

/// What the samples of a page are, as its strips must hold them.
pub(super) struct Layout<'a> {
    /// As stored, not turned.
    pub(super) frame: FrameShape,
    pub(super) planes: usize,
    pub(super) stored: Stored,
    pub(super) coding: &'a Coding,
    /// How pixels that share their chroma stand.
    pub(super) units: Option<Units>,
}

impl Chunks {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt, layout: &Layout<'_>) -> Result<Self, String> {
        /// Tiles of this many bytes are read whatever the size of the image.
        const FREE: usize = 64 << 20;
        let &Layout { frame, planes, stored, coding, units } = layout;
        // Some writers put tiles into the entries of strips.
        let either = |first: u16, second: u16| match ifd.places(data, first) {
            Ok(None) => ifd.places(data, second),
            found => found,
        };
        let (width, height) = if ifd.has(tag::TILE_WIDTH) {
            let size = |tag| ifd.required(data, tag).and_then(super::page::to_usize);
            (size(tag::TILE_WIDTH)?, size(tag::TILE_HEIGHT)?)
        } else {
            let rows = ifd.number(data, tag::ROWS_PER_STRIP, frame.height as u64)?;
            let rows = usize::try_from(rows).unwrap_or(usize::MAX).min(frame.height);
            (frame.width, if rows == 0 { frame.height } else { rows })
        };
        let offsets = either(tag::TILE_OFFSETS, tag::STRIP_OFFSETS)?.unwrap_or_default();
        let bytes = either(tag::TILE_BYTES, tag::STRIP_BYTES)?.unwrap_or_default();
        // Tiles may be larger than the image, but not absurdly so.
        if width == 0 || height == 0 || width > frame.width.max(1 << 14) || height > frame.height.max(1 << 14)
        {
            return Err(format!("tiles or strips of {width} × {height} pixels"));
        }
        let expected = frame
            .width
            .div_ceil(width)
            .checked_mul(frame.height.div_ceil(height))
            .and_then(|n| n.checked_mul(planes))
            .unwrap_or(usize::MAX);
        if offsets.len() != expected || !(bytes.is_empty() || bytes.len() == expected) {
            return Err(format!(
                "{} strips or tiles with {} lengths, {expected} are expected",
                offsets.len(),
                bytes.len()
            ));
        }
        // What starts in the file's head or in the page's own directory is no image.
        let table = ifd.table();
        if let Some(at) = offsets.iter().find(|&at| *at < 8 || table.contains(at)) {
            return Err(format!("a strip or tile is said to be at byte {at}, where a directory stands"));
        }
        let channels = frame.channels / planes;
        let row = width
            .checked_mul(channels)
            .and_then(|samples| stored.bytes(samples))
            .ok_or_else(|| format!("rows of {width} pixels with {channels} channels are impossible"))?;
        // A tile is decoded whole: one of an absurd size would take memory that no image needs.
        let image = stored.bytes(frame.samples()).unwrap_or(usize::MAX);
        let decoded = if coding.is_decoded_whole() { height } else { height.min(frame.height) };
        if row.saturating_mul(decoded) > image.saturating_mul(2).max(FREE) {
            return Err(format!(
                "tiles of {width} × {height} pixels are much larger than the image of {} × {}",
                frame.width, frame.height
            ));
        }
        let mut chunks = Self { width, height, offsets, bytes, row, units };
        chunks.fill_lengths(frame, planes, coding, data.size());
        Ok(chunks)
    }

    /// Lengths that are missing or zero follow from the shape, or reach to the next strip where they are compressed.
    fn fill_lengths(&mut self, frame: FrameShape, planes: usize, coding: &Coding, file: u64) {
        if !self.bytes.is_empty() && !self.bytes.contains(&0) {
            return;
        }
        self.bytes.resize(self.offsets.len(), 0);
        let mut sorted = self.offsets.clone();
        sorted.sort_unstable();
        for i in 0..self.offsets.len() {
            if self.bytes[i] == 0 {
                let at = self.offsets[i];
                let next = sorted.get(sorted.partition_point(|&other| other <= at)).copied().unwrap_or(file);
                self.bytes[i] = match coding {
                    Coding::None => self.stored_bytes(self.rows(i, frame, planes)) as u64,
                    _ => next.saturating_sub(at),
                };
            }
        }
    }

    /// Chunks across and down.
    pub(super) fn grid(&self, frame: FrameShape) -> (usize, usize) {
        (frame.width.div_ceil(self.width), frame.height.div_ceil(self.height))
    }

    /// Rows of chunk `i` that lie in the image.
    pub(super) fn rows(&self, i: usize, frame: FrameShape, planes: usize) -> usize {
        let (across, down) = self.grid(frame);
        debug_assert!(i < across * down * planes, "chunk {i} exists");
        let y = i % (across * down) / across * self.height;
        self.height.min(frame.height - y)
    }

    /// Bytes of rows before they are compressed.
    pub(super) fn stored_bytes(&self, rows: usize) -> usize {
        self.units.map_or(rows.saturating_mul(self.row), |units| units.bytes(self.width, rows))
    }

    /// One stream that holds all of an image, from `at` on.
    pub(super) fn whole(frame: FrameShape, at: u64, bytes: u64) -> Self {
        let FrameShape { height, width, .. } = frame;
        Self { width, height, offsets: vec![at], bytes: vec![bytes], row: frame.row(), units: None }
    }

    /// Checks that chunk `i` has the bytes that uncompressed samples need.
    pub(super) fn check(&self, i: usize, needed: usize) -> Result<(), String> {
        if self.bytes[i] < needed as u64 {
            return Err(format!("strip or tile {i} has {} bytes, {needed} are needed", self.bytes[i]));
        }
        Ok(())
    }
}
