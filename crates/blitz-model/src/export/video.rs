//! Videos: pictures as they are shown, or values without loss, and when each frame is shown.

use std::sync::Arc;

use blitz_core::{FrameShape, PixelSize, Rational, Stack, TimeAxis, ZoneShape};
use blitz_io::Timing;
use serde::{Deserialize, Serialize};

use super::ImageStyle;
use crate::recipe::{InvalidEntry, Recipe};

/// Frames per second of a video whose recording has no rate.
pub const DEFAULT_RATE: Rational = Rational { num: 25, den: 1 };
/// Frames per second above which people see few of them.
const FAST: f64 = 240.0;

/// What a video shows, and how fast.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct VideoRequest {
    /// Frames per second to play; `None` takes the times of the recording, or [`DEFAULT_RATE`] where it has none.
    pub rate: Option<Rational>,
    /// How pictures are drawn of the frames; `None` keeps the values, without loss.
    pub pictures: Option<ImageStyle>,
}

/// When the frames of a video are shown, with that in words and what people should know of it.
pub(super) struct Schedule {
    pub(super) timing: Timing,
    pub(super) words: String,
    pub(super) note: Option<String>,
}

impl Schedule {
    /// The times of the stack frames `frames`, which are evenly spaced.
    pub(super) fn new(
        stack: &Stack,
        recipe: &Recipe,
        frames: &[usize],
        chosen: Option<Rational>,
    ) -> Result<Self, InvalidEntry> {
        let time =
            recipe.calibration.time(stack).map_err(|error| InvalidEntry::new("calibration.fps", error))?;
        let source = |i: usize| stack.source_frame(frames[i]);
        let step = if frames.len() > 1 { source(1) - source(0) } else { stack.frames.step };
        let own = match (&time, chosen) {
            (_, Some(rate)) => return Ok(Self::at(rate, "")),
            (TimeAxis::NotSet, None) => None,
            (TimeAxis::Interval { dt, .. }, None) => {
                let interval = dt.num.checked_mul(step as u64).and_then(|num| Rational::new(num, dt.den));
                interval.and_then(Rational::recip).map(|rate| Self::at(rate, ""))
            }
            (TimeAxis::Explicit(_), None) => {
                let times: Option<Arc<[f64]>> = (0..frames.len()).map(|i| time.seconds(source(i))).collect();
                times.map(|times| Self {
                    timing: Timing::At(times),
                    words: "at the recording's own times".to_owned(),
                    note: None,
                })
            }
        };
        Ok(own.unwrap_or_else(|| Self::at(DEFAULT_RATE, " (the recording has no rate)")))
    }

    fn at(rate: Rational, why: &str) -> Self {
        let words = format!("at {rate} frames/s{why}");
        let note = (rate.to_f64() > FAST).then(|| {
            format!("the video plays {rate} frames per second, of which people see few; a lower rate shows them all")
        });
        Self { timing: Timing::Rate(rate), words, note }
    }
}

/// The corners of a zone's outline in pixels of the frames as they are shown and written.
pub fn shown_outline(stack: &Stack, recipe: &Recipe, zone: &ZoneShape) -> Vec<(f64, f64)> {
    let frame = stack.shape().frame;
    let shown = |(x, y): (f64, f64)| recipe.geometry.map_point(frame, stack.placement.to_stack(x, y));
    zone.outline().into_iter().map(shown).collect()
}

/// The width of a pixel of the frames as they are shown and written, where the size of a source pixel is known.
pub fn shown_pixel(stack: &Stack, recipe: &Recipe) -> Option<PixelSize> {
    let source = recipe.calibration.pixel_size.or(stack.pixel_size)?;
    let lies = recipe.geometry.shape(FrameShape::new(1, 2, 1)).width == 1;
    let scale = if lies { stack.placement.scale_y } else { stack.placement.scale_x };
    Some(PixelSize { metres: source.metres * scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Calibration, Rate};
    use blitz_core::{DType, FrameMap, Placement, Rect, TimeOrigin};
    use blitz_kernels::{Geometry, Rotation};
    use blitz_testkit::{VecStack, noise_frames};

    const SHAPE: FrameShape = FrameShape::new(6, 9, 1);

    fn stack() -> Stack {
        VecStack::new(noise_frames(5, DType::U8, 10, SHAPE), SHAPE).into_stack("noise")
    }

    fn rate(schedule: Schedule) -> (u64, u64) {
        match schedule.timing {
            Timing::Rate(rate) => (rate.num, rate.den),
            Timing::At(times) => panic!("{times:?}"),
        }
    }

    #[test]
    fn thinned_recordings_play_in_their_time() {
        let mut stack = stack();
        stack.frames = FrameMap { first: 4, step: 3 };
        let mut recipe = Recipe::default();
        let frames: Vec<usize> = (0..10).collect();
        let schedule = |stack: &Stack, recipe: &Recipe, chosen| {
            Schedule::new(stack, recipe, &frames, chosen).expect("a valid recipe")
        };
        let none = schedule(&stack, &recipe, None);
        assert!(none.words.contains("no rate") && none.note.is_none(), "{}", none.words);
        assert_eq!(rate(none), (25, 1));
        let dt = Rational::new(1001, 30_000).expect("not zero");
        stack.time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container };
        assert_eq!(rate(schedule(&stack, &recipe, None)), (10_000, 1001));
        recipe.calibration = Calibration { rate: Some(Rate::Fps("90000".into())), ..Calibration::default() };
        let fast = schedule(&stack, &recipe, None);
        assert!(fast.note.is_some());
        assert_eq!(rate(fast), (30_000, 1));
        assert_eq!(rate(schedule(&stack, &recipe, Rational::new(12, 1))), (12, 1));
        recipe.calibration.rate = None;
        stack.time = TimeAxis::Explicit((0..40).map(|i| f64::from(i * i)).collect());
        match schedule(&stack, &recipe, None).timing {
            Timing::At(times) => assert_eq!(times[..3], [16.0, 49.0, 100.0]),
            Timing::Rate(rate) => panic!("{rate}"),
        }
        // Times that end before the frames do are none.
        stack.time = TimeAxis::Explicit([0.0, 1.0].into());
        assert_eq!(rate(schedule(&stack, &recipe, None)), (25, 1));
    }

    #[test]
    fn marks_follow_crop_shrink_and_turn() {
        let mut stack = stack();
        stack.placement = Placement { crop: Rect::new(10, 20, 18, 18), scale_x: 2.0, scale_y: 3.0 };
        let geometry = Geometry { rotate: Rotation::Cw, ..Geometry::default() };
        let pixel_size = PixelSize::parse("10um").ok();
        let calibration = Calibration { pixel_size, ..Calibration::default() };
        let mut recipe = Recipe { calibration, ..Recipe::default() };
        let zone = ZoneShape::Rect { x: 12.0, y: 23.0, width: 4.0, height: 6.0, angle: 0.0 };
        assert_eq!(shown_outline(&stack, &recipe, &zone)[0], (1.0, 1.0));
        assert_eq!(shown_outline(&stack, &recipe, &zone)[2], (3.0, 3.0));
        let metres = |recipe: &Recipe| shown_pixel(&stack, recipe).expect("a size").metres;
        assert!((metres(&recipe) - 20e-6).abs() < 1e-12);
        recipe.geometry = geometry;
        // Clockwise: rows count from the right.
        assert_eq!(shown_outline(&stack, &recipe, &zone)[0], (5.0, 1.0));
        assert!((metres(&recipe) - 30e-6).abs() < 1e-12);
    }
}
