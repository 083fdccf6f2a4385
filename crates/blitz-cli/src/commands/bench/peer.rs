//! `blitz bench --peer WORK`: one piece of work on a recording in memory, timed alone, for comparisons with
//! other programs on the same file.

use std::sync::Arc;
use std::time::Instant;

use blitz_core::{FrameShape, Samples, Stack, Zone, ZoneShape};
use blitz_kernels::pipeline::{DivisionRule, PointOp};
use blitz_kernels::{Method, Reduced};
use blitz_model::evaluate::{Curves, EvalContext, FrameSet, Picture, Question, Reduce, ZoneCurves, evaluate};
use blitz_model::load::Opened;
use blitz_model::recipe::{Load, Recipe};
use serde::Serialize;

use super::held::Held;
use super::kernels::{references, through};
use super::sweeps::{Results, sweep};
use super::video::{self, VideoWork};
use super::work::{Asked, Work, write_result};
use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

impl Work {
    fn video(self) -> Option<VideoWork> {
        Some(match self {
            Self::VideoIndex => VideoWork::Index,
            Self::VideoOpen => VideoWork::Open,
            Self::VideoDecode => VideoWork::Decode { our_threads: false },
            Self::VideoDecodeThreads => VideoWork::Decode { our_threads: true },
            Self::VideoGrey => VideoWork::Grey { every: 1 },
            Self::VideoEvery100 => VideoWork::Grey { every: 100 },
            Self::VideoEvery300 => VideoWork::Grey { every: 300 },
            Self::VideoRandom => VideoWork::Random,
            _ => return None,
        })
    }
}

#[derive(Debug, Serialize)]
struct Timed {
    work: String,
    bytes: usize,
    /// Seconds of each run; a run before them warmed up.
    seconds: Vec<f64>,
}

/// Loads the recording into memory, does the work as often as asked and writes the last result (of windows: that
/// of the last frame). Videos are read from their file each time.
pub(super) fn run(asked: &Asked<'_>, shell: &Shell) -> Result<Status, Failure> {
    let &Asked { work, path, result, runs } = asked;
    if let Some(video) = work.video() {
        return video::run(video, asked, shell);
    }
    let held_paths = [path.to_path_buf()];
    let opened = Opened::open(&held_paths, &Load::default(), None, &shell.cancel, &shell.progress)
        .map_err(|error| Failure::opening(path, error))?;
    let source = opened.stream();
    let (layout, frames) = (source.store.layout(), source.shape().frames);
    let held = Held::filled(layout.dtype, layout.frame, frames, |frame, mut samples| {
        let guard = source.store.pin(frame).map_err(|error| Failure::new(error.to_string()))?;
        samples.bytes().copy_from_slice(guard.samples().bytes());
        Ok(())
    })?;
    let stack = Stack { store: Arc::clone(&held.store) as Arc<dyn blitz_core::Store>, ..source };
    let mut job = Job::new(work, &held, stack)?;
    let mut seconds = Vec::new();
    for turn in 0..=runs {
        let start = Instant::now();
        job.run()?;
        if turn > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    if let Some(result) = result {
        write_result(result, &Samples::F64(job.result()))?;
    }
    let timed = Timed { work: format!("{work:?}"), bytes: layout.frame_bytes() * frames, seconds };
    if shell.json {
        print_json(&timed)?;
    } else {
        let times: Vec<String> = timed.seconds.iter().map(|s| format!("{:.2} ms", s * 1e3)).collect();
        print(&format!("{} of {} bytes: {}\n", timed.work, timed.bytes, times.join(", ")))?;
    }
    Ok(Status::Done)
}

fn ask<Q: Question>(stack: &Stack, question: &Q) -> Result<Q::Answer, Failure> {
    evaluate(stack, &Recipe::default(), question, &EvalContext::default())
        .map_err(|error| Failure::new(error.to_string()))
}

/// The work, ready to be repeated.
enum Job<'a> {
    Reduce { stack: Box<Stack>, question: Reduce, answer: Vec<Picture> },
    Curve { stack: Box<Stack>, question: ZoneCurves, answer: Option<Curves> },
    Sweep { held: &'a Held, window: usize, method: Method, results: Results },
    Correct { held: &'a Held, dark: Vec<f32>, flat: Vec<f32>, answer: Option<Reduced> },
}

impl<'a> Job<'a> {
    fn new(work: Work, held: &'a Held, stack: Stack) -> Result<Self, Failure> {
        let frames = held.frames();
        let reduce = |stack, method| Self::Reduce {
            stack: Box::new(stack),
            question: Reduce::all(method),
            answer: Vec::new(),
        };
        let windows = |window: usize, method| Self::Sweep {
            held,
            window,
            method,
            results: Results::new(held.shape, frames.len()),
        };
        if frames.is_empty() {
            return Err(Failure::new("the recording has no frames"));
        }
        Ok(match work {
            Work::Mean => reduce(stack, Method::Mean),
            Work::Std => reduce(stack, Method::Std),
            Work::Max => reduce(stack, Method::Max),
            Work::Median => reduce(stack, Method::Median),
            Work::SlidingMean => windows(50, Method::Mean),
            Work::SlidingMedian => windows(15, Method::Median),
            Work::Correct => {
                let (dark, flat) = references(&frames);
                Self::Correct { held, dark, flat, answer: None }
            }
            Work::Curve => {
                let FrameShape { width, height, .. } = held.shape;
                let (x, y) = ((width / 4) as f64, (height / 4) as f64);
                let (width, height) = ((width / 2) as f64, (height / 2) as f64);
                let shape = ZoneShape::Rect { x, y, width, height, angle: 0.0 };
                let zones = [Zone { name: String::new(), color: [0; 3], shape }].into();
                let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
                Self::Curve { stack: Box::new(stack), question, answer: None }
            }
            _ => return Err(Failure::new("this work reads a video from its file")),
        })
    }

    fn run(&mut self) -> Result<(), Failure> {
        match self {
            Self::Reduce { stack, question, answer } => *answer = ask(stack, question)?,
            Self::Curve { stack, question, answer } => *answer = Some(ask(stack, question)?),
            Self::Sweep { held, window, method, results } => {
                sweep(&held.frames(), *window, *method, results);
            }
            Self::Correct { held, dark, flat, answer } => {
                let ops = [
                    PointOp::Subtract { reference: dark, amount: 1.0 },
                    PointOp::Divide { reference: flat, amount: 1.0, rule: DivisionRule::default() },
                ];
                *answer = Some(through(&ops, &held.frames(), held.batch(), Method::Mean));
            }
        }
        Ok(())
    }

    fn result(self) -> Vec<f64> {
        match self {
            Self::Reduce { answer, .. } => {
                answer.iter().flat_map(|p| p.samples.as_ref().to_f64_vec()).collect()
            }
            Self::Curve { answer: Some(curves), .. } => curves
                .zones
                .iter()
                .flat_map(|zone| zone.points.iter().flatten().map(|point| point.mean))
                .collect(),
            Self::Correct { answer: Some(reduced), .. } => reduced.values.as_ref().to_f64_vec(),
            Self::Curve { .. } | Self::Correct { .. } => Vec::new(),
            Self::Sweep { results, .. } => results.last().iter().map(|&v| f64::from(v)).collect(),
        }
    }
}
