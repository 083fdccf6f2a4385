//! The bytes of a text, and its lines and cells.

use std::borrow::Cow;

use super::cell::{self, COMMA, Cell, QUOTED_COMMA};

/// What reads files that are no text.
const RAW: &str = "raw binary is read where its size and type are given: blitz --raw 640x480:u16le FILE";

/// The text of a file: UTF-8 or another code that agrees with ASCII as it is, UTF-16 turned into UTF-8.
///
/// # Errors
/// If it is none.
pub(crate) fn of(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    /// Bytes in which something that is no text shows.
    const LOOKED_AT: usize = 1 << 13;
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => Cow::Borrowed(rest),
    };
    // What a text holds besides letters: tab, the ends of lines and pages, and DOS's end of file.
    let is_odd = |b: &u8| *b == 0x7f || (*b < b' ' && !matches!(*b, b'\t'..=b'\r' | 0x1a | 0x1b));
    if let Some(at) = text.iter().take(LOOKED_AT).position(is_odd) {
        return Err(format!("it is no text: the byte {:02x} stands at {at}; {RAW}", text[at]));
    }
    Ok(text)
}

/// What is said of a text without a matrix: bytes that are no text are not always seen as such.
pub(crate) fn hint(text: &[u8]) -> String {
    if text.is_ascii() { String::new() } else { format!(" ({RAW})") }
}

/// A line without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// From 1 on.
    pub(crate) number: usize,
    /// Its first byte in the text.
    pub(crate) at: usize,
    pub(crate) text: &'a [u8],
    /// Whether the text goes on behind it, be it with an end of line alone.
    pub(crate) has_end: bool,
}

/// The lines of a text, ended by `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, number: 0 }
    }

    /// From the line on that is the `number`-th and begins at byte `at`.
    pub(crate) fn from(text: &'a [u8], at: usize, number: usize) -> Self {
        Self { text, at, number: number - 1 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr2(b'\n', b'\r', rest);
        let length = end.unwrap_or(rest.len());
        let at = self.at;
        self.number += 1;
        let is_pair = rest.get(length..).is_some_and(|end| end.starts_with(b"\r\n"));
        self.at += length + 1 + usize::from(is_pair);
        Some(Line { number: self.number, at, text: &rest[..length], has_end: end.is_some() })
    }
}

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Tab,
    Semicolon,
    Comma,
    /// Any number of blanks and tabs.
    Blanks,
}

impl Delimiter {
    /// In the order in which they are preferred where a text can be read in several ways.
    pub(crate) const ALL: [Self; 4] = [Self::Tab, Self::Semicolon, Self::Comma, Self::Blanks];

    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tab => "tabs",
            Self::Semicolon => "semicolons",
            Self::Comma => "commas",
            Self::Blanks => "blanks",
        }
    }

    /// Whether a comma may be a decimal mark.
    pub(crate) fn allows_comma(self) -> bool {
        self != Self::Comma
    }

    /// Whether a byte parts cells.
    pub(crate) fn parts(self, byte: u8) -> bool {
        match self {
            Self::Tab => byte == b'\t',
            Self::Semicolon => byte == b';',
            Self::Comma => byte == b',',
            Self::Blanks => is_blank(byte),
        }
    }

    /// Whether a byte may stand around a cell without a meaning.
    pub(crate) fn pads(self, byte: u8) -> bool {
        is_blank(byte) && !(self == Self::Tab && byte == b'\t')
    }

    /// A line without the blanks around it and without its comment. Tabs alone are cells where they part them.
    pub(crate) fn content(self, line: &[u8]) -> Content<'_> {
        let mut line = line;
        while let [first, rest @ ..] = line
            && self.pads(*first)
        {
            line = rest;
        }
        let is_comment = match line {
            [b'#', rest @ ..] => !is_mark(rest),
            [b'%', ..] | [b'/', b'/', ..] => true,
            // With semicolons between cells the first one is empty.
            [b';', ..] => self != Self::Semicolon,
            _ => false,
        };
        if is_comment {
            return Content::Comment;
        }
        if let Some(at) = memchr::memchr_iter(b'#', line)
            .find(|&at| at > 0 && is_blank(line[at - 1]) && !is_mark(&line[at + 1..]))
        {
            line = &line[..at];
            if line.iter().all(|b| is_blank(*b)) {
                return Content::Comment;
            }
        }
        while let [rest @ .., last] = line
            && (self.pads(*last) || *last == 0x1a)
        {
            line = rest;
        }
        if line.is_empty() { Content::Blank } else { Content::Cells(line) }
    }
}

/// Whether a `#` begins a mark of a spreadsheet and no comment.
fn is_mark(behind: &[u8]) -> bool {
    ["N/A", "NA", "VALUE!", "NUM!", "DIV/0!"]
        .iter()
        .any(|mark| behind.get(..mark.len()).is_some_and(|b| b.eq_ignore_ascii_case(mark.as_bytes())))
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Blank,
    Comment,
    Cells(&'a [u8]),
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// The cells of a line's content.
pub(crate) struct Cells<'a> {
    line: &'a [u8],
    at: usize,
    delimiter: Delimiter,
    is_done: bool,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(line: &'a [u8], delimiter: Delimiter) -> Self {
        Self { line, at: 0, delimiter, is_done: false }
    }

    /// The number in the next cell, where it is a plain one.
    #[inline]
    pub(crate) fn plain(&mut self) -> Option<(f64, u8)> {
        let mut at = self.at;
        while self.line.get(at).is_some_and(|b| self.delimiter.pads(*b)) {
            at += 1;
        }
        let (value, written, length) = cell::leading(self.line.get(at..)?, self.delimiter.allows_comma())?;
        self.pass(at + length).then_some((value, written))
    }

    /// Goes behind the cell that ends at `end` and what parts it from the next; `false` if it does not end there.
    #[inline]
    fn pass(&mut self, end: usize) -> bool {
        let mut at = end;
        while self.line.get(at).is_some_and(|b| self.delimiter.pads(*b)) {
            at += 1;
        }
        match self.line.get(at) {
            None => self.is_done = true,
            Some(_) if self.delimiter == Delimiter::Blanks && at == end => return false,
            Some(_) if self.delimiter == Delimiter::Blanks => at -= 1,
            Some(byte) if self.delimiter.parts(*byte) => {}
            Some(_) => return false,
        }
        self.at = at + 1;
        true
    }

    /// The text of the next cell without blanks and quotes, and whether it stood in quotes.
    pub(crate) fn text(&mut self) -> Option<(&'a [u8], bool)> {
        if self.is_done {
            return None;
        }
        while self.line.get(self.at).is_some_and(|b| self.delimiter.pads(*b)) {
            self.at += 1;
        }
        let rest = self.line.get(self.at..).unwrap_or_default();
        if let [quote @ (b'"' | b'\''), quoted @ ..] = rest
            && let Some(length) = memchr::memchr(*quote, quoted)
            && self.pass(self.at + length + 2)
        {
            return Some((quoted[..length].trim_ascii(), true));
        }
        let length = rest.iter().position(|b| self.delimiter.parts(*b)).unwrap_or(rest.len());
        self.pass(self.at + length);
        Some((rest[..length].trim_ascii(), false))
    }

    /// What the next cell says.
    pub(crate) fn next_cell(&mut self) -> Option<(Cell, &'a [u8])> {
        let delimiter = self.delimiter;
        self.text().map(|(text, is_quoted)| {
            // What stands in quotes is one cell, and so is its comma.
            let cell = match cell::read(text, is_quoted || delimiter.allows_comma()) {
                Cell::Number(value, how) if is_quoted && how & COMMA != 0 => {
                    Cell::Number(value, how | QUOTED_COMMA)
                }
                other => other,
            };
            (cell, text)
        })
    }

    /// Whether there is none left.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }
}

/// Text of a file as people read it.
pub(crate) fn decoded(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        // Bytes of old texts are Latin-1 more often than anything else.
        Err(_) => text.iter().map(|&b| char::from(b)).collect(),
    }
}

/// Text of a file in a message: short, and without what cannot be shown.
pub(crate) fn quoted(text: &[u8]) -> String {
    const MOST: usize = 60;
    let text = decoded(text);
    let text = text.trim();
    let mut short: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    format!("'{}'", short.replace("\\\"", "\"").replace("\\'", "'").replace("\\t", " "))
}
