//! What the names of files say: which files make one series, in which order they follow each other, and which
//! numbers are missing.
//!
//! A name is text and numbers in turn. Files whose texts are equal (letter case aside) are one series. A number may
//! have a fraction (`0.05`), and the last one a sign, where the other names of the series make that plain. Numbers
//! that say what a file shows and not when (`_c1`, `cam2`) split a series.

use std::collections::{BTreeMap, HashMap};

use blitz_core::TimeUnit;

use crate::scan::{FileEntry, compare};

mod number;
mod numbering;

use number::{Number, Points, Raw};

pub(crate) use numbering::join;

/// Files that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    /// The name without suffix that its files share, `#` in the place of the number that counts.
    pub(crate) name: String,
    /// In the order of time.
    pub(crate) files: Vec<FileEntry>,
    /// Whether any name has a number.
    pub(crate) is_numbered: bool,
    /// File whose number is 0, where numbers run from below 0 through it.
    pub(crate) zero: Option<usize>,
    /// Unit of time that stands behind the number that counts in all names: `t_0.05s`.
    pub(crate) unit: Option<TimeUnit>,
    /// Full sentences: what is missing, what was assumed.
    pub(crate) notes: Vec<String>,
}

/// Splits the files of one format into series, each in the order of time; the series are in the order of their names.
pub(crate) fn split(files: Vec<FileEntry>) -> Vec<Sequence> {
    let mut sequences: Vec<Sequence> = forms(files).into_iter().flat_map(Form::split).collect();
    sequences.sort_by(|a, b| compare(&a.name, &b.name));
    sequences
}

/// Takes files as one series, whatever their names are.
pub(crate) fn together(mut files: Vec<FileEntry>) -> Sequence {
    let mut found = forms(files.clone());
    if found.len() == 1
        && let Some(form) = found.pop()
    {
        return form.sequence();
    }
    crate::scan::sort(&mut files);
    let is_numbered = files.iter().any(|f| f.stem().bytes().any(|b| b.is_ascii_digit()));
    let names = found.into_iter().flat_map(Form::split).map(|s| format!("{} ({})", s.name, s.files.len()));
    let names: Vec<String> = names.collect();
    let note = format!(
        "By their names the files are {} series; they are taken as one, in natural order: {}.",
        names.len(),
        join(&names)
    );
    let name = format!("{} and others", files.first().map_or("", |file| file.stem()));
    Sequence { name, files, is_numbered, zero: None, unit: None, notes: vec![note] }
}

/// Files that are not read: counted, not looked at.
pub(crate) fn unsorted(files: Vec<FileEntry>) -> Sequence {
    Sequence { name: String::new(), files, is_numbered: false, zero: None, unit: None, notes: Vec::new() }
}

/// A file with the numbers of its name.
struct Named {
    file: FileEntry,
    raw: Vec<Raw>,
    numbers: Vec<Number>,
}

impl Named {
    /// The text before number `i`, or behind the last one.
    fn text(&self, i: usize) -> &str {
        number::text(self.file.stem(), &self.raw, i)
    }
}

/// Files whose names differ in numbers only, and in the same ones.
struct Form {
    files: Vec<Named>,
    /// Whether a minus before the last number is its sign.
    signed: bool,
}

/// Stands for a number among texts, which have no digits.
const NUMBER: char = '0';

/// Groups files by the form of their names.
fn forms(files: Vec<FileEntry>) -> Vec<Form> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(String, Vec<Named>)> = Vec::new();
    // Most names are of the form of the one before.
    let (mut key, mut last) = (String::new(), None::<usize>);
    for file in files {
        let raw = number::parts(file.stem());
        write_texts(&mut key, file.stem(), &raw);
        let known = last.filter(|&last| found[last].0 == key).or_else(|| places.get(&key).copied());
        let place = known.unwrap_or_else(|| {
            places.insert(key.clone(), found.len());
            found.push((key.clone(), Vec::new()));
            found.len() - 1
        });
        last = Some(place);
        found[place].1.push(Named { file, raw, numbers: Vec::new() });
    }
    found.sort_by(|(a, _), (b, _)| a.split(NUMBER).cmp(b.split(NUMBER)));
    found.into_iter().flat_map(|(_, files)| by_fraction(files)).flat_map(by_sign).collect()
}

/// The texts of a name in lower case, without a minus that may be a sign.
fn write_texts(key: &mut String, stem: &str, raw: &[Raw]) {
    key.clear();
    for i in 0..=raw.len() {
        let text = number::text(stem, raw, i);
        let is_before_sign = raw.get(i).is_some_and(|number| number.minus);
        let text = if is_before_sign { number::before_minus(text) } else { text };
        if text.is_ascii() {
            key.extend(text.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            key.push_str(&text.to_lowercase());
        }
        if i < raw.len() {
            key.push(NUMBER);
        }
    }
}

/// Names with fractions and without are of one form where the numbers are decimal ones; other points separate numbers.
fn by_fraction(files: Vec<Named>) -> Vec<Vec<Named>> {
    let count = files[0].raw.len();
    let points: Vec<Points> =
        (0..count).map(|i| number::points(files.iter().map(|f| (f.file.stem(), f.raw[i])))).collect();
    let mut forms: BTreeMap<Vec<bool>, Vec<Named>> = BTreeMap::new();
    let mut key = Vec::new();
    for mut file in files {
        let has_point = |(raw, points): (&Raw, &Points)| raw.has_fraction() && *points != Points::Mixed;
        key.clear();
        key.extend(file.raw.iter().zip(&points).map(has_point));
        // A sign goes with a number that is one.
        let last_splits = points.last() == Some(&Points::Separate);
        key.push(last_splits && file.raw.last().is_some_and(|raw| raw.minus && raw.has_fraction()));
        for i in (0..count).rev().filter(|&i| points[i] == Points::Separate) {
            if let Some((first, second)) = file.raw[i].separated() {
                file.raw[i] = first;
                file.raw.insert(i + 1, second);
            }
        }
        file.numbers = file.raw.iter().map(|raw| raw.value(file.file.stem())).collect();
        match forms.get_mut(&key) {
            Some(form) => form.push(file),
            None => drop(forms.insert(key.clone(), vec![file])),
        }
    }
    forms.into_values().collect()
}

/// A minus is a sign where names without it go on from zero; otherwise it is a hyphen.
fn by_sign(files: Vec<Named>) -> Vec<Form> {
    let (minus, plus): (Vec<Named>, Vec<Named>) =
        files.into_iter().partition(|f| f.raw.last().is_some_and(|number| number.minus));
    if minus.is_empty() || plus.is_empty() {
        return [minus, plus]
            .into_iter()
            .filter(|files| !files.is_empty())
            .map(|files| Form { files, signed: false })
            .collect();
    }
    let last =
        |files: &[Named]| -> Vec<Number> { files.iter().filter_map(|f| f.numbers.last()).cloned().collect() };
    let at = minus[0].raw.len() - 1;
    // Two separators in a row (`_-5`) leave no doubt.
    let is_plain =
        !number::before_minus(minus[0].text(at)).chars().next_back().is_some_and(char::is_alphanumeric);
    if is_plain || number::runs_through_zero(&last(&minus), &last(&plus)) {
        let mut files = plus;
        files.extend(minus.into_iter().map(|mut file| {
            if let Some(number) = file.numbers.last_mut() {
                number.negate();
            }
            file
        }));
        return vec![Form { files, signed: true }];
    }
    vec![Form { files: minus, signed: false }, Form { files: plus, signed: false }]
}

impl Form {
    /// Splits by numbers that say what a file shows.
    fn split(self) -> Vec<Sequence> {
        let kinds = self.kinds();
        if kinds.is_empty() {
            return vec![self.sequence()];
        }
        let signed = self.signed;
        let mut parts: BTreeMap<Vec<Number>, Vec<Named>> = BTreeMap::new();
        for file in self.files {
            let key = kinds.iter().map(|&i| file.numbers[i].clone()).collect();
            parts.entry(key).or_default().push(file);
        }
        parts.into_values().map(|files| Self { files, signed }.sequence()).collect()
    }

    /// The numbers that are not the same in all names.
    fn varying(&self) -> Vec<usize> {
        let first = &self.files[0].numbers;
        (0..first.len()).filter(|&i| self.files.iter().any(|f| f.numbers[i] != first[i])).collect()
    }

    /// The values that a number takes, ascending.
    fn values(&self, number: usize) -> Vec<&Number> {
        let mut values: Vec<&Number> = self.files.iter().map(|f| &f.numbers[number]).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The letters before each number.
    fn labels(&self) -> Vec<String> {
        let file = &self.files[0];
        (0..file.numbers.len()).map(|i| number::label(file.text(i))).collect()
    }

    /// Numbers that vary beside the one that counts, and tell series apart that were recorded at the same time.
    fn kinds(&self) -> Vec<usize> {
        let varying = self.varying();
        if varying.len() < 2 {
            return Vec::new();
        }
        let labels = self.labels();
        let values: Vec<Vec<&Number>> = (0..labels.len()).map(|i| self.values(i)).collect();
        let named = |i: usize| KINDS.contains(&labels[i].as_str());
        let most = |among: &mut dyn Iterator<Item = usize>| among.max_by_key(|&i| (values[i].len(), i));
        let counter = most(&mut varying.iter().copied().filter(|&i| !named(i)))
            .or_else(|| most(&mut varying.iter().copied()));
        let Some(counter) = counter else { return Vec::new() };
        let is_kind = |i: usize| {
            let (few, many) = (values[i].len(), values[counter].len());
            // One file of each kind for each number, all but some that are lost.
            let is_crossed = self.files.len() * 4 >= few * many * 3;
            let alternates = i > counter && many >= 4 * few && is_crossed;
            named(i)
                || alternates
                    && if labels[i].is_empty() {
                        few <= 4 && number::is_short_count(&values[i])
                    } else {
                        few <= 8 && !TIMES.contains(&labels[i].as_str())
                    }
        };
        varying.into_iter().filter(|&i| i != counter && is_kind(i)).collect()
    }

    /// The files in order, with what is to be said of them.
    fn sequence(mut self) -> Sequence {
        self.files.sort_unstable_by(|a, b| {
            a.numbers
                .cmp(&b.numbers)
                .then_with(|| compare(&a.file.name, &b.file.name))
                .then_with(|| a.file.path.cmp(&b.file.path))
        });
        let varying = self.varying();
        let name = self.name(&varying);
        let mut notes = Vec::new();
        if let [_, .., _] = varying.as_slice() {
            let (labels, last) = (self.labels(), varying.len() - 1);
            let words: Vec<String> = varying.iter().enumerate().map(|(k, &i)| word(k, &labels[i])).collect();
            notes.push(format!(
                "The names count in {} numbers; the files are in the order of {}, then of {}.",
                varying.len(),
                words[..last].join(", then of "),
                words[last]
            ));
        }
        if let Some(&counter) = varying.last() {
            let rows: Vec<&[Number]> = self.files.iter().map(|f| f.numbers.as_slice()).collect();
            notes.extend(numbering::notes(&rows, counter));
        }
        notes.extend(self.doubled());
        let zero = if self.signed {
            self.files.iter().position(|f| f.numbers.last().is_some_and(Number::is_zero))
        } else {
            None
        };
        if self.signed && zero.is_none() {
            notes.push(
                "The file numbers run from below 0; number 0 is not there, so no file is t = 0.".to_owned(),
            );
        }
        let is_numbered = !self.files[0].raw.is_empty();
        let counter = if let [counter] = varying[..] { Some(counter) } else { None };
        let unit = counter.and_then(|i| self.unit(i));
        let files = self.files.into_iter().map(|named| {
            let number = counter.map(|i| named.numbers[i].text());
            FileEntry { number, ..named.file }
        });
        Sequence { name, files: files.collect(), is_numbered, zero, unit, notes }
    }

    /// The unit of time behind a number, where all names have the same.
    fn unit(&self, number: usize) -> Option<TimeUnit> {
        let mut units = self.files.iter().map(|f| unit_of(f.text(number + 1)));
        let first = units.next()??;
        units.all(|unit| unit == Some(first)).then_some(first)
    }

    fn name(&self, varying: &[usize]) -> String {
        let file = &self.files[0];
        let mut name = String::new();
        for (i, raw) in file.raw.iter().enumerate() {
            let text = file.text(i);
            name.push_str(if self.signed && raw.minus { number::before_minus(text) } else { text });
            if varying.contains(&i) {
                name.push('#');
            } else {
                name.push_str(raw.text(file.file.stem()));
            }
        }
        name.push_str(file.text(file.raw.len()));
        name
    }

    /// Files whose numbers are the same.
    fn doubled(&self) -> Option<String> {
        let twice: Vec<String> = self
            .files
            .windows(2)
            .filter(|pair| pair[0].numbers == pair[1].numbers && !pair[0].numbers.is_empty())
            .map(|pair| format!("{} beside {}", pair[1].file.name, pair[0].file.name))
            .collect();
        (!twice.is_empty()).then(|| {
            format!("Some file numbers occur more than once, and each file is a frame: {}.", join(&twice))
        })
    }
}

/// The unit of time that a text begins with: `s`, `ms_dark`. Single letters but `s` and `h` are no units here.
fn unit_of(text: &str) -> Option<TimeUnit> {
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    TimeUnit::of_word(&text[..end]).filter(|unit| *unit != TimeUnit::Day)
}

/// How a number is called in a note.
fn word(place: usize, label: &str) -> String {
    const PLACES: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
    match (label, PLACES.get(place)) {
        ("", Some(place)) => format!("the {place}"),
        ("", None) => format!("number {}", place + 1),
        (label, _) => format!("`{label}`"),
    }
}

/// Letters before a number that says what a file shows: channel, camera, wavelength, position, slice.
const KINDS: &[&str] = &[
    "c",
    "ch",
    "chan",
    "channel",
    "cam",
    "camera",
    "w",
    "wave",
    "wavelength",
    "lambda",
    "filter",
    "band",
    "color",
    "colour",
    "z",
    "slice",
    "plane",
    "layer",
    "p",
    "pos",
    "position",
    "xy",
    "site",
    "well",
    "view",
    "v",
    "angle",
    "pol",
    "det",
    "detector",
    "sensor",
    "side",
    "roi",
    "tile",
    "lens",
    "eye",
];

/// Letters before (or after the number before) a number that counts time.
const TIMES: &[&str] = &[
    "t", "time", "f", "fr", "frame", "frames", "img", "image", "im", "part", "file", "chunk", "segment",
    "block", "page", "no", "nr", "n", "i", "d", "day", "h", "hour", "hr", "m", "min", "s", "sec", "ms", "us",
    "ns",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(names: &[&str]) -> Vec<FileEntry> {
        names.iter().map(|name| FileEntry::new((*name).into())).collect()
    }

    /// Names of the series with their files.
    fn found(names: &[&str]) -> Vec<(String, Vec<String>)> {
        let names_of = |s: &Sequence| s.files.iter().map(|f| f.stem().to_owned()).collect();
        split(entries(names)).iter().map(|s| (s.name.clone(), names_of(s))).collect()
    }

    fn only(names: &[&str]) -> Sequence {
        let mut found = split(entries(names));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    fn order(names: &[&str]) -> Vec<String> {
        only(names).files.iter().map(|f| f.stem().to_owned()).collect()
    }

    #[test]
    fn names_without_their_numbers_make_series() {
        let found =
            found(&["img_2.png", "dark_1.png", "average.png", "IMG_10.PNG", "img_1.png", "dark_2.png"]);
        assert_eq!(found[0].0, "average");
        assert_eq!(found[1], ("dark_#".to_owned(), vec!["dark_1".to_owned(), "dark_2".to_owned()]));
        assert_eq!(found[2].1, ["img_1", "img_2", "IMG_10"]);
    }

    #[test]
    fn a_number_that_stays_belongs_to_the_name() {
        let found = found(&["run2_frame0001.png", "run2_frame0002.png", "run2_frame0010.png"]);
        assert_eq!(found[0].0, "run2_frame#");
        assert!(only(&["a1_1.tif", "a1_2.tif"]).notes.is_empty());
    }

    #[test]
    fn two_numbers_that_count_are_nested_and_said() {
        let names = ["run2_f1.png", "run1_f2.png", "run10_f1.png", "run1_f1.png", "run2_f2.png"];
        assert_eq!(order(&names), ["run1_f1", "run1_f2", "run2_f1", "run2_f2", "run10_f1"]);
        let notes = only(&names).notes;
        assert!(notes[0].contains("order of `run`, then of `f`"), "{notes:?}");
        let clock = order(&["12-59-30.png", "13-00-00.png", "12-59-00.png", "13-00-30.png"]);
        assert_eq!(clock, ["12-59-00", "12-59-30", "13-00-00", "13-00-30"]);
    }

    #[test]
    fn what_alternates_is_split() {
        let names = |a: &str, b: &str| -> Vec<String> {
            (0..8).flat_map(|n| [format!("{a}{n:03}{b}0.tif"), format!("{a}{n:03}{b}1.tif")]).collect()
        };
        for (a, b) in
            [("img_", "_c"), ("img", "_ch0"), ("t", "_w"), ("x", "_mirror"), ("x", "_"), ("x", "Cam")]
        {
            let names = names(a, b);
            let found = found(&names.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.len(), 2, "{names:?}");
            assert_eq!(found[1].1.len(), 8);
            assert!(found[0].0.contains('#') && found[0].0.ends_with('0'), "{found:?}");
        }
        let cameras = found(&["cam1_0.png", "cam2_0.png", "cam1_1.png", "cam2_1.png"]);
        assert_eq!((cameras[0].0.as_str(), cameras.len()), ("cam1_#", 2));
        let letters = found(&["camA_0.png", "camB_0.png", "camA_1.png", "camB_1.png"]);
        assert_eq!(letters.len(), 2);
        let both = found(&["t0_c0.tif", "t0_c1.tif", "t1_c0.tif", "t1_c1.tif", "t2_c0.tif"]);
        assert_eq!(both.len(), 2, "a file that is lost joins nothing");
    }

    #[test]
    fn decimals_compare_as_numbers() {
        let names = ["t_0.1s.png", "t_0.05s.png", "t_1s.png", "t_0s.png", "t_10.5s.png", "t_2.25s.png"];
        assert_eq!(order(&names), ["t_0s", "t_0.05s", "t_0.1s", "t_1s", "t_2.25s", "t_10.5s"]);
        assert_eq!(order(&["t_0,1.png", "t_0,05.png"]), ["t_0,05", "t_0,1"]);
        assert_eq!(order(&["a1.9.png", "a1.10.png", "a1.8.png"]), ["a1.8", "a1.9", "a1.10"], "two numbers");
        assert_eq!(order(&["5.11.2026.png", "28.10.2026.png"]), ["5.11.2026", "28.10.2026"], "no fraction");
        let found = found(&["run1.png", "run1.0001.png", "run1.0002.png", "run1.0003.png"]);
        assert_eq!(found.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(), ["run1", "run1.#"]);
        let gap = only(&["t0.1.png", "t0.2.png", "t0.3.png", "t0.5.png", "t0.6.png"]).notes;
        assert!(
            gap[0].starts_with("File number 0.4 is not there (the names count in steps of 0.1)"),
            "{gap:?}"
        );
    }

    #[test]
    fn a_minus_is_a_sign_where_numbers_run_through_zero() {
        let names = ["s_-1.tif", "s_0.tif", "s_2.tif", "s_-10.tif", "s_1.tif", "s_-2.tif"];
        assert_eq!(order(&names), ["s_-10", "s_-2", "s_-1", "s_0", "s_1", "s_2"]);
        let sequence = only(&names);
        assert_eq!((sequence.zero, sequence.name.as_str()), (Some(3), "s_#"));
        assert!(
            sequence.notes.iter().any(|n| n.starts_with("File numbers -9–-3 are not there")),
            "{sequence:?}"
        );
        assert_eq!(order(&["-1.tif", "1.tif", "-2.tif", "2.tif"]), ["-2", "-1", "1", "2"]);
        assert_eq!(order(&["t-0.5.tif", "t0.tif", "t0.5.tif"]), ["t-0.5", "t0", "t0.5"]);
        assert_eq!(order(&["t-3.tif", "t-1.tif", "t1.tif", "t3.tif"]), ["t-3", "t-1", "t1", "t3"]);
        assert_eq!(order(&["s_-00.tif", "s_01.tif", "s_-01.tif"]), ["s_-01", "s_-00", "s_01"]);
    }

    #[test]
    fn files_keep_their_numbers() {
        let numbers = |names: &[&str]| -> Vec<Option<String>> {
            only(names).files.into_iter().map(|f| f.number).collect()
        };
        let some = |texts: &[&str]| texts.iter().map(|t| Some((*t).to_owned())).collect::<Vec<_>>();
        assert_eq!(numbers(&["f00000.tif", "f00005.tif", "f00012.tif"]), some(&["0", "5", "12"]));
        assert_eq!(numbers(&["s_-1.tif", "s_0.tif", "s_1.tif"]), some(&["-1", "0", "1"]));
        assert_eq!(numbers(&["t_0.05s.png", "t_0.10s.png"]), some(&["0.05", "0.1"]));
        assert_eq!(
            numbers(&["r1_f1.png", "r1_f2.png", "r2_f1.png"]),
            [None, None, None],
            "two numbers count"
        );
        assert_eq!(numbers(&["lone7.png"]), [None]);
        let unit = |names: &[&str]| only(names).unit.map(TimeUnit::symbol);
        assert_eq!(unit(&["t_0.05s.png", "t_0.1s.png"]), Some("s"));
        assert_eq!(unit(&["5ms_a.png", "10ms_a.png"]), Some("ms"));
        assert_eq!(unit(&["5 min.png", "10 min.png"]), None, "not right behind it");
        assert_eq!([unit(&["a1m.png", "a2m.png"]), unit(&["a1.png", "a2.png"])], [None, None]);
    }

    #[test]
    fn a_hyphen_is_no_sign() {
        assert_eq!(order(&["a-1.tif", "a-3.tif", "a-2.tif"]), ["a-1", "a-2", "a-3"], "no number without it");
        assert_eq!(order(&["2024-01-02.tif", "2024-01-01.tif"]), ["2024-01-01", "2024-01-02"]);
        let found = found(&["a-1.tif", "a-2.tif", "a101.tif", "a102.tif"]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn gaps_and_doubled_numbers_are_named() {
        let notes = |numbers: &[u64]| {
            let names: Vec<String> = numbers.iter().map(|n| format!("shot2_{n:05}.png")).collect();
            only(&names.iter().map(String::as_str).collect::<Vec<_>>()).notes
        };
        assert!(notes(&[0, 1, 2, 3]).is_empty());
        let found = notes(&[9, 10, 11, 15, 16, 17, 18, 19, 21, 22]);
        assert!(found[0].starts_with("File numbers 12–14 and 20 are not there: 4 missing"), "{found:?}");
        let found = notes(&[0, 10, 20, 40, 50]);
        assert!(
            found[0].starts_with("File number 30 is not there (the names count in steps of 10)"),
            "{found:?}"
        );
        let found = notes(&[3, 11, 29, 30, 97]);
        assert!(found[0].contains("not evenly spaced"), "{found:?}");
        assert!(notes(&[5]).is_empty());
        let nested = only(&["a1_8.png", "a1_9.png", "a2_0.png", "a2_1.png"]).notes;
        assert!(
            !nested.iter().any(|n| n.contains("not there")),
            "a new part of the name is no gap: {nested:?}"
        );
        let doubled = only(&["a01.png", "a1.png", "a2.png"]).notes;
        assert!(doubled[0].contains("more than once") && doubled[0].contains("a1.png"), "{doubled:?}");
        let spelled = only(&["a1.tif", "a1.tiff", "a2.tif"]).notes;
        assert!(spelled[0].contains("a1.tiff beside a1.tif"), "{spelled:?}");
    }

    #[test]
    fn any_name_is_sorted() {
        let names = [
            "",
            "-",
            "-1",
            "1",
            "1.",
            ".1.2",
            "1.2.3.4",
            "--1",
            "é1",
            "É2",
            "9999999999999999999999999999999999999999999",
            "1,2",
            "1.2",
            "\u{2212}5",
        ];
        let count: usize = split(entries(&names)).iter().map(|s| s.files.len()).sum();
        assert_eq!(count, names.len());
        assert_eq!(together(entries(&names)).files.len(), names.len());
    }
}
