//! What happened, for people.

use std::time::{Duration, Instant};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A fact.
    Info,
    /// Something was left out or assumed.
    Warning,
    /// Something was not done.
    Error,
}

/// One line.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// How bad.
    pub level: Level,
    /// Since the program started.
    pub at: Duration,
    /// What happened.
    pub text: String,
}

/// The lines, oldest first.
#[derive(Debug)]
pub struct Log {
    lines: Vec<LogLine>,
    start: Instant,
    total: u64,
}

/// Lines kept.
const KEPT: usize = 5_000;

impl Default for Log {
    fn default() -> Self {
        Self { lines: Vec::new(), start: Instant::now(), total: 0 }
    }
}

impl Log {
    fn add(&mut self, level: Level, text: &str) {
        self.total += 1;
        self.lines.push(LogLine { level, at: self.start.elapsed(), text: text.to_owned() });
        if self.lines.len() > KEPT {
            self.lines.drain(..KEPT / 10);
        }
    }

    /// A fact.
    pub fn info(&mut self, text: &str) {
        self.add(Level::Info, text);
    }

    /// Something was left out or assumed.
    pub fn warning(&mut self, text: &str) {
        self.add(Level::Warning, text);
    }

    /// Something was not done.
    pub fn error(&mut self, text: &str) {
        self.add(Level::Error, text);
    }

    /// The lines kept, oldest first.
    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// Lines ever added: tells a view whether there is a new one.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The newest line.
    pub fn last(&self) -> Option<&LogLine> {
        self.lines.last()
    }
}
