//! Opening, loading, closing.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use blitz_core::{Progress, ProgressSnapshot, Stack};

use super::recording::{Recording, RecordingId};
use super::{JobKey, Outcome, Session};
use crate::jobs::JobContext;
use crate::load::{Fill, LoadPlan, Opened, Strategy};
use crate::recipe::Load;
use crate::text;

/// How far loading has come.
#[derive(Clone, Debug)]
pub enum LoadState {
    /// Frames are arriving.
    Loading {
        /// Frames done, failed ones included.
        progress: Progress,
    },
    /// All frames are there, or nothing needed loading.
    Done(Fill),
}

impl LoadState {
    /// Progress while frames are arriving.
    pub fn progress(&self) -> Option<ProgressSnapshot> {
        match self {
            Self::Loading { progress } => Some(progress.snapshot()),
            Self::Done(_) => None,
        }
    }
}

/// A recording that waits for a decision because it does not fit in memory.
#[derive(Clone, Debug)]
pub struct TooBig {
    /// Its name.
    pub name: String,
    /// The plan, with the reason.
    pub plan: LoadPlan,
    opened: Opened,
    opening: Opening,
}

/// What to do with a recording that does not fit in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooBigChoice {
    /// Load every n-th frame.
    Every(usize),
    /// Hold nothing: decode each frame when it is looked at.
    Stream,
    /// Don't open it.
    Cancel,
}

/// An opening under way.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) id: RecordingId,
    pub(super) paths: Vec<PathBuf>,
    pub(super) load: Load,
    pub(super) in_addition: bool,
    /// The recording that is being read again with other load options.
    pub(super) replaces: Option<RecordingId>,
}

/// Sent while the job goes on: the stack is there, its first frame with it.
pub(super) struct OpenEvent {
    opening: Opening,
    opened: Opened,
    stack: Stack,
    progress: Progress,
}

pub(crate) enum OpenOutcome {
    Filled(Fill),
    TooBig(Box<TooBig>),
    Refused(String),
}

/// Loading has threads of its own, so that curves and pictures do not queue behind thousands of frames.
fn load_pool() -> &'static rayon::ThreadPool {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| {
        rayon::ThreadPoolBuilder::new()
            .thread_name(|i| format!("load {i}"))
            .build()
            .unwrap_or_else(|_| panic!("the system gives no threads for loading"))
    })
}

impl Session {
    pub(super) fn open(
        &mut self,
        paths: Vec<PathBuf>,
        load: Load,
        in_addition: bool,
        replaces: Option<RecordingId>,
    ) {
        self.tasks += 1;
        let id = RecordingId(self.tasks);
        if !in_addition {
            for other in std::mem::take(&mut self.opening) {
                self.jobs.cancel(&JobKey::Open(other.id));
            }
        }
        let opening = Opening { id, paths, load, in_addition, replaces };
        self.opening.push(opening.clone());
        self.start_open(opening, None, false);
    }

    fn start_open(&mut self, opening: Opening, opened: Option<Opened>, stream: bool) {
        let name = opening.paths.first().map(|p| p.display().to_string()).unwrap_or_default();
        let (sender, wake, max_ram) = (self.event_sender.clone(), Arc::clone(&self.wake), self.max_ram);
        self.jobs.submit(JobKey::Open(opening.id), &format!("opening {name}"), move |cx| {
            Outcome::Open(run_open(opening, opened, stream, max_ram, cx, |event| {
                drop(sender.send(event));
                wake();
            }))
        });
    }

    pub(super) fn on_open_event(&mut self, event: OpenEvent) {
        let OpenEvent { opening, opened, stack, progress } = event;
        if !self.opening.iter().any(|o| o.id == opening.id) {
            return; // superseded meanwhile
        }
        for note in &opened.source.info().notes {
            self.log.info(note);
        }
        self.log.info(&format!("{}: {}", stack.name, opened.plan.describe()));
        let load = LoadState::Loading { progress };
        let mut recording = Recording::new(opening.id, opening.paths.clone(), opened, stack, load);
        if let Some(old) = opening.replaces.and_then(|id| self.recording_mut(id)) {
            // Read again with other options: decisions and undo stay.
            recording.history = old.history.clone();
            let source = old.stack.source_frame(old.playhead.frame);
            recording.playhead = old.playhead.clone();
            recording.playhead.frame = recording.stack.frames.nearest(source, recording.stack.shape().frames);
        }
        let replaced = opening.replaces.or(if opening.in_addition { None } else { self.current });
        if let Some(id) = replaced {
            self.forget(id);
        }
        self.current = Some(opening.id);
        self.recordings.push(recording);
    }

    pub(super) fn on_open_outcome(&mut self, id: RecordingId, outcome: OpenOutcome, seconds: f64) {
        let wanted = self.opening.iter().any(|o| o.id == id);
        self.opening.retain(|o| o.id != id);
        match outcome {
            OpenOutcome::Filled(fill) => {
                let Some(recording) = self.recording_mut(id) else { return };
                let stack = recording.stack.clone();
                recording.load = LoadState::Done(fill.clone());
                self.log_fill(&stack, &fill, seconds);
            }
            OpenOutcome::TooBig(too_big) if wanted => {
                self.log.warning(&format!("{}: {}", too_big.name, too_big.plan.reason));
                self.too_big = Some(*too_big);
            }
            OpenOutcome::Refused(message) if wanted => self.log.error(&message),
            OpenOutcome::TooBig(_) | OpenOutcome::Refused(_) => {}
        }
    }

    fn log_fill(&mut self, stack: &Stack, fill: &Fill, seconds: f64) {
        let rate = stack.bytes() as f64 / seconds.max(1e-9) / 1e6;
        let line = if fill.cancelled {
            format!("{}: loading was cancelled after {}", stack.name, text::count(fill.ready, "frame"))
        } else if stack.store.memory_bytes() > 0 {
            format!(
                "{}: {} loaded in {seconds:.2} s ({rate:.0} MB/s)",
                stack.name,
                text::count(fill.ready, "frame")
            )
        } else {
            format!("{}: opened in {:.0} ms without reading the frames", stack.name, seconds * 1e3)
        };
        self.log.info(&line);
        let broken: Vec<String> =
            fill.failed.iter().filter(|_| !fill.cancelled).map(ToString::to_string).collect();
        for fault in broken {
            self.log.error(&fault);
        }
    }

    /// The recording that waits for a decision because it does not fit in memory.
    pub fn too_big(&self) -> Option<&TooBig> {
        self.too_big.as_ref()
    }

    /// Name of what is being opened and not yet there, for the window's title line.
    pub fn opening_path(&self) -> Option<&std::path::Path> {
        let opening = self.opening.last()?;
        let there = self.recordings.iter().any(|r| r.id == opening.id);
        if there { None } else { opening.paths.first().map(PathBuf::as_path) }
    }

    pub(super) fn resolve_too_big(&mut self, choice: TooBigChoice) {
        let Some(waiting) = self.too_big.take() else { return };
        let TooBig { opened, mut opening, .. } = waiting;
        match choice {
            TooBigChoice::Cancel => self.log.info("not opened"),
            TooBigChoice::Every(every) => {
                opening.load.every = every.max(1);
                self.opening.push(opening.clone());
                self.start_open(opening, None, false);
            }
            TooBigChoice::Stream => {
                self.opening.push(opening.clone());
                self.start_open(opening, Some(opened), true);
            }
        }
    }

    pub(super) fn cancel_load(&mut self) {
        let ids: Vec<RecordingId> = self.opening.iter().map(|o| o.id).collect();
        for id in ids {
            self.jobs.cancel(&JobKey::Open(id));
        }
    }

    pub(super) fn close(&mut self) {
        if let Some(id) = self.current {
            self.forget(id);
            self.current = self.recordings.last().map(|r| r.id);
        }
    }

    fn forget(&mut self, id: RecordingId) {
        for key in [
            JobKey::Open(id),
            JobKey::Picture(id),
            JobKey::SampleLevels(id),
            JobKey::StackLevels(id),
            JobKey::Curves(id),
            JobKey::Probe(id),
        ] {
            self.jobs.cancel(&key);
        }
        self.recordings.retain(|r| r.id != id);
    }
}

fn run_open(
    opening: Opening,
    opened: Option<Opened>,
    stream: bool,
    max_ram: Option<u64>,
    cx: &JobContext,
    announce: impl FnOnce(OpenEvent),
) -> OpenOutcome {
    let opened = match opened {
        Some(opened) => opened,
        None => match Opened::open(&opening.paths, &opening.load, max_ram, &cx.cancel, &cx.progress) {
            Ok(opened) => opened,
            Err(error) => return OpenOutcome::Refused(error.to_string()),
        },
    };
    if opened.plan.strategy == Strategy::TooBig && !stream {
        let (name, plan) = (opened.source.info().name.clone(), opened.plan.clone());
        return OpenOutcome::TooBig(Box::new(TooBig { name, plan, opened, opening }));
    }
    let loaded = if stream { Ok((opened.stream(), None)) } else { opened.load() };
    let (stack, loader) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return OpenOutcome::Refused(error.to_string()),
    };
    if let Some(loader) = &loader {
        loader.fill_one(0);
    }
    let progress = cx.progress.clone();
    progress.start("decoding", stack.shape().frames as u64);
    let known: Vec<_> = opened.source.info().faults.iter().cloned().map(Arc::new).collect();
    let frames = stack.shape().frames;
    announce(OpenEvent { opening, opened, stack, progress });
    match loader {
        Some(loader) => OpenOutcome::Filled(load_pool().install(|| loader.fill(&cx.cancel, &cx.progress))),
        None => OpenOutcome::Filled(Fill {
            ready: frames - known.len().min(frames),
            failed: known,
            ..Fill::default()
        }),
    }
}
