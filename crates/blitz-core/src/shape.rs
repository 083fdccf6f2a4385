//! Shapes and rectangles. One axis order everywhere: `(T, H, W, C)`, rows before columns.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Shape of one frame: rows, columns, channels. Samples are dense, row by row, channels innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameShape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Samples per pixel.
    pub channels: usize,
}

impl FrameShape {
    /// A frame of `height` rows, `width` columns and `channels` samples per pixel.
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels }
    }

    /// Pixels per frame.
    pub const fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Samples per frame, all channels counted.
    pub const fn samples(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Samples per row, all channels counted.
    pub const fn row(self) -> usize {
        self.width * self.channels
    }

    /// The rectangle that covers the frame.
    pub const fn rect(self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Samples per frame, or `None` where the product overflows: the check for sizes that come from a file.
    pub fn checked_samples(self) -> Option<usize> {
        self.height.checked_mul(self.width)?.checked_mul(self.channels)
    }
}

/// Shape of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Frames known so far.
    pub frames: usize,
    /// Shape of each frame.
    pub frame: FrameShape,
}

impl Shape {
    /// Shape `(frames, height, width, channels)`.
    pub const fn new(frames: usize, height: usize, width: usize, channels: usize) -> Self {
        Self { frames, frame: FrameShape::new(height, width, channels) }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameShape { height, width, channels } = self.frame;
        write!(f, "({}, {height}, {width}, {channels})", self.frames)
    }
}

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rect {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// A rectangle with its upper left pixel at `(x, y)`.
    pub const fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self { x, y, width, height }
    }

    /// Whether the rectangle has at least one pixel and lies inside a frame of that shape.
    pub fn fits(self, frame: FrameShape) -> bool {
        self.width > 0
            && self.height > 0
            && self.x.checked_add(self.width).is_some_and(|end| end <= frame.width)
            && self.y.checked_add(self.height).is_some_and(|end| end <= frame.height)
    }

    /// Pixels covered.
    pub const fn pixels(self) -> usize {
        self.width * self.height
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}
