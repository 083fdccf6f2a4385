//! Animated PNG: the crate `png` decodes the pictures, they are drawn onto each other here, after the specification
//! of PNG (third edition, 11.3.3 and 12.6).

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use ::png::{
    BitDepth, BlendOp, ColorType, DecodeOptions, Decoder, DisposeOp, FrameControl, Limits, Reader,
    Transformations,
};
use blitz_core::{DType, FrameShape, Samples};

use super::play::{Area, Facts, Kind, Player, over};
use crate::format::contract::ImageSpec;
use crate::format::png_chunks::check_claim;
use crate::read_at::{FileBytes, ReadAt};

/// See [`Kind`].
pub(in crate::format) static APNG: Kind = Kind { name: "PNG animation", facts, start };

/// Bytes of the signature.
const SIGNATURE: u64 = 8;

/// Whether a file says that it is an animation of more than one frame; what says so stands before the pixels.
pub(in crate::format) fn is_animated(path: &Path) -> bool {
    let Ok(file) = FileBytes::open(path) else { return false };
    let mut at = SIGNATURE;
    let mut head = [0; 12];
    while file.read_exact_at(at, &mut head).is_ok() {
        let [a, b, c, d, kind @ .., e, f, g, h] = head;
        match &kind {
            b"acTL" => return u32::from_be_bytes([e, f, g, h]) > 1,
            b"IDAT" | b"IEND" => return false,
            _ => at += u64::from(u32::from_be_bytes([a, b, c, d])) + 12,
        }
    }
    false
}

/// What the chunks of a file say of its frames.
struct Controls {
    /// Frames that the file promises.
    promised: usize,
    /// Those whose data are there.
    delays: Vec<(u64, u64)>,
    /// Whether the picture that other programs show is a frame.
    shows_first: bool,
    palette_is_grey: bool,
    has_end: bool,
    /// Where the last whole chunk ends.
    end: usize,
    /// The first frame with a chunk whose checksum is wrong.
    damaged: Option<usize>,
}

impl Controls {
    fn walk(bytes: &[u8]) -> Self {
        let mut found = Self {
            promised: 0,
            delays: Vec::new(),
            shows_first: false,
            palette_is_grey: false,
            has_end: false,
            end: 0,
            damaged: None,
        };
        let mut at = SIGNATURE as usize;
        let (mut waiting, mut has_pixels) = (None, false);
        while let Some(head) = bytes.get(at..at + 8) {
            let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
            // With its checksum.
            let Some(body) = bytes.get(at + 8..(at + 12).saturating_add(length)) else { break };
            let u16_at =
                |i: usize| body.get(i..i + 2).map_or(0, |b| u64::from(u16::from_be_bytes([b[0], b[1]])));
            match &head[4..8] {
                b"acTL" if length >= 4 => {
                    found.promised = u32::from_be_bytes([body[0], body[1], body[2], body[3]]) as usize;
                }
                b"PLTE" => {
                    found.palette_is_grey =
                        body[..length].chunks_exact(3).all(|c| c[0] == c[1] && c[1] == c[2]);
                }
                b"fcTL" => {
                    found.shows_first |= !has_pixels;
                    // A denominator of 0 stands for 100.
                    let den = if u16_at(22) == 0 { 100 } else { u16_at(22) };
                    waiting = Some((u16_at(20), den));
                }
                b"IDAT" | b"fdAT" => {
                    has_pixels = true;
                    found.delays.extend(waiting.take());
                    let (data, crc) = body.split_at(length);
                    let mut hasher = crc32fast::Hasher::new();
                    hasher.update(&head[4..8]);
                    hasher.update(data);
                    if let Some(frame) = found.delays.len().checked_sub(1)
                        && hasher.finalize().to_be_bytes() != crc
                    {
                        found.damaged.get_or_insert(frame);
                    }
                }
                b"IEND" => {
                    found.has_end = true;
                    break;
                }
                _ => {}
            }
            at += length + 12;
            found.end = at;
        }
        found
    }
}

/// Frames that may be missing and keep their places.
const BELIEVED: usize = 1_000_000;

/// The chunk that ends every file.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

fn reader(bytes: &Arc<[u8]>, controls: &Controls) -> Result<Reader<Cursor<Arc<[u8]>>>, String> {
    let bytes = if controls.has_end {
        Arc::clone(bytes)
    } else {
        // The reader wants to see what follows a frame.
        [&bytes[..controls.end], END].concat().into()
    };
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    // What the header claims is checked before anything is decoded.
    decoder.set_limits(Limits { bytes: usize::MAX });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(text)
}

fn facts(bytes: &Arc<[u8]>, limit: u64) -> Result<Facts, String> {
    let controls = Controls::walk(bytes);
    let reader = reader(bytes, &controls)?;
    let info = reader.info();
    check_claim(info, bytes.len() as u64, limit)?;
    let (height, width) = (info.height as usize, info.width as usize);
    let dtype = if info.bit_depth == BitDepth::Sixteen { DType::U16 } else { DType::U8 };
    ImageSpec::check_size(FrameShape::new(height, width, 4), dtype, limit)?;
    let is_palette = info.color_type == ColorType::Indexed;
    let is_grey = match info.color_type {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => true,
        ColorType::Indexed => controls.palette_is_grey,
        ColorType::Rgb | ColorType::Rgba => false,
    };
    let mut delays = controls.delays;
    let mut missing = Vec::new();
    let mut notes = Vec::new();
    if is_palette && is_grey {
        notes.push("The palette is a pure grey ramp: its grey values are read as one channel.".to_owned());
    }
    if !controls.has_end {
        // The last frame's data may go on in a chunk that is cut.
        let mut player = start(bytes)?;
        let whole = (0..delays.len()).take_while(|_| player.next().is_ok()).count();
        if whole == controls.promised {
            notes.push(
                "The end chunk (IEND) of the file is missing; the frames before it are whole.".to_owned(),
            );
        }
        delays.truncate(whole);
    }
    let held = delays.len();
    let lost = controls.promised.saturating_sub(held);
    // A damaged number must not cost memory for frames that never were.
    let believed = if lost > BELIEVED { 1 } else { lost };
    missing.extend(
        (0..believed).map(|_| format!("the file breaks off: it holds {held} of {} frames", held + lost)),
    );
    if !controls.shows_first {
        notes.push("The still picture of the file is not part of its animation and is left out.".to_owned());
    }
    let bits = if is_palette { 8 } else { u32::from(info.bit_depth as u8) };
    let color_model = if is_palette {
        "palette"
    } else if is_grey {
        "grey"
    } else {
        "RGB"
    };
    Ok(Facts { height, width, dtype, is_grey, bits, color_model, delays, missing, notes })
}

fn start(bytes: &Arc<[u8]>) -> Result<Box<dyn Player>, String> {
    let controls = Controls::walk(bytes);
    let reader = reader(bytes, &controls)?;
    let info = reader.info();
    let (height, width) = (info.height as usize, info.width as usize);
    let dtype = if info.bit_depth == BitDepth::Sixteen { DType::U16 } else { DType::U8 };
    let bits = match (info.color_type, info.bit_depth) {
        (ColorType::Indexed, _) => 8,
        (_, depth) => depth as u16,
    };
    let buffer = vec![0; reader.output_buffer_size().ok_or("the image is too large")?];
    let canvas = vec![0; width * height * 4];
    let shown = Samples::zeros(dtype, canvas.len());
    let full = u16::MAX >> (16 - bits);
    let step = if bits < 8 { 255 / full } else { 1 };
    // The reader checks a chunk only once it goes on to the next one.
    let damaged = controls.damaged;
    Ok(Box::new(Play {
        next: 0,
        damaged,
        reader,
        buffer,
        canvas,
        shown,
        width,
        height,
        full,
        step,
        undo: Undo::Nothing,
    }))
}

/// What becomes of a frame before the next one is drawn.
enum Undo {
    Nothing,
    Clear(Area),
    Restore(Vec<u16>),
}

struct Play {
    next: usize,
    /// The first frame that is damaged by its checksums.
    damaged: Option<usize>,
    reader: Reader<Cursor<Arc<[u8]>>>,
    buffer: Vec<u8>,
    canvas: Vec<u16>,
    /// The canvas in the type of the frames.
    shown: Samples,
    width: usize,
    height: usize,
    /// The largest code.
    full: u16,
    /// Codes of less than eight bits are decoded as multiples of this.
    step: u16,
    undo: Undo,
}

impl Play {
    /// Decodes the next picture into the buffer; gives back where it stands and what a pixel has.
    fn decode(&mut self) -> Result<(FrameControl, ColorType, bool), String> {
        loop {
            let out = self.reader.next_frame(&mut self.buffer).map_err(text)?;
            // Without a control in front of it the first picture is no frame.
            if let Some(control) = self.reader.info().frame_control {
                return Ok((control, out.color_type, out.bit_depth == BitDepth::Sixteen));
            }
        }
    }
}

impl Player for Play {
    fn next(&mut self) -> Result<(), String> {
        match std::mem::replace(&mut self.undo, Undo::Nothing) {
            Undo::Nothing => {}
            Undo::Clear(area) => area.rows(self.width).for_each(|row| self.canvas[row].fill(0)),
            Undo::Restore(before) => self.canvas = before,
        }
        if self.damaged == Some(self.next) {
            return Err("the CRC of a chunk of its pixels is wrong".to_owned());
        }
        self.next += 1;
        let (control, color, is_wide) = self.decode()?;
        let whole = Area {
            left: control.x_offset as usize,
            top: control.y_offset as usize,
            width: control.width as usize,
            height: control.height as usize,
        };
        let area = whole.on(self.width, self.height);
        self.undo = match control.dispose_op {
            DisposeOp::None => Undo::Nothing,
            DisposeOp::Background => Undo::Clear(area),
            DisposeOp::Previous => Undo::Restore(self.canvas.clone()),
        };
        let (samples, size) = (color.samples(), 1 + usize::from(is_wide));
        let lines = self.buffer.chunks_exact((whole.width * samples * size).max(1));
        for (row, line) in area.rows(self.width).zip(lines) {
            let pixels = line.chunks_exact(samples * size);
            for (to, bytes) in self.canvas[row].chunks_exact_mut(4).zip(pixels) {
                let value = |i: usize| {
                    if is_wide {
                        u16::from_be_bytes([bytes[2 * i], bytes[2 * i + 1]])
                    } else {
                        u16::from(bytes[i]) / self.step
                    }
                };
                let from = match color {
                    ColorType::Grayscale => [value(0), value(0), value(0), self.full],
                    ColorType::GrayscaleAlpha => [value(0), value(0), value(0), value(1)],
                    ColorType::Rgba => [value(0), value(1), value(2), value(3)],
                    ColorType::Rgb | ColorType::Indexed => [value(0), value(1), value(2), self.full],
                };
                if control.blend_op == BlendOp::Source {
                    to.copy_from_slice(&from);
                } else {
                    over(to, from, self.full);
                }
            }
        }
        match &mut self.shown {
            Samples::U8(out) => out.iter_mut().zip(&self.canvas).for_each(|(to, &from)| *to = from as u8),
            Samples::U16(out) => out.copy_from_slice(&self.canvas),
            _ => return Err("PNG samples have 8 or 16 bits".to_owned()),
        }
        Ok(())
    }

    fn canvas(&self) -> &Samples {
        &self.shown
    }
}

fn text(error: ::png::DecodingError) -> String {
    match error {
        ::png::DecodingError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        ::png::DecodingError::Format(e) => format!("the image is damaged: {e}"),
        other => other.to_string(),
    }
}
