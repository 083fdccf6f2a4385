//! What of a text is no picture: a column that counts rows, coordinates along the edges, the header of an ESRI grid.

use std::fmt::Write as _;
use std::ops::Range;

use super::layout::{Esri, Titles, rises};

/// The first row and the first column, where they are not part of the picture.
///
/// The first column is none where it counts 0, 1, 2 … or 1, 2, 3 … and a line of titles stands above (over each column, or
/// over each but it), or at least eight rows are counted and the second column does not count with it; and where it rises
/// under a line of coordinates, over whose first cell words or nothing stands. Four rows and two other columns must be
/// there. Everything else is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Axes {
    pub(super) has_row: bool,
    pub(super) has_column: bool,
    /// Whether the first column counts from 0 or 1; otherwise it holds coordinates.
    counts_from: Option<u8>,
}

/// Rows and other columns that must be there.
const ROWS: usize = 4;
const COLUMNS: usize = 2;
/// Rows that count without a title.
const UNTITLED: usize = 8;

impl Axes {
    /// Looks at rows of `stride` cells, of which those in `edges` are columns. `corner`: whether nothing stands in the
    /// first cell of all, and nothing above it; a mark of a missing value belongs to the picture.
    pub(super) fn find(
        values: &[f64],
        stride: usize,
        edges: Range<usize>,
        titles: Titles,
        corner: bool,
    ) -> Self {
        let rows = values.len() / stride;
        if rows < ROWS || edges.len() < COLUMNS + 1 {
            return Self::default();
        }
        let column = |x: usize| -> Vec<f64> { values.iter().skip(x).step_by(stride).copied().collect() };
        let first = column(edges.start);
        let has_row =
            corner && rows > ROWS && rises(&values[edges.start + 1..edges.end]) && rises(&first[1..]);
        let first = &first[usize::from(has_row)..];
        let from = [0, 1].into_iter().find(|&from| counts(first, from.into()));
        let has_column = match titles {
            _ if has_row => true,
            Titles::Axis => rises(first),
            Titles::Words => from.is_some(),
            Titles::None => {
                let second = || column(edges.start + 1);
                from.is_some() && rows >= UNTITLED && second().windows(2).any(|pair| pair[1] - pair[0] != 1.0)
            }
        };
        Self { has_row, has_column, counts_from: from }
    }

    pub(super) fn note(&self) -> Option<String> {
        let row = if self.has_row { "the first row holds coordinates" } else { "" };
        let column = match (self.has_column, self.counts_from) {
            (false, _) => String::new(),
            (true, Some(0)) => "the first column counts 0, 1, 2 …".to_owned(),
            (true, Some(_)) => "the first column counts 1, 2, 3 …".to_owned(),
            (true, None) => "the first column holds coordinates".to_owned(),
        };
        let parts: Vec<&str> = [row, &column].into_iter().filter(|part| !part.is_empty()).collect();
        let mut text = parts.join(" and ");
        let first = text.get(..1)?.to_uppercase();
        text.replace_range(..1, &first);
        let verb = if parts.len() == 1 { "is" } else { "are" };
        Some(format!("{text} and {verb} not part of the picture."))
    }
}

fn counts(column: &[f64], from: f64) -> bool {
    column.iter().enumerate().all(|(i, value)| *value == from + i as f64)
}

/// Checks what an ESRI header says of the size.
pub(super) fn check_size(esri: &Esri, rows: usize, columns: usize, is_ended: bool) -> Result<(), String> {
    let differs = |said: Option<f64>, found: usize| said.is_some_and(|said| said != found as f64);
    if !differs(esri.rows, rows) && !differs(esri.columns, columns) {
        return Ok(());
    }
    let said = |said: Option<f64>| said.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let cut = if is_ended { "" } else { " and breaks off without an end of line" };
    Err(format!(
        "its header says ncols {} and nrows {}, it has {columns} columns and {rows} rows{cut}; is the file cut?",
        said(esri.columns),
        said(esri.rows)
    ))
}

/// What an ESRI header says of the place.
pub(super) fn esri_note(esri: &Esri) -> Option<String> {
    if esri.columns.is_none() && esri.rows.is_none() {
        return None;
    }
    let mut text = "ESRI ASCII grid".to_owned();
    if !esri.place.is_empty() {
        text.push_str(": ");
        text.push_str(&esri.place.join(", "));
        text.push_str(" (in a unit that it does not state, so there is no pixel size)");
    }
    if let Some(missing) = esri.missing {
        let _ = write!(text, "; cells of {missing} are missing (NaN)");
    }
    text.push('.');
    Some(text)
}
