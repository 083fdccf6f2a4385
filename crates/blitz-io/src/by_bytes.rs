//! What files are by their first bytes, whatever their names say.

use crate::format::contract::{Format, START};
use crate::format::{of_start, of_suffix};
use crate::read_at::{FileBytes, ReadAt as _};
use crate::scan::FileEntry;

/// What files are.
pub(crate) struct Told {
    pub(crate) format: &'static Format,
    /// Where their suffix says something else.
    pub(crate) note: Option<String>,
}

/// The format of a file by its first bytes.
pub(crate) fn by_bytes(file: &FileEntry) -> Option<&'static Format> {
    let mut start = [0; START];
    let n = FileBytes::open(&file.path).ok()?.read_at(0, &mut start).ok()?;
    of_start(&start[..n])
}

/// The format of files by their suffix, unless the first that tell are all of one other: the bytes decide.
pub(crate) fn told(files: &[FileEntry]) -> Option<Told> {
    /// Files that are looked at: one of them may be damaged.
    const LOOKED_AT: usize = 3;
    let suffix = files.first()?.suffix();
    let named = of_suffix(&suffix);
    let found: Vec<_> = files.iter().take(LOOKED_AT).filter_map(by_bytes).collect();
    let is_same = |format: &&&'static Format| found.iter().all(|other| other.name == format.name);
    match found.first().filter(is_same).copied() {
        Some(format) if named.is_none_or(|named| named.name != format.name) => {
            let says =
                if suffix.is_empty() { "have no suffix".to_owned() } else { format!("end in .{suffix}") };
            let note =
                format!("The names of the files {says}, but by their first bytes they are {}.", format.title);
            Some(Told { format, note: Some(note) })
        }
        _ => named.map(|format| Told { format, note: None }),
    }
}
