//! sRGB pictures as luma and chroma of half the resolution (4:2:0), in fixed point.
//!
//! `Y = Kr R + (1 − Kr − Kb) G + Kb B`, `Cb = (B − Y) / (2 − 2 Kb)`, `Cr = (R − Y) / (2 − 2 Kr)` (ITU-R BT.709, BT.601);
//! chroma is that of the mean of a block of 2 × 2 pixels, so it lies in the block's centre.

/// Which matrix and range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matrix {
    /// BT.709, black 16 and white 235: H.264 and MPEG-4.
    Bt709,
    /// BT.601, black 0 and white 255: JPEG.
    Jpeg,
}

/// Weights have 15 bits: products of two 16-bit numbers, added in pairs, are one instruction on every processor.
const SHIFT: i32 = 15;

/// Weights of red, green, blue and the byte that does not count, and the offset, in units of 2^−15.
#[derive(Clone, Copy)]
struct Row {
    weights: [i16; 4],
    offset: i32,
}

impl Row {
    fn new(weights: [f64; 3], scale: f64, offset: i32, sum: i32) -> Self {
        let mut w = weights.map(|w| (w * scale * f64::from(1 << SHIFT)).round() as i32);
        // Rounding must not tint greys: the largest weight takes what is left.
        let most = (0..3).max_by_key(|&i| w[i].abs()).unwrap_or(1);
        w[most] += sum - w.iter().sum::<i32>();
        let [r, g, b] = w.map(|w| w as i16);
        Self { weights: [r, g, b, 0], offset: (offset << SHIFT) + (1 << (SHIFT - 1)) }
    }

    /// Of the sum of `1 << count` pixels.
    #[inline]
    fn of(self, sum: [i16; 4], count: i32) -> i32 {
        let product = |i: usize| i32::from(sum[i]) * i32::from(self.weights[i]);
        ((product(0) + product(1)) + (product(2) + product(3)) + (self.offset << count)) >> (SHIFT + count)
    }

    /// Of a pixel whose result is known to fit: luma never leaves its range.
    #[inline]
    fn luma(self, pixel: [u8; 4]) -> u8 {
        self.of(pixel.map(i16::from), 0) as u8
    }

    /// Of the sum of four pixels.
    #[inline]
    fn chroma(self, sum: [u16; 4]) -> u8 {
        self.of(sum.map(|v| v as i16), 2).clamp(0, 255) as u8
    }
}

impl Matrix {
    fn rows(self) -> [Row; 3] {
        let (kr, kb, luma, chroma, black) = match self {
            Self::Bt709 => (0.2126, 0.0722, 219.0 / 255.0, 224.0 / 255.0, 16),
            Self::Jpeg => (0.299, 0.114, 1.0, 1.0, 0),
        };
        let kg = 1.0 - kr - kb;
        let sum = (luma * f64::from(1 << SHIFT)).round() as i32;
        [
            Row::new([kr, kg, kb], luma, black, sum),
            Row::new([-kr, -kg, 1.0 - kb].map(|w| w / (2.0 - 2.0 * kb)), chroma, 128, 0),
            Row::new([1.0 - kr, -kg, -kb].map(|w| w / (2.0 - 2.0 * kr)), chroma, 128, 0),
        ]
    }
}

/// The luma of `rgba`, `width` × `height` pixels of four bytes, into rows of `out` that are `stride` bytes apart. An
/// odd last column or row stands twice where there is room.
pub(super) fn luma(rgba: &[u8], width: usize, height: usize, matrix: Matrix, out: &mut [u8], stride: usize) {
    let [luma, ..] = matrix.rows();
    for (y, out) in out.chunks_mut(stride).take(height.next_multiple_of(2)).enumerate() {
        let source = y.min(height - 1);
        let line = rgba[source * width * 4..(source + 1) * width * 4].as_chunks::<4>().0;
        for (out, p) in out.iter_mut().zip(line) {
            *out = luma.luma(*p);
        }
        if let Some(more) = out.get_mut(width)
            && !width.is_multiple_of(2)
        {
            *more = luma.luma(line[width - 1]);
        }
    }
}

/// The two chroma planes of `rgba`, half its width and height, rounded up.
pub(super) fn chroma(rgba: &[u8], width: usize, height: usize, matrix: Matrix) -> [Vec<u8>; 2] {
    let [_, cb, cr] = matrix.rows();
    let (columns, rows) = (width.div_ceil(2), height.div_ceil(2));
    let [mut cb_plane, mut cr_plane] = [vec![0; columns * rows], vec![0; columns * rows]];
    // Sums of two rows of a pair of columns, per colour.
    let mut sums = vec![[0_u16; 4]; columns];
    let planes = cb_plane.chunks_exact_mut(columns).zip(cr_plane.chunks_exact_mut(columns));
    for (row, (cb_row, cr_row)) in planes.enumerate() {
        sums.fill([0; 4]);
        for y in [2 * row, (2 * row + 1).min(height - 1)] {
            let (pairs, rest) = rgba[y * width * 4..(y + 1) * width * 4].as_chunks::<8>();
            for (sum, p) in sums.iter_mut().zip(pairs) {
                for c in 0..4 {
                    sum[c] += u16::from(p[c]) + u16::from(p[c + 4]);
                }
            }
            if let (Some(sum), Some(p)) = (sums.last_mut(), rest.first_chunk::<4>()) {
                for c in 0..4 {
                    sum[c] += 2 * u16::from(p[c]);
                }
            }
        }
        for ((cb_out, cr_out), sum) in cb_row.iter_mut().zip(cr_row).zip(&sums) {
            *cb_out = cb.chroma(*sum);
            *cr_out = cr.chroma(*sum);
        }
    }
    [cb_plane, cr_plane]
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_testkit::Noise;

    /// The planes of a picture, and the same by the formulas in f64.
    fn both(width: usize, height: usize, matrix: Matrix, rgba: &[u8]) -> [(Vec<u8>, Vec<f64>); 3] {
        let (w, h) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let mut a = vec![0; w * h];
        luma(rgba, width, height, matrix, &mut a, w);
        let [b, c] = chroma(rgba, width, height, matrix);
        let (kr, kb, span, swing, black) = match matrix {
            Matrix::Bt709 => (0.2126, 0.0722, 219.0, 224.0, 16.0),
            Matrix::Jpeg => (0.299, 0.114, 255.0, 255.0, 0.0),
        };
        let at = |x: usize, y: usize, c: usize| {
            f64::from(rgba[(y.min(height - 1) * width + x.min(width - 1)) * 4 + c]) / 255.0
        };
        let y_of = |[r, g, b]: [f64; 3]| kr * r + (1.0 - kr - kb) * g + kb * b;
        let y = (0..w * h).map(|i| black + span * y_of([0, 1, 2].map(|c| at(i % w, i / w, c)))).collect();
        let mean = |i: usize| {
            let (x, y) = (2 * (i % (w / 2)), 2 * (i / (w / 2)));
            [0, 1, 2].map(|c| (at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c)) / 4.0)
        };
        let half = w * h / 4;
        let cb = (0..half).map(|i| 128.0 + swing * (mean(i)[2] - y_of(mean(i))) / (2.0 - 2.0 * kb)).collect();
        let cr = (0..half).map(|i| 128.0 + swing * (mean(i)[0] - y_of(mean(i))) / (2.0 - 2.0 * kr)).collect();
        [(a, y), (b, cb), (c, cr)]
    }

    #[test]
    fn planes_are_those_of_the_formulas() {
        let mut noise = Noise::new(3);
        for matrix in [Matrix::Bt709, Matrix::Jpeg] {
            for (width, height) in
                [(1, 1), (2, 2), (5, 3), (4, 7), (33, 18), (1, 1), (2, 2), (9, 30), (30, 9)]
            {
                // Any colours, and the corners of the cube.
                let any = noise.below(2) == 0;
                let mut value = || if any { noise.below(256) as u8 } else { 255 * noise.below(2) as u8 };
                let rgba: Vec<u8> = (0..width * height * 4).map(|_| value()).collect();
                for (plane, (found, exact)) in both(width, height, matrix, &rgba).iter().enumerate() {
                    for (f, e) in found.iter().zip(exact) {
                        let off = (f64::from(*f) - e.clamp(0.0, 255.0)).abs();
                        assert!(off < 0.52, "plane {plane} of {width} × {height}: {f} {e}");
                    }
                }
            }
        }
    }

    #[test]
    fn greys_have_no_tint() {
        for matrix in [Matrix::Bt709, Matrix::Jpeg] {
            for grey in 0..=255 {
                let [(y, exact), (cb, _), (cr, _)] = both(2, 2, matrix, &[grey; 16]);
                assert_eq!((cb, cr), (vec![128], vec![128]), "{grey}");
                assert_eq!(f64::from(y[0]), exact[0].round(), "{grey}");
            }
        }
    }
}
