//! Random matrices in many dialects.

use proptest::prelude::*;

use super::read;

/// How a program may write a matrix.
#[derive(Clone, Debug)]
struct Dialect {
    /// Whether nothing stands where a value is missing, not `NaN`.
    empty: bool,
    delimiter: &'static str,
    comma: bool,
    end: &'static str,
    trailing: bool,
    header: bool,
    quotes: bool,
    exponent: bool,
    utf16: bool,
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let delimiter = prop::sample::select(vec!["\t", ";", ",", " ", "   ", "; ", " \t "]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (delimiter, end, any::<[bool; 7]>()).prop_map(
        |(delimiter, end, [comma, trailing, header, quotes, exponent, utf16, empty])| {
            let parts = delimiter.trim().len() == 1 || delimiter == "\t";
            Dialect {
                empty: empty && parts,
                delimiter,
                // A comma is no decimal mark beside itself.
                comma: comma && delimiter != ",",
                end,
                trailing: trailing && parts,
                header,
                quotes,
                exponent,
                utf16,
            }
        },
    )
}

fn written(rows: &[Vec<f64>], dialect: &Dialect) -> Vec<u8> {
    let cell = |value: &f64| {
        let text = match value {
            v if v.is_nan() => if dialect.empty { "" } else { "NaN" }.to_owned(),
            v if dialect.exponent => format!("{v:E}"),
            v => format!("{v}"),
        };
        let text = if dialect.comma { text.replace('.', ",") } else { text };
        if dialect.quotes { format!("\"{text}\"") } else { text }
    };
    let mut text = if dialect.header { format!("Made by a test{}", dialect.end) } else { String::new() };
    for row in rows {
        text += &row.iter().map(cell).collect::<Vec<_>>().join(dialect.delimiter);
        text += if dialect.trailing { dialect.delimiter.trim_end_matches(' ') } else { "" };
        text += dialect.end;
    }
    if dialect.utf16 {
        return [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    }
    text.into_bytes()
}

fn cells() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-300_i32..70_000).prop_map(f64::from),
        any::<i32>().prop_map(|v| f64::from(v) / 1000.0),
        prop::num::f64::NORMAL.prop_filter("no integer that is written in full", |v| v.abs() < 1e15),
        Just(f64::NAN),
    ]
}

/// Rows of random values, of which whole rows and columns at the edges may be missing.
fn matrices() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let rows = |(h, w)| prop::collection::vec(prop::collection::vec(cells(), w), h);
    let edge = || prop::sample::select(vec![0, 0, 0, 1, 2]);
    ((2..7_usize, 2..7_usize).prop_flat_map(rows), [edge(), edge(), edge(), edge()]).prop_map(
        |(mut rows, [top, bottom, left, right])| {
            let (height, width) = (rows.len(), rows[0].len());
            for (y, row) in rows.iter_mut().enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    if y < top || y + bottom >= height || x < left || x + right >= width {
                        *value = f64::NAN;
                    }
                }
            }
            rows
        },
    )
}

/// Whether first row and column look like coordinates, with nothing in the corner.
fn has_coordinates(rows: &[Vec<f64>], dialect: &Dialect) -> bool {
    let rises = |values: &[f64]| values.windows(2).all(|pair| pair[0] < pair[1]);
    let first: Vec<f64> = rows.iter().map(|row| row[0]).collect();
    dialect.empty && first[0].is_nan() && rises(&first[1..]) && rises(&rows[0][1..])
}

/// Cells of a line that are read: of those that are written all, but for one at the end, where nothing stands in all lines
/// and something in every other column.
fn columns(rows: &[Vec<f64>], dialect: &Dialect) -> usize {
    let is_empty = |x: usize| dialect.empty && rows.iter().all(|row| row[x].is_nan());
    let (width, trailing) = (rows[0].len(), usize::from(dialect.trailing));
    let empty = (0..width).filter(|x| is_empty(*x)).count() + trailing;
    let is_last = dialect.trailing || (is_empty(width - 1) && !dialect.quotes);
    width + trailing - usize::from(empty == 1 && is_last)
}

/// Whether all decimals might be thousands.
fn is_ambiguous(rows: &[Vec<f64>], dialect: &Dialect) -> bool {
    let numbers = || rows.iter().flatten().filter(|v| !v.is_nan());
    let has_three = |v: &f64| format!("{v}").split_once('.').is_none_or(|(_, decimals)| decimals.len() == 3);
    dialect.comma && !dialect.exponent && dialect.delimiter.trim() != ";" && numbers().all(has_three)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read(rows in matrices(), dialect in dialects()) {
        // Without a number there is no matrix; if a mark stands for it, there is.
        prop_assume!(rows.iter().flatten().any(|v| !v.is_nan()));
        prop_assume!(!is_ambiguous(&rows, &dialect) && !has_coordinates(&rows, &dialect));
        let found = read(written(&rows, &dialect)).map_err(TestCaseError::fail)?;
        let columns = columns(&rows, &dialect);
        prop_assert_eq!(found.size, (rows.len(), columns), "{}", found.notes);
        for (found, row) in found.values.chunks(columns).zip(&rows) {
            let row = row.iter().copied().chain([f64::NAN]);
            for (found, expected) in found.iter().zip(row) {
                prop_assert!(*found == expected || (found.is_nan() && expected.is_nan()), "{} {}", found, expected);
            }
        }
    }
}
