//! `blitz bench --load PATH`: loading a recording into memory, as the window does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use blitz_model::load::{IfTooBig, Opened, Strategy, process_memory};
use blitz_model::recipe::Load;
use blitz_model::text;
use serde::Serialize;

use super::gigabytes;
use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

#[derive(Debug, Serialize)]
struct Answer {
    frames: usize,
    failed: usize,
    stack_bytes: u64,
    /// Until the recording was understood and planned.
    open_seconds: f64,
    /// Until the first frame could be drawn.
    first_frame_seconds: f64,
    /// Until all frames were there.
    load_seconds: f64,
    frames_per_second: f64,
    bytes_per_second: f64,
    /// Most anonymous memory above what the program had before, where the system tells.
    peak_bytes: Option<u64>,
}

/// Loads the recording once, watching the clock and the memory.
pub(super) fn run(request: &super::Load, shell: &Shell) -> Result<Status, Failure> {
    let before = anonymous();
    let peak = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(anonymous(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let answer = load(request, shell);
        peak.fetch_max(anonymous(), Ordering::Relaxed);
        done.store(true, Ordering::Relaxed);
        answer
    })?;
    let peak_bytes = (before > 0).then(|| peak.load(Ordering::Relaxed).saturating_sub(before));
    let answer = Answer { peak_bytes, ..answer };
    if shell.json {
        print_json(&answer)?;
    } else {
        print(&answer.to_text())?;
    }
    Ok(if answer.failed > 0 { Status::FramesFailed } else { Status::Done })
}

fn anonymous() -> u64 {
    process_memory().map_or(0, |(anonymous, _)| anonymous)
}

fn load(request: &super::Load, shell: &Shell) -> Result<Answer, Failure> {
    let path = &request.path;
    let start = Instant::now();
    let paths = std::slice::from_ref(path);
    let open = |load: &Load| {
        Opened::open(paths, load, request.max_ram, &shell.cancel, &shell.progress)
            .map_err(|error| Failure::opening(path, error))
    };
    let plain = Load { grey: request.grey, ..Load::default() };
    let mut opened = open(&plain)?;
    let mut found = opened.cached(&request.cache);
    if opened.plan.strategy == Strategy::TooBig {
        let plan = opened.plan.clone();
        match request.if_too_big {
            IfTooBig::Every => opened = open(&Load { every: plan.every_that_fits, ..plain })?,
            IfTooBig::Shrink => {
                let shrink = plan.shrink_that_fits.unwrap_or(1.0);
                opened = open(&Load { shrink, ..plain })?;
            }
            IfTooBig::Stream => found = Some(opened.stream()),
            IfTooBig::Ask | IfTooBig::Cache | IfTooBig::Fail => {}
        }
    }
    let open_seconds = start.elapsed().as_secs_f64();
    let to_disk = opened.plan.strategy == Strategy::TooBig && request.if_too_big == IfTooBig::Cache;
    let loaded = match found {
        Some(stack) => Ok((stack, None)),
        None if to_disk => opened.load_to_disk(&request.cache).map(|(stack, loader, _)| (stack, loader)),
        None => opened.load(),
    };
    let (stack, loader) = loaded.map_err(|error| Failure::opening(path, error))?;
    let (mut first_frame_seconds, mut failed) = (open_seconds, 0);
    if let Some(loader) = loader {
        loader.fill_one(0);
        first_frame_seconds = start.elapsed().as_secs_f64();
        let fill = loader.fill(&shell.cancel, &shell.progress);
        if let Some(problem) = fill.problem {
            return Err(Failure::new(format!("{}: {problem}", path.display())));
        }
        failed = fill.failed.len();
    }
    let load_seconds = start.elapsed().as_secs_f64();
    let (frames, stack_bytes) = (stack.shape().frames, stack.bytes());
    Ok(Answer {
        frames,
        failed,
        stack_bytes,
        open_seconds,
        first_frame_seconds,
        load_seconds,
        frames_per_second: frames as f64 / load_seconds,
        bytes_per_second: stack_bytes as f64 / load_seconds,
        peak_bytes: None,
    })
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

impl Answer {
    fn to_text(&self) -> String {
        let peak = self.peak_bytes.map_or_else(
            || "not told by the system".to_owned(),
            |bytes| {
                format!("{} ({:.3} of the stack)", text::bytes(bytes), bytes as f64 / self.stack_bytes as f64)
            },
        );
        format!(
            "stack        {}, {}\nopened       {}\nfirst frame  {}\nall frames   {}\nrate         {:.0} frames/s, {}\npeak memory  {peak}\nfailed       {}\n",
            text::count(self.frames, "frame"),
            text::bytes(self.stack_bytes),
            milliseconds(self.open_seconds),
            milliseconds(self.first_frame_seconds),
            milliseconds(self.load_seconds),
            self.frames_per_second,
            gigabytes(self.bytes_per_second),
            text::count(self.failed, "frame"),
        )
    }
}
