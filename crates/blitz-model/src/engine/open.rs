//! Opening: finding a recording's frames, announcing it, filling what holds them.

use std::path::PathBuf;
use std::sync::Arc;

use blitz_core::{FrameState, Progress, Stack};

use super::JobKey;
use crate::jobs::JobContext;
use crate::load::{CacheOffer, DiskCache, Fill, LoadPlan, Opened, Strategy};
use crate::recipe::Load;

/// How frames are to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// As the plan says, or on disk if they are there already.
    Planned,
    /// Not at all.
    Stream,
    /// On disk.
    Disk,
}

/// What is to be opened, and how.
#[derive(Clone, Debug)]
pub struct OpenOrder {
    /// Comes back with what is announced.
    pub attempt: u64,
    /// Files or one folder.
    pub paths: Vec<PathBuf>,
    /// How to read them.
    pub load: Load,
    /// What was found before, where only the way of holding the frames was left open.
    pub opened: Option<Opened>,
    /// How to hold the frames.
    pub hold: Hold,
    /// Bytes of memory that stacks may take; `None`: what the system has.
    pub max_ram: Option<u64>,
    /// Where decoded frames may be kept on disk.
    pub cache: DiskCache,
}

impl OpenOrder {
    pub(super) fn title(&self) -> String {
        let name = self.paths.first().map(|p| p.display().to_string()).unwrap_or_default();
        format!("opening {name}")
    }
}

/// How much of a recording is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Its first frame alone.
    First,
    /// All its frames, loaded or still to be loaded; the first one is.
    Whole,
}

/// A recording, or its first frame.
pub struct OpenEvent {
    /// The job.
    pub job: JobKey,
    /// See [`OpenOrder::attempt`].
    pub attempt: u64,
    /// How much of it is there.
    pub arrival: Arrival,
    /// The source with its plan and notes.
    pub opened: Opened,
    /// The stack.
    pub stack: Stack,
    /// How far its frames have been found, or loaded.
    pub progress: Progress,
    /// Recordings whose decoded frames were removed from the disk to make room.
    pub evicted: Vec<String>,
}

/// How opening ended.
pub enum OpenOutcome {
    /// All frames are there, or cannot be read.
    Filled {
        /// Which ones.
        fill: Fill,
        /// Whether frames were decoded, or only opened.
        decoded: bool,
    },
    /// The stack does not fit in memory: somebody has to decide.
    TooBig {
        /// Its name.
        name: String,
        /// The plan, with the reason.
        plan: Box<LoadPlan>,
        /// What decoding it to the disk would take, where there is a folder for that.
        cache: Option<CacheOffer>,
        /// The source.
        opened: Box<Opened>,
    },
    /// It cannot be opened, and why.
    Refused(String),
}

pub(super) fn run(
    job: JobKey,
    order: OpenOrder,
    cx: &JobContext,
    announce: impl Fn(OpenEvent) + Clone + Send + Sync + 'static,
) -> OpenOutcome {
    let OpenOrder { attempt, paths, load, opened, hold, max_ram, cache } = order;
    let mut opened = if let Some(opened) = opened {
        opened
    } else {
        let (progress, announce) = (cx.progress.clone(), announce.clone());
        let show = move |opened: Opened| {
            announce(OpenEvent {
                job,
                attempt,
                arrival: Arrival::First,
                stack: opened.stream(),
                opened,
                progress: progress.clone(),
                evicted: Vec::new(),
            });
        };
        match Opened::open_showing(&paths, &load, max_ram, &cx.cancel, &cx.progress, show) {
            Ok(opened) => opened,
            Err(error) => return OpenOutcome::Refused(error.to_string()),
        }
    };
    let found = if hold == Hold::Planned { opened.cached(&cache) } else { None };
    if opened.plan.strategy == Strategy::TooBig && hold == Hold::Planned {
        let (name, plan) = (opened.source.info().name.clone(), Box::new(opened.plan.clone()));
        let cache = opened.cache_offer(&cache);
        return OpenOutcome::TooBig { name, plan, cache, opened: Box::new(opened) };
    }
    let name = opened.source.info().name.clone();
    let loaded = match (found, hold) {
        (Some(found), _) => Ok((found, None, Vec::new())),
        (None, Hold::Planned) => opened.load().map(|(stack, loader)| (stack, loader, Vec::new())),
        (None, Hold::Stream) => Ok((opened.stream(), None, Vec::new())),
        (None, Hold::Disk) => opened.load_to_disk(&cache),
    };
    let (stack, loader, evicted) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return OpenOutcome::Refused(format!("{name}: {error}")),
    };
    if let Some(loader) = &loader {
        loader.fill_one(0);
    }
    let progress = cx.progress.clone();
    progress.start("decoding", stack.shape().frames as u64);
    let extent = stack.store.extent();
    let evicted = evicted.into_iter().filter_map(|entry| Some(entry.description?.name)).collect();
    let known = stack.clone();
    let at_opening: Vec<_> = opened.source.info().faults.iter().cloned().map(Arc::new).collect();
    announce(OpenEvent { job, attempt, arrival: Arrival::Whole, opened, stack, progress, evicted });
    let Some(loader) = loader else {
        // Failures that are known without reading a frame: from opening, and from decoding to the disk earlier.
        let faults = (extent.first..extent.end).filter_map(|frame| match known.store.state(frame) {
            FrameState::Failed(fault) => Some(fault),
            FrameState::Ready | FrameState::Pending => {
                at_opening.iter().find(|fault| fault.frame == known.source_frame(frame)).cloned()
            }
        });
        let failed: Vec<_> = faults.collect();
        let ready = extent.end - failed.len();
        return OpenOutcome::Filled { fill: Fill { ready, failed, ..Fill::default() }, decoded: false };
    };
    let fill = loader.fill(&cx.cancel, &cx.progress);
    OpenOutcome::Filled { fill, decoded: true }
}
