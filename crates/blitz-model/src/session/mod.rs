//! The session: the program without its window.
//!
//! It owns the open recordings, their documents, the views, the table of questions and the jobs. A window (or a test)
//! calls [`Session::poll`] once per frame, says what its views want to know, reads the replies, and sends
//! [`Command`]s. Nothing here blocks: whatever decodes, reduces or waits is a job. Replies say whether they are
//! current, preliminary or still being computed; an old answer is kept until the new one is there.

mod auxiliary;
mod command;
mod curves;
mod export;
mod first;
mod grows;
mod levels;
mod log;
mod open;
mod picture;
mod playback;
mod recording;
mod strip;
mod table;
mod view;
mod watch;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::broker::{Account, Broker};
use crate::document::{Edit, ZoneEdit};
use crate::engine::{Engine, Event, Local, OpenOutcome, Outcome, Sent};
use crate::evaluate::{Answer, ShowPicture};
use crate::jobs::{JobContext, JobStatus};
use crate::load::{DiskCache, IfTooBig};
use crate::recipe::Recipe;
use export::Tasks;
use picture::Drawing;
use table::{Subject, Table};
use view::Views;
use watch::Watch;

pub use crate::engine::{JobKey, RecordingId, SlotKey, Undecided, ViewId};
pub use crate::evaluate::{CurveData, ReferencePicture};
pub use auxiliary::AuxiliaryReply;
pub use command::Command;
pub use curves::CurveReply;
pub use levels::{DistributionReply, LevelsReply};
pub use log::{Level, Log, LogLine};
pub use open::{LoadState, TooBig, TooBigChoice, Unknown, opening_words};
pub use picture::{PictureReply, Prepare, ReferenceReply, ShownKymograph, ShownPicture};
pub use playback::{LoopMode, Playhead};
pub use recording::{FrameCounts, MemoryUse, Recording};
pub use strip::{StripAction, StripItem};
pub use table::{Failure, Reply, ReplyState, StepFault};
pub use view::{Link, Shows, View};

/// The program without its window.
pub struct Session {
    recordings: Vec<Recording>,
    views: Views,
    table: Table,
    engine: RefCell<Box<dyn Engine>>,
    tasks: Tasks,
    broker: Broker,
    watch: Watch,
    drawing: Drawing,
    loading: open::Loading,
    ids: u64,
    memory: Cell<Option<(Instant, MemoryUse)>>,
    log: Log,
    /// The newest frame of each recording whose folder is watched.
    newest: HashMap<RecordingId, usize>,
}

impl Session {
    /// An empty session. `wake` is called from other threads when something is new, so that the owner polls.
    /// `prepare` runs on a worker and turns a picture into what the owner draws (a texture's bytes, say).
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>, prepare: Arc<Prepare>, max_ram: Option<u64>) -> Self {
        let broker = Broker::new(crate::load::budget_bytes(max_ram));
        let engine = Local::new(Arc::clone(&wake), broker.clone());
        Self::with_engine(Box::new(engine), broker, wake, prepare, max_ram)
    }

    /// As [`new`](Self::new), with an engine that works within the budget of `broker`.
    pub fn with_engine(
        engine: Box<dyn Engine>,
        broker: Broker,
        wake: Arc<dyn Fn() + Send + Sync>,
        prepare: Arc<Prepare>,
        max_ram: Option<u64>,
    ) -> Self {
        Self {
            recordings: Vec::new(),
            views: Views::new(),
            table: Table::new(broker.clone()),
            engine: RefCell::new(engine),
            tasks: Tasks::new(Arc::clone(&wake)),
            broker,
            watch: Watch::new(wake),
            drawing: Drawing::new(prepare),
            loading: open::Loading::new(max_ram),
            ids: 0,
            memory: Cell::new(None),
            log: Log::default(),
            newest: HashMap::new(),
        }
    }

    /// Says what is to be done with recordings that do not fit in memory, and where decoded frames may be kept on
    /// disk; without it the person is asked and nothing is kept.
    #[must_use]
    pub fn with_disk_cache(mut self, if_too_big: IfTooBig, disk_cache: DiskCache) -> Self {
        self.loading.set_disk_cache(if_too_big, disk_cache);
        self
    }

    /// Watches the folders of all recordings that are opened.
    #[must_use]
    pub fn watching_folders(mut self, watch: bool) -> Self {
        self.loading.set_watch(watch);
        self
    }

    /// What a view wants to know now, as far as it is there; starts computing what is not. Called in every frame that
    /// shows it: see [`drop_unwanted`](Self::drop_unwanted). Never blocks.
    pub fn want<Q: Sent>(&self, view: ViewId, question: &Q) -> Reply<Q::Answer> {
        let shows = self.view(view).map(View::shows).unwrap_or_default();
        self.want_made(view, shows, question, |answer| answer)
    }

    /// As [`want`](Self::want), of what `make` makes of the answer on a worker, and of values that the view need not
    /// show.
    fn want_made<Q: Sent, A: Answer>(
        &self,
        view: ViewId,
        shows: Shows,
        question: &Q,
        make: impl Fn(Arc<Q::Answer>) -> Arc<A> + Send + Sync + 'static,
    ) -> Reply<A> {
        let Some((_, recording)) = self.looks_at(view) else { return Reply::none() };
        if recording.is_preview() && Q::KIND != ShowPicture::KIND {
            return Reply::none();
        }
        let Some(resolved) = recording.resolved(&self.watch) else {
            let value = self.table.last::<Q, A>(view, recording.stack.id, question.place());
            return Reply { value, ..Reply::none() };
        };
        let (recipe, key) = resolved.shown(shows);
        let subject = Subject {
            view,
            stack: &recording.stack,
            recipe,
            key,
            key_of: &|steps| resolved.key_of(steps),
            stage: recording.stage_of_loading(),
        };
        self.table.want(self.engine.borrow_mut().as_mut(), &subject, question, make)
    }

    /// Cancels what no view has wanted since the last call: for an owner that says in every frame what it wants.
    pub fn drop_unwanted(&mut self) {
        self.table.drop_unwanted(self.engine.get_mut().as_mut());
    }

    /// A view with the recording that it shows.
    fn looks_at(&self, view: ViewId) -> Option<(&View, &Recording)> {
        let view = self.views.get(view)?;
        Some((view, self.recording(view.recording?)?))
    }

    /// The recipe of the values that the view shows.
    fn shown_recipe(&self, view: &View, recording: &Recording) -> Arc<Recipe> {
        match recording.resolved(&self.watch) {
            Some(resolved) => Arc::clone(resolved.shown(view.shows).0),
            None => Arc::new(recording.recipe().clone()),
        }
    }

    /// Takes what jobs have finished. Never blocks.
    pub fn poll(&mut self) {
        let shown = self.views.list().iter().filter_map(|view| view.recording);
        let shown: Vec<RecordingId> = shown.collect();
        let recordings = self.recordings.iter().filter(|r| shown.contains(&r.id));
        let files: Vec<PathBuf> = recordings.flat_map(|r| r.recipe().files()).collect();
        self.watch.set(&files);
        self.keep_inside();
        self.follow_newest();
        self.broker.note(Account::Stacks, self.recordings.iter().map(|r| r.stack.store.memory_bytes()).sum());
        self.broker.note(Account::Decoders, self.engine.get_mut().decoder_bytes());
        self.table.give_back();
        self.table.postpone_ahead(self.engine.get_mut().as_mut());
        let events = self.engine.get_mut().poll();
        for event in events {
            self.on_event(event);
        }
        for task in self.tasks.own.poll() {
            match task.result.unwrap_or_else(|panic| Err(internal(task.key, &panic))) {
                Ok(message) => self.log.info(&message),
                Err(message) => self.log.error(&message),
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Note(note) => self.log.warning(&note),
            Event::Part { job: JobKey::Question(slot), key, given } => {
                self.table.take_part(&slot, key, given);
            }
            Event::Part { .. } => {}
            Event::Opened(event) => self.on_open_event(*event),
            Event::Undecided { job, undecided } => self.tasks.ask(job, *undecided),
            Event::Ended { job, result, superseded, seconds } => {
                let result = result.map_err(|panic| {
                    let message = internal(job, &panic);
                    self.log.error(&message);
                    message
                });
                self.on_ended(job, result, superseded, seconds);
            }
        }
    }

    fn on_ended(&mut self, job: JobKey, result: Result<Outcome, String>, superseded: bool, seconds: f64) {
        self.tasks.ended(job);
        match (job, result) {
            // The newest job for the same recording goes on.
            (JobKey::Open(_), _) | (JobKey::Question(_), Err(_)) if superseded => {}
            (JobKey::Open(id), Ok(Outcome::Opened(outcome))) => self.on_open_outcome(id, outcome, seconds),
            (JobKey::Open(id), Err(message)) => {
                self.on_open_outcome(id, OpenOutcome::Refused(message), seconds);
            }
            // About a recording that was closed meanwhile: nothing of it is kept.
            (JobKey::Question(_), Ok(Outcome::Answered { key, .. }))
                if self.recordings.iter().all(|r| r.stack.id != key.stack) => {}
            (JobKey::Question(slot), Ok(Outcome::Answered { key, result })) => {
                let engine = self.engine.get_mut().as_mut();
                if let Some(message) = self.table.take(engine, &slot, key, result, superseded) {
                    self.log.error(&message);
                }
            }
            (JobKey::Question(slot), Err(message)) => self.table.lost(&slot, &message),
            (JobKey::Task(_), Ok(Outcome::Written(Ok(message)))) => self.log.info(&message),
            (JobKey::Task(_), Ok(Outcome::Written(Err(message)))) => self.log.error(&message),
            _ => {}
        }
    }

    /// Moves playheads off frames that their store has dropped.
    fn keep_inside(&mut self) {
        for i in 0..self.views.list().len() {
            let (id, shown) = (self.views.list()[i].id, self.views.list()[i].recording);
            let Some(recording) = shown.and_then(|shown| self.recording(shown)) else { continue };
            if self.views.list()[i].playhead.frame < recording.stack.store.extent().first {
                let timeline = recording.timeline();
                if let Some(view) = self.views.get_mut(id) {
                    view.playhead.clip(&timeline);
                }
            }
        }
    }

    /// Does what a person asked for in the focused view. Never blocks; what takes time becomes a job.
    pub fn execute(&mut self, command: Command) {
        self.execute_in(self.views.focused(), command);
    }

    /// Does what a person asked for in a view. Never blocks; what takes time becomes a job.
    pub fn execute_in(&mut self, view: ViewId, command: Command) {
        match command {
            Command::Open { paths, load, in_addition } => self.open(view, paths, load, in_addition, None),
            Command::TooBig(choice) => self.resolve_too_big(choice),
            Command::CacheFolder { path, limit } => self.cache_in(path, limit),
            Command::WatchFolder(watch) => self.watch_folder(view, watch),
            Command::CancelLoad => self.cancel_load(),
            Command::CancelJob(key) => self.cancel(key),
            Command::Close => self.close(view),
            Command::Show(id) => self.show(view, id),
            Command::Values(shows) => {
                if let Some(view) = self.views.get_mut(view) {
                    view.shows = shows;
                }
            }
            Command::AddView => {
                let id = self.views.add(view);
                self.views.focus(id);
            }
            Command::CloseView => {
                if self.views.remove(view) {
                    self.table.forget_view(self.engine.get_mut().as_mut(), view);
                }
            }
            Command::Focus => self.views.focus(view),
            Command::Link(link) => {
                self.views.set_link(link);
                self.follow(view);
            }
            Command::Edit(edit) => self.edit(view, edit),
            Command::EndGesture => self.recordings.iter_mut().for_each(|r| r.history.close()),
            Command::Undo => {
                if self.recording_of(view).is_some_and(|r| r.history.undo()) {
                    self.after_history_moved(view);
                }
            }
            Command::Redo => {
                if self.recording_of(view).is_some_and(|r| r.history.redo()) {
                    self.after_history_moved(view);
                }
            }
            Command::Seek(frame) => self.with_playhead(view, |p, frames| p.seek(frame, frames)),
            Command::Step(by) => self.with_playhead(view, |p, frames| p.step(by, frames)),
            Command::TogglePlay => self.with_playhead(view, Playhead::toggle),
            Command::PlayRate(rate) => self.with_playhead(view, |p, _| p.rate = rate.clamp(0.1, 100_000.0)),
            Command::PlayLoop(mode) => self.with_playhead(view, |p, _| p.mode = mode),
        }
    }

    fn edit(&mut self, view: ViewId, edit: Edit) {
        let of_levels = matches!(edit, Edit::Levels(_) | Edit::Trim(_));
        let view = if of_levels { self.levels_from(view) } else { view };
        let Some(recording) = self.recording_of(view) else { return };
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
                self.after_history_moved(view);
            }
            Err(error) => self.log.error(&error.to_string()),
        }
    }

    /// Opens the recording again where the document's load part differs from how it was read, and keeps the
    /// playheads inside the timeline.
    fn after_history_moved(&mut self, view: ViewId) {
        let Some(recording) = self.recording_of(view) else { return };
        let (id, frames) = (recording.id, recording.timeline());
        let wanted = recording.history.state().recipe.load.clone();
        let paths = recording.paths.clone();
        let differs = recording.found.as_ref().is_some_and(|found| found.load != wanted);
        for view in self.views.iter_mut().filter(|view| view.recording == Some(id)) {
            view.playhead.clip(&frames);
        }
        if differs && !self.loading.reads_again(id, &wanted) {
            self.open(view, paths, wanted, false, Some(id));
        }
    }

    fn with_playhead(&mut self, view: ViewId, change: impl FnOnce(&mut Playhead, &[usize])) {
        let Some(frames) = self.recording_of(view).map(|r| r.timeline()) else { return };
        if let Some(shown) = self.views.get_mut(view) {
            change(&mut shown.playhead, &frames);
        }
        self.follow(view);
    }

    /// Moves the other views to the moment that `leader` shows, where views are linked in time.
    fn follow(&mut self, leader: ViewId) {
        if !self.views.link().time {
            return;
        }
        let Some((shown, from)) = self.looks_at(leader) else { return };
        let frame = shown.playhead.frame;
        let mut moved = Vec::new();
        for other in self.views.list().iter().filter(|view| view.id != leader) {
            if let Some(to) = other.recording.and_then(|id| self.recording(id)) {
                let frame = if to.id == from.id { frame } else { view::same_moment(from, frame, to) };
                moved.push((other.id, frame, to.timeline()));
            }
        }
        for (id, frame, frames) in moved {
            if let Some(view) = self.views.get_mut(id) {
                view.playhead.seek(frame, &frames);
            }
        }
    }

    /// Moves the playheads that play; returns how long until the next frame is due. `elapsed` is the time since the
    /// last call, in seconds.
    pub fn advance_playback(&mut self, elapsed: f64) -> Option<f64> {
        let playing: Vec<ViewId> =
            self.views.list().iter().filter(|view| view.playhead.playing).map(|view| view.id).collect();
        let mut next: Option<f64> = None;
        for id in playing {
            let Some(frames) = self.recording_of(id).map(|r| r.timeline()) else { continue };
            let Some(view) = self.views.get_mut(id) else { continue };
            let due = view.playhead.advance(elapsed, &frames);
            next = match (next, due) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            self.follow(id);
        }
        next
    }

    /// The views; there is always one.
    pub fn views(&self) -> &[View] {
        self.views.list()
    }

    /// The view of this identity.
    pub fn view(&self, id: ViewId) -> Option<&View> {
        self.views.get(id)
    }

    /// The view that tools and panels without a view of their own work with.
    pub fn focused(&self) -> ViewId {
        self.views.focused()
    }

    /// What all views have in common.
    pub fn link(&self) -> Link {
        self.views.link()
    }

    /// The recording that a view shows.
    pub fn shown(&self, view: ViewId) -> Option<&Recording> {
        self.looks_at(view).map(|(_, recording)| recording)
    }

    /// The recording that the focused view shows.
    pub fn current(&self) -> Option<&Recording> {
        self.shown(self.focused())
    }

    /// The recording of this identity.
    pub fn recording(&self, id: RecordingId) -> Option<&Recording> {
        self.recordings.iter().find(|r| r.id == id)
    }

    fn recording_mut(&mut self, id: RecordingId) -> Option<&mut Recording> {
        self.recordings.iter_mut().find(|r| r.id == id)
    }

    fn recording_of(&mut self, view: ViewId) -> Option<&mut Recording> {
        let id = self.views.get(view)?.recording?;
        self.recording_mut(id)
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
        let mut jobs = self.engine.borrow().jobs();
        jobs.extend(self.tasks.own.status());
        jobs
    }

    /// Whether a view shows a recording that may get more frames without anything running here: who draws it looks again
    /// by itself.
    pub fn is_growing(&self) -> bool {
        let shown = self.views.list().iter().filter_map(|view| self.recording(view.recording?));
        shown.into_iter().any(|recording| !recording.stack.store.extent().sealed)
    }

    /// Whether anything runs, so that progress wants drawing: jobs, and the first look at files that recipes name.
    pub fn is_busy(&self) -> bool {
        let mut shown = self.views.list().iter().filter_map(|view| self.recording(view.recording?));
        !self.engine.borrow().is_idle()
            || self.tasks.own.any()
            || shown.any(|recording| recording.resolved(&self.watch).is_none())
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Stops a job because the person says so.
    fn cancel(&mut self, job: JobKey) {
        self.table.cancel(self.engine.get_mut().as_mut(), &job);
        self.tasks.own.cancel(&job);
    }

    /// Notes the bytes of pictures on the graphics card, for the book of memory.
    pub fn note_textures(&self, bytes: u64) {
        self.broker.note(Account::Textures, bytes);
    }

    /// Runs something of the owner's that takes time, such as saving what is drawn. Its message goes to the log.
    pub fn spawn_task(
        &mut self,
        name: &str,
        work: impl FnOnce(&JobContext) -> Result<String, String> + Send + 'static,
    ) {
        let key = JobKey::Task(self.next_id());
        self.tasks.own.submit(key, name, work);
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
            decoders: self.engine.borrow().decoder_bytes(),
            mapped: of(&|r| r.is_mapped() && !r.is_on_disk()),
            disk: of(&Recording::is_on_disk),
            answers: self.broker.held(Account::Answers),
            allowance: self.broker.allowance(),
            references: self.engine.borrow().shared_bytes(),
            process: crate::load::process_memory().map(|(anonymous, _)| anonymous),
            available: crate::load::available_bytes(),
        }
    }
}

/// What the log says of a job that panicked.
fn internal(job: JobKey, panic: &str) -> String {
    format!("an internal error stopped a job ({job:?}): {panic}")
}
