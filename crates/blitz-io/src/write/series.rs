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
    /// Place of the next frame in the series.
    next: usize,
    done: Vec<Pending>,
}

impl SeriesWriter {
    /// Refuses at once what would fail late: names that exist.
    pub(crate) fn new(path: &Path, pattern: Pattern, spec: WriteSpec) -> Result<Self, OutputError> {
        let writer = Self { path: path.to_path_buf(), pattern, spec, next: 0, done: Vec::new() };
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
        let path = self.name(self.next);
        let body = body_of(&path, &spec)
            .map_err(|reason| OutputError::Unsupported { path: path.clone(), reason })?;
        let mut file = FileWriter::new(Target::create(&path, spec.overwrite)?, body, &spec)?;
        file.write_frame(frame)?;
        self.done.push(file.complete(false)?);
        self.next += 1;
        Ok(())
    }

    /// Its number is left out.
    fn skip_frame(&mut self) {
        self.next += 1;
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
                    return Err(e);
                }
                if named.is_empty() {
                    return Err(e);
                }
                let replaced = named.len();
                return Err(OutputError::Frames {
                    path: self.path,
                    reason: format!(
                        "{e}. The first {replaced} of {written} files were replaced before, up to {}; the others are \
                         the former ones",
                        named[replaced - 1].display()
                    ),
                });
            }
            named.push(path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use blitz_core::{DType, FrameShape};

    use super::*;

    fn series(folder: &Path, overwrite: Overwrite, frames: Option<usize>) -> Box<dyn FrameWriter> {
        let spec = WriteSpec::new(DType::U8, FrameShape::new(2, 3, 1), frames, overwrite);
        spec.create(&folder.join("%02d.png")).expect("created")
    }

    #[test]
    fn a_series_that_cannot_be_replaced_whole_says_what_is_there() {
        let folder = tempfile::tempdir().expect("folder");
        let mut writer = series(folder.path(), Overwrite::Replace, Some(3));
        for _ in 0..3 {
            writer.write_frame(SamplesRef::U8(&[1; 6])).expect("written");
        }
        // What nobody can replace appears meanwhile.
        std::fs::create_dir(folder.path().join("01.png")).expect("a folder");
        let error = writer.finish().expect_err("a folder is in the way").to_string();
        assert!(error.contains("first 1 of 3 files") && error.contains("00.png"), "{error}");
        assert!(folder.path().join("00.png").is_file() && !folder.path().join("02.png").exists());
    }

    #[test]
    fn numbers_of_frames_that_are_left_out_stay_free() {
        let folder = tempfile::tempdir().expect("folder");
        let mut writer = series(folder.path(), Overwrite::Refuse, None);
        writer.skip_frame();
        for _ in 0..2 {
            writer.write_frame(SamplesRef::U8(&[1; 6])).expect("written");
            writer.skip_frame();
        }
        writer.finish().expect("finished");
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("01.png") && there("03.png") && !there("00.png") && !there("02.png"));
    }
}
