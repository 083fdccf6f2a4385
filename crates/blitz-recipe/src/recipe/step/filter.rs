//! Smoothing filters over frames or pixels.

use std::fmt;

use blitz_core::{FrameShape, ParseError};

use super::arguments::Arguments;
use super::within::Within;
use crate::text;

/// A smoothing filter. Missing values are left out of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Gaussian of this standard deviation, cut at 4 of them.
    Gaussian(f64),
    /// Mean of an odd number of frames, or of a square of odd side.
    Box(usize),
    /// Median likewise.
    Median(usize),
}

/// Standard deviation that any recording allows, however small it is.
const SMALL_SIGMA: usize = 10;

/// Largest square that a median in space joins: it selects among all its values, O(size²) per sample.
const LARGEST_MEDIAN: usize = 999;

impl Filter {
    /// Largest standard deviation of any Gaussian, in pixels or frames.
    pub const LARGEST_SIGMA: f64 = 1000.0;

    /// Largest size of a mean or median: an odd number, that of the image or the timeline.
    pub fn largest_size(self, within: Within, over_time: bool) -> usize {
        match self {
            // Longer ones have no other frames.
            _ if over_time => within.timeline.saturating_sub(1) / 2 * 2 + 1,
            Self::Median(_) => (side(within) | 1).min(LARGEST_MEDIAN),
            Self::Gaussian(_) | Self::Box(_) => side(within) | 1,
        }
    }

    /// Largest standard deviation of a Gaussian.
    pub fn largest_sigma(within: Within, over_time: bool) -> f64 {
        let length = if over_time { within.timeline } else { side(within) };
        (length.max(SMALL_SIGMA) as f64).min(Self::LARGEST_SIGMA)
    }

    /// Why the filter does not fit a recording.
    pub(super) fn fault(self, within: Within, over_time: bool) -> Option<String> {
        let (found, expected) = match self {
            Self::Gaussian(sigma) => {
                let most = Self::largest_sigma(within, over_time);
                if sigma <= most {
                    return None;
                }
                (format!("sigma {sigma}"), format!("a number above 0 up to {most}"))
            }
            Self::Box(size) | Self::Median(size) => {
                let most = self.largest_size(within, over_time);
                if size <= most {
                    return None;
                }
                (format!("size {size}"), format!("an odd number from 1 to {most}"))
            }
        };
        let FrameShape { width, height, .. } = within.frame;
        let why = if over_time {
            format!("the timeline has {}", text::count(within.timeline, "frame"))
        } else {
            format!("the image has {width} × {height} pixels")
        };
        Some(format!("{found} found, {expected} expected: {why}"))
    }

    /// `Gaussian, σ 2 frames`, `mean of 3 × 3 pixels`. `over_time` tells frames from pixels.
    pub fn describe(self, over_time: bool) -> String {
        let size = |n: usize| {
            if over_time { text::count(n, "frame") } else { format!("{n} × {n} pixels") }
        };
        match self {
            Self::Gaussian(sigma) => {
                format!("Gaussian, σ {sigma} {}", if over_time { "frames" } else { "pixels" })
            }
            Self::Box(n) => format!("mean of {}", size(n)),
            Self::Median(n) => format!("median of {}", size(n)),
        }
    }

    /// Takes a filter from the front.
    pub(super) fn take(args: &mut Arguments) -> Result<Self, ParseError> {
        const EXPECTED: &str =
            "gaussian,SIGMA with SIGMA above 0 up to 1000, or box,N or median,N with N odd";
        let kind = args.next().unwrap_or_default();
        let size = args.next().unwrap_or_default();
        let odd = || size.parse::<usize>().ok().filter(|n| n % 2 == 1);
        let filter = match kind.as_str() {
            "gaussian" => {
                let sigma = size.parse().ok().filter(|s: &f64| *s > 0.0 && *s <= Self::LARGEST_SIGMA);
                sigma.map(Self::Gaussian)
            }
            "box" => odd().map(Self::Box),
            "median" => odd().map(Self::Median),
            _ => None,
        };
        filter.ok_or_else(|| args.error(EXPECTED))
    }
}

fn side(within: Within) -> usize {
    within.frame.width.max(within.frame.height)
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(sigma) => write!(f, "gaussian,{sigma}"),
            Self::Box(len) => write!(f, "box,{len}"),
            Self::Median(len) => write!(f, "median,{len}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_the_recording() {
        let within = Within { frame: FrameShape::new(4000, 4000, 1), timeline: 1 };
        assert_eq!(Filter::Median(3).largest_size(within, false), LARGEST_MEDIAN);
        assert_eq!(Filter::Box(3).largest_size(within, false), 4001);
        assert_eq!(Filter::largest_sigma(within, false), Filter::LARGEST_SIGMA);
        assert_eq!(Filter::Box(3).largest_size(within, true), 1);
        assert_eq!(Filter::largest_sigma(within, true), 10.0);
    }
}
