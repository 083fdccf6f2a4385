//! Partial results as bytes.
//!
//! | Bytes | What |
//! |---|---|
//! | 8 | `89 42 4C 49 54 5A 0D 0A`: "BLITZ" between bytes that a transfer as text would change |
//! | 4 | version, little-endian as all that follows |
//! | 4 + n | length of the head, and the head as TOML: recording, recipe, files that it names, frames |
//! | 8 + n, repeated | length and bytes of what each run of frames has, then of the histories, then of the histogram |
//!
//! A run of a reduction has moments, or none where none of its frames is selected; a run of curves has rows of f64.
//! | 16 | checksum of all before |

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameFault, FrameShape};
use blitz_kernels::{BLOCK, Counts, Histogram, Histories, Method, Reducer, StateError, Wanted};
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use super::curves::FIRST;
use super::{Partial, PartialError, Run, Subject, Whole, names, recipe_of, whole};

const MAGIC: [u8; 8] = *b"\x89BLITZ\r\n";

/// Version written, and the only one read: sums of another version would have other bits.
const VERSION: u32 = 2;

/// Bytes of magic and version.
const START: usize = 12;

/// Bytes of the checksum.
const SEAL: usize = 16;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    program: String,
    recording: String,
    identity: String,
    source_frames: usize,
    stack_frames: usize,
    /// Height, width, channels.
    shape: [usize; 3],
    dtype: String,
    selected: String,
    selection: [usize; 2],
    /// Frames in a row, and whether moments or rows of them follow.
    runs: Vec<(usize, usize, bool)>,
    histories: bool,
    #[serde(default)]
    histogram: bool,
    used: usize,
    /// Frames without a whole window; older files count them as failed.
    #[serde(default)]
    no_window: usize,
    recipe: String,
    /// Of curves only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    /// In the order of the recipe.
    #[serde(default)]
    named: Vec<Named>,
    #[serde(default)]
    failed: Vec<Failed>,
}

/// A file or folder that the recipe names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    path: String,
    contents: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    frame: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    reason: String,
}

impl Partial {
    /// As the bytes of a file, the checksum included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.content();
        let seal = Checksum::of(&bytes);
        bytes.extend_from_slice(&seal.to_le_bytes());
        bytes
    }

    /// Without the checksum.
    fn content(&self) -> Vec<u8> {
        let Subject { shape, selection, .. } = &self.subject;
        let head = Head {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            recording: self.subject.recording.clone(),
            identity: self.subject.identity.clone(),
            source_frames: self.subject.source_frames,
            stack_frames: self.subject.stack_frames,
            shape: [shape.height, shape.width, shape.channels],
            dtype: self.subject.dtype.to_string(),
            selected: self.subject.selected.clone(),
            selection: [selection.start, selection.end],
            runs: self
                .runs
                .iter()
                .map(|run| (run.frames.start, run.frames.end, run.bytes().is_some()))
                .collect(),
            histories: self.histories.is_some(),
            histogram: self.histogram.is_some(),
            used: self.used,
            no_window: self.no_window,
            recipe: self.subject.recipe.clone(),
            columns: self.subject.columns.clone(),
            named: self
                .subject
                .named
                .iter()
                .map(|(path, contents)| Named { path: path.clone(), contents: contents.clone() })
                .collect(),
            failed: self
                .failed
                .iter()
                .map(|f| Failed {
                    frame: f.frame,
                    file: f.file.as_ref().map(|file| file.display().to_string()),
                    reason: f.reason.clone(),
                })
                .collect(),
        };
        let head = toml::to_string(&head).unwrap_or_default();
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
        bytes.extend_from_slice(head.as_bytes());
        let runs = self.runs.iter().filter_map(Run::bytes);
        let histogram = self.histogram.as_ref().map(Histogram::to_bytes);
        for part in runs.chain(self.histories.as_ref().map(Histories::to_bytes)).chain(histogram) {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&part);
        }
        bytes
    }

    /// Reads a file. One that is no partial result is left after its first bytes, however large it is.
    ///
    /// # Errors
    /// If it cannot be read, and as [`Partial::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, PartialError> {
        let name = path.display().to_string();
        let fault = |error: io::Error| PartialError::new(&name, error.to_string());
        let (mut file, mut bytes) = start_of(path, &name)?;
        file.read_to_end(&mut bytes).map_err(fault)?;
        Self::from_bytes(&name, &bytes)
    }

    /// What a file says it is a part of, by its head alone: what follows is not read, and the checksum not looked at.
    ///
    /// # Errors
    /// If it cannot be read or does not begin as a partial result does.
    pub fn read_whole(path: &Path) -> Result<Whole, PartialError> {
        let name = path.display().to_string();
        let fault = |error: io::Error| PartialError::new(&name, error.to_string());
        let (mut file, mut bytes) = start_of(path, &name)?;
        file.by_ref().take(4).read_to_end(&mut bytes).map_err(fault)?;
        let length = bytes[START..].try_into().map_or(0, u32::from_le_bytes);
        file.take(length.into()).read_to_end(&mut bytes).map_err(fault)?;
        let head = head(&mut &bytes[START..]).map_err(|reason| PartialError::new(&name, reason))?;
        whole(&name, &recipe_of(&name, &head.recipe)?, &head.columns, head.histogram)
    }

    /// Reads the bytes of the file that messages call `name`.
    ///
    /// # Errors
    /// If they are no partial result, of another version, cut, changed, or say what does not fit together.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, PartialError> {
        let fault = |reason: String| PartialError::new(name, reason);
        check_start(bytes).map_err(fault)?;
        let Some((content, seal)) = bytes.split_last_chunk::<SEAL>() else {
            return Err(fault(format!("{} bytes are too few for a partial result: it is cut", bytes.len())));
        };
        let (found, stated) = (Checksum::of(content), u128::from_le_bytes(*seal));
        if found != stated {
            return Err(fault(format!(
                "the file was cut or changed: its checksum is {found:032x}, {stated:032x} expected; make the part again"
            )));
        }
        Self::from_content(name, content)
    }

    /// Reads [`Partial::to_bytes`] without the checksum at its end: what is behind it must do no harm either.
    ///
    /// # Errors
    /// As [`Partial::from_bytes`].
    pub fn from_content(name: &str, content: &[u8]) -> Result<Self, PartialError> {
        read(content).map_err(|reason| PartialError::new(name, reason))
    }
}

/// Magic and version.
fn check_start(bytes: &[u8]) -> Result<(), String> {
    if !bytes.starts_with(&MAGIC) {
        return Err(
            "not a partial result of BLITZ (--shard K/N of blitz reduce, curve and histogram writes some)"
                .to_owned(),
        );
    }
    let version = bytes.get(8..START).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    match version {
        Some(VERSION) => Ok(()),
        Some(other) => Err(format!(
            "version {other} of partial results found, {VERSION} expected; make all parts with one version of the program"
        )),
        None => Err("it ends within its first bytes: it is cut".to_owned()),
    }
}

/// An open file that begins as a partial result does, and its first bytes.
fn start_of(path: &Path, name: &str) -> Result<(File, Vec<u8>), PartialError> {
    let fault = |error: io::Error| PartialError::new(name, error.to_string());
    let mut file = File::open(path).map_err(fault)?;
    let mut bytes = Vec::new();
    file.by_ref().take(START as u64).read_to_end(&mut bytes).map_err(fault)?;
    check_start(&bytes).map_err(|reason| PartialError::new(name, reason))?;
    Ok((file, bytes))
}

fn cut() -> String {
    "it ends before what it says it holds: it is cut".to_owned()
}

/// The head, taken from the front of what follows the version.
fn head(rest: &mut &[u8]) -> Result<Head, String> {
    let length =
        rest.split_off(..4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).ok_or_else(cut)?;
    let head = rest.split_off(..length as usize).ok_or_else(cut)?;
    let head = std::str::from_utf8(head).map_err(|_| "its head is not text".to_owned())?;
    toml::from_str(head).map_err(|error| format!("its head: {error}"))
}

fn read(content: &[u8]) -> Result<Partial, String> {
    check_start(content)?;
    let mut rest = &content[START..];
    let head = head(&mut rest)?;
    let [height, width, channels] = head.shape;
    let shape = FrameShape::new(height, width, channels);
    let samples = shape.checked_samples().ok_or("its frames are larger than any memory")?;
    let dtype = DType::ALL
        .into_iter()
        .find(|dtype| dtype.to_string() == head.dtype)
        .ok_or_else(|| format!("element type '{}' is not known", head.dtype))?;
    let aligned = |start: usize, end: usize| -> Result<Range<usize>, String> {
        let fits = start < end && start.is_multiple_of(BLOCK) && end.is_multiple_of(BLOCK) && end <= 1 << 62;
        if fits { Ok(start..end) } else { Err(format!("frames {start} to {end} are no blocks of {BLOCK}")) }
    };
    let selection = aligned(head.selection[0], head.selection[1])?;
    let mut part = || -> Result<&[u8], String> {
        let length = rest.split_off(..8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(cut)?;
        rest.split_off(..length).ok_or_else(cut)
    };
    let mut runs: Vec<Run> = Vec::new();
    for &(start, end, has_part) in &head.runs {
        let frames = aligned(start, end)?;
        let inside = selection.start <= start && end <= selection.end;
        if !inside || runs.last().is_some_and(|last| last.frames.end > start) {
            return Err(format!("frames {start} to {end} do not follow each other within the selection"));
        }
        let mut run = Run { frames, moments: None, rows: Vec::new() };
        if has_part && head.columns.is_empty() {
            run.moments = Some(moments(part()?, samples, &run.frames)?);
        } else if has_part {
            run.rows = rows(part()?, &head.columns, &run.frames)?;
        }
        runs.push(run);
    }
    let histories = if head.histories {
        let histories = Histories::from_bytes(part()?).map_err(|error: StateError| error.to_string())?;
        if histories.samples() != samples {
            return Err(format!("{} samples per frame found, {samples} expected", histories.samples()));
        }
        Some(histories)
    } else {
        None
    };
    let histogram = if head.histogram {
        Some(Histogram::from_bytes(part()?).map_err(|error: StateError| error.to_string())?)
    } else {
        None
    };
    if !rest.is_empty() {
        return Err(format!("{} bytes too many", rest.len()));
    }
    let fault = |f: Failed| FrameFault { file: f.file.map(PathBuf::from), frame: f.frame, reason: f.reason };
    let partial = Partial {
        subject: Subject {
            recording: head.recording,
            identity: head.identity,
            source_frames: head.source_frames,
            stack_frames: head.stack_frames,
            shape,
            dtype,
            recipe: head.recipe,
            columns: head.columns,
            histogram: head.histogram,
            named: head.named.into_iter().map(|named| (named.path, named.contents)).collect(),
            selection,
            selected: head.selected,
        },
        runs,
        histories,
        histogram,
        used: head.used,
        failed: head.failed.into_iter().map(fault).collect(),
        no_window: head.no_window,
    };
    partial.fits_together()?;
    Ok(partial)
}

fn moments(bytes: &[u8], samples: usize, frames: &Range<usize>) -> Result<Reducer, String> {
    let reducer = Reducer::from_bytes(bytes).map_err(|error: StateError| error.to_string())?;
    if reducer.samples() != samples {
        return Err(format!("{} samples per frame found, {samples} expected", reducer.samples()));
    }
    if reducer.block() != BLOCK || reducer.first_frame() < frames.start || reducer.next_frame() > frames.end {
        let (first, next) = (reducer.first_frame(), reducer.next_frame());
        return Err(format!(
            "moments of the frames {first} to {next} in blocks of {} found, of {} to {} in blocks of {BLOCK} expected",
            reducer.block(),
            frames.start,
            frames.end
        ));
    }
    Ok(reducer)
}

/// Rows of a table, at most one per frame.
fn rows(bytes: &[u8], columns: &[String], frames: &Range<usize>) -> Result<Vec<f64>, String> {
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() || !values.len().is_multiple_of(columns.len()) {
        let (found, row) = (bytes.len(), 8 * columns.len());
        return Err(format!("{found} bytes of rows found, a multiple of {row} expected, 8 per column"));
    }
    let rows = values.len() / columns.len();
    if rows > frames.len() {
        return Err(format!("{rows} rows found, {} at most expected, one per frame", frames.len()));
    }
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}

impl Run {
    /// What there is of its frames.
    fn bytes(&self) -> Option<Vec<u8>> {
        let rows = || self.rows.iter().flat_map(|value| value.to_le_bytes()).collect();
        match &self.moments {
            Some(moments) => Some(moments.to_bytes()),
            None => (!self.rows.is_empty()).then(rows),
        }
    }
}

impl Partial {
    /// What the recipe names and what the result needs is there, of one kind, and of as many frames as were used.
    fn fits_together(&self) -> Result<(), String> {
        let Subject { selection, stack_frames, named, .. } = &self.subject;
        let end = stack_frames.div_ceil(BLOCK).saturating_mul(BLOCK);
        if selection.end > end {
            return Err(format!("frames up to {} selected, up to {end} expected", selection.end));
        }
        let covered: usize = self.runs.iter().map(|run| run.frames.len()).sum();
        if self.used > covered {
            return Err(format!("{} frames used of {covered} covered", self.used));
        }
        let recipe = self.recipe().map_err(|error| error.reason)?;
        let found: Vec<&String> = named.iter().map(|(path, _)| path).collect();
        let expected = names(&recipe);
        if found != expected.iter().collect::<Vec<_>>() {
            return Err(format!(
                "contents of {found:?} found, of {expected:?} expected as its recipe names them"
            ));
        }
        let methods = match self.whole().map_err(|error| error.reason)? {
            Whole::Reduction(reduction) => reduction.methods,
            Whole::Curves => {
                self.rows_fit()?;
                Vec::new()
            }
            Whole::Histogram => {
                self.histogram_fits(recipe.steps.iter().all(|step| !step.enabled))?;
                Vec::new()
            }
        };
        self.moments_fit(&methods)?;
        self.histories_fit(&methods)?;
        // Steps make floats of any source; without one, values are the source's.
        let source = self.subject.dtype;
        let dtypes = self.moments().map(Reducer::dtype).chain(self.histories.iter().map(Histories::dtype));
        let unchanged = recipe.steps.iter().all(|step| !step.enabled);
        let expected = if unchanged { Some(source) } else { dtypes.clone().next() };
        match dtypes.clone().find(|&dtype| Some(dtype) != expected) {
            Some(dtype) => Err(format!("values of {dtype} found, {} expected", expected.unwrap_or(source))),
            None => Ok(()),
        }
    }

    fn moments(&self) -> impl Iterator<Item = &Reducer> + Clone {
        self.runs.iter().filter_map(|run| run.moments.as_ref())
    }

    /// A row for each frame that was used or has no value, in the order of time. Of those that failed, smoothing gives
    /// some a value.
    fn rows_fit(&self) -> Result<(), String> {
        let Subject { columns, source_frames, .. } = &self.subject;
        if columns.len() < FIRST.len() || columns[..FIRST.len()] != FIRST {
            return Err(format!("columns {} found, {} first expected", columns.join(","), FIRST.join(",")));
        }
        let rows = self.runs.iter().flat_map(|run| run.rows.chunks_exact(columns.len()));
        let without = self.failed.len().saturating_add(self.no_window);
        let expected = self.used..=self.used.saturating_add(without);
        if !expected.contains(&rows.clone().count()) {
            let (found, most) = (rows.count(), expected.end());
            return Err(format!("{found} rows found, {most} expected, one per frame used or failed"));
        }
        let mut next = 0.0;
        for row in rows {
            let frame = row[0];
            if !(frame >= next && frame < *source_frames as f64 && frame.fract() == 0.0) {
                let last = source_frames.saturating_sub(1);
                return Err(format!("a row of frame {frame} found, of {next} to {last} expected"));
            }
            next = frame + 1.0;
        }
        Ok(())
    }

    /// It counts every sample of the frames that were used, of the type that they have.
    fn histogram_fits(&self, is_source: bool) -> Result<(), String> {
        let Some(histogram) = &self.histogram else { return Ok(()) };
        let counted = histogram.n() + histogram.missing() + histogram.infinite();
        let expected = self.subject.shape.samples() as u64 * self.used as u64;
        if counted != expected {
            return Err(format!("a histogram of {counted} samples found, of {expected} expected"));
        }
        // Steps make floats of any source.
        let dtype = if is_source { self.subject.dtype } else { DType::F64 };
        let alike = histogram.is_like(&Histogram::new(dtype));
        alike.then_some(()).ok_or_else(|| format!("a histogram of other values than {dtype} found"))
    }

    fn moments_fit(&self, methods: &[Method]) -> Result<(), String> {
        let wanted = Wanted::for_methods(methods);
        let is_wanted = methods.iter().any(|method| method.is_moment());
        if self.moments().any(|moments| !is_wanted || moments.wanted() != wanted) {
            return Err("its moments are not those of its methods".to_owned());
        }
        let mut counted = 0;
        for moments in self.moments() {
            counted += match moments.counts() {
                Counts::Uniform(frames) => frames,
                Counts::PerSample(counts) => counts.into_iter().max().unwrap_or_default().into(),
            };
        }
        // Every frame has a value of an integer; of floats a frame may have none.
        let exact = self.moments().all(|moments| !moments.dtype().is_float());
        let used = self.used as u64;
        if is_wanted && (counted > used || exact && counted < used) {
            return Err(format!(
                "moments of {counted} frames found, of {used} expected, as many as were used"
            ));
        }
        Ok(())
    }

    fn histories_fit(&self, methods: &[Method]) -> Result<(), String> {
        let is_wanted = methods.iter().any(|method| method.percentile().is_some());
        let found = self.histories.as_ref().map(Histories::len);
        let expected = is_wanted.then_some(self.used);
        if found == expected {
            return Ok(());
        }
        let words =
            |frames: Option<usize>| frames.map_or("none".to_owned(), |n| format!("those of {n} frames"));
        Err(format!(
            "samples for medians and percentiles: {} found, {} expected",
            words(found),
            words(expected)
        ))
    }
}
