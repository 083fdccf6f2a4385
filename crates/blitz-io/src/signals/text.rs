//! Signals in text: columns of numbers under titles.

use super::counted;
use super::raw::{Exact, MOST_COLUMNS, RawColumn, RawTable, Title};
use crate::format::grid::cell::{Cell, Marks};
use crate::format::grid::layout::Layout;
use crate::format::grid::text::{Cells, Content, Delimiter, Lines, decoded};
use crate::format::grid::thousands;
use blitz_core::TimeUnit;

/// Reads a text.
pub(super) fn read(text: &[u8]) -> Result<RawTable, String> {
    let layout = Layout::of_numbers(text, |word| time(word).is_some())?;
    if layout.columns > MOST_COLUMNS {
        return Err(format!(
            "line {}: {} columns found, {MOST_COLUMNS} at most expected",
            layout.line, layout.columns
        ));
    }
    let titles = titles(text, &layout);
    let columns = (0..layout.columns).map(|i| RawColumn::new(titles.get(i).cloned().unwrap_or_default()));
    let mut table = RawTable { columns: columns.collect(), ..RawTable::default() };
    let mut marks = Marks::default();
    let (mut short, mut long) = (Odd::default(), Odd::default());
    for line in Lines::from(text, layout.at, layout.line) {
        let Content::Cells(content) = layout.delimiter.content(line.text) else { continue };
        let mut cells = Cells::of(content, layout.delimiter);
        let (mut found, mut written) = (0, 0);
        while let Some((cell, what)) = cells.next_cell() {
            let Some(column) = table.columns.get_mut(found) else {
                // Empty cells at the end are the trace of a delimiter.
                if cell != Cell::Empty {
                    long.note(line.number);
                }
                break;
            };
            found += 1;
            match cell {
                Cell::Number(number, how) => {
                    written |= how;
                    column.push(number);
                }
                Cell::Missing | Cell::Empty => column.push(f64::NAN),
                Cell::Inexact => match integer(what) {
                    Some(integer) => column.push_exact(Exact::Integer(integer)),
                    None => column.push_words(&decoded(what)),
                },
                Cell::Words => match time(what) {
                    Some(time) => column.push_exact(time),
                    None => column.push_words(&decoded(what)),
                },
            }
        }
        marks.note(line.number, written)?;
        if found < layout.columns {
            short.note(line.number);
        }
        table.lines.push(line.number);
        table.end_row().map_err(|why| format!("line {}: {why}", line.number))?;
    }
    let doubt = |line| thousands::doubt(text, &layout, line, marks.written, false);
    if let Some(why) = marks.comma.and_then(doubt) {
        return Err(why);
    }
    table.notes.extend(short.text("has", "have", "fewer cells than most; what is not there is missing"));
    table.notes.extend(long.text("has", "have", "more cells than most; those are passed over"));
    Ok(table)
}

fn time(word: &[u8]) -> Option<Exact> {
    Exact::time(std::str::from_utf8(word).ok()?)
}

fn integer(word: &[u8]) -> Option<i128> {
    std::str::from_utf8(word).ok()?.trim_start_matches('+').parse().ok()
}

/// Lines that are not like the others.
#[derive(Default)]
struct Odd {
    count: usize,
    first: usize,
}

impl Odd {
    fn note(&mut self, line: usize) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }

    fn text(&self, has: &str, have: &str, what: &str) -> Option<String> {
        let verb = if self.count == 1 { has } else { have };
        (self.count > 0).then(|| {
            format!(
                "{} {verb} {what}, the first in line {}.",
                counted(self.count, "line", "lines"),
                self.first
            )
        })
    }
}

/// The titles above the numbers: the last line there that has one for each column, with the units of a line below it.
fn titles(text: &[u8], layout: &Layout) -> Vec<Title> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for line in Lines::of(text).take_while(|line| line.at < layout.at) {
        let content = match layout.delimiter.content(line.text) {
            Content::Cells(content) => content,
            Content::Comment => uncommented(line.text),
            Content::Blank => continue,
        };
        let cells = words(content, layout.delimiter, layout.columns);
        if let Some(cells) = cells {
            // Of a long text before the numbers the last two lines matter.
            if found.len() == 2 {
                found.remove(0);
            }
            found.push(cells);
        }
    }
    let Some(last) = found.pop() else { return Vec::new() };
    match found.pop().filter(|_| are_units(&last)) {
        None => last.iter().map(|cell| Title::of(cell)).collect(),
        Some(names) => {
            let joined = names.iter().zip(&last).map(|(name, unit)| {
                let unit = unit.trim_matches(['(', ')', '[', ']', ' ']);
                let title = Title::of(name);
                Title { unit: if unit.is_empty() { title.unit } else { Some(unit.to_owned()) }, ..title }
            });
            joined.collect()
        }
    }
}

/// A line behind the marks of a comment.
fn uncommented(line: &[u8]) -> &[u8] {
    let begin = line.iter().position(|b| !matches!(b, b'#' | b'%' | b'/' | b';' | b' ' | b'\t'));
    &line[begin.unwrap_or(line.len())..]
}

/// The cells of a line, if there is one for each column and none is a number or a date.
fn words(content: &[u8], delimiter: Delimiter, columns: usize) -> Option<Vec<String>> {
    /// Words of a line of titles in which blanks part cells and units.
    const MOST: usize = 3;
    let mut cells = Cells::of(content, delimiter);
    let mut found: Vec<String> = Vec::new();
    while let Some((cell, text)) = cells.next_cell() {
        // A title may be the mark of a missing value.
        let is_number = matches!(cell, Cell::Number(..) | Cell::Inexact);
        if is_number || time(text).is_some() || found.len() > MOST * columns {
            return None;
        }
        let word = decoded(text);
        match found.last_mut().filter(|_| delimiter == Delimiter::Blanks && word.starts_with(['(', '['])) {
            Some(last) => *last = format!("{last} {word}"),
            None => found.push(word),
        }
    }
    (found.len() == columns && found.iter().any(|word| !word.is_empty())).then_some(found)
}

/// Whether a line below the titles has the units.
fn are_units(cells: &[String]) -> bool {
    let is_bracketed = |cell: &&String| {
        [('(', ')'), ('[', ']')].iter().any(|&(open, close)| cell.starts_with(open) && cell.ends_with(close))
    };
    let mut filled = cells.iter().filter(|cell| !cell.is_empty());
    filled.clone().all(|cell| is_bracketed(&cell))
        || filled.next().is_some_and(|cell| TimeUnit::of_word(cell).is_some())
}
