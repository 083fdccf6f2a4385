//! A series of files with one frame each.

use std::path::{Path, PathBuf};

use blitz_core::{FrameCatalog, FrameFault, FrameMeta, SamplesMut};

use crate::OpenError;
use crate::format::contract::{Codec, Format, ImageSpec, Opening, WhatIs, guarded};
use crate::read_at::FileBytes;
use crate::scan::{FileEntry, numbering_notes};
use crate::source::{FrameSource, SourceInfo, assert_fits};

/// Frames in files of their own, all of one format, in natural order.
#[derive(Debug)]
pub(crate) struct Series {
    info: SourceInfo,
    spec: ImageSpec,
    format: &'static Format,
    codec: Box<dyn Codec>,
    files: Vec<FileEntry>,
    limit: u64,
    what_is: WhatIs,
}

impl Series {
    /// Opens sorted files. Only the first one that can be decoded is read; it sets shape, type and colour
    /// model. Those before it are known to be bad.
    pub(crate) fn open(
        opening: &Opening<'_>,
        format: &'static Format,
        codec: Box<dyn Codec>,
    ) -> Result<Box<dyn FrameSource>, OpenError> {
        let Opening { path, files, options, what_is, .. } = *opening;
        let files = files.to_vec();
        let open_checked = |file: &FileEntry| {
            let data = open_file(file)?;
            format.check_named(&data, what_is).map(|()| data)
        };
        let mut faults = Vec::new();
        let mut found = None;
        for (frame, file) in files.iter().enumerate() {
            match open_checked(file).and_then(|data| guarded(|| codec.probe(&data, options))) {
                Ok(spec) => {
                    found = Some(spec);
                    break;
                }
                Err(reason) => faults.push(FrameFault { file: Some(file.path.clone()), frame, reason }),
            }
        }
        let Some(spec) = found else { return Err(none_decodable(path, &files, &faults)) };
        let spec = codec
            .unify(spec, files.len(), &|i| open_file(&files[i]))
            .map_err(|reason| OpenError::Bad { path: path.to_path_buf(), reason })?;
        let mut notes = numbering_notes(files.iter().map(|f| f.name.as_str()));
        notes.extend(spec.notes.iter().cloned());
        if let Some(first) = faults.first() {
            notes.push(format!(
                "{} of {} files at the beginning cannot be decoded and count as failed frames; the first: {first}.",
                faults.len(),
                files.len()
            ));
        }
        let info = SourceInfo {
            name: opening.name.to_owned(),
            path: path.to_path_buf(),
            bytes_on_disk: files.iter().map(|f| f.bytes).sum(),
            notes,
            faults,
            ..SourceInfo::of(&spec, codec.series_name(), files.len())
        };
        let limit = options.max_frame_bytes;
        Ok(Box::new(Self { info, spec, format, codec, files, limit, what_is }))
    }
}

fn open_file(file: &FileEntry) -> Result<FileBytes, String> {
    FileBytes::open(&file.path).map_err(|e| format!("cannot be read: {e}"))
}

fn none_decodable(path: &Path, files: &[FileEntry], faults: &[FrameFault]) -> OpenError {
    let reason = faults.first().map_or_else(String::new, |fault| fault.reason.clone());
    match files {
        [file] => OpenError::Bad { path: file.path.clone(), reason },
        _ => OpenError::NoneDecodable {
            path: path.to_path_buf(),
            count: files.len(),
            name: files.first().map_or_else(String::new, |f| f.name.clone()),
            reason,
        },
    }
}

impl FrameCatalog for Series {
    fn meta(&self, frame: usize) -> FrameMeta {
        let file = self.files.get(frame);
        FrameMeta {
            name: file.map_or_else(String::new, |f| f.name.clone()),
            file: file.map(|f| f.path.clone()),
            file_bytes: file.map_or(0, |f| f.bytes),
            container_bits: self.info.container_bits,
            color_model: self.info.color_model,
        }
    }
}

impl FrameSource for Series {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        let fault = |file: Option<PathBuf>, reason| FrameFault { file, frame, reason };
        let file = self
            .files
            .get(frame)
            .ok_or_else(|| fault(None, format!("the recording has {} frames", self.files.len())))?;
        open_file(file)
            .and_then(|data| self.format.check_named(&data, self.what_is).map(|()| data))
            .and_then(|data| guarded(|| self.codec.decode(&data, &self.spec, self.limit, out)))
            .map_err(|reason| fault(Some(file.path.clone()), reason))
    }
}
