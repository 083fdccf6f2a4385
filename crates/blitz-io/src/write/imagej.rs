//! The description that `ImageJ` writes into TIFF files, and the resolution that goes with it.

use std::fmt::Write as _;

use blitz_core::{PixelSize, TimeAxis};

/// What is written about a stack.
pub(super) struct Facts<'a> {
    pub(super) frames: usize,
    pub(super) time: TimeAxis,
    pub(super) pixel_size: Option<PixelSize>,
    pub(super) unit: Option<&'a str>,
    /// Smallest and largest value.
    pub(super) range: Option<(f64, f64)>,
    /// In words.
    pub(super) description: Option<&'a str>,
}

impl Facts<'_> {
    /// One `key=value` per line. `t0_frame`, `times` (seconds) and `description` are ours; others skip them.
    pub(super) fn text(&self) -> String {
        let mut text = "ImageJ=1.53t\n".to_owned();
        // Writing to a string cannot fail.
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(text, "{key}={value}");
        };
        if self.frames > 1 {
            let frames = self.frames.to_string();
            line("images", &frames);
            line("frames", &frames);
            line("hyperstack", "true");
        }
        match &self.time {
            TimeAxis::NotSet => {}
            TimeAxis::Interval { dt, t0_frame, .. } => {
                line("finterval", &dt.to_f64().to_string());
                if *t0_frame != 0 {
                    line("t0_frame", &t0_frame.to_string());
                }
            }
            TimeAxis::Explicit(times) => {
                let list: Vec<String> = times.iter().map(f64::to_string).collect();
                line("times", &list.join(","));
            }
        }
        if let Some((unit, _)) = self.pixel_size.and_then(resolution) {
            line("unit", unit);
        }
        if let Some(unit) = self.unit {
            // Values are what they are: c0 + c1 × value.
            line("cf", "0");
            line("c0", "0");
            line("c1", "1");
            line("vunit", &unit.replace(['\n', '\r'], " "));
        }
        if let Some((low, high)) = self.range {
            line("min", &low.to_string());
            line("max", &high.to_string());
        }
        if let Some(words) = self.description {
            line("description", &words.replace(['\n', '\r'], " "));
        }
        text
    }
}

/// The unit in which a pixel's size reads best, and pixels per unit as a fraction of 32-bit integers.
pub(super) fn resolution(size: PixelSize) -> Option<(&'static str, (u32, u32))> {
    let (unit, metres) = match size.metres {
        m if m >= 1.0 => ("m", 1.0),
        m if m >= 1e-3 => ("mm", 1e-3),
        m if m >= 1e-7 => ("micron", 1e-6),
        _ => ("nm", 1e-9),
    };
    let per_unit = metres / size.metres;
    let best = nearest(per_unit)?;
    let found = f64::from(best.0) / f64::from(best.1);
    ((found / per_unit - 1.0).abs() < 1e-9).then_some((unit, best))
}

/// The simplest fraction of 32-bit integers that is `value` to 15 digits, or else the nearest that fits.
fn nearest(value: f64) -> Option<(u32, u32)> {
    const LIMIT: f64 = u32::MAX as f64;
    let (mut before, mut now) = ((0.0, 1.0), (1.0, 0.0));
    let mut rest = value;
    for _ in 0..64 {
        let whole = rest.floor();
        let next = (whole * now.0 + before.0, whole * now.1 + before.1);
        if !(next.0 <= LIMIT && next.1 <= LIMIT) {
            break;
        }
        (before, now) = (now, next);
        if (now.0 / now.1 / value - 1.0).abs() < 1e-15 || rest <= whole {
            break;
        }
        rest = 1.0 / (rest - whole);
    }
    (now.0 > 0.0 && now.1 > 0.0).then_some((now.0 as u32, now.1 as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_simple_fractions() {
        let of = |text: &str| resolution(PixelSize::parse(text).expect("a size"));
        assert_eq!(of("12.5um"), Some(("micron", (2, 25))));
        assert_eq!(of("0.65um"), Some(("micron", (20, 13))));
        assert_eq!(of("3mm"), Some(("mm", (1, 3))));
        assert_eq!(of("20nm"), Some(("nm", (1, 20))));
        let odd = PixelSize { metres: std::f64::consts::PI * 1e-6 };
        let (_, (num, den)) = resolution(odd).expect("near enough");
        assert!((f64::from(den) / f64::from(num) / std::f64::consts::PI - 1.0).abs() < 1e-9);
        assert_eq!(resolution(PixelSize { metres: 1e-30 }), None);
    }
}
