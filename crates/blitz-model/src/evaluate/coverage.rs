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
    /// Frames asked for that failed.
    pub failed: Vec<Arc<FrameFault>>,
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
            other => return Err(other.into()),
        }
        Ok(())
    }
}
