//! Curves as partial results: the rows of their table, one per frame.
//!
//! A row has what [`CurveTable::values`](crate::table::CurveTable::values) gives: the source's frame number, seconds
//! (NaN where no rate is set), then per zone its statistics and how many samples were used and missing. It rests on its
//! own frame and on what steps look at around it, and nothing is added up over rows: parts are joined by putting one
//! below the other, and stay the same to the bit. Sums are those of [`ZoneStats`](blitz_kernels::ZoneStats), exact for
//! integers and rounded once.

use std::path::Path;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{OutputError, Overwrite, WriteSpec, write_atomic};

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

    /// Writes the table as `.csv`, or as `.npy` of f64, with the bytes of
    /// [`CurveTable::write`](crate::table::CurveTable::write).
    ///
    /// # Errors
    /// If the output cannot be written, or has another suffix.
    pub fn write(&self, path: &Path, overwrite: Overwrite) -> Result<(), OutputError> {
        if path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("csv")) {
            let text = self
                .csv()
                .map_err(|error| OutputError::Io { path: path.to_owned(), source: error.into() })?;
            return write_atomic(path, overwrite, |out| out.write_all(&text));
        }
        let columns = self.columns.len();
        let shape = FrameShape::new(self.values.len() / columns, columns, 1);
        let mut writer = WriteSpec::new(DType::F64, shape, Some(1), overwrite).create(path)?;
        writer.write_frame(SamplesRef::F64(&self.values))?;
        writer.finish()
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(&self.columns)?;
        for row in self.values.chunks_exact(self.columns.len()) {
            table.write_record(row.iter().enumerate().map(|(column, value)| match column {
                1 if value.is_nan() => String::new(),
                _ if value.is_nan() => "nan".to_owned(),
                _ => value.to_string(),
            }))?;
        }
        table.into_inner().map_err(|error| error.into_error().into())
    }
}
