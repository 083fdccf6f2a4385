//! A file of bare samples as a recording.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{Channel, DType, FrameFault, FrameShape, Layout, SamplesMut};

use super::RawLayout;
use crate::OpenError;
use crate::format::contract::{ImageSpec, Opening};
use crate::format::npy::{Array, WideRange};
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::{FileBytes, Part, ReadAt, with_all_bytes};
use crate::source::FrameSource;
use crate::store::region::Region;
use crate::store::{MappedStore, Places};

/// Frames that lie at equal distances.
#[derive(Debug)]
struct RawFrames {
    layout: RawLayout,
    /// A frame that begins at byte 0, where samples are whole bytes.
    array: Option<Array>,
    frame: FrameShape,
    dtype: DType,
    /// Bytes of a frame.
    bytes: u64,
    /// Frames that are wholly in the file.
    whole: usize,
    frames: usize,
    mapped: Option<Arc<MappedStore>>,
}

/// Opens one file as its layout in the options says.
pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    OneFile::open(opening, &super::FORMAT, |file| {
        let layout = opening.options.raw.as_ref().ok_or("nobody says what its samples are (--raw)")?;
        examine(file, &opening.files[0].path, layout, opening)
    })
}

fn examine(
    file: &FileBytes,
    path: &Path,
    layout: &RawLayout,
    opening: &Opening<'_>,
) -> Result<Examined<RawFrames>, String> {
    let options = opening.options;
    let frame = FrameShape::new(layout.height, layout.width, layout.channels);
    let mut dtype = layout.element.dtype().unwrap_or(DType::F64);
    ImageSpec::check_size(frame, dtype, options.max_frame_bytes)?;
    let bytes = layout.frame_bytes().ok_or("its frames are larger than any file")? as u64;
    let mut notes = Vec::new();
    let (frames, whole) = count(layout, file.size(), &mut notes)?;
    let array = match layout.packing {
        Some(_) => None,
        None => Some(Array::of_frame(layout.element, frame, options.complex)?),
    };
    let mut found =
        RawFrames { layout: layout.clone(), array, frame, dtype, bytes, whole, frames, mapped: None };
    if layout.element.is_wide() {
        let mut range = WideRange::EMPTY;
        for n in 0..whole {
            if options.cancel.is_cancelled() {
                return Err(OpenError::Cancelled.to_string());
            }
            range = range.merge(found.with_frame(file, n, |array, data| array.wide_range(data))?);
        }
        dtype = range.dtype()?;
        found.dtype = dtype;
        notes.push(format!("The {} values fit {dtype} exactly and are read as such.", layout.element.name()));
    }
    found.map(file, path);
    let mut start = [0; crate::format::contract::START];
    let begun = file.read_at(0, &mut start).map_err(|e| e.to_string())?;
    if let Some(name) = (opening.what_is)(&start[..begun]) {
        notes.push(format!(
            "The file begins as a {name} file does; it is read as raw binary all the same (--raw)."
        ));
    }
    let bits = layout.packing.map_or(layout.element.size() as u32 * 8, |packing| packing.bits);
    let spec = ImageSpec {
        frame,
        dtype,
        channels: Channel::defaults(layout.channels),
        container_bits: bits,
        color_model: "raw",
        notes: Vec::new(),
    };
    let mut info = crate::source::SourceInfo::of(&spec, "raw binary", frames);
    info.notes = notes;
    let faults = (whole..frames).map(|n| (n, found.cut())).collect();
    Ok(Examined { info, faults, frames: found })
}

/// Frames that are claimed, and those that are wholly there.
fn count(layout: &RawLayout, size: u64, notes: &mut Vec<String>) -> Result<(usize, usize), String> {
    /// More failed frames than this are no cut recording but a layout that is wrong.
    const MAX_FAULTS: usize = 100_000;
    let (there, bytes, rest) = layout.frames_in(size);
    let there = usize::try_from(there).unwrap_or(usize::MAX);
    let samples = size.saturating_sub(layout.offset);
    if there == 0 {
        let behind =
            if layout.offset > 0 { format!(", {samples} of them behind the offset") } else { String::new() };
        return Err(format!("{layout} needs {bytes} bytes for a frame, the file has {size}{behind}"));
    }
    match layout.frames {
        Some(frames) if frames > there => {
            if frames - there > MAX_FAULTS.min(there.saturating_mul(100)) {
                return Err(format!("{layout} claims {frames} frames, the file holds {there}"));
            }
            notes.push(format!(
                "The file breaks off after {there} of {frames} frames; the others count as failed."
            ));
            Ok((frames, there))
        }
        Some(frames) => {
            let used = frames as u64 * bytes + (frames as u64 - 1) * layout.gap;
            if samples - used > layout.gap {
                notes.push(format!(
                    "The file has {} more bytes than {frames} frames need; they are not read.",
                    samples - used
                ));
            }
            Ok((frames, frames))
        }
        None => {
            if rest > layout.gap {
                notes.push(format!(
                    "The last {} bytes are less than a frame ({bytes} bytes) and are not read: the recording breaks off \
                     after {there} frames, or something stands behind it, or the layout is another one.",
                    rest - layout.gap
                ));
            }
            Ok((there, there))
        }
    }
}

impl RawFrames {
    fn start(&self, frame: usize) -> u64 {
        self.layout.offset + frame as u64 * (self.bytes + self.layout.gap)
    }

    fn part<'a>(&self, data: &'a dyn ReadAt, frame: usize) -> Part<'a> {
        Part::new(data, self.start(frame), self.bytes)
    }

    fn cut(&self) -> String {
        format!("the file is cut short: it holds {} of {} frames", self.whole, self.frames)
    }

    /// Maps the file where its bytes are samples as they are needed.
    fn map(&mut self, file: &FileBytes, path: &Path) {
        let is_plain = self.array.as_ref().is_some_and(Array::is_mappable) && !self.layout.rows_up;
        let Some(region) = is_plain.then(|| Region::map(file.file(), path)).flatten() else { return };
        let layout = Layout { frame: self.frame, dtype: self.dtype };
        let (Ok(first), Ok(step)) =
            (usize::try_from(self.layout.offset), usize::try_from(self.bytes + self.layout.gap))
        else {
            return;
        };
        let (path, reason) = (path.to_path_buf(), self.cut());
        let fault =
            Box::new(move |frame| FrameFault { file: Some(path.clone()), frame, reason: reason.clone() });
        let places = Places::Even { first, step, whole: self.whole };
        self.mapped = MappedStore::new(Arc::new(region), layout, places, self.frames, fault).map(Arc::new);
    }

    /// Runs `f` on frame `frame` and its bytes.
    fn with_frame<R>(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        f: impl FnOnce(&Array, &dyn ReadAt) -> Result<R, String>,
    ) -> Result<R, String> {
        let array = self.array.as_ref().ok_or("its samples are packed")?;
        f(array, &self.part(data, frame))
    }

    /// Reads rows of a frame as they lie in the file.
    fn stored_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        first: usize,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        let array = self.array.as_ref()?;
        array.decode_rows(&self.part(data, frame), 0, first, out)
    }

    fn unpack(&self, data: &dyn ReadAt, frame: usize, out: &mut SamplesMut<'_>) -> Result<(), String> {
        let Some(packing) = self.layout.packing else { return Err("its samples are not packed".to_owned()) };
        let part = self.part(data, frame);
        with_all_bytes(&part, u64::MAX, |bytes| {
            match out {
                SamplesMut::U8(out) => packing.unpack(bytes, out),
                SamplesMut::U16(out) => packing.unpack(bytes, out),
                SamplesMut::U32(out) => packing.unpack(bytes, out),
                other => return Err(format!("packed samples do not become {}", other.dtype())),
            }
            Ok(())
        })
    }
}

/// Turns rows upside down.
fn flip(rows: usize, out: &mut SamplesMut<'_>) {
    let bytes = out.bytes();
    let row = bytes.len() / rows.max(1);
    let (upper, lower) = bytes.split_at_mut(rows / 2 * row);
    let below = lower.len() - upper.len();
    for (a, b) in upper.chunks_exact_mut(row.max(1)).zip(lower[below..].chunks_exact_mut(row.max(1)).rev()) {
        a.swap_with_slice(b);
    }
}

impl Frames for RawFrames {
    fn decode(&self, data: &dyn ReadAt, frame: usize, mut out: SamplesMut<'_>) -> Result<(), String> {
        if frame >= self.whole {
            return Err(self.cut());
        }
        if self.array.is_none() {
            self.unpack(data, frame, &mut out)?;
        } else if let Some(read) = self.stored_rows(data, frame, 0, &mut out) {
            read?;
        } else {
            self.with_frame(data, frame, |array, data| array.decode(data, 0, out.reborrow()))?;
        }
        if self.layout.rows_up {
            flip(self.frame.height, &mut out);
        }
        Ok(())
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        if frame >= self.whole {
            return Some(Err(self.cut()));
        }
        let first = if self.layout.rows_up { self.frame.height - rows.end } else { rows.start };
        let read = self.stored_rows(data, frame, first, out)?;
        if self.layout.rows_up {
            flip(rows.len(), out);
        }
        Some(read)
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        self.mapped.clone()
    }
}
