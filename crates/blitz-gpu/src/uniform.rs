//! What the shader is told about a view besides its textures.

use blitz_core::DType;

use crate::texture::Tiling;
use crate::{ImageView, Reduce};

/// As the shader's `View`.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Uniform {
    origin: [u32; 2],
    tile: [u32; 2],
    tiles_x: u32,
    channels: u32,
    kind: u32,
    flags: u32,
    base: u32,
    lo: f32,
    range: f32,
    weight: f32,
    missing: u32,
    above: u32,
    below: u32,
    unused: u32,
}

// The shader's constants of the same names.
const UNSIGNED: u32 = 0;
const SIGNED_16: u32 = 1;
const UNSIGNED_32: u32 = 2;
const SIGNED_32: u32 = 3;
const FLOAT: u32 = 4;
const REDUCED: u32 = 5;
const MAXIMUM: u32 = 1;
const MASKED: u32 = 2;
const LINEAR_TARGET: u32 = 4;

impl Uniform {
    /// For a view drawn from its samples, or from a reduced `level`, with its first visible screen pixel at
    /// `origin`.
    pub(crate) fn new(view: &ImageView, level: Option<usize>, tiling: Tiling, origin: [u32; 2]) -> Self {
        let level = level.map(|i| &view.image.levels()[i]);
        let (lo, hi) = usable(view.levels);
        let span = (hi - lo) as f32;
        // Whole part subtracted as an integer, and the rest.
        let split = |min: f64, max: f64| {
            let base = lo.floor().clamp(min, max);
            (base, (lo - base) as f32)
        };
        // Up to 16 bits and for floats the plain formula in f32, as everywhere else in the program.
        let plain = |kind| (kind, 0, lo as f32, hi as f32 - lo as f32);
        let (kind, base, lo, range) = match (level, view.image.dtype()) {
            (Some(level), _) => (REDUCED, 0, (lo - level.origin) as f32, span),
            (None, DType::U8 | DType::U16) => plain(UNSIGNED),
            (None, DType::I16) => plain(SIGNED_16),
            (None, DType::U32) => {
                let (base, rest) = split(0.0, f64::from(u32::MAX));
                (UNSIGNED_32, base as u32, rest, span)
            }
            (None, DType::I32) => {
                let (base, rest) = split(f64::from(i32::MIN), f64::from(i32::MAX));
                (SIGNED_32, base as i32 as u32, rest, span)
            }
            (None, DType::F32 | DType::F64) => plain(FLOAT),
        };
        let pack = |[r, g, b]: [u8; 3]| u32::from_le_bytes([r, g, b, 0]);
        Self {
            origin,
            tile: [tiling.tile_width as u32, tiling.tile_height as u32],
            tiles_x: tiling.tiles_x as u32,
            channels: tiling.channels as u32,
            kind,
            flags: if view.reduce == Reduce::Max { MAXIMUM } else { 0 },
            base,
            lo,
            range,
            weight: level.map_or(1.0, |level| 1.0 / (level.factor as f32).powi(2)),
            missing: pack(view.colors.missing),
            above: pack(view.colors.above),
            below: pack(view.colors.below),
            unused: 0,
        }
    }

    /// With what the view does not know.
    pub(crate) fn with_flags(mut self, masked: bool, linear_target: bool) -> Self {
        self.flags |= if masked { MASKED } else { 0 } | if linear_target { LINEAR_TARGET } else { 0 };
        self
    }
}

/// Levels that can be divided by: in order, finite, with a finite difference in f32.
fn usable((a, b): (f64, f64)) -> (f64, f64) {
    let (lo, hi) = if b < a { (b, a) } else { (a, b) };
    let lo = if lo.is_finite() { lo.clamp(-1e38, 1e38) } else { 0.0 };
    let hi = if hi.is_finite() { hi.clamp(-1e38, 1e38) } else { lo };
    (lo, if hi > lo { hi } else { lo + 1.0 })
}
