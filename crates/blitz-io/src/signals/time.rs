//! Which column of a table holds the times, and what they count.

use blitz_core::{Abscissa, TimeUnit};

use super::SignalOptions;
use super::raw::{Exact, RawTable};
use crate::times::moment::{DATE, Moment};

/// Names of columns of times, in lower case.
const TIMES: [&str; 8] = ["time", "times", "t", "timestamp", "datetime", "date", "zeit", "zeitstempel"];
/// The one that the reference program reads, in milliseconds.
const OFFSET: &str = "offset";
/// Names of columns of frames.
const FRAMES: [&str; 4] = ["frame", "frames", "index", "bild"];

/// No unit of time has so many picoseconds that this matters.
const NOTHING: f64 = 1e-25;

/// How the times of a table are read.
#[derive(Debug)]
pub(super) struct Clock {
    /// The column; `None` counts rows.
    column: Option<usize>,
    /// The column of clocks that belongs to one of days.
    of_day: Option<usize>,
    /// Columns that name frames and are no values.
    counts_frames: Option<usize>,
    pub(super) unit: Abscissa,
    pub(super) notes: Vec<String>,
}

/// The words of a title in lower case: `time` and `ms` of `Time_ms`.
fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl Clock {
    /// Finds it.
    ///
    /// # Errors
    /// If the table has no such column as a person says.
    pub(super) fn find(table: &RawTable, options: &SignalOptions) -> Result<Self, String> {
        let mut notes = Vec::new();
        let columns = &table.columns;
        let find = |is_one: &dyn Fn(&str) -> bool| {
            let has_any = |i: usize| columns[i].has_value() || columns[i].begins_with(Exact::is_time);
            (0..columns.len()).find(|&i| is_one(&columns[i].title.name) && has_any(i))
        };
        let named =
            |names: &[&str]| find(&|name| words(name).next().is_some_and(|word| names.contains(&&*word)));
        let speaks_of_time = |name: &str| words(name).any(|word| word.len() > 1 && TIMES.contains(&&*word));
        let is_unit = |name: &str| name.len() > 1 && TimeUnit::of_word(name).is_some();
        let frames = named(&FRAMES);
        let dated = || (0..columns.len()).find(|i| columns[*i].begins_with(Exact::is_time));
        let has_names = columns.iter().any(|column| !column.title.name.is_empty());
        let (column, is_found) = if let Some(name) = &options.time {
            (Some(chosen(table, name)?), true)
        } else {
            let found = named(&TIMES)
                .or_else(|| named(&[OFFSET]))
                .or_else(|| find(&speaks_of_time))
                .or_else(|| find(&is_unit))
                .or_else(dated)
                .or(frames);
            (found.or_else(|| (columns.len() > 1).then_some(0)), found.is_some())
        };
        let Some(at) = column else {
            let unit = Abscissa::Frames;
            notes.push("It has one column: a value for each frame, from frame 0 on.".to_owned());
            return Ok(Self { column, of_day: None, counts_frames: None, unit, notes });
        };
        let title = &columns[at].title;
        if !is_found && has_names {
            notes.push(format!("No column is named time: the first, '{}', is taken for it.", title.name));
        }
        let is_dated = columns[at].begins_with(Exact::is_time);
        let unit = match options.unit {
            Some(unit) => unit,
            None if is_dated => Abscissa::Time(TimeUnit::Second),
            None => titled(&title.name, title.unit.as_deref()).unwrap_or_else(|| {
                notes.push("No unit of time is named: seconds are assumed.".to_owned());
                Abscissa::Time(TimeUnit::Second)
            }),
        };
        let is_clock = |i: &usize| columns[*i].begins_with(|exact| matches!(exact, Exact::Clock(_)));
        let of_days = columns[at].begins_with(|exact| matches!(exact, Exact::Day(_)));
        let of_day = (of_days && at + 1 < columns.len()).then_some(at + 1).filter(is_clock);
        Ok(Self { column, of_day, counts_frames: frames, unit, notes })
    }

    /// Whether a column is no column of values.
    pub(super) fn uses(&self, column: usize) -> bool {
        [self.column, self.of_day, self.counts_frames].contains(&Some(column))
    }

    /// Name of the column.
    pub(super) fn name(&self, table: &RawTable) -> String {
        self.column.map_or_else(String::new, |at| table.columns[at].title.name.clone())
    }

    /// The times of the rows that have one, in [`unit`](Self::unit), with the numbers of the rows.
    pub(super) fn rows(&self, table: &RawTable) -> Vec<(f64, usize)> {
        let Some(at) = self.column else {
            return (0..table.rows).map(|row| (row as f64, row)).collect();
        };
        let column = &table.columns[at];
        let unit = match self.unit {
            Abscissa::Frames => {
                let times = (0..table.rows).map(|row| (column.value(row), row));
                return times.filter(|(time, _)| time.is_finite()).collect();
            }
            Abscissa::Time(unit) => unit.picoseconds(),
        };
        let moment = |row: usize| -> Option<i128> {
            match column.exact(row) {
                Some(Exact::Integer(n)) => n.checked_mul(unit),
                Some(Exact::Day(day)) => match self.of_day {
                    None => Some(day),
                    Some(clock) => match table.columns[clock].exact(row)? {
                        Exact::Clock(clock) => Some(day + clock),
                        _ => None,
                    },
                },
                Some(Exact::Date(time) | Exact::Clock(time)) => Some(time),
                // The shortest text of a number is the one that was typed, so that decimals are exact.
                None => {
                    let number = column.numbers[row];
                    let number = if number.abs() < NOTHING { 0.0 } else { number };
                    Moment::parse(&number.to_string(), unit, false).map(|m| m.picoseconds)
                }
            }
        };
        let times: Vec<(i128, usize)> = (0..table.rows).filter_map(|row| Some((moment(row)?, row))).collect();
        // Dates count from the first one.
        let base = times.iter().map(|(time, _)| *time).min().filter(|time| *time >= DATE).unwrap_or(0);
        times.into_iter().map(|(time, row)| ((time - base) as f64 / unit as f64, row)).collect()
    }

    /// Why a table has no curve.
    pub(super) fn no_value(&self, table: &RawTable, without_times: bool) -> String {
        let name = |i: usize| {
            let name = &table.columns[i].title.name;
            if name.is_empty() { format!("column {}", i + 1) } else { format!("'{name}'") }
        };
        match self.column {
            Some(at) if without_times => {
                format!("no row has a time in {}: a number or a date is expected", name(at))
            }
            Some(at) => format!(
                "it has no value beside the times in {}: a second column with numbers is expected",
                name(at)
            ),
            None => "it holds no value: a table of times and values is expected".to_owned(),
        }
    }
}

/// The column that a person names.
fn chosen(table: &RawTable, name: &str) -> Result<usize, String> {
    let names = || table.columns.iter().map(|column| column.title.name.as_str());
    let by_number =
        || name.parse().ok().filter(|n| (1..=table.columns.len()).contains(n)).map(|n: usize| n - 1);
    let exact = names().position(|found| found == name);
    let similar = || names().position(|found| found.to_lowercase() == name.to_lowercase());
    exact.or_else(similar).or_else(by_number).ok_or_else(|| {
        let found: Vec<String> = names().map(|name| format!("'{name}'")).take(20).collect();
        format!("there is no column '{name}' for the times: it has {}", found.join(", "))
    })
}

/// What a title says that its column counts.
fn titled(name: &str, unit: Option<&str>) -> Option<Abscissa> {
    if let Some(unit) = unit.and_then(TimeUnit::of_word) {
        return Some(Abscissa::Time(unit));
    }
    let last = words(name).skip(1).last();
    if let Some(unit) = last.as_deref().or((name.len() > 1).then_some(name)).and_then(TimeUnit::of_word) {
        return Some(Abscissa::Time(unit));
    }
    match words(name).next()?.as_str() {
        first if FRAMES.contains(&first) => Some(Abscissa::Frames),
        OFFSET => Some(Abscissa::Time(TimeUnit::Millisecond)),
        _ => None,
    }
}

/// What is said of rows without a time.
pub(super) fn without_time(table: &RawTable, rows: &[(f64, usize)], without: usize) -> String {
    let is_without = |row: &usize| rows.get(*row).is_none_or(|(_, with)| with != row);
    let first = (0..table.rows).find(is_without).unwrap_or(0);
    let has = if without == 1 { "row has" } else { "rows have" };
    format!(
        "{without} {has} no time and {} passed over, the first in {}.",
        if without == 1 { "is" } else { "are" },
        table.place(first)
    )
}
