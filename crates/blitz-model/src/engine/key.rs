//! Names of what sessions and engines speak about.

use serde::{Deserialize, Serialize};

use super::questions::QuestionKind;

/// Names a view within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ViewId(pub(crate) u64);

/// Names an open recording within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordingId(pub(crate) u64);

/// A question's place in the session's table, and the name of its job: of one view, of one kind, and
/// [`Question::place`](crate::evaluate::Question::place).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SlotKey {
    pub(crate) view: ViewId,
    pub(crate) kind: QuestionKind,
    pub(crate) place: u64,
}

/// Names a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JobKey {
    /// Opening and filling a recording.
    Open(RecordingId),
    /// Answering a question of a view.
    Question(SlotKey),
    /// Saving something.
    Task(u64),
}
