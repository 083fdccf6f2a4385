//! Which column of a table holds the times, and what they count.

use blitz_core::{Abscissa, TimeUnit};

use super::raw::{Exact, RawTable, Title};
use super::{SignalOptions, counted};
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
        // What has the unit of something else is no time.
        let may_be = |i: usize| {
            let is_of_time = |unit: &str| unit.parse::<Abscissa>().is_ok();
            columns[i].title.unit.as_deref().is_none_or(is_of_time) || columns[i].begins_with(Exact::is_time)
        };
        let find = |is_one: &dyn Fn(&Title) -> bool| {
            let has_any = |i: usize| columns[i].has_value() || columns[i].begins_with(Exact::is_time);
            (0..columns.len()).find(|&i| may_be(i) && is_one(&columns[i].title) && has_any(i))
        };
        let named = |names: &[&str]| {
            find(&|title| words(&title.name).next().is_some_and(|word| names.contains(&&*word)))
        };
        let has_unit = |title: &Title| titled(&title.name, title.unit.as_deref()).is_some();
        let is_time = |title: &Title| {
            words(&title.name).next().is_some_and(|word| TIMES.contains(&&*word))
                // A capital letter is a temperature.
                && (has_unit(title) || !title.name.starts_with('T') || title.name.len() > 1)
        };
        let speaks_of_time =
            |title: &Title| words(&title.name).any(|word| word.len() > 1 && TIMES.contains(&&*word));
        // There are least values, too.
        let is_unit = |title: &Title| {
            title.name.len() > 1 && title.name != "min" && TimeUnit::of_word(&title.name).is_some()
        };
        let frames = named(&FRAMES);
        let dated = || (0..columns.len()).find(|i| columns[*i].begins_with(Exact::is_time));
        let has_names = columns.iter().any(|column| !column.title.name.is_empty());
        let (column, is_found) = if let Some(name) = &options.time {
            (Some(chosen(table, name)?), true)
        } else {
            let sure = find(&is_time).or_else(|| named(&[OFFSET])).or(frames);
            let likely = || {
                find(&|title| speaks_of_time(title) && has_unit(title))
                    .or_else(|| find(&is_unit))
                    .or_else(dated)
                    .or_else(|| find(&speaks_of_time))
            };
            let found = sure.or_else(likely);
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
        let is_day = |i: &usize| columns[*i].begins_with(|exact| matches!(exact, Exact::Day(_)));
        // The day may stand before its clock or behind it.
        let beside =
            || [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter(|i| *i < columns.len());
        let (column, of_day) = if is_day(&at) {
            (at, beside().find(is_clock))
        } else if let Some(day) = beside().find(is_day).filter(|_| is_clock(&at)) {
            (day, Some(at))
        } else {
            (at, None)
        };
        Ok(Self { column: Some(column), of_day, counts_frames: frames, unit, notes })
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
    /// A clock that falls by more than half a day has passed midnight.
    pub(super) fn rows(&self, table: &RawTable, notes: &mut Vec<String>) -> Vec<(f64, usize)> {
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
        let mut times: Vec<(i128, usize)> =
            (0..table.rows).filter_map(|row| Some((moment(row)?, row))).collect();
        if self.of_day.is_none() && column.begins_with(|exact| matches!(exact, Exact::Clock(_))) {
            let passed = pass_midnights(&mut times);
            if passed > 0 {
                let midnights = counted(passed, "midnight", "midnights");
                notes.push(format!("The clock passes {midnights}; the rows behind are on the next day."));
            }
        }
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

/// Adds the days that lie between rows of clocks; says how many.
fn pass_midnights(times: &mut [(i128, usize)]) -> usize {
    let day = TimeUnit::Day.picoseconds();
    let (mut passed, mut last) = (0, i128::MIN);
    for (time, _) in times {
        passed += usize::from(*time < last.saturating_sub(day / 2));
        last = *time;
        *time += passed as i128 * day;
    }
    passed
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
