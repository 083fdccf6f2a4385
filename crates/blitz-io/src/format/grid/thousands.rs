//! Whether commas are decimal marks, or part thousands.

use super::cell::{COMMA, Cell, EXPONENT, NO_THOUSANDS, QUOTED_COMMA, WHOLE};
use super::layout::Layout;
use super::text::{Cells, Content, Delimiter, Lines};

/// What stands in a column.
#[derive(Clone, Copy, Default)]
struct Column {
    has_comma: bool,
    /// The largest number without a comma, without its sign.
    whole: f64,
}

/// Why the commas of a text, the first of which stands in `line`, tell nothing; `None` where they are decimal marks.
///
/// Every one that stands visibly as one decides for all: not before exactly three digits, behind a zero or behind more than
/// three digits; and so does a number of four digits or more without a comma. Else they are in doubt where they stand in
/// quotes, as spreadsheets write thousands, and where numbers with a comma and others stand in one column: decimals are
/// mostly written with as many digits. Semicolons are written to keep decimal commas apart.
///
/// `written`: how all numbers are written. `counts`: whether the first column counts rows, which tells nothing. Costs a
/// second look at all lines, but only where the commas have told nothing by themselves.
pub(crate) fn doubt(text: &[u8], layout: &Layout, line: usize, written: u8, counts: bool) -> Option<String> {
    let is_quoted = written & QUOTED_COMMA != 0;
    let is_plain = written & (NO_THOUSANDS | EXPONENT) != 0 || layout.delimiter == Delimiter::Semicolon;
    if is_plain || !(is_quoted || written & WHOLE != 0) {
        return None;
    }
    let mut columns = vec![Column::default(); layout.columns];
    for line in Lines::from(text, layout.at, layout.line) {
        let Content::Cells(content) = layout.content(&line) else { continue };
        let mut cells = Cells::of(content, layout.delimiter);
        for column in &mut columns {
            match cells.next_cell() {
                Some((Cell::Number(_, how), _)) if how & COMMA != 0 => column.has_comma = true,
                Some((Cell::Number(value, how), _)) if how & WHOLE != 0 => {
                    column.whole = column.whole.max(value.abs());
                }
                Some(_) => {}
                None => break,
            }
        }
    }
    let columns = &columns[usize::from(counts)..];
    let is_decimal = columns.iter().any(|column| column.whole >= 1000.0);
    // Pixels without a value may be a plain 0.
    let is_mixed = |column: &Column| column.has_comma && column.whole > 0.0;
    (!is_decimal && (is_quoted || columns.iter().any(is_mixed))).then(|| {
        format!(
            "line {line}: its comma may be a decimal mark or a mark of thousands, as there and in all other numbers with a \
             comma exactly three digits follow; write numbers without marks of thousands, and decimals with a point"
        )
    })
}
