//! Why a picture could not be drawn.

use blitz_core::FrameShape;
use thiserror::Error;

/// Why a picture could not be drawn.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DrawError {
    /// The samples do not fill the frame.
    #[error(
        "a frame of {} × {} pixels with {} channels needs {expected} samples, found {found}",
        shape.width, shape.height, shape.channels
    )]
    Samples {
        /// Shape claimed.
        shape: FrameShape,
        /// Samples found.
        found: usize,
        /// Samples that the shape has.
        expected: usize,
    },
    /// The mask belongs to a picture of another size.
    #[error(
        "the mask is {mask_width} × {mask_height} pixels with {flags} flags, the frame {width} × {height}"
    )]
    Mask {
        /// Columns of the mask.
        mask_width: usize,
        /// Rows of the mask.
        mask_height: usize,
        /// Flags the mask holds.
        flags: usize,
        /// Columns of the frame.
        width: usize,
        /// Rows of the frame.
        height: usize,
    },
    /// There is no such channel.
    #[error("channel {channel} does not exist: the frame has {count} channels, numbered from 0")]
    Channel {
        /// Channel asked for.
        channel: usize,
        /// Channels of the frame.
        count: usize,
    },
    /// The zoom factor is no positive number.
    #[error("the zoom factor is {found}; expected a number greater than 0, such as 2 or 0.5")]
    Zoom {
        /// Factor found.
        found: f64,
    },
    /// The picture would not fit into memory.
    #[error(
        "the picture would be {width} × {height} pixels, more than the {limit} that can be drawn; use a smaller zoom"
    )]
    TooLarge {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Most pixels allowed.
        limit: usize,
    },
}
