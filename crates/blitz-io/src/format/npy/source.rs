//! One `.npy` file as a recording.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameFault, Layout, SamplesMut};

use super::array::Array;
use super::codec::{spec, wide_note};
use crate::OpenError;
use crate::format::contract::Opening;
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::{FileBytes, ReadAt};
use crate::source::{FrameSource, SourceInfo};
use crate::store::region::Region;
use crate::store::{MappedStore, Places};

/// Frames of one array. Dense frames are read with positioned reads; frames whose samples are interleaved with
/// those of others through a mapping, where mapping is safe.
#[derive(Debug)]
struct NpyFrames {
    array: Array,
    region: Option<Arc<Region>>,
    mapped: Option<Arc<MappedStore>>,
}

/// Opens a file.
pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    OneFile::open(opening, &super::FORMAT, |file| examine(file, &opening.files[0].path, opening))
}

fn examine(file: &FileBytes, path: &Path, opening: &Opening<'_>) -> Result<Examined<NpyFrames>, String> {
    let array = Array::open(file, opening.options)?;
    let dtype = match array.element.dtype() {
        Some(dtype) => dtype,
        None => array.wide_range(file)?.dtype()?,
    };
    let needs_map = array.is_mappable() || !array.is_dense();
    let region = if needs_map { Region::map(file.file(), path).map(Arc::new) } else { None };
    let mapped = region.as_ref().filter(|_| array.is_mappable()).and_then(|region| {
        let layout = Layout { frame: array.frame, dtype };
        let first = usize::try_from(array.start(0)).ok()?;
        let places = Places { first, step: layout.frame_bytes(), whole: array.whole };
        let (path, reason) = (path.to_path_buf(), cut(&array));
        let fault =
            Box::new(move |frame| FrameFault { file: Some(path.clone()), frame, reason: reason.clone() });
        MappedStore::new(Arc::clone(region), layout, places, array.frames, fault)
    });
    let mut info = SourceInfo::of(&spec(&array, dtype), "NumPy array", array.frames);
    info.reading = array.reading.clone();
    if array.element.is_wide() {
        info.notes.push(wide_note(&array, dtype));
    }
    if !array.is_dense() && array.frames > 1 {
        info.notes.push(
            "The frames are interleaved in the file (Fortran order or unusual axes): reading them takes longer."
                .to_owned(),
        );
    }
    let faults = (array.whole..array.frames).map(|frame| (frame, cut(&array))).collect();
    Ok(Examined { info, faults, frames: NpyFrames { array, region, mapped: mapped.map(Arc::new) } })
}

/// Why frames were cut off.
fn cut(array: &Array) -> String {
    format!("the file is cut short: it holds {} of {} frames", array.whole, array.frames)
}

impl Frames for NpyFrames {
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        match &self.region {
            Some(region) if !self.array.is_dense() => {
                self.array.decode(&**region, frame, out)?;
                region.verify(self.array.end()).map_err(|e| e.to_string())
            }
            _ => self.array.decode(data, frame, out),
        }
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        self.array.decode_rows(data, frame, rows.start, out)
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        self.mapped.clone()
    }
}
