//! `blitz bench`: what this machine can do, and what the kernels make of it.

mod decode;
mod held;
mod kernels;
mod load;
mod open;
mod peer;
mod sweeps;
mod video;
mod work;

use std::path::PathBuf;
use std::time::Instant;

use blitz_kernels::bandwidth::{copy_bandwidth, read_bandwidth};
use blitz_model::load::{DiskCache, IfTooBig, available_bytes};
use blitz_model::text;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

pub(crate) struct Request {
    /// Bytes of the large stack.
    pub(crate) bytes: u64,
    /// Runs of each measurement.
    pub(crate) runs: usize,
    /// Only kernels whose name contains this.
    pub(crate) only: Option<String>,
    /// Recording to load instead.
    pub(crate) load: Option<Load>,
    /// Recording to open and read through instead.
    pub(crate) open: Option<PathBuf>,
    /// One piece of work on a recording in memory instead, and where its result goes.
    pub(crate) peer: Option<(Work, PathBuf)>,
    pub(crate) result: Option<PathBuf>,
}

/// A recording to load.
pub(crate) struct Load {
    pub(crate) path: PathBuf,
    pub(crate) grey: bool,
    pub(crate) max_ram: Option<u64>,
    pub(crate) if_too_big: IfTooBig,
    pub(crate) cache: DiskCache,
}

pub(crate) use work::Work;

/// Bytes of the stack that stays in the processor's cache.
const SMALL: u64 = 1 << 20;
/// A measurement stops after this many seconds, however many runs are left.
const PATIENCE: f64 = 2.0;

#[derive(Debug, Serialize)]
struct Answer {
    threads: usize,
    /// Bytes per second that all threads read and copy together.
    read_bandwidth: f64,
    copy_bandwidth: f64,
    large_bytes: u64,
    small_bytes: u64,
    kernels: Vec<Row>,
    decode: Vec<decode::Row>,
}

/// One kernel on one stack.
#[derive(Debug, Serialize)]
struct Row {
    kernel: &'static str,
    dtype: &'static str,
    /// Share of the samples that is NaN.
    nan: f64,
    /// `small` (in the cache) or `large`.
    stack: &'static str,
    /// Source bytes read per second: median of the runs.
    bytes_per_second: f64,
    /// Of the bandwidth.
    share: f64,
    /// Which bandwidth: `read`, or `copy` for work that writes as much as it reads.
    of: &'static str,
    runs: usize,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    if let Some(path) = &request.load {
        return load::run(path, shell);
    }
    if let Some(path) = &request.open {
        return open::run(path, request.runs, shell);
    }
    if let Some((work, path)) = &request.peer {
        let asked = work::Asked { work: *work, path, result: request.result.as_ref(), runs: request.runs };
        return peer::run(&asked, shell);
    }
    // The copy holds two buffers; a median copies a band of the stack.
    let needed = request.bytes.saturating_mul(3);
    if let Some(available) = available_bytes().filter(|&available| available < needed) {
        return Err(Failure::new(format!(
            "--size {}: {} of memory needed, {} available; choose a smaller size",
            request.bytes,
            text::bytes(needed),
            text::bytes(available)
        )));
    }
    let bytes = request.bytes as usize;
    let watch = shell.watch();
    shell.progress.start("memory bandwidth", 2);
    let read_bandwidth = read_bandwidth(bytes, request.runs);
    shell.progress.advance(1);
    let copy_bandwidth = copy_bandwidth(bytes, request.runs);
    let mut answer = Answer {
        threads: rayon::current_num_threads(),
        read_bandwidth,
        copy_bandwidth,
        large_bytes: request.bytes,
        small_bytes: SMALL.min(request.bytes),
        kernels: Vec::new(),
        decode: Vec::new(),
    };
    kernels::measure(request, shell, read_bandwidth, &mut answer.kernels)?;
    if request.only.as_ref().is_none_or(|only| "decode".contains(only.as_str())) {
        answer.decode = decode::measure(request, shell)?;
    }
    drop(watch);
    let done = if shell.json { print_json(&answer) } else { print(&answer.to_text()) };
    done.map(|()| Status::Done)
}

/// Median seconds of up to `runs` runs of `work`, and how many there were. The first run warms up and does
/// not count, unless patience ends with it.
fn median_seconds(runs: usize, mut work: impl FnMut()) -> (f64, usize) {
    let mut time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64().max(1e-9)
    };
    let warm_up = time();
    let (mut times, mut spent) = (Vec::new(), warm_up);
    while times.len() < runs && spent < PATIENCE {
        let seconds = time();
        spent += seconds;
        times.push(seconds);
    }
    if times.is_empty() {
        times.push(warm_up);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times.len())
}

fn gigabytes(bytes_per_second: f64) -> String {
    format!("{:.2} GB/s", bytes_per_second / 1e9)
}

impl Answer {
    fn to_text(&self) -> String {
        let mut lines = vec![
            format!("threads      {}", self.threads),
            format!("read memory  {}", gigabytes(self.read_bandwidth)),
            format!("copy memory  {}", gigabytes(self.copy_bandwidth)),
            String::new(),
            "kernels, source bytes read per second and share of the bandwidth in the same run".to_owned(),
        ];
        for (stack, bytes) in [("small", self.small_bytes), ("large", self.large_bytes)] {
            lines.extend([String::new(), format!("{stack} stack, {}", text::bytes(bytes))]);
            lines.extend(self.kernels.iter().filter(|row| row.stack == stack).map(Row::to_text));
        }
        if !self.decode.is_empty() {
            lines.extend([String::new(), "decoding PNG, samples per second".to_owned()]);
            lines.extend(self.decode.iter().map(decode::Row::to_text));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Row {
    fn to_text(&self) -> String {
        let dtype = if self.nan > 0.0 { format!("{} with NaN", self.dtype) } else { self.dtype.to_owned() };
        let (rate, percent) = (gigabytes(self.bytes_per_second), 100.0 * self.share);
        format!("{:<18} {dtype:<12} {rate:>12} {percent:>5.0} % of {}", self.kernel, self.of)
    }
}
