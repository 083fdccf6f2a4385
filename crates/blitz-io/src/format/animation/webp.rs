//! Animated WebP: the crate `image-webp` decodes each picture as one of its own, they are drawn onto each other here, after
//! Google's "WebP Container Specification". Places that are cleared become transparent, whatever the file's hint of a
//! background, as viewers do. The crate's own animations blend pictures without alpha as if they had some.

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples};
use image_webp::{DecodingError, WebPDecoder};

use super::play::{Area, Facts, Kind, Player, over};
use crate::format::contract::ImageSpec;
use crate::read_at::{FileBytes, ReadAt};

/// See [`Kind`].
pub(in crate::format) static WEBP: Kind = Kind { name: "WebP animation", facts, start };

/// Bytes of the head of a file, up to the size of its canvas.
const HEAD: usize = 30;

/// Whether a file is an animation, by its first bytes.
pub(in crate::format) fn is_animated(data: &dyn ReadAt) -> bool {
    let mut start = [0; HEAD];
    data.read_exact_at(0, &mut start).is_ok() && is_animation(&start)
}

/// The same of a file that is not open yet; one that cannot be opened is none.
pub(in crate::format) fn is_animated_file(path: &Path) -> bool {
    FileBytes::open(path).is_ok_and(|file| is_animated(&file))
}

fn is_animation(start: &[u8]) -> bool {
    start.len() >= HEAD && start.starts_with(b"RIFF") && &start[8..16] == b"WEBPVP8X" && start[20] & 2 != 0
}

/// A number of three bytes.
fn u24(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
}

/// One frame as it stands in the file.
#[derive(Clone, Debug)]
struct Part {
    area: Area,
    /// Milliseconds.
    stays: u64,
    /// Whether it replaces what is under it.
    replaces: bool,
    /// Whether its place is cleared before the next frame.
    clears: bool,
    /// Its chunks.
    data: Range<usize>,
}

/// Size of the canvas, and the frames that are whole.
struct Parts {
    width: usize,
    height: usize,
    frames: Vec<Part>,
    /// Whether all that is begun is whole.
    is_whole: bool,
}

impl Parts {
    fn find(bytes: &[u8]) -> Result<Self, String> {
        if !is_animation(bytes) {
            return Err("it is not an animation".to_owned());
        }
        let (width, height) = (u24(&bytes[24..]) + 1, u24(&bytes[27..]) + 1);
        let mut found = Self { width, height, frames: Vec::new(), is_whole: true };
        let mut at = 12;
        while at < bytes.len() {
            let Some(head) = bytes.get(at..at + 8) else {
                found.is_whole = false;
                break;
            };
            let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let body = at + 8;
            let Some(chunk) = bytes.get(body..body.saturating_add(length)) else {
                found.is_whole = false;
                break;
            };
            if head.starts_with(b"ANMF") && length >= 16 {
                let area = Area {
                    left: 2 * u24(chunk),
                    top: 2 * u24(&chunk[3..]),
                    width: u24(&chunk[6..]) + 1,
                    height: u24(&chunk[9..]) + 1,
                };
                found.frames.push(Part {
                    area,
                    stays: u24(&chunk[12..]) as u64,
                    replaces: chunk[15] & 2 != 0,
                    clears: chunk[15] & 1 != 0,
                    data: body + 16..body + length,
                });
            }
            at = body + length + length % 2;
        }
        Ok(found)
    }
}

fn facts(bytes: &Arc<[u8]>, limit: u64) -> Result<Facts, String> {
    let Parts { width, height, frames, is_whole } = Parts::find(bytes)?;
    ImageSpec::check_size(FrameShape::new(height, width, 4), DType::U8, limit)?;
    for part in &frames {
        ImageSpec::check_size(FrameShape::new(part.area.height, part.area.width, 4), DType::U8, limit)?;
    }
    if frames.is_empty() && !is_whole {
        return Err("the file is cut short".to_owned());
    }
    Ok(Facts {
        height,
        width,
        dtype: DType::U8,
        is_grey: false,
        bits: 8,
        color_model: "RGB",
        delays: frames.iter().map(|part| (part.stays, 1000)).collect(),
        missing: if is_whole { Vec::new() } else { vec!["the file breaks off inside it".to_owned()] },
        notes: Vec::new(),
    })
}

fn start(bytes: &Arc<[u8]>) -> Result<Box<dyn Player>, String> {
    let Parts { width, height, frames, .. } = Parts::find(bytes)?;
    let canvas = Samples::zeros(DType::U8, width * height * 4);
    Ok(Box::new(Play { bytes: Arc::clone(bytes), width, height, frames, next: 0, clear: None, canvas }))
}

struct Play {
    bytes: Arc<[u8]>,
    width: usize,
    height: usize,
    frames: Vec<Part>,
    next: usize,
    /// What is cleared before the next frame is drawn.
    clear: Option<Area>,
    canvas: Samples,
}

/// The chunks of a frame as a file of one picture.
fn alone(chunks: &[u8], area: Area) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    if chunks.starts_with(b"ALPH") {
        // What says that alpha stands apart from the picture.
        file.extend(b"VP8X\x0a\0\0\0\x10\0\0\0");
        file.extend(&((area.width - 1) as u32).to_le_bytes()[..3]);
        file.extend(&((area.height - 1) as u32).to_le_bytes()[..3]);
    }
    file.extend(chunks);
    let size = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

impl Player for Play {
    fn next(&mut self) -> Result<(), String> {
        let Samples::U8(canvas) = &mut self.canvas else { return Err("the canvas has 8 bits".to_owned()) };
        if let Some(area) = self.clear.take() {
            area.rows(self.width).for_each(|row| canvas[row].fill(0));
        }
        let part = self.frames.get(self.next).ok_or("the file ends before it")?;
        let chunks = self.bytes.get(part.data.clone()).ok_or("the file ends inside it")?;
        let file = alone(chunks, part.area);
        let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(|e| text(&e))?;
        let (width, height) = decoder.dimensions();
        if (width as usize, height as usize) != (part.area.width, part.area.height) {
            return Err(format!(
                "its picture has {width} × {height} pixels, its place {} × {}",
                part.area.width, part.area.height
            ));
        }
        let mut buffer = vec![0; decoder.output_buffer_size().ok_or("the image is too large")?];
        decoder.read_image(&mut buffer).map_err(|e| text(&e))?;
        let channels = if decoder.has_alpha() { 4 } else { 3 };
        let area = part.area.on(self.width, self.height);
        for (row, line) in area.rows(self.width).zip(buffer.chunks_exact(part.area.width * channels)) {
            for (to, from) in canvas[row].chunks_exact_mut(4).zip(line.chunks_exact(channels)) {
                let from = [from[0], from[1], from[2], from.get(3).copied().unwrap_or(u8::MAX)];
                if part.replaces {
                    to.copy_from_slice(&from);
                } else {
                    over(to, from, u8::MAX);
                }
            }
        }
        self.clear = part.clears.then_some(area);
        self.next += 1;
        Ok(())
    }

    fn canvas(&self) -> &Samples {
        &self.canvas
    }
}

fn text(error: &DecodingError) -> String {
    match error {
        DecodingError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        other => format!("the image is damaged: {other}"),
    }
}
