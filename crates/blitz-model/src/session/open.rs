//! Opening, loading, closing.

use std::path::PathBuf;

use blitz_core::{Progress, ProgressSnapshot, Stack};

use super::Session;
use super::first::FirstShown;
use super::recording::Recording;
use super::view::View;
use crate::engine::{Arrival, Hold, JobKey, OpenEvent, OpenOrder, OpenOutcome, RecordingId, ViewId};
use crate::load::{CacheOffer, DiskCache, Fill, IfTooBig, LoadPlan};
use crate::recipe::Load;
use crate::text;

/// How far loading has come.
#[derive(Clone, Debug)]
pub enum LoadState {
    /// A file that is likely to be the first one is shown while the others are still listed. It is no part of the
    /// recording yet: nothing is measured on it.
    Preview {
        /// How far that has come.
        progress: Progress,
    },
    /// The first frame alone is there; the others are being found.
    Opening {
        /// How far that has come.
        progress: Progress,
    },
    /// Frames are arriving.
    Loading {
        /// Frames done, failed ones included.
        progress: Progress,
    },
    /// All frames are there, or nothing needed loading.
    Done(Fill),
}

impl LoadState {
    /// Progress while frames are being found or are arriving.
    pub fn progress(&self) -> Option<ProgressSnapshot> {
        match self {
            Self::Preview { progress } | Self::Opening { progress } | Self::Loading { progress } => {
                Some(progress.snapshot())
            }
            Self::Done(_) => None,
        }
    }
}

/// How far an opening has come, in words: `listing, 41,000 files so far`, `reading headers 41 %`; empty before it
/// began.
pub fn opening_words(now: ProgressSnapshot) -> String {
    match now {
        ProgressSnapshot { phase, done: 0, total: 0 } => phase.to_owned(),
        // Only a listing does not know its end.
        ProgressSnapshot { phase, done, total: 0 } => {
            format!("{phase}, {} so far", text::count(done as usize, "file"))
        }
        ProgressSnapshot { phase, .. } => format!("{phase} {:.0} %", (now.fraction() * 100.0).floor()),
    }
}

/// A recording that waits for a decision because it does not fit in memory.
#[derive(Clone, Debug)]
pub struct TooBig {
    /// Its name.
    pub name: String,
    /// The plan, with the reason.
    pub plan: LoadPlan,
    /// What decoding it to the disk would take, where there is a folder for that.
    pub cache: Option<CacheOffer>,
    opening: Opening,
}

/// A file that nothing tells: it may hold bare samples, whose layout a person knows.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// Tells one from the next.
    pub id: RecordingId,
    /// Where it was to be shown.
    pub view: ViewId,
    /// The file.
    pub paths: Vec<PathBuf>,
    /// How it was to be read.
    pub load: Load,
    /// Whether beside what is open.
    pub in_addition: bool,
    /// Bytes of the file.
    pub bytes: u64,
    /// How its samples may lie, the likeliest first, as [`Load::raw`] takes it.
    pub layouts: Vec<String>,
}

/// What to do with a recording that does not fit in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TooBigChoice {
    /// Load every n-th source frame.
    Every(usize),
    /// Load all frames, made smaller by this ratio.
    Shrink(f64),
    /// Decode all frames to the disk, once.
    Cache,
    /// Hold nothing: decode each frame when it is looked at.
    Stream,
    /// Don't open it.
    Cancel,
}

/// What is being opened, and how.
pub(super) struct Loading {
    pub(super) opening: Vec<Opening>,
    too_big: Option<TooBig>,
    max_ram: Option<u64>,
    if_too_big: IfTooBig,
    disk_cache: DiskCache,
    /// Whether folders are watched unasked.
    watch: bool,
    unknown: Option<Unknown>,
}

impl Loading {
    pub(super) fn new(max_ram: Option<u64>) -> Self {
        Self {
            opening: Vec::new(),
            too_big: None,
            max_ram,
            if_too_big: IfTooBig::Ask,
            disk_cache: DiskCache::default(),
            watch: false,
            unknown: None,
        }
    }

    pub(super) fn set_watch(&mut self, watch: bool) {
        self.watch = watch;
    }

    pub(super) fn set_disk_cache(&mut self, if_too_big: IfTooBig, disk_cache: DiskCache) {
        (self.if_too_big, self.disk_cache) = (if_too_big, disk_cache);
    }

    /// Whether a recording is being read again with these options.
    pub(super) fn reads_again(&self, id: RecordingId, load: &Load) -> bool {
        self.opening.iter().any(|o| o.succeeds(id) && o.load == *load)
    }
}

/// An opening under way.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) id: RecordingId,
    /// Where it will be shown.
    pub(super) view: ViewId,
    pub(super) paths: Vec<PathBuf>,
    pub(super) load: Load,
    pub(super) in_addition: bool,
    /// The recording that is being read again with other load options.
    pub(super) replaces: Option<RecordingId>,
    /// Counts the jobs that were begun for it: what an earlier one sends late is not taken for the newest one's.
    pub(super) attempt: u64,
    /// The first frame, shown meanwhile.
    pub(super) first: Option<FirstShown>,
    /// Whether its folder is watched.
    pub(super) watch: bool,
}

impl Opening {
    /// Whether it will take the place of the recording `id`.
    pub(super) fn succeeds(&self, id: RecordingId) -> bool {
        self.replaces == Some(id) || self.first.is_some_and(|first| first.id == id)
    }
}

impl Session {
    pub(super) fn open(
        &mut self,
        view: ViewId,
        paths: Vec<PathBuf>,
        load: Load,
        in_addition: bool,
        replaces: Option<RecordingId>,
    ) {
        let before = replaces.and_then(|id| self.recording(id));
        let watch = before.map_or(self.loading.watch, Recording::is_watched);
        self.open_as(view, paths, load, in_addition, replaces, watch);
    }

    pub(super) fn open_as(
        &mut self,
        view: ViewId,
        paths: Vec<PathBuf>,
        load: Load,
        in_addition: bool,
        replaces: Option<RecordingId>,
        watch: bool,
    ) {
        let id = RecordingId(self.next_id());
        let mut first = None;
        if !in_addition {
            for other in std::mem::take(&mut self.loading.opening) {
                if other.view != view && !replaces.is_some_and(|id| other.succeeds(id)) {
                    self.loading.opening.push(other);
                    continue;
                }
                self.cancel(JobKey::Open(other.id));
                match other.first {
                    // Load options were changed while only the first frame was there.
                    Some(shown) if Some(shown.id) == replaces => first = other.first,
                    Some(shown) => self.withdraw(shown),
                    None => {}
                }
            }
        }
        let replaces = replaces.filter(|id| first.is_none_or(|first| first.id != *id));
        let opening = Opening { id, view, paths, load, in_addition, replaces, attempt: 0, first, watch };
        self.loading.opening.push(opening.clone());
        self.start_open(&opening, false, Hold::Planned);
    }

    fn start_open(&mut self, opening: &Opening, again: bool, hold: Hold) {
        let order = OpenOrder {
            attempt: opening.attempt,
            paths: opening.paths.clone(),
            load: opening.load.clone(),
            again,
            hold,
            max_ram: self.loading.max_ram,
            cache: self.loading.disk_cache.clone(),
            watch: opening.watch,
        };
        self.engine.get_mut().open(JobKey::Open(opening.id), order);
    }

    pub(super) fn on_open_event(&mut self, event: OpenEvent) {
        let wanted = (event.job, event.attempt);
        let is_wanted = |o: &Opening| (JobKey::Open(o.id), o.attempt) == wanted;
        let Some(under_way) = self.loading.opening.iter().position(is_wanted) else {
            // Superseded meanwhile.
            return self.engine.get_mut().forget(event.stack.id);
        };
        match event.arrival {
            Arrival::Preview | Arrival::First => self.show_first(under_way, event),
            Arrival::Whole => self.show_whole(under_way, event),
        }
    }

    fn show_whole(&mut self, under_way: usize, event: OpenEvent) {
        let OpenEvent { found, stack, progress, evicted, .. } = event;
        let first = self.loading.opening[under_way].first.take();
        let opening = self.loading.opening[under_way].clone();
        // It was found in another folder while the question stood.
        self.loading.too_big.take_if(|waiting| waiting.opening.id == opening.id);
        for note in &found.source.notes {
            self.log.info(note);
        }
        self.log.info(&format!("{}: {}", stack.name, found.plan.describe()));
        for name in evicted {
            self.log.info(&format!("the decoded frames of {name} were removed from the disk to make room"));
        }
        let load = LoadState::Loading { progress };
        let mut recording = Recording::new(opening.id, opening.paths, Some(found), stack, load);
        let before = self.views.get(opening.view).and_then(|view| view.recording);
        let shown = first.map_or(before, |first| first.before);
        let replaced = opening.replaces.or(if opening.in_addition { None } else { shown });
        let earlier = opening.replaces.or(first.map(|first| first.id));
        if let Some(old) = earlier.and_then(|id| self.recording(id)) {
            // Read again with other options, or seen so far by its first frame: decisions, undo and place stay.
            let frames = recording.stack.shape().frames;
            let same = old.stack.shape().frame == recording.stack.shape().frame;
            if same || !old.is_preview() || old.history.undo_label().is_some() {
                recording.history = old.history.clone();
            }
            recording.continues = first.map(|first| first.id).filter(|_| same);
            let (old_id, old_stack) = (old.id, old.stack.clone());
            for view in self.views.iter_mut().filter(|view| view.recording == Some(old_id)) {
                let source = old_stack.source_frame(view.playhead.frame);
                view.playhead.frame = recording.stack.frames.nearest(source, frames);
                view.recording = Some(opening.id);
            }
            if first.is_some() && same {
                self.table.hand_over(self.engine.get_mut().as_mut(), old_stack.id, recording.stack.id);
            }
        }
        self.add(recording);
        self.show(opening.view, opening.id);
        for id in replaced.into_iter().chain(first.map(|first| first.id)) {
            // Another view may go on showing what was replaced here.
            if earlier == Some(id) || self.views.list().iter().all(|view| view.recording != Some(id)) {
                self.forget(id);
            }
        }
    }

    /// Adds a recording, whose stack the engine then knows.
    pub(super) fn add(&mut self, recording: Recording) {
        self.engine.get_mut().hold(&recording.stack);
        self.recordings.push(recording);
    }

    /// Shows a stack that another part of the program made (and may go on filling) as a recording of its own in the
    /// focused view.
    pub fn show_stack(&mut self, stack: Stack) -> RecordingId {
        let id = RecordingId(self.next_id());
        let load = LoadState::Done(Fill::default());
        self.add(Recording::new(id, Vec::new(), None, stack, load));
        self.show(self.focused(), id);
        id
    }

    /// Shows a recording in a view, at the frame where the view stood in it, and in those that show none.
    pub(super) fn show(&mut self, view: ViewId, id: RecordingId) {
        let Some(timeline) = self.recording(id).map(Recording::timeline) else { return };
        for view in self.views.iter_mut().filter(|v| v.id == view || v.recording.is_none()) {
            view.show(id, &timeline);
        }
    }

    pub(super) fn on_open_outcome(&mut self, id: RecordingId, outcome: OpenOutcome, seconds: f64) {
        let opening = &mut self.loading.opening;
        let under_way = opening.iter().position(|o| o.id == id).map(|i| opening.remove(i));
        match outcome {
            OpenOutcome::Filled { fill, decoded } => {
                let Some(recording) = self.recording_mut(id) else { return };
                let stack = recording.stack.clone();
                recording.load = LoadState::Done(fill.clone());
                self.log_fill(&stack, &fill, decoded, seconds);
            }
            OpenOutcome::TooBig { name, plan, cache } => {
                let Some(opening) = under_way else { return };
                let too_big = TooBig { name, plan: *plan, cache, opening };
                self.log.warning(&format!("{}: {}", too_big.name, too_big.plan.reason));
                let choice = self.choice_without_asking(&too_big);
                self.loading.too_big = Some(too_big);
                if let Some(choice) = choice {
                    self.resolve_too_big(choice);
                }
            }
            OpenOutcome::Unknown { message, bytes, layouts } => {
                let Some(opening) = under_way else { return };
                // The question that follows says enough.
                self.log.warning(&message);
                let Opening { id, view, paths, load, in_addition, .. } = opening;
                self.loading.unknown = Some(Unknown { id, view, paths, load, in_addition, bytes, layouts });
            }
            OpenOutcome::Refused(message) => {
                let Some(opening) = under_way else { return };
                self.log.error(&message);
                if let Some(first) = opening.first {
                    self.withdraw(first);
                }
            }
        }
    }

    fn log_fill(&mut self, stack: &Stack, fill: &Fill, decoded: bool, seconds: f64) {
        let rate = stack.bytes() as f64 / seconds.max(1e-9) / 1e6;
        let line = if fill.cancelled {
            format!("{}: loading was cancelled after {}", stack.name, text::count(fill.ready, "frame"))
        } else if decoded {
            format!(
                "{}: {} decoded in {seconds:.2} s ({rate:.0} MB/s)",
                stack.name,
                text::count(fill.ready, "frame")
            )
        } else {
            format!("{}: opened in {:.0} ms without reading the frames", stack.name, seconds * 1e3)
        };
        self.log.info(&line);
        if let Some(problem) = &fill.problem {
            self.log.error(&format!("{}: {problem}", stack.name));
            return;
        }
        let broken: Vec<String> =
            fill.failed.iter().filter(|_| !fill.cancelled).map(ToString::to_string).collect();
        for fault in broken {
            self.log.error(&fault);
        }
    }

    /// The recording that waits for a decision because it does not fit in memory.
    pub fn too_big(&self) -> Option<&TooBig> {
        self.loading.too_big.as_ref()
    }

    /// The last file that was not opened because nothing tells what it is.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.loading.unknown.as_ref()
    }

    /// Name of what is being opened and not yet there, for the window's title line.
    pub fn opening_path(&self) -> Option<&std::path::Path> {
        let opening = self.loading.opening.last()?;
        let there = self.recordings.iter().any(|r| r.id == opening.id);
        if there { None } else { opening.paths.first().map(PathBuf::as_path) }
    }

    /// What was said before of recordings that do not fit; `None` asks.
    fn choice_without_asking(&self, too_big: &TooBig) -> Option<TooBigChoice> {
        match self.loading.if_too_big {
            IfTooBig::Ask => None,
            IfTooBig::Every => Some(TooBigChoice::Every(too_big.plan.every_that_fits)),
            // Where no ratio fits, the plan's refusal is given.
            IfTooBig::Shrink => {
                Some(too_big.plan.shrink_that_fits.map_or(TooBigChoice::Cancel, TooBigChoice::Shrink))
            }
            IfTooBig::Cache => Some(TooBigChoice::Cache),
            IfTooBig::Stream => Some(TooBigChoice::Stream),
            IfTooBig::Fail => Some(TooBigChoice::Cancel),
        }
    }

    pub(super) fn cache_in(&mut self, path: PathBuf, limit: Option<u64>) {
        let as_f32 = self.loading.disk_cache.as_f32;
        self.loading.disk_cache = DiskCache { as_f32, ..DiskCache::new(Some(path), limit) };
        if let Some(TooBig { opening, .. }) = self.loading.too_big.clone() {
            self.go_on(opening, true, Hold::Planned);
        }
    }

    /// Goes on with an opening that waited.
    fn go_on(&mut self, mut opening: Opening, again: bool, hold: Hold) {
        let under_way = &mut self.loading.opening;
        let earlier = under_way.iter().position(|o| o.id == opening.id).map(|i| under_way.remove(i));
        opening.attempt = 1 + earlier.map_or(opening.attempt, |earlier| earlier.attempt);
        under_way.push(opening.clone());
        self.start_open(&opening, again, hold);
    }

    pub(super) fn resolve_too_big(&mut self, choice: TooBigChoice) {
        let Some(waiting) = self.loading.too_big.take() else { return };
        let TooBig { name, plan, mut opening, .. } = waiting;
        if choice == TooBigChoice::Cancel {
            // Another folder may be looked at just now: its answer would ask again.
            self.loading.opening.retain(|o| o.id != opening.id);
            self.cancel(JobKey::Open(opening.id));
            if let Some(first) = opening.first.take() {
                self.withdraw(first);
            }
        }
        let (again, hold) = match choice {
            TooBigChoice::Cancel if self.loading.if_too_big == IfTooBig::Ask => {
                return self.log.info("not opened");
            }
            TooBigChoice::Cancel => return self.log.error(&format!("{name}: {}", plan.too_big_message())),
            TooBigChoice::Every(every) => {
                opening.load.every = every.div_ceil(opening.load.frames.step.max(1)).max(1);
                (false, Hold::Planned)
            }
            TooBigChoice::Shrink(ratio) => {
                opening.load.shrink = ratio;
                (false, Hold::Planned)
            }
            TooBigChoice::Cache => (true, Hold::Disk),
            TooBigChoice::Stream => (true, Hold::Stream),
        };
        self.go_on(opening, again, hold);
    }

    /// Stops what is opened. Where frames arrive already, those stay; nothing else is waited for: a disk may take its
    /// time.
    pub(super) fn cancel_load(&mut self) {
        let (there, not_there): (Vec<Opening>, Vec<Opening>) = std::mem::take(&mut self.loading.opening)
            .into_iter()
            .partition(|opening| self.recordings.iter().any(|r| r.id == opening.id));
        let ids: Vec<RecordingId> = there.iter().chain(&not_there).map(|o| o.id).collect();
        self.loading.opening = there;
        for id in ids {
            self.cancel(JobKey::Open(id));
        }
        for opening in not_there {
            let path = opening.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
            self.log.error(&format!("{path}: opening was cancelled"));
            if let Some(first) = opening.first {
                self.withdraw(first);
            }
        }
    }

    /// Closes what a view shows, in all views.
    pub(super) fn close(&mut self, view: ViewId) {
        let Some(id) = self.views.get(view).and_then(|view| view.recording) else { return };
        let is_first = |o: &Opening| o.first.is_some_and(|first| first.id == id);
        if let Some(under_way) = self.loading.opening.iter().position(is_first) {
            let opening = self.loading.opening.remove(under_way);
            self.cancel(JobKey::Open(opening.id));
        }
        self.forget(id);
    }

    /// Stops and drops everything about a recording; views that showed it show the newest of the others.
    pub(super) fn forget(&mut self, id: RecordingId) {
        let Some(at) = self.recordings.iter().position(|r| r.id == id) else { return };
        let gone = self.recordings.remove(at);
        self.cancel(JobKey::Open(id));
        self.table.forget_stack(self.engine.get_mut().as_mut(), gone.stack.id);
        let newest = self.recordings.last().map(|r| r.id);
        let bereft: Vec<ViewId> =
            self.views.list().iter().filter(|view| view.recording == Some(id)).map(|view| view.id).collect();
        for view in bereft {
            match newest {
                Some(newest) => self.show(view, newest),
                None => {
                    if let Some(view) = self.views.get_mut(view) {
                        *view = View::new(view.id, None);
                    }
                }
            }
        }
        self.views.iter_mut().for_each(|view| view.forget(id));
    }
}
