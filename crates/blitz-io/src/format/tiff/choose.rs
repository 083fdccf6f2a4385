//! Which pages are frames in time, and which one of several channels, slices or positions is shown.

use std::borrow::Cow;

use super::describe::Description;
use crate::format::npy::Axes;
use crate::reading::{OneOf, Reading, pick};
use crate::source::OpenOptions;

/// What an axis of pages is, in words.
fn axis_name(letter: char) -> String {
    match letter {
        'T' => "frames (T)".to_owned(),
        'Z' => "slices (Z)".to_owned(),
        'C' => "channels (C)".to_owned(),
        'R' => "positions (R)".to_owned(),
        'Q' | 'I' => format!("images ({letter})"),
        other => format!("the axis {}", other.escape_debug()),
    }
}

/// Which pages are frames: every `step`-th one from `first` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) frames: usize,
    pub(super) step: usize,
    pub(super) first: usize,
    /// The axis that they follow.
    pub(super) along: char,
    pub(super) reading: Reading,
}

impl Choice {
    /// All pages, in their order.
    pub(super) fn all(frames: usize, along: char) -> Self {
        Self { frames, step: 1, first: 0, along, reading: Reading::default() }
    }
}

impl Description {
    /// Which of `pages` pages are frames in time, and what to say of it. Never are others than those along time taken
    /// for time without a word. Where `options` name the axes, those are the meaning of the pages' axes.
    ///
    /// # Errors
    /// If the options do not fit the axes.
    pub(super) fn choose(
        &self,
        pages: usize,
        options: &OpenOptions,
    ) -> Result<(Choice, Option<String>), String> {
        let writer = self.writer;
        let total = self.axes.iter().try_fold(1_usize, |n, &(_, length)| n.checked_mul(length));
        let fits = total == Some(pages) && pages > 1 && !self.axes.is_empty();
        let named = match &options.axes {
            Some(axes) if pages > 1 => Some(page_letters(axes)?),
            _ => None,
        };
        if named.as_deref().is_some_and(|named| named == ['T'] || named.is_empty()) {
            let mut choice = Choice::all(pages, 'T');
            if fits {
                choice.reading =
                    Reading { axes: "THW".to_owned(), others: self.readings("THW"), ..Reading::default() };
            }
            return Ok((choice, None));
        }
        let mut axes = self.axes.clone();
        if let Some(named) = &named {
            if !fits || named.len() != axes.len() {
                let lengths: Vec<String> =
                    axes.iter().map(|&(letter, n)| format!("{n} {}", axis_name(letter))).collect();
                let found = if fits { lengths.join(" × ") } else { format!("{pages} pages without axes") };
                let letters: String = named.iter().collect();
                return Err(format!(
                    "axes {letters}HW do not fit the file: {found} found; THW reads all pages as frames"
                ));
            }
            axes.iter_mut().zip(named).for_each(|(axis, letter)| axis.0 = *letter);
        }
        let along = axes.first().map_or('T', |a| a.0);
        let parts: Vec<String> =
            axes.iter().map(|&(letter, n)| format!("{n} {}", axis_name(letter))).collect();
        let parts = parts.join(" × ");
        let plain = |note| Ok((Choice::all(pages, along), note));
        if pages < 2 || axes.is_empty() {
            return plain(None);
        }
        if !fits {
            return plain(Some(format!(
                "The {writer} description speaks of {parts}, the file has {pages} pages. All pages are read along time, in their order."
            )));
        }
        if let [(letter, _)] = axes[..] {
            let name = axis_name(letter);
            let mut plain = name.split(" (").next().unwrap_or(&name).to_owned();
            if let Some(first) = plain.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            let is_other = !matches!(letter, 'T' | 'Q' | 'I');
            let note = is_other.then(|| {
                format!("{plain} read as time: the {writer} description calls the {pages} pages {name}.")
            });
            let mut choice = Choice::all(pages, along);
            choice.reading.as_time = as_time(letter).map(Cow::Borrowed);
            return Ok((choice, note));
        }
        if axes.iter().all(|&(letter, _)| letter == 'Q') {
            let lengths: Vec<String> = axes.iter().map(|a| a.1.to_string()).collect();
            let note = format!(
                "The {writer} description says that the {pages} pages are an array of {} without naming its axes; they are read along time, in their order.",
                lengths.join(" × ")
            );
            let mut choice = Choice::all(pages, along);
            choice.reading.others = self.readings("THW");
            return Ok((choice, Some(note)));
        }
        // The likeliest time first; channels are the least likely one.
        let rank = |letter: char| match letter {
            'C' => 99,
            'S' => 98,
            _ => "TIQZRPAEL".find(letter).unwrap_or(50),
        };
        let time = (0..axes.len()).min_by_key(|&i| rank(axes[i].0)).unwrap_or(0);
        let stride = |i: usize| axes[i + 1..].iter().map(|a| a.1).product::<usize>();
        let (letter, frames) = axes[time];
        let mut choice =
            Choice { frames, step: stride(time), first: 0, along: letter, reading: Reading::default() };
        let mut others = Vec::new();
        for i in (0..axes.len()).filter(|&i| i != time) {
            let (letter, count) = axes[i];
            let (option, asked, names) = match letter {
                'C' => ("channel", options.channel.clone(), self.channels.clone()),
                'Z' => ("slice", options.slice.map(|n| n.to_string()), Vec::new()),
                _ => ("position", options.position.map(|n| n.to_string()), Vec::new()),
            };
            let index = pick(option, asked.as_deref(), count, &names)?;
            choice.first += index * stride(i);
            let shown = if index == 0 { "the first".to_owned() } else { format!("number {index}") };
            others.push(format!("{shown} of {count} {}", axis_name(letter)));
            let letter = if matches!(letter, 'C' | 'Z') { letter } else { 'P' };
            choice.reading.one_of.push(OneOf::new(letter, Some(index), count, names));
        }
        choice.reading.as_time = as_time(letter).map(Cow::Borrowed);
        let letters: String =
            axes.iter().enumerate().map(|(i, a)| if i == time { 'T' } else { a.0 }).collect();
        choice.reading.axes = format!("{letters}HW");
        choice.reading.others = self.readings(&choice.reading.axes);
        let verb = if others.len() == 1 { "is" } else { "are" };
        let along =
            if letter == 'T' { "time".to_owned() } else { format!("{}, read as time", axis_name(letter)) };
        let note = format!(
            "The {writer} description says that the {pages} pages are {parts}. Of these {} {verb} shown along {along}; the others are not part of this recording (--channel, --slice or --position shows another, --axes THW reads every page as a frame in time).",
            others.join(" and "),
        );
        Ok((choice, Some(note)))
    }

    /// Readings of the pages other than `now`: each axis as time, and all pages as frames.
    fn readings(&self, now: &str) -> Vec<String> {
        let of = |time: usize| {
            let mut spare = "ZPC"
                .chars()
                .filter(|spare| !self.axes.iter().enumerate().any(|(i, axis)| i != time && axis.0 == *spare));
            let letters = self.axes.iter().enumerate().map(|(i, axis)| match axis.0 {
                _ if i == time => Some('T'),
                letter @ ('C' | 'Z' | 'P') => Some(letter),
                _ => spare.next(),
            });
            letters.collect::<Option<String>>().map(|letters| format!("{letters}HW"))
        };
        let each = (0..self.axes.len()).filter(|_| self.axes.len() > 1).filter_map(of);
        let mut all: Vec<String> = each.chain(std::iter::once("THW".to_owned())).collect();
        all.retain(|reading| reading != now && Axes::parse(reading).is_ok());
        all.dedup();
        all
    }
}

/// What an axis is called where it is read as time, unless it is time.
fn as_time(letter: char) -> Option<&'static str> {
    match letter {
        'T' | 'Q' | 'I' => None,
        'Z' => Some("slices"),
        'C' => Some("channels"),
        'R' | 'P' => Some("positions"),
        _ => Some("another axis"),
    }
}

/// The letters of the axes of pages: those before rows and columns, with colour behind them or not.
fn page_letters(axes: &Axes) -> Result<Vec<char>, String> {
    let letters: Vec<char> = axes.axes().iter().map(|axis| axis.letter()).collect();
    let rows = letters.iter().position(|letter| *letter == 'H').unwrap_or(letters.len());
    match &letters[rows..] {
        ['H', 'W'] | ['H', 'W', 'C'] => Ok(letters[..rows].to_vec()),
        _ => Err(format!("axes {axes} do not fit the pages of a TIFF file, which are HW; THW or TCHW do")),
    }
}
