//! `blitz bench`.

use std::path::PathBuf;

use clap::Args;

use super::value;
use crate::commands::bench::Request;

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
}

impl BenchArgs {
    pub(crate) fn request(self) -> Request {
        Request { bytes: self.size, runs: self.runs as usize, load: self.load }
    }
}
