//! A table as it is read, before it is known which column holds the times.

use crate::times::moment::Moment;

/// A table of numbers, dates and gaps.
#[derive(Debug, Default)]
pub(super) struct RawTable {
    pub(super) rows: usize,
    /// Each has a cell for every row.
    pub(super) columns: Vec<RawColumn>,
    /// The line of each row, where rows are lines.
    pub(super) lines: Vec<usize>,
    pub(super) notes: Vec<String>,
}

/// One column.
#[derive(Debug, Default)]
pub(super) struct RawColumn {
    pub(super) title: Title,
    /// NaN where there is none.
    pub(super) numbers: Vec<f64>,
    /// What numbers of f64 do not hold, with their rows, which rise.
    exact: Vec<(usize, Exact)>,
    /// The first cell with words that are neither, with its row.
    pub(super) first_word: Option<(usize, String)>,
}

/// A cell that is no number of f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exact {
    /// Picoseconds since 1970.
    Date(i128),
    /// Picoseconds since 1970 of the midnight with which a day begins.
    Day(i128),
    /// Picoseconds of a clock.
    Clock(i128),
    /// An integer beyond 2⁵³.
    Integer(i128),
}

impl Exact {
    /// A date, a day or a clock.
    pub(super) fn time(text: &str) -> Option<Self> {
        if let Some(day) = Moment::parse_day(text) {
            return Some(Self::Day(day.picoseconds));
        }
        // Numbers are read elsewhere.
        let moment = Moment::parse(text, 1, true).filter(|_| text.contains(':'))?;
        Some(if moment.is_date { Self::Date(moment.picoseconds) } else { Self::Clock(moment.picoseconds) })
    }

    pub(super) fn is_time(self) -> bool {
        !matches!(self, Self::Integer(_))
    }
}

impl RawColumn {
    pub(super) fn new(title: Title) -> Self {
        Self { title, ..Self::default() }
    }

    pub(super) fn push(&mut self, number: f64) {
        self.numbers.push(number);
    }

    pub(super) fn push_exact(&mut self, exact: Exact) {
        self.exact.push((self.numbers.len(), exact));
        self.numbers.push(f64::NAN);
    }

    /// Words, which hold no value.
    pub(super) fn push_words(&mut self, words: &str) {
        if self.first_word.is_none() {
            self.first_word = Some((self.numbers.len(), words.to_owned()));
        }
        self.numbers.push(f64::NAN);
    }

    pub(super) fn begins_with_words(&self) -> bool {
        self.first_word.as_ref().is_some_and(|(row, _)| *row == 0)
    }

    /// Makes the words of the first row the title.
    pub(super) fn take_title(&mut self) {
        if let Some((0, words)) = self.first_word.take() {
            self.title = Title::of(&words);
            self.numbers.remove(0);
            self.exact.iter_mut().for_each(|(row, _)| *row -= 1);
        }
    }

    /// Missing cells up to so many rows.
    pub(super) fn fill(&mut self, rows: usize) {
        self.numbers.resize(rows, f64::NAN);
    }

    /// What numbers of f64 do not hold.
    pub(super) fn exact(&self, row: usize) -> Option<Exact> {
        let at = self.exact.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(self.exact[at].1)
    }

    /// The value of a cell, NaN where it has none.
    pub(super) fn value(&self, row: usize) -> f64 {
        match self.exact(row) {
            Some(Exact::Integer(n)) => n as f64,
            _ => self.numbers[row],
        }
    }

    pub(super) fn has_value(&self) -> bool {
        self.rounded() > 0 || self.numbers.iter().any(|v| !v.is_nan())
    }

    /// Integers that are rounded where they are values.
    pub(super) fn rounded(&self) -> usize {
        self.exact.iter().filter(|(_, exact)| !exact.is_time()).count()
    }

    /// Whether the first cell that is not missing is of such a kind.
    pub(super) fn begins_with(&self, is: impl Fn(Exact) -> bool) -> bool {
        let first_number = self.numbers.iter().position(|v| !v.is_nan()).unwrap_or(usize::MAX);
        self.exact.first().is_some_and(|(row, exact)| *row < first_number && is(*exact))
    }
}

/// Most cells, missing ones among them: a short row may stand for many.
const MOST_CELLS: usize = 1 << 25;
/// Most columns.
pub(super) const MOST_COLUMNS: usize = 1 << 12;

impl RawTable {
    /// Ends a row; what is not there is missing.
    ///
    /// # Errors
    /// If the table is too large.
    pub(super) fn end_row(&mut self) -> Result<(), String> {
        self.rows += 1;
        let cells = self.rows * self.columns.len();
        if cells > MOST_CELLS {
            return Err(format!(
                "it has more than {MOST_CELLS} cells, most of them empty: is it a table of times and values?"
            ));
        }
        let rows = self.rows;
        self.columns.iter_mut().for_each(|column| column.fill(rows));
        Ok(())
    }

    /// Where a row stands, for messages.
    pub(super) fn place(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("line {line}"),
            None => format!("entry {row}"),
        }
    }
}

/// What stands above a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) name: String,
    pub(super) unit: Option<String>,
}

impl Title {
    /// Reads `U`, `U (V)`, `U [V]`, `U / V`.
    pub(super) fn of(text: &str) -> Self {
        const MOST: usize = 80;
        let clean = |text: &str| {
            let text: String =
                text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let text = text.trim();
        let bracketed = [('(', ')'), ('[', ']')].into_iter().find_map(|(open, close)| {
            let (name, unit) = text.strip_suffix(close)?.rsplit_once(open)?;
            Some((name, unit))
        });
        let (name, unit) = bracketed.or_else(|| text.rsplit_once(" / ")).unwrap_or((text, ""));
        let unit = clean(unit);
        Self { name: clean(name), unit: (!unit.is_empty()).then_some(unit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_have_names_and_units() {
        for (text, name, unit) in [
            ("U", "U", None),
            (" U (V) ", "U", Some("V")),
            ("p[mbar]", "p", Some("mbar")),
            ("t / µs", "t", Some("µs")),
            ("n (in) / cm", "n (in)", Some("cm")),
            ("a/b", "a/b", None),
            ("()", "", None),
            ("two\twords", "two words", None),
        ] {
            assert_eq!(Title::of(text), Title { name: name.into(), unit: unit.map(str::to_owned) }, "{text}");
        }
    }

    #[test]
    fn dates_days_and_clocks_are_told_apart() {
        let second = 1_000_000_000_000;
        assert_eq!(Exact::time("1970-01-02"), Some(Exact::Day(86_400 * second)));
        assert_eq!(Exact::time("0:00:01"), Some(Exact::Clock(second)));
        assert_eq!(Exact::time("1970-01-01T00:00:01"), Some(Exact::Date(second)));
        assert_eq!([Exact::time("12"), Exact::time("a:b"), Exact::time("")], [None; 3]);
    }
}
