//! `blitz bench --load PATH`: loading a recording into memory, as the window does.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use blitz_model::load::{Opened, process_memory};
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
pub(super) fn run(path: &PathBuf, shell: &Shell) -> Result<Status, Failure> {
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
        let answer = load(path, shell);
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

fn load(path: &PathBuf, shell: &Shell) -> Result<Answer, Failure> {
    let start = Instant::now();
    let paths = std::slice::from_ref(path);
    let opened = Opened::open(paths, &Load::default(), None, &shell.cancel, &shell.progress)
        .map_err(|error| Failure::opening(path, error))?;
    let open_seconds = start.elapsed().as_secs_f64();
    let (stack, loader) = opened.load().map_err(|error| Failure::opening(path, error))?;
    let (mut first_frame_seconds, mut failed) = (open_seconds, 0);
    if let Some(loader) = loader {
        loader.fill_one(0);
        first_frame_seconds = start.elapsed().as_secs_f64();
        failed = loader.fill(&shell.cancel, &shell.progress).failed.len();
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
