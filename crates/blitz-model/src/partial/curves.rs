//! Curves as partial results: the rows of their table, one per frame.
//!
//! A row has what [`CurveTable::values`](crate::table::CurveTable::values) gives: the source's frame number, seconds
//! (NaN where no rate is set), then per zone its statistics and how many samples were used and missing. It rests on its
//! own frame and on what steps look at around it, and nothing is added up over rows: parts are joined by putting one
//! below the other, and stay the same to the bit. Sums are those of [`ZoneStats`](blitz_kernels::ZoneStats), exact for
//! integers and rounded once.

use std::path::Path;

use blitz_io::{OutputError, Overwrite};

use crate::table::CsvStyle;

/// The columns that every table of curves begins with.
pub(super) const FIRST: [&str; 2] = ["frame", "time_s"];

/// A table of curves that was joined from its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedCurves {
    pub(super) columns: Vec<String>,
    /// Row by row.
    pub(super) values: Vec<f64>,
}

impl JoinedCurves {
    /// Names of the columns, see [`CurveTable::headers`](crate::table::CurveTable::headers).
    pub fn headers(&self) -> &[String] {
        &self.columns
    }

    /// The table as rows of f64, see [`CurveTable::values`](crate::table::CurveTable::values).
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Writes the table as [`CurveTable::write`](crate::table::CurveTable::write) does.
    ///
    /// # Errors
    /// If the output cannot be written, or has another suffix.
    pub fn write(&self, path: &Path, overwrite: Overwrite, style: CsvStyle) -> Result<(), OutputError> {
        crate::table::write(path, overwrite, style, &self.columns, &self.values)
    }
}
