//! The samples that medians and percentiles rest on, gathered frame by frame.

use std::collections::BTreeMap;

use blitz_core::{DType, Samples, SamplesRef, with_dtype, with_samples};

use super::{Reduced, percentiles};
use crate::element::Element;
use crate::state::{Reader, StateError, Writer};

/// Frames, or the same rows of each, by their numbers: the partial result of medians and percentiles.
///
/// A median cannot be made of medians of parts, and no smaller summary of a part is exact: what the other parts
/// hold decides which of its samples are the middle ones. So the partial result is the samples themselves, as
/// large as what was read. Where that is too much, rows are shared out instead of frames.
///
/// # Values
/// Merged in any grouping and order, [`Histories::percentiles`] gives what [`percentiles`] gives of all frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Histories {
    dtype: DType,
    samples: usize,
    frames: BTreeMap<usize, Samples>,
}

impl Histories {
    /// Of frames (or bands of rows) with `samples` samples of type `dtype`, none yet.
    pub fn new(dtype: DType, samples: usize) -> Self {
        Self { dtype, samples, frames: BTreeMap::new() }
    }

    /// Adds frame `number`; a frame of that number is replaced.
    ///
    /// # Panics
    /// If it has another element type or size.
    pub fn push(&mut self, number: usize, frame: SamplesRef<'_>) {
        assert_eq!((frame.dtype(), frame.len()), (self.dtype, self.samples), "frames have one type and size");
        self.frames.insert(number, frame.to_owned());
    }

    /// Element type of the frames.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Samples per frame.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds the frames of `other`.
    ///
    /// # Errors
    /// If they have another type or size, or one of them is there already; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        if (self.dtype, self.samples) != (other.dtype, other.samples) {
            return Err(format!(
                "frames of {} samples of {} found, {} of {} expected",
                other.samples, other.dtype, self.samples, self.dtype
            ));
        }
        if let Some(number) = other.frames.keys().find(|number| self.frames.contains_key(number)) {
            return Err(format!("frame {number} is in both"));
        }
        self.frames.extend(other.frames.iter().map(|(&number, frame)| (number, frame.clone())));
        Ok(())
    }

    /// Percentiles over the frames, see [`percentiles`]; `None` if there is no frame.
    ///
    /// # Panics
    /// If a percentile is not within 0 to 100.
    pub fn percentiles(&self, qs: &[f64]) -> Option<Vec<Reduced>> {
        let frames: Vec<SamplesRef<'_>> = self.frames.values().map(Samples::as_ref).collect();
        (!frames.is_empty()).then(|| percentiles(&frames, None, 1, qs))
    }

    /// The state as bytes, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.dtype(self.dtype);
        to.number(self.samples as u64);
        to.number(self.frames.len() as u64);
        for (&number, frame) in &self.frames {
            to.number(number as u64);
            with_samples!(frame.as_ref(), samples => to.values(samples));
        }
        if self.frames.is_empty() {
            to.room(self.samples);
        }
        to.into_bytes()
    }

    /// What [`Histories::to_bytes`] wrote.
    ///
    /// # Errors
    /// If the bytes are cut or too many, or frames do not follow each other.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader::new(bytes);
        let dtype = from.dtype()?;
        let samples = from.number_within("samples", 0..=bytes.len() as u64)? as usize;
        let count = from.number_within("frames", 0..=bytes.len() as u64 / 8)?;
        let mut all = Self::new(dtype, samples);
        let mut next = 0;
        for _ in 0..count {
            let number = from.number_within("number of a frame", next..=1 << 62)?;
            next = number + 1;
            let frame = with_dtype!(dtype, S => <S as Element>::wrap(from.values::<S>(samples)?));
            all.frames.insert(number as usize, frame);
        }
        if count == 0 {
            from.room(samples)?;
        }
        from.end()?;
        Ok(all)
    }
}
