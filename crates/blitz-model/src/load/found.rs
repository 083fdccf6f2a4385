//! What opening found, as a value: what a person is told of a recording, and what the window decides by.

use blitz_core::{DType, Layout};
use blitz_io::{LumaInfo, SourceInfo};
use blitz_kernels::convert::stretched_dtype;
use serde::{Deserialize, Serialize};

use super::{Chain, LoadError, LoadPlan, Opened};
use crate::recipe::Load;

/// See the module's page. Can be sent, where [`Opened`] holds the files open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// What is known of the source.
    pub source: SourceInfo,
    /// The luma plane, where frames are stored as luma and chroma.
    pub luma: Option<LumaInfo>,
    /// The load part of the recipe that was applied.
    pub load: Load,
    /// What loading it takes, and why it is done that way.
    pub plan: LoadPlan,
    /// Whether samples are those of the source (frames may be left out).
    pub keeps_samples: bool,
    /// By which scale values became 8 bit, in words.
    pub scale: Option<String>,
}

impl From<&Opened> for Found {
    fn from(opened: &Opened) -> Self {
        Self {
            source: opened.source.info().clone(),
            luma: opened.source.luma(),
            load: opened.load.clone(),
            plan: opened.plan.clone(),
            keeps_samples: opened.chain.keeps_samples(),
            scale: opened.chain.scale_text(),
        }
    }
}

impl Found {
    /// What the stack would be with other load options, by arithmetic: nothing is read.
    ///
    /// # Errors
    /// If the options do not fit the source.
    pub fn layout_with(&self, load: &Load) -> Result<(usize, Layout), LoadError> {
        let chain = Chain::unmeasured(&self.source, self.luma, load)?;
        let dtype = match (load.eight_bit, load.stretch_each_frame) {
            (true, _) => DType::U8,
            (_, true) => stretched_dtype(chain.output_dtype(), false),
            _ => chain.output_dtype(),
        };
        Ok((chain.frames(), Layout { frame: chain.output_shape(), dtype }))
    }
}
