//! Steps from text.

use std::path::PathBuf;
use std::str::FromStr;

use blitz_core::{FrameRange, ParseError};
use blitz_kernels::Method;

use super::{Direction, Filter, Guard, Reference, Step, StepKind, Window};
use crate::text;

const STEP: &str =
    "a step such as 'subtract mean:0:100', 'divide file:flat.tif,normalised', 'smooth gaussian,2'";
const REFERENCE: &str = "a reference: METHOD:A:B over frames A to B, window:METHOD,LENGTH[,lag=N][,forward|centred], \
                         or file:PATH";

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

/// The arguments of a step, taken one by one; what is left over is an error.
struct Arguments {
    text: String,
    parts: Vec<String>,
}

impl Arguments {
    fn new(text: &str) -> Self {
        let mut parts = parts(text);
        parts.reverse();
        Self { text: text.to_owned(), parts }
    }

    fn error(&self, expected: &'static str) -> ParseError {
        ParseError::new(&self.text, expected)
    }

    /// The first part still there.
    fn next(&mut self) -> Option<String> {
        self.parts.pop()
    }

    /// Whether the word stands among the parts; takes it.
    fn word(&mut self, word: &str) -> bool {
        let found = self.parts.iter().position(|p| p == word);
        found.map(|i| self.parts.remove(i)).is_some()
    }

    /// The value of `key=value`; takes it.
    fn value(&mut self, key: &str) -> Option<String> {
        let found =
            self.parts.iter().position(|p| p.strip_prefix(key).is_some_and(|r| r.starts_with('=')))?;
        let part = self.parts.remove(found);
        Some(part[key.len() + 1..].to_owned())
    }

    fn number(&mut self, key: &str, expected: &'static str) -> Result<Option<f64>, ParseError> {
        let Some(text) = self.value(key) else { return Ok(None) };
        let number: f64 = text.parse().map_err(|_| self.error(expected))?;
        if number.is_finite() { Ok(Some(number)) } else { Err(self.error(expected)) }
    }

    fn amount(&mut self) -> Result<f64, ParseError> {
        const EXPECTED: &str = "an amount from 0 to 1, such as amount=0.5";
        let amount = self.number("amount", EXPECTED)?.unwrap_or(1.0);
        if (0.0..=1.0).contains(&amount) { Ok(amount) } else { Err(self.error(EXPECTED)) }
    }

    fn guard(&mut self) -> Result<Guard, ParseError> {
        let smallest = self.number("smallest", "a smallest divisor of at least 0, such as smallest=0.01")?;
        if smallest.is_some_and(|s| s < 0.0) {
            return Err(self.error("a smallest divisor of at least 0, such as smallest=0.01"));
        }
        Ok(Guard { smallest, fill: self.number("fill", "a value to put for missing ones, such as fill=1")? })
    }

    /// Takes a reference from the front.
    fn reference(&mut self) -> Result<Reference, ParseError> {
        let first = self.next().unwrap_or_default();
        if let Some(path) = first.strip_prefix("file:").or_else(|| first.strip_prefix("folder:")) {
            let method = match self.value("method") {
                Some(name) => text::parse_method(&name)?,
                None => Method::Mean,
            };
            return file(path, method).ok_or_else(|| self.error(REFERENCE));
        }
        if let Some(method) = first.strip_prefix("window:") {
            let method = text::parse_method(method)?;
            return Ok(Reference::Window { method, window: self.window()? });
        }
        range(&first)?.ok_or_else(|| self.error(REFERENCE))
    }

    fn window(&mut self) -> Result<Window, ParseError> {
        const LENGTH: &str = "a window length of at least 1 behind the method, such as window:mean,50";
        let len: usize =
            self.next().and_then(|n| n.parse().ok()).filter(|n| *n >= 1).ok_or_else(|| self.error(LENGTH))?;
        let lag = match self.value("lag") {
            Some(n) => n.parse().map_err(|_| self.error("a lag of at least 0 frames, such as lag=2"))?,
            None => 0,
        };
        let direction = match (self.word("forward"), self.word("centred") || self.word("centered")) {
            (true, false) => Direction::Forward,
            (false, true) => Direction::Centred,
            (false, false) => {
                self.word("backward");
                Direction::Backward
            }
            (true, true) => return Err(self.error("one direction: backward, forward or centred")),
        };
        if direction == Direction::Centred && (len.is_multiple_of(2) || lag > 0) {
            return Err(self.error("an odd length and no lag for a centred window"));
        }
        Ok(Window { len, lag, direction })
    }

    fn filter(&mut self) -> Result<Filter, ParseError> {
        const EXPECTED: &str =
            "gaussian,SIGMA with SIGMA above 0 up to 1000, or box,N or median,N with N odd";
        let kind = self.next().unwrap_or_default();
        let size = self.next().unwrap_or_default();
        let odd = || size.parse::<usize>().ok().filter(|n| n % 2 == 1);
        let filter = match kind.as_str() {
            "gaussian" => size
                .parse()
                .ok()
                .filter(|s: &f64| *s > 0.0 && *s <= Filter::LARGEST_SIGMA)
                .map(Filter::Gaussian),
            "box" => odd().map(Filter::Box),
            "median" => odd().map(Filter::Median),
            _ => None,
        };
        filter.ok_or_else(|| self.error(EXPECTED))
    }

    /// Nothing may be left.
    fn end(self) -> Result<(), ParseError> {
        match self.parts.last() {
            None => Ok(()),
            Some(left) => Err(ParseError::new(left, "an option of this step")),
        }
    }
}

fn file(path: &str, method: Method) -> Option<Reference> {
    (!path.is_empty()).then(|| Reference::File { path: PathBuf::from(path), method })
}

/// `METHOD:A:B`, `METHOD:` or `METHOD`; `None` if it does not start with a method.
fn range(text: &str) -> Result<Option<Reference>, ParseError> {
    let (method, frames) = text.split_once(':').unwrap_or((text, ""));
    let Ok(method) = text::parse_method(method) else { return Ok(None) };
    let range: Option<FrameRange> = if frames.is_empty() { None } else { Some(frames.parse()?) };
    Ok(Some(Reference::Range { method, range }))
}

/// A reference of a flat field: a path, or any other reference but a window.
fn flat_reference(text: &str) -> Result<Reference, ParseError> {
    if let Some(path) = text.strip_prefix("file:") {
        return file(path, Method::Mean).ok_or_else(|| ParseError::new(text, REFERENCE));
    }
    if text.contains(':')
        && let Some(range) = range(text)?
    {
        return Ok(range);
    }
    file(text, Method::Mean).ok_or_else(|| ParseError::new(text, "a file or folder of flat pictures"))
}

impl StepKind {
    /// Reads a step from its name and arguments, as flags give them.
    ///
    /// # Errors
    /// With what was found and what is expected.
    pub fn parse(name: &str, arguments: &str) -> Result<Self, ParseError> {
        let mut args = Arguments::new(arguments);
        let kind = match name {
            "subtract" => Self::Subtract { amount: args.amount()?, reference: args.reference()? },
            "divide" => Self::Divide {
                amount: args.amount()?,
                normalised: args.word("normalised") || args.word("normalized"),
                guard: args.guard()?,
                reference: args.reference()?,
            },
            "flat" => {
                let dark = args.value("dark").map(|d| flat_reference(&d)).transpose()?;
                let flat_dark = args.value("flat-dark").map(|d| flat_reference(&d)).transpose()?;
                let (gain, guard) = (args.word("gain"), args.guard()?);
                let flat = flat_reference(&args.next().unwrap_or_default())?;
                Self::FlatField { flat, dark, flat_dark, gain, guard }
            }
            "relative" => Self::Relative { guard: args.guard()?, reference: args.reference()? },
            "smooth-time" => Self::SmoothTime(args.filter()?),
            "smooth" => Self::Smooth(args.filter()?),
            "limits" => limits(&args.next().unwrap_or_default())?,
            "zone" => match args.next() {
                Some(zone) if !zone.is_empty() => Self::ZoneMask(zone),
                _ => return Err(args.error("the name of a zone")),
            },
            "mask" => {
                let text = args.next().unwrap_or_default();
                let path = text.strip_prefix("file:").unwrap_or(&text);
                if path.is_empty() {
                    return Err(args.error("a picture file whose zeros mask pixels out"));
                }
                Self::Mask(PathBuf::from(path))
            }
            _ => return Err(ParseError::new(name, STEP)),
        };
        args.end()?;
        Ok(kind)
    }
}

fn limits(text: &str) -> Result<StepKind, ParseError> {
    const EXPECTED: &str = "limits LO:HI with LO < HI, such as 10:4000, 10: or :4000";
    let err = || ParseError::new(text, EXPECTED);
    let (lo, hi) = text.split_once(':').ok_or_else(err)?;
    let end = |t: &str| -> Result<Option<f64>, ParseError> {
        if t.is_empty() {
            return Ok(None);
        }
        t.parse().ok().filter(|v: &f64| v.is_finite()).map(Some).ok_or_else(err)
    };
    let (lo, hi) = (end(lo)?, end(hi)?);
    if (lo.is_none() && hi.is_none()) || lo.zip(hi).is_some_and(|(lo, hi)| lo >= hi) {
        return Err(err());
    }
    Ok(StepKind::Limits { lo, hi })
}

impl FromStr for Step {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let trimmed = text.trim_start();
        let (enabled, rest) = match trimmed.strip_prefix("off ") {
            Some(rest) => (false, rest),
            None => (true, trimmed),
        };
        let (name, arguments) = rest.split_once(' ').ok_or_else(|| ParseError::new(text, STEP))?;
        Ok(Self { enabled, kind: StepKind::parse(name, arguments)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_back() {
        for text in [
            "subtract mean:0:100",
            "subtract mean:,amount=0.5",
            "subtract window:mean,50,lag=2,forward,amount=0.5",
            "subtract window:median,5,centred",
            "divide file:flat.tif,normalised",
            "divide file:a\\,b.tif,method=median,amount=0.25,normalised,smallest=0.5,fill=1",
            "off divide p95:5:",
            "flat flats/,dark=darks/,gain",
            "flat mean:0:10,dark=d.npy,flat-dark=fd.npy,smallest=1",
            "relative mean:0:20",
            "smooth-time gaussian,2",
            "smooth box,3",
            "smooth median,5",
            "limits 10:4000",
            "limits :0.5",
            "zone A",
            "mask m.png",
        ] {
            let step: Step = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(step.to_string(), text);
            assert_eq!(step.to_string().parse(), Ok(step));
        }
    }

    #[test]
    fn nonsense_is_refused_with_what_is_expected() {
        for (text, expected) in [
            ("sharpen 3", "a step such as"),
            ("subtract", "a step such as"),
            ("subtract mode:0:5", "a reference"),
            ("subtract mean:9:3", "A < B"),
            ("subtract mean:0:5,amount=2", "0 to 1"),
            ("subtract mean:0:5,loudly", "an option of this step"),
            ("subtract window:mean", "window length"),
            ("subtract window:mean,4,centred", "odd length"),
            ("subtract window:mean,4,forward,centred", "one direction"),
            ("divide file:", "a reference"),
            ("divide mean:,smallest=-1", "at least 0"),
            ("smooth box,4", "odd"),
            ("smooth gaussian,0", "above 0"),
            ("limits 5:5", "LO < HI"),
            ("limits :", "LO < HI"),
            ("mask ", "a picture file"),
        ] {
            let error = text.parse::<Step>().expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error} lacks {expected}");
        }
    }
}
