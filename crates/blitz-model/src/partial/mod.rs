//! Partial results as values: a shard of a reduction, of curves or of a histogram that was written to a file, read on any machine, and
//! joined with the others to the bits of the whole.
//!
//! A [`Partial`] says which recording it is of, by which recipe, and which frames it covers; [`Partial::merge`]
//! refuses by name what does not fit. `file.rs` has the bytes.

mod checksum;
mod curves;
mod file;
mod identity;

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use blitz_core::{DType, FrameFault, FrameShape, Stack};
use blitz_kernels::{Histogram, Histories, Reducer};
use thiserror::Error;

pub use curves::JoinedCurves;

use crate::evaluate::{Coverage, Gathered, Picture, histories_pictures, moments_pictures};
use crate::recipe::{Recipe, Reduction};
use crate::table::CurveTable;

/// Why a partial result cannot be made, read, merged or finished.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}: {reason}")]
pub struct PartialError {
    /// The file, or the recording.
    pub name: String,
    /// What was found and what was expected.
    pub reason: String,
}

impl PartialError {
    fn new(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), reason: reason.into() }
    }
}

/// What a partial result is a part of.
#[derive(Clone, Debug, PartialEq)]
pub enum Whole {
    /// A reduction of frames to one picture per method.
    Reduction(Reduction),
    /// Curves of zones over frames, as a table.
    Curves,
    /// The distribution of all values.
    Histogram,
}

impl Whole {
    /// In words.
    fn name(&self) -> &'static str {
        match self {
            Self::Reduction(_) => "a reduction",
            Self::Curves => "curves",
            Self::Histogram => "a histogram",
        }
    }
}

/// What a partial result is of. All parts of one result have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Name of the recording.
    recording: String,
    /// 128 bits over names, sizes and ends of its files.
    identity: String,
    /// Frames of the source, and of the stack that the recipe loads.
    source_frames: usize,
    stack_frames: usize,
    /// Shape of a frame before geometry.
    shape: FrameShape,
    /// Element type of the source.
    dtype: DType,
    /// The recipe with its reduction or its zones, as TOML.
    recipe: String,
    /// Of curves, the columns of their table; none of a reduction.
    columns: Vec<String>,
    /// Whether it is a part of a histogram.
    histogram: bool,
    /// Files and folders that the recipe names, as it names them, each with 128 bits over what it holds.
    named: Vec<(String, String)>,
    /// The frames of the whole result: stack frames rounded to blocks, and in words as source frames.
    selection: Range<usize>,
    selected: String,
}

/// Frames in a row, and what there is of them: moments of a reduction, or rows of a table.
#[derive(Clone, Debug)]
struct Run {
    frames: Range<usize>,
    moments: Option<Reducer>,
    rows: Vec<f64>,
}

/// A part of a reduction's result, or of curves.
#[derive(Clone, Debug)]
pub struct Partial {
    subject: Subject,
    /// Ascending, apart from each other.
    runs: Vec<Run>,
    histories: Option<Histories>,
    histogram: Option<Histogram>,
    used: usize,
    failed: Vec<FrameFault>,
    /// How many frames have no whole window.
    no_window: usize,
}

impl Partial {
    /// What a shard gathered of the reduction of `recipe` on `stack`, or of its histogram; `selected` says in words which frames the
    /// whole reduction takes.
    ///
    /// # Errors
    /// If the recording's files or those that the recipe names cannot be read, or frames are not loaded yet.
    pub fn new(
        stack: &Stack,
        recipe: &Recipe,
        selected: &str,
        gathered: Gathered,
    ) -> Result<Self, PartialError> {
        Self::of_shard(stack, recipe, selected, gathered, Vec::new(), Vec::new())
    }

    /// What a shard has of curves, `table`: their rows for the frames that `share` covers, which is a shard of a
    /// reduction by no method.
    ///
    /// # Errors
    /// As [`Partial::new`].
    pub fn of_curves(
        stack: &Stack,
        recipe: &Recipe,
        selected: &str,
        share: Gathered,
        table: &CurveTable<'_>,
    ) -> Result<Self, PartialError> {
        let share = Gathered { coverage: table.curves.coverage.clone(), ..share };
        Self::of_shard(stack, recipe, selected, share, table.headers(), table.values())
    }

    fn of_shard(
        stack: &Stack,
        recipe: &Recipe,
        selected: &str,
        gathered: Gathered,
        columns: Vec<String>,
        rows: Vec<f64>,
    ) -> Result<Self, PartialError> {
        let unread = |(file, error): (PathBuf, io::Error)| {
            PartialError::new(&file.display().to_string(), error.to_string())
        };
        let identity = identity::identity(stack).map_err(unread)?;
        let contents =
            recipe.files().iter().map(|path| identity::contents(path)).collect::<Result<Vec<_>, _>>();
        let named = names(recipe).into_iter().zip(contents.map_err(unread)?).collect();
        let Gathered { selection, covered, shape, moments, histories, histogram, coverage } = gathered;
        if !coverage.is_final() {
            let reason = format!("{} frames are not loaded yet", coverage.pending);
            return Err(PartialError::new(&stack.name, reason));
        }
        let subject = Subject {
            recording: stack.name.clone(),
            identity,
            source_frames: stack.source_frames,
            stack_frames: stack.shape().frames,
            shape,
            dtype: stack.dtype(),
            recipe: recipe.to_toml(),
            columns,
            histogram: histogram.is_some(),
            named,
            selection,
            selected: selected.to_owned(),
        };
        let run = (!covered.is_empty()).then_some(Run { frames: covered, moments, rows });
        Ok(Self {
            subject,
            runs: run.into_iter().collect(),
            histories,
            histogram,
            used: coverage.used,
            failed: coverage.failed.iter().map(|fault| fault.as_ref().clone()).collect(),
            no_window: coverage.no_window,
        })
    }

    /// Name of the recording.
    pub fn recording(&self) -> &str {
        &self.subject.recording
    }

    /// The frames of the whole result in words: `frames 0–99 (100 frames)`.
    pub fn selected(&self) -> &str {
        &self.subject.selected
    }

    /// The frames that it covers, as stack frames rounded to blocks.
    pub fn covered(&self) -> Vec<Range<usize>> {
        self.runs.iter().map(|run| run.frames.clone()).collect()
    }

    /// Frames that failed.
    pub fn failed(&self) -> &[FrameFault] {
        &self.failed
    }

    /// How many frames have no value because they have no whole window.
    pub fn no_window(&self) -> usize {
        self.no_window
    }

    /// Frames that were used.
    pub fn used(&self) -> usize {
        self.used
    }

    /// What it is a part of.
    ///
    /// # Errors
    /// If the recipe in it cannot be read or has no reduction, which only a file of another program can bring about.
    pub fn whole(&self) -> Result<Whole, PartialError> {
        let Subject { recording, columns, histogram, .. } = &self.subject;
        whole(recording, &self.recipe()?, columns, *histogram)
    }

    /// The recipe that it is of.
    ///
    /// # Errors
    /// If it cannot be read, which only a file of another program can bring about.
    pub fn recipe(&self) -> Result<Recipe, PartialError> {
        recipe_of(&self.subject.recording, &self.subject.recipe)
    }

    /// Joins parts, each with the name that messages call it by, in any order. Any grouping of merges gives the same
    /// bits in the end; gaps may be left for later.
    ///
    /// # Errors
    /// If there is no part, or one is of another recording or recipe than the first, or two cover the same frames.
    pub fn merge(parts: Vec<(String, Self)>) -> Result<Self, PartialError> {
        let mut parts = parts.into_iter();
        let Some((first_name, mut all)) = parts.next() else {
            return Err(PartialError::new("merge", "no partial result given"));
        };
        let mut runs: Vec<(String, Run)> =
            std::mem::take(&mut all.runs).into_iter().map(|run| (first_name.clone(), run)).collect();
        for (name, part) in parts {
            if let Some(reason) = all.subject.difference(&part.subject, &first_name) {
                return Err(PartialError::new(&name, reason));
            }
            for run in &part.runs {
                let twice = runs.iter().find(|(_, other)| {
                    run.frames.start < other.frames.end && other.frames.start < run.frames.end
                });
                if let Some((other, overlap)) = twice {
                    let reason = format!(
                        "frames {} are in {other} already; give each part once",
                        inclusive(
                            &(run.frames.start.max(overlap.frames.start)
                                ..run.frames.end.min(overlap.frames.end))
                        )
                    );
                    return Err(PartialError::new(&name, reason));
                }
            }
            match (&mut all.histories, &part.histories) {
                (Some(mine), Some(theirs)) => {
                    mine.merge(theirs).map_err(|reason| PartialError::new(&name, reason))?;
                }
                (mine, theirs) => *mine = mine.take().or_else(|| theirs.clone()),
            }
            match (&mut all.histogram, &part.histogram) {
                (Some(mine), Some(theirs)) if mine.is_like(theirs) => mine.merge(theirs),
                (None, None) => {}
                _ => return Err(PartialError::new(&name, "a histogram of other values")),
            }
            runs.extend(part.runs.into_iter().map(|run| (name.clone(), run)));
            all.used += part.used;
            all.failed.extend(part.failed);
            all.no_window += part.no_window;
        }
        runs.sort_by_key(|(_, run)| run.frames.start);
        for (name, run) in runs {
            match all.runs.last_mut() {
                Some(last) if last.frames.end == run.frames.start => last.append(run, &name)?,
                _ => all.runs.push(run),
            }
        }
        // Windows of two parts may look at the same frame.
        all.failed.sort_by_key(|fault| fault.frame);
        all.failed.dedup_by_key(|fault| fault.frame);
        Ok(all)
    }

    /// Refuses gaps.
    fn check_complete(&self) -> Result<(), PartialError> {
        let mut at = self.subject.selection.start;
        let mut gaps = Vec::new();
        let ends = std::iter::once(self.subject.selection.end);
        let starts = self.runs.iter().map(|run| run.frames.start).chain(ends);
        for (i, start) in starts.enumerate() {
            if at < start {
                gaps.push(inclusive(&(at..start)));
            }
            at = self.runs.get(i).map_or(at, |run| run.frames.end);
        }
        if gaps.is_empty() {
            return Ok(());
        }
        let frames = self.subject.stack_frames;
        let gaps = gaps.join(", ");
        let reason = format!("frames {gaps} (of {frames}) are missing; give the shards that cover them");
        Err(PartialError::new(&self.subject.recording, reason))
    }

    /// The curves: all rows of their table.
    ///
    /// # Errors
    /// If frames are missing, or it is a part of a reduction.
    pub fn finish_curves(&self) -> Result<JoinedCurves, PartialError> {
        if self.whole()? != Whole::Curves {
            let reason = format!("{} found, curves expected", self.whole()?.name());
            return Err(PartialError::new(&self.subject.recording, reason));
        }
        self.check_complete()?;
        let values = self.runs.iter().flat_map(|run| &run.rows).copied().collect();
        Ok(JoinedCurves { columns: self.subject.columns.clone(), values })
    }

    /// The distribution of all values.
    ///
    /// # Errors
    /// If frames are missing, or it is a part of something else.
    pub fn finish_histogram(&self) -> Result<&Histogram, PartialError> {
        let found = self.whole()?.name();
        let none =
            || PartialError::new(&self.subject.recording, format!("{found} found, a histogram expected"));
        let histogram = self.histogram.as_ref().ok_or_else(none)?;
        self.check_complete()?;
        Ok(histogram)
    }

    /// The reduction: one picture per method.
    ///
    /// # Errors
    /// If frames are missing, none could be read, or it is a part of curves.
    pub fn finish(&self) -> Result<Vec<Picture>, PartialError> {
        let fault = |reason: String| PartialError::new(&self.subject.recording, reason);
        let recipe = self.recipe()?;
        let Whole::Reduction(Reduction { methods, ddof, .. }) = self.whole()? else {
            return Err(fault(format!("{} found, a reduction expected", self.whole()?.name())));
        };
        self.check_complete()?;
        if self.used == 0 {
            let why = self.failed.first().map_or_else(String::new, |fault| format!(": {fault}"));
            return Err(fault(format!("none of the frames could be read{why}")));
        }
        let coverage = Coverage {
            used: self.used,
            pending: 0,
            failed: self.failed.iter().cloned().map(Arc::new).collect(),
            no_window: self.no_window,
            first_without: None,
        };
        let shape = self.subject.shape;
        let mut pictures: Vec<Option<Picture>> = vec![None; methods.len()];
        if let Some(reducer) = self.runs.first().and_then(|run| run.moments.as_ref()) {
            for (slot, picture) in moments_pictures(reducer, &methods, ddof, shape, &coverage) {
                pictures[slot] = Some(picture);
            }
        }
        if let Some(histories) = &self.histories {
            for (slot, picture) in histories_pictures(histories, &methods, shape, &coverage) {
                pictures[slot] = Some(picture);
            }
        }
        let pictures: Vec<Picture> =
            pictures.into_iter().flatten().map(|picture| picture.turned(recipe.geometry)).collect();
        if pictures.len() < methods.len() {
            return Err(fault("the partial result lacks what its methods need".into()));
        }
        Ok(pictures)
    }
}

impl Run {
    /// Adds the frames that follow.
    fn append(&mut self, later: Self, name: &str) -> Result<(), PartialError> {
        match (&mut self.moments, later.moments) {
            (Some(mine), Some(theirs)) => {
                if let Some(reason) = mine.fault_of_merge(&theirs) {
                    return Err(PartialError::new(name, reason));
                }
                mine.merge(&theirs);
            }
            (mine, theirs) => *mine = mine.take().or(theirs),
        }
        self.rows.extend(later.rows);
        self.frames.end = later.frames.end;
        Ok(())
    }
}

impl Subject {
    /// How another subject differs, in words; `None` if it is the same.
    fn difference(&self, other: &Self, first: &str) -> Option<String> {
        let source = |s: &Self| {
            let FrameShape { height, width, channels } = s.shape;
            let frames = s.source_frames;
            format!("'{}' ({frames} frames of {width}×{height}×{channels} {})", s.recording, s.dtype)
        };
        let place = |s: &Self| (s.source_frames, s.shape, s.dtype, s.identity.clone());
        if place(self) != place(other) {
            let same = source(self) == source(other);
            let digest =
                |s: &Self| if same { format!(", fingerprint {}", s.identity) } else { String::new() };
            return Some(format!(
                "another recording: {}{} found, {}{} expected as in {first}",
                source(other),
                digest(other),
                source(self),
                digest(self)
            ));
        }
        let whole = |s: &Self| match (s.histogram, s.columns.is_empty()) {
            (true, _) => "a part of a histogram",
            (false, true) => "a part of a reduction",
            (false, false) => "a part of curves",
        };
        if whole(self) != whole(other) {
            return Some(format!("{} found, {} expected as in {first}", whole(other), whole(self)));
        }
        let lines = |s: &Self| s.recipe.lines().map(str::to_owned).collect::<Vec<_>>();
        let (mine, theirs) = (lines(self), lines(other));
        if mine != theirs {
            // Heads of tables say less than what stands in them.
            let differs = |a: &[String], b: &[String]| {
                a.iter().find(|line| !line.starts_with('[') && !b.contains(line)).cloned()
            };
            let line = |line: Option<String>| line.unwrap_or_else(|| "nothing".to_owned());
            return Some(format!(
                "another recipe: '{}' found, '{}' expected as in {first}",
                line(differs(&theirs, &mine)),
                line(differs(&mine, &theirs))
            ));
        }
        if self.columns != other.columns {
            let columns = |s: &Self| s.columns.join(",");
            let (found, expected) = (columns(other), columns(self));
            return Some(format!("other columns: {found} found, {expected} expected as in {first}"));
        }
        let mut named = self.named.iter().zip(&other.named);
        if let Some(((name, mine), (_, theirs))) = named.find(|(mine, theirs)| mine != theirs) {
            return Some(format!(
                "made with another content of {name}: fingerprint {theirs} found, {mine} expected as in {first}; make \
                 all parts with one"
            ));
        }
        let frames = |s: &Self| (s.stack_frames, s.selection.clone());
        (frames(self) != frames(other)).then(|| {
            format!("other frames: {} found, {} expected as in {first}", other.selected, self.selected)
        })
    }
}

/// The recipe of a partial result that messages call `name`.
fn recipe_of(name: &str, toml: &str) -> Result<Recipe, PartialError> {
    Recipe::from_toml(toml)
        .map_err(|error| PartialError::new(name, format!("the recipe in the partial result: {error}")))
}

/// What a partial result with that recipe, those columns, or a histogram is a part of.
fn whole(name: &str, recipe: &Recipe, columns: &[String], histogram: bool) -> Result<Whole, PartialError> {
    if histogram {
        return Ok(Whole::Histogram);
    }
    if !columns.is_empty() {
        return Ok(Whole::Curves);
    }
    match &recipe.reduction {
        Some(reduction) if !reduction.methods.is_empty() => Ok(Whole::Reduction(reduction.clone())),
        _ => Err(PartialError::new(name, "the recipe in the partial result has no reduction")),
    }
}

/// Files and folders that steps of the recipe rest on, as it names them.
fn names(recipe: &Recipe) -> Vec<String> {
    recipe.files().iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// `256–511`.
fn inclusive(frames: &Range<usize>) -> String {
    format!("{}–{}", frames.start, frames.end.saturating_sub(1))
}
