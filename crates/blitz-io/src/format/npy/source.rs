//! One `.npy` file as a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, FrameCatalog, FrameFault, FrameMeta, Layout, SamplesMut, TimeAxis};

use super::array::Array;
use super::codec::{spec, wide_note};
use crate::OpenError;
use crate::format::contract::Opening;
use crate::read_at::{FileBytes, ReadAt as _};
use crate::source::{FrameSource, SourceInfo, assert_fits};
use crate::store::MappedStore;
use crate::store::region::Region;

/// Frames of one array. Dense frames are read with positioned reads; frames whose samples are interleaved with
/// those of others through a mapping, where mapping is safe.
#[derive(Debug)]
pub(crate) struct NpySource {
    info: SourceInfo,
    path: PathBuf,
    array: Array,
    file: FileBytes,
    region: Option<Arc<Region>>,
    mapped: Option<Arc<MappedStore>>,
}

impl NpySource {
    pub(crate) fn open(path: &Path, opening: &Opening<'_>) -> Result<Self, OpenError> {
        let options = opening.options;
        let bad = |reason| OpenError::Bad { path: path.to_path_buf(), reason };
        let unreadable = |source| OpenError::Unreadable { path: path.to_path_buf(), source };
        let file = FileBytes::open(path).map_err(unreadable)?;
        super::FORMAT.check_named(&file, opening.what_is).map_err(bad)?;
        let array = Array::open(&file, options).map_err(bad)?;
        let dtype = match array.element.dtype() {
            Some(dtype) => dtype,
            None => array.wide_range(&file).and_then(super::element::WideRange::dtype).map_err(bad)?,
        };
        let needs_map = array.is_mappable() || !array.is_dense();
        let region = if needs_map { Region::map(file.file(), path).map(Arc::new) } else { None };
        let info = describe(path, &array, dtype, file.size());
        let mapped = region.as_ref().filter(|_| array.is_mappable()).and_then(|region| {
            let layout = Layout { frame: array.frame, dtype };
            let offset = usize::try_from(array.offset).ok()?;
            let (frames, whole) = (array.frames, array.whole);
            let (path, array) = (path.to_path_buf(), array.clone());
            let fault = Box::new(move |frame| cut(&path, &array, frame));
            MappedStore::new(Arc::clone(region), layout, offset, frames, whole, fault)
        });
        Ok(Self { info, path: path.to_path_buf(), array, file, region, mapped: mapped.map(Arc::new) })
    }

    fn read(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        match &self.region {
            Some(region) if !self.array.is_dense() => {
                self.array.decode(&**region, frame, out)?;
                region.verify(self.array.end()).map_err(|e| e.to_string())
            }
            _ => {
                self.array.decode(&self.file, frame, out)?;
                self.file.unchanged()
            }
        }
    }
}

/// The fault of a frame that was cut off.
fn cut(path: &Path, array: &Array, frame: usize) -> FrameFault {
    let reason = format!("the file is cut short: it holds {} of {} frames", array.whole, array.frames);
    FrameFault { file: Some(path.to_path_buf()), frame, reason }
}

fn describe(path: &Path, array: &Array, dtype: DType, bytes_on_disk: u64) -> SourceInfo {
    let spec = spec(array, dtype);
    let mut notes = spec.notes;
    if array.element.is_wide() {
        notes.push(wide_note(array, dtype));
    }
    if !array.is_dense() && array.frames > 1 {
        notes.push(
            "The frames are interleaved in the file (Fortran order or unusual axes): reading them takes longer."
                .to_owned(),
        );
    }
    SourceInfo {
        name: path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        format: "NumPy array",
        path: path.to_path_buf(),
        frames: array.frames,
        frame: spec.frame,
        dtype,
        channels: spec.channels,
        container_bits: spec.container_bits,
        color_model: spec.color_model,
        time: TimeAxis::NotSet,
        pixel_size: None,
        unit: None,
        bytes_on_disk,
        notes,
        groups: Vec::new(),
        faults: (array.whole..array.frames).map(|frame| cut(path, array, frame)).collect(),
    }
}

impl FrameCatalog for NpySource {
    fn meta(&self, frame: usize) -> FrameMeta {
        let info = &self.info;
        FrameMeta {
            name: if info.frames > 1 { format!("{}-{frame}", info.name) } else { info.name.clone() },
            file: Some(self.path.clone()),
            file_bytes: info.bytes_on_disk,
            container_bits: info.container_bits,
            color_model: info.color_model,
        }
    }
}

impl FrameSource for NpySource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.read(frame, out).map_err(|reason| FrameFault { file: Some(self.path.clone()), frame, reason })
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        self.mapped.clone()
    }
}
