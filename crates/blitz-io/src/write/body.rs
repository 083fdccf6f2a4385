//! One output file: a target, an encoder, and the check that frames are what was announced.

use std::io::{self, BufWriter, Seek, Write};

use blitz_core::SamplesRef;

use super::target::{Pending, Target};
use super::{FrameWriter, WriteSpec};
use crate::OutputError;

/// A file under construction.
pub(crate) trait WriteSeek: Write + Seek {}
impl<T: Write + Seek> WriteSeek for T {}

/// Encodes frames of one format. Called in the order begin, frames, end.
pub(crate) trait Body: Send {
    /// What stands before the first frame.
    fn begin(&mut self, out: &mut dyn WriteSeek) -> io::Result<()>;
    /// One frame of the announced type and size.
    fn frame(&mut self, out: &mut dyn WriteSeek, frame: SamplesRef<'_>) -> io::Result<()>;
    /// A frame of the recording is left out here.
    fn skip(&mut self) {}
    /// What stands behind the last of `frames` frames.
    fn end(&mut self, out: &mut dyn WriteSeek, frames: usize) -> io::Result<()>;
    /// Frames that one file can hold, if not any number.
    fn most_frames(&self) -> Option<usize> {
        None
    }
    /// Whether one file always holds all frames.
    fn is_array(&self) -> bool {
        false
    }
}

/// Writes one file.
pub(crate) struct FileWriter {
    target: Target<BufWriter<std::fs::File>>,
    body: Box<dyn Body>,
    spec: WriteSpec,
    written: usize,
}

impl FileWriter {
    pub(crate) fn new(
        target: Target<std::fs::File>,
        body: Box<dyn Body>,
        spec: &WriteSpec,
    ) -> Result<Self, OutputError> {
        let most = body.most_frames();
        if most.is_some_and(|most| spec.frames.is_some_and(|frames| frames > most)) {
            return Err(too_many(target.path()));
        }
        let target = target.map(|file| BufWriter::with_capacity(1 << 20, file));
        let mut writer = Self { target, body, spec: spec.clone(), written: 0 };
        writer.run(|body, out| body.begin(out))?;
        Ok(writer)
    }

    fn run(
        &mut self,
        f: impl FnOnce(&mut dyn Body, &mut dyn WriteSeek) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        f(&mut *self.body, self.target.file()).map_err(|e| OutputError::from_io(self.target.path(), e))
    }

    fn frames_error(&self, reason: String) -> OutputError {
        OutputError::Frames { path: self.target.path().to_path_buf(), reason }
    }

    /// Completes the file under its temporary name; see [`Target::close`] for `durable`.
    pub(crate) fn complete(mut self, durable: bool) -> Result<Pending, OutputError> {
        let written = self.written;
        match self.spec.frames {
            Some(announced) if announced != written => {
                return Err(
                    self.frames_error(format!("{written} frames were written, {announced} were announced"))
                );
            }
            None if written == 0 => {
                return Err(self.frames_error("no frame was written".to_owned()));
            }
            _ => {}
        }
        self.run(|body, out| {
            body.end(out, written)?;
            out.flush()
        })?;
        self.target.close(durable)
    }
}

fn too_many(path: &std::path::Path) -> OutputError {
    let reason = "one PNG holds one frame; name a pattern such as %05d.png, or write .tif or .npy".to_owned();
    OutputError::Frames { path: path.to_path_buf(), reason }
}

/// Refuses a frame that is not what was announced.
pub(crate) fn check_frame(spec: &WriteSpec, frame: SamplesRef<'_>) -> Result<(), String> {
    if frame.dtype() != spec.dtype || frame.len() != spec.frame.samples() {
        return Err(format!(
            "a frame of {} {} samples was given, {} {} samples were announced",
            frame.len(),
            frame.dtype(),
            spec.frame.samples(),
            spec.dtype
        ));
    }
    Ok(())
}

impl FrameWriter for FileWriter {
    fn write_frame(&mut self, frame: SamplesRef<'_>) -> Result<(), OutputError> {
        check_frame(&self.spec, frame).map_err(|reason| self.frames_error(reason))?;
        if self.body.most_frames() == Some(self.written) {
            return Err(too_many(self.target.path()));
        }
        if self.spec.frames == Some(self.written) {
            return Err(self.frames_error(format!("more frames than the {} announced", self.written)));
        }
        self.run(|body, out| body.frame(out, frame))?;
        self.written += 1;
        Ok(())
    }

    fn skip_frame(&mut self) {
        self.body.skip();
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.complete(true)?.commit()
    }
}
