//! Files of a folder, and the natural order of their names.

use std::cmp::Ordering;
use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use std::{fmt, io};

use blitz_core::{Cancel, Progress};

use crate::in_parallel::in_parallel;

/// A file of a series.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    /// Bytes when it was looked at: see [`measure`].
    pub(crate) bytes: u64,
    /// When it was written last, as of then; `None` where that is not known.
    pub(crate) modified: Option<SystemTime>,
    /// See [`FrameMeta::number`](blitz_core::FrameMeta::number).
    pub(crate) number: Option<String>,
}

impl FileEntry {
    /// A file that was not looked at yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self { path, name, bytes: 0, modified: None, number: None }
    }

    /// Name without suffix.
    pub(crate) fn stem(&self) -> &str {
        match self.name.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => &self.name,
        }
    }

    /// Suffix in lower case, without the dot.
    pub(crate) fn suffix(&self) -> String {
        suffix(&self.path)
    }

    /// Takes size and time over.
    pub(crate) fn measured(&mut self, meta: &Metadata) {
        (self.bytes, self.modified) = size_and_time(meta);
    }
}

/// Asks the system for sizes and times of files, many at once. Files that cannot be looked at stay as they are: they
/// are named when they are read.
pub(crate) fn measure(files: &mut [FileEntry], cancel: &Cancel, progress: &Progress) {
    progress.start("looking at files", files.len() as u64);
    let found = in_parallel(files.len(), |i| {
        progress.advance(1);
        if cancel.is_cancelled() {
            None
        } else {
            std::fs::metadata(&files[i].path).ok().as_ref().map(size_and_time)
        }
    });
    for (file, found) in files.iter_mut().zip(found) {
        if let Some(found) = found {
            (file.bytes, file.modified) = found;
        }
    }
}

fn size_and_time(meta: &Metadata) -> (u64, Option<SystemTime>) {
    (meta.len(), meta.modified().ok())
}

/// Suffix in lower case, without the dot; empty where there is none.
pub(crate) fn suffix(path: &Path) -> String {
    path.extension().map_or_else(String::new, |s| s.to_string_lossy().to_lowercase())
}

/// Entries of a folder, one by one.
pub type Entries = Box<dyn Iterator<Item = io::Result<DirEntry>>>;

type List = dyn Fn(&Path) -> io::Result<Entries> + Send + Sync;

/// How folders are listed: by the system, or as somebody says who wants to see the entries, too.
#[derive(Clone, Default)]
pub struct ListFolders(Option<Arc<List>>);

impl ListFolders {
    /// `list` begins to list a folder.
    pub fn by(list: impl Fn(&Path) -> io::Result<Entries> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(list)))
    }

    fn list(&self, folder: &Path) -> io::Result<Entries> {
        match &self.0 {
            Some(list) => list(folder),
            None => Ok(Box::new(std::fs::read_dir(folder)?)),
        }
    }
}

impl fmt::Debug for ListFolders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "listed by the caller" } else { "listed by the system" })
    }
}

/// The visible files of a folder (not its subfolders), in no order. Asks the system about the listing alone: no file
/// is looked at but where symbolic links lead. They are followed; links that lead nowhere are files that cannot be
/// read, so that they are named.
pub(crate) fn visible_files(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut files = Vec::new();
    each_visible_file(folder, &ListFolders::default(), |file| {
        files.push(file);
        true
    })?;
    Ok(files)
}

/// Gives the visible files of a folder to `take` as they are listed, until it says that it wants no more.
pub(crate) fn each_visible_file(
    folder: &Path,
    list: &ListFolders,
    mut take: impl FnMut(FileEntry) -> bool,
) -> io::Result<()> {
    for entry in list.list(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        let kind = entry.file_type()?;
        let is_file = kind.is_file()
            || kind.is_symlink()
                && match std::fs::metadata(&path) {
                    Ok(meta) => meta.is_file(),
                    Err(error) => error.kind() == io::ErrorKind::NotFound,
                };
        if is_file && !take(FileEntry::new(path)) {
            break;
        }
    }
    Ok(())
}

/// The visible folders in a folder, in no order. Links to folders are not followed: they may lead back.
pub(crate) fn visible_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") && entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// Sorts files whose names have nothing in common.
pub(crate) fn sort(files: &mut [FileEntry]) {
    files.sort_by(|a, b| compare(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
}

/// Natural order: runs of ASCII digits compare as integers of any length, everything else by code point in lower
/// case. Names that differ only in leading zeros or letter case are ordered by code point.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    natural(&a.to_lowercase(), &b.to_lowercase()).then_with(|| a.cmp(b))
}

fn natural(a: &str, b: &str) -> Ordering {
    let (x, y) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    // Comparing UTF-8 bytes is comparing code points.
    while i < x.len() && j < y.len() {
        if x[i].is_ascii_digit() && y[j].is_ascii_digit() {
            let (run_x, run_y) = (digits(&x[i..]), digits(&y[j..]));
            let (p, q) = (without_zeros(run_x), without_zeros(run_y));
            match p.len().cmp(&q.len()).then_with(|| p.cmp(q)) {
                Ordering::Equal => {}
                other => return other,
            }
            i += run_x.len();
            j += run_y.len();
        } else if x[i] == y[j] {
            i += 1;
            j += 1;
        } else {
            return x[i].cmp(&y[j]);
        }
    }
    (x.len() - i).cmp(&(y.len() - j)).then_with(|| a.cmp(b))
}

fn digits(text: &[u8]) -> &[u8] {
    &text[..text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len())]
}

fn without_zeros(run: &[u8]) -> &[u8] {
    &run[run.iter().position(|&b| b != b'0').unwrap_or(run.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digit_runs_compare_as_integers() {
        let mut names = ["img10", "img2", "img1", "Img3", "img02", "img1a", "img", "b2-10", "b2-9", "b10-1"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            ["b2-9", "b2-10", "b10-1", "img", "img1", "img1a", "img02", "img2", "Img3", "img10"]
        );
        let long = "9".repeat(50);
        assert_eq!(compare(&format!("a{long}"), &format!("a1{long}")), Ordering::Less, "any length");
        assert_eq!(compare("a000", "a0"), Ordering::Greater);
        assert_eq!(compare("1点", "1-1点"), Ordering::Greater, "by code point");
    }

    #[test]
    fn the_order_is_total() {
        let names =
            ["", "0", "00", "1", "01", "a", "a0", "a00", "a1", "1a", "01a", "é", "É", "A", "A1", "10", "9"];
        for a in names {
            for b in names {
                assert_eq!(compare(a, b), compare(b, a).reverse(), "{a} {b}");
                for c in names {
                    if compare(a, b).is_le() && compare(b, c).is_le() {
                        assert!(compare(a, c).is_le(), "{a} {b} {c}");
                    }
                }
            }
        }
    }
}
