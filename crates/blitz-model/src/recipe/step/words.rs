//! Steps in words, for people: inclusive ranges, units, no syntax.

use std::path::Path;

use blitz_kernels::Method;

use super::{Direction, Filter, Guard, Reference, StepKind, Window};
use crate::text;

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// `mean`, `maximum`, `95th percentile` … with the word that joins it to what it is taken of.
fn of(method: Method) -> String {
    match method {
        Method::Percentile(p) => format!("{p} % percentile of"),
        other => format!("{} of", text::method(other)),
    }
}

fn percent(amount: f64) -> String {
    let text = format!("{:.2}", amount * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Which frames, seen from the one computed: `the 10 frames before`, `5 frames around`.
fn window_text(window: Window) -> String {
    let frames = text::count(window.len, "frame");
    let lag = if window.lag > 0 { format!(", lag {}", window.lag) } else { String::new() };
    match window.direction {
        Direction::Backward => format!("the {frames} before{lag}"),
        Direction::Forward => format!("the {frames} after{lag}"),
        Direction::Centred => format!("{frames} around"),
    }
}

impl Reference {
    /// `mean of 0–99 (100 frames)`, `median of the 10 frames before`, `flat.tif`. `frames` is the number of
    /// frames of the source.
    pub fn describe(&self, frames: usize) -> String {
        match self {
            Self::Range { method, range: None } => format!("{} all frames", of(*method)),
            Self::Range { method, range: Some(range) } => {
                format!("{} {}", of(*method), range.describe(frames))
            }
            Self::Window { method, window } => format!("{} {}", of(*method), window_text(*window)),
            Self::File { path, method: Method::Mean } => name(path),
            Self::File { path, method } => format!("{} {}", of(*method), name(path)),
        }
    }
}

impl Guard {
    fn describe(self) -> String {
        let smallest = self.smallest.map_or_else(String::new, |v| format!(", divisor from {v}"));
        let fill = self.fill.map_or_else(String::new, |v| format!(", else {v}"));
        format!("{smallest}{fill}")
    }
}

impl Filter {
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
}

impl StepKind {
    /// The step's name for people: `Subtract`, `Smooth over time`.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Subtract { .. } => "Subtract",
            Self::Divide { .. } => "Divide",
            Self::FlatField { .. } => "Flat field",
            Self::Relative { .. } => "Relative change",
            Self::SmoothTime(_) => "Smooth over time",
            Self::Smooth(_) => "Smooth in space",
            Self::Limits { .. } => "Limits",
            Self::ZoneMask(_) => "Zone mask",
            Self::Mask(_) => "Mask file",
        }
    }

    /// What the step does, behind its title: `mean of 0–99 (100 frames), 50 %`. `frames` is the number of
    /// frames of the source.
    pub fn describe(&self, frames: usize) -> String {
        let part = |amount: f64| if amount == 1.0 { String::new() } else { format!(", {}", percent(amount)) };
        match self {
            Self::Subtract { reference, amount } => {
                format!("{}{}", reference.describe(frames), part(*amount))
            }
            Self::Divide { reference, amount, normalised, guard } => {
                let normalised = if *normalised { ", made to mean 1" } else { "" };
                format!("{}{}{normalised}{}", reference.describe(frames), part(*amount), guard.describe())
            }
            Self::FlatField { flat, dark, flat_dark, gain, guard } => {
                let dark =
                    dark.as_ref().map_or_else(String::new, |d| format!(", dark {}", d.describe(frames)));
                let own = flat_dark.as_ref();
                let own = own.map_or_else(String::new, |d| format!(", its dark {}", d.describe(frames)));
                let gain = if *gain { ", scale kept" } else { "" };
                format!("{}{dark}{own}{gain}{}", flat.describe(frames), guard.describe())
            }
            Self::Relative { reference, guard } => {
                format!("to {}{}", reference.describe(frames), guard.describe())
            }
            Self::SmoothTime(filter) => filter.describe(true),
            Self::Smooth(filter) => filter.describe(false),
            Self::Limits { lo: Some(lo), hi: Some(hi) } => format!("{lo} to {hi}"),
            Self::Limits { lo: Some(lo), hi: None } => format!("{lo} and above"),
            Self::Limits { lo: None, hi: Some(hi) } => format!("up to {hi}"),
            Self::Limits { lo: None, hi: None } => "no limit".into(),
            Self::ZoneMask(zone) => format!("only zone {zone}"),
            Self::Mask(path) => name(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::recipe::Step;

    #[test]
    fn steps_in_words() {
        for (text, title, words) in [
            ("subtract mean:0:100", "Subtract", "mean of 0–99 (100 frames)"),
            ("subtract mean:,amount=0.505", "Subtract", "mean of all frames, 50.5 %"),
            (
                "subtract window:p95,50,lag=2,forward",
                "Subtract",
                "95 % percentile of the 50 frames after, lag 2",
            ),
            ("divide window:median,5,centred", "Divide", "median of 5 frames around"),
            (
                "divide file:x/flat.tif,method=median,normalised,smallest=0.5,fill=1",
                "Divide",
                "median of flat.tif, made to mean 1, divisor from 0.5, else 1",
            ),
            ("flat flats/,dark=darks,gain", "Flat field", "flats, dark darks, scale kept"),
            ("relative min:5:6", "Relative change", "to min of 5–5 (1 frame)"),
            ("smooth-time gaussian,2", "Smooth over time", "Gaussian, σ 2 frames"),
            ("smooth box,3", "Smooth in space", "mean of 3 × 3 pixels"),
            ("limits -5:4000", "Limits", "-5 to 4000"),
            ("limits :0.5", "Limits", "up to 0.5"),
            ("zone A", "Zone mask", "only zone A"),
            ("mask a/m.png", "Mask file", "m.png"),
        ] {
            let step: Step = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((step.kind.title(), step.kind.describe(180).as_str()), (title, words), "{text}");
        }
    }
}
