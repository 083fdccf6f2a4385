//! File names: natural order, groups by suffix, gaps in the numbering.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A file of a series.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

impl FileEntry {
    pub(crate) fn new(path: PathBuf, bytes: u64) -> Self {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self { path, name, bytes }
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
/// lead nowhere are left out.
pub(crate) fn visible_files(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let meta = if entry.file_type()?.is_symlink() { std::fs::metadata(&path) } else { entry.metadata() };
        if let Ok(meta) = meta
            && meta.is_file()
        {
            files.push(FileEntry::new(path, meta.len()));
        }
    }
    Ok(files)
}

/// Sorts a series into its order in time.
pub(crate) fn sort(files: &mut [FileEntry]) {
    files.sort_by(|a, b| compare(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
}

/// Natural order: runs of ASCII digits compare as integers of any length, everything else by code point,
/// case-sensitive. Names that differ only in leading zeros are ordered by code point.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
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

/// Says which numbers are missing from (or doubled in) the numbering of sorted names; frames are never moved
/// to close a gap silently. Names that are not numbered regularly give a note that says so.
pub(crate) fn numbering_notes<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let steps = steps(names);
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for step in steps.iter().filter(|s| s.to > s.from) {
        *counts.entry(step.to - step.from).or_default() += 1;
    }
    let Some((&usual, &often)) =
        counts.iter().max_by_key(|&(&size, &count)| (count, std::cmp::Reverse(size)))
    else {
        return doubled(&steps).into_iter().collect();
    };
    let mut notes: Vec<String> = doubled(&steps).into_iter().collect();
    let pairs: usize = counts.values().sum();
    let gaps: Vec<_> = steps.iter().filter(|s| s.to > s.from && s.to - s.from != usual).collect();
    if gaps.is_empty() {
        return notes;
    }
    let regular = often * 2 > pairs && gaps.iter().all(|s| (s.to - s.from) % usual == 0);
    if !regular {
        notes.push(
            "The numbers in the file names are not evenly spaced; the frames are taken one after the other."
                .to_owned(),
        );
        return notes;
    }
    let missing: u64 = gaps.iter().map(|s| (s.to - s.from) / usual - 1).fold(0, u64::saturating_add);
    let ranges: Vec<String> = gaps.iter().map(|s| range_text(s.from + usual, s.to - usual, usual)).collect();
    let (list, plural) = (join(&ranges), if missing == 1 { "Number" } else { "Numbers" });
    let verb = if missing == 1 { "is" } else { "are" };
    let every = if usual == 1 { String::new() } else { format!(" (the names count in steps of {usual})") };
    notes.push(format!(
        "{plural} {list} {verb} not there{every}: {missing} missing; the frames after a gap follow directly."
    ));
    notes
}

/// Two neighbouring names that differ in one number only.
struct Step {
    from: u64,
    to: u64,
}

fn steps<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Step> {
    let mut names = names.into_iter();
    let Some(mut last) = names.next() else { return Vec::new() };
    let mut steps = Vec::new();
    for name in names {
        steps.extend(step(last, name));
        last = name;
    }
    steps
}

fn step(a: &str, b: &str) -> Option<Step> {
    let (mut x, mut y) = (a.as_bytes(), b.as_bytes());
    let mut found = None;
    while let (Some(&p), Some(&q)) = (x.first(), y.first()) {
        if p.is_ascii_digit() && q.is_ascii_digit() {
            let (run_x, run_y) = (digits(x), digits(y));
            if run_x != run_y {
                let value = |run| std::str::from_utf8(run).ok()?.parse().ok();
                if found.is_some() {
                    return None;
                }
                found = Some(Step { from: value(run_x)?, to: value(run_y)? });
            }
            (x, y) = (&x[run_x.len()..], &y[run_y.len()..]);
        } else if p == q {
            (x, y) = (&x[1..], &y[1..]);
        } else {
            return None;
        }
    }
    if x.is_empty() && y.is_empty() { found } else { None }
}

fn doubled(steps: &[Step]) -> Option<String> {
    let twice: Vec<String> = steps.iter().filter(|s| s.from == s.to).map(|s| s.to.to_string()).collect();
    (!twice.is_empty()).then(|| {
        let list = join(&twice);
        format!("Some numbers occur more than once, written with other leading zeros: {list}.")
    })
}

fn range_text(first: u64, last: u64, step: u64) -> String {
    match (last - first) / step {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    }
}

/// `a, b and c`, at most eight of them.
fn join(parts: &[String]) -> String {
    const SHOWN: usize = 8;
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] if parts.len() <= SHOWN => format!("{} and {last}", head.join(", ")),
        _ => format!("{} and {} more places", parts[..SHOWN].join(", "), parts.len() - SHOWN),
    }
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
            ["Img3", "b2-9", "b2-10", "b10-1", "img", "img1", "img1a", "img02", "img2", "img10"]
        );
        let long = "9".repeat(50);
        assert_eq!(compare(&format!("a{long}"), &format!("a1{long}")), Ordering::Less, "any length");
        assert_eq!(compare("a000", "a0"), Ordering::Greater);
        assert_eq!(compare("1点", "1-1点"), Ordering::Greater, "by code point");
    }

    #[test]
    fn the_order_is_total() {
        let names = ["", "0", "00", "1", "01", "a", "a0", "a00", "a1", "1a", "01a", "é", "10", "9"];
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

    fn notes(numbers: &[u64]) -> Vec<String> {
        let names: Vec<String> = numbers.iter().map(|n| format!("shot2_{n:05}.png")).collect();
        numbering_notes(names.iter().map(String::as_str))
    }

    #[test]
    fn gaps_are_named() {
        assert!(notes(&[0, 1, 2, 3]).is_empty());
        let found = notes(&[9, 10, 11, 15, 16, 17, 18, 19, 21, 22]);
        assert!(found[0].starts_with("Numbers 12–14 and 20 are not there: 4 missing"), "{found:?}");
        let found = notes(&[0, 10, 20, 40, 50]);
        assert!(found[0].starts_with("Number 30 is not there (the names count in steps of 10)"), "{found:?}");
        let found = notes(&[3, 11, 29, 30, 97]);
        assert!(found[0].contains("not evenly spaced"), "{found:?}");
        assert!(notes(&[5]).is_empty());
        assert!(numbering_notes(["dark.png", "flat.png"]).is_empty());
    }

    #[test]
    fn doubled_numbers_are_named() {
        let found = numbering_notes(["a01.png", "a1.png", "a2.png"]);
        assert!(found[0].contains("more than once"), "{found:?}");
    }

    #[test]
    fn a_new_part_of_the_name_is_no_gap() {
        assert!(numbering_notes(["a1_8.png", "a1_9.png", "a2_0.png", "a2_1.png"]).is_empty());
    }
}
