//! PNG: one frame of 8 or 16 bits, values as they are.

use std::io;

use blitz_core::{DType, FrameShape, SamplesRef};
use png::{BitDepth, ColorType, Compression, Encoder};

use super::WriteSpec;
use super::body::{Body, WriteSeek};

pub(super) struct PngBody {
    width: u32,
    height: u32,
    color: ColorType,
    depth: BitDepth,
    description: Option<String>,
}

impl PngBody {
    pub(super) fn new(spec: &WriteSpec) -> Result<Self, String> {
        let depth = match spec.dtype {
            DType::U8 => BitDepth::Eight,
            DType::U16 => BitDepth::Sixteen,
            other => return Err(format!("PNG holds u8 and u16, not {other}; .tif and .npy hold every type")),
        };
        let FrameShape { height, width, channels } = spec.frame;
        let color = match channels {
            1 => ColorType::Grayscale,
            2 => ColorType::GrayscaleAlpha,
            3 => ColorType::Rgb,
            4 => ColorType::Rgba,
            n => return Err(format!("PNG holds 1 to 4 channels, not {n}; .tif and .npy hold any number")),
        };
        let side = |n: usize| i32::try_from(n).ok().map(i32::unsigned_abs);
        match (side(width), side(height)) {
            (Some(width), Some(height)) => {
                Ok(Self { width, height, color, depth, description: spec.description.clone() })
            }
            _ => Err(format!("PNG holds at most 2147483647 pixels along a side, not {width} × {height}")),
        }
    }

    fn encode(&self, out: &mut dyn WriteSeek, bytes: &[u8]) -> Result<(), png::EncodingError> {
        let mut encoder = Encoder::new(out, self.width, self.height);
        encoder.set_color(self.color);
        encoder.set_depth(self.depth);
        encoder.set_compression(Compression::Fast);
        if let Some(text) = &self.description {
            encoder.add_itxt_chunk("Description".to_owned(), text.clone())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(bytes)?;
        writer.finish()
    }
}

impl Body for PngBody {
    fn begin(&mut self, _out: &mut dyn WriteSeek) -> io::Result<()> {
        Ok(())
    }

    fn frame(&mut self, out: &mut dyn WriteSeek, frame: SamplesRef<'_>) -> io::Result<()> {
        let done = match frame {
            SamplesRef::U16(samples) => {
                let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_be_bytes()).collect();
                self.encode(out, &bytes)
            }
            other => self.encode(out, other.bytes()),
        };
        done.map_err(|e| match e {
            png::EncodingError::IoError(e) => e,
            other => io::Error::other(other.to_string()),
        })
    }

    fn end(&mut self, _out: &mut dyn WriteSeek, _frames: usize) -> io::Result<()> {
        Ok(())
    }

    fn most_frames(&self) -> Option<usize> {
        Some(1)
    }
}
