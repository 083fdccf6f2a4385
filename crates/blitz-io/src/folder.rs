//! What recordings a folder holds, by the names of its files, and of texts by their beginnings.

use std::collections::BTreeMap;
use std::path::Path;

use crate::by_bytes::pictures;
use crate::format::contract::Format;
use crate::format::{grid, of_suffix};
use crate::names::{self, Sequence};
use crate::scan::{self, FileEntry, compare};
use crate::source::Group;

/// Suffixes that are two spellings of one.
const SPELLINGS: [(&str, &str); 4] = [("tiff", "tif"), ("jpeg", "jpg"), ("mpeg", "mpg"), ("mts", "m2ts")];

/// Files that make one recording.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Suffix in its usual spelling.
    pub(crate) suffix: String,
    /// `None` where files of that suffix are not read.
    pub(crate) format: Option<&'static Format>,
    pub(crate) sequence: Sequence,
    /// Whether it is all there is of its suffix.
    is_alone: bool,
}

impl Candidate {
    /// What chooses it.
    fn name(&self) -> String {
        if self.is_alone { self.suffix.clone() } else { format!("{}.{}", self.sequence.name, self.suffix) }
    }

    fn group(&self, chosen: bool) -> Group {
        Group {
            name: self.name(),
            suffix: self.suffix.clone(),
            count: self.sequence.files.len(),
            loadable: self.format.is_some(),
            chosen,
            array: None,
        }
    }
}

/// All of them, the one to open first: readable before not, then larger, then by suffix and name. Texts with matrices come
/// behind everything else that is read, but before single pictures where they are more. `is_asked`: whether the person
/// names a group, which may be one of texts.
pub(crate) fn candidates(files: Vec<FileEntry>, is_asked: bool) -> Vec<Candidate> {
    candidates_or(files, is_asked, None)
}

/// The same, where files that nothing else tells are of the format `bare`.
pub(crate) fn candidates_or(
    files: Vec<FileEntry>,
    is_asked: bool,
    bare: Option<&'static Format>,
) -> Vec<Candidate> {
    let mut by_suffix: BTreeMap<String, Vec<FileEntry>> = BTreeMap::new();
    for file in files {
        let suffix = file.suffix();
        match by_suffix.get_mut(usual(&suffix)) {
            Some(files) => files.push(file),
            None => drop(by_suffix.insert(usual(&suffix).to_owned(), vec![file])),
        }
    }
    let (mut found, mut texts) = (Vec::new(), Vec::new());
    for (suffix, files) in by_suffix {
        let named = of_suffix(&suffix);
        let sure = named.filter(|format| !is_text(format)).or_else(|| pictures(&files));
        match sure.or(bare) {
            Some(format) => found.extend(of_one_suffix(&suffix, Some(format), series(files))),
            None if named.is_some() => texts.push((suffix, files)),
            None => found.extend(of_one_suffix(&suffix, None, vec![names::unsorted(files)])),
        }
    }
    let yields =
        |c: &Candidate| c.sequence.files.len() == 1 && c.format.is_some_and(|format| !format.holds_several);
    let is_first = found.iter().filter(|c| c.format.is_some()).all(yields);
    for (suffix, files) in texts {
        found.extend(matrices(&suffix, files, is_asked || is_first));
    }
    found.sort_by_key(|c| {
        let text = c.format.is_some_and(is_text);
        (c.format.is_none(), text && !is_first, std::cmp::Reverse(c.sequence.files.len()), text)
    });
    found
}

fn of_one_suffix(
    suffix: &str,
    format: Option<&'static Format>,
    sequences: Vec<Sequence>,
) -> impl Iterator<Item = Candidate> {
    let is_alone = sequences.len() == 1;
    let suffix = suffix.to_owned();
    sequences.into_iter().map(move |sequence| Candidate {
        suffix: suffix.clone(),
        format,
        sequence,
        is_alone,
    })
}

fn is_text(format: &Format) -> bool {
    format.name == grid::FORMAT.name
}

/// The files of the series that the file `of` belongs to, in the order of time. Opens none.
pub(crate) fn series_of(mut files: Vec<FileEntry>, of: &Path) -> Vec<FileEntry> {
    let suffix = scan::suffix(of);
    files.retain(|file| usual(&file.suffix()) == usual(&suffix));
    let ours = series(files).into_iter().find(|sequence| sequence.files.iter().any(|file| file.path == of));
    ours.map_or_else(Vec::new, |sequence| sequence.files)
}

/// The recordings among texts of one suffix: those that look like matrices. A text beside other recordings is a note or a
/// table, and looked into only where `is_first`: where it might be opened. Several may be the frames of a recording.
fn matrices(suffix: &str, files: Vec<FileEntry>, is_first: bool) -> Vec<Candidate> {
    const SEVERAL: usize = 3;
    /// Series that are looked into.
    const MOST: usize = 16;
    if !is_first && files.len() < SEVERAL && !grid::is_certain(suffix) {
        return of_one_suffix(suffix, None, vec![names::unsorted(files)]).collect();
    }
    let mut sequences = series(files);
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.files.len()));
    let mut looked_at = 0;
    let (read, other): (Vec<Sequence>, Vec<Sequence>) = sequences.into_iter().partition(|sequence| {
        let is_worth = is_first || sequence.files.len() >= SEVERAL;
        grid::is_certain(suffix)
            || (is_worth && looked_at < MOST && {
                looked_at += 1;
                grid::are_matrices(&sequence.files)
            })
    });
    let is_alone = read.len() + usize::from(!other.is_empty()) == 1;
    let rest = names::unsorted(other.into_iter().flat_map(|sequence| sequence.files).collect());
    let rest = Some(rest).filter(|rest| !rest.files.is_empty());
    let all =
        read.into_iter().map(|sequence| (Some(&grid::FORMAT), sequence)).chain(rest.map(|rest| (None, rest)));
    all.map(|(format, sequence)| Candidate { suffix: suffix.to_owned(), format, sequence, is_alone })
        .collect()
}

fn usual(suffix: &str) -> &str {
    SPELLINGS.iter().find(|(other, _)| *other == suffix).map_or(suffix, |(_, usual)| usual)
}

/// The series of files of one format. Names that have nothing in common (words, hashes) make no series: such files are
/// one recording, but for those without numbers beside those with.
fn series(files: Vec<FileEntry>) -> Vec<Sequence> {
    /// Two of so many names may be equal by chance.
    const MANY: usize = 8;
    let count = files.len();
    let found = names::split(files);
    let longest = found.iter().map(|s| s.files.len()).max().unwrap_or(0);
    // Short hashes: the more there are, the more are alike by chance.
    let by_chance = count >= MANY
        && (longest == 2 && found.len() * 4 >= count * 3
            || longest * 16 <= count && found.len() * 2 >= count);
    if found.len() < 2 || !(longest == 1 || by_chance) {
        return found;
    }
    let (numbered, plain): (Vec<Sequence>, Vec<Sequence>) = found.into_iter().partition(|s| s.is_numbered);
    [numbered, plain]
        .into_iter()
        .filter(|sequences| !sequences.is_empty())
        .map(|sequences| names::together(sequences.into_iter().flat_map(|s| s.files).collect()))
        .collect()
}

/// The one that a person means: by suffix, by the name of the series (with suffix or without, `#` or not), by the name
/// of one of its files, or by a part of the name that no other has.
///
/// # Errors
/// Those that it may mean; none where nothing fits.
pub(crate) fn choose<'a>(found: &'a [Candidate], wanted: &str) -> Result<usize, Vec<&'a Candidate>> {
    let wanted = wanted.trim().to_lowercase();
    let suffix = usual(wanted.trim_start_matches('.'));
    let full = |c: &Candidate| format!("{}.{}", c.sequence.name, c.suffix).to_lowercase();
    let stem = |c: &Candidate| c.sequence.name.to_lowercase();
    let named = |c: &Candidate| [full(c), stem(c)].contains(&wanted);
    let roughly = |c: &Candidate| [full(c).replace('#', ""), stem(c).replace('#', "")].contains(&wanted);
    let holds = |c: &Candidate| c.sequence.files.iter().any(|f| f.name.to_lowercase() == wanted);
    let place = |fits: &dyn Fn(&Candidate) -> bool| found.iter().position(fits);
    if let Some(i) = place(&|c| c.suffix == suffix).or_else(|| place(&named)) {
        return Ok(i);
    }
    if let Some(i) = place(&holds).or_else(|| place(&roughly)) {
        return Ok(i);
    }
    let among: Vec<usize> =
        (0..found.len()).filter(|&i| !wanted.is_empty() && full(&found[i]).contains(&wanted)).collect();
    match among.as_slice() {
        [one] => Ok(*one),
        several => Err(several.iter().map(|&i| &found[i]).collect()),
    }
}

/// As people are told of them.
pub(crate) fn groups(found: &[Candidate], chosen: usize) -> Vec<Group> {
    found.iter().enumerate().map(|(i, candidate)| candidate.group(i == chosen)).collect()
}

/// The files of a folder but for texts, of which only reading tells whether they are recordings.
fn certain_files(folder: &Path) -> std::io::Result<Vec<FileEntry>> {
    let mut files = scan::visible_files(folder)?;
    files.retain(|file| {
        let suffix = file.suffix();
        of_suffix(&suffix).is_none_or(|format| !is_text(format)) || grid::is_certain(&suffix)
    });
    Ok(files)
}

/// In words.
pub(crate) fn describe<'a>(found: impl IntoIterator<Item = &'a Candidate>) -> String {
    let texts: Vec<String> = found.into_iter().map(|candidate| candidate.group(false).text()).collect();
    names::join(&texts)
}

/// Folders below `folder` that hold recordings, each with the largest one in words.
pub(crate) fn recordings_below(folder: &Path) -> Vec<String> {
    /// Levels that are looked at, and folders in all: a whole disk is no answer.
    const DEPTH: usize = 3;
    const MOST: usize = 500;
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut waiting = vec![(folder.to_path_buf(), 0)];
    while let Some((at, depth)) = waiting.pop() {
        looked_at += 1;
        if depth > 0
            && let Ok(files) = certain_files(&at)
            && let Some(first) = candidates(files, false).first().filter(|c| c.format.is_some())
        {
            let name = at.strip_prefix(folder).unwrap_or(&at).display();
            found.push(format!("{name} ({})", first.group(false).text()));
        }
        if depth < DEPTH && looked_at + waiting.len() < MOST {
            let mut below = scan::visible_folders(&at).unwrap_or_default();
            below.sort_by(|a, b| compare(&b.to_string_lossy(), &a.to_string_lossy()));
            let room = MOST - looked_at - waiting.len();
            // The last are looked at first.
            below.drain(..below.len().saturating_sub(room));
            waiting.extend(below.into_iter().map(|path| (path, depth + 1)));
        }
    }
    found
}
