//! How a picture was taken, in words, as its file says it.

use std::borrow::Cow;

/// Names with what a file says: `exposure` with `1/125 s`, `camera` with `Nikon D90`. Each name once, in a fixed order.
pub type Facts = Vec<(Cow<'static, str>, String)>;

/// All names there are, in the order in which they are listed. `comment` stands only beside a `description`.
const NAMES: [&str; 10] = [
    "taken",
    "exposure",
    "aperture",
    "ISO",
    "focal length",
    "camera",
    "lens",
    "software",
    "description",
    "comment",
];

/// Facts while a file is read: what was said first of a thing stands.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    facts: Facts,
    comment: Option<String>,
}

impl Collected {
    /// Adds what is not known yet. Text that says nothing is left out.
    pub(crate) fn add(&mut self, name: &'static str, text: Option<String>) {
        debug_assert!(NAMES.contains(&name), "{name} is listed");
        let Some(text) = text.and_then(|text| clean(&text)) else { return };
        if self.facts.iter().all(|(other, _)| other != name) {
            self.facts.push((Cow::Borrowed(name), text));
        }
    }

    /// A description, unless it is one for programs.
    pub(crate) fn add_description(&mut self, text: Option<String>) {
        self.add("description", text.filter(|text| !is_for_programs(text)));
    }

    /// What a person wrote of the picture: its description where it has no other.
    pub(crate) fn add_comment(&mut self, text: Option<String>) {
        self.comment = self.comment.take().or(text.filter(|text| !is_for_programs(text)));
    }

    /// Adds what others found that is not known yet.
    pub(crate) fn merge(&mut self, others: Facts) {
        for (name, text) in others {
            if self.facts.iter().all(|(other, _)| *other != name) {
                self.facts.push((name, text));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Facts {
        if let Some(comment) = self.comment.take().and_then(|text| clean(&text)) {
            let described = self.facts.iter().find(|(name, _)| name == "description");
            match described.map(|(_, text)| *text == comment) {
                None => self.add("description", Some(comment)),
                Some(false) => self.add("comment", Some(comment)),
                Some(true) => {}
            }
        }
        self.facts.sort_by_key(|(name, _)| NAMES.iter().position(|known| known == name));
        self.facts
    }
}

/// One line without what only printers understand; `None` where nothing is left.
fn clean(text: &str) -> Option<String> {
    /// Longer texts are data of programs.
    const LONGEST: usize = 1000;
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    let text = match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    };
    (!text.is_empty()).then_some(text)
}

/// Whether a description is that of `ImageJ`, OME or tifffile, which is read elsewhere.
fn is_for_programs(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("ImageJ=")
        || text.starts_with("shape=(")
        || text.contains("<OME")
        || (text.starts_with('{') && text.contains("\"shape\""))
}

/// Date and time with the digits and the zone as they are written, the date in the order of ISO 8601; `None` for the
/// zeros and blanks of clocks that were never set.
pub(crate) fn taken(date: &str, fraction: Option<&str>, zone: Option<&str>) -> Option<String> {
    let date = date.trim();
    if !date.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        return None;
    }
    let mut text = date.to_owned();
    let bytes = date.as_bytes();
    if bytes.len() >= 10 && bytes[4] == b':' && bytes[7] == b':' && date.is_ascii() {
        text.replace_range(4..5, "-");
        text.replace_range(7..8, "-");
    }
    let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(fraction) = fraction.map(str::trim).filter(digits).filter(|_| !text.contains('.')) {
        text = format!("{text}.{fraction}");
    }
    if let Some(zone) = zone.map(str::trim).filter(|zone| zone.starts_with(['+', '-', 'Z'])) {
        text.push_str(zone);
    }
    Some(text)
}

/// `1/125 s`, `0.3 s`, `2 s`.
pub(crate) fn exposure(seconds: f64) -> Option<String> {
    /// What a fraction may be off by: cameras write 1/60 as 0.016666. Other times are no fractions of one.
    const NEAR: f64 = 5e-5;
    let seconds = positive(seconds)?;
    let parts = 1.0 / seconds;
    let whole = parts.round();
    Some(if whole >= 2.0 && (parts - whole).abs() <= NEAR * parts {
        format!("1/{whole} s")
    } else {
        format!("{} s", short(seconds))
    })
}

/// `f/2.8`.
pub(crate) fn aperture(number: f64) -> Option<String> {
    positive(number).map(|number| format!("f/{}", short(number)))
}

/// `50 mm`.
pub(crate) fn millimetres(length: f64) -> Option<String> {
    positive(length).map(|length| format!("{} mm", short(length)))
}

fn positive(number: f64) -> Option<f64> {
    Some(number).filter(|n| n.is_finite() && *n > 0.0)
}

/// A number with six digits that count.
fn short(number: f64) -> f64 {
    const DIGITS: f64 = 5.0;
    let scale = 10_f64.powf(DIGITS - number.log10().floor());
    let rounded = (number * scale).round() / scale;
    if rounded.is_finite() { rounded } else { number }
}

/// Maker and model as one name: makers often stand in the model, too.
pub(crate) fn device(maker: Option<String>, model: Option<String>) -> Option<String> {
    let (maker, model) = (maker.and_then(|t| clean(&t)), model.and_then(|t| clean(&t)));
    let (Some(maker), Some(model)) = (&maker, &model) else { return maker.or(model) };
    let first = |text: &str| text.split(' ').next().map(str::to_lowercase);
    Some(if first(maker) == first(model) { model.clone() } else { format!("{maker} {model}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_photographers_do() {
        let said = [1.0 / 125.0, 0.016_666, 2.0, 0.3, 0.5, 0.006, 30.5, 0.9999, 1e-5].map(exposure);
        let said: Vec<String> = said.into_iter().flatten().collect();
        let expected =
            ["1/125 s", "1/60 s", "2 s", "0.3 s", "1/2 s", "0.006 s", "30.5 s", "0.9999 s", "1/100000 s"];
        assert_eq!(said, expected);
        assert_eq!(aperture(2.8).as_deref(), Some("f/2.8"));
        assert_eq!(millimetres(17.0 / 3.0).as_deref(), Some("5.66667 mm"));
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!((exposure(none), aperture(none)), (None, None));
        }
    }

    #[test]
    fn dates_keep_their_digits_and_unset_clocks_say_nothing() {
        let said = |date: &str| taken(date, Some("50 "), Some("+02:00"));
        assert_eq!(said("2026:11:28 23:59:59").as_deref(), Some("2026-11-28 23:59:59.50+02:00"));
        assert_eq!(taken("28 Nov 2026", None, None).as_deref(), Some("28 Nov 2026"));
        assert_eq!(taken("2026:11:28 1:2:3", Some("x"), Some("   ")).as_deref(), Some("2026-11-28 1:2:3"));
        assert_eq!(taken("ü026:11:28", None, None).as_deref(), Some("ü026:11:28"));
        assert_eq!((said("0000:00:00 00:00:00"), said("    :  :     :  :  ")), (None, None));
    }

    #[test]
    fn makers_stand_once() {
        let name = |a: &str, b: &str| device(Some(a.to_owned()), Some(b.to_owned()));
        assert_eq!(name("NIKON CORPORATION", "NIKON D90\0").as_deref(), Some("NIKON D90"));
        assert_eq!(name("Basler", "acA1920").as_deref(), Some("Basler acA1920"));
        assert_eq!(name(" ", "X").as_deref(), Some("X"));
        assert_eq!(device(None, None), None);
    }

    #[test]
    fn what_was_said_first_stands_and_a_comment_may_describe() {
        let text = |text: &str| Some(text.to_owned());
        let mut facts = Collected::default();
        facts.add("software", text("one"));
        facts.add("software", text("two"));
        facts.add("lens", text(" \0 "));
        facts.add_description(text("{\"shape\": [1, 2]}"));
        facts.add_comment(text("a\n\tline"));
        facts.add("taken", text(&"x".repeat(2000)));
        let facts = facts.finish();
        let names: Vec<&str> = facts.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["taken", "software", "description"]);
        assert_eq!((facts[1].1.as_str(), facts[2].1.as_str()), ("one", "a line"));
        assert_eq!(facts[0].1.chars().count(), 1001);
        let mut both = Collected::default();
        both.add_comment(text("c"));
        both.add_description(text("d"));
        assert_eq!(both.finish().len(), 2);
    }
}
