//! Curves as tables.

use std::io;
use std::path::Path;

use blitz_core::{DType, FrameShape, ParseError, SamplesRef, Stack, TimeAxis, Zone};
use blitz_io::{OutputError, Overwrite, WriteSpec, write_atomic};
use serde::{Deserialize, Serialize};

use crate::csv_text;
pub use crate::csv_text::CsvStyle;
use crate::evaluate::{AuxiliaryAnswer, AuxiliaryCurve, CurvePoint, Curves, PercentileCurves};
use crate::file_numbers::file_numbers;

/// A statistic that a curve table has a column for, per zone (and channel, where there are several).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
            .ok_or_else(|| {
                ParseError::new(
                    text,
                    "a statistic: mean, median, min, max, sum, std, or a percentile such as p95",
                )
            })
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

/// Curves of zones as rows of numbers, one per frame: source frame number, seconds, then per zone (and channel) the
/// statistics, the percentiles, the number of samples used and the number missing; then the auxiliary curves.
#[derive(Clone, Copy)]
pub struct CurveTable<'a> {
    /// The curves.
    pub curves: &'a Curves,
    /// Percentiles of the same zones over the same frames, if wanted.
    pub percentiles: Option<&'a PercentileCurves>,
    /// The zones, in the order of the curves.
    pub zones: &'a [Zone],
    /// The stack, for source frame numbers.
    pub stack: &'a Stack,
    /// Times over source frames.
    pub time: &'a TimeAxis,
    /// Statistics that have a column.
    pub stats: &'a [CurveColumn],
    /// Curves recorded beside the recording.
    pub auxiliary: &'a [AuxiliaryAnswer],
}

impl CurveTable<'_> {
    fn file_numbers(&self) -> Option<Vec<String>> {
        file_numbers(self.stack, &self.curves.frames)
    }

    /// Column names: `frame,time_s,<zone>_<stat>…,<zone>_p95…,<zone>_n,<zone>_missing`. Zones with several channels
    /// have columns `<zone>_<channel>_<stat>`. Where names of files have numbers that are not those of the frames, a
    /// column `file_number` follows the time. Behind the zones stand the auxiliary curves, `<name> (<unit>)`.
    pub fn headers(&self) -> Vec<String> {
        let mut names = vec!["frame".to_owned(), "time_s".to_owned()];
        names.extend(self.file_numbers().map(|_| "file_number".to_owned()));
        let percentiles = self.percentiles.map_or(&[][..], |p| &p.percentiles);
        for zone in self.zones {
            for channel in &self.curves.channels {
                let prefix = if self.curves.channels.len() == 1 {
                    zone.name.clone()
                } else {
                    format!("{}_{channel}", zone.name)
                };
                names.extend(self.stats.iter().map(|s| format!("{prefix}_{}", s.name())));
                names.extend(percentiles.iter().map(|p| format!("{prefix}_p{p}")));
                names.push(format!("{prefix}_n"));
                names.push(format!("{prefix}_missing"));
            }
        }
        for curve in self.auxiliary_curves() {
            let title = curve.title();
            let numbered = (2..).map(|n| format!("{title} #{n}"));
            let free = std::iter::once(title.clone()).chain(numbered).find(|name| !names.contains(name));
            names.extend(free);
        }
        names
    }

    fn auxiliary_curves(&self) -> impl Iterator<Item = &AuxiliaryCurve> {
        self.auxiliary.iter().flat_map(|answer| &answer.curves)
    }

    /// What a row has of its zones: statistics, samples used, samples missing; channel by channel.
    fn points(&self, row: usize) -> impl Iterator<Item = (Vec<f64>, u64, u64)> {
        let zones = self.curves.zones.iter().enumerate();
        zones.flat_map(move |(z, zone)| {
            zone.points.iter().enumerate().map(move |(c, channel)| {
                let point = &channel[row];
                let mut values: Vec<f64> = self.stats.iter().map(|s| s.of(point)).collect();
                let percentiles = self.percentiles.into_iter().flat_map(|p| &p.values[z][c]);
                values.extend(percentiles.map(|curve| curve[row]));
                (values, point.n, point.missing)
            })
        })
    }

    /// The table as rows of f64; NaN is missing (a time where no rate is set, a statistic of no pixel).
    pub fn values(&self) -> Vec<f64> {
        let mut values = Vec::new();
        let numbers = self.file_numbers();
        for (row, &frame) in self.curves.frames.iter().enumerate() {
            let source = self.stack.source_frame(frame);
            values.push(source as f64);
            values.push(self.time.seconds(source).unwrap_or(f64::NAN));
            values.extend(numbers.as_ref().map(|numbers| numbers[row].parse().unwrap_or(f64::NAN)));
            for (stats, n, missing) in self.points(row) {
                values.extend(stats);
                values.extend([n as f64, missing as f64]);
            }
            let at = |curve: &AuxiliaryCurve| curve.on_frames.get(source).copied().unwrap_or(f64::NAN);
            values.extend(self.auxiliary_curves().map(at));
        }
        values
    }

    /// Writes the table as `.csv` or `.tsv`, or as `.npy` of f64.
    ///
    /// # Errors
    /// If the output cannot be written, or has another suffix.
    pub fn write(&self, path: &Path, overwrite: Overwrite, style: CsvStyle) -> Result<(), OutputError> {
        write(path, overwrite, style, &self.headers(), &self.values())
    }

    /// The table as text. Frames are source frame numbers; `time_s` is empty where no rate is set. Numbers are written
    /// with the fewest digits that read back to the same f64; missing values are `nan`.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn csv(&self, style: CsvStyle) -> io::Result<Vec<u8>> {
        csv_text::text(&self.headers(), &self.values(), style).map_err(io_error)
    }
}

/// Writes the rows of a table.
pub(crate) fn write(
    path: &Path,
    overwrite: Overwrite,
    style: CsvStyle,
    columns: &[String],
    values: &[f64],
) -> Result<(), OutputError> {
    if CsvStyle::is_text(path) {
        let text = csv_text::text(columns, values, style.for_file(path))
            .map_err(|error| OutputError::Io { path: path.to_owned(), source: io_error(error) })?;
        return write_atomic(path, overwrite, |out| out.write_all(&text));
    }
    let shape = FrameShape::new(values.len() / columns.len(), columns.len(), 1);
    let mut writer = WriteSpec::new(DType::F64, shape, Some(1), overwrite).create(path)?;
    writer.write_frame(SamplesRef::F64(values))?;
    writer.finish()
}

/// The system's own error: its kind says whether the disk is full or the reader has gone.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
