//! A recording: a store with its axes, channels and descriptions.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Channel, DType, FrameCatalog, FrameMeta, PixelSize, Rect, Shape, Store, TimeAxis};

/// A number that no two calls give, whichever thread or process they are made in: random, by the seeds of the standard
/// library's hash tables. Of a million numbers two are equal once in 30 million times.
pub fn unique_number() -> u64 {
    RandomState::new().hash_one(0)
}

/// Identity of an opened stack. Reopening gives a new one, so nothing computed for
/// the old one can be taken for the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackId(u64);

impl StackId {
    /// An identity of its own, in other processes, too.
    pub fn fresh() -> Self {
        Self(unique_number())
    }
}

/// Which source frame a stack's frame was: `source = first + step × frame`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameMap {
    /// Source frame of the stack's frame 0.
    pub first: usize,
    /// Source frames from one stack frame to the next, at least 1.
    pub step: usize,
}

impl FrameMap {
    /// Every source frame.
    pub const IDENTITY: Self = Self { first: 0, step: 1 };

    /// Source frame number of stack frame `frame`.
    pub const fn source(self, frame: usize) -> usize {
        self.first + self.step * frame
    }

    /// Stack frame at or after source frame `source` (may lie past the end).
    pub const fn stack_at_or_after(self, source: usize) -> usize {
        source.saturating_sub(self.first).div_ceil(self.step)
    }

    /// Stack frame nearest to source frame `source` in a stack of `frames` frames.
    pub fn nearest(self, source: usize, frames: usize) -> usize {
        let offset = source.saturating_sub(self.first);
        ((offset + self.step / 2) / self.step).min(frames.saturating_sub(1))
    }
}

/// Where the stack's pixels lie in the source image: cropped to `crop`, then shrunk. Coordinates shown,
/// typed and written are source pixels; this maps between the two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// The part of the source image that was kept, in source pixels.
    pub crop: Rect,
    /// Source pixels per stack pixel along x, at least 1 (1 is not shrunk).
    pub scale_x: f64,
    /// Source pixels per stack pixel along y.
    pub scale_y: f64,
}

impl Placement {
    /// The whole source image, unshrunk.
    pub const fn whole(width: usize, height: usize) -> Self {
        Self { crop: Rect::new(0, 0, width, height), scale_x: 1.0, scale_y: 1.0 }
    }

    /// Source coordinates of a point in stack coordinates.
    pub fn to_source(self, x: f64, y: f64) -> (f64, f64) {
        (x * self.scale_x + self.crop.x as f64, y * self.scale_y + self.crop.y as f64)
    }

    /// Stack coordinates of a point in source coordinates.
    pub fn to_stack(self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.crop.x as f64) / self.scale_x, (y - self.crop.y as f64) / self.scale_y)
    }
}

/// A recording that is open. Cheap to clone; the samples are never edited in place.
///
/// ```
/// use blitz_core::{DType, FrameShape, Samples};
/// use blitz_testkit::VecStack;
///
/// let frames = (0..3_u16).map(|t| Samples::from(vec![t; 6])).collect();
/// let stack = VecStack::new(frames, FrameShape::new(2, 3, 1)).into_stack("ramp");
/// assert_eq!(stack.shape().to_string(), "(3, 2, 3, 1)");
/// assert_eq!(stack.dtype(), DType::U16);
/// // A guard pins a frame while its samples are read.
/// let guard = stack.store.pin(2)?;
/// assert_eq!(guard.samples().get_f64(5), 2.0);
/// # Ok::<(), blitz_core::ReadError>(())
/// ```
#[derive(Clone)]
pub struct Stack {
    /// Identity.
    pub id: StackId,
    /// Short name: the folder's or file's.
    pub name: String,
    /// Where the frames lie.
    pub store: Arc<dyn Store>,
    /// One entry per channel.
    pub channels: Arc<[Channel]>,
    /// Time axis that the container states, over source frames.
    pub time: TimeAxis,
    /// Pixel size that the container states.
    pub pixel_size: Option<PixelSize>,
    /// Unit of the values that the container states, such as `K`.
    pub unit: Option<String>,
    /// Stack frames ↔ source frames.
    pub frames: FrameMap,
    /// Stack pixels ↔ source pixels.
    pub placement: Placement,
    /// Frames in the source when it was opened, before any thinning.
    pub source_frames: usize,
    /// Descriptions of the source frames.
    pub catalog: Arc<dyn FrameCatalog>,
}

impl Stack {
    /// Shape now; frames of a growing stack become more.
    pub fn shape(&self) -> Shape {
        Shape { frames: self.store.extent().end, frame: self.store.layout().frame }
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.store.layout().dtype
    }

    /// Source frame number of stack frame `frame`.
    pub fn source_frame(&self, frame: usize) -> usize {
        self.frames.source(frame)
    }

    /// Frames in the source that are known now, before any thinning: those of a growing stack become more.
    pub fn known_source_frames(&self) -> usize {
        let end = self.store.extent().end;
        end.checked_sub(1).map_or(0, |last| self.source_frame(last) + 1).max(self.source_frames)
    }

    /// Description of stack frame `frame`.
    pub fn meta(&self, frame: usize) -> FrameMeta {
        self.catalog.meta(self.source_frame(frame))
    }

    /// Bytes of all samples, wherever they lie.
    pub fn bytes(&self) -> u64 {
        self.store.layout().frame_bytes() as u64 * self.store.extent().end as u64
    }

    /// Whether the first three channels are shown as colour.
    pub fn is_rgb(&self) -> bool {
        Channel::is_rgb(&self.channels)
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("shape", &self.shape())
            .field("dtype", &self.dtype())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_numbers_survive_thinning() {
        let map = FrameMap { first: 10, step: 3 };
        assert_eq!(map.source(4), 22);
        assert_eq!(map.stack_at_or_after(22), 4);
        assert_eq!(map.stack_at_or_after(23), 5);
        assert_eq!(map.nearest(23, 100), 4);
        assert_eq!(map.nearest(9_999, 5), 4);
        assert_eq!(map.nearest(0, 5), 0);
    }

    #[test]
    fn placement_inverts() {
        let p = Placement { crop: Rect::new(10, 20, 100, 50), scale_x: 2.0, scale_y: 2.5 };
        let (x, y) = p.to_source(3.0, 4.0);
        assert_eq!((x, y), (16.0, 30.0));
        assert_eq!(p.to_stack(x, y), (3.0, 4.0));
    }
}
