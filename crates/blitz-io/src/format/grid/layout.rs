//! How a text is laid out: what parts its cells, how many there are, and where the matrix begins.

use super::cell::Cell;
use super::text::{Cells, Content, Delimiter, Line, Lines, hint, quoted};

/// See the module's page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) delimiter: Delimiter,
    /// Cells of most lines, with those that are empty at their ends.
    pub(super) columns: usize,
    /// First byte of the matrix, and the number of its line.
    pub(super) at: usize,
    pub(super) line: usize,
    pub(super) header: Header,
}

/// What stands before the matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Header {
    /// Lines that are neither blank nor comments.
    pub(super) lines: usize,
    /// The first of them, as a message quotes it.
    pub(super) first: String,
    /// What the last of them names.
    pub(super) titles: Titles,
    pub(super) esri: Esri,
}

/// What a line of titles says of the first column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Titles {
    #[default]
    None,
    /// A title over each column, or over each but the first.
    Words,
    /// Rising numbers over each column but the first, over which words or nothing stands.
    Axis,
}

/// The header of an ESRI ASCII grid, as far as it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Esri {
    pub(super) columns: Option<f64>,
    pub(super) rows: Option<f64>,
    pub(super) missing: Option<f64>,
    /// Cell size and corner, as they are written.
    pub(super) place: Vec<String>,
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
    /// So many cells without a number.
    Empty {
        cells: usize,
    },
    Words,
}

/// Cells of a line that are looked at to tell what it is.
const LOOKED_AT: usize = 64;

impl Kind {
    fn of(content: &[u8], delimiter: Delimiter) -> Self {
        let mut cells = Cells::of(content, delimiter);
        let (mut count, mut numbers, mut finite, mut named, mut words) = (0, 0, 0, 0, 0);
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
                Cell::Missing => named += usize::from(text[0].is_ascii_alphabetic()),
                Cell::Empty => {}
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
            Self::Empty { cells: count }
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

impl Layout {
    /// Finds it from the start of a text.
    ///
    /// # Errors
    /// If there is no line of numbers.
    pub(super) fn of(text: &[u8]) -> Result<Self, String> {
        /// Bytes and lines that tell it; more where a header is longer.
        const BYTES: usize = 1 << 16;
        const LINES: usize = 24;
        let mut most = BYTES;
        loop {
            let mut lines = Lines::of(text);
            let end = lines.find(|line| line.number >= LINES && line.at >= most).map(|line| line.at);
            let sample = &text[..end.unwrap_or(text.len())];
            if let Some(reading) = best(sample) {
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
pub(super) fn looks_like_matrix(start: &[u8]) -> bool {
    best(start).is_some_and(|reading| {
        reading.layout.columns >= 2
            && reading.like >= 2
            && 2 * reading.like > reading.lines
            && 2 * reading.finite >= reading.looked_at
    })
}

/// The way of reading that makes most lines rows of several cells.
fn best(sample: &[u8]) -> Option<Reading> {
    let mut best: Option<Reading> = None;
    // What looks damaged in one way of reading is whole in the right one.
    let weight =
        |reading: &Reading| (reading.clean > 0, reading.layout.columns > 1, reading.clean, reading.like);
    for delimiter in Delimiter::ALL {
        if let Some(reading) = Reading::of(sample, delimiter)
            && best.as_ref().is_none_or(|best| weight(&reading) > weight(best))
        {
            best = Some(reading);
        }
    }
    best
}

impl Reading {
    fn of(sample: &[u8], delimiter: Delimiter) -> Option<Self> {
        let lines: Vec<(Line<'_>, &[u8], Kind)> = Lines::of(sample)
            .filter_map(|line| match delimiter.content(line.text) {
                Content::Cells(content) => Some((line, content, Kind::of(content, delimiter))),
                _ => None,
            })
            .collect();
        let counts = lines.iter().filter_map(|(.., kind)| match kind {
            Kind::Row { cells, .. } => Some(*cells),
            _ => None,
        });
        let columns = most_frequent(counts)?;
        let is_like = |kind: &Kind| matches!(kind, Kind::Row { cells, .. } if *cells == columns);
        let first = lines.iter().position(|(.., kind)| is_like(kind))?;
        // Rows of other lengths before it are rows that are wrong, unless words follow them.
        let is_header = |kind: &Kind| matches!(kind, Kind::Words | Kind::Empty { .. });
        let begin = lines[..first].iter().rposition(|(.., kind)| is_header(kind)).map_or(0, |last| last + 1);
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
        let header: Vec<&[u8]> = header.iter().map(|(_, content, _)| *content).collect();
        let header = Header::of(&header, delimiter, columns);
        let layout = Layout { delimiter, columns, at: line.at, line: line.number, header };
        Some(Self { layout, lines: body.len(), like, clean, finite, looked_at })
    }
}

/// The most frequent of some counts; the largest of those that are equally frequent.
pub(super) fn most_frequent(counts: impl Iterator<Item = usize>) -> Option<usize> {
    let mut sorted: Vec<usize> = counts.collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len()).map(|run| run[0])
}

impl Header {
    fn of(lines: &[&[u8]], delimiter: Delimiter, columns: usize) -> Self {
        Self {
            lines: lines.len(),
            first: lines.first().map_or_else(String::new, |line| quoted(line)),
            titles: lines.last().map_or(Titles::None, |line| Titles::of(line, delimiter, columns)),
            esri: Esri::of(lines),
        }
    }
}

impl Titles {
    fn of(line: &[u8], delimiter: Delimiter, columns: usize) -> Self {
        let mut cells = Cells::of(line, delimiter);
        let mut found = Vec::new();
        // A line of another number of cells is no line of titles, however long it is.
        while found.len() <= columns
            && let Some((cell, _)) = cells.next_cell()
        {
            found.push(cell);
        }
        let is_word = |cell: &Cell| matches!(cell, Cell::Words | Cell::Empty);
        let numbers: Vec<f64> = found
            .iter()
            .skip(1)
            .filter_map(|cell| if let Cell::Number(value, _) = cell { Some(*value) } else { None })
            .collect();
        if found.len() == columns && is_word(&found[0]) && numbers.len() + 1 == columns && rises(&numbers) {
            Self::Axis
        } else if (found.len() == columns || found.len() + 1 == columns) && found.iter().all(is_word) {
            Self::Words
        } else {
            Self::None
        }
    }
}

/// Whether each number is above the one before.
pub(super) fn rises(numbers: &[f64]) -> bool {
    numbers.windows(2).all(|pair| pair[0] < pair[1])
}

impl Esri {
    fn of(lines: &[&[u8]]) -> Self {
        let mut esri = Self::default();
        for line in lines {
            let mut cells = Cells::of(line, Delimiter::Blanks);
            let (Some((key, _)), Some((Cell::Number(value, _), text))) = (cells.text(), cells.next_cell())
            else {
                continue;
            };
            let key = String::from_utf8_lossy(key).to_lowercase();
            match key.as_str() {
                "ncols" => esri.columns = Some(value),
                "nrows" => esri.rows = Some(value),
                "nodata_value" | "nodata" => esri.missing = Some(value),
                "xllcorner" | "xllcenter" | "yllcorner" | "yllcenter" | "cellsize" | "dx" | "dy" => {
                    esri.place.push(format!("{key} {}", String::from_utf8_lossy(text)));
                }
                _ => {}
            }
        }
        esri
    }
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
