//! A series of files with one frame each.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{FrameCatalog, FrameFault, FrameMeta, Samples, SamplesMut};

use crate::OpenError;
use crate::facts::Facts;
use crate::followed::Followed;
use crate::format::contract::{Codec, Format, Head, ImageSpec, Opening, WhatIs, guarded};
use crate::in_parallel::in_parallel;
use crate::majority::{Majority, most};
use crate::parts::Parts;
use crate::read_at::{Begun, FileBytes};
use crate::scan::FileEntry;
use crate::source::{
    FrameSource, Growing, Grown, LumaInfo, LumaRange, OpenOptions, SourceInfo, assert_fits, assert_rows_fit,
    copy_rows,
};

/// Headers that are read to find out what most files are: all of them, but for very long series.
const HEADERS: usize = 4096;
/// Files that are decoded for it where a header does not tell.
const DECODED: usize = 16;

/// Frames in files of their own, all of one format, in natural order.
#[derive(Debug)]
pub(crate) struct Series {
    info: SourceInfo,
    spec: ImageSpec,
    format: &'static Format,
    codec: Box<dyn Codec>,
    files: Followed,
    limit: u64,
    what_is: WhatIs,
}

impl Series {
    /// Opens sorted files. What most of them are, by their headers or by a spread sample, sets shape, type and colour
    /// model; one of those is decoded. Files with several frames follow each other in time.
    pub(crate) fn open(
        opening: &Opening<'_>,
        format: &'static Format,
        codec: Box<dyn Codec>,
    ) -> Result<Box<dyn FrameSource>, OpenError> {
        let Opening { path, files, options, what_is, .. } = *opening;
        let look = |i: usize| look(&files[i], format, codec.as_ref(), options, what_is);
        let looks = Looks::take(files, options, &look);
        if options.cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        if looks.has_several_frames(opening, format) {
            return Parts::open(opening, format);
        }
        let mut faults: Vec<FrameFault> = Vec::new();
        let mut fault = |frame: usize, reason: String| {
            faults.push(FrameFault { file: Some(files[frame].path.clone()), frame, reason });
        };
        let heads: Vec<(usize, Head)> =
            looks.of.iter().filter_map(|(i, look)| Some((*i, look.as_ref().ok()?.head))).collect();
        let mut found: Option<(Majority, ImageSpec)> = None;
        for majority in most(heads.iter().map(|(i, head)| (*i, *head, 1)), Head::is_like) {
            let probe = |i: usize| {
                stopped(options)?;
                let data = open_checked(&files[i].path, format, what_is)?;
                guarded(|| codec.probe(&data, options))
            };
            if let Some(spec) = usual(&majority, &looks, probe, &mut fault) {
                found = Some((majority, spec));
                break;
            }
        }
        // A series too long to look at all of it may still hold a readable frame.
        if found.is_none() && looks.of.len() < files.len() {
            let looked_at: HashSet<usize> = looks.of.iter().map(|(i, _)| *i).collect();
            for i in (0..files.len()).filter(|i| !looked_at.contains(i)) {
                let data = stopped(options).and_then(|()| open_checked(&files[i].path, format, what_is));
                match data.and_then(|data| guarded(|| codec.probe(&data, options))) {
                    Ok(spec) => {
                        found = Some((Majority::one(i), spec));
                        break;
                    }
                    Err(reason) => fault(i, reason),
                }
            }
        }
        if options.cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        for (i, look) in &looks.of {
            if let Err(reason) = look {
                fault(*i, reason.clone());
            }
        }
        let Some((majority, spec)) = found else {
            faults.sort_by_key(|fault| fault.frame);
            return Err(none_decodable(opening, &faults));
        };
        let spec = codec
            .unify(spec, files, &|i| open_file(&files[i]))
            .map_err(|reason| OpenError::Bad { path: path.to_path_buf(), reason })?;
        let mut notes = spec.notes.clone();
        let sample = looks.sample_text(files.len());
        let mut odd = 0;
        if let Some((_, usual)) = heads.iter().find(|(i, _)| *i == majority.first) {
            for (i, head) in &heads {
                if let Some(reason) = head.differs_from(usual) {
                    odd += 1;
                    fault(*i, reason);
                }
            }
        }
        faults.sort_by_key(|fault| fault.frame);
        faults.dedup_by_key(|fault| fault.frame);
        notes.extend(majority.note(odd, &sample));
        notes.extend(turned(files, &heads, options));
        if let Some(first) = faults.first() {
            notes.push(format!("{} of {sample} count as failed frames; the first: {first}.", faults.len()));
        }
        let info = SourceInfo {
            name: opening.name.to_owned(),
            path: path.to_path_buf(),
            bytes_on_disk: files.iter().map(|f| f.bytes).sum(),
            notes,
            faults,
            ..SourceInfo::of(&spec, codec.series_name(), files.len())
        };
        let (limit, grain) = (options.max_frame_bytes, format.grain);
        let files = Followed::new(opening);
        let info = SourceInfo { grain, may_grow: files.may_grow(), ..info };
        Ok(Box::new(Self { info, spec, format, codec, files, limit, what_is }))
    }
}

/// What one file was found to be.
struct Look {
    head: Head,
    /// Where finding out took a decode.
    spec: Option<ImageSpec>,
}

fn look(
    file: &FileEntry,
    format: &Format,
    codec: &dyn Codec,
    options: &OpenOptions,
    what_is: WhatIs,
) -> Result<Look, String> {
    stopped(options)?;
    let data = open_checked(&file.path, format, what_is)?;
    guarded(|| {
        if let Some(head) = codec.head(&data, options) {
            return Ok(Look { head: head?, spec: None });
        }
        let spec = codec.probe(&data, options)?;
        Ok(Look { head: Head::of(&spec), spec: Some(spec) })
    })
}

/// Ends what is done for each of many files once the opening is to be stopped.
fn stopped(options: &OpenOptions) -> Result<(), String> {
    if options.cancel.is_cancelled() { Err(OpenError::Cancelled.to_string()) } else { Ok(()) }
}

/// What the files that were looked at are.
struct Looks {
    of: Vec<(usize, Result<Look, String>)>,
}

impl Looks {
    /// Looks at all files, or at a spread part of them where that would take long.
    fn take(
        files: &[FileEntry],
        options: &OpenOptions,
        look: &(dyn Fn(usize) -> Result<Look, String> + Sync),
    ) -> Self {
        let first = look(0);
        // The first one that is not damaged tells what looking costs.
        let is_cheap = match &first {
            Ok(look) => look.spec.is_none(),
            Err(_) => {
                (1..files.len().min(DECODED)).find_map(|i| look(i).ok()).is_none_or(|l| l.spec.is_none())
            }
        };
        let mut chosen = spread(files.len(), if is_cheap { HEADERS } else { DECODED });
        chosen.extend(much_larger(files));
        chosen.retain(|&i| i != 0);
        chosen.sort_unstable();
        chosen.dedup();
        options.progress.start("reading headers", chosen.len() as u64);
        let looks = in_parallel(chosen.len(), |k| {
            options.progress.advance(1);
            look(chosen[k])
        });
        let mut of = vec![(0, first)];
        of.extend(chosen.into_iter().zip(looks));
        Self { of }
    }

    /// Whether any file holds more than one frame.
    fn has_several_frames(&self, opening: &Opening<'_>, format: &Format) -> bool {
        /// Files that a codec of one frame refuses, tried as recordings of their own.
        const TRIED: usize = 8;
        if opening.files.len() < 2 {
            return false;
        }
        if self.of.iter().any(|(_, look)| look.as_ref().is_ok_and(|look| look.head.frames > 1)) {
            return true;
        }
        let refused: Vec<usize> = self.of.iter().filter(|(_, look)| look.is_err()).map(|(i, _)| *i).collect();
        spread(refused.len(), TRIED).into_iter().any(|k| {
            let files = Arc::from([opening.files[refused[k]].clone()]);
            (format.open)(&Opening { files: &files, ..*opening }).is_ok_and(|source| source.info().frames > 1)
        })
    }

    fn sample_text(&self, files: usize) -> String {
        if self.of.len() == files {
            format!("{files} files")
        } else {
            format!("the {} of {files} files looked at", self.of.len())
        }
    }

    fn spec(&self, i: usize) -> Option<&ImageSpec> {
        self.of.iter().find(|(k, _)| *k == i)?.1.as_ref().ok()?.spec.as_ref()
    }
}

/// What most frames of a majority are: where headers leave it open whether alpha is dropped, by a spread sample.
fn usual(
    majority: &Majority,
    looks: &Looks,
    mut probe: impl FnMut(usize) -> Result<ImageSpec, String>,
    fault: &mut impl FnMut(usize, String),
) -> Option<ImageSpec> {
    /// Frames that are decoded to find out.
    const TRIED: usize = 7;
    if let Some(spec) = looks.spec(majority.first) {
        return Some(spec.clone());
    }
    let has_alpha = looks
        .of
        .iter()
        .any(|(i, look)| *i == majority.first && look.as_ref().is_ok_and(|look| look.head.has_alpha));
    let mut specs: Vec<(usize, ImageSpec)> = Vec::new();
    if has_alpha {
        for k in spread(majority.members.len(), TRIED) {
            match probe(majority.members[k]) {
                Ok(spec) => specs.push((majority.members[k], spec)),
                Err(reason) => fault(majority.members[k], reason),
            }
        }
        let found = most(specs.iter().map(|(i, spec)| (*i, spec, 1)), |a, b| a.frame == b.frame);
        if let Some(first) = found.first().map(|group| group.first) {
            return specs.into_iter().find(|(i, _)| *i == first).map(|(_, spec)| spec);
        }
    }
    for &i in &majority.members {
        match probe(i) {
            Ok(spec) => return Some(spec),
            Err(reason) => fault(i, reason),
        }
    }
    None
}

/// `most` places among `count`, the first and the last among them.
pub(crate) fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|k| k * (count - 1) / (most - 1).max(1)).collect()
}

/// Files so much larger than the others that they may hold several frames; the largest of them.
fn much_larger(files: &[FileEntry]) -> Vec<usize> {
    const TAKEN: usize = 8;
    let mut sizes: Vec<u64> = files.iter().map(|f| f.bytes).collect();
    let middle = sizes.len() / 2;
    let usual = *sizes.select_nth_unstable(middle).1;
    let mut larger: Vec<usize> =
        (0..files.len()).filter(|&i| files[i].bytes > usual.saturating_add(usual / 2)).collect();
    larger.sort_by_key(|&i| std::cmp::Reverse(files[i].bytes));
    larger.truncate(TAKEN);
    larger
}

/// Says which pictures are turned because they ask for it.
fn turned(files: &[FileEntry], heads: &[(usize, Head)], options: &OpenOptions) -> Option<String> {
    let turned: Vec<&(usize, Head)> = heads.iter().filter(|(_, head)| !head.turn.is_identity()).collect();
    let (first, head) = turned.first()?;
    let what = head.turn.describe();
    let is_same = turned.iter().all(|(_, other)| other.turn == head.turn);
    let which = if turned.len() == heads.len() && is_same {
        format!("Pictures are to be {what}, as their files ask for (EXIF)")
    } else {
        let others = if is_same { "" } else { ", others otherwise" };
        format!(
            "{} of {} pictures are to be turned as their files ask for (EXIF), {} is to be {what}{others}",
            turned.len(),
            heads.len(),
            files[*first].name
        )
    };
    Some(if options.stored_orientation {
        format!("{which}; they are kept as they are stored.")
    } else {
        format!("{which}, and stand so (--orientation stored leaves them).")
    })
}

fn open_file(file: &FileEntry) -> Result<FileBytes, String> {
    FileBytes::open(&file.path).map_err(|e| format!("cannot be read: {e}"))
}

/// Opens a file of `format`. What small files hold is read at once: each question to the system costs as much as
/// reading some of them.
fn open_checked(path: &Path, format: &Format, what_is: WhatIs) -> Result<Begun, String> {
    let data = Begun::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    format.check_named(&data, what_is).map(|()| data)
}

/// Why none of several files can be read.
pub(crate) fn none_decodable(opening: &Opening<'_>, faults: &[FrameFault]) -> OpenError {
    let reason = faults.first().map_or_else(String::new, |fault| fault.reason.clone());
    match &opening.files[..] {
        [file] => OpenError::Bad { path: file.path.clone(), reason },
        files => OpenError::NoneDecodable {
            path: opening.path.to_path_buf(),
            count: files.len(),
            name: files.first().map_or_else(String::new, |f| f.name.clone()),
            reason,
        },
    }
}

impl Series {
    /// Lets `decode` read the file of a frame.
    fn read(
        &self,
        frame: usize,
        decode: impl FnOnce(&Begun) -> Result<(), String>,
    ) -> Result<(), FrameFault> {
        let fault = |file: Option<PathBuf>, reason| FrameFault { file, frame, reason };
        let none = || fault(None, format!("the recording has {} frames", self.files.len()));
        let path = self.files.with(frame, |file| file.path.clone()).ok_or_else(none)?;
        open_checked(&path, self.format, self.what_is)
            .and_then(|data| guarded(|| decode(&data)))
            .map_err(|reason| fault(Some(path), reason))
    }
}

impl FrameCatalog for Series {
    fn meta(&self, frame: usize) -> FrameMeta {
        let of_file = |file: &FileEntry| FrameMeta {
            name: file.name.clone(),
            number: file.number.clone(),
            file: Some(file.path.clone()),
            file_bytes: file.bytes,
            file_written: file.modified,
            ..FrameMeta::default()
        };
        FrameMeta {
            container_bits: self.info.container_bits,
            color_model: self.info.color_model.clone(),
            ..self.files.with(frame, of_file).unwrap_or_default()
        }
    }

    fn t0_frame(&self) -> i64 {
        self.info.t0_frame
    }

    fn counts(&self) -> Option<&[f64]> {
        self.info.counts.as_deref()
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
        self.read(frame, |data| self.codec.decode(data, &self.spec, self.limit, out))
    }

    fn decode_rows(
        &self,
        frame: usize,
        rows: Range<usize>,
        mut out: SamplesMut<'_>,
    ) -> Result<(), FrameFault> {
        assert_rows_fit(&self.info, &rows, &out);
        self.read(frame, |data| {
            let (spec, limit) = (&self.spec, self.limit);
            if let Some(read) = self.codec.decode_rows(data, spec, limit, rows.clone(), &mut out) {
                return read;
            }
            let mut whole = Samples::zeros(spec.dtype, spec.frame.samples());
            self.codec.decode(data, spec, limit, whole.as_mut())?;
            copy_rows(whole.as_ref(), spec.frame, rows, out);
            Ok(())
        })
    }

    fn luma(&self) -> Option<LumaInfo> {
        let luma = LumaInfo { dtype: self.info.dtype, bits: self.info.container_bits, full_range: true };
        self.codec.has_luma(&self.spec).then_some(luma)
    }

    fn decode_luma(&self, frame: usize, _range: LumaRange, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_eq!(out.len(), self.info.frame.pixels(), "one sample per pixel");
        self.read(frame, |data| self.codec.decode_luma(data, &self.spec, self.limit, out))
    }

    fn facts(&self, frame: usize) -> Facts {
        let Some(path) = self.files.with(frame, |file| file.path.clone()) else { return Facts::new() };
        open_checked(&path, self.format, self.what_is)
            .and_then(|data| guarded(|| Ok(self.codec.facts(&data))))
            .unwrap_or_default()
    }

    fn decoder(&self) -> String {
        self.codec.decoder().to_owned()
    }

    fn growing(&self) -> Option<&dyn Growing> {
        self.files.may_grow().then_some(self)
    }
}

impl Growing for Series {
    fn look(&self) -> Result<Grown, String> {
        self.files.look()
    }

    fn is_settled(&self, frame: usize) -> bool {
        self.files.is_settled(frame)
    }
}
