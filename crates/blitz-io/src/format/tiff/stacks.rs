//! Several TIFF files of pages that follow each other in time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use blitz_core::{FrameCatalog, FrameFault, FrameMeta, SamplesMut, TimeAxis};

use super::ifd::{Header, Ifd, chain, tag};
use super::source::{Opened, examine};
use crate::OpenError;
use crate::format::contract::{Opening, WhatIs, guarded};
use crate::format::npy::WideRange;
use crate::one_file::Frames as _;
use crate::read_at::{FileBytes, ReadAt};
use crate::scan::{FileEntry, numbering_notes};
use crate::source::{FrameSource, OpenOptions, SourceInfo, assert_fits};

/// Whether files hold more than a page each: the first, the middle and the last one are asked.
pub(super) fn are_stacks(opening: &Opening<'_>) -> bool {
    let files = opening.files;
    let asked = [0, files.len() / 2, files.len() - 1];
    asked.iter().any(|&i| {
        let Ok(data) = FileBytes::open(&files[i].path) else { return false };
        guarded(|| images(&data, opening.options)).is_ok_and(|images| images > 1)
    })
}

/// Images in a file, at a smaller cost than opening it where it has one page that nobody describes.
fn images(data: &dyn ReadAt, options: &OpenOptions) -> Result<usize, String> {
    let header = Header::read(data)?;
    let chain = chain(data, header, options.stored_orientation)?;
    let one = chain.frames.len() == 1 && !Ifd::read(data, header, chain.frames[0].at)?.has(tag::DESCRIPTION);
    if one { Ok(1) } else { examine(data, options).map(|opened| opened.spec().1) }
}

#[derive(Debug)]
struct Part {
    path: PathBuf,
    name: String,
    bytes: u64,
    /// The first frame of the file.
    first: usize,
    frames: usize,
    /// `None` for a file that cannot be opened; it counts as one failed frame.
    opened: Option<Opened>,
}

/// See the module's page.
#[derive(Debug)]
pub(super) struct Stacks {
    info: SourceInfo,
    parts: Vec<Part>,
    /// Frames known to be bad.
    bad: HashMap<usize, String>,
    what_is: WhatIs,
}

impl Stacks {
    /// Opens all files; the size, type and colour of most of their frames are those of the recording.
    pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
        let Opening { path, name, files, options, what_is } = *opening;
        let mut bad = HashMap::new();
        let mut parts: Vec<Part> = Vec::with_capacity(files.len());
        for file in files {
            let first = parts.last().map_or(0, |part| part.first + part.frames);
            let opened = open_file(file, what_is).and_then(|data| guarded(|| examine(&data, options)));
            let opened = match opened {
                Ok(opened) => Some(opened),
                Err(reason) => {
                    bad.insert(first, reason);
                    None
                }
            };
            let frames = opened.as_ref().map_or(1, |opened| opened.spec().1);
            let FileEntry { path, name, bytes } = file.clone();
            parts.push(Part { path, name, bytes, first, frames, opened });
        }
        let Some(chosen) = most_common(&parts) else {
            let reason = bad.remove(&0).unwrap_or_default();
            let (count, name) = (files.len(), files[0].name.clone());
            return Err(OpenError::NoneDecodable { path: path.to_path_buf(), count, name, reason });
        };
        let refuse = |reason| OpenError::Bad { path: path.to_path_buf(), reason };
        let (mut spec, stated) = {
            let opened = parts[chosen].opened.as_ref().ok_or_else(|| refuse(String::new()))?;
            (opened.spec().0.clone(), opened.stated())
        };
        spec.dtype = common_type(&parts, chosen).map_err(refuse)?.unwrap_or(spec.dtype);
        let mut notes = numbering_notes(files.iter().map(|f| f.name.as_str()));
        notes.push(format!(
            "{} files follow each other in time; the first has {} frames.",
            files.len(),
            parts[0].frames
        ));
        notes.append(&mut spec.notes);
        for part in &mut parts {
            let Some(opened) = &mut part.opened else { continue };
            let first = part.first;
            if let Some(reason) = opened.differs_from(&spec) {
                bad.extend((first..first + part.frames).map(|frame| (frame, reason.clone())));
            } else {
                bad.extend(opened.take_faults().into_iter().map(|(frame, reason)| (first + frame, reason)));
            }
            for note in
                opened.spec().0.notes.iter().filter(|note| !notes.contains(note)).cloned().collect::<Vec<_>>()
            {
                notes.push(format!("{}: {note}", part.name));
            }
            opened.become_part_of(&spec);
        }
        let frames = parts.last().map_or(0, |part| part.first + part.frames);
        // Times of one file say nothing of the others.
        let time = match stated.0 {
            TimeAxis::Explicit(_) => {
                notes.push(
                    "The files give times of their own frames; the rate of all of them is not set."
                        .to_owned(),
                );
                TimeAxis::NotSet
            }
            time => time,
        };
        let mut info = SourceInfo {
            name: name.to_owned(),
            path: path.to_path_buf(),
            bytes_on_disk: files.iter().map(|f| f.bytes).sum(),
            time,
            pixel_size: stated.1,
            ..SourceInfo::of(&spec, "TIFF pages", frames)
        };
        info.notes = notes;
        let source = Self { info, parts, bad, what_is };
        Ok(Box::new(source.with_faults()))
    }

    fn with_faults(mut self) -> Self {
        let mut faults: Vec<FrameFault> = self
            .bad
            .iter()
            .map(|(&frame, reason)| {
                let file = self.part(frame).map(|part| part.path.clone());
                FrameFault { file, frame, reason: reason.clone() }
            })
            .collect();
        faults.sort_by_key(|fault| fault.frame);
        if let Some(first) = faults.first() {
            let note = format!(
                "{} of {} frames are not like most or damaged and count as failed frames; the first: {first}.",
                faults.len(),
                self.info.frames
            );
            self.info.notes.push(note);
        }
        self.info.faults = faults;
        self
    }

    fn part(&self, frame: usize) -> Option<&Part> {
        let i = self.parts.partition_point(|part| part.first + part.frames <= frame);
        self.parts.get(i)
    }
}

fn open_file(file: &FileEntry, what_is: WhatIs) -> Result<FileBytes, String> {
    open_path(&file.path, what_is)
}

fn open_path(path: &Path, what_is: WhatIs) -> Result<FileBytes, String> {
    let data = FileBytes::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    super::FORMAT.check_named(&data, what_is).map(|()| data)
}

/// The file whose look most frames have; the earliest where several are equal.
fn most_common(parts: &[Part]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (i, part) in parts.iter().enumerate() {
        let Some(opened) = &part.opened else { continue };
        let alike = |other: &&Part| other.opened.as_ref().is_some_and(|other| other.is_like(opened));
        // One count for each kind, at its first file.
        if parts[..i].iter().any(|other| alike(&other)) {
            continue;
        }
        let frames = parts[i..].iter().filter(alike).map(|part| part.frames).sum();
        if best.is_none_or(|(_, most)| frames > most) {
            best = Some((i, frames));
        }
    }
    best.map(|(i, _)| i)
}

/// The type that holds the 64-bit integers of all files; `None` where there are none.
fn common_type(parts: &[Part], chosen: usize) -> Result<Option<blitz_core::DType>, String> {
    let range = |part: &Part| part.opened.as_ref().and_then(Opened::range);
    if range(&parts[chosen]).is_none() {
        return Ok(None);
    }
    parts.iter().filter_map(range).fold(WideRange::EMPTY, WideRange::merge).dtype().map(Some)
}

impl FrameCatalog for Stacks {
    fn meta(&self, frame: usize) -> FrameMeta {
        let part = self.part(frame);
        FrameMeta {
            name: part.map_or_else(String::new, |part| {
                if part.frames > 1 {
                    format!("{}-{}", part.name, frame - part.first)
                } else {
                    part.name.clone()
                }
            }),
            file: part.map(|part| part.path.clone()),
            file_bytes: part.map_or(0, |part| part.bytes),
            container_bits: self.info.container_bits,
            color_model: self.info.color_model,
        }
    }
}

impl FrameSource for Stacks {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        let part = self.part(frame);
        let fault = |reason| FrameFault { file: part.map(|part| part.path.clone()), frame, reason };
        if let Some(reason) = self.bad.get(&frame) {
            return Err(fault(reason.clone()));
        }
        let Some((part, opened)) = part.and_then(|part| Some((part, part.opened.as_ref()?))) else {
            return Err(fault(format!("the recording has {} frames", self.info.frames)));
        };
        open_path(&part.path, self.what_is)
            .and_then(|data| guarded(|| opened.decode(&data, frame - part.first, out)))
            .map_err(fault)
    }
}
