//! A picture in memory.

use crate::DrawError;
use crate::text::{TextStyle, draw_text};

/// An opaque or translucent picture: 8-bit sRGB with straight (not premultiplied) alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RgbaImage {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue, alpha of each pixel, row by row: `width × height × 4` bytes.
    pub pixels: Vec<u8>,
}

impl RgbaImage {
    /// Most pixels a picture may have: 4 GiB of bytes.
    pub const MAX_PIXELS: usize = 1 << 30;

    /// A picture of one opaque colour.
    ///
    /// # Errors
    /// [`DrawError::TooLarge`] for more than [`MAX_PIXELS`](Self::MAX_PIXELS).
    pub fn filled(width: usize, height: usize, color: [u8; 3]) -> Result<Self, DrawError> {
        let count = width.checked_mul(height).filter(|&n| n <= Self::MAX_PIXELS);
        let count = count.ok_or(DrawError::TooLarge { width, height, limit: Self::MAX_PIXELS })?;
        Ok(Self { width, height, pixels: opaque(color).repeat(count) })
    }

    /// Colour and alpha of the pixel in column `x`, row `y`; `None` outside.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 4]> {
        let i = self.offset(x, y)?;
        self.pixels[i..i + 4].try_into().ok()
    }

    /// Gives a rectangle one opaque colour; what lies outside the picture is left out.
    pub fn fill_rect(&mut self, x: i64, y: i64, width: usize, height: usize, color: [u8; 3]) {
        let (x0, x1) = clip(x, width, self.width);
        let (y0, y1) = clip(y, height, self.height);
        for row in y0..y1 {
            let start = (row * self.width + x0) * 4;
            for pixel in self.pixels[start..start + (x1 - x0) * 4].chunks_exact_mut(4) {
                pixel.copy_from_slice(&opaque(color));
            }
        }
    }

    /// Copies `source` with its upper left corner to `(x, y)`, alpha included; what does not fit is left out.
    pub fn blit(&mut self, source: &Self, x: i64, y: i64) {
        let (x0, x1) = clip(x, source.width, self.width);
        let (y0, y1) = clip(y, source.height, self.height);
        for row in y0..y1 {
            let from = ((row as i64 - y) as usize * source.width + (x0 as i64 - x) as usize) * 4;
            let to = (row * self.width + x0) * 4;
            let len = (x1 - x0) * 4;
            self.pixels[to..to + len].copy_from_slice(&source.pixels[from..from + len]);
        }
    }

    /// Mixes black into a rectangle with weight `weight` in 0..=1; what lies outside the picture is left out.
    pub(crate) fn shade(&mut self, x: i64, y: i64, width: usize, height: usize, weight: f32) {
        let (x0, x1) = clip(x, width, self.width);
        let (y0, y1) = clip(y, height, self.height);
        let keep = ((1.0 - weight) * 256.0) as u16;
        for row in y0..y1 {
            let start = (row * self.width + x0) * 4;
            for pixel in self.pixels[start..start + (x1 - x0) * 4].chunks_exact_mut(4) {
                for value in &mut pixel[..3] {
                    *value = ((u16::from(*value) * keep) >> 8) as u8;
                }
            }
        }
    }

    /// Draws one line of text; `(x, y)` is the anchor on the baseline, see [`TextStyle`]. What leaves the
    /// picture is left out.
    pub fn text(&mut self, x: f32, y: f32, text: &str, style: TextStyle) {
        draw_text(self, x, y, text, style);
    }

    /// Mixes an opaque colour into a pixel with weight `coverage` in 0..=1; outside the picture nothing happens.
    pub(crate) fn blend(&mut self, x: i64, y: i64, color: [u8; 3], coverage: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let Some(i) = self.offset(x, y) else { return };
        let weight = coverage.clamp(0.0, 1.0);
        let new = opaque(color);
        for (old, new) in self.pixels[i..i + 4].iter_mut().zip(new) {
            *old = (*old as f32 + (new as f32 - *old as f32) * weight + 0.5) as u8;
        }
    }

    fn offset(&self, x: usize, y: usize) -> Option<usize> {
        (x < self.width && y < self.height).then(|| (y * self.width + x) * 4)
    }
}

pub(crate) const fn opaque(color: [u8; 3]) -> [u8; 4] {
    [color[0], color[1], color[2], 255]
}

/// The part of `start..start + len` inside `0..limit`.
fn clip(start: i64, len: usize, limit: usize) -> (usize, usize) {
    let limit = limit as i64;
    let end = start.saturating_add(len as i64).clamp(0, limit);
    (start.clamp(0, end) as usize, end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_is_clipped_at_every_edge() {
        let mut image = RgbaImage::filled(3, 2, [0; 3]).expect("small");
        let patch = RgbaImage::filled(2, 2, [9, 8, 7]).expect("small");
        image.blit(&patch, -1, -1);
        image.blit(&patch, 2, 1);
        image.blit(&patch, 50, -50);
        image.fill_rect(-5, 1, 6, 9, [1, 2, 3]);
        image.fill_rect(i64::MAX, i64::MAX, usize::MAX >> 1, 3, [5; 3]);
        let at = |x, y| image.pixel(x, y).map(|p| p[0]);
        assert_eq!([at(0, 0), at(1, 0), at(2, 0)], [Some(9), Some(0), Some(0)]);
        assert_eq!([at(0, 1), at(1, 1), at(2, 1)], [Some(1), Some(0), Some(9)]);
        assert_eq!(at(3, 0), None);
    }

    #[test]
    fn sizes_are_checked_before_allocation() {
        assert!(RgbaImage::filled(usize::MAX, 2, [0; 3]).is_err());
        assert!(RgbaImage::filled(1 << 20, 1 << 20, [0; 3]).is_err());
        assert_eq!(RgbaImage::filled(0, 5, [0; 3]).expect("empty is fine").pixels, []);
    }
}
