//! `blitz cache`: decoded frames on disk, listed and removed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use blitz_model::load::{CacheEntry, CacheFolder, DiskCache};
use blitz_model::text;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

pub(crate) struct Request {
    pub(crate) cache: DiskCache,
    /// Remove what was last used at least so long ago.
    pub(crate) clear: Option<Duration>,
}

#[derive(Debug, Serialize)]
struct List {
    folder: PathBuf,
    /// Bytes that all entries take on the disk.
    bytes: u64,
    limit_bytes: u64,
    free_bytes: Option<u64>,
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: Option<String>,
    path: Option<String>,
    options: Option<String>,
    frames: usize,
    height: usize,
    width: usize,
    channels: usize,
    dtype: Option<&'static str>,
    /// Frames that are there, failed ones included.
    done: usize,
    failed: usize,
    complete: bool,
    in_use: bool,
    bytes: u64,
    created_seconds_ago: Option<u64>,
    used_seconds_ago: Option<u64>,
    journal: PathBuf,
}

#[derive(Debug, Serialize)]
struct Removed {
    folder: PathBuf,
    entries: usize,
    bytes: u64,
    in_use: usize,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let Some(folder) = &request.cache.folder else {
        return Err(Failure::new("this system names no folder for caches: give --cache-dir DIR"));
    };
    match request.clear {
        Some(older_than) => clear(folder, older_than, shell),
        None => list(folder, shell),
    }
}

fn clear(folder: &CacheFolder, older_than: Duration, shell: &Shell) -> Result<Status, Failure> {
    let cleared = folder.clear(older_than).map_err(|error| Failure::new(error.to_string()))?;
    let removed = Removed {
        folder: folder.path().to_path_buf(),
        entries: cleared.entries,
        bytes: cleared.bytes,
        in_use: cleared.in_use,
    };
    if shell.json {
        print_json(&removed)?;
        return Ok(Status::Done);
    }
    let open = match removed.in_use {
        0 => String::new(),
        n => format!("; {} in use and left", text::count(n, "recording")),
    };
    print(&format!(
        "removed {}, {}{open}\n",
        text::count(removed.entries, "recording"),
        text::bytes(removed.bytes)
    ))?;
    Ok(Status::Done)
}

fn list(folder: &CacheFolder, shell: &Shell) -> Result<Status, Failure> {
    let now = SystemTime::now();
    let entries: Vec<Entry> = folder.entries().into_iter().map(|entry| Entry::new(entry, now)).collect();
    let room = folder.room();
    let list = List {
        folder: folder.path().to_path_buf(),
        bytes: room.used,
        limit_bytes: room.limit,
        free_bytes: room.free,
        entries,
    };
    if shell.json {
        print_json(&list)?;
    } else {
        print(&list.to_text())?;
    }
    Ok(Status::Done)
}

impl Entry {
    fn new(entry: CacheEntry, now: SystemTime) -> Self {
        let ago = |time: Option<SystemTime>| {
            time.and_then(|time| now.duration_since(time).ok()).map(|age| age.as_secs())
        };
        let layout = entry.description.as_ref().map(|d| d.layout);
        let frame = layout.map(|layout| layout.frame);
        let of = |text: fn(&blitz_model::load::Description) -> &String| {
            entry.description.as_ref().map(text).cloned()
        };
        Self {
            name: of(|d| &d.name),
            path: of(|d| &d.path),
            options: of(|d| &d.options),
            frames: entry.description.as_ref().map_or(0, |d| d.frames),
            height: frame.map_or(0, |f| f.height),
            width: frame.map_or(0, |f| f.width),
            channels: frame.map_or(0, |f| f.channels),
            dtype: layout.map(|l| l.dtype.name()),
            done: entry.ready + entry.failed,
            failed: entry.failed,
            complete: entry.complete,
            in_use: entry.in_use,
            bytes: entry.bytes,
            created_seconds_ago: ago(entry.created),
            used_seconds_ago: ago(entry.used),
            journal: entry.path,
        }
    }

    fn to_text(&self) -> String {
        let (Some(path), Some(dtype)) = (&self.path, self.dtype) else {
            return format!(
                "{:>9}  cannot be read: {} (blitz cache clear removes it)",
                text::bytes(self.bytes),
                self.journal.display()
            );
        };
        let mut parts = vec![format!(
            "{}, {} × {} × {} {dtype}",
            text::count(self.frames, "frame"),
            self.width,
            self.height,
            self.channels
        )];
        if !self.complete {
            parts.push(format!(
                "{} there, the rest is decoded when it is opened",
                text::grouped(self.done as u64)
            ));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.extend(self.used_seconds_ago.map(|s| format!("used {} ago", age(s))));
        if self.in_use {
            parts.push("open now".to_owned());
        }
        let options = self.options.as_deref().unwrap_or_default();
        format!(
            "{:>9}  {path}\n           {}\n           read as {options}",
            text::bytes(self.bytes),
            parts.join(", ")
        )
    }
}

impl List {
    fn to_text(&self) -> String {
        let free = self.free_bytes.map_or_else(String::new, |free| format!(", {} free", text::bytes(free)));
        let head = format!(
            "{}: {} of at most {}{free}",
            self.folder.display(),
            text::bytes(self.bytes),
            text::bytes(self.limit_bytes)
        );
        let lines = std::iter::once(head).chain(self.entries.iter().map(Entry::to_text));
        lines.map(|line| line + "\n").collect()
    }
}

/// `3 d`, `5 h`, `20 min`, `8 s`.
fn age(seconds: u64) -> String {
    match seconds {
        s if s >= 86_400 => format!("{} d", s / 86_400),
        s if s >= 3600 => format!("{} h", s / 3600),
        s if s >= 60 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
