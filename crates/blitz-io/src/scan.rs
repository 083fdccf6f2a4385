//! Files of a folder, and the natural order of their names.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};

/// A file of a series.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// See [`FrameMeta::number`](blitz_core::FrameMeta::number).
    pub(crate) number: Option<String>,
}

impl FileEntry {
    pub(crate) fn new(path: PathBuf, bytes: u64) -> Self {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self { path, name, bytes, number: None }
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
}

/// Suffix in lower case, without the dot; empty where there is none.
pub(crate) fn suffix(path: &Path) -> String {
    path.extension().map_or_else(String::new, |s| s.to_string_lossy().to_lowercase())
}

/// The visible files of a folder (not its subfolders), in no order. Symbolic links are followed; links that
/// lead nowhere are files that cannot be read, so that they are named.
pub(crate) fn visible_files(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let meta = if entry.file_type()?.is_symlink() { std::fs::metadata(&path) } else { entry.metadata() };
        match meta {
            Ok(meta) if meta.is_file() => files.push(FileEntry::new(path, meta.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                files.push(FileEntry::new(path, 0));
            }
            _ => {}
        }
    }
    Ok(files)
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
