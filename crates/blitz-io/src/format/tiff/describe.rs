//! What `ImageJ` and OME write into the description of the first page.

use blitz_core::{PixelSize, Rational, TimeAxis, TimeOrigin, parse_decimal};

/// What the description says of the pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Description {
    /// Pages along depth, above 1.
    pub(super) slices: Option<usize>,
    /// Pages along channels, above 1.
    pub(super) channels: Option<usize>,
    /// Pages along time.
    pub(super) frames: Option<usize>,
    /// `ImageJ`: images in the file, which may be more than it has directories.
    pub(super) images: Option<usize>,
    pub(super) time: TimeAxis,
    /// Name of the unit of the resolution.
    unit: Option<String>,
    /// Who wrote it.
    pub(super) writer: &'static str,
}

impl Description {
    pub(super) fn parse(text: &str) -> Self {
        if text.starts_with("ImageJ=") {
            imagej(text)
        } else if text.contains("<OME") {
            ome(text)
        } else {
            Self::default()
        }
    }

    /// Why pages cannot be taken for frames without being told so. `samples` is the number of samples per
    /// pixel: colour within a page is no channel axis of pages.
    pub(super) fn refusal(&self, samples: usize) -> Option<String> {
        let channels = self.channels.filter(|&n| n > 1 && n != samples);
        let slices = self.slices.filter(|&n| n > 1);
        if channels.is_none() && slices.is_none() {
            return None;
        }
        let part = |n: Option<usize>, name| n.map(|n| format!("{n} {name}"));
        let parts: Vec<String> = [
            part(slices, "slices (Z)"),
            part(channels, "channels (C)"),
            part(self.frames.filter(|&n| n > 1), "frames (T)"),
        ]
        .into_iter()
        .flatten()
        .collect();
        Some(format!(
            "its {} description says that the pages are {}; --axes THW reads every page as a frame in time",
            self.writer,
            parts.join(", ")
        ))
    }

    /// Metres per pixel from pixels per unit.
    pub(super) fn pixel_size(&self, per_unit: Option<f64>) -> Option<PixelSize> {
        let metres = match self.unit.as_deref()? {
            "m" | "meter" => 1.0,
            "cm" => 1e-2,
            "mm" => 1e-3,
            "um" | "µm" | "μm" | "micron" | "microns" | "\\u00B5m" => 1e-6,
            "nm" => 1e-9,
            "inch" | "inches" => 0.0254,
            _ => return None,
        };
        per_unit.filter(|n| n.is_finite() && *n > 0.0).map(|n| PixelSize { metres: metres / n })
    }
}

fn imagej(text: &str) -> Description {
    let value =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim);
    let count = |key: &str| value(key).and_then(|v| v.parse().ok()).filter(|&n: &usize| n > 1);
    let seconds = matches!(value("tunit"), None | Some("sec" | "s" | "second" | "seconds"));
    let interval = value("finterval").filter(|_| seconds).and_then(|v| parse_decimal(v).ok());
    let rate = value("fps").and_then(|v| parse_decimal(v).ok()).and_then(Rational::recip);
    let time = interval.or(rate).filter(|dt| dt.num > 0).map_or(TimeAxis::NotSet, |dt| TimeAxis::Interval {
        dt,
        t0_frame: 0,
        origin: TimeOrigin::Container,
    });
    Description {
        slices: count("slices"),
        channels: count("channels"),
        frames: count("frames"),
        images: count("images"),
        time,
        unit: value("unit").map(str::to_owned),
        writer: "ImageJ",
    }
}

fn ome(text: &str) -> Description {
    let pixels = text.split_once("<Pixels").map_or("", |(_, rest)| rest.split('>').next().unwrap_or(""));
    let count = |key: &str| {
        let value = pixels.split_once(&format!(" {key}=\""))?.1;
        value.split('"').next()?.parse().ok().filter(|&n: &usize| n > 1)
    };
    Description {
        slices: count("SizeZ"),
        channels: count("SizeC"),
        frames: count("SizeT"),
        writer: "OME",
        ..Description::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imagej_time_is_read() {
        let found = Description::parse("ImageJ=1.54f\nimages=5\nframes=5\nfinterval=0.25\nunit=micron\n");
        assert_eq!((found.frames, found.images, found.slices), (Some(5), Some(5), None));
        assert_eq!(found.time.rate(), Some(4.0));
        assert_eq!(found.refusal(1), None);
        assert_eq!(found.pixel_size(Some(2.0)).expect("known unit").metres, 5e-7);
        let rate = Description::parse("ImageJ=1.54f\nimages=5\nframes=5\nfps=30.0\n").time.rate();
        assert_eq!(rate, Some(30.0));
    }

    #[test]
    fn depth_and_channels_are_refused_by_name() {
        let found = Description::parse("ImageJ=1.54f\nimages=10\nslices=5\nchannels=2\nhyperstack=true\n");
        let reason = found.refusal(1).expect("refused");
        assert!(reason.contains("5 slices (Z), 2 channels (C)") && reason.contains("--axes"), "{reason}");
        let ome = r#"<?xml version="1.0"?><OME><Image><Pixels ID="P:0" SizeC="1" SizeT="1" SizeX="8" SizeZ="7" Type="uint8"></Pixels></Image></OME>"#;
        assert!(Description::parse(ome).refusal(1).expect("refused").contains("OME"));
        let colour = r#"<OME><Pixels SizeC="3" SizeT="4" SizeZ="1" /></OME>"#;
        assert_eq!(Description::parse(colour).refusal(3), None, "colour within a page");
        assert_eq!(Description::parse(colour).frames, Some(4));
        assert_eq!(Description::parse("made by a camera"), Description::default());
    }
}
