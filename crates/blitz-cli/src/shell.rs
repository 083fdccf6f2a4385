//! What commands share: stderr, stdout, progress, Ctrl-C, and the report of what was done.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use blitz_core::{Cancel, FrameFault, Progress};
use blitz_model::evaluate::{AuxiliaryAnswer, AuxiliaryCurve};
use blitz_model::session::opening_words;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::{Failure, Status};

/// Lines of failed frames on stderr before the rest is only counted.
const MOST_NAMED: usize = 100;

/// Where a command speaks and how it is stopped.
pub(crate) struct Shell {
    /// No progress, no notes.
    pub(crate) quiet: bool,
    /// Reports are JSON on stdout.
    pub(crate) json: bool,
    /// Set by Ctrl-C.
    pub(crate) cancel: Cancel,
    /// What long work updates.
    pub(crate) progress: Progress,
    /// What a person was told.
    notes: RefCell<Vec<String>>,
}

/// A report with what a person was told meanwhile.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a Report,
    notes: &'a [String],
}

/// A frame that failed, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FailedFrame {
    file: Option<PathBuf>,
    frame: usize,
    reason: String,
}

impl From<&FrameFault> for FailedFrame {
    fn from(fault: &FrameFault) -> Self {
        Self { file: fault.file.clone(), frame: fault.frame, reason: fault.reason.clone() }
    }
}

/// What a command did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Files written, in order.
    pub(crate) outputs: Vec<PathBuf>,
    /// What the outputs hold, in words.
    pub(crate) description: String,
    /// Frames that were used.
    pub(crate) frames_used: usize,
    /// Frames that have no value although they did not fail: they have no whole window over time.
    pub(crate) no_window: usize,
    /// Source frames that failed, whatever steps made of them.
    pub(crate) failed: Vec<FailedFrame>,
    /// Curves recorded beside the recording that the outputs hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) auxiliary: Vec<Beside>,
}

/// A curve recorded beside the recording, as reports say it.
#[derive(Debug, Serialize)]
pub(crate) struct Beside {
    file: PathBuf,
    name: String,
    unit: Option<String>,
    /// What the file's times count.
    time_unit: String,
    /// Whether file and recording have a clock in common, or frames.
    common_clock: bool,
    samples: usize,
    /// Source frames at which it is missing.
    missing_frames: usize,
}

impl Beside {
    /// The curves of a file.
    pub(crate) fn of(file: &Path, answer: &AuxiliaryAnswer) -> Vec<Self> {
        let of = |curve: &AuxiliaryCurve| Self {
            file: file.to_path_buf(),
            name: curve.name.clone(),
            unit: curve.unit.clone(),
            time_unit: answer.unit.to_string(),
            common_clock: answer.has_common_clock,
            samples: curve.values.len(),
            missing_frames: curve.on_frames.iter().filter(|v| v.is_nan()).count(),
        };
        answer.curves.iter().map(of).collect()
    }
}

impl Shell {
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        let (cancel, progress, notes) = (Cancel::default(), Progress::default(), RefCell::default());
        Self { quiet, json, cancel, progress, notes }
    }

    /// The same without notes.
    pub(crate) fn silent(&self) -> Self {
        let (cancel, progress) = (self.cancel.clone(), self.progress.clone());
        Self { cancel, progress, ..Self::new(true, self.json) }
    }

    /// Lets Ctrl-C, TERM and HUP cancel the work, so that nothing is left behind; a second one ends the program at once.
    pub(crate) fn listen_for_interrupt(&self) {
        let cancel = self.cancel.clone();
        // Where no handler can be set Ctrl-C ends the program; outputs are temporary files until complete.
        let _ = ctrlc::set_handler(move || {
            if cancel.is_cancelled() {
                std::process::exit(130);
            }
            cancel.cancel();
        });
    }

    /// Something a person should know; nothing that changes the exit status.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(&format!("note: {text}"));
        }
        self.notes.borrow_mut().push(text.to_owned());
    }

    /// Ends a command: failed frames, then the report.
    pub(crate) fn finish<'a>(
        &self,
        mut report: Report,
        faults: impl IntoIterator<Item = &'a FrameFault> + Clone,
    ) -> Result<Status, Failure> {
        report.failed = faults.clone().into_iter().map(FailedFrame::from).collect();
        let status = name_failed(faults);
        if self.json {
            print_json(&Told { report: &report, notes: &self.notes.borrow() })?;
        } else if !self.quiet {
            for output in &report.outputs {
                say(&format!("wrote {}", output.display()));
            }
            say(&report.description);
        }
        Ok(status)
    }

    /// Shows progress on stderr while the guard lives, where stderr is a terminal.
    pub(crate) fn watch(&self) -> Watch {
        if self.quiet || !io::stderr().is_terminal() {
            return Watch(None);
        }
        let done = Arc::new(AtomicBool::new(false));
        let (stop, progress) = (Arc::clone(&done), self.progress.clone());
        let thread = std::thread::Builder::new().name("progress".to_owned());
        // Without a thread the work runs without a bar.
        Watch(thread.spawn(move || show(&progress, &stop)).ok().map(|thread| (done, thread)))
    }
}

/// See [`Shell::watch`].
pub(crate) struct Watch(Option<(Arc<AtomicBool>, JoinHandle<()>)>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.0.take() {
            done.store(true, Ordering::Relaxed);
            // A bar that panicked is no reason to lose the result.
            let _ = thread.join();
        }
    }
}

fn show(progress: &Progress, stop: &AtomicBool) {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    while !stop.load(Ordering::Relaxed) {
        let now = progress.snapshot();
        if now.total > 0 {
            bar.set_length(now.total);
            bar.set_position(now.done);
            bar.set_message(now.phase);
        } else if now.done > 0 {
            bar.set_message(opening_words(now));
        }
        std::thread::sleep(Duration::from_millis(80));
    }
    bar.finish_and_clear();
}

/// Names failed frames, also with `--quiet`.
pub(crate) fn name_failed<'a>(faults: impl IntoIterator<Item = &'a FrameFault>) -> Status {
    let runs = runs(faults);
    for run in runs.iter().take(MOST_NAMED) {
        say(&run.text());
    }
    let rest: usize = runs.iter().skip(MOST_NAMED).map(|run| run.count).sum();
    if rest > 0 {
        say(&format!("failed: {rest} more frames; `blitz info --scan --json` lists all"));
    }
    if runs.is_empty() { Status::Done } else { Status::FramesFailed }
}

/// Frames that follow one another in a report and failed for the same reason, which no file of their own has.
struct Run<'a> {
    first: &'a FrameFault,
    last: usize,
    count: usize,
}

impl Run<'_> {
    fn text(&self) -> String {
        match self.count {
            1 => format!("failed: {}", self.first),
            n => format!(
                "failed: frames {}–{} ({n} frames): {}",
                self.first.frame, self.last, self.first.reason
            ),
        }
    }
}

fn runs<'a>(faults: impl IntoIterator<Item = &'a FrameFault>) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for fault in faults {
        match runs.last_mut() {
            Some(run)
                if fault.file.is_none()
                    && run.first.file.is_none()
                    && fault.frame == run.last + 1
                    && fault.reason == run.first.reason =>
            {
                run.last = fault.frame;
                run.count += 1;
            }
            _ => runs.push(Run { first: fault, last: fault.frame, count: 1 }),
        }
    }
    runs
}

/// Data for stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| Failure::stdout(&e))
}

/// One JSON document for stdout.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::new(format!("cannot write the report as JSON: {e}")))?;
    print(&format!("{text}\n"))
}

/// One line on stderr. A stderr that is gone leaves nobody to tell.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether an output means stdout.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_failed_alike_share_a_line() {
        let fault = |frame, reason: &str, file: Option<&str>| FrameFault {
            file: file.map(PathBuf::from),
            frame,
            reason: reason.to_owned(),
        };
        let faults = [
            fault(0, "no window", None),
            fault(1, "no window", None),
            fault(2, "cut off", Some("a.png")),
            fault(3, "cut off", Some("b.png")),
            fault(7, "no window", None),
            fault(8, "other", None),
        ];
        let lines: Vec<String> = runs(&faults).iter().map(Run::text).collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert_eq!(lines[0], "failed: frames 0–1 (2 frames): no window");
        assert!(lines[1].contains("a.png") && lines[2].contains("b.png"));
        assert_eq!(lines[3], "failed: frame 7: no window");
    }
}
