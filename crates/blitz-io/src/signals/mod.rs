//! Signals recorded beside a recording: a photodiode, a pressure, a log of temperatures, as text or JSON.
//!
//! A file has one column of times, or of frames, and any number of columns of values. What parts cells, which decimal
//! mark is used and where the numbers begin follows from the text, by the rules of matrices in text
//! ([`format::grid`](crate::format)); titles and units are what stands above.

mod json;
mod raw;
mod text;
mod time;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use blitz_core::Abscissa;
use serde::{Deserialize, Serialize};

use crate::OpenError;
use crate::format::grid::text::{self as grid_text, quoted};
use raw::RawTable;
use time::Clock;

/// Most bytes of text: some for each of as many frames as any recording has.
const MOST_BYTES: u64 = 1 << 28;

/// What a person says of a file of signals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SignalOptions {
    /// The column of times, by name or by number from 1 on; `None` finds it.
    pub time: Option<String>,
    /// What it counts; `None` takes what stands above it.
    pub unit: Option<Abscissa>,
    /// Leaves out what lies before time 0.
    pub drop_negative: bool,
}

/// Values over time, as a file has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// What the times count.
    pub unit: Abscissa,
    /// Name of the column of times; empty where rows are counted.
    pub time: String,
    /// Rising, in that unit. Dates, and numbers that are dates, count from the first one.
    pub times: Vec<f64>,
    /// Columns with a number in them, in the order of the file.
    pub columns: Vec<Signal>,
    /// Full sentences for people: what was assumed, and what was not taken as it stands.
    pub notes: Vec<String>,
}

/// One column of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What stands above it without its unit; `column 2` where nothing does.
    pub name: String,
    /// Its unit, where it has one.
    pub unit: Option<String>,
    /// Its place among the columns of the file, from 1 on.
    pub number: usize,
    /// One for each time; NaN is missing.
    pub values: Vec<f64>,
}

impl Signals {
    /// The column of a name (in any case of its letters), or of a number from 1 on.
    pub fn find(&self, name: &str) -> Option<&Signal> {
        let name = name.trim();
        let by = |is: &dyn Fn(&Signal) -> bool| self.columns.iter().find(|column| is(column));
        by(&|c| c.name == name)
            .or_else(|| by(&|c| c.name.to_lowercase() == name.to_lowercase()))
            .or_else(|| name.parse().ok().and_then(|number: usize| by(&|c| c.number == number)))
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        ((self.columns.len() + 1) * self.times.len() * size_of::<f64>()) as u64
    }
}

/// Reads a file of signals.
///
/// Text has its columns parted by tabs, semicolons, commas or blanks; JSON is an array of objects, an object of arrays,
/// or an array of pairs, rows or numbers. The column of times is the one named so (`time`, `t`, `timestamp`, `offset`, …),
/// else `frame`, else one that speaks of times, the first with dates, or the first, and none with another unit than one of
/// time; its unit is what stands above (`time_ms`, `t (s)`; `offset` is in ms), otherwise seconds, which a note says. A
/// single column has a value for each frame.
///
/// Rows are sorted by time; rows of equal time become one, their mean. Cells without a number are missing (NaN), rows
/// without a time are passed over; notes count both. Times before 0 stay unless `options` drop them.
///
/// # Errors
/// If the file cannot be read or holds no value with a time; names the line or entry.
pub fn read_signals(path: &Path, options: &SignalOptions) -> Result<Signals, OpenError> {
    let bad = |reason: String| OpenError::Bad { path: path.to_path_buf(), reason };
    let unreadable = |e: std::io::Error| bad(format!("the curve cannot be read: {e}"));
    // Looked at before it is opened: opening a pipe waits for its other end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(bad(
            "it is no regular file; a table of times and values (.csv, .json) is expected".into()
        ));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(bad(format!(
            "it has more than the {MOST_BYTES} bytes that a table of times and values has at most"
        )));
    }
    parse(&bytes, options).map_err(bad)
}

/// Reads the bytes of a file of signals.
pub(crate) fn parse(bytes: &[u8], options: &SignalOptions) -> Result<Signals, String> {
    let text = grid_text::of(bytes)?;
    let begin = text.iter().find(|b| !b.is_ascii_whitespace());
    let table = match begin {
        None => return Err("it is empty: a table of times and values is expected".to_owned()),
        Some(b'[' | b'{') => json::read(&text)?,
        Some(_) => text::read(&text)?,
    };
    signals(&table, options)
}

/// The rows of a table by their times.
fn signals(table: &RawTable, options: &SignalOptions) -> Result<Signals, String> {
    let clock = Clock::find(table, options)?;
    let mut notes = table.notes.clone();
    notes.extend(clock.notes.iter().cloned());
    let mut rows = clock.rows(table, &mut notes);
    let without = table.rows - rows.len();
    if without > 0 {
        notes.push(time::without_time(table, &rows, without));
    }
    if options.drop_negative {
        let all = rows.len();
        rows.retain(|(time, _)| *time >= 0.0);
        if rows.len() < all {
            notes
                .push(format!("{} before time 0 left out.", counted(all - rows.len(), "row is", "rows are")));
        }
    }
    let falls = rows.windows(2).filter(|pair| pair[0].0 > pair[1].0).count();
    if falls > 0 {
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        notes.push(format!(
            "Times go back in {}; the rows are sorted by time.",
            counted(falls, "place", "places")
        ));
    }
    let is_value = |i: &usize| !clock.uses(*i) && table.columns[*i].has_value();
    let mut columns: Vec<Signal> =
        (0..table.columns.len()).filter(is_value).map(|i| column(table, i, &rows, &mut notes)).collect();
    columns.retain(|column| column.values.iter().any(|v| !v.is_nan()));
    if columns.is_empty() {
        return Err(clock.no_value(table, rows.is_empty()));
    }
    let mut times: Vec<f64> = rows.into_iter().map(|(time, _)| time).collect();
    let all = times.len();
    join_equal(&mut times, &mut columns);
    if times.len() < all {
        notes.push(format!(
            "{} the time of another; rows of one time are joined to their mean.",
            counted(all - times.len(), "row has", "rows have")
        ));
    }
    name_apart(&mut columns);
    Ok(Signals { unit: clock.unit, time: clock.name(table), times, columns, notes })
}

fn column(table: &RawTable, i: usize, rows: &[(f64, usize)], notes: &mut Vec<String>) -> Signal {
    let raw = &table.columns[i];
    let name = if raw.title.name.is_empty() { format!("column {}", i + 1) } else { raw.title.name.clone() };
    let values: Vec<f64> = rows.iter().map(|(_, row)| raw.value(*row)).collect();
    let missing = values.iter().filter(|v| v.is_nan()).count();
    if missing > 0 && missing < values.len() {
        let mut text = format!("{} missing in {name}", counted(missing, "value is", "values are"));
        if let Some((row, word)) = &raw.first_word {
            let word = quoted(word.as_bytes());
            let _ = write!(text, " ({} says {word})", table.place(*row));
        }
        notes.push(text + ".");
    }
    let rounded = raw.rounded();
    if rounded > 0 {
        let count = counted(rounded, "integer", "integers");
        notes.push(format!("{count} of {name} beyond 2⁵³ are rounded to the nearest number that f64 holds."));
    }
    Signal { name, unit: raw.title.unit.clone(), number: i + 1, values }
}

/// Makes one row of those of equal time: the mean of their values, without the missing ones.
fn join_equal(times: &mut Vec<f64>, columns: &mut [Signal]) {
    if times.windows(2).all(|pair| pair[0] < pair[1]) {
        return;
    }
    for column in columns {
        let mut at = 0;
        let runs = times.chunk_by(|a, b| a == b).map(|run| {
            let values = &column.values[at..at + run.len()];
            at += run.len();
            mean(values)
        });
        column.values = runs.collect();
    }
    times.dedup();
}

/// The mean of the values that are there; of one value, that value.
fn mean(values: &[f64]) -> f64 {
    let there = values.iter().filter(|v| !v.is_nan());
    let (sum, count) = there.fold((0.0, 0_usize), |(sum, count), v| (sum + v, count + 1));
    if count == 0 { f64::NAN } else { sum / count as f64 }
}

/// Gives columns of one name their numbers.
fn name_apart(columns: &mut [Signal]) {
    let mut given = HashSet::new();
    for column in columns {
        if !given.insert(column.name.clone()) {
            column.name = format!("{} ({})", column.name, column.number);
            given.insert(column.name.clone());
        }
    }
}

/// A count with what it counts.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Reads any bytes as signals, with and without what a person may say of them.
pub(crate) fn try_bytes(bytes: &[u8]) {
    let frames = SignalOptions { unit: Some(Abscissa::Frames), drop_negative: true, ..Default::default() };
    let second = SignalOptions { time: Some("2".into()), ..Default::default() };
    for options in [SignalOptions::default(), frames, second] {
        if let Ok(signals) = parse(bytes, &options) {
            assert!(signals.times.windows(2).all(|pair| pair[0] < pair[1]), "times rise");
            assert!(signals.columns.iter().all(|c| c.values.len() == signals.times.len()));
        }
    }
}
