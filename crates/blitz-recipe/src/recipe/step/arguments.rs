//! The words behind a step's name: parts between commas, each with or without a key.

use std::path::Path;

use blitz_core::ParseError;

/// The arguments of a step, taken one by one; what is left over is an error.
pub(super) struct Arguments {
    text: String,
    /// Last part first.
    parts: Vec<String>,
}

impl Arguments {
    pub(super) fn new(text: &str) -> Self {
        let mut parts = parts(text);
        parts.reverse();
        Self { text: text.to_owned(), parts }
    }

    pub(super) fn error(&self, expected: &'static str) -> ParseError {
        ParseError::new(&self.text, expected)
    }

    /// Takes the first part that is left.
    pub(super) fn next(&mut self) -> Option<String> {
        self.parts.pop()
    }

    /// Takes the word, in either spelling; whether it stands among the parts.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let other = word.replace("ised", "ized");
        let found = self.parts.iter().position(|p| p == word || *p == other);
        found.map(|i| self.parts.remove(i)).is_some()
    }

    /// Takes the value of `key=value`.
    pub(super) fn value(&mut self, key: &str) -> Option<String> {
        let found =
            self.parts.iter().position(|p| p.strip_prefix(key).is_some_and(|r| r.starts_with('=')))?;
        let part = self.parts.remove(found);
        Some(part[key.len() + 1..].to_owned())
    }

    /// Takes the finite number of `key=number`.
    pub(super) fn number(&mut self, key: &str, expected: &'static str) -> Result<Option<f64>, ParseError> {
        let Some(text) = self.value(key) else { return Ok(None) };
        finite(&text).map(Some).ok_or_else(|| self.error(expected))
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), ParseError> {
        match self.parts.last() {
            None => Ok(()),
            Some(left) => Err(ParseError::new(left, "an option of this step")),
        }
    }
}

/// A finite number.
pub(super) fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|v: &f64| v.is_finite())
}

/// Parts between commas that no backslash precedes, unescaped.
fn parts(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let last = out.len() - 1;
        match c {
            ',' => out.push(String::new()),
            '\\' => out[last].extend(chars.next()),
            c => out[last].push(c),
        }
    }
    out
}

/// Text as one part.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        if matches!(c, ',' | '\\') || (i == 0 && c.is_whitespace()) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A path as one part.
pub(super) fn path_text(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// The last name of a path, for people.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A share of 0 to 1 behind what it is a share of: `, 50 %`; nothing for the whole.
pub(super) fn share_words(amount: f64) -> String {
    if amount == 1.0 {
        return String::new();
    }
    let text = format!("{:.2}", amount * 100.0);
    format!(", {} %", text.trim_end_matches('0').trim_end_matches('.'))
}
