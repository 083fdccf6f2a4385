//! One open file that holds all frames of a recording.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use blitz_core::{FrameCatalog, FrameFault, FrameMeta, Samples, SamplesMut};

use crate::OpenError;
use crate::facts::Facts;
use crate::format::contract::{Format, Opening, guarded};
use crate::read_at::{FileBytes, ReadAt};
use crate::source::{FrameSource, SourceInfo, assert_fits, assert_rows_fit, copy_rows};
use crate::store::MappedStore;

/// Reads the frames of one file.
pub(crate) trait Frames: Send + Sync + fmt::Debug {
    /// Decodes frame `frame`, which the recording has. Errors are reasons without the file's name.
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String>;

    /// Decodes rows of a frame, see [`FrameSource::decode_rows`]. `None` where the whole frame must be decoded.
    fn decode_rows(
        &self,
        _data: &dyn ReadAt,
        _frame: usize,
        _rows: Range<usize>,
        _out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        None
    }

    /// See [`FrameSource::facts`]; reads no pixels.
    fn facts(&self, _data: &dyn ReadAt, _frame: usize) -> Facts {
        Facts::new()
    }

    /// See [`FrameSource::mapped`].
    fn mapped(&self) -> Option<Arc<MappedStore>> {
        None
    }
}

impl Frames for Box<dyn Frames> {
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        (**self).decode(data, frame, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        (**self).decode_rows(data, frame, rows, out)
    }

    fn facts(&self, data: &dyn ReadAt, frame: usize) -> Facts {
        (**self).facts(data, frame)
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        (**self).mapped()
    }
}

/// What a file was found to be.
pub(crate) struct Examined<F> {
    /// Without what follows from the file's name and size.
    pub(crate) info: SourceInfo,
    /// Frames known to be bad already.
    pub(crate) faults: Vec<(usize, String)>,
    pub(crate) frames: F,
}

/// See the module's page.
#[derive(Debug)]
pub(crate) struct OneFile<F> {
    info: SourceInfo,
    path: PathBuf,
    file: FileBytes,
    frames: F,
}

impl<F: Frames + 'static> OneFile<F> {
    /// Opens the first file of `opening` and lets `examine` find out what it holds; its errors are reasons without the
    /// file's name.
    pub(crate) fn open(
        opening: &Opening<'_>,
        format: &Format,
        examine: impl FnOnce(&FileBytes) -> Result<Examined<F>, String>,
    ) -> Result<Box<dyn FrameSource>, OpenError> {
        let path = opening.files[0].path.clone();
        let bad = |reason| OpenError::Bad { path: path.clone(), reason };
        let file =
            FileBytes::open(&path).map_err(|source| OpenError::Unreadable { path: path.clone(), source })?;
        format.check_named(&file, opening.what_is).map_err(bad)?;
        let Examined { mut info, faults, frames } = guarded(|| examine(&file)).map_err(bad)?;
        info.name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        info.path.clone_from(&path);
        info.bytes_on_disk = file.size();
        info.grain = format.grain;
        let fault = |(frame, reason)| FrameFault { file: Some(path.clone()), frame, reason };
        info.faults = faults.into_iter().map(fault).collect();
        Ok(Box::new(Self { info, path, file, frames }))
    }

    fn read(&self, frame: usize, rows: Range<usize>, mut out: SamplesMut<'_>) -> Result<(), String> {
        if frame >= self.info.frames {
            return Err(format!("the recording has {} frames", self.info.frames));
        }
        let shape = self.info.frame;
        if rows.len() == shape.height {
            self.frames.decode(&self.file, frame, out)?;
        } else if let Some(read) = self.frames.decode_rows(&self.file, frame, rows.clone(), &mut out) {
            read?;
        } else {
            let mut whole = Samples::zeros(self.info.dtype, shape.samples());
            self.frames.decode(&self.file, frame, whole.as_mut())?;
            copy_rows(whole.as_ref(), shape, rows, out);
        }
        self.file.unchanged()
    }

    fn guarded(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        let fault = |reason| FrameFault { file: Some(self.path.clone()), frame, reason };
        guarded(|| self.read(frame, rows, out)).map_err(fault)
    }
}

impl<F: Frames> FrameCatalog for OneFile<F> {
    fn meta(&self, frame: usize) -> FrameMeta {
        let info = &self.info;
        FrameMeta {
            name: if info.frames > 1 { format!("{}-{frame}", info.name) } else { info.name.clone() },
            number: None,
            file: Some(self.path.clone()),
            file_bytes: info.bytes_on_disk,
            file_written: None,
            container_bits: info.container_bits,
            color_model: info.color_model.clone(),
        }
    }
}

impl<F: Frames + 'static> FrameSource for OneFile<F> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.guarded(frame, 0..self.info.frame.height, out)
    }

    fn decode_rows(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_rows_fit(&self.info, &rows, &out);
        self.guarded(frame, rows, out)
    }

    fn facts(&self, frame: usize) -> Facts {
        guarded(|| Ok(self.frames.facts(&self.file, frame))).unwrap_or_default()
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        self.frames.mapped()
    }
}
