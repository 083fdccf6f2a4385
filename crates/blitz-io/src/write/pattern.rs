//! File names with a number: `%d`, `%05d`.

/// A file name with one place for a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    before: String,
    digits: usize,
    after: String,
}

impl Pattern {
    /// `None` where the name has no (or no valid) place for a number and is a plain name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (before, rest) = name.split_once('%')?;
        let (width, after) = rest.split_once('d')?;
        let digits = match width.strip_prefix('0') {
            None if width.is_empty() => 1,
            Some(count) => count.parse().ok().filter(|&n| (1..=20).contains(&n))?,
            None => return None,
        };
        Some(Self { before: before.to_owned(), digits, after: after.to_owned() })
    }

    /// Whether a name is one of the series.
    pub(crate) fn makes(&self, name: &str) -> bool {
        let number = name.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
        number.and_then(|digits| digits.parse().ok()).is_some_and(|number| self.name(number) == name)
    }

    /// The name with its number; a minus counts as a digit.
    pub(crate) fn name(&self, number: i64) -> String {
        format!("{}{number:0width$}{}", self.before, self.after, width = self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded() {
        let name = |pattern: &str| Pattern::parse(pattern).map(|p| p.name(42));
        assert_eq!(name("%05d.png").as_deref(), Some("00042.png"));
        assert_eq!(Pattern::parse("%05d.png").map(|p| p.name(-3)).as_deref(), Some("-0003.png"));
        assert_eq!(name("shot_%d.tif").as_deref(), Some("shot_42.tif"));
        assert_eq!(name("%01d_x.tif").as_deref(), Some("42_x.tif"));
        for plain in ["a.png", "100%.png", "%5d.png", "%0d.png", "%099d.png", "%x.png"] {
            assert_eq!(name(plain), None, "{plain}");
        }
    }
}
