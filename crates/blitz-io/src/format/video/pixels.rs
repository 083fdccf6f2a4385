//! Decoded pictures as samples: codes where the picture holds grey or RGB, the luma plane as it is, and colour
//! made of luma and chroma.

use std::cell::RefCell;

use blitz_core::{Channel, DType, FrameShape, Samples, SamplesMut};

use super::ffi::{Component, Facts, Packed, Picture, Scaler};
use crate::format::alpha;
use crate::format::contract::{ImageSpec, differs};
use crate::format::orientation::Orientation;
use crate::source::{LumaInfo, LumaRange};

/// How samples are taken from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The picture's first plane, whatever its pattern means (colour filters over single pixels).
    Mosaic { bytes: usize },
    /// One bit per pixel.
    Bits { white_is_zero: bool },
    /// The components, interleaved, codes unchanged.
    Components,
    /// Codes of a palette of greys, as its greys.
    GreyPalette,
    /// Converted by libswscale.
    Converted(Packed),
}

/// What all pictures of a video are.
#[derive(Debug)]
pub(super) struct Look {
    /// What a frame is; its notes say what people must know.
    pub(super) spec: ImageSpec,
    /// Brightness as the file holds it, for pictures of luma and chroma.
    pub(super) luma: Option<LumaInfo>,
    way: Way,
    /// Bytes of a decoded picture.
    pub(super) picture_bytes: u64,
    /// Channels of a converted picture, before opaque alpha is dropped.
    channels: usize,
    drop_alpha: bool,
    format: String,
    /// How pictures are turned; the shape in `spec` is that of turned ones.
    orientation: Orientation,
}

impl Look {
    /// What pictures like `picture` become.
    pub(super) fn of(picture: &Picture, facts: &Facts, limit: u64) -> Result<Self, String> {
        let format = &picture.format;
        let count = format.components.len();
        let depth = format.components.iter().map(|c| c.depth).max().unwrap_or(0);
        let same_depth = format.components.iter().all(|c| c.depth == depth);
        if format.is_hardware() || count == 0 {
            return Err(format!("pixel format {} is not read", format.name));
        }
        let is_yuv = !format.is_rgb() && count >= 3;
        let (way, channels, dtype, model) = if format.is_bayer() {
            let bytes = if depth > 8 || format.name.contains("16") { 2 } else { 1 };
            let dtype = if bytes == 2 { DType::U16 } else { DType::U8 };
            (Way::Mosaic { bytes }, 1, dtype, "colour filter mosaic")
        } else if format.name.starts_with("mono") {
            (Way::Bits { white_is_zero: format.name == "monow" }, 1, DType::U8, "grey")
        } else if picture.palette().is_some_and(|colours| greys(&colours).is_some()) {
            (Way::GreyPalette, 1, DType::U8, "palette")
        } else if format.is_palette()
            || (format.is_rgb() && (format.is_bitstream() || !same_depth || depth < 8))
        {
            let packed = if format.has_alpha() { Packed::Rgba8 } else { Packed::Rgb8 };
            let model = if format.is_palette() { "palette" } else { "RGB" };
            (Way::Converted(packed), if format.has_alpha() { 4 } else { 3 }, DType::U8, model)
        } else if is_yuv {
            let (packed, channels) = match (depth > 8, format.has_alpha()) {
                (false, false) => (Packed::Rgb8, 3),
                (false, true) => (Packed::Rgba8, 4),
                (true, false) => (Packed::Rgb16, 3),
                (true, true) => (Packed::Rgba16, 4),
            };
            (
                Way::Converted(packed),
                channels,
                if depth > 8 { DType::U16 } else { DType::U8 },
                yuv_name(format.chroma),
            )
        } else {
            let dtype = match (format.is_float(), depth) {
                (true, 32) => DType::F32,
                (false, ..=8) => DType::U8,
                (false, ..=16) => DType::U16,
                _ => return Err(format!("pixel format {} is not read", format.name)),
            };
            (Way::Components, count, dtype, if format.is_rgb() { "RGB" } else { "grey" })
        };
        let shape = FrameShape::new(picture.height(), picture.width(), channels);
        ImageSpec::check_size(shape, dtype, limit)?;
        let container_bits = match facts.raw_bits {
            bits if bits > 0 && bits < depth && !is_yuv => bits,
            _ => depth,
        };
        let mut look = Self {
            spec: ImageSpec {
                frame: shape,
                dtype,
                channels: Channel::defaults(channels),
                container_bits,
                color_model: model,
                notes: Vec::new(),
            },
            luma: None,
            way,
            picture_bytes: picture.bytes() as u64,
            channels,
            drop_alpha: false,
            format: format.name.clone(),
            orientation: Orientation::default(),
        };
        if is_yuv {
            let full_range = picture.is_full_range();
            let dtype = if depth > 8 { DType::U16 } else { DType::U8 };
            look.luma = Some(LumaInfo { dtype, bits: depth, full_range: full_range == Some(true) });
            look.spec.notes.push(yuv_note(picture, depth, full_range));
        }
        if way == (Way::Mosaic { bytes: 1 }) || way == (Way::Mosaic { bytes: 2 }) {
            look.spec.notes.push(format!(
                "The pixels lie behind colour filters ({}); they are kept as they are.",
                format.name
            ));
        }
        if way == Way::GreyPalette
            && let Some(colours) = picture.palette()
            && (0_u8..=255).zip(colours).any(|(code, colour)| colour as u8 != code)
        {
            look.spec
                .notes
                .push("The video has a palette; values are its grey values, not the codes.".to_owned());
        }
        if picture.is_interlaced() {
            look.spec.notes.push("The video is interlaced: odd and even rows of a frame were taken at different times. They are kept as they are.".to_owned());
        }
        if format.has_alpha() && channels > 1 {
            look.find_alpha(picture)?;
        }
        Ok(look)
    }

    /// The same with pictures turned.
    pub(super) fn turned(mut self, orientation: Orientation) -> Self {
        self.spec.frame = orientation.shape(self.stored());
        self.orientation = orientation;
        self
    }

    /// Shape of pictures as they are stored.
    pub(super) fn stored(&self) -> FrameShape {
        self.orientation.shape(self.spec.frame)
    }

    /// Has `fill` write samples of a stored picture, and turns them.
    fn turn(
        &self,
        stored: FrameShape,
        mut out: SamplesMut<'_>,
        fill: impl FnOnce(SamplesMut<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.orientation.is_identity() {
            return fill(out);
        }
        let mut samples = Samples::zeros(out.dtype(), stored.samples());
        fill(samples.as_mut())?;
        self.orientation.apply(samples.as_ref(), stored, out.reborrow());
        Ok(())
    }

    /// Drops alpha that is opaque.
    fn find_alpha(&mut self, picture: &Picture) -> Result<(), String> {
        let mut samples = Samples::zeros(self.spec.dtype, self.spec.frame.samples());
        self.fill(picture, samples.as_mut())?;
        if alpha::is_opaque(samples.as_ref(), self.channels, self.opaque()) {
            self.drop_alpha = true;
            self.spec.frame.channels -= 1;
            self.spec.channels = Channel::defaults(self.channels - 1);
            self.spec.notes.push(alpha::DROPPED.to_owned());
        }
        Ok(())
    }

    fn opaque(&self) -> f64 {
        match (self.way, self.spec.dtype) {
            (_, DType::F32) => 1.0,
            (Way::Components, _) => f64::from((1_u32 << self.spec.container_bits.min(16)) - 1),
            (_, DType::U16) => f64::from(u16::MAX),
            _ => f64::from(u8::MAX),
        }
    }

    fn check(&self, picture: &Picture) -> Result<(), String> {
        let FrameShape { height, width, .. } = self.stored();
        if (picture.width(), picture.height()) != (width, height) {
            let found = format!("{} × {} pixels", picture.width(), picture.height());
            return Err(differs("its size", found, format!("{width} × {height} pixels")));
        }
        if picture.format.name != self.format {
            return Err(differs("its pixel format", &picture.format.name, &self.format));
        }
        Ok(())
    }

    /// Writes a picture's samples.
    pub(super) fn decode(&self, picture: &Picture, out: SamplesMut<'_>) -> Result<(), String> {
        self.check(picture)?;
        self.turn(self.stored(), out, |out| self.decode_stored(picture, out))
    }

    fn decode_stored(&self, picture: &Picture, out: SamplesMut<'_>) -> Result<(), String> {
        if !self.drop_alpha {
            return self.fill(picture, out);
        }
        let mut samples = Samples::zeros(self.spec.dtype, self.spec.frame.pixels() * self.channels);
        self.fill(picture, samples.as_mut())?;
        if !alpha::is_opaque(samples.as_ref(), self.channels, self.opaque()) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        alpha::drop_last(samples.as_ref(), self.channels, out);
        Ok(())
    }

    /// Writes the luma plane.
    pub(super) fn decode_luma(
        &self,
        picture: &Picture,
        range: LumaRange,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        self.check(picture)?;
        let stored = FrameShape { channels: 1, ..self.stored() };
        self.turn(stored, out, |out| self.stored_luma(picture, range, out))
    }

    fn stored_luma(
        &self,
        picture: &Picture,
        range: LumaRange,
        mut out: SamplesMut<'_>,
    ) -> Result<(), String> {
        let Some(luma) = &self.luma else { return Err("the video has no luma plane".to_owned()) };
        component(picture, picture.format.components[0], 1, 0, out.reborrow())?;
        if range == LumaRange::Full && !luma.full_range {
            match out {
                SamplesMut::U8(out) => {
                    let table: Vec<u8> = (0..=255).map(|code| expand(code, 8) as u8).collect();
                    for v in out {
                        *v = table[usize::from(*v)];
                    }
                }
                SamplesMut::U16(out) => {
                    let table: Vec<u16> =
                        (0..1 << luma.bits).map(|code| expand(code, luma.bits) as u16).collect();
                    // Codes fit the depth: `component` masks them.
                    for v in out {
                        *v = table[usize::from(*v)];
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// All channels, alpha included.
    fn fill(&self, picture: &Picture, mut out: SamplesMut<'_>) -> Result<(), String> {
        match self.way {
            Way::Components => {
                for (i, &from) in picture.format.components.iter().enumerate() {
                    component(picture, from, self.channels, i, out.reborrow())?;
                }
                Ok(())
            }
            Way::Mosaic { bytes } => {
                let depth = 8 * bytes as u32;
                component(picture, Component { plane: 0, step: bytes, offset: 0, shift: 0, depth }, 1, 0, out)
            }
            Way::Bits { white_is_zero } => bits(picture, white_is_zero, &mut out),
            Way::GreyPalette => by_palette(picture, out.bytes()),
            Way::Converted(to) => convert(picture, to, out.bytes()),
        }
    }
}

fn yuv_name(chroma: (u8, u8)) -> &'static str {
    match chroma {
        (0, 0) => "YUV 4:4:4",
        (1, 0) => "YUV 4:2:2",
        (1, 1) => "YUV 4:2:0",
        (2, 0) => "YUV 4:1:1",
        _ => "YUV",
    }
}

fn yuv_note(picture: &Picture, depth: u32, full_range: Option<bool>) -> String {
    let black = 16_u32 << (depth - 8);
    let white = 235_u32 << (depth - 8);
    let matrix = match picture.matrix() {
        1 => "BT.709",
        2 | 3 => "BT.601, which the file does not say",
        4 => "FCC",
        5 | 6 => "BT.601",
        7 => "SMPTE 240M",
        8 => "YCgCo",
        9 | 10 => "BT.2020",
        _ => "the file's matrix",
    };
    let range = match full_range {
        Some(true) => "in full range".to_owned(),
        Some(false) => format!("in limited range, black {black} to white {white}"),
        None => format!("in limited range, black {black} to white {white}, which the file does not say"),
    };
    format!(
        "The video holds {depth}-bit luma {range}, and chroma; RGB is computed ({matrix}). Load it as grey for the luma codes themselves."
    )
}

/// A limited-range code over the full range: black to 0, white to the largest code; rounded, clipped.
fn expand(code: u32, bits: u32) -> u32 {
    let (black, span, full) = (16 << (bits - 8), 219 << (bits - 8), (1_u32 << bits) - 1);
    ((code.saturating_sub(black) * full + span / 2) / span).min(full)
}

/// Copies one component into every `channels`-th sample of `out`, from sample `channel` on.
fn component(
    picture: &Picture,
    from: Component,
    channels: usize,
    channel: usize,
    out: SamplesMut<'_>,
) -> Result<(), String> {
    let Component { plane, step, offset, shift, depth } = from;
    let (width, big) = (picture.width(), picture.format.is_big_endian());
    let row = |y: usize| {
        let row = picture.row(plane, y);
        let bytes = if depth > 16 { 4 } else { usize::from(depth + shift > 8) + 1 };
        let needed = (width - 1) * step + offset + bytes;
        if row.len() < needed {
            Err("the picture has too few samples per row".to_owned())
        } else {
            Ok(&row[offset..])
        }
    };
    let mask = ((1_u64 << depth.min(32)) - 1) as u32;
    match out {
        SamplesMut::U8(out) => {
            for (y, line) in out.chunks_exact_mut(width * channels).enumerate() {
                let row = row(y)?;
                if channels == 1 && step == 1 && shift == 0 && depth == 8 {
                    line.copy_from_slice(&row[..width]);
                } else {
                    let pixels = line[channel..].iter_mut().step_by(channels);
                    for (v, sample) in pixels.zip(row.iter().step_by(step)) {
                        *v = sample >> shift & mask as u8;
                    }
                }
            }
        }
        SamplesMut::U16(out) => {
            for (y, line) in out.chunks_exact_mut(width * channels).enumerate() {
                let pixels = line[channel..].iter_mut().step_by(channels);
                for (v, sample) in pixels.zip(row(y)?.chunks(step)) {
                    let bytes = [sample[0], sample[1]];
                    let code = if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
                    *v = code >> shift & mask as u16;
                }
            }
        }
        SamplesMut::F32(out) => {
            for (y, line) in out.chunks_exact_mut(width * channels).enumerate() {
                let pixels = line[channel..].iter_mut().step_by(channels);
                for (v, sample) in pixels.zip(row(y)?.chunks(step)) {
                    let bytes = [sample[0], sample[1], sample[2], sample[3]];
                    *v = if big { f32::from_be_bytes(bytes) } else { f32::from_le_bytes(bytes) };
                }
            }
        }
        _ => return Err("the pixel format is not read".to_owned()),
    }
    Ok(())
}

fn bits(picture: &Picture, white_is_zero: bool, out: &mut SamplesMut<'_>) -> Result<(), String> {
    let width = picture.width();
    for (y, line) in out.bytes().chunks_exact_mut(width).enumerate() {
        let row = picture.row(0, y);
        if row.len() < width.div_ceil(8) {
            return Err("the picture has too few samples per row".to_owned());
        }
        for (x, v) in line.iter_mut().enumerate() {
            *v = (row[x / 8] >> (7 - x % 8) & 1) ^ u8::from(white_is_zero);
        }
    }
    Ok(())
}

/// The greys of a palette without colours; entries that no pixel uses may be transparent.
fn greys(palette: &[u32; 256]) -> Option<[u8; 256]> {
    let is_grey = |colour: &u32| {
        let [blue, green, red, _] = colour.to_le_bytes();
        blue == green && green == red
    };
    palette.iter().all(is_grey).then(|| palette.map(|colour| colour as u8))
}

fn by_palette(picture: &Picture, out: &mut [u8]) -> Result<(), String> {
    let palette = picture.palette().ok_or("the picture has no palette")?;
    let greys = greys(&palette).ok_or("its palette has colours, where that of the others has greys")?;
    let width = picture.width();
    for (y, line) in out.chunks_exact_mut(width).enumerate() {
        let codes = picture.row(0, y).get(..width).ok_or("the picture has too few samples per row")?;
        for (value, &code) in line.iter_mut().zip(codes) {
            *value = greys[usize::from(code)];
        }
    }
    Ok(())
}

/// Converts to packed RGB(A), through a converter that each thread keeps.
fn convert(picture: &Picture, to: Packed, out: &mut [u8]) -> Result<(), String> {
    thread_local! {
        static SCALER: RefCell<Option<Scaler>> = const { RefCell::new(None) };
    }
    SCALER.with_borrow_mut(|kept| {
        let scaler = match kept.take().filter(|scaler| scaler.fits(picture, to)) {
            Some(scaler) => kept.insert(scaler),
            None => kept.insert(Scaler::new(picture, to)?),
        };
        let line = out.len() / picture.height();
        scaler.run(picture, |y, row| out[y * line..(y + 1) * line].copy_from_slice(row))
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn limited_range_fills_the_full_one() {
        assert_eq!([0, 16, 235, 255].map(|code| expand(code, 8)), [0, 0, 255, 255]);
        assert_eq!([64, 940, 1023].map(|code| expand(code, 10)), [0, 1023, 1023]);
        for code in 16..=235 {
            let exact = f64::from(code - 16) * 255.0 / 219.0;
            assert_eq!(expand(code, 8), exact.round() as u32);
        }
    }
}
