//! The files that an export writes.

use std::path::PathBuf;

use blitz_core::{SamplesRef, Stack};
use blitz_io::{FrameWriter, Numbering, VideoSpec, WriteSpec};

use super::{ExportError, ExportRequest, Gaps, Target};
use crate::text;

/// The output.
pub(super) struct Output {
    path: PathBuf,
    open: Box<dyn FrameWriter>,
    written: usize,
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
        let mut open = spec.create(&request.output)?;
        if request.gaps == Gaps::Skip {
            drop(open);
            spec.frames = None;
            open = spec.create(&request.output)?;
        }
        Ok(Self { path: request.output.clone(), open, written: 0 })
    }

    pub(super) fn write(&mut self, samples: SamplesRef<'_>) -> Result<(), ExportError> {
        self.written += 1;
        Ok(self.open.write_frame(samples)?)
    }

    /// A frame is left out: in a numbered series its number is, too.
    pub(super) fn skip(&mut self) {
        self.open.skip_frame();
    }

    /// What people must know of the output.
    pub(super) fn notes(&self) -> Vec<String> {
        self.open.notes()
    }

    pub(super) fn finish(self) -> Result<(), ExportError> {
        if self.written == 0 {
            return Err(ExportError::Nothing(self.path));
        }
        Ok(self.open.finish()?)
    }
}
