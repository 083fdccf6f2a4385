//! Switching between the recordings that are open: a row for each.

use blitz_model::session::{Command, Recording};

use super::row::{Now, Row};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let all = now.session.recordings();
    if all.len() < 2 {
        return Vec::new();
    }
    let shown = now.recording().map(Recording::id);
    let row = |(i, recording): (usize, &Recording)| {
        let (id, name) = (recording.id(), recording.stack().name.clone());
        Row::send(format!("recordings.show-{i}"), name, "Show this recording", now, Command::Show(id))
            .radio(shown == Some(id))
    };
    all.iter().enumerate().map(row).collect()
}
