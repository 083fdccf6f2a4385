//! Curves as tables.

use std::io::{self, Write};
use std::path::Path;

use blitz_core::{DType, FrameShape, ParseError, SamplesRef, Stack, TimeAxis, Zone};
use blitz_io::{OutputError, Overwrite, WriteSpec, write_atomic};

use crate::evaluate::{CurvePoint, Curves};

/// A statistic that a curve table has a column for, per zone (and channel, where there are several).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurveColumn {
    /// Mean.
    Mean,
    /// Median.
    Median,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
    /// Sum.
    Sum,
    /// Standard deviation, divisor N.
    Std,
}

impl CurveColumn {
    /// Name in headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Std => "std",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        [Self::Mean, Self::Median, Self::Min, Self::Max, Self::Sum, Self::Std]
            .into_iter()
            .find(|c| c.name() == text.trim())
            .ok_or_else(|| ParseError::new(text, "a statistic: mean, median, min, max, sum or std"))
    }

    fn of(self, point: &CurvePoint) -> f64 {
        match self {
            Self::Mean => point.mean,
            Self::Median => point.median,
            Self::Min => point.min,
            Self::Max => point.max,
            Self::Sum => point.sum,
            Self::Std => point.std,
        }
    }
}

/// Writes curves as a table: `.csv`, or `.npy` of f64 with the columns that [`curves_array`] names.
///
/// # Errors
/// If the output cannot be written, or has another suffix.
pub fn write_curves(
    path: &Path,
    overwrite: Overwrite,
    curves: &Curves,
    zones: &[Zone],
    stack: &Stack,
    time: &TimeAxis,
    stats: &[CurveColumn],
) -> Result<(), OutputError> {
    if path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("csv")) {
        // The table is no larger than the curves, and an error in writing it is then the file's own.
        let mut text = Vec::new();
        write_curves_csv(&mut text, curves, zones, stack, time, stats)
            .map_err(|source| OutputError::Io { path: path.to_owned(), source })?;
        return write_atomic(path, overwrite, |out| out.write_all(&text));
    }
    let table = curves_array(curves, zones, stack, time, stats);
    let shape = FrameShape::new(table.rows, table.headers.len(), 1);
    let mut writer = WriteSpec::new(DType::F64, shape, Some(1), overwrite).create(path)?;
    writer.write_frame(SamplesRef::F64(&table.values))?;
    writer.finish()
}

/// Curves as rows of numbers: what [`write_curves_csv`] writes, for `.npy`.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveArray {
    /// Column names.
    pub headers: Vec<String>,
    /// Rows, one per frame.
    pub rows: usize,
    /// Values row by row; NaN is missing (a time where no rate is set, a statistic of no pixel).
    pub values: Vec<f64>,
}

fn headers(curves: &Curves, zones: &[Zone], stats: &[CurveColumn]) -> Vec<String> {
    let mut names = vec!["frame".to_owned(), "time_s".to_owned()];
    for zone in zones {
        for channel in &curves.channels {
            let prefix = if curves.channels.len() == 1 {
                zone.name.clone()
            } else {
                format!("{}_{channel}", zone.name)
            };
            names.extend(stats.iter().map(|s| format!("{prefix}_{}", s.name())));
            names.push(format!("{prefix}_n"));
            names.push(format!("{prefix}_missing"));
        }
    }
    names
}

/// The curves as one array of f64: source frame number, seconds, then per zone (and channel) the
/// statistics, the number of samples used and the number missing.
pub fn curves_array(
    curves: &Curves,
    zones: &[Zone],
    stack: &Stack,
    time: &TimeAxis,
    stats: &[CurveColumn],
) -> CurveArray {
    let headers = headers(curves, zones, stats);
    let mut values = Vec::with_capacity(headers.len() * curves.frames.len());
    for (row, &frame) in curves.frames.iter().enumerate() {
        let source = stack.source_frame(frame);
        values.push(source as f64);
        values.push(time.seconds(source).unwrap_or(f64::NAN));
        for point in points(curves, row) {
            values.extend(stats.iter().map(|s| s.of(point)));
            values.push(point.n as f64);
            values.push(point.missing as f64);
        }
    }
    CurveArray { rows: curves.frames.len(), headers, values }
}

/// Writes the curves as CSV: `frame,time_s,<zone>_<stat>…,<zone>_n,<zone>_missing`.
///
/// Frames are source frame numbers; `time_s` is empty where no rate is set. Numbers are written with the
/// fewest digits that read back to the same f64; missing values are `nan`. Zones with several channels have
/// columns `<zone>_<channel>_<stat>`.
///
/// # Errors
/// What `out` says.
pub fn write_curves_csv(
    out: &mut dyn Write,
    curves: &Curves,
    zones: &[Zone],
    stack: &Stack,
    time: &TimeAxis,
    stats: &[CurveColumn],
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(headers(curves, zones, stats)).map_err(io_error)?;
    let number = |v: f64| if v.is_nan() { "nan".to_owned() } else { v.to_string() };
    for (row, &frame) in curves.frames.iter().enumerate() {
        let source = stack.source_frame(frame);
        let mut record = vec![source.to_string(), time.seconds(source).map_or_else(String::new, number)];
        for point in points(curves, row) {
            record.extend(stats.iter().map(|s| number(s.of(point))));
            record.push(point.n.to_string());
            record.push(point.missing.to_string());
        }
        table.write_record(&record).map_err(io_error)?;
    }
    table.flush()
}

/// The system's own error: its kind says whether the disk is full or the reader has gone.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The points of one row, zone by zone, channel by channel.
fn points(curves: &Curves, row: usize) -> impl Iterator<Item = &CurvePoint> {
    curves.zones.iter().flat_map(move |zone| zone.points.iter().map(move |channel| &channel[row]))
}
