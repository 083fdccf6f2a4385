//! Steps as text.

use std::fmt::{self, Write};
use std::path::Path;

use super::{Direction, Filter, Guard, Reference, Step, StepKind};
use crate::text;

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        if matches!(c, ',' | '\\') || (i == 0 && c.is_whitespace()) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn path_text(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { method, range } => {
                f.write_str(&text::method(*method))?;
                f.write_char(':')?;
                range.map_or(Ok(()), |range| write!(f, "{range}"))
            }
            Self::Window { method, window } => {
                write!(f, "window:{},{}", text::method(*method), window.len)?;
                if window.lag > 0 {
                    write!(f, ",lag={}", window.lag)?;
                }
                match window.direction {
                    Direction::Backward => Ok(()),
                    Direction::Forward => f.write_str(",forward"),
                    Direction::Centred => f.write_str(",centred"),
                }
            }
            Self::File { path, method } => {
                write!(f, "file:{}", path_text(path))?;
                if *method == blitz_kernels::Method::Mean {
                    Ok(())
                } else {
                    write!(f, ",method={}", text::method(*method))
                }
            }
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(smallest) = self.smallest {
            write!(f, ",smallest={smallest}")?;
        }
        self.fill.map_or(Ok(()), |fill| write!(f, ",fill={fill}"))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(sigma) => write!(f, "gaussian,{sigma}"),
            Self::Box(len) => write!(f, "box,{len}"),
            Self::Median(len) => write!(f, "median,{len}"),
        }
    }
}

fn amount_text(amount: f64) -> String {
    if amount == 1.0 { String::new() } else { format!(",amount={amount}") }
}

impl StepKind {
    /// The step's name: that of its flag.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Subtract { .. } => "subtract",
            Self::Divide { .. } => "divide",
            Self::FlatField { .. } => "flat",
            Self::Relative { .. } => "relative",
            Self::SmoothTime(_) => "smooth-time",
            Self::Smooth(_) => "smooth",
            Self::Limits { .. } => "limits",
            Self::ZoneMask(_) => "zone",
            Self::Mask(_) => "mask",
        }
    }

    /// What stands behind the step's name.
    pub fn arguments(&self) -> String {
        match self {
            Self::Subtract { reference, amount } => format!("{reference}{}", amount_text(*amount)),
            Self::Divide { reference, amount, normalised, guard } => {
                let normalised = if *normalised { ",normalised" } else { "" };
                format!("{reference}{}{normalised}{guard}", amount_text(*amount))
            }
            Self::FlatField { flat, dark, flat_dark, gain, guard } => {
                let mut out = flat_text(flat);
                let mut add = |key: &str, reference: &Option<Reference>| {
                    if let Some(reference) = reference {
                        out = format!("{out},{key}={}", flat_text(reference));
                    }
                };
                add("dark", dark);
                add("flat-dark", flat_dark);
                let gain = if *gain { ",gain" } else { "" };
                format!("{out}{gain}{guard}")
            }
            Self::Relative { reference, guard } => format!("{reference}{guard}"),
            Self::SmoothTime(filter) | Self::Smooth(filter) => filter.to_string(),
            Self::Limits { lo, hi } => {
                let end = |v: &Option<f64>| v.map_or_else(String::new, |v| v.to_string());
                format!("{}:{}", end(lo), end(hi))
            }
            Self::ZoneMask(name) => escaped(name),
            Self::Mask(path) => path_text(path),
        }
    }
}

/// References of a flat field: a path where it is a file, else the range.
fn flat_text(reference: &Reference) -> String {
    match reference {
        Reference::File { path, .. } => path_text(path),
        other => other.to_string(),
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let off = if self.enabled { "" } else { "off " };
        write!(f, "{off}{} {}", self.kind.name(), self.kind.arguments())
    }
}
