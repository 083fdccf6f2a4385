//! Curves that a file beside a recording holds.

use std::path::Path;

use blitz_io::{Signal, SignalOptions, read_signals};

use crate::recipe::Auxiliary;

/// Entries for the curves of a file, one for each column, as they are added by a person who names the file alone: of many
/// columns the first few are shown. Says what was assumed. Reads the file: not for the window's thread.
///
/// # Errors
/// If it holds no curve; names the file.
pub fn auxiliary_in(file: &Path) -> Result<(Vec<Auxiliary>, Vec<String>), String> {
    const SHOWN: usize = 3;
    const MOST: usize = 24;
    let signals = read_signals(file, &SignalOptions::default()).map_err(|e| e.to_string())?;
    let columns = signals.columns.iter().take(MOST).enumerate();
    let entry = |(i, column): (usize, &Signal)| Auxiliary {
        columns: vec![column.name.clone()],
        hidden: i >= SHOWN,
        ..Auxiliary::new(file)
    };
    let entries = columns.map(entry).collect();
    let mut notes = signals.notes;
    if signals.columns.len() > MOST {
        notes.push(format!("It has {} columns; the first {MOST} are listed.", signals.columns.len()));
    }
    Ok((entries, notes))
}
