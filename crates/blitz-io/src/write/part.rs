//! Names of files under construction, and what programs that were killed left of them.
//!
//! `.NAME.HOST-PROCESS-BEGAN.RANDOM.part`: the name of the output (cut, so that every name that the system allows has one),
//! where the program runs that writes it, its number, when it began, and some random letters. A part whose program runs
//! no more is nobody's.

use std::collections::HashSet;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

pub(crate) const SUFFIX: &str = ".part";

/// Bytes of an output's name that its part shows: names have up to 255 bytes.
const SHOWN: usize = 120;

/// What stands before the random letters in the name of a part of `name`.
pub(crate) fn prefix(name: &std::ffi::OsStr) -> OsString {
    let text = name.to_string_lossy();
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!(".{}.{}.", &text[..end], own().name()).into()
}

/// A program that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Writer {
    /// Names the running system and its list of processes.
    host: u32,
    process: u32,
    /// When the process began, in ticks of the system.
    began: u64,
}

impl Writer {
    fn name(self) -> String {
        format!("{:08x}-{}-{}", self.host, self.process, self.began)
    }

    /// Reads the name of a part.
    fn of(part: &str) -> Option<Self> {
        let mut fields = part.strip_suffix(SUFFIX)?.strip_prefix('.')?.rsplit('.');
        let (_random, writer) = (fields.next()?, fields.next()?);
        let mut numbers = writer.split('-');
        let host = u32::from_str_radix(numbers.next()?, 16).ok()?;
        let (process, began) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        numbers.next().is_none().then_some(Self { host, process, began })
    }

    /// Whether it is known to run no more: programs on other machines, and before a restart, may be alive for all
    /// that is known here.
    fn is_gone(self) -> bool {
        let own = own();
        // Where the first process cannot be seen, those of other people cannot, either.
        let sees_all = own.began > 0 && began(1).is_some();
        sees_all && self.host == own.host && began(self.process) != Some(self.began)
    }
}

/// This program.
fn own() -> Writer {
    static OWN: OnceLock<Writer> = OnceLock::new();
    *OWN.get_or_init(|| {
        let process = std::process::id();
        let mut hasher = DefaultHasher::new();
        std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default().hash(&mut hasher);
        std::fs::read_link("/proc/self/ns/pid").unwrap_or_default().hash(&mut hasher);
        Writer { host: hasher.finish() as u32, process, began: began(process).unwrap_or(0) }
    })
}

/// When a process began; `None` if there is no such process, or the system does not tell.
fn began(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in brackets, may have blanks; field 22 is the 20th behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Removes what programs that were killed have left in a folder; looks once per folder and run.
pub(crate) fn clean(folder: &Path) {
    static CLEANED: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let mut cleaned = CLEANED.lock().unwrap_or_else(PoisonError::into_inner);
    if cleaned.get_or_insert_with(HashSet::new).insert(folder.to_path_buf()) {
        drop(cleaned);
        remove_left(folder);
    }
}

fn remove_left(folder: &Path) {
    let Ok(listing) = std::fs::read_dir(folder) else { return };
    for entry in listing.filter_map(Result::ok) {
        let is_left = entry.file_name().to_str().and_then(Writer::of).is_some_and(Writer::is_gone);
        if is_left && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // What cannot be removed stays, and is looked at again by the next program.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_say_who_writes_them() {
        let name = format!("{}aB3xYz{SUFFIX}", prefix("a.b-1.csv".as_ref()).to_string_lossy());
        assert!(name.starts_with(".a.b-1.csv."));
        assert_eq!(Writer::of(&name), Some(own()), "{name}");
        for other in [
            ".a.csv.x7Fq2a.part",
            "a.csv",
            ".part",
            ".a.1-2.x.part",
            ".a.00ab-x-3.r.part",
            ".a.0-1-2-3.r.part",
        ] {
            assert_eq!(Writer::of(other), None, "{other}");
        }
        let long = "ü".repeat(127);
        assert!(prefix(long.as_ref()).len() + 6 + SUFFIX.len() <= 255);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_killed_program_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("folder");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("a process");
        let process = child.id();
        let living = Writer { host: own().host, process, began: began(process).expect("it runs") };
        let elsewhere = Writer { host: own().host ^ 1, ..living };
        let part = |writer: Writer| format!(".out.npy.{}.abcdef{SUFFIX}", writer.name());
        let kept = [part(own()), part(elsewhere), ".out.npy.abcdef.part".to_owned(), "out.npy".to_owned()];
        for name in kept.iter().chain([&part(living)]) {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        remove_left(folder.path());
        assert!(folder.path().join(part(living)).exists(), "its program runs");
        child.kill().and_then(|()| child.wait()).expect("ended");
        remove_left(folder.path());
        assert!(!folder.path().join(part(living)).exists(), "its program runs no more");
        assert!(kept.iter().all(|name| folder.path().join(name).exists()));
    }
}
