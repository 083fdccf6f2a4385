//! The session: the program without its window.
//!
//! It owns the open recordings, their documents, the caches and the jobs. A window (or a test) calls
//! [`Session::poll`] once per frame, reads, and sends [`Command`]s. Nothing here blocks: whatever decodes,
//! reduces or waits is a job. Replies say whether they are current, preliminary or still being computed;
//! an old reply is kept until the new one is there.

mod curves;
mod export;
mod first;
mod log;
mod open;
mod pictures;
mod playback;
mod recording;
mod reference;
mod strip;
mod windows;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use crate::cache::Cache;
use crate::document::{Edit, ZoneEdit};
use crate::evaluate::{EvalError, LevelsAnswer, Picture, References};
use crate::jobs::{JobContext, JobStatus, Jobs};
use crate::load::{DiskCache, IfTooBig};
use crate::recipe::Load;

pub use curves::{CurveData, CurveReply};
pub use export::{EXPORTING, Undecided};
pub use log::{Level, Log, LogLine};
pub use open::{LoadState, TooBig, TooBigChoice};
pub use pictures::{LevelsReply, PictureReply, Prepare, ShownPicture, StepFault};
pub use playback::{LoopMode, Playhead};
pub use recording::{FrameCounts, MemoryUse, Recording, RecordingId};
pub use reference::{ReferencePicture, ReferenceReply};
pub use strip::{StripAction, StripItem};

/// Names a job of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JobKey {
    /// Opening and filling a recording.
    Open(RecordingId),
    /// The picture shown.
    Picture(RecordingId),
    /// Distribution over a sample of the frames.
    SampleLevels(RecordingId),
    /// Distribution over all frames.
    StackLevels(RecordingId),
    /// Curves of the zones.
    Curves(RecordingId),
    /// One raw value for the probe.
    Probe(RecordingId),
    /// The small picture of a reference.
    Reference(RecordingId),
    /// Making long windows quick before frames are asked for.
    Windows(RecordingId),
    /// Saving something.
    Task(u64),
}

/// Results of jobs.
pub(crate) enum Outcome {
    Open(open::OpenOutcome),
    Picture(pictures::PictureOutcome),
    Levels(crate::cache::CacheKey, Result<LevelsAnswer, EvalError>),
    Probe(crate::cache::CacheKey, Result<Picture, EvalError>),
    /// With the question's fingerprint.
    Curves(u64, Result<(), EvalError>),
    Reference(reference::ReferenceOutcome),
    /// What failed shows when a frame is asked for.
    Windows,
    Task(Result<String, String>),
}

impl Outcome {
    /// Whether there is no result because the job was stopped.
    fn was_stopped(&self) -> bool {
        match self {
            Self::Picture(outcome) => outcome.was_stopped(),
            Self::Reference(outcome) => outcome.was_stopped(),
            Self::Curves(_, result) => matches!(result, Err(EvalError::Cancelled)),
            Self::Open(_) | Self::Levels(..) | Self::Probe(..) | Self::Windows | Self::Task(_) => false,
        }
    }
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Opens files or a folder. The recording shown is replaced once the new one is there, or kept beside it.
    Open {
        /// Files or one folder.
        paths: Vec<PathBuf>,
        /// How to read them.
        load: Load,
        /// Keep what is open.
        in_addition: bool,
    },
    /// Answers the question of a recording that does not fit in memory.
    TooBig(TooBigChoice),
    /// Keeps decoded frames in another folder, or as many bytes of them (`None`: as [`DiskCache::new`] says), from
    /// now on; what waits for an answer because it does not fit in memory is looked for there.
    CacheFolder {
        /// The folder.
        path: PathBuf,
        /// Bytes that they may take.
        limit: Option<u64>,
    },
    /// Stops loading; what is loaded stays.
    CancelLoad,
    /// Stops a job by its key.
    CancelJob(JobKey),
    /// Closes the recording shown.
    Close,
    /// Shows another open recording.
    Show(RecordingId),
    /// Changes the document of the recording shown.
    Edit(Edit),
    /// Ends a drag or a typed entry: the next edit is an undo step of its own.
    EndGesture,
    /// Takes the last edit back.
    Undo,
    /// Does it again.
    Redo,
    /// Shows stack frame `n` (clipped); stops playing.
    Seek(usize),
    /// Moves by frames (clipped); stops playing.
    Step(i64),
    /// Starts or stops playing.
    TogglePlay,
    /// Frames per second while playing.
    PlayRate(f64),
    /// What happens at the end.
    PlayLoop(LoopMode),
}

/// The program without its window.
pub struct Session {
    recordings: Vec<Recording>,
    current: Option<RecordingId>,
    jobs: Jobs<JobKey, Outcome>,
    events: Receiver<open::OpenEvent>,
    event_sender: Sender<open::OpenEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    prepare: Arc<Prepare>,
    pictures: Cache<ShownPicture>,
    answers: Cache<LevelsAnswer>,
    references: References,
    opening: Vec<open::Opening>,
    too_big: Option<TooBig>,
    max_ram: Option<u64>,
    if_too_big: IfTooBig,
    disk_cache: DiskCache,
    tasks: u64,
    memory: Cell<Option<(Instant, MemoryUse)>>,
    log: Log,
}

/// Bytes of pictures and of answers that are kept for coming back to.
const CACHE_BYTES: u64 = 256 << 20;

impl Session {
    /// An empty session. `wake` is called from other threads when something is new, so that the owner polls.
    /// `prepare` runs on a worker and turns a picture into what the owner draws (a texture's bytes, say).
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>, prepare: Arc<Prepare>, max_ram: Option<u64>) -> Self {
        let (event_sender, events) = channel();
        Self {
            recordings: Vec::new(),
            current: None,
            jobs: Jobs::new(Arc::clone(&wake), |key| matches!(key, JobKey::Picture(_) | JobKey::Probe(_))),
            events,
            event_sender,
            wake,
            prepare,
            pictures: Cache::new(CACHE_BYTES),
            answers: Cache::new(CACHE_BYTES),
            references: References::default(),
            opening: Vec::new(),
            too_big: None,
            max_ram,
            if_too_big: IfTooBig::Ask,
            disk_cache: DiskCache::default(),
            tasks: 0,
            memory: Cell::new(None),
            log: Log::default(),
        }
    }

    /// Says what is to be done with recordings that do not fit in memory, and where decoded frames may be kept on
    /// disk; without it the person is asked and nothing is kept.
    #[must_use]
    pub fn with_disk_cache(mut self, if_too_big: IfTooBig, disk_cache: DiskCache) -> Self {
        (self.if_too_big, self.disk_cache) = (if_too_big, disk_cache);
        self
    }

    /// Takes what jobs have finished. Never blocks.
    pub fn poll(&mut self) {
        for note in self.references.take_notes() {
            self.log.warning(&note);
        }
        while let Ok(event) = self.events.try_recv() {
            self.on_open_event(event);
        }
        for finished in self.jobs.poll() {
            let result = finished.result.unwrap_or_else(|panic| {
                let message = format!("an internal error stopped a job ({:?}): {panic}", finished.key);
                self.log.error(&message);
                Outcome::Task(Err(message))
            });
            match (finished.key, result) {
                // The newest job for the same recording goes on.
                (JobKey::Open(_), _) if finished.superseded => {}
                (JobKey::Open(id), Outcome::Open(outcome)) => {
                    self.on_open_outcome(id, outcome, finished.seconds);
                }
                // What was stopped by a newer job says nothing about that one, which is asked for already.
                (_, outcome) if finished.superseded && outcome.was_stopped() => {}
                (JobKey::Picture(id), Outcome::Picture(outcome)) => self.on_picture(id, outcome),
                (job, Outcome::Levels(key, Ok(answer))) => self.on_levels(&job, key, Arc::new(answer)),
                (JobKey::Probe(id), Outcome::Probe(key, Ok(picture))) => {
                    if let Some(recording) = self.recording_mut(id) {
                        recording.levels.probe = Some((key, picture));
                    }
                }
                (JobKey::Reference(id), Outcome::Reference(outcome)) => self.on_reference(id, outcome),
                (JobKey::Curves(id), Outcome::Curves(asked, result)) => self.on_curves(id, asked, result),
                (JobKey::Task(_), Outcome::Task(Ok(message))) => self.log.info(&message),
                (JobKey::Task(_), Outcome::Task(Err(message))) => self.log.error(&message),
                (JobKey::Open(id), Outcome::Task(Err(message))) => {
                    self.on_open_outcome(id, open::OpenOutcome::Refused(message), finished.seconds);
                }
                _ => {}
            }
        }
    }

    /// Does what a person asked for. Never blocks; what takes time becomes a job.
    pub fn execute(&mut self, command: Command) {
        match command {
            Command::Open { paths, load, in_addition } => self.open(paths, load, in_addition, None),
            Command::TooBig(choice) => self.resolve_too_big(choice),
            Command::CacheFolder { path, limit } => self.cache_in(path, limit),
            Command::CancelLoad => self.cancel_load(),
            Command::CancelJob(key) => self.jobs.cancel(&key),
            Command::Close => self.close(),
            Command::Show(id) => {
                if self.recordings.iter().any(|r| r.id == id) {
                    self.current = Some(id);
                }
            }
            Command::Edit(edit) => self.edit(edit),
            Command::EndGesture => {
                if let Some(recording) = self.current_mut() {
                    recording.history.close();
                }
            }
            Command::Undo => {
                if self.current_mut().is_some_and(|r| r.history.undo()) {
                    self.after_history_moved();
                }
            }
            Command::Redo => {
                if self.current_mut().is_some_and(|r| r.history.redo()) {
                    self.after_history_moved();
                }
            }
            Command::Seek(frame) => self.with_playhead(|p, frames| p.seek(frame, frames)),
            Command::Step(by) => self.with_playhead(|p, frames| p.step(by, frames)),
            Command::TogglePlay => self.with_playhead(Playhead::toggle),
            Command::PlayRate(rate) => self.with_playhead(|p, _| p.rate = rate.clamp(0.1, 100_000.0)),
            Command::PlayLoop(mode) => self.with_playhead(|p, _| p.mode = mode),
        }
    }

    fn edit(&mut self, edit: Edit) {
        let Some(recording) = self.current_mut() else { return };
        let before = Arc::clone(recording.history.state());
        let label = edit.label(&before);
        let selects = matches!(edit, Edit::Zone(ZoneEdit::Select(_)));
        match edit.apply(&before) {
            Ok(next) => {
                // What is selected comes back with an undo, but is no step of its own.
                if selects {
                    recording.history.amend(next);
                } else {
                    recording.history.push(next, label);
                }
                self.after_history_moved();
            }
            Err(error) => self.log.error(&error.to_string()),
        }
    }

    /// Opens the recording again where the document's load part differs from how it was read, and keeps the
    /// playhead inside the timeline.
    fn after_history_moved(&mut self) {
        let Some(recording) = self.current_mut() else { return };
        recording.playhead.clip(&recording.history.state().recipe.select(&recording.stack, None));
        let wanted = recording.history.state().recipe.load.clone();
        let id = recording.id;
        let paths = recording.paths.clone();
        let differs = wanted != recording.opened.load;
        let under_way = self.opening.iter().any(|o| o.succeeds(id) && o.load == wanted);
        if differs && !under_way {
            self.open(paths, wanted, false, Some(id));
        }
    }

    fn with_playhead(&mut self, change: impl FnOnce(&mut Playhead, &[usize])) {
        if let Some(recording) = self.current_mut() {
            let frames = recording.timeline();
            change(&mut recording.playhead, &frames);
        }
    }

    /// Moves the playhead if it plays; returns how long until the next frame is due. `elapsed` is the time
    /// since the last call, in seconds.
    pub fn advance_playback(&mut self, elapsed: f64) -> Option<f64> {
        let recording = self.current_mut()?;
        if !recording.playhead.playing {
            return None;
        }
        let frames = recording.timeline();
        recording.playhead.advance(elapsed, &frames)
    }

    /// The recording shown.
    pub fn current(&self) -> Option<&Recording> {
        let id = self.current?;
        self.recordings.iter().find(|r| r.id == id)
    }

    fn current_mut(&mut self) -> Option<&mut Recording> {
        let id = self.current?;
        self.recording_mut(id)
    }

    fn recording_mut(&mut self, id: RecordingId) -> Option<&mut Recording> {
        self.recordings.iter_mut().find(|r| r.id == id)
    }

    /// All open recordings, in the order they were opened.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The log, to add to.
    pub fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// What runs now.
    pub fn jobs(&self) -> Vec<JobStatus<JobKey>> {
        self.jobs.status()
    }

    /// Whether anything runs, so that progress wants drawing.
    pub fn is_busy(&self) -> bool {
        self.jobs.any()
    }

    /// Runs something that takes time, such as saving. Its message goes to the log.
    pub fn spawn_task(
        &mut self,
        name: &str,
        work: impl FnOnce(&JobContext) -> Result<String, String> + Send + 'static,
    ) {
        self.tasks += 1;
        self.jobs.submit(JobKey::Task(self.tasks), name, move |cx| Outcome::Task(work(cx)));
    }

    /// Where the program's bytes are; looked up twice a second at most.
    pub fn memory(&self) -> MemoryUse {
        if let Some((at, memory)) = self.memory.get()
            && at.elapsed().as_millis() < 500
        {
            return memory;
        }
        let memory = self.look_up_memory();
        self.memory.set(Some((Instant::now(), memory)));
        memory
    }

    fn look_up_memory(&self) -> MemoryUse {
        let of = |which: &dyn Fn(&Recording) -> bool| {
            self.recordings.iter().filter(|r| which(r)).map(|r| r.stack.bytes()).sum()
        };
        MemoryUse {
            stacks: self.recordings.iter().map(|r| r.stack.store.memory_bytes()).sum(),
            decoders: self.recordings.iter().map(|r| r.opened.source.decoder_bytes()).sum(),
            mapped: of(&|r| r.is_mapped() && !r.is_on_disk()),
            disk: of(&Recording::is_on_disk),
            pictures: self.pictures.bytes(),
            answers: self.answers.bytes(),
            references: self.references.bytes(),
            curves: self.recordings.iter().map(Recording::curve_bytes).sum(),
            process: crate::load::process_memory().map(|(anonymous, _)| anonymous),
            available: crate::load::available_bytes(),
        }
    }
}
