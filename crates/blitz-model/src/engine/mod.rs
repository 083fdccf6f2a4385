//! What works for a session: answers questions, opens recordings, writes files.
//!
//! The session decides and shows; the engine works. Between the two go values: orders ([`Ask`], [`OpenOrder`],
//! [`ExportOrder`]) under the name of a job, and [`Event`]s. Orders, answers, errors and what opening finds can be
//! serialised, so that the engine may be another process, with a [`Store`](blitz_core::Store) on this side that gets
//! frames from there.
//! [`Local`] works on threads of this process.

mod export;
mod key;
mod local;
mod open;
mod questions;

use std::any::Any;
use std::sync::Arc;

use blitz_core::{ProgressSnapshot, Stack, StackId};
use serde::{Deserialize, Serialize};

use crate::cache::CacheKey;
use crate::evaluate::{Answer, Coverage, EvalError};
use crate::jobs::JobStatus;
use crate::recipe::Recipe;

pub use export::{Export, ExportOrder, Undecided};
pub use key::{JobKey, RecordingId, SlotKey, ViewId};
pub use local::Local;
pub use open::{Arrival, Hold, OpenEvent, OpenOrder, OpenOutcome};
pub use questions::{AnyAnswer, AnyQuestion, QuestionKind, Sent};

/// What works for a session. No call blocks. Orders under a job's name that is in use stop what runs under it.
pub trait Engine {
    /// Makes a stack known, which questions then name by its identity.
    fn hold(&mut self, stack: &Stack);

    /// Forgets a stack, and stops and drops what was made of it.
    fn forget(&mut self, stack: StackId);

    /// Begins to answer a question. Parts of the answer, and the answer, come as events.
    fn answer(&mut self, ask: Ask, asker: Asker);

    /// Begins to open a recording. Its frames go on arriving after it was announced.
    fn open(&mut self, job: JobKey, order: OpenOrder);

    /// Takes no more frames on that are added to the folder of a stack.
    fn stop_watching(&mut self, stack: StackId);

    /// Begins to write files. What only a person can decide comes as an event.
    fn export(&mut self, job: JobKey, order: ExportOrder);

    /// Stops a job; it ends with an event all the same. What one that has ended left to be decided is dropped.
    fn cancel(&mut self, job: &JobKey);

    /// What is new since the last call, in order.
    fn poll(&mut self) -> Vec<Event>;

    /// The jobs that run, longest first.
    fn jobs(&self) -> Vec<JobStatus<JobKey>>;

    /// A job, if it runs.
    fn job(&self, job: &JobKey) -> Option<Running>;

    /// Whether nothing runs, references of steps included.
    fn is_idle(&self) -> bool;

    /// Bytes of what answers share: references, blocks of long windows, surroundings of dragged zones.
    fn shared_bytes(&self) -> u64;

    /// Bytes of decoders of video and the pictures they keep.
    fn decoder_bytes(&self) -> u64;
}

/// A job that runs.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// Seconds since it began.
    pub seconds: f64,
    /// How far it has come.
    pub progress: ProgressSnapshot,
}

/// A question about what a recipe makes of a stack.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The stack.
    pub stack: StackId,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// The question.
    pub question: AnyQuestion,
    /// An answer to a question of this kind about the same stack and recipe, to continue from.
    pub earlier: Option<AnyAnswer>,
}

/// Who asks: what of a question stays on the session's side.
pub struct Asker {
    /// The job.
    pub job: JobKey,
    /// What the answer is kept under.
    pub key: CacheKey,
    /// Makes what is kept of an answer, not on the window's thread; `None` for an answer to another question.
    pub finish: Arc<dyn Fn(AnyAnswer) -> Option<Given> + Send + Sync>,
}

/// An answer of any type, as it is kept.
#[derive(Clone)]
pub struct Given {
    pub(crate) value: Arc<dyn Any + Send + Sync>,
    pub(crate) bytes: u64,
    /// Whether no frame that it rests on was still to come.
    pub(crate) is_final: bool,
}

impl Given {
    /// What is kept of an answer.
    pub fn new<A: Answer>(answer: Arc<A>) -> Self {
        let is_final = answer.coverage().is_none_or(Coverage::is_final);
        Self { bytes: answer.bytes(), is_final, value: answer }
    }
}

/// What an engine says.
pub enum Event {
    /// A part of an answer, while the rest is computed.
    Part {
        /// The job.
        job: JobKey,
        /// What the whole answer will be kept under.
        key: CacheKey,
        /// The part.
        given: Given,
    },
    /// A recording, or its first frame, is there.
    Opened(Box<OpenEvent>),
    /// An export needs a decision; it ends without having written.
    Undecided {
        /// The job.
        job: JobKey,
        /// What is to be decided.
        undecided: Box<Undecided>,
    },
    /// Something that a person should know.
    Note(String),
    /// A job ended.
    Ended {
        /// The job.
        job: JobKey,
        /// What it ended with; `Err` with the message of an internal error.
        result: Result<Outcome, String>,
        /// Whether another order was given under its name meanwhile.
        superseded: bool,
        /// Seconds it ran.
        seconds: f64,
    },
}

/// What a job ended with.
pub enum Outcome {
    /// An answer.
    Answered {
        /// What it is kept under.
        key: CacheKey,
        /// The answer.
        result: Result<Given, EvalError>,
    },
    /// A recording that was opened, or not.
    Opened(OpenOutcome),
    /// A file that was written, in words, or why it was not.
    Written(Result<String, String>),
}
