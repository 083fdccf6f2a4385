//! `blitz formats`: what this build reads and writes.

use std::fmt::Write;

use blitz_io::{Format, Grain, formats};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::shell::{Shell, print, print_json};

pub(crate) fn run(shell: &Shell) -> Result<Status, Failure> {
    if shell.json {
        let entries: Vec<Entry> = formats().iter().map(|format| Entry::new(format)).collect();
        print_json(&entries)?;
    } else {
        print(&formats().iter().map(|format| to_text(format)).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    suffixes: &'static [&'static str],
    bits: &'static str,
    reads: String,
    refuses: String,
    holds: &'static str,
    states: Vec<String>,
    decoded_by: &'static str,
    writes: String,
}

impl Entry {
    fn new(format: &Format) -> Self {
        let key = |key: &blitz_io::MetadataKey| match key.unit {
            "" => key.key.to_owned(),
            unit => format!("{} ({unit})", key.key),
        };
        Self {
            name: format.name,
            suffixes: format.suffixes,
            bits: format.depth,
            reads: plain(format.reads),
            refuses: plain(format.refuses),
            holds: format.data_sets,
            states: format.metadata.iter().map(key).collect(),
            decoded_by: match format.grain {
                Grain::Rows => "rows",
                Grain::Frame => "frames",
                Grain::Group => "groups of frames",
            },
            writes: plain(format.writes),
        }
    }
}

/// The words without their Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// Columns that a line of text has at most.
const WIDTH: usize = 100;

fn to_text(format: &Format) -> String {
    let entry = Entry::new(format);
    let suffixes: Vec<String> = entry.suffixes.iter().map(|suffix| format!(".{suffix}")).collect();
    let told_by = if suffixes.is_empty() { "--raw LAYOUT".to_owned() } else { suffixes.join(" ") };
    let mut out = format!("{}  {told_by}\n", entry.name);
    let rows = [
        ("bits", entry.bits),
        ("reads", &entry.reads),
        ("refuses", &entry.refuses),
        ("holds", entry.holds),
        ("states", &entry.states.join(", ")),
        ("decoded by", entry.decoded_by),
        ("writes", &entry.writes),
    ];
    for (name, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
        let mut line = format!("  {name:<11}");
        let indent = line.len();
        for word in text.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > indent {
                let _ = writeln!(out, "{}", line.trim_end());
                line = " ".repeat(indent);
            }
            line += word;
            line.push(' ');
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
