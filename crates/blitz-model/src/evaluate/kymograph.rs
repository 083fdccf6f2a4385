//! Kymographs (x–t pictures): the samples along a line, frame by frame.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{FrameShape, Rect, Samples, bytes_text};
use blitz_kernels::Counts;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kymograph {
    /// Start of the line in source coordinates.
    pub from: (f64, f64),
    /// End of the line in source coordinates.
    pub to: (f64, f64),
}

/// The answer to [`Kymograph`].
#[derive(Clone, Debug, Serialize, Deserialize)]
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

    fn shows_failure(&self) -> bool {
        true
    }

    /// One along x and one along y can be looked at side by side.
    fn place(&self) -> u64 {
        u64::from((self.to.1 - self.from.1).abs() > (self.to.0 - self.from.0).abs())
    }

    fn answer(&self, input: &Input<'_>) -> Result<KymographPicture, EvalError> {
        let (stack, cx) = (input.stack, input.cx);
        if ![self.from.0, self.from.1, self.to.0, self.to.1].into_iter().all(f64::is_finite) {
            return Err(EvalError::Empty("the ends of the line are no numbers".into()));
        }
        let frames: Arc<[usize]> = input.recipe.select(stack, None).into();
        if frames.is_empty() {
            return Err(EvalError::Empty("there is no frame".into()));
        }
        let layout = stack.store.layout();
        let FrameShape { width, height, channels } = layout.frame;
        // Rows, the picture made of them, its counts, and what is drawn of it.
        let samples = (frames.len() as u64).saturating_mul((self.places() * channels) as u64);
        let needed = samples.saturating_mul(3 * layout.dtype.size() as u64 + 4);
        if needed > cx.scratch_bytes {
            return Err(EvalError::Empty(format!(
                "a kymograph of {} places and {} frames takes {}, of which {} are free; draw a shorter line or crop the \
                 timeline",
                self.places(),
                frames.len(),
                bytes_text(needed),
                bytes_text(cx.scratch_bytes)
            )));
        }
        // The pixel of each place; `None` outside of the image.
        let pixels: Vec<Option<(usize, usize)>> = (0..self.places())
            .map(|place| {
                let (x, y) = self.at(place);
                let (x, y) = stack.placement.to_stack(x, y);
                let inside = x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
                inside.then_some((x as usize, y as usize))
            })
            .collect();
        // Steps are computed for the pixels around the line alone.
        let part = around(&pixels).and_then(|rect| stack.part(rect));
        let (part, corner) = part.as_ref().map_or((stack, (0, 0)), |(part, rect)| (part, (rect.x, rect.y)));
        let row = part.store.layout().frame.width;
        let first = |(x, y): (usize, usize)| ((y - corner.1) * row + x - corner.0) * channels;
        let size = layout.dtype.size();
        cx.progress.start("kymograph", frames.len() as u64);
        let (rows, coverage) = map_frames(part, &frames, cx, |_, guard| {
            let bytes = guard.samples().bytes();
            let mut row = vec![0_u8; pixels.len() * channels * size];
            for (place, pixel) in row.chunks_exact_mut(channels * size).zip(&pixels) {
                if let Some(first) = pixel.map(first) {
                    place.copy_from_slice(&bytes[first * size..(first + channels) * size]);
                }
            }
            row
        })?;
        let shape = FrameShape::new(frames.len(), pixels.len(), channels);
        let mut values = Samples::zeros(layout.dtype, shape.samples());
        let mut counts = vec![0_u32; shape.samples()];
        let row_bytes = pixels.len() * channels * size;
        for (i, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            values.as_mut().bytes()[i * row_bytes..(i + 1) * row_bytes].copy_from_slice(row);
            for (place, inside) in pixels.iter().enumerate() {
                let first = (i * pixels.len() + place) * channels;
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

/// The smallest rectangle around the pixels; `None` if there are none.
fn around(pixels: &[Option<(usize, usize)>]) -> Option<Rect> {
    let there = || pixels.iter().flatten();
    let (left, right) = (there().map(|p| p.0).min()?, there().map(|p| p.0 + 1).max()?);
    let (top, bottom) = (there().map(|p| p.1).min()?, there().map(|p| p.1 + 1).max()?);
    Some(Rect::new(left, top, right - left, bottom - top))
}
