//! The matrix of a text: its values, and what is said of how they were found.

use std::fmt::Write as _;

use super::axes::Axes;
use super::cell::{COMMA, Cell, EXPONENT, Marks, POINT};
use super::layout::{Layout, most_frequent};
use super::text::{self, Cells, Content, Delimiter, Line, Lines, quoted};
use super::thousands;
use super::values::Values;

/// The values of a text, row after row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    values: Vec<f64>,
    /// Cells of a line, and the first that belongs to the picture.
    stride: usize,
    left: usize,
    pub(super) kinds: Values,
    /// Whether the last line has an end.
    pub(super) is_ended: bool,
    /// Full sentences for people, without the cells that are missing.
    pub(super) notes: Vec<String>,
}

/// What is gathered while lines are read.
#[derive(Default)]
struct Seen {
    rows: usize,
    /// Cells of each column in which nothing stands; none of columns in which something does.
    empty: Vec<usize>,
    /// Whether a line of all cells ends with the last of them, not with what parts it from the next.
    ends_with_cell: bool,
    /// The first line that ends one cell early, which is none too few where the last column is no column.
    short: Option<(usize, usize)>,
    marks: Marks,
    /// Whether nothing stands in the first cell of the first line.
    begins_empty: bool,
    /// Whether nothing stands in the last cell of the last line.
    ends_empty: bool,
    comments: usize,
    gaps: usize,
}

impl Matrix {
    /// Reads a text whose cells take at most `limit` bytes as doubles.
    ///
    /// # Errors
    /// Why it is no matrix, with the line.
    pub(super) fn read(bytes: &[u8], limit: u64) -> Result<Self, String> {
        let text = text::of(bytes)?;
        let layout = Layout::of(&text)?;
        let mut seen = Seen::default();
        let mut values = Vec::new();
        let mut is_ended = true;
        let mut has_gap = false;
        for line in Lines::from(&text, layout.at, layout.line) {
            let content = match layout.content(&line) {
                Content::Cells(content) => content,
                Content::Comment => {
                    seen.comments += 1;
                    continue;
                }
                Content::Blank => {
                    has_gap = true;
                    continue;
                }
            };
            seen.gaps += usize::from(has_gap);
            has_gap = false;
            is_ended = line.has_end;
            let bytes = size_of::<f64>() as u64 * (values.len() + layout.columns) as u64;
            if bytes > limit {
                return Err(format!(
                    "line {}: its cells up to there take {bytes} bytes as numbers of 64 bits, more than the limit of \
                     {limit} bytes per frame; a larger --max-ram allows more",
                    line.number
                ));
            }
            seen.row(&text, &layout, line, content, &mut values)?;
        }
        let columns = layout.columns - usize::from(seen.has_ends_alone(&layout));
        if let Some((line, found)) = seen.short.filter(|_| columns == layout.columns) {
            return Err(ragged(&text, &layout, line, found));
        }
        if !is_ended && seen.ends_empty && columns == layout.columns {
            return Err(format!(
                "it breaks off: its last line has no end, and its last cell is empty; {} cells expected (if the text is \
                 whole, end the line)",
                layout.columns
            ));
        }
        let header = &layout.header;
        if let Some(missing) = header.esri.missing {
            values.iter_mut().filter(|v| **v == missing).for_each(|v| *v = f64::NAN);
        }
        let axes = Axes::find(&values, layout.columns, columns, header, seen.begins_empty);
        let (top, left) = (usize::from(axes.has_row), usize::from(axes.has_column));
        let Marks { comma, written, .. } = seen.marks;
        let doubt = |line| thousands::doubt(&text, &layout, line, written, axes.counts());
        if let Some(why) = comma.and_then(doubt) {
            return Err(why);
        }
        values.drain(..top * layout.columns);
        let mut matrix = Self {
            rows: seen.rows - top,
            columns: columns - left,
            values,
            stride: layout.columns,
            left,
            kinds: Values::default(),
            is_ended,
            notes: Vec::new(),
        };
        header.esri.check_size(matrix.rows, matrix.columns, is_ended)?;
        matrix.kinds = Values::of(matrix.rows());
        matrix.kinds.has_decimals = seen.marks.written & (POINT | COMMA | EXPONENT) != 0;
        matrix.notes = matrix.notes(&layout, &seen, &axes);
        Ok(matrix)
    }

    /// Its rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> + Clone {
        self.values.chunks_exact(self.stride).map(|row| &row[self.left..self.left + self.columns])
    }

    fn notes(&self, layout: &Layout, seen: &Seen, axes: &Axes) -> Vec<String> {
        let count =
            |n: usize, one: &str, several: &str| format!("{n} {}", if n == 1 { one } else { several });
        let (rows, columns) = (count(self.rows, "row", "rows"), count(self.columns, "column", "columns"));
        let mut text = format!("Text of {rows} and {columns}");
        if layout.columns > 1 {
            let _ = write!(text, ", separated by {}", layout.delimiter.name());
        }
        if seen.marks.has_commas() {
            text.push_str(", with decimal commas");
        }
        if layout.header.unread > 0 {
            let (lines, first) = (layout.header.unread, &layout.header.first);
            let _ = match lines {
                1 => write!(text, "; a header line is not read ({first})"),
                _ => write!(text, "; {lines} header lines are not read ({first} …)"),
            };
        }
        text.push('.');
        let mut notes = vec![text];
        notes.extend(layout.header.esri.note());
        if self.left + self.columns < layout.columns {
            notes.push(format!(
                "Lines end with what separates cells ({}); nothing stands behind it, and that is no column.",
                layout.delimiter.name()
            ));
        }
        notes.extend(axes.note());
        if seen.comments > 0 {
            let lines = count(seen.comments, "line of comment stands", "lines of comment stand");
            notes.push(format!("{lines} among the rows and not read."));
        }
        if seen.gaps > 0 {
            let gaps = count(seen.gaps, "place", "places");
            notes.push(format!("Blank lines part the rows in {gaps}; they are read as one picture."));
        }
        notes
    }
}

impl Seen {
    /// Reads one line.
    fn row(
        &mut self,
        text: &[u8],
        layout: &Layout,
        line: Line<'_>,
        content: &[u8],
        values: &mut Vec<f64>,
    ) -> Result<(), String> {
        let columns = layout.columns;
        let begin = values.len();
        let (mut found, mut written) = (0, 0);
        let mut cells = Cells::of(content, layout.delimiter);
        while !cells.is_done() {
            if let Some((value, how)) = cells.plain() {
                written |= how;
                found += 1;
                // Cells that are too many are counted, not kept.
                if found > columns {
                    return Err(ragged(text, layout, line.number, found));
                }
                self.ends_empty = false;
                values.push(value);
                continue;
            }
            let Some((cell, what)) = cells.next_cell() else { break };
            found += 1;
            let value = match cell {
                Cell::Number(value, how) => {
                    written |= how;
                    value
                }
                Cell::Missing | Cell::Empty => f64::NAN,
                Cell::Inexact => {
                    return Err(format!(
                        "line {}, cell {found}: {} is a number that no element type here holds exactly; write it with a \
                         decimal point if rounding is acceptable",
                        line.number,
                        quoted(what)
                    ));
                }
                Cell::Words => return Err(no_number(line.number, found, what)),
            };
            self.ends_empty = cell == Cell::Empty;
            self.begins_empty |= self.ends_empty && self.rows == 0 && found == 1;
            // What parts cells may end a line.
            if found == columns + 1 && self.ends_empty {
                continue;
            }
            if found > columns {
                return Err(ragged(text, layout, line.number, found));
            }
            if self.ends_empty {
                self.empty.resize(columns, 0);
                self.empty[found - 1] += 1;
            }
            values.push(value);
        }
        self.rows += 1;
        self.ends_with_cell |=
            found == columns && !content.last().is_some_and(|b| layout.delimiter.parts(*b));
        self.marks.note(line.number, written)?;
        if found + 1 == columns {
            self.short.get_or_insert((line.number, found));
            self.empty.resize(columns, 0);
            self.empty[found] += 1;
            values.push(f64::NAN);
        } else if found < columns {
            return Err(ragged(text, layout, line.number, found));
        }
        debug_assert_eq!(values.len() - begin, columns);
        Ok(())
    }

    /// Whether lines end with what parts cells, and the column behind it is none: nothing stands in it or above it, while
    /// something stands in every other one. Where other columns are empty, too, missing values are written so.
    fn has_ends_alone(&self, layout: &Layout) -> bool {
        let is_empty = |cells: &usize| *cells == self.rows;
        let header = &layout.header;
        matches!(&self.empty[..], [others @ .., last] if is_empty(last) && !others.iter().any(is_empty))
            && !self.ends_with_cell
            && !header.titles.has_last(layout.columns)
            && header.esri.columns != Some(layout.columns as f64)
    }
}

fn no_number(line: usize, cell: usize, what: &[u8]) -> String {
    let has_both = what.contains(&b'.') && what.contains(&b',');
    let has_several = memchr::memchr_iter(b',', what).nth(1).is_some();
    let hint = if has_both || has_several { "; numbers are read without marks of thousands" } else { "" };
    format!(
        "line {line}, cell {cell}: {} found, a number or a mark of a missing value (nan, NA, null, ---, nothing) \
         expected{hint}",
        quoted(what)
    )
}

/// What is wrong with a text in which a line has `found` cells or more and another number is expected. Costs a second
/// look at all lines.
fn ragged(text: &[u8], layout: &Layout, line: usize, found: usize) -> String {
    let lines = Lines::from(text, layout.at, layout.line).filter_map(|line| {
        let Content::Cells(content) = layout.content(&line) else { return None };
        let mut cells = Cells::of(content, layout.delimiter);
        let mut count = 0;
        while cells.text().is_some() {
            count += 1;
        }
        Some((line.number, count))
    });
    let counts: Vec<(usize, usize)> = lines.collect();
    let usual = most_frequent(counts.iter().map(|(_, count)| *count)).unwrap_or(layout.columns);
    let (line, found) = counts.iter().copied().find(|(_, count)| *count != usual).unwrap_or((line, found));
    let is_last = counts.last().is_some_and(|(last, _)| *last == line);
    let cells = |n: usize| if n == 1 { "1 cell".to_owned() } else { format!("{n} cells") };
    if is_last && found < usual {
        return format!(
            "it breaks off: line {line}, its last, has {}, the others have {usual}; is the file cut?",
            cells(found)
        );
    }
    let odd = counts.iter().filter(|(_, count)| *count != usual).count();
    let more = if odd > 1 { format!(" ({odd} of {} lines differ)", counts.len()) } else { String::new() };
    let parted = match layout.delimiter {
        Delimiter::Blanks => "",
        other => &format!(", parted by {}", other.name()),
    };
    format!(
        "line {line} has {}{parted}, {usual} expected as in most lines{more}: mend or remove it",
        cells(found)
    )
}
