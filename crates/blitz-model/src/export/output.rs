//! The files that an export writes.

use std::path::{Path, PathBuf};

use blitz_core::{FrameMap, SamplesRef, Stack};
use blitz_io::{FrameWriter, Numbering, VideoSpec, WriteSpec};

use super::{ExportError, ExportRequest, Gaps, Target};
use crate::text;

/// The output, or, for a numbered series with frames left out, one per run of consecutive frames, so that
/// each file keeps the number of its source frame.
pub(super) struct Output {
    path: PathBuf,
    spec: WriteSpec,
    source: FrameMap,
    split: bool,
    done: Vec<Box<dyn FrameWriter>>,
    open: Option<Box<dyn FrameWriter>>,
}

impl Output {
    pub(super) fn new(
        stack: &Stack,
        request: &ExportRequest,
        target: &Target,
        frames: &[usize],
        video: Option<VideoSpec>,
    ) -> Result<Self, ExportError> {
        let source = stack.frames;
        let first = frames.first().map_or(0, |&f| source.source(f));
        let step = frames.get(1).map_or(1, |&f| source.source(f) - first);
        let mut spec = WriteSpec::new(target.dtype, target.shape, Some(frames.len()), request.overwrite);
        spec.numbering = Numbering { first, step };
        spec.video = video;
        let mut description = format!("{}, {}", stack.name, text::frames(stack, frames));
        if request.gaps == Gaps::Skip {
            description.push_str(", failed frames left out");
        }
        spec.description = Some(description);
        // Created with all that is known, so that taken names and a full disk are found before any work.
        let all = spec.create(&request.output)?;
        let split = request.gaps == Gaps::Skip && is_numbered(&request.output);
        let path = request.output.clone();
        let mut output = Self { path, spec, source, split, done: Vec::new(), open: None };
        if request.gaps != Gaps::Skip {
            output.open = Some(all);
            return Ok(output);
        }
        output.spec.frames = None;
        if !split {
            drop(all);
            output.open = Some(output.spec.create(&request.output)?);
        }
        Ok(output)
    }

    pub(super) fn write(&mut self, frame: usize, samples: SamplesRef<'_>) -> Result<(), ExportError> {
        let writer = if let Some(writer) = &mut self.open {
            writer
        } else {
            self.spec.numbering.first = self.source.source(frame);
            self.open.insert(self.spec.create(&self.path)?)
        };
        Ok(writer.write_frame(samples)?)
    }

    /// A frame is left out.
    pub(super) fn skip(&mut self) {
        if self.split {
            self.done.extend(self.open.take());
        } else if let Some(writer) = &mut self.open {
            writer.skip_frame();
        }
    }

    /// What people must know of the output.
    pub(super) fn notes(&self) -> Vec<String> {
        self.done.iter().chain(&self.open).flat_map(|writer| writer.notes()).collect()
    }

    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        self.done.extend(self.open.take());
        if self.done.is_empty() {
            return Err(ExportError::Nothing(self.path));
        }
        for writer in self.done {
            writer.finish()?;
        }
        Ok(())
    }
}

/// Whether a name has a place for a number: `%d`, `%05d`.
fn is_numbered(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = name.split_once('%').and_then(|(_, rest)| rest.split_once('d'));
    place.is_some_and(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_for_numbers() {
        for (name, numbered) in
            [("a/%05d.png", true), ("x_%d.tif", true), ("100%.tif", false), ("%x d.tif", false)]
        {
            assert_eq!(is_numbered(Path::new(name)), numbered, "{name}");
        }
    }
}
