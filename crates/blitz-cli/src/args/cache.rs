//! Decoded frames on disk: the flags of commands that load, and `blitz cache`.

use std::path::PathBuf;
use std::time::Duration;

use blitz_model::load::{DiskCache, IfTooBig};
use clap::{Args, Subcommand, ValueEnum};

use super::value;
use crate::commands::cache::Request;

/// What to do with a recording that does not fit into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The window asks; without one, as fail.
    Ask,
    /// Take every n-th frame, as few left out as possible.
    Every,
    /// Make the frames smaller, as little as possible.
    Shrink,
    /// Decode it to the disk, once.
    Cache,
    /// Hold nothing: decode each frame when it is looked at.
    Stream,
    /// Stop with a message.
    Fail,
}

/// Element type of frames on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Element {
    /// That of the recording as it is loaded.
    #[default]
    Source,
    /// 32-bit floating point.
    F32,
}

/// Where the cache is.
#[derive(Debug, Args)]
struct FolderArgs {
    /// Folder for decoded frames [default: blitz/frames where this system keeps caches].
    #[arg(long, value_name = "DIR", env = "BLITZ_CACHE_DIR", hide_env_values = true, global = true)]
    cache_dir: Option<PathBuf>,
    /// Bytes that they may take, such as 200GB; those used the longest ago give way [default: half of what is free].
    #[arg(long, value_name = "SIZE", value_parser = value::bytes, env = "BLITZ_CACHE_SIZE", hide_env_values = true,
          global = true)]
    cache_size: Option<u64>,
}

/// Flags of commands that load.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recordings larger than memory")]
pub(super) struct CacheArgs {
    /// What to do when the recording does not fit into memory; commands that read each frame once need none.
    #[arg(long, value_name = "WHAT", default_value = "ask")]
    if_too_big: Choice,
    #[command(flatten)]
    folder: FolderArgs,
    /// Element type of decoded frames on disk.
    #[arg(long, value_name = "TYPE", default_value = "source")]
    cache_type: Element,
}

impl CacheArgs {
    pub(super) fn if_too_big(&self) -> IfTooBig {
        match self.if_too_big {
            Choice::Ask => IfTooBig::Ask,
            Choice::Every => IfTooBig::Every,
            Choice::Shrink => IfTooBig::Shrink,
            Choice::Cache => IfTooBig::Cache,
            Choice::Stream => IfTooBig::Stream,
            Choice::Fail => IfTooBig::Fail,
        }
    }

    pub(super) fn disk_cache(&self) -> DiskCache {
        let place = self.folder.disk_cache();
        DiskCache { as_f32: self.cache_type == Element::F32, ..place }
    }
}

impl FolderArgs {
    fn disk_cache(&self) -> DiskCache {
        DiskCache::new(self.cache_dir.clone(), self.cache_size)
    }
}

#[derive(Debug, Args)]
pub(crate) struct CacheCommandArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    folder: FolderArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what is kept, where, and how much it takes (also without `list`).
    List,
    /// Remove what no program has open.
    Clear {
        /// Only what was last used at least this long ago, such as 7d, 12h or 30min.
        #[arg(long, value_name = "AGE", value_parser = value::age)]
        older_than: Option<Duration>,
    },
}

impl CacheCommandArgs {
    pub(crate) fn request(self) -> Request {
        let clear = match self.what {
            Some(What::Clear { older_than }) => Some(older_than.unwrap_or_default()),
            Some(What::List) | None => None,
        };
        Request { cache: self.folder.disk_cache(), clear }
    }
}
