//! What files are by their first bytes, whatever their names say.

use crate::format::contract::{Format, START};
use crate::format::{of_start, of_suffix, picture_of_start};
use crate::read_at::{FileBytes, ReadAt as _};
use crate::scan::FileEntry;
use crate::series::spread;

/// What files are.
pub(crate) struct Told {
    pub(crate) format: &'static Format,
    /// Where their suffix says something else.
    pub(crate) note: Option<String>,
}

/// The first bytes of a file; none of one that cannot be read.
pub(crate) fn start(file: &FileEntry) -> Vec<u8> {
    let mut start = vec![0; START];
    let read = FileBytes::open(&file.path).and_then(|data| data.read_at(0, &mut start));
    start.truncate(read.unwrap_or(0));
    start
}

/// The format of a file by its first bytes.
pub(crate) fn by_bytes(file: &FileEntry) -> Option<&'static Format> {
    of_start(&start(file))
}

/// The picture format of most of the files of a folder whose suffix says nothing. Sound and pictures of films are too
/// often something else.
pub(crate) fn pictures(files: &[FileEntry]) -> Option<&'static Format> {
    most(files, |file| picture_of_start(&start(file)))
}

/// The format of files by their suffix, unless most of them begin as files of another one: the bytes decide.
pub(crate) fn told(files: &[FileEntry]) -> Option<Told> {
    let first = files.first()?;
    let (suffix, named) = (first.suffix(), of_suffix(&first.suffix()));
    let format = most(files, by_bytes).or(named)?;
    let is_named = named.is_some_and(|named| named.name == format.name);
    let note = (!is_named).then(|| {
        let says = match (suffix.as_str(), files.len()) {
            ("", 1) => "The name of the file has no suffix".to_owned(),
            ("", _) => "The names of the files have no suffix".to_owned(),
            (suffix, 1) => format!("The name of the file ends in .{suffix}"),
            (suffix, _) => format!("The names of the files end in .{suffix}"),
        };
        let they = if files.len() == 1 { "its first bytes it is" } else { "their first bytes they are" };
        format!("{says}, but by {they} {}.", format.title)
    });
    Some(Told { format, note })
}

/// What more than half of a spread sample of files are.
fn most(
    files: &[FileEntry],
    what: impl Fn(&FileEntry) -> Option<&'static Format>,
) -> Option<&'static Format> {
    const LOOKED_AT: usize = 7;
    let looked_at = spread(files.len(), LOOKED_AT);
    let found: Vec<&'static Format> = looked_at.iter().filter_map(|&i| what(&files[i])).collect();
    let count = |format: &Format| found.iter().filter(|other| other.name == format.name).count();
    found.iter().copied().find(|format| 2 * count(format) > looked_at.len())
}
