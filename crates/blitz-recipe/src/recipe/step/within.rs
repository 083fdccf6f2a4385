//! What a recording allows.

use blitz_core::FrameShape;

/// What a recording allows: parameters are checked against it before any frame is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// Shape of a frame.
    pub frame: FrameShape,
    /// Frames of the cropped timeline.
    pub timeline: usize,
}
