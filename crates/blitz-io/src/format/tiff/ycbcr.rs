//! Luma and chroma, chroma shared by several pixels, to RGB as libtiff converts them.

use super::ifd::{Ifd, tag};
use crate::read_at::ReadAt;

/// Pixels that share their chroma: they stand one behind the other, and blue and red difference behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Units {
    across: usize,
    down: usize,
}

impl Units {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt) -> Result<Self, String> {
        let found = ifd.numbers(data, tag::YCBCR_SUBSAMPLING)?.unwrap_or_else(|| vec![2, 2]);
        match found[..] {
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4), ..] => {
                Ok(Self { across: across as usize, down: down as usize })
            }
            _ => Err(format!(
                "chroma subsampling {found:?} (tag 530) is not known; 1, 2 and 4 are, in both directions"
            )),
        }
    }

    /// Whether each pixel has its own chroma.
    pub(super) fn is_single(self) -> bool {
        self.across == 1 && self.down == 1
    }

    fn unit(self) -> usize {
        self.across * self.down + 2
    }

    /// Bytes of rows of `width` pixels.
    pub(super) fn bytes(self, width: usize, rows: usize) -> usize {
        width.div_ceil(self.across).saturating_mul(rows.div_ceil(self.down)).saturating_mul(self.unit())
    }
}

/// Conversion to RGB.
#[derive(Debug)]
pub(super) struct YCbCr {
    pub(super) units: Units,
    luma: [i32; 256],
    red: [i32; 256],
    blue: [i32; 256],
    /// Of both differences, in 2¹⁶ths.
    green: [[i32; 256]; 2],
}

/// What RGB is made from, for people.
pub(super) const NOTE: &str = "The file holds luma and chroma (YCbCr); RGB is computed, rounded to 8 bit.";

impl YCbCr {
    pub(super) fn read(ifd: &Ifd, data: &dyn ReadAt) -> Result<Self, String> {
        let units = Units::read(ifd, data)?;
        let list = |tag, default: &[f32]| {
            let found = ifd.ratios(data, tag)?.map(|all| all.iter().map(|&v| v as f32).collect());
            let found: Vec<f32> = found.unwrap_or_else(|| default.to_vec());
            if found.len() < default.len() || found.iter().any(|v| !v.is_finite()) {
                return Err(format!("tag {tag} has the values {found:?}, {} are expected", default.len()));
            }
            Ok(found)
        };
        let weights = list(tag::YCBCR_COEFFICIENTS, &[0.299, 0.587, 0.114])?;
        let range = list(tag::REFERENCE_BLACK_WHITE, &[0.0, 255.0, 128.0, 255.0, 128.0, 255.0])?;
        if weights[1] == 0.0 {
            return Err("the weight of green in luma is 0 (tag 529)".to_owned());
        }
        Ok(Self::new(units, &weights, &range))
    }

    /// As `TIFFYCbCrToRGBInit` of libtiff.
    fn new(units: Units, weights: &[f32], range: &[f32]) -> Self {
        const LIMIT: f32 = 128.0 * 32.0;
        let fixed = |value: f32| (f64::from(value.clamp(0.0, 2.0) * 65536.0) + 0.5) as i32;
        let code = |code: i32, black: f32, white: f32, full: f32| {
            let span = if white - black == 0.0 { 1.0 } else { white - black };
            let value = code.wrapping_sub(black as i32) as f32 * full / span;
            value.clamp(-LIMIT, LIMIT) as i32
        };
        let (to_red, to_blue) = (2.0 - 2.0 * weights[0], 2.0 - 2.0 * weights[2]);
        let red = fixed(to_red);
        let blue = fixed(to_blue);
        let green = [fixed(weights[2] * to_blue / weights[1]), fixed(weights[0] * to_red / weights[1])];
        let half = 1 << 15;
        let difference = |i: i32, of: usize| code(i - 128, range[of] - 128.0, range[of + 1] - 128.0, 127.0);
        let table = |value: &dyn Fn(i32) -> i32| std::array::from_fn(|i| value(i as i32));
        Self {
            units,
            luma: table(&|i| code(i, range[0], range[1], 255.0)),
            red: table(&|i| (red * difference(i, 4) + half) >> 16),
            blue: table(&|i| (blue * difference(i, 2) + half) >> 16),
            green: [
                table(&|i| -green[0] * difference(i, 2) + half),
                table(&|i| -green[1] * difference(i, 4)),
            ],
        }
    }

    fn rgb(&self, luma: u8, blue: u8, red: u8) -> [u8; 3] {
        let [luma, blue, red] = [luma, blue, red].map(usize::from);
        let green = (self.green[0][blue] + self.green[1][red]) >> 16;
        [self.red[red], green, self.blue[blue]].map(|by| (self.luma[luma] + by).clamp(0, 255) as u8)
    }

    /// Writes rows of `width` pixels from units.
    pub(super) fn convert(&self, units: &[u8], width: usize, out: &mut [u8]) {
        let Units { across, down } = self.units;
        let line = self.units.bytes(width, 1);
        for (line, band) in units.chunks_exact(line).zip(out.chunks_mut(3 * width * down)) {
            for (y, row) in band.chunks_exact_mut(3 * width).enumerate() {
                let pixels = row.chunks_mut(3 * across);
                for (unit, pixels) in line.chunks_exact(self.units.unit()).zip(pixels) {
                    let (lumas, chroma) = unit.split_at(across * down);
                    for (&luma, to) in lumas[y * across..].iter().zip(pixels.as_chunks_mut::<3>().0) {
                        *to = self.rgb(luma, chroma[0], chroma[1]);
                    }
                }
            }
        }
    }
}
