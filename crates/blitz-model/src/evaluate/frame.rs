//! Pictures: single frames, regions, and what reductions give.

use std::hash::{Hash, Hasher};

use blitz_core::{DType, FrameShape, Mask, Rect, Samples};
use blitz_kernels::{Counts, Geometry};
use serde::{Deserialize, Serialize};

use super::{Answer, Basis, Coverage, EvalError, Input, Question};

/// One picture of numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// Samples, row by row, channels innermost.
    pub samples: Samples,
    /// Shape after geometry.
    pub shape: FrameShape,
    /// Samples used per value; `None` for a single frame. A count of 0 marks a missing value in types that
    /// cannot hold NaN.
    pub counts: Option<Counts>,
    /// Frames that it rests on.
    pub coverage: Coverage,
    /// Sums of integer sources as the integers they are; `samples` then holds them rounded to f64.
    pub exact_sums: Option<ExactSums>,
}

/// Exact sums: u64 for unsigned sources, i64 for signed ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExactSums {
    /// Of unsigned samples.
    U64(Vec<u64>),
    /// Of signed samples.
    I64(Vec<i64>),
}

impl Picture {
    /// Element type.
    pub fn dtype(&self) -> DType {
        self.samples.dtype()
    }

    /// The value at `(x, y)` of the picture, one per channel; `None` outside, NaN where missing.
    pub fn values_at(&self, x: usize, y: usize) -> Option<Vec<f64>> {
        if x >= self.shape.width || y >= self.shape.height {
            return None;
        }
        let first = (y * self.shape.width + x) * self.shape.channels;
        let value = |i: usize| {
            let missing = self.counts.as_ref().is_some_and(|c| c.at(i) == 0);
            if missing { f64::NAN } else { self.samples.as_ref().get_f64(i) }
        };
        Some((first..first + self.shape.channels).map(value).collect())
    }

    /// Pixels that have a value in every channel; `None` if all have (NaN aside).
    pub fn valid(&self) -> Option<Mask> {
        let counts = self.counts.as_ref()?;
        if counts.missing(self.samples.len()) == 0 {
            return None;
        }
        let channels = self.shape.channels;
        let valid = (0..self.shape.pixels())
            .map(|p| (p * channels..(p + 1) * channels).all(|i| counts.at(i) > 0))
            .collect();
        Some(Mask { width: self.shape.width, height: self.shape.height, valid })
    }

    /// Values that are missing (no sample left, or NaN).
    pub fn missing(&self) -> usize {
        let nan =
            blitz_core::with_samples!(self.samples.as_ref(), s => s.iter().filter(|v| v.is_nan()).count());
        self.counts.as_ref().map_or(nan, |c| nan.max(c.missing(self.samples.len())))
    }

    /// Whether no value is there at all.
    pub fn is_empty(&self) -> bool {
        self.missing() == self.samples.len()
    }

    fn held_bytes(&self) -> u64 {
        let per_sample = match (&self.counts, &self.exact_sums) {
            (Some(Counts::PerSample(_)), None) => 4,
            (Some(Counts::PerSample(_)), Some(_)) => 12,
            (_, Some(_)) => 8,
            _ => 0,
        };
        (self.samples.bytes().len() + per_sample * self.samples.len()) as u64
    }

    /// The same picture turned.
    pub(crate) fn turned(mut self, by: Geometry) -> Self {
        if by.is_identity() {
            return self;
        }
        let before = self.shape;
        let moved = |values: Vec<u64>| turned(&values, before, by);
        self.counts = self.counts.map(|counts| match counts {
            Counts::PerSample(n) => {
                let n = moved(n.into_iter().map(u64::from).collect());
                Counts::PerSample(n.into_iter().map(|n| n as u32).collect())
            }
            uniform @ Counts::Uniform(_) => uniform,
        });
        self.exact_sums = self.exact_sums.map(|sums| match sums {
            ExactSums::U64(sums) => ExactSums::U64(moved(sums)),
            ExactSums::I64(sums) => {
                let bits = moved(sums.into_iter().map(i64::cast_unsigned).collect());
                ExactSums::I64(bits.into_iter().map(u64::cast_signed).collect())
            }
        });
        (self.samples, self.shape) = by.apply(self.samples.as_ref(), before);
        self
    }
}

/// Values that are no sample type, turned: through the positions that the pixels come from.
fn turned(values: &[u64], shape: FrameShape, by: Geometry) -> Vec<u64> {
    let (height, width) = (by.shape(shape).height, by.shape(shape).width);
    let mut out = Vec::with_capacity(values.len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = by.source_pixel(shape, (x, y));
            let first = (from_y * shape.width + from_x) * shape.channels;
            out.extend_from_slice(&values[first..first + shape.channels]);
        }
    }
    out
}

impl Answer for Picture {
    fn bytes(&self) -> u64 {
        self.held_bytes()
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

/// One frame, turned as the recipe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneFrame {
    /// Stack frame.
    pub frame: usize,
}

impl Question for OneFrame {
    type Answer = Picture;

    fn title(&self) -> String {
        "frame".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        self.frame.hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frame(self.frame)
    }

    fn answer(&self, input: &Input<'_>) -> Result<Picture, EvalError> {
        let samples = input.stack.samples(self.frame)?;
        let failed = input.stack.faults_behind(&[self.frame]);
        let coverage = Coverage { used: 1, failed, ..Coverage::default() };
        let shape = input.stack.store.layout().frame;
        let picture = Picture { samples, shape, counts: None, coverage, exact_sums: None };
        Ok(picture.turned(input.recipe.geometry))
    }
}

/// A rectangle of one frame, not turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Stack frame.
    pub frame: usize,
    /// Stack pixels.
    pub rect: Rect,
}

impl Question for Region {
    type Answer = Picture;

    fn title(&self) -> String {
        "part of a frame".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        (self.frame, self.rect).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frame(self.frame)
    }

    fn answer(&self, input: &Input<'_>) -> Result<Picture, EvalError> {
        let layout = input.stack.store.layout();
        let rect = self.rect;
        if !rect.fits(layout.frame) {
            let FrameShape { width, height, .. } = layout.frame;
            return Err(EvalError::Empty(format!(
                "the region {rect} leaves the frame of {width} × {height} pixels"
            )));
        }
        let shape = FrameShape::new(rect.height, rect.width, layout.frame.channels);
        let mut samples = Samples::zeros(layout.dtype, shape.samples());
        input.stack.store.read_into(self.frame, rect, samples.as_mut())?;
        let coverage = Coverage { used: 1, ..Coverage::default() };
        Ok(Picture { samples, shape, counts: None, coverage, exact_sums: None })
    }
}
