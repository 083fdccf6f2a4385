//! What stands before a matrix: titles of its columns, the header of an ESRI grid, words.

use super::cell::{self, Cell};
use super::text::{Cells, Delimiter, is_blank, quoted};

/// See the module's page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Header {
    /// Lines that are neither blank nor comments, and of which nothing is taken.
    pub(super) unread: usize,
    /// The first of them, as a message quotes it.
    pub(super) first: String,
    pub(super) titles: Titles,
    pub(super) esri: Esri,
}

/// The last line before the matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Titles {
    /// Its cells; of a longer line one more than there are columns.
    cells: Vec<Cell>,
    /// Whether the first says that its column counts rows.
    counts: bool,
    /// Whether it begins with blanks, as where nothing stands over the first of columns that blanks part, or with a quote.
    is_apart: bool,
}

/// What titles say of the first column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Nothing,
    /// That it counts rows, or nothing where each other column has a title.
    Counts,
    /// That it goes with the rising numbers over all other columns.
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

/// Titles of a column that counts rows, in lower case.
const COUNTERS: [&str; 14] = [
    "row",
    "rows",
    "index",
    "idx",
    "#",
    "nr",
    "nr.",
    "no",
    "no.",
    "number",
    "i",
    "line",
    "zeile",
    "unnamed: 0",
];

impl Header {
    /// Lines as they are written, and their contents.
    pub(super) fn of(lines: &[(&[u8], &[u8])], delimiter: Delimiter, columns: usize) -> Self {
        let mut esri = Esri::default();
        let taken: Vec<Option<Key>> = lines.iter().map(|(_, content)| esri.take(content)).collect();
        let is_unread = |key: &Option<Key>| match key {
            None => true,
            Some(Key::Place) => !esri.is_grid(),
            Some(Key::Size | Key::Missing) => false,
        };
        let unread: Vec<&[u8]> = lines
            .iter()
            .zip(&taken)
            .filter(|(_, key)| is_unread(key))
            .map(|((_, content), _)| *content)
            .collect();
        let titles = match (lines.last(), taken.last()) {
            (Some((line, content)), Some(None)) => Titles::of(line, content, delimiter, columns),
            _ => Titles::default(),
        };
        Self {
            unread: unread.len(),
            first: unread.first().map_or_else(String::new, |line| quoted(line)),
            titles,
            esri,
        }
    }
}

impl Titles {
    fn of(line: &[u8], content: &[u8], delimiter: Delimiter, columns: usize) -> Self {
        let mut cells = Cells::of(content, delimiter);
        let mut titles = Self::default();
        // A line of another number of cells is no line of titles, however long it is.
        while titles.cells.len() <= columns
            && let Some((cell, text)) = cells.next_cell()
        {
            if titles.cells.is_empty() {
                let text = String::from_utf8_lossy(text).to_lowercase();
                titles.counts = COUNTERS.contains(&text.as_str());
            }
            titles.cells.push(cell);
        }
        let begins_apart = || matches!(line, [b, ..] if is_blank(*b) || matches!(b, b'"' | b'\''));
        titles.is_apart = delimiter != Delimiter::Blanks || begins_apart();
        titles
    }

    /// Whether the last of as many columns as there are titles has one.
    pub(super) fn has_last(&self, columns: usize) -> bool {
        self.cells.len() == columns && self.cells.last().is_some_and(|cell| *cell != Cell::Empty)
    }

    /// What is said of the first of `columns` columns.
    pub(super) fn first(&self, columns: usize) -> First {
        let mut cells = &self.cells[..];
        // The end of the line is written as in all lines.
        if cells.len() == columns + 1
            && let [titles @ .., Cell::Empty] = cells
        {
            cells = titles;
        }
        let is_word = |cell: &Cell| matches!(cell, Cell::Words | Cell::Empty);
        let numbers: Vec<f64> = cells
            .iter()
            .skip(1)
            .filter_map(|cell| if let Cell::Number(value, _) = cell { Some(*value) } else { None })
            .collect();
        if cells.len() == columns && is_word(&cells[0]) && numbers.len() + 1 == columns && rises(&numbers) {
            return First::Axis;
        }
        let counts = match cells {
            [first, others @ ..] if cells.len() == columns => {
                is_word(first) && (self.counts || *first == Cell::Empty) && others.iter().all(is_word)
            }
            _ => cells.len() + 1 == columns && self.is_apart && cells.iter().all(is_word),
        };
        if counts { First::Counts } else { First::Nothing }
    }
}

/// Whether each number is above the one before.
pub(super) fn rises(numbers: &[f64]) -> bool {
    numbers.windows(2).all(|pair| pair[0] < pair[1])
}

/// What a line of an ESRI header says.
enum Key {
    Size,
    Missing,
    Place,
}

impl Esri {
    /// Takes what a line says: a key, what parts it from its value, and the value.
    fn take(&mut self, line: &[u8]) -> Option<Key> {
        let parts = |b: &u8| is_blank(*b) || matches!(b, b';' | b',' | b':' | b'=');
        let end = line.iter().position(parts)?;
        let (key, rest) = line.split_at(end);
        let begin = rest.iter().position(|b| !parts(b))?;
        let end = rest.iter().rposition(|b| !parts(b))?;
        let text = &rest[begin..=end];
        let Cell::Number(value, _) = cell::read(text, true) else { return None };
        let key = String::from_utf8_lossy(key).to_lowercase();
        match key.as_str() {
            "ncols" => self.columns = Some(value),
            "nrows" => self.rows = Some(value),
            "nodata_value" | "nodata" => {
                self.missing = Some(value);
                return Some(Key::Missing);
            }
            "xllcorner" | "xllcenter" | "yllcorner" | "yllcenter" | "cellsize" | "dx" | "dy" => {
                self.place.push(format!("{key} {}", String::from_utf8_lossy(text)));
                return Some(Key::Place);
            }
            _ => return None,
        }
        Some(Key::Size)
    }

    /// Whether it has what every such grid has.
    fn is_grid(&self) -> bool {
        self.columns.is_some() && self.rows.is_some()
    }

    /// Checks what it says of the size.
    ///
    /// # Errors
    /// What is said and what is there.
    pub(super) fn check_size(&self, rows: usize, columns: usize, is_ended: bool) -> Result<(), String> {
        let differs = |said: Option<f64>, found: usize| said.is_some_and(|said| said != found as f64);
        if !differs(self.rows, rows) && !differs(self.columns, columns) {
            return Ok(());
        }
        let said = |said: Option<f64>| said.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let cut = if is_ended { "" } else { " and breaks off without an end of line" };
        Err(format!(
            "its header says ncols {} and nrows {}, it has {columns} columns and {rows} rows{cut}; is the file cut?",
            said(self.columns),
            said(self.rows)
        ))
    }

    /// What was taken from it.
    pub(super) fn note(&self) -> Option<String> {
        let missing = self.missing.map(|missing| format!("ells of {missing} are missing (NaN)"));
        if !self.is_grid() {
            return missing.map(|missing| format!("C{missing}, as the header says."));
        }
        let mut text = "ESRI ASCII grid".to_owned();
        if !self.place.is_empty() {
            text.push_str(": ");
            text.push_str(&self.place.join(", "));
            text.push_str(" (in a unit that it does not state, so there is no pixel size)");
        }
        if let Some(missing) = missing {
            text.push_str("; c");
            text.push_str(&missing);
        }
        text.push('.');
        Some(text)
    }
}
