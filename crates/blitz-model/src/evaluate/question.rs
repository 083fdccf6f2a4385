//! What can be asked, and the answers.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{FrameRange, Rect, Zone, ZoneShape};
use blitz_kernels::reduce::Method;

use super::{Curves, LevelsAnswer, Picture};

/// A question about a stack. Frames are stack frames, ranges are source frame numbers, rectangles are
/// stack pixels, zones and points are source pixels.
#[derive(Clone, Debug)]
pub enum Question {
    /// One frame, turned as the recipe says.
    Frame {
        /// Stack frame.
        frame: usize,
    },
    /// A rectangle of one frame, not turned.
    Region {
        /// Stack frame.
        frame: usize,
        /// Stack pixels.
        rect: Rect,
    },
    /// One pixel over all frames.
    History {
        /// Source column.
        x: usize,
        /// Source row.
        y: usize,
    },
    /// Several zones over frames: n, missing, mean, sum, min, max, std and, if wanted, median, in one pass.
    Curves {
        /// Zones; names and colours do not matter to the answer.
        zones: Arc<[Zone]>,
        /// Which frames.
        frames: FrameSet,
        /// Whether medians are wanted (they cost a copy and a selection per frame).
        median: bool,
    },
    /// Reductions of a range of frames to one picture per method, in one pass (median and percentiles in
    /// one more).
    Reduce {
        /// What to compute.
        methods: Vec<Method>,
        /// Source frames within the cropped timeline; `None` is all of it.
        range: Option<FrameRange>,
        /// std divides by N − ddof.
        ddof: u32,
    },
    /// Histogram, range, missing counts and effective bits.
    Levels {
        /// Of what.
        scope: Scope,
    },
}

/// Frames that a curve is computed for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FrameSet {
    /// All of the cropped timeline.
    All,
    /// These stack frames, ascending.
    List(Arc<[usize]>),
}

/// What a histogram is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One stack frame.
    Frame(usize),
    /// At most this many readable frames, evenly spread: quick, and labelled as a sample.
    Sample(usize),
    /// Every frame of the cropped timeline.
    Stack,
}

/// An answer; which kind follows from the question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Question::Frame`] and [`Question::Region`].
    Picture(Picture),
    /// To [`Question::Reduce`]: one per method, in their order.
    Pictures(Vec<Picture>),
    /// To [`Question::Curves`] and [`Question::History`].
    Curves(Curves),
    /// To [`Question::Levels`].
    Levels(LevelsAnswer),
}

impl Answer {
    /// Bytes held, for the cache's budget.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Picture(p) => p.bytes(),
            Self::Pictures(all) => all.iter().map(Picture::bytes).sum(),
            Self::Curves(c) => c.bytes(),
            Self::Levels(l) => l.bytes(),
        }
    }
}

impl Question {
    /// A hash of everything that changes the answer.
    pub fn fingerprint(&self) -> u64 {
        let mut h = std::hash::DefaultHasher::new();
        std::mem::discriminant(self).hash(&mut h);
        match self {
            Self::Frame { frame } => frame.hash(&mut h),
            Self::Region { frame, rect } => (frame, rect).hash(&mut h),
            Self::History { x, y } => (x, y).hash(&mut h),
            Self::Curves { zones, frames, median } => {
                for zone in zones.iter() {
                    hash_shape(&zone.shape, &mut h);
                }
                (frames, median).hash(&mut h);
            }
            Self::Reduce { methods, range, ddof } => {
                for method in methods {
                    crate::text::method(*method).hash(&mut h);
                }
                (range, ddof).hash(&mut h);
            }
            Self::Levels { scope } => scope.hash(&mut h),
        }
        h.finish()
    }

    /// Whether the answer depends on which frames of the stack are ready (rather than on one frame).
    pub fn depends_on_generation(&self) -> bool {
        match self {
            Self::Frame { .. } | Self::Region { .. } => false,
            Self::Levels { scope } => !matches!(scope, Scope::Frame(_)),
            Self::History { .. } | Self::Curves { .. } | Self::Reduce { .. } => true,
        }
    }
}

/// Hashes a shape by the bits of its numbers.
pub(crate) fn hash_shape(shape: &ZoneShape, h: &mut impl Hasher) {
    std::mem::discriminant(shape).hash(h);
    match shape {
        ZoneShape::Rect { x, y, width, height, angle }
        | ZoneShape::Ellipse { x, y, width, height, angle } => {
            for v in [x, y, width, height, angle] {
                v.to_bits().hash(h);
            }
        }
        ZoneShape::Polygon(points) => {
            for (x, y) in points {
                (x.to_bits(), y.to_bits()).hash(h);
            }
        }
        ZoneShape::Pixel { x, y } => (x, y).hash(h),
    }
}
