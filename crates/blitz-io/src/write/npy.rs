//! `.npy`: a header, then frames as they are.

use std::io::{self, SeekFrom};

use blitz_core::{DType, FrameShape, SamplesRef};

use super::WriteSpec;
use super::body::{Body, WriteSeek};

/// Length of magic, version, length and dictionary: room for any shape, a multiple of 64 as `NumPy` wants it.
const HEADER: usize = 192;

pub(super) struct NpyBody {
    dtype: DType,
    frame: FrameShape,
    single: bool,
}

impl NpyBody {
    pub(super) fn new(spec: &WriteSpec) -> Self {
        Self { dtype: spec.dtype, frame: spec.frame, single: spec.frames == Some(1) }
    }

    /// A shape that reads back as what it is: `(T,H,W)`, or with its channels. Grey frames three or four
    /// pixels wide keep a channel axis of 1, lest `(T,H,3)` be taken for one colour image.
    fn shape(&self, frames: usize) -> Vec<usize> {
        let FrameShape { height, width, channels } = self.frame;
        match (self.single, channels) {
            (true, 1) => vec![height, width],
            (true, 3 | 4) => vec![height, width, channels],
            (false, 1) if !matches!(width, 3 | 4) => vec![frames, height, width],
            _ => vec![frames, height, width, channels],
        }
    }

    fn header(&self, frames: usize) -> Vec<u8> {
        let order = match self.dtype {
            DType::U8 => '|',
            _ if cfg!(target_endian = "big") => '>',
            _ => '<',
        };
        let code = match self.dtype {
            DType::U8 => "u1",
            DType::U16 => "u2",
            DType::I16 => "i2",
            DType::U32 => "u4",
            DType::I32 => "i4",
            DType::F32 => "f4",
            DType::F64 => "f8",
        };
        let shape: Vec<String> = self.shape(frames).iter().map(ToString::to_string).collect();
        let dict = format!(
            "{{'descr': '{order}{code}', 'fortran_order': False, 'shape': ({}), }}",
            shape.join(", ")
        );
        let mut header = b"\x93NUMPY\x01\0".to_vec();
        header.extend((HEADER as u16 - 10).to_le_bytes());
        header.extend(dict.as_bytes());
        header.resize(HEADER - 1, b' ');
        header.push(b'\n');
        header
    }
}

impl Body for NpyBody {
    fn begin(&mut self, out: &mut dyn WriteSeek) -> io::Result<()> {
        out.write_all(&self.header(0))
    }

    fn frame(&mut self, out: &mut dyn WriteSeek, frame: SamplesRef<'_>) -> io::Result<()> {
        out.write_all(frame.bytes())
    }

    fn end(&mut self, out: &mut dyn WriteSeek, frames: usize) -> io::Result<()> {
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&self.header(frames))?;
        out.seek(SeekFrom::End(0)).map(drop)
    }

    fn is_array(&self) -> bool {
        true
    }
}
