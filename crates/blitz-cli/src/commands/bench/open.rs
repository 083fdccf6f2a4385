//! `blitz bench --open PATH`: opening a recording and reading it through, beside reading its files and doing nothing.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use blitz_model::Method;
use blitz_model::evaluate::{EvalContext, Reduce, evaluate};
use blitz_model::load::Opened;
use blitz_model::recipe::{Load, Recipe};
use blitz_model::text;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

/// Medians over the runs, which take turns.
#[derive(Debug, Serialize)]
struct Answer {
    files: usize,
    file_bytes: u64,
    frames: usize,
    runs: usize,
    /// All files read one after the other by one thread, as `cat` does.
    cat_seconds: f64,
    /// Until the recording was understood and planned.
    open_seconds: f64,
    /// Opening it and reading every frame for a mean.
    mean_seconds: f64,
    /// Phases of opening in their order.
    phases: Vec<Phase>,
}

#[derive(Debug, Serialize)]
struct Phase {
    name: &'static str,
    /// As seen every millisecond.
    seconds: f64,
}

pub(super) fn run(path: &Path, runs: usize, shell: &Shell) -> Result<Status, Failure> {
    let first = open(path, shell)?;
    let files = files(&first);
    let mut answer = Answer {
        files: files.len(),
        file_bytes: first.source.info().bytes_on_disk,
        frames: first.source.info().frames,
        runs,
        cat_seconds: 0.0,
        open_seconds: 0.0,
        mean_seconds: 0.0,
        phases: Vec::new(),
    };
    drop(first);
    let (mut cats, mut opens, mut means) = (Vec::new(), Vec::new(), Vec::new());
    let mut phases: Vec<(&'static str, Vec<f64>)> = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        cat(&files).map_err(|(file, error)| Failure::new(format!("{}: {error}", file.display())))?;
        cats.push(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let (opened, seen) = in_phases(shell, || open(path, shell));
        opens.push(start.elapsed().as_secs_f64());
        for Phase { name, seconds } in seen {
            match phases.iter_mut().find(|(phase, _)| *phase == name) {
                Some((_, all)) => all.push(seconds),
                None => phases.push((name, vec![seconds])),
            }
        }
        let stack = opened?.stream();
        let cx = EvalContext { cancel: shell.cancel.clone(), ..EvalContext::default() };
        evaluate(&stack, &Recipe::default(), &Reduce::all(Method::Mean), &cx)
            .map_err(|error| Failure::evaluating(path, error))?;
        means.push(start.elapsed().as_secs_f64());
    }
    answer.cat_seconds = median(cats);
    answer.open_seconds = median(opens);
    answer.mean_seconds = median(means);
    answer.phases =
        phases.into_iter().map(|(name, seconds)| Phase { name, seconds: median(seconds) }).collect();
    if shell.json { print_json(&answer) } else { print(&answer.to_text()) }.map(|()| Status::Done)
}

fn open(path: &Path, shell: &Shell) -> Result<Opened, Failure> {
    Opened::open(&[path.to_owned()], &Load::default(), None, &shell.cancel, &shell.progress)
        .map_err(|error| Failure::opening(path, error))
}

/// The files that the frames lie in, each once.
fn files(opened: &Opened) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        (0..opened.source.info().frames).filter_map(|frame| opened.source.meta(frame).file).collect();
    files.dedup();
    files
}

/// Reads files and drops what they hold.
fn cat(files: &[PathBuf]) -> Result<(), (&Path, std::io::Error)> {
    /// As much as `cat` of GNU takes at once.
    const AT_ONCE: usize = 128 << 10;
    let mut buffer = vec![0; AT_ONCE];
    for path in files {
        let failed = |error| (path.as_path(), error);
        let mut file = File::open(path).map_err(failed)?;
        while file.read(&mut buffer).map_err(failed)? > 0 {}
    }
    Ok(())
}

/// What `work` gives, and how long each phase lasted that it said it was in.
fn in_phases<T>(shell: &Shell, work: impl FnOnce() -> T) -> (T, Vec<Phase>) {
    const EVERY: Duration = Duration::from_millis(1);
    let is_done = AtomicBool::new(false);
    let progress = shell.progress.clone();
    progress.start("", 0);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen: Vec<Phase> = Vec::new();
            let mut last = Instant::now();
            while !is_done.load(Ordering::Relaxed) {
                std::thread::sleep(EVERY);
                let (name, seconds) = (progress.snapshot().phase, last.elapsed().as_secs_f64());
                match seen.last_mut() {
                    Some(phase) if phase.name == name => phase.seconds += seconds,
                    _ if name.is_empty() => {}
                    _ => seen.push(Phase { name, seconds }),
                }
                last = Instant::now();
            }
            seen
        });
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        (result, watch.join().unwrap_or_default())
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Answer {
    fn to_text(&self) -> String {
        let line = |name: &str, seconds: f64| {
            let (rate, share) = (self.files as f64 / seconds, seconds / self.cat_seconds);
            let rate = text::grouped(rate as u64);
            format!("{name:<22} {:>9.1} ms {rate:>12} files/s  {share:.2} × cat\n", seconds * 1e3)
        };
        let mut all = format!(
            "{}, {}, {}; medians of {}\n",
            text::count(self.files, "file"),
            text::bytes(self.file_bytes),
            text::count(self.frames, "frame"),
            text::count(self.runs, "run"),
        );
        all += &line("cat of the files", self.cat_seconds);
        all += &line("opening", self.open_seconds);
        for Phase { name, seconds } in &self.phases {
            let share = seconds / self.cat_seconds;
            let _ = writeln!(all, "  {name:<20} {:>9.1} ms {:>21}  {share:.2} × cat", seconds * 1e3, "");
        }
        all += &line("opening and mean", self.mean_seconds);
        all
    }
}
