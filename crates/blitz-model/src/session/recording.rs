//! One open recording.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{Access, FrameRange, FrameState, Stack, TimeAxis, TimeOrigin, ZoneShape};
use blitz_kernels::EffectiveBits;

use super::open::{LoadState, opening_words};
use super::view::Shows;
use super::watch::Watch;
use crate::document::{DocState, History};
use crate::engine::RecordingId;
use crate::load::{Found, Strategy};
use crate::recipe::{Load, Recipe, RecipeKey};
use crate::text;

/// One open recording: its stack and its document.
pub struct Recording {
    pub(super) id: RecordingId,
    pub(super) paths: Vec<PathBuf>,
    /// The recording of the first frame alone, whose place this one took.
    pub(super) continues: Option<RecordingId>,
    /// `None` where the stack was made by another part of the program.
    pub(super) found: Option<Found>,
    pub(super) stack: Stack,
    pub(super) history: History,
    pub(super) load: LoadState,
    /// Effective bits of the source, once all frames were looked at.
    pub(super) bits: Cell<Option<EffectiveBits>>,
    known: Known,
}

/// What follows from the document and the store, kept while they stay.
#[derive(Default)]
struct Known {
    timeline: RefCell<Option<Timeline>>,
    /// Counts at a generation of the store.
    counts: Cell<Option<(u64, FrameCounts)>>,
    resolved: RefCell<Option<Arc<Resolved>>>,
    time: RefCell<Option<(Arc<DocState>, TimeAxis)>>,
}

/// The recipe as questions are asked of it, resolved once per edit (and once per change of a file that it names).
pub(super) struct Resolved {
    of: Arc<DocState>,
    /// Of the files it names.
    revision: u64,
    recipe: Arc<Recipe>,
    source: Arc<Recipe>,
    /// When its files were written.
    written: Vec<(PathBuf, u64)>,
    key: RecipeKey,
}

impl Resolved {
    /// The recipe of what a view shows, with its key.
    pub(super) fn shown(&self, shows: Shows) -> (&Arc<Recipe>, RecipeKey) {
        match shows {
            Shows::Result => (&self.recipe, self.key),
            Shows::Source => (&self.source, self.key_of(0)),
        }
    }

    /// When a file that the recipe names was written.
    fn written(&self, path: &Path) -> u64 {
        self.written.iter().find(|(p, _)| p == path).map_or(0, |(_, written)| *written)
    }

    /// The key of the recipe's first `steps` steps.
    pub(super) fn key_of(&self, steps: usize) -> RecipeKey {
        self.recipe.first_steps(steps).key(&|path| self.written(path))
    }
}

/// A selection with what it depends on.
struct Timeline {
    known: Range<usize>,
    crop: Option<FrameRange>,
    frames: Arc<[usize]>,
}

/// How many frames stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Readable.
    pub ready: usize,
    /// Not loaded yet.
    pub pending: usize,
    /// Cannot be read.
    pub failed: usize,
}

/// Where the program's bytes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Stacks in memory.
    pub stacks: u64,
    /// Decoders of video and the pictures they keep, about.
    pub decoders: u64,
    /// Mapped files of recordings (the system's page cache, not the program's memory).
    pub mapped: u64,
    /// Decoded frames on disk.
    pub disk: u64,
    /// Answers kept for coming back to: pictures, reductions, distributions, curves.
    pub answers: u64,
    /// What answers, references, blocks of long windows and surroundings of zones may take now, each.
    pub allowance: u64,
    /// References of steps.
    pub references: u64,
    /// Anonymous memory of the process, where the system tells.
    pub process: Option<u64>,
    /// Memory that is available now, where the system tells.
    pub available: Option<u64>,
}

impl MemoryUse {
    /// What is none of the above: the program itself and what its running jobs hold.
    pub fn rest(&self) -> Option<u64> {
        let named = self.stacks + self.decoders + self.answers + self.references;
        self.process.map(|bytes| bytes.saturating_sub(named))
    }
}

impl Recording {
    pub(super) fn new(
        id: RecordingId,
        paths: Vec<PathBuf>,
        found: Option<Found>,
        stack: Stack,
        load: LoadState,
    ) -> Self {
        let mut state = DocState::default();
        state.recipe.load = found.as_ref().map_or_else(Load::default, |found| found.load.clone());
        state.recipe.zones = vec![crate::document::new_zone(&[], first_zone(&stack))];
        state.selected_zone = Some(0);
        Self {
            id,
            paths,
            continues: None,
            found,
            stack,
            history: History::new(state),
            load,
            bits: Cell::default(),
            known: Known::default(),
        }
    }

    /// Identity.
    pub fn id(&self) -> RecordingId {
        self.id
    }

    /// The recording that showed this one's first frame before the others were known; the frames are as large.
    pub fn continues(&self) -> Option<RecordingId> {
        self.continues
    }

    /// Files or folder that were opened.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// What opening found; `None` where the stack was made by another part of the program.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// Bits of a sample in the source's container.
    pub fn container_bits(&self) -> u32 {
        match &self.found {
            Some(found) if found.keeps_samples => found.source.container_bits,
            _ => self.stack.dtype().bits(),
        }
    }

    /// The document.
    pub fn state(&self) -> &Arc<DocState> {
        self.history.state()
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.history.state().recipe
    }

    /// Undo and redo.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How far loading has come.
    pub fn load_state(&self) -> &LoadState {
        &self.load
    }

    /// Whether all frames are known, loaded or not: false while the first one alone is shown, or a preview.
    pub fn is_whole(&self) -> bool {
        !matches!(self.load, LoadState::Preview { .. } | LoadState::Opening { .. })
    }

    /// Whether it is a picture to look at until the files of the recording are known: nothing is measured on it.
    pub fn is_preview(&self) -> bool {
        matches!(self.load, LoadState::Preview { .. })
    }

    /// What a preview is, in words: `preview of f000.png: listing, 41,000 files so far`.
    pub(super) fn preview_text(&self) -> Option<String> {
        let LoadState::Preview { progress } = &self.load else { return None };
        let words = opening_words(progress.snapshot());
        let colon = if words.is_empty() { "" } else { ": " };
        Some(format!("preview of {}{colon}{words}", self.stack.meta(0).name))
    }

    /// Stack frames of the cropped timeline, ascending.
    pub fn timeline(&self) -> Arc<[usize]> {
        let extent = self.stack.store.extent();
        let (known, crop) = (extent.first..extent.end, self.recipe().frames);
        let mut cached = self.known.timeline.borrow_mut();
        match &*cached {
            Some(t) if t.known == known && t.crop == crop => Arc::clone(&t.frames),
            _ => {
                let frames: Arc<[usize]> = self.recipe().select(&self.stack, None).into();
                *cached = Some(Timeline { known, crop, frames: Arc::clone(&frames) });
                frames
            }
        }
    }

    /// How many frames stand where. Looks at each frame's state when something has changed since the last
    /// call: O(frames), no reading.
    pub fn frame_counts(&self) -> FrameCounts {
        let store = self.stack.store.as_ref();
        let generation = store.generation();
        if let Some((at, counts)) = self.known.counts.get()
            && at == generation
        {
            return counts;
        }
        let extent = store.extent();
        let mut counts = FrameCounts::default();
        for frame in extent.first..extent.end {
            match store.state(frame) {
                FrameState::Ready => counts.ready += 1,
                FrameState::Pending => counts.pending += 1,
                FrameState::Failed(_) => counts.failed += 1,
            }
        }
        self.known.counts.set(Some((generation, counts)));
        counts
    }

    /// What one frame's values depend on besides the recipe: steps that rest on other frames make others of it
    /// while frames are still to come than in the end.
    pub(super) fn stage_of_loading(&self) -> u64 {
        let resting = self.recipe().steps.iter().any(|s| s.enabled && s.kind.rests_on_other_frames());
        let more = || !self.stack.store.extent().sealed || self.frame_counts().pending > 0;
        u64::from(resting && more())
    }

    /// The time axis: the person's, else the container's.
    pub fn time(&self) -> TimeAxis {
        let state = self.history.state();
        let mut known = self.known.time.borrow_mut();
        match &*known {
            Some((of, time)) if Arc::ptr_eq(of, state) => time.clone(),
            _ => {
                let time = state.recipe.calibration.time(&self.stack).unwrap_or_default();
                known.insert((Arc::clone(state), time)).1.clone()
            }
        }
    }

    /// The unit of the values: the person's, else the container's.
    pub fn unit(&self) -> Option<String> {
        self.recipe().calibration.unit.clone().or_else(|| self.stack.unit.clone())
    }

    /// Whether the frames lie in a mapped file.
    pub fn is_mapped(&self) -> bool {
        self.stack.store.access() == Access::Mapped
    }

    /// Whether the frames were decoded to the disk.
    pub fn is_on_disk(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.plan.strategy == Strategy::Cache)
    }

    /// When a file that the recipe names was written; 0 until it was looked at.
    pub(super) fn written(&self, watch: &Watch, path: &Path) -> u64 {
        self.resolved(watch).map_or(0, |resolved| resolved.written(path))
    }

    /// The recipe resolved; `None` until the files that it names were looked at.
    pub(super) fn resolved(&self, watch: &Watch) -> Option<Arc<Resolved>> {
        let (state, revision) = (self.history.state(), watch.revision());
        let mut known = self.known.resolved.borrow_mut();
        if let Some(resolved) = &*known
            && Arc::ptr_eq(&resolved.of, state)
            && resolved.revision == revision
        {
            return Some(Arc::clone(resolved));
        }
        let files = state.recipe.files().into_iter();
        let written: Option<Vec<_>> = files.map(|p| watch.written(&p).map(|written| (p, written))).collect();
        let written = written?;
        let lookup = |path: &Path| written.iter().find(|(p, _)| p == path).map_or(0, |(_, w)| *w);
        let key = state.recipe.key(&lookup);
        let resolved = Arc::new(Resolved {
            of: Arc::clone(state),
            revision,
            recipe: Arc::new(state.recipe.clone()),
            source: Arc::new(Recipe { reduction: None, ..state.recipe.first_steps(0) }),
            written,
            key,
        });
        *known = Some(Arc::clone(&resolved));
        Some(resolved)
    }

    /// One line that says what is open, without the rate: `kinpen · 180 frames · 106 wide × 387 high ·
    /// 8 bit grey · 7.4 MB`.
    pub fn summary(&self) -> String {
        let shape = self.stack.shape();
        let dtype = self.stack.dtype();
        let container = self.container_bits();
        // Fewer bits than the container has are news where a camera's depth hides in 16 or 32 bits; a dim
        // 8-bit picture is still an 8-bit picture.
        let bits = match self.bits.get() {
            Some(effective) if container > 8 => effective.describe(),
            _ if dtype.is_float() => dtype.to_string(),
            _ => format!("{container} bit"),
        };
        let color = if self.stack.is_rgb() {
            "RGB".to_owned()
        } else if shape.frame.channels == 1 {
            "grey".to_owned()
        } else {
            text::count(shape.frame.channels, "channel")
        };
        let size = format!("{} wide × {} high", shape.frame.width, shape.frame.height);
        if self.is_preview() {
            return format!("{} · preview · {size} · {bits} {color}", self.stack.name);
        }
        if !self.is_whole() {
            return format!("{} · first frame · {size} · {bits} {color}", self.stack.name);
        }
        let extent = self.stack.store.extent();
        let frames = extent.end - extent.first;
        let bytes = text::bytes(self.stack.store.layout().frame_bytes() as u64 * frames as u64);
        let frames = text::count(frames, "frame");
        let words = self.found.as_ref().map(|found| found.source.reading.words()).unwrap_or_default();
        let reading = if words.is_empty() { words } else { format!(" · {words}") };
        format!("{} · {frames} · {size} · {bits} {color}{reading} · {bytes}", self.stack.name)
    }

    /// The rate in words: `100,000 frames/s`, `25 frames/s (from the file)`, `rate not set`; `rate not known yet` while
    /// only the first frame is there.
    pub fn rate_text(&self) -> String {
        match self.time() {
            TimeAxis::NotSet if !self.is_whole() => "rate not known yet".into(),
            TimeAxis::NotSet => "rate not set".into(),
            TimeAxis::Explicit(_) => match self.recipe().load.times.as_deref() {
                Some("names") => "times from the names".into(),
                Some("exif") => "times from EXIF".into(),
                Some(_) => "times from a table".into(),
                None => "times from the file".into(),
            },
            TimeAxis::Interval { dt, origin, .. } => {
                let rate = dt.recip().map_or(0.0, blitz_core::Rational::to_f64);
                let number = if rate.fract() == 0.0 && rate < 1e15 {
                    text::grouped(rate as u64)
                } else {
                    format!("{rate:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
                };
                let from = if origin == TimeOrigin::Container { " (playback rate of the file)" } else { "" };
                format!("{number} frames/s{from}")
            }
        }
    }
}

/// The zone that is there after opening: a tenth of each side, in the middle.
fn first_zone(stack: &Stack) -> ZoneShape {
    let crop = stack.placement.crop;
    let side = |length: usize| (length as f64 / 10.0).round().max(1.0);
    let (width, height) = (side(crop.width), side(crop.height));
    let start =
        |origin: usize, length: usize, zone: f64| origin as f64 + ((length as f64 - zone) / 2.0).floor();
    ZoneShape::Rect {
        x: start(crop.x, crop.width, width),
        y: start(crop.y, crop.height, height),
        width,
        height,
        angle: 0.0,
    }
}
