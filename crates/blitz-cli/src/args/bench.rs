//! `blitz bench`.

use std::path::PathBuf;

use clap::Args;

use super::cache::CacheArgs;
use super::value;
use crate::commands::bench::{Load, Request, Work};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Bytes of the large stack; should be several times the processor's cache.
    #[arg(long, value_name = "SIZE", value_parser = value::bytes, default_value = "1GiB")]
    size: u64,
    /// Runs of each measurement; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=101))]
    runs: u32,
    /// Measure loading this recording into memory instead: first frame, rate, peak memory.
    #[arg(long, value_name = "PATH")]
    load: Option<PathBuf>,
    /// Measure opening this recording and reading it through instead, beside reading its files as `cat` does: where the
    /// time goes.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["load", "peer"])]
    open: Option<PathBuf>,
    /// Load colours as one channel of brightness.
    #[arg(long, visible_alias = "gray", requires = "load")]
    grey: bool,
    /// Memory that loading may use, such as 4GiB [default: 80 % of what is available].
    #[arg(long, value_name = "SIZE", value_parser = value::bytes)]
    max_ram: Option<u64>,
    #[command(flatten)]
    cache: CacheArgs,
    /// Measure only kernels whose name contains this (`decode` for decoding).
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Measure one piece of work on a recording in memory instead, for comparisons with other programs.
    #[arg(long, value_name = "WORK", requires = "recording")]
    peer: Option<Work>,
    /// The recording for --peer.
    #[arg(value_name = "PATH", requires = "peer")]
    recording: Option<PathBuf>,
    /// Write the result of --peer here (.npy, replaced if it exists), for checks.
    #[arg(long, value_name = "FILE", requires = "peer")]
    result: Option<PathBuf>,
}

impl BenchArgs {
    pub(crate) fn request(self) -> Request {
        Request {
            bytes: self.size,
            runs: self.runs as usize,
            load: self.load.map(|path| Load {
                path,
                grey: self.grey,
                max_ram: self.max_ram,
                if_too_big: self.cache.if_too_big(),
                cache: self.cache.disk_cache(),
            }),
            open: self.open,
            only: self.only,
            peer: self.peer.zip(self.recording),
            result: self.result,
        }
    }
}
