//! How a text is laid out: what parts its cells, how many there are, and where the matrix begins.

use super::cell::Cell;
use super::header::Header;
use super::text::{Cells, Content, Delimiter, Line, Lines, hint, is_blank, quoted};

/// See the module's page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) delimiter: Delimiter,
    /// Cells of most lines, with those that are empty at their ends.
    pub(crate) columns: usize,
    /// First byte of the matrix, and the number of its line.
    pub(crate) at: usize,
    pub(crate) line: usize,
    pub(super) header: Header,
}

/// What a line is in one way of reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// So many cells, numbers or marks of missing values but for damage; so many of those looked at are finite.
    Row {
        cells: usize,
        finite: usize,
        looked_at: usize,
        is_clean: bool,
    },
    /// So many cells without a number: nothing, or lines that are drawn.
    Empty {
        cells: usize,
        is_drawn: bool,
    },
    Words,
}

/// Tells which words stand for numbers, such as dates.
type Also = fn(&[u8]) -> bool;

/// Cells of a line that are looked at to tell what it is.
const LOOKED_AT: usize = 64;

impl Kind {
    fn of(content: &[u8], delimiter: Delimiter, also: Also) -> Self {
        let mut cells = Cells::of(content, delimiter);
        let (mut count, mut numbers, mut finite, mut named, mut words, mut drawn) = (0, 0, 0, 0, 0, 0);
        let mut first_is_word = false;
        while count < LOOKED_AT
            && let Some((cell, text)) = cells.next_cell()
        {
            match cell {
                Cell::Number(value, _) => {
                    numbers += 1;
                    finite += usize::from(value.is_finite());
                }
                Cell::Inexact => numbers += 1,
                // A line of dashes is drawn, not measured.
                Cell::Missing if text[0].is_ascii_alphabetic() => named += 1,
                Cell::Missing => drawn += 1,
                Cell::Empty => {}
                Cell::Words if also(text) => {
                    numbers += 1;
                    finite += 1;
                }
                Cell::Words => {
                    words += 1;
                    first_is_word |= count == 0;
                }
            }
            count += 1;
        }
        let looked_at = count;
        while cells.text().is_some() {
            count += 1;
        }
        // A row of numbers with one that is damaged is still a row, whose cell is named.
        if words > 0 && (first_is_word || 2 * numbers <= looked_at) {
            Self::Words
        } else if numbers + named == 0 {
            Self::Empty { cells: count, is_drawn: drawn > 0 }
        } else {
            Self::Row { cells: count, finite, looked_at, is_clean: words == 0 }
        }
    }
}

/// The start of a text in one way of reading it.
struct Reading {
    layout: Layout,
    /// Lines of the matrix, those of them that have most lines' cells, and the numbers among the cells looked at.
    lines: usize,
    like: usize,
    clean: usize,
    finite: usize,
    looked_at: usize,
}

/// Whether a line that looks like a comment has a `#` as its first title.
fn is_number_sign(line: &[u8], delimiter: Delimiter) -> bool {
    let Some(rest) = line.trim_ascii_start().strip_prefix(b"#") else { return false };
    let next = rest.iter().find(|b| !delimiter.pads(**b));
    delimiter != Delimiter::Blanks && next.is_some_and(|b| delimiter.parts(*b))
}

impl Layout {
    /// A line's content. Tabs between no cells, another number than a row has, are blanks.
    pub(super) fn content<'a>(&self, line: &Line<'a>) -> Content<'a> {
        let content = self.delimiter.content(line.text);
        if self.delimiter == Delimiter::Tab
            && line.has_end
            && let Content::Cells(cells @ [b'\t', ..]) = content
            && cells.iter().all(|b| is_blank(*b))
            && memchr::memchr_iter(b'\t', cells).count() + 1 != self.columns
        {
            return Content::Blank;
        }
        content
    }

    /// Finds it from the start of a text.
    ///
    /// # Errors
    /// If there is no line of numbers.
    pub(crate) fn of(text: &[u8]) -> Result<Self, String> {
        Self::of_numbers(text, |_| false)
    }

    /// As [`of`](Self::of), where some words are numbers, too.
    pub(crate) fn of_numbers(text: &[u8], also: Also) -> Result<Self, String> {
        /// Bytes and lines that tell it; more where a header is longer.
        const BYTES: usize = 1 << 16;
        const LINES: usize = 24;
        let mut most = BYTES;
        loop {
            let mut lines = Lines::of(text);
            let end = lines.find(|line| line.number >= LINES && line.at >= most).map(|line| line.at);
            let sample = &text[..end.unwrap_or(text.len())];
            if let Some(reading) = best(sample, also) {
                return match two_commas(sample, &reading.layout) {
                    Some(why) => Err(why),
                    None => Ok(reading.layout),
                };
            }
            if end.is_none() {
                return Err(no_numbers(text));
            }
            most = most.saturating_mul(8);
        }
    }
}

/// Whether the start of a text looks like a matrix: at least two lines of equally many cells, two or more, which are most
/// of the lines, and half of whose cells are numbers.
pub(crate) fn looks_like_matrix(start: &[u8]) -> bool {
    best(start, |_| false).is_some_and(|reading| {
        reading.layout.columns >= 2
            && reading.like >= 2
            && 2 * reading.like > reading.lines
            && 2 * reading.finite >= reading.looked_at
    })
}

/// The way of reading that makes most lines rows of several cells.
fn best(sample: &[u8], also: Also) -> Option<Reading> {
    let mut best: Option<Reading> = None;
    // What looks damaged in one way of reading is whole in the right one.
    let weight = |reading: &Reading| {
        let Layout { columns, delimiter, .. } = reading.layout;
        // A single column is parted by nothing: tabs in it are blanks.
        let parts = columns > 1 || delimiter == Delimiter::Blanks;
        (reading.clean > 0, columns > 1, reading.clean, reading.like, parts)
    };
    for delimiter in Delimiter::ALL {
        if let Some(reading) = Reading::of(sample, delimiter, also)
            && best.as_ref().is_none_or(|best| weight(&reading) > weight(best))
        {
            best = Some(reading);
        }
    }
    best
}

impl Reading {
    fn of(sample: &[u8], delimiter: Delimiter, also: Also) -> Option<Self> {
        let lines: Vec<(Line<'_>, &[u8], Kind)> = Lines::of(sample)
            .filter_map(|line| match delimiter.content(line.text) {
                Content::Cells(content) => Some((line, content, Kind::of(content, delimiter, also))),
                Content::Comment if is_number_sign(line.text, delimiter) => {
                    Some((line, line.text.trim_ascii_start(), Kind::Words))
                }
                _ => None,
            })
            .collect();
        let counts = lines.iter().filter_map(|(.., kind)| match kind {
            Kind::Row { cells, .. } => Some(*cells),
            _ => None,
        });
        let columns = most_frequent(counts)?;
        let is_row = |kind: &Kind| matches!(kind, Kind::Row { cells, .. } if *cells == columns);
        let is_gap =
            |kind: &Kind| matches!(kind, Kind::Empty { cells, is_drawn: false } if *cells == columns);
        let is_like = |kind: &Kind| is_row(kind) || is_gap(kind);
        let first = lines.iter().position(|(.., kind)| is_row(kind))?;
        // Rows of other lengths before it are rows that are wrong, unless words follow them.
        let is_header = |kind: &Kind| matches!(kind, Kind::Words | Kind::Empty { .. }) && !is_gap(kind);
        let mut begin =
            lines[..first].iter().rposition(|(.., kind)| is_header(kind)).map_or(0, |last| last + 1);
        // Where a spreadsheet has padded the header, it has padded the blank lines behind it, too.
        if let Some((_, [.., a, b], _)) = begin.checked_sub(1).map(|last| &lines[last])
            && delimiter.parts(*a)
            && delimiter.parts(*b)
        {
            begin += lines[begin..first].iter().take_while(|(.., kind)| is_gap(kind)).count();
        }
        let (header, body) = lines.split_at(begin);
        let (line, ..) = body.first()?;
        let like = body.iter().filter(|(.., kind)| is_like(kind)).count();
        let (mut clean, mut finite, mut looked_at) = (0, 0, 0);
        for (.., kind) in body {
            if let Kind::Row { cells, finite: n, looked_at: of, is_clean } = kind
                && *cells == columns
            {
                clean += usize::from(*is_clean);
                finite += n;
                looked_at += of;
            }
        }
        let header: Vec<(&[u8], &[u8])> =
            header.iter().map(|(line, content, _)| (line.text, *content)).collect();
        let header = Header::of(&header, delimiter, columns);
        let layout = Layout { delimiter, columns, at: line.at, line: line.number, header };
        Some(Self { layout, lines: body.len(), like, clean, finite, looked_at })
    }
}

/// The most frequent of some counts; the largest of those that are equally frequent.
pub(crate) fn most_frequent(counts: impl Iterator<Item = usize>) -> Option<usize> {
    let mut sorted: Vec<usize> = counts.collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len()).map(|run| run[0])
}

/// Why commas tell nothing: they would stand between cells and for decimal points at once.
fn two_commas(sample: &[u8], layout: &Layout) -> Option<String> {
    if layout.delimiter != Delimiter::Comma {
        return None;
    }
    let mut lines = Lines::from(sample, layout.at, layout.line);
    let mut first = None;
    let all = lines.all(|line| {
        let Content::Cells(content) = Delimiter::Comma.content(line.text) else { return true };
        let mut commas = memchr::memchr_iter(b',', content)
            .filter(|&at| at + 1 < content.len())
            .map(|at| content[at + 1] == b' ');
        let alternates = commas.by_ref().enumerate().all(|(i, has_blank)| has_blank == (i % 2 == 1));
        let count = memchr::memchr_iter(b',', content).count();
        first.get_or_insert(line.number);
        alternates && count >= 3
    });
    let line = first.filter(|_| all)?;
    Some(format!(
        "line {line}: a comma with a blank behind it follows one without, again and again: cells with decimal commas \
         cannot be told from twice as many without; write points, or semicolons between cells"
    ))
}

fn no_numbers(text: &[u8]) -> String {
    let is_content = |line: &Line<'_>| matches!(Delimiter::Blanks.content(line.text), Content::Cells(_));
    match Lines::of(text).find(is_content) {
        None => "it holds no line of numbers: it has only comments and blank lines".to_owned(),
        Some(line) => format!(
            "it holds no line of numbers parted by tabs, semicolons, commas or blanks: line {} is {}{}",
            line.number,
            quoted(line.text),
            hint(text)
        ),
    }
}
