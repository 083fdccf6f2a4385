//! Tables of numbers as text: the one way in which they are written.

use std::path::Path;

use blitz_core::ParseError;

/// How columns are parted and decimals marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsvStyle {
    /// Commas between columns, decimal points.
    #[default]
    Plain,
    /// Semicolons between columns, decimal commas, as programs in German and other languages expect it.
    German,
    /// Tabs between columns, decimal points.
    Tabs,
}

impl CsvStyle {
    /// Reads `plain`, `german` or `tabs`.
    ///
    /// # Errors
    /// If the text is none of them.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        match text {
            "plain" => Ok(Self::Plain),
            "german" => Ok(Self::German),
            "tabs" => Ok(Self::Tabs),
            _ => Err(ParseError::new(text, "plain (1.5,2), german (1,5;2) or tabs")),
        }
    }

    /// The style of a file: tabs for `.tsv`.
    #[must_use]
    pub fn for_file(self, path: &Path) -> Self {
        if is_suffix(path, "tsv") { Self::Tabs } else { self }
    }

    /// Whether a file is a table in text: `.csv` or `.tsv`.
    pub fn is_text(path: &Path) -> bool {
        is_suffix(path, "csv") || is_suffix(path, "tsv")
    }

    fn number(self, value: f64) -> String {
        let text = value.to_string();
        if self == Self::German { text.replace('.', ",") } else { text }
    }
}

fn is_suffix(path: &Path, suffix: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(suffix))
}

/// A table of curves as text: the columns' names, then `values` row by row. Numbers have the fewest digits that read back
/// to the same f64. Missing values are `nan`, but for the time (the second column), which is then empty.
pub(crate) fn text(columns: &[String], values: &[f64], style: CsvStyle) -> Result<Vec<u8>, csv::Error> {
    let delimiter = match style {
        CsvStyle::Plain => b',',
        CsvStyle::German => b';',
        CsvStyle::Tabs => b'\t',
    };
    let mut table = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    table.write_record(columns)?;
    for row in values.chunks_exact(columns.len()) {
        table.write_record(row.iter().enumerate().map(|(column, &value)| match column {
            1 if value.is_nan() => String::new(),
            _ if value.is_nan() => "nan".to_owned(),
            _ => style.number(value),
        }))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_has_its_marks() {
        let columns = ["frame", "time_s", "A, left_mean"].map(str::to_owned);
        let values = [0.0, f64::NAN, 1.5, 1.0, 0.25, f64::NAN];
        let of = |style| String::from_utf8(text(&columns, &values, style).expect("written")).expect("text");
        assert_eq!(of(CsvStyle::Plain), "frame,time_s,\"A, left_mean\"\n0,,1.5\n1,0.25,nan\n");
        assert_eq!(of(CsvStyle::German), "frame;time_s;A, left_mean\n0;;1,5\n1;0,25;nan\n");
        assert_eq!(of(CsvStyle::Tabs), "frame\ttime_s\tA, left_mean\n0\t\t1.5\n1\t0.25\tnan\n");
        assert_eq!(CsvStyle::German.for_file(Path::new("a.TSV")), CsvStyle::Tabs);
        assert!(CsvStyle::parse("english").is_err());
    }
}
