//! Signals in JSON: an array of objects, an object of arrays, or an array of pairs, rows or numbers.
//!
//! Numbers go into columns as they are read: a tree of values would take many times the file's bytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::raw::{Exact, MOST_COLUMNS, RawColumn, RawTable, Title};
use crate::format::grid::cell::{self, Cell as Word};

/// Most bytes of JSON: a number takes more memory than its fewest bytes.
const MOST_BYTES: usize = 1 << 26;

/// Reads a text that begins with a bracket.
pub(super) fn read(text: &[u8]) -> Result<RawTable, String> {
    if text.len() > MOST_BYTES {
        return Err(format!(
            "it has {} bytes of JSON, {MOST_BYTES} at most are read: write it as .csv",
            text.len()
        ));
    }
    let text = with_names_for_odd_numbers(&String::from_utf8_lossy(text));
    let part: Part = serde_json::from_str(&text).map_err(|error| format!("it is no JSON: {error}"))?;
    let table = part.table()?;
    let rows = table.rows;
    let has_number =
        table.columns.iter().any(|column| column.has_value() || column.begins_with(Exact::is_time));
    if rows == 0 || !has_number {
        return Err("it holds no number: an array of objects, an object of arrays, or an array of pairs of time and value \
                    is expected"
            .to_owned());
    }
    Ok(table)
}

/// Python writes `NaN` and `Infinity`, which are no JSON: they become `null` and words for numbers without end.
fn with_names_for_odd_numbers(text: &str) -> String {
    const ODD: [(&str, &str); 3] = [("-Infinity", "\"-inf\""), ("Infinity", "\"inf\""), ("NaN", "null")];
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut in_string) = (text, false);
    while let Some(at) = rest.find(['"', '\\', 'N', 'I', '-']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = ODD.iter().find(|(odd, _)| !in_string && rest.starts_with(odd));
        let length = if let Some((odd, name)) = found {
            out.push_str(name);
            odd.len()
        } else {
            in_string ^= rest.starts_with('"');
            // What stands behind a backslash ends no string.
            let skipped = if rest.starts_with('\\') { 2 } else { 1 };
            let length = rest.char_indices().nth(skipped).map_or(rest.len(), |(at, _)| at);
            out.push_str(&rest[..length]);
            length
        };
        rest = &rest[length..];
    }
    out + rest
}

/// A value that holds one number, or none.
enum Scalar {
    Number(f64),
    Exact(Exact),
    Missing,
    Words(String),
}

impl Scalar {
    fn of_text(text: &str) -> Self {
        match cell::read(text.trim().as_bytes(), false) {
            Word::Number(number, _) => Self::Number(number),
            Word::Missing | Word::Empty => Self::Missing,
            Word::Inexact => {
                text.trim().parse().map_or_else(|_| Self::words(text), |n| Self::Exact(Exact::Integer(n)))
            }
            Word::Words => Exact::time(text.trim()).map_or_else(|| Self::words(text), Self::Exact),
        }
    }

    fn of_integer(value: i128) -> Self {
        const EXACT: i128 = 1 << 53;
        if value.abs() <= EXACT { Self::Number(value as f64) } else { Self::Exact(Exact::Integer(value)) }
    }

    fn words(text: &str) -> Self {
        Self::Words(text.to_owned())
    }

    fn push_to(self, column: &mut RawColumn) {
        match self {
            Self::Number(number) => column.push(number),
            Self::Exact(exact) => column.push_exact(exact),
            Self::Missing => column.push(f64::NAN),
            Self::Words(words) => column.push_words(&words),
        }
    }
}

/// Any value of JSON, as far as it matters.
enum Part {
    Scalar,
    /// An array: rows of one number, or of several.
    Rows(Rows),
    /// An object.
    Named(Vec<(String, Part)>),
}

/// What an array holds.
#[derive(Default)]
struct Rows {
    table: RawTable,
    /// Whether rows are more than one number.
    has_columns: bool,
    /// Whether these have names.
    has_names: bool,
}

impl Rows {
    /// The column of a name; a new one is missing in the rows before.
    fn column(&mut self, name: &str, hint: usize) -> Result<&mut RawColumn, String> {
        let title = Title::of(name);
        let columns = &mut self.table.columns;
        // Objects of one array have their keys in the same order.
        let is_there = columns.get(hint).is_some_and(|column| column.title == title);
        let at = if is_there { Some(hint) } else { columns.iter().position(|column| column.title == title) };
        let at = match at {
            Some(at) => at,
            None if columns.len() < MOST_COLUMNS => {
                let mut column = RawColumn::new(title);
                column.fill(self.table.rows);
                columns.push(column);
                columns.len() - 1
            }
            None => return Err(format!("more than {MOST_COLUMNS} names found")),
        };
        Ok(&mut columns[at])
    }

    /// A row of numbers without names.
    fn push(&mut self, row: Vec<Scalar>) -> Result<(), String> {
        if row.len() > MOST_COLUMNS {
            return Err(format!("entry {} has more than {MOST_COLUMNS} values", self.table.rows));
        }
        let table = &mut self.table;
        while table.columns.len() < row.len() {
            let mut column = RawColumn::default();
            column.fill(table.rows);
            table.columns.push(column);
        }
        for (column, scalar) in table.columns.iter_mut().zip(row) {
            scalar.push_to(column);
        }
        self.table.end_row()
    }

    /// Names that stand in the first row.
    fn take_titles(&mut self) {
        let table = &mut self.table;
        let are_titles = table.rows > 1 && table.columns.iter().all(RawColumn::begins_with_words);
        if are_titles {
            table.columns.iter_mut().for_each(RawColumn::take_title);
            table.rows -= 1;
        }
    }
}

impl Part {
    fn table(self) -> Result<RawTable, String> {
        match self {
            Self::Scalar => Err("it holds a single value, a table is expected".to_owned()),
            Self::Rows(mut rows) => {
                if rows.has_columns && !rows.has_names {
                    rows.take_titles();
                }
                Ok(rows.table)
            }
            Self::Named(parts) => {
                let is_table =
                    |part: &Self| matches!(part, Self::Rows(rows) if rows.has_columns && rows.table.rows > 0);
                if let Some(at) = parts.iter().position(|(_, part)| is_table(part)) {
                    let passed: Vec<String> = parts
                        .iter()
                        .enumerate()
                        .filter(|(i, (_, part))| *i != at && !matches!(part, Self::Scalar))
                        .map(|(_, (name, _))| format!("'{name}'"))
                        .collect();
                    let (name, part) = parts.into_iter().nth(at).ok_or("no array")?;
                    let mut table = part.table()?;
                    if !passed.is_empty() {
                        table.notes.push(format!("'{name}' is read; {} are passed over.", passed.join(", ")));
                    }
                    return Ok(table);
                }
                let is_column = |part: &Self| matches!(part, Self::Rows(rows) if !rows.has_columns && rows.table.rows > 0);
                if !parts.iter().any(|(_, part)| is_column(part)) {
                    let is_nested = |part: &Self| !matches!(part, Self::Scalar);
                    return match parts.into_iter().find(|(_, part)| is_nested(part)) {
                        Some((_, part)) => part.table(),
                        None => {
                            Err("it is an object without an array; arrays of times and values are expected"
                                .to_owned())
                        }
                    };
                }
                let mut table = RawTable::default();
                let mut first: Option<String> = None;
                for (name, part) in parts {
                    let Self::Rows(Rows { table: mut column, has_columns: false, .. }) = part else {
                        continue;
                    };
                    let Some(mut raw) = column.columns.pop() else { continue };
                    if let Some(first) = &first
                        && column.rows != table.rows
                    {
                        return Err(format!(
                            "'{name}' has {} values, {} expected, as many as '{first}'",
                            column.rows, table.rows
                        ));
                    }
                    table.rows = column.rows;
                    raw.title = Title::of(&name);
                    table.columns.push(raw);
                    first.get_or_insert(name);
                }
                Ok(table)
            }
        }
    }
}

/// What visitors make of values that are no arrays and no objects.
macro_rules! scalars {
    ($made:expr) => {
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok($made(Scalar::Number(f64::from(u8::from(value)))))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok($made(Scalar::of_integer(value.into())))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok($made(Scalar::of_integer(value.into())))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok($made(Scalar::Number(value)))
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok($made(Scalar::of_text(value)))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($made(Scalar::Missing))
        }
    };
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of times and values")
    }

    scalars!(|_| Part::Scalar);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Part, A::Error> {
        let mut rows = Rows::default();
        while let Some(row) = seq.next_element::<Row>()? {
            match row {
                Row::Scalar(scalar) => rows.push(vec![scalar]),
                Row::List(list) => {
                    rows.has_columns = true;
                    rows.push(list)
                }
                Row::Named(named) => {
                    (rows.has_columns, rows.has_names) = (true, true);
                    named
                        .into_iter()
                        .enumerate()
                        .try_for_each(|(i, (name, scalar))| {
                            let row = rows.table.rows;
                            let column = rows.column(&name, i)?;
                            // A name that stands twice in one object has its first value.
                            if column.numbers.len() == row {
                                scalar.push_to(column);
                            }
                            Ok(())
                        })
                        .and_then(|()| rows.table.end_row())
                }
            }
            .map_err(A::Error::custom)?;
        }
        Ok(Part::Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut parts = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            parts.push((name, map.next_value()?));
        }
        Ok(Part::Named(parts))
    }
}

/// An element of an array.
enum Row {
    Scalar(Scalar),
    List(Vec<Scalar>),
    Named(Vec<(String, Scalar)>),
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a pair or a number")
    }

    scalars!(Row::Scalar);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row, A::Error> {
        let mut list = Vec::new();
        while let Some(scalar) = seq.next_element()? {
            list.push(scalar);
        }
        Ok(Row::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut named = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            named.push((name, map.next_value()?));
        }
        Ok(Row::Named(named))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    scalars!(std::convert::identity);

    /// What is nested holds no single value.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Words("an array".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Words("an object".to_owned()))
    }
}
