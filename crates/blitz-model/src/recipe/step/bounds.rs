//! Bounds of the parameters that depend on the recording.

use blitz_core::FrameShape;

use super::{Filter, StepKind};
use crate::text;

/// What a recording allows: parameters are checked against it before any frame is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// Shape of a frame.
    pub frame: FrameShape,
    /// Frames of the cropped timeline.
    pub timeline: usize,
}

/// Largest square that a median in space joins: it selects among all its values, O(size²) per sample.
const LARGEST_MEDIAN: usize = 999;

/// Standard deviation that any recording allows, however small it is.
const SMALL_SIGMA: usize = 10;

impl Within {
    /// Largest size of a filter: an odd number, at least that of the image or the timeline.
    pub fn largest_size(self, filter: Filter, over_time: bool) -> usize {
        match filter {
            // Frames at the ends of the timeline have no whole window.
            _ if over_time => self.timeline.saturating_sub(1) / 2 * 2 + 1,
            Filter::Median(_) => (self.side() | 1).min(LARGEST_MEDIAN),
            Filter::Gaussian(_) | Filter::Box(_) => self.side() | 1,
        }
    }

    /// Largest standard deviation of a Gaussian.
    pub fn largest_sigma(self, over_time: bool) -> f64 {
        let length = if over_time { self.timeline } else { self.side() };
        (length.max(SMALL_SIGMA) as f64).min(Filter::LARGEST_SIGMA)
    }

    fn side(self) -> usize {
        self.frame.width.max(self.frame.height)
    }

    fn words(self, over_time: bool) -> String {
        let FrameShape { width, height, .. } = self.frame;
        if over_time {
            format!("the timeline has {}", text::count(self.timeline, "frame"))
        } else {
            format!("the image has {width} × {height} pixels")
        }
    }
}

impl StepKind {
    /// What is wrong with the step's parameters for a recording, in words: value found, values allowed.
    pub fn fault(&self, within: Within) -> Option<String> {
        let (filter, over_time) = match self {
            Self::Smooth(filter) => (filter, false),
            Self::SmoothTime(filter) => (filter, true),
            other => return window_fault(other, within),
        };
        let why = within.words(over_time);
        match filter {
            Filter::Gaussian(sigma) => {
                let most = within.largest_sigma(over_time);
                (*sigma > most)
                    .then(|| format!("sigma {sigma} found, a number above 0 up to {most} expected: {why}"))
            }
            Filter::Box(size) | Filter::Median(size) => {
                let most = within.largest_size(*filter, over_time);
                (*size > most)
                    .then(|| format!("size {size} found, an odd number from 1 to {most} expected: {why}"))
            }
        }
    }
}

fn window_fault(kind: &StepKind, within: Within) -> Option<String> {
    let window = kind.window()?;
    let timeline = within.timeline;
    window.complete(0, timeline).is_empty().then(|| {
        let lag = if window.lag > 0 { format!(" with a lag of {}", window.lag) } else { String::new() };
        format!(
            "no frame has a whole window of {} frames{lag}: the timeline has {timeline}; shorten it",
            window.len
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Step;

    #[test]
    fn filters_and_windows_fit_the_recording() {
        let within = Within { frame: FrameShape::new(40, 60, 1), timeline: 12 };
        let fault = |text: &str| text.parse::<Step>().expect(text).kind.fault(within);
        for good in [
            "smooth box,61",
            "smooth median,61",
            "smooth gaussian,60",
            "smooth-time box,11",
            "smooth-time median,11",
            "smooth-time gaussian,12",
            "subtract window:mean,11",
            "subtract window:mean,3,lag=8,forward",
            "limits 0:1",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, words) in [
            (
                "smooth box,63",
                "size 63 found, an odd number from 1 to 61 expected: the image has 60 × 40 pixels",
            ),
            ("smooth median,99999999999", "size 99999999999 found, an odd number from 1 to 61 expected"),
            ("smooth gaussian,61", "sigma 61 found, a number above 0 up to 60 expected"),
            (
                "smooth-time box,13",
                "size 13 found, an odd number from 1 to 11 expected: the timeline has 12 frames",
            ),
            ("smooth-time gaussian,500", "sigma 500 found, a number above 0 up to 12 expected"),
            ("subtract window:mean,12", "whole window of 12 frames: the timeline has 12"),
            ("divide window:mean,1,lag=18446744073709551615", "lag of 18446744073709551615"),
        ] {
            let found = fault(bad).expect(bad);
            assert!(found.contains(words), "{bad}: {found}");
        }
        let large = Within { frame: FrameShape::new(4000, 4000, 1), ..within };
        assert_eq!(large.largest_size(Filter::Median(3), false), LARGEST_MEDIAN);
        assert_eq!(large.largest_sigma(false), Filter::LARGEST_SIGMA);
        let single = Within { timeline: 1, ..within };
        assert_eq!((single.largest_size(Filter::Box(3), true), single.largest_sigma(true)), (1, 10.0));
    }
}
