//! Files of several frames that follow each other in time: stacks, parts of a long recording.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{
    Channel, DType, FrameCatalog, FrameFault, FrameMeta, FrameShape, PixelSize, Samples, SamplesMut,
    TimeAxis, with_samples_mut,
};

use crate::OpenError;
use crate::facts::Facts;
use crate::format::contract::{Format, Opening, WhatIs, check_same_size, differs};
use crate::in_parallel::in_parallel;
use crate::majority::most;
use crate::scan::FileEntry;
use crate::series::none_decodable;
use crate::source::{FrameSource, OpenOptions, SourceInfo, assert_fits, assert_rows_fit};

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Parts {
    info: SourceInfo,
    format: &'static Format,
    files: Vec<Part>,
    options: OpenOptions,
    what_is: WhatIs,
    /// Files that are open, the one used last at the end: a system lets a program have so many.
    open: Mutex<Vec<(usize, Arc<dyn FrameSource>)>>,
}

/// Files kept open.
const KEPT: usize = 32;

/// One file.
#[derive(Debug)]
struct Part {
    file: FileEntry,
    /// Its first frame.
    start: usize,
    frames: usize,
    dtype: DType,
    /// Why none of its frames can be read.
    fault: Option<String>,
}

/// What a file holds.
struct Found {
    info: SourceInfo,
    source: Option<Arc<dyn FrameSource>>,
}

/// What files must agree in. The type of 64-bit integers follows from the values of all files.
#[derive(Clone, PartialEq)]
struct Kind {
    frame: FrameShape,
    dtype: Option<DType>,
    bits: u32,
    channels: Vec<Channel>,
}

impl Kind {
    fn of(info: &SourceInfo) -> Self {
        let dtype = (info.container_bits != 64).then_some(info.dtype);
        Self { frame: info.frame, dtype, bits: info.container_bits, channels: info.channels.clone() }
    }

    fn differs_from(&self, other: &Self) -> Option<String> {
        let dtype = |kind: &Self| kind.dtype.map_or_else(|| "64 bit".to_owned(), |dtype| dtype.to_string());
        let names =
            |kind: &Self| kind.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        if let Err(reason) = check_same_size(self.frame, other.frame) {
            Some(reason)
        } else if self.dtype != other.dtype {
            Some(differs("the element type", dtype(self), dtype(other)))
        } else if self.bits != other.bits {
            Some(differs("the depth", format!("{} bit", self.bits), format!("{} bit", other.bits)))
        } else if self.channels != other.channels {
            Some(differs("the colour model", names(self), names(other)))
        } else {
            None
        }
    }
}

impl Parts {
    /// Opens sorted files, each as a recording of its own.
    pub(crate) fn open(
        opening: &Opening<'_>,
        format: &'static Format,
    ) -> Result<Box<dyn FrameSource>, OpenError> {
        let Opening { path, files, options, what_is, .. } = *opening;
        let found = in_parallel(files.len(), |i| {
            if options.cancel.is_cancelled() {
                return Err(OpenError::Cancelled.to_string());
            }
            // A system lets a program have so many files open; the others are opened again when they are read.
            open_one(&files[i], format, options, what_is)
                .map(|source| Found { info: source.info().clone(), source: (i < KEPT).then_some(source) })
        });
        if options.cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        let kinds = found.iter().enumerate().filter_map(|(i, found)| {
            let info = &found.as_ref().ok()?.info;
            Some((i, Kind::of(info), info.frames))
        });
        let groups = most(kinds, |a, b| a == b);
        let Some((majority, usual)) =
            groups.first().and_then(|group| Some((group, &found[group.first].as_ref().ok()?.info)))
        else {
            let faults: Vec<FrameFault> = found
                .iter()
                .enumerate()
                .filter_map(|(i, found)| {
                    let reason = found.as_ref().err()?.clone();
                    Some(FrameFault { file: Some(files[i].path.clone()), frame: i, reason })
                })
                .collect();
            return Err(none_decodable(opening, &faults));
        };
        let kind = Kind::of(usual);
        let members: Vec<&SourceInfo> =
            majority.members.iter().filter_map(|&i| Some(&found[i].as_ref().ok()?.info)).collect();
        let dtype = common(members.iter().map(|info| info.dtype));
        let (mut parts, mut faults, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut frames, mut odd) = (0, 0);
        for (file, found) in files.iter().zip(&found) {
            let (count, fault, dtype) = match found {
                Ok(found) => (found.info.frames, Kind::of(&found.info).differs_from(&kind), found.info.dtype),
                Err(reason) => (1, Some(reason.clone()), dtype),
            };
            if let (Ok(_), Some(_)) = (found, &fault) {
                odd += count;
            }
            if let Some(reason) = &fault {
                faults.extend((frames..frames + count).map(|frame| FrameFault {
                    file: Some(file.path.clone()),
                    frame,
                    reason: reason.clone(),
                }));
            } else if let Ok(found) = found {
                let own = found.info.faults.iter().cloned();
                faults.extend(own.map(|fault| FrameFault { frame: frames + fault.frame, ..fault }));
            }
            parts.push(Part { file: file.clone(), start: frames, frames: count, dtype, fault });
            frames += count;
        }
        notes.push(follow(&parts, frames));
        notes.extend(majority.note(odd, &format!("{frames} frames")));
        notes.extend(collected(files, &found));
        if dtype != usual.dtype {
            notes.push(format!("The values of all files fit {dtype} exactly, and are read as such."));
        }
        let (time, pixel_size, more) = scales(&members);
        let lost = found.iter().filter(|found| found.is_err()).count();
        if lost > 0 {
            notes.push(format!(
                "{lost} files cannot be read and stand as one frame each: frames and times behind them are too early by \
                 what they held."
            ));
        } else {
            notes.extend(more);
        }
        if let Some(first) = faults.first() {
            notes.push(format!("{} of {frames} frames count as failed; the first: {first}.", faults.len()));
        }
        let info = SourceInfo {
            name: opening.name.to_owned(),
            path: path.to_path_buf(),
            frames,
            dtype,
            time,
            pixel_size,
            bytes_on_disk: files.iter().map(|f| f.bytes).sum(),
            notes,
            faults,
            ..usual.clone()
        };
        let open = found.into_iter().enumerate().filter_map(|(i, f)| Some((i, f.ok()?.source?)));
        let (open, options) = (Mutex::new(open.collect()), options.clone());
        Ok(Box::new(Self { info, format, files: parts, options, what_is, open }))
    }

    /// The file of a frame, if there is one, and its number there.
    fn part(&self, frame: usize) -> Option<(usize, usize)> {
        let i = self.files.partition_point(|part| part.start <= frame).checked_sub(1)?;
        let local = frame - self.files[i].start;
        (local < self.files[i].frames).then_some((i, local))
    }

    /// The file, opened again where it was closed.
    fn source(&self, i: usize) -> Result<Arc<dyn FrameSource>, String> {
        let lock = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut open = lock();
            if let Some(at) = open.iter().position(|(k, _)| *k == i) {
                let entry = open.remove(at);
                let source = Arc::clone(&entry.1);
                open.push(entry);
                return Ok(source);
            }
        }
        let part = &self.files[i];
        let source = open_one(&part.file, self.format, &self.options, self.what_is)?;
        let now = source.info();
        if (now.frames, now.dtype, now.frame, now.bytes_on_disk)
            != (part.frames, part.dtype, self.info.frame, part.file.bytes)
        {
            return Err("the file was changed by another program while it was open; open it again".to_owned());
        }
        let mut open = lock();
        if open.len() >= KEPT {
            open.remove(0);
        }
        open.push((i, Arc::clone(&source)));
        Ok(source)
    }

    fn read(&self, i: usize, local: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), String> {
        let part = &self.files[i];
        if let Some(reason) = &part.fault {
            return Err(reason.clone());
        }
        let source = self.source(i)?;
        let decode = |out: SamplesMut<'_>| {
            let read = if rows.len() == self.info.frame.height {
                source.decode(local, out)
            } else {
                source.decode_rows(local, rows, out)
            };
            read.map_err(|fault| fault.reason)
        };
        if part.dtype == self.info.dtype {
            return decode(out);
        }
        let mut samples = Samples::zeros(part.dtype, out.len());
        decode(samples.as_mut())?;
        let samples = samples.as_ref();
        with_samples_mut!(out, out => {
            for (i, value) in out.iter_mut().enumerate() {
                *value = exact(samples.get_f64(i))?;
            }
        });
        Ok(())
    }
}

/// A value in a type that was chosen so that it holds it.
fn exact<T: blitz_core::Sample>(value: f64) -> Result<T, String> {
    let found = T::from_f64(value);
    if found.to_f64() == value {
        Ok(found)
    } else {
        Err(format!("the value {value} does not fit the recording's type"))
    }
}

fn open_one(
    file: &FileEntry,
    format: &Format,
    options: &OpenOptions,
    what_is: WhatIs,
) -> Result<Arc<dyn FrameSource>, String> {
    // A file alone is in no folder that could be looked at again.
    let look_again = |_: &Path, _: &Path| Ok(Vec::new());
    let (path, name, files) = (&file.path, &file.name, Arc::from([file.clone()]));
    let opening = Opening { path, name, files: &files, options, what_is, look_again };
    (format.open)(&opening).map(Arc::from).map_err(|error| match error {
        OpenError::Bad { reason, .. } => reason,
        OpenError::Unreadable { source, .. } => format!("cannot be read: {source}"),
        other => other.to_string(),
    })
}

/// The smallest type that holds every value of the others.
fn common(mut types: impl Iterator<Item = DType> + Clone) -> DType {
    const INTEGERS: [(DType, i64, i64); 5] = [
        (DType::U8, 0, u8::MAX as i64),
        (DType::U16, 0, u16::MAX as i64),
        (DType::I16, i16::MIN as i64, i16::MAX as i64),
        (DType::U32, 0, u32::MAX as i64),
        (DType::I32, i32::MIN as i64, i32::MAX as i64),
    ];
    let all = types.clone();
    let Some(first) = types.next() else { return DType::F64 };
    if types.all(|dtype| dtype == first) {
        return first;
    }
    let (mut low, mut high) = (0, 0);
    for dtype in all {
        let Some((_, least, most)) = INTEGERS.iter().find(|(other, ..)| *other == dtype) else {
            return DType::F64;
        };
        (low, high) = (low.min(*least), high.max(*most));
    }
    INTEGERS
        .iter()
        .find(|(_, least, most)| *least <= low && *most >= high)
        .map_or(DType::F64, |(dtype, ..)| *dtype)
}

/// Says which frames are whose.
fn follow(parts: &[Part], frames: usize) -> String {
    const NAMED: usize = 6;
    let named: Vec<String> = parts
        .iter()
        .take(NAMED)
        .map(|part| match part.frames {
            1 => format!("{} of {}", part.start, part.file.name),
            n => format!("{}–{} of {}", part.start, part.start + n - 1, part.file.name),
        })
        .collect();
    let more = if parts.len() > NAMED { ", …" } else { "" };
    format!(
        "The {frames} frames of {} files follow each other in time: {}{more}.",
        parts.len(),
        named.join(", ")
    )
}

/// What the files say of themselves, each note once.
fn collected(files: &[FileEntry], found: &[Result<Found, String>]) -> Vec<String> {
    const SHOWN: usize = 12;
    let mut notes: Vec<(String, Vec<usize>)> = Vec::new();
    for (i, found) in found.iter().enumerate() {
        for note in found.iter().flat_map(|found| &found.info.notes) {
            match notes.iter_mut().find(|(other, _)| other == note) {
                Some((_, of)) => of.push(i),
                None => notes.push((note.clone(), vec![i])),
            }
        }
    }
    let more = notes.len().saturating_sub(SHOWN);
    let mut all: Vec<String> = notes
        .into_iter()
        .take(SHOWN)
        .map(|(note, of)| match of.as_slice() {
            of if of.len() == files.len() => note,
            [one] => format!("{}: {note}", files[*one].name),
            [first, ..] => {
                format!("{} of {} files, the first {}: {note}", of.len(), files.len(), files[*first].name)
            }
            [] => note,
        })
        .collect();
    if more > 0 {
        all.push(format!("The files say {more} more things of themselves; opened alone, each says its own."));
    }
    all
}

/// Time axis and pixel size where all files agree.
fn scales(files: &[&SourceInfo]) -> (TimeAxis, Option<PixelSize>, Vec<String>) {
    let mut notes = Vec::new();
    let interval = |info: &SourceInfo| match &info.time {
        TimeAxis::Interval { dt, origin, .. } => Some((*dt, *origin)),
        _ => None,
    };
    let time = match files.first().and_then(|info| interval(info)) {
        Some((dt, origin)) if files.iter().all(|info| interval(info) == Some((dt, origin))) => {
            notes.push(
                "Times go on from one file to the next without a gap, as if it were one recording."
                    .to_owned(),
            );
            TimeAxis::Interval { dt, t0_frame: 0, origin }
        }
        _ => {
            if files.iter().any(|info| info.time != TimeAxis::NotSet) {
                notes.push(
                    "The files do not state one rate for all, so none is set (--fps or --dt).".to_owned(),
                );
            }
            TimeAxis::NotSet
        }
    };
    let size = files.first().and_then(|info| info.pixel_size);
    if files.iter().all(|info| info.pixel_size == size) {
        return (time, size, notes);
    }
    notes.push("The files differ in their pixel sizes, so none is set (--pixel-size).".to_owned());
    (time, None, notes)
}

impl FrameCatalog for Parts {
    fn meta(&self, frame: usize) -> FrameMeta {
        let Some((i, local)) = self.part(frame) else { return FrameMeta::default() };
        let Part { file, frames, .. } = &self.files[i];
        FrameMeta {
            name: if *frames > 1 { format!("{} · {local}", file.name) } else { file.name.clone() },
            number: file.number.clone(),
            file: Some(file.path.clone()),
            file_bytes: file.bytes,
            file_written: file.modified,
            container_bits: self.info.container_bits,
            color_model: self.info.color_model.clone(),
        }
    }

    fn t0_frame(&self) -> i64 {
        self.info.t0_frame
    }

    fn counts(&self) -> Option<&[f64]> {
        self.info.counts.as_deref()
    }
}

impl FrameSource for Parts {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.decode_rows(frame, 0..self.info.frame.height, out)
    }

    fn decode_rows(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_rows_fit(&self.info, &rows, &out);
        let Some((i, local)) = self.part(frame) else {
            let reason = format!("the recording has {} frames", self.info.frames);
            return Err(FrameFault { file: None, frame, reason });
        };
        let file = Some(self.files[i].file.path.clone());
        self.read(i, local, rows, out).map_err(|reason| FrameFault { file, frame, reason })
    }

    fn facts(&self, frame: usize) -> Facts {
        let Some((i, local)) = self.part(frame).filter(|(i, _)| self.files[*i].fault.is_none()) else {
            return Facts::new();
        };
        self.source(i).map_or_else(|_| Facts::new(), |source| source.facts(local))
    }
}
