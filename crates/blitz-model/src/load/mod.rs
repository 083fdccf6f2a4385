//! Loading: plan, allocate, fill.
//!
//! A [`LoadPlan`] says what will happen before anything large does. [`Opened`] is a source with its plan;
//! from it come a stack that streams and holds nothing ([`Opened::stream`]), or a stack in memory that a
//! [`Loader`] fills while one looks at it ([`Opened::load`]), or a stack on disk that a loader fills once and that
//! is found again at the next opening ([`Opened::load_to_disk`], [`Opened::cached`]).

mod auxiliary;
mod chain;
mod decode_store;
mod disk;
mod fill;
mod follow;
mod found;
mod memory;
mod plan;
mod recipe_file;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{Cancel, FrameRange, Progress, Stack, StackId, Store};
use blitz_io::{FrameSource, OpenOptions, ShowFirst};
use thiserror::Error;

use crate::recipe::{InvalidEntry, Load};

pub use auxiliary::auxiliary_in;
/// The folder of decoded frames.
pub use blitz_io::disk::{CacheEntry, CacheError, CacheFolder, Cleared, Description, Room};
pub use blitz_io::{Early, Entries, ListFolders, OneOf, RawLayout, Reading};
pub use chain::Chain;
pub use decode_store::DecodeStore;
pub use disk::{CacheOffer, DiskCache, IfTooBig};
pub use fill::{Fill, Loader};
pub use follow::{StopFollowing, follow};
pub use found::Found;
pub use memory::{available_bytes, budget_bytes, process_memory};
pub use plan::{LoadPlan, Strategy};
pub use recipe_file::{RecipeFileError, read_recipe};
pub use written::written;

/// Why a recording could not be opened. Names the file and what to do.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file or folder could not be understood.
    #[error(transparent)]
    Open(#[from] blitz_io::OpenError),
    /// The load part of the recipe does not fit the recording.
    #[error(transparent)]
    Entry(#[from] InvalidEntry),
    /// The stack needs more memory than may be used.
    #[error("{0}")]
    TooBig(String),
    /// The folder cannot be watched.
    #[error("{0}")]
    NotWatched(String),
    /// The system refused the memory.
    #[error("{0}")]
    Allocation(String),
    /// The frames cannot be kept on disk.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The person stopped it.
    #[error("opening was cancelled")]
    Cancelled,
}

/// Bytes of the largest frame that is read under a limit of memory: a frame is held as it is decoded and as what it is
/// converted to. What the program takes for itself is not bounded by less.
fn most_frame_bytes(max_ram: Option<u64>) -> u64 {
    const LEAST: u64 = 64 << 20;
    (budget_bytes(max_ram) / 2).max(LEAST)
}

/// A source that is open, with the way its frames become those of the stack.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The recording.
    pub source: Arc<dyn FrameSource>,
    /// The load part of the recipe that was applied.
    pub load: Load,
    /// What happens to each frame.
    pub chain: Chain,
    /// What loading it takes, and why it is done that way.
    pub plan: LoadPlan,
}

impl Opened {
    /// Opens files or a folder and plans how to read them. Reads a header and a listing, no frames, but for
    /// two cases that need the samples to know the type: 64-bit integers, and `--8bit` of 16-bit data,
    /// whose effective full scale is measured over all frames.
    ///
    /// # Errors
    /// If the recording cannot be understood or the load options do not fit it.
    pub fn open(
        paths: &[PathBuf],
        load: &Load,
        max_ram: Option<u64>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, LoadError> {
        Self::open_with(paths, load, max_ram, cancel, progress, |_| {})
    }

    /// Opens a file or folder that a step compares a recording with, which is read as `load` says.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_reference(
        path: &Path,
        load: &Load,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, LoadError> {
        let set = |options: &mut OpenOptions| {
            options.raw_where_unknown = true;
            if let Some(raw) = &mut options.raw {
                raw.take_all_frames();
            }
        };
        Self::open_with(&[path.to_owned()], &load.of_reference(), None, cancel, progress, set)
    }

    /// As [`open`](Self::open), where folders are listed as `list` says and `show` is given a recording of one frame
    /// where finding all takes long, on any thread, before this returns: see [`Early`]. Not where one frame alone does
    /// not tell what it will look like: with a choice of frames, with times for all, or a conversion measured over all
    /// of them.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_showing(
        paths: &[PathBuf],
        load: &Load,
        max_ram: Option<u64>,
        (cancel, progress): (&Cancel, &Progress),
        list: &ListFolders,
        show: impl Fn(Self, Early) + Send + Sync + 'static,
    ) -> Result<Self, LoadError> {
        let is_whole = load.frames == FrameRange::ALL && load.times.is_none() && load.channel.is_none();
        let first = (is_whole && !load.eight_bit).then(|| {
            let load = load.clone();
            ShowFirst::new(move |source, early| {
                let (cancel, progress) = (Cancel::default(), Progress::default());
                // A file that is looked at early may hold more frames.
                let one = Load { frames: FrameRange { end: Some(1), ..FrameRange::ALL }, ..load.clone() };
                if let Ok(first) = Self::planned(source, &one, max_ram, &cancel, &progress) {
                    show(Self { load: load.clone(), ..first }, early);
                }
            })
        });
        let set = |options: &mut OpenOptions| {
            options.first_picture = first;
            options.list = list.clone();
        };
        Self::open_with(paths, load, max_ram, cancel, progress, set)
    }

    fn open_with(
        paths: &[PathBuf],
        load: &Load,
        max_ram: Option<u64>,
        cancel: &Cancel,
        progress: &Progress,
        set: impl FnOnce(&mut OpenOptions),
    ) -> Result<Self, LoadError> {
        let _span = tracing::debug_span!("open", path = ?paths.first()).entered();
        load.validate()?;
        let mut options = OpenOptions {
            raw: load
                .raw
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|e| InvalidEntry::new("load.raw", e))?,
            axes: load
                .axes
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|e| InvalidEntry::new("load.axes", e))?,
            channel: load.channel.clone(),
            slice: load.slice,
            position: load.position,
            complex: load
                .complex
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|e| InvalidEntry::new("load.complex", e))?,
            group: load.group.clone(),
            times: load.times.as_deref().and_then(|from| from.parse().ok()),
            stored_orientation: load.stored_orientation,
            cache_dir: CacheFolder::default_path().map(|frames| frames.with_file_name("indexes")),
            cancel: cancel.clone(),
            progress: progress.clone(),
            max_frame_bytes: most_frame_bytes(max_ram).min(OpenOptions::default().max_frame_bytes),
            ..OpenOptions::default()
        };
        set(&mut options);
        let source = blitz_io::open(paths, &options).map_err(|error| match error {
            blitz_io::OpenError::Cancelled => LoadError::Cancelled,
            other => LoadError::Open(other),
        })?;
        Self::planned(source, load, max_ram, cancel, progress)
    }

    fn planned(
        source: Arc<dyn FrameSource>,
        load: &Load,
        max_ram: Option<u64>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, LoadError> {
        let chain = Chain::new(source.as_ref(), load, cancel, progress)?;
        let plan = LoadPlan::new(source.as_ref(), &chain, max_ram);
        if cancel.is_cancelled() {
            return Err(LoadError::Cancelled);
        }
        Ok(Self { source, load: load.clone(), chain, plan })
    }

    /// The frames as a stack that decodes on demand and holds none: for everything that reads each frame
    /// once. Mapped files that need no conversion are handed out as they are.
    pub fn stream(&self) -> Stack {
        let store: Arc<dyn Store> = match self.mapped() {
            Some(mapped) => mapped,
            None => Arc::new(DecodeStore::new(Arc::clone(&self.source), self.chain.clone())),
        };
        self.stack(store)
    }

    /// The frames as the plan says: mapped, decoded on demand, or in memory with a loader that fills it.
    ///
    /// # Errors
    /// If the plan says that it is too big, or the system refuses the memory.
    pub fn load(&self) -> Result<(Stack, Option<Loader>), LoadError> {
        match self.plan.strategy {
            Strategy::Map | Strategy::Lazy | Strategy::Cache => Ok((self.stream(), None)),
            Strategy::Memory => {
                let loader = Loader::new(Arc::clone(&self.source), self.chain.clone())?;
                let store: Arc<dyn Store> = loader.store();
                Ok((self.stack(store), Some(loader)))
            }
            Strategy::TooBig => Err(LoadError::TooBig(self.plan.too_big_message())),
        }
    }

    /// As [`load`](Self::load), in memory, with a stack to which [`follow`](follow()) adds the frames that are written to the folder
    /// later; with how many frames may be there at most.
    ///
    /// # Errors
    /// If it is no folder of single pictures, or does not fit in memory.
    pub fn load_growing(&self) -> Result<(Stack, Loader, usize), LoadError> {
        let name = &self.source.info().name;
        if self.source.growing().is_none() {
            let why = "only a folder of files with one picture each can be watched";
            return Err(LoadError::NotWatched(format!("{name}: {why}")));
        }
        if self.plan.strategy != Strategy::Memory {
            let why = "only recordings that fit in memory can be watched";
            return Err(LoadError::NotWatched(format!("{name}: {why}: {}", self.plan.reason)));
        }
        let loader = Loader::new_growing(Arc::clone(&self.source), self.chain.clone())?;
        let stack = self.stack(loader.store());
        let per_frame = stack.store.layout().frame_bytes().max(1) as u64;
        let most = usize::try_from(self.plan.budget / per_frame).unwrap_or(usize::MAX);
        Ok((stack, loader, most.max(self.chain.frames())))
    }

    fn mapped(&self) -> Option<Arc<dyn Store>> {
        if !self.chain.is_identity() {
            return None;
        }
        self.source.mapped().map(|m| m as Arc<dyn Store>)
    }

    fn stack(&self, store: Arc<dyn Store>) -> Stack {
        let info = self.source.info();
        Stack {
            id: StackId::fresh(),
            name: info.name.clone(),
            store,
            channels: self.chain.channels().into(),
            time: info.time.clone(),
            pixel_size: info.pixel_size,
            unit: info.unit.clone(),
            frames: self.chain.frame_map(),
            placement: self.chain.placement(),
            source_frames: info.frames,
            catalog: Arc::clone(&self.source) as Arc<dyn blitz_core::FrameCatalog>,
        }
    }
}
