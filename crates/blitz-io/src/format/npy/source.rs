//! One `.npy` file as a recording.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{DType, FrameFault, Layout, SamplesMut};

use super::array::Array;
use super::codec::{spec, wide_note};
use super::inflating::Inflating;
use crate::OpenError;
use crate::format::contract::Opening;
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::{FileBytes, Part, ReadAt, with_all_bytes};
use crate::source::{FrameSource, SourceInfo};
use crate::store::region::Region;
use crate::store::{MappedStore, Places};

/// Frames of one array. Dense frames are read with positioned reads; frames whose samples are interleaved with
/// those of others through a mapping, where mapping is safe.
#[derive(Debug)]
pub(super) struct NpyFrames {
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
    let dtype = array.sample_type(file)?;
    let (info, faults) = described(&array, dtype);
    Ok(Examined { info, faults, frames: frames_of(&array, dtype, file, path) })
}

/// The frames of an array that lies in a file as it is.
pub(super) fn frames_of(array: &Array, dtype: DType, file: &FileBytes, path: &Path) -> NpyFrames {
    let needs_map = array.is_mappable() || !array.is_dense();
    let region = if needs_map { Region::map(file.file(), path).map(Arc::new) } else { None };
    let mapped = region.as_ref().filter(|_| array.is_mappable()).and_then(|region| {
        let layout = Layout { frame: array.frame, dtype };
        let first = usize::try_from(array.start(0)).ok()?;
        let places = Places::Even { first, step: layout.frame_bytes(), whole: array.whole };
        let (path, reason) = (path.to_path_buf(), cut(array));
        let fault =
            Box::new(move |frame| FrameFault { file: Some(path.clone()), frame, reason: reason.clone() });
        MappedStore::new(Arc::clone(region), layout, places, array.frames, fault)
    });
    NpyFrames { array: array.clone(), region, mapped: mapped.map(Arc::new) }
}

/// What an array is, and which of its frames were cut off.
pub(super) fn described(array: &Array, dtype: DType) -> (SourceInfo, Vec<(usize, String)>) {
    let mut info = SourceInfo::of(&spec(array, dtype), "NumPy array", array.frames);
    info.reading = array.reading.clone();
    if array.element.is_wide() {
        info.notes.push(wide_note(array, dtype));
    }
    if !array.is_dense() && array.frames > 1 {
        info.notes.push(
            "The frames are interleaved in the file (Fortran order or unusual axes): reading them takes longer."
                .to_owned(),
        );
    }
    (info, (array.whole..array.frames).map(|frame| (frame, cut(array))).collect())
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

/// Frames of an array that is inflated as it is read; each lies behind the one before.
#[derive(Debug)]
pub(super) struct InflatedFrames {
    pub(super) array: Array,
    pub(super) data: Inflating,
}

impl Frames for InflatedFrames {
    fn decode(&self, _data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        let (place, one) = self.array.one_frame(frame).ok_or_else(|| cut(&self.array))?;
        let part = Part::new(&self.data, place.start, place.end - place.start);
        with_all_bytes(&part, u64::MAX, |bytes| one.decode(&bytes, 0, out))
    }
}

/// Frames of an array that is held in memory.
#[derive(Debug)]
pub(super) struct InMemory {
    pub(super) array: Array,
    pub(super) data: Arc<[u8]>,
}

impl Frames for InMemory {
    fn decode(&self, _data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        self.array.decode(&&*self.data, frame, out)
    }
}
