//! Kymographs (x–t pictures): the samples along a line, frame by frame.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{FrameShape, Samples};
use blitz_kernels::Counts;

use super::stream::map_frames;
use super::{Answer, Basis, Coverage, EvalError, Input, Picture, Question};

/// The samples along a line over the timeline: one row per frame, one column per step of about one pixel.
///
/// # Values
/// A place of the line samples pixel `floor(x), floor(y)`, as paths do. Places outside of the image, frames that
/// cannot be read, and NaN are missing. The type is that of the values (of the source, or of what the steps make).
///
/// # Cost
/// One read of each frame (of a part of it, where steps are computed for parts).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kymograph {
    /// Start of the line in source coordinates.
    pub from: (f64, f64),
    /// End of the line in source coordinates.
    pub to: (f64, f64),
}

/// The answer to [`Kymograph`].
#[derive(Clone, Debug)]
pub struct KymographPicture {
    /// Rows are frames, columns are places along the line. Its counts say which values are missing.
    pub picture: Picture,
    /// Stack frames of the rows.
    pub frames: Arc<[usize]>,
    /// Length of the line in source pixels.
    pub length: f64,
}

impl Answer for KymographPicture {
    fn bytes(&self) -> u64 {
        self.picture.bytes() + size_of_val(self.frames.as_ref()) as u64
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.picture.coverage)
    }
}

impl Kymograph {
    /// Length in source pixels.
    pub fn length(&self) -> f64 {
        (self.to.0 - self.from.0).hypot(self.to.1 - self.from.1)
    }

    /// Places along the line, both ends included.
    fn places(&self) -> usize {
        // Longer lines than any image has would only repeat what is missing.
        self.length().ceil().clamp(0.0, 65_535.0) as usize + 1
    }

    /// Source coordinates of a place.
    fn at(&self, place: usize) -> (f64, f64) {
        let share = place as f64 / (self.places() - 1).max(1) as f64;
        (self.from.0 + share * (self.to.0 - self.from.0), self.from.1 + share * (self.to.1 - self.from.1))
    }
}

impl Question for Kymograph {
    type Answer = KymographPicture;

    fn title(&self) -> String {
        "kymograph".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        for v in [self.from.0, self.from.1, self.to.0, self.to.1] {
            v.to_bits().hash(&mut state);
        }
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn answer(&self, input: &Input<'_>) -> Result<KymographPicture, EvalError> {
        let (stack, cx) = (input.stack, input.cx);
        if ![self.from.0, self.from.1, self.to.0, self.to.1].into_iter().all(f64::is_finite) {
            return Err(EvalError::Empty("the ends of the line are no numbers".into()));
        }
        let frames: Arc<[usize]> = input.recipe.select(stack, None).into();
        let layout = stack.store.layout();
        let FrameShape { width, height, channels } = layout.frame;
        // First sample of each place; `None` outside of the image.
        let samples: Vec<Option<usize>> = (0..self.places())
            .map(|place| {
                let (x, y) = self.at(place);
                let (x, y) = stack.placement.to_stack(x, y);
                let inside = x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
                inside.then(|| (y as usize * width + x as usize) * channels)
            })
            .collect();
        let size = layout.dtype.size();
        cx.progress.start("kymograph", frames.len() as u64);
        let (rows, coverage) = map_frames(stack, &frames, cx, |_, guard| {
            let bytes = guard.samples().bytes();
            let mut row = vec![0_u8; samples.len() * channels * size];
            for (place, first) in row.chunks_exact_mut(channels * size).zip(&samples) {
                if let Some(first) = first {
                    place.copy_from_slice(&bytes[first * size..(first + channels) * size]);
                }
            }
            row
        })?;
        let shape = FrameShape::new(frames.len(), samples.len(), channels);
        let mut values = Samples::zeros(layout.dtype, shape.samples());
        let mut counts = vec![0_u32; shape.samples()];
        let row_bytes = samples.len() * channels * size;
        for (i, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            values.as_mut().bytes()[i * row_bytes..(i + 1) * row_bytes].copy_from_slice(row);
            for (place, inside) in samples.iter().enumerate() {
                let first = (i * samples.len() + place) * channels;
                counts[first..first + channels].fill(u32::from(inside.is_some()));
            }
        }
        // In types that hold NaN a missing value is one.
        let missing = |i: &usize| counts[*i] == 0;
        match &mut values {
            Samples::F32(values) => (0..values.len()).filter(missing).for_each(|i| values[i] = f32::NAN),
            Samples::F64(values) => (0..values.len()).filter(missing).for_each(|i| values[i] = f64::NAN),
            _ => {}
        }
        let counts = Some(Counts::PerSample(counts));
        let picture = Picture { samples: values, shape, counts, coverage, exact_sums: None };
        Ok(KymographPicture { picture, frames, length: self.length() })
    }
}
