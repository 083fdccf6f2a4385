//! What of a text is no picture: a column that counts rows, coordinates along the edges.

use super::header::{First, Header, rises};

/// The first row and the first column, where they are not part of the picture.
///
/// The first column is none where it counts 0, 1, 2 … or 1, 2, 3 … below a title that says so (`row`, `index`, `#`), or
/// below none where each other column has one; and where it rises under a line of coordinates, over whose first cell words
/// or nothing stands. Four rows and two other columns must be there. Everything else is kept, and so is all of a grid
/// whose header states its columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Axes {
    pub(super) has_row: bool,
    pub(super) has_column: bool,
    /// Whether the first column counts from 0 or 1, and the second does not with it.
    counts_from: Option<u8>,
}

/// Rows and other columns that must be there.
const ROWS: usize = 4;
const COLUMNS: usize = 2;

impl Axes {
    /// Looks at rows of `stride` cells, the first `columns` of which are columns. `corner`: whether nothing stands in the
    /// first cell of all; a mark of a missing value belongs to the picture.
    pub(super) fn find(values: &[f64], stride: usize, columns: usize, header: &Header, corner: bool) -> Self {
        let rows = values.len() / stride;
        if rows < ROWS || columns < COLUMNS + 1 || header.esri.columns.is_some() {
            return Self::default();
        }
        let titles = header.titles.first(columns);
        let column = |x: usize| -> Vec<f64> { values.iter().skip(x).step_by(stride).copied().collect() };
        let first = column(0);
        let has_row = corner
            && titles == First::Nothing
            && rows > ROWS
            && rises(&values[1..columns])
            && rises(&first[1..]);
        let first = &first[usize::from(has_row)..];
        let from = [0, 1].into_iter().find(|&from| counts(first, from.into()));
        let has_column = match titles {
            _ if has_row => true,
            First::Axis => rises(first),
            First::Counts => from.is_some(),
            First::Nothing => false,
        };
        // A ramp counts nothing.
        let is_ramp = || column(1)[usize::from(has_row)..].windows(2).all(|pair| pair[1] - pair[0] == 1.0);
        Self { has_row, has_column, counts_from: from.filter(|_| has_column || !is_ramp()) }
    }

    /// Whether the first column counts rows, be it part of the picture or not.
    pub(super) fn counts(&self) -> bool {
        self.counts_from.is_some()
    }

    pub(super) fn note(&self) -> Option<String> {
        let row = if self.has_row { "the first row holds coordinates" } else { "" };
        let column = match self.counts_from {
            Some(0) => "the first column counts 0, 1, 2 …",
            Some(_) => "the first column counts 1, 2, 3 …",
            None if self.has_column => "the first column holds coordinates",
            None => "",
        };
        let parts: Vec<&str> = [row, column].into_iter().filter(|part| !part.is_empty()).collect();
        let mut text = parts.join(" and ");
        let first = text.get(..1)?.to_uppercase();
        text.replace_range(..1, &first);
        if !self.has_column {
            return Some(format!(
                "{text} and is part of the picture, as no title (such as row or index) says that it counts rows."
            ));
        }
        let verb = if parts.len() == 1 { "is" } else { "are" };
        Some(format!("{text} and {verb} not part of the picture."))
    }
}

fn counts(column: &[f64], from: f64) -> bool {
    column.iter().enumerate().all(|(i, value)| *value == from + i as f64)
}
