//! A folder of `.npy` files: one frame each.

use std::ops::Range;

use blitz_core::{Channel, DType, SamplesMut};

use super::array::Array;
use super::element::WideRange;
use crate::format::contract::{Codec, Head, ImageSpec, differs, size_text};
use crate::read_at::{FileBytes, ReadAt};
use crate::scan::FileEntry;
use crate::source::OpenOptions;

/// Decodes one array per file.
#[derive(Clone, Debug)]
pub(crate) struct NpyCodec {
    options: OpenOptions,
}

impl NpyCodec {
    pub(crate) fn new(options: &OpenOptions) -> Self {
        Self { options: options.clone() }
    }

    fn open(&self, data: &dyn ReadAt) -> Result<Array, String> {
        let array = Array::open(data, &self.options)?;
        if array.frames != 1 {
            return Err(format!(
                "it holds {} frames; in a folder each array is one frame, (H,W) or (H,W,3): open it alone",
                array.frames
            ));
        }
        Ok(array)
    }

    /// The array of a file, which must be what `spec` says.
    fn array_of(&self, data: &dyn ReadAt, spec: &ImageSpec) -> Result<Array, String> {
        let array = self.open(data)?;
        if array.frame != spec.frame {
            let text = |f: blitz_core::FrameShape| format!("{}, {} channels", size_text(f), f.channels);
            return Err(differs("the shape", text(array.frame), text(spec.frame)));
        }
        if array.element.dtype().is_some_and(|dtype| dtype != spec.dtype) {
            return Err(differs("the element type", array.element.name(), spec.dtype));
        }
        Ok(array)
    }
}

impl Codec for NpyCodec {
    fn series_name(&self) -> &'static str {
        "NumPy arrays"
    }

    fn probe(&self, data: &dyn ReadAt, _options: &OpenOptions) -> Result<ImageSpec, String> {
        let array = self.open(data)?;
        let dtype = array.sample_type(data)?;
        let mut spec = spec(&array, dtype);
        if array.element.is_wide() {
            spec.notes.push(wide_note(&array, dtype));
        }
        Ok(spec)
    }

    fn head(&self, data: &dyn ReadAt, _options: &OpenOptions) -> Option<Result<Head, String>> {
        Some(Array::open(data, &self.options).map(|array| {
            let spec = spec(&array, array.element.dtype().unwrap_or(DType::F64));
            Head { frames: array.frames, ..Head::of(&spec) }
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        _limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        self.array_of(data, spec)?.decode(data, 0, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        _limit: u64,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        match self.array_of(data, spec) {
            Ok(array) => array.decode_rows(data, 0, rows.start, out),
            Err(reason) => Some(Err(reason)),
        }
    }

    fn unify(
        &self,
        mut spec: ImageSpec,
        files: &[FileEntry],
        open: &(dyn Fn(usize) -> Result<FileBytes, String> + Sync),
    ) -> Result<ImageSpec, String> {
        if spec.container_bits != 64 {
            return Ok(spec);
        }
        let mut range = WideRange::EMPTY;
        let mut wide = false;
        for i in 0..files.len() {
            // Files that cannot be read fail later, as frames, with their reason.
            let Ok(file) = open(i) else { continue };
            let Ok(array) = self.open(&file) else { continue };
            if array.element.is_wide() {
                wide = true;
                range = range.merge(array.wide_range(&file)?);
            } else if array.element.dtype() == Some(spec.dtype) && array.frame == spec.frame {
                return Ok(spec);
            }
        }
        if wide {
            spec.dtype = range.dtype()?;
            spec.notes.clear();
            spec.notes.push(format!(
                "The values of all 64-bit integer files fit {} exactly; they are read as such.",
                spec.dtype
            ));
        }
        Ok(spec)
    }
}

pub(super) fn spec(array: &Array, dtype: DType) -> ImageSpec {
    ImageSpec {
        frame: array.frame,
        dtype,
        channels: Channel::defaults(array.frame.channels),
        container_bits: array.element.size() as u32 * 8,
        color_model: "array",
        notes: array.notes.clone(),
    }
}

pub(super) fn wide_note(array: &Array, dtype: DType) -> String {
    format!("The {} values fit {dtype} exactly and are read as such.", array.element.name())
}
