//! Scales of what is written: times, pixel size, unit of the values.

use blitz_core::{PixelSize, TimeAxis};

/// What is known of the frames that are written, for formats that have room for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scales {
    /// Times over the frames that are written, those left out included.
    pub time: TimeAxis,
    /// Edge length of a pixel as it is written.
    pub pixel_size: Option<PixelSize>,
    /// Unit of the values.
    pub unit: Option<String>,
}

impl Scales {
    /// The times of those of the frames that stand at `places`.
    pub(super) fn at(&self, places: &[usize]) -> TimeAxis {
        let seconds = |&place: &usize| self.time.seconds(place).unwrap_or(f64::NAN);
        match &self.time {
            TimeAxis::NotSet => TimeAxis::NotSet,
            time if places.iter().enumerate().all(|(i, &place)| i == place) => time.clone(),
            _ => TimeAxis::Explicit(places.iter().map(seconds).collect()),
        }
    }

    /// Says which of them an output does not keep; `None` where it keeps what is known.
    pub fn lost(&self, kept: Kept) -> Option<String> {
        let mut lost = Vec::new();
        match &self.time {
            TimeAxis::NotSet => {}
            TimeAxis::Interval { dt, .. } if !kept.rate => {
                let rate = dt.recip().map_or(0.0, blitz_core::Rational::to_f64);
                lost.push(format!("the rate ({rate} frames/s)"));
            }
            TimeAxis::Explicit(_) if !kept.rate => lost.push("the frames' times".to_owned()),
            time if !kept.zero && time.seconds(0).is_some_and(|t| t != 0.0) => {
                lost.push("where t = 0 is".to_owned());
            }
            _ => {}
        }
        if let Some(size) = self.pixel_size.filter(|_| !kept.pixel_size) {
            lost.push(format!("the pixel size ({})", size.display()));
        }
        if let Some(unit) = self.unit.as_ref().filter(|_| !kept.unit) {
            lost.push(format!("the unit ({unit})"));
        }
        (!lost.is_empty()).then(|| format!("the file does not hold {}", crate::names::join(&lost)))
    }
}

/// Which scales an output keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Rate or times.
    pub rate: bool,
    /// Which frame is at t = 0.
    pub zero: bool,
    /// Edge length of a pixel.
    pub pixel_size: bool,
    /// Unit of the values.
    pub unit: bool,
}

impl Kept {
    /// What the file of that suffix keeps of `series` files with one frame each, or of one file.
    pub fn of(suffix: &str, series: bool) -> Self {
        let tiff = matches!(suffix, "tif" | "tiff");
        let video = matches!(suffix, "mp4" | "mkv" | "avi");
        Self { rate: video || (tiff && !series), zero: tiff && !series, pixel_size: tiff, unit: tiff }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_named() {
        let scales = Scales {
            time: TimeAxis::from_fps("25", -2).expect("a rate"),
            pixel_size: PixelSize::parse("12.5um").ok(),
            unit: Some("K".to_owned()),
        };
        let lost = |suffix, series| scales.lost(Kept::of(suffix, series)).unwrap_or_default();
        assert_eq!(lost("tif", false), "");
        assert_eq!(lost("tif", true), "the file does not hold the rate (25 frames/s)");
        assert_eq!(
            lost("npy", false),
            "the file does not hold the rate (25 frames/s), the pixel size (12.5 µm) and the unit (K)"
        );
        assert_eq!(
            lost("mp4", false),
            "the file does not hold where t = 0 is, the pixel size (12.5 µm) and the unit (K)"
        );
        assert_eq!(Scales::default().lost(Kept::of("npy", false)), None);
        assert_eq!(scales.at(&[0, 1, 3]).seconds(2), Some(0.2));
        assert_eq!(scales.at(&[0, 1]), scales.time);
    }
}
