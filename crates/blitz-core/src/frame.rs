//! One frame: its state, its samples while they are pinned, its description.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::{DType, FrameFault, FrameShape, ReadError, Samples, SamplesRef};

/// Where a frame of a stack stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameState {
    /// Not decoded yet.
    Pending,
    /// Samples can be read.
    Ready,
    /// Could not be decoded; the frame keeps its place in time and counts as missing.
    Failed(Arc<FrameFault>),
}

/// Memory that holds frames and outlives every [`FrameGuard`] handed out for it.
pub trait FrameOwner: Send + Sync {
    /// The samples of `slot`, dense and native-endian, aligned for the element type.
    fn frame_bytes(&self, slot: usize) -> &[u8];

    /// Whether what was read through this owner is trustworthy. A mapped file that was cut while it was
    /// open answers with an error; readers ask after they have read and before they use the result.
    ///
    /// # Errors
    /// [`ReadError::Lost`] with the file and what happened to it.
    fn verify(&self) -> Result<(), ReadError> {
        Ok(())
    }
}

struct Decoded(Samples);

impl FrameOwner for Decoded {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        self.0.bytes()
    }
}

/// An owned pin on one frame: while it lives, the samples stay where they are.
///
/// Cloning a guard is cheap and shares the pin.
#[derive(Clone)]
pub struct FrameGuard {
    owner: Arc<dyn FrameOwner>,
    slot: usize,
    dtype: DType,
    shape: FrameShape,
}

impl FrameGuard {
    /// Pins `slot` of `owner`.
    pub fn new(owner: Arc<dyn FrameOwner>, slot: usize, dtype: DType, shape: FrameShape) -> Self {
        Self { owner, slot, dtype, shape }
    }

    /// A frame that owns its samples.
    ///
    /// # Panics
    /// If the number of samples is not that of the shape.
    pub fn from_samples(samples: Samples, shape: FrameShape) -> Self {
        assert_eq!(samples.len(), shape.samples(), "samples fill the frame");
        let dtype = samples.dtype();
        Self { owner: Arc::new(Decoded(samples)), slot: 0, dtype, shape }
    }

    /// The samples, row by row, channels innermost. Length [`FrameShape::samples`].
    pub fn samples(&self) -> SamplesRef<'_> {
        SamplesRef::from_bytes(self.dtype, self.owner.frame_bytes(self.slot))
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Shape.
    pub fn shape(&self) -> FrameShape {
        self.shape
    }

    /// Asks after reading whether what was read is trustworthy, see [`FrameOwner::verify`].
    ///
    /// # Errors
    /// [`ReadError::Lost`] if the backing storage changed under the pin.
    pub fn verify(&self) -> Result<(), ReadError> {
        self.owner.verify()
    }
}

impl fmt::Debug for FrameGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameGuard")
            .field("slot", &self.slot)
            .field("dtype", &self.dtype)
            .finish_non_exhaustive()
    }
}

/// Description of a frame besides its samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameMeta {
    /// Name as shown: the file's name, or the array's name with the frame's index.
    pub name: String,
    /// File number: the number that counts in the file's name, as a decimal number without leading zeros.
    pub number: Option<String>,
    /// File it lies in.
    pub file: Option<PathBuf>,
    /// Bytes of that file on disk, 0 where unknown.
    pub file_bytes: u64,
    /// When that file was written last, as of when it had so many bytes; `None` where unknown.
    pub file_written: Option<SystemTime>,
    /// Bits per sample as stored in the container (a 4-bit PNG says 4).
    pub container_bits: u32,
    /// Colour model of the container in words, for the information panel.
    pub color_model: Cow<'static, str>,
}

/// Describes frames by source frame number.
pub trait FrameCatalog: Send + Sync {
    /// The description of source frame `frame`.
    fn meta(&self, frame: usize) -> FrameMeta;

    /// The source frame at t = 0, where the person names none: that of file number 0 where numbers run from below 0.
    fn t0_frame(&self) -> i64 {
        0
    }

    /// Where the source frames stand in time, in intervals, where that is not at their numbers (`--times names`).
    fn counts(&self) -> Option<&[f64]> {
        None
    }
}

/// Pixels that count: `true` is valid. A mask never widens the samples it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// One flag per pixel, row by row.
    pub valid: Vec<bool>,
}
