//! Opening: finding a recording's frames, announcing it, filling what holds them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blitz_core::{FrameState, Progress, Stack, StackId};
use blitz_io::{FrameSource, OpenError, VideoFrames};
use serde::{Deserialize, Serialize};

use super::{Event, JobKey};
use crate::jobs::JobContext;
use crate::load::{
    CacheOffer, DiskCache, Early, Fill, Found, ListFolders, LoadError, LoadPlan, Loader, Opened,
    StopFollowing, Strategy, follow,
};
use crate::recipe::Load;

/// How frames are to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// As the plan says, or on disk if they are there already.
    Planned,
    /// Not at all.
    Stream,
    /// On disk.
    Disk,
}

/// What is to be opened, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Comes back with what is announced.
    pub attempt: u64,
    /// Files or one folder.
    pub paths: Vec<PathBuf>,
    /// How to read them.
    pub load: Load,
    /// Whether only the way of holding the frames was left open by the order before under the job's name: what that one
    /// found is then used, if it is still there.
    pub again: bool,
    /// How to hold the frames.
    pub hold: Hold,
    /// Bytes of memory that stacks may take; `None`: what the system has.
    pub max_ram: Option<u64>,
    /// Where decoded frames may be kept on disk.
    pub cache: DiskCache,
    /// Whether frames that are added to the folder later are taken on.
    pub watch: bool,
}

impl OpenOrder {
    pub(super) fn title(&self) -> String {
        let name = self.paths.first().map(|p| p.display().to_string()).unwrap_or_default();
        format!("opening {name}")
    }
}

/// How much of a recording is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arrival {
    /// A file that is likely to be its first one, while a folder is listed: to be looked at, not to be measured.
    Preview,
    /// Its first frame alone.
    First,
    /// All its frames, loaded or still to be loaded; the first one is.
    Whole,
}

impl From<Early> for Arrival {
    fn from(early: Early) -> Self {
        match early {
            Early::Preview => Self::Preview,
            Early::First => Self::First,
        }
    }
}

/// A recording, or what can be seen of it early.
pub struct OpenEvent {
    /// The job.
    pub job: JobKey,
    /// See [`OpenOrder::attempt`].
    pub attempt: u64,
    /// How much of it is there.
    pub arrival: Arrival,
    /// What was found.
    pub found: Found,
    /// The stack. An engine elsewhere has a store here that fetches its frames.
    pub stack: Stack,
    /// How far its frames have been found, or loaded; what an engine elsewhere says of it arrives here.
    pub progress: Progress,
    /// Recordings whose decoded frames were removed from the disk to make room.
    pub evicted: Vec<String>,
}

/// How opening ended.
#[derive(Debug, Serialize, Deserialize)]
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
    },
    /// It cannot be opened, and why.
    Refused(String),
    /// Nothing tells what the file is: it may hold bare samples.
    Unknown {
        /// Why it was not opened.
        message: String,
        /// Bytes of the file.
        bytes: u64,
        /// How its samples may lie, the likeliest first, as [`Load::raw`] takes it.
        layouts: Vec<String>,
    },
}

/// What openings hold on to, on the engine's side.
#[derive(Clone, Default)]
pub(super) struct Sources(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// Found by jobs whose frames could not be held as planned.
    waiting: HashMap<JobKey, Opened>,
    /// Sources of stacks that were announced.
    of: HashMap<StackId, Arc<dyn FrameSource>>,
    /// Stacks whose folders are watched.
    followed: HashMap<StackId, StopFollowing>,
}

impl Sources {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what a job found and nobody has decided about.
    pub(super) fn drop_waiting(&self, job: &JobKey) {
        self.known().waiting.remove(job);
    }

    pub(super) fn forget(&self, stack: StackId) {
        self.known().of.remove(&stack);
        self.stop_watching(stack);
    }

    pub(super) fn stop_watching(&self, stack: StackId) {
        if let Some(stop) = self.known().followed.remove(&stack) {
            stop.stop();
        }
    }

    /// Bytes of decoders of video and the pictures they keep.
    pub(super) fn decoder_bytes(&self) -> u64 {
        let known = self.known();
        known.of.values().filter_map(|source| source.video()).map(VideoFrames::decoder_bytes).sum()
    }
}

pub(super) fn run(
    job: JobKey,
    order: OpenOrder,
    cx: &JobContext,
    sources: &Sources,
    list: &ListFolders,
    say: impl Fn(Event) + Clone + Send + Sync + 'static,
) -> OpenOutcome {
    let OpenOrder { attempt, paths, load, again, hold, max_ram, cache, watch } = order;
    let announce = {
        let (sources, say) = (sources.clone(), say.clone());
        move |opened: &Opened, arrival, stack: Stack, progress, evicted| {
            sources.known().of.insert(stack.id, Arc::clone(&opened.source));
            let event = OpenEvent { job, attempt, arrival, found: opened.into(), stack, progress, evicted };
            say(Event::Opened(Box::new(event)));
        }
    };
    let waiting = sources.known().waiting.remove(&job).filter(|_| again);
    let mut opened = if let Some(opened) = waiting {
        opened
    } else {
        let (progress, announce) = (cx.progress.clone(), announce.clone());
        let show = move |opened: Opened, early: Early| {
            announce(&opened, early.into(), opened.stream(), progress.clone(), Vec::new());
        };
        match Opened::open_showing(&paths, &load, max_ram, (&cx.cancel, &cx.progress), list, show) {
            Ok(opened) => opened,
            Err(error) => return refused(&error, &paths),
        }
    };
    let found = if hold == Hold::Planned && !watch { opened.cached(&cache) } else { None };
    if opened.plan.strategy == Strategy::TooBig && hold == Hold::Planned {
        let (name, plan) = (opened.source.info().name.clone(), Box::new(opened.plan.clone()));
        let cache = opened.cache_offer(&cache);
        sources.known().waiting.insert(job, opened);
        return OpenOutcome::TooBig { name, plan, cache };
    }
    let name = opened.source.info().name.clone();
    let growing = (watch && hold == Hold::Planned).then(|| opened.load_growing());
    if let Some(Err(why)) = &growing {
        say(Event::Note(why.to_string()));
    }
    let mut most = 0;
    let loaded = match (growing, found, hold) {
        (Some(Ok((stack, loader, frames))), ..) => {
            most = frames;
            Ok((stack, Some(loader), Vec::new()))
        }
        (_, Some(found), _) => Ok((found, None, Vec::new())),
        (_, None, Hold::Planned) => opened.load().map(|(stack, loader)| (stack, loader, Vec::new())),
        (_, None, Hold::Stream) => Ok((opened.stream(), None, Vec::new())),
        (_, None, Hold::Disk) => opened.load_to_disk(&cache),
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
    announce(&opened, Arrival::Whole, stack, progress, evicted);
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
    if loader.is_growing() && !fill.cancelled {
        start_following(known.id, loader, most, sources, say);
    }
    OpenOutcome::Filled { fill, decoded: true }
}

fn refused(error: &LoadError, paths: &[PathBuf]) -> OpenOutcome {
    let message = error.to_string();
    match (error, paths) {
        (LoadError::Open(OpenError::UnknownSuffix { layouts, .. }), [path]) if path.is_file() => {
            let bytes = std::fs::metadata(path).map_or(0, |meta| meta.len());
            let layouts = layouts.iter().map(ToString::to_string).collect();
            OpenOutcome::Unknown { message, bytes, layouts }
        }
        _ => OpenOutcome::Refused(message),
    }
}

/// Watches the folder of a stack on a thread of its own, until the stack is forgotten or somebody stops it.
fn start_following(
    stack: StackId,
    loader: Loader,
    most: usize,
    sources: &Sources,
    say: impl Fn(Event) + Send + Sync + 'static,
) {
    let (stop, tell) = (StopFollowing::default(), move |text| say(Event::Note(text)));
    {
        let mut known = sources.known();
        // It may have been closed just now.
        if !known.of.contains_key(&stack) {
            return loader.end_growth();
        }
        known.followed.insert(stack, stop.clone());
    }
    let loader = Arc::new(loader);
    let followed = Arc::clone(&loader);
    let watch = move || follow(&followed, most, &stop, &tell);
    if let Err(error) = std::thread::Builder::new().name("watch folder".into()).spawn(watch) {
        tracing::warn!(%error, "no thread to watch a folder");
        sources.stop_watching(stack);
        loader.end_growth();
    }
}
