//! Which frames an answer rests on.

use std::sync::Arc;

use blitz_core::{FrameFault, ReadError};
use serde::{Deserialize, Serialize};

use super::EvalError;

/// Which frames an answer rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Frames used.
    pub used: usize,
    /// Frames asked for that are not loaded yet: the answer is preliminary.
    pub pending: usize,
    /// Source frames that failed and that the answer would rest on, in order, each once. Smoothing may have made a value
    /// for them of the frames around them.
    pub failed: Vec<Arc<FrameFault>>,
    /// Frames asked for that have no value although they did not fail: they have no whole window over time.
    pub no_window: usize,
    /// The first of them, with the reason.
    pub first_without: Option<Arc<FrameFault>>,
}

impl Coverage {
    /// Whether no frame was still to come.
    pub fn is_final(&self) -> bool {
        self.pending == 0
    }

    pub(super) fn add(&mut self, error: ReadError) -> Result<(), EvalError> {
        match error {
            ReadError::Pending { .. } => self.pending += 1,
            ReadError::Failed(fault) => self.failed.push(Arc::new(fault)),
            ReadError::NoWindow(fault) => {
                self.no_window += 1;
                self.first_without.get_or_insert_with(|| Arc::new(fault));
            }
            other => return Err(other.into()),
        }
        Ok(())
    }

    /// Names source frames that failed, each once.
    pub(super) fn name_failed(&mut self, faults: impl IntoIterator<Item = Arc<FrameFault>>) {
        self.failed.extend(faults);
        self.failed.sort_by_key(|fault| fault.frame);
        self.failed.dedup_by_key(|fault| fault.frame);
    }

    /// Why no frame could be used, in words.
    pub(super) fn why_empty(&self) -> String {
        let first = self.failed.first().or(self.first_without.as_ref());
        first.map_or_else(|| "none is loaded yet".to_owned(), ToString::to_string)
    }
}
