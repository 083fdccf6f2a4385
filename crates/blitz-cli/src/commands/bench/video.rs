//! `blitz bench --peer video-…`: reading a video, for comparisons with other programs on the same file. Each run
//! opens the file anew, and nothing warms up: the clock covers the opening.

use std::path::Path;
use std::time::Instant;

use blitz_core::{FrameGuard, Rect, Samples, SamplesRef, Zone, ZoneShape};
use blitz_io::{OpenOptions, VideoFrames};
use blitz_model::evaluate::{EvalContext, FrameSet, ZoneCurves, evaluate};
use blitz_model::load::Opened;
use blitz_model::recipe::{Load, Recipe};
use serde::Serialize;

use super::work::{Asked, write_result};
use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(super) enum VideoWork {
    /// Opening without an index that was kept.
    Index,
    /// Opening again.
    Open,
    /// FFmpeg's decoder alone, with its own number of threads or with ours.
    Decode { our_threads: bool },
    /// Every n-th frame as grey.
    Grey { every: usize },
    /// Ten frames as grey, here and there.
    Random,
}

#[derive(Debug, Default, Serialize)]
struct Timed {
    work: String,
    /// Frames asked for.
    frames: usize,
    /// Pictures decoded in the last run.
    decoded: Option<u64>,
    /// Seconds of each run, the first included.
    seconds: Vec<f64>,
    /// Of these, seconds until the recording was open.
    open_seconds: Vec<f64>,
    /// How the frames are read.
    plan: String,
}

/// Side of the square whose mean is taken of each frame: enough to check it by, little work beside decoding.
const SIDE: usize = 64;

/// Frames that lie here and there among `frames`: the same in every run, known to the peers.
fn here_and_there(frames: usize) -> Vec<usize> {
    (1..=10).map(|i| i * 1237 % frames.max(1)).collect()
}

pub(super) fn run(work: VideoWork, asked: &Asked<'_>, shell: &Shell) -> Result<Status, Failure> {
    let mut timed = Timed { work: format!("{work:?}"), ..Timed::default() };
    let mut values = Vec::new();
    for _ in 0..asked.runs {
        let start = Instant::now();
        let (opened, found) = once(work, asked.path, &mut timed, shell)?;
        let seconds = start.elapsed().as_secs_f64();
        values = found;
        timed.seconds.push(seconds);
        timed.open_seconds.push(opened);
    }
    if let Some(result) = asked.result {
        write_result(result, &Samples::F64(values))?;
    }
    if shell.json {
        print_json(&timed)?;
    } else {
        let times: Vec<String> = timed.seconds.iter().map(|s| format!("{:.2} ms", s * 1e3)).collect();
        let decoded = timed.decoded.map_or_else(String::new, |n| format!(", {n} decoded"));
        print(&format!("{} of {} frames{decoded}: {}\n", timed.work, timed.frames, times.join(", ")))?;
    }
    Ok(Status::Done)
}

/// One run: seconds that opening took, and the mean of some pixels in the middle of each frame.
fn once(work: VideoWork, path: &Path, timed: &mut Timed, shell: &Shell) -> Result<(f64, Vec<f64>), Failure> {
    let start = Instant::now();
    let options = OpenOptions { cancel: shell.cancel.clone(), ..OpenOptions::default() };
    let plain = |error: blitz_io::OpenError| Failure::new(error.to_string());
    let every = match work {
        VideoWork::Decode { our_threads } => {
            timed.frames = blitz_io::decode_only(path, our_threads, &options).map_err(plain)? as usize;
            timed.decoded = Some(timed.frames as u64);
            return Ok((0.0, Vec::new()));
        }
        VideoWork::Index => {
            let source = blitz_io::open(&[path.to_path_buf()], &options).map_err(plain)?;
            timed.frames = source.info().frames;
            timed.decoded = source.video().map(VideoFrames::decoded);
            return Ok((start.elapsed().as_secs_f64(), Vec::new()));
        }
        VideoWork::Grey { every } => every,
        VideoWork::Open | VideoWork::Random => 1,
    };
    let load = Load { grey: true, every, ..Load::default() };
    let opened = Opened::open(&[path.to_path_buf()], &load, None, &shell.cancel, &shell.progress)
        .map_err(|error| Failure::opening(path, error))?;
    let seconds = start.elapsed().as_secs_f64();
    let stack = opened.stream();
    timed.frames = stack.shape().frames;
    timed.plan.clone_from(&opened.plan.reason);
    let shape = stack.shape().frame;
    let (width, height) = (SIDE.min(shape.width), SIDE.min(shape.height));
    let rect = Rect::new((shape.width - width) / 2, (shape.height - height) / 2, width, height);
    let mut values = Vec::new();
    match work {
        VideoWork::Random => {
            let numbers = here_and_there(timed.frames);
            timed.frames = numbers.len();
            for frame in numbers {
                let guard = stack.store.pin(frame).map_err(|error| Failure::new(error.to_string()))?;
                values.push(mean(&guard, rect));
            }
        }
        VideoWork::Grey { .. } => {
            let zones = [Zone { name: String::new(), color: [0; 3], shape: zone_of(rect) }].into();
            let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
            let curves = evaluate(&stack, &Recipe::default(), &question, &EvalContext::default())
                .map_err(|error| Failure::new(error.to_string()))?;
            let points = curves.zones.iter().flat_map(|zone| zone.points.iter().flatten());
            values.extend(points.map(|point| point.mean));
        }
        VideoWork::Index | VideoWork::Open | VideoWork::Decode { .. } => {}
    }
    timed.decoded = opened.source.video().map(VideoFrames::decoded);
    Ok((seconds, values))
}

fn zone_of(rect: Rect) -> ZoneShape {
    let Rect { x, y, width, height } = rect;
    ZoneShape::Rect { x: x as f64, y: y as f64, width: width as f64, height: height as f64, angle: 0.0 }
}

/// Mean of a rectangle of a frame of bytes; NaN for other types.
fn mean(guard: &FrameGuard, rect: Rect) -> f64 {
    let SamplesRef::U8(samples) = guard.samples() else { return f64::NAN };
    let width = guard.shape().width;
    let rows = (rect.y..rect.y + rect.height).map(|y| &samples[y * width + rect.x..][..rect.width]);
    let sum: u64 = rows.flatten().map(|&v| u64::from(v)).sum();
    sum as f64 / rect.pixels() as f64
}
