//! The recipe as a line for a shell.

use std::path::{Path, PathBuf};

use blitz_core::FrameRange;

use super::{Load, Rate, Recipe};
use crate::text;

/// A word as a POSIX shell takes it: plain where nothing needs quoting, else in single quotes.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A path that is not taken for a flag.
fn path_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    quoted(&if text.starts_with('-') { format!("./{text}") } else { text.into_owned() })
}

/// `--name value`, or `--name=value` where the value would be taken for a flag.
fn flag(name: &str, value: &str) -> String {
    let joint = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{name}{joint}{}", quoted(value))
}

/// The frames of both selections, if one range says the same: not where either is thinned, since it counts
/// from its own first frame.
fn joined(load: &Load, crop: Option<FrameRange>) -> Option<FrameRange> {
    let Some(crop) = crop else { return Some(load.frames) };
    // The scale of a conversion is that of the frames that are loaded, which a crop must not change.
    if load.every != 1 || load.eight_bit || load.stretch_each_frame {
        return None;
    }
    let load = load.frames;
    if load == FrameRange::ALL {
        return Some(crop);
    }
    if load.step != 1 || crop.step != 1 {
        return None;
    }
    let end = match (load.end, crop.end) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Some(FrameRange { start: load.start.max(crop.start), end, step: 1 })
}

impl Load {
    fn flags(&self, frames: FrameRange) -> Vec<String> {
        let mut out = Vec::new();
        let named = [
            ("raw", &self.raw),
            ("axes", &self.axes),
            ("channel", &self.channel),
            ("complex", &self.complex),
            ("group", &self.group),
            ("times", &self.times),
        ];
        out.extend(named.into_iter().filter_map(|(name, value)| Some(flag(name, value.as_ref()?))));
        out.extend(self.slice.map(|slice| format!("--slice {slice}")));
        out.extend(self.position.map(|position| format!("--position {position}")));
        if frames != FrameRange::ALL {
            out.push(flag("frames", &frames.to_string()));
        }
        if self.every != 1 {
            out.push(format!("--every {}", self.every));
        }
        if let Some(r) = self.crop {
            out.push(format!("--crop {},{},{},{}", r.x, r.y, r.width, r.height));
        }
        if self.shrink != 1.0 {
            out.push(format!("--shrink {}", self.shrink));
        }
        if self.luma_full {
            out.push("--luma full".to_owned());
        }
        if self.stored_orientation {
            out.push("--orientation stored".to_owned());
        }
        let range = self.eight_bit_range.filter(|_| self.eight_bit);
        out.extend(range.map(|(lo, hi)| format!("--8bit={lo}:{hi}")));
        let switches = [
            ("grey", self.grey),
            ("8bit", self.eight_bit && range.is_none()),
            ("stretch-each-frame", self.stretch_each_frame),
        ];
        out.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| format!("--{name}")));
        out
    }
}

impl Recipe {
    /// The line that does in a shell what is shown: `blitz export PATH … -o OUT.npy`, or `blitz reduce` for a
    /// reduction. Steps that are switched off are left out. What flags cannot say (zones that mask; every n-th
    /// frame of a cropped timeline) goes along as a recipe on standard input, so that the line is complete by
    /// itself.
    pub fn command_line(&self, paths: &[PathBuf], out: &Path) -> String {
        let mut words = vec!["blitz".to_owned()];
        match &self.reduction {
            Some(reduction) => {
                let methods: Vec<String> = reduction.methods.iter().map(|m| text::method(*m)).collect();
                words.extend(["reduce".to_owned(), methods.join(",")]);
            }
            None => words.push("export".to_owned()),
        }
        words.extend(paths.iter().map(|p| path_word(p)));
        let masks = self.steps.iter().any(|s| s.enabled && !s.kind.zones().is_empty());
        let (Some(frames), false) = (joined(&self.load, self.frames), masks) else {
            words.extend(["--recipe - -o".to_owned(), path_word(out)]);
            return format!("{} <<'RECIPE'\n{}RECIPE", words.join(" "), self.to_toml());
        };
        words.extend(self.load.flags(frames));
        match &self.calibration.rate {
            Some(Rate::Fps(rate)) => words.push(flag("fps", rate)),
            Some(Rate::Dt(interval)) => words.push(flag("dt", interval)),
            None => {}
        }
        words.extend(self.calibration.t0_frame.map(|frame| flag("t0-frame", &frame.to_string())));
        if let Some(size) = self.calibration.pixel_size {
            words.push(flag("pixel-size", &text::pixel_size(size)));
        }
        if let Some(unit) = &self.calibration.unit {
            words.push(flag("unit", unit));
        }
        words.extend(
            self.steps.iter().filter(|s| s.enabled).map(|s| flag(s.kind.about().flag, &s.kind.arguments())),
        );
        if let Some(turn) = text::rotation(self.geometry.rotate) {
            words.push(flag("rotate", turn));
        }
        let switches = [
            ("flip-x", self.geometry.flip_x),
            ("flip-y", self.geometry.flip_y),
            ("transpose", self.geometry.transpose),
        ];
        words.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| format!("--{name}")));
        if let Some(reduction) = &self.reduction {
            words.extend(reduction.range.map(|range| flag("range", &range.to_string())));
            if reduction.ddof != 0 {
                words.push(format!("--ddof {}", reduction.ddof));
            }
        }
        words.extend(["-o".to_owned(), path_word(out)]);
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Reduction;
    use blitz_kernels::Method;

    fn recipe(steps: &[&str]) -> Recipe {
        Recipe { steps: steps.iter().map(|s| s.parse().expect("a step")).collect(), ..Recipe::default() }
    }

    fn line(recipe: &Recipe) -> String {
        recipe.command_line(&["run 7/it's.npy".into()], Path::new("out.npy"))
    }

    #[test]
    fn steps_become_flags_in_their_order() {
        let steps =
            ["subtract mean:0:100,amount=0.5", "off smooth box,3", "limits -5:10", "divide file:my flat.tif"];
        assert_eq!(
            line(&recipe(&steps)),
            "blitz export 'run 7/it'\\''s.npy' --subtract mean:0:100,amount=0.5 --limits=-5:10 \
             --divide 'file:my flat.tif' -o out.npy"
        );
    }

    #[test]
    fn everything_else_is_said_too() {
        let mut all = recipe(&["relative mean:"]);
        all.load = Load { grey: true, shrink: 0.5, ..Load::default() };
        all.frames = Some(FrameRange::new(5, 50));
        all.calibration.rate = Some(Rate::Fps("30000/1001".into()));
        all.geometry.flip_x = true;
        all.reduction =
            Some(Reduction { methods: vec![Method::Std], range: Some(FrameRange::new(7, 9)), ddof: 1 });
        assert_eq!(
            all.command_line(&["-a".into(), "b".into()], Path::new("-o.npy")),
            "blitz reduce std ./-a b --frames 5:50 --shrink 0.5 --grey --fps 30000/1001 \
             --relative mean: --flip-x --range 7:9 --ddof 1 -o ./-o.npy"
        );
    }

    #[test]
    fn what_flags_cannot_say_goes_along_as_a_recipe() {
        let text = line(&recipe(&["zone A"]));
        assert!(text.starts_with("blitz export 'run 7/it'\\''s.npy' --recipe - -o out.npy <<'RECIPE'\n"));
        assert!(text.contains("steps = [\"zone A\"]\n") && text.ends_with("\nRECIPE"), "{text}");
    }

    #[test]
    fn selections_of_frames_join() {
        let range = |text: &str| text.parse::<FrameRange>().expect("a range");
        let load = |frames: &str, every| Load { frames: range(frames), every, ..Load::default() };
        assert_eq!(joined(&load("3:20", 1), Some(range("10:"))), Some(range("10:20")));
        assert_eq!(joined(&load(":", 1), Some(range("1:9:2"))), Some(range("1:9:2")));
        assert_eq!(joined(&load("0:9:2", 1), Some(range("1:5"))), None);
        assert_eq!(joined(&load(":", 2), Some(range("1:5"))), None);
        assert_eq!(joined(&load("4:", 2), None), Some(range("4:")));
    }
}
