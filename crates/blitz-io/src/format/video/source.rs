//! Video files as frames.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use blitz_core::{Cancel, FrameCatalog, FrameFault, FrameMap, FrameMeta, Rational, SamplesMut, TimeAxis};

use super::cache;
use super::file::File;
use super::lent_file::LentFile;
use super::pixels::Look;
use super::pool::{Pool, Selection};
use super::times;
use crate::OpenError;
use crate::format::contract::{differs, size_text};
use crate::read_at::{FileBytes, ReadAt};
use crate::scan::FileEntry;
use crate::source::{FrameSource, LumaInfo, LumaRange, OpenOptions, SourceInfo, VideoFrames, assert_fits};

/// One or several videos, one after the other.
#[derive(Debug)]
pub(crate) struct VideoSource {
    info: SourceInfo,
    look: Look,
    /// Each file with the number of its first frame.
    parts: Vec<(usize, Pool)>,
    /// Stops the opening and what it tries.
    cancel: Cancel,
}

impl VideoSource {
    /// Opens sorted files: reads their indexes (or takes them from the cache) and decodes the first frame.
    pub(crate) fn open(
        path: &Path,
        name: String,
        files: &[FileEntry],
        options: &OpenOptions,
    ) -> Result<Self, OpenError> {
        let mut parts = Vec::with_capacity(files.len());
        let mut frames = 0;
        for entry in files {
            let bad = |reason: String| {
                if options.cancel.is_cancelled() {
                    return OpenError::Cancelled;
                }
                OpenError::Bad { path: entry.path.clone(), reason }
            };
            let file = open_file(entry, files.len(), options).map_err(bad)?;
            let count = file.frames();
            parts.push((frames, Pool::new(Arc::new(file))));
            frames += count;
        }
        let look = first_look(path, &parts, options)?;
        let (time, notes) = describe(&parts, &look, files.len(), options.stored_orientation);
        let mut info = source_info(path, name, files, frames, &look, time, notes);
        for (start, pool) in &parts {
            let file = &pool.file;
            info.faults.extend(file.absent().map(|local| FrameFault {
                file: Some(file.path.clone()),
                frame: start + local,
                reason: file.why_absent(local).unwrap_or_default().to_owned(),
            }));
        }
        Ok(Self { info, look, parts, cancel: options.cancel.clone() })
    }

    /// The file of a frame, and its number there.
    fn part(&self, frame: usize) -> (&Pool, usize) {
        let i = self.parts.partition_point(|&(first, _)| first <= frame).saturating_sub(1);
        let (first, pool) = &self.parts[i];
        (pool, frame - first)
    }

    fn with_picture(
        &self,
        frame: usize,
        fill: impl FnOnce(&super::ffi::Picture) -> Result<(), String>,
    ) -> Result<(), FrameFault> {
        let (pool, local) = self.part(frame);
        let picture = if frame < self.info.frames {
            pool.picture(local)
        } else {
            Err(format!("the recording has {} frames", self.info.frames))
        };
        picture.and_then(|picture| fill(&picture)).map_err(|reason| FrameFault {
            file: Some(pool.file.path.clone()),
            frame,
            reason,
        })
    }
}

/// What a recording of these files is.
pub(super) fn source_info(
    path: &Path,
    name: String,
    files: &[FileEntry],
    frames: usize,
    look: &Look,
    time: TimeAxis,
    notes: Vec<String>,
) -> SourceInfo {
    SourceInfo {
        name,
        path: path.to_path_buf(),
        time,
        bytes_on_disk: files.iter().map(|f| f.bytes).sum(),
        notes,
        ..SourceInfo::of(&look.spec, if files.len() == 1 { "video" } else { "videos" }, frames)
    }
}

/// One of `files` files: where they are many, they are open only while they are read.
fn open_file(entry: &FileEntry, files: usize, options: &OpenOptions) -> Result<File, String> {
    /// Files that stay open.
    const FEW: usize = 32;
    let unread = |e: std::io::Error| format!("cannot be read: {e}");
    let data: Arc<dyn ReadAt> = if files <= FEW {
        Arc::new(FileBytes::open(&entry.path).map_err(unread)?)
    } else {
        Arc::new(LentFile::open(&entry.path).map_err(unread)?)
    };
    let place = options.cache_dir.as_deref().and_then(|dir| cache::Place::of(dir, &entry.path));
    File::open(entry.path.clone(), data, options.max_frame_bytes, place, &options.cancel, &options.progress)
}

/// Decodes the first frame that can be decoded, which says what all frames are; checks that the other files
/// agree with it as far as their headers tell.
fn first_look(path: &Path, parts: &[(usize, Pool)], options: &OpenOptions) -> Result<Look, OpenError> {
    /// Frames tried before a file is given up; any number of empty slots may come before them.
    const TRIED: usize = 100;
    let mut first_reason = None;
    let (_, pool) = &parts[0];
    let bad = |reason| OpenError::Bad { path: pool.file.path.clone(), reason };
    let has_packet = |frame: &usize| pool.file.why_absent(*frame).is_none();
    for frame in (0..pool.file.index.frames.len()).filter(has_packet).take(TRIED) {
        match pool.look(frame) {
            Ok(picture) => {
                let look = Look::of(&picture, &pool.file.facts, options.max_frame_bytes).map_err(bad)?;
                let orientation = pool.file.facts.orientation;
                for (_, other) in &parts[1..] {
                    let facts = &other.file.facts;
                    let size = (facts.height, facts.width);
                    if facts.orientation != orientation && !options.stored_orientation {
                        let reason = format!(
                            "its pictures are to be turned otherwise than those of {}; open it by itself, or keep \
                             all as they are stored (--orientation stored)",
                            pool.file.name
                        );
                        return Err(OpenError::Bad { path: other.file.path.clone(), reason });
                    }
                    if size != (look.spec.frame.height, look.spec.frame.width) {
                        let found = format!("{} × {} pixels", facts.width, facts.height);
                        let reason = format!(
                            "{}; open it by itself",
                            differs("the size of its frames", found, size_text(look.spec.frame))
                        );
                        return Err(OpenError::Bad { path: other.file.path.clone(), reason });
                    }
                }
                let turn = orientation.filter(|_| !options.stored_orientation).unwrap_or_default();
                return Ok(look.turned(turn));
            }
            Err(reason) => {
                first_reason.get_or_insert(reason);
            }
        }
    }
    let reason = first_reason.unwrap_or_else(|| "it has no frames".to_owned());
    Err(OpenError::Bad {
        path: path.to_path_buf(),
        reason: format!("no frame can be decoded; the first: {reason}"),
    })
}

/// The time axis of all files together, and what people must know.
fn describe(parts: &[(usize, Pool)], look: &Look, files: usize, stored: bool) -> (TimeAxis, Vec<String>) {
    let (_, first) = &parts[0];
    let mut notes = Vec::new();
    let facts = &first.file.facts;
    let container = facts.container.split(',').next().unwrap_or_default();
    let groups = first.file.index.keys().len();
    notes.push(match groups {
        0 | 1 => format!("{} in {container}; decoding begins with the file.", facts.codec),
        _ => format!(
            "{} in {container}, a keyframe every {} frames on average.",
            facts.codec,
            (10.0 * first.file.index.packets.len() as f64 / groups as f64).round() / 10.0
        ),
    });
    notes.extend(look.spec.notes.iter().cloned());
    match facts.orientation {
        None => notes.push(
            "The file asks for pictures to be turned by what is no right angle; they are kept as they are stored."
                .to_owned(),
        ),
        Some(turn) if turn.is_identity() => {}
        Some(turn) if stored => notes.push(format!(
            "The file asks for pictures to be {}; they are kept as they are stored.",
            turn.describe()
        )),
        Some(turn) => notes.push(format!(
            "Pictures are {}, as the file asks for and players show them (--orientation stored leaves them).",
            turn.describe()
        )),
    }
    if let Some((width, height)) = facts.aspect {
        notes.push(format!(
            "The file says that pixels are {width}:{height} wide to high; they are shown square."
        ));
    }
    if facts.streams > 1 {
        notes.push(format!("The file has {} video streams; the first one is read.", facts.streams));
    }
    if files == 1 {
        let (time, more) = times::axis(&first.file);
        notes.extend(more);
        notes.extend(first.file.notes.iter().cloned());
        return (time, notes);
    }
    let mut intervals: Vec<Option<Rational>> = Vec::new();
    for (start, pool) in parts {
        let (time, _) = times::axis(&pool.file);
        intervals.push(match time {
            TimeAxis::Interval { dt, .. } => Some(dt),
            _ => None,
        });
        let end = (start + pool.file.frames()).saturating_sub(1);
        notes.push(format!("Frames {start}–{end} are those of {}.", pool.file.name));
        notes.extend(pool.file.notes.iter().map(|note| format!("{}: {note}", pool.file.name)));
    }
    let time = match intervals[0] {
        Some(dt) if intervals.iter().all(|i| *i == Some(dt)) => {
            notes.push(
                "Times go on from one file to the next without a gap, as if it were one recording."
                    .to_owned(),
            );
            TimeAxis::Interval { dt, t0_frame: 0, origin: blitz_core::TimeOrigin::Container }
        }
        _ => {
            notes.push("The files differ in their rates, so no rate is set (--fps or --dt).".to_owned());
            TimeAxis::NotSet
        }
    };
    (time, notes)
}

impl FrameCatalog for VideoSource {
    fn meta(&self, frame: usize) -> FrameMeta {
        let (pool, local) = self.part(frame);
        let index = &pool.file.index;
        let size = index.frames.get(local).and_then(|&p| index.packets.get(p as usize)).map_or(0, |p| p.size);
        FrameMeta {
            name: if self.parts.len() == 1 {
                String::new()
            } else {
                format!("{} · {local}", pool.file.name)
            },
            number: None,
            file: Some(pool.file.path.clone()),
            file_bytes: size.into(),
            file_written: None,
            container_bits: self.info.container_bits,
            color_model: self.info.color_model.clone(),
        }
    }
}

impl FrameSource for VideoSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.with_picture(frame, |picture| self.look.decode(picture, out))
    }

    fn luma(&self) -> Option<LumaInfo> {
        self.look.luma
    }

    fn decode_luma(&self, frame: usize, range: LumaRange, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        self.with_picture(frame, |picture| self.look.decode_luma(picture, range, out))
    }

    fn decoder(&self) -> String {
        super::ffi::versions()
    }

    fn video(&self) -> Option<&dyn VideoFrames> {
        Some(self)
    }
}

impl VideoFrames for VideoSource {
    fn prepare(&self, frames: FrameMap, count: usize) -> Option<String> {
        let mut plan = super::plan::Plan::default();
        for (start, pool) in &self.parts {
            let length = pool.file.frames();
            let skipped = start.saturating_sub(frames.first).div_ceil(frames.step);
            let first = (frames.first + skipped * frames.step).saturating_sub(*start);
            let here = length.saturating_sub(first).div_ceil(frames.step).min(count.saturating_sub(skipped));
            if here > 0 && frames.first + skipped * frames.step >= *start {
                let selection = Selection { first, step: frames.step, count: here };
                pool.select(selection);
                plan.add(pool, selection, &self.cancel);
            }
        }
        plan.describe()
    }

    fn decoder_bytes(&self) -> u64 {
        self.parts.iter().map(|(_, pool)| pool.bytes(self.look.picture_bytes)).sum()
    }

    fn most_decoder_bytes(&self) -> u64 {
        // Files follow each other: one is read, the decoder of the one before is still there.
        let mut most: Vec<u64> =
            self.parts.iter().map(|(_, pool)| pool.most_bytes(self.look.picture_bytes)).collect();
        most.sort_unstable();
        most.iter().rev().take(2).sum()
    }

    fn decoded(&self) -> u64 {
        self.parts.iter().map(|(_, pool)| pool.file.decoded.load(Ordering::Relaxed)).sum()
    }
}
