//! Histograms as tables.

use std::fmt::Write as _;
use std::path::Path;

use blitz_io::{OutputError, Overwrite, write_atomic};
use blitz_kernels::Histogram;

/// The distribution as CSV, `from,to,count`: a row for each bin from the smallest to the largest value, empty ones
/// included; values lie in `from ≤ v < to`. Integers have a row per value as long as they are counted one by one.
/// Missing and infinite samples are in no row.
pub fn histogram_csv(histogram: &Histogram) -> String {
    let mut text = "from,to,count\n".to_owned();
    for bin in histogram.bins(usize::MAX) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{},{},{}", bin.lo, bin.hi, bin.count);
    }
    text
}

/// Writes [`histogram_csv`].
///
/// # Errors
/// If the output exists and must not be replaced, or cannot be written.
pub fn write_histogram(path: &Path, histogram: &Histogram, overwrite: Overwrite) -> Result<(), OutputError> {
    write_atomic(path, overwrite, |out| out.write_all(histogram_csv(histogram).as_bytes()))
}

/// The distribution in words: how many values from where to where, and how many samples are none.
pub fn describe_histogram(histogram: &Histogram) -> String {
    let count = |n: u64, what: &str| if n > 0 { format!("; {n} {what}") } else { String::new() };
    let range = match (histogram.min(), histogram.max()) {
        (Some(min), Some(max)) => format!("{} values from {min} to {max}", histogram.n()),
        _ => "no values".to_owned(),
    };
    let missing = count(histogram.missing(), "missing");
    format!("{range}{missing}{}", count(histogram.infinite(), "infinite"))
}
