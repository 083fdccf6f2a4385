//! A numbered series: one file per frame, all under temporary names until the last one is complete.

use std::path::{Path, PathBuf};

use blitz_core::SamplesRef;

use super::body::{FileWriter, check_frame};
use super::pattern::Pattern;
use super::target::{Pending, Target, check_free};
use super::{FrameWriter, Overwrite, WriteSpec, body_of, sibling};
use crate::OutputError;

pub(crate) struct SeriesWriter {
    path: PathBuf,
    pattern: Pattern,
    spec: WriteSpec,
    done: Vec<Pending>,
}

impl SeriesWriter {
    /// Refuses at once what would fail late: names that exist.
    pub(crate) fn new(path: &Path, pattern: Pattern, spec: WriteSpec) -> Result<Self, OutputError> {
        let writer = Self { path: path.to_path_buf(), pattern, spec, done: Vec::new() };
        for i in 0..writer.spec.frames.unwrap_or(1) {
            check_free(&writer.name(i), writer.spec.overwrite)?;
        }
        Ok(writer)
    }

    fn name(&self, i: usize) -> PathBuf {
        let given = self.spec.numbers.as_ref().and_then(|numbers| numbers.get(i));
        sibling(&self.path, &self.pattern.name(given.copied().unwrap_or(i as i64)))
    }

    fn frames_error(&self, reason: String) -> OutputError {
        OutputError::Frames { path: self.path.clone(), reason }
    }
}

impl FrameWriter for SeriesWriter {
    fn write_frame(&mut self, frame: SamplesRef<'_>) -> Result<(), OutputError> {
        check_frame(&self.spec, frame).map_err(|reason| self.frames_error(reason))?;
        if self.spec.frames == Some(self.done.len()) {
            return Err(self.frames_error(format!("more frames than the {} announced", self.done.len())));
        }
        let spec = WriteSpec { frames: Some(1), ..self.spec.clone() };
        let path = self.name(self.done.len());
        let body = body_of(&path, &spec)
            .map_err(|reason| OutputError::Unsupported { path: path.clone(), reason })?;
        let mut file = FileWriter::new(Target::create(&path, spec.overwrite)?, body, &spec)?;
        file.write_frame(frame)?;
        self.done.push(file.complete(false)?);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        let written = self.done.len();
        match self.spec.frames {
            Some(announced) if announced != written => {
                return Err(
                    self.frames_error(format!("{written} frames were written, {announced} were announced"))
                );
            }
            None if written == 0 => return Err(self.frames_error("no frame was written".to_owned())),
            _ => {}
        }
        let mut named: Vec<PathBuf> = Vec::new();
        for file in self.done {
            let path = file.path().to_path_buf();
            if let Err(e) = file.commit() {
                if self.spec.overwrite == Overwrite::Refuse {
                    // None of these names existed before: what stands there now is ours.
                    for path in named {
                        let _ = std::fs::remove_file(path);
                    }
                }
                return Err(e);
            }
            named.push(path);
        }
        Ok(())
    }
}
