//! Pictures as they stand on the screen: telephones and some cameras store them turned and say so in the container.

use blitz_core::{FrameShape, SamplesMut, SamplesRef};

/// Swap rows and columns, then mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Orientation {
    pub(crate) transpose: bool,
    pub(crate) flip_x: bool,
    pub(crate) flip_y: bool,
}

/// Edge of the square blocks that a transposition walks in.
const BLOCK: usize = 32;

impl Orientation {
    /// What a container's display matrix (rows a b u, c d v, x y w: x' = a x + c y, y' = b x + d y) does to pictures;
    /// `None` if it is no right angle. Scales and shifts do not turn anything.
    #[cfg_attr(not(feature = "video"), allow(dead_code, reason = "only videos have matrices"))]
    pub(crate) fn of_matrix([a, b, _, c, d, ..]: [i32; 9]) -> Option<Self> {
        match (a, b, c, d) {
            (_, 0, 0, _) if a != 0 && d != 0 => Some(Self { transpose: false, flip_x: a < 0, flip_y: d < 0 }),
            (0, _, _, 0) if b != 0 && c != 0 => Some(Self { transpose: true, flip_x: c < 0, flip_y: b < 0 }),
            _ => None,
        }
    }

    /// What TIFF and EXIF call orientation: 1 is as stored; `None` above 8 and for 0.
    pub(crate) fn of_tag(value: u64) -> Option<Self> {
        let (transpose, flip_x, flip_y) = match value {
            1 => (false, false, false),
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => return None,
        };
        Some(Self { transpose, flip_x, flip_y })
    }

    pub(crate) fn is_identity(self) -> bool {
        self == Self::default()
    }

    /// What it does, in words.
    pub(crate) fn describe(self) -> &'static str {
        match (self.transpose, self.flip_x, self.flip_y) {
            (false, false, false) => "as they are stored",
            (false, true, true) => "turned by 180°",
            (true, true, false) => "turned by 90° clockwise",
            (true, false, true) => "turned by 270° clockwise",
            (false, true, false) => "mirrored left to right",
            (false, false, true) => "mirrored top to bottom",
            (true, false, false) => "mirrored along the diagonal from the top left",
            (true, true, true) => "mirrored along the diagonal from the top right",
        }
    }

    /// The shape that a stored picture gets.
    pub(crate) fn shape(self, stored: FrameShape) -> FrameShape {
        if self.transpose {
            FrameShape { height: stored.width, width: stored.height, ..stored }
        } else {
            stored
        }
    }

    /// Writes a picture of shape `stored` as it stands.
    ///
    /// # Panics
    /// If `from` and `to` are not such pictures of the same type.
    pub(crate) fn apply(self, from: SamplesRef<'_>, stored: FrameShape, mut to: SamplesMut<'_>) {
        let (from, to) = (from.bytes(), to.bytes());
        assert_eq!(from.len(), to.len(), "the same samples in another order");
        match from.len() / stored.pixels().max(1) {
            1 => self.pixels::<1>(from, stored, to),
            2 => self.pixels::<2>(from, stored, to),
            3 => self.pixels::<3>(from, stored, to),
            4 => self.pixels::<4>(from, stored, to),
            6 => self.pixels::<6>(from, stored, to),
            8 => self.pixels::<8>(from, stored, to),
            12 => self.pixels::<12>(from, stored, to),
            16 => self.pixels::<16>(from, stored, to),
            bytes => {
                // Pixels of many channels are rare enough to be moved one by one.
                let FrameShape { width, height, .. } = self.shape(stored);
                for y in 0..height {
                    for x in 0..width {
                        let (from_at, to_at) = (self.source(x, y, stored) * bytes, (y * width + x) * bytes);
                        to[to_at..to_at + bytes].copy_from_slice(&from[from_at..from_at + bytes]);
                    }
                }
            }
        }
    }

    /// Index of the stored pixel that stands at column `x`, row `y`.
    fn source(self, x: usize, y: usize, stored: FrameShape) -> usize {
        let FrameShape { width, height, .. } = self.shape(stored);
        let v = if self.flip_y { height - 1 - y } else { y };
        let u = if self.flip_x { width - 1 - x } else { x };
        if self.transpose { u * stored.width + v } else { v * stored.width + u }
    }

    /// The same for pixels of `N` bytes, block by block, so that columns are read while their lines are near.
    fn pixels<const N: usize>(self, from: &[u8], stored: FrameShape, to: &mut [u8]) {
        let FrameShape { width, height, .. } = self.shape(stored);
        let (from, _) = from.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<N>();
        for top in (0..height).step_by(BLOCK) {
            for left in (0..width).step_by(BLOCK) {
                for y in top..height.min(top + BLOCK) {
                    let v = if self.flip_y { height - 1 - y } else { y };
                    let row = &mut to[y * width..(y + 1) * width];
                    for (x, pixel) in row.iter_mut().enumerate().take(left + BLOCK).skip(left) {
                        let u = if self.flip_x { width - 1 - x } else { x };
                        let at = if self.transpose { u * stored.width + v } else { v * stored.width + u };
                        *pixel = from[at];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use blitz_core::Samples;

    use super::*;

    #[test]
    fn every_orientation_puts_each_pixel_where_the_matrix_does() {
        let stored = FrameShape::new(70, 45, 3);
        let value = |x: usize, y: usize, c: usize| (x * 7 + y * 13 + c * 101) as u16;
        let mut from = Vec::new();
        for y in 0..stored.height {
            for x in 0..stored.width {
                from.extend((0..3).map(|c| value(x, y, c)));
            }
        }
        let from = Samples::U16(from);
        for matrix in [
            [1, 0, 0, 1],
            [0, 1, -1, 0],
            [-1, 0, 0, -1],
            [0, -1, 1, 0],
            [-1, 0, 0, 1],
            [1, 0, 0, -1],
            [0, 1, 1, 0],
            [0, -1, -1, 0],
        ] {
            let [a, b, c, d] = matrix;
            let fixed = matrix.map(|v: i32| v << 16);
            let turn = Orientation::of_matrix([fixed[0], fixed[1], 0, fixed[2], fixed[3], 0, 5, 7, 1 << 30]);
            let turn = turn.expect("a right angle");
            let shape = turn.shape(stored);
            let mut to = Samples::zeros(from.dtype(), shape.samples());
            turn.apply(from.as_ref(), stored, to.as_mut());
            let Samples::U16(to) = &to else { panic!("another type") };
            for y in 0..stored.height {
                for x in 0..stored.width {
                    // The matrix about the picture's corner, moved back to where coordinates begin at 0.
                    let (sx, sy) = (x as i32, y as i32);
                    let (mut tx, mut ty) = (a * sx + c * sy, b * sx + d * sy);
                    if a + c < 0 {
                        tx += shape.width as i32 - 1;
                    }
                    if b + d < 0 {
                        ty += shape.height as i32 - 1;
                    }
                    for channel in 0..3 {
                        let at = (ty as usize * shape.width + tx as usize) * 3 + channel;
                        assert_eq!(to[at], value(x, y, channel), "{matrix:?} ({x}, {y})");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_right_angle_is_not_turned() {
        assert_eq!(Orientation::of_matrix([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30]), None);
        assert_eq!(Orientation::of_matrix([0; 9]), None);
    }
}
